/* SPDX-License-Identifier: ISC */
/*
 * server_table.h - what is known of the servers: do they answer, and what do they promise
 *
 * DOC: Theory of operation
 *
 * Nothing is asked of a server; what its handshakes show is remembered. One that refuses, or is silent twice, is
 * *failing* for a while, 1 or 2 seconds at first and up to 32 when it goes on: new connections go to the others,
 * and to it only when there are none. Then one connection may try it again. What is known of its TCP does not count
 * for its UDP, where only an ICMP error says that it fails.
 *
 * The same for services: what a SYN/ACK may promise to a client is what all servers of the service keep. A server
 * that showed less lowers the promise for an hour; the header rewriter repairs what was promised before. One
 * handshake proves nothing: a server under attack answers with a SYN cookie, which has no room for SACK where there
 * are no timestamps, and a client may well have provoked that. So it takes those of three clients in a row, and none
 * in which the same server showed that it can; the first that does so ends the belief. As long as something is
 * believed, servers are not asked for it: only who was promised it before can show that it is there.
 *
 * The table is a cache of fixed size. Of servers, the entry that was used least recently makes room, one that does not
 * fail before one that does: that is what matters, and a block of servers, or many names, may have more of them than
 * there is room, all of which one client can visit. Of services, one in which nothing is believed any more makes room,
 * for if two that share a place took turns in it, all that they showed would be new each time. To know nothing is
 * harmless.
 */
#ifndef NAT46_SERVER_TABLE_H
#define NAT46_SERVER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/address.h"
#include "nat46/engine_config.h"
#include "nat46/siphash.h"

#define SERVER_TABLE_BUCKETS 1024u
#define SERVER_TABLE_WAYS 4u

/** enum server_error - how the last attempt to connect failed */
enum server_error {
	SERVER_ERROR_NONE = 0,
	SERVER_ERROR_REFUSED,		/* RST */
	SERVER_ERROR_SILENT,		/* no answer in time */
	SERVER_ERROR_UNREACHABLE,	/* ICMP error */
};

/**
 * struct server_state - one server
 * @address, @port, @is_udp: which; @used 0: entry is free
 * @used: time of the last change
 * @retry: failing until then; 0: not failing
 * @failures: in a row
 * @error: how the last attempt failed, if it did
 * @told: error that was told of and has not passed
 * @unanswered: handshakes of others with it in a row that got no answer
 * @connect_time: nanoseconds from SYN to SYN/ACK, or from a datagram to the answer, the last time
 */
struct server_state {
	struct ipv6_address address;
	uint16_t port;
	bool is_udp;
	enum server_error error;
	enum server_error told;
	uint32_t unanswered;
	uint32_t failures;
	int64_t used;
	int64_t retry;
	int64_t connect_time;
};

/** Different clients, one after the other, whose handshakes must show that something is lacking. */
#define SERVER_TABLE_PROOFS 3u

/**
 * struct lack - something that some server of a service did not keep
 * @until: believed until then
 * @server: hash of the server that showed it last
 * @clients: the clients of whose handshakes it was seen since it was not; 0: none. The next one proves it.
 */
struct lack {
	int64_t until;
	uint32_t server;
	uint32_t clients[SERVER_TABLE_PROOFS - 1];
};

/**
 * struct service_promise - what servers of a service did not keep
 * @address, @port, @host_bits: the service
 * @mss: smallest MSS seen, believed as @small_mss says
 * @mss_shown: smallest MSS that its clients have seen
 * @without_sack, @without_timestamps, @without_ecn, @small_mss: what is lacking
 */
struct service_promise {
	uint32_t address;
	uint16_t port;
	uint8_t host_bits;
	uint16_t mss;
	uint16_t mss_shown;
	struct lack without_sack;
	struct lack without_timestamps;
	struct lack without_ecn;
	struct lack small_mss;
};

/** struct server_table - all zero but the key is an empty table */
struct server_table {
	struct server_state servers[SERVER_TABLE_BUCKETS][SERVER_TABLE_WAYS];
	struct service_promise services[SERVER_TABLE_BUCKETS][SERVER_TABLE_WAYS];
	struct siphash_key key;
};

/** server_table_find() - what is known of a server, or NULL */
const struct server_state *server_table_find(const struct server_table *table, const struct server *server);

/** server_table_connected() - a server accepted after @connect_time nanoseconds; returns true if it was told to fail */
bool server_table_connected(struct server_table *table, const struct server *server, int64_t connect_time,
			    int64_t now);

/** server_table_failed() - a server did not accept; returns true if that is new, and to be told */
bool server_table_failed(struct server_table *table, const struct server *server, enum server_error error,
			 int64_t now);

/**
 * server_table_noticed() - a handshake between others and a server showed @error, or SERVER_ERROR_NONE
 *
 * Anybody can begin one in anybody's name, so that it does not count when a server is chosen.
 *
 * Return: true if that is new, and to be told
 */
bool server_table_noticed(struct server_table *table, const struct server *server, enum server_error error,
			  int64_t now);

/** server_table_is_failing() - should others be tried first */
bool server_table_is_failing(const struct server_table *table, const struct server *server, int64_t now);

/** server_error_name() - "none", "refused", "silent" or "unreachable" */
const char *server_error_name(enum server_error error);

/**
 * struct server_answer - what a server of a service showed in its SYN/ACK
 * @without_sack, @without_timestamps, @without_ecn: was offered, and not accepted
 * @with_sack, @with_timestamps, @with_ecn: was offered, and accepted
 * @mss: MSS of the server, if it is smaller than what was promised without knowing it; else 0
 */
struct server_answer {
	bool without_sack;
	bool without_timestamps;
	bool without_ecn;
	bool with_sack;
	bool with_timestamps;
	bool with_ecn;
	uint16_t mss;
};

/**
 * server_table_learn() - remember for a service what a server of it showed in the handshake for a client
 * @answer: what it showed; reduced to what is believed of the service from now on, and was not before
 *
 * Return: false if nothing of it is new
 */
bool server_table_learn(struct server_table *table, const struct service *service, const struct server *server,
			uint32_t client, struct server_answer *answer, int64_t now);

/** server_table_promise() - what is known to hold for all servers of a service */
struct tcp_promises server_table_promise(const struct server_table *table, const struct service *service,
					 const struct tcp_promises *configured, int64_t now);

#endif

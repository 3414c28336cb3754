/* SPDX-License-Identifier: ISC */
/*
 * server_table.h - what is known of the servers: do they answer, and what do they promise
 *
 * DOC: Theory of operation
 *
 * Nothing is asked of a server; what its handshakes show is remembered. One that refuses, or is silent twice, is
 * *failing* for a while, 1 or 2 seconds at first and up to 32 when it goes on: new connections go to the others,
 * and to it only when there are none. Then one connection may try it again.
 *
 * The same for services: what a SYN/ACK may promise to a client is what all servers of the service keep. A
 * server that showed less in the last hour lowers the promise; the header rewriter repairs what was promised
 * before.
 *
 * The table is a cache of fixed size: of servers, the entry that was used least recently makes room; of services,
 * one in which nothing is believed any more, for if two that share a place took turns in it, all that they showed
 * would be new each time. To know nothing is harmless.
 */
#ifndef NAT46_SERVER_TABLE_H
#define NAT46_SERVER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/address.h"
#include "nat46/service.h"
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
 * @address, @port: which; @used 0: entry is free
 * @used: time of the last change
 * @retry: failing until then; 0: not failing
 * @failures: in a row
 * @error: last error
 * @connect_time: nanoseconds from SYN to SYN/ACK, the last time
 */
struct server_state {
	struct ipv6_address address;
	uint16_t port;
	enum server_error error;
	uint32_t failures;
	int64_t used;
	int64_t retry;
	int64_t connect_time;
};

/**
 * struct service_promise - what some server of a service did not keep, and until when that is believed
 * @address, @port: the service
 * @without_sack, @without_timestamps, @without_ecn: a server without was seen, believed until then
 * @mss: smallest MSS seen, believed until @mss_until
 */
struct service_promise {
	uint32_t address;
	uint16_t port;
	uint16_t mss;
	int64_t without_sack;
	int64_t without_timestamps;
	int64_t without_ecn;
	int64_t mss_until;
};

/** struct server_table - all zero but the key is an empty table */
struct server_table {
	struct server_state servers[SERVER_TABLE_BUCKETS][SERVER_TABLE_WAYS];
	struct service_promise services[SERVER_TABLE_BUCKETS][SERVER_TABLE_WAYS];
	struct siphash_key key;
};

/** server_table_find() - what is known of a server, or NULL */
const struct server_state *server_table_find(const struct server_table *table, const struct server *server);

/** server_table_connected() - a server accepted after @connect_time nanoseconds */
void server_table_connected(struct server_table *table, const struct server *server, int64_t connect_time,
			    int64_t now);

/** server_table_failed() - a server did not accept */
void server_table_failed(struct server_table *table, const struct server *server, enum server_error error,
			 int64_t now);

/** server_table_is_failing() - should others be tried first */
bool server_table_is_failing(const struct server_table *table, const struct server *server, int64_t now);

/** server_error_name() - "none", "refused", "silent" or "unreachable" */
const char *server_error_name(enum server_error error);

/**
 * struct server_answer - what a server of a service showed in its SYN/ACK
 * @without_sack, @without_timestamps, @without_ecn: was offered, and not accepted
 * @mss: MSS of the server, if it is smaller than what was promised without knowing it; else 0
 */
struct server_answer {
	bool without_sack;
	bool without_timestamps;
	bool without_ecn;
	uint16_t mss;
};

/**
 * server_table_learn() - remember for a service, for an hour, what a server of it showed
 * @answer: what it showed; reduced to what was not believed of the service before
 *
 * Return: false if nothing of it is new
 */
bool server_table_learn(struct server_table *table, const struct service *service, struct server_answer *answer,
			int64_t now);

/** server_table_promise() - what is known to hold for all servers of a service */
struct tcp_promises server_table_promise(const struct server_table *table, const struct service *service,
					 const struct tcp_promises *configured, int64_t now);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * tally.h - what is counted of each service, and of each of its servers
 *
 * DOC: Theory of operation
 *
 * Tallies are a tree: the one of all traffic is number 0, below it is one for each service, and below that one for each
 * server that the service lists. What is counted of a flow is counted in the tally that the flow has, and in those
 * above it; so what is not listed is the difference between a tally and the sum of those below it. There are
 * TALLIES_MAX at most: a service for which there is none has that of all traffic, and a server that of its service.
 *
 * A flow has the tally of its service, and that of its server as soon as one is chosen. The number of it is kept beside
 * the record, in two bytes, so that to count the bytes of a segment takes three additions and no search, and a flow is
 * taken off where it was counted, whatever has become of the configuration meanwhile.
 *
 * A new configuration keeps the tallies of all services that have the addresses, first port and protocol of a former
 * one, and of their servers that are still there. Others are forgotten when no flow has them any more.
 */
#ifndef NAT46_TALLY_H
#define NAT46_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/server_table.h"
#include "nat46/service.h"
#include "nat46/siphash.h"

/** Most services and servers that are counted by themselves, with the one for all. */
#define TALLIES_MAX 4096u

/** Slots of the index: a power of two, twice as many. */
#define TALLY_SLOTS (2 * TALLIES_MAX)

/** Ranges of connect times; the last has no upper bound. */
#define TALLY_BUCKETS 14u

/**
 * struct tally_key - what is counted
 * @address: of a server, or in the last four bytes of a service
 * @parent: tally above it; 0: it is a service
 * @port: of a service the first one; of a server, 0: whichever port its client has called
 * @host_bits: of a block; 0: one address
 * @is_udp: protocol of a service; of a server false
 */
struct tally_key {
	struct ipv6_address address;
	uint16_t parent;
	uint16_t port;
	uint8_t host_bits;
	bool is_udp;
};

/**
 * struct tally - what was counted of a service, or of a server of a service; but for @active and @flows it only grows
 * @bytes_to_server, @bytes_to_client: payload bytes that were acknowledged, or of UDP passed on
 * @opened: connections whose client has completed the handshake, and UDP exchanges; of services only
 * @refused: connections and UDP exchanges that we have refused; of services only
 * @failures: attempts to connect to a server that failed, by error
 * @connects: attempts to connect that a server accepted, and first answers of UDP servers, by how long it took
 * @connect_time: nanoseconds that all of these took together
 * @active: connections and UDP exchanges that are not over
 * @flows: records that have this tally, also of what is over
 * @key: which one it is
 * @is_used: false: it is free
 * @is_configured: the configuration has it
 */
struct tally {
	uint64_t bytes_to_server;
	uint64_t bytes_to_client;
	uint64_t opened;
	uint64_t refused;
	uint64_t failures[SERVER_ERROR_UNREACHABLE + 1];
	uint64_t connects[TALLY_BUCKETS];
	uint64_t connect_time;
	uint32_t active;
	uint32_t flows;
	struct tally_key key;
	bool is_used;
	bool is_configured;
};

/**
 * struct tally_table - all tallies
 * @tallies: number 0 is that of all traffic
 * @touched: tallies that were ever used
 * @hand: those before it are used
 * @index: open addressing, numbers; 0: none
 * @of_flow: number of the tally of each flow record
 * @key: hash key
 */
struct tally_table {
	struct tally tallies[TALLIES_MAX];
	uint32_t touched;
	uint32_t hand;
	uint16_t index[TALLY_SLOTS];
	uint16_t *of_flow;
	struct siphash_key key;
};

/** tally_init() - a table over zeroed memory; @of_flow: zeros, one for each flow record */
void tally_init(struct tally_table *table, uint16_t *of_flow, const struct siphash_key *key);

/**
 * tally_configure() - these services, and no others, are counted by themselves from now on
 *
 * As far as there is room: first all services, then their servers. However many there are, only the first TALLIES_MAX
 * are looked at, for packets wait meanwhile.
 */
void tally_configure(struct tally_table *table, const struct service *services, size_t count);

/** tally_port() - port of a listed server in its key: 0, the one that is called, if it has none and its service many */
static inline uint16_t tally_port(const struct service *service, const struct server *listed)
{
	return listed->port != 0 || service->further_ports != 0 ? listed->port : service->port;
}

/** tally_of_service() - number of the tally of a service; NULL, or there is none: 0 */
uint16_t tally_of_service(const struct tally_table *table, const struct service *service);

/**
 * tally_of_server() - number of the tally of a server
 * @tally: that of the service, or of another server of it
 * @server: the server, its port filled in
 * @service_port: port that the client has called
 *
 * Return: that of the service if there is none
 */
uint16_t tally_of_server(const struct tally_table *table, uint16_t tally, const struct server *server,
			 uint16_t service_port);

/** tally_enter(), tally_leave() - a flow, by its number, gets a tally or has none any more; it is active, or it was */
void tally_enter(struct tally_table *table, uint32_t flow, uint16_t tally);
void tally_leave(struct tally_table *table, uint32_t flow, bool is_active);

/** tally_activate() - a flow is over, or goes on after all */
void tally_activate(struct tally_table *table, uint32_t flow, bool is_active);

/** tally_opened(), tally_refused(), tally_failed(), tally_connected() - count it, in all tallies from this one up */
void tally_opened(struct tally_table *table, uint16_t tally);
void tally_refused(struct tally_table *table, uint16_t tally);
void tally_failed(struct tally_table *table, uint16_t tally, enum server_error error);
void tally_connected(struct tally_table *table, uint16_t tally, int64_t connect_time);

/** tally_bytes() - count payload of a flow in one direction */
void tally_bytes(struct tally_table *table, uint32_t flow, bool to_server, uint64_t bytes);

/** tally_connects() - how many attempts to connect were accepted */
uint64_t tally_connects(const struct tally *tally);

/** tally_bound() - longest connect time that counts in a bucket, in nanoseconds; INT64_MAX: the last one */
int64_t tally_bound(uint32_t bucket);

/** tally_includes() - is a flow that has a tally counted in tally @number */
bool tally_includes(const struct tally_table *table, uint16_t number, uint32_t flow);

/** tally_check() - NULL if index and sums are consistent, else what is not */
const char *tally_check(const struct tally_table *table);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * flow_table.h - one record per connection or UDP exchange, found by its IPv4 and by its IPv6 addresses and ports
 *
 * DOC: Theory of operation
 *
 * Records lie in one array of fixed size and are named by their index; nothing in them is a pointer, so that
 * the array may one day live in a mapped file. Two open-addressed index tables (one per family, at most half
 * full, linear probing, backward-shift deletion) hold 32-bit slots: 24 bits of index plus one, and 8 bits of
 * the hash, so that a probe rarely touches a record in vain. The hash is keyed: a stranger cannot build a
 * chain. All memory is zero at first and is touched only as it is used: 112 bytes of record and 16 bytes of
 * slots per flow, and beside it two (tally.h) and four (rule_mark.h).
 *
 * Life of a record: flow_table_take() -> flow_table_link4() and flow_table_link6() in either order, link6
 * once the server is known -> flow_table_release(). The state is written by flow_move() only, which also counts how
 * many connections a client, and a /24 of clients, has (tcp_state_is_counted()).
 *
 * The protocol is a part of the addresses. What is counted of UDP is counted apart: a datagram proves nothing, and who
 * sends many in somebody's name must not use up what that one may have of TCP.
 */
#ifndef NAT46_FLOW_TABLE_H
#define NAT46_FLOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/address.h"
#include "nat46/flow.h"
#include "nat46/siphash.h"
#include "nat46/source_limit.h"
#include "nat46/tcp_state.h"

/** Protocols that are counted apart; the number of each is flow->is_udp. */
#define FLOW_PROTOCOLS 2u

/** Most flows that 24-bit slots can name. */
#define FLOWS_MAX 16777215u

/**
 * struct flow_table - the table
 * @flows: records
 * @index4, @index6: slots, @slots of each
 * @slots: power of two, at least twice @capacity
 * @capacity: number of records
 * @touched: records that were ever used
 * @free: first free record plus one, 0: none
 * @used: records in use
 * @states: number of records in each state, of each protocol
 * @addresses, @networks: FLOW_PROTOCOLS each: connections and exchanges, by client and by /24 of the client
 * @key: hash key
 */
struct flow_table {
	struct flow *flows;
	uint32_t *index4;
	uint32_t *index6;
	uint32_t slots;
	uint32_t capacity;
	uint32_t touched;
	uint32_t free;
	uint32_t used;
	uint32_t states[FLOW_PROTOCOLS][TCP_STATE_COUNT];
	struct source_limit *addresses;
	struct source_limit *networks;
	struct siphash_key key;
};

/** flow_table_slots() - slots that each index needs for @capacity records */
uint32_t flow_table_slots(uint32_t capacity);

/** flow_table_init() - an empty table over zeroed memory; @addresses, @networks: FLOW_PROTOCOLS counts of none each */
void flow_table_init(struct flow_table *table, struct flow *flows, uint32_t *index4, uint32_t *index6,
		     uint32_t capacity, struct source_limit *addresses, struct source_limit *networks,
		     const struct siphash_key *key);

/** flow_table_find4() - the flow of a client and a service, or NULL */
struct flow *flow_table_find4(const struct flow_table *table, bool is_udp, uint32_t client, uint16_t client_port,
			      uint32_t service, uint16_t service_port);

/** flow_table_find6() - the flow of a server and a client as the server sees it, or NULL */
struct flow *flow_table_find6(const struct flow_table *table, bool is_udp, const struct ipv6_address *server,
			      uint16_t server_port, const struct ipv6_address *client6, uint16_t source_port);

/** flow_table_take() - a zeroed record, in no index, in state FREE until flow_move(); NULL if the table is full */
struct flow *flow_table_take(struct flow_table *table, bool is_udp);

/** flow_table_link4() - enter into the IPv4 index; false, nothing changed, if the addresses are taken */
bool flow_table_link4(struct flow_table *table, struct flow *flow);

/** flow_table_link6() - enter into the IPv6 index; false, nothing changed, if the addresses are taken */
bool flow_table_link6(struct flow_table *table, struct flow *flow);

/** flow_table_unlink6() - take out of the IPv6 index, to change the server; no harm if it is not in */
void flow_table_unlink6(struct flow_table *table, struct flow *flow);

/** flow_table_release() - take out of both indexes and give the record back */
void flow_table_release(struct flow_table *table, struct flow *flow);

/** flow_table_index() - number of a record, below @capacity; flow_table_at() - the reverse */
uint32_t flow_table_index(const struct flow_table *table, const struct flow *flow);
struct flow *flow_table_at(const struct flow_table *table, uint32_t index);

/** flow_move() - change the state of a flow by an event that its state allows */
void flow_move(struct flow_table *table, struct flow *flow, enum tcp_event event);

/** flow_bytes_to_server(), flow_bytes_to_client() - payload bytes acknowledged, or of UDP passed on, in a direction */
uint64_t flow_bytes_to_server(const struct flow *flow);
uint64_t flow_bytes_to_client(const struct flow *flow);

/** flow_table_check() - NULL if records and indexes are consistent, else what is not */
const char *flow_table_check(const struct flow_table *table);

#endif

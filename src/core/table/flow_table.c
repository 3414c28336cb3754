/* SPDX-License-Identifier: ISC */
/*
 * flow_table.c - flow records and their two indexes
 */
#include "nat46/flow_table.h"

#include <string.h>

#include "nat46/assert.h"

#define SLOT_INDEX 0x00ffffffu
#define SLOT_TAG 0xff000000u

uint32_t flow_table_slots(uint32_t capacity)
{
	uint32_t slots = 16;

	while (slots < 2 * capacity)
		slots *= 2;
	return slots;
}

void flow_table_init(struct flow_table *table, struct flow *flows, uint32_t *index4, uint32_t *index6,
		     uint32_t capacity, struct source_limit *addresses, struct source_limit *networks,
		     const struct siphash_key *key)
{
	NAT46_ASSERT(capacity > 0 && capacity <= FLOWS_MAX);
	*table = (struct flow_table){
		.flows = flows,
		.index4 = index4,
		.index6 = index6,
		.slots = flow_table_slots(capacity),
		.capacity = capacity,
		.addresses = addresses,
		.networks = networks,
		.key = *key,
	};
}

uint32_t flow_table_index(const struct flow_table *table, const struct flow *flow)
{
	return (uint32_t)(flow - table->flows);
}

struct flow *flow_table_at(const struct flow_table *table, uint32_t index)
{
	NAT46_ASSERT(index < table->capacity);
	return &table->flows[index];
}

static uint64_t hash4(const struct flow_table *table, bool is_udp, uint32_t client, uint16_t client_port,
		      uint32_t service, uint16_t service_port)
{
	uint8_t bytes[13];

	memcpy(bytes, &client, 4);
	memcpy(bytes + 4, &service, 4);
	memcpy(bytes + 8, &client_port, 2);
	memcpy(bytes + 10, &service_port, 2);
	bytes[12] = is_udp;
	return siphash_13(&table->key, bytes, sizeof(bytes));
}

static uint64_t hash6(const struct flow_table *table, bool is_udp, const struct ipv6_address *server,
		      uint16_t server_port, const struct ipv6_address *client6, uint16_t source_port)
{
	uint8_t bytes[37];

	memcpy(bytes, server->byte, 16);
	memcpy(bytes + 16, client6->byte, 16);
	memcpy(bytes + 32, &server_port, 2);
	memcpy(bytes + 34, &source_port, 2);
	bytes[36] = is_udp;
	return siphash_13(&table->key, bytes, sizeof(bytes));
}

static uint64_t flow_hash4(const struct flow_table *table, const struct flow *f)
{
	return hash4(table, f->is_udp, f->client, f->client_port, f->service, f->service_port);
}

static uint64_t flow_hash6(const struct flow_table *table, const struct flow *f)
{
	return hash6(table, f->is_udp, &f->server, f->server_port, &f->client6, f->source_port);
}

static uint32_t home(const struct flow_table *table, uint64_t hash)
{
	return (uint32_t)hash & (table->slots - 1);
}

static uint32_t tag(uint64_t hash)
{
	return (uint32_t)(hash >> 32) & SLOT_TAG;
}

static bool same4(const struct flow *f, bool is_udp, uint32_t client, uint16_t client_port, uint32_t service,
		  uint16_t service_port)
{
	return f->client == client && f->service == service && f->client_port == client_port &&
	       f->service_port == service_port && f->is_udp == is_udp;
}

static bool same6(const struct flow *f, bool is_udp, const struct ipv6_address *server, uint16_t server_port,
		  const struct ipv6_address *client6, uint16_t source_port)
{
	return f->server_port == server_port && f->source_port == source_port && f->is_udp == is_udp &&
	       ipv6_equal(&f->client6, client6) && ipv6_equal(&f->server, server);
}

struct flow *flow_table_find4(const struct flow_table *table, bool is_udp, uint32_t client, uint16_t client_port,
			      uint32_t service, uint16_t service_port)
{
	uint64_t hash = hash4(table, is_udp, client, client_port, service, service_port);

	for (uint32_t i = home(table, hash); table->index4[i]; i = (i + 1) & (table->slots - 1)) {
		struct flow *f;

		if ((table->index4[i] & SLOT_TAG) != tag(hash))
			continue;
		f = &table->flows[(table->index4[i] & SLOT_INDEX) - 1];
		if (same4(f, is_udp, client, client_port, service, service_port))
			return f;
	}
	return NULL;
}

struct flow *flow_table_find6(const struct flow_table *table, bool is_udp, const struct ipv6_address *server,
			      uint16_t server_port, const struct ipv6_address *client6, uint16_t source_port)
{
	uint64_t hash = hash6(table, is_udp, server, server_port, client6, source_port);

	for (uint32_t i = home(table, hash); table->index6[i]; i = (i + 1) & (table->slots - 1)) {
		struct flow *f;

		if ((table->index6[i] & SLOT_TAG) != tag(hash))
			continue;
		f = &table->flows[(table->index6[i] & SLOT_INDEX) - 1];
		if (same6(f, is_udp, server, server_port, client6, source_port))
			return f;
	}
	return NULL;
}

struct flow *flow_table_take(struct flow_table *table, bool is_udp)
{
	struct flow *flow;

	if (table->free) {
		flow = &table->flows[table->free - 1];
		table->free = flow->pending_index;
	} else if (table->touched < table->capacity) {
		flow = &table->flows[table->touched++];
	} else {
		return NULL;
	}
	*flow = (struct flow){ .is_udp = is_udp };
	table->used++;
	return flow;
}

/** insert() - put a record into an index; the addresses are known not to be in it */
static void insert(const struct flow_table *table, uint32_t *index, uint64_t hash, const struct flow *flow)
{
	uint32_t i = home(table, hash);

	while (index[i])
		i = (i + 1) & (table->slots - 1);
	index[i] = tag(hash) | (flow_table_index(table, flow) + 1);
}

typedef uint64_t flow_hash_fn(const struct flow_table *table, const struct flow *flow);

/**
 * erase() - take a record out of an index, and move later ones of the same run back into the hole: no
 * tombstones, so that probes stay short for ever
 */
static void erase(const struct flow_table *table, uint32_t *index, flow_hash_fn *hash_of, const struct flow *flow)
{
	uint32_t mask = table->slots - 1;
	uint32_t hole = home(table, hash_of(table, flow));

	while ((index[hole] & SLOT_INDEX) != flow_table_index(table, flow) + 1) {
		NAT46_ASSERT(index[hole]);
		hole = (hole + 1) & mask;
	}
	for (uint32_t i = (hole + 1) & mask; index[i]; i = (i + 1) & mask) {
		uint32_t wanted = home(table, hash_of(table, &table->flows[(index[i] & SLOT_INDEX) - 1]));

		/* may it move: is its home not behind the hole */
		if (((i - wanted) & mask) >= ((i - hole) & mask)) {
			index[hole] = index[i];
			hole = i;
		}
	}
	index[hole] = 0;
}

bool flow_table_link4(struct flow_table *table, struct flow *flow)
{
	NAT46_ASSERT(!(flow->flags & FLOW_LINKED4));
	if (flow_table_find4(table, flow->is_udp, flow->client, flow->client_port, flow->service, flow->service_port))
		return false;
	insert(table, table->index4, flow_hash4(table, flow), flow);
	flow->flags |= FLOW_LINKED4;
	return true;
}

bool flow_table_link6(struct flow_table *table, struct flow *flow)
{
	NAT46_ASSERT(!(flow->flags & FLOW_LINKED6));
	if (flow_table_find6(table, flow->is_udp, &flow->server, flow->server_port, &flow->client6, flow->source_port))
		return false;
	insert(table, table->index6, flow_hash6(table, flow), flow);
	flow->flags |= FLOW_LINKED6;
	return true;
}

void flow_table_unlink6(struct flow_table *table, struct flow *flow)
{
	if (flow->flags & FLOW_LINKED6)
		erase(table, table->index6, flow_hash6, flow);
	flow->flags &= (uint8_t)~FLOW_LINKED6;
}

/** count() - @flow leaves a state and enters another */
static void count(struct flow_table *table, const struct flow *flow, enum tcp_state from, enum tcp_state to)
{
	struct source_limit *addresses = &table->addresses[flow->is_udp], *networks = &table->networks[flow->is_udp];

	if (from != TCP_STATE_FREE)
		table->states[flow->is_udp][from]--;
	if (to != TCP_STATE_FREE)
		table->states[flow->is_udp][to]++;
	if (tcp_state_is_counted(from) == tcp_state_is_counted(to))
		return;
	if (tcp_state_is_counted(to)) {
		source_limit_add(addresses, flow->client, 1);
		source_limit_add(networks, flow->client >> 8, 1);
	} else {
		source_limit_leave(addresses, flow->client, 1);
		source_limit_leave(networks, flow->client >> 8, 1);
	}
}

void flow_table_release(struct flow_table *table, struct flow *flow)
{
	flow_table_unlink6(table, flow);
	if (flow->flags & FLOW_LINKED4)
		erase(table, table->index4, flow_hash4, flow);
	count(table, flow, (enum tcp_state)flow->state, TCP_STATE_FREE);
	*flow = (struct flow){ .pending_index = table->free };
	table->free = flow_table_index(table, flow) + 1;
	table->used--;
}

void flow_move(struct flow_table *table, struct flow *flow, enum tcp_event event)
{
	enum tcp_state next = tcp_state_next((enum tcp_state)flow->state, event);

	NAT46_ASSERT(next != TCP_STATE_COUNT);
	count(table, flow, (enum tcp_state)flow->state, next);
	flow->state = next & 0x7f;
}

/** acked_bytes() - acknowledged sequence numbers less SYN and FIN */
static uint64_t acked_bytes(const struct flow_direction *d, uint32_t isn, bool fin)
{
	uint64_t total = ((uint64_t)d->wraps << 32) + (d->acked - isn);
	/* a FIN that its sender puts in front of everything counts for nothing */
	uint64_t flags = 1u + (fin && d->acked == d->end);

	return total > flags ? total - flags : 0;
}

uint64_t flow_bytes_to_server(const struct flow *flow)
{
	if (flow->is_udp)
		return flow->udp.to_server;
	return acked_bytes(&flow->to_server, flow->client_isn, flow->flags & FLOW_CLIENT_FIN);
}

uint64_t flow_bytes_to_client(const struct flow *flow)
{
	if (flow->is_udp)
		return flow->udp.to_client;
	return acked_bytes(&flow->to_client, flow->server_isn, flow->flags & FLOW_SERVER_FIN);
}

/** check_index() - every slot leads to a record that is found again from its home */
static const char *check_index(const struct flow_table *table, const uint32_t *index, flow_hash_fn *hash_of,
			       uint8_t linked, uint32_t *count)
{
	*count = 0;
	for (uint32_t i = 0; i < table->slots; i++) {
		const struct flow *flow;
		uint64_t hash;

		if (!index[i])
			continue;
		if ((index[i] & SLOT_INDEX) > table->touched)
			return "flow table: slot leads to an unused record";
		flow = &table->flows[(index[i] & SLOT_INDEX) - 1];
		if (!(flow->flags & linked))
			return "flow table: slot leads to a record that is not linked";
		hash = hash_of(table, flow);
		if ((index[i] & SLOT_TAG) != tag(hash))
			return "flow table: wrong tag";
		for (uint32_t j = home(table, hash); j != i; j = (j + 1) & (table->slots - 1)) {
			if (!index[j])
				return "flow table: record cannot be found from its home";
		}
		(*count)++;
	}
	return NULL;
}

const char *flow_table_check(const struct flow_table *table)
{
	uint32_t states[FLOW_PROTOCOLS][TCP_STATE_COUNT] = { 0 }, counted[FLOW_PROTOCOLS] = { 0 };
	uint32_t used = 0, linked4 = 0, linked6 = 0, found4, found6;
	const char *error;

	for (uint32_t i = 0; i < table->touched; i++) {
		const struct flow *flow = &table->flows[i];

		if (flow->state == TCP_STATE_FREE)
			continue;
		states[flow->is_udp][flow->state]++;
		used++;
		counted[flow->is_udp] += tcp_state_is_counted((enum tcp_state)flow->state);
		linked4 += (flow->flags & FLOW_LINKED4) != 0;
		linked6 += (flow->flags & FLOW_LINKED6) != 0;
	}
	if (used != table->used)
		return "flow table: wrong number of records in use";
	if (memcmp(states, table->states, sizeof(states)) != 0)
		return "flow table: wrong number of records in a state";
	for (uint32_t i = 0; i < FLOW_PROTOCOLS; i++) {
		if (source_limit_total(&table->addresses[i]) != counted[i] ||
		    source_limit_total(&table->networks[i]) != counted[i])
			return "flow table: wrong number of connections counted by source";
	}
	error = check_index(table, table->index4, flow_hash4, FLOW_LINKED4, &found4);
	if (!error)
		error = check_index(table, table->index6, flow_hash6, FLOW_LINKED6, &found6);
	if (error)
		return error;
	if (linked4 != found4 || linked6 != found6)
		return "flow table: linked record is missing from an index";
	return NULL;
}

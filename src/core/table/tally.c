/* SPDX-License-Identifier: ISC */
/*
 * tally.c - what is counted of each service, and of each of its servers
 */
#include "nat46/tally.h"

#include <assert.h>
#include <string.h>

#include "nat46/assert.h"
#include "nat46/cursor.h"

static_assert(TALLIES_MAX <= UINT16_MAX, "the number of a tally has 16 bits");

#define MILLISECOND INT64_C(1000000)

static const int64_t bounds[TALLY_BUCKETS] = {
	MILLISECOND / 2,   MILLISECOND,	      5 * MILLISECOND / 2, 5 * MILLISECOND,    10 * MILLISECOND,
	25 * MILLISECOND,  50 * MILLISECOND,  100 * MILLISECOND,   250 * MILLISECOND,  500 * MILLISECOND,
	1000 * MILLISECOND, 2500 * MILLISECOND, 5000 * MILLISECOND, INT64_MAX,
};

void tally_init(struct tally_table *table, uint16_t *of_flow, const struct siphash_key *key)
{
	table->of_flow = of_flow;
	table->key = *key;
	table->tallies[0].is_used = true;
	table->tallies[0].is_configured = true;
	table->touched = 1;
}

static struct tally_key key_of_service(const struct service *service)
{
	struct tally_key key = {
		.port = service->port,
		.host_bits = service->host_bits,
		.is_udp = service->is_udp,
	};

	memcpy(&key.address.byte[12], &service->address, sizeof(service->address));
	return key;
}

static bool is_equal(const struct tally_key *a, const struct tally_key *b)
{
	return ipv6_equal(&a->address, &b->address) && a->parent == b->parent && a->port == b->port &&
	       a->host_bits == b->host_bits && a->is_udp == b->is_udp;
}

/** slot_of() - the slot of a key, or the free one where it would be */
static uint32_t slot_of(const struct tally_table *table, const struct tally_key *key)
{
	uint8_t bytes[22];
	uint32_t slot;

	memcpy(bytes, key->address.byte, 16);
	memcpy(bytes + 16, &key->parent, 2);
	memcpy(bytes + 18, &key->port, 2);
	bytes[20] = key->host_bits;
	bytes[21] = key->is_udp;
	slot = siphash_13(&table->key, bytes, sizeof(bytes)) % TALLY_SLOTS;
	while (table->index[slot] != 0 && !is_equal(&table->tallies[table->index[slot]].key, key))
		slot = (slot + 1) % TALLY_SLOTS;
	return slot;
}

static uint16_t find(const struct tally_table *table, const struct tally_key *key)
{
	return table->index[slot_of(table, key)];
}

uint16_t tally_of_service(const struct tally_table *table, const struct service *service)
{
	struct tally_key key;

	if (!service)
		return 0;
	key = key_of_service(service);
	return find(table, &key);
}

/** find_server() - as find(), but first with the port of @key, then if it is @service_port without */
static uint16_t find_server(const struct tally_table *table, struct tally_key key, uint16_t service_port)
{
	uint16_t found = find(table, &key);

	if (found != 0 || key.port != service_port)
		return found;
	key.port = 0;
	return find(table, &key);
}

uint16_t tally_of_server(const struct tally_table *table, uint16_t tally, const struct server *server,
			 uint16_t service_port)
{
	uint16_t parent = table->tallies[tally].key.parent, found;
	struct tally_key key = {
		.address = server->address,
		.parent = parent != 0 ? parent : tally,
		.port = server->port,
		.host_bits = server->host_bits,
	};
	uint8_t host_bits = table->tallies[key.parent].key.host_bits;

	if (key.parent == 0)
		return 0;
	found = find_server(table, key, service_port);
	/* one of a block, which is as large as that of the service */
	if (found == 0 && host_bits != key.host_bits) {
		struct span last = span_over(key.address.byte + 12, 4);

		key.host_bits = host_bits;
		span_put32(last, 0, (uint32_t)((uint64_t)span_get32(last, 0) >> host_bits << host_bits));
		found = find_server(table, key, service_port);
	}
	return found != 0 ? found : key.parent;
}

/** take() - a free tally for @key; 0: there is none */
static uint16_t take(struct tally_table *table, const struct tally_key *key)
{
	uint32_t number = table->hand;

	while (number < table->touched && table->tallies[number].is_used)
		number++;
	table->hand = number;
	if (number == TALLIES_MAX)
		return 0;
	if (number == table->touched)
		table->touched++;
	table->tallies[number] = (struct tally){ .key = *key, .is_used = true };
	table->index[slot_of(table, key)] = (uint16_t)number;
	return (uint16_t)number;
}

/** keep() - the configuration has @key: its tally stays, or if there is none, @may_take one; returns its number or 0 */
static uint16_t keep(struct tally_table *table, const struct tally_key *key, bool may_take)
{
	uint16_t number = find(table, key);

	if (number == 0 && may_take)
		number = take(table, key);
	if (number != 0)
		table->tallies[number].is_configured = true;
	return number;
}

/** keep_all() - keep() all services, then all their servers, TALLIES_MAX of them at most */
static void keep_all(struct tally_table *table, const struct service *services, size_t count, bool may_take)
{
	size_t left = TALLIES_MAX;

	for (size_t i = 0; i < count && left > 0; i++, left--) {
		const struct tally_key key = key_of_service(&services[i]);

		(void)keep(table, &key, may_take);
	}
	for (size_t i = 0; i < count && left > 0; i++) {
		const struct service *service = &services[i];
		uint16_t parent = tally_of_service(table, service);

		for (size_t k = 0; parent != 0 && k < service->listed.count && left > 0; k++, left--) {
			const struct server *server = &service->listed.servers[k];
			const struct tally_key key = {
				.address = server->address,
				.parent = parent,
				.port = tally_port(service, server),
				.host_bits = server->host_bits,
			};

			(void)keep(table, &key, may_take);
		}
	}
}

/** forget() - free what is neither configured nor in use, and make the index anew */
static void forget(struct tally_table *table)
{
	table->hand = 1;
	memset(table->index, 0, sizeof(table->index));
	for (uint32_t i = 1; i < table->touched; i++) {
		struct tally *tally = &table->tallies[i];

		if (!tally->is_configured && tally->flows == 0)
			*tally = (struct tally){ 0 };
		else
			table->index[slot_of(table, &tally->key)] = (uint16_t)i;
	}
}

void tally_configure(struct tally_table *table, const struct service *services, size_t count)
{
	for (uint32_t i = 1; i < table->touched; i++)
		table->tallies[i].is_configured = false;
	keep_all(table, services, count, false);
	forget(table);
	keep_all(table, services, count, true);
}

/** above() - the next tally on the way up, and whether there is one */
static bool above(const struct tally_table *table, uint16_t *tally)
{
	bool is_there = *tally != 0;

	*tally = table->tallies[*tally].key.parent;
	return is_there;
}

/** add() - add to the flows of a tally, and to how many of them are active; negative: take off */
static void add(struct tally_table *table, uint16_t tally, int flows, int active)
{
	do {
		table->tallies[tally].flows += (uint32_t)flows;
		table->tallies[tally].active += (uint32_t)active;
	} while (above(table, &tally));
}

void tally_enter(struct tally_table *table, uint32_t flow, uint16_t tally)
{
	table->of_flow[flow] = tally;
	add(table, tally, 1, 1);
}

void tally_leave(struct tally_table *table, uint32_t flow, bool is_active)
{
	add(table, table->of_flow[flow], -1, is_active ? -1 : 0);
	table->of_flow[flow] = 0;
}

void tally_activate(struct tally_table *table, uint32_t flow, bool is_active)
{
	add(table, table->of_flow[flow], 0, is_active ? 1 : -1);
}

void tally_opened(struct tally_table *table, uint16_t tally)
{
	do
		table->tallies[tally].opened++;
	while (above(table, &tally));
}

void tally_refused(struct tally_table *table, uint16_t tally)
{
	do
		table->tallies[tally].refused++;
	while (above(table, &tally));
}

void tally_failed(struct tally_table *table, uint16_t tally, enum server_error error)
{
	do
		table->tallies[tally].failures[error]++;
	while (above(table, &tally));
}

void tally_connected(struct tally_table *table, uint16_t tally, int64_t connect_time)
{
	uint32_t bucket = 0;

	while (connect_time > bounds[bucket])
		bucket++;
	do {
		table->tallies[tally].connects[bucket]++;
		table->tallies[tally].connect_time += (uint64_t)connect_time;
	} while (above(table, &tally));
}

void tally_bytes(struct tally_table *table, uint32_t flow, bool to_server, uint64_t bytes)
{
	uint16_t tally = table->of_flow[flow];

	do {
		if (to_server)
			table->tallies[tally].bytes_to_server += bytes;
		else
			table->tallies[tally].bytes_to_client += bytes;
	} while (above(table, &tally));
}

uint64_t tally_connects(const struct tally *tally)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < TALLY_BUCKETS; i++)
		sum += tally->connects[i];
	return sum;
}

int64_t tally_bound(uint32_t bucket)
{
	NAT46_ASSERT(bucket < TALLY_BUCKETS);
	return bounds[bucket];
}

/** check_sums() - what is counted of the tallies below one is not more than what is counted of it */
static const char *check_sums(const struct tally_table *table, uint32_t number)
{
	const struct tally *tally = &table->tallies[number];
	struct tally sum = { 0 };

	for (uint32_t i = 1; i < table->touched; i++) {
		const struct tally *below = &table->tallies[i];

		if (!below->is_used || below->key.parent != number)
			continue;
		sum.flows += below->flows;
		sum.active += below->active;
		sum.bytes_to_server += below->bytes_to_server;
		sum.bytes_to_client += below->bytes_to_client;
		sum.connect_time += below->connect_time;
	}
	if (sum.flows > tally->flows || sum.active > tally->active)
		return "tallies: flows of a server that its service does not have";
	if (sum.bytes_to_server > tally->bytes_to_server || sum.bytes_to_client > tally->bytes_to_client ||
	    sum.connect_time > tally->connect_time)
		return "tallies: more of a server than of its service";
	return NULL;
}

const char *tally_check(const struct tally_table *table)
{
	const char *error = NULL;

	for (uint32_t i = 0; i < table->touched && !error; i++) {
		const struct tally *tally = &table->tallies[i];

		if (!tally->is_used)
			continue;
		error = check_sums(table, i);
		if (!error && i > 0 && find(table, &tally->key) != i)
			error = "tallies: one that is not found";
		if (!error && !table->tallies[tally->key.parent].is_used)
			error = "tallies: one without the one above it";
		if (!error && tally->active > tally->flows)
			error = "tallies: more active flows than flows";
	}
	return error;
}

bool tally_includes(const struct tally_table *table, uint16_t number, uint32_t flow)
{
	uint16_t tally = table->of_flow[flow];

	do {
		if (tally == number)
			return true;
	} while (above(table, &tally));
	return false;
}

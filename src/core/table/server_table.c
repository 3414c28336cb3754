/* SPDX-License-Identifier: ISC */
/*
 * server_table.c - what is known of the servers
 */
#include "nat46/server_table.h"

#include <assert.h>
#include <string.h>

#include "nat46/assert.h"

#define SECOND INT64_C(1000000000)
#define BELIEVED (3600 * SECOND)

/** Failing for 1, 2, 4 ... 32 seconds. */
enum {
	BACKOFF_MAX = 5,
	UNANSWERED_LEAST = 2,	/* one may be a lost packet */
};

static const char *const error_names[] = {
	[SERVER_ERROR_NONE] = "none",
	[SERVER_ERROR_REFUSED] = "refused",
	[SERVER_ERROR_SILENT] = "silent",
	[SERVER_ERROR_UNREACHABLE] = "unreachable",
};

static uint32_t hash_of(const struct server_table *table, const struct server *server)
{
	uint8_t bytes[19];

	memcpy(bytes, server->address.byte, 16);
	memcpy(bytes + 16, &server->port, 2);
	bytes[18] = server->is_udp;
	return (uint32_t)siphash_13(&table->key, bytes, sizeof(bytes));
}

static uint32_t bucket_of(const struct server_table *table, const struct server *server)
{
	return hash_of(table, server) % SERVER_TABLE_BUCKETS;
}

const struct server_state *server_table_find(const struct server_table *table, const struct server *server)
{
	const struct server_state *bucket = table->servers[bucket_of(table, server)];

	for (uint32_t i = 0; i < SERVER_TABLE_WAYS; i++) {
		if (bucket[i].used != 0 && bucket[i].port == server->port && bucket[i].is_udp == server->is_udp &&
		    ipv6_equal(&bucket[i].address, &server->address))
			return &bucket[i];
	}
	return NULL;
}

/** goes_first() - does @a make room before @b: one that does not fail, or the one that was used least recently */
static bool goes_first(const struct server_state *a, const struct server_state *b)
{
	bool a_fails = a->failures > 0, b_fails = b->failures > 0;

	return a_fails == b_fails ? a->used < b->used : b_fails;
}

/** enter() - the entry of a server, for which another one may make room */
static struct server_state *enter(struct server_table *table, const struct server *server, int64_t now)
{
	struct server_state *bucket = table->servers[bucket_of(table, server)];
	const struct server_state *known = server_table_find(table, server);
	struct server_state *entry = bucket;

	if (known) {
		entry = &bucket[known - bucket];
	} else {
		for (uint32_t i = 1; i < SERVER_TABLE_WAYS; i++) {
			if (goes_first(&bucket[i], entry))
				entry = &bucket[i];
		}
		*entry = (struct server_state){
			.address = server->address,
			.port = server->port,
			.is_udp = server->is_udp,
		};
	}
	entry->used = now;
	return entry;
}

/** tell() - is @error of a server something that was not told; if so, it is told now */
static bool tell(struct server_state *entry, enum server_error error)
{
	bool is_new = entry->told != error;

	entry->told = error;
	return is_new;
}

bool server_table_connected(struct server_table *table, const struct server *server, int64_t connect_time,
			    int64_t now)
{
	struct server_state *entry = enter(table, server, now);

	entry->retry = 0;
	entry->failures = 0;
	entry->error = SERVER_ERROR_NONE;
	entry->connect_time = connect_time;
	return tell(entry, SERVER_ERROR_NONE);
}

/** backoff() - how long a server is left alone that has failed @failures times before */
static int64_t backoff(uint32_t failures, enum server_error error)
{
	/* one silence may be one lost packet */
	if (error == SERVER_ERROR_SILENT && failures == 0)
		return 0;
	return SECOND << (failures < BACKOFF_MAX ? failures : BACKOFF_MAX);
}

bool server_table_failed(struct server_table *table, const struct server *server, enum server_error error,
			 int64_t now)
{
	struct server_state *entry = enter(table, server, now);

	/* many connections may fail at once: that is one failure */
	if (entry->retry <= now) {
		entry->retry = now + backoff(entry->failures, error);
		entry->failures++;
	}
	entry->error = error;
	return entry->retry > now && tell(entry, error);
}

bool server_table_noticed(struct server_table *table, const struct server *server, enum server_error error,
			  int64_t now)
{
	struct server_state *entry = enter(table, server, now);

	entry->unanswered = error == SERVER_ERROR_SILENT ? entry->unanswered + 1 : 0;
	if (error == SERVER_ERROR_SILENT && entry->unanswered < UNANSWERED_LEAST)
		return false;
	if (error != SERVER_ERROR_NONE || entry->failures == 0)
		entry->error = error;
	return tell(entry, error);
}

bool server_table_is_failing(const struct server_table *table, const struct server *server, int64_t now)
{
	const struct server_state *entry = server_table_find(table, server);

	return entry && entry->retry > now;
}

const char *server_error_name(enum server_error error)
{
	static_assert(sizeof(error_names) / sizeof(error_names[0]) == SERVER_ERROR_UNREACHABLE + 1,
		      "every error has a name");
	NAT46_ASSERT(error <= SERVER_ERROR_UNREACHABLE);
	return error_names[error];
}

static uint32_t promise_bucket_of(const struct server_table *table, const struct service *service)
{
	const uint32_t words[] = { service->address, (uint32_t)service->host_bits << 16 | service->port };

	return (uint32_t)siphash_13(&table->key, words, sizeof(words)) % SERVER_TABLE_BUCKETS;
}

static bool is_for(const struct service_promise *entry, const struct service *service)
{
	return entry->address == service->address && entry->port == service->port &&
	       entry->host_bits == service->host_bits;
}

static bool is_free(const struct service_promise *entry, int64_t now)
{
	return entry->without_sack.until <= now && entry->without_timestamps.until <= now &&
	       entry->without_ecn.until <= now && entry->small_mss.until <= now;
}

/** way_of() - which entry of a bucket is that of a service, else one that is free; SERVER_TABLE_WAYS: none */
static uint32_t way_of(const struct service_promise *bucket, const struct service *service, int64_t now)
{
	uint32_t way = SERVER_TABLE_WAYS;

	for (uint32_t i = 0; i < SERVER_TABLE_WAYS; i++) {
		if (is_for(&bucket[i], service))
			return i;
		/* best one in which nobody has begun to learn */
		if (is_free(&bucket[i], now) && (way == SERVER_TABLE_WAYS || bucket[i].address == 0))
			way = i;
	}
	return way;
}

/** struct proof - a handshake: of which server, for which client, and when */
struct proof {
	uint32_t server;
	uint32_t client;
	int64_t now;
};

/**
 * is_proven() - do the handshakes of enough clients show the same as this one
 *
 * If so, begin anew with the next one.
 */
static bool is_proven(struct lack *lack, const struct proof *proof)
{
	for (uint32_t i = 0; i < SERVER_TABLE_PROOFS - 1; i++) {
		if (lack->clients[i] == 0)
			lack->clients[i] = proof->client;
		else if (lack->clients[i] != proof->client)
			continue;
		return false;
	}
	memset(lack->clients, 0, sizeof(lack->clients));
	return true;
}

/** refute() - the server that showed it last shows the contrary */
static void refute(struct lack *lack, const struct proof *proof)
{
	if (lack->server == proof->server)
		*lack = (struct lack){ 0 };
}

/** learn() - something is lacking, or there, or neither was shown; true if it is believed from now on */
static bool learn(struct lack *lack, bool is_lacking, bool is_there, const struct proof *proof)
{
	bool is_believed = lack->until > proof->now;

	if (is_there)
		refute(lack, proof);
	if (is_lacking)
		lack->server = proof->server;
	if (!is_lacking || (!is_believed && !is_proven(lack, proof)))
		return false;
	lack->until = proof->now + BELIEVED;
	return !is_believed;
}

/** learn_mss() - the same for the MSS of the server, 0: as large as what is announced; returns what is new, or 0 */
static uint16_t learn_mss(struct service_promise *entry, uint16_t mss, const struct proof *proof)
{
	struct lack *lack = &entry->small_mss;
	bool is_believed = lack->until > proof->now;

	if (mss == 0 || (is_believed && mss > entry->mss)) {
		refute(lack, proof);
		return 0;
	}
	lack->server = proof->server;
	if (is_believed && mss == entry->mss) {
		lack->until = proof->now + BELIEVED;
		return 0;
	}
	if (lack->clients[0] == 0 || mss < entry->mss_shown)
		entry->mss_shown = mss;
	if (!is_proven(lack, proof))
		return 0;
	entry->mss = entry->mss_shown;
	lack->until = proof->now + BELIEVED;
	return entry->mss;
}

bool server_table_learn(struct server_table *table, const struct service *service, const struct server *server,
			uint32_t client, struct server_answer *answer, int64_t now)
{
	const struct proof proof = { .server = hash_of(table, server), .client = client, .now = now };
	struct service_promise *bucket = table->services[promise_bucket_of(table, service)];
	bool is_lacking = answer->without_sack || answer->without_timestamps || answer->without_ecn ||
			  answer->mss != 0;
	uint32_t way = way_of(bucket, service, now);
	struct service_promise *entry = &bucket[way];

	if (way == SERVER_TABLE_WAYS || (!is_lacking && !is_for(entry, service)))
		return false;
	if (!is_for(entry, service))
		*entry = (struct service_promise){
			.address = service->address,
			.port = service->port,
			.host_bits = service->host_bits,
		};
	answer->without_sack = learn(&entry->without_sack, answer->without_sack, answer->with_sack, &proof);
	answer->without_timestamps = learn(&entry->without_timestamps, answer->without_timestamps,
					   answer->with_timestamps, &proof);
	answer->without_ecn = learn(&entry->without_ecn, answer->without_ecn, answer->with_ecn, &proof);
	answer->mss = learn_mss(entry, answer->mss, &proof);
	return answer->without_sack || answer->without_timestamps || answer->without_ecn || answer->mss != 0;
}

struct tcp_promises server_table_promise(const struct server_table *table, const struct service *service,
					 const struct tcp_promises *configured, int64_t now)
{
	const struct service_promise *bucket = table->services[promise_bucket_of(table, service)];
	uint32_t way = way_of(bucket, service, now);
	const struct service_promise *entry = &bucket[way];
	struct tcp_promises promise = *configured;

	/* in an entry that is free nothing is believed */
	if (way == SERVER_TABLE_WAYS)
		return promise;
	promise.sack = promise.sack && entry->without_sack.until <= now;
	promise.timestamps = promise.timestamps && entry->without_timestamps.until <= now;
	promise.ecn = promise.ecn && entry->without_ecn.until <= now;
	if (entry->small_mss.until > now && (promise.mss == 0 || entry->mss < promise.mss))
		promise.mss = entry->mss;
	return promise;
}

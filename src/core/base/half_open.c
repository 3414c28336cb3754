/* SPDX-License-Identifier: ISC */
/*
 * half_open.c - SYNs that we answered, kept only to repeat the answer
 *
 * DOC: Theory of operation
 *
 * The cookie alone completes a handshake. But when a client's final ACK is lost and the server is to speak
 * first, nobody would ever send again: the client waits, connected to nobody. So the SYN/ACK is repeated
 * from a record, as any TCP does, while there is room. Each client and service has one possible place, given
 * by a keyed hash. A place that is taken by somebody else is left alone: under a flood of SYNs most clients
 * get a pure cookie, and the memory is the same as without the flood.
 *
 * A record also knows the client's ISN and exact MSS, so that a handshake may complete with a segment that
 * arrived out of order. Without one, such a segment proves nothing and refutes nothing: its client repeats the
 * first data, and the cookie in that is good.
 */
#include "core/base/half_open.h"

/** SYN/ACKs are repeated after 1, 2 and 4 seconds. */
enum { REPEATS_MAX = 3 };

void half_open_init(struct engine *e, struct half_open *records)
{
	e->half_open = records;
	/* touched now: the same memory is in use with and without a flood */
	for (uint32_t i = 0; i < HALF_OPEN_MAX; i++)
		e->half_open[i] = (struct half_open){ 0 };
}

static struct half_open *place_of(const struct engine *e, const struct cookie_tuple *tuple)
{
	const uint32_t words[] = { tuple->client, tuple->service,
				   (uint32_t)tuple->client_port << 16 | tuple->service_port };

	return &e->half_open[siphash_13(&e->key, words, sizeof(words)) % HALF_OPEN_MAX];
}

static bool is_same(const struct half_open *record, const struct cookie_tuple *tuple)
{
	return record->tuple.client == tuple->client && record->tuple.service == tuple->service &&
	       record->tuple.client_port == tuple->client_port && record->tuple.service_port == tuple->service_port;
}

static uint32_t timer_of(const struct engine *e, const struct half_open *record)
{
	return e->pending_capacity + (uint32_t)(record - e->half_open);
}

const struct half_open *half_open_find(const struct engine *e, const struct cookie_tuple *tuple)
{
	const struct half_open *record = place_of(e, tuple);

	return is_same(record, tuple) ? record : NULL;
}

bool half_open_is_crowded(const struct engine *e, const struct cookie_tuple *tuple, uint32_t isn)
{
	const struct half_open *record = place_of(e, tuple);

	return e->now < record->crowded ||
	       (record->tuple.client != 0 && (!is_same(record, tuple) || record->isn != isn));
}

void half_open_store(struct engine *e, const struct half_open *record)
{
	struct half_open *place = place_of(e, &record->tuple);
	int64_t crowded = place->crowded;

	if (place->tuple.client != 0 && !is_same(place, &record->tuple)) {
		place->crowded = e->now + COOKIE_SLOT;
		return;
	}
	*place = *record;
	place->crowded = crowded;
	timer_wheel_set(&e->timers, timer_of(e, place), e->now + SECOND);
}

/** release() - free the place; that it was crowded stays known */
static void release(struct engine *e, struct half_open *record)
{
	timer_wheel_cancel(&e->timers, timer_of(e, record));
	*record = (struct half_open){ .crowded = record->crowded };
}

void half_open_forget(struct engine *e, const struct cookie_tuple *tuple)
{
	struct half_open *record = place_of(e, tuple);

	if (is_same(record, tuple))
		release(e, record);
}

const struct half_open *half_open_expire(struct engine *e, uint32_t index)
{
	struct half_open *record = &e->half_open[index];

	if (record->repeats >= REPEATS_MAX) {
		release(e, record);
		return NULL;
	}
	record->repeats++;
	record->answered = 0;
	timer_wheel_set(&e->timers, timer_of(e, record), e->now + (SECOND << record->repeats));
	return record;
}

/* SPDX-License-Identifier: ISC */
/*
 * source_limit.c - how much one source has of something
 */
#include "nat46/source_limit.h"

#include "nat46/assert.h"

/** Counters for every source that may have the most. */
static const uint32_t COUNTERS = 1024;

/** width_for() - counters of a row: a power of two */
static uint32_t width_for(uint32_t connections, uint32_t most)
{
	uint64_t enough = (uint64_t)COUNTERS * (connections / most + 1);
	uint32_t width = 16;

	while (width < 2 * connections && width < enough)
		width *= 2;
	return width;
}

size_t source_limit_memory(uint32_t connections, uint32_t most)
{
	return 2 * (size_t)width_for(connections, most) * sizeof(uint32_t);
}

void source_limit_init(struct source_limit *limit, uint32_t *counters, uint32_t connections, uint32_t most,
		       const struct siphash_key *key)
{
	*limit = (struct source_limit){ .counters = counters, .width = width_for(connections, most), .key = *key };
}

/** find() - the counters of a source in both rows; one hash has bits enough for two */
static void find(const struct source_limit *limit, uint32_t source, uint32_t **first, uint32_t **second)
{
	uint64_t hash = siphash_13(&limit->key, &source, sizeof(source));

	*first = &limit->counters[(uint32_t)hash & (limit->width - 1)];
	*second = &limit->counters[limit->width + ((uint32_t)(hash >> 32) & (limit->width - 1))];
}

bool source_limit_is_full(const struct source_limit *limit, uint32_t source, uint32_t most)
{
	uint32_t *first, *second;

	find(limit, source, &first, &second);
	return *first >= most && *second >= most;
}

void source_limit_add(struct source_limit *limit, uint32_t source, uint32_t count)
{
	uint32_t *first, *second;

	find(limit, source, &first, &second);
	*first += count;
	*second += count;
	limit->total += count;
}

bool source_limit_enter(struct source_limit *limit, uint32_t source, uint32_t count, uint32_t most)
{
	if (count > most || (count > 0 && source_limit_is_full(limit, source, most - count + 1)))
		return false;
	source_limit_add(limit, source, count);
	return true;
}

void source_limit_leave(struct source_limit *limit, uint32_t source, uint32_t count)
{
	uint32_t *first, *second;

	find(limit, source, &first, &second);
	NAT46_ASSERT(*first >= count && *second >= count && limit->total >= count);
	*first -= count;
	*second -= count;
	limit->total -= count;
}

uint32_t source_limit_total(const struct source_limit *limit)
{
	return limit->total;
}

/* SPDX-License-Identifier: ISC */
/*
 * parts.c - the bytes of a datagram that arrives in parts, from one bounded pool of chunks
 */
#include "core/table/parts.h"

#include "nat46/assert.h"

/** Units of a chunk. */
static const uint32_t UNITS = PARTS_CHUNK / PARTS_UNIT;

/** struct run - units of a part whose bits lie in one word: number of the first, how many, and their bits */
struct run {
	uint32_t unit;
	uint32_t count;
	uint64_t bits;
};

/** run_from() - the units from @unit on that share its word, as far as @end */
static struct run run_from(uint32_t unit, uint32_t end)
{
	uint32_t low = unit % 64;
	uint32_t count = end - unit < 64 - low ? end - unit : 64 - low;

	return (struct run){ .unit = unit, .count = count, .bits = UINT64_MAX >> (64 - count) << low };
}

/** chunk_at() - the chunk with a unit, NULL if there is none; also for the first unit behind the longest datagram */
static struct parts_chunk *chunk_at(const struct parts_pool *pool, const struct parts *parts, uint32_t unit)
{
	uint32_t index = unit / UNITS;

	if (index == PARTS_CHUNKS_MAX || parts->chunks[index] == 0)
		return NULL;
	return &pool->chunks[parts->chunks[index] - 1];
}

/** known_chunk() - the chunk with a unit that is known */
static struct parts_chunk *known_chunk(const struct parts_pool *pool, const struct parts *parts, uint32_t unit)
{
	struct parts_chunk *chunk = chunk_at(pool, parts, unit);

	NAT46_ASSERT(chunk);
	return chunk;
}

static uint32_t word_of(uint32_t unit)
{
	return unit % UNITS / 64;
}

static uint64_t bit_of(uint32_t unit)
{
	return UINT64_C(1) << unit % 64;
}

/** end_unit() - the unit behind a part */
static uint32_t end_unit(uint32_t offset, size_t length)
{
	return (offset + (uint32_t)length + PARTS_UNIT - 1) / PARTS_UNIT;
}

/** piece_from() - bytes from @offset on that lie in one chunk, at most @left */
static uint32_t piece_from(uint32_t offset, uint32_t left)
{
	uint32_t room = PARTS_CHUNK - offset % PARTS_CHUNK;

	return left < room ? left : room;
}

void parts_pool_init(struct parts_pool *pool, struct parts_chunk *chunks, uint32_t capacity)
{
	*pool = (struct parts_pool){ .chunks = chunks, .capacity = capacity };
}

/** chunk_take() - number plus one of a chunk in which nothing is known */
static uint32_t chunk_take(struct parts_pool *pool)
{
	uint32_t number = pool->free;
	struct parts_chunk *chunk;

	NAT46_ASSERT(pool->used < pool->capacity);
	if (number)
		pool->free = pool->chunks[number - 1].next;
	else
		number = ++pool->touched;
	chunk = &pool->chunks[number - 1];
	memset(chunk->known, 0, sizeof(chunk->known));
	memset(chunk->starts, 0, sizeof(chunk->starts));
	pool->used++;
	return number;
}

static void chunk_give(struct parts_pool *pool, uint32_t number)
{
	pool->chunks[number - 1].next = pool->free;
	pool->free = number;
	pool->used--;
}

uint32_t parts_missing(const struct parts *parts, uint32_t offset, uint32_t length)
{
	uint32_t missing = 0;

	for (uint32_t i = offset / PARTS_CHUNK; i <= (offset + length - 1) / PARTS_CHUNK; i++)
		missing += parts->chunks[i] == 0;
	return missing;
}

/** is_equal() - are known bytes the same as these */
static bool is_equal(const struct parts_pool *pool, const struct parts *parts, uint32_t offset, struct span bytes)
{
	for (size_t done = 0; done < bytes.length;) {
		uint32_t at = offset + (uint32_t)done;
		uint32_t count = piece_from(at, (uint32_t)(bytes.length - done));
		const struct parts_chunk *chunk = known_chunk(pool, parts, at / PARTS_UNIT);

		if (memcmp(&chunk->bytes[at % PARTS_CHUNK], span_at(bytes, done, count), count) != 0)
			return false;
		done += count;
	}
	return true;
}

/** is_inside() - is this unit known, and in the middle of a part */
static bool is_inside(const struct parts_pool *pool, const struct parts *parts, uint32_t unit)
{
	const struct parts_chunk *chunk = chunk_at(pool, parts, unit);

	return chunk && chunk->known[word_of(unit)] & ~chunk->starts[word_of(unit)] & bit_of(unit);
}

enum parts_relation parts_compare(const struct parts_pool *pool, const struct parts *parts, uint32_t offset,
				  struct span bytes)
{
	uint32_t first = offset / PARTS_UNIT;
	uint32_t end = end_unit(offset, bytes.length);
	bool is_known = false, is_same = true;
	struct run run;

	for (uint32_t unit = first; unit < end; unit += run.count) {
		const struct parts_chunk *chunk = chunk_at(pool, parts, unit);
		uint64_t start = unit == first ? bit_of(unit) : 0;
		uint64_t known = chunk ? chunk->known[word_of(unit)] : 0;
		uint64_t starts = chunk ? chunk->starts[word_of(unit)] : 0;

		run = run_from(unit, end);
		is_known = is_known || known & run.bits;
		is_same = is_same && (known & run.bits) == run.bits && (starts & run.bits) == start;
	}
	if (!is_known)
		return PARTS_NEW;
	if (!is_same || is_inside(pool, parts, end) || !is_equal(pool, parts, offset, bytes))
		return PARTS_OVERLAP;
	return PARTS_DUPLICATE;
}

void parts_put(struct parts_pool *pool, struct parts *parts, uint32_t offset, struct span bytes)
{
	uint32_t first = offset / PARTS_UNIT;
	uint32_t end = end_unit(offset, bytes.length);
	struct run run;

	for (size_t done = 0; done < bytes.length;) {
		uint32_t at = offset + (uint32_t)done;
		uint32_t count = piece_from(at, (uint32_t)(bytes.length - done));
		uint32_t *number = &parts->chunks[at / PARTS_CHUNK];

		if (*number == 0) {
			*number = chunk_take(pool);
			parts->count++;
		}
		memcpy(&pool->chunks[*number - 1].bytes[at % PARTS_CHUNK], span_at(bytes, done, count), count);
		done += count;
	}
	for (uint32_t unit = first; unit < end; unit += run.count) {
		run = run_from(unit, end);
		known_chunk(pool, parts, unit)->known[word_of(unit)] |= run.bits;
	}
	known_chunk(pool, parts, first)->starts[word_of(first)] |= bit_of(first);
}

void parts_read(const struct parts_pool *pool, const struct parts *parts, struct span to)
{
	for (size_t done = 0; done < to.length;) {
		uint32_t at = (uint32_t)done;
		uint32_t count = piece_from(at, (uint32_t)(to.length - done));
		const struct parts_chunk *chunk = known_chunk(pool, parts, at / PARTS_UNIT);

		span_copy(to, done, chunk->bytes, count);
		done += count;
	}
}

void parts_release(struct parts_pool *pool, struct parts *parts, uint32_t keep)
{
	for (uint32_t i = 0; parts->count > keep; i++) {
		if (parts->chunks[i] == 0)
			continue;
		chunk_give(pool, parts->chunks[i]);
		parts->chunks[i] = 0;
		parts->count--;
	}
}

uint32_t parts_known(const struct parts_pool *pool, const struct parts *parts)
{
	uint32_t known = 0;

	for (uint32_t unit = 0; unit < UNITS * PARTS_CHUNKS_MAX; unit += 64) {
		const struct parts_chunk *chunk = chunk_at(pool, parts, unit);

		for (uint64_t bits = chunk ? chunk->known[word_of(unit)] : 0; bits; bits &= bits - 1)
			known++;
	}
	return known;
}

const char *parts_pool_check(const struct parts_pool *pool)
{
	uint32_t free = 0;

	if (pool->touched > pool->capacity || pool->used > pool->touched)
		return "parts: more chunks than there are";
	for (uint32_t at = pool->free; at && free <= pool->touched; at = pool->chunks[at - 1].next)
		free++;
	return free + pool->used == pool->touched ? NULL : "parts: a chunk is neither free nor in use";
}

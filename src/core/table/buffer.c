/* SPDX-License-Identifier: ISC */
/*
 * buffer.c - first bytes of connections that have no server yet
 */
#include "nat46/buffer.h"

#include <string.h>

#include "nat46/assert.h"

void buffer_pool_init(struct buffer_pool *pool, uint8_t *memory, uint32_t *links, uint32_t capacity)
{
	*pool = (struct buffer_pool){ .memory = memory, .links = links, .capacity = capacity };
}

/** chunk_take() - a chunk number plus one, 0 if none is left */
static uint32_t chunk_take(struct buffer_pool *pool)
{
	uint32_t chunk = pool->free;

	if (chunk)
		pool->free = pool->links[chunk - 1];
	else if (pool->touched < pool->capacity)
		chunk = ++pool->touched;
	else
		return 0;
	pool->used++;
	return chunk;
}

static void chunk_give(struct buffer_pool *pool, uint32_t chunk)
{
	pool->links[chunk - 1] = pool->free;
	pool->free = chunk;
	pool->used--;
}

/** byte_at() - where a stream offset lies, and how many bytes follow it in the same chunk */
static uint8_t *byte_at(const struct buffer_pool *pool, const struct buffer *buffer, uint32_t offset,
			uint32_t *left)
{
	uint32_t chunk = buffer->chunks[offset / BUFFER_CHUNK];

	NAT46_ASSERT(chunk);
	*left = BUFFER_CHUNK - offset % BUFFER_CHUNK;
	return &pool->memory[(size_t)(chunk - 1) * BUFFER_CHUNK + offset % BUFFER_CHUNK];
}

uint32_t buffer_missing(const struct buffer *buffer, uint32_t offset, uint32_t length)
{
	uint32_t missing = 0;

	for (uint32_t i = offset / BUFFER_CHUNK; length > 0 && i <= (offset + length - 1) / BUFFER_CHUNK; i++)
		missing += buffer->chunks[i] == 0;
	return missing;
}

uint32_t buffer_chunks(const struct buffer *buffer)
{
	return BUFFER_CHUNKS_MAX - buffer_missing(buffer, 0, BUFFER_MAX);
}

/** reserve() - make sure that there are chunks for a range; takes none if there are not enough */
static bool reserve(struct buffer_pool *pool, struct buffer *buffer, uint32_t offset, uint32_t length)
{
	if (buffer_missing(buffer, offset, length) > pool->capacity - pool->used)
		return false;
	for (uint32_t i = offset / BUFFER_CHUNK; i <= (offset + length - 1) / BUFFER_CHUNK; i++) {
		if (buffer->chunks[i] == 0)
			buffer->chunks[i] = chunk_take(pool);
	}
	return true;
}

static void write_bytes(const struct buffer_pool *pool, struct buffer *buffer, uint32_t offset, const uint8_t *from,
			uint32_t length)
{
	while (length > 0) {
		uint32_t left;
		uint8_t *to = byte_at(pool, buffer, offset, &left);
		uint32_t count = length < left ? length : left;

		memcpy(to, from, count);
		from += count;
		offset += count;
		length -= count;
	}
}

/** fill_gaps() - write the bytes of @added that are not known */
static void fill_gaps(const struct buffer_pool *pool, struct buffer *buffer, struct buffer_range added,
		      const uint8_t *bytes)
{
	uint32_t position = added.start;

	for (uint32_t i = 0; i < buffer->range_count && buffer->ranges[i].start < added.end; i++) {
		const struct buffer_range *known = &buffer->ranges[i];

		if (known->end <= position)
			continue;
		if (known->start > position)
			write_bytes(pool, buffer, position, bytes + (position - added.start), known->start - position);
		position = known->end;
	}
	if (position < added.end)
		write_bytes(pool, buffer, position, bytes + (position - added.start), added.end - position);
}

/**
 * merge() - the known ranges with one more, sorted, touching ones joined
 * @merged: BUFFER_RANGES_MAX + 1 entries
 * Return: number of ranges
 */
static uint32_t merge(const struct buffer *buffer, struct buffer_range added, struct buffer_range *merged)
{
	uint32_t count = 0;
	bool placed = false;

	for (uint32_t i = 0; i < buffer->range_count; i++) {
		struct buffer_range known = buffer->ranges[i];

		if (known.end < added.start) {
			merged[count++] = known;
		} else if (known.start > added.end) {
			if (!placed)
				merged[count++] = added;
			placed = true;
			merged[count++] = known;
		} else {
			added.start = known.start < added.start ? known.start : added.start;
			added.end = known.end > added.end ? known.end : added.end;
		}
	}
	if (!placed)
		merged[count++] = added;
	return count;
}

static bool is_known(const struct buffer *buffer, struct buffer_range range)
{
	for (uint32_t i = 0; i < buffer->range_count; i++) {
		if (buffer->ranges[i].start <= range.start && range.end <= buffer->ranges[i].end)
			return true;
	}
	return false;
}

enum buffer_result buffer_insert(struct buffer_pool *pool, struct buffer *buffer, uint32_t offset,
				 const uint8_t *bytes, uint32_t length)
{
	struct buffer_range added = { .start = offset, .end = offset + length };
	struct buffer_range merged[BUFFER_RANGES_MAX + 1];
	uint32_t count;

	NAT46_ASSERT(offset <= BUFFER_MAX && length <= BUFFER_MAX - offset);
	if (length == 0 || is_known(buffer, added))
		return BUFFER_DUPLICATE;
	count = merge(buffer, added, merged);
	if (count > BUFFER_RANGES_MAX) {
		if (merged[BUFFER_RANGES_MAX].start == added.start)
			return BUFFER_HOLES;
		/* what is behind most holes is needed last: forget it, it will be repeated */
		count = BUFFER_RANGES_MAX;
	}
	if (!reserve(pool, buffer, offset, length))
		return BUFFER_NO_CHUNK;
	fill_gaps(pool, buffer, added, bytes);
	memcpy(buffer->ranges, merged, count * sizeof(merged[0]));
	buffer->range_count = count;
	return BUFFER_STORED;
}

uint32_t buffer_contiguous(const struct buffer *buffer)
{
	return buffer->range_count > 0 && buffer->ranges[0].start == 0 ? buffer->ranges[0].end : 0;
}

uint32_t buffer_end(const struct buffer *buffer)
{
	return buffer->range_count > 0 ? buffer->ranges[buffer->range_count - 1].end : 0;
}

bool buffer_range_from(const struct buffer *buffer, uint32_t offset, struct buffer_range *range)
{
	for (uint32_t i = 0; i < buffer->range_count; i++) {
		if (buffer->ranges[i].end <= offset)
			continue;
		*range = buffer->ranges[i];
		if (range->start < offset)
			range->start = offset;
		return true;
	}
	return false;
}

void buffer_read(const struct buffer_pool *pool, const struct buffer *buffer, uint32_t offset, uint8_t *to,
		 uint32_t length)
{
	while (length > 0) {
		uint32_t left;
		const uint8_t *from = byte_at(pool, buffer, offset, &left);
		uint32_t count = length < left ? length : left;

		memcpy(to, from, count);
		to += count;
		offset += count;
		length -= count;
	}
}

const uint8_t *buffer_view(const struct buffer_pool *pool, const struct buffer *buffer, uint32_t length,
			   uint8_t *scratch)
{
	uint32_t left;

	if (length > 0 && length <= BUFFER_CHUNK)
		return byte_at(pool, buffer, 0, &left);
	buffer_read(pool, buffer, 0, scratch, length);
	return scratch;
}

void buffer_cut(struct buffer_pool *pool, struct buffer *buffer, uint32_t length)
{
	uint32_t count = 0;

	while (count < buffer->range_count && buffer->ranges[count].start < length)
		count++;
	buffer->range_count = count;
	if (count > 0 && buffer->ranges[count - 1].end > length)
		buffer->ranges[count - 1].end = length;
	for (uint32_t i = (length + BUFFER_CHUNK - 1) / BUFFER_CHUNK; i < BUFFER_CHUNKS_MAX; i++) {
		if (buffer->chunks[i])
			chunk_give(pool, buffer->chunks[i]);
		buffer->chunks[i] = 0;
	}
}

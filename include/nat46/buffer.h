/* SPDX-License-Identifier: ISC */
/*
 * buffer.h - first bytes of connections that have no server yet, from one bounded pool
 *
 * A buffer is a run of stream offsets, 0 being the first byte of the client, in which ranges are known.
 * Bytes that are there are never replaced: the first copy wins, so that what was inspected is what the
 * server gets, whatever a client repeats with other contents.
 */
#ifndef NAT46_BUFFER_H
#define NAT46_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUFFER_CHUNK 2048u
#define BUFFER_CHUNKS_MAX 32u
#define BUFFER_RANGES_MAX 8u

/** Largest value of limits.buffer. */
#define BUFFER_MAX (BUFFER_CHUNK * BUFFER_CHUNKS_MAX)

/** struct buffer_pool - the chunks; links are chunk numbers plus one, 0: none */
struct buffer_pool {
	uint8_t *memory;
	uint32_t *links;
	uint32_t capacity;
	uint32_t touched;	/* chunks that were ever used: memory is touched only as it is needed */
	uint32_t free;
	uint32_t used;
};

/** struct buffer_range - known bytes @start up to but not including @end */
struct buffer_range {
	uint32_t start;
	uint32_t end;
};

/** struct buffer - bytes of one connection; all zero is an empty buffer. Chunk numbers plus one, 0: none. */
struct buffer {
	uint32_t chunks[BUFFER_CHUNKS_MAX];
	struct buffer_range ranges[BUFFER_RANGES_MAX];
	uint32_t range_count;
};

enum buffer_result {
	BUFFER_STORED,		/* something new was stored */
	BUFFER_DUPLICATE,	/* everything was known already */
	BUFFER_NO_CHUNK,	/* the pool is used up; nothing changed */
	BUFFER_HOLES,		/* too many holes; nothing changed */
};

/** buffer_pool_init() - a pool of @capacity chunks over zeroed @memory and @links */
void buffer_pool_init(struct buffer_pool *pool, uint8_t *memory, uint32_t *links, uint32_t capacity);

/**
 * buffer_insert() - store the bytes that are not known yet
 * @offset: stream offset of the first byte
 * @bytes, @length: data; offset + length must not exceed BUFFER_MAX
 */
enum buffer_result buffer_insert(struct buffer_pool *pool, struct buffer *buffer, uint32_t offset,
				 const uint8_t *bytes, uint32_t length);

/** buffer_contiguous() - number of bytes known from offset 0 on, without a hole */
uint32_t buffer_contiguous(const struct buffer *buffer);

/** buffer_end() - offset behind the last known byte */
uint32_t buffer_end(const struct buffer *buffer);

/**
 * buffer_range_from() - the first known bytes at or behind @offset
 * @range: set on success; begins at @offset if that byte is known
 * Return: false if there are none
 */
bool buffer_range_from(const struct buffer *buffer, uint32_t offset, struct buffer_range *range);

/** buffer_read() - copy known bytes out; the range must be known */
void buffer_read(const struct buffer_pool *pool, const struct buffer *buffer, uint32_t offset, uint8_t *to,
		 uint32_t length);

/**
 * buffer_view() - the first @length bytes in one piece
 * @length: at most buffer_contiguous()
 * @scratch: BUFFER_MAX bytes, used if they are spread over chunks
 *
 * Return: the bytes, valid until the next change of @buffer or @scratch
 */
const uint8_t *buffer_view(const struct buffer_pool *pool, const struct buffer *buffer, uint32_t length,
			   uint8_t *scratch);

/**
 * buffer_cut() - forget all bytes from offset @length on, and give back the chunks that only they needed
 *
 * With @length 0 the buffer is empty afterwards.
 */
void buffer_cut(struct buffer_pool *pool, struct buffer *buffer, uint32_t length);

/** buffer_missing() - chunks that buffer_insert() would take from the pool for a range */
uint32_t buffer_missing(const struct buffer *buffer, uint32_t offset, uint32_t length);

/** buffer_chunks() - chunks that a buffer has */
uint32_t buffer_chunks(const struct buffer *buffer);

#endif

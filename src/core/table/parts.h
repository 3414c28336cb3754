/* SPDX-License-Identifier: ISC */
/*
 * parts.h - the bytes of a datagram that arrives in parts, from one bounded pool of chunks
 *
 * A part begins at a multiple of 8 bytes, and only the last one may end elsewhere; so two bits for each unit of 8
 * bytes tell all: is it known, and did a part begin here. Nothing is sorted or searched, however small the parts are
 * and in whatever order they come: work is in proportion to the length of the part at hand.
 */
#ifndef NAT46_CORE_TABLE_PARTS_H
#define NAT46_CORE_TABLE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/cursor.h"

#define PARTS_UNIT 8u
#define PARTS_CHUNK 2048u
#define PARTS_CHUNKS_MAX 32u

/** Longest datagram, in bytes behind its network header. */
#define PARTS_MAX (PARTS_CHUNK * PARTS_CHUNKS_MAX - 1)

/** 64-bit words of a bit map with one bit for each unit of a chunk. */
#define PARTS_WORDS (PARTS_CHUNK / PARTS_UNIT / 64)

/** struct parts_chunk - @next: next free chunk plus one, 0: none */
struct parts_chunk {
	uint64_t known[PARTS_WORDS];
	uint64_t starts[PARTS_WORDS];
	uint32_t next;
	uint8_t bytes[PARTS_CHUNK];
};

/** struct parts_pool - @touched: chunks that were ever used; @free: first free one of them plus one, 0: none */
struct parts_pool {
	struct parts_chunk *chunks;
	uint32_t capacity;
	uint32_t touched;
	uint32_t free;
	uint32_t used;
};

/** struct parts - one datagram; all zero is an empty one. @chunks: numbers plus one, 0: nothing known there */
struct parts {
	uint32_t chunks[PARTS_CHUNKS_MAX];
	uint32_t count;
};

enum parts_relation {
	PARTS_NEW,		/* nothing of it is known */
	PARTS_DUPLICATE,	/* the same part, byte by byte, is there */
	PARTS_OVERLAP,		/* anything else */
};

/** parts_pool_init() - a pool of @capacity chunks */
void parts_pool_init(struct parts_pool *pool, struct parts_chunk *chunks, uint32_t capacity);

/** parts_missing() - chunks that parts_put() would take from the pool; @length at least 1 */
uint32_t parts_missing(const struct parts *parts, uint32_t offset, uint32_t length);

/**
 * parts_compare() - how a part stands to those that are there
 * @offset: a multiple of PARTS_UNIT
 * @bytes: at least one; all end at PARTS_MAX or before
 */
enum parts_relation parts_compare(const struct parts_pool *pool, const struct parts *parts, uint32_t offset,
				  struct span bytes);

/** parts_put() - add a part that is PARTS_NEW; the pool must have the chunks that are missing */
void parts_put(struct parts_pool *pool, struct parts *parts, uint32_t offset, struct span bytes);

/** parts_read() - copy the first @to.length bytes out, which must be known */
void parts_read(const struct parts_pool *pool, const struct parts *parts, struct span to);

/** parts_release() - give all chunks back but @keep; what they contain is lost with the first one that goes */
void parts_release(struct parts_pool *pool, struct parts *parts, uint32_t keep);

/** parts_known() - number of units that are known; for checks */
uint32_t parts_known(const struct parts_pool *pool, const struct parts *parts);

/** parts_pool_check() - NULL if the chunks that are not in use are all free, else what is wrong */
const char *parts_pool_check(const struct parts_pool *pool);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * source_limit.h - how much one source has of something, for any number of sources in fixed memory
 *
 * A counting sketch of two rows: a source has one counter in each, chosen by a keyed hash, and the smaller
 * one is taken for its number. Sources may share a counter, so that the number can only be too high, and
 * that for both rows at once is rare. Nobody is kept out by the many who have few: a row has at least two counters
 * for every connection, or 1024 for every source that may have the most, so that what others add is a thousandth of
 * that. And of the strangers of sources that do have the most, one in a million is taken for one of them.
 */
#ifndef NAT46_SOURCE_LIMIT_H
#define NAT46_SOURCE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/siphash.h"

/** struct source_limit - the counters: two rows of @width, a power of two */
struct source_limit {
	uint32_t *counters;
	uint32_t width;
	uint32_t total;
	struct siphash_key key;
};

/** source_limit_memory() - bytes of counters for at most @connections at once, of which a source may have @most */
size_t source_limit_memory(uint32_t connections, uint32_t most);

/** source_limit_init() - no connections; @counters are source_limit_memory() zero bytes */
void source_limit_init(struct source_limit *limit, uint32_t *counters, uint32_t connections, uint32_t most,
		       const struct siphash_key *key);

/** source_limit_is_full() - has @source @most, or more */
bool source_limit_is_full(const struct source_limit *limit, uint32_t source, uint32_t most);

/** source_limit_add() - count @count more of @source, however many it has */
void source_limit_add(struct source_limit *limit, uint32_t source, uint32_t count);

/** source_limit_enter() - count @count more of @source; false, nothing changed, if it would have more than @most */
bool source_limit_enter(struct source_limit *limit, uint32_t source, uint32_t count, uint32_t most);

/** source_limit_leave() - @count less of @source, which were counted before */
void source_limit_leave(struct source_limit *limit, uint32_t source, uint32_t count);

/** source_limit_total() - what all sources have */
uint32_t source_limit_total(const struct source_limit *limit);

#endif

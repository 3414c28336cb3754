/* SPDX-License-Identifier: ISC */
/* ranges.h - disjoint ranges of sequence numbers: what arrived out of order, what was acknowledged by SACK */
#ifndef SIM_RANGES_H
#define SIM_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANGES_MAX 64u

/** seq_before() - is sequence number @a before @b (RFC 9293 3.4) */
static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/** seq_after() - is sequence number @a after @b */
static inline bool seq_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

struct range {
	uint32_t start;
	uint32_t end;
};

/** struct ranges - no two of them touch; the one that was added to last is the first */
struct ranges {
	size_t count;
	struct range range[RANGES_MAX];
};

/** ranges_add() - add [@start, @end), merged with what it touches; false if there is no room */
bool ranges_add(struct ranges *ranges, uint32_t start, uint32_t end);

/** ranges_trim() - forget everything before @seq */
void ranges_trim(struct ranges *ranges, uint32_t seq);

/** ranges_find() - the range that contains @seq, or NULL */
const struct range *ranges_find(const struct ranges *ranges, uint32_t seq);

/** ranges_next() - the lowest start after @seq and before @limit, or @limit */
uint32_t ranges_next(const struct ranges *ranges, uint32_t seq, uint32_t limit);

#endif

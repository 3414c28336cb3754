/* SPDX-License-Identifier: ISC */
/* ranges.c - a short unsorted list of disjoint ranges, most recent first as SACK wants it (RFC 2018 4) */
#include "ranges.h"

#include <string.h>

static void remove_at(struct ranges *ranges, size_t at)
{
	memmove(&ranges->range[at], &ranges->range[at + 1], (ranges->count - at - 1) * sizeof(ranges->range[0]));
	ranges->count--;
}

bool ranges_add(struct ranges *ranges, uint32_t start, uint32_t end)
{
	struct range merged = { start, end };

	for (size_t i = 0; i < ranges->count;) {
		const struct range *range = &ranges->range[i];

		if (seq_after(range->start, merged.end) || seq_before(range->end, merged.start)) {
			i++;
			continue;
		}
		if (seq_before(range->start, merged.start))
			merged.start = range->start;
		if (seq_after(range->end, merged.end))
			merged.end = range->end;
		remove_at(ranges, i);
		i = 0;
	}
	if (ranges->count == RANGES_MAX)
		return false;
	memmove(&ranges->range[1], &ranges->range[0], ranges->count * sizeof(ranges->range[0]));
	ranges->range[0] = merged;
	ranges->count++;
	return true;
}

void ranges_trim(struct ranges *ranges, uint32_t seq)
{
	for (size_t i = 0; i < ranges->count;) {
		struct range *range = &ranges->range[i];

		if (seq_before(range->start, seq))
			range->start = seq;
		if (!seq_after(range->end, seq))
			remove_at(ranges, i);
		else
			i++;
	}
}

const struct range *ranges_find(const struct ranges *ranges, uint32_t seq)
{
	for (size_t i = 0; i < ranges->count; i++)
		if (!seq_before(seq, ranges->range[i].start) && seq_before(seq, ranges->range[i].end))
			return &ranges->range[i];
	return NULL;
}

uint32_t ranges_next(const struct ranges *ranges, uint32_t seq, uint32_t limit)
{
	for (size_t i = 0; i < ranges->count; i++)
		if (seq_after(ranges->range[i].start, seq) && seq_before(ranges->range[i].start, limit))
			limit = ranges->range[i].start;
	return limit;
}

/* SPDX-License-Identifier: ISC */
/*
 * seq.h - comparison of TCP sequence numbers, modulo 2^32 (RFC 9293 3.4)
 */
#ifndef NAT46_SEQ_H
#define NAT46_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/** seq_distance() - how far @a is ahead of @b; negative if behind */
static inline int32_t seq_distance(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool seq_before(uint32_t a, uint32_t b)
{
	return seq_distance(a, b) < 0;
}

static inline bool seq_after(uint32_t a, uint32_t b)
{
	return seq_distance(a, b) > 0;
}

/** seq_between() - is @seq in @low .. @high, both included */
static inline bool seq_between(uint32_t seq, uint32_t low, uint32_t high)
{
	return seq - low <= high - low;
}

#endif

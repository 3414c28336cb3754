/* SPDX-License-Identifier: ISC */
/*
 * rate_limit.c - token bucket for answers to traffic that may be forged
 *
 * RSTs, challenge ACKs and ICMP errors go to addresses that may be forged: their number is bounded, whoever asks
 * for them. Each kind has a bucket of its own: a flood that uses up the RSTs, for which no connection has to be
 * known, must not silence the challenge that a real client waits for.
 */
#include "core/table/rate_limit.h"

enum { REPLIES_PER_SECOND = 1000, REPLIES_BURST = 1000 };

/** Nanoseconds in which a token is earned. */
static const int64_t INTERVAL = INT64_C(1000000000) / REPLIES_PER_SECOND;

bool rate_limit_take(struct rate_limit *limit, int64_t now)
{
	int64_t earned = (now - limit->refilled) / INTERVAL;

	if (earned >= REPLIES_BURST - (int64_t)limit->tokens) {
		limit->tokens = REPLIES_BURST;
		limit->refilled = now;
	} else if (earned > 0) {
		limit->tokens += (uint32_t)earned;
		limit->refilled += earned * INTERVAL;
	}
	if (limit->tokens == 0)
		return false;
	limit->tokens--;
	return true;
}

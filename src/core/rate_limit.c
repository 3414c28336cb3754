/* SPDX-License-Identifier: ISC */
/*
 * rate_limit.c - token bucket for answers to traffic that may be forged
 *
 * RSTs, challenge ACKs and ICMP errors go to addresses that may be forged: their number is bounded, whoever asks
 * for them. Each kind has a bucket of its own: a flood that uses up the RSTs, for which no connection has to be
 * known, must not silence the challenge that a real client waits for.
 */
#include "engine_state.h"

enum { REPLIES_PER_SECOND = 1000, REPLIES_BURST = 1000 };

bool rate_limit_take(struct rate_limit *limit, int64_t now)
{
	const int64_t interval = SECOND / REPLIES_PER_SECOND;
	int64_t earned = (now - limit->refilled) / interval;

	if (earned >= REPLIES_BURST - (int64_t)limit->tokens) {
		limit->tokens = REPLIES_BURST;
		limit->refilled = now;
	} else if (earned > 0) {
		limit->tokens += (uint32_t)earned;
		limit->refilled += earned * interval;
	}
	if (limit->tokens == 0)
		return false;
	limit->tokens--;
	return true;
}

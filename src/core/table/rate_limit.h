/* SPDX-License-Identifier: ISC */
/*
 * rate_limit.h - token bucket for answers to traffic that may be forged
 */
#ifndef NAT46_CORE_TABLE_RATE_LIMIT_H
#define NAT46_CORE_TABLE_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/** struct rate_limit - a bucket; all zero is one that fills up at its first use */
struct rate_limit {
	uint32_t tokens;
	int64_t refilled;
};

/** rate_limit_take() - may one more answer of this kind be sent */
bool rate_limit_take(struct rate_limit *limit, int64_t now);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * first_bytes.h - what is kept of the segments of a client until its server has acknowledged them
 */
#ifndef NAT46_CORE_TCP_FIRST_BYTES_H
#define NAT46_CORE_TCP_FIRST_BYTES_H

#include "core/base/engine_state.h"
#include "core/base/pending.h"

/** first_bytes_offset() - stream offset of a sequence number: 0 is the first byte */
int64_t first_bytes_offset(const struct flow *flow, uint32_t seq);

/** first_bytes_have_hole() - are there bytes behind others that were lost */
bool first_bytes_have_hole(const struct pending *p);

/** first_bytes_are_missing() - were bytes lost, as those behind them, an acknowledgement or a FIN show */
bool first_bytes_are_missing(const struct pending *p);

/** first_bytes_are_complete() - can no more bytes come */
bool first_bytes_are_complete(const struct engine *e, const struct pending *p);

/** first_bytes_store() - put a segment's payload and FIN into the buffer; false with @why if it cannot be */
bool first_bytes_store(struct engine *e, const struct flow *flow, const struct input *in, enum drop *why);

/**
 * first_bytes_learn() - what every acceptable segment of a client without server tells: newest timestamp and window,
 *	and how much it has sent
 */
void first_bytes_learn(struct engine *e, struct flow *flow, const struct input *in);

/**
 * first_bytes_keep_newest() - the same of a bound flow, while buffered bytes are still to follow
 *
 * They must not look older than what was passed on before them: the server would drop them (RFC 7323 5.3).
 */
void first_bytes_keep_newest(struct engine *e, const struct flow *flow, const struct input *in);

#endif

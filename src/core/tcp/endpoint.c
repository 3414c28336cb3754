/* SPDX-License-Identifier: ISC */
/*
 * endpoint.c - segments to a client whose end point we are, because it has no server
 */
#include "core/tcp/endpoint.h"

#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"

/** window() - what the buffer takes; nothing once we have answered */
static uint16_t window(const struct engine *e, const struct flow *flow)
{
	return flow->state == TCP_STATE_ANSWERING ? 0 : (uint16_t)(window_promised(e) >> flow->our_scale);
}

uint32_t endpoint_sent(const struct engine *e, const struct flow *flow)
{
	return flow->state == TCP_STATE_ANSWERING ? buffer_end(&pending_of(e, flow)->buffer) + 1 : 0;
}

void endpoint_send(struct engine *e, const struct flow *flow, uint8_t flags, uint32_t offset, uint32_t length)
{
	const struct pending *p = pending_of(e, flow);
	const struct tcp_options options = {
		.has_timestamps = p->timestamps,
		.ts_value = p->ts_ours,
		.ts_echo = p->ts_recent,
	};
	const struct segment segment = {
		.flow = flow,
		.seq = p->isn + 1 + offset,
		.ack = flow->client_isn + 1 + p->flushed,
		.flags = flags | TCP_ACK,
		.window = window(e, flow),
		.options = &options,
		.payload_length = length,
		.payload_buffer = &p->buffer,
		.payload_offset = offset,
	};

	segment_send(e, &segment);
}

enum verdict endpoint_challenge(struct engine *e, const struct flow *flow, const struct input *in)
{
	if (!rate_limit_take(&e->challenges, e->now))
		return verdict_drop(e, in, DROP_RATE);
	endpoint_send(e, flow, 0, endpoint_sent(e, flow), 0);
	return VERDICT_ANSWERED;
}

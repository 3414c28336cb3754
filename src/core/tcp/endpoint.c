/* SPDX-License-Identifier: ISC */
/*
 * endpoint.c - segments to a client whose end point we are, because it has no server
 */
#include "core/tcp/endpoint.h"

#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"

/** window() - what the buffer takes behind what was acknowledged; nothing once we have answered */
static uint16_t window(const struct engine *e, const struct flow *flow)
{
	uint32_t promised = window_promised(e), acked = pending_of(e, flow)->acked;

	if (flow->state == TCP_STATE_ANSWERING || acked >= promised)
		return 0;
	return (uint16_t)((promised - acked) >> flow->our_scale);
}

static void add_block(const struct flow *flow, const struct buffer_range *range, struct tcp_sack *sack)
{
	sack->edges[sack->count][0] = flow->client_isn + 1 + range->start;
	sack->edges[sack->count++][1] = flow->client_isn + 1 + range->end;
}

/**
 * sack_of() - the bytes behind holes, first those around the newest ones (RFC 2018 4)
 * @newest: their stream offset
 */
static struct tcp_sack sack_of(const struct flow *flow, const struct pending *p, uint32_t newest)
{
	uint32_t known = buffer_contiguous(&p->buffer);
	struct buffer_range range = { .end = known };
	struct tcp_sack sack = { 0 };

	if (!p->sack || flow->state == TCP_STATE_ANSWERING)
		return sack;
	while (buffer_range_from(&p->buffer, range.end, &range)) {
		if (range.start <= newest && newest < range.end)
			add_block(flow, &range, &sack);
	}
	range.end = known;
	while (sack.count < SACK_BLOCKS_MAX && buffer_range_from(&p->buffer, range.end, &range)) {
		if (newest < range.start || range.end <= newest)
			add_block(flow, &range, &sack);
	}
	return sack;
}

uint32_t endpoint_sent(const struct engine *e, const struct flow *flow)
{
	return flow->state == TCP_STATE_ANSWERING ? buffer_end(&pending_of(e, flow)->buffer) + 1 : 0;
}

/** send() - as endpoint_send(); @sack: NULL: no SACK blocks */
static void send(struct engine *e, const struct flow *flow, uint8_t flags, uint32_t offset, uint32_t length,
		 const struct tcp_sack *sack)
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
		.ack = flow->client_isn + 1 + p->acked,
		.flags = flags | TCP_ACK,
		.window = window(e, flow),
		.options = &options,
		.sack = sack,
		.payload_length = length,
		.payload_buffer = &p->buffer,
		.payload_offset = offset,
	};

	segment_send(e, &segment);
}

void endpoint_send(struct engine *e, const struct flow *flow, uint8_t flags, uint32_t offset, uint32_t length)
{
	send(e, flow, flags, offset, length, NULL);
}

void endpoint_ack(struct engine *e, const struct flow *flow, uint32_t newest)
{
	struct pending *p = pending_of(e, flow);
	const struct tcp_sack sack = sack_of(flow, p, newest);
	uint32_t known = buffer_contiguous(&p->buffer);

	if (p->acked == 0 && known > 0)
		count(e, EVENT_FIRST_BYTES_ACKNOWLEDGED);
	if (known > p->acked)
		p->acked = known;
	send(e, flow, 0, endpoint_sent(e, flow), 0, &sack);
}

enum verdict endpoint_challenge(struct engine *e, const struct flow *flow, const struct input *in)
{
	if (!segment_may_challenge(e, flow))
		return verdict_drop(e, in, DROP_RATE);
	endpoint_send(e, flow, 0, endpoint_sent(e, flow), 0);
	return VERDICT_ANSWERED;
}

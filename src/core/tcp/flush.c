/* SPDX-License-Identifier: ISC */
/*
 * flush.c - P3 and P4: send the buffered bytes to the server, in the client's name
 *
 * The buffer stays after the flush until the server has acknowledged it (hold.c), so that a client cannot have one
 * thing inspected and another one delivered. A lost flush is repeated by the client.
 */
#include "core/tcp/flush.h"

#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/tcp/timestamps.h"
#include "nat46/seq.h"

/** send() - acknowledge to the server what the client has, with @length bytes of the buffer from @offset */
static void send(struct engine *e, const struct flow *flow, uint8_t flags, uint32_t offset, uint32_t length)
{
	const struct pending *p = pending_of(e, flow);
	const struct tcp_options options = {
		.has_timestamps = p->timestamps && !(flow->flags & FLOW_STRIP_TIMESTAMPS),
		.ts_value = p->ts_client,
		.ts_echo = p->ts_server,
	};
	const struct segment segment = {
		.flow = flow,
		.to_server = true,
		.seq = flow->client_isn + 1 + offset,
		.ack = flow->to_client.acked,
		.flags = flags | TCP_ACK,
		.window = window_to_server(flow, p->window),
		.options = &options,
		.payload_length = length,
		.payload_buffer = &p->buffer,
		.payload_offset = offset,
	};

	segment_send(e, &segment);
}

void flush_ack(struct engine *e, const struct flow *flow)
{
	send(e, flow, 0, 0, 0);
}

uint32_t flush_segment(struct engine *e, struct flow *flow, uint32_t offset, uint32_t end)
{
	struct pending *p = pending_of(e, flow);
	uint32_t options = p->timestamps && !(flow->flags & FLOW_STRIP_TIMESTAMPS) ? TIMESTAMPS_LENGTH : 0;
	uint32_t most = p->mss - options, left = end - offset;
	uint32_t length;

	if (most > SEGMENT_PAYLOAD_MAX)
		most = SEGMENT_PAYLOAD_MAX;
	length = left < most ? left : most;
	send(e, flow, length == left ? TCP_PSH : 0, offset, length);
	offset += length;
	if (offset > p->flushed)
		p->flushed = offset;
	if (seq_after(flow->client_isn + 1 + offset, flow->to_server.end))
		flow->to_server.end = flow->client_isn + 1 + offset;
	return offset;
}

/** flush_range() - send known bytes of the buffer in segments that the server takes */
static void flush_range(struct engine *e, struct flow *flow, const struct buffer_range *range)
{
	uint32_t offset = range->start;

	while (offset < range->end)
		offset = flush_segment(e, flow, offset, range->end);
}

void flush(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);
	uint32_t first = flow->client_isn + 1;
	uint32_t room = p->edge - first;
	struct buffer_range range;

	while (p->flushed < room && buffer_range_from(&p->buffer, p->flushed, &range) && range.start < room) {
		if (range.end > room)
			range.end = room;
		flush_range(e, flow, &range);
	}
	if (p->has_fin && p->flushed == p->fin) {
		send(e, flow, TCP_FIN, p->fin, 0);
		p->flushed = p->fin + 1;
		flow->to_server.end = first + p->flushed;
		flow->flags |= FLOW_CLIENT_FIN;
		flow_move(&e->flows, flow, TCP_EVENT_CLIENT_FIN);
	}
}

void flush_from(struct engine *e, struct flow *flow, uint32_t offset)
{
	struct pending *p = pending_of(e, flow);

	if (offset < p->flushed)
		p->flushed = offset;
	flush(e, flow);
}

/*
 * That may be long after the pending record is gone: where the server speaks first, nothing else goes to it, and nobody
 * but us can acknowledge its SYN/ACK. So all that is needed is in the flow. What is echoed is the SYN/ACK's own TSval:
 * servers reject what is outside the range of those that they have sent.
 */
enum verdict flush_again(struct engine *e, const struct flow *flow, const struct input *in)
{
	const struct packet *p = &in->packet;
	struct tcp_options options = timestamps_to_server(e, flow);
	const struct segment ack = {
		.flow = flow,
		.to_server = true,
		.seq = flow->client_isn + 1,
		.ack = flow->server_isn + 1,
		.flags = TCP_ACK,
		.window = window_to_server(flow, flow_window(&flow->to_client, flow->client_scale)),
		.options = &options,
	};

	if (p->seq != flow->server_isn || p->ack != flow->client_isn + 1 ||
	    flow->to_client.end != flow->server_isn + 1)
		return verdict_drop(e, in, DROP_TCP_STATE);
	if (!packet_checksum_ok(in->frame, p))
		return verdict_drop(e, in, DROP_BAD_CHECKSUM);
	if (in->options.has_timestamps)
		options.ts_echo = in->options.ts_value;
	segment_send(e, &ack);
	return VERDICT_ANSWERED;
}

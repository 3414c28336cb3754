/* SPDX-License-Identifier: ISC */
/*
 * first_bytes.c - what is kept of the segments of a client until its server has acknowledged them
 *
 * Bytes are kept by stream offset (buffer.h): the first copy wins, whatever a later one says.
 */
#include "core/tcp/first_bytes.h"

#include "core/base/buffered.h"
#include "core/base/flows.h"
#include "core/tcp/timestamps.h"
#include "nat46/seq.h"

int64_t first_bytes_offset(const struct flow *flow, uint32_t seq)
{
	return seq_distance(seq, flow->client_isn + 1);
}

bool first_bytes_have_hole(const struct pending *p)
{
	return buffer_end(&p->buffer) > buffer_contiguous(&p->buffer);
}

bool first_bytes_are_missing(const struct pending *p)
{
	return p->seen > buffer_contiguous(&p->buffer);
}

bool first_bytes_are_complete(const struct engine *e, const struct pending *p)
{
	uint32_t length = buffer_contiguous(&p->buffer);

	return (p->has_fin && p->fin == length) || length >= e->config->limits.buffer;
}

bool first_bytes_store(struct engine *e, const struct flow *flow, const struct input *in, enum drop *why)
{
	const struct packet *packet = &in->packet;
	struct pending *p = pending_of(e, flow);
	int64_t start = first_bytes_offset(flow, packet->seq);
	int64_t end = start + (int64_t)packet->payload_length;
	int64_t limit = e->config->limits.buffer;
	size_t skip = start < 0 ? (size_t)-start : 0;

	*why = DROP_TCP_WINDOW;
	if (start > limit || end < 0)
		return false;
	if (end > limit)
		end = limit;
	if (packet->flags & TCP_FIN && end == start + (int64_t)packet->payload_length && !p->has_fin) {
		p->has_fin = true;
		p->fin = (uint32_t)end;
	}
	start += (int64_t)skip;
	if (start >= end)
		return true;
	if ((uint32_t)start <= buffer_contiguous(&p->buffer))
		pending_make_room(e, buffer_missing(&p->buffer, (uint32_t)start, (uint32_t)(end - start)));
	p->lost = !buffered_insert(e, flow->client, &p->buffer, (uint32_t)start,
				   span_at(packet_span(in->frame), packet->payload + skip, (size_t)(end - start)),
				   (uint32_t)(end - start), why);
	if (!p->lost && first_bytes_have_hole(p))
		pending_offer(e, p);
	return !p->lost;
}

void first_bytes_learn(struct engine *e, struct flow *flow, const struct input *in)
{
	struct pending *p = pending_of(e, flow);
	int64_t seen = first_bytes_offset(flow, in->packet.seq) + (int64_t)in->packet.payload_length;

	if (seen > p->seen)
		p->seen = (uint32_t)(seen < e->config->limits.buffer ? seen : e->config->limits.buffer);
	if (in->options.has_timestamps &&
	    (p->ts_client == 0 || seq_after(in->options.ts_value, p->ts_client)))
		p->ts_client = in->options.ts_value;
	timestamps_recent(&p->ts_recent, in, flow->client_isn + 1 + p->acked);
	p->window = (uint32_t)in->packet.window << flow->client_scale;
	flow_touch(e, flow);
}

void first_bytes_keep_newest(struct engine *e, const struct flow *flow, const struct input *in)
{
	struct pending *pending = pending_of(e, flow);
	const struct flow_direction *d = &flow->to_server;

	/* a client may be ahead of the server by what we promised, and behind it by what it repeats */
	if (in->packet.flags & TCP_RST ||
	    !seq_between(in->packet.seq, d->acked - UINT16_MAX, pending->edge + UINT16_MAX) ||
	    !packet_checksum_ok(in->frame, &in->packet))
		return;
	if (in->options.has_timestamps && seq_after(in->options.ts_value, pending->ts_client))
		pending->ts_client = in->options.ts_value;
	if (in->packet.ack - flow->delta == flow->to_client.acked)
		pending->window = (uint32_t)in->packet.window << flow->client_scale;
}

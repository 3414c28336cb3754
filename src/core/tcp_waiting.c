/* SPDX-License-Identifier: ISC */
/*
 * tcp_waiting.c - P2: buffer the first bytes of a client until a rule can be chosen, and until its server answers
 *
 * DOC: Theory of operation
 *
 * Nothing is acknowledged here: not the data, not the FIN. The client goes on to repeat what it has sent until
 * the server itself acknowledges, so that a crash of ours loses nothing. We also stay silent towards data, for
 * duplicate ACKs would start a fast retransmit.
 *
 * Bytes are kept by stream offset (buffer.h): the first copy wins, whatever a later one says. The rules are
 * asked whenever the run of bytes from offset 0 has grown, and finally when no more can come: FIN, time-out,
 * or buffer full.
 *
 * We do not tell a client that the network has lost some of its first bytes, so that it repeats them by its timer
 * alone: after seconds, if its SYN or our answer was lost as well. Where bytes behind a hole have arrived, there is
 * more time.
 */
#include "engine_state.h"

#include "nat46/seq.h"

/** Times that a client gets the wait of its service while first bytes are missing: they come after 1, 3, 7 s. */
enum { WAITS_MAX = 4 };

/** offset_of() - stream offset of a sequence number: 0 is the first byte */
static int64_t offset_of(const struct flow *flow, uint32_t seq)
{
	return seq_distance(seq, flow->client_isn + 1);
}

/** window() - what the buffer takes; nothing once we have answered */
static uint16_t window(const struct engine *e, const struct flow *flow)
{
	return flow->state == TCP_STATE_ANSWERING ? 0 : (uint16_t)(handshake_window(e) >> flow->our_scale);
}

uint32_t waiting_sent(const struct engine *e, const struct flow *flow)
{
	return flow->state == TCP_STATE_ANSWERING ? buffer_end(&e->pending[flow->pending - 1].buffer) + 1 : 0;
}

void waiting_send(struct engine *e, const struct flow *flow, uint8_t flags, uint32_t offset, uint32_t length)
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

/** challenge() - show where we stand, in answer to what may be forged (RFC 5961): limited */
static enum verdict challenge(struct engine *e, const struct flow *flow, const struct input *in)
{
	if (!rate_limit_take(&e->challenges, e->now))
		return verdict_drop(e, in, DROP_RATE);
	waiting_send(e, flow, 0, waiting_sent(e, flow), 0);
	return VERDICT_ANSWERED;
}

void waiting_decide(struct engine *e, const struct flow *flow, bool final, struct choice *choice)
{
	const struct service *service = service_find(e->config, flow->service, flow->service_port);
	const struct pending *p = pending_of(e, flow);
	uint32_t length = buffer_contiguous(&p->buffer);

	*choice = (struct choice){ .decision = DECISION_REFUSE };
	if (!service)
		return;
	service_decide(service, buffer_view(&e->buffers, &p->buffer, length, e->scratch), length, final, choice);
}

/** decide() - ask the rules and act */
static void decide(struct engine *e, struct flow *flow, bool final, enum event refusal)
{
	struct choice choice;

	waiting_decide(e, flow, final, &choice);
	switch (choice.decision) {
	case DECISION_PENDING:
		return;
	case DECISION_SERVERS:
		connect_start(e, flow, &choice.servers);
		return;
	case DECISION_REFUSE:
		refuse(e, flow, refusal);
		return;
	case DECISION_MALFORMED:
		refuse(e, flow, EVENT_REFUSED_MALFORMED);
		return;
	}
}

/** has_hole() - are there bytes behind others that were lost */
static bool has_hole(const struct pending *p)
{
	return buffer_end(&p->buffer) > buffer_contiguous(&p->buffer);
}

void waiting_timer(struct engine *e, struct flow *flow)
{
	const struct service *service = service_find(e->config, flow->service, flow->service_port);
	struct pending *p = pending_of(e, flow);

	if (service && has_hole(p) && ++p->tries < WAITS_MAX) {
		pending_timer_set(e, p, e->now + service->wait);
		return;
	}
	decide(e, flow, true, EVENT_REFUSED_TIMEOUT);
}

/** is_complete() - can no more bytes come */
static bool is_complete(const struct engine *e, const struct pending *p)
{
	uint32_t length = buffer_contiguous(&p->buffer);

	return (p->has_fin && p->fin == length) || length >= e->config->limits.buffer;
}

bool waiting_store(struct engine *e, const struct flow *flow, const struct input *in, enum drop *why)
{
	const struct packet *packet = &in->packet;
	struct pending *p = pending_of(e, flow);
	int64_t start = offset_of(flow, packet->seq);
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
	switch (buffer_insert(&e->buffers, &p->buffer, (uint32_t)start,
			      span_at(packet_span(in->frame), packet->payload + skip, (size_t)(end - start)),
			      (uint32_t)(end - start))) {
	case BUFFER_STORED:
	case BUFFER_DUPLICATE:
		return true;
	case BUFFER_HOLES:
		*why = DROP_BUFFER_FULL;
		return false;
	case BUFFER_NO_CHUNK:
		*why = DROP_BUFFERS_FULL;
		return false;
	}
	return false;
}

/** learn() - what every acceptable segment tells: newest timestamp and window */
static void learn(struct engine *e, struct flow *flow, const struct input *in)
{
	struct pending *p = pending_of(e, flow);

	if (in->options.has_timestamps &&
	    (p->ts_client == 0 || seq_after(in->options.ts_value, p->ts_client)))
		p->ts_client = in->options.ts_value;
	timestamps_recent(&p->ts_recent, in, flow->client_isn + 1 + p->flushed);
	p->window = (uint32_t)in->packet.window << flow->client_scale;
	flow_touch(e, flow);
}

enum verdict waiting_syn(struct engine *e, struct flow *flow, struct input *in)
{
	const struct service *service = service_find(e->config, flow->service, flow->service_port);

	/* the client of this connection repeats its SYN: show where we stand */
	if (in->packet.seq == flow->client_isn)
		return challenge(e, flow, in);
	/* a new connection gets a cookie of its own; the old one stays until the new one proves itself */
	if (!service || service->rule_count == 0)
		return verdict_drop(e, in, DROP_TCP_STATE);
	return handshake_syn(e, in, service);
}

enum verdict waiting_stranger(struct engine *e, struct flow *flow, struct input *in)
{
	const struct service *service = service_find(e->config, flow->service, flow->service_port);
	enum verdict verdict;

	if (service && service->rule_count > 0 && handshake_ack(e, in, service, flow, &verdict))
		return verdict;
	return verdict_drop(e, in, DROP_TCP_STATE);
}

static enum verdict input_rst(struct engine *e, struct flow *flow, struct input *in)
{
	const struct pending *p = pending_of(e, flow);
	int64_t offset = offset_of(flow, in->packet.seq);
	bool is_exact = offset == 0 || offset == buffer_contiguous(&p->buffer) ||
			(p->has_fin && offset == (int64_t)p->fin + 1);

	if (!is_exact) {
		if (offset < 0 || offset > e->config->limits.buffer)
			return verdict_drop(e, in, DROP_TCP_WINDOW);
		return challenge(e, flow, in);
	}
	if (flow->state == TCP_STATE_CONNECTING)
		connect_abandon(e, flow);
	flow_close(e, flow, "reset");
	return VERDICT_ABSORBED;
}

/** input_data() - an acceptable segment with data or FIN */
static enum verdict input_data(struct engine *e, struct flow *flow, struct input *in)
{
	struct pending *p = pending_of(e, flow);
	enum drop why;

	if (!waiting_store(e, flow, in, &why))
		return verdict_drop(e, in, why);
	learn(e, flow, in);
	trace_packet(e, TRACE_BUFFER, &in->packet);
	if (flow->state == TCP_STATE_WAITING && (buffer_contiguous(&p->buffer) > 0 || is_complete(e, p)))
		decide(e, flow, is_complete(e, p), EVENT_REFUSED_NO_RULE);
	return VERDICT_ABSORBED;
}

enum verdict waiting_input(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *packet = &in->packet;
	const struct pending *p = pending_of(e, flow);

	/* we are the end point: a damaged RST, window or timestamp must not count either */
	if (!packet_checksum_ok(in->frame, packet))
		return verdict_drop(e, in, DROP_BAD_CHECKSUM);
	if (packet->flags & TCP_SYN)
		return waiting_syn(e, flow, in);
	if (packet->flags & TCP_RST)
		return input_rst(e, flow, in);
	if (packet->ack != p->isn + 1)
		return waiting_stranger(e, flow, in);
	/* keep-alive: one below the first byte, with or without it */
	if (offset_of(flow, packet->seq) == -1 && packet->payload_length <= 1) {
		learn(e, flow, in);
		return challenge(e, flow, in);
	}
	if (packet->payload_length > 0 || packet->flags & TCP_FIN)
		return input_data(e, flow, in);
	learn(e, flow, in);
	return VERDICT_ABSORBED;
}

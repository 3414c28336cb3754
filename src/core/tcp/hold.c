/* SPDX-License-Identifier: ISC */
/*
 * hold.c - P4: hold back what a client sends beyond the window of its server, because we promised more
 *
 * DOC: Theory of operation
 *
 * Our SYN/ACK announces a window before the server is known. A server with a smaller one would drop what the
 * client sends on our word, and the client would repeat it only after a time-out. So that goes into the buffer,
 * behind the first bytes, and follows as the server makes room (flush.c). It is acknowledged by the
 * server alone, as everything is.
 *
 * That is over as soon as the server's window reaches what was promised: with most servers before it begins. It
 * is also over when the client acknowledges a byte of the server, for then it knows the server's window, and in
 * any case after a moment, so that idle connections do not hold records. What is held by then still follows;
 * anything later passes through, for the server to judge.
 */
#include "core/tcp/hold.h"

#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/tcp/ecn.h"
#include "core/tcp/first_bytes.h"
#include "core/tcp/flush.h"
#include "nat46/seq.h"

/** Time after which a client knows the window of its server: any round trip. */
static const int64_t HOLD = SECOND;

/** is_on() - may the client still send more than its server takes */
static bool is_on(const struct engine *e, const struct flow *flow, const struct pending *p)
{
	uint32_t promised = flow->client_isn + 1 + window_promised(e);

	return e->now < p->deadline && seq_before(p->edge, promised) &&
	       flow->to_client.acked == flow->server_isn + 1;
}

/** is_flushed() - has the server acknowledged all that was buffered in order; what lies behind a hole may never be */
static bool is_flushed(const struct flow *flow, const struct pending *p)
{
	return !seq_before(flow->to_server.acked, flow->client_isn + 1 + buffer_contiguous(&p->buffer));
}

void hold_start(struct engine *e, const struct flow *flow)
{
	struct pending *p = pending_of(e, flow);

	p->deadline = e->now + HOLD;
}

void hold_arm(struct engine *e, const struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);
	int64_t due = e->now < p->deadline ? p->deadline : e->now + e->config->timeouts.tcp_transitory;

	pending_timer_set(e, p, p->resend_due != 0 && p->resend_due < due ? p->resend_due : due);
}

void hold_settle(struct engine *e, struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);

	if (is_flushed(flow, p) && !is_on(e, flow, p))
		pending_release(e, flow);
}

/** is_early() - is it data beyond the server's window, and nothing else that the flush would not repeat */
static bool is_early(const struct flow *flow, const struct pending *p, const struct packet *packet)
{
	uint32_t end = packet->seq + (uint32_t)packet->payload_length;

	return packet->payload_length > 0 && !(packet->flags & ~(TCP_ACK | TCP_PSH | TCP_FIN)) &&
	       !ecn_is_marked(packet) && seq_after(end, p->edge) &&
	       packet->ack - flow->delta == flow->server_isn + 1;
}

bool hold_data(struct engine *e, struct flow *flow, const struct input *in)
{
	const struct pending *p = pending_of(e, flow);
	enum drop why;

	if (!is_on(e, flow, p) || !is_early(flow, p, &in->packet) || !packet_checksum_ok(in->frame, &in->packet) ||
	    !first_bytes_store(e, flow, in, &why))
		return false;
	count(e, EVENT_DATA_HELD);
	trace_packet(e, TRACE_BUFFER, &in->packet);
	flush_from(e, flow, in->packet.seq - (flow->client_isn + 1));
	return true;
}

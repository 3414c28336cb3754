/* SPDX-License-Identifier: ISC */
/*
 * deliver.c - P4: what we have acknowledged to a client is ours to deliver
 */
#include "core/tcp/deliver.h"

#include "core/base/flows.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/tcp/flush.h"
#include "nat46/seq.h"

/** Least and largest time-out (RFC 6298 2.4 and 2.5, with the minimum that hosts use). */
static const int64_t RTO_MIN = 200 * MILLISECOND, RTO_MAX = 60 * SECOND;

enum {
	DUPLICATES = 3,	/* acknowledgements of the same number that tell a loss (RFC 5681 3.2) */
	BURST = 2,	/* segments sent again for an acknowledgement, after a time-out */
};

uint32_t deliver_acked(const struct engine *e, const struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);
	uint32_t ours = flow->client_isn + 1 + (p ? p->acked : 0);

	return seq_after(ours, flow->to_server.acked) ? ours : flow->to_server.acked;
}

bool deliver_owes(const struct engine *e, const struct flow *flow)
{
	return flow->has_pending && tcp_state_is_bound((enum tcp_state)flow->state) &&
	       deliver_acked(e, flow) != flow->to_server.acked;
}

/** missing() - stream offset of the first byte that the server has not acknowledged */
static uint32_t missing(const struct flow *flow)
{
	return flow->to_server.acked - (flow->client_isn + 1);
}

void deliver_start(struct engine *e, const struct flow *flow)
{
	struct pending *p = pending_of(e, flow);
	int64_t first = 3 * (e->now - p->started);

	p->progress = e->now;
	if (!deliver_owes(e, flow))
		return;
	p->rto = first > RTO_MIN ? first : RTO_MIN;
	p->resend_due = e->now + p->rto;
}

/** resend() - send again up to @most segments of what is ours */
static void resend(struct engine *e, struct flow *flow, unsigned int most)
{
	const struct pending *p = pending_of(e, flow);
	uint32_t offset = missing(flow), room = p->edge - (flow->client_isn + 1);
	uint32_t end = p->acked < room ? p->acked : room;

	/* one byte is the probe of a closed window */
	if (offset >= end)
		end = offset + 1;
	while (most-- > 0 && offset < end) {
		offset = flush_segment(e, flow, offset, end);
		count(e, EVENT_FIRST_BYTES_RESENT);
	}
}

/** progressed() - the server has acknowledged more */
static void progressed(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);

	p->progress = e->now;
	p->duplicates = 0;
	if (!deliver_owes(e, flow)) {
		p->resend_due = 0;
		return;
	}
	p->resend_due = e->now + p->rto;
	if (missing(flow) < p->recover)
		resend(e, flow, BURST);
}

void deliver_input(struct engine *e, struct flow *flow, const struct packet *packet, uint32_t before)
{
	struct pending *p = pending_of(e, flow);

	if (p->resend_due == 0)
		return;
	if (flow->to_server.acked != before) {
		progressed(e, flow);
		return;
	}
	if (packet->ack != before || packet->payload_length > 0 || packet->flags & (TCP_FIN | TCP_RST | TCP_SYN) ||
	    ++p->duplicates != DUPLICATES)
		return;
	p->recover = p->flushed;
	resend(e, flow, 1);
}

void deliver_give_up(struct engine *e, struct flow *flow)
{
	const struct segment to_client = {
		.flow = flow,
		.seq = flow->to_client.acked + flow->delta,
		.ack = deliver_acked(e, flow),
		.flags = TCP_RST | TCP_ACK,
	};
	const struct segment to_server = {
		.flow = flow,
		.to_server = true,
		.seq = flow->to_server.acked,
		.flags = TCP_RST,
	};

	segment_send(e, &to_client);
	segment_send(e, &to_server);
	count(e, EVENT_UNDELIVERED);
	flow_close(e, flow, "undelivered");
}

bool deliver_timer(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);

	/* in state RESET nothing else looks at what the server acknowledges */
	if (!deliver_owes(e, flow))
		p->resend_due = 0;
	if (p->resend_due == 0 || e->now < p->resend_due)
		return true;
	if (e->now - p->progress >= e->config->timeouts.tcp_transitory) {
		deliver_give_up(e, flow);
		return false;
	}
	p->rto = 2 * p->rto < RTO_MAX ? 2 * p->rto : RTO_MAX;
	p->resend_due = e->now + p->rto;
	p->duplicates = 0;
	p->recover = p->flushed;
	resend(e, flow, 1);
	return true;
}

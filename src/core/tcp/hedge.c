/* SPDX-License-Identifier: ISC */
/*
 * hedge.c - P3: several servers are asked at a time, and the first that accepts gets the connection
 *
 * DOC: Theory of operation
 *
 * A server that is silent for a moment may be down, or far away. To wait costs the client seconds, to give it up
 * costs it a server that may be the only one. So the next in rank is asked as well (in the spirit of RFC 8305),
 * with the same SYN: no byte has been sent to anybody, and whoever comes second gets a RST.
 *
 * The flow of a connection stands for the server that was asked last. For each one before it there is another
 * record, in state ASKED: only in the IPv6 index, so that the server's answer is found, and named by the pending
 * record (@asked), with which it ends.
 */
#include "core/tcp/hedge.h"

#include "core/base/flows.h"
#include "core/base/pending.h"
#include "core/base/choose.h"

bool hedge_keep(struct engine *e, struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);
	struct flow *asked = flow_take(e, true);

	if (!asked)
		return false;
	asked->client = flow->client;
	asked->client_isn = flow->client_isn;
	asked->client_scale = flow->client_scale;
	asked->flags = FLOW_SPLICED;
	choose_same(e, asked, flow);
	flow_begin(e, asked, TCP_EVENT_ASK);
	asked->last_seen = (uint32_t)(p->started / MILLISECOND);
	asked_keep(e, flow, asked);
	return true;
}

void hedge_take_over(struct engine *e, struct flow *flow, struct flow *asked)
{
	struct pending *p = pending_of(e, flow);
	uint32_t ago = (uint32_t)(e->now / MILLISECOND) - asked->last_seen;

	flow_table_unlink6(&e->flows, flow);
	choose_same(e, flow, asked);
	p->candidate = asked->attempts;
	p->started = e->now - ago * MILLISECOND;
	asked_forget(e, asked);
}

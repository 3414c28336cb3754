/* SPDX-License-Identifier: ISC */
/*
 * tcp_hedge.c - P3: several servers are asked at a time, and the first that accepts gets the connection
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
#include "engine_state.h"

struct flow *hedge_next(const struct engine *e, const struct pending *p, uint32_t *position)
{
	while (*position < CANDIDATES_MAX - 1) {
		uint32_t asked = p->asked[(*position)++];

		if (asked)
			return flow_table_at(&e->flows, asked - 1);
	}
	return NULL;
}

bool hedge_keep(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);
	struct flow *asked = flow_take(e);
	bool linked;

	if (!asked)
		return false;
	flow_table_unlink6(&e->flows, flow);
	asked->server = flow->server;
	asked->server_port = flow->server_port;
	asked->client6 = flow->client6;
	asked->source_port = flow->source_port;
	asked->client = flow->client;
	asked->client_isn = flow->client_isn;
	asked->client_scale = flow->client_scale;
	asked->flags = FLOW_SPLICED;
	asked->pending = flow->pending;
	asked->attempts = p->candidate;
	asked->last_seen = (uint32_t)(p->started / MILLISECOND);
	linked = flow_table_link6(&e->flows, asked);
	NAT46_ASSERT(linked);
	flow_move(&e->flows, asked, TCP_EVENT_ASK);
	count(e, EVENT_FLOW_OPENED);
	/* each candidate is kept at most once, and the last one never */
	p->asked[p->candidate] = flow_table_index(&e->flows, asked) + 1;
	return true;
}

void hedge_forget(struct engine *e, struct flow *asked)
{
	pending_of(e, asked)->asked[asked->attempts] = 0;
	asked->pending = 0;
	flow_end(e, asked, "refused");
}

void hedge_take_over(struct engine *e, struct flow *flow, struct flow *asked)
{
	struct pending *p = pending_of(e, flow);
	uint32_t ago = (uint32_t)(e->now / MILLISECOND) - asked->last_seen;
	bool linked;

	flow_table_unlink6(&e->flows, flow);
	flow->server = asked->server;
	flow->server_port = asked->server_port;
	flow->client6 = asked->client6;
	flow->source_port = asked->source_port;
	p->candidate = asked->attempts;
	p->started = e->now - ago * MILLISECOND;
	hedge_forget(e, asked);
	linked = flow_table_link6(&e->flows, flow);
	NAT46_ASSERT(linked);
}

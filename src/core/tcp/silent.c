/* SPDX-License-Identifier: ISC */
/*
 * silent.c - P2: a client that is connected to us and has nothing to say, as yet
 */
#include "core/tcp/silent.h"

#include "core/base/flows.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"

void silent_start(struct engine *e, struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);
	const struct flow_silent silent = {
		.isn = p->isn,
		.ts_ours = p->ts_ours,
		.ts_client = p->ts_client,
		.mss = p->mss,
		.timestamps = p->timestamps,
		.sack = p->sack,
		.scaled = p->scaled,
		.ecn = p->ecn,
		.ecn_offer = p->ecn_offer,
		.is_far = p->is_far,
	};

	pending_release(e, flow);
	flow->silent = silent;
	flow_move(&e->flows, flow, TCP_EVENT_SILENCE);
	flow_touch(e, flow);
	count(e, EVENT_CLIENT_SILENT);
}

bool silent_wake(struct engine *e, struct flow *flow, enum drop *why)
{
	const struct service *service = flow_service(e, flow);
	const struct flow_silent silent = flow->silent;
	struct pending *p = pending_take(e, flow, why);

	if (!p)
		return false;
	p->isn = silent.isn;
	p->ts_ours = silent.ts_ours;
	p->ts_client = silent.ts_client;
	p->ts_recent = silent.ts_client;
	p->mss = silent.mss;
	p->timestamps = silent.timestamps;
	p->sack = silent.sack;
	p->scaled = silent.scaled;
	p->ecn = silent.ecn;
	p->ecn_offer = silent.ecn_offer;
	p->is_far = silent.is_far;
	p->deadline = e->now + (service ? service->wait : 0);
	flow->silent = (struct flow_silent){ 0 };
	flow_move(&e->flows, flow, TCP_EVENT_WAKE);
	flow_touch(e, flow);
	pending_timer_set(e, p, p->deadline);
	return true;
}

void silent_end(struct engine *e, struct flow *flow)
{
	const struct service *service = flow_service(e, flow);
	const struct segment reset = {
		.flow = flow,
		.seq = flow->silent.isn + 1,
		.ack = flow->client_isn + 1,
		.flags = TCP_RST | TCP_ACK,
	};

	count(e, EVENT_REFUSED_TIMEOUT);
	count_refused(e, service);
	report_refused(e, flow, "the client said nothing in time", "");
	if (!service || service->refusal != REFUSE_DROP)
		segment_send(e, &reset);
	flow_close(e, flow, "refused");
}

/* SPDX-License-Identifier: ISC */
/*
 * promises.c - what we promised a client, and what its server keeps of it
 *
 * The SYN/ACK to the client had to promise MSS, window scale, SACK, timestamps and ECN before the server was known.
 * Where the server has less, the flow remembers which repair its segments need (pass.c), and the service promises
 * less to its next clients (server_table.h).
 */
#include "core/tcp/promises.h"

#include "core/base/flows.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/tcp/ecn.h"

void promises_keep(const struct engine *e, struct flow *flow, const struct input *in)
{
	const struct tcp_options *o = &in->options;
	const struct pending *p = pending_of(e, flow);

	flow->server_isn = in->packet.seq;
	flow->delta = p->isn - flow->server_isn;
	flow->server_mss = o->has_mss ? o->mss : TCP_MSS_DEFAULT6;
	if (flow->server_mss < MSS_MIN)
		flow->server_mss = MSS_MIN;
	if (p->scaled && o->has_window_scale)
		flow->server_scale = o->window_scale & 0xfu;
	else
		flow->raise = flow->client_scale;
	if (!p->timestamps || !o->has_timestamps)
		flow->flags |= FLOW_STRIP_TIMESTAMPS;
	else
		flow->theta = o->ts_value - p->ts_ours;
	flow->timestamps = p->timestamps && o->has_timestamps;
	flow->ts_server = o->ts_value;
	if (p->timestamps && !o->has_timestamps) {
		flow->flags |= FLOW_INSERT_TIMESTAMPS;
		flow->ts_recent = p->ts_recent;
	}
	if (!p->sack || !o->sack_permitted)
		flow->flags |= FLOW_STRIP_SACK;
	flow->strip_ecn = p->ecn && !ecn_is_accepted(&in->packet);
}

void promises_learn(struct engine *e, const struct flow *flow, const struct input *in)
{
	const struct service *service = flow_service(e, flow);
	uint16_t mss = flow->server_mss < TCP_MSS_DEFAULT ? TCP_MSS_DEFAULT : flow->server_mss;
	const struct pending *p = pending_of(e, flow);
	const struct server server = { .address = flow->server, .port = flow->server_port };
	struct server_answer answer = {
		/* without timestamps it says nothing of SACK: a SYN cookie of Linux has room for it only in there */
		.without_sack = p->sack && p->timestamps && !in->options.sack_permitted,
		.with_sack = p->sack && in->options.sack_permitted,
		.without_timestamps = p->timestamps && !in->options.has_timestamps,
		.with_timestamps = p->timestamps && in->options.has_timestamps,
		.without_ecn = p->ecn_offer && flow->strip_ecn,
		.with_ecn = p->ecn_offer && !flow->strip_ecn,
		.mss = mss < announced_mss(e) ? mss : 0,
	};

	if (service && server_table_learn(e->servers, service, &server, flow->client, &answer, e->now))
		report_shortfall(e, flow, &answer);
}

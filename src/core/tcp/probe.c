/* SPDX-License-Identifier: ISC */
/*
 * probe.c - segments of our own in the middle of a connection: who are you, and are you still there
 */
#include "core/tcp/probe.h"

#include "core/base/flows.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/tcp/deliver.h"
#include "core/tcp/timestamps.h"

/** window_to_client() - what the server has announced last, as far as we know */
static uint16_t window_to_client(const struct flow *flow)
{
	return window_field(flow_window(&flow->to_server, flow->server_scale) >> flow->our_scale);
}

enum verdict probe_challenge(struct engine *e, const struct flow *flow, const struct input *in)
{
	const struct tcp_options options = timestamps_to_client(e, flow);
	const struct segment ack = {
		.flow = flow,
		.seq = flow->to_client.acked + flow->delta,
		.ack = deliver_acked(e, flow),
		.flags = TCP_ACK,
		.window = window_to_client(flow),
		.options = &options,
	};

	if (!segment_may_challenge(e, flow))
		return verdict_drop(e, in, DROP_RATE);
	segment_send(e, &ack);
	return VERDICT_ANSWERED;
}

bool probe_idle(struct engine *e, struct flow *flow)
{
	const struct tcp_options from_server = timestamps_to_client(e, flow);
	const struct tcp_options from_client = timestamps_to_server(e, flow);
	/* one below the last byte that was acknowledged, as keep-alive does (RFC 9293 3.8.4): the answer passes us */
	const struct segment to_client = {
		.flow = flow,
		.seq = flow->to_client.acked + flow->delta - 1,
		.ack = flow->to_server.acked,
		.flags = TCP_ACK,
		.window = window_to_client(flow),
		.options = &from_server,
	};
	const struct segment to_server = {
		.flow = flow,
		.to_server = true,
		.seq = flow->to_server.acked - 1,
		.ack = flow->to_client.acked,
		.flags = TCP_ACK,
		.window = window_to_server(flow, flow_window(&flow->to_client, flow->client_scale)),
		.options = &from_client,
	};
	const uint8_t asked = flow->state == TCP_STATE_PROBED ? flow->attempts : 0;

	if ((flow->state != TCP_STATE_ESTABLISHED && flow->state != TCP_STATE_PROBED) || asked == TCP_PROBES ||
	    flow->has_pending || !e->config->keepalive)
		return false;
	if (asked == 0)
		count(e, EVENT_PROBE_SENT);
	flow->attempts = (uint8_t)(asked + 1);
	flow_move(&e->flows, flow, TCP_EVENT_PROBE);
	flow_touch(e, flow);
	segment_send(e, &to_client);
	segment_send(e, &to_server);
	return true;
}

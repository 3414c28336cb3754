/* SPDX-License-Identifier: ISC */
/*
 * plain.c - a service without rules: its client's SYN goes through to a server
 *
 * Handshake and everything behind it are between the two hosts (pass.c, with delta and theta 0); here is what it
 * takes to know when both are connected. Who sends a SYN may be forged, so that only what a server's SYN/ACK and the
 * client's acknowledgement say of each other counts.
 */
#include "core/tcp/plain.h"

#include "core/base/flows.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/tcp/choose.h"
#include "core/tcp/pass.h"
#include "core/tcp/track.h"

/** choose() - enter the flow under the candidate of @rank; false if no source port is free */
static bool choose(struct engine *e, struct flow *flow, const struct service *service, uint32_t rank)
{
	struct server candidates[CANDIDATES_MAX];
	size_t count = choose_rank(e, flow, &service->fallback, candidates);

	return choose_server(e, flow, &candidates[rank % count]);
}

/**
 * make_way() - connections that are being opened count against limits.waiting as well
 *
 * A SYN that goes through needs a record, for there is no cookie of ours in it. Under a flood the oldest one
 * makes room: a client that lives completes its handshake long before its turn comes, or repeats its SYN.
 */
static bool make_way(struct engine *e)
{
	struct flow *oldest;

	if (e->flows.states[TCP_STATE_OPENING] < e->pending_capacity)
		return true;
	oldest = flow_oldest_opening(e);
	if (!oldest)
		return false;
	flow_end(e, oldest, "replaced");
	count(e, EVENT_OPENING_REPLACED);
	return true;
}

enum verdict plain_open(struct engine *e, struct input *in, const struct service *service)
{
	const struct packet *p = &in->packet;
	struct flow *flow;
	bool linked;

	if (p->flags & TCP_ACK)
		return segment_reset_for(e, in);
	if (in->options.is_signed)
		return verdict_drop(e, in, DROP_TCP_SIGNED);
	if (!source_enter(e, p->source4))
		return verdict_drop(e, in, DROP_SOURCE_LIMIT);
	if (!make_way(e)) {
		source_leave(e, p->source4);
		return verdict_drop(e, in, DROP_WAITING_FULL);
	}
	flow = flow_take(e);
	if (!flow) {
		source_leave(e, p->source4);
		return verdict_drop(e, in, DROP_FLOWS_FULL);
	}
	flow->client = p->source4;
	flow->client_port = p->source_port;
	flow->service = p->destination4;
	flow->service_port = p->destination_port;
	flow->client_isn = p->seq;
	flow->server_isn = p->seq;
	flow->client_scale = in->options.window_scale & 0xfu;
	flow->opened = (uint32_t)(e->now / SECOND);
	if (!choose(e, flow, service, 0)) {
		source_leave(e, p->source4);
		flow_table_release(&e->flows, flow);
		return verdict_drop(e, in, DROP_TCP_COLLISION);
	}
	linked = flow_table_link4(&e->flows, flow);
	NAT46_ASSERT(linked);
	flow_begin(e, flow, TCP_EVENT_PASS);
	count(e, EVENT_PLAIN_OPENED);
	return pass_to_server(e, flow, in);
}

/**
 * reopen() - the client repeats its SYN: its server is silent, or has refused in silence; go to the next one
 *
 * A SYN with another number is another attempt, or forged: the client's answer to the server will tell. Until then
 * the former number is kept where the server's will be.
 */
static enum verdict reopen(struct engine *e, struct flow *flow, struct input *in)
{
	const struct service *service = service_find(e->config, flow->service, flow->service_port);
	bool is_repeated = in->packet.seq == flow->client_isn;

	if (in->packet.flags & TCP_ACK)
		return verdict_drop(e, in, DROP_TCP_STATE);
	if (is_repeated && service && service->rule_count == 0 && service->fallback.count > 1) {
		if (choose(e, flow, service, ++flow->attempts))
			count(e, EVENT_SERVER_NEXT);
		else
			return verdict_drop(e, in, DROP_TCP_COLLISION);
	}
	if (!is_repeated) {
		flow->server_isn = flow->client_isn;
		flow->client_isn = in->packet.seq;
	}
	flow_touch(e, flow);
	return pass_to_server(e, flow, in);
}

/** learn_scale() - window scales of a connection without splice, from its server's SYN/ACK */
static void learn_scale(struct flow *flow, const struct input *in)
{
	if (in->options.has_window_scale)
		flow->server_scale = in->options.window_scale & 0xfu;
	else
		flow->client_scale = 0;
	flow->our_scale = flow->server_scale;
}

/** opened() - client and server agree on a connection without splice; @window: of the server */
static void opened(struct engine *e, struct flow *flow, uint32_t server_isn, uint16_t window)
{
	flow->server_isn = server_isn;
	track_start(flow, window, UINT16_MAX);
	source_leave(e, flow->client);
	flow_move(&e->flows, flow, TCP_EVENT_CONNECTED);
	flow_touch(e, flow);
	report_session(e, SESSION_BOUND, flow, "to", "");
}

/**
 * is_former() - does the client go on with the attempt before the newest one: a stranger has made that
 *
 * A client that has made it itself answers the server's SYN/ACK to the former one with a RST.
 */
static bool is_former(const struct flow *flow, const struct input *in)
{
	const struct packet *p = &in->packet;

	return flow->server_isn != flow->client_isn && p->seq == flow->server_isn + 1 &&
	       !(p->flags & TCP_RST) && packet_checksum_ok(in->frame, p);
}

struct next plain_from_client(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;

	if (p->flags & TCP_SYN)
		return next_nothing(reopen(e, flow, in));
	if (!is_former(flow, in))
		return next_nothing(pass_to_server(e, flow, in));
	flow->client_isn = p->seq - 1;
	opened(e, flow, p->ack - 1, UINT16_MAX);
	return (struct next){ .step = NEXT_SPLICE };
}

enum verdict plain_from_server(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;
	bool is_ours = p->flags & TCP_ACK && p->ack == flow->client_isn + 1;
	bool is_of_former = p->flags & TCP_ACK && p->ack == flow->server_isn + 1;
	/* a bit error is passed on, for the client to drop: nothing is learned from it */
	bool is_sound = packet_checksum_ok(in->frame, p);
	enum verdict verdict;

	/* of an attempt before the newest one, only the client can say whether it goes by that */
	if (is_sound && p->flags & TCP_SYN && (is_ours || is_of_former))
		learn_scale(flow, in);
	if (is_sound && p->flags & TCP_SYN && is_ours)
		opened(e, flow, p->seq, p->window);
	verdict = pass_to_client(e, flow, in);
	if (is_sound && p->flags & TCP_RST && is_ours)
		flow_end(e, flow, "refused");
	return verdict;
}

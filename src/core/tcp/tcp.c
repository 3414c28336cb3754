/* SPDX-License-Identifier: ISC */
/*
 * tcp.c - which phase of which connection does a segment, or a timer, belong to
 *
 * The phases of a connection, one file each:
 *
 *	P1	handshake.c	the client's handshake, without state (syn_cookie.c, half_open.c)
 *	P2	waiting.c	buffer the first bytes (first_bytes.c) until a rule is chosen (decide.c)
 *		silent.c	a client that has nothing to say, as yet
 *		refuse.c	no server: reset, silence, or an answer
 *	P3	connect.c	the server's handshake, in the client's name; hedge.c: of several servers
 *	P4	splice.c	both ends are connected: segments are rewritten (pass.c) and watched (track.c)
 *		hold.c		at first: what was buffered goes out (flush.c), what the server cannot take yet waits
 *		plain.c		a service without rules: P1 to P3 are between the two hosts
 *		storm.c		acknowledgements without end, in both
 *		orphan.c	a server uses a connection that is not known here
 *
 * A phase calls no other. It returns what is next (next.h), and proceed() calls that.
 */
#include "core/tcp/tcp.h"

#include "core/base/flows.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/tcp/connect.h"
#include "core/tcp/deliver.h"
#include "core/tcp/endpoint.h"
#include "core/tcp/handshake.h"
#include "core/tcp/orphan.h"
#include "core/tcp/plain.h"
#include "core/tcp/probe.h"
#include "core/tcp/refuse.h"
#include "core/tcp/silent.h"
#include "core/tcp/splice.h"
#include "core/tcp/track.h"
#include "core/tcp/waiting.h"

/** flags_are_sane() - combinations that no host sends, and that probe for weak parsers */
static bool flags_are_sane(uint8_t flags)
{
	if (flags & TCP_SYN)
		return !(flags & (TCP_FIN | TCP_RST));
	return flags & (TCP_ACK | TCP_RST);
}

/** read_options() - false if they are to be dropped, which has been done */
static bool read_options(struct engine *e, struct input *in, enum verdict *verdict)
{
	if (tcp_options_parse(packet_tcp_options(in->frame, &in->packet), &in->options))
		return true;
	*verdict = verdict_drop(e, in, DROP_TCP_OPTIONS);
	return false;
}

static const struct service *service_of(const struct engine *e, const struct packet *p)
{
	return service_find(e->config, false, p->destination4, p->destination_port);
}

/** reset_by_client() - the client has ended a connection that has no server yet */
static void reset_by_client(struct engine *e, struct flow *flow)
{
	if (flow->state == TCP_STATE_CONNECTING)
		connect_abandon(e, flow);
	flow_close(e, flow, "reset");
}

void tcp_proceed(struct engine *e, struct flow *flow, struct next next)
{
	if (next.step == NEXT_CONNECT)
		next = connect_start(e, flow, &next.servers);
	if (next.step == NEXT_REFUSE)
		refuse(e, flow, next.why);
	else if (next.step == NEXT_RESET)
		reset_by_client(e, flow);
}

/**
 * complete() - a segment that may complete a handshake
 * @former: flow with the same addresses, which ends if it does; NULL: none
 * @verdict: set if the segment was taken for one
 * Return: false, nothing changed, if it was not
 */
static bool complete(struct engine *e, struct input *in, const struct service *service, struct flow *former,
		     enum verdict *verdict)
{
	enum handshake_result result;
	struct half_open from;
	struct flow *flow;
	struct next next;
	enum drop why;

	result = handshake_check(e, in, former, &from, verdict);
	if (result != HANDSHAKE_COMPLETE)
		return result == HANDSHAKE_DROPPED;
	if (former && former->state == TCP_STATE_CONNECTING)
		connect_abandon(e, former);
	else if (former && tcp_state_is_live((enum tcp_state)former->state))
		splice_abandon(e, former);
	if (former)
		flow_end(e, former, "replaced");
	flow = handshake_accept(e, &from, service, &why);
	if (!flow) {
		*verdict = verdict_drop(e, in, why);
		return true;
	}
	next = waiting_input(e, flow, in);
	*verdict = next.verdict;
	tcp_proceed(e, flow, next);
	return true;
}

/** newer_syn() - a SYN for the addresses of a connection that has no server */
static enum verdict newer_syn(struct engine *e, const struct flow *flow, struct input *in)
{
	const struct service *service = service_of(e, &in->packet);

	/* the client of this connection repeats its SYN: show where we stand */
	if (in->packet.seq == flow->client_isn)
		return endpoint_challenge(e, flow, in);
	/* a new connection gets a cookie of its own; the old one stays until the new one proves itself */
	if (!service || service->rule_count == 0)
		return verdict_drop(e, in, DROP_TCP_STATE);
	return handshake_syn(e, in, service);
}

/** newer_handshake() - a segment that acknowledges what we did not send in a connection that has no server */
static enum verdict newer_handshake(struct engine *e, struct flow *flow, struct input *in)
{
	const struct service *service = service_of(e, &in->packet);
	enum verdict verdict;

	if (service && service->rule_count > 0 && complete(e, in, service, flow, &verdict))
		return verdict;
	return verdict_drop(e, in, DROP_TCP_STATE);
}

/** without_server() - a segment of a client whose end point we are */
static enum verdict without_server(struct engine *e, struct flow *flow, struct input *in)
{
	struct next next;

	trace_packet(e, TRACE_INCOMING, &in->packet);
	next = flow->state == TCP_STATE_ANSWERING ? refuse_input(e, flow, in) : waiting_input(e, flow, in);
	if (next.step == NEXT_SYN)
		return newer_syn(e, flow, in);
	if (next.step == NEXT_HANDSHAKE)
		return newer_handshake(e, flow, in);
	tcp_proceed(e, flow, next);
	return next.verdict;
}

/** waking() - a segment of a client that was silent */
static enum verdict waking(struct engine *e, struct flow *flow, struct input *in)
{
	enum drop why;

	return silent_wake(e, flow, &why) ? without_server(e, flow, in) : verdict_drop(e, in, why);
}

/** unknown_client() - a segment of a client without flow */
static enum verdict unknown_client(struct engine *e, struct input *in)
{
	const struct packet *p = &in->packet;
	const struct service *service = service_of(e, p);
	enum verdict verdict;

	if (service && service->rule_count == 0 && p->flags & TCP_SYN)
		return plain_open(e, in, service);
	trace_packet(e, TRACE_INCOMING, p);
	if (p->flags & TCP_RST)
		return verdict_drop(e, in, DROP_TCP_NO_FLOW);
	if (!service)
		count(e, EVENT_REFUSED_PORT);
	if (!service || service->rule_count == 0)
		return segment_reset_for(e, in, &e->resets);
	if (p->flags & TCP_SYN)
		return handshake_syn(e, in, service);
	if (complete(e, in, service, NULL, &verdict))
		return verdict;
	/* perhaps what a client sends after it was refused in silence: stay silent */
	if (service->refusal == REFUSE_DROP)
		return verdict_drop(e, in, DROP_REFUSED);
	return segment_reset_for(e, in, &e->resets);
}

/** late_segment() - a segment of a client for its flow that is over, and may have no server any more */
static enum verdict late_segment(struct engine *e, struct flow *flow, struct input *in)
{
	const struct service *service = service_of(e, &in->packet);

	if (flow->state != TCP_STATE_REFUSED)
		return splice_from_client(e, flow, in);
	if (in->packet.flags & TCP_RST)
		return verdict_drop(e, in, DROP_TCP_STATE);
	if (service && service->refusal == REFUSE_DROP)
		return verdict_drop(e, in, DROP_REFUSED);
	return segment_reset_for(e, in, &e->resets);
}

/** over_client() - a segment of a client whose flow is over: a new connection, or a late segment of the old one */
static enum verdict over_client(struct engine *e, struct flow *flow, struct input *in)
{
	const struct service *service = service_of(e, &in->packet);
	enum verdict verdict;

	if (!service || in->packet.flags & TCP_RST)
		return late_segment(e, flow, in);
	if (service->rule_count == 0) {
		if (!(in->packet.flags & TCP_SYN))
			return late_segment(e, flow, in);
		flow_end(e, flow, "replaced");
		return plain_open(e, in, service);
	}
	if (in->packet.flags & TCP_SYN) {
		trace_packet(e, TRACE_INCOMING, &in->packet);
		return handshake_syn(e, in, service);
	}
	if (complete(e, in, service, flow, &verdict))
		return verdict;
	return late_segment(e, flow, in);
}

/** opening() - a segment of the client of a service without rules, before both ends are connected */
static enum verdict opening(struct engine *e, struct flow *flow, struct input *in)
{
	struct next next = plain_from_client(e, flow, in);

	return next.step == NEXT_SPLICE ? splice_from_client(e, flow, in) : next.verdict;
}

/**
 * bound() - a segment of the client of a connection whose ends are both connected
 *
 * Its SYN may have met a connection that had no server yet, or was over, and got a cookie (newer_syn(), over_client());
 * since then a server has answered, or traffic has shown that the old connection lives. That server and this client
 * would only tell each other that the numbers are wrong, for ever: who completes the handshake has begun anew.
 */
static enum verdict bound(struct engine *e, struct flow *flow, struct input *in)
{
	const struct service *service;
	enum verdict verdict;

	if (!(flow->flags & FLOW_SPLICED) || track_is_acknowledged(flow, &in->packet))
		return splice_from_client(e, flow, in);
	service = service_of(e, &in->packet);
	if (service && service->rule_count > 0 && complete(e, in, service, flow, &verdict))
		return verdict;
	return splice_from_client(e, flow, in);
}

enum verdict tcp_from_client(struct engine *e, struct flow *flow, struct input *in)
{
	enum verdict verdict;

	if (!flags_are_sane(in->packet.flags))
		return verdict_drop(e, in, DROP_TCP_FLAGS);
	if (!read_options(e, in, &verdict))
		return verdict;
	if (!flow)
		return unknown_client(e, in);
	switch ((enum tcp_state)flow->state) {
	case TCP_STATE_WAITING:
	case TCP_STATE_CONNECTING:
	case TCP_STATE_ANSWERING:
		return without_server(e, flow, in);
	case TCP_STATE_SILENT:
		return waking(e, flow, in);
	case TCP_STATE_OPENING:
		return opening(e, flow, in);
	case TCP_STATE_REFUSED:
	case TCP_STATE_CLOSED:
	case TCP_STATE_RESET:
		return over_client(e, flow, in);
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_PROBED:
	case TCP_STATE_CLIENT_FIN:
	case TCP_STATE_SERVER_FIN:
	case TCP_STATE_CLOSING:
	case TCP_STATE_ASKED:
	case TCP_STATE_FREE:
	case TCP_STATE_COUNT:
		break;
	}
	return bound(e, flow, in);
}

/** connecting() - a segment of a server to which a SYN is on its way */
static enum verdict connecting(struct engine *e, struct flow *flow, struct input *in)
{
	struct next next = connect_input(e, flow, in);

	/* a flow in state ASKED may be gone now; what is left to do then is never about it */
	tcp_proceed(e, flow, next);
	return next.verdict;
}

enum verdict tcp_from_server(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;
	enum verdict verdict;

	trace_packet(e, TRACE_NAT64_IN, p);
	if (!flags_are_sane(p->flags))
		return verdict_drop(e, in, DROP_TCP_FLAGS);
	if (!read_options(e, in, &verdict))
		return verdict;
	if (!flow) {
		if (p->flags & TCP_RST)
			return verdict_drop(e, in, DROP_TCP_NO_FLOW);
		/* a connection that we have lost, or a late SYN/ACK */
		return orphan_end(e, in);
	}
	if (flow->state == TCP_STATE_CONNECTING || flow->state == TCP_STATE_ASKED)
		return connecting(e, flow, in);
	if (flow->state == TCP_STATE_OPENING)
		return plain_from_server(e, flow, in);
	return splice_from_server(e, flow, in);
}

/** pending_timer() - the timer of a pending record fired */
static void pending_timer(struct engine *e, struct flow *flow)
{
	if (flow->state == TCP_STATE_WAITING)
		tcp_proceed(e, flow, waiting_timer(e, flow));
	else if (flow->state == TCP_STATE_CONNECTING)
		tcp_proceed(e, flow, connect_timer(e, flow));
	else if (flow->state == TCP_STATE_ANSWERING)
		refuse_timer(e, flow);
	else
		splice_timer(e, flow);
}

void tcp_timer(struct engine *e, uint32_t id)
{
	if (id < e->pending_capacity)
		pending_timer(e, pending_owner(e, &e->pending[id]));
	else
		handshake_timer(e, id - e->pending_capacity);
}

void tcp_sweep(struct engine *e)
{
	struct stretch stretch = flows_stretch(e);
	struct flow *flow;

	while ((flow = flows_idle(e, &stretch))) {
		if (flow->state == TCP_STATE_SILENT)
			silent_end(e, flow);
		else if (deliver_owes(e, flow))
			deliver_give_up(e, flow);
		else if (!probe_idle(e, flow))
			flow_close(e, flow, flow_end_reason(flow));
	}
}

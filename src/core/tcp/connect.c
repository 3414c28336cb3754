/* SPDX-License-Identifier: ISC */
/*
 * connect.c - P3: the handshake with the server, in the client's name
 *
 * DOC: Theory of operation
 *
 * The SYN carries the client's own initial sequence number, port, MSS, window scale and newest timestamp: to
 * the server it is the client. The record is complete and the flow is ESTABLISHED before the first buffered
 * byte leaves. A server that refuses is followed by the next in rank, and one that is silent is joined by it
 * (hedge.c); that is safe as long as no byte has been sent, and none has.
 *
 * The server would measure the round trip of its SYN/ACK, which ends at us, and take it for that of everything
 * that it sends: a client further away than the server's least time-out could not acknowledge in time, the server
 * would repeat its first segments and slow down, and it would take little reordering for loss (RFC 8985 6.2). So
 * the SYN of a far client without timestamps goes out twice: a SYN/ACK that was repeated is not measured (RFC 6298
 * 3), and the server begins with a time-out of a second.
 */
#include "core/tcp/connect.h"

#include "core/base/flows.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/base/choose.h"
#include "core/tcp/decide.h"
#include "core/tcp/deliver.h"
#include "core/tcp/flush.h"
#include "core/tcp/hedge.h"
#include "core/tcp/hold.h"
#include "core/tcp/promises.h"
#include "core/tcp/timestamps.h"
#include "core/tcp/track.h"

/** Silence after which the next server is asked as well. */
static const int64_t HEDGE = 300 * MILLISECOND;

enum {
	TRIES_IF_NEXT = 2,	/* SYNs to a server before the next one, where there is no room to ask both */
	STALE_MAX = 3,		/* RSTs to a server that still knows an older connection */
};

/** syn_options() - what the client offered and we accepted, offered to the server in turn */
static struct tcp_options syn_options(const struct engine *e, const struct flow *flow, const struct pending *p)
{
	uint16_t fits = announced_mss(e);
	/* a server without timestamps leaves no room for those that we add to its segments (timestamps.c); one
	 * with timestamps has its own in there, and then the room costs 12 bytes of a segment, of small ones only */
	uint16_t room = p->timestamps && p->mss > MSS_MIN + TIMESTAMPS_LENGTH ? TIMESTAMPS_LENGTH : 0;
	uint16_t mss = (uint16_t)(p->mss - room);

	return (struct tcp_options){
		.has_mss = true,
		.mss = mss < fits ? mss : fits,
		.has_window_scale = p->scaled,
		.window_scale = flow->client_scale,
		.sack_permitted = p->sack,
		.has_timestamps = p->timestamps,
		.ts_value = p->ts_client,
	};
}

/** has_next() - is there a server that was not asked yet; those that have been drained meanwhile are passed over */
static bool has_next(const struct engine *e, struct pending *p)
{
	while (p->next < p->candidate_count && drain_has(&e->drained, &p->candidates[p->next]))
		p->next++;
	return p->next < p->candidate_count;
}

/** send_syn() - @flow: of the connection, or of a server that was asked before */
static void send_syn(struct engine *e, const struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);
	const struct tcp_options options = syn_options(e, flow, p);
	const struct segment syn = {
		.flow = flow,
		.to_server = true,
		.seq = flow->client_isn,
		.flags = (uint8_t)(TCP_SYN | (p->ecn_offer ? TCP_ECE | TCP_CWR : 0)),
		.window = window_field(p->window),
		.options = &options,
	};

	segment_send(e, &syn);
}

/** ask() - send a SYN to the present server and to all that were asked before, and wait */
static void ask(struct engine *e, const struct flow *flow)
{
	struct pending *p = pending_of(e, flow);
	int64_t due = e->now + (has_next(e, p) && p->tries == 0 ? HEDGE : SECOND << p->tries);
	const struct flow *asked;

	/* a repeated SYN does without, for there are paths that lose the offer (RFC 3168 6.1.1.1) */
	p->ecn_offer = p->ecn_offer && p->tries == 0;
	for (uint32_t i = 0; p->tries > 0 && (asked = asked_next(e, p, &i));)
		send_syn(e, asked);
	send_syn(e, flow);
	if (p->is_far && p->tries == 0) {
		send_syn(e, flow);
		count(e, EVENT_SYN_DOUBLED);
	}
	p->tries++;
	pending_timer_set(e, p, due < p->deadline ? due : p->deadline);
}

/** silent() - a server did not answer in time */
static void silent(struct engine *e, const struct flow *flow, uint8_t candidate)
{
	const struct pending *p = pending_of(e, flow);

	count(e, EVENT_SERVER_SILENT);
	server_failed(e, flow, &p->candidates[candidate], SERVER_ERROR_SILENT);
}

static void send_reset(struct engine *e, const struct flow *flow)
{
	const struct segment reset = {
		.flow = flow,
		.to_server = true,
		.seq = flow->client_isn + 1,
		.flags = TCP_RST,
	};

	segment_send(e, &reset);
}

/** abandon_others() - the servers that were asked before the present one are no longer wanted */
static void abandon_others(struct engine *e, const struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);
	struct flow *asked;

	for (uint32_t i = 0; (asked = asked_next(e, p, &i));) {
		if ((uint32_t)(e->now / MILLISECOND) - asked->last_seen >= HEDGE / MILLISECOND)
			silent(e, flow, asked->attempts);
		send_reset(e, asked);
		asked_forget(e, asked);
	}
}

/** abandon_present() - the server that was asked last is no longer wanted */
static void abandon_present(struct engine *e, const struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);

	if (e->now - p->started >= HEDGE)
		silent(e, flow, p->candidate);
	send_reset(e, flow);
}

void connect_abandon(struct engine *e, const struct flow *flow)
{
	abandon_others(e, flow);
	abandon_present(e, flow);
}

/** try_next() - send the first SYN to the next candidate */
static struct next try_next(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);
	const struct server *server = &p->candidates[p->next];

	p->candidate = p->next++;
	p->tries = 0;
	p->stale = 0;
	p->started = e->now;
	flow_move(&e->flows, flow, TCP_EVENT_CONNECT);
	if (!choose_server(e, flow, server)) {
		abandon_others(e, flow);
		return next_refuse(EVENT_REFUSED_FULL);
	}
	ask(e, flow);
	return next_nothing(VERDICT_ABSORBED);
}

struct next connect_start(struct engine *e, struct flow *flow, const struct server_set *servers)
{
	struct pending *p = pending_of(e, flow);

	p->candidate_count = (uint8_t)choose_rank(e, flow, servers, p->candidates);
	p->next = 0;
	p->deadline = e->now + e->config->timeouts.connect;
	if (p->candidate_count == 0)
		return next_refuse(EVENT_REFUSED_DRAINED);
	return try_next(e, flow);
}

/** refused() - a server refused, with @error: go on with the others; @flow may be in state ASKED */
static struct next refused(struct engine *e, struct flow *flow, enum server_error error)
{
	struct pending *p = pending_of(e, flow);
	uint8_t candidate = flow->state == TCP_STATE_ASKED ? flow->attempts : p->candidate;
	uint32_t position = 0;
	struct flow *asked;

	server_failed(e, pending_owner(e, p), &p->candidates[candidate], error);
	count(e, EVENT_SERVER_REFUSED);
	if (flow->state == TCP_STATE_ASKED) {
		asked_forget(e, flow);
	} else if (has_next(e, p)) {
		count(e, EVENT_SERVER_NEXT);
		return try_next(e, flow);
	} else if ((asked = asked_next(e, p, &position))) {
		hedge_take_over(e, flow, asked);
	} else {
		return next_refuse(EVENT_REFUSED_NO_SERVER);
	}
	return next_nothing(VERDICT_ABSORBED);
}

struct next connect_unreachable(struct engine *e, struct flow *flow)
{
	return refused(e, flow, SERVER_ERROR_UNREACHABLE);
}

struct next connect_timer(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);

	if (e->now >= p->deadline) {
		connect_abandon(e, flow);
		return next_refuse(EVENT_REFUSED_SILENCE);
	}
	if (has_next(e, p) && !hedge_keep(e, flow)) {
		if (p->tries < TRIES_IF_NEXT) {
			ask(e, flow);
			return next_nothing(VERDICT_ABSORBED);
		}
		abandon_present(e, flow);
	}
	if (has_next(e, p)) {
		count(e, EVENT_SERVER_NEXT);
		return try_next(e, flow);
	}
	ask(e, flow);
	return next_nothing(VERDICT_ABSORBED);
}

/** report() - the rule is found again, for it was not kept */
static void report(struct engine *e, const struct flow *flow)
{
	struct choice choice;

	decide_server(e, flow, true, &choice);
	report_bound(e, flow, choice.text ? choice.text : "", choice.host, pending_of(e, flow)->acked);
}

/** connected() - the server accepted: the flow is bound, and the buffer goes out */
static void connected(struct engine *e, struct flow *flow, const struct input *in)
{
	struct pending *p = pending_of(e, flow);

	abandon_others(e, flow);
	promises_keep(e, flow, in);
	p->ts_server = in->options.ts_value;
	server_connected(e, flow, &p->candidates[p->candidate], e->now - p->started);
	promises_learn(e, flow, in);
	p->mss = flow->server_mss < announced_mss(e) ? flow->server_mss : announced_mss(e);
	track_start(e, flow, in->packet.window, p->window);
	hold_start(e, flow);
	flow_move(&e->flows, flow, TCP_EVENT_CONNECTED);
	flow_touch(e, flow);
	count(e, EVENT_SERVER_CONNECTED);
	flush_ack(e, flow);
	trace_server_connected(e, flow);
	report(e, flow);
	flush(e, flow);
	deliver_start(e, flow);
	hold_arm(e, flow);
}

/** input_stale() - the server answers for an older connection of these addresses (RFC 9293 3.10.7.3): end that one */
static enum verdict input_stale(struct engine *e, struct flow *flow, struct input *in)
{
	struct pending *p = pending_of(e, flow);
	const struct segment reset = {
		.flow = flow,
		.to_server = true,
		.seq = in->packet.ack,
		.flags = TCP_RST,
	};

	if (p->stale >= STALE_MAX)
		return verdict_drop(e, in, DROP_TCP_STATE);
	p->stale++;
	count(e, EVENT_SERVER_STALE);
	segment_send(e, &reset);
	send_syn(e, flow);
	return VERDICT_ANSWERED;
}

/** accepted() - the SYN/ACK of the present server, or of one that was asked before */
static void accepted(struct engine *e, struct flow *flow, const struct input *in)
{
	struct flow *owner = pending_owner(e, pending_of(e, flow));

	if (flow != owner) {
		abandon_present(e, owner);
		hedge_take_over(e, owner, flow);
	}
	connected(e, owner, in);
}

struct next connect_input(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *packet = &in->packet;
	bool is_ours = packet->flags & TCP_ACK && packet->ack == flow->client_isn + 1;

	if (!packet_checksum_ok(in->frame, packet))
		return next_nothing(verdict_drop(e, in, DROP_BAD_CHECKSUM));
	if (packet->flags & TCP_RST) {
		if (!is_ours)
			return next_nothing(verdict_drop(e, in, DROP_TCP_STATE));
		return refused(e, flow, SERVER_ERROR_REFUSED);
	}
	if (packet->flags & TCP_SYN && is_ours) {
		accepted(e, flow, in);
		return next_nothing(VERDICT_ABSORBED);
	}
	if (packet->flags & TCP_ACK && !is_ours)
		return next_nothing(input_stale(e, flow, in));
	return next_nothing(verdict_drop(e, in, DROP_TCP_STATE));
}

/* SPDX-License-Identifier: ISC */
/*
 * handshake.c - P1: the handshake with a client whose server is not known yet
 *
 * DOC: Theory of operation
 *
 * The SYN/ACK is built from a whitelist, never from the client's options. It makes promises (MSS, window
 * scale, SACK, timestamps, ECN) before the server is known; pass.c repairs what the server does not keep.
 * TCP Fast Open, multipath TCP and anything unknown is not answered, so that the client does without.
 * Data in a SYN is not acknowledged; the client repeats it.
 *
 * The client's own initial sequence number will be used towards the server, so that only the other
 * direction needs a delta.
 */
#include "core/tcp/handshake.h"

#include "core/base/flows.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/tcp/ecn.h"
#include "core/tcp/timestamps.h"
#include "core/tcp/track.h"
#include "nat46/seq.h"

/** Round trip to a client from which its server should not take ours for it. */
static const int64_t FAR = 10 * MILLISECOND;

static struct cookie_tuple tuple_of(const struct packet *p, uint32_t client_isn)
{
	return (struct cookie_tuple){
		.client = p->source4,
		.service = p->destination4,
		.client_port = p->source_port,
		.service_port = p->destination_port,
		.client_isn = client_isn,
	};
}

/** answer() - send the SYN/ACK that a record describes */
static void answer(struct engine *e, const struct half_open *record)
{
	const struct flow addresses = {
		.client = record->tuple.client,
		.client_port = record->tuple.client_port,
		.service = record->tuple.service,
		.service_port = record->tuple.service_port,
	};
	const struct tcp_options options = {
		.has_mss = true,
		.mss = record->mss,
		.has_window_scale = record->promises.scaled,
		.window_scale = e->config->tcp.window_scale,
		.sack_permitted = record->promises.sack,
		.has_timestamps = record->timestamps,
		.ts_value = record->ts_ours,
		.ts_echo = record->ts_client,
	};
	bool has_ecn = record->promises.ecn && !record->ecn_withdrawn;
	const struct segment syn_ack = {
		.flow = &addresses,
		.seq = record->isn,
		.ack = record->tuple.client_isn + 1,
		.flags = (uint8_t)(TCP_SYN | TCP_ACK | (has_ecn ? TCP_ECE : 0)),
		.window = window_promised(e),
		.options = &options,
	};

	segment_send(e, &syn_ack);
}

/** make_record() - what a SYN is answered with */
static struct half_open make_record(struct engine *e, const struct input *in, const struct service *service)
{
	const struct tcp_options *o = &in->options;
	struct tcp_promises ours = server_table_promise(e->servers, service, &e->config->tcp, e->now);
	struct half_open record = {
		.tuple = tuple_of(&in->packet, in->packet.seq),
		.promises = {
			.mss = o->has_mss ? o->mss : TCP_MSS_DEFAULT,
			.scaled = o->has_window_scale,
			.window_scale = o->window_scale,
			.sack = o->sack_permitted && ours.sack,
		},
		.timestamps = o->has_timestamps && ours.timestamps,
		.mss = announced_mss(e),
		.ts_client = o->ts_value,
		.answered = e->now,
	};

	record.promises.ecn = record.timestamps && ours.ecn && ecn_is_offered(&in->packet);
	if (ours.mss != 0 && ours.mss < record.mss)
		record.mss = ours.mss;
	record.isn = syn_cookie_make(&e->key, &record.tuple, &record.promises, e->now);
	if (e->hooks.isn)
		record.isn = e->hooks.isn(e->hooks.context, record.isn);
	if (record.timestamps)
		record.ts_ours = syn_cookie_timestamp(timestamps_clock(e, record.tuple.client, record.tuple.service),
						      &record.promises);
	return record;
}

/**
 * withdraw_ecn() - a repeated SYN that does not offer ECN gets no promise of it
 *
 * Its sender must not use ECN then (RFC 3168 6.1.1), but if it gets our first answer all the same, it may: R4 takes
 * care of that. What it echoes shows which answer it has.
 */
static void withdraw_ecn(struct half_open *record, const struct packet *syn)
{
	if (!record->promises.ecn || ecn_is_offered(syn))
		return;
	record->ecn_withdrawn = true;
	record->ts_ours &= ~COOKIE_TIMESTAMP_ECN;
}

enum verdict handshake_syn(struct engine *e, struct input *in, const struct service *service)
{
	struct half_open record;
	const struct half_open *known;
	uint32_t newest;

	if (in->packet.flags & TCP_ACK)
		return segment_reset_for(e, in, &e->resets);
	if (in->options.is_signed)
		return verdict_drop(e, in, DROP_TCP_SIGNED);
	if (!packet_checksum_ok(in->frame, &in->packet))
		return verdict_drop(e, in, DROP_BAD_CHECKSUM);
	/* its client had better not believe that it is connected */
	if (!flow_is_allowed(e, false, in->packet.source4))
		return verdict_drop(e, in, DROP_FLOWS_SOURCE);
	record = make_record(e, in, service);
	known = half_open_find(e, &record.tuple);
	if (known && known->tuple.client_isn == record.tuple.client_isn) {
		/* a repeated SYN gets the same answer, with the newest echo: the client may hold either */
		newest = record.ts_client;
		record = *known;
		record.ts_client = newest;
		record.answered = 0;
		withdraw_ecn(&record, &in->packet);
	}
	half_open_store(e, &record);
	count(e, EVENT_SYN_COOKIE);
	answer(e, &record);
	return VERDICT_ANSWERED;
}

void handshake_timer(struct engine *e, uint32_t index)
{
	const struct half_open *record = half_open_expire(e, index);

	if (record)
		answer(e, record);
}

/** from_half_open() - does a record know the handshake that the segment completes */
static bool from_half_open(const struct engine *e, const struct input *in, struct half_open *found)
{
	const struct packet *p = &in->packet;
	const struct cookie_tuple tuple = tuple_of(p, 0);
	const struct half_open *record = half_open_find(e, &tuple);

	if (!record || p->ack != record->isn + 1)
		return false;
	/* from the keep-alive one below the first byte up to the end of our window */
	if (!seq_between(p->seq, record->tuple.client_isn, record->tuple.client_isn + 1 + window_promised(e)))
		return false;
	*found = *record;
	/* the answer from before ECN was withdrawn */
	if (found->ecn_withdrawn && in->options.ts_echo == (found->ts_ours | COOKIE_TIMESTAMP_ECN))
		found->ts_ours = in->options.ts_echo;
	return true;
}

/** from_cookie() - is the acknowledged number a cookie of ours, for a client that began at @client_isn */
static bool from_cookie(const struct engine *e, const struct input *in, uint32_t client_isn, struct half_open *found)
{
	const struct packet *p = &in->packet;
	const struct tcp_options *o = &in->options;

	*found = (struct half_open){ .tuple = tuple_of(p, client_isn), .isn = p->ack - 1 };
	if (!syn_cookie_check(&e->key, &found->tuple, found->isn, e->now, COOKIE_AGE, &found->promises))
		return false;
	/* a client only goes on with timestamps if we did, and our clock stood still: what it echoes is what we sent */
	found->timestamps = o->has_timestamps;
	if (found->timestamps) {
		found->ts_ours = o->ts_echo;
		found->ts_client = o->ts_value;
		syn_cookie_read_timestamp(o->ts_echo, &found->promises);
		found->promises.ecn = found->promises.ecn && e->config->tcp.ecn;
	}
	return true;
}

/** handshake_of() - the handshake that a segment completes, from a record or from its cookie */
static bool handshake_of(const struct engine *e, const struct input *in, struct half_open *found)
{
	const struct packet *p = &in->packet;

	if (from_half_open(e, in, found) || from_cookie(e, in, p->seq - 1, found))
		return true;
	/* keep-alive: one below the first byte, with or without it */
	return p->payload_length <= 1 && from_cookie(e, in, p->seq, found);
}

/** is_crowded() - are so many connections waiting that a bare ACK gets no record: its data will come */
static bool is_crowded(const struct engine *e)
{
	return e->pending_used >= e->pending_capacity - e->pending_capacity / 4;
}

/**
 * is_far() - would the server of this client suffer from measuring our round trip
 *
 * With timestamps it measures by what we echo, in any case; but they show it when it has repeated in vain.
 */
static bool is_far(const struct engine *e, const struct half_open *from)
{
	return !from->timestamps && from->answered != 0 && e->now - from->answered >= FAR;
}

/**
 * is_copy() - is it a late copy of the first data of @former, or of a connection that had its addresses before
 *
 * Every cookie of these is older than @former. A client that begins anew counts on from where it was (RFC 6528 3), or
 * at least its clock goes on (RFC 6191 2).
 */
static bool is_copy(const struct engine *e, const struct flow *former, const struct half_open *found)
{
	uint32_t isn = found->tuple.client_isn;

	if (isn == former->client_isn)
		return true;
	if (!flow_may_reopen(e, former) || !seq_before(isn, former->client_isn))
		return false;
	return !found->timestamps || !seq_after(found->ts_client, timestamps_of_client(e, former));
}

/** is_of_former() - may a segment be of a connection that there is: of one that is not over, whatever it looks like */
static bool is_of_former(const struct flow *former, const struct packet *p)
{
	return tcp_state_is_live((enum tcp_state)former->state) || track_is_of_client(former, p);
}

enum handshake_result handshake_check(struct engine *e, const struct input *in, const struct flow *former,
				      struct half_open *found, enum verdict *verdict)
{
	const struct packet *p = &in->packet;
	const bool is_bare = p->payload_length == 0 && !(p->flags & TCP_FIN);
	const struct cookie_tuple tuple = tuple_of(p, 0);

	if (!(p->flags & TCP_ACK) || p->flags & (TCP_SYN | TCP_RST))
		return HANDSHAKE_NONE;
	if (!handshake_of(e, in, found)) {
		if (!former)
			count(e, EVENT_COOKIE_BAD);
		/* with pure cookies a later segment alone proves nothing, and is no reason to reset; the server of an
		 * older connection would do just that, with the very number that the client expects */
		if (!half_open_is_crowded(e, &tuple, p->ack - 1) || (former && is_of_former(former, p)))
			return HANDSHAKE_NONE;
		*verdict = verdict_drop(e, in, DROP_TCP_NO_FLOW);
		return HANDSHAKE_DROPPED;
	}
	/* a server must not get it again as another connection */
	if (former && is_copy(e, former, found))
		return HANDSHAKE_NONE;
	if (!packet_checksum_ok(in->frame, p))
		*verdict = verdict_drop(e, in, DROP_BAD_CHECKSUM);
	else if (is_bare && is_crowded(e))
		*verdict = verdict_drop(e, in, DROP_WAITING_FULL);
	else
		return HANDSHAKE_COMPLETE;
	return HANDSHAKE_DROPPED;
}

struct flow *handshake_accept(struct engine *e, const struct half_open *from, const struct service *service,
			      enum drop *why)
{
	struct pending *p;
	struct flow *flow;
	bool linked;

	*why = DROP_FLOWS_SOURCE;
	if (!flow_is_allowed(e, false, from->tuple.client))
		return NULL;
	*why = DROP_FLOWS_FULL;
	flow = flow_take(e, true);
	if (!flow)
		return NULL;
	flow->client = from->tuple.client;
	flow->client_port = from->tuple.client_port;
	flow->service = from->tuple.service;
	flow->service_port = from->tuple.service_port;
	flow->client_isn = from->tuple.client_isn;
	flow->flags = FLOW_SPLICED;
	if (from->promises.scaled) {
		flow->client_scale = from->promises.window_scale & 0xfu;
		flow->our_scale = e->config->tcp.window_scale & 0xfu;
	}
	flow_set_opened(flow, e->now);
	p = pending_take(e, flow, why);
	if (!p) {
		flow_table_release(&e->flows, flow);
		return NULL;
	}
	p->isn = from->isn;
	p->ts_ours = from->ts_ours;
	p->ts_client = from->ts_client;
	p->ts_recent = from->ts_client;
	p->mss = from->promises.mss;
	p->timestamps = from->timestamps;
	p->sack = from->promises.sack;
	p->scaled = from->promises.scaled;
	p->ecn = from->promises.ecn;
	p->ecn_offer = from->promises.ecn && !from->ecn_withdrawn;
	p->is_far = is_far(e, from);
	p->deadline = e->now + service->wait;
	pending_timer_set(e, p, p->deadline);
	linked = flow_table_link4(&e->flows, flow);
	NAT46_ASSERT(linked);
	flow_begin(e, flow, TCP_EVENT_ACCEPT);
	count(e, EVENT_CLIENT_CONNECTED);
	half_open_forget(e, &from->tuple);
	trace_client_connected(e, flow);
	return flow;
}

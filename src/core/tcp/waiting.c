/* SPDX-License-Identifier: ISC */
/*
 * waiting.c - P2: buffer the first bytes of a client until a rule can be chosen, and until its server answers
 *
 * DOC: Theory of operation
 *
 * A client repeats what it has sent until the server itself acknowledges it, so that a crash of ours loses nothing.
 * Most first bytes come in one flight, and are decided by before anybody misses an acknowledgement: then nothing is
 * acknowledged here. But a client that nobody acknowledges sends its first flight and no more, and with Nagle's
 * algorithm its first write; and its timer repeats the first segment alone, for ever, when it is the second that the
 * network has lost. So bytes without a hole that do not suffice are acknowledged after a delay, or at once when the
 * client repeats them or sends behind a hole: it needs that. From then on the client is served as any TCP would
 * (RFC 5681 4.2). What was acknowledged is ours to deliver (deliver.c). A FIN is never acknowledged here.
 *
 * The rules are asked whenever the run of bytes from offset 0 has grown, and finally when no more can come: FIN,
 * time-out, or buffer full. Time counts from the last progress, up to a bound: a client that lost its SYN or our
 * answer as well repeats its data after seconds, and a person types. A client that has sent what did not come is not
 * one that says nothing: it gets more time, and it is refused when that is over, as what is missing may name a host.
 */
#include "core/tcp/waiting.h"

#include "core/base/flows.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/tcp/decide.h"
#include "core/tcp/endpoint.h"
#include "core/tcp/first_bytes.h"
#include "core/tcp/silent.h"

/** How long bytes that do not suffice are not acknowledged: RFC 1122 4.2.3.2 allows 500 ms. */
static const int64_t ACK_DELAY = 40 * MILLISECOND;

enum {
	HOLE_WAITS = 4,		/* waits while first bytes are missing: they are repeated after 1, 3, 7 s */
	WAITS_MAX = 12,		/* waits in all, however slowly the first bytes come */
};

/** is_mute() - has the client said nothing, where that does not mean that its server should speak first */
static bool is_mute(const struct engine *e, const struct flow *flow)
{
	const struct service *service = flow_service(e, flow);

	return service && service->silent == SILENCE_REFUSE && buffer_end(&pending_of(e, flow)->buffer) == 0;
}

/**
 * may_stay_silent() - is it too early to give up a client that has nothing to say
 *
 * What wakes it may be a keep-alive, again and again: the time counts from its handshake.
 */
static bool may_stay_silent(const struct engine *e, const struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);

	return is_mute(e, flow) && !p->has_fin && !p->lost &&
	       flow_age(flow, e->now) < e->config->timeouts.silent;
}

/** decide() - ask the rules; @refusal: why, if they refuse */
static struct next decide(struct engine *e, const struct flow *flow, bool final, enum event refusal)
{
	struct choice choice;

	/* somebody's limit is no reason to choose: what is missing may name a host */
	if (final && pending_of(e, flow)->lost)
		return next_refuse(EVENT_REFUSED_FULL);
	if (final && is_mute(e, flow))
		return next_refuse(refusal);
	decide_server(e, flow, final, &choice);
	switch (choice.decision) {
	case DECISION_PENDING:
		break;
	case DECISION_SERVERS:
		return (struct next){
			.step = NEXT_CONNECT,
			.verdict = VERDICT_ABSORBED,
			.servers = choice.servers,
		};
	case DECISION_REFUSE:
		return next_refuse(refusal);
	case DECISION_MALFORMED:
		return next_refuse(EVENT_REFUSED_MALFORMED);
	case DECISION_INCOMPLETE:
		return next_refuse(EVENT_REFUSED_INCOMPLETE);
	}
	return next_nothing(VERDICT_ABSORBED);
}

/** arm() - let the timer fire at what is due first */
static void arm(struct engine *e, const struct pending *p)
{
	pending_timer_set(e, p, p->ack_due && p->ack_due < p->deadline ? p->ack_due : p->deadline);
}

/** extend() - time counts from now on, up to a bound */
static void extend(struct engine *e, const struct flow *flow, struct pending *p)
{
	const struct service *service = flow_service(e, flow);
	int64_t wait = service ? service->wait : 0;
	int64_t last = e->now - flow_age(flow, e->now) + WAITS_MAX * wait;

	p->deadline = e->now + wait < last ? e->now + wait : last;
}

/** wait_longer() - first bytes are missing: their client gets more time, unless it has had its share */
static bool wait_longer(struct engine *e, const struct flow *flow, struct pending *p)
{
	if (++p->tries < HOLE_WAITS)
		extend(e, flow, p);
	return e->now < p->deadline;
}

struct next waiting_timer(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);

	if (p->ack_due && p->ack_due <= e->now) {
		p->ack_due = 0;
		endpoint_ack(e, flow, 0);
	}
	if (e->now >= p->deadline && first_bytes_are_missing(p) && !wait_longer(e, flow, p))
		return next_refuse(p->lost ? EVENT_REFUSED_FULL : EVENT_REFUSED_TIMEOUT);
	if (e->now < p->deadline)
		arm(e, p);
	else if (may_stay_silent(e, flow))
		silent_start(e, flow);
	else
		return decide(e, flow, true, EVENT_REFUSED_TIMEOUT);
	return next_nothing(VERDICT_ABSORBED);
}

/** input_rst() - the client gives up, if it is the client */
static struct next input_rst(struct engine *e, const struct flow *flow, const struct input *in)
{
	const struct pending *p = pending_of(e, flow);
	int64_t offset = first_bytes_offset(flow, in->packet.seq);
	bool is_exact = offset == p->acked || offset == buffer_contiguous(&p->buffer) ||
			(p->has_fin && offset == (int64_t)p->fin + 1);

	if (!is_exact) {
		if (offset < 0 || offset > e->config->limits.buffer)
			return next_nothing(verdict_drop(e, in, DROP_TCP_WINDOW));
		return next_nothing(endpoint_challenge(e, flow, in));
	}
	return (struct next){ .step = NEXT_RESET, .verdict = VERDICT_ABSORBED };
}

/**
 * acknowledge() - bytes do not suffice, yet: does their client need an acknowledgement to go on
 * @newest: stream offset of what has just come
 * @has_news: there are more bytes without a hole than before
 */
static enum verdict acknowledge(struct engine *e, const struct flow *flow, uint32_t newest, bool has_news)
{
	struct pending *p = pending_of(e, flow);

	if (has_news && p->acked == 0 && !first_bytes_have_hole(p)) {
		if (p->ack_due == 0)
			p->ack_due = e->now + ACK_DELAY;
		arm(e, p);
		return VERDICT_ABSORBED;
	}
	p->ack_due = 0;
	arm(e, p);
	endpoint_ack(e, flow, newest);
	return VERDICT_ANSWERED;
}

/** input_data() - an acceptable segment with data or FIN */
static struct next input_data(struct engine *e, struct flow *flow, struct input *in)
{
	struct pending *p = pending_of(e, flow);
	uint32_t before = buffer_contiguous(&p->buffer), known;
	uint32_t newest = (uint32_t)first_bytes_offset(flow, in->packet.seq);
	bool is_complete;
	enum drop why;

	if (!first_bytes_store(e, flow, in, &why))
		return next_nothing(verdict_drop(e, in, why));
	first_bytes_learn(e, flow, in);
	trace_packet(e, TRACE_BUFFER, &in->packet);
	known = buffer_contiguous(&p->buffer);
	is_complete = first_bytes_are_complete(e, p);
	if (flow->state == TCP_STATE_WAITING && (known > before || is_complete)) {
		struct next next = decide(e, flow, is_complete, EVENT_REFUSED_NO_RULE);

		if (next.step != NEXT_NOTHING)
			return next;
		extend(e, flow, p);
	}
	if (flow->state == TCP_STATE_WAITING)
		return next_nothing(acknowledge(e, flow, newest, known > before));
	/* our acknowledgement was lost; of anything more the server's will tell */
	if (newest < p->acked) {
		endpoint_send(e, flow, 0, endpoint_sent(e, flow), 0);
		return next_nothing(VERDICT_ANSWERED);
	}
	return next_nothing(VERDICT_ABSORBED);
}

struct next waiting_input(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *packet = &in->packet;
	const struct pending *p = pending_of(e, flow);

	/* we are the end point: a damaged RST, window or timestamp must not count either */
	if (!packet_checksum_ok(in->frame, packet))
		return next_nothing(verdict_drop(e, in, DROP_BAD_CHECKSUM));
	if (packet->flags & TCP_SYN)
		return (struct next){ .step = NEXT_SYN };
	if (packet->flags & TCP_RST)
		return input_rst(e, flow, in);
	if (packet->ack != p->isn + 1)
		return (struct next){ .step = NEXT_HANDSHAKE };
	/* keep-alive: one below what is expected, with or without a byte */
	if (first_bytes_offset(flow, packet->seq) == (int64_t)p->acked - 1 && packet->payload_length <= 1) {
		first_bytes_learn(e, flow, in);
		return next_nothing(endpoint_challenge(e, flow, in));
	}
	if (packet->payload_length > 0 || packet->flags & TCP_FIN)
		return input_data(e, flow, in);
	first_bytes_learn(e, flow, in);
	return next_nothing(VERDICT_ABSORBED);
}

/* SPDX-License-Identifier: ISC */
/*
 * waiting.c - P2: buffer the first bytes of a client until a rule can be chosen, and until its server answers
 *
 * DOC: Theory of operation
 *
 * Nothing is acknowledged here: not the data, not the FIN. The client goes on to repeat what it has sent until
 * the server itself acknowledges, so that a crash of ours loses nothing. We also stay silent towards data, for
 * duplicate ACKs would start a fast retransmit.
 *
 * The rules are asked whenever the run of bytes from offset 0 has grown, and finally when no more can come: FIN,
 * time-out, or buffer full.
 *
 * We do not tell a client that the network has lost some of its first bytes, so that it repeats them by its timer
 * alone: after seconds, if its SYN or our answer was lost as well. Where bytes behind a hole have arrived, there is
 * more time.
 */
#include "core/tcp/waiting.h"

#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/tcp/decide.h"
#include "core/tcp/endpoint.h"
#include "core/tcp/first_bytes.h"

/** Times that a client gets the wait of its service while first bytes are missing: they come after 1, 3, 7 s. */
enum { WAITS_MAX = 4 };

/** decide() - ask the rules; @refusal: why, if they refuse */
static struct next decide(struct engine *e, const struct flow *flow, bool final, enum event refusal)
{
	struct choice choice;

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
	}
	return next_nothing(VERDICT_ABSORBED);
}

struct next waiting_timer(struct engine *e, struct flow *flow)
{
	const struct service *service = service_find(e->config, flow->service, flow->service_port);
	struct pending *p = pending_of(e, flow);

	if (service && first_bytes_have_hole(p) && ++p->tries < WAITS_MAX) {
		pending_timer_set(e, p, e->now + service->wait);
		return next_nothing(VERDICT_ABSORBED);
	}
	return decide(e, flow, true, EVENT_REFUSED_TIMEOUT);
}

/** input_rst() - the client gives up, if it is the client */
static struct next input_rst(struct engine *e, const struct flow *flow, const struct input *in)
{
	const struct pending *p = pending_of(e, flow);
	int64_t offset = first_bytes_offset(flow, in->packet.seq);
	bool is_exact = offset == 0 || offset == buffer_contiguous(&p->buffer) ||
			(p->has_fin && offset == (int64_t)p->fin + 1);

	if (!is_exact) {
		if (offset < 0 || offset > e->config->limits.buffer)
			return next_nothing(verdict_drop(e, in, DROP_TCP_WINDOW));
		return next_nothing(endpoint_challenge(e, flow, in));
	}
	return (struct next){ .step = NEXT_RESET, .verdict = VERDICT_ABSORBED };
}

/** input_data() - an acceptable segment with data or FIN */
static struct next input_data(struct engine *e, struct flow *flow, struct input *in)
{
	struct pending *p = pending_of(e, flow);
	enum drop why;

	if (!first_bytes_store(e, flow, in, &why))
		return next_nothing(verdict_drop(e, in, why));
	first_bytes_learn(e, flow, in);
	trace_packet(e, TRACE_BUFFER, &in->packet);
	if (flow->state == TCP_STATE_WAITING && (buffer_contiguous(&p->buffer) > 0 || first_bytes_are_complete(e, p)))
		return decide(e, flow, first_bytes_are_complete(e, p), EVENT_REFUSED_NO_RULE);
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
	/* keep-alive: one below the first byte, with or without it */
	if (first_bytes_offset(flow, packet->seq) == -1 && packet->payload_length <= 1) {
		first_bytes_learn(e, flow, in);
		return next_nothing(endpoint_challenge(e, flow, in));
	}
	if (packet->payload_length > 0 || packet->flags & TCP_FIN)
		return input_data(e, flow, in);
	first_bytes_learn(e, flow, in);
	return next_nothing(VERDICT_ABSORBED);
}

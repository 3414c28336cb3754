/* SPDX-License-Identifier: ISC */
/*
 * plain.c - a service without rules: its client's SYN goes through to a server
 *
 * Handshake and everything behind it are between the two hosts (pass.c, with delta and theta 0); here is what it
 * takes to know when both are connected. Anybody can send a SYN in a client's name, any number of them, also into a
 * handshake that is going on, and a server answers them. So nothing is believed but a segment of the server and one of
 * the client that fit each other: the client stands where the server acknowledges it, or behind, and acknowledges the
 * server's number, which only goes to the client. Until then the connection waits (state OPENING), and has little time.
 */
#include "core/tcp/plain.h"

#include "core/base/flows.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/base/choose.h"
#include "core/tcp/pass.h"
#include "core/tcp/storm.h"
#include "core/tcp/track.h"
#include "nat46/seq.h"

/** choose() - enter the flow under the candidate of @rank; false if no source port is free */
static bool choose(struct engine *e, struct flow *flow, const struct service *service, uint32_t rank)
{
	struct server candidates[CANDIDATES_MAX];
	size_t count = choose_rank(e, flow, &service->fallback, candidates);

	return choose_server(e, flow, &candidates[rank % count]);
}

enum verdict plain_open(struct engine *e, struct input *in, const struct service *service)
{
	const struct packet *p = &in->packet;
	struct flow *flow;
	bool linked;

	if (p->flags & TCP_ACK)
		return segment_reset_for(e, in, &e->resets);
	if (in->options.is_signed)
		return verdict_drop(e, in, DROP_TCP_SIGNED);
	if (!choose_or_refuse(e, p, service)) {
		if (service->refusal == REFUSE_DROP)
			return verdict_drop(e, in, DROP_DRAINED);
		return segment_reset_for(e, in, &e->resets);
	}
	/* those that are opening come in addition: they are few, and who acknowledges them is not turned away */
	if (!flow_is_allowed(e, false, p->source4))
		return verdict_drop(e, in, DROP_FLOWS_SOURCE);
	/* there is no cookie of ours in it: it needs a record */
	flow_make_way(e, false, p->source4);
	flow = flow_take(e, false);
	if (!flow)
		return verdict_drop(e, in, DROP_FLOWS_FULL);
	flow->client = p->source4;
	flow->client_port = p->source_port;
	flow->service = p->destination4;
	flow->service_port = p->destination_port;
	flow->client_isn = p->seq;
	flow->client_scale = in->options.window_scale & 0xfu;
	flow_set_opened(flow, e->now);
	if (!choose(e, flow, service, 0)) {
		flow_table_release(&e->flows, flow);
		return verdict_drop(e, in, DROP_TCP_COLLISION);
	}
	linked = flow_table_link4(&e->flows, flow);
	NAT46_ASSERT(linked);
	flow->place = source_queue_enter(&e->opening[false], p->source4, flow_table_index(&e->flows, flow));
	flow_begin(e, flow, TCP_EVENT_PASS);
	count(e, EVENT_PLAIN_OPENED);
	return pass_to_server(e, flow, in);
}

/** acknowledges_syn() - is @ack what a server says to a SYN with @isn, and to the data in it (RFC 7413) */
static bool acknowledges_syn(uint32_t isn, uint32_t ack)
{
	return ack - isn - 1 <= UINT16_MAX;
}

/**
 * reopen() - the client repeats its SYN: its server is silent, or has refused in silence; go to the next one
 *
 * A server that has said something stays. A SYN with another number is another attempt, or forged: what client and
 * server say of each other will tell.
 */
static enum verdict reopen(struct engine *e, struct flow *flow, struct input *in)
{
	const struct service *service = flow_service(e, flow);
	const struct call call = { .client = flow->client, .address = flow->service, .port = flow->service_port };
	bool is_repeated = in->packet.seq == flow->client_isn && !flow->answers[0].is_there;

	if (in->packet.flags & TCP_ACK)
		return verdict_drop(e, in, DROP_TCP_STATE);
	if (is_repeated)
		server_noticed(e, flow, SERVER_ERROR_SILENT);
	if (is_repeated && service && service->rule_count == 0 && service->fallback.count > 1 &&
	    choose_is_possible(e, &service->fallback, &call)) {
		if (choose(e, flow, service, ++flow->attempts))
			count(e, EVENT_SERVER_NEXT);
		else
			return verdict_drop(e, in, DROP_TCP_COLLISION);
	}
	if (packet_checksum_ok(in->frame, &in->packet)) {
		flow->client_isn = in->packet.seq;
		flow->client_scale = in->options.window_scale & 0xfu;
	}
	flow_touch(e, flow);
	return pass_to_server(e, flow, in);
}

/**
 * answer_of() - what a segment of the server may lead to
 *
 * The window scales are those of its SYN/ACK and of the SYN that this one acknowledges. The widest that there are
 * where we do not know them: another SYN has come since, or it is not the handshake that is repeated.
 */
static struct flow_answer answer_of(const struct flow *flow, const struct input *in)
{
	const struct packet *p = &in->packet;
	struct flow_answer answer = {
		.seq = p->seq + (uint32_t)p->payload_length + ((p->flags & (TCP_SYN | TCP_FIN)) != 0),
		.ack = p->ack,
		.window = p->window,
		.client_scale = TCP_WINDOW_SCALE_MAX,
		.server_scale = TCP_WINDOW_SCALE_MAX,
		.is_there = true,
	};

	if (!(p->flags & TCP_SYN))
		return answer;
	answer.server_scale = in->options.window_scale & 0xfu;
	if (!in->options.has_window_scale)
		answer.client_scale = 0;
	else if (acknowledges_syn(flow->client_isn, p->ack))
		answer.client_scale = flow->client_scale;
	return answer;
}

/** is_known() - is the pair of numbers of an answer remembered */
static bool is_known(const struct flow *flow, const struct flow_answer *answer)
{
	for (size_t i = 0; i < FLOW_ANSWERS; i++) {
		const struct flow_answer *known = &flow->answers[i];

		if (known->is_there && known->seq == answer->seq && known->ack == answer->ack)
			return true;
	}
	return false;
}

/**
 * remember() - keep what the server says, until the client says which of it is meant
 *
 * The newest two SYN/ACKs, or the newest one and whatever was said last: data that went with Fast Open.
 */
static void remember(struct engine *e, struct flow *flow, const struct input *in)
{
	const struct flow_answer answer = answer_of(flow, in);
	const bool is_syn = in->packet.flags & TCP_SYN;

	if (is_syn && !flow->answers[0].is_there)
		server_accepts(e, flow, flow_silence(e, flow));
	if (!is_known(flow, &answer)) {
		if (is_syn)
			flow->answers[1] = flow->answers[0];
		flow->answers[is_syn || !flow->answers[0].is_there ? 0 : 1] = answer;
	} else if (!is_syn) {
		return;
	}
	flow_touch(e, flow);
}

/**
 * acknowledged() - the answer of the server that a segment of the client acknowledges, or NULL
 *
 * The very first acknowledgement may be lost; the next ones are not far behind. Who does not see the server's number
 * would have to guess it, one of 65,536 times.
 */
static const struct flow_answer *acknowledged(const struct flow *flow, const struct input *in)
{
	const struct packet *p = &in->packet;

	/* a client that has not asked says so with a RST; a bit error is passed on, and nothing is learned from it */
	if (!(p->flags & TCP_ACK) || p->flags & (TCP_SYN | TCP_RST) || !packet_checksum_ok(in->frame, p))
		return NULL;
	for (size_t i = 0; i < FLOW_ANSWERS; i++) {
		const struct flow_answer *answer = &flow->answers[i];

		if (answer->is_there && seq_between(p->seq, answer->ack, answer->ack + UINT16_MAX) &&
		    seq_between(p->ack, answer->seq, answer->seq + UINT16_MAX))
			return answer;
	}
	return NULL;
}

/** opened() - client and server agree on a connection without splice, by @answer, as segment @in of the client says */
static void opened(struct engine *e, struct flow *flow, struct flow_answer answer, const struct input *in)
{
	if (!acknowledges_syn(flow->client_isn, answer.ack))
		flow->client_isn = answer.ack - 1;
	flow->server_isn = answer.seq - 1;
	flow->client_scale = answer.client_scale;
	flow->server_scale = answer.server_scale;
	flow->our_scale = answer.server_scale;
	flow->timestamps = in->options.has_timestamps;
	flow->ts_server = in->options.ts_echo;
	flow->ts_client = in->options.ts_value;
	track_start(e, flow, answer.window, UINT16_MAX);
	source_queue_leave(&e->opening[false], flow->place);
	flow->theta = 0;
	flow_move(&e->flows, flow, TCP_EVENT_CONNECTED);
	flow_touch(e, flow);
	count_opened(e, flow);
	server_noticed(e, flow, SERVER_ERROR_NONE);
	report_bound(e, flow, "to", "", 0);
}

struct next plain_from_client(struct engine *e, struct flow *flow, struct input *in)
{
	const struct flow_answer *answer;

	if (in->packet.flags & TCP_SYN)
		return next_nothing(reopen(e, flow, in));
	/* a forged SYN has brought two hosts together that know other connections, and they never agree */
	if (storm_watch(e, flow, in, 0))
		return next_nothing(verdict_drop(e, in, DROP_ACK_STORM));
	answer = acknowledged(flow, in);
	if (!answer)
		return next_nothing(pass_to_server(e, flow, in));
	opened(e, flow, *answer, in);
	return (struct next){ .step = NEXT_SPLICE };
}

/** is_refusal() - does a RST of the server answer the only SYN that it may have got */
static bool is_refusal(const struct flow *flow, const struct packet *p)
{
	return p->flags & TCP_RST && acknowledges_syn(flow->client_isn, p->ack) &&
	       (!flow->answers[0].is_there || flow->answers[0].ack == p->ack) && !flow->answers[1].is_there;
}

enum verdict plain_from_server(struct engine *e, struct flow *flow, struct input *in)
{
	/* a bit error is passed on, for the client to drop: nothing is learned from it */
	bool counts = in->packet.flags & TCP_ACK && packet_checksum_ok(in->frame, &in->packet);
	bool is_over = counts && is_refusal(flow, &in->packet);
	enum verdict verdict;

	storm_watch(e, flow, in, 1);
	if (counts && !(in->packet.flags & TCP_RST))
		remember(e, flow, in);
	verdict = pass_to_client(e, flow, in);
	if (is_over) {
		server_noticed(e, flow, SERVER_ERROR_REFUSED);
		report_refused(e, flow, "the server refuses", "");
		flow_end(e, flow, "refused");
	}
	return verdict;
}

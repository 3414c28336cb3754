/* SPDX-License-Identifier: ISC */
/*
 * refuse.c - a connection that gets no server: reset, silence, or an answer in the client's protocol
 *
 * DOC: Theory of operation
 *
 * To answer, we become the end point of the connection, and only here do we acknowledge what a client sent:
 * no server will. The answer and a FIN go out in one segment, which is repeated until it is acknowledged; what
 * the client still sends is acknowledged and thrown away, for a reset might destroy the answer before it is
 * read. The pending record lingers until the client closes as well, for a few seconds, and is then reset.
 *
 * However it was refused, the flow stays for as long as its cookie lives: a late copy of the first bytes must not
 * find a server for a request that its client was told had none.
 *
 * A parser that is not sure of the protocol, or a client that sent nothing, gets a reset. Answers are as
 * many as there are pending records, and as large as one segment.
 */
#include "core/tcp/refuse.h"

#include <string.h>

#include "core/base/buffered.h"
#include "core/base/flows.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/tcp/decide.h"
#include "core/tcp/endpoint.h"
#include "core/tcp/first_bytes.h"
#include "core/tcp/timestamps.h"
#include "nat46/seq.h"

enum {
	SENDS_MAX = 4,		/* times that an answer is sent: now, and after 1, 2 and 4 seconds */
	LINGER_SECONDS = 5,	/* for the client to close after it has got the answer */
	TLS_ALERT_LENGTH = 7,
};

/**
 * struct wording - what a refusal is in words, in TLS (RFC 8446 6.2, RFC 6066 3) and in HTTP (RFC 9110 15)
 *
 * Without @page it is never answered.
 */
struct wording {
	enum event why;
	const char *text;
	uint8_t alert;
	const char *page;
};

/* @length counts the line end that is added */
#define PAGE(status, length, text)                                                                                    \
	"HTTP/1.1 " status "\r\nContent-Type: text/plain\r\nContent-Length: " length                                 \
	"\r\nConnection: close\r\n\r\n" text "\n"

static const struct wording wordings[] = {
	{ EVENT_REFUSED_NO_RULE, "no rule matches", 112,
	  PAGE("421 Misdirected Request", "27", "No host of that name here.") },
	{ EVENT_REFUSED_MALFORMED, "the first bytes contradict themselves", 50,
	  PAGE("400 Bad Request", "40", "The request contradicts itself or HTTP.") },
	{ EVENT_REFUSED_INCOMPLETE, "the first bytes are not complete", 50,
	  PAGE("408 Request Timeout", "29", "The request is not complete.") },
	{ EVENT_REFUSED_NO_SERVER, "no server accepts", 80,
	  PAGE("503 Service Unavailable", "27", "The server is not running.") },
	{ EVENT_REFUSED_SILENCE, "no server answers", 80,
	  PAGE("504 Gateway Timeout", "41", "The server of this host does not answer.") },
	{ EVENT_REFUSED_DRAINED, "all servers are drained", 80,
	  PAGE("503 Service Unavailable", "33", "No server takes new connections.") },
	{ .why = EVENT_REFUSED_TIMEOUT, .text = "the client said too little in time" },
	{ .why = EVENT_REFUSED_FULL, .text = "a table or pool is full" },
};

static const struct wording *find_wording(enum event why)
{
	for (size_t i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++) {
		if (wordings[i].why == why)
			return &wordings[i];
	}
	return NULL;
}

/** report() - for the session log: who was refused, and what was asked for */
static void report(struct engine *e, const struct flow *flow, enum event why)
{
	const struct wording *wording = find_wording(why);
	struct choice choice;

	if (!e->hooks.session)
		return;
	NAT46_ASSERT(wording);
	decide_server(e, flow, true, &choice);
	report_refused(e, flow, choice.decision == DECISION_MALFORMED ? choice.text : wording->text, choice.host);
}

static void reset(struct engine *e, struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);
	const struct segment segment = {
		.flow = flow,
		.seq = p->isn + 1 + endpoint_sent(e, flow),
		.ack = flow->client_isn + 1 + p->acked,
		.flags = TCP_RST | TCP_ACK,
	};

	segment_send(e, &segment);
	flow_close(e, flow, "refused");
}

/** send_answer() - the whole answer with the FIN, and the timer for its repetition */
static void send_answer(struct engine *e, const struct flow *flow)
{
	struct pending *p = pending_of(e, flow);

	pending_timer_set(e, p, e->now + (SECOND << p->tries));
	p->tries++;
	endpoint_send(e, flow, TCP_PSH | TCP_FIN, 0, buffer_end(&p->buffer));
}

/** start_answer() - put the words where the client's were, and send them */
static void start_answer(struct engine *e, struct flow *flow, const uint8_t *words, size_t length)
{
	struct pending *p = pending_of(e, flow);
	enum drop why;
	bool stored;

	p->acked = buffer_contiguous(&p->buffer);
	p->has_fin = p->has_fin && p->fin == p->acked;
	p->acked += p->has_fin;
	buffered_cut(e, flow->client, &p->buffer, 0);
	stored = buffered_insert(e, flow->client, &p->buffer, 0, words, (uint32_t)length, &why);
	/* there was at least a chunk of first bytes, or the protocol would not be known */
	NAT46_ASSERT(stored);
	p->tries = 0;
	/* there is no server any more: what one still sends must not be taken for a part of this connection */
	flow_table_unlink6(&e->flows, flow);
	flow_move(&e->flows, flow, TCP_EVENT_ANSWER);
	count(e, EVENT_ANSWER_SENT);
	send_answer(e, flow);
}

/** answer() - refuse in the client's protocol; false if that is not known, or there are no words for @why */
static bool answer(struct engine *e, struct flow *flow, enum event why)
{
	const struct wording *wording = find_wording(why);
	struct choice choice;

	if (!wording || !wording->page)
		return false;
	decide_server(e, flow, true, &choice);
	if (choice.protocol == PROTOCOL_TLS) {
		const uint8_t alert[TLS_ALERT_LENGTH] = { 21, 3, 3, 0, 2, 2, wording->alert };

		start_answer(e, flow, alert, sizeof(alert));
		return true;
	}
	if (choice.protocol == PROTOCOL_HTTP) {
		start_answer(e, flow, (const uint8_t *)wording->page, strlen(wording->page));
		return true;
	}
	return false;
}

void refuse(struct engine *e, struct flow *flow, enum event why)
{
	const struct service *service = flow_service(e, flow);
	enum refusal refusal = service ? service->refusal : REFUSE_RESET;

	count(e, why);
	count_refused(e, service);
	report(e, flow, why);
	/* whose bytes were acknowledged must not be left to wait for an answer */
	if (refusal == REFUSE_DROP && pending_of(e, flow)->acked == 0)
		flow_close(e, flow, "refused");
	else if (refusal != REFUSE_ANSWER || !answer(e, flow, why))
		reset(e, flow);
}

void refuse_timer(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);

	if (p->tries < SENDS_MAX)
		send_answer(e, flow);
	else
		reset(e, flow);
}

/** swallow() - acknowledge what the client still sends, in order; false if there is nothing new */
static bool swallow(struct engine *e, struct flow *flow, const struct packet *packet)
{
	struct pending *p = pending_of(e, flow);
	uint32_t expected = flow->client_isn + 1 + p->acked;
	uint32_t end = packet->seq + (uint32_t)packet->payload_length;

	if (packet->payload_length == 0 && !(packet->flags & TCP_FIN))
		return false;
	if (!p->has_fin && !seq_after(packet->seq, expected) && !seq_before(end, expected)) {
		p->acked += end - expected;
		p->has_fin = packet->flags & TCP_FIN;
		p->acked += p->has_fin;
	}
	return true;
}

/** got_answer() - the client has acknowledged the answer and the FIN */
static void got_answer(struct engine *e, const struct flow *flow)
{
	struct pending *p = pending_of(e, flow);

	if (p->tries > SENDS_MAX)
		return;
	p->tries = SENDS_MAX + 1;
	pending_timer_set(e, p, e->now + LINGER_SECONDS * SECOND);
}

struct next refuse_input(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *packet = &in->packet;
	struct pending *p = pending_of(e, flow);
	uint32_t sent = p->isn + 1 + endpoint_sent(e, flow);
	enum verdict verdict = VERDICT_ABSORBED;

	if (packet->flags & TCP_SYN)
		return (struct next){ .step = NEXT_SYN };
	if (!packet_checksum_ok(in->frame, packet))
		return next_nothing(verdict_drop(e, in, DROP_BAD_CHECKSUM));
	if (packet->flags & TCP_RST) {
		if (packet->seq != flow->client_isn + 1 + p->acked)
			return next_nothing(verdict_drop(e, in, DROP_TCP_WINDOW));
		flow_close(e, flow, "reset");
		return next_nothing(VERDICT_ABSORBED);
	}
	if (!seq_between(packet->ack, p->isn + 1, sent))
		return (struct next){ .step = NEXT_HANDSHAKE };
	timestamps_recent(&p->ts_recent, in, flow->client_isn + 1 + p->acked);
	if (packet->ack == sent)
		got_answer(e, flow);
	if (swallow(e, flow, packet)) {
		endpoint_send(e, flow, 0, endpoint_sent(e, flow), 0);
		verdict = VERDICT_ANSWERED;
	}
	if (p->has_fin && packet->ack == sent)
		flow_close(e, flow, "refused");
	return next_nothing(verdict);
}

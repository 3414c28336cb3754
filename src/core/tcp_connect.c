/* SPDX-License-Identifier: ISC */
/*
 * tcp_connect.c - P3: the handshake with the server, in the client's name, and the flush of the buffer
 *
 * DOC: Theory of operation
 *
 * The SYN carries the client's own initial sequence number, port, MSS, window scale and newest timestamp: to
 * the server it is the client. The record is complete and the flow is ESTABLISHED before the first buffered
 * byte leaves. A server that refuses is followed by the next in rank, and one that is silent is joined by it
 * (tcp_hedge.c); that is safe as long as no byte has been sent, and none has.
 *
 * The server would measure the round trip of its SYN/ACK, which ends at us, and take it for that of everything
 * that it sends: a client further away than the server's least time-out could not acknowledge in time, the server
 * would repeat its first segments and slow down, and it would take little reordering for loss (RFC 8985 6.2). So
 * the SYN of a far client without timestamps goes out twice: a SYN/ACK that was repeated is not measured (RFC 6298
 * 3), and the server begins with a time-out of a second.
 *
 * The buffer stays after the flush until the server has acknowledged it (tcp_splice.c), so that a client
 * cannot have one thing inspected and another one delivered. A lost flush is repeated by the client.
 *
 * Two services may lead to the same server, and then a client that uses the same port for both would have the
 * same addresses and ports twice on the IPv6 side. The second flow gets another source port towards the server.
 */
#include "engine_state.h"

#include "nat46/seq.h"

/** Silence after which the next server is asked as well. */
static const int64_t HEDGE = 300 * MILLISECOND;

enum {
	TRIES_IF_NEXT = 2,	/* SYNs to a server before the next one, where there is no room to ask both */
	STALE_MAX = 3,		/* RSTs to a server that still knows an older connection */
	MSS_MIN = 64,		/* smaller ones are nonsense, and leave no room for options */
	PORT_TRIES = 16,	/* source ports that are tried after the client's own */
};

/** syn_options() - what the client offered and we accepted, offered to the server in turn */
static struct tcp_options syn_options(const struct engine *e, const struct flow *flow, const struct pending *p)
{
	uint16_t fits = tcp_announced_mss(e);
	/* a server without timestamps leaves no room for those that we add to its segments (tcp_timestamps.c); one
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

/** has_next() - is there a server that was not asked yet */
static bool has_next(const struct pending *p)
{
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
	int64_t due = e->now + (has_next(p) && p->tries == 0 ? HEDGE : SECOND << p->tries);
	const struct flow *asked;

	/* a repeated SYN does without, for there are paths that lose the offer (RFC 3168 6.1.1.1) */
	p->ecn_offer = p->ecn_offer && p->tries == 0;
	for (uint32_t i = 0; p->tries > 0 && (asked = hedge_next(e, p, &i));)
		send_syn(e, asked);
	send_syn(e, flow);
	if (p->is_far && p->tries == 0) {
		send_syn(e, flow);
		count(e, EVENT_SYN_DOUBLED);
	}
	p->tries++;
	pending_timer_set(e, p, due < p->deadline ? due : p->deadline);
}

/** send_ack() - acknowledge to the server what the client has, with @length bytes of the buffer from @offset */
static void send_ack(struct engine *e, const struct flow *flow, uint8_t flags, uint32_t offset, uint32_t length)
{
	const struct pending *p = pending_of(e, flow);
	const struct tcp_options options = {
		.has_timestamps = p->timestamps && !(flow->flags & FLOW_STRIP_TIMESTAMPS),
		.ts_value = p->ts_client,
		.ts_echo = p->ts_server,
	};
	const struct segment segment = {
		.flow = flow,
		.to_server = true,
		.seq = flow->client_isn + 1 + offset,
		.ack = flow->to_client.acked,
		.flags = flags | TCP_ACK,
		.window = window_to_server(flow, p->window),
		.options = &options,
		.payload_length = length,
		.payload_buffer = &p->buffer,
		.payload_offset = offset,
	};

	segment_send(e, &segment);
}

/** take_port() - enter @flow into the IPv6 index under its source port; one that is over makes room */
static bool take_port(struct engine *e, struct flow *flow)
{
	struct flow *other;

	if (flow_table_link6(&e->flows, flow))
		return true;
	other = flow_table_find6(&e->flows, &flow->server, flow->server_port, &flow->client6, flow->source_port);
	/* kept for late segments only: the newer connection goes first */
	if (!tcp_state_is_over((enum tcp_state)other->state) || flow_may_reopen(e, other))
		return false;
	flow_end(e, other, "replaced");
	return flow_table_link6(&e->flows, flow);
}

bool connect_take_port(struct engine *e, struct flow *flow)
{
	flow->source_port = flow->client_port;
	for (uint32_t i = 0; !take_port(e, flow); i++) {
		const uint32_t words[] = { flow->client, flow->service, flow->client_port, i };

		if (i == PORT_TRIES)
			return false;
		flow->source_port = (uint16_t)(1024 + siphash_13(&e->key, words, sizeof(words)) % 64512);
	}
	if (flow->source_port != flow->client_port)
		count(e, EVENT_PORT_CHANGED);
	return true;
}

/** silent() - a server did not answer in time */
static void silent(struct engine *e, const struct pending *p, uint8_t candidate)
{
	count(e, EVENT_SERVER_SILENT);
	server_table_failed(e->servers, &p->candidates[candidate], SERVER_ERROR_SILENT, e->now);
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

	for (uint32_t i = 0; (asked = hedge_next(e, p, &i));) {
		if ((uint32_t)(e->now / MILLISECOND) - asked->last_seen >= HEDGE / MILLISECOND)
			silent(e, p, asked->attempts);
		send_reset(e, asked);
		hedge_forget(e, asked);
	}
}

/** abandon_present() - the server that was asked last is no longer wanted */
static void abandon_present(struct engine *e, const struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);

	if (e->now - p->started >= HEDGE)
		silent(e, p, p->candidate);
	send_reset(e, flow);
}

void connect_abandon(struct engine *e, const struct flow *flow)
{
	abandon_others(e, flow);
	abandon_present(e, flow);
}

/** try_next() - send the first SYN to the next candidate */
static void try_next(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);
	const struct server *server = &p->candidates[p->next];

	flow_table_unlink6(&e->flows, flow);
	flow->server = server->address;
	flow->server_port = server->port;
	flow->client6 = address_plan_4to6(&e->config->plan, flow->client);
	p->candidate = p->next++;
	p->tries = 0;
	p->stale = 0;
	p->started = e->now;
	flow_move(&e->flows, flow, TCP_EVENT_CONNECT);
	if (!connect_take_port(e, flow)) {
		abandon_others(e, flow);
		refuse(e, flow, EVENT_REFUSED_FULL);
		return;
	}
	ask(e, flow);
}

/** struct health - what is_failing() needs */
struct health {
	const struct server_table *table;
	int64_t now;
};

static bool is_failing(const void *context, const struct server *server)
{
	const struct health *health = context;

	return server_table_is_failing(health->table, server, health->now);
}

size_t connect_rank(const struct engine *e, const struct flow *flow, const struct server_set *servers,
		    struct server *candidates)
{
	const struct health health = { .table = e->servers, .now = e->now };

	return service_rank(servers, flow->client, flow->service_port, is_failing, &health, candidates);
}

void connect_start(struct engine *e, struct flow *flow, const struct server_set *servers)
{
	struct pending *p = pending_of(e, flow);

	p->candidate_count = (uint8_t)connect_rank(e, flow, servers, p->candidates);
	p->next = 0;
	p->deadline = e->now + e->config->timeouts.connect;
	try_next(e, flow);
}

bool connect_has_other(const struct engine *e, const struct flow *flow)
{
	const struct pending *p = &e->pending[flow->pending - 1];
	uint32_t position = 0;

	return flow->state == TCP_STATE_ASKED || has_next(p) || hedge_next(e, p, &position);
}

void connect_refused(struct engine *e, struct flow *flow, enum server_error error)
{
	struct pending *p = pending_of(e, flow);
	uint8_t candidate = flow->state == TCP_STATE_ASKED ? flow->attempts : p->candidate;
	uint32_t position = 0;
	struct flow *asked;

	server_table_failed(e->servers, &p->candidates[candidate], error, e->now);
	count(e, EVENT_SERVER_REFUSED);
	if (flow->state == TCP_STATE_ASKED) {
		hedge_forget(e, flow);
	} else if (has_next(p)) {
		count(e, EVENT_SERVER_NEXT);
		try_next(e, flow);
	} else if ((asked = hedge_next(e, p, &position))) {
		hedge_take_over(e, flow, asked);
	} else {
		refuse(e, flow, EVENT_REFUSED_NO_SERVER);
	}
}

void connect_timer(struct engine *e, struct flow *flow)
{
	const struct pending *p = pending_of(e, flow);

	if (e->now >= p->deadline) {
		connect_abandon(e, flow);
		refuse(e, flow, EVENT_REFUSED_SILENCE);
		return;
	}
	if (has_next(p) && !hedge_keep(e, flow)) {
		if (p->tries < TRIES_IF_NEXT) {
			ask(e, flow);
			return;
		}
		abandon_present(e, flow);
	}
	if (has_next(p)) {
		count(e, EVENT_SERVER_NEXT);
		try_next(e, flow);
	} else {
		ask(e, flow);
	}
}

/** keep_promises() - compare what the server accepted with what we promised the client: the repairs R1 to R4 */
static void keep_promises(struct flow *flow, const struct pending *p, const struct input *in)
{
	const struct tcp_options *o = &in->options;

	if (p->scaled && o->has_window_scale)
		flow->server_scale = o->window_scale & 0xfu;
	else
		flow->raise = flow->client_scale;
	if (!p->timestamps || !o->has_timestamps)
		flow->flags |= FLOW_STRIP_TIMESTAMPS;
	if (p->timestamps && !o->has_timestamps) {
		flow->flags |= FLOW_INSERT_TIMESTAMPS;
		flow->ts_recent = p->ts_recent;
	}
	if (!p->sack || !o->sack_permitted)
		flow->flags |= FLOW_STRIP_SACK;
	flow->strip_ecn = p->ecn && !ecn_is_accepted(&in->packet);
}

/** track_start() - what both ends have sent and may send */
static void track_start(struct flow *flow, const struct pending *p, uint16_t server_window)
{
	uint32_t first = flow->client_isn + 1;

	flow->to_server = (struct flow_direction){ .end = first, .acked = first, .edge = first + server_window };
	first = flow->server_isn + 1;
	flow->to_client = (struct flow_direction){ .end = first, .acked = first, .edge = first + p->window };
}

/** report_bound() - session log: the rule is found again, for it is not kept */
static void report_bound(struct engine *e, const struct flow *flow)
{
	struct choice choice;

	if (!e->hooks.session)
		return;
	waiting_decide(e, flow, true, &choice);
	report_session(e, SESSION_BOUND, flow, choice.text ? choice.text : "", choice.host);
}

/** learn() - remember what the server's handshake showed, for the next client */
static void learn(struct engine *e, const struct flow *flow, const struct pending *p, const struct tcp_options *o)
{
	const struct service *service = service_find(e->config, flow->service, flow->service_port);
	uint16_t mss = flow->server_mss < TCP_MSS_DEFAULT ? TCP_MSS_DEFAULT : flow->server_mss;
	struct server_answer answer = {
		.without_sack = p->sack && !o->sack_permitted,
		.without_timestamps = p->timestamps && !o->has_timestamps,
		.without_ecn = p->ecn_offer && flow->strip_ecn,
		.mss = mss < tcp_announced_mss(e) ? mss : 0,
	};

	server_table_connected(e->servers, &p->candidates[p->candidate], e->now - p->started, e->now);
	if (service && server_table_learn(e->servers, service, &answer, e->now))
		report_shortfall(e, flow, &answer);
}

/** connected() - the server accepted: the flow is bound, and the buffer goes out */
static enum verdict connected(struct engine *e, struct flow *flow, const struct input *in)
{
	struct pending *p = pending_of(e, flow);
	uint16_t mss = in->options.has_mss ? in->options.mss : TCP_MSS_DEFAULT6;

	abandon_others(e, flow);
	if (mss < MSS_MIN)
		mss = MSS_MIN;
	flow->server_isn = in->packet.seq;
	flow->server_mss = mss;
	flow->delta = p->isn - flow->server_isn;
	keep_promises(flow, p, in);
	if (!(flow->flags & FLOW_STRIP_TIMESTAMPS)) {
		p->ts_server = in->options.ts_value;
		flow->theta = p->ts_server - p->ts_ours;
	}
	learn(e, flow, p, &in->options);
	p->mss = mss < tcp_announced_mss(e) ? mss : tcp_announced_mss(e);
	track_start(flow, p, in->packet.window);
	hold_start(e, flow);
	flow_move(&e->flows, flow, TCP_EVENT_CONNECTED);
	flow_touch(e, flow);
	count(e, EVENT_SERVER_CONNECTED);
	send_ack(e, flow, 0, 0, 0);
	trace_server_connected(e, flow);
	report_bound(e, flow);
	connect_flush(e, flow);
	return VERDICT_ABSORBED;
}

/** flush_range() - send known bytes of the buffer in segments that the server takes */
static void flush_range(struct engine *e, const struct flow *flow, const struct buffer_range *range)
{
	const struct pending *p = pending_of(e, flow);
	uint32_t options = p->timestamps && !(flow->flags & FLOW_STRIP_TIMESTAMPS) ? 12 : 0;
	uint32_t most = p->mss - options;
	uint32_t offset = range->start;

	if (most > SEGMENT_PAYLOAD_MAX)
		most = SEGMENT_PAYLOAD_MAX;
	while (offset < range->end) {
		uint32_t left = range->end - offset;
		uint32_t length = left < most ? left : most;

		send_ack(e, flow, length == left ? TCP_PSH : 0, offset, length);
		offset += length;
	}
}

void connect_flush(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);
	uint32_t first = flow->client_isn + 1;
	uint32_t room = flow->to_server.edge - first;
	struct buffer_range range;

	while (p->flushed < room && buffer_range_from(&p->buffer, p->flushed, &range) && range.start < room) {
		if (range.end > room)
			range.end = room;
		flush_range(e, flow, &range);
		p->flushed = range.end;
	}
	if (seq_after(first + p->flushed, flow->to_server.end))
		flow->to_server.end = first + p->flushed;
	if (p->has_fin && p->flushed == p->fin) {
		send_ack(e, flow, TCP_FIN, p->fin, 0);
		p->flushed = p->fin + 1;
		flow->to_server.end = first + p->flushed;
		flow->flags |= FLOW_CLIENT_FIN;
		flow_move(&e->flows, flow, TCP_EVENT_CLIENT_FIN);
	}
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
static enum verdict accepted(struct engine *e, struct flow *flow, const struct input *in)
{
	struct flow *owner = flow_table_at(&e->flows, pending_of(e, flow)->flow - 1);

	if (flow != owner) {
		abandon_present(e, owner);
		hedge_take_over(e, owner, flow);
	}
	return connected(e, owner, in);
}

enum verdict connect_input(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *packet = &in->packet;
	bool is_ours = packet->flags & TCP_ACK && packet->ack == flow->client_isn + 1;

	if (!packet_checksum_ok(in->frame, packet))
		return verdict_drop(e, in, DROP_BAD_CHECKSUM);
	if (packet->flags & TCP_RST) {
		if (!is_ours)
			return verdict_drop(e, in, DROP_TCP_STATE);
		connect_refused(e, flow, SERVER_ERROR_REFUSED);
		return VERDICT_ABSORBED;
	}
	if (packet->flags & TCP_SYN && is_ours)
		return accepted(e, flow, in);
	if (packet->flags & TCP_ACK && !is_ours)
		return input_stale(e, flow, in);
	return verdict_drop(e, in, DROP_TCP_STATE);
}

enum verdict connect_again(struct engine *e, struct flow *flow, struct input *in)
{
	if (!pending_of(e, flow) || in->packet.seq != flow->server_isn || in->packet.ack != flow->client_isn + 1)
		return verdict_drop(e, in, DROP_TCP_STATE);
	send_ack(e, flow, 0, 0, 0);
	return VERDICT_ANSWERED;
}

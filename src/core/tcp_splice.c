/* SPDX-License-Identifier: ISC */
/*
 * tcp_splice.c - P4: rewrite the headers of a bound connection, in both directions
 *
 * DOC: Theory of operation
 *
 * The server got the client's own initial sequence number, so only the other direction is shifted:
 *
 *			client to server		server to client
 *	seq		unchanged			+ delta
 *	ack		- delta				unchanged
 *	SACK edges	- delta				unchanged
 *	TSval		unchanged			- theta
 *	TSecr		+ theta				unchanged
 *	window		R1				recomputed for our scale
 *
 * with delta = our ISN - ISN of the server, theta = TSval of the server's SYN/ACK - TSval of ours. What our
 * SYN/ACK promised and the server does not keep is repaired for the life of the connection:
 *
 *	R1	the server does not scale windows: those of the client are raised to bytes, at most 65,535
 *	R2	the server has no SACK: the option becomes NOPs
 *	R3	the server has no timestamps: the client's become NOPs, and the client gets ours (tcp_timestamps.c)
 *	R4	the server has no ECN: nothing of it passes, and marked data is dropped (tcp_ecn.c)
 *	R5	the server's MSS is smaller than the one that we announced: segments are cut (tcp_split.c)
 *	R6	options that were not negotiated become NOPs in both directions
 *
 * Windows are only ever rounded down, except that an open one does not become a closed one. Everything else,
 * loss, flow and congestion control, closing, is between the two hosts. Flows of services without rules come
 * here from the SYN on, with delta and theta 0 and options as they are; only the MSS is clamped.
 *
 * As long as a flow has a pending record, payload of the client that overlaps the buffer is overwritten with
 * the buffer: the server must not get other bytes than those that were inspected.
 */
#include "engine_state.h"

#include "nat46/seq.h"
#include "nat46/tcp_rewrite.h"
#include "nat46/translate.h"

/** client_window() - window field towards the server (R1) */
static uint16_t client_window(const struct flow *flow, uint16_t window)
{
	return window_field((uint32_t)window << flow->raise);
}

/**
 * server_window() - window field towards the client, rounded down, but not to zero
 *
 * A server whose whole buffer is smaller than our unit would seem closed for ever, and its client wait for ever.
 * One unit is at most 2^14 bytes too much: what does not fit the server drops, and the client repeats it.
 */
static uint16_t server_window(struct engine *e, const struct flow *flow, uint16_t window)
{
	uint32_t scaled = (uint32_t)window << flow->server_scale >> flow->our_scale;

	if (scaled == 0 && window != 0) {
		count(e, EVENT_WINDOW_RAISED);
		scaled = 1;
	}
	return window_field(scaled);
}

/**
 * keep_payload() - overwrite payload that overlaps the buffer with the buffer
 * @payload: offset of the payload in the segment of @rewrite
 */
static void keep_payload(struct engine *e, const struct flow *flow, const struct packet *p,
			 struct tcp_rewrite *rewrite, size_t payload)
{
	const struct pending *pending = pending_of(e, flow);
	int64_t start = seq_distance(p->seq, flow->client_isn + 1);
	int64_t end = start + (int64_t)p->payload_length;
	struct buffer_range range = { 0 };
	bool changed = false;

	while (buffer_range_from(&pending->buffer, range.end, &range) && range.start < end) {
		int64_t from = range.start > start ? range.start : start;
		int64_t to = range.end < end ? range.end : end;
		size_t offset = payload + (size_t)(from - start);

		if (from >= to)
			continue;
		buffer_read(&e->buffers, &pending->buffer, (uint32_t)from, e->scratch, (uint32_t)(to - from));
		if (memcmp(span_at(rewrite->segment, offset, (size_t)(to - from)), e->scratch,
			   (size_t)(to - from)) == 0)
			continue;
		tcp_rewrite_bytes(rewrite, offset, e->scratch, (size_t)(to - from));
		changed = true;
	}
	if (changed)
		count(e, EVENT_PAYLOAD_KEPT);
}

/** rewrite_to_server() - everything but the addresses; the options have been parsed before */
static void rewrite_to_server(struct engine *e, const struct flow *flow, const struct packet *p,
			      struct tcp_rewrite *rewrite)
{
	const struct tcp_option_changes changes = {
		.sack_shift = 0u - flow->delta,
		.ts_echo_shift = flow->theta,
		.strip_sack = flow->flags & FLOW_STRIP_SACK,
		.strip_timestamps = flow->flags & FLOW_STRIP_TIMESTAMPS,
	};
	size_t options = p->payload - p->transport - TCP_HEADER;

	tcp_rewrite_16(rewrite, TCP_FIELD_SOURCE_PORT, flow->source_port);
	tcp_rewrite_16(rewrite, TCP_FIELD_DESTINATION_PORT, flow->server_port);
	if (!(flow->flags & FLOW_SPLICED)) {
		if (p->flags & TCP_SYN)
			tcp_rewrite_clamp_mss(rewrite, options, tcp_announced_mss(e));
		return;
	}
	if (p->flags & TCP_ACK)
		tcp_rewrite_32(rewrite, TCP_FIELD_ACK, p->ack - flow->delta);
	if (!(p->flags & TCP_RST))
		tcp_rewrite_16(rewrite, TCP_FIELD_WINDOW, client_window(flow, p->window));
	if (flow->strip_ecn)
		tcp_rewrite_bytes(rewrite, TCP_FIELD_FLAGS, &p->flags, 1);
	tcp_rewrite_options(rewrite, options, &changes);
	if (flow->pending && p->payload_length > 0)
		keep_payload(e, flow, p, rewrite, p->payload - p->transport);
}

/** rewrite_to_client() - everything but the addresses; @has_ours: the options are our own already */
static void rewrite_to_client(struct engine *e, const struct flow *flow, const struct packet *p,
			      struct tcp_rewrite *rewrite, bool has_ours)
{
	const struct tcp_option_changes changes = {
		.ts_value_shift = 0u - flow->theta,
		.strip_sack = flow->flags & FLOW_STRIP_SACK,
		.strip_timestamps = flow->flags & FLOW_STRIP_TIMESTAMPS,
	};
	size_t options = p->payload - p->transport - TCP_HEADER;

	tcp_rewrite_16(rewrite, TCP_FIELD_SOURCE_PORT, flow->service_port);
	tcp_rewrite_16(rewrite, TCP_FIELD_DESTINATION_PORT, flow->client_port);
	if (!(flow->flags & FLOW_SPLICED)) {
		if (p->flags & TCP_SYN)
			tcp_rewrite_clamp_mss(rewrite, options, tcp_announced_mss(e));
		return;
	}
	tcp_rewrite_32(rewrite, TCP_FIELD_SEQ, p->seq + flow->delta);
	if (!(p->flags & TCP_RST))
		tcp_rewrite_16(rewrite, TCP_FIELD_WINDOW, server_window(e, flow, p->window));
	if (flow->strip_ecn)
		tcp_rewrite_bytes(rewrite, TCP_FIELD_FLAGS, &p->flags, 1);
	if (!has_ours)
		tcp_rewrite_options(rewrite, options, &changes);
}

/** pass_to_server() - translate and send a segment of the client */
static enum verdict pass_to_server(struct engine *e, const struct flow *flow, struct input *in)
{
	struct packet *p = &in->packet;
	uint64_t addresses = packet_address_sum(p);
	struct tcp_rewrite rewrite;

	if (p->hop_limit <= 1)
		return icmp_hop_limit(e, in);
	trace_packet(e, TRACE_NAT46_IN, p);
	translate_4to6(in->frame, p, &flow->client6, &flow->server);
	rewrite = tcp_rewrite_begin(packet_transport(in->frame, p), in->frame->offload.partial);
	tcp_rewrite_addresses(&rewrite, addresses, packet_address_sum(p));
	rewrite_to_server(e, flow, p, &rewrite);
	tcp_rewrite_finish(&rewrite);
	p->source_port = flow->source_port;
	p->destination_port = flow->server_port;
	p->ack = p->flags & TCP_ACK ? p->ack - flow->delta : p->ack;
	return split_emit(e, flow, in);
}

/** take_identifications() - the first of as many IPv4 identifications as there are packets in a frame */
static uint16_t take_identifications(struct engine *e, const struct input *in)
{
	const struct offload *offload = &in->frame->offload;
	uint16_t first = e->ipv4_id;
	size_t count = 1;

	if (offload->gso != GSO_NONE)
		count += in->packet.payload_length / offload->segment_size;
	e->ipv4_id = (uint16_t)(first + count);
	return first;
}

/** pass_to_client() - translate and send a segment of the server */
static enum verdict pass_to_client(struct engine *e, const struct flow *flow, struct input *in)
{
	struct packet *p = &in->packet;
	uint64_t addresses = packet_address_sum(p);
	struct tcp_rewrite rewrite;
	bool has_ours;

	if (p->hop_limit <= 1)
		return icmp_hop_limit(e, in);
	if (p->length - p->transport > UINT16_MAX - IPV4_HEADER)
		return icmp_too_big(e, in, e->config->mtu);
	has_ours = flow->flags & FLOW_INSERT_TIMESTAMPS && timestamps_insert(e, flow, in);
	translate_6to4(in->frame, p, flow->service, flow->client, take_identifications(e, in));
	rewrite = tcp_rewrite_begin(packet_transport(in->frame, p), in->frame->offload.partial);
	tcp_rewrite_addresses(&rewrite, addresses, packet_address_sum(p));
	rewrite_to_client(e, flow, p, &rewrite, has_ours);
	tcp_rewrite_finish(&rewrite);
	p->source_port = flow->service_port;
	p->destination_port = flow->client_port;
	p->seq += flow->delta;
	trace_packet(e, TRACE_NAT64_OUT, p);
	emit(e, in->frame);
	return VERDICT_FORWARDED;
}

/** choose_server() - enter the flow under the candidate of @rank; false if no source port is free */
static bool choose_server(struct engine *e, struct flow *flow, const struct service *service, uint32_t rank)
{
	struct server candidates[CANDIDATES_MAX];
	size_t count = connect_rank(e, flow, &service->fallback, candidates);
	const struct server *server = &candidates[rank % count];

	flow_table_unlink6(&e->flows, flow);
	flow->server = server->address;
	flow->server_port = server->port;
	flow->client6 = address_plan_4to6(&e->config->plan, flow->client);
	return connect_take_port(e, flow);
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

enum verdict splice_open(struct engine *e, struct input *in, const struct service *service)
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
	if (!choose_server(e, flow, service, 0)) {
		source_leave(e, p->source4);
		flow_table_release(&e->flows, flow);
		return verdict_drop(e, in, DROP_TCP_COLLISION);
	}
	linked = flow_table_link4(&e->flows, flow);
	NAT46_ASSERT(linked);
	flow_move(&e->flows, flow, TCP_EVENT_PASS);
	flow_touch(e, flow);
	count(e, EVENT_FLOW_OPENED);
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
		if (choose_server(e, flow, service, ++flow->attempts))
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

/** window_to_client() - what the server has announced last, as far as we know */
static uint16_t window_to_client(const struct flow *flow)
{
	return window_field((flow->to_server.edge - flow->to_server.acked) >> flow->our_scale);
}

/** options_to_client() - of a segment of our own: no TSval unless the clock is ours, for we do not know the server's */
static struct tcp_options options_to_client(const struct engine *e, const struct flow *flow)
{
	return (struct tcp_options){
		.has_timestamps = flow->flags & FLOW_INSERT_TIMESTAMPS,
		.ts_value = timestamps_clock(e, flow->client, flow->service),
		.ts_echo = flow->ts_recent,
	};
}

/** is_repeated_syn() - the SYN that opened a connection without splice: its client has not got the server's answer */
static bool is_repeated_syn(const struct flow *flow, const struct packet *p)
{
	return !(flow->flags & FLOW_SPLICED) && !(p->flags & TCP_ACK) && p->seq == flow->client_isn;
}

/**
 * challenge() - a SYN in the middle of a connection: let its sender show who it is (RFC 5961 4.2)
 *
 * A stranger does not get the answer, and the connection goes on. A client that has begun anew answers with a RST at
 * the very number, which ends the old connection at the server and here, and repeats its SYN.
 */
static enum verdict challenge(struct engine *e, const struct flow *flow, const struct input *in)
{
	const struct tcp_options options = options_to_client(e, flow);
	const struct segment ack = {
		.flow = flow,
		.seq = flow->to_client.acked + flow->delta,
		.ack = flow->to_server.acked,
		.flags = TCP_ACK,
		.window = window_to_client(flow),
		.options = &options,
	};

	if (!rate_limit_take(&e->challenges, e->now))
		return verdict_drop(e, in, DROP_RATE);
	segment_send(e, &ack);
	return VERDICT_ANSWERED;
}

bool splice_probe(struct engine *e, struct flow *flow)
{
	const struct tcp_options options = options_to_client(e, flow);
	/* one below the last byte that was acknowledged, as keep-alive does (RFC 9293 3.8.4): the answer passes us */
	const struct segment to_client = {
		.flow = flow,
		.seq = flow->to_client.acked + flow->delta - 1,
		.ack = flow->to_server.acked,
		.flags = TCP_ACK,
		.window = window_to_client(flow),
		.options = &options,
	};
	const struct segment to_server = {
		.flow = flow,
		.to_server = true,
		.seq = flow->to_server.acked - 1,
		.ack = flow->to_client.acked,
		.flags = TCP_ACK,
		.window = window_to_server(flow, flow->to_client.edge - flow->to_client.acked),
	};
	const uint8_t asked = flow->state == TCP_STATE_PROBED ? flow->attempts : 0;

	if ((flow->state != TCP_STATE_ESTABLISHED && flow->state != TCP_STATE_PROBED) || asked == TCP_PROBES ||
	    flow->pending || !e->config->keepalive)
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

/**
 * keep_newest() - remember the newest timestamp and window of the client while buffered bytes are still to follow
 *
 * They must not look older than what was passed on before them: the server would drop them (RFC 7323 5.3).
 */
static void keep_newest(struct engine *e, const struct flow *flow, const struct input *in)
{
	struct pending *pending = pending_of(e, flow);
	const struct flow_direction *d = &flow->to_server;

	/* a client may be ahead of the server by what we promised, and behind it by what it repeats */
	if (in->packet.flags & TCP_RST || !seq_between(in->packet.seq, d->acked - UINT16_MAX, d->edge + UINT16_MAX) ||
	    !packet_checksum_ok(in->frame, &in->packet))
		return;
	if (in->options.has_timestamps && seq_after(in->options.ts_value, pending->ts_client))
		pending->ts_client = in->options.ts_value;
	if (in->packet.ack - flow->delta == flow->to_client.acked)
		pending->window = (uint32_t)in->packet.window << flow->client_scale;
}

/**
 * is_storm() - is the segment one of an ACK storm
 * @side: 0: of the client, 1: of the server
 */
static bool is_storm(struct engine *e, const struct flow *flow, const struct input *in, unsigned int side)
{
	const struct packet *p = &in->packet;
	uint32_t index = flow_table_index(&e->flows, flow);

	if (p->flags == TCP_ACK && p->payload_length == 0 && !in->options.has_sack)
		return ack_storm_watch(&e->storms, index, side, p->seq, p->ack, p->window, e->now);
	ack_storm_calm(&e->storms, index);
	return false;
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
	uint32_t first = flow->client_isn + 1;

	flow->to_server = (struct flow_direction){ .end = first, .acked = first, .edge = first + window };
	first = server_isn + 1;
	flow->to_client = (struct flow_direction){ .end = first, .acked = first, .edge = first + UINT16_MAX };
	flow->server_isn = server_isn;
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

enum verdict splice_from_client(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;

	if (flow->state == TCP_STATE_OPENING) {
		if (p->flags & TCP_SYN)
			return reopen(e, flow, in);
		if (!is_former(flow, in))
			return pass_to_server(e, flow, in);
		flow->client_isn = p->seq - 1;
		opened(e, flow, p->ack - 1, UINT16_MAX);
	}
	if (p->flags & TCP_SYN && !is_repeated_syn(flow, p))
		return challenge(e, flow, in);
	/* one direction is enough: what does not arrive is not answered */
	if (is_storm(e, flow, in, 0))
		return verdict_drop(e, in, DROP_ACK_STORM);
	if (flow->strip_ecn) {
		if (ecn_is_marked(p))
			return verdict_drop(e, in, DROP_ECN_MARKED);
		ecn_clear(in);
	}
	if (!(p->flags & TCP_SYN))
		track_from_client(e, flow, in);
	if (flow->flags & FLOW_INSERT_TIMESTAMPS)
		timestamps_from_client(flow, in);
	if (flow->pending) {
		keep_newest(e, flow, in);
		if (hold_data(e, flow, in))
			return VERDICT_ABSORBED;
		hold_settle(e, flow);
	}
	return pass_to_server(e, flow, in);
}

/** opening_from_server() - a server's answer to a SYN that went through */
static enum verdict opening_from_server(struct engine *e, struct flow *flow, struct input *in)
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

/**
 * settle() - go on with the flush as the server makes room, and let go of the buffer when all has arrived
 *
 * A RST may be forged, or not arrive, and then the client goes on: what was inspected stays, as the connection does.
 */
static void settle(struct engine *e, struct flow *flow, const struct packet *p)
{
	if (flow->state == TCP_STATE_RESET || !(p->flags & TCP_ACK) || p->flags & TCP_RST)
		return;
	connect_flush(e, flow);
	hold_settle(e, flow);
}

enum verdict splice_from_server(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;

	if (flow->state == TCP_STATE_OPENING)
		return opening_from_server(e, flow, in);
	if (p->flags & TCP_SYN) {
		if (flow->flags & FLOW_SPLICED)
			return connect_again(e, flow, in);
		return pass_to_client(e, flow, in);
	}
	is_storm(e, flow, in, 1);
	if (flow->strip_ecn)
		ecn_clear(in);
	track_from_server(e, flow, in);
	if (flow->pending)
		settle(e, flow, p);
	return pass_to_client(e, flow, in);
}

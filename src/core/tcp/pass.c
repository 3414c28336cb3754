/* SPDX-License-Identifier: ISC */
/*
 * pass.c - P4: rewrite the headers of a segment, and send it on
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
 *	R3	the server has no timestamps: the client's become NOPs, and the client gets ours (timestamps.c)
 *	R4	the server has no ECN: nothing of it passes, and marked data is dropped (ecn.c)
 *	R5	the server's MSS is smaller than the one that we announced: segments are cut (split.c)
 *	R6	options that were not negotiated become NOPs in both directions
 *
 * Windows are only ever rounded down, except that an open one does not become a closed one. Everything else,
 * loss, flow and congestion control, closing, is between the two hosts. Flows of services without rules come
 * here from the SYN on, with delta and theta 0 and options as they are; only the MSS is clamped.
 *
 * As long as a flow has a pending record, payload of the client that overlaps the buffer is overwritten with
 * the buffer: the server must not get other bytes than those that were inspected. Nor is any of the client's data
 * urgent then: a server takes an urgent byte out of its stream (RFC 6093 3.1), and would read another name than we did.
 */
#include "core/tcp/pass.h"

#include "core/base/icmp_error.h"
#include "core/base/output.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/tcp/split.h"
#include "core/tcp/timestamps.h"
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

/** clear_urgent() - let the data of a segment be like any other */
static void clear_urgent(struct engine *e, struct packet *p, struct tcp_rewrite *rewrite)
{
	p->flags = (uint8_t)(p->flags & ~TCP_URG);
	tcp_rewrite_bytes(rewrite, TCP_FIELD_FLAGS, &p->flags, 1);
	tcp_rewrite_16(rewrite, TCP_FIELD_URGENT, 0);
	count(e, EVENT_URGENT_CLEARED);
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
		if (p->flags & TCP_SYN && e->config->clamp_mss)
			tcp_rewrite_clamp_mss(rewrite, options, announced_mss(e));
		return;
	}
	if (p->flags & TCP_ACK)
		tcp_rewrite_32(rewrite, TCP_FIELD_ACK, p->ack - flow->delta);
	if (!(p->flags & TCP_RST))
		tcp_rewrite_16(rewrite, TCP_FIELD_WINDOW, client_window(flow, p->window));
	if (flow->strip_ecn)
		tcp_rewrite_bytes(rewrite, TCP_FIELD_FLAGS, &p->flags, 1);
	tcp_rewrite_options(rewrite, options, &changes);
	if (flow->has_pending && p->payload_length > 0)
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
		if (p->flags & TCP_SYN && e->config->clamp_mss)
			tcp_rewrite_clamp_mss(rewrite, options, announced_mss(e));
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

enum verdict pass_to_server(struct engine *e, const struct flow *flow, struct input *in)
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
	if (flow->has_pending && p->flags & TCP_URG)
		clear_urgent(e, p, &rewrite);
	tcp_rewrite_finish(&rewrite);
	p->source_port = flow->source_port;
	p->destination_port = flow->server_port;
	p->ack = p->flags & TCP_ACK ? p->ack - flow->delta : p->ack;
	return split_emit(e, flow, in);
}

enum verdict pass_to_client(struct engine *e, const struct flow *flow, struct input *in)
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
	translate_6to4(in->frame, p, flow->service, flow->client, output_identifications(e, in));
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

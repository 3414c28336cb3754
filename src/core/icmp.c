/* SPDX-License-Identifier: ISC */
/*
 * icmp.c - be a good host: answer echo, send errors, and pass errors about connections on
 *
 * DOC: Theory of operation
 *
 * An error about a segment that we sent for one host belongs to the other one. The segment that it quotes
 * has our addresses, ports and sequence numbers; the host only believes the error if all of them are put
 * back to its own (RFC 5927 4.1: the quoted sequence number is checked), and without that, path MTU
 * discovery would fail silently. The quote of a segment to the client has the server's sequence number
 * plus delta; the quote of a segment to the server has the client's own, and only its ACK is shifted.
 *
 * Errors never create, refresh or end a flow (RFC 5508). The one exception is an error about our own SYN:
 * there we are the host, and go to the next server.
 *
 * Types and codes are translated by RFC 7915 4.2 and 5.2; what those leave out is dropped.
 */
#include "engine_state.h"

#include "nat46/checksum.h"
#include "nat46/seq.h"
#include "nat46/tcp_rewrite.h"
#include "nat46/translate.h"

enum {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER = 12,
};

enum {
	ICMP_CODE_PROTOCOL = 2,
	ICMP_CODE_PORT = 3,
	ICMP_CODE_FRAG_NEEDED = 4,
	ICMP_CODE_PROHIBITED = 10,
};

enum {
	ICMPV6_UNREACHABLE = 1,
	ICMPV6_TOO_BIG = 2,
	ICMPV6_TIME_EXCEEDED = 3,
	ICMPV6_PARAMETER = 4,
	ICMPV6_ECHO = 128,
	ICMPV6_ECHO_REPLY = 129,
	ICMPV6_CODE_PROHIBITED = 1,
	ICMPV6_CODE_PORT = 4,
};

/** Largest ICMP error, outer header included: fits every IPv6 link, and RFC 1812 allows it for IPv4 as 576 or more. */
#define ERROR_MAX 1280u
#define ERROR4_MAX 576u
#define IPV6_MTU_MIN 1280u
#define NO_POINTER UINT8_MAX

/**
 * struct icmp_error - an ICMP error in the terms of one family
 * @type, @code: as in the header
 * @rest: the 32 bits behind the checksum: MTU or pointer
 */
struct icmp_error {
	uint8_t type;
	uint8_t code;
	uint32_t rest;
};

/** output_room() - the engine's output buffer behind its headroom */
static struct span output_room(struct engine *e)
{
	return span_part(span_over(e->output, sizeof(e->output)), FRAME_HEADROOM, OUTPUT_MAX);
}

/** send_output() - emit the packet of @length bytes in the output buffer */
static void send_output(struct engine *e, size_t length, enum trace_kind kind, const struct packet *about)
{
	struct frame frame = {
		.data = output_room(e).bytes,
		.length = length,
		.headroom = FRAME_HEADROOM,
	};

	trace_packet(e, kind, about);
	emit(e, &frame);
}

/** finish_icmp() - checksum and IP header for an ICMP message in the output buffer, then send it */
static void finish_icmp(struct engine *e, struct packet *p, enum trace_kind kind)
{
	struct span whole = span_part(output_room(e), 0, p->length);
	struct span message = span_part(whole, p->transport, p->length - p->transport);
	uint64_t sum;

	p->protocol = p->is_ipv6 ? IP_PROTOCOL_ICMPV6 : IP_PROTOCOL_ICMP;
	p->icmp_type = span_get8(message, 0);
	p->icmp_code = span_get8(message, 1);
	span_put16(message, 2, 0);
	sum = checksum_sum(message.bytes, message.length);
	if (p->is_ipv6) {
		sum += checksum_pseudo6(&p->source6, &p->destination6, IP_PROTOCOL_ICMPV6, message.length);
		ipv6_header_write(whole, IP_PROTOCOL_ICMPV6, 0, HOP_LIMIT, &p->source6, &p->destination6);
	} else {
		ipv4_header_write(whole, IP_PROTOCOL_ICMP, 0, HOP_LIMIT, p->source4, p->destination4, false,
				  e->ipv4_id++);
	}
	span_put16(message, 2, checksum_finish(sum));
	send_output(e, p->length, kind, p);
}

/** put_error() - ICMP header of an error at the transport offset of @p in the output buffer */
static void put_error(struct engine *e, const struct packet *p, const struct icmp_error *error)
{
	struct span header = span_part(output_room(e), p->transport, ICMP_HEADER);

	span_put8(header, 0, error->type);
	span_put8(header, 1, error->code);
	span_put16(header, 2, 0);
	span_put32(header, 4, error->rest);
}

/* ---- errors of our own ---- */

/** may_send_error() - errors are not sent about errors, to groups, or without limit (RFC 1122 3.2.2, RFC 4443 2.4) */
static bool may_send_error(const struct packet *p)
{
	if (p->is_ipv6)
		return ipv6_is_host(&p->source6) && p->protocol != IP_PROTOCOL_ICMPV6;
	return ipv4_is_host(p->source4) && (p->protocol != IP_PROTOCOL_ICMP || p->icmp_type == ICMP_ECHO);
}

/** send_error() - send an error about the input packet to its source, from our own address if there is one */
static void send_error(struct engine *e, const struct input *in, const struct icmp_error *error)
{
	const struct packet *about = &in->packet;
	struct packet p = {
		.is_ipv6 = about->is_ipv6,
		.source4 = e->config->router_ipv4 ? e->config->router_ipv4 : about->destination4,
		.destination4 = about->source4,
		.source6 = e->config->has_router_ipv6 ? e->config->router_ipv6 : about->destination6,
		.destination6 = about->source6,
		.transport = about->is_ipv6 ? IPV6_HEADER : IPV4_HEADER,
	};
	size_t room = (about->is_ipv6 ? ERROR_MAX : ERROR4_MAX) - p.transport - ICMP_HEADER;
	size_t quoted = about->length < room ? about->length : room;

	put_error(e, &p, error);
	span_copy(output_room(e), p.transport + ICMP_HEADER, in->frame->data, quoted);
	p.length = p.transport + ICMP_HEADER + quoted;
	count(e, EVENT_ICMP_SENT);
	finish_icmp(e, &p, about->is_ipv6 ? TRACE_NAT46_OUT : TRACE_OUTGOING);
}

/** drop_with_error() - drop the input packet, and say so if that is allowed */
static enum verdict drop_with_error(struct engine *e, const struct input *in, enum drop why,
				    const struct icmp_error *error)
{
	if (may_send_error(&in->packet) && rate_limit_take(&e->errors, e->now))
		send_error(e, in, error);
	return verdict_drop(e, in, why);
}

enum verdict icmp_hop_limit(struct engine *e, struct input *in)
{
	const struct icmp_error error = {
		.type = in->packet.is_ipv6 ? ICMPV6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED,
	};

	return drop_with_error(e, in, DROP_HOP_LIMIT, &error);
}

enum verdict icmp_unreachable(struct engine *e, struct input *in)
{
	const struct packet *p = &in->packet;
	struct icmp_error error = { .type = ICMP_UNREACHABLE, .code = ICMP_CODE_PROTOCOL };

	if (p->protocol == IP_PROTOCOL_UDP)
		error.code = ICMP_CODE_PORT;
	if (p->is_ipv6) {
		error.type = ICMPV6_UNREACHABLE;
		error.code = p->protocol == IP_PROTOCOL_UDP ? ICMPV6_CODE_PORT : ICMPV6_CODE_PROHIBITED;
	}
	return drop_with_error(e, in, DROP_PROTOCOL, &error);
}

enum verdict icmp_too_big(struct engine *e, struct input *in, uint32_t mtu)
{
	struct icmp_error error = { .type = ICMPV6_TOO_BIG, .rest = mtu };

	if (!in->packet.is_ipv6)
		error = (struct icmp_error){ ICMP_UNREACHABLE, ICMP_CODE_FRAG_NEEDED, mtu };
	return drop_with_error(e, in, DROP_TOO_BIG, &error);
}

/* ---- echo ---- */

/** answer_echo() - turn the request around in place */
static enum verdict answer_echo(struct engine *e, struct input *in, uint8_t reply)
{
	struct packet *p = &in->packet;
	struct span message = packet_transport(in->frame, p);
	uint16_t checksum = span_get16(message, 2);
	const struct packet request = *p;

	if (!packet_checksum_ok(in->frame, p))
		return verdict_drop(e, in, DROP_BAD_CHECKSUM);
	/* the message stays where it is */
	translate_drop_options(in->frame, p);
	span_put16(message, 2, checksum_update(checksum, (uint64_t)p->icmp_type << 8, (uint64_t)reply << 8));
	span_put8(message, 0, reply);
	p->icmp_type = reply;
	if (p->is_ipv6) {
		p->source6 = request.destination6;
		p->destination6 = request.source6;
		ipv6_header_write(span_part(packet_span(in->frame), 0, p->length), p->protocol, p->traffic_class,
				  HOP_LIMIT, &p->source6, &p->destination6);
	} else {
		p->source4 = request.destination4;
		p->destination4 = request.source4;
		ipv4_header_write(span_part(packet_span(in->frame), 0, p->length), p->protocol, p->traffic_class,
				  HOP_LIMIT, p->source4, p->destination4, false, e->ipv4_id++);
	}
	count(e, EVENT_ECHO);
	trace_packet(e, p->is_ipv6 ? TRACE_NAT46_OUT : TRACE_OUTGOING, p);
	emit(e, in->frame);
	return VERDICT_ANSWERED;
}

/* ---- types and codes ---- */

/** plateau() - the largest RFC 1191 plateau below @length that IPv6 can use, for routers that name no MTU */
static uint32_t plateau(size_t length)
{
	static const uint16_t plateaus[] = { 65535, 32000, 17914, 8166, 4352, 2002, 1492 };

	for (size_t i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++) {
		if (plateaus[i] < length)
			return plateaus[i];
	}
	return IPV6_MTU_MIN;
}

/** error_4to6() - translate an error's head (RFC 7915 4.2); false: drop. @quoted: length of the packet it is about */
static bool error_4to6(const struct engine *e, const struct icmp_error *from, size_t quoted, struct icmp_error *to)
{
	static const uint8_t pointers[] = { 0, 1, 4, 4, NO_POINTER, NO_POINTER, NO_POINTER, NO_POINTER, 7, 6,
					    NO_POINTER, NO_POINTER, 8, 8, 8, 8, 24, 24, 24, 24 };
	uint32_t mtu = from->rest & 0xffff, pointer = from->rest >> 24;

	switch (from->type) {
	case ICMP_UNREACHABLE:
		*to = (struct icmp_error){ .type = ICMPV6_UNREACHABLE };
		if (from->code == ICMP_CODE_FRAG_NEEDED) {
			mtu = (mtu ? mtu : plateau(quoted)) + 20;
			mtu = mtu < e->config->mtu ? mtu : e->config->mtu;
			*to = (struct icmp_error){ .type = ICMPV6_TOO_BIG,
						   .rest = mtu > IPV6_MTU_MIN ? mtu : IPV6_MTU_MIN };
		} else if (from->code == ICMP_CODE_PROTOCOL) {
			*to = (struct icmp_error){ .type = ICMPV6_PARAMETER, .code = 1, .rest = 6 };
		} else if (from->code == ICMP_CODE_PORT) {
			to->code = ICMPV6_CODE_PORT;
		} else if (from->code == 9 || from->code == 10 || from->code == 13 || from->code == 15) {
			to->code = ICMPV6_CODE_PROHIBITED;
		}
		return from->code != 14 && from->code <= 15;
	case ICMP_TIME_EXCEEDED:
		*to = (struct icmp_error){ .type = ICMPV6_TIME_EXCEEDED, .code = from->code };
		return true;
	case ICMP_PARAMETER:
		if ((from->code != 0 && from->code != 2) || pointer >= sizeof(pointers) ||
		    pointers[pointer] == NO_POINTER)
			return false;
		*to = (struct icmp_error){ .type = ICMPV6_PARAMETER, .rest = pointers[pointer] };
		return true;
	default:
		return false;
	}
}

/** pointer_6to4() - where the IPv4 header has what is at @pointer in the IPv6 header (RFC 7915 figure 6) */
static uint8_t pointer_6to4(uint32_t pointer)
{
	static const uint8_t pointers[] = { 0, 1, NO_POINTER, NO_POINTER, 2, 2, 9, 8 };

	if (pointer < sizeof(pointers))
		return pointers[pointer];
	if (pointer < 24)
		return 12;
	return pointer < 40 ? 16 : NO_POINTER;
}

/** error_6to4() - translate an error's head (RFC 7915 5.2); false: drop */
static bool error_6to4(const struct engine *e, const struct icmp_error *from, struct icmp_error *to)
{
	uint32_t mtu;

	switch (from->type) {
	case ICMPV6_UNREACHABLE:
		*to = (struct icmp_error){ .type = ICMP_UNREACHABLE, .code = 1 };
		if (from->code == ICMPV6_CODE_PROHIBITED)
			to->code = ICMP_CODE_PROHIBITED;
		else if (from->code == ICMPV6_CODE_PORT)
			to->code = ICMP_CODE_PORT;
		return from->code <= ICMPV6_CODE_PORT;
	case ICMPV6_TOO_BIG:
		mtu = from->rest > IPV6_MTU_MIN ? from->rest : IPV6_MTU_MIN;
		mtu = (mtu < e->config->mtu ? mtu : e->config->mtu) - 20;
		*to = (struct icmp_error){ ICMP_UNREACHABLE, ICMP_CODE_FRAG_NEEDED, mtu };
		return true;
	case ICMPV6_TIME_EXCEEDED:
		*to = (struct icmp_error){ .type = ICMP_TIME_EXCEEDED, .code = from->code };
		return true;
	case ICMPV6_PARAMETER:
		if (from->code == 1) {
			*to = (struct icmp_error){ .type = ICMP_UNREACHABLE, .code = ICMP_CODE_PROTOCOL };
			return true;
		}
		if (from->code != 0 || pointer_6to4(from->rest) == NO_POINTER)
			return false;
		*to = (struct icmp_error){ .type = ICMP_PARAMETER,
					   .rest = (uint32_t)pointer_6to4(from->rest) << 24 };
		return true;
	default:
		return false;
	}
}

/* ---- errors about connections ---- */

/** read_error() - head of the ICMP message, and the packet that it quotes; false: drop with @why */
static bool read_error(const struct input *in, struct icmp_error *error, struct cursor *quote,
		       struct packet *inner, enum drop *why)
{
	struct span message = packet_transport(in->frame, &in->packet);
	/* the message is complete, so that its checksum must be right, however little of the packet it quotes */
	bool ok = packet_checksum_ok(in->frame, &in->packet);

	*why = DROP_BAD_CHECKSUM;
	if (!ok)
		return false;
	*error = (struct icmp_error){ span_get8(message, 0), span_get8(message, 1), span_get32(message, 4) };
	*quote = cursor_over(span_at(message, ICMP_HEADER, message.length - ICMP_HEADER),
			     message.length - ICMP_HEADER);
	*why = DROP_ICMP_INNER;
	return packet_parse_quoted(*quote, inner) && inner->protocol == IP_PROTOCOL_TCP &&
	       inner->is_ipv6 == in->packet.is_ipv6;
}

/**
 * put_quote() - the quoted segment behind the network header at @at in the output buffer
 * @limit: bytes of the output packet that may be used
 *
 * Return: number of bytes copied
 */
static size_t put_quote(struct engine *e, struct cursor quote, const struct packet *inner, size_t at, size_t limit)
{
	struct cursor segment = quote;
	bool is_there = cursor_skip(&segment, inner->transport);
	size_t length;

	/* packet_parse_quoted() has read beyond it */
	NAT46_ASSERT(is_there);
	length = segment.left < limit - at ? segment.left : limit - at;
	span_copy(output_room(e), at, segment.next, length);
	return length;
}

/** restore() - put ports and sequence numbers of a quoted segment back; addresses by their sums */
static void restore(struct engine *e, size_t at, size_t length, uint64_t removed, uint64_t added,
		    uint16_t source_port, uint16_t destination_port, uint32_t seq_shift, uint32_t ack_shift)
{
	struct span segment = span_part(output_room(e), at, length);
	struct tcp_rewrite rewrite = tcp_rewrite_begin(segment, false);

	tcp_rewrite_addresses(&rewrite, removed, added);
	tcp_rewrite_16(&rewrite, TCP_FIELD_SOURCE_PORT, source_port);
	tcp_rewrite_16(&rewrite, TCP_FIELD_DESTINATION_PORT, destination_port);
	tcp_rewrite_32(&rewrite, TCP_FIELD_SEQ, span_get32(segment, TCP_FIELD_SEQ) + seq_shift);
	if (length >= TCP_FIELD_ACK + 4)
		tcp_rewrite_32(&rewrite, TCP_FIELD_ACK, span_get32(segment, TCP_FIELD_ACK) + ack_shift);
	tcp_rewrite_finish(&rewrite);
}

/** inner_length() - length that the quoted packet had, less its header */
static size_t inner_length(const struct packet *inner)
{
	return inner->length > inner->transport ? inner->length - inner->transport : 0;
}

/** quoted_length4() - let a quoted IPv4 header say the length that its packet had; keeps its checksum right */
static void quoted_length4(struct span header, size_t length)
{
	uint16_t total = (uint16_t)(length < UINT16_MAX ? length : UINT16_MAX);
	uint16_t checksum = checksum_update(span_get16(header, 10), span_get16(header, 2), total);

	span_put16(header, 2, total);
	span_put16(header, 10, checksum);
}

/** error_to_server() - an ICMPv4 error about a segment to the client */
static enum verdict error_to_server(struct engine *e, struct input *in)
{
	struct icmp_error from, to;
	struct packet inner, out = { .is_ipv6 = true, .transport = IPV6_HEADER };
	struct cursor quote;
	const struct flow *flow;
	size_t at, length;
	enum drop why;

	if (!read_error(in, &from, &quote, &inner, &why))
		return verdict_drop(e, in, why);
	if (!error_4to6(e, &from, inner.length, &to))
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	flow = flow_table_find4(&e->flows, inner.destination4, inner.destination_port, inner.source4,
				inner.source_port);
	if (!flow || !tcp_state_is_bound((enum tcp_state)flow->state))
		return verdict_drop(e, in, DROP_ICMP_NO_FLOW);
	/* the segments that the path refuses are longer than the server made them */
	if (to.type == ICMPV6_TOO_BIG && flow->flags & FLOW_INSERT_TIMESTAMPS)
		to.rest = to.rest > IPV6_MTU_MIN + TIMESTAMPS_LENGTH ? to.rest - TIMESTAMPS_LENGTH : IPV6_MTU_MIN;
	out.source6 = address_plan_4to6(&e->config->plan, in->packet.source4);
	out.destination6 = flow->server;
	put_error(e, &out, &to);
	at = IPV6_HEADER + ICMP_HEADER + IPV6_HEADER;
	length = put_quote(e, quote, &inner, at, ERROR_MAX);
	restore(e, at, length, packet_address_sum(&inner), checksum_pseudo6(&flow->server, &flow->client6, 0, 0),
		flow->server_port, flow->source_port, 0u - flow->delta, 0);
	ipv6_header_write(span_part(output_room(e), IPV6_HEADER + ICMP_HEADER, IPV6_HEADER), IP_PROTOCOL_TCP,
			  inner.traffic_class, inner.hop_limit, &flow->server, &flow->client6);
	span_put16(output_room(e), IPV6_HEADER + ICMP_HEADER + 4, (uint16_t)inner_length(&inner));
	out.length = at + length;
	finish_icmp(e, &out, TRACE_NAT46_OUT);
	return VERDICT_FORWARDED;
}

/** own_syn() - an error about our own SYN to a server; only an unreachable server is news */
static enum verdict own_syn(struct engine *e, struct flow *flow, struct input *in, const struct packet *inner,
			    const struct icmp_error *error)
{
	if (inner->seq != flow->client_isn || error->type != ICMPV6_UNREACHABLE)
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	/* a soft error for the last one: it may be a passing fault of the path (RFC 5927 5.2) */
	if (connect_has_other(e, flow))
		connect_refused(e, flow, SERVER_ERROR_UNREACHABLE);
	return VERDICT_ABSORBED;
}

/** error_to_client() - an ICMPv6 error about a segment to the server */
static enum verdict error_to_client(struct engine *e, struct input *in)
{
	struct icmp_error from, to;
	struct packet inner, out = { .transport = IPV4_HEADER };
	struct cursor quote;
	struct flow *flow;
	struct span header;
	size_t at, length;
	enum drop why;

	if (!read_error(in, &from, &quote, &inner, &why))
		return verdict_drop(e, in, why);
	flow = flow_table_find6(&e->flows, &inner.destination6, inner.destination_port, &inner.source6,
				inner.source_port);
	if (!flow)
		return verdict_drop(e, in, DROP_ICMP_NO_FLOW);
	if (flow->state == TCP_STATE_CONNECTING || flow->state == TCP_STATE_ASKED)
		return own_syn(e, flow, in, &inner, &from);
	if (!error_6to4(e, &from, &to))
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	/* a router without IPv4 address speaks with ours (RFC 6791) */
	if (!address_plan_6to4(&e->config->plan, &in->packet.source6, &out.source4))
		out.source4 = e->config->router_ipv4 ? e->config->router_ipv4 : flow->service;
	out.destination4 = flow->client;
	put_error(e, &out, &to);
	at = IPV4_HEADER + ICMP_HEADER + IPV4_HEADER;
	length = put_quote(e, quote, &inner, at, ERROR4_MAX);
	restore(e, at, length, packet_address_sum(&inner), checksum_pseudo4(flow->client, flow->service, 0, 0),
		flow->client_port, flow->service_port, 0, flow->delta);
	out.length = at + length;
	header = span_part(output_room(e), IPV4_HEADER + ICMP_HEADER, IPV4_HEADER + length);
	ipv4_header_write(header, IP_PROTOCOL_TCP, inner.traffic_class, inner.hop_limit, flow->client, flow->service,
			  true, 0);
	quoted_length4(header, IPV4_HEADER + inner_length(&inner));
	finish_icmp(e, &out, TRACE_NAT64_OUT);
	return VERDICT_FORWARDED;
}

static bool is_own_address(const struct engine *e, const struct ipv6_address *address)
{
	return e->config->has_router_ipv6 && ipv6_equal(address, &e->config->router_ipv6);
}

enum verdict icmp4_input(struct engine *e, struct input *in)
{
	switch (in->packet.icmp_type) {
	case ICMP_ECHO:
		trace_packet(e, TRACE_INCOMING, &in->packet);
		return answer_echo(e, in, ICMP_ECHO_REPLY);
	case ICMP_UNREACHABLE:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETER:
		trace_packet(e, TRACE_NAT46_IN, &in->packet);
		return error_to_server(e, in);
	default:
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	}
}

enum verdict icmp6_input(struct engine *e, struct input *in)
{
	trace_packet(e, TRACE_NAT64_IN, &in->packet);
	switch (in->packet.icmp_type) {
	case ICMPV6_ECHO:
		if (!is_own_address(e, &in->packet.destination6))
			return verdict_drop(e, in, DROP_ICMP_IGNORED);
		return answer_echo(e, in, ICMPV6_ECHO_REPLY);
	case ICMPV6_UNREACHABLE:
	case ICMPV6_TOO_BIG:
	case ICMPV6_TIME_EXCEEDED:
	case ICMPV6_PARAMETER:
		return error_to_client(e, in);
	default:
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	}
}

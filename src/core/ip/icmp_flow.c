/* SPDX-License-Identifier: ISC */
/*
 * icmp_flow.c - ICMP errors about the segments of a connection
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
 */
#include "core/ip/icmp_flow.h"

#include "core/base/icmp_message.h"
#include "core/base/output.h"
#include "core/base/report.h"
#include "core/tcp/quoted.h"
#include "core/wire/icmp_types.h"
#include "nat46/checksum.h"
#include "nat46/tcp_rewrite.h"
#include "nat46/translate.h"

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

enum verdict icmp_flow_to_server(struct engine *e, struct input *in)
{
	struct icmp_error from, to;
	struct packet inner, out = { .is_ipv6 = true, .transport = IPV6_HEADER };
	struct cursor quote;
	const struct flow *flow;
	uint32_t overhead;
	size_t at, length;
	enum drop why;

	if (!read_error(in, &from, &quote, &inner, &why))
		return verdict_drop(e, in, why);
	if (!icmp_types_4to6(&from, inner.length, e->config->mtu, &to))
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	flow = quoted_by_client(e, &inner);
	if (!flow)
		return verdict_drop(e, in, DROP_ICMP_NO_FLOW);
	overhead = quoted_overhead(flow);
	/* the segments that the path refuses are longer than the server made them */
	if (to.type == ICMPV6_TOO_BIG)
		to.rest = to.rest > IPV6_MTU_MIN + overhead ? to.rest - overhead : IPV6_MTU_MIN;
	out.source6 = address_plan_4to6(&e->config->plan, in->packet.source4);
	out.destination6 = flow->server;
	icmp_message_begin(e, &out, &to);
	at = IPV6_HEADER + ICMP_HEADER + IPV6_HEADER;
	length = put_quote(e, quote, &inner, at, ICMP_ERROR6_MAX);
	restore(e, at, length, packet_address_sum(&inner), checksum_pseudo6(&flow->server, &flow->client6, 0, 0),
		flow->server_port, flow->source_port, 0u - flow->delta, 0);
	ipv6_header_write(span_part(output_room(e), IPV6_HEADER + ICMP_HEADER, IPV6_HEADER), IP_PROTOCOL_TCP,
			  inner.traffic_class, inner.hop_limit, &flow->server, &flow->client6);
	span_put16(output_room(e), IPV6_HEADER + ICMP_HEADER + 4, (uint16_t)inner_length(&inner));
	out.length = at + length;
	icmp_message_send(e, &out, TRACE_NAT46_OUT);
	return VERDICT_FORWARDED;
}

/** own_syn() - an error about our own SYN to a server; only an unreachable server is news */
static enum verdict own_syn(struct engine *e, struct flow *flow, struct input *in, const struct packet *inner,
			    const struct icmp_error *error)
{
	if (error->type != ICMPV6_UNREACHABLE || !quoted_unreachable(e, flow, inner))
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	return VERDICT_ABSORBED;
}

enum verdict icmp_flow_to_client(struct engine *e, struct input *in)
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
	flow = quoted_by_server(e, &inner);
	if (!flow)
		return verdict_drop(e, in, DROP_ICMP_NO_FLOW);
	if (quoted_is_own(flow))
		return own_syn(e, flow, in, &inner, &from);
	if (!icmp_types_6to4(&from, e->config->mtu, &to))
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	/* a router without IPv4 address speaks with ours (RFC 6791) */
	if (!address_plan_6to4(&e->config->plan, &in->packet.source6, &out.source4))
		out.source4 = e->config->router_ipv4 ? e->config->router_ipv4 : flow->service;
	out.destination4 = flow->client;
	icmp_message_begin(e, &out, &to);
	at = IPV4_HEADER + ICMP_HEADER + IPV4_HEADER;
	length = put_quote(e, quote, &inner, at, ICMP_ERROR4_MAX);
	restore(e, at, length, packet_address_sum(&inner), checksum_pseudo4(flow->client, flow->service, 0, 0),
		flow->client_port, flow->service_port, 0, flow->delta);
	out.length = at + length;
	header = span_part(output_room(e), IPV4_HEADER + ICMP_HEADER, IPV4_HEADER + length);
	ipv4_header_write(header, IP_PROTOCOL_TCP, inner.traffic_class, inner.hop_limit, flow->client, flow->service,
			  true, 0);
	quoted_length4(header, IPV4_HEADER + inner_length(&inner));
	icmp_message_send(e, &out, TRACE_NAT64_OUT);
	return VERDICT_FORWARDED;
}

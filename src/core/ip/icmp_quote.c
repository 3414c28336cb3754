/* SPDX-License-Identifier: ISC */
/*
 * icmp_quote.c - ICMP errors, with the packet that they quote, in the terms of the other family
 *
 * DOC: Theory of operation
 *
 * An error about a packet that we have translated goes to the host that had sent it, which believes the error only if
 * the packet that it quotes is its own. So that packet is translated back: the same headers as of any other, but with
 * the roles of its addresses swapped, and its TTL as it is (RFC 7915 4.3, 5.3). Its length fields are translated as
 * they are, however little of it is quoted, and its checksums are only updated: they may be wrong, or cut off
 * (RFC 5508 REQ-3).
 *
 * An error has room for less than the quote grows by, so that the end of the quote may be lost. Behind it there may be
 * an extension structure (RFC 4884): the length of the quote is then in the head of the message, in units of its
 * family, and the quote is padded to that. What does not fit there is cut between two objects, never within one.
 */
#include "core/ip/icmp_quote.h"

#include "core/base/icmp_message.h"
#include "core/base/output.h"
#include "core/base/report.h"
#include "core/wire/transport.h"
#include "nat46/checksum.h"
#include "nat46/tcp_rewrite.h"
#include "nat46/translate.h"

/** Bytes of a quote in front of an extension structure, at least (RFC 4884 4). */
static const size_t QUOTE_LEAST = 128;

/** The head of an extension structure: version and checksum; an object begins with its length. */
enum { EXTENSION_HEADER = 4, OBJECT_HEADER = 4 };

/** length_attribute() - bytes of the quote in front of an extension structure; 0: there is none */
static size_t length_attribute(bool is_ipv6, const struct icmp_error *error)
{
	if (is_ipv6) {
		bool has_one = error->type == ICMPV6_UNREACHABLE || error->type == ICMPV6_TIME_EXCEEDED;

		return has_one ? (error->rest >> 24) * 8 : 0;
	}
	return (error->rest >> 16 & 0xff) * 4;
}

/** with_length_attribute() - @error with the length of its quote in it; types that cannot say it stay as they are */
static struct icmp_error with_length_attribute(bool is_ipv6, struct icmp_error error, size_t length)
{
	error.rest |= is_ipv6 ? (uint32_t)(length / 8) << 24 : (uint32_t)(length / 4) << 16;
	return error;
}

/** can_extend() - has this error, in this family, a length attribute */
static bool can_extend(bool is_ipv6, const struct icmp_error *error)
{
	return length_attribute(is_ipv6, &(struct icmp_error){ error->type, 0, UINT32_MAX }) != 0;
}

bool icmp_quote_read(const struct input *in, struct icmp_quote *quote, enum drop *why)
{
	struct span message = packet_transport(in->frame, &in->packet);
	size_t length;

	/* the message is complete, so that its checksum must be right, however little of the packet it quotes */
	*why = DROP_BAD_CHECKSUM;
	if (!packet_checksum_ok(in->frame, &in->packet))
		return false;
	quote->error = (struct icmp_error){ span_get8(message, 0), span_get8(message, 1), span_get32(message, 4) };
	quote->extension = cursor_over(span_at(message, ICMP_HEADER, message.length - ICMP_HEADER),
				       message.length - ICMP_HEADER);
	length = length_attribute(in->packet.is_ipv6, &quote->error);
	if (length == 0 || !cursor_take(&quote->extension, length, &quote->bytes)) {
		quote->bytes = quote->extension;
		quote->extension.left = 0;
	}
	*why = DROP_ICMP_INNER;
	return packet_parse_quoted(quote->bytes, &quote->inner) && quote->inner.is_ipv6 == in->packet.is_ipv6;
}

/** whole_objects() - bytes of an extension structure up to the last object that ends before @room */
static size_t whole_objects(struct cursor extension, size_t room)
{
	size_t length = EXTENSION_HEADER;
	uint16_t object;

	if (!cursor_skip(&extension, EXTENSION_HEADER) || room <= EXTENSION_HEADER)
		return 0;
	while (cursor_u16(&extension, &object)) {
		if (object < OBJECT_HEADER || length + object > room || !cursor_skip(&extension, object - 2u))
			break;
		length += object;
	}
	return length > EXTENSION_HEADER ? length : 0;
}

/** put_extension() - the first @length bytes of an extension structure, with a checksum of their own */
static void put_extension(struct span to, const struct cursor *extension, size_t length)
{
	span_copy(to, 0, extension->next, length);
	/* zero: there is none (RFC 4884 7) */
	if (length == extension->left || span_get16(to, 2) == 0)
		return;
	span_put16(to, 2, 0);
	span_put16(to, 2, checksum_finish(checksum_sum(to.bytes, length)));
}

/** restore_tcp() - put ports and sequence numbers back to those of the sender; addresses by their sums */
static void restore_tcp(struct span segment, uint64_t removed, uint64_t added, const struct icmp_sender *sender)
{
	struct tcp_rewrite rewrite = tcp_rewrite_begin(segment, false);

	tcp_rewrite_addresses(&rewrite, removed, added);
	if (sender->has_ports && segment.length >= TCP_FIELD_ACK) {
		tcp_rewrite_16(&rewrite, TCP_FIELD_SOURCE_PORT, sender->source_port);
		tcp_rewrite_16(&rewrite, TCP_FIELD_DESTINATION_PORT, sender->destination_port);
		tcp_rewrite_32(&rewrite, TCP_FIELD_SEQ, span_get32(segment, TCP_FIELD_SEQ) + sender->seq_shift);
	}
	if (sender->has_ports && segment.length >= TCP_FIELD_ACK + 4)
		tcp_rewrite_32(&rewrite, TCP_FIELD_ACK, span_get32(segment, TCP_FIELD_ACK) + sender->ack_shift);
	tcp_rewrite_finish(&rewrite);
}

/** restore() - the quoted transport header, as its sender made it; false: it is not one of ours */
static bool restore(struct span transport, const struct packet *inner, const struct packet *restored,
		    const struct icmp_sender *sender)
{
	uint64_t removed = packet_address_sum(inner), added = packet_address_sum(restored);
	uint64_t pseudo = IP_PROTOCOL_ICMPV6 + (restored->length - restored->transport);

	if (inner->is_fragment && inner->fragment_offset != 0)
		return true;
	/* a second quote inside the first one is an error about an error */
	if (inner->protocol == IP_PROTOCOL_ICMP)
		return transport_echo(transport, true, pseudo + added);
	if (inner->protocol == IP_PROTOCOL_ICMPV6)
		return transport_echo(transport, false, pseudo + removed);
	if (inner->protocol == IP_PROTOCOL_TCP)
		restore_tcp(transport, removed, added, sender);
	else
		transport_readdress(transport, inner->protocol, false, removed, added);
	if (inner->protocol == IP_PROTOCOL_UDP && sender->has_ports)
		transport_udp_ports(transport, false, sender->source_port, sender->destination_port);
	return true;
}

/** put_header() - network header of the quoted packet, in @span, which ends with what is quoted of it */
static void put_header(struct span span, const struct packet *p)
{
	size_t counted = p->length - (p->is_ipv6 ? IPV6_HEADER : 0);
	uint16_t length = (uint16_t)(counted < UINT16_MAX ? counted : UINT16_MAX);
	uint16_t flags = (uint16_t)(p->fragment_offset / 8 | (p->more_fragments ? IPV4_MF : 0));

	if (p->is_ipv6) {
		if (p->has_fragment_header)
			ipv6_fragment_write(span, p);
		else
			ipv6_header_write(span, p->protocol, p->traffic_class, p->hop_limit, &p->source6,
					  &p->destination6);
		span_put16(span, 4, length);
		return;
	}
	ipv4_header_write(span, p->protocol, p->traffic_class, p->hop_limit, p->source4, p->destination4,
			  p->dont_fragment ? IPV4_DF : flags, (uint16_t)p->identification);
	span_put16(span, 10, checksum_update(span_get16(span, 10), span_get16(span, 2), length));
	span_put16(span, 2, length);
}

/** restored_packet() - IP headers of the quoted packet as its sender made them; false: not of a protocol of ours */
static bool restored_packet(const struct packet *inner, const struct icmp_sender *sender, struct packet *restored)
{
	size_t payload = inner->length > inner->transport ? inner->length - inner->transport : 0;

	*restored = *inner;
	restored->is_ipv6 = !inner->is_ipv6;
	restored->has_fragment_header = restored->is_ipv6 && inner->is_fragment;
	restored->transport = restored->is_ipv6 ? IPV6_HEADER : IPV4_HEADER;
	if (restored->has_fragment_header)
		restored->transport += FRAGMENT_HEADER;
	restored->length = restored->transport + payload;
	restored->dont_fragment = !restored->is_ipv6 && !inner->has_fragment_header && restored->length > DF_CLEAR_MAX;
	restored->identification = inner->is_ipv6 && !inner->has_fragment_header ? 0 : inner->identification;
	restored->source4 = sender->source4;
	restored->destination4 = sender->destination4;
	restored->source6 = sender->source6;
	restored->destination6 = sender->destination6;
	return transport_other_family(inner->is_ipv6, inner->protocol, &restored->protocol);
}

/** put_quote() - the quoted packet, translated back; returns its length, 0 if it cannot be translated */
static size_t put_quote(struct span room, const struct icmp_quote *quote, const struct icmp_sender *sender)
{
	struct cursor transport = quote->bytes;
	struct packet restored;
	size_t length;
	bool is_there;

	if (!restored_packet(&quote->inner, sender, &restored))
		return 0;
	is_there = cursor_skip(&transport, quote->inner.transport);
	/* packet_parse_quoted() has read up to there */
	NAT46_ASSERT(is_there);
	length = transport.left < room.length - restored.transport ? transport.left : room.length - restored.transport;
	span_copy(room, restored.transport, transport.next, length);
	if (!restore(span_part(room, restored.transport, length), &quote->inner, &restored, sender))
		return 0;
	put_header(span_part(room, 0, restored.transport + length), &restored);
	return restored.transport + length;
}

/** pad() - zeros behind a quote, up to what a length attribute in units of @unit can say */
static size_t pad(struct span room, size_t length, size_t unit)
{
	size_t padded = length > QUOTE_LEAST ? (length + unit - 1) / unit * unit : QUOTE_LEAST;

	memset(span_at(room, length, padded - length), 0, padded - length);
	return padded;
}

uint32_t icmp_source4(const struct engine *e, const struct ipv6_address *source, uint32_t otherwise)
{
	uint32_t address;

	if (address_plan_map_6to4(&e->config->plan, source, &address))
		return address;
	return e->config->router_ipv4 ? e->config->router_ipv4 : otherwise;
}

struct ipv6_address icmp_source6(const struct engine *e, uint32_t source)
{
	if (e->config->has_router_ipv6 && address_plan_refuses(&e->config->plan, source))
		return e->config->router_ipv6;
	return address_plan_4to6(&e->config->plan, source);
}

enum verdict icmp_quote_send(struct engine *e, const struct input *in, const struct icmp_quote *quote,
			     const struct icmp_error *to, const struct icmp_sender *sender, struct packet *out)
{
	size_t at = (out->is_ipv6 ? IPV6_HEADER : IPV4_HEADER) + ICMP_HEADER;
	size_t most = (out->is_ipv6 ? ICMP_ERROR6_MAX : ICMP_ERROR4_MAX) - at;
	struct span room = span_part(output_room(e), at, most);
	struct icmp_error error = *to;
	size_t extension = 0, unit = out->is_ipv6 ? 8 : 4, length;

	if (in->packet.hop_limit <= 1)
		return verdict_drop(e, in, DROP_HOP_LIMIT);
	if (can_extend(out->is_ipv6, &error))
		extension = whole_objects(quote->extension, most - QUOTE_LEAST);
	length = put_quote(span_part(room, 0, extension > 0 ? (most - extension) / unit * unit : most), quote, sender);
	if (length == 0)
		return verdict_drop(e, in, DROP_ICMP_INNER);
	if (extension > 0) {
		length = pad(room, length, unit);
		error = with_length_attribute(out->is_ipv6, error, length);
		put_extension(span_part(room, length, extension), &quote->extension, extension);
	}
	out->transport = at - ICMP_HEADER;
	out->length = at + length + extension;
	out->hop_limit = (uint8_t)(in->packet.hop_limit - 1);
	out->traffic_class = in->packet.traffic_class;
	icmp_message_begin(e, out, &error);
	icmp_message_send(e, out, out->is_ipv6 ? TRACE_NAT46_OUT : TRACE_NAT64_OUT);
	return VERDICT_FORWARDED;
}

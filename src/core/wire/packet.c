/* SPDX-License-Identifier: ISC */
/*
 * packet.c - prove the headers of an IP packet and read them
 *
 * The parser believes no length field that it has not compared with the bytes that are there, and cuts
 * off what lies behind the IP packet. Later code can then use spans, whose assertions state facts.
 */
#include "nat46/packet.h"

#include "nat46/checksum.h"

enum {
	EXTENSION_HOP_BY_HOP = 0,
	EXTENSION_ROUTING = 43,
	EXTENSION_DESTINATION = 60,
};

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_LOOSE_SOURCE_ROUTE = 131,
	OPTION_STRICT_SOURCE_ROUTE = 137,
};

/** What every host quotes of a transport header (RFC 792): the ports, and the sequence number of TCP. */
enum { QUOTED_TRANSPORT = 8 };

/** The pointer of a source route counts from 1, at its type, length and the pointer itself. */
enum { SOURCE_ROUTE_FIRST = 4 };

/** read_ipv4() - fixed IPv4 header; options are skipped */
static bool read_ipv4(struct cursor *c, struct packet *p, size_t *header_length)
{
	uint8_t version_ihl;
	uint16_t length, identification, fragment;

	if (!cursor_u8(c, &version_ihl) || !cursor_u8(c, &p->traffic_class) || !cursor_u16(c, &length) ||
	    !cursor_u16(c, &identification) || !cursor_u16(c, &fragment) || !cursor_u8(c, &p->hop_limit) ||
	    !cursor_u8(c, &p->protocol) || !cursor_skip(c, 2) || !cursor_u32(c, &p->source4) ||
	    !cursor_u32(c, &p->destination4))
		return false;
	*header_length = (size_t)(version_ihl & 0xf) * 4;
	p->length = length;
	p->transport = *header_length;
	p->dont_fragment = fragment & IPV4_DF;
	p->identification = identification;
	p->more_fragments = fragment & IPV4_MF;
	p->fragment_offset = (uint16_t)((fragment & IPV4_OFFSET) * 8);
	p->is_fragment = p->more_fragments || p->fragment_offset != 0;
	return *header_length >= IPV4_HEADER && cursor_skip(c, *header_length - IPV4_HEADER);
}

/**
 * read_ipv4_options() - is there a source route with addresses that are not used up (RFC 791 3.1)
 *
 * Return: false if the lengths of the options contradict themselves
 */
static bool read_ipv4_options(struct cursor c, struct packet *p)
{
	uint8_t type, length, pointer;
	struct cursor rest;

	while (cursor_u8(&c, &type) && type != OPTION_END) {
		if (type == OPTION_NOP)
			continue;
		if (!cursor_u8(&c, &length) || length < 2 || !cursor_take(&c, length - 2u, &rest))
			return false;
		if (type != OPTION_LOOSE_SOURCE_ROUTE && type != OPTION_STRICT_SOURCE_ROUTE)
			continue;
		if (!cursor_u8(&rest, &pointer) || pointer < SOURCE_ROUTE_FIRST)
			return false;
		p->source_route = p->source_route || pointer <= length;
	}
	return true;
}

static bool read_ipv6(struct cursor *c, struct packet *p)
{
	uint32_t version_class_label;
	uint16_t length;

	if (!cursor_u32(c, &version_class_label) || !cursor_u16(c, &length) || !cursor_u8(c, &p->protocol) ||
	    !cursor_u8(c, &p->hop_limit) || !cursor_ipv6(c, &p->source6) || !cursor_ipv6(c, &p->destination6))
		return false;
	p->is_ipv6 = true;
	p->traffic_class = (uint8_t)(version_class_label >> 20);
	p->length = IPV6_HEADER + (size_t)length;
	p->transport = IPV6_HEADER;
	return true;
}

/** read_fragment_header() - IPv6 fragment header (RFC 8200 4.5); what follows it in a part may be anything */
static bool read_fragment_header(struct cursor *c, struct packet *p)
{
	uint16_t fragment;
	uint8_t next;

	if (!cursor_u8(c, &next) || !cursor_skip(c, 1) || !cursor_u16(c, &fragment) ||
	    !cursor_u32(c, &p->identification))
		return false;
	p->has_fragment_header = true;
	p->more_fragments = fragment & 1;
	p->fragment_offset = fragment & 0xfff8;
	p->is_fragment = p->more_fragments || p->fragment_offset != 0;
	p->transport += FRAGMENT_HEADER;
	p->protocol = next;
	return true;
}

/**
 * read_extensions() - pass over IPv6 extension headers (RFC 7915 5.1)
 *
 * Return: false if the chain runs out of bytes
 */
static bool read_extensions(struct cursor *c, struct packet *p)
{
	for (;;) {
		uint8_t next, length, type, segments_left;
		size_t size;

		switch (p->protocol) {
		case IP_PROTOCOL_FRAGMENT:
			if (p->has_fragment_header || !read_fragment_header(c, p))
				return false;
			if (p->is_fragment)
				return true;
			continue;
		case EXTENSION_ROUTING:
		case EXTENSION_HOP_BY_HOP:
		case EXTENSION_DESTINATION:
			break;
		default:
			return true;
		}
		if (!cursor_u8(c, &next) || !cursor_u8(c, &length) || !cursor_u8(c, &type) ||
		    !cursor_u8(c, &segments_left))
			return false;
		if (p->protocol == EXTENSION_ROUTING && segments_left != 0) {
			p->segments_left = p->transport + 3;
			return true;
		}
		size = ((size_t)length + 1) * 8;
		if (!cursor_skip(c, size - 4))
			return false;
		p->transport += size;
		p->protocol = next;
	}
}

static bool read_tcp(struct cursor *c, struct packet *p)
{
	size_t segment = c->left;
	uint8_t data_offset;
	size_t header;

	if (!cursor_u16(c, &p->source_port) || !cursor_u16(c, &p->destination_port) || !cursor_u32(c, &p->seq) ||
	    !cursor_u32(c, &p->ack) || !cursor_u8(c, &data_offset) || !cursor_u8(c, &p->flags) ||
	    !cursor_u16(c, &p->window) || !cursor_skip(c, 4))
		return false;
	header = (size_t)(data_offset >> 4) * 4;
	if (header < TCP_HEADER || header > segment)
		return false;
	p->payload = p->transport + header;
	p->payload_length = segment - header;
	return true;
}

/** read_transport() - the transport header, of a packet that is no fragment */
static bool read_transport(struct cursor *c, struct packet *p)
{
	switch (p->protocol) {
	case IP_PROTOCOL_TCP:
		return read_tcp(c, p);
	case IP_PROTOCOL_UDP:
		return c->left >= UDP_HEADER && cursor_u16(c, &p->source_port) &&
		       cursor_u16(c, &p->destination_port);
	case IP_PROTOCOL_ICMP:
	case IP_PROTOCOL_ICMPV6:
		return c->left >= ICMP_HEADER && cursor_u8(c, &p->icmp_type) && cursor_u8(c, &p->icmp_code);
	default:
		return true;
	}
}

static size_t checksum_field(uint8_t protocol)
{
	return protocol == IP_PROTOCOL_TCP ? (size_t)TCP_FIELD_CHECKSUM : (size_t)UDP_FIELD_CHECKSUM;
}

static uint64_t pseudo_sum(const struct packet *p)
{
	size_t length = p->length - p->transport;

	return p->is_ipv6 ? checksum_pseudo6(&p->source6, &p->destination6, p->protocol, length) :
			    checksum_pseudo4(p->source4, p->destination4, p->protocol, length);
}

/** check_offload() - does the offload state fit the headers */
static bool check_offload(struct frame *frame, const struct packet *p)
{
	struct offload *o = &frame->offload;
	bool transport_ok = !p->is_fragment &&
			    (p->protocol == IP_PROTOCOL_TCP || p->protocol == IP_PROTOCOL_UDP);

	if (o->gso == GSO_NONE && !o->partial)
		return true;
	if (!transport_ok)
		return false;
	if (o->partial && (o->csum_start != p->transport || o->csum_offset != checksum_field(p->protocol)))
		return false;
	if (o->gso == GSO_NONE)
		return true;
	if (o->segment_size == 0)
		return false;
	if (o->gso == GSO_UDP)
		return p->protocol == IP_PROTOCOL_UDP && o->partial;
	if (p->protocol != IP_PROTOCOL_TCP || o->gso != (p->is_ipv6 ? GSO_TCP6 : GSO_TCP4))
		return false;
	if (!o->partial) {
		span_put16(packet_transport(frame, p), TCP_FIELD_CHECKSUM, checksum_fold(pseudo_sum(p)));
		o->partial = true;
		o->csum_start = (uint16_t)p->transport;
		o->csum_offset = TCP_FIELD_CHECKSUM;
	}
	return true;
}

/** check_ipv4() - checksum of the header, and its options if it has any; they vanish in translation (RFC 7915 4.1) */
static bool check_ipv4(const uint8_t *header, size_t length, struct packet *p)
{
	if (checksum_fold(checksum_sum(header, length)) != 0xffff)
		return false;
	return length == IPV4_HEADER ||
	       read_ipv4_options(cursor_over(header + IPV4_HEADER, length - IPV4_HEADER), p);
}

/** fragment_is_sane() - all parts but the last end at a multiple of 8, and none behind the longest packet */
static bool fragment_is_sane(const struct packet *p)
{
	size_t bytes = p->length - p->transport;

	return !p->is_fragment || (bytes > 0 && (!p->more_fragments || bytes % 8 == 0) &&
				   p->fragment_offset + bytes <= UINT16_MAX);
}

/** read_network() - network headers of a whole packet; @c is left at the transport header and ends with the packet */
static bool read_network(struct cursor *c, struct packet *p, enum drop *why)
{
	const struct cursor whole = *c;
	size_t header_length;
	bool ok;

	*why = DROP_TRUNCATED;
	if (whole.left == 0)
		return false;
	switch (whole.next[0] >> 4) {
	case 4:
		ok = read_ipv4(c, p, &header_length);
		if (ok && !check_ipv4(whole.next, header_length, p)) {
			*why = DROP_BAD_HEADER;
			return false;
		}
		break;
	case 6:
		ok = read_ipv6(c, p);
		break;
	default:
		*why = DROP_BAD_VERSION;
		return false;
	}
	if (!ok || p->length < p->transport || p->length > whole.left)
		return false;
	*c = cursor_over(whole.next + p->transport, p->length - p->transport);
	if ((p->is_ipv6 && !read_extensions(c, p)) || !fragment_is_sane(p)) {
		*why = DROP_BAD_HEADER;
		return false;
	}
	return true;
}

bool packet_parse(struct frame *frame, struct packet *packet, enum drop *why)
{
	struct cursor c = cursor_over(frame->data, frame->length);

	*packet = (struct packet){ 0 };
	if (!read_network(&c, packet, why))
		return false;
	frame->length = packet->length;
	if (!packet->is_fragment && !read_transport(&c, packet)) {
		*why = DROP_BAD_HEADER;
		return false;
	}
	if (!check_offload(frame, packet)) {
		*why = DROP_BAD_OFFLOAD;
		return false;
	}
	return true;
}

bool packet_parse_quoted(struct cursor bytes, struct packet *packet)
{
	size_t header_length;

	*packet = (struct packet){ 0 };
	if (bytes.left == 0)
		return false;
	if (bytes.next[0] >> 4 == 4) {
		if (!read_ipv4(&bytes, packet, &header_length))
			return false;
	} else if (bytes.next[0] >> 4 == 6) {
		if (!read_ipv6(&bytes, packet) || !read_extensions(&bytes, packet) || packet->segments_left)
			return false;
	} else {
		return false;
	}
	packet->payload_length = bytes.left;
	if (packet->fragment_offset != 0 || bytes.left < QUOTED_TRANSPORT)
		return true;
	if (packet->protocol != IP_PROTOCOL_TCP && packet->protocol != IP_PROTOCOL_UDP)
		return true;
	return cursor_u16(&bytes, &packet->source_port) && cursor_u16(&bytes, &packet->destination_port) &&
	       cursor_u32(&bytes, &packet->seq);
}

/** segment_on_wire() - bytes of a full segment of a super-packet, headers included */
static size_t segment_on_wire(const struct frame *frame, const struct packet *packet)
{
	size_t header = packet->protocol == IP_PROTOCOL_TCP ? packet->payload : packet->transport + UDP_HEADER;

	return header + frame->offload.segment_size;
}

size_t packet_on_wire(const struct frame *frame, const struct packet *packet)
{
	size_t segment = segment_on_wire(frame, packet);

	return frame->offload.gso != GSO_NONE && segment < packet->length ? segment : packet->length;
}

size_t packet_on_wire_count(const struct frame *frame, const struct packet *packet)
{
	if (frame->offload.gso == GSO_NONE)
		return 1;
	return 1 + packet->length / frame->offload.segment_size;
}

bool packet_first_part_has_headers(const struct frame *frame, const struct packet *packet)
{
	struct span payload = packet_transport(frame, packet);
	struct cursor c = cursor_over(payload.bytes, payload.length);
	struct packet headers = *packet;

	if (packet->is_ipv6 && !read_extensions(&c, &headers))
		return false;
	switch (headers.protocol) {
	case IP_PROTOCOL_TCP:
		return c.left >= TCP_HEADER;
	case IP_PROTOCOL_UDP:
	case IP_PROTOCOL_ICMP:
	case IP_PROTOCOL_ICMPV6:
		/* both headers are as long */
		return c.left >= UDP_HEADER;
	default:
		return true;
	}
}

struct span packet_span(const struct frame *frame)
{
	return span_over(frame->data, frame->length);
}

struct span packet_transport(const struct frame *frame, const struct packet *packet)
{
	return span_part(packet_span(frame), packet->transport, packet->length - packet->transport);
}

struct span packet_tcp_options(const struct frame *frame, const struct packet *packet)
{
	return span_part(packet_span(frame), packet->transport + TCP_HEADER,
			 packet->payload - packet->transport - TCP_HEADER);
}

uint64_t packet_address_sum(const struct packet *packet)
{
	return packet->is_ipv6 ? checksum_pseudo6(&packet->source6, &packet->destination6, 0, 0) :
				 checksum_pseudo4(packet->source4, packet->destination4, 0, 0);
}

bool packet_checksum_ok(const struct frame *frame, const struct packet *packet)
{
	struct span transport = packet_transport(frame, packet);
	/* ICMPv4 alone has no pseudo header */
	uint64_t sum = packet->protocol == IP_PROTOCOL_ICMP ? 0 : pseudo_sum(packet);

	if (frame->offload.partial)
		return true;
	return checksum_fold(sum + checksum_sum(transport.bytes, transport.length)) == 0xffff;
}

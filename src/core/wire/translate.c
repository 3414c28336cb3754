/* SPDX-License-Identifier: ISC */
/*
 * translate.c - IPv4 header <-> IPv6 header, in place
 */
#include "nat46/translate.h"

#include "nat46/checksum.h"

void ipv6_header_write(struct span packet, uint8_t protocol, uint8_t traffic_class, uint8_t hop_limit,
		       const struct ipv6_address *source, const struct ipv6_address *destination)
{
	span_put32(packet, 0, 6u << 28 | (uint32_t)traffic_class << 20);
	span_put16(packet, 4, (uint16_t)(packet.length - IPV6_HEADER));
	span_put8(packet, 6, protocol);
	span_put8(packet, 7, hop_limit);
	span_put_ipv6(packet, 8, source);
	span_put_ipv6(packet, 24, destination);
}

void ipv4_header_write(struct span packet, uint8_t protocol, uint8_t tos, uint8_t ttl, uint32_t source,
		       uint32_t destination, uint16_t fragment, uint16_t identification)
{
	span_put8(packet, 0, 0x45);
	span_put8(packet, 1, tos);
	span_put16(packet, 2, (uint16_t)packet.length);
	span_put16(packet, 4, identification);
	span_put16(packet, 6, fragment);
	span_put8(packet, 8, ttl);
	span_put8(packet, 9, protocol);
	span_put16(packet, 10, 0);
	span_put32(packet, 12, source);
	span_put32(packet, 16, destination);
	span_put16(packet, 10, checksum_finish(checksum_sum(packet.bytes, IPV4_HEADER)));
}

/** move_start() - move the start of the frame so that @header bytes lie in front of the transport header */
static void move_start(struct frame *frame, struct packet *packet, size_t header)
{
	size_t start = frame->headroom + packet->transport;

	NAT46_ASSERT(start >= header);
	frame->data = frame->data - frame->headroom + (start - header);
	frame->headroom = start - header;
	frame->length = frame->length - packet->transport + header;
	if (packet->protocol == IP_PROTOCOL_TCP && !packet->is_fragment)
		packet->payload = packet->payload - packet->transport + header;
	packet->length = frame->length;
	packet->transport = header;
	if (frame->offload.partial)
		frame->offload.csum_start = (uint16_t)header;
}

void translate_drop_options(struct frame *frame, struct packet *packet)
{
	move_start(frame, packet, packet->is_ipv6 ? IPV6_HEADER : IPV4_HEADER);
}

void ipv6_fragment_write(struct span whole, const struct packet *packet)
{
	ipv6_header_write(whole, IP_PROTOCOL_FRAGMENT, packet->traffic_class, packet->hop_limit, &packet->source6,
			  &packet->destination6);
	span_put8(whole, IPV6_HEADER, packet->protocol);
	span_put8(whole, IPV6_HEADER + 1, 0);
	span_put16(whole, IPV6_HEADER + 2, (uint16_t)(packet->fragment_offset | packet->more_fragments));
	span_put32(whole, IPV6_HEADER + 4, packet->identification);
}

void translate_4to6(struct frame *frame, struct packet *packet, const struct ipv6_address *source,
		    const struct ipv6_address *destination)
{
	bool is_fragment = packet->is_fragment;

	move_start(frame, packet, IPV6_HEADER + (is_fragment ? FRAGMENT_HEADER : 0));
	packet->hop_limit--;
	if (frame->offload.gso == GSO_TCP4)
		frame->offload.gso = GSO_TCP6;
	packet->is_ipv6 = true;
	packet->has_fragment_header = is_fragment;
	packet->source6 = *source;
	packet->destination6 = *destination;
	if (is_fragment)
		ipv6_fragment_write(packet_span(frame), packet);
	else
		ipv6_header_write(packet_span(frame), packet->protocol, packet->traffic_class, packet->hop_limit,
				  source, destination);
}

/** fragment_field() - flags and offset of the IPv4 packet that a frame has become (RFC 7915 5.1) */
static uint16_t fragment_field(const struct frame *frame, const struct packet *packet)
{
	if (packet->has_fragment_header)
		return (uint16_t)(packet->fragment_offset / 8 | (packet->more_fragments ? IPV4_MF : 0));
	/* the sender cannot make its packets smaller because of what we have added */
	return packet_on_wire(frame, packet) > DF_CLEAR_MAX + packet->grown ? IPV4_DF : 0;
}

void translate_6to4(struct frame *frame, struct packet *packet, uint32_t source, uint32_t destination,
		    uint16_t identification)
{
	uint16_t fragment;

	move_start(frame, packet, IPV4_HEADER);
	packet->hop_limit--;
	if (frame->offload.gso == GSO_TCP6)
		frame->offload.gso = GSO_TCP4;
	fragment = fragment_field(frame, packet);
	if (packet->has_fragment_header)
		identification = (uint16_t)packet->identification;
	packet->is_ipv6 = false;
	packet->has_fragment_header = false;
	packet->dont_fragment = fragment & IPV4_DF;
	packet->source4 = source;
	packet->destination4 = destination;
	ipv4_header_write(packet_span(frame), packet->protocol, packet->traffic_class, packet->hop_limit, source,
			  destination, fragment, packet->dont_fragment ? 0 : identification);
}

/* SPDX-License-Identifier: ISC */
/*
 * fragment.c - translated packets that are longer than their way through IPv6 is known to take
 *
 * A packet is cut in place, from its beginning on: the headers of a part overwrite the end of the part before, which
 * has been sent. What is a fragment already is cut into smaller ones, and a UDP super-packet into its datagrams first.
 */
#include "core/ip/fragment.h"

#include <string.h>

#include "core/base/report.h"
#include "core/wire/transport.h"
#include "nat46/checksum.h"
#include "nat46/translate.h"

/** complete_checksum() - parts of a datagram cannot be left to the device to sum up */
static void complete_checksum(struct frame *frame, const struct packet *p)
{
	struct span transport = packet_transport(frame, p);
	size_t field = frame->offload.csum_offset;
	uint16_t checksum;

	if (!frame->offload.partial)
		return;
	checksum = checksum_finish(checksum_sum(transport.bytes, transport.length));
	span_put16(transport, field, checksum == 0 && p->protocol == IP_PROTOCOL_UDP ? 0xffff : checksum);
	frame->offload.partial = false;
}

/** part_emit() - send @count bytes of payload at @start, with new headers in front of them */
static void part_emit(struct engine *e, const struct input *in, size_t start, size_t count)
{
	static const size_t headers = IPV6_HEADER + FRAGMENT_HEADER;
	const struct packet *p = &in->packet;
	size_t begin = p->transport + start - headers + in->frame->headroom;
	bool is_last = p->transport + start + count == p->length;
	struct frame part = {
		.data = in->frame->data - in->frame->headroom + begin,
		.length = headers + count,
		.headroom = begin,
	};
	struct packet fragment = *p;

	fragment.is_fragment = fragment.has_fragment_header = true;
	fragment.fragment_offset = (uint16_t)(p->fragment_offset + start);
	fragment.more_fragments = p->more_fragments || !is_last;
	fragment.transport = headers;
	fragment.length = part.length;
	ipv6_fragment_write(packet_span(&part), &fragment);
	emit(e, &part);
}

/** parts_emit() - send a packet in fragments of at most @longest bytes */
static void parts_emit(struct engine *e, struct input *in, uint32_t longest)
{
	size_t most = (longest - IPV6_HEADER - FRAGMENT_HEADER) / 8 * 8;
	size_t payload = in->packet.length - in->packet.transport;

	complete_checksum(in->frame, &in->packet);
	for (size_t start = 0; start < payload; start += most)
		part_emit(e, in, start, payload - start < most ? payload - start : most);
}

/** datagrams_emit() - send the datagrams of a UDP super-packet one by one, each in fragments if it is too long */
static void datagrams_emit(struct engine *e, const struct input *in, uint32_t longest)
{
	struct packet p = in->packet;
	const size_t header = p.transport + UDP_HEADER, end = p.length;
	uint8_t udp[UDP_HEADER];
	size_t count;

	memcpy(udp, packet_transport(in->frame, &p).bytes, sizeof(udp));
	for (size_t start = header; start < end; start += count) {
		struct frame frame = { .data = in->frame->data + start - header,
				       .headroom = in->frame->headroom + start - header };
		struct input one = { .frame = &frame };
		struct span datagram;
		bool is_summed;

		count = end - start < in->frame->offload.segment_size ? end - start : in->frame->offload.segment_size;
		p.length = frame.length = header + count;
		one.packet = p;
		datagram = packet_transport(&frame, &p);
		span_copy(datagram, 0, udp, sizeof(udp));
		span_put16(datagram, UDP_FIELD_LENGTH, (uint16_t)datagram.length);
		is_summed = transport_udp_sum(datagram, packet_address_sum(&p));
		NAT46_ASSERT(is_summed);
		ipv6_header_write(packet_span(&frame), p.protocol, p.traffic_class, p.hop_limit, &p.source6,
				  &p.destination6);
		if (p.length > longest)
			parts_emit(e, &one, longest);
		else
			emit(e, &frame);
		/* as the device counts them */
		p.identification = (uint16_t)(p.identification + 1);
	}
}

enum verdict fragment_emit(struct engine *e, struct input *in)
{
	const struct packet *p = &in->packet;
	struct offload *offload = &in->frame->offload;
	uint32_t longest = e->config->lowest_ipv6_mtu;
	bool is_too_long = !p->dont_fragment && packet_on_wire(in->frame, p) > longest;

	/* TCP can be cut anywhere: the device makes more segments */
	if (is_too_long && offload->gso == GSO_TCP6)
		offload->segment_size = (uint16_t)(longest - p->payload);
	if (is_too_long && offload->gso == GSO_NONE)
		parts_emit(e, in, longest);
	else if (is_too_long && offload->gso == GSO_UDP)
		datagrams_emit(e, in, longest);
	else
		emit(e, in->frame);
	return VERDICT_FORWARDED;
}

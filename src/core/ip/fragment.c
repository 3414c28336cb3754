/* SPDX-License-Identifier: ISC */
/*
 * fragment.c - translated packets that are longer than their way through IPv6 is known to take
 *
 * A packet is cut in place, from its beginning on: the headers of a part overwrite the end of the part before, which
 * has been sent. What is a fragment already is cut into smaller ones.
 */
#include "core/ip/fragment.h"

#include "core/base/report.h"
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

enum verdict fragment_emit(struct engine *e, struct input *in)
{
	const struct packet *p = &in->packet;
	struct offload *offload = &in->frame->offload;
	uint32_t longest = e->config->lowest_ipv6_mtu;

	if (!p->dont_fragment && packet_on_wire(in->frame, p) > longest) {
		if (offload->gso == GSO_NONE) {
			parts_emit(e, in, longest);
			return VERDICT_FORWARDED;
		}
		/* TCP can be cut anywhere: the device makes more segments */
		if (offload->gso == GSO_TCP6)
			offload->segment_size = (uint16_t)(longest - p->payload);
	}
	emit(e, in->frame);
	return VERDICT_FORWARDED;
}

/* SPDX-License-Identifier: ISC */
/*
 * split.c - repair R5: no segment to a server is larger than the MSS that it has announced
 *
 * DOC: Theory of operation
 *
 * Our SYN/ACK has to name an MSS before the server is known. What the server's handshake shows lowers the promise
 * to later clients (server_table.h); those who hold the old one go on with segments that are too large. Where the
 * path is at fault it says so (ICMP, ip/icmp.c), but a host that announces a small MSS on a wide path says nothing, and
 * may lose every such segment. Nor need a client listen to the path that does not forbid fragments: no router in IPv6
 * makes them for it, so that its segments get as short as other packets that may be fragmented (RFC 7915 4.1).
 *
 * To cut them takes no state: every byte keeps its sequence number, and acknowledgements go end to end. A
 * super-packet is cut by the device, so that only the size of its segments is lowered. Any other segment is cut in
 * place: a piece leaves before the next one is made, so that its headers may be written over payload that has left.
 *
 * All pieces have the segment's options. PSH and FIN are on the last one only, CWR on the first. The urgent pointer
 * counts from the piece's own sequence number, and pieces that lie behind it are not urgent.
 */
#include "core/tcp/split.h"

#include <string.h>

#include "core/base/report.h"
#include "nat46/checksum.h"
#include "nat46/translate.h"

/** struct whole - a segment that is cut: its TCP header, its frame and what the headers say */
struct whole {
	uint8_t header[TCP_HEADER + TCP_OPTIONS_MAX];
	struct frame frame;
	struct packet packet;
	uint16_t urgent;
};

/** piece_of() - what the headers say of @length bytes of payload from @offset on */
static struct packet piece_of(const struct whole *whole, size_t offset, size_t length)
{
	struct packet p = whole->packet;

	p.length = p.payload + length;
	p.payload_length = length;
	p.seq += (uint32_t)offset;
	if (offset + length < whole->packet.payload_length)
		p.flags = (uint8_t)(p.flags & ~(TCP_PSH | TCP_FIN));
	if (offset > 0)
		p.flags = (uint8_t)(p.flags & ~TCP_CWR);
	if (whole->urgent <= offset)
		p.flags = (uint8_t)(p.flags & ~TCP_URG);
	return p;
}

static void emit_piece(struct engine *e, const struct whole *whole, size_t offset, size_t length)
{
	const struct packet p = piece_of(whole, offset, length);
	struct frame frame = whole->frame;
	struct span segment;
	uint16_t checksum;
	uint64_t sum;

	frame.data += offset;
	frame.headroom += offset;
	frame.length = p.length;
	ipv6_header_write(packet_span(&frame), p.protocol, p.traffic_class, p.hop_limit, &p.source6, &p.destination6);
	segment = packet_transport(&frame, &p);
	span_copy(segment, 0, whole->header, p.payload - p.transport);
	span_put32(segment, TCP_FIELD_SEQ, p.seq);
	span_put8(segment, TCP_FIELD_FLAGS, p.flags);
	span_put16(segment, TCP_FIELD_URGENT, (uint16_t)(p.flags & TCP_URG ? whole->urgent - offset : 0));
	span_put16(segment, TCP_FIELD_CHECKSUM, 0);
	sum = checksum_pseudo6(&p.source6, &p.destination6, p.protocol, segment.length);
	if (frame.offload.partial)
		checksum = checksum_fold(sum);
	else
		checksum = checksum_finish(sum + checksum_sum(segment.bytes, segment.length));
	span_put16(segment, TCP_FIELD_CHECKSUM, checksum);
	trace_packet(e, TRACE_NAT46_OUT, &p);
	emit(e, &frame);
}

/** emit_pieces() - cut a segment into pieces of @most bytes of payload */
static enum verdict emit_pieces(struct engine *e, const struct input *in, size_t most)
{
	const struct packet *p = &in->packet;
	struct span segment = packet_transport(in->frame, p);
	struct whole whole = { .frame = *in->frame, .packet = *p };

	/* the pieces get new checksums, which must not hide that the old one was wrong */
	if (!packet_checksum_ok(in->frame, p))
		return verdict_drop(e, in, DROP_BAD_CHECKSUM);
	memcpy(whole.header, segment.bytes, p->payload - p->transport);
	if (p->flags & TCP_URG)
		whole.urgent = span_get16(segment, TCP_FIELD_URGENT);
	for (size_t offset = 0; offset < p->payload_length; offset += most) {
		size_t left = p->payload_length - offset;

		emit_piece(e, &whole, offset, left < most ? left : most);
	}
	return VERDICT_FORWARDED;
}

/** most_of() - most bytes of options and payload of a segment to the server */
static size_t most_of(const struct engine *e, const struct flow *flow, const struct packet *p)
{
	size_t fits = p->dont_fragment ? SIZE_MAX : e->config->lowest_ipv6_mtu - IPV6_HEADER - TCP_HEADER;

	return flow->server_mss != 0 && flow->server_mss < fits ? flow->server_mss : fits;
}

enum verdict split_emit(struct engine *e, const struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;
	struct offload *offload = &in->frame->offload;
	size_t options = p->payload - p->transport - TCP_HEADER, most = most_of(e, flow, p);

	if (p->payload_length + options > most && !(p->flags & (TCP_SYN | TCP_RST))) {
		most -= options;

		if (offload->gso == GSO_NONE || offload->segment_size > most)
			count(e, EVENT_SEGMENT_SPLIT);
		if (offload->gso == GSO_NONE)
			return emit_pieces(e, in, most);
		if (offload->segment_size > most)
			offload->segment_size = (uint16_t)most;
	}
	trace_packet(e, TRACE_NAT46_OUT, p);
	emit(e, in->frame);
	return VERDICT_FORWARDED;
}

/* SPDX-License-Identifier: ISC */
/*
 * segment.c - TCP segments of our own making
 *
 * They have a fixed hop limit, no identification and DF set, flow label and traffic class 0, and a
 * complete checksum.
 */
#include "core/base/segment.h"

#include "core/base/output.h"
#include "core/base/report.h"
#include "nat46/checksum.h"
#include "nat46/translate.h"

uint16_t announced_mss(const struct engine *e)
{
	uint32_t fits = e->config->mtu - IPV6_HEADER - TCP_HEADER;

	return (uint16_t)(e->config->tcp.mss && e->config->tcp.mss < fits ? e->config->tcp.mss : fits);
}

/** header_write() - TCP header, and options of @from (may be NULL); returns the header length */
static size_t header_write(struct span segment, const struct packet *p, const struct segment *from)
{
	struct span options = span_part(segment, TCP_HEADER, TCP_OPTIONS_MAX);
	size_t length = TCP_HEADER;

	if (from && from->options)
		length += tcp_options_build(from->options, options);
	if (from && from->sack)
		length += tcp_sack_build(from->sack, span_part(segment, length, TCP_HEADER + TCP_OPTIONS_MAX - length));
	span_put16(segment, TCP_FIELD_SOURCE_PORT, p->source_port);
	span_put16(segment, TCP_FIELD_DESTINATION_PORT, p->destination_port);
	span_put32(segment, TCP_FIELD_SEQ, p->seq);
	span_put32(segment, TCP_FIELD_ACK, p->ack);
	span_put8(segment, TCP_FIELD_OFFSET, (uint8_t)(length / 4 << 4));
	span_put8(segment, TCP_FIELD_FLAGS, p->flags);
	span_put16(segment, TCP_FIELD_WINDOW, p->window);
	span_put16(segment, TCP_FIELD_CHECKSUM, 0);
	span_put16(segment, TCP_FIELD_URGENT, 0);
	return length;
}

/** network_write() - IP header in front of a finished segment, and the segment's checksum */
static void network_write(struct span whole, const struct packet *p)
{
	size_t length = whole.length - p->transport;
	struct span segment = span_part(whole, p->transport, length);
	uint64_t sum = checksum_sum(segment.bytes, length);

	if (p->is_ipv6) {
		sum += checksum_pseudo6(&p->source6, &p->destination6, IP_PROTOCOL_TCP, length);
		ipv6_header_write(whole, IP_PROTOCOL_TCP, 0, HOP_LIMIT, &p->source6, &p->destination6);
	} else {
		sum += checksum_pseudo4(p->source4, p->destination4, IP_PROTOCOL_TCP, length);
		ipv4_header_write(whole, IP_PROTOCOL_TCP, 0, HOP_LIMIT, p->source4, p->destination4, IPV4_DF, 0);
	}
	span_put16(segment, TCP_FIELD_CHECKSUM, checksum_finish(sum));
}

/** send() - build what @p describes, with the options and the payload of @from (may be NULL) */
static void send(struct engine *e, struct packet *p, const struct segment *from)
{
	struct span room = output_room(e);

	p->protocol = IP_PROTOCOL_TCP;
	p->transport = p->is_ipv6 ? IPV6_HEADER : IPV4_HEADER;
	p->payload = p->transport +
		     header_write(span_part(room, p->transport, room.length - p->transport), p, from);
	if (from && from->payload_length > 0) {
		p->payload_length = from->payload_length;
		buffer_read(&e->buffers, from->payload_buffer, from->payload_offset,
			    span_at(room, p->payload, p->payload_length), from->payload_length);
	}
	p->length = p->payload + p->payload_length;
	network_write(span_part(room, 0, p->length), p);
	output_send(e, p->is_ipv6 ? TRACE_NAT46_OUT : TRACE_OUTGOING, p);
}

void segment_send(struct engine *e, const struct segment *segment)
{
	const struct flow *f = segment->flow;
	struct packet p = {
		.is_ipv6 = segment->to_server,
		.source4 = f->service,
		.destination4 = f->client,
		.source6 = f->client6,
		.destination6 = f->server,
		.source_port = segment->to_server ? f->source_port : f->service_port,
		.destination_port = segment->to_server ? f->server_port : f->client_port,
		.seq = segment->seq,
		.ack = segment->flags & TCP_ACK ? segment->ack : 0,
		.flags = segment->flags,
		.window = segment->window,
	};

	if (segment->flags & TCP_RST)
		count(e, EVENT_RESET_SENT);
	send(e, &p, segment);
}

bool segment_may_challenge(struct engine *e, const struct flow *flow)
{
	return connection_limit_take(&e->challenged, flow_table_index(&e->flows, flow), e->now) &&
	       rate_limit_take(&e->challenges, e->now);
}

enum verdict segment_reset_for(struct engine *e, const struct input *in, struct rate_limit *limit)
{
	const struct packet *p = &in->packet;
	struct packet reset = {
		.is_ipv6 = p->is_ipv6,
		.source4 = p->destination4,
		.destination4 = p->source4,
		.source6 = p->destination6,
		.destination6 = p->source6,
		.source_port = p->destination_port,
		.destination_port = p->source_port,
	};

	/* a bit error must not reset the connection that the segment belongs to */
	if (!packet_checksum_ok(in->frame, p))
		return verdict_drop(e, in, DROP_BAD_CHECKSUM);
	if (!rate_limit_take(limit, e->now))
		return verdict_drop(e, in, DROP_RATE);
	if (p->flags & TCP_ACK) {
		reset.seq = p->ack;
		reset.flags = TCP_RST;
	} else {
		reset.ack = p->seq + (uint32_t)p->payload_length + ((p->flags & TCP_SYN) != 0) +
			    ((p->flags & TCP_FIN) != 0);
		reset.flags = TCP_RST | TCP_ACK;
	}
	count(e, EVENT_RESET_SENT);
	send(e, &reset, NULL);
	return VERDICT_ANSWERED;
}

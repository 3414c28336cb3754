/* SPDX-License-Identifier: ISC */
/*
 * icmp.c - be a good host: answer echo, and pass errors about connections on
 */
#include "core/ip/icmp.h"

#include "core/base/output.h"
#include "core/base/report.h"
#include "core/ip/icmp_flow.h"
#include "core/wire/icmp.h"
#include "nat46/checksum.h"
#include "nat46/translate.h"

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
		return icmp_flow_to_server(e, in);
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
		return icmp_flow_to_client(e, in);
	default:
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	}
}

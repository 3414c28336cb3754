/* SPDX-License-Identifier: ISC */
/*
 * icmp.c - be a good host: answer echo, and pass messages and errors on
 */
#include "core/ip/icmp.h"

#include "core/base/icmp_error.h"
#include "core/base/output.h"
#include "core/base/report.h"
#include "core/ip/fragment.h"
#include "core/ip/icmp_flow.h"
#include "core/ip/icmp_map.h"
#include "core/ip/map.h"
#include "core/ip/udp_error.h"
#include "core/tcp/quoted.h"
#include "core/wire/icmp.h"
#include "core/wire/transport.h"
#include "nat46/checksum.h"
#include "nat46/translate.h"

bool icmp_is_error(const struct packet *p)
{
	if (p->is_fragment || p->source_route || p->segments_left)
		return false;
	if (p->is_ipv6)
		return p->protocol == IP_PROTOCOL_ICMPV6 && p->icmp_type < ICMPV6_ECHO;
	return p->protocol == IP_PROTOCOL_ICMP &&
	       (p->icmp_type == ICMP_UNREACHABLE || p->icmp_type == ICMP_TIME_EXCEEDED ||
		p->icmp_type == ICMP_PARAMETER);
}

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
	if (!p->is_ipv6)
		transport_echo_settle(message);
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
				  HOP_LIMIT, p->source4, p->destination4, 0, e->ipv4_id++);
	}
	count(e, EVENT_ECHO);
	trace_packet(e, p->is_ipv6 ? TRACE_NAT46_OUT : TRACE_OUTGOING, p);
	/* as it came: whole, or in parts that any link takes */
	if (p->is_ipv6 && p->has_fragment_header)
		(void)fragment_emit(e, in);
	else
		emit(e, in->frame);
	return VERDICT_ANSWERED;
}

/** error4() - an error about a packet of a flow, or else about a packet of a map */
static enum verdict error4(struct engine *e, struct input *in, const struct ipv6_address *host)
{
	struct icmp_quote quote;
	const struct flow *flow;
	enum drop why;

	if (!icmp_quote_read(in, &quote, &why))
		return verdict_drop(e, in, why);
	flow = quoted_by_client(e, &quote.inner);
	if (!flow)
		flow = udp_quoted_by_client(e, &quote.inner);
	if (flow)
		return icmp_flow_to_server(e, flow, in, &quote);
	if (host)
		return icmp_map_to_ipv6(e, host, in, &quote);
	return verdict_drop(e, in, DROP_ICMP_NO_FLOW);
}

enum verdict icmp4_input(struct engine *e, struct input *in, const struct ipv6_address *host)
{
	switch (in->packet.icmp_type) {
	case ICMP_ECHO:
	case ICMP_ECHO_REPLY:
		if (host && address_plan_refuses(&e->config->plan, in->packet.source4))
			return verdict_drop(e, in, DROP_NOT_GLOBAL);
		if (host)
			return map_to_ipv6(e, in, host);
		if (in->packet.icmp_type == ICMP_ECHO_REPLY)
			return verdict_drop(e, in, DROP_ICMP_IGNORED);
		trace_packet(e, TRACE_INCOMING, &in->packet);
		return answer_echo(e, in, ICMP_ECHO_REPLY);
	case ICMP_UNREACHABLE:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETER:
		trace_packet(e, TRACE_NAT46_IN, &in->packet);
		return error4(e, in, host);
	default:
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	}
}

/** error6() - the same from the other side */
static enum verdict error6(struct engine *e, struct input *in, const uint32_t *destination)
{
	struct icmp_quote quote;
	struct flow *flow;
	enum drop why;

	trace_packet(e, TRACE_NAT64_IN, &in->packet);
	if (!icmp_quote_read(in, &quote, &why))
		return verdict_drop(e, in, why);
	flow = quoted_by_server(e, &quote.inner);
	if (!flow)
		flow = udp_quoted_by_server(e, &quote.inner);
	if (flow && flow->is_udp && udp_error_absorb(e, flow, &quote))
		return VERDICT_ABSORBED;
	if (flow)
		return icmp_flow_to_client(e, flow, in, &quote);
	if (destination)
		return icmp_map_to_ipv4(e, *destination, in, &quote);
	return verdict_drop(e, in, DROP_NOT_OURS);
}

enum verdict icmp6_input(struct engine *e, struct input *in, const uint32_t *address, const uint32_t *destination)
{
	switch (in->packet.icmp_type) {
	case ICMPV6_ECHO:
	case ICMPV6_ECHO_REPLY:
		return address ? map_to_ipv4(e, in, *address, *destination) : icmp_no_map(e, in);
	case ICMPV6_UNREACHABLE:
	case ICMPV6_TOO_BIG:
	case ICMPV6_TIME_EXCEEDED:
	case ICMPV6_PARAMETER:
		return error6(e, in, destination);
	default:
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	}
}

enum verdict icmp6_own(struct engine *e, struct input *in)
{
	trace_packet(e, TRACE_NAT64_IN, &in->packet);
	if (in->packet.icmp_type != ICMPV6_ECHO)
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	return answer_echo(e, in, ICMPV6_ECHO_REPLY);
}

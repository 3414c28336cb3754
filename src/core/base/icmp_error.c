/* SPDX-License-Identifier: ISC */
/*
 * icmp_error.c - ICMP errors of our own: a packet is dropped, and its sender is told
 */
#include "core/base/icmp_error.h"

#include "core/base/icmp_message.h"
#include "core/base/output.h"
#include "core/base/report.h"

/**
 * may_send_error() - errors are not sent about errors, about any but the first part of a packet, to groups, or without
 * limit (RFC 1122 3.2.2, RFC 4443 2.4)
 */
static bool may_send_error(const struct packet *p, const struct icmp_error *error)
{
	if (p->fragment_offset != 0)
		return false;
	/* about ICMPv6 only what traceroute asks for (RFC 7915 5.4) */
	if (p->is_ipv6)
		return ipv6_is_host(&p->source6) &&
		       (p->protocol != IP_PROTOCOL_ICMPV6 ||
			(p->icmp_type == ICMPV6_ECHO && error->type == ICMPV6_TIME_EXCEEDED));
	return ipv4_is_host(p->source4) && (p->protocol != IP_PROTOCOL_ICMP || p->icmp_type == ICMP_ECHO);
}

/** send_error() - send an error about the input packet to its source, from our own address if there is one */
static void send_error(struct engine *e, const struct input *in, const struct icmp_error *error)
{
	const struct packet *about = &in->packet;
	struct packet p = {
		.is_ipv6 = about->is_ipv6,
		.source4 = e->config->router_ipv4 ? e->config->router_ipv4 : about->destination4,
		.destination4 = about->source4,
		.source6 = e->config->has_router_ipv6 ? e->config->router_ipv6 : about->destination6,
		.destination6 = about->source6,
		.hop_limit = HOP_LIMIT,
		.transport = about->is_ipv6 ? IPV6_HEADER : IPV4_HEADER,
	};
	size_t room = (about->is_ipv6 ? ICMP_ERROR6_MAX : ICMP_ERROR4_MAX) - p.transport - ICMP_HEADER;
	size_t quoted = about->length < room ? about->length : room;

	icmp_message_begin(e, &p, error);
	span_copy(output_room(e), p.transport + ICMP_HEADER, in->frame->data, quoted);
	p.length = p.transport + ICMP_HEADER + quoted;
	count(e, EVENT_ICMP_SENT);
	icmp_message_send(e, &p, about->is_ipv6 ? TRACE_NAT46_OUT : TRACE_OUTGOING);
}

/** drop_with_error() - drop the input packet, and say so if that is allowed */
static enum verdict drop_with_error(struct engine *e, const struct input *in, enum drop why,
				    const struct icmp_error *error)
{
	/* a flood that provokes other errors must not make black holes of other paths */
	struct rate_limit *limit = why == DROP_TOO_BIG ? &e->too_big : &e->errors;

	if (may_send_error(&in->packet, error) && rate_limit_take(limit, e->now))
		send_error(e, in, error);
	return verdict_drop(e, in, why);
}

enum verdict icmp_hop_limit(struct engine *e, const struct input *in)
{
	const struct icmp_error error = {
		.type = in->packet.is_ipv6 ? ICMPV6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED,
	};

	return drop_with_error(e, in, DROP_HOP_LIMIT, &error);
}

enum verdict icmp_port_unreachable(struct engine *e, const struct input *in, enum drop why)
{
	bool is_ipv6 = in->packet.is_ipv6;
	const struct icmp_error error = {
		.type = is_ipv6 ? ICMPV6_UNREACHABLE : ICMP_UNREACHABLE,
		.code = is_ipv6 ? ICMPV6_CODE_PORT : ICMP_CODE_PORT,
	};

	return drop_with_error(e, in, why, &error);
}

enum verdict icmp_unreachable(struct engine *e, const struct input *in)
{
	const struct packet *p = &in->packet;
	const struct icmp_error error = {
		.type = p->is_ipv6 ? ICMPV6_UNREACHABLE : ICMP_UNREACHABLE,
		.code = p->is_ipv6 ? ICMPV6_CODE_PROHIBITED : ICMP_CODE_PROTOCOL,
	};

	if (p->protocol == IP_PROTOCOL_UDP)
		return icmp_port_unreachable(e, in, DROP_PROTOCOL);
	return drop_with_error(e, in, DROP_PROTOCOL, &error);
}

enum verdict icmp_source_route(struct engine *e, const struct input *in)
{
	const struct icmp_error error = { .type = ICMP_UNREACHABLE, .code = ICMP_CODE_SOURCE_ROUTE };

	return drop_with_error(e, in, DROP_SOURCE_ROUTE, &error);
}

enum verdict icmp_segments_left(struct engine *e, const struct input *in)
{
	const struct icmp_error error = { .type = ICMPV6_PARAMETER, .rest = (uint32_t)in->packet.segments_left };

	return drop_with_error(e, in, DROP_SEGMENTS_LEFT, &error);
}

enum verdict icmp_no_map(struct engine *e, const struct input *in)
{
	const struct icmp_error error = { .type = ICMPV6_UNREACHABLE, .code = ICMPV6_CODE_POLICY };

	return drop_with_error(e, in, DROP_NO_MAP, &error);
}

enum verdict icmp_too_big(struct engine *e, const struct input *in, uint32_t mtu)
{
	struct icmp_error error = { .type = ICMPV6_TOO_BIG, .rest = mtu };

	if (!in->packet.is_ipv6)
		error = (struct icmp_error){ ICMP_UNREACHABLE, ICMP_CODE_FRAG_NEEDED, mtu };
	return drop_with_error(e, in, DROP_TOO_BIG, &error);
}

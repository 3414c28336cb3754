/* SPDX-License-Identifier: ISC */
/*
 * map.c - packets of an IPv6 host that appears under an IPv4 address of its own
 *
 * DOC: Theory of operation
 *
 * Each packet is translated by itself (RFC 7915). One address of it belongs to a map and becomes that of the IPv6
 * host, the other one is that of an IPv4 host, which appears in IPv6 as a client of a service does. Nothing is kept,
 * so that a packet may take any path, and nobody can fill anything.
 *
 * What cannot be translated whole is dropped before anything of it is changed. TCP is looked into only for the MSS of
 * a SYN: both hosts know the MTU of their own links, and neither knows that packets grow by 20 bytes on their way.
 */
#include "core/ip/map.h"

#include "core/base/icmp_error.h"
#include "core/base/output.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/ip/fragment.h"
#include "core/ip/unsummed.h"
#include "core/wire/transport.h"
#include "nat46/checksum.h"
#include "nat46/tcp_rewrite.h"
#include "nat46/translate.h"

/** may_translate() - is there a transport header that translation can deal with; false: drop with @why */
static bool may_translate(const struct engine *e, const struct input *in, uint8_t *protocol, enum drop *why)
{
	const struct packet *p = &in->packet;
	struct span transport = packet_transport(in->frame, p);
	bool has_header = !p->is_fragment || p->fragment_offset == 0;

	*why = DROP_PROTOCOL;
	if (!transport_other_family(p->is_ipv6, p->protocol, protocol))
		return false;
	/* RFC 7915 5.1.1 */
	if (p->has_fragment_header && p->protocol == IP_PROTOCOL_AH)
		return false;
	/* nor may a later fragment replace what the first one said in its header (RFC 3128) */
	*why = DROP_FRAGMENT_TINY;
	if ((has_header ? transport.length : p->fragment_offset) < transport_header_least(p->protocol))
		return false;
	*why = DROP_UDP_UNSUMMED;
	return p->protocol != IP_PROTOCOL_UDP || unsummed_may_pass(e, in);
}

/** readdress_tcp() - new addresses, and an MSS that fits both families, in a whole segment */
static void readdress_tcp(struct engine *e, struct input *in, uint64_t removed)
{
	const struct packet *p = &in->packet;
	struct tcp_rewrite rewrite = tcp_rewrite_begin(packet_transport(in->frame, p), in->frame->offload.partial);

	tcp_rewrite_addresses(&rewrite, removed, packet_address_sum(p));
	if (p->flags & TCP_SYN && e->config->clamp_mss)
		tcp_rewrite_clamp_mss(&rewrite, p->payload - p->transport - TCP_HEADER, announced_mss(e));
	tcp_rewrite_finish(&rewrite);
}

/** translate_transport() - false: drop with @why */
static bool translate_transport(struct engine *e, struct input *in, uint64_t removed, enum drop *why)
{
	struct packet *p = &in->packet;
	struct span transport = packet_transport(in->frame, p);
	uint64_t added = packet_address_sum(p), pseudo = IP_PROTOCOL_ICMPV6 + transport.length;

	if (p->is_fragment && p->fragment_offset != 0)
		return true;
	if (p->protocol == IP_PROTOCOL_TCP && !p->is_fragment) {
		readdress_tcp(e, in, removed);
		return true;
	}
	*why = DROP_ICMP_IGNORED;
	if (p->protocol == IP_PROTOCOL_ICMPV6)
		return transport_echo(transport, true, pseudo + added);
	if (p->protocol == IP_PROTOCOL_ICMP) {
		bool is_echo = transport_echo(transport, false, pseudo + removed);

		transport_echo_settle(transport);
		return is_echo;
	}
	*why = DROP_BAD_HEADER;
	transport_readdress(transport, p->protocol, in->frame->offload.partial, removed, added);
	return p->protocol != IP_PROTOCOL_UDP || unsummed_settle(e, in);
}

enum verdict map_to_ipv6(struct engine *e, struct input *in, const struct ipv6_address *host)
{
	struct packet *p = &in->packet;
	const struct ipv6_address source = address_plan_4to6(&e->config->plan, p->source4);
	uint32_t overhead = IPV6_HEADER - IPV4_HEADER + (p->is_fragment ? FRAGMENT_HEADER : 0);
	uint64_t addresses = packet_address_sum(p);
	uint8_t protocol;
	enum drop why;

	if (p->hop_limit <= 1)
		return icmp_hop_limit(e, in);
	if (!may_translate(e, in, &protocol, &why))
		return verdict_drop(e, in, why);
	if (p->dont_fragment && packet_on_wire(in->frame, p) > e->config->mtu - overhead)
		return icmp_too_big(e, in, e->config->mtu - overhead);
	trace_packet(e, TRACE_NAT46_IN, p);
	p->protocol = protocol;
	translate_4to6(in->frame, p, &source, host);
	if (!translate_transport(e, in, addresses, &why))
		return verdict_drop(e, in, why);
	trace_packet(e, TRACE_NAT46_OUT, p);
	return fragment_emit(e, in);
}

enum verdict map_to_ipv4(struct engine *e, struct input *in, uint32_t address, uint32_t destination)
{
	struct packet *p = &in->packet;
	uint64_t addresses = packet_address_sum(p);
	uint8_t protocol;
	enum drop why;

	if (p->hop_limit <= 1)
		return icmp_hop_limit(e, in);
	if (!may_translate(e, in, &protocol, &why))
		return verdict_drop(e, in, why);
	if (p->length - p->transport > UINT16_MAX - IPV4_HEADER)
		return icmp_too_big(e, in, e->config->mtu);
	trace_packet(e, TRACE_NAT64_IN, p);
	p->protocol = protocol;
	translate_6to4(in->frame, p, address, destination, output_identifications(e, in));
	if (!translate_transport(e, in, addresses, &why))
		return verdict_drop(e, in, why);
	trace_packet(e, TRACE_NAT64_OUT, p);
	emit(e, in->frame);
	return VERDICT_FORWARDED;
}

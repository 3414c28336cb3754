/* SPDX-License-Identifier: ISC */
/*
 * udp.c - datagrams of clients to UDP services, and those of their servers
 *
 * DOC: Theory of operation
 *
 * The first datagram of a client chooses the server and makes a flow (udp_flow.c), and goes on like all others: nothing
 * is looked at in it, so that there is nothing to wait for. What the server sends to the client from the same address
 * and port belongs to the flow, and nothing else does.
 *
 * Who has no service gets a port unreachable, as from a host that has none: a browser that tries QUIC with a service
 * of TCP port 443 learns at once that it has to use TCP. So does a server whose client is not known (any more).
 *
 * A datagram is passed on with the checksum that it has. One without, which IPv6 does not allow (RFC 8200 8.1), gets
 * one on its way to a server, or is dropped, or keeps what it has (setting "udp.zero_checksum"); from a server it is
 * only believed with the last.
 */
#include "core/ip/udp.h"

#include "core/base/choose.h"
#include "core/base/flows.h"
#include "core/base/icmp_error.h"
#include "core/base/output.h"
#include "core/base/report.h"
#include "core/ip/fragment.h"
#include "core/ip/udp_flow.h"
#include "core/ip/unsummed.h"
#include "core/wire/transport.h"
#include "nat46/translate.h"

/** Servers that are compared to know that of a datagram, and services; beyond it may be told that it has no map. */
static const size_t SERVERS_COMPARED = 1024;
static const size_t SERVICES_SEARCHED = 16384;

/** is_sound() - can a datagram be translated; false: drop with @why */
static bool is_sound(const struct engine *e, const struct input *in, enum drop *why)
{
	*why = DROP_BAD_HEADER;
	if (!transport_udp_length_ok(packet_transport(in->frame, &in->packet)))
		return false;
	*why = DROP_UDP_UNSUMMED;
	return unsummed_may_pass(e, in);
}

static size_t payload_length(const struct packet *p)
{
	return p->length - p->transport - UDP_HEADER;
}

/**
 * rewrite() - ports and checksum of a datagram whose network header has been translated
 * @removed: sum of its former addresses
 */
static void rewrite(struct engine *e, struct input *in, uint64_t removed, uint16_t source_port,
		    uint16_t destination_port)
{
	struct packet *p = &in->packet;
	struct span transport = packet_transport(in->frame, p);
	bool partial = in->frame->offload.partial, is_settled;

	transport_readdress(transport, IP_PROTOCOL_UDP, partial, removed, packet_address_sum(p));
	transport_udp_ports(transport, partial, source_port, destination_port);
	is_settled = unsummed_settle(e, in);
	NAT46_ASSERT(is_settled);
	p->source_port = source_port;
	p->destination_port = destination_port;
}

static enum verdict to_server(struct engine *e, struct flow *flow, struct input *in)
{
	struct packet *p = &in->packet;
	uint64_t addresses = packet_address_sum(p);

	trace_packet(e, TRACE_NAT46_IN, p);
	translate_4to6(in->frame, p, &flow->client6, &flow->server);
	rewrite(e, in, addresses, flow->source_port, flow->server_port);
	trace_packet(e, TRACE_NAT46_OUT, p);
	return fragment_emit(e, in);
}

static enum verdict to_client(struct engine *e, struct flow *flow, struct input *in)
{
	struct packet *p = &in->packet;
	uint64_t addresses = packet_address_sum(p);

	translate_6to4(in->frame, p, flow->service, flow->client, output_identifications(e, in));
	rewrite(e, in, addresses, flow->service_port, flow->client_port);
	trace_packet(e, TRACE_NAT64_OUT, p);
	emit(e, in->frame);
	return VERDICT_FORWARDED;
}

/** is_too_long() - has the sender asked to be told that its datagram does not fit our own device */
static bool is_too_long(const struct engine *e, const struct input *in)
{
	const struct packet *p = &in->packet;

	return p->dont_fragment && packet_on_wire(in->frame, p) - p->transport + IPV6_HEADER > e->config->mtu;
}

enum verdict udp_from_client(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;
	const struct service *service = flow ? NULL : service_find(e->config, true, p->destination4,
								    p->destination_port);
	enum drop why;

	if (!flow && !service)
		return icmp_unreachable(e, in);
	if (p->hop_limit <= 1)
		return icmp_hop_limit(e, in);
	if (is_too_long(e, in))
		return icmp_too_big(e, in, e->config->mtu - (IPV6_HEADER - IPV4_HEADER));
	if (!is_sound(e, in, &why))
		return verdict_drop(e, in, why);
	if (!flow && !choose_or_refuse(e, p, service))
		return icmp_port_unreachable(e, in, DROP_DRAINED);
	if (!flow)
		flow = udp_flow_open(e, p, service, &why);
	else if (!udp_flow_continue(e, flow, &why))
		flow = NULL;
	if (!flow)
		return verdict_drop(e, in, why);
	udp_flow_to_server(e, flow, payload_length(p));
	return to_server(e, flow, in);
}

/** may_be_late() - is the source of a datagram the server of a UDP service, whose client is not known (any more) */
static bool may_be_late(const struct engine *e, const struct packet *p)
{
	size_t budget = SERVERS_COMPARED, count = e->config->service_count;

	/* a stranger is found out at once, however many services there are */
	if (!service_is_server(e->config, &p->source6))
		return false;
	for (size_t i = 0; i < count && i < SERVICES_SEARCHED && budget > 0; i++) {
		const struct service *service = &e->config->services[i];

		if (service->is_udp && service_leads_to(service, &p->source6, p->source_port, &budget))
			return true;
	}
	return false;
}

enum verdict udp_from_server(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;
	enum drop why;

	trace_packet(e, TRACE_NAT64_IN, p);
	if (!flow)
		return may_be_late(e, p) ? icmp_port_unreachable(e, in, DROP_UDP_NO_FLOW) : icmp_no_map(e, in);
	if (p->hop_limit <= 1)
		return icmp_hop_limit(e, in);
	if (p->length - p->transport > UINT16_MAX - IPV4_HEADER)
		return icmp_too_big(e, in, e->config->mtu);
	if (!is_sound(e, in, &why))
		return verdict_drop(e, in, why);
	udp_flow_to_client(e, flow, payload_length(p));
	return to_client(e, flow, in);
}

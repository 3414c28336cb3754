/* SPDX-License-Identifier: ISC */
/*
 * udp_error.c - ICMP errors about datagrams of a flow: a server refuses one, and there is another server
 *
 * An error quotes as much of the datagram as fits 1280 bytes, and for a question to a name server that is all of it. So
 * the datagram that was refused can go to the next server, though we have kept nothing. Its checksum tells whether the
 * quote is what was sent. Who forges the error, and guesses the port of a flow without an answer, gets no more than by
 * forging a datagram of the client. A server that has refused is left alone for a while, so that this does not go on.
 */
#include "core/ip/udp_error.h"

#include "core/base/output.h"
#include "core/base/report.h"
#include "core/ip/udp_flow.h"
#include "core/wire/transport.h"
#include "nat46/translate.h"

/** resend() - send the datagram that is quoted to the present server of its flow, if all of it is there */
static void resend(struct engine *e, const struct flow *flow, struct cursor quote, const struct packet *inner)
{
	struct packet p = {
		.is_ipv6 = true,
		.protocol = IP_PROTOCOL_UDP,
		.source6 = flow->client6,
		.destination6 = flow->server,
		.source_port = flow->source_port,
		.destination_port = flow->server_port,
		.transport = IPV6_HEADER,
		.length = inner->length - inner->transport + IPV6_HEADER,
	};
	struct span whole, datagram;

	if (inner->is_fragment || inner->length > quote.left || inner->length < inner->transport + UDP_HEADER ||
	    p.length > OUTPUT_MAX)
		return;
	whole = span_part(output_room(e), 0, p.length);
	datagram = span_part(whole, IPV6_HEADER, p.length - IPV6_HEADER);
	span_copy(datagram, 0, quote.next + inner->transport, datagram.length);
	if (!transport_udp_sum_ok(datagram, packet_address_sum(inner)))
		return;
	ipv6_header_write(whole, IP_PROTOCOL_UDP, inner->traffic_class, HOP_LIMIT, &p.source6, &p.destination6);
	transport_udp_ports(datagram, false, p.source_port, p.destination_port);
	(void)transport_udp_sum(datagram, packet_address_sum(&p));
	count(e, EVENT_UDP_RESENT);
	output_send(e, TRACE_NAT46_OUT, &p);
}

/** is_datagram() - is there enough of a UDP datagram to know its flow; the first part of one has its ports */
static bool is_datagram(const struct packet *inner)
{
	return inner->protocol == IP_PROTOCOL_UDP && inner->fragment_offset == 0 && inner->payload_length >= UDP_HEADER;
}

const struct flow *udp_quoted_by_client(const struct engine *e, const struct packet *inner)
{
	if (!is_datagram(inner))
		return NULL;
	return flow_table_find4(&e->flows, true, inner->destination4, inner->destination_port, inner->source4,
				inner->source_port);
}

struct flow *udp_quoted_by_server(const struct engine *e, const struct packet *inner)
{
	if (!is_datagram(inner))
		return NULL;
	return flow_table_find6(&e->flows, true, &inner->destination6, inner->destination_port, &inner->source6,
				inner->source_port);
}

bool udp_error_absorb(struct engine *e, struct flow *flow, const struct icmp_quote *quote)
{
	if (quote->error.type != ICMPV6_UNREACHABLE || !udp_flow_refused(e, flow))
		return false;
	resend(e, flow, quote->bytes, &quote->inner);
	return true;
}

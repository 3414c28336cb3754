/* SPDX-License-Identifier: ISC */
/*
 * icmp_flow.c - ICMP errors about the segments of a connection
 *
 * DOC: Theory of operation
 *
 * An error about a segment that we sent for one host belongs to the other one. The segment that it quotes
 * has our addresses, ports and sequence numbers; the host only believes the error if all of them are put
 * back to its own (RFC 5927 4.1: the quoted sequence number is checked), and without that, path MTU
 * discovery would fail silently. The quote of a segment to the client has the server's sequence number
 * plus delta; the quote of a segment to the server has the client's own, and only its ACK is shifted.
 *
 * Errors never create, refresh or end a flow (RFC 5508). The one exception is an error about our own SYN:
 * there we are the host, and go to the next server or refuse the client.
 */
#include "core/ip/icmp_flow.h"

#include "core/base/report.h"
#include "core/tcp/quoted.h"
#include "core/wire/icmp_types.h"

enum verdict icmp_flow_to_server(struct engine *e, const struct flow *flow, const struct input *in,
				 const struct icmp_quote *quote)
{
	const struct icmp_sender sender = {
		.source6 = flow->server,
		.destination6 = flow->client6,
		.source_port = flow->server_port,
		.destination_port = flow->source_port,
		.seq_shift = 0u - flow->delta,
		.has_ports = true,
	};
	struct packet out = {
		.is_ipv6 = true,
		.source6 = icmp_source6(e, in->packet.source4),
		.destination6 = flow->server,
	};
	uint32_t overhead = quoted_overhead(flow);
	struct icmp_error to;

	if (!icmp_types_4to6(&quote->error, quote->inner.length, e->config->mtu, &to))
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	/* the segments that the path refuses are longer than the server made them */
	if (to.type == ICMPV6_TOO_BIG)
		to.rest = to.rest > IPV6_MTU_MIN + overhead ? to.rest - overhead : IPV6_MTU_MIN;
	return icmp_quote_send(e, in, quote, &to, &sender, &out);
}

/** own_syn() - an error about our own SYN to a server; only an unreachable server is news */
static enum verdict own_syn(struct engine *e, struct flow *flow, const struct input *in,
			    const struct icmp_quote *quote)
{
	if (quote->error.type != ICMPV6_UNREACHABLE || !quoted_unreachable(e, flow, &quote->inner))
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	return VERDICT_ABSORBED;
}

enum verdict icmp_flow_to_client(struct engine *e, struct flow *flow, const struct input *in,
				 const struct icmp_quote *quote)
{
	const struct icmp_sender sender = {
		.source4 = flow->client,
		.destination4 = flow->service,
		.source_port = flow->client_port,
		.destination_port = flow->service_port,
		.ack_shift = flow->delta,
		.has_ports = true,
	};
	struct packet out = {
		.source4 = icmp_source4(e, &in->packet.source6, flow->service),
		.destination4 = flow->client,
	};
	struct icmp_error to;

	if (quoted_is_own(flow))
		return own_syn(e, flow, in, quote);
	if (!icmp_types_6to4(&quote->error, e->config->mtu, &to))
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	if (!flow->is_udp && flow->state == TCP_STATE_OPENING && quote->error.type == ICMPV6_UNREACHABLE &&
	    quote->inner.seq == flow->client_isn) {
		server_noticed(e, flow, SERVER_ERROR_UNREACHABLE);
		report_refused(e, flow, "the server cannot be reached", "");
	}
	return icmp_quote_send(e, in, quote, &to, &sender, &out);
}

/* SPDX-License-Identifier: ISC */
/*
 * icmp_map.c - ICMP errors about packets of maps
 *
 * The host that gets the error is the one that had sent the packet, so the source of that was, in the other family,
 * what the destination of the error is here. Where the packet went is looked up the other way round: a map for what an
 * IPv4 host sees, a client or the prefix for what an IPv6 host sees, also if both are maps (RFC 7757 4.2.1).
 */
#include "core/ip/icmp_map.h"

#include "core/base/report.h"
#include "core/wire/icmp_types.h"

/** FRAGMENT_HEADER bytes less than the path takes are left for a packet that has such a header (RFC 7915 5.2). */
static void leave_fragment_header(const struct packet *inner, struct icmp_error *to)
{
	if (to->code == ICMP_CODE_FRAG_NEEDED && to->type == ICMP_UNREACHABLE && inner->has_fragment_header)
		to->rest -= FRAGMENT_HEADER;
}

enum verdict icmp_map_to_ipv6(struct engine *e, const struct ipv6_address *host, const struct input *in,
			      const struct icmp_quote *quote)
{
	const struct address_plan *plan = &e->config->plan;
	const struct icmp_sender sender = {
		.source6 = *host,
		.destination6 = address_plan_4to6(plan, quote->inner.destination4),
	};
	struct packet out = {
		.is_ipv6 = true,
		.source6 = icmp_source6(e, in->packet.source4),
		.destination6 = *host,
	};
	struct icmp_error to;

	if (quote->inner.source4 != in->packet.destination4)
		return verdict_drop(e, in, DROP_ICMP_INNER);
	if (!icmp_types_4to6(&quote->error, quote->inner.length, e->config->mtu, &to))
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	return icmp_quote_send(e, in, quote, &to, &sender, &out);
}

enum verdict icmp_map_to_ipv4(struct engine *e, uint32_t destination, const struct input *in,
			      const struct icmp_quote *quote)
{
	struct icmp_sender sender = { .source4 = destination };
	struct packet out = { .destination4 = destination };
	struct icmp_error to;

	if (!ipv6_equal(&quote->inner.source6, &in->packet.destination6))
		return verdict_drop(e, in, DROP_ICMP_INNER);
	if (!address_plan_map_6to4(&e->config->plan, &quote->inner.destination6, &sender.destination4))
		return verdict_drop(e, in, DROP_ICMP_NO_FLOW);
	if (!icmp_types_6to4(&quote->error, e->config->mtu, &to))
		return verdict_drop(e, in, DROP_ICMP_IGNORED);
	leave_fragment_header(&quote->inner, &to);
	out.source4 = icmp_source4(e, &in->packet.source6, sender.destination4);
	return icmp_quote_send(e, in, quote, &to, &sender, &out);
}

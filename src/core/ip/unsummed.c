/* SPDX-License-Identifier: ISC */
/*
 * unsummed.c - UDP packets without checksum
 *
 * IPv6 has none (RFC 8200 8.1), but for tunnels that agree on that (RFC 6935). On the way there one is computed
 * (RFC 7915 4.5), for which the whole datagram must be there; or the packet is dropped; or it stays as it is.
 */
#include "core/ip/unsummed.h"

#include "core/base/report.h"
#include "core/wire/transport.h"

static bool is_unsummed(const struct input *in)
{
	const struct packet *p = &in->packet;

	return p->fragment_offset == 0 && !in->frame->offload.partial &&
	       transport_udp_is_unsummed(packet_transport(in->frame, p));
}

bool unsummed_may_pass(const struct engine *e, const struct input *in)
{
	const struct packet *p = &in->packet;

	if (!is_unsummed(in) || e->config->zero_checksum == ZERO_CHECKSUM_PASS)
		return true;
	return e->config->zero_checksum == ZERO_CHECKSUM_COMPUTE && !p->is_ipv6 && !p->is_fragment;
}

bool unsummed_settle(struct engine *e, struct input *in)
{
	const struct packet *p = &in->packet;

	if (!is_unsummed(in) || e->config->zero_checksum == ZERO_CHECKSUM_PASS)
		return true;
	count(e, EVENT_UDP_CHECKSUM_MADE);
	return transport_udp_sum(packet_transport(in->frame, p), packet_address_sum(p));
}

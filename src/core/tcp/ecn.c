/* SPDX-License-Identifier: ISC */
/*
 * ecn.c - explicit congestion notification, and repair R4: a server without it, whose client was promised it
 *
 * DOC: Theory of operation
 *
 * With the setting tcp.ecn a client that offers ECN (RFC 3168 6.1.1) gets it, unless a server of its service was
 * without within the last hour (server_table.h), and the SYN to the server offers it in turn. An offer of AccECN
 * (RFC 9768) counts as one of ECN, and is answered as such: its third bit is neither read nor sent. The cookie has no
 * room for the promise, so it is kept in the low bits of our TSval, and clients without timestamps get no ECN.
 *
 * If the server accepts, ECN is between the two hosts: flags and code points pass (translate.c). What we send in the
 * client's name before that is not marked as capable, which is always allowed; a mark on the client's first bytes is
 * lost with the packet that had it.
 *
 * If it does not, the client goes on to mark its packets as capable, and routers may tell congestion by a mark that
 * the server would not understand. So nothing of ECN reaches the server: code points and flags are cleared, and a data
 * segment that a router has marked is dropped, which is what the router would have done without ECN. In the other
 * direction there is nothing that the client could need, and all is cleared as well.
 *
 * Without a promise nothing is touched: hosts that have not negotiated ECN ignore its flags, and nobody has learned
 * from us that it might set a code point.
 */
#include "core/tcp/ecn.h"

/** Both bits of the traffic class; a router marks a packet by setting both (RFC 3168 5). */
static const uint8_t CODE_POINT = 0x03;

static const uint8_t FLAGS = TCP_ECE | TCP_CWR;

bool ecn_is_offered(const struct packet *syn)
{
	return (syn->flags & FLAGS) == FLAGS;
}

bool ecn_is_accepted(const struct packet *syn_ack)
{
	/* a host that sends both back is one that mirrors what it does not know */
	return (syn_ack->flags & FLAGS) == TCP_ECE;
}

bool ecn_is_marked(const struct packet *p)
{
	return (p->traffic_class & CODE_POINT) == CODE_POINT && p->payload_length > 0;
}

void ecn_clear(struct input *in)
{
	in->packet.traffic_class = (uint8_t)(in->packet.traffic_class & ~CODE_POINT);
	in->packet.flags = (uint8_t)(in->packet.flags & ~FLAGS);
	in->frame->offload.gso_ecn = false;
}

/* SPDX-License-Identifier: ISC */
/*
 * quoted.c - what an ICMP error about one of our segments is about
 */
#include "core/tcp/quoted.h"

#include "core/tcp/connect.h"
#include "core/tcp/tcp.h"
#include "core/tcp/timestamps.h"

/** Bytes of a segment that are needed to know it: its ports and its sequence number. */
static const size_t KNOWN = 8;

/** is_segment() - is there enough of a TCP segment to know its connection */
static bool is_segment(const struct packet *inner)
{
	return inner->protocol == IP_PROTOCOL_TCP && !inner->is_fragment && inner->payload_length >= KNOWN;
}

const struct flow *quoted_by_client(const struct engine *e, const struct packet *inner)
{
	const struct flow *flow;

	if (!is_segment(inner))
		return NULL;
	flow = flow_table_find4(&e->flows, false, inner->destination4, inner->destination_port, inner->source4,
				inner->source_port);
	return flow && tcp_state_is_bound((enum tcp_state)flow->state) ? flow : NULL;
}

struct flow *quoted_by_server(const struct engine *e, const struct packet *inner)
{
	if (!is_segment(inner))
		return NULL;
	return flow_table_find6(&e->flows, false, &inner->destination6, inner->destination_port, &inner->source6,
				inner->source_port);
}

uint32_t quoted_overhead(const struct flow *flow)
{
	return flow->flags & FLOW_INSERT_TIMESTAMPS ? TIMESTAMPS_LENGTH : 0;
}

bool quoted_is_own(const struct flow *flow)
{
	return flow->state == TCP_STATE_CONNECTING || flow->state == TCP_STATE_ASKED;
}

bool quoted_unreachable(struct engine *e, struct flow *flow, const struct packet *inner)
{
	if (inner->seq != flow->client_isn)
		return false;
	tcp_proceed(e, flow, connect_unreachable(e, flow));
	return true;
}

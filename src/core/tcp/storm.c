/* SPDX-License-Identifier: ISC */
/*
 * storm.c - two hosts that answer each other's acknowledgement for ever
 */
#include "core/tcp/storm.h"

bool storm_watch(struct engine *e, const struct flow *flow, const struct input *in, unsigned int side)
{
	const struct packet *p = &in->packet;
	uint32_t index = flow_table_index(&e->flows, flow);

	if (p->flags == TCP_ACK && p->payload_length == 0 && !in->options.has_sack)
		return ack_storm_watch(&e->storms, index, side, p->seq, p->ack, p->window, e->now);
	ack_storm_calm(&e->storms, index);
	return false;
}

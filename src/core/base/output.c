/* SPDX-License-Identifier: ISC */
/*
 * output.c - where packets of our own making are built, one at a time
 */
#include "core/base/output.h"

#include "core/base/report.h"

uint16_t output_identifications(struct engine *e, const struct input *in)
{
	uint16_t first = e->ipv4_id;

	e->ipv4_id = (uint16_t)(first + packet_on_wire_count(in->frame, &in->packet));
	return first;
}

struct span output_room(struct engine *e)
{
	return span_part(span_over(e->output, sizeof(e->output)), FRAME_HEADROOM, OUTPUT_MAX);
}

void output_send(struct engine *e, enum trace_kind kind, const struct packet *p)
{
	struct frame frame = {
		.data = output_room(e).bytes,
		.length = p->length,
		.headroom = FRAME_HEADROOM,
	};

	trace_packet(e, kind, p);
	emit(e, &frame);
}

/* SPDX-License-Identifier: ISC */
/*
 * output.c - where packets of our own making are built, one at a time
 */
#include "core/base/output.h"

#include "core/base/report.h"

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

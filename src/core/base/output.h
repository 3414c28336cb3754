/* SPDX-License-Identifier: ISC */
/*
 * output.h - where packets of our own making are built, one at a time
 */
#ifndef NAT46_CORE_BASE_OUTPUT_H
#define NAT46_CORE_BASE_OUTPUT_H

#include "core/base/engine_state.h"

/** Hop limit of packets of our own making. */
#define HOP_LIMIT 64u

/** output_identifications() - the first of as many IPv4 identifications as the device makes packets of the input */
uint16_t output_identifications(struct engine *e, const struct input *in);

/** output_room() - the room: OUTPUT_MAX bytes, with FRAME_HEADROOM in front */
struct span output_room(struct engine *e);

/** output_send() - trace what @p says of the finished packet in there, and emit it; its length is @p's */
void output_send(struct engine *e, enum trace_kind kind, const struct packet *p);

#endif

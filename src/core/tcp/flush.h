/* SPDX-License-Identifier: ISC */
/*
 * flush.h - P3 and P4: send the buffered bytes to the server, in the client's name
 */
#ifndef NAT46_CORE_TCP_FLUSH_H
#define NAT46_CORE_TCP_FLUSH_H

#include "core/base/engine_state.h"

/** flush_ack() - acknowledge to the server what the client has */
void flush_ack(struct engine *e, const struct flow *flow);

/** flush() - send as much of the buffered bytes as the server's window takes */
void flush(struct engine *e, struct flow *flow);

/** flush_segment() - send one segment with known bytes of the buffer up to @end; returns the offset behind it */
uint32_t flush_segment(struct engine *e, struct flow *flow, uint32_t offset, uint32_t end);

/** flush_from() - the client repeats what it sent from @offset on: the server has not got it */
void flush_from(struct engine *e, struct flow *flow, uint32_t offset);

/** flush_again() - a bound flow's server repeats its SYN/ACK: our ACK was lost, unless it has said more since */
enum verdict flush_again(struct engine *e, const struct flow *flow, const struct input *in);

#endif

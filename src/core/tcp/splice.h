/* SPDX-License-Identifier: ISC */
/*
 * splice.h - P4: a connection whose ends are both connected
 */
#ifndef NAT46_CORE_TCP_SPLICE_H
#define NAT46_CORE_TCP_SPLICE_H

#include "core/base/engine_state.h"

/** splice_from_client(), splice_from_server() - learn from a segment, and pass it on */
enum verdict splice_from_client(struct engine *e, struct flow *flow, struct input *in);
enum verdict splice_from_server(struct engine *e, struct flow *flow, struct input *in);

/** splice_abandon() - the client of a bound flow that is not over has begun anew: let the server know */
void splice_abandon(struct engine *e, const struct flow *flow);

/** splice_timer() - the timer of the pending record of a bound flow fired */
void splice_timer(struct engine *e, struct flow *flow);

#endif

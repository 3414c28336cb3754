/* SPDX-License-Identifier: ISC */
/*
 * waiting.h - P2: buffer the first bytes of a client until a rule can be chosen, and until its server answers
 */
#ifndef NAT46_CORE_TCP_WAITING_H
#define NAT46_CORE_TCP_WAITING_H

#include "core/tcp/next.h"

/** waiting_input() - segment of a client whose server is not connected yet */
struct next waiting_input(struct engine *e, struct flow *flow, struct input *in);

/** waiting_timer() - no rule could be chosen in time */
struct next waiting_timer(struct engine *e, struct flow *flow);

#endif

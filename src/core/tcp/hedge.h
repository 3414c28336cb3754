/* SPDX-License-Identifier: ISC */
/*
 * hedge.h - P3: several servers are asked at a time, and the first that accepts gets the connection
 */
#ifndef NAT46_CORE_TCP_HEDGE_H
#define NAT46_CORE_TCP_HEDGE_H

#include "core/base/engine_state.h"

/** hedge_keep() - go on to listen to the present server while @flow turns to the next; false: no record left */
bool hedge_keep(struct engine *e, struct flow *flow);

/** hedge_take_over() - turn @flow back to the server of @asked, whose record ends */
void hedge_take_over(struct engine *e, struct flow *flow, struct flow *asked);

#endif

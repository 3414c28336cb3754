/* SPDX-License-Identifier: ISC */
/*
 * hold.h - P4: hold back what a client sends beyond the window of its server, because we promised more
 */
#ifndef NAT46_CORE_TCP_HOLD_H
#define NAT46_CORE_TCP_HOLD_H

#include "core/base/engine_state.h"

/** hold_start() - the server is known: from now on, what goes beyond its window is held back */
void hold_start(struct engine *e, const struct flow *flow);

/**
 * hold_data() - hold back a segment of the client that a bound flow's server would drop
 * @flow: with pending record
 * Return: false, nothing changed, if it is to be passed on
 */
bool hold_data(struct engine *e, struct flow *flow, const struct input *in);

/** hold_settle() - let go of the pending record if all has arrived that was in it, and no more can come */
void hold_settle(struct engine *e, struct flow *flow);

/** hold_arm() - set the timer of a bound flow's pending record to what is due first */
void hold_arm(struct engine *e, const struct flow *flow);

#endif

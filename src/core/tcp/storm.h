/* SPDX-License-Identifier: ISC */
/*
 * storm.h - two hosts that answer each other's acknowledgement for ever
 */
#ifndef NAT46_CORE_TCP_STORM_H
#define NAT46_CORE_TCP_STORM_H

#include "core/base/engine_state.h"

/**
 * storm_watch() - is a segment that is going to be passed on one of an ACK storm
 * @side: 0: of the client, 1: of the server
 */
bool storm_watch(struct engine *e, const struct flow *flow, const struct input *in, unsigned int side);

#endif

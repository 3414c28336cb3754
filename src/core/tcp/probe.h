/* SPDX-License-Identifier: ISC */
/*
 * probe.h - segments of our own in the middle of a connection: who are you, and are you still there
 */
#ifndef NAT46_CORE_TCP_PROBE_H
#define NAT46_CORE_TCP_PROBE_H

#include "core/base/engine_state.h"

/**
 * probe_challenge() - a SYN in the middle of a connection: let its sender show who it is (RFC 5961 4.2)
 *
 * A stranger does not get the answer, and the connection goes on. A client that has begun anew answers with a RST at
 * the very number, which ends the old connection at the server and here, and repeats its SYN.
 */
enum verdict probe_challenge(struct engine *e, const struct flow *flow, const struct input *in);

/** probe_idle() - ask both ends of an idle connection before it is forgotten; false: forget it */
bool probe_idle(struct engine *e, struct flow *flow);

#endif

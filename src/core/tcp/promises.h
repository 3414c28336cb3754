/* SPDX-License-Identifier: ISC */
/*
 * promises.h - what we promised a client, and what its server keeps of it
 */
#ifndef NAT46_CORE_TCP_PROMISES_H
#define NAT46_CORE_TCP_PROMISES_H

#include "core/base/engine_state.h"

/** promises_keep() - the server accepted by @in: compare it with what the client was promised; the repairs R1 to R5 */
void promises_keep(const struct engine *e, struct flow *flow, const struct input *in);

/** promises_learn() - remember what the server's handshake by @in showed, for the next client */
void promises_learn(struct engine *e, const struct flow *flow, const struct input *in);

/** Least MSS that is believed: smaller ones are nonsense, and leave no room for options. */
#define MSS_MIN 64u

#endif

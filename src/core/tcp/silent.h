/* SPDX-License-Identifier: ISC */
/*
 * silent.h - P2: a client that is connected to us and has nothing to say, as yet
 *
 * DOC: Theory of operation
 *
 * A browser opens connections before it needs them, and uses them seconds later, or never. With rules about names,
 * silence does not say that its server should speak first (setting "silent"): the client may wait much longer than a
 * client whose first bytes are on their way. So that this costs little, the pending record goes when the wait is
 * over, and the flow keeps what is needed to make it again (struct flow_silent). Any segment of the client does that.
 * After timeouts.silent the client is reset: it then knows that it has to connect anew.
 *
 * Nothing was said, so that nothing is lost when the record is needed for somebody else.
 */
#ifndef NAT46_CORE_TCP_SILENT_H
#define NAT46_CORE_TCP_SILENT_H

#include "core/base/engine_state.h"

/** silent_start() - the wait of a flow in state WAITING is over without a byte: let its pending record go */
void silent_start(struct engine *e, struct flow *flow);

/** silent_wake() - the client sends something: the flow is WAITING again; false with @why if there is no record */
bool silent_wake(struct engine *e, struct flow *flow, enum drop *why);

/** silent_end() - the client was silent for too long: refuse it, and close the flow */
void silent_end(struct engine *e, struct flow *flow);

#endif

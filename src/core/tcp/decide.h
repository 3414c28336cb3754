/* SPDX-License-Identifier: ISC */
/*
 * decide.h - which rule do the first bytes of a connection choose
 */
#ifndef NAT46_CORE_TCP_DECIDE_H
#define NAT46_CORE_TCP_DECIDE_H

#include "core/base/engine_state.h"

/** decide_server() - ask the rules of the present configuration; @final: no more bytes can come */
void decide_server(struct engine *e, const struct flow *flow, bool final, struct choice *choice);

#endif

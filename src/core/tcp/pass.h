/* SPDX-License-Identifier: ISC */
/*
 * pass.h - P4: rewrite the headers of a segment, and send it on
 */
#ifndef NAT46_CORE_TCP_PASS_H
#define NAT46_CORE_TCP_PASS_H

#include "core/base/engine_state.h"

/** pass_to_server(), pass_to_client() - translate and send a segment of a connection */
enum verdict pass_to_server(struct engine *e, const struct flow *flow, struct input *in);
enum verdict pass_to_client(struct engine *e, const struct flow *flow, struct input *in);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * quoted.h - all that is known outside of this room: what an ICMP error about one of our segments is about
 */
#ifndef NAT46_CORE_TCP_QUOTED_H
#define NAT46_CORE_TCP_QUOTED_H

#include "core/base/engine_state.h"

/** quoted_by_client() - the bound flow of a segment that an error from the client's side quotes, or NULL */
const struct flow *quoted_by_client(const struct engine *e, const struct packet *inner);

/** quoted_by_server() - the flow of a segment that an error from the server's side quotes, or NULL */
struct flow *quoted_by_server(const struct engine *e, const struct packet *inner);

/** quoted_overhead() - bytes that we add to the segments of the server of @flow, which it does not know of */
uint32_t quoted_overhead(const struct flow *flow);

/** quoted_is_own() - was a segment to the server of @flow one of ours, before the server accepted */
bool quoted_is_own(const struct flow *flow);

/** quoted_unreachable() - the server of @flow cannot be reached by the SYN that is quoted; false: that is not ours */
bool quoted_unreachable(struct engine *e, struct flow *flow, const struct packet *inner);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * connect.h - P3: the handshake with the server, in the client's name
 */
#ifndef NAT46_CORE_TCP_CONNECT_H
#define NAT46_CORE_TCP_CONNECT_H

#include "core/tcp/next.h"

/** connect_start() - connect @flow to the best of @servers */
struct next connect_start(struct engine *e, struct flow *flow, const struct server_set *servers);

/** connect_input() - segment of a server to which a SYN is on its way; @flow may be in state ASKED */
struct next connect_input(struct engine *e, struct flow *flow, struct input *in);

/**
 * connect_unreachable() - an ICMP error about our own SYN: go on with the others; @flow may be in state ASKED
 *
 * Without others the client is refused, as it would be if it had asked itself: hosts give up a connection that is
 * opening at such an error, whatever it says, and do not wait for the path to mend (RFC 5461 4.2).
 */
struct next connect_unreachable(struct engine *e, struct flow *flow);

/** connect_timer() - no server has answered: ask the next one as well, or repeat the SYNs */
struct next connect_timer(struct engine *e, struct flow *flow);

/** connect_abandon() - tell all servers that were asked that the connection is no longer wanted */
void connect_abandon(struct engine *e, const struct flow *flow);

#endif

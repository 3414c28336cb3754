/* SPDX-License-Identifier: ISC */
/*
 * deliver.h - P4: what we have acknowledged to a client is ours to deliver
 *
 * DOC: Theory of operation
 *
 * A client forgets what was acknowledged to it. What we had to acknowledge (waiting.c) stays in the buffer until its
 * server has acknowledged it, and we send it again ourselves: after a time-out (RFC 6298) that begins with the round
 * trip of the server's handshake and is doubled each time, or after three acknowledgements of the same number
 * (RFC 5681 3.2). The same segment is the probe of a window that is closed. Everything behind it, the FIN too, is the
 * client's to repeat, as ever.
 *
 * Until the server has come that far, its acknowledgements pass unchanged: to the client they are old ones, and a
 * raised number would make duplicates of them. A server that does not move for timeouts.tcp_transitory is given up,
 * and both sides see a reset: nothing ends silently.
 */
#ifndef NAT46_CORE_TCP_DELIVER_H
#define NAT46_CORE_TCP_DELIVER_H

#include "core/base/engine_state.h"

/** deliver_owes() - does a bound flow's server not have all that we have acknowledged */
bool deliver_owes(const struct engine *e, const struct flow *flow);

/** deliver_acked() - the number that we have acknowledged to the client of a bound flow, or its server has */
uint32_t deliver_acked(const struct engine *e, const struct flow *flow);

/** deliver_start() - the server is connected, and the buffer was flushed */
void deliver_start(struct engine *e, const struct flow *flow);

/**
 * deliver_input() - a segment of the server of a flow with pending record was tracked
 * @before: what it had acknowledged before that
 */
void deliver_input(struct engine *e, struct flow *flow, const struct packet *packet, uint32_t before);

/** deliver_timer() - send again what is due; false: the flow was given up and is gone */
bool deliver_timer(struct engine *e, struct flow *flow);

/** deliver_give_up() - reset both sides, and close the flow */
void deliver_give_up(struct engine *e, struct flow *flow);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * timestamps.h - our timestamp clock towards a client, repair R3, and the clocks of both ends
 */
#ifndef NAT46_CORE_TCP_TIMESTAMPS_H
#define NAT46_CORE_TCP_TIMESTAMPS_H

#include "core/base/engine_state.h"

/** Bytes that timestamps need in a TCP header, with their padding. */
#define TIMESTAMPS_LENGTH 12u

/** timestamps_clock() - our clock towards a client of a service */
uint32_t timestamps_clock(const struct engine *e, uint32_t client, uint32_t service);

/** timestamps_recent() - keep in @recent the TSval that is to be echoed; @last_ack: last number acknowledged */
void timestamps_recent(uint32_t *recent, const struct input *in, uint32_t last_ack);

/** timestamps_from_client() - the same for a segment of a bound flow with FLOW_INSERT_TIMESTAMPS */
void timestamps_from_client(struct flow *flow, const struct input *in);

/** timestamps_watch() - what a segment of a bound flow that counts (track.h) shows of the clocks of both ends */
void timestamps_watch(struct flow *flow, const struct input *in);

/** timestamps_of_client() - the newest TSval of a client that is known; 0: it has none */
uint32_t timestamps_of_client(const struct engine *e, const struct flow *flow);

/** timestamps_to_client(), timestamps_to_server() - options of a segment of our own, in the name of the other end */
struct tcp_options timestamps_to_client(const struct engine *e, const struct flow *flow);
struct tcp_options timestamps_to_server(const struct engine *e, const struct flow *flow);

/**
 * timestamps_insert() - give a segment of the server, not translated yet, timestamps of ours
 * Return: false, nothing changed, if it gets none: it is a RST, or too long
 */
bool timestamps_insert(const struct engine *e, const struct flow *flow, struct input *in);

#endif

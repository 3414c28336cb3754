/* SPDX-License-Identifier: ISC */
/*
 * track.h - how far the two directions of a bound flow are
 */
#ifndef NAT46_CORE_TCP_TRACK_H
#define NAT46_CORE_TCP_TRACK_H

#include "core/base/engine_state.h"

/** track_start() - both ends are connected, with the windows of the server and of the client in bytes */
void track_start(struct engine *e, struct flow *flow, uint32_t server_window, uint32_t client_window);

/** track_is_of_client() - does a segment with an ACK fit what was seen of a bound flow */
bool track_is_of_client(const struct flow *flow, const struct packet *packet);

/**
 * track_is_acknowledged() - does a segment of the client acknowledge what was last, or what has come since
 *
 * Nearly all do. What the client of another connection acknowledges is anywhere else.
 */
bool track_is_acknowledged(const struct flow *flow, const struct packet *packet);

/**
 * track_from_client(), track_from_server() - learn from a segment of a bound flow, as it arrived
 * Return: is it one that counts, and no RST
 */
bool track_from_client(struct engine *e, struct flow *flow, const struct input *in);
bool track_from_server(struct engine *e, struct flow *flow, const struct input *in);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * choose.h - which server a flow is tried with, and under which addresses and ports
 */
#ifndef NAT46_CORE_BASE_CHOOSE_H
#define NAT46_CORE_BASE_CHOOSE_H

#include "core/base/engine_state.h"

/** choose_is_possible() - does any server of a set take a new connection, or are all drained */
bool choose_is_possible(const struct engine *e, const struct server_set *servers, const struct call *call);

/** choose_or_refuse() - the same of a packet without flow; false: that it is refused is counted and reported */
bool choose_or_refuse(struct engine *e, const struct packet *p, const struct service *service);

/** choose_rank() - the servers to try for the client of a flow, best first; returns how many, 0: all are drained */
size_t choose_rank(const struct engine *e, const struct flow *flow, const struct server_set *servers,
		   struct server *candidates);

/**
 * choose_server() - enter @flow into the IPv6 index, under the client's port if that is free, else under another
 *
 * A flow that is over makes room.
 *
 * Return: false if all ports that were tried are taken; the flow is in no IPv6 index then
 */
bool choose_server(struct engine *e, struct flow *flow, const struct server *server);

/** choose_same() - let @flow, in no IPv6 index, have the server and ports of @other, in its place in the index */
void choose_same(struct engine *e, struct flow *flow, struct flow *other);

#endif

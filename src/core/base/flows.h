/* SPDX-License-Identifier: ISC */
/*
 * flows.h - the life of a flow: taken, used, idle, over, released
 */
#ifndef NAT46_CORE_BASE_FLOWS_H
#define NAT46_CORE_BASE_FLOWS_H

#include "core/base/engine_state.h"

/** flow_find() - the flow of a packet, in whichever direction; NULL if there is none */
struct flow *flow_find(const struct engine *e, const struct packet *p);

/**
 * flow_is_allowed() - may a client have one more connection, or proven exchange of datagrams
 *
 * limits.flows_address and flows_network, of each protocol; and UDP has at most half of the table, and no more of one
 * that is full.
 */
bool flow_is_allowed(const struct engine *e, bool is_udp, uint32_t client);

/**
 * flow_take() - a record; if all are in use, a connection that is over, opening or idle makes room
 * @is_proven: it is for a client that has shown that it is not forged. Others get the records of those that are idle
 *	in a small part of the table only
 *
 * Return: NULL if nobody was found; else the record, and no flow with a pending record has ended
 */
struct flow *flow_take(struct engine *e, bool is_proven);

/** flow_take_udp() - the same for an exchange of datagrams; a connection that is idle makes room for very few */
struct flow *flow_take_udp(struct engine *e);

/** flow_begin() - a flow that was taken and filled in begins by @event; it is in the index of its family or families */
void flow_begin(struct engine *e, struct flow *flow, enum tcp_event event);

/** flow_has_server() - a flow that has begun has another server */
void flow_has_server(struct engine *e, const struct flow *flow);

/** flow_service() - the service that a client has connected to; NULL: the configuration does not have it any more */
const struct service *flow_service(const struct engine *e, const struct flow *flow);

/** flow_touch() - the flow was used now */
void flow_touch(struct engine *e, struct flow *flow);

/** flow_silence() - nanoseconds since a flow was used, in milliseconds of the clock */
int64_t flow_silence(const struct engine *e, const struct flow *flow);

/** flow_over() - a flow is over, though its record is kept: report that, once; @reason for the session log */
void flow_over(struct engine *e, struct flow *flow, const char *reason);

/** flow_goes_on() - it was not over after all: reported, and so will be its end, again */
void flow_goes_on(struct engine *e, struct flow *flow);

/** flow_end() - release a flow and everything that belongs to it; @reason for the session log */
void flow_end(struct engine *e, struct flow *flow, const char *reason);

/**
 * flow_close() - a flow is over: release it, or keep its record for as long as flow_may_reopen()
 * @flow: neither OPENING nor ASKED
 */
void flow_close(struct engine *e, struct flow *flow, const char *reason);

/**
 * flow_may_reopen() - would the client's first data, if it came again, complete another handshake
 *
 * A server would get it a second time, or after its client was told that none will. Copies of it may be under way
 * whatever the client has sent or acknowledged since.
 */
bool flow_may_reopen(const struct engine *e, const struct flow *flow);

/** flow_may_repeat() - the same of a client that may not know that the data has arrived, and still repeats it */
bool flow_may_repeat(const struct engine *e, const struct flow *flow);

/**
 * flow_make_way() - let one more flow of @client that may be forged, in state OPENING, have a place
 *
 * limits.waiting, waiting_network and waiting_address hold for those of each protocol by themselves, and where one is
 * reached, the oldest one that counts against it ends: a client that lives has completed its handshake long before its
 * turn comes, and only somebody who uses the same name can hurry it.
 */
void flow_make_way(struct engine *e, bool is_udp, uint32_t client);

/** struct stretch - @left: records to be looked at; @early: how many may be found idle because few are left */
struct stretch {
	uint32_t left;
	uint32_t early;
};

/** flows_stretch() - records that the sweep of now looks at */
struct stretch flows_stretch(const struct engine *e);

/**
 * flows_idle() - the next flow of a stretch that has been silent for its time
 * @stretch: flows_stretch() at first
 *
 * The caller decides whether it ends; it may be released before the next call. Exchanges of datagrams have ended.
 *
 * Return: NULL behind the last, and the next sweep is due after a while
 */
struct flow *flows_idle(struct engine *e, struct stretch *stretch);

/** flows_check() - NULL if the connections in state OPENING are consistent with their queue, else what is not */
const char *flows_check(const struct engine *e);

/** flow_end_reason() - how a flow ended that has been silent for its time */
const char *flow_end_reason(const struct flow *flow);

#endif

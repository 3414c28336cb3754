/* SPDX-License-Identifier: ISC */
/*
 * report.h - what leaves the engine: packets, counts, trace and session events, what servers lack
 */
#ifndef NAT46_CORE_BASE_REPORT_H
#define NAT46_CORE_BASE_REPORT_H

#include "core/base/engine_state.h"

/** verdict_drop() - count and trace a drop */
enum verdict verdict_drop(struct engine *e, const struct input *in, enum drop why);

/** count() - count an event */
static inline void count(struct engine *e, enum event event)
{
	e->counters.events[event]++;
}

/** count_opened(), count_refused() - count for a service that a client is connected, or that we refuse it */
void count_opened(struct engine *e, const struct flow *flow);
void count_refused(struct engine *e, const struct service *service);

/** count_bytes() - count payload of a flow that was acknowledged, or passed on, in a direction */
static inline void count_bytes(struct engine *e, const struct flow *flow, bool to_server, uint64_t bytes)
{
	if (bytes > 0)
		tally_bytes(e->tallies, flow_table_index(&e->flows, flow), to_server, bytes);
}

/** emit() - send a frame */
void emit(struct engine *e, struct frame *frame);

/** trace_packet() - report a packet to the trace hook, if there is one */
void trace_packet(struct engine *e, enum trace_kind kind, const struct packet *packet);

/** trace_client_connected(), trace_server_connected() - report the end of a handshake to the trace hook */
void trace_client_connected(struct engine *e, const struct flow *flow);
void trace_server_connected(struct engine *e, const struct flow *flow);

/**
 * report_bound() - report to the session hook, if there is one, that a server is connected, and keep which rule has won
 * @rule, @host: why it was chosen; @host may be ""
 * @acknowledged: first bytes of the client that we have acknowledged
 */
void report_bound(struct engine *e, const struct flow *flow, const char *rule, const char *host,
		  uint32_t acknowledged);

/** report_refused() - report to the session hook, if there is one, that a client gets no connection; @host may be "" */
void report_refused(struct engine *e, const struct flow *flow, const char *why, const char *host);

/** report_resumed() - report to the session hook, if there is one, that a connection lives that was reported over */
void report_resumed(struct engine *e, const struct flow *flow);

/** report_ended() - report to the session hook, if there is one, that a connection is over, and how */
void report_ended(struct engine *e, const struct flow *flow, const char *how);

/**
 * server_failed(), server_connected() - a server of @flow did not accept, or did; told to the hook if it is news
 * @connect_time: nanoseconds
 */
void server_failed(struct engine *e, const struct flow *flow, const struct server *server, enum server_error error);
void server_connected(struct engine *e, const struct flow *flow, const struct server *server, int64_t connect_time);

/** server_accepts() - the server of @flow has answered its client with a SYN/ACK, for the first time; nanoseconds */
void server_accepts(struct engine *e, const struct flow *flow, int64_t connect_time);

/** server_noticed() - the same of the handshake between the client and the server of @flow; see server_table.h */
void server_noticed(struct engine *e, const struct flow *flow, enum server_error error);

/** report_shortfall() - report to the shortfall hook, if there is one, what the server of @flow lacks */
void report_shortfall(struct engine *e, const struct flow *flow, const struct server_answer *lacks);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * flows.c - the life of a flow: taken, used, idle, over, released
 *
 * For how long a flow is silent costs no timer: a hand goes round over all records, a stretch of them at a time
 * (flows_idle()). Whether a flow that is idle ends is not decided here: its ends may be asked first (tcp/probe.c).
 */
#include "core/base/flows.h"

#include "core/base/pending.h"
#include "core/base/report.h"
#include "nat46/syn_cookie.h"

/** Time in which flows_sweep() comes by every record, least number of stretches, and most records in one. */
static const int64_t SWEEP_ROUND = 4 * SECOND;
static const uint32_t SWEEP_PARTS = 8;
static const uint32_t SWEEP_RECORDS = 16384;

/** A reset connection shows in this time that it still lives, if it does (RFC 5961): a round trip. */
static const int64_t REVIVAL = SECOND;

/** Records that are looked at to find one that can make room. */
static const uint32_t ROOM_RECORDS = 64;

/** sweep_parts() - stretches in a round: short ones, so that no packet waits for a sweep */
static uint32_t sweep_parts(const struct engine *e)
{
	uint32_t parts = e->flows.touched / SWEEP_RECORDS;

	return parts > SWEEP_PARTS ? parts : SWEEP_PARTS;
}

static int64_t sweep_next(const struct engine *e)
{
	return e->now + SWEEP_ROUND / sweep_parts(e);
}

void flow_touch(struct engine *e, struct flow *flow)
{
	flow->last_seen = (uint32_t)(e->now / MILLISECOND);
	if (e->sweep_due == 0)
		e->sweep_due = sweep_next(e);
}

void flow_begin(struct engine *e, struct flow *flow, enum tcp_event event)
{
	flow_move(&e->flows, flow, event);
	flow_touch(e, flow);
	count(e, EVENT_FLOW_OPENED);
}

void flow_end(struct engine *e, struct flow *flow, const char *reason)
{
	if (tcp_state_is_bound((enum tcp_state)flow->state))
		report_session(e, SESSION_ENDED, flow, reason, "");
	pending_release(e, flow);
	if (flow->state == TCP_STATE_OPENING)
		source_queue_leave(&e->opening, flow->place);
	flow_table_release(&e->flows, flow);
	count(e, EVENT_FLOW_CLOSED);
}

/*
 * The cookie is no younger than the flow. Who has seen a byte of the server acknowledges that, and the cookie no
 * longer.
 */
bool flow_may_reopen(const struct engine *e, const struct flow *flow)
{
	int64_t opened = ((int64_t)flow->opened + 1) * SECOND;
	const struct service *service;

	if (!(flow->flags & FLOW_SPLICED) || (tcp_state_is_bound((enum tcp_state)flow->state) &&
					      flow->to_client.acked != flow->server_isn + 1))
		return false;
	service = service_find(e->config, flow->service, flow->service_port);
	return service && e->now < opened + service->wait + 2 * COOKIE_SLOT;
}

void flow_close(struct engine *e, struct flow *flow, const char *reason)
{
	if (!flow_may_reopen(e, flow)) {
		flow_end(e, flow, reason);
		return;
	}
	if (tcp_state_is_bound((enum tcp_state)flow->state))
		report_session(e, SESSION_ENDED, flow, reason, "");
	pending_release(e, flow);
	/* what a server still sends is not for this connection any more */
	flow_table_unlink6(&e->flows, flow);
	flow_move(&e->flows, flow, TCP_EVENT_REFUSE);
}

const char *flow_end_reason(const struct flow *flow)
{
	if (flow->state == TCP_STATE_CLOSED)
		return "closed";
	return flow->state == TCP_STATE_RESET ? "reset" : "timeout";
}

bool flow_is_allowed(const struct engine *e, uint32_t client)
{
	return !source_limit_is_full(&e->flow_addresses, client, e->config->limits.flows_address) &&
	       !source_limit_is_full(&e->flow_networks, client >> 8, e->config->limits.flows_network);
}

/** sweep_step() - the next record that the hand points at */
static struct flow *sweep_step(struct engine *e)
{
	struct flow *flow = flow_table_at(&e->flows, e->sweep_hand);

	e->sweep_hand = (e->sweep_hand + 1) % e->flows.touched;
	return flow;
}

/** silence() - nanoseconds since a flow was used */
static int64_t silence(const struct engine *e, const struct flow *flow)
{
	return (int64_t)((uint32_t)(e->now / MILLISECOND) - flow->last_seen) * MILLISECOND;
}

/** is_spent() - kept for late segments only: may the record be used for somebody else */
static bool is_spent(const struct engine *e, const struct flow *flow)
{
	if (flow->state == TCP_STATE_RESET)
		return silence(e, flow) >= REVIVAL && !flow_may_reopen(e, flow);
	return tcp_state_is_over((enum tcp_state)flow->state);
}

struct flow *flow_take(struct engine *e)
{
	struct flow *free = flow_table_take(&e->flows);
	const uint32_t *states = e->flows.states;

	if (free || states[TCP_STATE_CLOSED] + states[TCP_STATE_RESET] + states[TCP_STATE_REFUSED] == 0)
		return free;
	for (uint32_t i = 0; i < ROOM_RECORDS; i++) {
		struct flow *flow = sweep_step(e);

		if (!is_spent(e, flow))
			continue;
		flow_end(e, flow, flow_end_reason(flow));
		return flow_table_take(&e->flows);
	}
	return NULL;
}

void flow_make_way(struct engine *e, uint32_t client)
{
	const struct engine_limits *limits = &e->config->limits;
	uint32_t oldest;

	for (int i = 0; i < SOURCE_LINE_KINDS; i++) {
		if (!source_queue_surplus(&e->opening, client, limits->waiting_network, limits->waiting_address,
					  &oldest))
			return;
		flow_end(e, flow_table_at(&e->flows, oldest), "replaced");
		count(e, EVENT_OPENING_REPLACED);
	}
}

const char *flows_check(const struct engine *e)
{
	const char *error = source_queue_check(&e->opening);

	if (error)
		return error;
	if (source_queue_length(&e->opening) != e->flows.states[TCP_STATE_OPENING])
		return "flows: wrong number of opening connections in the queue";
	for (uint32_t i = 0; i < e->flows.touched; i++) {
		const struct flow *flow = &e->flows.flows[i];

		if (flow->state == TCP_STATE_OPENING && e->opening.places[flow->place].item != i)
			return "flows: place of an opening connection is somebody else's";
	}
	return NULL;
}

/** is_idle() - has a flow that is not waited for by a timer been silent for too long */
static bool is_idle(const struct engine *e, const struct flow *flow)
{
	enum tcp_state state = (enum tcp_state)flow->state;
	int64_t silent, allowed;

	if (state == TCP_STATE_FREE || tcp_state_is_pending(state))
		return false;
	if (state == TCP_STATE_REFUSED)
		return !flow_may_reopen(e, flow);
	silent = silence(e, flow);
	allowed = tcp_state_timeout(state, &e->config->timeouts);
	/* a server that never acknowledged the first bytes does not hold buffers for hours */
	if (flow->pending && allowed > e->config->timeouts.tcp_transitory)
		allowed = e->config->timeouts.tcp_transitory;
	return silent >= allowed;
}

uint32_t flows_stretch(const struct engine *e)
{
	return e->flows.touched / sweep_parts(e) + 1;
}

struct flow *flows_idle(struct engine *e, uint32_t *left)
{
	while (*left > 0) {
		struct flow *flow = sweep_step(e);

		(*left)--;
		if (is_idle(e, flow))
			return flow;
	}
	e->sweep_due = e->flows.used > 0 ? sweep_next(e) : 0;
	return NULL;
}

/* SPDX-License-Identifier: ISC */
/*
 * pending.c - pending records, and the end of flows
 *
 * A flow owns at most one pending record, from the client's handshake until the server has acknowledged all
 * that was buffered. Timers of pending records serve waiting, connecting and holding back (tcp_hold.c); for how
 * long a bound flow is silent, the hand of flows_sweep() looks at every record once in a while instead.
 */
#include "engine_state.h"

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

bool source_enter(struct engine *e, uint32_t client)
{
	if (!source_limit_enter(&e->addresses, client, e->config->limits.waiting_address))
		return false;
	if (source_limit_enter(&e->networks, client >> 8, e->config->limits.waiting_network))
		return true;
	source_limit_leave(&e->addresses, client);
	return false;
}

void source_leave(struct engine *e, uint32_t client)
{
	source_limit_leave(&e->addresses, client);
	source_limit_leave(&e->networks, client >> 8);
}

struct pending *pending_take(struct engine *e, struct flow *flow, enum drop *why)
{
	struct pending *p;

	*why = DROP_WAITING_FULL;
	if (e->pending_used == e->pending_capacity)
		return NULL;
	*why = DROP_SOURCE_LIMIT;
	if (!source_enter(e, flow->client))
		return NULL;
	if (e->pending_free) {
		p = &e->pending[e->pending_free - 1];
		e->pending_free = p->next_free;
	} else {
		p = &e->pending[e->pending_touched++];
	}
	*p = (struct pending){ .flow = flow_table_index(&e->flows, flow) + 1 };
	flow->pending = (uint32_t)(p - e->pending) + 1;
	e->pending_used++;
	return p;
}

struct pending *pending_of(struct engine *e, const struct flow *flow)
{
	return flow->pending ? &e->pending[flow->pending - 1] : NULL;
}

void pending_timer_set(struct engine *e, const struct pending *pending, int64_t due)
{
	timer_wheel_set(&e->timers, (uint32_t)(pending - e->pending), due);
}

void pending_release(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);
	struct flow *asked;

	if (!p)
		return;
	for (uint32_t i = 0; (asked = hedge_next(e, p, &i));)
		hedge_forget(e, asked);
	source_leave(e, flow->client);
	timer_wheel_cancel(&e->timers, flow->pending - 1);
	buffer_release(&e->buffers, &p->buffer);
	*p = (struct pending){ .next_free = e->pending_free };
	e->pending_free = flow->pending;
	e->pending_used--;
	flow->pending = 0;
}

void flow_end(struct engine *e, struct flow *flow, const char *reason)
{
	if (tcp_state_is_bound((enum tcp_state)flow->state))
		report_session(e, SESSION_ENDED, flow, reason, "");
	pending_release(e, flow);
	if (flow->state == TCP_STATE_OPENING)
		source_leave(e, flow->client);
	flow_table_release(&e->flows, flow);
	count(e, EVENT_FLOW_CLOSED);
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

void flow_touch(struct engine *e, struct flow *flow)
{
	flow->last_seen = (uint32_t)(e->now / MILLISECOND);
	if (e->sweep_due == 0)
		e->sweep_due = sweep_next(e);
}

/** end_reason() - how a flow ended that has been silent for its time */
static const char *end_reason(const struct flow *flow)
{
	if (flow->state == TCP_STATE_CLOSED)
		return "closed";
	return flow->state == TCP_STATE_RESET ? "reset" : "timeout";
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
		flow_end(e, flow, end_reason(flow));
		return flow_table_take(&e->flows);
	}
	return NULL;
}

struct flow *flow_oldest_opening(struct engine *e)
{
	for (uint32_t i = 0; i < ROOM_RECORDS; i++) {
		struct flow *flow = sweep_step(e);

		if (flow->state == TCP_STATE_OPENING)
			return flow;
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

void flows_sweep(struct engine *e)
{
	uint32_t count = e->flows.touched / sweep_parts(e) + 1;

	for (uint32_t i = 0; i < count; i++) {
		struct flow *flow = sweep_step(e);

		if (is_idle(e, flow) && !splice_probe(e, flow))
			flow_close(e, flow, end_reason(flow));
	}
	e->sweep_due = e->flows.used > 0 ? sweep_next(e) : 0;
}

/** check_asked() - the records in state ASKED that pending record @number names know it; counts them */
static const char *check_asked(const struct engine *e, uint32_t number, uint32_t *count)
{
	const struct pending *p = &e->pending[number];
	uint32_t position = 0;
	const struct flow *asked;

	while ((asked = hedge_next(e, p, &position))) {
		if (asked->state != TCP_STATE_ASKED || asked->pending != number + 1 || asked->attempts != position - 1)
			return "pending: record of a server that was asked is somebody else's";
		(*count)++;
	}
	return NULL;
}

const char *pending_check(const struct engine *e)
{
	uint32_t used = 0, chunks = 0, asked = 0;
	const char *error;

	for (uint32_t i = 0; i < e->pending_touched; i++) {
		const struct pending *p = &e->pending[i];

		if (!p->flow)
			continue;
		used++;
		if (flow_table_at(&e->flows, p->flow - 1)->pending != i + 1)
			return "pending: flow does not know its record";
		error = check_asked(e, i, &asked);
		if (error)
			return error;
		for (uint32_t c = 0; c < BUFFER_CHUNKS_MAX; c++)
			chunks += p->buffer.chunks[c] != 0;
	}
	if (used != e->pending_used)
		return "pending: wrong number of records in use";
	if (asked != e->flows.states[TCP_STATE_ASKED])
		return "pending: record of a server that was asked was lost";
	if (source_limit_total(&e->addresses) != used + e->flows.states[TCP_STATE_OPENING] ||
	    source_limit_total(&e->networks) != used + e->flows.states[TCP_STATE_OPENING])
		return "pending: wrong number of connections counted by source";
	if (chunks != e->buffers.used)
		return "pending: buffer chunks were lost";
	for (uint32_t i = 0; i < e->flows.touched; i++) {
		const struct flow *flow = &e->flows.flows[i];
		bool needs = tcp_state_is_pending((enum tcp_state)flow->state);

		if (needs && !flow->pending)
			return "pending: waiting flow without record";
		if (needs && e->timers.nodes[flow->pending - 1].due == 0)
			return "pending: waiting flow without timer";
	}
	return NULL;
}

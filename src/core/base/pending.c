/* SPDX-License-Identifier: ISC */
/*
 * pending.c - pending records, from the client's handshake until the server has acknowledged all that was buffered
 *
 * Each has a timer, which serves the phase of its connection. With it go the flows in state ASKED that it names
 * (tcp/hedge.c), and its place among the connections that its source may have waiting.
 */
#include "core/base/pending.h"

#include "core/base/buffered.h"
#include "core/base/report.h"

/** Records that are looked at to find bytes behind a hole. */
static const uint32_t ROOM_RECORDS = 64;

/** source_enter() - count a pending record; false, nothing changed, if its client or /24 has too many */
static bool source_enter(struct engine *e, uint32_t client)
{
	if (!source_limit_enter(&e->addresses, client, 1, e->config->limits.waiting_address))
		return false;
	if (source_limit_enter(&e->networks, client >> 8, 1, e->config->limits.waiting_network))
		return true;
	source_limit_leave(&e->addresses, client, 1);
	return false;
}

static void source_leave(struct engine *e, uint32_t client)
{
	source_limit_leave(&e->addresses, client, 1);
	source_limit_leave(&e->networks, client >> 8, 1);
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
	flow->has_pending = true;
	flow->pending_index = (uint32_t)(p - e->pending) + 1;
	e->pending_used++;
	return p;
}

struct pending *pending_of(const struct engine *e, const struct flow *flow)
{
	return flow->has_pending ? &e->pending[flow->pending_index - 1] : NULL;
}

struct flow *pending_owner(const struct engine *e, const struct pending *pending)
{
	return flow_table_at(&e->flows, pending->flow - 1);
}

void pending_timer_set(struct engine *e, const struct pending *pending, int64_t due)
{
	timer_wheel_set(&e->timers, (uint32_t)(pending - e->pending), due);
}

struct flow *asked_next(const struct engine *e, const struct pending *p, uint32_t *position)
{
	while (*position < CANDIDATES_MAX - 1) {
		uint32_t asked = p->asked[(*position)++];

		if (asked)
			return flow_table_at(&e->flows, asked - 1);
	}
	return NULL;
}

void asked_keep(struct engine *e, const struct flow *flow, struct flow *asked)
{
	struct pending *p = pending_of(e, flow);

	NAT46_ASSERT(p);
	/* each candidate is kept at most once, and the last one never */
	asked->has_pending = true;
	asked->pending_index = flow->pending_index;
	asked->attempts = p->candidate;
	p->asked[p->candidate] = flow_table_index(&e->flows, asked) + 1;
}

void asked_forget(struct engine *e, struct flow *asked)
{
	pending_of(e, asked)->asked[asked->attempts] = 0;
	flow_table_release(&e->flows, asked);
	count(e, EVENT_FLOW_CLOSED);
}

void pending_release(struct engine *e, struct flow *flow)
{
	struct pending *p = pending_of(e, flow);
	struct flow *asked;
	uint32_t ts_client;

	if (!p)
		return;
	for (uint32_t i = 0; (asked = asked_next(e, p, &i));)
		asked_forget(e, asked);
	source_leave(e, flow->client);
	timer_wheel_cancel(&e->timers, flow->pending_index - 1);
	buffered_cut(e, flow->client, &p->buffer, 0);
	ts_client = p->ts_client;
	*p = (struct pending){ .next_free = e->pending_free };
	e->pending_free = flow->pending_index;
	e->pending_used--;
	flow->has_pending = false;
	flow->ts_client = ts_client;
}

void pending_offer(struct engine *e, const struct pending *pending)
{
	e->pending_hand = (uint32_t)(pending - e->pending);
}

void pending_make_room(struct engine *e, uint32_t chunks)
{
	for (uint32_t i = 0; i < ROOM_RECORDS && e->buffers.capacity - e->buffers.used < chunks; i++) {
		struct pending *p = &e->pending[e->pending_hand];

		e->pending_hand = (e->pending_hand + 1) % e->pending_touched;
		if (!p->flow || buffer_end(&p->buffer) == buffer_contiguous(&p->buffer))
			continue;
		count(e, EVENT_BUFFER_TAKEN);
		buffered_cut(e, pending_owner(e, p)->client, &p->buffer, buffer_contiguous(&p->buffer));
	}
}

/** check_asked() - the records in state ASKED that pending record @number names know it; counts them */
static const char *check_asked(const struct engine *e, uint32_t number, uint32_t *count)
{
	const struct pending *p = &e->pending[number];
	uint32_t position = 0;
	const struct flow *asked;

	while ((asked = asked_next(e, p, &position))) {
		if (asked->state != TCP_STATE_ASKED || asked->pending_index != number + 1 ||
		    asked->attempts != position - 1)
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
		if (!pending_owner(e, p)->has_pending || pending_owner(e, p)->pending_index != i + 1)
			return "pending: flow does not know its record";
		error = check_asked(e, i, &asked);
		if (error)
			return error;
		chunks += buffer_chunks(&p->buffer);
	}
	if (used != e->pending_used)
		return "pending: wrong number of records in use";
	if (asked != e->flows.states[false][TCP_STATE_ASKED])
		return "pending: record of a server that was asked was lost";
	if (source_limit_total(&e->addresses) != used || source_limit_total(&e->networks) != used)
		return "pending: wrong number of connections counted by source";
	error = buffered_check(e, chunks);
	if (error)
		return error;
	for (uint32_t i = 0; i < e->flows.touched; i++) {
		const struct flow *flow = &e->flows.flows[i];
		bool needs = tcp_state_is_pending((enum tcp_state)flow->state);

		if (needs && !flow->has_pending)
			return "pending: waiting flow without record";
		if (needs && e->timers.nodes[flow->pending_index - 1].due == 0)
			return "pending: waiting flow without timer";
	}
	return NULL;
}

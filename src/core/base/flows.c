/* SPDX-License-Identifier: ISC */
/*
 * flows.c - the life of a flow: taken, used, idle, over, released
 *
 * For how long a flow is silent costs no timer: a hand goes round over all records, a stretch of them at a time
 * (flows_idle()). Whether a flow that is idle ends is not decided here: its ends may be asked first (tcp/probe.c).
 *
 * An exchange of datagrams is a flow in two states. It is OPENING until its client has sent another datagram after an
 * answer of the server, and that says less than the handshake of TCP: who sends blindly in somebody's name may send
 * twice. So nothing that UDP does is at the expense of TCP. It has queues and counts of its own; the proven ones have
 * at most half of the table, nobody becomes one when it is full, and who would be one too many goes on among those that
 * are not, whose oldest makes room for the next. No client is ever turned away because of what others send in its name.
 *
 * A full table serves who comes, at the cost of who does not use it. When a sixteenth of the records is left, the time
 * after which established connections are asked begins to sink with what is left, so that those go first that are idle
 * for longest, and the time to answer is short. When none is left, somebody makes room: a connection that is over, one
 * that may be forged, or the one that is idle for longest among a few records.
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

/** Part of the records that is left when connections are asked early. */
static const uint32_t CROWDED_PART = 16;

/** Connections that are asked early, or again, in one stretch: at most as many packets to each side. */
static const uint32_t EARLY_MAX = 256;

/** Who was asked early has this time to answer each question. */
static const int64_t EARLY_ANSWER = 4 * SECOND;

/**
 * A connection that has been silent for less is not idle, however full the table is. It is more than the TIME-WAIT of
 * Linux with all that its timers are late, for every question renews that, and two ends that have closed without our
 * noticing would be asked for ever. Nobody makes room before there was time to ask.
 */
static const int64_t IDLE_LEAST = 70 * SECOND;

/** Part of a full table that those have for themselves who may be forged, and part of any that UDP proven may have. */
static const uint32_t OPENING_PART = 64;
static const uint32_t UDP_PART = 2;

/** Least time for which a NAT has to keep an exchange of datagrams (RFC 4787 REQ-5): all that an unproven one gets. */
static const int64_t UDP_UNPROVEN = 120 * SECOND;

/** enum room - who may have to make room besides those that are over: any exchange of datagrams, whoever is idle */
enum room {
	ROOM_OVER,
	ROOM_UDP,
	ROOM_IDLE,
};

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

const struct service *flow_service(const struct engine *e, const struct flow *flow)
{
	return service_find(e->config, flow->is_udp, flow->service, flow->service_port);
}

struct flow *flow_find(const struct engine *e, const struct packet *p)
{
	bool is_udp = p->protocol == IP_PROTOCOL_UDP;

	if (p->is_fragment || (p->protocol != IP_PROTOCOL_TCP && !is_udp))
		return NULL;
	if (p->is_ipv6)
		return flow_table_find6(&e->flows, is_udp, &p->source6, p->source_port, &p->destination6,
					p->destination_port);
	return flow_table_find4(&e->flows, is_udp, p->source4, p->source_port, p->destination4, p->destination_port);
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
	/* one that stands for a server that is asked is none by itself */
	if (event == TCP_EVENT_ASK)
		return;
	tally_enter(e->tallies, flow_table_index(&e->flows, flow),
		    tally_of_service(e->tallies, flow_service(e, flow)));
	/* a segment without handshake proves nothing */
	if (event == TCP_EVENT_ACCEPT || flow->is_udp)
		count_opened(e, flow);
	if (flow->flags & FLOW_LINKED6)
		flow_has_server(e, flow);
}

void flow_has_server(struct engine *e, const struct flow *flow)
{
	const struct server server = { .address = flow->server, .port = flow->server_port };
	uint32_t number = flow_table_index(&e->flows, flow);
	uint16_t tally = tally_of_server(e->tallies, e->tallies->of_flow[number], &server, flow->service_port);

	tally_leave(e->tallies, number, true);
	tally_enter(e->tallies, number, tally);
}

void flow_over(struct engine *e, struct flow *flow, const char *reason)
{
	if (flow->is_ended)
		return;
	if (tcp_state_is_bound((enum tcp_state)flow->state))
		report_ended(e, flow, reason);
	flow->is_ended = true;
	tally_activate(e->tallies, flow_table_index(&e->flows, flow), false);
}

void flow_goes_on(struct engine *e, struct flow *flow)
{
	NAT46_ASSERT(flow->is_ended);
	report_resumed(e, flow);
	flow->is_ended = false;
	tally_activate(e->tallies, flow_table_index(&e->flows, flow), true);
}

void flow_end(struct engine *e, struct flow *flow, const char *reason)
{
	flow_over(e, flow, reason);
	pending_release(e, flow);
	if (flow->state == TCP_STATE_OPENING)
		source_queue_leave(&e->opening[flow->is_udp], flow->place);
	tally_leave(e->tallies, flow_table_index(&e->flows, flow), false);
	flow_table_release(&e->flows, flow);
	count(e, EVENT_FLOW_CLOSED);
}

/* The cookie is no younger than the flow. */
bool flow_may_reopen(const struct engine *e, const struct flow *flow)
{
	return flow->flags & FLOW_SPLICED && flow_age(flow, e->now) < COOKIE_DEAD + MILLISECOND;
}

bool flow_may_repeat(const struct engine *e, const struct flow *flow)
{
	bool is_bound = tcp_state_is_bound((enum tcp_state)flow->state);

	return flow_may_reopen(e, flow) && (!is_bound || flow->to_client.acked == flow->server_isn + 1);
}

void flow_close(struct engine *e, struct flow *flow, const char *reason)
{
	if (!flow_may_reopen(e, flow)) {
		flow_end(e, flow, reason);
		return;
	}
	flow_over(e, flow, reason);
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

bool flow_is_allowed(const struct engine *e, bool is_udp, uint32_t client)
{
	uint32_t proven = e->flows.states[true][TCP_STATE_ESTABLISHED], capacity = e->flows.capacity;

	if (is_udp && (proven >= capacity / UDP_PART || e->flows.used == capacity))
		return false;
	return !source_limit_is_full(&e->flow_addresses[is_udp], client, e->config->limits.flows_address) &&
	       !source_limit_is_full(&e->flow_networks[is_udp], client >> 8, e->config->limits.flows_network);
}

/** sweep_step() - the next record that the hand points at */
static struct flow *sweep_step(struct engine *e)
{
	struct flow *flow = flow_table_at(&e->flows, e->sweep_hand);

	e->sweep_hand = (e->sweep_hand + 1) % e->flows.touched;
	return flow;
}

int64_t flow_silence(const struct engine *e, const struct flow *flow)
{
	return (int64_t)((uint32_t)(e->now / MILLISECOND) - flow->last_seen) * MILLISECOND;
}

/** is_spent() - kept for late segments only: may the record be used for somebody else */
static bool is_spent(const struct engine *e, const struct flow *flow)
{
	if (flow->state == TCP_STATE_RESET)
		return flow_silence(e, flow) >= REVIVAL && !flow_may_repeat(e, flow);
	return tcp_state_is_over((enum tcp_state)flow->state);
}

/** idleness() - for how long has a flow been idle that could be the one of @who to make room; 0: it cannot */
static int64_t idleness(const struct engine *e, const struct flow *flow, enum room who)
{
	int64_t silent = flow_silence(e, flow);

	if (who == ROOM_UDP)
		return flow->is_udp && flow->state == TCP_STATE_ESTABLISHED ? silent : 0;
	/* nothing was said, and its cookie lets it begin anew */
	if (flow->state == TCP_STATE_SILENT)
		return 2 * e->config->timeouts.tcp + silent;
	if (!tcp_state_is_bound((enum tcp_state)flow->state) || flow->has_pending || flow_may_repeat(e, flow))
		return 0;
	/* asked in vain */
	if (flow->state == TCP_STATE_PROBED && flow->attempts > 1)
		return e->config->timeouts.tcp + silent;
	return silent >= IDLE_LEAST ? silent : 0;
}

/**
 * find_room() - among a few records one that is over, or else the one that is idle for longest; NULL: none is
 *
 * Best one that is of no use any more: a copy of some first data matters less than another connection.
 */
static struct flow *find_room(struct engine *e, enum room who)
{
	struct flow *spent = NULL, *idle = NULL;
	int64_t longest = 0;

	for (uint32_t i = 0; i < ROOM_RECORDS && !(spent && !flow_may_reopen(e, spent)); i++) {
		struct flow *flow = sweep_step(e);

		if (is_spent(e, flow)) {
			if (!spent || !flow_may_reopen(e, flow))
				spent = flow;
		} else if (who != ROOM_OVER && idleness(e, flow, who) > longest) {
			longest = idleness(e, flow, who);
			idle = flow;
		}
	}
	return spent ? spent : idle;
}

/** evict() - end a connection whose record is needed */
static void evict(struct engine *e, struct flow *flow)
{
	if (tcp_state_is_over((enum tcp_state)flow->state)) {
		flow_end(e, flow, flow_end_reason(flow));
		return;
	}
	flow_end(e, flow, "evicted");
	count(e, EVENT_FLOW_EVICTED);
}

/** replace() - end flow number @oldest, which is opening */
static void replace(struct engine *e, uint32_t oldest)
{
	struct flow *flow = flow_table_at(&e->flows, oldest);
	bool is_udp = flow->is_udp;

	flow_end(e, flow, "replaced");
	count(e, is_udp ? EVENT_UDP_REPLACED : EVENT_OPENING_REPLACED);
}

/** make_room() - end somebody, @who or the oldest that may be forged, for a flow of a protocol; false: nobody can be */
static bool make_room(struct engine *e, enum room who, bool is_udp)
{
	const uint32_t *states = e->flows.states[false];
	uint32_t over = states[TCP_STATE_CLOSED] + states[TCP_STATE_RESET] + states[TCP_STATE_REFUSED];
	struct flow *flow = over > 0 || who != ROOM_OVER ? find_room(e, who) : NULL;
	uint32_t oldest;

	if (flow)
		evict(e, flow);
	else if (source_queue_oldest(&e->opening[true], &oldest) ||
		 (!is_udp && source_queue_oldest(&e->opening[false], &oldest)))
		replace(e, oldest);
	else
		return false;
	return true;
}

struct flow *flow_take(struct engine *e, bool is_proven)
{
	struct flow *free = flow_table_take(&e->flows, false);
	uint32_t opening = e->flows.states[false][TCP_STATE_OPENING] + e->flows.states[true][TCP_STATE_OPENING];
	uint32_t share = is_proven ? 0 : e->flows.capacity / OPENING_PART;

	if (free)
		return free;
	return make_room(e, opening <= share ? ROOM_IDLE : ROOM_OVER, false) ? flow_table_take(&e->flows, false) : NULL;
}

struct flow *flow_take_udp(struct engine *e)
{
	struct flow *free = flow_table_take(&e->flows, true);
	const uint32_t *states = e->flows.states[true];
	uint32_t share = e->flows.capacity / OPENING_PART;
	enum room who = ROOM_OVER;

	if (free)
		return free;
	/* connections are only taken for the share that nobody else could have */
	if (states[TCP_STATE_OPENING] + states[TCP_STATE_ESTABLISHED] <= share)
		who = ROOM_IDLE;
	else if (states[TCP_STATE_OPENING] <= share)
		who = ROOM_UDP;
	return make_room(e, who, true) ? flow_table_take(&e->flows, true) : NULL;
}

void flow_make_way(struct engine *e, bool is_udp, uint32_t client)
{
	const struct engine_limits *limits = &e->config->limits;
	uint32_t oldest;

	for (int i = 0; i < SOURCE_LINE_KINDS; i++) {
		if (!source_queue_surplus(&e->opening[is_udp], client, limits->waiting_network, limits->waiting_address,
					  &oldest))
			return;
		replace(e, oldest);
	}
}

/** check_tally() - is every flow counted where it belongs: does a tally have the flows that it should have */
static const char *check_tally(const struct engine *e, uint16_t number)
{
	const struct tally *tally = &e->tallies->tallies[number];
	uint64_t to_server = 0, to_client = 0;
	uint32_t flows = 0, active = 0;

	for (uint32_t i = 0; i < e->flows.touched; i++) {
		const struct flow *flow = &e->flows.flows[i];

		if (flow->state == TCP_STATE_FREE || flow->state == TCP_STATE_ASKED ||
		    !tally_includes(e->tallies, number, i))
			continue;
		flows++;
		active += !flow->is_ended;
		/* an exchange of datagrams may have had another server before */
		if (tally->key.parent != 0 || !(flow->is_udp || tcp_state_is_bound((enum tcp_state)flow->state)))
			continue;
		to_server += flow_bytes_to_server(flow);
		to_client += flow_bytes_to_client(flow);
	}
	/* a sender that lies about where its FIN is may make it look like a byte later */
	if (to_server > tally->bytes_to_server + flows || to_client > tally->bytes_to_client + flows)
		return "flows: bytes that their tally does not have";
	return flows == tally->flows && active == tally->active ? NULL : "flows: wrong number in a tally";
}

const char *flows_check(const struct engine *e)
{
	for (uint32_t i = 0; i < e->tallies->touched; i++) {
		const char *error = check_tally(e, (uint16_t)i);

		if (error)
			return error;
	}
	for (uint32_t i = 0; i < FLOW_PROTOCOLS; i++) {
		const char *error = source_queue_check(&e->opening[i]);

		if (error)
			return error;
		if (source_queue_length(&e->opening[i]) != e->flows.states[i][TCP_STATE_OPENING])
			return "flows: wrong number of opening flows in the queue";
	}
	for (uint32_t i = 0; i < e->flows.touched; i++) {
		const struct flow *flow = &e->flows.flows[i];

		if (flow->state == TCP_STATE_OPENING && e->opening[flow->is_udp].places[flow->place].item != i)
			return "flows: place of an opening flow is somebody else's";
	}
	return NULL;
}

/** is_crowded() - are so few records left that connections are asked early, if they are asked at all */
static bool is_crowded(const struct engine *e)
{
	uint32_t left = e->flows.capacity - e->flows.used;

	return e->config->keepalive && left < e->flows.capacity / CROWDED_PART + 1;
}

/** hurry() - the silence that is @allowed, now that few records are left */
static int64_t hurry(const struct engine *e, const struct flow *flow, int64_t allowed)
{
	uint32_t left = e->flows.capacity - e->flows.used;
	int64_t least = allowed;

	/* there is nothing to ask, and it makes room when the table is full */
	if (flow->is_udp)
		return allowed;
	if (flow->state == TCP_STATE_PROBED)
		least = EARLY_ANSWER;
	else if (flow->state == TCP_STATE_ESTABLISHED && !flow->has_pending)
		least = allowed / (e->flows.capacity / CROWDED_PART + 1) * left;
	if (flow->state == TCP_STATE_ESTABLISHED && least < IDLE_LEAST)
		least = IDLE_LEAST;
	return least < allowed ? least : allowed;
}

/** allowed_silence() - for how long may a flow be silent */
static int64_t allowed_silence(const struct engine *e, const struct flow *flow)
{
	const struct engine_timeouts *timeouts = &e->config->timeouts;

	if (!flow->is_udp)
		return tcp_state_timeout((enum tcp_state)flow->state, timeouts);
	return flow->state == TCP_STATE_OPENING && timeouts->udp > UDP_UNPROVEN ? UDP_UNPROVEN : timeouts->udp;
}

/** is_idle() - has a flow that is not waited for by a timer been silent for too long; @hurried: as hurry() says */
static bool is_idle(const struct engine *e, const struct flow *flow, bool hurried)
{
	enum tcp_state state = (enum tcp_state)flow->state;
	int64_t silent, allowed;

	if (state == TCP_STATE_FREE || tcp_state_is_pending(state))
		return false;
	if (state == TCP_STATE_REFUSED)
		return !flow_may_reopen(e, flow);
	/* a client that only says that it is still there has nothing to say either */
	if (state == TCP_STATE_SILENT)
		return flow_age(flow, e->now) >= tcp_state_timeout(state, &e->config->timeouts);
	silent = flow_silence(e, flow);
	allowed = allowed_silence(e, flow);
	/* a server that never acknowledged the first bytes does not hold buffers for hours */
	if (flow->has_pending && allowed > e->config->timeouts.tcp_transitory)
		allowed = e->config->timeouts.tcp_transitory;
	return silent >= (hurried ? hurry(e, flow, allowed) : allowed);
}

struct stretch flows_stretch(const struct engine *e)
{
	return (struct stretch){
		.left = e->flows.touched / sweep_parts(e) + 1,
		.early = is_crowded(e) ? EARLY_MAX : 0,
	};
}

struct flow *flows_idle(struct engine *e, struct stretch *stretch)
{
	while (stretch->left > 0) {
		struct flow *flow = sweep_step(e);

		stretch->left--;
		if (is_idle(e, flow, false)) {
			if (!flow->is_udp)
				return flow;
			flow_end(e, flow, "timeout");
			continue;
		}
		if (stretch->early > 0 && is_idle(e, flow, true)) {
			stretch->early--;
			return flow;
		}
	}
	e->sweep_due = e->flows.used > 0 ? sweep_next(e) : 0;
	return NULL;
}

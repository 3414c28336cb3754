/* SPDX-License-Identifier: ISC */
/*
 * udp_flow.c - which server the datagrams of a client go to, and for how long
 *
 * DOC: Theory of operation
 *
 * A flow is OPENING until its client has sent another datagram after an answer of the server, then ESTABLISHED. That is
 * weak evidence that the client is not forged; base/flows.c tells what it is worth. A flow is kept for timeouts.udp
 * behind its last datagram, of either side (RFC 4787 REQ-5, REQ-6), while it is OPENING for two minutes at most.
 *
 * The server is the best one in rank for the client that is not known to fail, as with TCP, but for that it is not
 * silence that tells: there are protocols without answers. An ICMP error does, and the server is left alone for some
 * seconds then (server_table.h). What becomes of the flow depends on whether the server had answered:
 *
 *	not yet	The flow moves to the next server at once. If the error quotes the whole datagram, as it does if that is
 *		no longer than a question to a name server, it is sent there too (udp_error.c): its client would wait
 *		for seconds before it asks again. The client is not told: many believe that nobody is there, and stop.
 *	it had	What the two have agreed on is at that server. The client is told, as if it had spoken with the server
 *		itself. If it sends again before the server does, the flow moves.
 *
 * Without another server the flow stays, and its client is told.
 */
#include "core/ip/udp_flow.h"

#include "core/base/choose.h"
#include "core/base/flows.h"
#include "core/base/report.h"

static struct server present(const struct flow *flow)
{
	return (struct server){ .address = flow->server, .port = flow->server_port, .is_udp = true };
}

static bool is_present(const struct flow *flow, const struct server *server)
{
	return server->port == flow->server_port && ipv6_equal(&server->address, &flow->server);
}

/** next() - among candidates the best that does not fail and is not the present server, or else each in its turn */
static const struct server *next(const struct engine *e, const struct flow *flow, const struct server *candidates,
				 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_present(flow, &candidates[i]) &&
		    !server_table_is_failing(e->servers, &candidates[i], e->now))
			return &candidates[i];
	}
	NAT46_ASSERT(count > 0);
	return &candidates[flow->udp.rank % count];
}

/** has_choice() - are there several servers for a flow */
static bool has_choice(const struct engine *e, const struct flow *flow)
{
	const struct call call = { .client = flow->client, .address = flow->service, .port = flow->service_port };
	const struct service *service = flow_service(e, flow);

	return service && service->fallback.count > 1 && choose_is_possible(e, &service->fallback, &call);
}

/** move() - turn to the next server of the service, which has several; false if no source port was free there */
static bool move(struct engine *e, struct flow *flow)
{
	struct server candidates[CANDIDATES_MAX];
	size_t number = choose_rank(e, flow, &flow_service(e, flow)->fallback, candidates);

	flow->udp.rank++;
	flow->udp.is_answered = false;
	count(e, EVENT_SERVER_NEXT);
	return choose_server(e, flow, next(e, flow, candidates, number));
}

struct flow *udp_flow_open(struct engine *e, const struct packet *p, const struct service *service, enum drop *why)
{
	struct server candidates[CANDIDATES_MAX];
	struct flow *flow;
	bool linked;

	flow_make_way(e, true, p->source4);
	flow = flow_take_udp(e);
	*why = DROP_FLOWS_FULL;
	if (!flow)
		return NULL;
	flow->client = p->source4;
	flow->client_port = p->source_port;
	flow->service = p->destination4;
	flow->service_port = p->destination_port;
	flow_set_opened(flow, e->now);
	(void)choose_rank(e, flow, &service->fallback, candidates);
	if (!choose_server(e, flow, &candidates[0])) {
		flow_table_release(&e->flows, flow);
		*why = DROP_UDP_COLLISION;
		return NULL;
	}
	linked = flow_table_link4(&e->flows, flow);
	NAT46_ASSERT(linked);
	flow->place = source_queue_enter(&e->opening[true], p->source4, flow_table_index(&e->flows, flow));
	flow_begin(e, flow, TCP_EVENT_PASS);
	count(e, EVENT_UDP_OPENED);
	return flow;
}

/** prove() - the client has sent again after an answer: if it may have one more, nothing but time ends the flow */
static void prove(struct engine *e, struct flow *flow)
{
	if (!flow_is_allowed(e, true, flow->client))
		return;
	source_queue_leave(&e->opening[true], flow->place);
	flow->place = 0;
	flow_move(&e->flows, flow, TCP_EVENT_CONNECTED);
	report_bound(e, flow, "to", "", 0);
}

bool udp_flow_continue(struct engine *e, struct flow *flow, enum drop *why)
{
	bool has_moved = !flow->udp.is_refused || !has_choice(e, flow) || move(e, flow);

	flow->udp.is_refused = false;
	if (!has_moved) {
		flow_end(e, flow, "collision");
		*why = DROP_UDP_COLLISION;
		return false;
	}
	if (flow->state == TCP_STATE_OPENING && flow->udp.is_answered)
		prove(e, flow);
	return true;
}

void udp_flow_to_server(struct engine *e, struct flow *flow, size_t payload)
{
	flow->udp.to_server += payload;
	count_bytes(e, flow, true, payload);
	flow_touch(e, flow);
}

void udp_flow_to_client(struct engine *e, struct flow *flow, size_t payload)
{
	const struct server server = present(flow);

	if (!flow->udp.is_answered)
		server_connected(e, flow, &server, flow_silence(e, flow));
	flow->udp.is_answered = true;
	flow->udp.is_refused = false;
	flow->udp.to_client += payload;
	count_bytes(e, flow, false, payload);
	flow_touch(e, flow);
}

bool udp_flow_refused(struct engine *e, struct flow *flow)
{
	struct server server = present(flow);
	bool is_answered = flow->udp.is_answered;

	count(e, EVENT_SERVER_REFUSED);
	server_failed(e, flow, &server, SERVER_ERROR_UNREACHABLE);
	flow->udp.is_refused = true;
	if (is_answered || !has_choice(e, flow))
		return false;
	/* without a port there it tries again with its next datagram */
	flow->udp.is_refused = !move(e, flow);
	server = present(flow);
	return !flow->udp.is_refused && !server_table_is_failing(e->servers, &server, e->now);
}

/* SPDX-License-Identifier: ISC */
/*
 * choose.c - which server a flow is tried with, and under which addresses and ports
 *
 * Two services may lead to the same server, and then a client that uses the same port for both would have the
 * same addresses and ports twice on the IPv6 side. The second flow gets another source port towards the server.
 */
#include "core/base/choose.h"

#include "core/base/flows.h"
#include "core/base/report.h"

/** Source ports that are tried after the client's own. */
enum { PORT_TRIES = 16 };

/** take_port() - enter @flow into the IPv6 index under its source port; one that is over makes room */
static bool take_port(struct engine *e, struct flow *flow)
{
	struct flow *other;

	if (flow_table_link6(&e->flows, flow))
		return true;
	other = flow_table_find6(&e->flows, flow->is_udp, &flow->server, flow->server_port, &flow->client6,
				 flow->source_port);
	/* kept for late segments only: the newer connection goes first */
	if (!tcp_state_is_over((enum tcp_state)other->state) || flow_may_repeat(e, other))
		return false;
	flow_close(e, other, "replaced");
	return flow_table_link6(&e->flows, flow);
}

/** choose_port() - the client's own port, or another; false if all that were tried are taken */
static bool choose_port(struct engine *e, struct flow *flow)
{
	flow->source_port = flow->client_port;
	for (uint32_t i = 0; !take_port(e, flow); i++) {
		const uint32_t words[] = { flow->client, flow->service, flow->client_port, i };

		if (i == PORT_TRIES)
			return false;
		flow->source_port = (uint16_t)(1024 + siphash_13(&e->key, words, sizeof(words)) % 64512);
	}
	if (flow->source_port != flow->client_port)
		count(e, EVENT_PORT_CHANGED);
	return true;
}

bool choose_server(struct engine *e, struct flow *flow, const struct server *server)
{
	flow_table_unlink6(&e->flows, flow);
	flow->server = server->address;
	flow->server_port = server->port;
	flow->client6 = address_plan_4to6(&e->config->plan, flow->client);
	if (flow->state != TCP_STATE_FREE)
		flow_has_server(e, flow);
	return choose_port(e, flow);
}

void choose_same(struct engine *e, struct flow *flow, struct flow *other)
{
	bool linked;

	flow_table_unlink6(&e->flows, other);
	flow->server = other->server;
	flow->server_port = other->server_port;
	flow->client6 = other->client6;
	flow->source_port = other->source_port;
	linked = flow_table_link6(&e->flows, flow);
	NAT46_ASSERT(linked);
	if (flow->state != TCP_STATE_FREE)
		flow_has_server(e, flow);
}

/** struct health - what is_failing() needs */
struct health {
	const struct server_table *table;
	bool is_udp;
	int64_t now;
};

static bool is_failing(const void *context, const struct server *server)
{
	const struct health *health = context;
	struct server candidate = *server;

	candidate.is_udp = health->is_udp;
	return server_table_is_failing(health->table, &candidate, health->now);
}

bool choose_is_possible(const struct engine *e, const struct server_set *servers, const struct call *call)
{
	for (size_t i = 0; i < servers->count; i++) {
		const struct server server = service_server(&servers->servers[i], call);

		if (!drain_has(&e->drained, &server))
			return true;
	}
	return false;
}

bool choose_or_refuse(struct engine *e, const struct packet *p, const struct service *service)
{
	const struct call call = { .client = p->source4, .address = p->destination4, .port = p->destination_port };
	const struct flow flow = {
		.client = p->source4,
		.client_port = p->source_port,
		.service = p->destination4,
		.service_port = p->destination_port,
		.is_udp = service->is_udp,
	};

	if (choose_is_possible(e, &service->fallback, &call))
		return true;
	count(e, EVENT_REFUSED_DRAINED);
	count_refused(e, service);
	report_refused(e, &flow, "all servers are drained", "");
	return false;
}

/** rank_left() - service_rank() without those that are drained; apart, so that nobody else pays for the room */
static size_t rank_left(const struct engine *e, const struct server_set *servers, const struct call *call,
			const struct health *health, struct server *candidates)
{
	struct server room[SERVERS_MAX];
	const struct server_set left = drain_pass_over(&e->drained, servers, call, room);

	return left.count > 0 ? service_rank(&left, call, is_failing, health, candidates) : 0;
}

size_t choose_rank(const struct engine *e, const struct flow *flow, const struct server_set *servers,
		   struct server *candidates)
{
	const struct health health = { .table = e->servers, .is_udp = flow->is_udp, .now = e->now };
	const struct call call = { .client = flow->client, .address = flow->service, .port = flow->service_port };
	size_t count = e->drained.count == 0 ? service_rank(servers, &call, is_failing, &health, candidates) :
					       rank_left(e, servers, &call, &health, candidates);

	for (size_t i = 0; i < count; i++)
		candidates[i].is_udp = flow->is_udp;
	return count;
}

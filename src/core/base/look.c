/* SPDX-License-Identifier: ISC */
/*
 * look.c - what an operator may see of an engine
 */
#include "nat46/look.h"

#include "core/base/flows.h"

uint32_t look_flow_records(const struct engine *engine)
{
	return engine->flows.touched;
}

/** look_at_ends() - what is known of both ends once they are connected */
static void look_at_ends(const struct engine *e, const struct flow *flow, struct flow_info *info)
{
	enum tcp_state state = (enum tcp_state)flow->state;

	if (flow->flags & FLOW_LINKED6) {
		info->has_server = true;
		info->server = flow->server;
		info->server_port = flow->server_port;
		info->client6 = flow->client6;
		info->source_port = flow->source_port;
	}
	if (tcp_state_is_bound(state))
		info->rule_mark = e->rules[flow_table_index(&e->flows, flow)];
	if (flow->is_udp || tcp_state_is_bound(state)) {
		info->bytes_to_server = flow_bytes_to_server(flow);
		info->bytes_to_client = flow_bytes_to_client(flow);
	}
}

static void look_at(const struct engine *e, const struct flow *flow, int64_t now, struct flow_info *info)
{
	*info = (struct flow_info){
		.is_udp = flow->is_udp,
		.is_spliced = flow->flags & FLOW_SPLICED,
		.state = flow->is_udp ? "open" : tcp_state_name((enum tcp_state)flow->state),
		.is_over = flow->is_ended,
		.client = flow->client,
		.client_port = flow->client_port,
		.service = flow->service,
		.service_port = flow->service_port,
		.age = flow_age(flow, now),
		.idle = (int64_t)((uint32_t)(now / MILLISECOND) - flow->last_seen) * MILLISECOND,
	};
	look_at_ends(e, flow, info);
}

bool look_flow(const struct engine *engine, uint32_t index, int64_t now, struct flow_info *info)
{
	const struct flow *flow = flow_table_at(&engine->flows, index);

	if (flow->state == TCP_STATE_FREE || flow->state == TCP_STATE_ASKED)
		return false;
	look_at(engine, flow, now, info);
	return true;
}

bool look_packet(const struct engine *engine, const struct packet *packet, struct flow_info *info)
{
	struct packet back = *packet;
	const struct flow *flow;

	back.source4 = packet->destination4;
	back.destination4 = packet->source4;
	back.source6 = packet->destination6;
	back.destination6 = packet->source6;
	back.source_port = packet->destination_port;
	back.destination_port = packet->source_port;
	flow = flow_find(engine, packet);
	if (!flow)
		flow = flow_find(engine, &back);
	if (flow)
		look_at(engine, flow, engine->now, info);
	return flow != NULL;
}

const struct server_state *look_server(const struct engine *engine, const struct server *server)
{
	return server_table_find(engine->servers, server);
}

const struct server_state *look_server_at(const struct engine *engine, size_t place)
{
	const struct server_state *state;

	NAT46_ASSERT(place < LOOK_SERVERS);
	state = &engine->servers->servers[place / SERVER_TABLE_WAYS][place % SERVER_TABLE_WAYS];
	return state->used != 0 ? state : NULL;
}

bool look_server_is_failing(const void *health, const struct server *server)
{
	const struct look_health *look = health;
	struct server candidate = *server;

	candidate.is_udp = look->is_udp;
	return server_table_is_failing(look->engine->servers, &candidate, look->now);
}

const struct drain_list *look_drained(const struct engine *engine)
{
	return &engine->drained;
}

const struct tally *look_tallies(const struct engine *engine, size_t *count)
{
	*count = engine->tallies->touched;
	return engine->tallies->tallies;
}

const struct tally *look_tally(const struct engine *engine, const struct service *service, const struct server *listed)
{
	const struct tally_table *table = engine->tallies;
	uint16_t number = tally_of_service(table, service), parent = number;
	struct server server;

	if (number != 0 && listed) {
		server = *listed;
		server.port = tally_port(service, listed);
		number = tally_of_server(table, parent, &server, 0);
		if (number == parent)
			number = 0;
	}
	return number != 0 ? &table->tallies[number] : NULL;
}

/* SPDX-License-Identifier: ISC */
/*
 * connection.c - segments of one client and one server of the worked example
 */
#include "connection.h"

#include <string.h>

#include "nat46/assert.h"
#include "nat46/packet.h"
#include "wire.h"

/* MSS 1460 (server: 1440 would be usual; the value does not matter here), SACK permitted, window scale 7 */
static const uint8_t syn_options[] = { 2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7 };

enum verdict client_sends(struct world *world, uint8_t flags, int32_t offset, uint32_t ack, const char *data)
{
	const struct wire_tcp tcp = {
		.source4 = WORLD_CLIENT,
		.destination4 = WORLD_SERVICE,
		.source_port = CONNECTION_PORT,
		.destination_port = 80,
		.seq = CLIENT_ISN + 1 + (uint32_t)offset,
		.ack = ack,
		.flags = flags,
		.window = flags & TCP_SYN ? 64240 : 502,
		.options = syn_options,
		.options_length = flags & TCP_SYN ? sizeof(syn_options) : 0,
		.data = data,
		.length = data ? strlen(data) : 0,
	};
	uint8_t bytes[2048];

	return world_input(world, bytes, wire_make(&tcp, bytes), NULL);
}

enum verdict server_sends(struct world *world, uint8_t flags, int32_t offset, int32_t acked, const char *data)
{
	const struct wire_tcp tcp = {
		.ipv6 = true,
		.source6 = 1,
		.destination6 = 3,
		.source_port = 80,
		.destination_port = CONNECTION_PORT,
		.seq = SERVER_ISN + 1 + (uint32_t)offset,
		.ack = CLIENT_ISN + 1 + (uint32_t)acked,
		.flags = flags,
		.window = flags & TCP_SYN ? 64800 : 501,
		.options = syn_options,
		.options_length = flags & TCP_SYN ? sizeof(syn_options) : 0,
		.data = data,
		.length = data ? strlen(data) : 0,
	};
	uint8_t bytes[2048];

	return world_input(world, bytes, wire_make(&tcp, bytes), NULL);
}

void connection_accept(struct world *world)
{
	world->isn = OUR_ISN;
	client_sends(world, TCP_SYN, -1, 0, NULL);
	NAT46_ASSERT(world->count == 1);
	client_sends(world, TCP_ACK, 0, OUR_ISN + 1, NULL);
	NAT46_ASSERT(engine_flows(world->engine, FLOWS_WAITING) == 1);
}

void connection_splice(struct world *world)
{
	connection_accept(world);
	client_sends(world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	NAT46_ASSERT(world->count == 1);
	server_sends(world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	NAT46_ASSERT(world->count == 2);
	NAT46_ASSERT(engine_flows(world->engine, FLOWS_ESTABLISHED) == 1);
}

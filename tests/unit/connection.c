/* SPDX-License-Identifier: ISC */
/*
 * connection.c - segments of one client and one server of the worked example
 */
#include "connection.h"

#include <string.h>

#include "nat46/assert.h"
#include "nat46/packet.h"

/* MSS 1460 (server: 1440 would be usual; the value does not matter here), SACK permitted, window scale 7 */
static const uint8_t syn_options[] = { 2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7 };

struct wire_tcp client_segment(uint8_t flags, int32_t offset, uint32_t ack)
{
	return (struct wire_tcp){
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
	};
}

struct wire_tcp server_segment(uint8_t flags, int32_t offset, int32_t acked)
{
	return (struct wire_tcp){
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
	};
}

enum verdict connection_send(struct world *world, const struct wire_tcp *segment)
{
	uint8_t bytes[2048];

	return world_input(world, bytes, wire_make(segment, bytes), NULL);
}

enum verdict connection_send_partial(struct world *world, const struct wire_tcp *segment,
				     const struct offload *offload)
{
	uint8_t bytes[2048];
	size_t length = wire_make(segment, bytes);

	wire_seal_partial(bytes, length);
	return world_input(world, bytes, length, offload);
}

enum verdict connection_send_text(struct world *world, struct wire_tcp segment, const char *data)
{
	segment.data = data;
	segment.length = data ? strlen(data) : 0;
	return connection_send(world, &segment);
}

enum verdict client_sends(struct world *world, uint8_t flags, int32_t offset, uint32_t ack, const char *data)
{
	return connection_send_text(world, client_segment(flags, offset, ack), data);
}

enum verdict server_sends(struct world *world, uint8_t flags, int32_t offset, int32_t acked, const char *data)
{
	return connection_send_text(world, server_segment(flags, offset, acked), data);
}

enum verdict server_answers(struct world *world, uint8_t server, uint8_t flags, int32_t offset, int32_t acked)
{
	struct wire_tcp segment = server_segment(flags, offset, acked);

	segment.source6 = server;
	return connection_send(world, &segment);
}

enum verdict unreachable_by(struct world *world, const struct wire_tcp *syn, uint8_t type, uint8_t code)
{
	uint8_t bytes[256] = { 0 }, quote[128];
	size_t length = wire_make(syn, quote);

	wire_make(&(struct wire_tcp){ .ipv6 = true, .source6 = 0xfe, .destination6 = 3 }, bytes);
	memset(bytes + 40, 0, 20);
	bytes[6] = 58;
	bytes[40] = type;
	bytes[41] = code;
	memcpy(bytes + 48, quote, length);
	wire_seal(bytes, 48 + length);
	return world_input(world, bytes, 48 + length, NULL);
}

enum verdict server_unreachable(struct world *world, uint8_t server, uint32_t seq, uint8_t type, uint8_t code)
{
	const struct wire_tcp syn = { .ipv6 = true, .source6 = 3, .destination6 = server,
				      .source_port = CONNECTION_PORT, .destination_port = 80, .seq = seq,
				      .flags = TCP_SYN };

	return unreachable_by(world, &syn, type, code);
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
	const struct wire_tcp syn_ack = server_segment(TCP_SYN | TCP_ACK, -1, 0);

	connection_splice_by(world, &syn_ack);
}

void connection_splice_by(struct world *world, const struct wire_tcp *syn_ack)
{
	connection_accept(world);
	client_sends(world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	NAT46_ASSERT(world->count == 1);
	connection_send(world, syn_ack);
	NAT46_ASSERT(world->count == 2);
	NAT46_ASSERT(engine_flows(world->engine, FLOWS_ESTABLISHED) == 1);
}

int connection_setup(void **state)
{
	world_setup(state);
	connection_splice(*state);
	return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * attack.c - blind injections: forged SYN, RST, FIN, data and ICMP errors with guessed numbers
 *
 * The attacker knows addresses and ports of clients, services and servers, which is more than a stranger
 * knows, but no number. A guess that hits would be luck, so numbers near the true ones are not drawn. What
 * comes of a forged packet is marked as forged on its whole way: model end points may find it strange, but it
 * must not change what becomes of a connection.
 *
 * Sometimes there is a flood besides, of SYNs to services without rules, which servers answer: in the name of a client
 * that has connections, from its other ports, and into its handshakes, and in the name of hosts that are not there.
 */
#include "attack.h"

#include <stdlib.h>

#include "world.h"

#define NEAR (1u << 26)

static bool is_near(uint32_t a, uint32_t b)
{
	return a - b < NEAR || b - a < NEAR;
}

/* A number that is far from everything that the connection uses. */
static uint32_t guess(struct world *world, unsigned number)
{
	const struct connection *connection = &world->connection[number];
	const struct tcp *server = connection->side[SERVER].tcp;
	uint32_t value;

	do {
		value = (uint32_t)rng_next(&world->rng);
	} while (is_near(value, world->scenario.plans[number].iss) ||
		 is_near(value, world->invariants.watch[number].promised.seq) ||
		 (server && is_near(value, server->iss)));
	return value;
}

/* The newest SYN to a server for a connection, or NULL. */
static const struct binding *newest_binding(const struct world *world, unsigned number)
{
	const struct invariants *invariants = &world->invariants;

	for (size_t i = invariants->binding_count; i-- > 0;)
		if (invariants->binding[i].plan == number)
			return &invariants->binding[i];
	return NULL;
}

/* Addresses and ports of a packet from the client, or from its server. */
static bool aim(const struct world *world, unsigned number, bool from_server, struct packet *packet)
{
	const struct tcp *client = world->connection[number].side[CLIENT].tcp;
	const struct binding *binding = newest_binding(world, number);

	if (!client || (from_server && !binding))
		return false;
	if (from_server) {
		packet->source = binding->destination;
		packet->source_port = binding->destination_port;
		packet->destination = binding->source;
		packet->destination_port = binding->source_port;
	} else {
		packet->source = client->local;
		packet->source_port = client->local_port;
		packet->destination = client->remote;
		packet->destination_port = client->remote_port;
	}
	return true;
}

static struct wire *forge_segment(struct world *world, unsigned number, struct packet *packet)
{
	static const uint8_t flags[] = {
		FLAG_SYN, FLAG_RST, FLAG_RST | FLAG_ACK, FLAG_ACK, FLAG_FIN | FLAG_ACK, FLAG_SYN | FLAG_ACK,
	};
	static const uint8_t payload[] = "forged bytes";

	packet->hop_limit = 64;
	packet->flags = flags[rng_below(&world->rng, sizeof(flags))];
	packet->seq = guess(world, number);
	packet->ack = packet->flags & FLAG_ACK ? guess(world, number) : 0;
	packet->window = (uint16_t)rng_next(&world->rng);
	packet->payload = payload;
	if (packet->flags == FLAG_ACK)
		packet->payload_length = rng_below(&world->rng, sizeof(payload));
	packet->has_ts = rng_chance(&world->rng, 0.3);
	packet->ts_value = (uint32_t)rng_next(&world->rng);
	packet->ts_echo = packet->flags & FLAG_ACK ? (uint32_t)rng_next(&world->rng) : 0;
	return wire_build(packet, 0, false);
}

/* An error about a packet in the other direction: from the engine to the host that @packet is from. */
static struct wire *forge_error(struct world *world, unsigned number, const struct packet *packet)
{
	struct packet original = {
		.source = packet->destination, .destination = packet->source, .hop_limit = 60,
		.source_port = packet->destination_port, .destination_port = packet->source_port,
		.flags = rng_chance(&world->rng, 0.5) ? FLAG_SYN : FLAG_ACK, .seq = guess(world, number),
	};
	struct wire *quoted = wire_build(&original, 0, false);
	struct address router = packet->source;

	router.byte[router.is_ipv6 ? 15 : 3] ^= 0x70;
	struct wire *error = wire_error(quoted, &router,
					rng_chance(&world->rng, 0.5) ? PACKET_TOO_BIG : PACKET_UNREACHABLE,
					rng_between(&world->rng, 68, 1400));

	free(quoted);
	return error;
}

static void attack_event(void *context, void *argument)
{
	struct world *world = context;
	unsigned number = rng_below(&world->rng, (uint32_t)world->scenario.plan_count);
	struct packet packet = { 0 };

	(void)argument;
	if (!aim(world, number, rng_chance(&world->rng, 0.5), &packet))
		return;
	bool is_segment = rng_chance(&world->rng, 0.7);
	struct wire *wire = is_segment ? forge_segment(world, number, &packet) : forge_error(world, number, &packet);

	wire->forged = true;
	world_inject(world, wire);
}

/* Ports that no plan has. */
#define FLOOD_PORT 50000u

/* So many come at once, the others at 50 a second. */
#define FLOOD_BURST 100u

/* A plan with a service without rules, or PLANS_MAX. */
static unsigned plain_plan(struct world *world)
{
	unsigned count = (unsigned)world->scenario.plan_count, first = rng_below(&world->rng, count);

	for (unsigned i = 0; i < count; i++)
		if (invariants_is_plain(world, (first + i) % count))
			return (first + i) % count;
	return PLANS_MAX;
}

static void flood_event(void *context, void *argument)
{
	struct world *world = context;
	const struct scenario *scenario = &world->scenario;
	unsigned number = plain_plan(world);

	if (number == PLANS_MAX)
		return;
	const struct plan *plan = &scenario->plans[number];
	struct packet packet = {
		.source = scenario->client_ipv4[plan->client], .source_port = plan->port,
		.destination = scenario_address(scenario, plan->service),
		.destination_port = scenario->services[plan->service].port,
		.hop_limit = 64, .flags = FLAG_SYN, .window = 65535,
	};

	(void)argument;
	packet.seq = guess(world, number);
	if (!world->connection[number].side[CLIENT].tcp || rng_chance(&world->rng, 0.7))
		packet.source_port = (uint16_t)(FLOOD_PORT + rng_below(&world->rng, 10000));
	if (packet.source_port != plan->port && rng_chance(&world->rng, 0.5))
		packet.source = (struct address){ .byte = { ATTACK_NOBODY, 0, 0, (uint8_t)rng_next(&world->rng) } };
	struct wire *wire = wire_build(&packet, 0, false);

	wire->forged = true;
	world_inject(world, wire);
}

void attack_start(struct world *world)
{
	for (unsigned i = 0; i < world->scenario.attacks; i++)
		event_add(&world->queue, world->queue.now + rng_between(&world->rng, 0, 8000) * MILLISECOND,
			  attack_event, world, NULL);
	for (unsigned i = 0; i < world->scenario.flood; i++)
		event_add(&world->queue, world->queue.now + (i < FLOOD_BURST ? 0 : i - FLOOD_BURST) * 20 * MILLISECOND,
			  flood_event, world, NULL);
}

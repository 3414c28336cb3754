/* SPDX-License-Identifier: ISC */
/*
 * copies.c - somebody on the path of a client who keeps its first data, and sends it again
 *
 * A copy is marked as forged, so that model end points may find it strange. Which connections get one follows from
 * the seed without drawing, so that the others stay what they were.
 *
 *	late	after 10 to 200 seconds: no server may get the same request again (check_first())
 *	urgent	soon, with an urgent byte in the midst: no server may take a byte out of what was inspected
 */
#include "copies.h"

#include "world.h"

/* No more of a super-packet than fits any path. */
#define COPY_LENGTH 500u

/* How late copies are, in nanoseconds. */
#define LATE (10 * SECOND)
#define LATEST (200 * SECOND)

static void arrive(void *context, void *argument)
{
	world_inject(context, argument);
}

static void send(struct world *world, const struct packet *packet, int64_t delay)
{
	struct wire *wire = wire_build(packet, 0, false);

	wire->forged = true;
	event_add(&world->queue, world->queue.now + delay, arrive, world, wire);
}

static void send_urgent(struct world *world, const struct packet *packet, uint64_t chance)
{
	struct packet copy = *packet;

	copy.flags |= FLAG_URG;
	copy.urgent = (uint16_t)(1 + chance % packet->payload_length);
	send(world, &copy, (int64_t)(chance >> 16 & 0x1ff) * MILLISECOND);
}

/* The number of the connection whose first byte is in the packet, or PLANS_MAX. */
static unsigned find(const struct world *world, const struct packet *packet)
{
	const struct scenario *scenario = &world->scenario;

	for (unsigned i = 0; i < scenario->plan_count; i++)
		if (scenario->plans[i].iss + 1 == packet->seq &&
		    address_equal(&packet->source, &scenario->client_ipv4[scenario->plans[i].client]))
			return i;
	return PLANS_MAX;
}

void copies_take(struct world *world, const struct packet *packet)
{
	struct packet copy = *packet;

	/* where records are few, that of a connection which is over makes room, and nobody knows it any more */
	if (packet->kind != PACKET_TCP || packet->source.is_ipv6 || packet->payload_length == 0 ||
	    packet->flags & FLAG_SYN || world->scenario.crowded)
		return;
	unsigned number = find(world, packet);

	if (number == PLANS_MAX || invariants_is_plain(world, number))
		return;
	uint64_t chance = mix64(world->seed * PLANS_MAX + number);

	if (copy.payload_length > COPY_LENGTH) {
		copy.payload_length = COPY_LENGTH;
		copy.flags &= (uint8_t)~FLAG_FIN;
	}
	/* of a client that contradicts itself, nobody could say which copy came first */
	if (chance % 4 == 1)
		send(world, &copy, LATE + (int64_t)((chance >> 8) % (LATEST - LATE)));
	if (chance % 8 == 0 && !world->scenario.plans[number].profile.contradicts)
		send_urgent(world, &copy, chance >> 8);
}

/* SPDX-License-Identifier: ISC */
/* link.c - what happens to packets under way */
#include "link.h"

#include <stdlib.h>
#include <string.h>

static void arrive(void *context, void *argument)
{
	struct link *link = context;

	link->deliver(link->context, argument);
}

static void arrive_back(void *context, void *argument)
{
	struct link *link = context;

	link->reverse(link->context, argument);
}

static bool has_offload(const struct wire *wire)
{
	return wire->offload.partial || wire->offload.gso != GSO_NONE;
}

static struct wire *copy(const struct wire *wire)
{
	struct wire *twin = malloc(sizeof(*wire) + wire->length);

	if (!twin)
		abort();
	memcpy(twin, wire, sizeof(*wire) + wire->length);
	return twin;
}

static void launch(struct link *link, struct wire *wire)
{
	const struct link_profile *profile = &link->profile;
	int64_t time = link->queue->now + profile->delay;

	if (profile->jitter)
		time += (int64_t)(rng_next(link->rng) % (uint64_t)profile->jitter);
	if (rng_chance(link->rng, profile->late))
		time += profile->lateness;
	else if (profile->keep_order && time < link->last_arrival)
		time = link->last_arrival;
	if (time > link->last_arrival)
		link->last_arrival = time;
	link->carried++;
	event_add(link->queue, time, arrive, link, wire);
}

static bool fits(const struct link *link, const struct wire *wire)
{
	size_t length = wire->length;

	if (wire->offload.gso != GSO_NONE) {
		size_t ip = wire->bytes[0] >> 4 == 4 ? 20 : 40;

		length = ip + (size_t)(wire->bytes[ip + 12] >> 4) * 4 + wire->offload.segment_size;
	}
	if (length <= link->profile.mtu)
		return true;
	return wire->bytes[0] >> 4 == 4 && !(wire->bytes[6] & 0x40);	/* fragmented and put together again */
}

static void too_big(struct link *link, struct wire *wire)
{
	size_t offset = 0;
	struct wire *first = wire_segment(wire, &offset);
	struct wire *error = wire_error(first, &link->router, PACKET_TOO_BIG, link->profile.mtu);

	error->corrupt = wire->corrupt;
	error->forged = wire->forged;
	event_add(link->queue, link->queue->now + link->profile.delay, arrive_back, link, error);
	free(first);
	free(wire);
}

static void carry(struct link *link, struct wire *wire)
{
	const struct link_profile *profile = &link->profile;
	bool dark = link->queue->now >= profile->blackout && link->queue->now < profile->blackout_end;

	if (!fits(link, wire)) {
		too_big(link, wire);
		return;
	}
	if (dark || rng_chance(link->rng, profile->loss)) {
		link->lost++;
		free(wire);
		return;
	}
	if (wire_is_capable(wire) && !wire->corrupt && rng_chance(link->rng, profile->mark))
		wire_mark(wire);
	if (rng_chance(link->rng, profile->duplicate))
		launch(link, copy(wire));
	/* never two errors, which could cancel each other out in the checksum */
	if (!has_offload(wire) && !wire->corrupt && rng_chance(link->rng, profile->corrupt)) {
		size_t bit = rng_below(link->rng, (uint32_t)wire->length * 8);

		wire->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		wire->corrupt = true;
	}
	launch(link, wire);
}

void link_send(struct link *link, struct wire *wire)
{
	struct wire *segment;
	size_t offset = 0;

	if (link->profile.offload || !has_offload(wire)) {
		carry(link, wire);
		return;
	}
	while ((segment = wire_segment(wire, &offset)))
		carry(link, segment);
	free(wire);
}

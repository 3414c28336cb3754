/* SPDX-License-Identifier: ISC */
/*
 * translation.c - compare what the engine passes on with what it was given, field by field
 *
 * The offsets are learned from the first segment of a binding and must stay. What the options of the two
 * handshakes promise decides the rest: which options may be there, and what a window field is worth to its
 * reader. A window may lose what does not fill a unit of the reader's scale, or 65,535 of these units; it may
 * not grow, except that a window that is open stays open.
 *
 * The first bytes of a client are compared with the copy that came first (struct watch): what was inspected is
 * what a server gets, whatever the client says later.
 */
#include "translation.h"

#include <string.h>

#include "world.h"

/* Explicit congestion notification is repaired: seen by the model end points. */
#define FLAGS_ECN (FLAG_ECE | FLAG_CWR)

/* Time stamps that the engine adds leave no room for a fourth block. */
#define SACK_BESIDE_STAMPS 3u

static void wrong(struct world *world, const char *field, uint32_t is, uint32_t wanted)
{
	world_fail(world, "translation", "%s is %u, ought to be %u", field, is, wanted);
}

static void same(struct world *world, const char *field, uint32_t is, uint32_t wanted)
{
	if (is != wanted)
		wrong(world, field, is, wanted);
}

/* Learn a constant offset, or compare with what was learned. */
static void constant(struct world *world, const char *field, struct offset *offset, uint32_t value)
{
	if (!offset->known)
		*offset = (struct offset){ .known = true, .value = value };
	else
		same(world, field, value, offset->value);
}

/* @is, @wanted: bytes that the window is worth to its reader, and that it stands for */
static void check_window(struct world *world, uint16_t field, uint8_t shift, uint64_t wanted, bool exact)
{
	uint64_t is = (uint64_t)field << shift, unit = UINT64_C(1) << shift, most = UINT64_C(65535) << shift;

	if (is > wanted && !(field == 1 && wanted > 0))
		world_fail(world, "window", "%llu bytes promised, there are %llu", (unsigned long long)is,
			   (unsigned long long)wanted);
	if (exact && is + unit <= (wanted < most ? wanted : most))
		world_fail(world, "window", "%llu bytes promised, %llu would be right", (unsigned long long)is,
			   (unsigned long long)wanted);
}

static void check_sack(struct world *world, const struct packet *in, const struct packet *out, bool agreed,
		       uint32_t shift)
{
	size_t count = agreed ? in->sack_count : 0;

	if (out->has_ts && !in->has_ts && count > SACK_BESIDE_STAMPS)
		count = SACK_BESIDE_STAMPS;
	same(world, "number of SACK blocks", (uint32_t)out->sack_count, (uint32_t)count);
	for (size_t i = 0; i < out->sack_count && i < in->sack_count; i++) {
		same(world, "start of a SACK block", out->sack[i].start, in->sack[i].start + shift);
		same(world, "end of a SACK block", out->sack[i].end, in->sack[i].end + shift);
	}
}

static uint8_t shift_of(const struct offer *a, const struct offer *b)
{
	return a->scale && b->scale ? a->shift : 0;
}

static void to_client(struct world *world, struct binding *binding, const struct packet *in,
		      const struct packet *out)
{
	const struct watch *watch = &world->invariants.watch[binding->plan];
	uint8_t server_shift = shift_of(&binding->answered, &binding->offered);

	constant(world, "offset of sequence numbers", &binding->delta, out->seq - in->seq);
	if (in->flags & FLAG_ACK)
		same(world, "acknowledgement", out->ack, in->ack);
	if (in->flags & FLAG_RST)
		return;
	check_window(world, out->window, shift_of(&watch->promised, &watch->offered),
		     (uint64_t)in->window << server_shift, true);
	check_sack(world, in, out, watch->promised.sack && binding->answered.sack, 0);
	if (in->has_ts && out->has_ts) {
		constant(world, "offset of time stamps", &binding->theta, in->ts_value - out->ts_value);
		same(world, "TSecr", out->ts_echo, in->ts_echo);
	}
	if (in->has_ts && binding->answered.ts && watch->promised.ts && !out->has_ts)
		world_fail(world, "translation", "time stamps lost on the way to the client");
	if (memcmp(in->payload, out->payload, in->payload_length) != 0)
		world_fail(world, "translation", "payload changed on the way to the client");
}

/* The payload is the client's, but for bytes of which another copy came first. */
static void check_payload(struct world *world, const struct watch *watch, const struct packet *in,
			  const struct packet *out, uint32_t first)
{
	for (size_t i = 0; i < out->payload_length; i++) {
		uint32_t at = out->seq - first + (uint32_t)i;
		bool kept = at < COPY_MAX && watch->known[at] && watch->copy[at] == out->payload[i];

		if (!kept && out->payload[i] != in->payload[i]) {
			world_fail(world, "translation", "byte %u changed on the way to the server", at);
			return;
		}
	}
}

static void to_server(struct world *world, struct binding *binding, const struct packet *in,
		      const struct packet *out)
{
	const struct watch *watch = &world->invariants.watch[binding->plan];
	uint8_t client_shift = shift_of(&watch->offered, &watch->promised);
	uint8_t read_shift = shift_of(&binding->offered, &binding->answered);

	same(world, "sequence number", out->seq, in->seq);
	if (in->flags & FLAG_ACK)
		constant(world, "offset of acknowledgements", &binding->delta, in->ack - out->ack);
	if (in->flags & FLAG_RST)
		return;
	/* a cookie may have rounded the scale down: what the server reads is then less */
	check_window(world, out->window, read_shift, (uint64_t)in->window << client_shift,
		     binding->offered.shift == client_shift);
	check_sack(world, in, out, watch->promised.sack && binding->answered.sack, 0u - binding->delta.value);
	if (in->has_ts && out->has_ts) {
		same(world, "TSval", out->ts_value, in->ts_value);
		if (in->flags & FLAG_ACK && in->ts_echo)
			constant(world, "offset of echoes", &binding->theta, out->ts_echo - in->ts_echo);
	}
	if (in->has_ts && binding->answered.ts && watch->promised.ts && !out->has_ts)
		world_fail(world, "translation", "time stamps lost on the way to the server");
	if (!binding->reset)
		check_payload(world, watch, in, out, world->scenario.plans[binding->plan].iss + 1);
}

/* Flows of services without rules: nothing changes but addresses. */
static void check_plain(struct world *world, const struct packet *in, const struct packet *out)
{
	same(world, "sequence number", out->seq, in->seq);
	same(world, "acknowledgement", out->ack, in->ack);
	same(world, "window", out->window, in->window);
	same(world, "TSval", out->ts_value, in->ts_value);
	same(world, "TSecr", out->ts_echo, in->ts_echo);
	check_sack(world, in, out, true, 0);
	if (memcmp(in->payload, out->payload, in->payload_length) != 0)
		world_fail(world, "translation", "payload changed");
}

void translation_check(struct world *world, const struct packet *out)
{
	const struct packet *in = world->input;
	struct binding *binding;

	if (!in || in->kind != PACKET_TCP || in->source.is_ipv6 == out->source.is_ipv6 ||
	    (in->flags ^ out->flags) & (uint8_t)~FLAGS_ECN || out->flags & FLAG_SYN ||
	    in->payload_length != out->payload_length)
		return;
	if (in->source.is_ipv6)
		binding = invariants_holder(world, &in->destination, in->destination_port, &in->source,
					    in->source_port);
	else
		binding = invariants_holder(world, &out->source, out->source_port, &out->destination,
					    out->destination_port);
	if (!binding || !binding->answered.seen || binding->usurped)
		return;		/* not passed on: the engine's own answer */
	if (invariants_is_plain(world, binding->plan))
		check_plain(world, in, out);
	else if (in->flags & FLAG_RST && !binding->delta.known)
		return;		/* before anything was passed on: the engine's own as well */
	else if (in->source.is_ipv6)
		to_client(world, binding, in, out);
	else
		to_server(world, binding, in, out);
}

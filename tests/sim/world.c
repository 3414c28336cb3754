/* SPDX-License-Identifier: ISC */
/* world.c - build a scenario around an engine and let time pass */
#include "world.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "attack.h"
#include "copies.h"
#include "ip_options.h"
#include "outcome.h"
#include "pcap.h"

/* Virtual time after which everything must have ended, the longest timeout of the engine included. */
#define END_OF_CONNECTIONS (3000 * SECOND)
#define END_OF_FLOWS (END_OF_CONNECTIONS + 7440 * SECOND + 600 * SECOND)

/* No engine measures time more coarsely. */
#define TICK (20 * MILLISECOND)

/* The engine's clock must be positive. */
#define START (1000 * SECOND)

void world_fail(struct world *world, const char *invariant, const char *format, ...)
{
	va_list arguments;

	int used;

	if (world->failed)
		return;
	world->failed = true;
	snprintf(world->invariant, sizeof(world->invariant), "%s", invariant);
	used = snprintf(world->text, sizeof(world->text), "at %.6f s: ", (double)world->queue.now / (double)SECOND);
	va_start(arguments, format);
	vsnprintf(world->text + used, sizeof(world->text) - (size_t)used, format, arguments);
	va_end(arguments);
}

static void record(struct world *world, const char *what, const uint8_t *bytes, size_t length,
		   const struct offload *offload)
{
	struct packet packet;

	if (world->pcap)
		pcap_write(world->pcap, world->queue.now, bytes, length);
	if (!world->verbose)
		return;
	const char *error = wire_parse(bytes, length, offload, &packet);

	printf("%14.6f ", (double)world->queue.now / (double)SECOND);
	if (error)
		printf("%s damaged: %s\n", what, error);
	else
		wire_print(what, &packet);
}

/* ---- the engine ---- */

/* A SYN with the number of a client: the engine repeats it, whatever made it do so now. */
static bool is_own_syn(const struct world *world, const struct frame *frame)
{
	struct packet packet;

	if (wire_parse(frame->data, frame->length, &frame->offload, &packet) || packet.kind != PACKET_TCP ||
	    !(packet.flags & FLAG_SYN) || packet.flags & FLAG_ACK || !packet.source.is_ipv6)
		return false;
	for (unsigned i = 0; i < world->scenario.plan_count; i++)
		if (world->scenario.plans[i].iss == packet.seq)
			return true;
	return false;
}

/*
 * The acknowledgement of a server's SYN/ACK, where the server speaks first and nothing else goes to it: on paths that
 * lose packets, this one is lost more often than others. Follows from the seed without drawing.
 */
static bool is_lost(struct world *world, const struct wire *wire)
{
	struct packet packet;

	if (world->scenario.clear || wire->forged || wire->corrupt ||
	    wire_parse(wire->bytes, wire->length, &wire->offload, &packet) || packet.kind != PACKET_TCP ||
	    packet.flags != FLAG_ACK || !packet.source.is_ipv6)
		return false;
	for (unsigned i = 0; i < world->scenario.plan_count; i++) {
		const struct plan *plan = &world->scenario.plans[i];

		if (plan->iss + 1 != packet.seq || plan->content.kind != CONTENT_NONE || world->ack_lost[i] ||
		    invariants_is_plain(world, i) || mix64(world->seed * PLANS_MAX + i) % 3)
			continue;
		world->ack_lost[i] = true;
		return true;
	}
	return false;
}

static void emit_hook(void *context, struct frame *frame)
{
	struct world *world = context;
	struct wire *wire = malloc(sizeof(*wire) + frame->length);

	if (!wire)
		abort();
	bool forged = world->forged, tainted = world->tainted;

	world->emitted++;
	if (world->astray) {
		if (!ip_options_is_refusal(frame))
			world_fail(world, "route", "a packet comes of one with a source route");
		free(wire);
		return;
	}
	/* a damaged packet may have been a good reason as well: an ICMP error with another flow label */
	if ((forged || tainted) && is_own_syn(world, frame))
		world->forged = world->tainted = false;
	record(world, "  <-", frame->data, frame->length, &frame->offload);
	invariants_output(world, frame);
	wire->length = frame->length;
	wire->offload = frame->offload;
	wire->corrupt = world->tainted;
	wire->forged = world->forged;
	world->forged = forged;
	world->tainted = tainted;
	memcpy(wire->bytes, frame->data, frame->length);
	/* whoever emits must not rely on the headroom afterwards */
	memset(frame->data - frame->headroom, 0xdb, frame->headroom);
	if (is_lost(world, wire))
		free(wire);
	else
		link_send(&world->link[frame->data[0] >> 4 == 4 ? PATH_TO_CLIENT : PATH_TO_SERVER], wire);
}

static void random_hook(void *context, void *bytes, size_t count)
{
	struct world *world = context;
	uint8_t *at = bytes;

	while (count-- > 0)
		*at++ = (uint8_t)rng_next(&world->rng);
}

static void timer_event(void *context, void *argument);

static void after_engine(struct world *world)
{
	world->engine_due = engine_timers(world->engine, world->queue.now);
	world->untouched = true;
	if (world->engine_due <= world->queue.now)
		world_fail(world, "timers", "engine_timers() wants to be called again at once");
	if (world->engine_due < world->engine_event) {
		world->engine_event = world->engine_due;
		event_add(&world->queue, world->engine_due, timer_event, world, NULL);
	}
	invariants_counters(world);
	if (world->scenario.check) {
		const char *error = engine_check(world->engine);

		if (error)
			world_fail(world, "check", "%s", error);
	}
}

/*
 * Called before it is due, engine_timers() must do nothing: no emission without a cause. What is due within
 * the same tick of its clock may be early.
 */
static void early_call(struct world *world)
{
	uint64_t emitted = world->emitted;

	if (!world->untouched || world->queue.now + TICK >= world->engine_due || !rng_chance(&world->rng, 0.05))
		return;
	engine_timers(world->engine, world->queue.now);
	if (world->emitted != emitted)
		world_fail(world, "cause", "engine_timers() emits %.6f s before it is due",
			   (double)(world->engine_due - world->queue.now) / (double)SECOND);
}

static void timer_event(void *context, void *argument)
{
	struct world *world = context;

	(void)argument;
	if (world->queue.now != world->engine_event)
		return;
	world->engine_event = NEVER;
	world->invariants.burst = 0;
	after_engine(world);
}

static enum verdict give_engine(struct world *world, const struct wire *wire, enum ip_options options)
{
	static uint8_t buffer[FRAME_HEADROOM + FRAME_MAX];
	struct frame frame = {
		.data = buffer + FRAME_HEADROOM, .length = wire->length, .headroom = FRAME_HEADROOM,
		.offload = wire->offload,
	};

	memcpy(frame.data, wire->bytes, wire->length);
	if (options != IP_OPTIONS_NONE)
		ip_options_put(&frame, options);
	world->inputs++;
	return engine_input(world->engine, &frame, world->queue.now);
}

/* Has the engine kept a packet, or acted on it? It may have acknowledged what it keeps. @resets: to clients before. */
static bool is_taken(const struct world *world, const struct packet *packet, enum verdict verdict, uint64_t resets)
{
	if (verdict == VERDICT_ANSWERED && packet->payload_length)
		return world->invariants.resets == resets;
	return verdict == VERDICT_ABSORBED;
}

/* Options that an IPv4 packet gets under way; from the packet itself, so that no other draw is disturbed. */
static enum ip_options draw_options(const struct world *world, const struct wire *wire, const struct packet *packet)
{
	uint32_t mixed = (packet->seq ^ packet->ack ^ (uint32_t)world->queue.now) * 2654435761u >> 29;

	if (!world->scenario.ip_options || wire->corrupt || packet->source.is_ipv6 ||
	    wire->length + 40 > 65535 || mixed > IP_OPTIONS_ROUTE)
		return IP_OPTIONS_NONE;
	return (enum ip_options)mixed;
}

/* A copy of a packet that demands a way of its own comes first: it is refused, and changes nothing. */
static void send_astray(struct world *world, const struct wire *wire)
{
	world->astray = true;
	if (give_engine(world, wire, IP_OPTIONS_ROUTE) != VERDICT_DROPPED)
		world_fail(world, "route", "a packet with a source route is not dropped");
	world->astray = false;
}

static void engine_receive(void *context, struct wire *wire)
{
	struct world *world = context;
	enum ip_options options;
	enum verdict verdict;
	struct packet packet;
	uint64_t resets;

	early_call(world);
	record(world, "->", wire->bytes, wire->length, &wire->offload);
	const char *error = wire_parse(wire->bytes, wire->length, &wire->offload, &packet);

	if (error && !wire->corrupt)
		world_fail(world, "simulator", "packet to the engine: %s", error);
	/* the damaged bit means nothing, as in a flow label, if it is not in what an ICMP error quotes */
	if (!error && packet.kind == PACKET_TCP)
		wire->corrupt = false;
	world->tainted = wire->corrupt;
	world->forged = wire->forged;
	packet.forged = wire->forged;
	world->input = error ? NULL : &packet;
	world->invariants.burst = 0;
	if (!wire->corrupt && !wire->forged)
		invariants_input(world, &packet, wire->length);
	world->untouched = false;
	options = draw_options(world, wire, &packet);
	if (options == IP_OPTIONS_ROUTE) {
		send_astray(world, wire);
		options = IP_OPTIONS_NONE;
	}
	resets = world->invariants.resets;
	verdict = give_engine(world, wire, options);
	if (is_taken(world, &packet, verdict, resets) && !wire->corrupt && !wire->forged)
		invariants_taken(world, &packet);
	if (verdict == VERDICT_DROPPED && !wire->corrupt && !wire->forged)
		invariants_dropped(world, &packet);
	if (world->input && !wire->forged)
		copies_take(world, &packet);
	world->input = NULL;
	world->tainted = world->forged = false;
	after_engine(world);
	free(wire);
}

void world_inject(struct world *world, struct wire *wire)
{
	engine_receive(world, wire);
}

static void drain_event(void *context, void *argument)
{
	struct world *world = context;
	const struct server *server = &world->scenario.listed[world->scenario.drained];

	(void)argument;
	if (!engine_drain(world->engine, server))
		world_fail(world, "drain", "a server cannot be drained");
	world->has_drained = true;
}

static bool create_engine(struct world *world)
{
	const struct engine_config *config = &world->scenario.config;
	const struct engine_hooks hooks = { .context = world, .emit = emit_hook, .random = random_hook };
	size_t size = engine_memory(&config->limits);

	world->memory = size ? calloc(1, size) : NULL;
	if (!world->memory) {
		world_fail(world, "simulator", "engine_memory(): %zu", size);
		return false;
	}
	world->engine_due = world->engine_event = NEVER;
	world->engine = engine_create(world->memory, config, &hooks, world->queue.now);
	after_engine(world);
	return true;
}

/* ---- the hosts ---- */

static void send_hook(struct tcp *tcp, struct wire *wire)
{
	struct host *host = tcp->owner;

	link_send(host->link, wire);
}

static void violation_hook(struct tcp *tcp, const char *text)
{
	struct host *host = tcp->owner;
	const struct side *side = tcp->context;

	if (!tcp->strange && !tcp->succeeds)
		world_fail(host->context, "tcp", "%s of connection %u: %s",
			   side->which == CLIENT ? "client" : "server", side->connection->number, text);
}

static void stream_violation(struct connection *connection, const char *text)
{
	world_fail(connection->context, "stream", "connection %u: %s", connection->number, text);
}

static void bad_packet(void *context, const char *text)
{
	world_fail(context, "packet", "a host received an undamaged packet with a mistake: %s", text);
}

static bool host_vanished(void *context, const struct tcp *tcp)
{
	const struct side *side = tcp->context;

	(void)context;
	return side->tcp == tcp && side->aborted && side->talk.vanish;
}

static const struct tcp_hooks tcp_hooks = {
	.send = send_hook, .event = app_event, .fill = app_fill, .violation = violation_hook,
};

/* The servers know their clients by the sequence number that only the client can have chosen. */
static enum host_answer server_listen(void *context, const struct packet *syn, struct tcp *tcp)
{
	struct world *world = context;
	const struct scenario *scenario = &world->scenario;
	size_t number = syn->destination.byte[15] - 1u;

	if (number >= scenario->server_count ||
	    !address_equal(&syn->destination, &scenario->servers[number].address)) {
		world_fail(world, "choice", "a SYN to an address that is no server");
		return HOST_SILENT;
	}
	if (syn->forged)
		return scenario->servers[number].answer == HOST_ACCEPT ? HOST_COOKIE : HOST_REFUSE;
	for (unsigned i = 0; i < scenario->plan_count; i++) {
		const struct plan *plan = &scenario->plans[i];

		if (plan->iss != syn->seq || !address_equal(&syn->source, &scenario->client_ipv6[plan->client]))
			continue;
		tcp->hooks = &tcp_hooks;
		tcp->context = &world->connection[i].side[SERVER];
		tcp->profile = scenario->servers[number].profile;
		/* in a full table a late copy of the first data may have opened the connection again: its client knows
		 * numbers and time stamps of the server before this one */
		tcp->succeeds = scenario->crowded && world->connection[i].side[SERVER].tcp;
		tcp->iss = (uint32_t)rng_next(&world->rng);
		if (world->queue.now >= scenario->servers[number].changes_at)
			return scenario->servers[number].later;
		return scenario->servers[number].answer;
	}
	world_fail(world, "cause", "a server got a SYN that no client has sent");
	return HOST_SILENT;
}

static void client_receive(void *context, struct wire *wire)
{
	struct world *world = context;

	if (wire->length >= 20 && wire->bytes[16] == ATTACK_NOBODY)
		free(wire);
	else
		host_receive(&world->host[CLIENT], wire);
}

static void late_event(void *context, void *argument)
{
	struct world *world = context;

	host_receive(&world->host[SERVER], argument);
}

static void server_receive(void *context, struct wire *wire)
{
	struct world *world = context;
	struct packet packet;
	size_t number = wire->bytes[39] - 1u;

	if (!wire_parse(wire->bytes, wire->length, &wire->offload, &packet) && packet.kind == PACKET_TCP &&
	    (packet.flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN && number < world->scenario.server_count &&
	    world->scenario.servers[number].slowness) {
		event_add(&world->queue, world->queue.now + world->scenario.servers[number].slowness, late_event, world,
			  wire);
		return;
	}
	host_receive(&world->host[SERVER], wire);
}

/* ---- the course of things ---- */

static void start_event(void *context, void *argument)
{
	struct world *world = context;
	struct connection *connection = argument;
	const struct plan *plan = &world->scenario.plans[connection->number];

	if (plan->after < PLANS_MAX) {
		const struct side *before = &world->connection[plan->after].side[CLIENT];
		bool over = before->tcp && before->ended && before->tcp->state == TCP_CLOSED;

		if (!over && world->queue.now > START + 900 * SECOND)
			return;
		if (!over || world->queue.now < before->ended_at + plan->pause) {
			event_add(&world->queue, world->queue.now + 250 * MILLISECOND, start_event, world, connection);
			return;
		}
	}
	struct tcp *tcp = host_new_tcp(&world->host[CLIENT]);

	tcp->hooks = &tcp_hooks;
	tcp->profile = plan->profile;
	tcp->local = world->scenario.client_ipv4[plan->client];
	tcp->local_port = plan->port;
	tcp->remote = scenario_address(&world->scenario, plan->service);
	tcp->remote_port = world->scenario.services[plan->service].port;
	tcp->iss = plan->iss;
	invariants_start(world, connection->number);
	app_start(connection, tcp);
}

static void build_network(struct world *world)
{
	static const struct address routers[] = {
		{ .byte = { 203, 0, 113, 1 } },
		{ .is_ipv6 = true, .byte = { 0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, [15] = 1 } },
	};

	for (unsigned i = 0; i < 4; i++) {
		struct link *link = &world->link[i];

		link->profile = world->scenario.paths[i];
		link->profile.blackout += START;
		link->profile.blackout_end += START;
		link->queue = &world->queue;
		link->rng = &world->rng;
		link->router = routers[i / 2];
		link->context = world;
	}
	world->link[PATH_FROM_CLIENT].deliver = world->link[PATH_FROM_SERVER].deliver = engine_receive;
	world->link[PATH_TO_CLIENT].reverse = world->link[PATH_TO_SERVER].reverse = engine_receive;
	world->link[PATH_TO_CLIENT].deliver = world->link[PATH_FROM_CLIENT].reverse = client_receive;
	world->link[PATH_TO_SERVER].deliver = world->link[PATH_FROM_SERVER].reverse = server_receive;
	for (int which = CLIENT; which <= SERVER; which++)
		world->host[which] = (struct host){
			.link = &world->link[which == CLIENT ? PATH_FROM_CLIENT : PATH_FROM_SERVER],
			.queue = &world->queue, .context = world, .vanished = host_vanished, .bad = bad_packet,
			.listen = which == SERVER ? server_listen : NULL,
		};
}

/* What a server must get of a client that contradicts itself: the copy that was inspected. */
static void first_copy(const struct connection *connection, uint32_t offset, uint8_t *wanted, const uint8_t *got,
		       size_t length)
{
	const struct world *world = connection->context;
	const struct watch *watch = &world->invariants.watch[connection->number];

	for (size_t i = 0; i < length && offset + i < connection->first_length; i++) {
		if (offset + i < watch->inspected && watch->known[offset + i])
			wanted[i] = watch->copy[offset + i];
		else if (got[i] == (wanted[i] ^ 1))
			wanted[i] = got[i];
	}
}

static void build_connections(struct world *world)
{
	for (unsigned i = 0; i < world->scenario.plan_count; i++) {
		struct connection *connection = &world->connection[i];
		const struct plan *plan = &world->scenario.plans[i];

		*connection = (struct connection){
			.number = i, .key = rng_next(&world->rng), .first = plan->content.bytes,
			.first_length = plan->content.length, .queue = &world->queue, .context = world,
			.repeatable = world->scenario.crowded,
			.violation = stream_violation,
			.first_copy = plan->profile.contradicts ? first_copy : NULL,
			.answerable = scenario_is_answerable(&world->scenario, plan),
		};
		connection->side[CLIENT].talk = plan->talk[CLIENT];
		connection->side[SERVER].talk = plan->talk[SERVER];
		app_setup(connection);
		event_add(&world->queue, START + plan->start, start_event, world, connection);
	}
}

static uint32_t flows_open(const struct world *world)
{
	uint32_t flows = 0;

	for (unsigned i = 0; i < FLOWS_KIND_COUNT; i++)
		flows += engine_flows(world->engine, (enum flow_kind)i);
	return flows;
}

static void tear_down(struct world *world)
{
	struct sim_event event;

	while (event_pop(&world->queue, &event))
		if (event.function != start_event)
			free(event.argument);
	event_queue_free(&world->queue);
	host_free(&world->host[CLIENT]);
	host_free(&world->host[SERVER]);
	free(world->memory);
}

bool world_run(struct world *world)
{
	rng_seed(&world->rng, world->seed);
	world->queue.now = START;
	scenario_draw(&world->rng, &world->scenario);
	build_network(world);
	build_connections(world);
	if (create_engine(world)) {
		attack_start(world);
		if (world->scenario.drained_at != NEVER)
			event_add(&world->queue, START + world->scenario.drained_at, drain_event, world, NULL);
		while (!world->failed && world->queue.now < START + END_OF_FLOWS && event_run(&world->queue))
			if (world->queue.now > START + END_OF_CONNECTIONS && flows_open(world) == 0)
				break;
		if (!world->failed)
			outcome_check(world);
	}
	tear_down(world);
	return !world->failed;
}

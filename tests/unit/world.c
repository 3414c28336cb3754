/* SPDX-License-Identifier: ISC */
/*
 * world.c - an engine with the configuration of the worked example
 *
 * Used by unit tests and fuzz targets alike, so that it only knows assertions, not a test framework.
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "nat46/assert.h"
#include "wire.h"

static const struct server h1[] = { { .address = V6(1) } };
static const struct server h2[] = { { .address = V6(2) } };
static const struct rule rules[] = {
	{ .bytes = (const uint8_t *)"A", .bytes_length = 1, .servers = { h1, 1 }, .text = "bytes A" },
	{ .bytes = (const uint8_t *)"B", .bytes_length = 1, .servers = { h2, 1 }, .text = "bytes B" },
};
static const struct server both[] = { { .address = V6(1) }, { .address = V6(2) } };
static const struct service services[] = {
	{ .name = "example", .address = WORLD_SERVICE, .port = 80, .rules = rules, .rule_count = 2,
	  .listed = { both, 2 }, .wait = 5000000000 },
	{ .name = "plain", .address = WORLD_SERVICE, .port = 8080, .fallback = { h1, 1 }, .listed = { h1, 1 },
	  .wait = 5000000000 },
};
static const struct ipv6_prefix servers[] = { { V6(1), 128 }, { V6(2), 128 } };
static const struct address_mapping clients[] = {
	{ .ipv4 = { 0x0a000003, 32 }, .ipv6 = { V6(3), 128 } },
	{ .ipv4 = { 0x0a000004, 32 }, .ipv6 = { V6(4), 128 } },
};

static void on_emit(void *context, struct frame *frame)
{
	struct world *world = context;
	struct world_packet *packet = &world->packets[world->count];
	const char *error = wire_error(frame->data, frame->length, false);

	if (error)
		nat46_assert_failed(error, __FILE__, __LINE__);
	NAT46_ASSERT(!world->is_sound || wire_is_fragment(frame->data) ||
		     wire_is_sound(frame->data, frame->length, frame->offload.partial));
	if (world->count == WORLD_PACKETS || frame->length > sizeof(packet->bytes))
		return;
	memcpy(packet->bytes, frame->data, frame->length);
	packet->length = frame->length;
	packet->offload = frame->offload;
	world->count++;
}

static void on_random(void *context, void *bytes, size_t count)
{
	(void)context;
	memset(bytes, 0, count);
}

static void on_session(void *context, const struct session *session)
{
	struct world *world = context;

	world->sessions++;
	world->session = *session;
}

static void on_shortfall(void *context, const struct shortfall *shortfall)
{
	struct world *world = context;

	world->shortfalls++;
	world->shortfall = *shortfall;
}

static void on_change(void *context, const struct server_change *change)
{
	struct world *world = context;

	world->changes++;
	world->change = *change;
}

static uint32_t on_isn(void *context, uint32_t cookie)
{
	const struct world *world = context;

	return world->isn ? world->isn : cookie;
}

void world_config(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->now = 1000000000000;
	world->config = (struct engine_config){
		.plan = { .prefix = { { { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46 } }, 96 }, .mappings = clients,
			  .client_count = 2, .count = 2, .index = eam_index_make(clients, 2, world->slots) },
		.services = services,
		.service_count = 2,
		.servers = servers,
		.server_count = 2,
		.router_ipv4 = WORLD_ROUTER,
		.has_router_ipv6 = true,
		.router_ipv6 = { { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46, [15] = 1 } },
		.mtu = 1500,
		.lowest_ipv6_mtu = 1280,
		.copy_tos = true,
		.clamp_mss = true,
		.tcp = { .window_scale = 7, .sack = true, .timestamps = true },
		.timeouts = { .connect = 10000000000, .tcp = 7440000000000, .tcp_transitory = 240000000000,
			      .silent = 60000000000, .udp = 300000000000 },
		.limits = { .flows = 64, .flows_address = 64, .flows_network = 64, .waiting = 16,
			    .waiting_address = 16, .waiting_network = 16,
			    .buffer = 32768, .buffers = 1 << 20 , .fragments = 65536},
	};
}

void world_maps(struct world *world)
{
	struct address_mapping *m = world->mappings;

	memcpy(m, clients, sizeof(clients));
	m[2] = (struct address_mapping){ { WORLD_HOST, 32 }, { V6(0x20), 128 } };
	m[3] = (struct address_mapping){ { WORLD_HOST + 1, 32 }, { V6(0x21), 128 } };
	m[4] = (struct address_mapping){ { WORLD_SERVICE, 32 }, { V6(0x2a), 128 } };
	m[5] = (struct address_mapping){ { WORLD_ROUTER, 32 }, { V6(0x2b), 128 } };
	world->config.plan.mappings = m;
	world->config.plan.count = 6;
	world->config.plan.index = eam_index_make(m, 6, world->slots);
}

void world_make(struct world *world)
{
	const struct engine_hooks hooks = {
		.context = world,
		.emit = on_emit,
		.random = on_random,
		.session = on_session,
		.shortfall = on_shortfall,
		.server_changed = on_change,
		.isn = on_isn,
	};

	world->memory = calloc(1, engine_memory(&world->config.limits));
	NAT46_ASSERT(world->memory);
	world->is_sound = true;
	world->engine = engine_create(world->memory, &world->config, &hooks, world->now);
}

static void check(const struct world *world)
{
	const char *error = engine_check(world->engine);

	if (error)
		nat46_assert_failed(error, __FILE__, __LINE__);
}

void world_free(struct world *world)
{
	check(world);
	free(world->memory);
	world->memory = NULL;
}

int world_setup(void **state)
{
	world_config(*state);
	world_make(*state);
	return 0;
}

int world_teardown(void **state)
{
	world_free(*state);
	return 0;
}

enum verdict world_input(struct world *world, const uint8_t *bytes, size_t length, const struct offload *offload)
{
	/* of exact size, so that a sanitizer sees any byte read outside */
	uint8_t *buffer = malloc(FRAME_HEADROOM + length);
	struct frame frame = { .data = buffer + FRAME_HEADROOM, .length = length, .headroom = FRAME_HEADROOM };
	enum verdict verdict;

	NAT46_ASSERT(buffer);
	memcpy(frame.data, bytes, length);
	if (offload)
		frame.offload = *offload;
	world->count = 0;
	world->now += 1000000;
	world->is_sound = wire_is_sound(bytes, length, offload && offload->partial);
	verdict = engine_input(world->engine, &frame, world->now);
	free(buffer);
	check(world);
	return verdict;
}

void world_wait(struct world *world, int64_t nanoseconds)
{
	int64_t end = world->now + nanoseconds;

	world->count = 0;
	world->is_sound = true;
	for (;;) {
		int64_t next = engine_timers(world->engine, world->now);

		check(world);
		if (next > end)
			break;
		world->now = next > world->now ? next : world->now + 1;
	}
	world->now = end;
}

uint64_t world_drops(const struct world *world, enum drop why)
{
	return engine_counters(world->engine)->drops[why];
}

uint64_t world_events(const struct world *world, enum event event)
{
	return engine_counters(world->engine)->events[event];
}

/* SPDX-License-Identifier: ISC */
/*
 * world.h - an engine with the configuration of the worked example, and a record of what it emits
 *
 * Clients 10.0.0.3 and 10.0.0.4 appear as 2001:db8::3 and ::4, all others inside 2001:db8:46::/96. Service
 * 10.0.0.42 has rules on port 80 (bytes "A" to 2001:db8::1, "B" to ::2) and none on port 8080 (to ::1).
 */
#ifndef NAT46_TESTS_WORLD_H
#define NAT46_TESTS_WORLD_H

#include "nat46/engine.h"

#define WORLD_PACKETS 64

/** Addresses of the worked example. */
#define WORLD_CLIENT 0x0a000003u
#define WORLD_SERVICE 0x0a00002au
#define WORLD_ROUTER 0x0a000001u
#define WORLD_HOST 0xc0000214u

/** V6() - initializer of the address 2001:db8::@last */
#define V6(last) { { 0x20, 0x01, 0x0d, 0xb8, [15] = (last) } }

/** Times, in nanoseconds. */
#define MILLISECOND INT64_C(1000000)
#define SECOND INT64_C(1000000000)

/** struct world_packet - a packet that the engine emitted */
struct world_packet {
	uint8_t bytes[2048];
	size_t length;
	struct offload offload;
};

/**
 * struct world - engine, configuration and what came out
 * @isn: fixed ISN for SYN/ACKs; 0: the cookie
 * @mappings, @slots: clients and maps in @config, and their index
 * @now: virtual time
 * @is_sound: the last input had right checksums, so everything emitted must have
 * @packets, @count: what the last input or wait emitted, as far as there is room
 * @sessions: number of session events
 * @session: the last one; of its pointers only those to constant text are good
 * @shortfalls: number of servers that lowered a promise
 * @shortfall: the last one
 * @changes: number of servers that began to fail or answer again
 * @change: the last one
 */
struct world {
	struct engine *engine;
	void *memory;
	struct engine_config config;
	struct address_mapping mappings[6];
	uint32_t slots[EAM_SLOTS(6)];
	int64_t now;
	uint32_t isn;
	bool is_sound;
	struct world_packet packets[WORLD_PACKETS];
	size_t count;
	size_t sessions;
	struct session session;
	size_t shortfalls;
	struct shortfall shortfall;
	size_t changes;
	struct server_change change;
};

/** world_config() - the configuration; may be changed before world_make() */
void world_config(struct world *world);

/**
 * world_maps() - add maps to the configuration, before world_make()
 *
 * WORLD_HOST is 2001:db8::20, WORLD_HOST + 1 is ::21; the service's address is ::2a as well, and the router's ::2b.
 */
void world_maps(struct world *world);

/** world_make() - an engine; its random hook gives zeros. Every packet that it emits is checked with wire_error(). */
void world_make(struct world *world);

/** world_free() - check the engine's structures and release it */
void world_free(struct world *world);

/**
 * world_setup(), world_teardown() - world_config() and world_make(), or world_free(), as set-up and teardown of a test
 * @state: where the test's state is: a pointer to its world, which WORLD_TEST() in expect.h puts there
 *
 * Return: 0
 */
int world_setup(void **state);
int world_teardown(void **state);

/** world_input() - give the engine a packet; forgets what it emitted before */
enum verdict world_input(struct world *world, const uint8_t *bytes, size_t length, const struct offload *offload);

/** world_wait() - let time pass and timers run; forgets what was emitted before */
void world_wait(struct world *world, int64_t nanoseconds);

/** world_drops(), world_events() - how often was it counted */
uint64_t world_drops(const struct world *world, enum drop why);
uint64_t world_events(const struct world *world, enum event event);

#endif

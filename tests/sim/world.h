/* SPDX-License-Identifier: ISC */
/* world.h - one run: clients, paths, the engine under test, servers, and those who watch */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdio.h>

#include "invariants.h"
#include "scenario.h"

/** enum path - index of links and of scenario.paths */
enum path {
	PATH_FROM_CLIENT,
	PATH_TO_CLIENT,
	PATH_TO_SERVER,
	PATH_FROM_SERVER,
};

/**
 * struct world - one run
 * @engine_due: what engine_timers() returned last
 * @engine_event: time of the event that will call it
 * @untouched: nothing was given to the engine since it returned @engine_due
 * @input: packet being processed by the engine, or NULL
 * @tainted: @input has bit errors, so that what the engine makes of it may be wrong as well
 * @forged: @input is forged
 * @astray: the packet being processed has a source route
 * @emitted: packets that the engine emitted
 * @has_drained: a server was drained
 * @ack_lost: connections of which an acknowledgement was lost on purpose
 */
struct world {
	uint64_t seed;
	bool verbose;
	FILE *pcap;
	struct rng rng;
	struct event_queue queue;
	struct scenario scenario;
	struct link link[4];
	struct host host[2];
	struct connection connection[PLANS_MAX];
	struct engine *engine;
	void *memory;
	int64_t engine_due;
	int64_t engine_event;
	bool untouched;
	const struct packet *input;
	bool tainted;
	bool forged;
	bool astray;
	uint64_t inputs;
	uint64_t emitted;
	bool has_drained;
	bool ack_lost[PLANS_MAX];
	struct invariants invariants;
	bool failed;
	char invariant[32];
	char text[256];
	unsigned complete;
	unsigned answered;
};

/** world_run() - simulate @world->seed; false: an invariant was violated, see @world->invariant and @world->text */
bool world_run(struct world *world);

/** world_inject() - give the engine a packet that came over no path */
void world_inject(struct world *world, struct wire *wire);

/** world_fail() - an invariant is violated; the first one is kept */
void world_fail(struct world *world, const char *invariant, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif

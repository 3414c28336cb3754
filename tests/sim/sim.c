/* SPDX-License-Identifier: ISC */
/*
 * sim.c - the deterministic simulator: the whole core between model end points, in virtual time
 *
 *	sim [-s SEED] [-n COUNT] [-k] [-v] [-w FILE.pcap]
 *
 * Runs the seeds SEED (default 1) to SEED + COUNT - 1 (default 1000, with -s one). The first violation of an
 * invariant is printed with its seed and parameters and ends the run with status 1; -k goes on and sums up.
 * A seed reproduces everything: -v prints every packet that enters (->) and leaves (<-) the engine, -w
 * writes them to a capture file. The core's assertions abort; the seed is then in the message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat46/assert.h"
#include "pcap.h"
#include "world.h"

#define COUNT 1000u

static struct world world;

_Noreturn void nat46_assert_failed(const char *expression, const char *file, int line)
{
	printf("seed %llu: assertion: %s:%d: %s\n", (unsigned long long)world.seed, file, line, expression);
	fflush(stdout);
	abort();
}

struct totals {
	uint64_t failed;
	uint64_t connections;
	uint64_t complete;
	uint64_t answered;
	uint64_t packets;
	uint64_t lost;
};

static void simulate(uint64_t seed, bool verbose, FILE *pcap, struct totals *totals)
{
	memset(&world, 0, sizeof(world));
	world.seed = seed;
	world.verbose = verbose;
	world.pcap = pcap;
	if (!world_run(&world)) {
		printf("seed %llu: %s: %s\n", (unsigned long long)seed, world.invariant, world.text);
		totals->failed++;
	}
	totals->connections += world.scenario.plan_count;
	totals->complete += world.complete;
	totals->answered += world.answered;
	totals->packets += world.inputs;
	for (unsigned i = 0; i < 4; i++)
		totals->lost += world.link[i].lost;
}

int main(int argc, char **argv)
{
	uint64_t first = 1, count = 0;
	bool verbose = false, keep_going = false, single = false;
	struct totals totals = { 0 };
	FILE *pcap = NULL;
	int option;

	while ((option = getopt(argc, argv, "s:n:kvw:")) != -1) {
		if (option == 's') {
			first = strtoull(optarg, NULL, 0);
			single = true;
		} else if (option == 'n') {
			count = strtoull(optarg, NULL, 0);
		} else if (option == 'k') {
			keep_going = true;
		} else if (option == 'v') {
			verbose = true;
		} else if (option != 'w' || !(pcap = pcap_open(optarg))) {
			fprintf(stderr, "usage: sim [-s SEED] [-n COUNT] [-k] [-v] [-w FILE.pcap]\n");
			return 2;
		}
	}
	if (count == 0)
		count = single ? 1 : COUNT;
	setvbuf(stdout, NULL, _IOLBF, 0);	/* whoever stops it sees what it has found */
	printf("1..1\n");
	for (uint64_t seed = first; seed < first + count && (keep_going || !totals.failed); seed++) {
		simulate(seed, verbose, pcap, &totals);
		if (world.failed && !keep_going)
			scenario_print(&world.scenario);
	}
	printf("# %llu connections, %llu complete, %llu refused in words, %llu packets, %llu lost\n",
	       (unsigned long long)totals.connections, (unsigned long long)totals.complete,
	       (unsigned long long)totals.answered, (unsigned long long)totals.packets,
	       (unsigned long long)totals.lost);
	printf("%s 1 - simulated %llu seeds from %llu, %llu violated an invariant\n",
	       totals.failed ? "not ok" : "ok", (unsigned long long)count, (unsigned long long)first,
	       (unsigned long long)totals.failed);
	if (pcap)
		fclose(pcap);
	return totals.failed != 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * lookup.c - how long the look-up of a mapped address takes, and that of a service, by how many there are
 *
 * A row a table. "mapped" are addresses of the table, and what they are mapped to is made; "stranger" are those that no
 * mapping has. They are asked for in random order.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "nat46/eam.h"
#include "nat46/engine_config.h"

enum { QUERIES = 1 << 16, ROUNDS = 15, KINDS = 4, SIZES = 5, TEN = 1, IN_BLOCK = 8, LENGTHS = 16 };

static const char *const kinds[KINDS] = { "4to6 mapped", "4to6 stranger", "6to4 mapped", "6to4 stranger" };

/** sizes[] - how many mappings there are, and how many of them are asked for; TEN is what others are compared with */
static const struct {
	size_t count;
	size_t in_use;
} sizes[SIZES] = { { 1, 1 }, [TEN] = { 10, 10 }, { 1000, 1000 }, { 100000, 1000 }, { 100000, QUERIES } };

/** struct bench - a table, its index, and what is asked */
struct bench {
	struct address_mapping *mappings;
	uint32_t *slots;
	struct eam_index index;
	uint32_t ipv4[2][QUERIES];
	struct ipv6_address ipv6[2][QUERIES];
};

static uint32_t random_next(void)
{
	static uint64_t state = 1;
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(z >> 32);
}

static struct ipv6_address ipv6_of(uint32_t site, uint32_t host)
{
	struct ipv6_address address = { { 0x20, 0x01, 0x0d, 0xb8 } };

	for (int i = 0; i < 4; i++) {
		address.byte[4 + i] = (uint8_t)(site >> (24 - 8 * i));
		address.byte[12 + i] = (uint8_t)(host >> (24 - 8 * i));
	}
	return address;
}

static struct address_mapping mapping_of(uint32_t ipv4, unsigned int length)
{
	return (struct address_mapping){ { ipv4, (uint8_t)length }, { ipv6_of(1, ipv4), (uint8_t)(96 + length) } };
}

static struct address_mapping single(uint32_t number)
{
	return mapping_of(0x0a000000 + number, 32);
}

/** in_blocks() - blocks of 16 addresses, and seven single addresses in each: the longest has to be found */
static struct address_mapping in_blocks(uint32_t number)
{
	uint32_t block = 0x0a000000 + number / IN_BLOCK * 16, host = number % IN_BLOCK;

	return mapping_of(block + host, host ? 32 : 28);
}

/** of_all_lengths() - blocks of /17 to /32, anywhere */
static struct address_mapping of_all_lengths(uint32_t number)
{
	unsigned int length = 32 - number % LENGTHS;

	return mapping_of(number * 0x9e3779b1 << (32 - length), length);
}

static void make_index(struct bench *b, size_t count, struct address_mapping (*nth)(uint32_t))
{
	b->slots = calloc(EAM_SLOTS(count), sizeof(*b->slots));
	b->mappings = calloc(count, sizeof(*b->mappings));
	if (!b->mappings || !b->slots)
		abort();
	for (size_t i = 0; i < count; i++)
		b->mappings[i] = nth((uint32_t)i);
	b->index = eam_index_make(b->mappings, count, b->slots);
}

static void stranger(const struct bench *b, uint32_t *ipv4, struct ipv6_address *ipv6)
{
	size_t found;

	do {
		*ipv4 = random_next();
		*ipv6 = ipv6_of(1, *ipv4);
	} while (eam_find_ipv4(&b->index, *ipv4, &found) || eam_find_ipv6(&b->index, ipv6, &found));
}

/** make_queries() - ask for @in_use of the @count mappings, and for as many strangers */
static void make_queries(struct bench *b, size_t count, size_t in_use)
{
	for (size_t i = 0; i < QUERIES; i++) {
		const struct address_mapping *m = &b->mappings[random_next() % count];
		size_t again = random_next() % in_use;

		b->ipv4[0][i] = m->ipv4.address;
		b->ipv6[0][i] = m->ipv6.address;
		stranger(b, &b->ipv4[1][i], &b->ipv6[1][i]);
		for (int kind = 0; kind < 2 && i >= in_use; kind++) {
			b->ipv4[kind][i] = b->ipv4[kind][again];
			b->ipv6[kind][i] = b->ipv6[kind][again];
		}
	}
}

static void ask(const struct bench *b, int kind, size_t i, uint32_t *sink)
{
	size_t found;

	if (kind < 2) {
		if (eam_find_ipv4(&b->index, b->ipv4[kind][i], &found))
			*sink += eam_4to6(&b->mappings[found], b->ipv4[kind][i]).byte[15];
	} else if (eam_find_ipv6(&b->index, &b->ipv6[kind - 2][i], &found)) {
		*sink += eam_6to4(&b->mappings[found], &b->ipv6[kind - 2][i]);
	}
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/** measure() - nanoseconds for one look-up: the fastest round, which nothing else has disturbed */
static double measure(const struct bench *b, int kind, uint32_t *sink)
{
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double start = seconds(), took;

		for (size_t i = 0; i < QUERIES; i++)
			ask(b, kind, i, sink);
		took = (seconds() - start) * 1e9 / QUERIES;
		if (round == 0 || took < best)
			best = took;
	}
	return best;
}

static void run(const char *name, struct address_mapping (*nth)(uint32_t))
{
	static struct bench bench;
	double took[SIZES][KINDS];
	uint32_t sink = 0;

	for (int size = 0; size < SIZES; size++) {
		make_index(&bench, sizes[size].count, nth);
		make_queries(&bench, sizes[size].count, sizes[size].in_use);
		for (int kind = 0; kind < KINDS; kind++)
			took[size][kind] = measure(&bench, kind, &sink);
		free(bench.mappings);
		free(bench.slots);
	}
	for (int size = 0; size < SIZES; size++) {
		printf("%-16s  %8zu  %6zu", name, sizes[size].count, sizes[size].in_use);
		for (int kind = 0; kind < KINDS; kind++)
			printf("  %10.1f ns  %5.1f", took[size][kind], took[size][kind] / took[TEN][kind]);
		puts("");
	}
	fprintf(stderr, "# %u\n", sink);
}

/** struct fleet - services: @count of them, on blocks with @first_bits host bits and fewer, @sizes sizes in turn */
struct fleet {
	const char *name;
	size_t count;
	unsigned int first_bits, sizes;
};

static struct service *make_services(const struct fleet *fleet)
{
	struct service *services = calloc(fleet->count, sizeof(*services));

	if (!services)
		abort();
	for (size_t i = 0; i < fleet->count; i++) {
		unsigned int bits = fleet->first_bits - (unsigned int)(i % fleet->sizes);
		uint32_t address = 0x0a000000 + (uint32_t)(i / fleet->sizes << fleet->first_bits);

		/* the smaller ones lie in the larger ones */
		services[i] = (struct service){ .address = address, .host_bits = (uint8_t)bits, .port = 443 };
	}
	qsort(services, fleet->count, sizeof(*services), service_compare);
	return services;
}

/** measure_services() - nanoseconds for one look-up of @addresses: the fastest round */
static double measure_services(const struct engine_config *config, const uint32_t *addresses)
{
	double best = 0;
	size_t sink = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double start = seconds(), took;

		for (size_t i = 0; i < QUERIES; i++)
			sink += service_find(config, false, addresses[i], 443) != NULL;
		took = (seconds() - start) * 1e9 / QUERIES;
		if (round == 0 || took < best)
			best = took;
	}
	fprintf(stderr, "# %zu\n", sink);
	return best;
}

/** run_services() - @base: set by the first fleet, which the others are compared with */
static void run_services(const struct fleet *fleet, double base[2])
{
	static uint32_t addresses[2][QUERIES];
	struct service *services = make_services(fleet);
	const struct engine_config config = { .services = services, .service_count = fleet->count };

	for (size_t i = 0; i < QUERIES; i++) {
		const struct service *service = &services[random_next() % fleet->count];

		addresses[0][i] = service->address | (random_next() & ((1u << service->host_bits) - 1));
		addresses[1][i] = 0xc0000000 | random_next();
	}
	printf("%-16s  %8zu  %6u", fleet->name, fleet->count, fleet->sizes);
	for (int kind = 0; kind < 2; kind++) {
		double took = measure_services(&config, addresses[kind]);

		base[kind] = base[kind] > 0 ? base[kind] : took;
		printf("  %10.1f ns  %5.1f", took, took / base[kind]);
	}
	puts("");
	free(services);
}

static void services(void)
{
	static const struct fleet fleets[] = {
		{ "addresses", 10, 0, 1 },	 { "addresses", 1, 0, 1 },	{ "addresses", 1000, 0, 1 },
		{ "addresses", 100000, 0, 1 },	 { "blocks", 1, 4, 1 },		{ "blocks", 1000, 4, 1 },
		{ "blocks", 1000, 4, 2 },	 { "blocks", 1000, 16, 16 },
	};
	double base[2] = { 0 };

	printf("\n%-16s  %8s  %6s  %13s  ratio  %13s  ratio\n", "service on", "services", "sizes", "found", "stranger");
	for (size_t i = 0; i < sizeof(fleets) / sizeof(fleets[0]); i++)
		run_services(&fleets[i], base);
}

int main(void)
{
	printf("%-16s  %8s  %6s", "table", "mappings", "in use");
	for (int kind = 0; kind < KINDS; kind++)
		printf("  %13s  ratio", kinds[kind]);
	puts("");
	run("single addresses", single);
	run("in blocks", in_blocks);
	run("16 lengths", of_all_lengths);
	services();
	return 0;
}

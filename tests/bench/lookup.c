/* SPDX-License-Identifier: ISC */
/*
 * lookup.c - how long the look-up of a mapped address takes, by the number of mappings
 *
 * A row a size of the table. An eighth of the mappings are blocks of 16 addresses, the others are single addresses,
 * seven in each block: the look-up has to find out which one is the longest. "mapped" are addresses of the table,
 * "stranger" are those that no mapping has, as those of most clients. They are asked for in random order.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "nat46/address_plan.h"

enum { SIZES = 4, QUERIES = 1 << 16, ROUNDS = 15, KINDS = 4, IN_BLOCK = 8 };

static const size_t sizes[SIZES] = { 10, 1000, 20000, 100000 };
static const char *const kinds[KINDS] = { "4to6 mapped", "4to6 stranger", "6to4 mapped", "6to4 stranger" };

/** struct bench - a table and what it is asked */
struct bench {
	struct address_plan plan;
	struct address_mapping *mappings;
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

static struct ipv6_address ipv6_of(uint32_t high, uint32_t low)
{
	struct ipv6_address address = { { 0x20, 0x01, 0x0d, 0xb8 } };

	for (int i = 0; i < 4; i++) {
		address.byte[4 + i] = (uint8_t)(high >> (24 - 8 * i));
		address.byte[12 + i] = (uint8_t)(low >> (24 - 8 * i));
	}
	return address;
}

static struct address_mapping mapping_of(uint32_t number)
{
	uint32_t block = number / IN_BLOCK * 16, host = number % IN_BLOCK;

	if (host == 0)
		return (struct address_mapping){ { 0x0a000000 + block, 28 }, { ipv6_of(1, block), 124 } };
	return (struct address_mapping){ { 0x0a000000 + block + host, 32 }, { ipv6_of(1, block + host), 128 } };
}

static void make_bench(struct bench *b, size_t count)
{
	uint32_t *slots = calloc(EAM_SLOTS(count), sizeof(*slots));

	b->mappings = calloc(count, sizeof(*b->mappings));
	if (!b->mappings || !slots)
		abort();
	for (size_t i = 0; i < count; i++)
		b->mappings[i] = mapping_of((uint32_t)i);
	b->plan = (struct address_plan){
		.prefix = { ipv6_of(0x460000, 0), 96 },
		.mappings = b->mappings,
		.client_count = count,
		.count = count,
		.index = eam_index_make(b->mappings, count, slots),
	};
	for (size_t i = 0; i < QUERIES; i++) {
		const struct address_mapping *m = &b->mappings[random_next() % count];

		b->ipv4[0][i] = m->ipv4.address;
		b->ipv6[0][i] = m->ipv6.address;
		b->ipv4[1][i] = 0xc0000000 | (random_next() & 0x00ffffff);
		b->ipv6[1][i] = ipv6_of(0x460000, b->ipv4[1][i]);
	}
}

static void ask(const struct bench *b, int kind, size_t i, uint32_t *sink)
{
	uint32_t ipv4;

	if (kind < 2)
		*sink += address_plan_4to6(&b->plan, b->ipv4[kind][i]).byte[15];
	else if (address_plan_6to4(&b->plan, &b->ipv6[kind - 2][i], &ipv4))
		*sink += ipv4;
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

int main(void)
{
	static struct bench benches[SIZES];
	double first[KINDS] = { 0 };
	uint32_t sink = 0;

	printf("%8s", "mappings");
	for (int kind = 0; kind < KINDS; kind++)
		printf("  %13s  ratio", kinds[kind]);
	puts("");
	for (int size = 0; size < SIZES; size++) {
		make_bench(&benches[size], sizes[size]);
		printf("%8zu", sizes[size]);
		for (int kind = 0; kind < KINDS; kind++) {
			double is = measure(&benches[size], kind, &sink);

			if (size == 0)
				first[kind] = is;
			printf("  %10.1f ns  %5.1f", is, is / first[kind]);
		}
		puts("");
	}
	fprintf(stderr, "# %u\n", sink);
	return 0;
}

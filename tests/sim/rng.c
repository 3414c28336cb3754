/* SPDX-License-Identifier: ISC */
/* rng.c - splitmix64 (Steele, Lea, Flood 2014) */
#include "rng.h"

#define GOLDEN 0x9e3779b97f4a7c15u

uint64_t mix64(uint64_t value)
{
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
	return value ^ (value >> 31);
}

void rng_seed(struct rng *rng, uint64_t seed)
{
	rng->state = mix64(seed + GOLDEN);
}

uint64_t rng_next(struct rng *rng)
{
	rng->state += GOLDEN;
	return mix64(rng->state);
}

uint32_t rng_below(struct rng *rng, uint32_t limit)
{
	return (uint32_t)(((rng_next(rng) >> 32) * limit) >> 32);
}

uint32_t rng_between(struct rng *rng, uint32_t low, uint32_t high)
{
	return low + rng_below(rng, high - low + 1);
}

bool rng_chance(struct rng *rng, double probability)
{
	return (double)(rng_next(rng) >> 11) < probability * 9007199254740992.0;
}

uint32_t rng_size(struct rng *rng, uint32_t limit)
{
	uint32_t bits = 0;

	while (bits < 31 && (1u << bits) < limit)
		bits++;
	bits = rng_between(rng, 0, bits);
	uint32_t size = rng_below(rng, (1u << bits) + 1);

	return size < limit ? size : limit;
}

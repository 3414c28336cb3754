/* SPDX-License-Identifier: ISC */
/*
 * random.h - numbers for property tests, the same in every run with the same seed
 *
 * The seed is printed, and may be given as NAT46_TEST_SEED to repeat a failure.
 */
#ifndef NAT46_TESTS_RANDOM_H
#define NAT46_TESTS_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** random_begin() - state of a generator for one test */
static inline uint64_t random_begin(const char *test)
{
	const char *text = getenv("NAT46_TEST_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;

	printf("# %s: seed %llu\n", test, (unsigned long long)seed);
	return seed;
}

/** random_next() - 32 random bits (splitmix64 by Sebastiano Vigna) */
static inline uint32_t random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) >> 32);
}

/** random_below() - a number from 0 to @bound - 1 */
static inline uint32_t random_below(uint64_t *state, uint32_t bound)
{
	return random_next(state) % bound;
}

#endif

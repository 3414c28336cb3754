/* SPDX-License-Identifier: ISC */
/* rng.h - a small deterministic random generator (splitmix64): one seed reproduces a whole simulation */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

/** mix64() - a bijective hash of 64 bits */
uint64_t mix64(uint64_t value);

/** rng_seed() - start the sequence that belongs to @seed */
void rng_seed(struct rng *rng, uint64_t seed);

/** rng_next() - 64 random bits */
uint64_t rng_next(struct rng *rng);

/** rng_below() - a number in [0, @limit); 0 if @limit is 0 */
uint32_t rng_below(struct rng *rng, uint32_t limit);

/** rng_between() - a number in [@low, @high] */
uint32_t rng_between(struct rng *rng, uint32_t low, uint32_t high);

/** rng_chance() - true with probability @probability */
bool rng_chance(struct rng *rng, double probability);

/** rng_size() - a number in [0, @limit]; small ones as likely as large ones (uniform in its logarithm) */
uint32_t rng_size(struct rng *rng, uint32_t limit);

#endif

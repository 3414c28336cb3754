/* SPDX-License-Identifier: ISC */
/*
 * siphash.c - keyed hash that a stranger cannot steer
 */
#include "nat46/siphash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate_left(uint64_t value, unsigned int bits)
{
	return value << bits | value >> (64 - bits);
}

static inline void sip_rounds(struct state *s, int count)
{
	for (int i = 0; i < count; i++) {
		s->v0 += s->v1;
		s->v1 = rotate_left(s->v1, 13) ^ s->v0;
		s->v0 = rotate_left(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate_left(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate_left(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate_left(s->v1, 17) ^ s->v2;
		s->v2 = rotate_left(s->v2, 32);
	}
}

/** load_le() - up to 8 bytes as a little-endian number */
static inline uint64_t load_le(const uint8_t *bytes, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

static inline uint64_t siphash(const struct siphash_key *key, const uint8_t *data, size_t length,
			       int compress, int finish)
{
	struct state s = {
		.v0 = key->word[0] ^ 0x736f6d6570736575u,
		.v1 = key->word[1] ^ 0x646f72616e646f6du,
		.v2 = key->word[0] ^ 0x6c7967656e657261u,
		.v3 = key->word[1] ^ 0x7465646279746573u,
	};
	size_t tail = length % 8;
	uint64_t word;

	for (size_t i = 0; i + 8 <= length; i += 8) {
		word = load_le(data + i, 8);
		s.v3 ^= word;
		sip_rounds(&s, compress);
		s.v0 ^= word;
	}
	word = (uint64_t)length << 56 | load_le(data + length - tail, tail);
	s.v3 ^= word;
	sip_rounds(&s, compress);
	s.v0 ^= word;
	s.v2 ^= 0xff;
	sip_rounds(&s, finish);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t siphash_13(const struct siphash_key *key, const void *data, size_t length)
{
	return siphash(key, data, length, 1, 3);
}

uint64_t siphash_24(const struct siphash_key *key, const void *data, size_t length)
{
	return siphash(key, data, length, 2, 4);
}

/* SPDX-License-Identifier: ISC */
/*
 * siphash.h - keyed hash that a stranger cannot steer (Aumasson, Bernstein: SipHash, 2012)
 */
#ifndef NAT46_SIPHASH_H
#define NAT46_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/** struct siphash_key - 128-bit secret */
struct siphash_key {
	uint64_t word[2];
};

/**
 * siphash_13() - SipHash-1-3, for hash tables
 * siphash_24() - SipHash-2-4, for cookies
 * @key: secret
 * @data: bytes to hash
 * @length: number of bytes
 *
 * Return: 64-bit hash, the same on every machine
 */
uint64_t siphash_13(const struct siphash_key *key, const void *data, size_t length);
uint64_t siphash_24(const struct siphash_key *key, const void *data, size_t length);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * rate_limit.h - how many answers to traffic that may be forged are sent
 */
#ifndef NAT46_CORE_TABLE_RATE_LIMIT_H
#define NAT46_CORE_TABLE_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "nat46/siphash.h"

/** Least and most answers of one kind in a second. */
#define RATE_LIMIT_LEAST 500u
#define RATE_LIMIT_MOST 1499u

/** Entries of struct connection_limit, and milliseconds between two answers to one connection. */
#define CONNECTION_LIMIT_ENTRIES 1024u
#define CONNECTION_LIMIT_PAUSE 500u

/**
 * struct rate_limit - answers of one kind
 * @key: decides how many there are in each second
 * @second: the present one
 * @left: answers left in it
 */
struct rate_limit {
	struct siphash_key key;
	int64_t second;
	uint32_t left;
};

/** struct connection_limit - the connections that were answered last: flow plus one, and when (milliseconds) */
struct connection_limit {
	struct {
		uint32_t flow;
		uint32_t when;
	} entries[CONNECTION_LIMIT_ENTRIES];
};

/** rate_limit_init() - @key: secret of the engine; @kind: a number that no other limit of it has */
void rate_limit_init(struct rate_limit *limit, const struct siphash_key *key, uint32_t kind);

/** rate_limit_take() - may one more answer of this kind be sent */
bool rate_limit_take(struct rate_limit *limit, int64_t now);

/** connection_limit_take() - may flow number @flow have one more answer; all zero is an empty table */
bool connection_limit_take(struct connection_limit *table, uint32_t flow, int64_t now);

#endif

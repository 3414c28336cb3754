/* SPDX-License-Identifier: ISC */
/*
 * rate_limit.c - how many answers to traffic that may be forged are sent
 *
 * DOC: Theory of operation
 *
 * RSTs, challenge ACKs and ICMP errors go to addresses that may be forged: their number is bounded, whoever asks
 * for them. Each kind has a limit of its own: a flood that uses up the RSTs, for which no connection has to be
 * known, must not silence the challenge that a real client waits for.
 *
 * A limit for all is a channel between all. Who gets answers himself, and finds one missing, learns that somebody
 * else got it: with a number that is always the same a stranger can tell whether a connection exists and what its
 * numbers are (CVE-2016-5696), or which port is open (CVE-2020-25705). So the number is another one each second, which
 * only the key tells, as in Linux; and a connection gets no more than two challenges in a second (RFC 5961 7), so
 * that whoever has one neither uses up those of the others nor counts them.
 *
 * Connections that share an entry push each other out: the limit for all still holds then.
 */
#include "core/table/rate_limit.h"

static const int64_t SECOND = INT64_C(1000000000);
static const int64_t MILLISECOND = INT64_C(1000000);

void rate_limit_init(struct rate_limit *limit, const struct siphash_key *key, uint32_t kind)
{
	const uint32_t words[] = { kind, 0 }, others[] = { kind, 1 };

	*limit = (struct rate_limit){
		.key = { { siphash_24(key, words, sizeof(words)), siphash_24(key, others, sizeof(others)) } },
		.second = -1,
	};
}

/** budget() - answers in a second */
static uint32_t budget(const struct rate_limit *limit, int64_t second)
{
	const uint32_t words[] = { (uint32_t)((uint64_t)second >> 32), (uint32_t)second };

	return RATE_LIMIT_LEAST + (uint32_t)(siphash_24(&limit->key, words, sizeof(words)) %
					     (RATE_LIMIT_MOST - RATE_LIMIT_LEAST + 1));
}

bool rate_limit_take(struct rate_limit *limit, int64_t now)
{
	int64_t second = now / SECOND;

	if (second != limit->second) {
		limit->second = second;
		limit->left = budget(limit, second);
	}
	if (limit->left == 0)
		return false;
	limit->left--;
	return true;
}

bool connection_limit_take(struct connection_limit *table, uint32_t flow, int64_t now)
{
	uint32_t when = (uint32_t)(now / MILLISECOND);
	uint32_t entry = flow % CONNECTION_LIMIT_ENTRIES;

	if (table->entries[entry].flow == flow + 1 && when - table->entries[entry].when < CONNECTION_LIMIT_PAUSE)
		return false;
	table->entries[entry].flow = flow + 1;
	table->entries[entry].when = when;
	return true;
}

/* SPDX-License-Identifier: ISC */
/*
 * syn_cookie.c - the handshake with a client without any state
 */
#include "nat46/syn_cookie.h"

#include <stddef.h>
#include <string.h>

enum {
	SCALE_NONE = 0,		/* index: window scaling is not in use */
	SACK_BIT = 0x02,
	PARITY_BIT = 0x01,
	TIMESTAMP_SCALE_NONE = 0xf,
};

/* Rounded down: index 1 is no shift at all, which is not the same as no window scaling. */
static const uint8_t scales[8] = { 0, 0, 2, 4, 6, 7, 8, 10 };
static const uint16_t sizes[8] = { 64, 536, 1220, 1300, 1360, 1420, 1440, 1460 };

static uint8_t scale_index(const struct cookie_promises *promises)
{
	uint8_t index = 7;

	if (!promises->scaled)
		return SCALE_NONE;
	while (index > 1 && scales[index] > promises->window_scale)
		index--;
	return index;
}

static uint8_t size_index(uint16_t mss)
{
	uint8_t index = 7;

	while (index > 0 && sizes[index] > mss)
		index--;
	return index;
}

/** mac() - low 24 bits: MAC, next 8: mask */
static uint32_t mac(const struct siphash_key *key, const struct cookie_tuple *tuple, uint8_t promises, int64_t slot)
{
	/* words, so that there is no padding between members */
	const uint32_t words[] = {
		tuple->client,
		tuple->service,
		(uint32_t)tuple->client_port << 16 | tuple->service_port,
		tuple->client_isn,
		(uint32_t)((uint64_t)slot >> 32),
		(uint32_t)slot,
		promises,
	};

	return (uint32_t)siphash_24(key, words, sizeof(words));
}

/** mask() - hides the promises; must not depend on them, or they could not be read back */
static uint8_t mask(uint32_t mac24)
{
	return (uint8_t)(mac24 ^ mac24 >> 8 ^ mac24 >> 16);
}

uint32_t syn_cookie_make(const struct siphash_key *key, const struct cookie_tuple *tuple,
			 const struct cookie_promises *promises, int64_t now)
{
	int64_t slot = now / COOKIE_SLOT;
	uint8_t flags = (uint8_t)(scale_index(promises) << 5 | size_index(promises->mss) << 2 |
				  (promises->sack ? SACK_BIT : 0) | (slot & PARITY_BIT));
	uint32_t mac24 = mac(key, tuple, flags, slot) & 0xffffff;

	return mac24 << 8 | (flags ^ mask(mac24));
}

bool syn_cookie_check(const struct siphash_key *key, const struct cookie_tuple *tuple, uint32_t isn, int64_t now,
		      int64_t max_age, struct cookie_promises *promises)
{
	uint32_t mac24 = isn >> 8;
	uint8_t flags = (uint8_t)isn ^ mask(mac24);
	int64_t newest = now / COOKIE_SLOT;
	int64_t oldest = now > max_age ? (now - max_age) / COOKIE_SLOT : 0;
	uint8_t scale = flags >> 5;

	for (int64_t slot = newest; slot >= oldest; slot--) {
		if ((slot & PARITY_BIT) != (flags & PARITY_BIT) ||
		    (mac(key, tuple, flags, slot) & 0xffffff) != mac24)
			continue;
		*promises = (struct cookie_promises){
			.mss = sizes[flags >> 2 & 7],
			.scaled = scale != SCALE_NONE,
			.window_scale = scales[scale],
			.sack = flags & SACK_BIT,
		};
		return true;
	}
	return false;
}

uint32_t syn_cookie_timestamp(uint32_t clock, const struct cookie_promises *promises)
{
	uint32_t scale = promises->scaled ? promises->window_scale : TIMESTAMP_SCALE_NONE;
	uint32_t data = scale | (promises->ecn ? COOKIE_TIMESTAMP_ECN : 0);
	uint32_t low = (UINT32_C(1) << COOKIE_TIMESTAMP_BITS) - 1;
	uint32_t value = (clock & ~low) | data;

	return data > (clock & low) ? value - low - 1 : value;
}

void syn_cookie_read_timestamp(uint32_t echoed, struct cookie_promises *promises)
{
	uint8_t scale = echoed & 0xf;

	/* the table rounds down: an exact value below it is not from us */
	if (promises->scaled && scale <= 14 && scale >= promises->window_scale)
		promises->window_scale = scale;
	promises->ecn = echoed & COOKIE_TIMESTAMP_ECN;
}

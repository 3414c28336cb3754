/* SPDX-License-Identifier: ISC */
/*
 * syn_cookie.h - SYN cookies: the handshake with a client without any state (RFC 4987 3.6)
 *
 * DOC: Theory of operation
 *
 * Our initial sequence number is 24 bits of a MAC and 8 bits that say what our SYN/ACK promised, masked by
 * eight more bits of the MAC. The MAC covers the connection, the client's ISN, the promises and a slot of 64
 * seconds; one bit of the promises is the parity of the slot, so that only every other slot has to be tried.
 * What is encoded is the outcome (what the SYN/ACK said), not what the client offered.
 *
 *	ISN = MAC24 << 8 | (promises ^ mask)
 *	promises = window scale index (3) | MSS index (3) | SACK (1) | slot parity (1)
 *
 * With timestamps the six low bits of our TSval carry the client's exact window scale, and whether ECN is in use;
 * without them ECN is not, and the scale is rounded down to a value of a table, which is safe because the server
 * then underestimates the window. The MSS of the client is rounded down as well.
 *
 * A forged ACK passes with a chance of about 2^-23 (24 bits, two slots), and reaches a server only with data.
 *
 * A cookie knows nothing of what has become of its connection: whoever sends the first data again completes another
 * handshake with it. So it lives no longer than it takes a client to get through where its first segments are lost
 * (it repeats them after 1, 3, 7, 15, 31 s, and Linux gives its own cookies two minutes as well), however long
 * clients may wait with their first data; and the record of a connection outlives its cookie (flows.h). Whom that
 * hurts is a client whose handshake left no record, because too many were waiting, and that says nothing for longer.
 * No copy that is still in the network is older than two minutes (RFC 9293 3.4.3), and no cookie in it either.
 */
#ifndef NAT46_SYN_COOKIE_H
#define NAT46_SYN_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "nat46/siphash.h"

/** struct cookie_tuple - the connection that a cookie belongs to, host byte order */
struct cookie_tuple {
	uint32_t client;
	uint32_t service;
	uint16_t client_port;
	uint16_t service_port;
	uint32_t client_isn;
};

/**
 * struct cookie_promises - what the client offered and our SYN/ACK accepted
 * @mss: MSS that the client announced
 * @scaled: window scaling is in use
 * @window_scale: the client's shift, with @scaled
 * @sack: SACK is in use
 * @ecn: ECN is in use
 */
struct cookie_promises {
	uint16_t mss;
	bool scaled;
	uint8_t window_scale;
	bool sack;
	bool ecn;
};

/** Low bits of our TSval that carry data, and the one of them that says that ECN is in use. */
#define COOKIE_TIMESTAMP_BITS 6u
#define COOKIE_TIMESTAMP_ECN 0x10u

/** Length of a slot, in nanoseconds: 64 s. */
#define COOKIE_SLOT INT64_C(64000000000)

/** How old a cookie may be at least, and the age at which it is dead, for ages are rounded up to slots. */
#define COOKIE_AGE COOKIE_SLOT
#define COOKIE_DEAD (COOKIE_AGE + COOKIE_SLOT)

/** syn_cookie_make() - initial sequence number for a SYN/ACK; @now in nanoseconds */
uint32_t syn_cookie_make(const struct siphash_key *key, const struct cookie_tuple *tuple,
			 const struct cookie_promises *promises, int64_t now);

/**
 * syn_cookie_check() - was @isn made by us for this connection, at most @max_age ago (rounded up to slots)
 * @promises: set on success: values as the tables could express them
 */
bool syn_cookie_check(const struct siphash_key *key, const struct cookie_tuple *tuple, uint32_t isn, int64_t now,
		      int64_t max_age, struct cookie_promises *promises);

/**
 * syn_cookie_timestamp() - TSval for a SYN/ACK that also carries the window scale and ECN
 * @clock: timestamp clock towards this client
 *
 * Never ahead of @clock: later segments would otherwise seem older (RFC 7323 5.2).
 */
uint32_t syn_cookie_timestamp(uint32_t clock, const struct cookie_promises *promises);

/** syn_cookie_read_timestamp() - put what an echoed TSval carries into @promises */
void syn_cookie_read_timestamp(uint32_t echoed, struct cookie_promises *promises);

#endif

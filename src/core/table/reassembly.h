/* SPDX-License-Identifier: ISC */
/*
 * reassembly.h - make whole datagrams of IPv4 and IPv6 fragments (RFC 791 3.2, RFC 8200 4.5)
 *
 * In fixed memory, in which strangers may put what they like: reassembly.c tells who has to go when it is full.
 */
#ifndef NAT46_CORE_TABLE_REASSEMBLY_H
#define NAT46_CORE_TABLE_REASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/table/parts.h"
#include "nat46/frame.h"
#include "nat46/packet.h"
#include "nat46/siphash.h"

/** Nanoseconds that a datagram has from its first part to its last one (RFC 6146 3.4 wants 2 seconds at least). */
#define REASSEMBLY_LIFETIME INT64_C(5000000000)

enum reassembly_result {
	REASSEMBLY_WAITING,	/* stored, or a repetition of what is stored: more parts are needed */
	REASSEMBLY_COMPLETE,	/* the whole datagram was written */
	/* only this part is refused: */
	REASSEMBLY_TINY,	/* a first part without all headers (RFC 1858, RFC 3128, RFC 7112) */
	REASSEMBLY_TOO_LONG,	/* ends behind the longest datagram */
	REASSEMBLY_REFUSED,	/* of a datagram that was refused before */
	/* the datagram is refused, and what else comes of it: */
	REASSEMBLY_OVERLAP,	/* two parts claim the same bytes (RFC 5722) */
	REASSEMBLY_ENDS,	/* two parts do not agree where the datagram ends */
	REASSEMBLY_MARKS,	/* a congestion mark, and parts that cannot have one (RFC 3168 5.3) */
	REASSEMBLY_RESULTS,
};

/** Lists in which each datagram stands, in the order of first parts: of all, and of its source. */
enum datagram_line_kind {
	DATAGRAM_LINE_ALL,
	DATAGRAM_LINE_SOURCE,
	DATAGRAM_LINE_KINDS,
};

/** struct datagram_line - @first, @last: datagrams plus one, 0: none; @chunks: what they hold together */
struct datagram_line {
	uint32_t first;
	uint32_t last;
	uint32_t chunks;
};

/** struct datagram_key - what all parts of a datagram have in common; IPv4 addresses are the first 4 bytes */
struct datagram_key {
	uint8_t source[16];
	uint8_t destination[16];
	uint32_t identification;
	uint8_t is_ipv6;
	uint8_t protocol;	/* 0 for IPv6, where that of the first part counts */
	uint8_t zero[2];
};

/**
 * struct datagram - a datagram of which parts have arrived
 * @since: when the first to arrive did
 * @parts: at least one chunk
 * @total: bytes of the whole, known from its last part; 0: not yet
 * @known: bytes that have arrived
 * @highest: where the last known byte ends
 * @is_refused: two parts contradicted each other; one chunk is kept as its share of the memory, with nothing in it
 * @ecn_seen: a bit for each of the four ECN fields
 * @protocol, @traffic_class, @hop_limit: of the part with offset 0
 * @bucket, @next: where it is found; @next is a datagram plus one, 0: none
 * @line, @before, @behind: lines, and neighbours there plus one
 */
struct datagram {
	struct datagram_key key;
	int64_t since;
	struct parts parts;
	uint32_t total;
	uint32_t known;
	uint32_t highest;
	bool is_refused;
	uint8_t ecn_seen;
	uint8_t protocol;
	uint8_t traffic_class;
	uint8_t hop_limit;
	uint32_t bucket;
	uint32_t next;
	uint32_t line[DATAGRAM_LINE_KINDS];
	uint32_t before[DATAGRAM_LINE_KINDS];
	uint32_t behind[DATAGRAM_LINE_KINDS];
};

/**
 * struct reassembly - all datagrams
 * @datagrams: as many as @pool has chunks
 * @lines: one of all, then @width of sources
 * @buckets: @width
 * @share: chunks that one source may hold
 * @touched, @free: datagrams that were ever used, and the first free one plus one; the next one is its @next
 * @used: datagrams that are waited for, or refused
 * @expired: datagrams that were waited for in vain, so far
 * @evicted: datagrams that were given up to make room, so far
 */
struct reassembly {
	struct parts_pool pool;
	struct datagram *datagrams;
	struct datagram_line *lines;
	uint32_t *buckets;
	uint32_t width;
	uint32_t share;
	uint32_t touched;
	uint32_t free;
	uint32_t used;
	struct siphash_key key;
	uint64_t expired;
	uint64_t evicted;
};

/** reassembly_memory() - bytes for datagrams of @bytes in sum; the longest one fits, however few that are */
size_t reassembly_memory(uint64_t bytes);

/**
 * reassembly_init() - no datagrams
 * @memory: reassembly_memory(@bytes) zero bytes, aligned for anything
 * @key: secret
 */
void reassembly_init(struct reassembly *r, void *memory, uint64_t bytes, const struct siphash_key *key);

/**
 * reassembly_add() - one more fragment
 * @frame, @packet: a parsed packet with @is_fragment
 * @now: nanoseconds, never less than before
 * @whole: FRAME_MAX bytes, written if the datagram is complete: an IPv4 header without options or an IPv6 header
 *	without extension headers, as the first part had it, not fragmented, with DF clear and its checksum right;
 *	then the payload, which for IPv6 may begin with extension headers
 * @length: set to the bytes of the whole datagram if it is complete
 */
enum reassembly_result reassembly_add(struct reassembly *r, const struct frame *frame, const struct packet *packet,
				      int64_t now, struct span whole, size_t *length);

/** reassembly_check() - NULL if all is consistent, else what is not */
const char *reassembly_check(const struct reassembly *r);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * test_reassembly.c - fragments become the datagram that was sent, or nothing, whatever strangers add
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/table/reassembly.h"
#include "random.h"
#include "wire.h"
#include "wire_fragment.h"

#define MILLISECOND INT64_C(1000000)

/** Memory of most tests: the share of a source is 64 chunks of 256. */
enum { MEMORY = 256 * PARTS_CHUNK, SHARE = 64, LONGEST4 = 65515 };

enum { UDP = 17, TCP = 6, ICMP = 1, ICMPV6 = 58, DESTINATION_OPTIONS = 60, FRAGMENT = 44, ESP = 50 };

static struct reassembly reassembly;
static uint8_t whole[FRAME_MAX];
static size_t whole_length;
static uint8_t original[PARTS_MAX];
static int64_t now;

static void begin(uint64_t bytes)
{
	static const struct siphash_key key = { .word = { 1, 2 } };
	void *memory = calloc(1, reassembly_memory(bytes));

	assert_non_null(memory);
	reassembly_init(&reassembly, memory, bytes, &key);
	now = 0;
	for (size_t i = 0; i < sizeof(original); i++)
		original[i] = (uint8_t)(i * 7 + i / 256);
}

static int setup(void **state)
{
	(void)state;
	begin(MEMORY);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(reassembly.datagrams);
	return 0;
}

static void check(void)
{
	const char *error = reassembly_check(&reassembly);

	if (error)
		fail_msg("%s", error);
}

static enum reassembly_result add(const struct wire_fragment *fragment)
{
	static uint8_t bytes[WIRE_FRAGMENT_HEADERS + PARTS_MAX];
	struct frame frame = { .data = bytes };
	struct packet packet;
	enum drop why;

	frame.length = wire_fragment_make(fragment, bytes);
	if (!packet_parse(&frame, &packet, &why))
		fail_msg("parser: %s", drop_name(why));
	assert_true(packet.is_fragment);
	return reassembly_add(&reassembly, &frame, &packet, now, span_over(whole, sizeof(whole)), &whole_length);
}

/** part() - a part of the original; UDP unless it is changed */
static struct wire_fragment part(bool ipv6, uint32_t id, uint32_t offset, uint32_t length, bool more)
{
	return (struct wire_fragment){
		.ipv6 = ipv6,
		.more = more,
		.protocol = UDP,
		.source = 1,
		.destination = 2,
		.identification = id,
		.offset = offset,
		.data = original + offset,
		.length = length,
	};
}

static enum reassembly_result add_part(bool ipv6, uint32_t id, uint32_t offset, uint32_t length, bool more)
{
	struct wire_fragment fragment = part(ipv6, id, offset, length, more);

	return add(&fragment);
}

/** add_first() - 8 bytes of a datagram that will never be complete */
static enum reassembly_result add_first(bool ipv6, uint32_t source, uint32_t id)
{
	struct wire_fragment fragment = part(ipv6, id, 0, 8, true);

	fragment.source = source;
	return add(&fragment);
}

/** assert_whole() - the original, with @length bytes of payload, was written */
static void assert_whole(bool ipv6, size_t length)
{
	size_t header = ipv6 ? 40 : 20;

	assert_int_equal(whole_length, header + length);
	assert_int_equal(whole[0] / 16, ipv6 ? 6 : 4);
	assert_null(wire_error(whole, whole_length, false));
	assert_memory_equal(whole + header, original, length);
}

/** Parts in each of the six orders, each of them twice but the one that completes the datagram. */
static void test_orders(void **state)
{
	static const uint32_t orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					      { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	static const uint32_t cuts[] = { 0, 1480, 2960, 3001 };

	(void)state;
	for (uint32_t n = 0; n < 12; n++) {
		bool ipv6 = n % 2;

		for (uint32_t i = 0; i < 3; i++) {
			uint32_t at = orders[n / 2][i];
			uint32_t length = cuts[at + 1] - cuts[at];

			if (i == 2)
				assert_int_equal(add_part(ipv6, n, cuts[at], length, at < 2), REASSEMBLY_COMPLETE);
			for (uint32_t times = 0; i < 2 && times < 2; times++)
				assert_int_equal(add_part(ipv6, n, cuts[at], length, at < 2), REASSEMBLY_WAITING);
			check();
		}
		assert_whole(ipv6, 3001);
	}
	assert_int_equal(reassembly.used, 0);
	assert_int_equal(reassembly.pool.used, 0);
	assert_int_equal(reassembly.expired + reassembly.evicted, 0);
}

/** The header is that of the first part, whichever comes first, without its options and DF. */
static void test_header(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 2; n++) {
		struct wire_fragment first = part(n, 77, 0, 48, true);
		struct wire_fragment last = part(n, 77, 48, 11, false);

		first.options = true;
		first.dont_fragment = !n;
		first.traffic_class = 0xb8;
		first.hop_limit = 57;
		last.traffic_class = 0x20;
		last.hop_limit = 3;
		/* that of later parts counts for nothing in IPv6 (RFC 8200 4.5) */
		last.protocol = n ? ESP : UDP;
		assert_int_equal(add(&last), REASSEMBLY_WAITING);
		assert_int_equal(add(&first), REASSEMBLY_COMPLETE);
		assert_whole(n, 59);
		if (n) {
			assert_int_equal(wire_u32(whole, 0), 0x6b800000);
			assert_int_equal(whole[6], UDP);
			assert_int_equal(whole[7], 57);
			assert_int_equal(wire_u32(whole, 12), 1);
			assert_int_equal(wire_u32(whole, 36), 2);
		} else {
			assert_int_equal(whole[1], 0xb8);
			assert_int_equal(wire_u16(whole, 4), 77);
			assert_int_equal(wire_u16(whole, 6), 0);
			assert_int_equal(whole[8], 57);
			assert_int_equal(whole[9], UDP);
			assert_int_equal(wire_u32(whole, 12), 0x0a000001);
			assert_int_equal(wire_u32(whole, 16), 0x0a000002);
		}
	}
}

/** Parts that differ in one of the fields of the key are not of one datagram. */
static void test_key(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 2; n++) {
		struct wire_fragment others[4];

		assert_int_equal(add_part(n, 7, 0, 8, true), REASSEMBLY_WAITING);
		for (uint32_t i = 0; i < 4; i++)
			others[i] = part(n, 7, 8, 8, false);
		others[0].source = 9;
		others[1].destination = 9;
		others[2].identification = 9;
		others[3].protocol = ICMP;
		/* for IPv6 the protocol is not part of the key */
		for (uint32_t i = 0; i < (n ? 3 : 4); i++)
			assert_int_equal(add(&others[i]), REASSEMBLY_WAITING);
		assert_int_equal(add_part(n, 7, 8, 8, false), REASSEMBLY_COMPLETE);
		assert_whole(n, 16);
	}
	check();
	assert_int_equal(reassembly.used, 7);
}

/** assert_refused() - nothing comes of a datagram until its time is over, and then all is well */
static void assert_refused(bool ipv6, uint32_t id)
{
	check();
	assert_int_equal(add_part(ipv6, id, 0, 64, true), REASSEMBLY_REFUSED);
	assert_int_equal(add_part(ipv6, id, 64, 8, false), REASSEMBLY_REFUSED);
	now += REASSEMBLY_LIFETIME - 1;
	assert_int_equal(add_part(ipv6, id, 0, 64, true), REASSEMBLY_REFUSED);
	now++;
	assert_int_equal(add_part(ipv6, id, 0, 64, true), REASSEMBLY_WAITING);
	assert_int_equal(add_part(ipv6, id, 64, 8, false), REASSEMBLY_COMPLETE);
	assert_whole(ipv6, 72);
	assert_int_equal(reassembly.used, 0);
	assert_int_equal(reassembly.expired, 0);
}

/** Every way in which two parts can share bytes without being the same (RFC 5722). */
static void test_overlap(void **state)
{
	static const uint32_t overlaps[][2] = {
		{ 24, 16 }, { 8, 16 }, { 16, 8 }, { 24, 8 }, { 32, 16 }, { 8, 48 }, { 0, 64 }, { 16, 16 },
	};

	(void)state;
	for (uint32_t n = 0; n < 16; n++) {
		assert_int_equal(add_part(n % 2, n, 16, 24, true), REASSEMBLY_WAITING);
		assert_int_equal(add_part(n % 2, n, overlaps[n / 2][0], overlaps[n / 2][1], true),
				 REASSEMBLY_OVERLAP);
		assert_refused(n % 2, n);
	}
	/* at the same place, of the same length, with other bytes */
	for (uint32_t n = 0; n < 2; n++) {
		struct wire_fragment other = part(n, 99, 16, 24, true);

		other.data = original + 17;
		assert_int_equal(add_part(n, 99, 16, 24, true), REASSEMBLY_WAITING);
		assert_int_equal(add(&other), REASSEMBLY_OVERLAP);
		assert_refused(n, 99);
	}
	/* of the last part; repeated as it is, it is welcome */
	assert_int_equal(add_part(true, 100, 16, 21, false), REASSEMBLY_WAITING);
	assert_int_equal(add_part(true, 100, 16, 21, false), REASSEMBLY_WAITING);
	assert_int_equal(add_part(true, 100, 24, 13, false), REASSEMBLY_OVERLAP);
	assert_refused(true, 100);
}

/** Two parts that do not agree on where the datagram ends. */
static void test_ends(void **state)
{
	/* offset, length and more of both */
	static const uint32_t ends[][6] = {
		{ 16, 16, 0, 40, 8, 0 },	/* another last one behind it */
		{ 16, 16, 0, 8, 4, 0 },		/* or in front of it */
		{ 16, 16, 0, 16, 15, 0 },	/* or shorter */
		{ 16, 16, 0, 32, 8, 1 },	/* more behind it */
		{ 16, 16, 0, 8, 24, 1 },	/* more that ends where it ends */
		{ 16, 16, 0, 16, 16, 1 },	/* the same, but not the last one */
		{ 16, 16, 1, 16, 16, 0 },	/* and the reverse */
		{ 16, 16, 1, 8, 4, 0 },		/* more before was further behind */
		{ 16, 16, 1, 16, 11, 0 },
	};

	(void)state;
	for (uint32_t n = 0; n < 2 * sizeof(ends) / sizeof(ends[0]); n++) {
		const uint32_t *e = ends[n / 2];

		assert_int_equal(add_part(n % 2, n, e[0], e[1], e[2]), REASSEMBLY_WAITING);
		assert_int_equal(add_part(n % 2, n, e[3], e[4], e[5]), REASSEMBLY_ENDS);
		assert_refused(n % 2, n);
	}
}

/** The longest datagrams fit, alone in the least memory there is, or as the share of one source, and nothing longer. */
static void test_longest(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 2; n++) {
		uint32_t longest = n ? PARTS_MAX : LONGEST4;
		uint32_t last = longest / 8 * 8;

		free(reassembly.datagrams);
		begin(n ? 0 : 100 * PARTS_CHUNK);
		assert_int_equal(add_first(!n, 3, 1), REASSEMBLY_WAITING);
		for (uint32_t at = 0; at < last; at += 8)
			assert_int_equal(add_part(n, 1, at, 8, true), REASSEMBLY_WAITING);
		if (!n)
			assert_int_equal(add_part(n, 1, last, 4, false), REASSEMBLY_TOO_LONG);
		check();
		assert_int_equal(add_part(n, 1, last, longest - last, false), REASSEMBLY_COMPLETE);
		assert_whole(n, longest);
		assert_int_equal(reassembly.evicted, n);
	}
}

static void test_tiny(void **state)
{
	/* protocol, least bytes */
	static const uint32_t least[][2] = { { TCP, 24 }, { UDP, 8 }, { ICMP, 8 }, { ICMPV6, 8 }, { ESP, 8 } };
	uint8_t chain[64] = { TCP, 1 };
	struct wire_fragment fragment = part(true, 1, 0, 32, true);

	(void)state;
	for (uint32_t n = 0; n < 10; n++) {
		for (uint32_t length = 8; length <= 24; length += 8) {
			fragment = part(n % 2, n * 24 + length, 0, length, true);
			fragment.protocol = (uint8_t)least[n / 2][0];
			assert_int_equal(add(&fragment),
					 length < least[n / 2][1] ? REASSEMBLY_TINY : REASSEMBLY_WAITING);
		}
	}
	/* 16 bytes of destination options, then 16 or 24 bytes of TCP (RFC 7112) */
	fragment = part(true, 1000, 0, 32, true);
	fragment.protocol = DESTINATION_OPTIONS;
	fragment.data = chain;
	assert_int_equal(add(&fragment), REASSEMBLY_TINY);
	fragment.length = 40;
	assert_int_equal(add(&fragment), REASSEMBLY_WAITING);
	/* options without an end, and a fragment in a fragment */
	fragment.identification = 1001;
	chain[1] = 5;
	assert_int_equal(add(&fragment), REASSEMBLY_TINY);
	chain[0] = FRAGMENT;
	chain[1] = 0;
	assert_int_equal(add(&fragment), REASSEMBLY_TINY);
	check();
	/* the right one is welcome afterwards */
	assert_int_equal(add_part(true, 1001, 0, 8, true), REASSEMBLY_WAITING);
	assert_int_equal(add_part(true, 1001, 8, 8, false), REASSEMBLY_COMPLETE);
	assert_whole(true, 16);
}

/** Five seconds from the first part on, not from the latest; nobody waits for what is over. */
static void test_lifetime(void **state)
{
	(void)state;
	assert_int_equal(add_part(false, 1, 0, 8, true), REASSEMBLY_WAITING);
	now = REASSEMBLY_LIFETIME - 1;
	assert_int_equal(add_part(false, 1, 8, 8, true), REASSEMBLY_WAITING);
	now++;
	assert_int_equal(add_part(false, 1, 16, 8, false), REASSEMBLY_WAITING);
	assert_int_equal(reassembly.expired, 1);
	/* of many that are old, one that is found is not used, and each part ends some of the others */
	for (uint32_t id = 2; id < 50; id++)
		assert_int_equal(add_part(true, id, 0, 8, true), REASSEMBLY_WAITING);
	now += REASSEMBLY_LIFETIME;
	assert_int_equal(add_part(true, 49, 8, 8, false), REASSEMBLY_WAITING);
	check();
	assert_in_range(reassembly.expired, 4, 10);
	for (uint32_t id = 50; id < 100; id++) {
		assert_int_equal(add_part(true, id, 0, 8, true), REASSEMBLY_WAITING);
		assert_int_equal(add_part(true, id, 8, 8, false), REASSEMBLY_COMPLETE);
	}
	assert_int_equal(reassembly.expired, 50);
	assert_int_equal(reassembly.used, 1);
	assert_int_equal(reassembly.evicted, 0);
	check();
}

/** A mark of any part is not lost, and not given to a sender that does not know it (RFC 3168 5.3). */
static void test_marks(void **state)
{
	/* ECN of three parts, and of the whole */
	static const uint8_t marks[][4] = {
		{ 2, 3, 2, 3 }, { 1, 1, 3, 3 }, { 3, 3, 3, 3 }, { 2, 2, 2, 2 }, { 0, 0, 0, 0 }, { 1, 2, 0, 1 },
	};

	(void)state;
	for (uint32_t n = 0; n < 6; n++) {
		for (uint32_t i = 0; i < 3; i++) {
			struct wire_fragment fragment = part(n % 2, n, i * 8, 8, i < 2);

			fragment.traffic_class = 0xb8 | marks[n][i];
			assert_int_equal(add(&fragment), i < 2 ? REASSEMBLY_WAITING : REASSEMBLY_COMPLETE);
		}
		assert_int_equal(wire_u16(whole, 0) >> (n % 2 ? 4 : 0) & 0xff, 0xb8 | marks[n][3]);
		assert_whole(n % 2, 24);
	}
	for (uint32_t n = 0; n < 2; n++) {
		struct wire_fragment marked = part(n, 50, 0, 8, true);

		marked.traffic_class = 3;
		assert_int_equal(add(&marked), REASSEMBLY_WAITING);
		assert_int_equal(add_part(n, 50, 8, 8, false), REASSEMBLY_MARKS);
		assert_refused(n, 50);
	}
}

/** Who holds the share of one source makes room for himself, and takes nothing from others. */
static void test_share(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 2; n++) {
		assert_int_equal(add_first(n, 5, 1), REASSEMBLY_WAITING);
		for (uint32_t id = 0; id < SHARE; id++) {
			struct wire_fragment first = part(n, id, 0, 8, true);

			/* all addresses of a /64 are one source */
			first.host = id > 3 ? id : 0;
			assert_int_equal(add(&first), REASSEMBLY_WAITING);
		}
		assert_int_equal(reassembly.evicted, n);
		/* two more chunks: those of the oldest two; one goes on, though it is the oldest now */
		assert_int_equal(add_part(n, 2, 2048, 8, true), REASSEMBLY_WAITING);
		assert_int_equal(reassembly.evicted, n + 1);
		check();
		assert_int_equal(add_part(n, 1, 8, 8, false), REASSEMBLY_COMPLETE);
		assert_int_equal(add_first(n, 1, 100), REASSEMBLY_WAITING);
		assert_int_equal(reassembly.evicted, n + 1);
		/* what was refused counts as one, whatever it held before */
		assert_int_equal(add_part(n, 2, 2048, 16, true), REASSEMBLY_OVERLAP);
		assert_int_equal(add_first(n, 1, 101), REASSEMBLY_WAITING);
		assert_int_equal(reassembly.evicted, n + 1);
		check();
		/* another address of the same IPv4 network, another /64 of the same IPv6 network */
		assert_int_equal(add_first(n, 6, 1), REASSEMBLY_WAITING);
		assert_int_equal(reassembly.evicted, n + 1);
	}
	assert_int_equal(reassembly.used, 2 * (SHARE + 2));
}

/** When all is full the oldest of all goes, of whatever source, but not the one that goes on. */
static void test_oldest(void **state)
{
	struct wire_fragment last = part(true, 1, 8, 8, false);

	(void)state;
	assert_int_equal(add_part(true, 1, 0, 2048, true), REASSEMBLY_WAITING);
	for (uint32_t source = 2; source <= 256; source++)
		assert_int_equal(add_first(source % 2, source, 1), REASSEMBLY_WAITING);
	assert_int_equal(reassembly.evicted, 0);
	assert_int_equal(reassembly.pool.used, 256);
	/* two chunks of which none is left: those of the two behind it */
	assert_int_equal(add_part(true, 1, 2048, 2056, false), REASSEMBLY_COMPLETE);
	assert_whole(true, 4104);
	assert_int_equal(reassembly.evicted, 2);
	check();
	for (uint32_t source = 300; source < 303; source++)
		assert_int_equal(add_first(false, source, 1), REASSEMBLY_WAITING);
	assert_int_equal(reassembly.evicted, 2);
	assert_int_equal(add_first(false, 303, 1), REASSEMBLY_WAITING);
	assert_int_equal(reassembly.evicted, 3);
	/* source 4 has gone, source 5 has not */
	last.source = 5;
	assert_int_equal(add(&last), REASSEMBLY_COMPLETE);
	last.source = 4;
	last.ipv6 = false;
	assert_int_equal(add(&last), REASSEMBLY_WAITING);
	check();
}

/** enum attack - in whose name the flood comes */
enum attack { ATTACK_ONE_SOURCE, ATTACK_FORGED, ATTACK_VICTIM, ATTACK_WIDE };

/** attack() - fragment @n of a flood of parts that never become whole; the client is source 1 */
static void attack(enum attack kind, bool ipv6, uint32_t n)
{
	struct wire_fragment fragment = part(ipv6, n | 0x8000, 0, 8, true);

	fragment.source = kind == ATTACK_ONE_SOURCE ? 77 : kind == ATTACK_VICTIM ? 1 : 1000 + n;
	/* as much memory as one packet can take */
	if (kind == ATTACK_WIDE) {
		fragment.offset = 2000;
		fragment.length = 1400;
	}
	if (!ipv6)
		fragment.identification &= 0xffff;
	fragment.destination = 2 + n / 0x8000;
	assert_in_range(add(&fragment), REASSEMBLY_WAITING, REASSEMBLY_WAITING);
}

/**
 * A flood of @total fragments, and a client that sends datagrams of three fragments, each followed by @between others:
 * memory does not grow, and every datagram of the client becomes whole.
 */
static void flood(enum attack kind, bool ipv6, uint32_t total, uint32_t between)
{
	uint32_t sent = 0, complete = 0, n = 0;

	free(reassembly.datagrams);
	begin(16 << 20);
	while (n < total) {
		for (uint32_t i = 0; i < 3; i++) {
			uint32_t length = i < 2 ? 1480 : 100;
			enum reassembly_result result = add_part(ipv6, sent & 0x7fff, i * 1480, length, i < 2);

			for (uint32_t j = 0; j < between; j++, now += 1000)
				attack(kind, ipv6, n++);
			if (result != REASSEMBLY_COMPLETE)
				continue;
			assert_whole(ipv6, 3060);
			complete++;
		}
		sent++;
	}
	check();
	assert_int_equal(complete, sent);
	assert_in_range(reassembly.used, 1, (16 << 20) / PARTS_CHUNK);
	assert_in_range(reassembly.evicted + reassembly.used, total, total + 3 * between);
}

/** The flood sends a million packets in a second, the client's come a millisecond, or a third of one, apart. */
static void test_flood(void **state)
{
	(void)state;
	flood(ATTACK_FORGED, false, 1000000, 3000);
	flood(ATTACK_FORGED, true, 200000, 3000);
	flood(ATTACK_ONE_SOURCE, false, 200000, 3000);
	flood(ATTACK_VICTIM, true, 200000, 900);
	flood(ATTACK_WIDE, false, 200000, 1500);
}

/**
 * struct sent - a datagram in random parts, and what should have become of those that have arrived
 * @shift: where it begins in the original
 * @order: of the parts, of which @next is the next to be sent
 * @arrived: @arrivals parts that were taken
 */
struct sent {
	bool ipv6;
	bool is_attacked;
	bool is_refused;
	uint32_t id;
	uint32_t length;
	uint32_t shift;
	uint32_t cuts[65];
	uint32_t order[64];
	uint32_t count;
	uint32_t next;
	struct wire_fragment arrived[256];
	uint32_t arrivals;
};

/** sent_begin() - cut and shuffle */
static void sent_begin(struct sent *s, uint32_t id, uint64_t *random)
{
	uint32_t most = 1 + random_below(random, 62);
	uint32_t longest = random_below(random, 4) ? 3000 : 60000;

	*s = (struct sent){ .ipv6 = random_below(random, 2), .is_attacked = random_below(random, 3) == 0, .id = id };
	s->length = 33 + random_below(random, longest);
	s->shift = random_below(random, 1000);
	while (s->count < most && s->cuts[s->count] + 8 < s->length) {
		uint32_t left = (s->length - s->cuts[s->count] - 1) / 8;

		s->cuts[s->count + 1] = s->cuts[s->count] + 8 * (1 + random_below(random, left < 200 ? left : 200));
		s->count++;
	}
	s->cuts[++s->count] = s->length;
	for (uint32_t i = 0; i < s->count; i++) {
		uint32_t other = random_below(random, i + 1);

		s->order[i] = s->order[other];
		s->order[other] = i;
	}
}

static struct wire_fragment sent_part(const struct sent *s, uint32_t at)
{
	uint32_t length = s->cuts[at + 1] - s->cuts[at];
	struct wire_fragment fragment = part(s->ipv6, s->id, s->cuts[at], length, at + 1 < s->count);

	fragment.data = original + s->shift + s->cuts[at];
	return fragment;
}

/** forge() - a part in the name of a datagram: of the right place and length or not, with the right bytes or not */
static struct wire_fragment forge(const struct sent *s, uint64_t *random)
{
	struct wire_fragment fragment = sent_part(s, random_below(random, s->count));

	if (random_below(random, 2)) {
		fragment.offset = random_below(random, s->length / 8 + 4) * 8;
		fragment.more = fragment.offset == 0 || random_below(random, 4);
		fragment.length = 8 * (1 + random_below(random, 10)) - (fragment.more ? 0 : random_below(random, 8));
	}
	if (random_below(random, 2))
		fragment.data = original + random_below(random, (uint32_t)(PARTS_MAX - fragment.length));
	return fragment;
}

/** expected() - what should become of a part, from a list of all others */
static enum reassembly_result expected(struct sent *s, const struct wire_fragment *f)
{
	size_t end = f->offset + f->length, known = f->length, total = f->more ? 0 : end;

	if (s->is_refused)
		return REASSEMBLY_REFUSED;
	s->is_refused = true;
	for (uint32_t i = 0; i < s->arrivals; i++) {
		const struct wire_fragment *a = &s->arrived[i];
		size_t last = a->offset + a->length;

		if ((!a->more && (f->more ? end >= last : end != last)) || (a->more && !f->more && last >= end))
			return REASSEMBLY_ENDS;
		total = a->more ? total : last;
		known += a->length;
	}
	for (uint32_t i = 0; i < s->arrivals; i++) {
		const struct wire_fragment *a = &s->arrived[i];

		if (f->offset >= a->offset + a->length || a->offset >= end)
			continue;
		s->is_refused = f->offset != a->offset || f->length != a->length ||
				memcmp(f->data, a->data, f->length) != 0;
		return s->is_refused ? REASSEMBLY_OVERLAP : REASSEMBLY_WAITING;
	}
	s->is_refused = false;
	assert_true(s->arrivals < sizeof(s->arrived) / sizeof(s->arrived[0]));
	s->arrived[s->arrivals++] = *f;
	return known == total ? REASSEMBLY_COMPLETE : REASSEMBLY_WAITING;
}

/** assert_sent() - what was written is what arrived; and if nobody else had a hand in it, what was sent */
static void assert_sent(const struct sent *s)
{
	const uint8_t *payload = whole + (s->ipv6 ? 40 : 20);

	assert_null(wire_error(whole, whole_length, false));
	for (uint32_t i = 0; i < s->arrivals; i++)
		assert_memory_equal(payload + s->arrived[i].offset, s->arrived[i].data, s->arrived[i].length);
	if (s->is_attacked)
		return;
	assert_int_equal(whole_length, s->length + (s->ipv6 ? 40 : 20));
	assert_memory_equal(payload, original + s->shift, s->length);
}

/** Eight datagrams side by side, parts in any order, some of them twice, some forged; and others of strangers. */
static void test_random(void **state)
{
	static struct sent sent[8];
	uint64_t random = random_begin("reassembly");
	uint32_t complete = 0;

	(void)state;
	free(reassembly.datagrams);
	begin(16 * MEMORY);
	for (uint32_t i = 0; i < 8; i++)
		sent_begin(&sent[i], i, &random);
	for (uint32_t step = 8; step < 60000; step++) {
		struct sent *s = &sent[random_below(&random, 8)];
		struct wire_fragment fragment = sent_part(s, s->order[s->next]);
		uint32_t kind = random_below(&random, 8);
		enum reassembly_result result;

		now += random_below(&random, 2000000);
		if (kind == 0)
			add_first(step % 2, 2 + random_below(&random, 1000), step);
		if (kind == 1 && s->next > 0)
			fragment = sent_part(s, s->order[random_below(&random, s->next)]);
		else if (kind == 2 && s->is_attacked)
			fragment = forge(s, &random);
		else
			s->next++;
		result = expected(s, &fragment);
		assert_int_equal(add(&fragment), result);
		if (result == REASSEMBLY_COMPLETE) {
			assert_sent(s);
			complete++;
		}
		if (result == REASSEMBLY_COMPLETE || s->next == s->count)
			sent_begin(s, step, &random);
		if (step % 64 == 0)
			check();
	}
	assert_true(complete > 1000);
	assert_int_equal(reassembly.evicted, 0);
	assert_true(reassembly.expired > 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_orders),
		TEST(test_header),
		TEST(test_key),
		TEST(test_overlap),
		TEST(test_ends),
		TEST(test_longest),
		TEST(test_tiny),
		TEST(test_lifetime),
		TEST(test_marks),
		TEST(test_share),
		TEST(test_oldest),
		TEST(test_flood),
		TEST(test_random),
	};

	return cmocka_run_group_tests_name("reassembly", tests, NULL, NULL);
}

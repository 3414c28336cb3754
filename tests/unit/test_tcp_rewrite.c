/* SPDX-License-Identifier: ISC */
/*
 * test_tcp_rewrite.c - fields and options changed in place, the checksum kept right
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/packet.h"
#include "nat46/tcp_options.h"
#include "nat46/tcp_rewrite.h"
#include "random.h"
#include "wire.h"

static const struct tcp_option_changes shifts = {
	.sack_shift = 0x10000001,
	.ts_value_shift = 0xffffffff,
	.ts_echo_shift = 0x00010000,
};

/** make() - an IPv4 segment with @options; returns its length */
static size_t make(uint8_t *bytes, uint8_t flags, const uint8_t *options, size_t options_length)
{
	const struct wire_tcp tcp = {
		.source4 = 0x0a000003,
		.destination4 = 0x0a00002a,
		.source_port = 1,
		.destination_port = 2,
		.flags = flags,
		.options = options,
		.options_length = options_length,
		.data = "odd",
		.length = 3,
	};

	return wire_make(&tcp, bytes);
}

static struct span segment_of(uint8_t *bytes, size_t length)
{
	return span_over(bytes + 20, length - 20);
}

static const struct {
	const char *name;
	uint8_t flags;
	uint8_t length;
	bool strip_sack;
	bool strip_timestamps;
	uint8_t before[24];
	uint8_t after[24];
} cases[] = {
	{ "timestamps as Linux puts them", TCP_ACK, 12, false, false,
	  { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0xff, 0xff }, { 1, 1, 8, 10, 0, 0, 0, 0, 0, 1, 0xff, 0xff } },
	{ "timestamps at an odd offset", TCP_ACK, 12, false, false,
	  { 1, 8, 10, 0, 0, 0, 1, 0, 0, 0xff, 0xff, 1 }, { 1, 8, 10, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 1 } },
	{ "no echo without ACK", TCP_RST, 12, false, false,
	  { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 }, { 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 2 } },
	{ "timestamps to be stripped", TCP_ACK, 12, false, true,
	  { 1, 8, 10, 9, 9, 9, 9, 9, 9, 9, 9, 1 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "timestamps of wrong length", TCP_ACK, 12, false, false,
	  { 8, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "one SACK block", TCP_ACK, 12, false, false,
	  { 1, 1, 5, 10, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff }, { 1, 1, 5, 10, 0x10, 0, 0, 2, 0x10, 0, 0, 0 } },
	{ "two SACK blocks at an odd offset", TCP_ACK, 20, false, false,
	  { 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0 },
	  { 1, 5, 18, 0x10, 0, 0, 2, 0x10, 0, 0, 3, 0x10, 0, 0, 4, 0x10, 0, 0, 5, 0 } },
	{ "half a SACK block", TCP_ACK, 8, false, false, { 5, 7, 0, 0, 0, 1, 0xaa, 1 },
	  { 5, 7, 0x10, 0, 0, 2, 0xaa, 1 } },
	{ "SACK to be stripped", TCP_ACK, 12, true, false,
	  { 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "SACK and timestamps", TCP_ACK, 24, false, false,
	  { 1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2 },
	  { 1, 1, 8, 10, 0, 0, 0, 8, 0, 1, 0, 0, 1, 1, 5, 10, 0x10, 0, 0, 2, 0x10, 0, 0, 3 } },
	{ "unknown option (R6)", TCP_ACK, 8, false, false, { 30, 5, 1, 2, 3, 1, 1, 1 }, { 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "MSS outside a SYN", TCP_ACK, 4, false, false, { 2, 4, 5, 180 }, { 1, 1, 1, 1 } },
	{ "nothing behind END", TCP_ACK, 8, false, false, { 0, 30, 3, 1, 2, 3, 4, 5 }, { 0, 30, 3, 1, 2, 3, 4, 5 } },
};

static void test_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tcp_option_changes changes = shifts;
		struct tcp_rewrite rewrite;
		uint8_t bytes[128];
		size_t length = make(bytes, cases[i].flags, cases[i].before, cases[i].length);

		changes.strip_sack = cases[i].strip_sack;
		changes.strip_timestamps = cases[i].strip_timestamps;
		rewrite = tcp_rewrite_begin(segment_of(bytes, length), false);
		assert_true(tcp_rewrite_options(&rewrite, cases[i].length, &changes));
		tcp_rewrite_finish(&rewrite);
		if (memcmp(bytes + 40, cases[i].after, cases[i].length) != 0)
			fail_msg("%s: wrong result", cases[i].name);
		assert_memory_equal(bytes + 40 + cases[i].length, "odd", 3);
		assert_null(wire_error(bytes, length, true));
	}
}

static void test_impossible_length_is_told(void **state)
{
	static const uint8_t options[] = { 1, 1, 8, 11 };
	uint8_t bytes[128];
	size_t length = make(bytes, TCP_ACK, options, sizeof(options));
	struct tcp_rewrite rewrite = tcp_rewrite_begin(segment_of(bytes, length), false);

	(void)state;
	assert_false(tcp_rewrite_options(&rewrite, sizeof(options), &shifts));
}

static void test_clamp_mss(void **state)
{
	static const struct {
		uint16_t is;
		uint16_t limit;
		uint16_t becomes;
	} mss[] = { { 1460, 1440, 1440 }, { 1440, 1440, 1440 }, { 536, 1440, 536 },
		    { 65535, 1220, 1220 }, { 0, 1, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(mss) / sizeof(mss[0]); i++) {
		/* at an odd offset, with options around it that must stay */
		const uint8_t options[] = { 1, 2, 4, (uint8_t)(mss[i].is >> 8), (uint8_t)mss[i].is,
					    3, 3, 7, 30, 4, 1, 2 };
		uint8_t bytes[128];
		size_t length = make(bytes, TCP_SYN, options, sizeof(options));
		struct tcp_rewrite rewrite = tcp_rewrite_begin(segment_of(bytes, length), false);

		tcp_rewrite_clamp_mss(&rewrite, sizeof(options), mss[i].limit);
		tcp_rewrite_finish(&rewrite);
		assert_int_equal(wire_u16(bytes, 43), mss[i].becomes);
		assert_memory_equal(bytes + 45, options + 5, sizeof(options) - 5);
		assert_null(wire_error(bytes, length, true));
	}
}

/** rewrite_randomly() - change fields as the splice does; @partial as the segment has it */
static void rewrite_randomly(uint64_t *random, uint8_t *bytes, size_t length, size_t options_length, bool partial)
{
	struct tcp_rewrite rewrite = tcp_rewrite_begin(segment_of(bytes, length), partial);
	const struct tcp_option_changes changes = {
		.sack_shift = random_next(random),
		.ts_value_shift = random_next(random),
		.ts_echo_shift = random_next(random),
		.strip_sack = random_below(random, 4) == 0,
		.strip_timestamps = random_below(random, 4) == 0,
	};
	uint32_t source = random_next(random);

	tcp_rewrite_addresses(&rewrite, (uint64_t)wire_u16(bytes, 12) + wire_u16(bytes, 14),
			      (source >> 16) + (source & 0xffff));
	wire_put32(bytes, 12, source);
	tcp_rewrite_16(&rewrite, TCP_FIELD_SOURCE_PORT, (uint16_t)random_next(random));
	tcp_rewrite_32(&rewrite, TCP_FIELD_SEQ, random_next(random));
	tcp_rewrite_32(&rewrite, TCP_FIELD_ACK, random_below(random, 3) ? random_next(random) : UINT32_MAX);
	tcp_rewrite_16(&rewrite, TCP_FIELD_WINDOW, random_below(random, 3) ? (uint16_t)random_next(random) : 0);
	tcp_rewrite_options(&rewrite, options_length, &changes);
	tcp_rewrite_bytes(&rewrite, 20 + options_length + 1, (const uint8_t *)"\xff\x00", 2);
	tcp_rewrite_finish(&rewrite);
}

/** header_seal() - only the IPv4 header, so that the transport checksum is what the rewrite made of it */
static void header_seal(uint8_t *bytes)
{
	uint32_t sum = 0;

	wire_put16(bytes, 10, 0);
	for (size_t i = 0; i < 20; i += 2)
		sum += wire_u16(bytes, i);
	sum = sum % 65536 + sum / 65536;
	wire_put16(bytes, 10, 0xffff - (sum % 65536 + sum / 65536));
}

static void test_random_rewrites(void **state)
{
	uint64_t random = random_begin("random_rewrites");

	(void)state;
	for (int i = 0; i < 10000; i++) {
		bool partial = i % 2;
		uint8_t options[40], bytes[128];
		size_t options_length = random_below(&random, 11) * 4, length;

		for (size_t k = 0; k < options_length; k++)
			options[k] = (uint8_t)random_below(&random, 12);
		length = make(bytes, (uint8_t)random_next(&random), options, options_length);
		if (partial)
			wire_seal_partial(bytes, length);
		rewrite_randomly(&random, bytes, length, options_length, partial);
		header_seal(bytes);
		assert_true(wire_is_sound(bytes, length, partial));
		assert_memory_equal(bytes + 40 + options_length, "o\xff\x00", 3);
	}
}

/** What an ICMP error quotes of a segment may end anywhere behind 8 bytes. */
static void test_quoted_short_segment(void **state)
{
	(void)state;
	for (size_t quoted = 8; quoted <= 23; quoted++) {
		uint8_t bytes[128], whole[128], *copy = malloc(quoted);
		size_t length = make(bytes, TCP_ACK, NULL, 0);
		struct tcp_rewrite rewrite = tcp_rewrite_begin(segment_of(bytes, length), false);
		struct tcp_rewrite short_one;

		assert_non_null(copy);
		memcpy(copy, bytes + 20, quoted);
		memcpy(whole, bytes, sizeof(whole));
		short_one = tcp_rewrite_begin(span_over(copy, quoted), false);
		for (int i = 0; i < 2; i++) {
			struct tcp_rewrite *r = i ? &short_one : &rewrite;

			tcp_rewrite_16(r, TCP_FIELD_SOURCE_PORT, 0xabcd);
			tcp_rewrite_32(r, TCP_FIELD_SEQ, 0x01020304);
			if (i == 0 || quoted >= 12)
				tcp_rewrite_32(r, TCP_FIELD_ACK, 0x05060708);
			tcp_rewrite_finish(r);
		}
		/* the same bytes as those of the whole segment, as far as a field is there completely */
		assert_memory_equal(copy, bytes + 20, quoted < 12 ? 8 : quoted < 16 || quoted > 17 ? quoted : 16);
		if (quoted > 8 && quoted < 12)
			assert_memory_equal(copy + 8, whole + 28, quoted - 8);
		free(copy);
	}
}

/** A field that is cut off stays as it is, to the last byte. */
static void test_cut_off_field(void **state)
{
	uint8_t segment[10] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct tcp_rewrite rewrite = tcp_rewrite_begin(span_over(segment, sizeof(segment)), false);

	(void)state;
	tcp_rewrite_32(&rewrite, 7, 0xffffffff);
	tcp_rewrite_16(&rewrite, 9, 0xffff);
	tcp_rewrite_32(&rewrite, 6, 0x0a0b0c0d);
	tcp_rewrite_finish(&rewrite);
	assert_memory_equal(segment, "\x00\x01\x02\x03\x04\x05\x0a\x0b\x0c\x0d", 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_impossible_length_is_told),
		cmocka_unit_test(test_clamp_mss),
		cmocka_unit_test(test_random_rewrites),
		cmocka_unit_test(test_quoted_short_segment),
		cmocka_unit_test(test_cut_off_field),
	};

	return cmocka_run_group_tests_name("tcp_rewrite", tests, NULL, NULL);
}

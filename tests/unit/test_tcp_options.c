/* SPDX-License-Identifier: ISC */
/*
 * test_tcp_options.c - TCP options that are read, walked over and built
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/tcp_options.h"
#include "random.h"

/** parse() - read a copy of exact size, so that a sanitizer sees a read behind it */
static bool parse(const uint8_t *bytes, size_t length, struct tcp_options *options)
{
	uint8_t *copy = malloc(length ? length : 1);
	bool ok;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	ok = tcp_options_parse(span_over(copy, length), options);
	free(copy);
	return ok;
}

static const struct {
	const char *name;
	uint8_t length;
	uint8_t bytes[24];
	bool ok;
	struct tcp_options options;
} cases[] = {
	{ "none", 0, { 0 }, true, { 0 } },
	{ "Linux SYN", 20, { 2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 5, 1, 3, 3, 7 }, true,
	  { true, 1460, true, 7, true, false, true, 0x01020304, 5, false } },
	{ "END hides the rest", 8, { 0, 2, 4, 5, 180, 1, 1, 1 }, true, { 0 } },
	{ "NOPs", 4, { 1, 1, 1, 1 }, true, { 0 } },
	{ "unknown kind", 8, { 254, 4, 1, 2, 2, 4, 2, 24 }, true, { .has_mss = true, .mss = 536 } },
	{ "window scale above 14", 4, { 3, 3, 15, 0 }, true, { .has_window_scale = true, .window_scale = 14 } },
	{ "window scale 255", 4, { 3, 3, 255, 0 }, true, { .has_window_scale = true, .window_scale = 14 } },
	{ "window scale 0 is not none", 4, { 3, 3, 0, 0 }, true, { .has_window_scale = true } },
	{ "first MSS counts", 8, { 2, 4, 1, 0, 2, 4, 2, 0 }, true, { .has_mss = true, .mss = 256 } },
	{ "first scale counts", 8, { 3, 3, 2, 1, 3, 3, 9, 1 }, true, { .has_window_scale = true, .window_scale = 2 } },
	{ "MSS of wrong length", 8, { 2, 3, 9, 2, 4, 5, 180, 1 }, true, { .has_mss = true, .mss = 1460 } },
	{ "scale of wrong length", 4, { 3, 4, 7, 7 }, true, { 0 } },
	{ "SACK permitted of wrong length", 4, { 4, 3, 0, 0 }, true, { 0 } },
	{ "SACK blocks", 12, { 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2 }, true, { .has_sack = true } },
	{ "timestamps of wrong length", 12, { 8, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, true, { 0 } },
	{ "MD5", 20, { 19, 18 }, true, { .is_signed = true } },
	{ "TCP-AO", 4, { 29, 4, 1, 1 }, true, { .is_signed = true } },
	{ "kind without length", 4, { 1, 1, 1, 8 }, false, { 0 } },
	{ "length 0", 4, { 254, 0, 1, 1 }, false, { 0 } },
	{ "length 1", 4, { 254, 1, 1, 1 }, false, { 0 } },
	{ "length beyond the end", 4, { 254, 5, 1, 1 }, false, { 0 } },
	{ "length 255", 4, { 2, 255, 5, 180 }, false, { 0 } },
	{ "good ones before a bad one", 8, { 2, 4, 5, 180, 5, 0, 1, 1 }, false, { .has_mss = true, .mss = 1460 } },
};

static void assert_same(const char *name, struct tcp_options a, struct tcp_options b)
{
	if (a.has_mss != b.has_mss || a.mss != b.mss || a.has_window_scale != b.has_window_scale ||
	    a.window_scale != b.window_scale || a.sack_permitted != b.sack_permitted ||
	    a.has_timestamps != b.has_timestamps || a.ts_value != b.ts_value || a.ts_echo != b.ts_echo ||
	    a.is_signed != b.is_signed || a.has_sack != b.has_sack)
		fail_msg("%s: read something else", name);
}

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* what was there before must not shine through */
		struct tcp_options options = { true, 1, true, 1, true, true, true, 1, 1, true };

		if (parse(cases[i].bytes, cases[i].length, &options) != cases[i].ok)
			fail_msg("%s: %s", cases[i].name, cases[i].ok ? "refused" : "accepted");
		assert_same(cases[i].name, options, cases[i].options);
	}
}

static void test_walk_names_every_option(void **state)
{
	uint8_t bytes[] = { 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 8, 2, 0 };
	struct span area = span_over(bytes, sizeof(bytes));
	struct tcp_option_view view;
	size_t position = 0;

	(void)state;
	assert_true(tcp_option_next(area, &position, &view));
	assert_int_equal(view.kind, TCP_OPTION_SACK);
	assert_int_equal(view.offset, 1);
	assert_int_equal(view.length, 10);
	assert_true(tcp_option_next(area, &position, &view));
	assert_int_equal(view.kind, TCP_OPTION_TIMESTAMPS);
	assert_int_equal(view.offset, 13);
	assert_false(tcp_option_next(area, &position, &view));
	assert_int_equal(position, sizeof(bytes));
}

static void test_walk_stops_at_the_offender(void **state)
{
	uint8_t bytes[] = { 1, 1, 2, 4, 5, 180, 9, 3 };
	struct tcp_option_view view;
	size_t position = 0;

	(void)state;
	assert_true(tcp_option_next(span_over(bytes, sizeof(bytes)), &position, &view));
	assert_false(tcp_option_next(span_over(bytes, sizeof(bytes)), &position, &view));
	assert_int_equal(position, 6);
	assert_false(tcp_option_next(span_over(bytes, sizeof(bytes)), &position, &view));
	assert_int_equal(position, 6);
}

/** Every combination is built aligned, and read back the same. */
static void test_build_every_combination(void **state)
{
	(void)state;
	for (unsigned int set = 0; set < 16; set++) {
		const struct tcp_options options = {
			.has_mss = set & 1,
			.mss = set & 1 ? 1440 : 0,
			.has_window_scale = set & 2,
			.window_scale = set & 2 ? 9 : 0,
			.sack_permitted = set & 4,
			.has_timestamps = set & 8,
			.ts_value = set & 8 ? 0x89abcdef : 0,
			.ts_echo = set & 8 ? 0x01234567 : 0,
		};
		uint8_t bytes[TCP_OPTIONS_MAX];
		struct tcp_options again;
		size_t length;

		memset(bytes, 0xee, sizeof(bytes));
		length = tcp_options_build(&options, span_over(bytes, sizeof(bytes)));
		assert_int_equal(length % 4, 0);
		for (size_t i = length; i < sizeof(bytes); i++)
			assert_int_equal(bytes[i], 0xee);
		assert_true(tcp_options_parse(span_over(bytes, length), &again));
		assert_same("built", again, options);
	}
}

static void test_build_like_linux(void **state)
{
	static const uint8_t expected[] = { 2, 4, 5, 160, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7 };
	const struct tcp_options options = { true, 1440, true, 7, true, false, true, 1, 2, false };
	uint8_t bytes[TCP_OPTIONS_MAX];

	(void)state;
	assert_int_equal(tcp_options_build(&options, span_over(bytes, sizeof(bytes))), sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
}

/** Whatever the bytes are, the walk ends, stays inside, and agrees with the parser. */
static void test_random_areas(void **state)
{
	uint64_t random = random_begin("random_areas");

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint8_t bytes[TCP_OPTIONS_MAX];
		size_t length = random_below(&random, 11) * 4, position = 0, last = 0;
		struct tcp_option_view view;
		struct tcp_options options;

		/* small numbers, so that kinds and lengths often make sense */
		for (size_t k = 0; k < length; k++)
			bytes[k] = (uint8_t)random_below(&random, i % 2 ? 12 : 256);
		while (tcp_option_next(span_over(bytes, length), &position, &view)) {
			assert_true(view.offset >= last && view.length >= 2);
			last = view.offset + view.length;
			assert_true(last <= length && position == last);
		}
		assert_int_equal(parse(bytes, length, &options), position == length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_walk_names_every_option),
		cmocka_unit_test(test_walk_stops_at_the_offender),
		cmocka_unit_test(test_build_every_combination),
		cmocka_unit_test(test_build_like_linux),
		cmocka_unit_test(test_random_areas),
	};

	return cmocka_run_group_tests_name("tcp_options", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_syn_cookie.c - cookies that are accepted while they are young, and only by whom they were made for
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nat46/syn_cookie.h"
#include "random.h"

static const struct siphash_key key = { { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) } };
static const struct cookie_tuple tuple = { 0x0a000003, 0xc000020a, 33526, 443, 2605695646 };
static const struct cookie_promises promises = { .mss = 1460, .scaled = true, .window_scale = 7, .sack = true };

#define SECOND INT64_C(1000000000)
#define START (1000 * COOKIE_SLOT)
#define MAX_AGE (69 * SECOND)

static void test_accepted_within_age(void **state)
{
	uint32_t isn;

	(void)state;
	/* made at any time within a slot */
	for (int64_t offset = 0; offset < 64; offset++) {
		isn = syn_cookie_make(&key, &tuple, &promises, START + offset * SECOND);
		for (int64_t age = 0; age <= 69; age++) {
			struct cookie_promises read;

			assert_true(syn_cookie_check(&key, &tuple, isn, START + (offset + age) * SECOND,
						     MAX_AGE, &read));
		}
	}
}

static void test_rejected_beyond_age(void **state)
{
	(void)state;
	for (int64_t offset = 0; offset < 64; offset++) {
		uint32_t isn = syn_cookie_make(&key, &tuple, &promises, START + offset * SECOND);

		/* rounded up to slots: at most one slot more than the age, for a very long time */
		for (int64_t age = 69 + 64; age <= 4000; age += 3) {
			struct cookie_promises read = { .mss = 1 };

			assert_false(syn_cookie_check(&key, &tuple, isn, START + (offset + age) * SECOND,
						      MAX_AGE, &read));
			assert_int_equal(read.mss, 1);
		}
	}
}

static void test_rejected_before_its_time(void **state)
{
	uint32_t isn = syn_cookie_make(&key, &tuple, &promises, START);
	struct cookie_promises read;

	(void)state;
	assert_false(syn_cookie_check(&key, &tuple, isn, START - 1, MAX_AGE, &read));
}

/** The clock may begin at its very start. */
static void test_first_slot(void **state)
{
	uint32_t isn = syn_cookie_make(&key, &tuple, &promises, 1);
	struct cookie_promises read;

	(void)state;
	assert_true(syn_cookie_check(&key, &tuple, isn, 2, MAX_AGE, &read));
}

static const struct {
	uint16_t mss;
	uint16_t read;
} sizes[] = {
	{ 0, 64 },	{ 63, 64 },	{ 64, 64 },	{ 535, 64 },	{ 536, 536 },	{ 1219, 536 },
	{ 1220, 1220 },	{ 1299, 1220 }, { 1300, 1300 }, { 1360, 1360 }, { 1399, 1360 }, { 1419, 1360 },
	{ 1420, 1420 }, { 1439, 1420 }, { 1440, 1440 }, { 1460, 1460 }, { 8940, 1460 }, { 65535, 1460 },
};

static const uint8_t scales[15] = { 0, 0, 2, 2, 4, 4, 6, 7, 8, 8, 10, 10, 10, 10, 10 };

static void check_promises(uint16_t mss, uint16_t expected_mss, int scale, bool sack, int64_t now)
{
	const struct cookie_promises made = { mss, scale >= 0, (uint8_t)(scale >= 0 ? scale : 0), sack, false };
	uint32_t isn = syn_cookie_make(&key, &tuple, &made, now);
	struct cookie_promises read;

	assert_true(syn_cookie_check(&key, &tuple, isn, now, MAX_AGE, &read));
	assert_int_equal(read.mss, expected_mss);
	assert_int_equal(read.sack, sack);
	/* no window scaling is not the same as a shift of 0 */
	assert_int_equal(read.scaled, scale >= 0);
	assert_int_equal(read.window_scale, scale >= 0 ? scales[scale] : 0);
}

static void test_every_promise(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int scale = -1; scale <= 14; scale++) {
			/* in slots of both parities */
			for (int64_t slot = 0; slot < 2; slot++) {
				check_promises(sizes[i].mss, sizes[i].read, scale, false, START + slot * COOKIE_SLOT);
				check_promises(sizes[i].mss, sizes[i].read, scale, true, START + slot * COOKIE_SLOT);
			}
		}
	}
}

static void test_wrong_tuple(void **state)
{
	uint32_t isn = syn_cookie_make(&key, &tuple, &promises, START);
	struct cookie_tuple others[] = { tuple, tuple, tuple, tuple, tuple };
	struct cookie_promises read;

	(void)state;
	others[0].client ^= 1;
	others[1].service ^= 0x80000000;
	others[2].client_port ^= 1;
	others[3].service_port ^= 0x8000;
	others[4].client_isn++;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(syn_cookie_check(&key, &others[i], isn, START, MAX_AGE, &read));
}

static void test_wrong_key(void **state)
{
	const struct siphash_key other = { { key.word[0], key.word[1] ^ 1 } };
	uint32_t isn = syn_cookie_make(&key, &tuple, &promises, START);
	struct cookie_promises read;

	(void)state;
	assert_false(syn_cookie_check(&other, &tuple, isn, START, MAX_AGE, &read));
}

/** The promises are under the MAC: no single bit can be changed. */
static void test_every_bit_counts(void **state)
{
	uint32_t isn = syn_cookie_make(&key, &tuple, &promises, START);
	struct cookie_promises read;

	(void)state;
	for (int bit = 0; bit < 32; bit++)
		assert_false(syn_cookie_check(&key, &tuple, isn ^ UINT32_C(1) << bit, START, MAX_AGE, &read));
}

/** A random number passes with a chance of about 2^-23: in 2^20 tries never, or once with bad luck. */
static void test_forgery(void **state)
{
	uint64_t random = random_begin("forgery");
	int passed = 0;

	(void)state;
	for (int i = 0; i < 1 << 20; i++) {
		struct cookie_promises read;

		passed += syn_cookie_check(&key, &tuple, random_next(&random), START, MAX_AGE, &read);
	}
	assert_in_range(passed, 0, 2);
}

/** ISNs of one connection after the other must not be near each other. */
static void test_unpredictable(void **state)
{
	uint64_t high = 0;

	(void)state;
	for (uint32_t i = 0; i < 256; i++) {
		struct cookie_tuple next = tuple;

		next.client_isn += i;
		high |= UINT64_C(1) << (syn_cookie_make(&key, &next, &promises, START) >> 26);
	}
	/* 256 draws of 64: hardly any is missing */
	assert_in_range(__builtin_popcountll(high), 50, 64);
}

static void test_timestamp_never_ahead(void **state)
{
	static const uint32_t clocks[] = { 0, 1, 63, 64, 127, 128, 0x7fffffff, 0x80000000, 0xffffffc0, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		for (uint32_t low = 0; low < 64; low++) {
			for (int scale = -1; scale <= 14; scale++) {
				const struct cookie_promises p = { 1460, scale >= 0,
								   (uint8_t)(scale >= 0 ? scale : 0), true,
								   low & 1 };
				struct cookie_promises read = { .scaled = scale >= 0 };
				uint32_t clock = clocks[i] + low;
				uint32_t behind = clock - syn_cookie_timestamp(clock, &p);

				/* and never further behind than the bits that carry data */
				assert_in_range(behind, 0, 63);
				syn_cookie_read_timestamp(clock - behind, &read);
				assert_int_equal(read.window_scale, scale >= 0 ? scale : 0);
				assert_int_equal(read.ecn, low & 1);
			}
		}
	}
}

/** Without a clock that goes on, timestamps may stand still, but never go back. */
static void test_timestamp_is_monotone(void **state)
{
	uint32_t last = syn_cookie_timestamp(0xfffff000, &promises);

	(void)state;
	for (uint32_t i = 1; i < 0x2000; i++) {
		uint32_t next = syn_cookie_timestamp(0xfffff000 + i, &promises);

		assert_true(next - last <= 64);
		last = next;
	}
}

/** The exact scale only refines what the cookie says. */
static void test_exact_scale_is_plausible(void **state)
{
	struct cookie_promises none = { .scaled = false };
	struct cookie_promises seven = { .scaled = true, .window_scale = 7 };

	(void)state;
	syn_cookie_read_timestamp(9, &none);
	assert_int_equal(none.window_scale, 0);
	syn_cookie_read_timestamp(6, &seven);
	assert_int_equal(seven.window_scale, 7);
	syn_cookie_read_timestamp(15, &seven);
	assert_int_equal(seven.window_scale, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted_within_age),
		cmocka_unit_test(test_rejected_beyond_age),
		cmocka_unit_test(test_rejected_before_its_time),
		cmocka_unit_test(test_first_slot),
		cmocka_unit_test(test_every_promise),
		cmocka_unit_test(test_wrong_tuple),
		cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_forgery),
		cmocka_unit_test(test_unpredictable),
		cmocka_unit_test(test_timestamp_never_ahead),
		cmocka_unit_test(test_timestamp_is_monotone),
		cmocka_unit_test(test_exact_scale_is_plausible),
	};

	return cmocka_run_group_tests_name("syn_cookie", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_checksum.c - the Internet checksum, complete and incremental, against a reference
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/checksum.h"
#include "random.h"

enum { REWRITES = 10000, LONGEST = 64 };

/** reference() - one's complement total as RFC 1071 tells it, one byte at a time */
static uint16_t reference(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++) {
		sum += i % 2 ? bytes[i] : bytes[i] * 256u;
		sum = sum % 65536 + sum / 65536;
	}
	return (uint16_t)sum;
}

static void test_rfc1071_example(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	assert_int_equal(checksum_fold(checksum_sum(bytes, sizeof(bytes))), 0xddf2);
	assert_int_equal(checksum_finish(checksum_sum(bytes, sizeof(bytes))), 0x220d);
	/* an odd last byte is the high half of a word */
	assert_int_equal(checksum_fold(checksum_sum(bytes, 3)), 0xf201);
	assert_int_equal(checksum_sum(bytes, 0), 0);
}

static void test_every_length_and_alignment(void **state)
{
	uint64_t random = random_begin("every_length_and_alignment");
	uint8_t bytes[4 + LONGEST];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)random_next(&random);
	for (size_t start = 0; start < 4; start++) {
		for (size_t length = 0; length <= LONGEST; length++)
			assert_int_equal(checksum_fold(checksum_sum(bytes + start, length)),
					 reference(bytes + start, length));
	}
}

static void test_fold_extremes(void **state)
{
	static uint8_t ones[65535];

	(void)state;
	assert_int_equal(checksum_fold(0), 0);
	assert_int_equal(checksum_fold(0xffff), 0xffff);
	assert_int_equal(checksum_fold(0x10000), 1);
	assert_int_equal(checksum_fold(0xffffffff), 0xffff);
	assert_int_equal(checksum_fold(UINT64_C(0xffffffffffff)), 0xffff);
	assert_int_equal(checksum_fold(UINT64_C(0x1fffffffe)), 0xffff);
	assert_int_equal(checksum_fold(UINT64_MAX), 0xffff);
	assert_int_equal(checksum_finish(0), 0xffff);
	assert_int_equal(checksum_finish(0xffff), 0);
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(checksum_fold(checksum_sum(ones, sizeof(ones))), reference(ones, sizeof(ones)));
	assert_int_equal(checksum_sum32(0xfffe0003), 0x10001);
}

static void test_pseudo_headers(void **state)
{
	static const uint8_t pseudo4[] = { 10, 0, 0, 3, 192, 0, 2, 10, 0, 6, 0x12, 0x34 };
	uint8_t pseudo6[40] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 3, 0x20, 0x01, 0xab, 0xcd, [31] = 0xfe };
	struct ipv6_address source, destination;

	(void)state;
	assert_int_equal(checksum_fold(checksum_pseudo4(0x0a000003, 0xc000020a, 6, 0x1234)),
			 reference(pseudo4, sizeof(pseudo4)));
	memcpy(source.byte, pseudo6, 16);
	memcpy(destination.byte, pseudo6 + 16, 16);
	/* RFC 8200 8.1: a 32-bit length, three zero bytes, next header */
	pseudo6[32] = 0;
	pseudo6[33] = 1;
	pseudo6[34] = 0x02;
	pseudo6[35] = 0x03;
	pseudo6[39] = 58;
	assert_int_equal(checksum_fold(checksum_pseudo6(&source, &destination, 58, 0x10203)),
			 reference(pseudo6, sizeof(pseudo6)));
}

/** same_number() - 0 and 0xffff are both zero in one's complement */
static void assert_same_number(uint16_t a, uint16_t b)
{
	assert_int_equal(a % 0xffff, b % 0xffff);
}

/** random_word() - mostly any number, often one of the two zeros */
static uint16_t random_word(uint64_t *random)
{
	switch (random_below(random, 4)) {
	case 0:
		return 0;
	case 1:
		return 0xffff;
	default:
		return (uint16_t)random_next(random);
	}
}

/** replace() - put random words over words at an even offset; gives sums of what was and is there */
static void replace(uint64_t *random, uint8_t *bytes, size_t length, uint64_t *removed, uint64_t *added)
{
	size_t words = 1 + random_below(random, 4);
	size_t at = random_below(random, (uint32_t)(length / 2 - words + 1)) * 2;

	*removed = checksum_sum(bytes + at, 2 * words);
	for (size_t i = 0; i < words; i++) {
		uint16_t word = random_word(random);

		bytes[at + 2 * i] = (uint8_t)(word >> 8);
		bytes[at + 2 * i + 1] = (uint8_t)word;
	}
	*added = checksum_sum(bytes + at, 2 * words);
}

static void test_update_equals_recomputation(void **state)
{
	uint64_t random = random_begin("update_equals_recomputation");
	uint8_t room[LONGEST + 1];

	(void)state;
	for (int i = 0; i < REWRITES; i++) {
		/* at an odd address in memory as often as not */
		uint8_t *bytes = room + (i & 1);
		size_t length = 8 + random_below(&random, LONGEST - 8 + 1);
		uint64_t removed, added;
		uint16_t before;

		for (size_t k = 0; k < length; k++)
			bytes[k] = i % 5 ? (uint8_t)random_next(&random) : (uint8_t)(i % 2 ? 0 : 0xff);
		before = checksum_finish(checksum_sum(bytes, length));
		replace(&random, bytes, length, &removed, &added);
		assert_same_number(checksum_update(before, removed, added),
				   (uint16_t)~reference(bytes, length));
		assert_same_number(checksum_update_partial((uint16_t)~before, removed, added),
				   reference(bytes, length));
	}
}

/** A receiver sums everything and must get 0xffff: this tells 0x0000 from 0xffff where it matters. */
static void test_updated_packet_verifies(void **state)
{
	uint64_t random = random_begin("updated_packet_verifies");
	uint8_t bytes[LONGEST];

	(void)state;
	for (int i = 0; i < REWRITES; i++) {
		uint64_t removed, added;
		uint16_t field;

		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)random_next(&random);
		/* the field is the last word; the others never sum up to nothing, thanks to the first byte */
		bytes[0] = 0x45;
		memset(bytes + 62, 0, 2);
		field = checksum_finish(checksum_sum(bytes, 62));
		replace(&random, bytes + 2, 60, &removed, &added);
		field = checksum_update(field, removed, added);
		bytes[62] = (uint8_t)(field >> 8);
		bytes[63] = (uint8_t)field;
		assert_int_equal(reference(bytes, sizeof(bytes)), 0xffff);
	}
}

/** RFC 1624 section 4: the example that the older equation gets wrong. */
static void test_rfc1624_example(void **state)
{
	(void)state;
	assert_int_equal(checksum_update(0xdd2f, 0x5555, 0x3285), 0x0000);
	assert_int_equal(checksum_update(0x1234, 0xabcd, 0xabcd), 0x1234);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc1071_example),
		cmocka_unit_test(test_every_length_and_alignment),
		cmocka_unit_test(test_fold_extremes),
		cmocka_unit_test(test_pseudo_headers),
		cmocka_unit_test(test_update_equals_recomputation),
		cmocka_unit_test(test_updated_packet_verifies),
		cmocka_unit_test(test_rfc1624_example),
	};

	return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_parts.c - parts of a datagram against a plain array with the number of the part at every unit
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/table/parts.h"
#include "random.h"

enum { CHUNKS = 40, UNITS = (PARTS_MAX + 1) / PARTS_UNIT };

static struct parts_chunk chunks[CHUNKS];
static struct parts_pool pool;
static struct parts parts;
static uint8_t original[PARTS_MAX];

static int setup(void **state)
{
	(void)state;
	parts_pool_init(&pool, chunks, CHUNKS);
	parts = (struct parts){ 0 };
	for (size_t i = 0; i < sizeof(original); i++)
		original[i] = (uint8_t)(i * 7 + i / 256);
	return 0;
}

static enum parts_relation compare(uint32_t offset, uint32_t length)
{
	return parts_compare(&pool, &parts, offset, span_over(original + offset, length));
}

static void put(uint32_t offset, uint32_t length)
{
	assert_int_equal(compare(offset, length), PARTS_NEW);
	parts_put(&pool, &parts, offset, span_over(original + offset, length));
}

static void test_relations(void **state)
{
	uint8_t forged[16];

	(void)state;
	put(16, 16);
	assert_int_equal(compare(16, 16), PARTS_DUPLICATE);
	assert_int_equal(compare(8, 8), PARTS_NEW);
	assert_int_equal(compare(32, 8), PARTS_NEW);
	assert_int_equal(compare(16, 8), PARTS_OVERLAP);
	assert_int_equal(compare(24, 8), PARTS_OVERLAP);
	assert_int_equal(compare(8, 16), PARTS_OVERLAP);
	assert_int_equal(compare(8, 32), PARTS_OVERLAP);
	assert_int_equal(compare(24, 16), PARTS_OVERLAP);
	memcpy(forged, original + 16, sizeof(forged));
	forged[15] ^= 1;
	assert_int_equal(parts_compare(&pool, &parts, 16, span_over(forged, sizeof(forged))), PARTS_OVERLAP);
	/* two parts that touch are not one */
	put(32, 8);
	assert_int_equal(compare(16, 16), PARTS_DUPLICATE);
	assert_int_equal(compare(16, 24), PARTS_OVERLAP);
	assert_int_equal(parts_known(&pool, &parts), 3);
}

/** Parts that cross words and chunks, up to the last byte. */
static void test_edges(void **state)
{
	static uint8_t read[PARTS_MAX];
	const uint32_t cuts[] = { 0, 504, 512, 2040, 2056, 4096, 10240, 63488, 65528, PARTS_MAX };

	(void)state;
	for (size_t i = sizeof(cuts) / sizeof(cuts[0]) - 1; i > 0; i--) {
		put(cuts[i - 1], cuts[i] - cuts[i - 1]);
		assert_int_equal(compare(cuts[i - 1], cuts[i] - cuts[i - 1]), PARTS_DUPLICATE);
	}
	assert_int_equal(compare(65528, 7), PARTS_DUPLICATE);
	assert_int_equal(compare(0, PARTS_MAX), PARTS_OVERLAP);
	assert_int_equal(parts_known(&pool, &parts), UNITS);
	assert_int_equal(parts.count, PARTS_CHUNKS_MAX);
	parts_read(&pool, &parts, span_over(read, sizeof(read)));
	assert_memory_equal(read, original, sizeof(read));
	assert_null(parts_pool_check(&pool));
	parts_release(&pool, &parts, 1);
	assert_int_equal(pool.used, 1);
	parts_release(&pool, &parts, 0);
	assert_int_equal(pool.used, 0);
	assert_null(parts_pool_check(&pool));
}

/** A chunk that was used before knows nothing. */
static void test_reuse(void **state)
{
	(void)state;
	put(0, 2048);
	parts_release(&pool, &parts, 0);
	assert_int_equal(parts_missing(&parts, 2040, 16), 2);
	put(2048, 8);
	assert_int_equal(parts_missing(&parts, 2040, 16), 1);
	assert_int_equal(parts_known(&pool, &parts), 1);
	assert_int_equal(compare(2056, 2040), PARTS_NEW);
	assert_int_equal(pool.touched, 1);
}

/** relation() - what the array says: @owner holds the number of the part of each unit, 0: unknown */
static enum parts_relation relation(const uint32_t *owner, uint32_t first, uint32_t end)
{
	bool is_known = false, is_same = owner[first] != 0;

	for (uint32_t i = first; i < end; i++) {
		is_known = is_known || owner[i];
		is_same = is_same && owner[i] == owner[first];
	}
	is_same = is_same && (first == 0 || owner[first - 1] != owner[first]) &&
		  (end == UNITS || owner[end] != owner[first]);
	if (!is_known)
		return PARTS_NEW;
	return is_same ? PARTS_DUPLICATE : PARTS_OVERLAP;
}

static void test_random(void **state)
{
	static uint32_t owner[UNITS], starts[UNITS], lengths[UNITS];
	uint64_t random = random_begin("parts");
	uint32_t count = 0;

	(void)state;
	for (uint32_t step = 1; step < 20000; step++) {
		uint32_t first = random_below(&random, UNITS - 1);
		uint32_t length = 1 + random_below(&random, random_below(&random, 20) ? 40 : 600);
		enum parts_relation expected;

		if (count > 0 && random_below(&random, 4) == 0) {
			first = starts[step % count];
			length = lengths[step % count];
		}
		/* the very last unit has 7 bytes and is left out */
		if (first + length > UNITS - 1)
			length = UNITS - 1 - first;
		expected = relation(owner, first, first + length);
		assert_int_equal(compare(first * PARTS_UNIT, length * PARTS_UNIT), expected);
		if (expected == PARTS_NEW) {
			put(first * PARTS_UNIT, length * PARTS_UNIT);
			starts[count] = first;
			lengths[count++] = length;
			for (uint32_t i = 0; i < length; i++)
				owner[first + i] = step;
		}
		if (random_below(&random, 500) == 0) {
			parts_release(&pool, &parts, 0);
			memset(owner, 0, sizeof(owner));
			count = 0;
		}
		assert_null(parts_pool_check(&pool));
	}
}

#define TEST(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_relations),
		TEST(test_edges),
		TEST(test_reuse),
		TEST(test_random),
	};

	return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}

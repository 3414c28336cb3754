/* SPDX-License-Identifier: ISC */
/*
 * test_source_limit.c - no source gets more than its share, and all that enter can leave
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "nat46/source_limit.h"

enum { CONNECTIONS = 1024, MOST = 4 };

static void make(struct source_limit *limit)
{
	static const struct siphash_key key = { .word = { 1, 2 } };
	uint32_t *counters = calloc(1, source_limit_memory(CONNECTIONS, MOST));

	assert_non_null(counters);
	source_limit_init(limit, counters, CONNECTIONS, MOST, &key);
}

static void test_one_source(void **state)
{
	struct source_limit limit;

	(void)state;
	make(&limit);
	for (int i = 0; i < MOST; i++)
		assert_true(source_limit_enter(&limit, 7, 1, MOST));
	assert_false(source_limit_enter(&limit, 7, 1, MOST));
	assert_true(source_limit_enter(&limit, 8, 1, MOST));
	source_limit_leave(&limit, 7, 1);
	assert_true(source_limit_enter(&limit, 7, 1, MOST));
	assert_int_equal(source_limit_total(&limit), MOST + 1);
	free(limit.counters);
}

/** A table of a million with default limits: two thirds belong to ten who have all they may, the rest to strangers. */
static void test_a_million(void **state)
{
	enum { ALL = 1048576, HEAVY = 65536, STRANGERS = 300000 };
	static const struct siphash_key key = { .word = { 3, 4 } };
	struct source_limit limit;
	unsigned int refused = 0;

	(void)state;
	assert_in_range(source_limit_memory(ALL, HEAVY), 1, 1 << 18);
	source_limit_init(&limit, calloc(1, source_limit_memory(ALL, HEAVY)), ALL, HEAVY, &key);
	assert_non_null(limit.counters);
	for (uint32_t heavy = 0; heavy < 10; heavy++) {
		for (uint32_t i = 0; i < HEAVY; i++)
			source_limit_add(&limit, heavy, 1);
		assert_true(source_limit_is_full(&limit, heavy, HEAVY));
	}
	for (uint32_t stranger = 0; stranger < STRANGERS; stranger++)
		refused += !source_limit_enter(&limit, 0x0a000000 + stranger, 1, HEAVY);
	assert_int_equal(refused, 0);
	/* and what they add to somebody's number is little */
	for (uint32_t i = 0; i < HEAVY - HEAVY / 1000; i++)
		assert_true(source_limit_enter(&limit, 0x0b000000, 1, HEAVY));
	free(limit.counters);
}

/** One source at its limit keeps hardly anybody else out. */
static void test_strangers(void **state)
{
	struct source_limit limit;
	unsigned int refused = 0;

	(void)state;
	make(&limit);
	while (source_limit_enter(&limit, 0, 1, MOST))
		continue;
	for (uint32_t source = 1; source < CONNECTIONS; source++)
		refused += !source_limit_enter(&limit, source, 1, MOST);
	assert_in_range(refused, 0, CONNECTIONS / 100);
	free(limit.counters);
}

static void test_all_leave(void **state)
{
	struct source_limit limit;
	uint32_t entered[CONNECTIONS];
	size_t count = 0;

	(void)state;
	make(&limit);
	for (uint32_t i = 0; i < CONNECTIONS; i++) {
		if (source_limit_enter(&limit, i % 97, 1, MOST))
			entered[count++] = i % 97;
	}
	assert_in_range(count, 1, 97 * MOST);
	while (count > 0)
		source_limit_leave(&limit, entered[--count], 1);
	assert_int_equal(source_limit_total(&limit), 0);
	for (size_t i = 0; i < source_limit_memory(CONNECTIONS, MOST) / sizeof(uint32_t); i++)
		assert_int_equal(limit.counters[i], 0);
	free(limit.counters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_source),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_all_leave),
		cmocka_unit_test(test_a_million),
	};

	return cmocka_run_group_tests_name("source_limit", tests, NULL, NULL);
}

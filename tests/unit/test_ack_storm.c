/* SPDX-License-Identifier: ISC */
/*
 * test_ack_storm.c - acknowledgements that answer each other are stopped, and all others are not
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect.h"
#include "nat46/ack_storm.h"

static struct ack_storm table;
static struct world world;

static int setup(void **state)
{
	(void)state;
	table = (struct ack_storm){ 0 };
	return 0;
}

/** exchange() - @count acknowledgements of each side of a flow; returns how many belong to a storm */
static unsigned int exchange(uint32_t flow, unsigned int count, int64_t now)
{
	unsigned int stormy = 0;

	for (unsigned int i = 0; i < count; i++) {
		stormy += ack_storm_watch(&table, flow, 0, 1, 2, 3, now);
		stormy += ack_storm_watch(&table, flow, 1, 11, 12, 13, now);
	}
	return stormy;
}

static void test_storm(void **state)
{
	(void)state;
	/* at flow 0 and time 0, where an empty entry must not look like one of this flow */
	assert_int_equal(exchange(0, ACK_STORM_COUNT - 1, 0), 0);
	assert_int_equal(exchange(0, 1, 999 * MILLISECOND), 1);
	assert_int_equal(exchange(0, 1, 999 * MILLISECOND), 2);
	/* the next second begins anew */
	assert_int_equal(exchange(0, ACK_STORM_COUNT - 1, 1000 * MILLISECOND), 0);
}

static void test_one_side_is_no_storm(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_false(ack_storm_watch(&table, 7, 0, 1, 2, 3, 5));
	for (unsigned int i = 0; i < ACK_STORM_COUNT - 1; i++)
		assert_false(ack_storm_watch(&table, 7, 1, 1, 2, 3, 5));
	assert_true(ack_storm_watch(&table, 7, 1, 1, 2, 3, 5));
}

/** Whoever says something new, in any field, is no part of a storm. */
static void test_news(void **state)
{
	(void)state;
	for (uint32_t field = 0; field < 3; field++) {
		for (uint32_t i = 0; i < 100; i++) {
			assert_false(ack_storm_watch(&table, 7, 0, 1 + (field == 0 ? i : 0), 2 + (field == 1 ? i : 0),
						     (uint16_t)(3 + (field == 2 ? i : 0)), 5));
			assert_false(ack_storm_watch(&table, 7, 1, 1, 2, 3, 5));
		}
		ack_storm_calm(&table, 7);
	}
}

static void test_calm(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(exchange(3, ACK_STORM_COUNT - 1, 5), 0);
		ack_storm_calm(&table, 3);
	}
	/* only its own flow is calmed, and not one that shares the entry */
	assert_int_equal(exchange(3, ACK_STORM_COUNT, 5), 1);
	ack_storm_calm(&table, 3 + ACK_STORM_ENTRIES);
	assert_int_equal(exchange(3, 1, 5), 2);
}

static void test_shared_entry(void **state)
{
	(void)state;
	assert_int_equal(exchange(3, ACK_STORM_COUNT, 5), 1);
	assert_int_equal(exchange(3 + ACK_STORM_ENTRIES, ACK_STORM_COUNT - 1, 5), 0);
	assert_int_equal(exchange(3, ACK_STORM_COUNT - 1, 5), 0);
}

/** storm() - @rounds acknowledgements of each side; returns how many of the client get through */
static unsigned int storm(unsigned int rounds)
{
	unsigned int passed = 0;

	for (unsigned int i = 0; i < rounds; i++) {
		passed += client_sends(&world, TCP_ACK, 1000000, OUR_ISN + 1, NULL) == VERDICT_FORWARDED;
		assert_int_equal(server_sends(&world, TCP_ACK, 1000000, 1, NULL), VERDICT_FORWARDED);
	}
	return passed;
}

/** A connection: the client's side is cut, data passes and ends it, and so does the next second. */
static void test_connection(void **state)
{
	(void)state;
	assert_int_equal(storm(30), ACK_STORM_COUNT);
	assert_int_equal(world_drops(&world, DROP_ACK_STORM), 30 - ACK_STORM_COUNT);
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 1, OUR_ISN + 1, "data"), VERDICT_FORWARDED);
	assert_int_equal(storm(ACK_STORM_COUNT), ACK_STORM_COUNT);
	assert_int_equal(storm(10), 0);
	world_wait(&world, 1000 * MILLISECOND);
	assert_int_equal(storm(ACK_STORM_COUNT), ACK_STORM_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_storm, setup),
		cmocka_unit_test_setup(test_one_side_is_no_storm, setup),
		cmocka_unit_test_setup(test_news, setup),
		cmocka_unit_test_setup(test_calm, setup),
		cmocka_unit_test_setup(test_shared_entry, setup),
		WORLD_TEST(test_connection, connection_setup),
	};

	return cmocka_run_group_tests_name("ack_storm", tests, NULL, NULL);
}

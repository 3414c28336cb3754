/* SPDX-License-Identifier: ISC */
/*
 * test_source_queue.c - who is first in a line that is full has to go, and nobody else
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "nat46/source_queue.h"
#include "random.h"

enum { CAPACITY = 64, NETWORK = 16, ADDRESS = 4 };

static struct source_queue queue;

static int setup(void **state)
{
	static const struct siphash_key key = { .word = { 1, 2 } };
	void *memory = calloc(1, source_queue_memory(CAPACITY));

	(void)state;
	source_queue_init(&queue, memory, CAPACITY, &key);
	return memory ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	free(queue.places);
	return 0;
}

static bool surplus(uint32_t client, uint32_t *item)
{
	return source_queue_surplus(&queue, client, NETWORK, ADDRESS, item);
}

static void check(void)
{
	const char *error = source_queue_check(&queue);

	if (error)
		fail_msg("%s", error);
}

static void test_one_address(void **state)
{
	uint32_t places[ADDRESS + 1], item;

	(void)state;
	assert_false(source_queue_oldest(&queue, &item));
	for (uint32_t i = 0; i < ADDRESS; i++) {
		assert_false(surplus(7, &item));
		places[i] = source_queue_enter(&queue, 7, 100 + i);
	}
	assert_true(surplus(7, &item));
	assert_int_equal(item, 100);
	/* whoever leaves in the middle makes room as well, and the order stays */
	source_queue_leave(&queue, places[1]);
	assert_false(surplus(7, &item));
	places[1] = source_queue_enter(&queue, 7, 104);
	source_queue_leave(&queue, places[0]);
	source_queue_enter(&queue, 7, 105);
	assert_true(surplus(7, &item));
	assert_int_equal(item, 102);
	assert_true(source_queue_oldest(&queue, &item));
	assert_int_equal(item, 102);
	assert_int_equal(source_queue_length(&queue), ADDRESS);
	check();
}

/** A full /24 leaves room for others; of all, the first has to go when all places are taken. */
static void test_networks(void **state)
{
	uint32_t item;

	(void)state;
	for (uint32_t i = 0; i < NETWORK; i++) {
		assert_false(surplus(0x0a000000 + i, &item));
		source_queue_enter(&queue, 0x0a000000 + i, i);
	}
	assert_true(surplus(0x0a0000ff, &item));
	assert_int_equal(item, 0);
	for (uint32_t i = NETWORK; i < CAPACITY; i++) {
		assert_false(surplus(0x0a000000 + i * 256, &item));
		source_queue_enter(&queue, 0x0a000000 + i * 256, i);
	}
	assert_true(surplus(0x14000000, &item));
	assert_int_equal(item, 0);
	check();
}

/** Against a list that is kept by hand. */
static void test_random(void **state)
{
	struct entry {
		uint32_t client, place;
	} entries[CAPACITY] = { 0 };
	uint64_t random = 1;
	uint32_t count = 0, item;

	(void)state;
	for (uint32_t step = 0; step < 20000; step++) {
		uint32_t client = random_below(&random, 40) * 100;
		uint32_t gone = count;

		if (count > 0 && random_below(&random, 3) == 0)
			gone = random_below(&random, count);
		else if (surplus(client, &item))
			for (gone = 0; entries[gone].place != item; gone++)
				continue;
		if (gone < count) {
			source_queue_leave(&queue, entries[gone].place);
			count--;
			for (uint32_t i = gone; i < count; i++)
				entries[i] = entries[i + 1];
		} else {
			/* the place is the item: known only when the connection has it */
			entries[count] = (struct entry){ client, source_queue_enter(&queue, client, 0) };
			queue.places[entries[count].place].item = entries[count].place;
			count++;
		}
		assert_int_equal(source_queue_length(&queue), count);
		if (count > 0) {
			assert_true(source_queue_oldest(&queue, &item));
			assert_int_equal(item, entries[0].place);
		}
		check();
	}
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_address),
		TEST(test_networks),
		TEST(test_random),
	};

	return cmocka_run_group_tests_name("source_queue", tests, NULL, NULL);
}

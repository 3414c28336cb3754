/* SPDX-License-Identifier: ISC */
/*
 * test_timer_wheel.c - the wheel against a plain list of due times
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/timer_wheel.h"
#include "random.h"

enum { TIMERS = 40, STEPS = 20000 };

static const int64_t slot = INT64_C(1) << TIMER_WHEEL_SHIFT;
static const int64_t start = INT64_C(1000000000000);

/** struct model - the wheel, and what it should do */
struct model {
	struct timer_wheel wheel;
	struct timer_node nodes[TIMERS];
	int64_t due[TIMERS];
	int64_t now;
};

static void model_init(struct model *m)
{
	memset(m, 0, sizeof(*m));
	m->now = start;
	timer_wheel_init(&m->wheel, m->nodes, TIMERS, m->now);
}

static void set(struct model *m, uint32_t id, int64_t due)
{
	timer_wheel_set(&m->wheel, id, due);
	m->due[id] = due;
}

/** expire() - everything that is due and nothing else, each once */
static void expire(struct model *m)
{
	uint32_t id;

	while (timer_wheel_expire(&m->wheel, m->now, &id)) {
		assert_in_range(id, 0, TIMERS - 1);
		assert_true(m->due[id] != 0 && m->due[id] <= m->now);
		m->due[id] = 0;
	}
	for (id = 0; id < TIMERS; id++)
		assert_true(m->due[id] == 0 || m->due[id] > m->now);
	assert_null(timer_wheel_check(&m->wheel));
}

/** check_next() - not later than one slot behind the first timer, so that nothing is forgotten */
static void check_next(const struct model *m)
{
	int64_t first = INT64_MAX, next = timer_wheel_next(&m->wheel);

	for (uint32_t id = 0; id < TIMERS; id++) {
		if (m->due[id] != 0 && m->due[id] < first)
			first = m->due[id];
	}
	if (first == INT64_MAX) {
		assert_int_equal(next, INT64_MAX);
		return;
	}
	assert_true(next > m->now);
	assert_true(next <= (first > m->now ? first : m->now) + slot);
}

static int64_t random_delay(uint64_t *random)
{
	switch (random_below(random, 6)) {
	case 0:
		return random_below(random, 1000);
	case 1:
		return -(int64_t)random_below(random, 2000000000);
	case 2:
		/* beyond one revolution */
		return slot * TIMER_WHEEL_SLOTS + (int64_t)random_next(random) * 16;
	case 3:
		return slot * random_below(random, 3 * TIMER_WHEEL_SLOTS);
	default:
		return random_next(random);
	}
}

static int64_t random_pause(uint64_t *random)
{
	return random_below(random, 50) == 0 ? slot * random_below(random, 5 * TIMER_WHEEL_SLOTS) :
					       (int64_t)random_below(random, 1u << 28);
}

static void test_random_operations(void **state)
{
	uint64_t random = random_begin("random_operations");
	static struct model m;

	(void)state;
	model_init(&m);
	for (int i = 0; i < STEPS; i++) {
		uint32_t id = random_below(&random, TIMERS);

		switch (random_below(&random, 4)) {
		case 0:
		case 1:
			set(&m, id, m.now + random_delay(&random));
			break;
		case 2:
			timer_wheel_cancel(&m.wheel, id);
			m.due[id] = 0;
			break;
		default:
			m.now += random_pause(&random);
			expire(&m);
			check_next(&m);
		}
	}
	/* all of them, in the end */
	for (int64_t next; (next = timer_wheel_next(&m.wheel)) != INT64_MAX;) {
		m.now = next;
		expire(&m);
	}
	for (uint32_t id = 0; id < TIMERS; id++)
		assert_int_equal(m.due[id], 0);
	assert_int_equal(m.wheel.armed, 0);
}

static void test_never_early(void **state)
{
	static struct model m;
	uint32_t id;

	(void)state;
	model_init(&m);
	set(&m, 7, start + 5 * slot + 3);
	assert_false(timer_wheel_expire(&m.wheel, start + 5 * slot + 2, &id));
	assert_true(timer_wheel_expire(&m.wheel, start + 5 * slot + 3, &id));
	assert_int_equal(id, 7);
	assert_false(timer_wheel_expire(&m.wheel, start + 500 * slot, &id));
}

static void test_setting_replaces(void **state)
{
	static struct model m;
	uint32_t id;

	(void)state;
	model_init(&m);
	set(&m, 3, start + slot);
	set(&m, 3, start + 4 * slot);
	assert_int_equal(m.wheel.armed, 1);
	assert_false(timer_wheel_expire(&m.wheel, start + 3 * slot, &id));
	assert_true(timer_wheel_expire(&m.wheel, start + 4 * slot, &id));
}

/** Whoever wakes up when the wheel says so is at most one slot late. */
static void test_sleeping_until_next(void **state)
{
	static struct model m;
	uint32_t id;

	(void)state;
	model_init(&m);
	for (int64_t delay = 1; delay < 3000 * slot; delay = delay * 3 + 12345) {
		int64_t due = m.now + delay;
		int wakes = 0;

		set(&m, 0, due);
		while (!timer_wheel_expire(&m.wheel, m.now, &id)) {
			assert_true(m.now < due);
			m.now = timer_wheel_next(&m.wheel);
			wakes++;
		}
		assert_true(m.now <= due + slot);
		/* and does not wake up more than once a revolution for nothing */
		assert_in_range(wakes, 1, 2 + delay / (slot * TIMER_WHEEL_SLOTS));
	}
}

static void test_long_pause(void **state)
{
	static struct model m;

	(void)state;
	model_init(&m);
	for (uint32_t id = 0; id < TIMERS; id++)
		set(&m, id, start + (int64_t)id * 100 * slot);
	m.now = start + 100000 * slot;
	expire(&m);
	assert_int_equal(m.wheel.armed, 0);
	/* and works on */
	set(&m, 1, m.now + slot);
	m.now += 2 * slot;
	expire(&m);
	assert_int_equal(m.wheel.armed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations),
		cmocka_unit_test(test_never_early),
		cmocka_unit_test(test_setting_replaces),
		cmocka_unit_test(test_sleeping_until_next),
		cmocka_unit_test(test_long_pause),
	};

	return cmocka_run_group_tests_name("timer_wheel", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_top.c - what a picture of "top" is made of: rates since the last one, and who is the busiest
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/control/top.h"
#include "expect.h"

#define TOP_TEST(test) cmocka_unit_test_prestate_setup_teardown(test, open_top, close_top, &world)

static struct world world;
static struct top *top;

static void picture(void)
{
	uint32_t record = 0;

	top_begin(top, world.engine, world.now);
	while (top_look(top, world.engine, record, world.now))
		record++;
}

static int open_top(void **state)
{
	(void)world_setup(state);
	top = top_open(world.config.limits.flows);
	return top ? 0 : -1;
}

static int close_top(void **state)
{
	top_close(top);
	return world_teardown(state);
}

/** test_rates() - the first picture has none, the next ones tell of the time since the one before */
static void test_rates(void **state)
{
	(void)state;
	picture();
	assert_true(top->seconds <= 0);
	connection_accept(&world);
	world_wait(&world, 2 * SECOND);
	picture();
	assert_true(top->seconds > 1.99 && top->seconds < 2.01);
	assert_int_equal(top->counters.received - top->before.received, 2);
	assert_int_equal(top->change[0].opened, 1);
	world_wait(&world, SECOND);
	picture();
	assert_int_equal(top->counters.received - top->before.received, 0);
	assert_int_equal(top->change[0].opened, 0);
}

/** test_flow() - a flow is listed while bytes pass, and its service and server come before the others */
static void test_flow(void **state)
{
	const struct tally *tallies;
	size_t count;

	(void)state;
	picture();
	connection_splice(&world);
	assert_int_equal(server_sends(&world, TCP_ACK, 0, 1, "0123456789"), VERDICT_FORWARDED);
	assert_int_equal(client_sends(&world, TCP_ACK, 1, OUR_ISN + 11, NULL), VERDICT_FORWARDED);
	world_wait(&world, SECOND);
	picture();
	tallies = look_tallies(world.engine, &count);
	assert_int_equal(top->flows.count, 1);
	assert_int_equal(top->flows.entries[0].to_server, 1);
	assert_int_equal(top->flows.entries[0].to_client, 10);
	assert_int_equal(top->services.count, 2);
	assert_int_equal(tallies[top->services.entries[0].number].key.port, 80);
	assert_int_equal(top->services.entries[0].to_client, 10);
	assert_int_equal(top->services.entries[1].to_client, 0);
	assert_int_equal(top->change[top->servers.entries[0].number].connects, 1);
	assert_int_equal(top->servers.entries[0].to_server, 1);
	world_wait(&world, SECOND);
	picture();
	assert_int_equal(top->flows.count, 0);
	assert_int_equal(top->services.entries[0].to_client, 0);
}

/** test_other_flow() - what the flow before it has passed on is not taken for that of another one in its record */
static void test_other_flow(void **state)
{
	(void)state;
	picture();
	connection_splice(&world);
	assert_int_equal(server_sends(&world, TCP_ACK, 0, 1, "0123456789"), VERDICT_FORWARDED);
	assert_int_equal(client_sends(&world, TCP_ACK, 1, OUR_ISN + 11, NULL), VERDICT_FORWARDED);
	picture();
	world_wait(&world, 20000 * SECOND);
	world_wait(&world, 20000 * SECOND);
	connection_splice(&world);
	assert_int_equal(look_flow_records(world.engine), 1);
	assert_int_equal(server_sends(&world, TCP_ACK, 0, 1, "0123456789ab"), VERDICT_FORWARDED);
	assert_int_equal(client_sends(&world, TCP_ACK, 1, OUR_ISN + 13, NULL), VERDICT_FORWARDED);
	picture();
	assert_int_equal(top->flows.count, 1);
	assert_int_equal(top->flows.entries[0].to_client, 12);
}

/** test_rank() - of more than there is room for, the busiest stay, in order */
static void test_rank(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3 * TOP_MOST; i++) {
		const struct top_entry entry = { .weight = i * 7919 % 1009, .number = i };

		top_rank(&top->flows, &entry);
	}
	assert_int_equal(top->flows.count, TOP_MOST);
	for (size_t i = 1; i < TOP_MOST; i++)
		assert_true(top->flows.entries[i - 1].weight >= top->flows.entries[i].weight);
	assert_true(top->flows.entries[TOP_MOST - 1].weight > 600);
	assert_true(top->flows.entries[0].weight > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOP_TEST(test_rates), TOP_TEST(test_flow), TOP_TEST(test_other_flow), TOP_TEST(test_rank),
	};

	return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}

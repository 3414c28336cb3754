/* SPDX-License-Identifier: ISC */
/*
 * test_idle.c - idle connections: both ends are asked before one is forgotten
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect.h"

#define IDLE (7440 * SECOND)
#define PATIENCE (240 * SECOND)
/* a hand comes by every record once in that time */
#define ROUND (5 * SECOND)

static struct world world;

static void start(bool keepalive)
{
	world_config(&world);
	world.config.keepalive = keepalive;
	world_make(&world);
	connection_splice(&world);
	server_sends(&world, TCP_PSH | TCP_ACK, 0, 1, "OK");
	client_sends(&world, TCP_ACK, 1, OUR_ISN + 3, NULL);
}

static int setup(void **state)
{
	(void)state;
	start(true);
	world_wait(&world, IDLE - SECOND);
	assert_int_equal(world.count, 0);
	world_wait(&world, ROUND + SECOND);
	return 0;
}

/** One below what each end has acknowledged, up to the highest edge that the other has announced. */
static void test_probe(void **state)
{
	(void)state;
	assert_int_equal(world.count, 2);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 2, CLIENT_ISN + 2, "");
	assert_int_equal(emitted(&world, 0).window, 64800 / 128);
	expect_server_gets(&world, 1, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 3, "");
	assert_int_equal(emitted(&world, 1).window, 502);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
}

/** Nobody answers: both are asked four times, then it ends. */
static void test_nobody_answers(void **state)
{
	(void)state;
	for (int i = 1; i < 4; i++) {
		world_wait(&world, PATIENCE / 4 - ROUND - SECOND);
		assert_int_equal(world.count, 0);
		world_wait(&world, ROUND + SECOND);
		assert_int_equal(world.count, 2);
		expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 2, CLIENT_ISN + 2, "");
		expect_server_gets(&world, 1, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 3, "");
		assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	}
	world_wait(&world, PATIENCE / 4 + ROUND);
	assert_int_equal(world.count, 0);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 0);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 1);
	assert_string_equal(world.session.reason, "timeout");
}

/** Whoever answers a later question is believed as well, and is asked as often the next time. */
static void test_late_answer(void **state)
{
	(void)state;
	world_wait(&world, PATIENCE / 4 + ROUND);
	world_wait(&world, PATIENCE / 4 + ROUND);
	assert_int_equal(server_sends(&world, TCP_ACK, 2, 1, NULL), VERDICT_FORWARDED);
	world_wait(&world, IDLE - SECOND);
	assert_int_equal(world.count, 0);
	world_wait(&world, ROUND + SECOND);
	assert_int_equal(world.count, 2);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 2);
	for (int i = 1; i < 4; i++) {
		world_wait(&world, PATIENCE / 4 + ROUND);
		assert_int_equal(world.count, 2);
	}
	world_wait(&world, PATIENCE / 4 + ROUND);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 0);
}

/** One answer of either is enough for another time, after which both are asked again. */
static void test_one_answers(void **state)
{
	(void)state;
	assert_int_equal(client_sends(&world, TCP_ACK, 1, OUR_ISN + 3, NULL), VERDICT_FORWARDED);
	world_wait(&world, IDLE - SECOND);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 1);
	world_wait(&world, ROUND + SECOND);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 2);
	assert_int_equal(server_sends(&world, TCP_ACK, 2, 1, NULL), VERDICT_FORWARDED);
	world_wait(&world, IDLE - SECOND);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
}

/** An end that does not know the connection says so, and the other one is told. */
static void test_one_resets(void **state)
{
	(void)state;
	assert_int_equal(server_sends(&world, TCP_RST, 2, 0, NULL), VERDICT_FORWARDED);
	expect_client_gets(&world, 0, TCP_RST, OUR_ISN + 3, CLIENT_ISN + 1, "");
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
}

/** What does not fit the connection does not prolong it. */
static void test_stranger(void **state)
{
	(void)state;
	client_sends(&world, TCP_ACK, 10000000, OUR_ISN + 3, NULL);
	world_wait(&world, PATIENCE + ROUND);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 0);
}

static void test_switched_off(void **state)
{
	(void)state;
	start(false);
	world_wait(&world, IDLE + ROUND);
	assert_int_equal(world.count, 0);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 0);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 0);
}

/** Half-closed connections are not asked: they have their own, shorter time. */
static void test_half_closed(void **state)
{
	(void)state;
	start(true);
	client_sends(&world, TCP_FIN | TCP_ACK, 1, OUR_ISN + 3, NULL);
	world_wait(&world, PATIENCE + ROUND);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 0);
	assert_int_equal(world_events(&world, EVENT_FLOW_OPENED), world_events(&world, EVENT_FLOW_CLOSED));
}

/** A service without rules: the same, in both hosts' own numbers and scales. */
static void test_plain(void **state)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);

	(void)state;
	world_config(&world);
	world.config.keepalive = true;
	world_make(&world);
	s.destination_port = 8080;
	connection_send(&world, &s);
	s = server_segment(TCP_SYN | TCP_ACK, -1, 0);
	s.source_port = 8080;
	connection_send(&world, &s);
	s = client_segment(TCP_ACK, 0, SERVER_ISN + 1);
	s.destination_port = 8080;
	connection_send(&world, &s);
	s = server_segment(TCP_ACK, 0, 0);
	s.source_port = 8080;
	connection_send(&world, &s);
	world_wait(&world, IDLE + ROUND);
	assert_int_equal(world.count, 2);
	expect_client_gets(&world, 0, TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
	assert_int_equal(emitted(&world, 0).window, 64800 / 128);
	assert_int_equal(emitted(&world, 1).seq, CLIENT_ISN);
	assert_int_equal(emitted(&world, 1).ack, SERVER_ISN + 1);
	/* the client's own SYN may have announced up to 65535, which is what is believed at first */
	assert_int_equal(emitted(&world, 1).window, 511);
}

#define TEST(test) WORLD_TEST(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_probe),
		TEST(test_nobody_answers),
		TEST(test_late_answer),
		TEST(test_one_answers),
		TEST(test_one_resets),
		TEST(test_stranger),
		WORLD_TEST(test_switched_off, NULL),
		WORLD_TEST(test_half_closed, NULL),
		WORLD_TEST(test_plain, NULL),
	};

	return cmocka_run_group_tests_name("idle", tests, NULL, NULL);
}

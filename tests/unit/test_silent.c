/* SPDX-License-Identifier: ISC */
/*
 * test_silent.c - clients that have nothing to say, as yet
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "slow_service.h"

/** mute() - setup(), and silence means nothing */
static int mute(void **state)
{
	setup(state);
	fall_back();
	service.silent = SILENCE_REFUSE;
	return 0;
}

/** A connection that is opened in advance is not bound to the default server, and may be used much later. */
static void test_used_later(void **state)
{
	struct wire_tcp syn;

	(void)state;
	world_wait(&world, 6 * SECOND);
	assert_int_equal(world.count, 0);
	assert_int_equal(world_events(&world, EVENT_CLIENT_SILENT), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 1);
	world_wait(&world, 50 * SECOND);
	assert_int_equal(world.count, 0);
	data(0, "hello world");
	assert_int_equal(world.count, 1);
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
	/* with all that the handshake had agreed on */
	syn = emitted(&world, 0);
	assert_int_equal(syn.destination6, 1);
	assert_non_null(option_of(&syn, 3));
	assert_non_null(option_of(&syn, 4));
	assert_int_equal(wire_u16(option_of(&syn, 2), 2), 1440);
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	expect_server_gets(&world, 1, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "hello world");
	server_sends(&world, TCP_PSH | TCP_ACK, 0, 11, "OK");
	expect_client_gets(&world, 0, TCP_PSH | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 12, "OK");
}

/** It takes no pending record meanwhile: of those there is one. */
static void test_small_record(void **state)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);

	(void)state;
	world_free(&world);
	mute(NULL);
	world.config.limits.waiting_address = 1;
	world_wait(&world, 6 * SECOND);
	s.source_port = 5;
	connection_send(&world, &s);
	s = client_segment(TCP_ACK, 0, OUR_ISN + 1);
	s.source_port = 5;
	expect_silence(&world, connection_send_text(&world, s, "hello"));
	/* which is in use now */
	expect_drop(&world, data(0, "hello world"), DROP_SOURCE_LIMIT, 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 2);
}

static void test_silent_for_too_long(void **state)
{
	(void)state;
	world_wait(&world, 6 * SECOND);
	for (int i = 0; i < 30 && world.count == 0; i++)
		world_wait(&world, 4 * SECOND);
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
	assert_int_equal(world_events(&world, EVENT_REFUSED_TIMEOUT), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
}

static void test_closed_without_a_word(void **state)
{
	(void)state;
	world_wait(&world, 6 * SECOND);
	client_sends(&world, TCP_FIN | TCP_ACK, 0, OUR_ISN + 1, NULL);
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
}

static void test_reset_without_a_word(void **state)
{
	(void)state;
	world_wait(&world, 6 * SECOND);
	expect_silence(&world, client_sends(&world, TCP_RST, 0, 0, NULL));
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
}

static void test_keep_alive(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		world_wait(&world, 12 * SECOND);
		expect_acknowledged(&world, data(-1, NULL), 0);
	}
	assert_int_equal(world_events(&world, EVENT_CLIENT_SILENT), 4);
	/* which is no reason to wait for longer */
	for (int i = 0; i < 5 && engine_flows(world.engine, FLOWS_WAITING) == 1; i++)
		world_wait(&world, 4 * SECOND);
	expect_client_gets(&world, 0, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
}

/** Keep-alives that come a little later than wait is over: it is silent for a moment only, and not for ever. */
static void test_keep_alive_and_wait(void **state)
{
	(void)state;
	world_wait(&world, 5 * SECOND + 100 * MILLISECOND);
	for (int i = 0; i < 10; i++) {
		expect_acknowledged(&world, data(-1, NULL), 0);
		world_wait(&world, 5 * SECOND + 50 * MILLISECOND);
	}
	assert_int_equal(world_events(&world, EVENT_RESET_SENT), 0);
	for (int i = 0; i < 2 && engine_flows(world.engine, FLOWS_WAITING) == 1; i++) {
		data(-1, NULL);
		world_wait(&world, 5 * SECOND + 50 * MILLISECOND);
	}
	assert_int_equal(world_events(&world, EVENT_RESET_SENT), 1);
	assert_int_equal(world_events(&world, EVENT_REFUSED_TIMEOUT), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
}

/** Where a server speaks first, silence is what its clients are expected to do. */
static void test_server_first(void **state)
{
	(void)state;
	service.silent = SILENCE_TO;
	world_wait(&world, 6 * SECOND);
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
	assert_int_equal(emitted(&world, 0).destination6, 9);
}

/** Who has said something is not silent. */
static void test_not_silent(void **state)
{
	(void)state;
	data(0, "hell");
	world_wait(&world, SECOND);
	world_wait(&world, 5 * SECOND);
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
	assert_int_equal(emitted(&world, 0).destination6, 9);
}

#define TEST(name) WORLD_TEST(name, mute)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_used_later),
		TEST(test_small_record),
		TEST(test_silent_for_too_long),
		TEST(test_closed_without_a_word),
		TEST(test_reset_without_a_word),
		TEST(test_keep_alive),
		TEST(test_keep_alive_and_wait),
		TEST(test_server_first),
		TEST(test_not_silent),
	};

	return cmocka_run_group_tests_name("silent", tests, NULL, NULL);
}

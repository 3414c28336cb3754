/* SPDX-License-Identifier: ISC */
/*
 * test_deliver.c - first bytes that do not come in one flight: acknowledged after a delay, and then delivered by us
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/timer_wheel.h"
#include "slow_service.h"

/** Timers fire that much late at most (timer_wheel.h). */
static const int64_t TICK = INT64_C(1) << TIMER_WHEEL_SHIFT;

/** vouch() - "hello" is acknowledged, and the rest has chosen the server, which accepts after @delay */
static void vouch(int64_t delay)
{
	data(0, "hello");
	world_wait(&world, 40 * MILLISECOND + TICK);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 6, "");
	data(5, " world");
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
	world_wait(&world, delay);
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	assert_int_equal(world.count, 2);
	expect_server_gets(&world, 1, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "hello world");
	assert_int_equal(world.session.acknowledged, 5);
}

static void test_after_a_delay(void **state)
{
	(void)state;
	expect_silence(&world, data(0, "hel"));
	world_wait(&world, 30 * MILLISECOND);
	expect_silence(&world, data(3, "lo"));
	/* the delay counts from the first byte, and there is one acknowledgement for all */
	world_wait(&world, 10 * MILLISECOND + TICK);
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 6, "");
	/* the right edge of the window stays where it was: 32768 bytes, in units of 128 */
	assert_int_equal(emitted(&world, 0).window, 255);
	assert_int_equal(world_events(&world, EVENT_FIRST_BYTES_ACKNOWLEDGED), 1);
	world_wait(&world, SECOND);
	assert_int_equal(world.count, 0);
}

/** A client that needs acknowledgements gets them, without another delay. */
static void test_at_once_from_then_on(void **state)
{
	(void)state;
	data(0, "h");
	expect_acknowledged(&world, data(0, "h"), 1);
	expect_acknowledged(&world, data(1, "e"), 2);
	expect_acknowledged(&world, data(3, "l"), 2);
	expect_acknowledged(&world, data(2, "l"), 4);
	assert_int_equal(world_events(&world, EVENT_FIRST_BYTES_ACKNOWLEDGED), 1);
}

/** What lies behind a hole is told by SACK, the newest first, and is not acknowledged. */
static void test_selective(void **state)
{
	struct wire_tcp ack;

	(void)state;
	expect_acknowledged(&world, data(8, "r"), 0);
	expect_acknowledged(&world, data(4, "o"), 0);
	ack = emitted(&world, 0);
	/* two NOPs, kind, length, two blocks */
	assert_int_equal(ack.options_length, 20);
	assert_int_equal(wire_u32(ack.options, 0), 0x01010512);
	assert_int_equal(wire_u32(ack.options, 4), CLIENT_ISN + 5);
	assert_int_equal(wire_u32(ack.options, 8), CLIENT_ISN + 6);
	assert_int_equal(wire_u32(ack.options, 12), CLIENT_ISN + 9);
	assert_int_equal(wire_u32(ack.options, 16), CLIENT_ISN + 10);
	assert_int_equal(world_events(&world, EVENT_FIRST_BYTES_ACKNOWLEDGED), 0);
}

/** A FIN is acknowledged by the server alone. */
static void test_fin(void **state)
{
	(void)state;
	data(0, "hello");
	expect_acknowledged(&world, data(0, "hello"), 5);
	client_sends(&world, TCP_FIN | TCP_PSH | TCP_ACK, 5, OUR_ISN + 1, " world");
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
	expect_silence(&world, client_sends(&world, TCP_FIN | TCP_PSH | TCP_ACK, 5, OUR_ISN + 1, " world"));
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	expect_server_gets(&world, 1, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "hello world");
	expect_server_gets(&world, 2, TCP_FIN | TCP_ACK, CLIENT_ISN + 12, SERVER_ISN + 1, "");
}

/** Whatever else we say to the client acknowledges the same; its RST is exact at that number. */
static void test_number(void **state)
{
	(void)state;
	data(0, "hello");
	expect_acknowledged(&world, data(0, "hello"), 5);
	expect_acknowledged(&world, client_sends(&world, TCP_SYN, -1, 0, NULL), 5);
	world_wait(&world, SECOND);
	expect_acknowledged(&world, data(4, NULL), 5);
	world_wait(&world, SECOND);
	expect_acknowledged(&world, client_sends(&world, TCP_RST, 3, 0, NULL), 5);
	expect_silence(&world, client_sends(&world, TCP_RST, 5, 0, NULL));
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
}

/** Our acknowledgement may be lost while the server is asked. */
static void test_again_while_connecting(void **state)
{
	(void)state;
	data(0, "hello");
	world_wait(&world, 40 * MILLISECOND + TICK);
	data(5, " world");
	expect_acknowledged(&world, data(0, "hello"), 5);
	expect_silence(&world, data(5, " world"));
}

/** Time counts from the last progress, but not for ever. */
static void test_wait_counts_from_progress(void **state)
{
	static const char letters[] = "xxxxxxxxxxxxxxxxxxxxxxxx";
	int32_t i;

	(void)state;
	service.rules = &(const struct rule){ .bytes = (const uint8_t *)letters, .bytes_length = 24,
					      .servers = { h1, 1 }, .text = "bytes" };
	for (i = 0; i < 24 && engine_flows(world.engine, FLOWS_WAITING) == 1; i++) {
		data(i, "x");
		world_wait(&world, 4 * SECOND);
	}
	/* twelve times five seconds */
	assert_in_range(i, 15, 16);
	assert_int_equal(world_events(&world, EVENT_REFUSED_TIMEOUT), 1);
}

/** What a limit has cost may have named a host: no server is chosen for want of it. */
static void test_lost_to_a_limit(void **state)
{
	(void)state;
	fall_back();
	for (int32_t i = 1; i <= 8; i++)
		data(20 * i, "x");
	expect_drop(&world, data(20 * 9, "x"), DROP_BUFFER_FULL, 1);
	world_wait(&world, 21 * SECOND);
	assert_int_equal(world_events(&world, EVENT_REFUSED_FULL), 1);
}

/** Silence is no end for a client that believes its bytes delivered. */
static void test_refused_in_silence(void **state)
{
	(void)state;
	service.refusal = REFUSE_DROP;
	data(0, "hello");
	expect_acknowledged(&world, data(0, "hello"), 5);
	world_wait(&world, 6 * SECOND);
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 6, "");
}

/** The time-out begins with the round trip of the handshake, and is doubled. */
static void test_sent_again(void **state)
{
	(void)state;
	vouch(100 * MILLISECOND);
	world_wait(&world, 299 * MILLISECOND);
	assert_int_equal(world.count, 0);
	world_wait(&world, MILLISECOND + TICK);
	assert_int_equal(world.count, 1);
	/* what was not acknowledged by us is the client's to repeat */
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "hello");
	world_wait(&world, 570 * MILLISECOND);
	assert_int_equal(world.count, 0);
	world_wait(&world, 40 * MILLISECOND + TICK);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "hello");
	assert_int_equal(world_events(&world, EVENT_FIRST_BYTES_RESENT), 2);
	server_sends(&world, TCP_ACK, 0, 11, NULL);
	world_wait(&world, 100 * SECOND);
	assert_int_equal(world.count, 0);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
}

/** As far as the server has come, and from there on. */
static void test_sent_again_in_part(void **state)
{
	(void)state;
	vouch(0);
	server_sends(&world, TCP_ACK, 0, 2, NULL);
	/* an old acknowledgement is none of the client's business, and passes as it is */
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 3, "");
	world_wait(&world, 199 * MILLISECOND);
	assert_int_equal(world.count, 0);
	world_wait(&world, MILLISECOND + TICK);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 3, SERVER_ISN + 1, "llo");
}

/** Three acknowledgements of the same number tell a loss before the time-out does. */
static void test_duplicates(void **state)
{
	(void)state;
	vouch(0);
	for (int i = 0; i < 2; i++) {
		server_sends(&world, TCP_ACK, 0, 0, NULL);
		assert_int_equal(world.count, 1);
	}
	server_sends(&world, TCP_ACK, 0, 0, NULL);
	assert_int_equal(world.count, 2);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "hello");
	expect_client_gets(&world, 1, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
}

/** A closed window is probed with a byte, for the client does not know of it. */
static void test_closed_window(void **state)
{
	struct wire_tcp syn_ack = server_segment(TCP_SYN | TCP_ACK, -1, 0);

	(void)state;
	data(0, "hello");
	expect_acknowledged(&world, data(0, "hello"), 5);
	data(5, " world");
	syn_ack.window = 0;
	connection_send(&world, &syn_ack);
	assert_int_equal(world.count, 1);
	world_wait(&world, 200 * MILLISECOND + TICK);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "h");
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 2, SERVER_ISN + 1, "ello world");
}

/** A server that takes nothing is given up, and both sides see a reset. */
static void test_given_up(void **state)
{
	(void)state;
	vouch(0);
	for (int i = 0; i < 120; i++)
		world_wait(&world, 2 * SECOND - MILLISECOND);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	while (engine_flows(world.engine, FLOWS_ESTABLISHED) == 1)
		world_wait(&world, SECOND);
	assert_int_equal(world.count, 2);
	expect_client_gets(&world, 0, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 6, "");
	expect_server_gets(&world, 1, TCP_RST, CLIENT_ISN + 1, 0, "");
	assert_int_equal(world_events(&world, EVENT_UNDELIVERED), 1);
}

/** A server that has reset the connection is asked again, so that its client hears of it though the RST was lost. */
static void test_reset_by_the_server(void **state)
{
	(void)state;
	vouch(0);
	assert_int_equal(server_sends(&world, TCP_RST, 0, 0, NULL), VERDICT_FORWARDED);
	world_wait(&world, 200 * MILLISECOND + TICK);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "hello");
}

/** What it has acknowledged by then is enough: nothing is made up to be sent again. */
static void test_reset_after_all(void **state)
{
	(void)state;
	vouch(0);
	client_sends(&world, TCP_RST, 11, 0, NULL);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
	server_sends(&world, TCP_ACK, 0, 5, NULL);
	world_wait(&world, 10 * SECOND);
	assert_int_equal(world.count, 0);
}

/** A SYN in the middle is answered with the number that the client knows. */
static void test_challenge(void **state)
{
	(void)state;
	vouch(0);
	assert_int_equal(client_sends(&world, TCP_SYN, 700, 0, NULL), VERDICT_ANSWERED);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 6, "");
}

#define TEST(name) WORLD_TEST(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_after_a_delay),
		TEST(test_at_once_from_then_on),
		TEST(test_selective),
		TEST(test_fin),
		TEST(test_number),
		TEST(test_again_while_connecting),
		TEST(test_wait_counts_from_progress),
		TEST(test_lost_to_a_limit),
		TEST(test_refused_in_silence),
		TEST(test_sent_again),
		TEST(test_sent_again_in_part),
		TEST(test_duplicates),
		TEST(test_closed_window),
		TEST(test_given_up),
		TEST(test_reset_by_the_server),
		TEST(test_reset_after_all),
		TEST(test_challenge),
	};

	return cmocka_run_group_tests_name("deliver", tests, NULL, NULL);
}

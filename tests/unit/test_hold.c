/* SPDX-License-Identifier: ISC */
/*
 * test_hold.c - what a client sends on our promise to a server whose window is smaller (tcp-splice 1.1, 1.7)
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

static struct world world;

/** start() - a bound flow with "A" on its way; the server's SYN/ACK has this window. Only one flow may wait. */
static void start(uint16_t window)
{
	struct wire_tcp syn_ack = server_segment(TCP_SYN | TCP_ACK, -1, 0);

	syn_ack.window = window;
	world_config(&world);
	world.config.limits.waiting = 1;
	world_make(&world);
	connection_splice_by(&world, &syn_ack);
}

static int setup(void **state)
{
	(void)state;
	start(4);
	return 0;
}

/** server_acks() - the server acknowledges and has room for @window bytes, a multiple of 128 */
static enum verdict server_acks(int32_t acked, uint16_t window)
{
	struct wire_tcp ack = server_segment(TCP_ACK, 0, acked);

	ack.window = window / 128;
	return connection_send(&world, &ack);
}

/** is_record_free() - may another client wait, because the flow's pending record is gone */
static bool is_record_free(void)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);
	uint64_t full = world_drops(&world, DROP_WAITING_FULL);
	uint32_t isn = world.isn;

	world.isn = 0;
	s.source_port = 1;
	connection_send(&world, &s);
	s = client_segment(TCP_ACK, 0, emitted(&world, 0).seq + 1);
	s.source_port = 1;
	connection_send_text(&world, s, "A");
	world.isn = isn;
	return world_drops(&world, DROP_WAITING_FULL) == full;
}

/** What does not fit follows when there is room, as it came first, and the server alone acknowledges it. */
static void test_held(void **state)
{
	(void)state;
	expect_silence(&world, client_sends(&world, TCP_PSH | TCP_ACK, 4, OUR_ISN + 1, "efgh"));
	/* in part inside the window */
	assert_int_equal(client_sends(&world, TCP_ACK, 1, OUR_ISN + 1, "bcd"), VERDICT_FORWARDED);
	expect_silence(&world, client_sends(&world, TCP_PSH | TCP_ACK, 4, OUR_ISN + 1, "EFGH"));
	server_acks(4, 128);
	assert_int_equal(world.count, 2);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 5, SERVER_ISN + 1, "efgh");
	expect_client_gets(&world, 1, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 5, "");
	assert_int_equal(world_events(&world, EVENT_DATA_HELD), 2);
	/* lost on the way: the client repeats it, and only what was first goes to the server */
	client_sends(&world, TCP_PSH | TCP_ACK, 4, OUR_ISN + 1, "EFGH");
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 5, SERVER_ISN + 1, "efgh");
	assert_int_equal(world_events(&world, EVENT_PAYLOAD_KEPT), 1);
	server_acks(8, 128);
	assert_int_equal(world.count, 1);
}

/** What a segment has inside the window goes out, though it was sent before. */
static void test_held_in_part(void **state)
{
	(void)state;
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "Abcdef"), VERDICT_ABSORBED);
	assert_int_equal(world.count, 1);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "Abcd");
	server_acks(4, 128);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 5, SERVER_ISN + 1, "ef");
}

/** The FIN goes behind the data. */
static void test_fin_is_held(void **state)
{
	(void)state;
	expect_silence(&world, client_sends(&world, TCP_FIN | TCP_ACK, 4, OUR_ISN + 1, "ef"));
	client_sends(&world, TCP_ACK, 1, OUR_ISN + 1, "bcd");
	server_acks(4, 128);
	assert_int_equal(world.count, 3);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 5, SERVER_ISN + 1, "ef");
	expect_server_gets(&world, 1, TCP_FIN | TCP_ACK, CLIENT_ISN + 7, SERVER_ISN + 1, "");
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
	/* the buffer stays until the FIN has arrived as well */
	server_acks(6, 128);
	assert_false(is_record_free());
	server_acks(7, 128);
	world_wait(&world, 2 * SECOND);
	assert_true(is_record_free());
}

/** The record goes after a moment, though the window is still smaller than promised; then everything passes. */
static void test_over_after_a_moment(void **state)
{
	(void)state;
	server_acks(1, 128);
	assert_false(is_record_free());
	world_wait(&world, SECOND + SECOND / 10);
	assert_true(is_record_free());
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 1000, OUR_ISN + 1, "late"), VERDICT_FORWARDED);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 1001, SERVER_ISN + 1, "late");
}

/** What is held when the moment is over still follows. */
static void test_still_follows(void **state)
{
	(void)state;
	server_acks(1, 0);
	client_sends(&world, TCP_PSH | TCP_ACK, 1, OUR_ISN + 1, "bcdefg");
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 2, SERVER_ISN + 1, "bcd");
	world_wait(&world, SECOND + SECOND / 10);
	assert_false(is_record_free());
	server_acks(4, 128);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 5, SERVER_ISN + 1, "efg");
	server_acks(7, 128);
	assert_true(is_record_free());
}

/** Who acknowledges a byte of the server knows its window. */
static void test_client_knows(void **state)
{
	struct wire_tcp hello = server_segment(TCP_PSH | TCP_ACK, 0, 1);

	(void)state;
	hello.window = 1;
	connection_send_text(&world, hello, "hello");
	assert_false(is_record_free());
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 1000, OUR_ISN + 6, "x"), VERDICT_FORWARDED);
	assert_true(is_record_free());
}

/** A server with room for all that was promised holds no record, and gets everything at once. */
static void test_large_window(void **state)
{
	(void)state;
	start(32768);
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 32767, OUR_ISN + 1, "z"), VERDICT_FORWARDED);
	server_acks(1, 32768);
	assert_true(is_record_free());
	world_free(&world);
	/* and one byte less is not all */
	start(32767);
	expect_silence(&world, client_sends(&world, TCP_PSH | TCP_ACK, 32767, OUR_ISN + 1, "z"));
}

/** Damaged segments, and those that say more than data, are for the server to judge. */
static void test_not_held(void **state)
{
	struct wire_tcp s = client_segment(TCP_ACK, 4, OUR_ISN + 1);
	uint8_t bytes[128];
	size_t length;

	(void)state;
	s.data = "efgh";
	s.length = 4;
	length = wire_make(&s, bytes);
	bytes[length - 1] ^= 1;
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
	for (unsigned int i = 0; i < 3; i++) {
		static const uint8_t flags[] = { TCP_URG, TCP_ECE, TCP_CWR };

		s.flags = TCP_ACK | flags[i];
		assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	}
	s.flags = TCP_ACK;
	s.traffic_class = 3;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	s.traffic_class = 2;
	expect_silence(&world, connection_send(&world, &s));
}

/** The server learns the newest window of the client with what follows. */
static void test_window_of_the_client(void **state)
{
	struct wire_tcp s = client_segment(TCP_PSH | TCP_ACK, 0, OUR_ISN + 1);

	(void)state;
	s.data = "Abcdef";
	s.length = 6;
	s.window = 77;
	connection_send(&world, &s);
	assert_int_equal(emitted(&world, 0).window, 77);
}

/** What is flushed later announces the client's present window, not the one of before the splice. */
static void test_late_flush_keeps_window(void **state)
{
	struct wire_tcp s;

	(void)state;
	client_sends(&world, TCP_PSH | TCP_ACK, 1, OUR_ISN + 1, "BCDEF");
	/* the server speaks before it has got all, and the client's buffer is full */
	s = server_segment(TCP_PSH | TCP_ACK, 0, 0);
	s.window = 0;
	connection_send_text(&world, s, "hello");
	s = client_segment(TCP_ACK, 6, OUR_ISN + 6);
	s.window = 0;
	connection_send(&world, &s);
	/* room for more */
	server_sends(&world, TCP_ACK, 5, 4, NULL);
	assert_int_equal(world.count, 2);
	s = emitted(&world, 0);
	assert_true(s.ipv6);
	assert_int_equal(s.ack, SERVER_ISN + 6);
	assert_int_equal(s.window, 0);
}

/** A hole that a client never fills holds no record once the bytes in front of it have arrived. */
static void test_hole_holds_no_record(void **state)
{
	(void)state;
	client_sends(&world, TCP_PSH | TCP_ACK, 9, OUR_ISN + 1, "x");
	assert_false(is_record_free());
	server_acks(1, 128);
	world_wait(&world, 2 * SECOND);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	assert_true(is_record_free());
}

/** server_first() - a client that says nothing is connected when time is up, and its record is let go of */
static struct wire_tcp server_first(bool timestamps)
{
	static const struct server servers[] = { { .address = V6(1) } };
	static const uint8_t stamped[] = { 2, 4, 5, 180, 1, 1, 8, 10, 0, 0, 0, 50, 0, 0, 0, 7 };
	static struct service service;
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0), answer;
	uint8_t echo[12];

	world_config(&world);
	service = world.config.services[0];
	service.fallback = (struct server_set){ servers, 1 };
	world.config.services = &service;
	world.config.service_count = 1;
	world.config.limits.waiting = 1;
	world_make(&world);
	world.isn = OUR_ISN;
	s.options = stamped;
	s.options_length = timestamps ? sizeof(stamped) : 4;
	connection_send(&world, &s);
	answer = emitted(&world, 0);
	s = client_segment(TCP_ACK, 0, OUR_ISN + 1);
	s.window = 3000;
	if (timestamps) {
		put_timestamps(echo, 60, wire_u32(option_of(&answer, 8), 2));
		s.options = echo;
		s.options_length = sizeof(echo);
	}
	connection_send(&world, &s);
	world_wait(&world, 6 * SECOND);
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
	s = server_segment(TCP_SYN | TCP_ACK, -1, 0);
	s.options = stamped;
	s.options_length = timestamps ? sizeof(stamped) : 4;
	connection_send(&world, &s);
	expect_server_gets(&world, 0, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "");
	world_wait(&world, 2 * SECOND);
	assert_true(is_record_free());
	return s;
}

/** The server speaks first, and has not got our acknowledgement: it repeats its SYN/ACK, and gets another one. */
static void test_repeated_syn_ack(void **state)
{
	for (int timestamps = 0; timestamps <= 1; timestamps++) {
		static const uint8_t later[] = { 2, 4, 5, 180, 1, 1, 8, 10, 0, 0, 3, 0xe8, 0, 0, 0, 60 };
		struct wire_tcp s, out;

		world_teardown(state);
		s = server_first(timestamps);
		if (timestamps)
			s.options = later;
		for (int i = 0; i < 3; i++) {
			world_wait(&world, 4 * SECOND);
			assert_int_equal(connection_send(&world, &s), VERDICT_ANSWERED);
			assert_int_equal(world.count, 1);
			expect_server_gets(&world, 0, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "");
			out = emitted(&world, 0);
			assert_int_equal(out.window, 3000);
			assert_int_equal(out.options_length, timestamps ? 12 : 0);
			if (timestamps) {
				assert_int_equal(wire_u32(option_of(&out, 8), 2), 60);
				assert_int_equal(wire_u32(option_of(&out, 8), 6), 1000);
			}
		}
		/* another one is not its own, and who has spoken has got the acknowledgement */
		s.seq++;
		expect_drop(&world, connection_send(&world, &s), DROP_TCP_STATE, 1);
		s.seq--;
		s.ack++;
		expect_drop(&world, connection_send(&world, &s), DROP_TCP_STATE, 2);
		s.ack--;
		server_sends(&world, TCP_PSH | TCP_ACK, 0, 0, "220 hello");
		expect_drop(&world, connection_send(&world, &s), DROP_TCP_STATE, 3);
	}
}

/** What is damaged is not answered: its timestamp would be echoed. */
static void test_damaged_syn_ack(void **state)
{
	struct wire_tcp s;
	uint8_t bytes[128];
	size_t length;

	world_teardown(state);
	s = server_first(true);
	length = wire_make(&s, bytes);
	bytes[69] ^= 1;
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_BAD_CHECKSUM, 1);
}

#define TEST(name) WORLD_TEST(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_held),
		TEST(test_held_in_part),
		TEST(test_fin_is_held),
		TEST(test_over_after_a_moment),
		TEST(test_still_follows),
		TEST(test_client_knows),
		WORLD_TEST(test_large_window, NULL),
		TEST(test_not_held),
		TEST(test_window_of_the_client),
		TEST(test_late_flush_keeps_window),
		TEST(test_hole_holds_no_record),
		TEST(test_repeated_syn_ack),
		TEST(test_damaged_syn_ack),
	};

	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}

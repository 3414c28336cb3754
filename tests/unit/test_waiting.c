/* SPDX-License-Identifier: ISC */
/*
 * test_waiting.c - P2: first bytes buffered until a rule can be chosen, row by row of tcp-splice 1.6
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "slow_service.h"

/** expect_connecting() - the rule was chosen: a SYN goes to server @last */
static void expect_connecting(uint8_t last)
{
	assert_int_equal(world.count, 1);
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
	assert_int_equal(emitted(&world, 0).destination6, last);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 1);
}

/** expect_flush() - let the server accept; what it gets is @text, then a FIN if @fin */
static void expect_flush(const char *text, bool fin)
{
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	assert_int_equal(world.count, fin ? 3 : 2);
	expect_server_gets(&world, 0, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "");
	expect_server_gets(&world, 1, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, text);
	if (fin)
		expect_server_gets(&world, 2, TCP_FIN | TCP_ACK, CLIENT_ISN + 1 + (uint32_t)strlen(text),
				   SERVER_ISN + 1, "");
}

/** expect_refused() - RST at the very number that the client expects (RFC 5961), and nothing waits */
static void expect_refused(enum event why)
{
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
	assert_int_equal(world_events(&world, why), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
}

/** No ACK for what the server does not have, as long as the client can do without. */
static void test_in_order_data_is_not_acknowledged(void **state)
{
	(void)state;
	expect_silence(&world, data(0, "hello"));
	world_wait(&world, 30 * MILLISECOND);
	expect_silence(&world, data(5, " "));
	data(6, "world, and more");
	expect_connecting(1);
	expect_silence(&world, data(21, "!"));
	expect_flush("hello world, and more!", false);
}

static void test_retransmission_and_overlap(void **state)
{
	(void)state;
	expect_silence(&world, data(0, "hello"));
	expect_acknowledged(&world, data(0, "hello"), 5);
	expect_acknowledged(&world, data(3, "lo wo"), 8);
	data(2, "llo world");
	expect_connecting(1);
	expect_flush("hello world", false);
}

/** Who repeats what is there does not make us read it again: with other rules meanwhile, one would see it. */
static void test_rules_are_asked_for_new_bytes_only(void **state)
{
	static const struct rule shorter = { .bytes = (const uint8_t *)"hell", .bytes_length = 4, .servers = { h1, 1 },
					     .text = "bytes" };

	(void)state;
	expect_silence(&world, data(0, "hello"));
	expect_acknowledged(&world, data(7, "orl"), 5);
	service.rules = &shorter;
	expect_acknowledged(&world, data(0, "hello"), 5);
	expect_acknowledged(&world, data(2, "l"), 5);
	expect_acknowledged(&world, data(10, "d"), 5);
	data(5, " w");
	expect_connecting(1);
	expect_flush("hello world", false);
}

static void test_other_bytes_for_the_same_range(void **state)
{
	(void)state;
	expect_silence(&world, data(0, "hello w"));
	data(0, "HELLO World");
	expect_connecting(1);
	expect_flush("hello world", false);
}

static void test_out_of_order(void **state)
{
	(void)state;
	expect_acknowledged(&world, data(6, "world"), 0);
	expect_acknowledged(&world, data(2, "llo"), 0);
	expect_acknowledged(&world, data(5, " "), 0);
	data(0, "he");
	expect_connecting(1);
	expect_flush("hello world", false);
}

static void test_keep_alive(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(data(-1, i ? "x" : NULL), VERDICT_ANSWERED);
		assert_int_equal(world.count, 1);
		expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
		/* 32768 bytes behind a shift of 7 */
		assert_int_equal(emitted(&world, 0).window, 256);
		world_wait(&world, SECOND);
	}
	/* also with data in the buffer: nothing of it is acknowledged */
	data(0, "hello");
	data(-1, NULL);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
}

/** The SYN to the server has the newest window, unscaled: 65,535 at most. */
static void test_window_update(void **state)
{
	static const struct {
		uint16_t window;
		uint16_t syn;
	} windows[] = { { 100, 12800 }, { 0, 0 }, { 511, 65408 }, { 512, 65535 }, { 65535, 65535 } };

	(void)state;
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		struct wire_tcp segment = client_segment(TCP_ACK, 0, OUR_ISN + 1);

		if (i > 0)
			setup(NULL);
		data(0, "hello");
		segment.seq += 5;
		segment.window = windows[i].window;
		expect_silence(&world, connection_send(&world, &segment));
		connection_send_text(&world, segment, " world");
		assert_int_equal(emitted(&world, 0).window, windows[i].syn);
		if (i + 1 < sizeof(windows) / sizeof(windows[0]))
			world_free(&world);
	}
}

static void test_early_fin(void **state)
{
	(void)state;
	expect_acknowledged(&world, client_sends(&world, TCP_FIN | TCP_ACK, 11, OUR_ISN + 1, NULL), 0);
	expect_silence(&world, data(0, "hello"));
	data(5, " world");
	expect_connecting(1);
	expect_flush("hello world", true);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
}

/** A FIN says that no more will come: the rules are asked for the last time. */
static void test_fin_without_verdict(void **state)
{
	(void)state;
	expect_silence(&world, data(0, "hello"));
	client_sends(&world, TCP_FIN | TCP_PSH | TCP_ACK, 5, OUR_ISN + 1, " w");
	expect_refused(EVENT_REFUSED_NO_RULE);
}

static void test_fin_to_the_default(void **state)
{
	(void)state;
	fall_back();
	client_sends(&world, TCP_FIN | TCP_ACK, 0, OUR_ISN + 1, "hell");
	expect_connecting(9);
}

/** A FIN behind a hole has to wait for what is missing. */
static void test_fin_behind_a_hole(void **state)
{
	(void)state;
	expect_acknowledged(&world, client_sends(&world, TCP_FIN | TCP_ACK, 2, OUR_ISN + 1, "x"), 0);
	data(0, "he");
	expect_refused(EVENT_REFUSED_NO_RULE);
}

static const struct {
	const char *name;
	int32_t offset;
	bool with_data;
	enum verdict verdict;
} resets[] = {
	{ "first byte", 0, false, VERDICT_ABSORBED },
	{ "first byte, data buffered", 0, true, VERDICT_ABSORBED },
	{ "end of the data", 5, true, VERDICT_ABSORBED },
	{ "inside the data", 3, true, VERDICT_ANSWERED },
	{ "in the window", 30000, false, VERDICT_ANSWERED },
	{ "behind the window", 32769, false, VERDICT_DROPPED },
	{ "below the window", -2, false, VERDICT_DROPPED },
};

/** RFC 5961 3.2: only the exact number ends the connection; another one in the window is challenged. */
static void test_reset(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(resets) / sizeof(resets[0]); i++) {
		enum verdict verdict;

		if (i > 0)
			setup(NULL);
		if (resets[i].with_data)
			data(0, "hello");
		verdict = client_sends(&world, TCP_RST, resets[i].offset, 0, NULL);
		if (verdict != resets[i].verdict)
			fail_msg("%s: %s", resets[i].name, verdict_name(verdict));
		assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), verdict != VERDICT_ABSORBED);
		assert_int_equal(world.count, verdict == VERDICT_ANSWERED);
		if (verdict == VERDICT_ANSWERED)
			expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
		if (verdict == VERDICT_DROPPED)
			assert_int_equal(world_drops(&world, DROP_TCP_WINDOW), 1);
		if (i + 1 < sizeof(resets) / sizeof(resets[0]))
			world_free(&world);
	}
}

/** The answer to a challenge is exact, and ends the connection. */
static void test_challenged_reset(void **state)
{
	(void)state;
	client_sends(&world, TCP_RST, 100, 0, NULL);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
	expect_silence(&world, client_sends(&world, TCP_RST, 0, 0, NULL));
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
}

static void test_same_syn_again(void **state)
{
	(void)state;
	data(0, "hello");
	assert_int_equal(client_sends(&world, TCP_SYN, -1, 0, NULL), VERDICT_ANSWERED);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
	data(5, " world");
	expect_connecting(1);
}

/** Another SYN is answered with a cookie; the old connection stays until the new one proves itself. */
static void test_other_syn(void **state)
{
	struct wire_tcp segment;
	uint32_t isn;

	(void)state;
	data(0, "hello");
	world.isn = 0;
	client_sends(&world, TCP_SYN, 5000, 0, NULL);
	isn = emitted(&world, 0).seq;
	expect_client_gets(&world, 0, TCP_SYN | TCP_ACK, isn, CLIENT_ISN + 5002, "");
	assert_int_not_equal(isn, OUR_ISN);
	expect_silence(&world, data(5, " "));
	assert_int_equal(world_events(&world, EVENT_FLOW_CLOSED), 0);
	segment = client_segment(TCP_ACK, 5001, isn + 1);
	expect_silence(&world, connection_send(&world, &segment));
	assert_int_equal(world_events(&world, EVENT_FLOW_CLOSED), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 1);
	client_sends(&world, TCP_ACK, 5001, isn + 1, "hello world");
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN + 5001, 0, "");
}

static void test_buffer_full_without_verdict(void **state)
{
	(void)state;
	world_free(&world);
	setup(NULL);
	world.config.limits.buffer = 8;
	expect_silence(&world, data(0, "hello w"));
	data(7, "orld");
	expect_refused(EVENT_REFUSED_NO_RULE);
}

static void test_buffer_full_goes_to_the_default(void **state)
{
	(void)state;
	fall_back();
	world.config.limits.buffer = 8;
	data(0, "hello world");
	expect_connecting(9);
	/* the byte behind the buffer is the client's to repeat */
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	assert_int_equal(world.count, 1);
}

static void test_no_data_in_time(void **state)
{
	(void)state;
	world_wait(&world, 5 * SECOND - SECOND / 10);
	assert_int_equal(world.count, 0);
	world_wait(&world, SECOND / 5);
	expect_refused(EVENT_REFUSED_TIMEOUT);
}

static void test_no_data_in_time_goes_to_the_default(void **state)
{
	(void)state;
	fall_back();
	world_wait(&world, 5 * SECOND + SECOND / 10);
	expect_connecting(9);
}

/** Bytes behind a hole: the first ones were lost, and the client repeats them, sooner or later. */
static void test_lost_data_gets_more_time(void **state)
{
	(void)state;
	data(2, "llo world");
	world_wait(&world, 14 * SECOND);
	assert_int_equal(world.count, 0);
	data(0, "he");
	expect_connecting(1);
}

static void test_lost_data_gets_no_more_than_that(void **state)
{
	(void)state;
	data(2, "llo world");
	world_wait(&world, 20 * SECOND - SECOND / 10);
	assert_int_equal(world.count, 0);
	world_wait(&world, SECOND / 5);
	expect_refused(EVENT_REFUSED_TIMEOUT);
}

/** A hole behind bytes that decide nothing is one as well; without it, there is no more time. */
static void test_lost_data_in_between(void **state)
{
	(void)state;
	data(0, "h");
	data(2, "llo world");
	world_wait(&world, 6 * SECOND);
	data(1, "e");
	expect_connecting(1);
}

/** An acknowledgement with a number behind what has come tells of bytes that were lost, and so does a FIN. */
static void test_lost_data_that_an_acknowledgement_shows(void **state)
{
	(void)state;
	fall_back();
	client_sends(&world, TCP_ACK, 11, OUR_ISN + 1, NULL);
	world_wait(&world, 14 * SECOND);
	assert_int_equal(world.count, 0);
	data(0, "hello world");
	expect_connecting(1);
}

static void test_lost_data_that_a_fin_shows(void **state)
{
	(void)state;
	fall_back();
	expect_acknowledged(&world, client_sends(&world, TCP_FIN | TCP_ACK, 11, OUR_ISN + 1, NULL), 0);
	world_wait(&world, 14 * SECOND);
	assert_int_equal(world.count, 0);
	data(0, "hello world");
	expect_connecting(1);
}

/** A client that has what it said lost is not one that says nothing: what is missing may name a host. */
static void test_lost_data_does_not_go_to_the_default(void **state)
{
	(void)state;
	fall_back();
	data(2, "llo world");
	world_wait(&world, 20 * SECOND + SECOND / 10);
	expect_refused(EVENT_REFUSED_TIMEOUT);
}

static void test_refused_in_silence(void **state)
{
	(void)state;
	service.refusal = REFUSE_DROP;
	world_wait(&world, 6 * SECOND);
	assert_int_equal(world.count, 0);
	assert_int_equal(world_events(&world, EVENT_REFUSED_TIMEOUT), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
}

/** What we have to read must be undamaged. */
static void test_damaged_data(void **state)
{
	struct wire_tcp segment = client_segment(TCP_PSH | TCP_ACK, 0, OUR_ISN + 1);
	uint8_t bytes[128];
	size_t length;

	(void)state;
	segment.data = "hello";
	segment.length = 5;
	length = wire_make(&segment, bytes);
	bytes[40] ^= 0x20;
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_BAD_CHECKSUM, 1);
	data(0, "hello world");
	expect_connecting(1);
	expect_flush("hello world", false);
}

static void test_wrong_acknowledgement(void **state)
{
	(void)state;
	expect_drop(&world, client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 2, "hello world"), DROP_TCP_STATE, 1);
	expect_drop(&world, client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN, "hello world"), DROP_TCP_STATE, 2);
}

static void test_outside_the_window(void **state)
{
	(void)state;
	expect_drop(&world, data(32769, "x"), DROP_TCP_WINDOW, 1);
	expect_drop(&world, data(-6, "hello"), DROP_TCP_WINDOW, 2);
	expect_drop(&world, data(INT32_MAX, "x"), DROP_TCP_WINDOW, 3);
	expect_drop(&world, data(INT32_MIN, "x"), DROP_TCP_WINDOW, 4);
	/* partly inside is inside */
	expect_silence(&world, data(-2, "xxhello"));
	data(5, " world");
	expect_connecting(1);
	expect_flush("hello world", false);
}

static void test_too_many_holes(void **state)
{
	(void)state;
	for (int32_t i = 1; i <= 8; i++)
		expect_acknowledged(&world, data(20 * i, "x"), 0);
	expect_drop(&world, data(20 * 9, "x"), DROP_BUFFER_FULL, 1);
	/* what closes a hole is welcome */
	data(0, "hello world 78901234");
	expect_connecting(1);
}

/** Sequence numbers wrap in the middle of the first data. */
static void test_wrap_of_sequence_numbers(void **state)
{
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0);

	(void)state;
	segment.source_port = 5;
	segment.seq = UINT32_MAX - 3;
	connection_send(&world, &segment);
	segment = client_segment(TCP_PSH | TCP_ACK, 0, OUR_ISN + 1);
	segment.source_port = 5;
	segment.seq = UINT32_MAX - 2;
	expect_silence(&world, connection_send_text(&world, segment, "hello"));
	segment.seq = 2;
	connection_send_text(&world, segment, " world");
	assert_int_equal(world.count, 1);
	assert_int_equal(emitted(&world, 0).seq, UINT32_MAX - 3);
}

/** Super-packets reach us with a partial checksum; they are as good as any. */
static void test_super_packet(void **state)
{
	const struct offload offload = { GSO_TCP4, false, true, 4, 20, 16 };
	struct wire_tcp segment = client_segment(TCP_PSH | TCP_ACK, 0, OUR_ISN + 1);

	(void)state;
	segment.data = "hello world";
	segment.length = 11;
	connection_send_partial(&world, &segment, &offload);
	expect_connecting(1);
	expect_flush("hello world", false);
}

#define TEST(name) WORLD_TEST(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_in_order_data_is_not_acknowledged),
		TEST(test_retransmission_and_overlap),
		TEST(test_rules_are_asked_for_new_bytes_only),
		TEST(test_other_bytes_for_the_same_range),
		TEST(test_out_of_order),
		TEST(test_keep_alive),
		TEST(test_window_update),
		TEST(test_early_fin),
		TEST(test_fin_without_verdict),
		TEST(test_fin_to_the_default),
		TEST(test_fin_behind_a_hole),
		TEST(test_reset),
		TEST(test_challenged_reset),
		TEST(test_same_syn_again),
		TEST(test_other_syn),
		TEST(test_buffer_full_without_verdict),
		TEST(test_buffer_full_goes_to_the_default),
		TEST(test_no_data_in_time),
		TEST(test_no_data_in_time_goes_to_the_default),
		TEST(test_lost_data_gets_more_time),
		TEST(test_lost_data_gets_no_more_than_that),
		TEST(test_lost_data_in_between),
		TEST(test_lost_data_that_an_acknowledgement_shows),
		TEST(test_lost_data_that_a_fin_shows),
		TEST(test_lost_data_does_not_go_to_the_default),
		TEST(test_refused_in_silence),
		TEST(test_damaged_data),
		TEST(test_wrong_acknowledgement),
		TEST(test_outside_the_window),
		TEST(test_too_many_holes),
		TEST(test_wrap_of_sequence_numbers),
		TEST(test_super_packet),
	};

	return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}

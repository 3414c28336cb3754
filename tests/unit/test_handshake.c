/* SPDX-License-Identifier: ISC */
/*
 * test_handshake.c - P1: how a client's SYN is answered, and what completes the handshake (tcp-splice 1.4, 1.5)
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

static struct world world;

/** syn() - a SYN with options; returns what it is answered with */
static struct wire_tcp syn(uint8_t flags, const uint8_t *options, size_t length)
{
	struct wire_tcp segment = client_segment(TCP_SYN | flags, -1, 0);

	segment.options = options;
	segment.options_length = length;
	assert_int_equal(connection_send(&world, &segment), VERDICT_ANSWERED);
	assert_int_equal(world.count, 1);
	return emitted(&world, 0);
}

enum { MSS = 1, SCALE = 2, SACK = 4, TIMESTAMPS = 8 };

static const struct {
	const char *name;
	uint8_t length;
	uint8_t options[36];
	int answered;
} answers[] = {
	{ "no options", 0, { 0 }, MSS },
	{ "MSS", 4, { 2, 4, 5, 180 }, MSS },
	{ "scale", 4, { 3, 3, 5, 1 }, MSS | SCALE },
	{ "scale 0", 4, { 3, 3, 0, 1 }, MSS | SCALE },
	{ "SACK", 4, { 4, 2, 1, 1 }, MSS | SACK },
	{ "timestamps", 12, { 1, 1, 8, 10, 0, 0, 0, 9 }, MSS | TIMESTAMPS },
	{ "Linux", 20, { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7 }, 15 },
	{ "Fast Open", 16, { 2, 4, 5, 180, 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1 }, MSS },
	{ "multipath", 16, { 2, 4, 5, 180, 30, 12, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8 }, MSS },
	{ "experiment and SMC", 12, { 253, 6, 1, 2, 3, 4, 254, 6, 0xe2, 0xd4, 0xc3, 0xd9 }, MSS },
	{ "AccECN option", 16, { 172, 11, 0, 0, 1, 0, 0, 1, 0, 0, 1, 4, 2, 1, 1, 1 }, MSS | SACK },
};

/** check_answer() - the options are those of the set, each with our value, and nothing else */
static void check_answer(const struct wire_tcp *answer, int set, const char *name)
{
	size_t length = (set & MSS ? 4 : 0) + (set & SCALE ? 4 : 0) + (set & TIMESTAMPS ? 12 : 0) +
			((set & (SACK | TIMESTAMPS)) == SACK ? 4 : 0);

	if (answer->options_length != length)
		fail_msg("%s: %zu bytes of options, expected %zu", name, answer->options_length, length);
	assert_int_equal(option_of(answer, 2) != NULL, (set & MSS) != 0);
	assert_int_equal(option_of(answer, 3) != NULL, (set & SCALE) != 0);
	assert_int_equal(option_of(answer, 4) != NULL, (set & SACK) != 0);
	assert_int_equal(option_of(answer, 8) != NULL, (set & TIMESTAMPS) != 0);
	if (set & MSS)
		assert_int_equal(wire_u16(option_of(answer, 2), 2), 1440);
	if (set & SCALE)
		assert_int_equal(wire_u16(option_of(answer, 3), 1), 3 * 256 + 7);
	if (set & TIMESTAMPS)
		assert_int_equal(wire_u32(option_of(answer, 8), 6), 9);
}

static void test_answer_is_built_from_a_whitelist(void **state)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct wire_tcp answer;

		world_teardown(state);
		world_setup(state);
		answer = syn(0, answers[i].options, answers[i].length);
		assert_int_equal(answer.flags, TCP_SYN | TCP_ACK);
		assert_int_equal(answer.ack, CLIENT_ISN + 1);
		assert_int_equal(answer.window, 32768);
		assert_int_equal(answer.hop_limit, 64);
		assert_int_equal(answer.urgent, 0);
		/* RFC 6864: no identification where nothing can be fragmented */
		assert_int_equal(wire_u16(world.packets[0].bytes, 4), 0);
		assert_int_equal(wire_u16(world.packets[0].bytes, 6), 0x4000);
		check_answer(&answer, answers[i].answered, answers[i].name);
	}
}

static void test_configuration_limits_the_promise(void **state)
{
	struct wire_tcp answer;

	(void)state;
	world.config.tcp.sack = false;
	world.config.tcp.timestamps = false;
	world.config.tcp.mss = 1200;
	answer = syn(0, answers[6].options, answers[6].length);
	assert_int_equal(wire_u16(option_of(&answer, 2), 2), 1200);
	assert_non_null(option_of(&answer, 3));
	assert_null(option_of(&answer, 4));
	assert_null(option_of(&answer, 8));
}

/** No ECN bit comes back, classic or accurate: mirrored bits look like a broken path (RFC 9768). */
static void test_no_ecn(void **state)
{
	static const uint8_t flags[] = { TCP_ECE, TCP_CWR, TCP_ECE | TCP_CWR };
	uint8_t bytes[128];
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(flags); i++)
		assert_int_equal(syn(flags[i], NULL, 0).flags, TCP_SYN | TCP_ACK);
	length = wire_make(&(struct wire_tcp){ .source4 = WORLD_CLIENT, .destination4 = WORLD_SERVICE, .source_port = 9,
					       .destination_port = 80, .flags = TCP_SYN | TCP_ECE | TCP_CWR }, bytes);
	bytes[32] |= 1;
	wire_seal(bytes, length);
	world_input(&world, bytes, length, NULL);
	assert_int_equal(world.packets[0].bytes[32] & 0xf, 0);
}

static void test_signed_syn_is_not_answered(void **state)
{
	static const uint8_t md5[20] = { 19, 18 }, ao[20] = { 29, 16, 1, 1 };
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0);

	(void)state;
	segment.options = md5;
	segment.options_length = sizeof(md5);
	expect_drop(&world, connection_send(&world, &segment), DROP_TCP_SIGNED, 1);
	segment.options = ao;
	expect_drop(&world, connection_send(&world, &segment), DROP_TCP_SIGNED, 2);
}

static void test_impossible_options(void **state)
{
	static const uint8_t options[4] = { 2, 9, 5, 180 };
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0);

	(void)state;
	segment.options = options;
	segment.options_length = sizeof(options);
	expect_drop(&world, connection_send(&world, &segment), DROP_TCP_OPTIONS, 1);
}

static void test_impossible_flags(void **state)
{
	static const uint8_t flags[] = { 0, TCP_FIN, TCP_PSH, TCP_URG, TCP_FIN | TCP_PSH | TCP_URG, TCP_SYN | TCP_FIN,
					 TCP_SYN | TCP_RST, TCP_SYN | TCP_FIN | TCP_RST, TCP_SYN | TCP_FIN | TCP_ACK,
					 TCP_ECE, TCP_CWR, 0xff };

	(void)state;
	for (size_t i = 0; i < sizeof(flags); i++) {
		expect_drop(&world, client_sends(&world, flags[i], -1, 0, NULL), DROP_TCP_FLAGS, 2 * i + 1);
		expect_drop(&world, server_sends(&world, flags[i], -1, 0, NULL), DROP_TCP_FLAGS, 2 * i + 2);
	}
}

static void test_damaged_syn(void **state)
{
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0);
	uint8_t bytes[128];
	size_t length = wire_make(&segment, bytes);

	(void)state;
	bytes[25] ^= 1;
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_BAD_CHECKSUM, 1);
}

/** Data in a SYN is neither acknowledged nor kept; the client repeats it (RFC 7413). */
static void test_data_in_syn(void **state)
{
	(void)state;
	world.isn = OUR_ISN;
	client_sends(&world, TCP_SYN, -1, 0, "A");
	expect_client_gets(&world, 0, TCP_SYN | TCP_ACK, OUR_ISN, CLIENT_ISN + 1, "");
	expect_silence(&world, client_sends(&world, TCP_ACK, 0, OUR_ISN + 1, NULL));
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 1);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
}

static void test_syn_ack_of_a_client(void **state)
{
	(void)state;
	client_sends(&world, TCP_SYN | TCP_ACK, -1, 0x1234, NULL);
	expect_client_gets(&world, 0, TCP_RST, 0x1234, 0, "");
}

static void test_port_without_service(void **state)
{
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0), answer;

	(void)state;
	segment.destination_port = 81;
	assert_int_equal(connection_send(&world, &segment), VERDICT_ANSWERED);
	answer = emitted(&world, 0);
	assert_int_equal(answer.flags, TCP_RST | TCP_ACK);
	assert_int_equal(answer.seq, 0);
	assert_int_equal(answer.ack, CLIENT_ISN + 1);
	assert_int_equal(world_events(&world, EVENT_REFUSED_PORT), 1);
}

/** RFC 9293 3.10.7.1: the number that the sender will accept. Never to a RST. */
static void test_bad_cookie(void **state)
{
	(void)state;
	client_sends(&world, TCP_ACK, 0, 0xdeadbeef, NULL);
	expect_client_gets(&world, 0, TCP_RST, 0xdeadbeef, 0, "");
	client_sends(&world, TCP_PSH | TCP_ACK, 100, 0xdeadbeef, "A");
	expect_client_gets(&world, 0, TCP_RST, 0xdeadbeef, 0, "");
	client_sends(&world, TCP_FIN | TCP_ACK, 100, 0xdeadbeef, NULL);
	expect_client_gets(&world, 0, TCP_RST, 0xdeadbeef, 0, "");
	assert_int_equal(world_events(&world, EVENT_COOKIE_BAD), 3);
	expect_drop(&world, client_sends(&world, TCP_RST, 0, 0, NULL), DROP_TCP_NO_FLOW, 1);
	expect_drop(&world, client_sends(&world, TCP_RST | TCP_ACK, 0, 1, NULL), DROP_TCP_NO_FLOW, 2);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
}

/** forget() - let the half-open record expire: from now on there is only the cookie */
static void forget(void)
{
	world_wait(&world, 20 * SECOND);
}

static void test_cookie_without_record(void **state)
{
	uint32_t isn = syn(0, answers[6].options, 4).seq;

	(void)state;
	forget();
	expect_silence(&world, client_sends(&world, TCP_ACK, 0, isn + 1, NULL));
	assert_int_equal(world_events(&world, EVENT_CLIENT_CONNECTED), 1);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A");
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
}

/** The handshake may also be completed by the first data, its bare ACK being lost. */
static void test_cookie_completed_by_data(void **state)
{
	uint32_t isn = syn(0, answers[6].options, 4).seq;

	(void)state;
	forget();
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A"), VERDICT_ABSORBED);
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
}

/** A keep-alive is one below the first byte, with or without a byte in it. */
static void test_cookie_completed_by_keep_alive(void **state)
{
	for (int with_byte = 0; with_byte < 2; with_byte++) {
		uint32_t isn;

		world_teardown(state);
		world_setup(state);
		isn = syn(0, NULL, 0).seq;
		forget();
		client_sends(&world, TCP_ACK, -1, isn + 1, with_byte ? "x" : NULL);
		expect_client_gets(&world, 0, TCP_ACK, isn + 1, CLIENT_ISN + 1, "");
		assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 1);
	}
}

static void test_cookie_too_old(void **state)
{
	uint32_t isn = syn(0, NULL, 0).seq;

	(void)state;
	world_wait(&world, 140 * SECOND);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A");
	expect_client_gets(&world, 0, TCP_RST, isn + 1, 0, "");
}

/** A service whose clients may wait for an hour with their first data: that does not prolong their cookies. */
static void test_cookie_does_not_grow_with_wait(void **state)
{
	static const int64_t ages[] = { 63, 129 };
	struct service patient = world.config.services[0];

	world_teardown(state);
	world_config(&world);
	patient.wait = 3600 * SECOND;
	world.config.services = &patient;
	world.config.service_count = 1;
	world_make(&world);
	for (int32_t i = 0; i < 2; i++) {
		uint32_t isn;

		client_sends(&world, TCP_SYN, i * 1000 - 1, 0, NULL);
		isn = emitted(&world, 0).seq;
		world_wait(&world, ages[i] * SECOND);
		client_sends(&world, TCP_PSH | TCP_ACK, i * 1000, isn + 1, "A");
		assert_int_equal(world_events(&world, EVENT_CLIENT_CONNECTED), 1);
	}
}

static void test_cookie_of_another_client(void **state)
{
	uint32_t isn = syn(0, NULL, 0).seq;
	struct wire_tcp segment = client_segment(TCP_ACK, 0, isn + 1);

	(void)state;
	forget();
	segment.source_port++;
	assert_int_equal(connection_send(&world, &segment), VERDICT_ANSWERED);
	assert_int_equal(emitted(&world, 0).flags, TCP_RST);
}

/** What the client offered comes out of the cookie again, rounded down; exactly with timestamps. */
static void test_cookie_carries_the_promises(void **state)
{
	static const uint8_t plain[] = { 2, 4, 5, 100, 3, 3, 5, 1, 4, 2, 1, 1 };
	static const uint8_t stamped[] = { 2, 4, 5, 100, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 5 };
	uint8_t echo[12];
	struct wire_tcp answer, data, to_server;

	answer = syn(0, plain, sizeof(plain));
	forget();
	client_sends(&world, TCP_PSH | TCP_ACK, 0, answer.seq + 1, "A");
	to_server = emitted(&world, 0);
	assert_int_equal(wire_u16(option_of(&to_server, 2), 2), 1360);
	assert_int_equal(wire_u16(option_of(&to_server, 3), 1), 3 * 256 + 4);
	assert_non_null(option_of(&to_server, 4));
	assert_null(option_of(&to_server, 8));
	world_teardown(state);

	world_setup(state);
	answer = syn(0, stamped, sizeof(stamped));
	put_timestamps(echo, 77, wire_u32(option_of(&answer, 8), 2));
	forget();
	data = client_segment(TCP_PSH | TCP_ACK, 0, answer.seq + 1);
	data.options = echo;
	data.options_length = sizeof(echo);
	connection_send_text(&world, data, "A");
	to_server = emitted(&world, 0);
	assert_int_equal(wire_u16(option_of(&to_server, 3), 1), 3 * 256 + 5);
	assert_int_equal(wire_u32(option_of(&to_server, 8), 2), 77);
	assert_int_equal(wire_u32(option_of(&to_server, 8), 6), 0);
}

static void test_repeated_syn_gets_the_same_answer(void **state)
{
	struct wire_tcp first = syn(0, answers[6].options, 20), again;
	uint32_t stamp = wire_u32(option_of(&first, 8), 2), isn = first.seq;

	(void)state;
	world_wait(&world, SECOND / 2);
	again = syn(0, answers[6].options, 20);
	assert_int_equal(again.seq, isn);
	assert_int_equal(wire_u32(option_of(&again, 8), 2), stamp);
}

static void test_syn_ack_is_repeated_thrice(void **state)
{
	static const int64_t waits[] = { 1, 2, 4 };

	(void)state;
	world.isn = OUR_ISN;
	syn(0, NULL, 0);
	world_wait(&world, SECOND / 10);
	for (size_t i = 0; i < 3; i++) {
		world_wait(&world, waits[i] * SECOND - SECOND / 5);
		assert_int_equal(world.count, 0);
		world_wait(&world, SECOND / 5);
		assert_int_equal(world.count, 1);
		expect_client_gets(&world, 0, TCP_SYN | TCP_ACK, OUR_ISN, CLIENT_ISN + 1, "");
	}
	world_wait(&world, 3600 * SECOND);
	assert_int_equal(world.count, 0);
	assert_int_equal(engine_timers(world.engine, world.now), INT64_MAX);
}

static void test_no_repetition_after_the_handshake(void **state)
{
	(void)state;
	connection_accept(&world);
	world_wait(&world, 4 * SECOND);
	assert_int_equal(world.count, 0);
}

/** fill_half_open() - SYNs of strangers, until every place of the half-open table is taken */
static void fill_half_open(void)
{
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0);

	for (uint32_t i = 0; i < 12000; i++) {
		segment.source4 = 0x0a010000 + i;
		connection_send(&world, &segment);
	}
}

/** Under a flood there is no record for most, and the handshake still completes; memory does not grow. */
static void test_flood(void **state)
{
	uint32_t isn;

	(void)state;
	fill_half_open();
	assert_int_equal(world_events(&world, EVENT_SYN_COOKIE), 12000);
	assert_int_equal(world_events(&world, EVENT_FLOW_OPENED), 0);
	isn = syn(0, NULL, 0).seq;
	/* a later segment alone proves nothing, with or without data; that is no reason for a reset */
	expect_drop(&world, client_sends(&world, TCP_PSH | TCP_ACK, 5, isn + 1, "later"), DROP_TCP_NO_FLOW, 1);
	expect_drop(&world, client_sends(&world, TCP_ACK, 5, isn + 1, NULL), DROP_TCP_NO_FLOW, 2);
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A"), VERDICT_ABSORBED);
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
	/* no more than three repetitions of each of 1024 records come out of all those SYNs */
	world_wait(&world, 60 * SECOND);
	assert_in_range(engine_counters(world.engine)->emitted, 12002, 12002 + 3 * 1024 + 10);
}

/** The same when the strangers have gone before the segment comes: there was no record for our SYN. */
static void test_after_a_flood(void **state)
{
	uint32_t isn;

	(void)state;
	fill_half_open();
	isn = syn(0, NULL, 0).seq;
	world_wait(&world, 20 * SECOND);
	expect_drop(&world, client_sends(&world, TCP_PSH | TCP_ACK, 5, isn + 1, "later"), DROP_TCP_NO_FLOW, 1);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A");
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
	client_sends(&world, TCP_RST, 1, 0, NULL);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 0);
	/* when the cookie is too old, so is the excuse */
	world_wait(&world, 60 * SECOND);
	client_sends(&world, TCP_PSH | TCP_ACK, 5, isn + 1, "later");
	expect_client_gets(&world, 0, TCP_RST, isn + 1, 0, "");
}

/**
 * The same while the record of an older connection is kept for late segments: these go on to its server, which would
 * answer those of the new connection with a RST at the very number that the client expects.
 */
static void test_flood_after_a_connection(void **state)
{
	const int32_t later = 20000000;
	uint32_t isn = syn(0, NULL, 0).seq;

	(void)state;
	client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A");
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	server_sends(&world, TCP_RST | TCP_ACK, 0, 1, NULL);
	fill_half_open();
	assert_int_equal(client_sends(&world, TCP_ACK, 1, isn + 1, NULL), VERDICT_FORWARDED);
	client_sends(&world, TCP_SYN, later - 1, 0, NULL);
	isn = emitted(&world, 0).seq;
	expect_drop(&world, client_sends(&world, TCP_PSH | TCP_ACK, later + 5, isn + 1, "later"), DROP_TCP_NO_FLOW, 1);
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, later, isn + 1, "A"), VERDICT_ABSORBED);
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN + (uint32_t)later, 0, "");
}

/** A stranger's SYN takes the record of a client's: what then overtakes its first data is no reason to reset it. */
static void test_out_of_order_after_a_forged_syn(void **state)
{
	uint32_t isn = syn(0, NULL, 0).seq;

	(void)state;
	client_sends(&world, TCP_SYN, 777777, 0, NULL);
	expect_drop(&world, client_sends(&world, TCP_PSH | TCP_ACK, 1, isn + 1, "later"), DROP_TCP_NO_FLOW, 1);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A");
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
}

/** With a record, data that arrives out of order completes the handshake as well. */
static void test_out_of_order_with_record(void **state)
{
	uint32_t isn = syn(0, NULL, 0).seq;

	(void)state;
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 1, isn + 1, "later"), VERDICT_ANSWERED);
	expect_client_gets(&world, 0, TCP_ACK, isn + 1, CLIENT_ISN + 1, "");
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 1);
	client_sends(&world, TCP_ACK, 0, isn + 1, "A");
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
}

static void test_damaged_final_ack(void **state)
{
	struct wire_tcp segment = client_segment(TCP_ACK, 0, syn(0, NULL, 0).seq + 1);
	uint8_t bytes[128];
	size_t length = wire_make(&segment, bytes);

	(void)state;
	bytes[35] ^= 1;
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_BAD_CHECKSUM, 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
}

/** A bit error in a number makes a segment belong to no connection: the one it came from is not reset for that. */
static void test_damaged_stranger(void **state)
{
	struct wire_tcp segment = client_segment(TCP_ACK, 0, syn(0, NULL, 0).seq + 1);
	uint8_t bytes[128];
	size_t length = wire_make(&segment, bytes);

	(void)state;
	bytes[24] ^= 0x40;
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_BAD_CHECKSUM, 1);
	expect_silence(&world, connection_send(&world, &segment));
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_answer_is_built_from_a_whitelist, world_setup),
		WORLD_TEST(test_configuration_limits_the_promise, world_setup),
		WORLD_TEST(test_no_ecn, world_setup),
		WORLD_TEST(test_signed_syn_is_not_answered, world_setup),
		WORLD_TEST(test_impossible_options, world_setup),
		WORLD_TEST(test_impossible_flags, world_setup),
		WORLD_TEST(test_damaged_syn, world_setup),
		WORLD_TEST(test_data_in_syn, world_setup),
		WORLD_TEST(test_syn_ack_of_a_client, world_setup),
		WORLD_TEST(test_port_without_service, world_setup),
		WORLD_TEST(test_bad_cookie, world_setup),
		WORLD_TEST(test_cookie_without_record, world_setup),
		WORLD_TEST(test_cookie_completed_by_data, world_setup),
		WORLD_TEST(test_cookie_completed_by_keep_alive, world_setup),
		WORLD_TEST(test_cookie_too_old, world_setup),
		WORLD_TEST(test_cookie_does_not_grow_with_wait, world_setup),
		WORLD_TEST(test_cookie_of_another_client, world_setup),
		WORLD_TEST(test_cookie_carries_the_promises, world_setup),
		WORLD_TEST(test_repeated_syn_gets_the_same_answer, world_setup),
		WORLD_TEST(test_syn_ack_is_repeated_thrice, world_setup),
		WORLD_TEST(test_no_repetition_after_the_handshake, world_setup),
		WORLD_TEST(test_flood, world_setup),
		WORLD_TEST(test_after_a_flood, world_setup),
		WORLD_TEST(test_flood_after_a_connection, world_setup),
		WORLD_TEST(test_out_of_order_with_record, world_setup),
		WORLD_TEST(test_out_of_order_after_a_forged_syn, world_setup),
		WORLD_TEST(test_damaged_final_ack, world_setup),
		WORLD_TEST(test_damaged_stranger, world_setup),
	};

	return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}

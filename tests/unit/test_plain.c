/* SPDX-License-Identifier: ISC */
/*
 * test_plain.c - connections of a service without rules: the handshake goes end to end, numbers stay as they are
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect.h"
#include "nat46/ack_storm.h"

#define PORT 8080

/** Longer than a server may take to answer a SYN. */
#define LONG_AFTER (60 * INT64_C(1000000000))

/** Longer than a connection may be opening, and the hand that comes by is late. */
#define OPENING (15 * SECOND)

static struct world world;

static struct wire_tcp from_client(uint8_t flags, int32_t offset, uint32_t ack)
{
	struct wire_tcp s = client_segment(flags, offset, ack);

	s.destination_port = PORT;
	return s;
}

static struct wire_tcp from_server(uint8_t flags, int32_t offset, int32_t acked)
{
	struct wire_tcp s = server_segment(flags, offset, acked);

	s.source_port = PORT;
	return s;
}

/** client_passes(), server_passes() - a segment goes to the other side; returns what came out */
static struct wire_tcp client_passes(uint8_t flags, int32_t offset, uint32_t ack)
{
	struct wire_tcp s = from_client(flags, offset, ack);

	return through(&world, &s);
}

static struct wire_tcp server_passes(uint8_t flags, int32_t offset, int32_t acked)
{
	struct wire_tcp s = from_server(flags, offset, acked);

	return through(&world, &s);
}

/** is_challenged() - a SYN with another number is answered with these of the old connection, and goes no further */
static void is_challenged(uint32_t seq, uint32_t ack)
{
	struct wire_tcp s = from_client(TCP_SYN, 5000000, 0);

	assert_int_equal(connection_send(&world, &s), VERDICT_ANSWERED);
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_ACK, seq, ack, "");
}

static void connect(void)
{
	client_passes(TCP_SYN, -1, 0);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	client_passes(TCP_ACK, 0, SERVER_ISN + 1);
}

static void expect_flows(uint32_t connecting, uint32_t established)
{
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), connecting);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), established);
}

/** lives_on() - the connection whose server stands @offset behind its first byte is there after a long silence */
static void lives_on(int32_t offset, int32_t acked)
{
	expect_flows(0, 1);
	world_wait(&world, LONG_AFTER);
	assert_int_equal(server_passes(TCP_ACK, offset, acked).seq, SERVER_ISN + 1 + (uint32_t)offset);
}

/** close() - both sides say that they have said all, and the last acknowledgement is missing */
static void close(void)
{
	server_passes(TCP_FIN | TCP_ACK, 0, 0);
	client_passes(TCP_FIN | TCP_ACK, 0, SERVER_ISN + 2);
}

/** Only the MSS is touched. */
static void test_handshake(void **state)
{
	static const uint8_t options[] = { 2, 4, 0x22, 0xec, 30, 4, 1, 2, 3, 3, 9, 1 };
	struct wire_tcp s = from_client(TCP_SYN, -1, 0), out;

	(void)state;
	s.options = options;
	s.options_length = sizeof(options);
	out = through(&world, &s);
	assert_int_equal(out.flags, TCP_SYN);
	assert_int_equal(out.destination_port, PORT);
	assert_int_equal(wire_u16(out.options, 2), 1440);
	assert_memory_equal(out.options + 4, options + 4, 8);
	assert_int_equal(out.hop_limit, 63);
	s = from_server(TCP_SYN | TCP_ACK, -1, 0);
	s.options = options;
	s.options_length = sizeof(options);
	out = through(&world, &s);
	assert_int_equal(out.seq, SERVER_ISN);
	assert_int_equal(out.ack, CLIENT_ISN + 1);
	assert_int_equal(out.window, 64800);
	assert_int_equal(out.source_port, PORT);
	assert_int_equal(wire_u16(out.options, 2), 1440);
	expect_flows(1, 0);
	s = from_client(TCP_ACK, 0, SERVER_ISN + 1);
	s.options = options + 4;
	s.options_length = 4;
	out = through(&world, &s);
	assert_int_equal(out.ack, SERVER_ISN + 1);
	assert_memory_equal(out.options, options + 4, 4);
	expect_flows(0, 1);
}

/** stamped() - the same with timestamps */
static struct wire_tcp stamped(struct wire_tcp s, uint32_t value, uint32_t echo)
{
	static uint8_t options[12];

	put_timestamps(options, value, echo);
	s.options = options;
	s.options_length = sizeof(options);
	return through(&world, &s);
}

/** What we say in the midst of it has timestamps where both ends have; they are those that the hosts chose. */
static void test_challenge_has_timestamps(void **state)
{
	struct wire_tcp s;

	(void)state;
	stamped(from_client(TCP_SYN, -1, 0), 1000, 0);
	stamped(from_server(TCP_SYN | TCP_ACK, -1, 0), 0xfffffff0, 1000);
	stamped(from_client(TCP_ACK, 0, SERVER_ISN + 1), 1005, 0xfffffff0);
	is_challenged(SERVER_ISN + 1, CLIENT_ISN + 1);
	s = emitted(&world, 0);
	assert_int_equal(wire_u32(option_of(&s, 8), 2), 0xfffffff0);
	assert_int_equal(wire_u32(option_of(&s, 8), 6), 1005);
	stamped(from_server(TCP_ACK, 0, 0), 20, 1005);
	world_wait(&world, SECOND);
	is_challenged(SERVER_ISN + 1, CLIENT_ISN + 1);
	s = emitted(&world, 0);
	assert_int_equal(wire_u32(option_of(&s, 8), 2), 20);
}

/** A SYN in the name of a client that is not there, answered by the server: soon forgotten, whatever else is sent. */
static void test_forged_handshake(void **state)
{
	(void)state;
	client_passes(TCP_SYN, -1, 0);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	client_passes(TCP_ACK, 0, SERVER_ISN);
	client_passes(TCP_ACK, 0, SERVER_ISN + 2 + UINT16_MAX);
	client_passes(TCP_ACK, -1, SERVER_ISN + 1);
	client_passes(TCP_ACK, 1 + UINT16_MAX, SERVER_ISN + 1);
	client_passes(TCP_RST | TCP_ACK, 0, SERVER_ISN + 1);
	expect_flows(1, 0);
	world_wait(&world, OPENING);
	expect_flows(0, 0);
	assert_int_equal(world.sessions, 0);
}

/** The client's first acknowledgement is lost, and its first byte: what follows shows that it is there. */
static void test_first_acknowledgement_lost(void **state)
{
	(void)state;
	client_passes(TCP_SYN, -1, 0);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	client_passes(TCP_ACK, 1, SERVER_ISN + 1);
	lives_on(0, 0);
}

/** The same where the server speaks first, and has said more by then. */
static void test_first_acknowledgements_lost(void **state)
{
	(void)state;
	client_passes(TCP_SYN, -1, 0);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	server_passes(TCP_ACK, 300, 0);
	client_passes(TCP_ACK, 0, SERVER_ISN + 400);
	lives_on(400, 0);
}

/** Two SYNs and an ACK, without any server. */
static void test_forged_without_server(void **state)
{
	(void)state;
	client_passes(TCP_SYN, -1, 0);
	client_passes(TCP_SYN, 777777, 0);
	client_passes(TCP_ACK, 0, 0);
	client_passes(TCP_ACK, 0, CLIENT_ISN + 777778);
	client_passes(TCP_ACK, 777778, 1);
	expect_flows(1, 0);
	world_wait(&world, OPENING);
	expect_flows(0, 0);
}

/** A client that begins anew, while the last acknowledgement of the old connection is lost, gets a new flow. */
static void test_reuse(void **state)
{
	(void)state;
	connect();
	close();
	is_challenged(SERVER_ISN + 2, CLIENT_ISN + 1);
	/* its client does not know the old connection any more (RFC 9293 3.10.7.3) */
	assert_int_equal(client_passes(TCP_RST, 0, 0).flags, TCP_RST);
	assert_int_equal(client_passes(TCP_SYN, 5000000, 0).seq, CLIENT_ISN + 5000001);
	assert_int_equal(world_events(&world, EVENT_PLAIN_OPENED), 2);
	server_passes(TCP_SYN | TCP_ACK, 4000000, 5000001);
	client_passes(TCP_ACK, 5000001, SERVER_ISN + 4000002);
	expect_flows(0, 1);
}

/** A stranger's SYN takes a connection away from nobody, not even while both sides close; the client's own passes. */
static void test_syn_on_a_live_connection(void **state)
{
	(void)state;
	connect();
	assert_int_equal(client_passes(TCP_SYN, -1, 0).seq, CLIENT_ISN);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	is_challenged(SERVER_ISN + 1, CLIENT_ISN + 1);
	close();
	world_wait(&world, SECOND);
	is_challenged(SERVER_ISN + 2, CLIENT_ISN + 1);
	world_wait(&world, LONG_AFTER);
	assert_int_equal(world_events(&world, EVENT_FLOW_CLOSED), 0);
	assert_int_equal(client_passes(TCP_FIN | TCP_ACK, 0, SERVER_ISN + 2).ack, SERVER_ISN + 2);
	assert_int_equal(server_passes(TCP_ACK, 1, 1).seq, SERVER_ISN + 2);
	assert_int_equal(world_events(&world, EVENT_PLAIN_OPENED), 1);
}

/** A SYN or SYN/ACK with a guessed number, while a client waits for its server, does not lose the connection. */
static void test_forged_syn(void **state)
{
	struct wire_tcp s = from_client(TCP_SYN | TCP_ACK, 777777, 0);

	(void)state;
	client_passes(TCP_SYN, -1, 0);
	client_passes(TCP_SYN, 777777, 0);
	expect_drop(&world, connection_send(&world, &s), DROP_TCP_STATE, 1);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	client_passes(TCP_ACK, 0, SERVER_ISN + 1);
	lives_on(0, 0);
}

/** Any number of them, before and after the server's answer. */
static void test_forged_syns(void **state)
{
	(void)state;
	client_passes(TCP_SYN, 111111, 0);
	client_passes(TCP_SYN, -1, 0);
	for (int32_t i = 0; i < 5; i++)
		client_passes(TCP_SYN, 777777 * i + 5, 0);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	for (int32_t i = 0; i < 5; i++)
		client_passes(TCP_SYN, -777777 * i - 7, 0);
	client_passes(TCP_ACK, 0, SERVER_ISN + 1);
	lives_on(0, 0);
}

/** The server answers them all. When the right answer is not known any more, what both say next is as good. */
static void test_forged_syns_answered(void **state)
{
	(void)state;
	client_passes(TCP_SYN, -1, 0);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	for (int32_t i = 1; i < 5; i++) {
		client_passes(TCP_SYN, 777777 * i - 1, 0);
		server_passes(TCP_SYN | TCP_ACK, 4444 * i, 777777 * i);
		client_passes(TCP_RST, 777777 * i, 0);
	}
	client_passes(TCP_ACK, 0, SERVER_ISN + 1);
	expect_flows(1, 0);
	server_passes(TCP_ACK, 0, 0);
	client_passes(TCP_ACK, 0, SERVER_ISN + 1);
	lives_on(0, 0);
}

/** The client's ACK and its first data are lost before us: what comes next, data or an ACK, acknowledges as much. */
static void test_first_segments_lost(void **state)
{
	(void)state;
	client_passes(TCP_SYN, -1, 0);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	client_passes(TCP_ACK, 1400, SERVER_ISN + 1);
	lives_on(0, 0);
	server_passes(TCP_FIN | TCP_ACK, 0, 2000);
	client_passes(TCP_FIN | TCP_ACK, 2000, SERVER_ISN + 2);
	server_passes(TCP_ACK, 1, 2001);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
}

/** Fast Open, and the client's first ACK is lost: it goes on to acknowledge data. */
static void test_data_in_the_syn_and_loss(void **state)
{
	(void)state;
	assert_int_equal(connection_send_text(&world, from_client(TCP_SYN, -1, 0), "GET"), VERDICT_FORWARDED);
	server_passes(TCP_SYN | TCP_ACK, -1, 3);
	for (int32_t offset = 0; offset <= 5000; offset += 1000)
		server_passes(TCP_ACK, offset, 3);
	client_passes(TCP_ACK, 3, SERVER_ISN + 5001);
	lives_on(6000, 3);
}

/** A RST in answer to one of several attempts says nothing about the others. */
static void test_one_of_two_attempts_refused(void **state)
{
	(void)state;
	client_passes(TCP_SYN, -1, 0);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	client_passes(TCP_SYN, 777777, 0);
	server_passes(TCP_RST | TCP_ACK, 0, 777778);
	client_passes(TCP_ACK, 0, SERVER_ISN + 1);
	lives_on(0, 0);
}

/** Fast Open: data in the SYN, which the server acknowledges, and answers at once. */
static void test_data_in_the_syn(void **state)
{
	struct wire_tcp s = from_client(TCP_SYN, -1, 0);

	(void)state;
	assert_int_equal(connection_send_text(&world, s, "GET"), VERDICT_FORWARDED);
	server_passes(TCP_SYN | TCP_ACK, -1, 3);
	server_passes(TCP_ACK, 0, 3);
	server_passes(TCP_ACK, 1000, 3);
	client_passes(TCP_ACK, 3, SERVER_ISN + 1);
	lives_on(1000, 3);
}

static int two_servers(void **state)
{
	static const struct server servers[] = { { .address = V6(1) }, { .address = V6(2) } };
	static const struct service services[] = {
		{ .name = "plain", .address = WORLD_SERVICE, .port = PORT, .fallback = { servers, 2 } },
	};

	(void)state;
	world_config(&world);
	world.config.services = services;
	world.config.service_count = 1;
	world_make(&world);
	return 0;
}

/** A repeated SYN goes to the next server, but not when the first one has answered. */
static void test_repeated_syn(void **state)
{
	const uint32_t first = client_passes(TCP_SYN, -1, 0).destination6;
	struct wire_tcp s = from_server(TCP_SYN | TCP_ACK, -1, 0);

	(void)state;
	assert_int_not_equal(client_passes(TCP_SYN, -1, 0).destination6, first);
	assert_int_equal(world_events(&world, EVENT_SERVER_NEXT), 1);
	assert_int_equal(client_passes(TCP_SYN, -1, 0).destination6, first);
	s.source6 = first;
	through(&world, &s);
	assert_int_equal(client_passes(TCP_SYN, -1, 0).destination6, first);
	assert_int_equal(client_passes(TCP_ACK, 0, SERVER_ISN + 1).destination6, first);
	expect_flows(0, 1);
}

/** The server of a client that has begun anew answers its first attempt as well: the second one counts. */
static void test_answer_to_a_former_syn(void **state)
{
	(void)state;
	client_passes(TCP_SYN, -1, 0);
	client_passes(TCP_SYN, 777777, 0);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	client_passes(TCP_RST, 0, 0);
	server_passes(TCP_SYN | TCP_ACK, 5000, 777778);
	client_passes(TCP_ACK, 777778, SERVER_ISN + 5002);
	lives_on(5001, 777778);
}

/** A bit error in a number is passed on, for the other side to drop, and does not become the flow's. */
static void test_damaged_answer(void **state)
{
	struct wire_tcp s = from_server(TCP_SYN | TCP_ACK, -1, 0);
	uint8_t bytes[128];
	size_t length = wire_make(&s, bytes);

	(void)state;
	client_passes(TCP_SYN, -1, 0);
	bytes[40 + 4] ^= 0x40;
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
	s = from_client(TCP_ACK, 0, (SERVER_ISN ^ 0x40000000) + 1);
	through(&world, &s);
	expect_flows(1, 0);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	s = from_client(TCP_ACK, 0, SERVER_ISN + 1);
	length = wire_make(&s, bytes);
	bytes[20 + 14] ^= 0x40;
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
	expect_flows(1, 0);
	client_passes(TCP_ACK, 0, SERVER_ISN + 1);
	expect_flows(0, 1);
	is_challenged(SERVER_ISN + 1, CLIENT_ISN + 1);
}

/** An ICMP error about the SYN goes to the client, and counts as a refusal, also in the log; a forged one does not. */
static void test_unreachable(void **state)
{
	struct wire_tcp syn = client_passes(TCP_SYN, -1, 0);

	(void)state;
	syn.seq++;
	unreachable_by(&world, &syn, 1, 0);
	assert_int_equal(world.sessions, 0);
	syn.seq--;
	assert_int_equal(unreachable_by(&world, &syn, 1, 0), VERDICT_FORWARDED);
	assert_int_equal(world.sessions, 1);
	assert_int_equal(world.session.kind, SESSION_REFUSED);
	assert_string_equal(world.session.reason, "the server cannot be reached");
	assert_int_equal(world.change.error, SERVER_ERROR_UNREACHABLE);
	assert_int_equal(world_events(&world, EVENT_SERVER_REFUSED), 1);
}

static void test_refused(void **state)
{
	struct wire_tcp s = from_server(TCP_RST | TCP_ACK, 0, 0), out;

	(void)state;
	client_passes(TCP_SYN, -1, 0);
	s.seq = 0;
	out = through(&world, &s);
	assert_int_equal(out.flags, TCP_RST | TCP_ACK);
	assert_int_equal(out.ack, CLIENT_ISN + 1);
	assert_int_equal(world.sessions, 1);
	assert_int_equal(world.session.kind, SESSION_REFUSED);
	assert_int_equal(world_events(&world, EVENT_SERVER_REFUSED), 1);
	assert_string_equal(world.session.name, "plain");
	/* it never was a connection: nothing is left of it, for strangers to revive, or for the session log */
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 0);
	world_wait(&world, 20000000000);
	assert_int_equal(world.sessions, 1);
	assert_int_equal(world.changes, 1);
	assert_int_equal(world.change.error, SERVER_ERROR_REFUSED);
	assert_string_equal(world.change.name, "plain");
	assert_int_equal(world.change.server.port, PORT);
	/* a SYN on the same port is a new attempt */
	assert_int_equal(client_passes(TCP_SYN, 5000, 0).seq, CLIENT_ISN + 5001);
	s = from_server(TCP_SYN | TCP_ACK, -1, 5001);
	through(&world, &s);
	assert_int_equal(world.changes, 1);
	client_passes(TCP_ACK, 5001, SERVER_ISN + 1);
	assert_int_equal(world.changes, 2);
	assert_int_equal(world.change.error, SERVER_ERROR_NONE);
}

/** A forged SYN brings together two hosts that know other connections: what they tell each other ends. */
static void test_storm_while_opening(void **state)
{
	unsigned int passed = 0;

	(void)state;
	client_passes(TCP_SYN, -1, 0);
	for (unsigned int i = 0; i < 30; i++) {
		struct wire_tcp s = from_client(TCP_ACK, 1000000, 4711);

		passed += connection_send(&world, &s) == VERDICT_FORWARDED;
		server_passes(TCP_ACK, 1000000, 5000000);
	}
	assert_int_equal(passed, ACK_STORM_COUNT);
	assert_int_equal(world_drops(&world, DROP_ACK_STORM), 30 - ACK_STORM_COUNT);
	expect_flows(1, 0);
}

#define TEST(name) WORLD_TEST(name, world_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_handshake),
		TEST(test_challenge_has_timestamps),
		TEST(test_forged_handshake),
		TEST(test_first_acknowledgement_lost),
		TEST(test_first_acknowledgements_lost),
		TEST(test_forged_without_server),
		TEST(test_reuse),
		TEST(test_syn_on_a_live_connection),
		TEST(test_forged_syn),
		TEST(test_forged_syns),
		TEST(test_forged_syns_answered),
		TEST(test_one_of_two_attempts_refused),
		TEST(test_first_segments_lost),
		TEST(test_data_in_the_syn),
		TEST(test_data_in_the_syn_and_loss),
		WORLD_TEST(test_repeated_syn, two_servers),
		TEST(test_answer_to_a_former_syn),
		TEST(test_damaged_answer),
		TEST(test_refused),
		TEST(test_unreachable),
		TEST(test_storm_while_opening),
	};

	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}

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

#define PORT 8080

/** Longer than a server may take to answer a SYN. */
#define LONG_AFTER (60 * INT64_C(1000000000))

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
	s = from_client(TCP_ACK, 0, SERVER_ISN + 1);
	s.options = options + 4;
	s.options_length = 4;
	out = through(&world, &s);
	assert_int_equal(out.ack, SERVER_ISN + 1);
	assert_memory_equal(out.options, options + 4, 4);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
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
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
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
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	world_wait(&world, LONG_AFTER);
	assert_int_equal(server_passes(TCP_ACK, 0, 0).seq, SERVER_ISN + 1);
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
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	world_wait(&world, LONG_AFTER);
	assert_int_equal(server_passes(TCP_ACK, 5001, 777778).seq, SERVER_ISN + 5002);
}

/** A bit error in the server's number is passed on, for the client to drop, and does not become the flow's. */
static void test_damaged_answer(void **state)
{
	struct wire_tcp s = from_server(TCP_SYN | TCP_ACK, -1, 0);
	uint8_t bytes[128];
	size_t length = wire_make(&s, bytes);

	(void)state;
	client_passes(TCP_SYN, -1, 0);
	bytes[40 + 4] ^= 0x40;
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 0);
	server_passes(TCP_SYN | TCP_ACK, -1, 0);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	client_passes(TCP_ACK, 0, SERVER_ISN + 1);
	is_challenged(SERVER_ISN + 1, CLIENT_ISN + 1);
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
	/* it never was a connection: nothing is left of it, for strangers to revive, or for the session log */
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 0);
	world_wait(&world, 20000000000);
	assert_int_equal(world.sessions, 0);
	/* a SYN on the same port is a new attempt */
	assert_int_equal(client_passes(TCP_SYN, 5000, 0).seq, CLIENT_ISN + 5001);
}

#define TEST(name) WORLD_TEST(name, world_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_handshake),
		TEST(test_reuse),
		TEST(test_syn_on_a_live_connection),
		TEST(test_forged_syn),
		TEST(test_answer_to_a_former_syn),
		TEST(test_damaged_answer),
		TEST(test_refused),
	};

	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}

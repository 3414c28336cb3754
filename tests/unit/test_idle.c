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

/** One below what each end has acknowledged, with the window that the other has announced last. */
static void test_probe(void **state)
{
	(void)state;
	assert_int_equal(world.count, 2);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 2, CLIENT_ISN + 2, "");
	assert_int_equal(emitted(&world, 0).window, 501);
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

/** fill() - a table of @flows records, all of which have connections of a service without rules, one a millisecond */
static void fill(uint32_t flows, bool keepalive)
{
	world_config(&world);
	world.config.keepalive = keepalive;
	world.config.limits.flows = flows;
	world.config.limits.flows_address = world.config.limits.flows_network = flows + 100;
	world_make(&world);
	for (uint32_t i = 0; i < flows; i++) {
		const int64_t now = world.now;
		struct wire_tcp s = client_segment(TCP_SYN, -1, 0);

		s.source_port = (uint16_t)(1000 + i);
		s.destination_port = 8080;
		connection_send(&world, &s);
		s = server_segment(TCP_SYN | TCP_ACK, -1, 0);
		s.source_port = 8080;
		s.destination_port = (uint16_t)(1000 + i);
		connection_send(&world, &s);
		s = client_segment(TCP_ACK, 0, SERVER_ISN + 1);
		s.source_port = (uint16_t)(1000 + i);
		s.destination_port = 8080;
		connection_send(&world, &s);
		world.now = now + MILLISECOND;
	}
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), flows);
}

/** answers() - the client, or its server, at @port acknowledges what it has got */
static void answers(uint16_t port, bool is_server)
{
	struct wire_tcp s = client_segment(TCP_ACK, 0, SERVER_ISN + 1);

	s.source_port = port;
	s.destination_port = 8080;
	if (is_server) {
		s = server_segment(TCP_ACK, 0, 0);
		s.source_port = 8080;
		s.destination_port = port;
	}
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
}

/** arrives() - another client, with or without a handshake of ours, asks for a connection; @port: its own */
static enum verdict arrives(uint16_t port, uint16_t service_port)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);
	uint32_t isn;

	s.source4 = 0x0b000001;
	s.source_port = port;
	s.destination_port = service_port;
	if (service_port != 80)
		return connection_send(&world, &s);
	connection_send(&world, &s);
	isn = emitted(&world, 0).seq;
	s = client_segment(TCP_ACK, 0, isn + 1);
	s.source4 = 0x0b000001;
	s.source_port = port;
	return connection_send(&world, &s);
}

/** Nobody answers: in a minute so many are gone that the table is not nearly full any more. */
static void test_let_go_early(void **state)
{
	(void)state;
	fill(128, true);
	world_wait(&world, 70 * SECOND + ROUND);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 128);
	world_wait(&world, 4 * 2 * ROUND);
	assert_in_range(engine_flows(world.engine, FLOWS_ESTABLISHED), 100, 119);
	assert_int_equal(world_events(&world, EVENT_FLOW_EVICTED), 0);
}

/** When the table is full, the ends of all that are idle are asked early, and whoever answers lives on. */
static void test_asked_early(void **state)
{
	(void)state;
	fill(16, true);
	world_wait(&world, 69 * SECOND);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 0);
	world_wait(&world, ROUND + SECOND);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 16);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 16);
	/* once they have been asked in vain, new connections are served */
	answers(1000, false);
	answers(1005, true);
	assert_int_equal(arrives(1, 80), VERDICT_DROPPED);
	world_wait(&world, 2 * ROUND);
	assert_int_equal(arrives(2, 80), VERDICT_ABSORBED);
	assert_int_equal(world_events(&world, EVENT_FLOW_EVICTED), 1);
	/* there is room now: nobody is in a hurry any more, but the others were asked */
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 15);
	world_wait(&world, 600 * SECOND);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 2);
	answers(1000, true);
	answers(1005, false);
	assert_string_equal(world.session.reason, "timeout");
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 16);
}

/** Those that are idle for longest are asked, and the fewer the more records are left. */
static void test_nearly_full(void **state)
{
	struct wire_tcp s = client_segment(TCP_RST, 0, 0);

	(void)state;
	fill(64, true);
	/* one record of five is left: a fifth of the time */
	s.source_port = 1063;
	s.destination_port = 8080;
	connection_send(&world, &s);
	world_wait(&world, 1400 * SECOND);
	for (uint16_t port = 1001; port < 1063; port++)
		answers(port, true);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 0);
	world_wait(&world, 100 * SECOND);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 63);
	assert_int_equal(world_events(&world, EVENT_FLOW_EVICTED), 0);
}

/** However many are idle, only some are asked at the same moment. */
static void test_asked_by_and_by(void **state)
{
	(void)state;
	fill(2400, true);
	world.now += 80 * SECOND;
	/* one stretch of an eighth, which is 300 */
	engine_timers(world.engine, world.now);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 256);
}

/** Without questions, none ends before its time but when its record is needed, and that is the one idle for longest. */
static void test_evicted(void **state)
{
	(void)state;
	fill(16, false);
	for (uint16_t port = 1000; port < 1016; port++)
		if (port != 1007)
			answers(port, port & 1);
	world_wait(&world, 69 * SECOND);
	assert_int_equal(arrives(1, 80), VERDICT_DROPPED);
	assert_int_equal(world_drops(&world, DROP_FLOWS_FULL), 1);
	world_wait(&world, 300 * SECOND);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 16);
	assert_int_equal(arrives(2, 80), VERDICT_ABSORBED);
	assert_int_equal(world_events(&world, EVENT_FLOW_EVICTED), 1);
	assert_string_equal(world.session.reason, "evicted");
	assert_int_equal(world.session.client.port, 1007);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 0);
}

/** Forged SYNs cost connections in a small part of the table at most, and make room for each other beyond. */
static void test_forged_syns_evict_few(void **state)
{
	(void)state;
	fill(128, false);
	world_wait(&world, 80 * SECOND);
	for (uint16_t port = 1; port <= 100; port++)
		assert_int_equal(arrives(port, 8080), VERDICT_FORWARDED);
	assert_int_equal(world_events(&world, EVENT_FLOW_EVICTED), 3);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 125);
	assert_int_equal(arrives(1, 80), VERDICT_ABSORBED);
	assert_int_equal(world_events(&world, EVENT_FLOW_EVICTED), 3);
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
		WORLD_TEST(test_asked_early, NULL),
		WORLD_TEST(test_let_go_early, NULL),
		WORLD_TEST(test_nearly_full, NULL),
		WORLD_TEST(test_asked_by_and_by, NULL),
		WORLD_TEST(test_evicted, NULL),
		WORLD_TEST(test_forged_syns_evict_few, NULL),
	};

	return cmocka_run_group_tests_name("idle", tests, NULL, NULL);
}

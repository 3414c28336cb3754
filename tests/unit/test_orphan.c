/* SPDX-License-Identifier: ISC */
/*
 * test_orphan.c - a server uses a connection that is not known here
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

static struct world world;

/** Numbers of a connection of the process before this: what the client expects, and ours and the server's differ. */
#define EXPECTED 7000u

/** The server is reset. The client is asked; what it answers shows what a RST must have to count. */
static void test_both_ends_are_told(void **state)
{
	(void)state;
	assert_int_equal(server_sends(&world, TCP_PSH | TCP_ACK, 0, 4, "download"), VERDICT_ANSWERED);
	assert_int_equal(world.count, 2);
	expect_server_gets(&world, 0, TCP_RST, CLIENT_ISN + 5, 0, "");
	expect_client_gets(&world, 1, TCP_ACK, SERVER_ISN, CLIENT_ISN + 5, "");
	assert_int_equal(emitted(&world, 1).source_port, 80);
	assert_int_equal(world_events(&world, EVENT_CLIENT_ASKED), 1);
	assert_int_equal(client_sends(&world, TCP_ACK, 4, EXPECTED, NULL), VERDICT_ANSWERED);
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_RST, EXPECTED, 0, "");
}

/** A client that does not know the connection either ends the matter. */
static void test_client_resets(void **state)
{
	(void)state;
	server_sends(&world, TCP_ACK, 0, 4, NULL);
	assert_int_equal(world.count, 2);
	expect_drop(&world, client_sends(&world, TCP_RST, 4, 0, NULL), DROP_TCP_NO_FLOW, 1);
}

/** A server that has only answered our SYN as well: the bytes that were to follow may have been acknowledged. */
static void test_syn_ack(void **state)
{
	(void)state;
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	assert_int_equal(world.count, 2);
	expect_server_gets(&world, 0, TCP_RST, CLIENT_ISN + 1, 0, "");
	expect_client_gets(&world, 1, TCP_ACK, SERVER_ISN - 1, CLIENT_ISN + 1, "");
}

/** A client of a service without rules waits for the server's own SYN/ACK: it is not asked because of one. */
static void test_plain_syn_ack(void **state)
{
	struct wire_tcp s = server_segment(TCP_SYN | TCP_ACK, -1, 0);

	(void)state;
	s.source_port = 8080;
	connection_send(&world, &s);
	assert_int_equal(world.count, 1);
	assert_int_equal(emitted(&world, 0).flags, TCP_RST);
}

/** Hosts that have agreed on timestamps may pass over a segment without them. */
static void test_timestamps(void **state)
{
	struct wire_tcp s = server_segment(TCP_ACK, 0, 0), question;
	uint8_t options[12], expected[12];

	(void)state;
	put_timestamps(options, 111, 222);
	put_timestamps(expected, 111, 222);
	s.options = options;
	s.options_length = sizeof(options);
	connection_send(&world, &s);
	question = emitted(&world, 1);
	assert_int_equal(question.options_length, sizeof(expected));
	assert_memory_equal(question.options, expected, sizeof(expected));
}

/** Which service it was is not known: all are asked that lead to the server, and only those. */
static void test_services(void **state)
{
	struct wire_tcp s = server_segment(TCP_ACK, 0, 0);

	(void)state;
	s.source_port = 8080;
	connection_send(&world, &s);
	assert_int_equal(world.count, 2);
	assert_int_equal(emitted(&world, 1).source_port, 8080);
	s.source_port = 443;
	connection_send(&world, &s);
	assert_int_equal(world.count, 1);
	s = server_segment(TCP_ACK, 0, 0);
	s.source6 = 9;
	connection_send(&world, &s);
	assert_int_equal(world.count, 1);
	s.source6 = 2;
	connection_send(&world, &s);
	assert_int_equal(world.count, 2);
	assert_int_equal(world_events(&world, EVENT_CLIENT_ASKED), 2);
}

/** Six services lead to one server: not more than four packets come of one. */
static void test_bounded(void **state)
{
	static const struct server h1[] = { { .address = V6(1), .port = 80 } };
	static struct service services[6];

	(void)state;
	world_config(&world);
	for (uint16_t i = 0; i < 6; i++) {
		services[i] = world.config.services[1];
		services[i].port = (uint16_t)(8000 + i);
		services[i].fallback = (struct server_set){ h1, 1 };
	}
	world.config.services = services;
	world.config.service_count = 6;
	world_make(&world);
	server_sends(&world, TCP_ACK, 0, 0, NULL);
	assert_int_equal(world.count, 5);
	assert_int_equal(emitted(&world, 1).source_port, 8000);
	assert_int_equal(emitted(&world, 4).source_port, 8003);
}

/** Of a range of ports it was the one that the server has as well. */
static void test_range(void **state)
{
	static const struct server h1[] = { { .address = V6(1) } };
	static struct service service;
	struct wire_tcp s = server_segment(TCP_ACK, 0, 0);

	(void)state;
	world_config(&world);
	service = world.config.services[1];
	service.port = 8000;
	service.further_ports = 99;
	service.fallback = (struct server_set){ h1, 1 };
	world.config.services = &service;
	world.config.service_count = 1;
	world_make(&world);
	s.source_port = 8099;
	connection_send(&world, &s);
	assert_int_equal(world.count, 2);
	assert_int_equal(emitted(&world, 1).source_port, 8099);
	s.source_port = 8100;
	connection_send(&world, &s);
	assert_int_equal(world.count, 1);
}

/** Who has a connection of the same addresses and ports is not disturbed by a late segment of another server. */
static void test_late_segment(void **state)
{
	(void)state;
	connection_splice(&world);
	assert_int_equal(server_answers(&world, 2, TCP_ACK, 0, 4), VERDICT_ANSWERED);
	assert_int_equal(world.count, 1);
	assert_int_equal(world_events(&world, EVENT_CLIENT_ASKED), 0);
}

/** The client of a service that refuses in silence would not be reset for its answer. */
static void test_refused_in_silence(void **state)
{
	static struct service services[2];

	(void)state;
	world_config(&world);
	memcpy(services, world.config.services, sizeof(services));
	services[0].refusal = REFUSE_DROP;
	world.config.services = services;
	world_make(&world);
	server_sends(&world, TCP_ACK, 0, 4, NULL);
	assert_int_equal(world.count, 1);
	assert_int_equal(world_events(&world, EVENT_CLIENT_ASKED), 0);
}

/** Beyond the limit a server is not reset, so that it repeats itself; and what clients answer has another limit. */
static void test_limit(void **state)
{
	enum { SEGMENTS = 2000 };

	(void)state;
	for (int i = 0; i < SEGMENTS; i++) {
		server_sends(&world, TCP_ACK, 0, 4, NULL);
		world.now -= MILLISECOND;
	}
	assert_int_equal(world.count, 0);
	assert_in_range(world_drops(&world, DROP_RATE), 1, SEGMENTS - 1);
	assert_int_equal(world_events(&world, EVENT_CLIENT_ASKED), SEGMENTS - world_drops(&world, DROP_RATE));
	assert_int_equal(world_events(&world, EVENT_RESET_SENT), SEGMENTS - world_drops(&world, DROP_RATE));
	assert_int_equal(client_sends(&world, TCP_ACK, 4, EXPECTED, NULL), VERDICT_ANSWERED);
	expect_client_gets(&world, 0, TCP_RST, EXPECTED, 0, "");
}

/** to_embedded() - a segment of a server to an address inside the prefix; returns the number of packets that follow */
static size_t to_embedded(uint32_t ipv4)
{
	static const uint8_t prefix[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46, 0, 0, 0, 0, 0, 0 };
	struct wire_tcp s = server_segment(TCP_ACK, 0, 0);
	uint8_t bytes[128];
	size_t length = wire_make(&s, bytes);

	memcpy(bytes + 24, prefix, sizeof(prefix));
	wire_put32(bytes, 36, ipv4);
	wire_seal(bytes, length);
	(void)world_input(&world, bytes, length, NULL);
	return world.count;
}

/** Only hosts are asked: no group, not our own addresses. */
static void test_no_client(void **state)
{
	(void)state;
	assert_int_equal(to_embedded(0x0b000001), 2);
	assert_int_equal(to_embedded(0xe0000001), 0);
	assert_int_equal(to_embedded(0x7f000001), 0);
	assert_int_equal(to_embedded(0xffffffff), 0);
	assert_int_equal(world_drops(&world, DROP_BAD_DESTINATION), 3);
	assert_int_equal(to_embedded(WORLD_SERVICE), 1);
	/* the router's own address */
	assert_int_equal(to_embedded(1), 1);
	assert_int_equal(world_events(&world, EVENT_CLIENT_ASKED), 1);
}

/** Nothing is said about a RST, without an acknowledgement, or because of a bit error. */
static void test_silence(void **state)
{
	struct wire_tcp s = server_segment(TCP_SYN, 0, 0);
	uint8_t bytes[128];
	size_t length;

	(void)state;
	expect_drop(&world, server_sends(&world, TCP_RST, 0, 0, NULL), DROP_TCP_NO_FLOW, 1);
	connection_send(&world, &s);
	assert_int_equal(world.count, 1);
	s = server_segment(TCP_ACK, 0, 0);
	length = wire_make(&s, bytes);
	bytes[length - 1] ^= 1;
	world.is_sound = false;
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_BAD_CHECKSUM, 1);
	assert_int_equal(world_events(&world, EVENT_CLIENT_ASKED), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_both_ends_are_told, world_setup),
		WORLD_TEST(test_client_resets, world_setup),
		WORLD_TEST(test_syn_ack, world_setup),
		WORLD_TEST(test_plain_syn_ack, world_setup),
		WORLD_TEST(test_timestamps, world_setup),
		WORLD_TEST(test_services, world_setup),
		WORLD_TEST(test_bounded, NULL),
		WORLD_TEST(test_range, NULL),
		WORLD_TEST(test_late_segment, world_setup),
		WORLD_TEST(test_refused_in_silence, NULL),
		WORLD_TEST(test_limit, world_setup),
		WORLD_TEST(test_no_client, world_setup),
		WORLD_TEST(test_silence, world_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

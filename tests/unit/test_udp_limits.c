/* SPDX-License-Identifier: ISC */
/*
 * test_udp_limits.c - many exchanges of datagrams, most of them forged: who makes room for whom
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datagram.h"

/** Who may be forged makes room for who comes, by address: the oldest goes, and nobody who has sent twice. */
static void test_unproven_make_room(void **state)
{
	struct datagram proven;

	(void)state;
	proven = prove(PORT, 53);
	for (uint16_t i = 1; i <= 100; i++)
		ask((uint16_t)(PORT + i), 53);
	assert_int_equal(flows(), 17);
	assert_int_equal(world_events(&world, EVENT_UDP_REPLACED), 84);
	assert_int_equal(world_events(&world, EVENT_OPENING_REPLACED), 0);
	answer(proven);
	proven.source_port = PORT + 100;
	answer(proven);
	proven.source_port = PORT + 84;
	proven = reply_to(proven);
	assert_int_equal(send(&proven), VERDICT_DROPPED);
	assert_int_equal(world_drops(&world, DROP_UDP_NO_FLOW), 1);
}

/** The proven ones have half of the table; who would be one too many goes on like those that are not. */
static void test_proven_have_half(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 60; i++)
		prove((uint16_t)(PORT + i), 53);
	/* 32 of 64 records, and 16 that make room for each other */
	assert_int_equal(flows(), 48);
	assert_int_equal(world.sessions, 32);
	assert_int_equal(world_drops(&world, DROP_FLOWS_FULL), 0);
	prove(PORT, 53);
	prove(PORT + 70, 53);
}

/** What is sent in a client's name by UDP costs it no connection. */
static void test_address_limit(void **state)
{
	(void)state;
	world_config(&world);
	world.config.services = services;
	world.config.service_count = sizeof(services) / sizeof(services[0]);
	world.config.limits.flows_address = 4;
	world_make(&world);
	for (uint16_t i = 0; i < 10; i++)
		prove((uint16_t)(PORT + i), 53);
	assert_int_equal(world.sessions, 4);
	assert_int_equal(flows(), 10);
	for (uint16_t i = 0; i < 4; i++) {
		struct wire_tcp s = client_segment(TCP_SYN, -1, 0);

		s.source_port = (uint16_t)(PORT + i);
		s.destination_port = 53;
		through(&world, &s);
		s = server_segment(TCP_SYN | TCP_ACK, -1, 0);
		s.source_port = 53;
		s.destination_port = (uint16_t)(PORT + i);
		through(&world, &s);
		s = client_segment(TCP_ACK, 0, SERVER_ISN + 1);
		s.source_port = (uint16_t)(PORT + i);
		s.destination_port = 53;
		through(&world, &s);
	}
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 4);
}

/** connect() - a plain connection of number @i, whose client is real */
static void connect(uint16_t i)
{
	struct wire_tcp s[] = { client_segment(TCP_SYN, -1, 0), server_segment(TCP_SYN | TCP_ACK, -1, 0),
				client_segment(TCP_ACK, 0, SERVER_ISN + 1) };

	for (int k = 0; k < 3; k++) {
		*(k == 1 ? &s[k].source_port : &s[k].destination_port) = 443;
		*(k == 1 ? &s[k].destination_port : &s[k].source_port) = (uint16_t)(1000 + i);
		through(&world, &s[k]);
	}
}

/** Datagrams, forged or not, that find a table full of connections get a 64th of it, idle as they may be. */
static void test_flood_in_full_table(void **state)
{
	(void)state;
	world_config(&world);
	world.config.services = services;
	world.config.service_count = sizeof(services) / sizeof(services[0]);
	world.config.limits = (struct engine_limits){ .flows = 256, .flows_address = 1024, .flows_network = 1024,
						      .waiting = 64, .waiting_address = 64, .waiting_network = 64,
						      .buffer = 4096, .buffers = 65536 };
	world.config.keepalive = false;
	world_make(&world);
	for (uint16_t i = 0; i < 256; i++)
		connect(i);
	world_wait(&world, 100 * SECOND);
	for (uint16_t i = 0; i < 1000; i++) {
		struct datagram q = question((uint16_t)(PORT + i), 53);

		q.source4 = 0xc6330000 + i;
		assert_int_equal(send(&q), VERDICT_FORWARDED);
	}
	assert_int_equal(flows(), 5);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 251);
	assert_int_equal(world_events(&world, EVENT_FLOW_EVICTED), 5);
	/* sent twice they are no better */
	for (uint16_t i = 0; i < 200; i++)
		prove((uint16_t)(PORT + i), 53);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 251);
	assert_int_equal(world.sessions, 256 + 5);
}

/** full_of_both() - a table with 17 exchanges that were proven before it was full of connections */
static void full_of_both(void)
{
	for (uint16_t i = 0; i < 17; i++)
		prove((uint16_t)(PORT + i), 53);
	for (uint16_t i = 0; i < 47; i++)
		connect(i);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED) + flows(), 64);
}

/** New exchanges in a table that is full of connections and proven exchanges are at the expense of these. */
static void test_exchanges_among_themselves(void **state)
{
	(void)state;
	full_of_both();
	for (uint16_t i = 0; i < 100; i++)
		prove((uint16_t)(PORT + 100 + i), 53);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 47);
	assert_int_equal(flows(), 17);
	/* a 64th and one of the table is for those that are new */
	assert_int_equal(world_events(&world, EVENT_FLOW_EVICTED), 2);
	assert_int_equal(world_events(&world, EVENT_UDP_REPLACED), 98);
}

/** Connections take records from exchanges of datagrams, the unproven ones first. */
static void test_connections_go_first(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 60; i++)
		prove((uint16_t)(PORT + i), 53);
	assert_int_equal(flows(), 48);
	for (uint16_t i = 0; i < 32; i++)
		connect(i);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 32);
	assert_int_equal(flows(), 32);
	assert_int_equal(world_events(&world, EVENT_FLOW_EVICTED), 0);
}

/** More than a thousand ports of one client at the same time, each with its own answer. */
static void test_many_ports(void **state)
{
	(void)state;
	world_config(&world);
	world.config.services = services;
	world.config.service_count = sizeof(services) / sizeof(services[0]);
	world.config.limits.flows = 4096;
	world.config.limits.waiting = world.config.limits.waiting_address = world.config.limits.waiting_network = 2048;
	world_make(&world);
	for (uint16_t i = 0; i < 1200; i++)
		ask((uint16_t)(PORT + i), 53);
	assert_int_equal(flows(), 1200);
	for (uint16_t i = 0; i < 1200; i++) {
		const struct datagram d = { .ipv6 = true, .source6 = 1, .destination6 = 3, .source_port = 53,
					    .destination_port = (uint16_t)(PORT + i), .data = "answer!" };

		assert_int_equal(send(&d), VERDICT_FORWARDED);
		assert_int_equal(only_one("answer!").destination_port, PORT + i);
	}
}

/** The service of a datagram without an exchange is searched for among so many others that no packet waits for it. */
static void test_search_is_bounded(void **state)
{
	static struct service many[20000];
	const size_t count = sizeof(many) / sizeof(many[0]), at[] = { 10000, count - 1 };
	struct datagram stray;

	(void)state;
	for (size_t i = 0; i < count; i++)
		many[i] = (struct service){ .name = "", .address = 0x0b000000u + (uint32_t)i, .port = 53,
					    .fallback = { h1, 1 } };
	world.config.services = many;
	world.config.service_count = count;
	for (uint32_t i = 0; i < 2; i++) {
		many[at[i]].is_udp = true;
		engine_configure(world.engine, &world.config);
		stray = (struct datagram){ .ipv6 = true, .source6 = 1, .destination6 = 3, .source_port = 53,
					   .destination_port = PORT, .data = "x" };
		assert_int_equal(send(&stray), VERDICT_DROPPED);
		assert_int_equal(world_drops(&world, DROP_UDP_NO_FLOW), 1);
		assert_int_equal(world_drops(&world, DROP_NO_MAP), i);
		many[at[i]].is_udp = false;
	}
}

#define TEST(test) WORLD_TEST(test, udp_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unproven_make_room),
		TEST(test_proven_have_half),
		WORLD_TEST(test_address_limit, NULL),
		WORLD_TEST(test_flood_in_full_table, NULL),
		TEST(test_exchanges_among_themselves),
		TEST(test_connections_go_first),
		WORLD_TEST(test_many_ports, NULL),
		TEST(test_search_is_bounded),
	};

	return cmocka_run_group_tests_name("udp_limits", tests, NULL, NULL);
}

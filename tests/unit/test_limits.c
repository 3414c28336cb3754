/* SPDX-License-Identifier: ISC */
/*
 * test_limits.c - every limit hit: it is counted, and connections that are there do not notice
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "nat46/flow_table.h"

/** Rules that need more than a few bytes, so that connections wait as long as a test wants. */
static const struct server h1[] = { { .address = V6(1) } };
static const struct rule rule = { .bytes = (const uint8_t *)"Ahhhhhhhhhhhhhhhhh", .bytes_length = 18,
				  .servers = { h1, 1 }, .text = "A" };
static struct service services[] = {
	{ .name = "slow", .address = WORLD_SERVICE, .port = 80, .rules = &rule, .rule_count = 1, .wait = 60 * SECOND },
	{ .name = "plain", .address = WORLD_SERVICE, .port = 8080, .fallback = { h1, 1 }, .wait = 5 * SECOND },
};
static struct world world;

/** Answers of one kind in a second, to traffic that may be forged. */
#define LEAST 500
#define MOST 1499

/** start() - an engine with these limits and one spliced connection, which check_established() looks after */
static void start(uint32_t flows, uint32_t waiting, uint32_t buffer, uint64_t buffers)
{
	world_config(&world);
	world.config.services = services;
	world.config.service_count = 2;
	world.config.limits.flows = flows;
	world.config.limits.flows_address = FLOWS_MAX;
	world.config.limits.flows_network = FLOWS_MAX;
	world.config.limits.waiting = waiting;
	world.config.limits.waiting_address = waiting;
	world.config.limits.waiting_network = waiting;
	world.config.limits.buffer = buffer;
	world.config.limits.buffers = buffers;
	world_make(&world);
	connection_accept(&world);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, (const char *)rule.bytes);
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	server_sends(&world, TCP_ACK, 0, 18, NULL);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
}

static void check_established(void)
{
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 18, OUR_ISN + 1, "more"), VERDICT_FORWARDED);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 19, SERVER_ISN + 1, "more");
	assert_int_equal(server_sends(&world, TCP_ACK, 0, 18, NULL), VERDICT_FORWARDED);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
}

/** from_port() - a segment of the client from another port */
static enum verdict from_port(uint16_t port, uint8_t flags, const char *data)
{
	struct wire_tcp s = client_segment(flags, flags & TCP_SYN ? -1 : 0, OUR_ISN + 1);

	s.source_port = port;
	return connection_send_text(&world, s, data);
}

/** flood() - a segment @count times at the same moment */
static void flood(const struct wire_tcp *segment, int count)
{
	const int64_t now = world.now;

	for (int i = 0; i < count; i++) {
		world.now = now;
		connection_send(&world, segment);
	}
}

static void test_flows_full(void **state)
{
	(void)state;
	start(3, 16, 32768, 1 << 20);
	for (uint16_t port = 1; port <= 2; port++) {
		from_port(port, TCP_SYN, NULL);
		expect_silence(&world, from_port(port, TCP_ACK, NULL));
	}
	/* the SYN still costs nothing; the record is missing later */
	assert_int_equal(from_port(3, TCP_SYN, NULL), VERDICT_ANSWERED);
	expect_drop(&world, from_port(3, TCP_PSH | TCP_ACK, "A"), DROP_FLOWS_FULL, 1);
	check_established();
	/* when one has gone, there is room again, and nothing was lost: the client repeats its data */
	from_port(1, TCP_RST, NULL);
	expect_silence(&world, from_port(3, TCP_PSH | TCP_ACK, "A"));
	check_established();
}

/** A connection that is over makes room when all records are in use, one that was reset after a second. */
static void test_flows_full_of_old_ones(void **state)
{
	(void)state;
	start(1, 16, 32768, 1 << 20);
	server_sends(&world, TCP_FIN | TCP_ACK, 0, 18, NULL);
	client_sends(&world, TCP_FIN | TCP_ACK, 18, OUR_ISN + 2, NULL);
	from_port(1, TCP_SYN, NULL);
	expect_drop(&world, from_port(1, TCP_ACK, NULL), DROP_FLOWS_FULL, 1);
	server_sends(&world, TCP_ACK, 1, 19, NULL);
	expect_silence(&world, from_port(1, TCP_ACK, NULL));
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 1);
	world_free(&world);

	start(1, 16, 32768, 1 << 20);
	server_sends(&world, TCP_FIN | TCP_ACK, 0, 18, NULL);
	client_sends(&world, TCP_ACK, 18, OUR_ISN + 2, NULL);
	client_sends(&world, TCP_RST, 18, 0, NULL);
	from_port(1, TCP_SYN, NULL);
	expect_drop(&world, from_port(1, TCP_ACK, NULL), DROP_FLOWS_FULL, 1);
	world_wait(&world, SECOND);
	expect_silence(&world, from_port(1, TCP_PSH | TCP_ACK, "A"));
	world_free(&world);

	/* not at once when the client may repeat its first data, which the server has had */
	start(1, 16, 32768, 1 << 20);
	server_sends(&world, TCP_RST | TCP_ACK, 0, 18, NULL);
	world_wait(&world, 8 * SECOND);
	from_port(1, TCP_SYN, NULL);
	expect_drop(&world, from_port(1, TCP_ACK, NULL), DROP_FLOWS_FULL, 1);
	world_wait(&world, 10 * SECOND);
	expect_silence(&world, from_port(1, TCP_PSH | TCP_ACK, "A"));
	world_free(&world);

	/* who was refused makes room at once */
	start(1, 16, 32768, 1 << 20);
	client_sends(&world, TCP_RST, 18, 0, NULL);
	world_wait(&world, 20 * SECOND);
	from_port(1, TCP_SYN, NULL);
	expect_silence(&world, from_port(1, TCP_PSH | TCP_ACK, "A"));
}

/** Room is made first by those whose first data no copy can bring to a server any more. */
static void test_room_by_the_useless(void **state)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);

	(void)state;
	start(2, 16, 32768, 1 << 20);
	world_wait(&world, 130 * SECOND);
	s.source_port = 1;
	connection_send(&world, &s);
	from_port(1, TCP_PSH | TCP_ACK, "A");
	from_port(1, TCP_RST, NULL);
	server_sends(&world, TCP_FIN | TCP_ACK, 0, 18, NULL);
	client_sends(&world, TCP_FIN | TCP_ACK, 18, OUR_ISN + 2, NULL);
	server_sends(&world, TCP_ACK, 1, 19, NULL);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 2);
	from_port(2, TCP_SYN, NULL);
	expect_silence(&world, from_port(2, TCP_PSH | TCP_ACK, "A"));
	assert_string_equal(world.session.reason, "closed");
	assert_int_equal(from_port(1, TCP_PSH | TCP_ACK, "A"), VERDICT_ANSWERED);
	assert_int_equal(emitted(&world, 0).flags, TCP_RST);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 1);
}

static void test_flows_full_of_plain_ones(void **state)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);

	(void)state;
	start(2, 16, 32768, 1 << 20);
	s.destination_port = 8080;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	/* it may be forged: the next one may have its place, and so may one with rules */
	s.source_port++;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	assert_int_equal(world_events(&world, EVENT_OPENING_REPLACED), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 1);
	check_established();
	from_port(1, TCP_SYN, NULL);
	expect_silence(&world, from_port(1, TCP_PSH | TCP_ACK, "A"));
	assert_int_equal(world_events(&world, EVENT_OPENING_REPLACED), 2);
	/* and not the place of one that is proven */
	expect_drop(&world, connection_send(&world, &s), DROP_FLOWS_FULL, 1);
	check_established();
}

/** When three quarters wait, bare ACKs get no record any more; data does, until all are used. */
static void test_waiting_full(void **state)
{
	(void)state;
	start(64, 8, 32768, 1 << 20);
	for (uint16_t port = 1; port <= 9; port++)
		from_port(port, TCP_SYN, NULL);
	for (uint16_t port = 1; port <= 6; port++)
		expect_silence(&world, from_port(port, TCP_ACK, NULL));
	expect_drop(&world, from_port(7, TCP_ACK, NULL), DROP_WAITING_FULL, 1);
	expect_silence(&world, from_port(7, TCP_PSH | TCP_ACK, "A"));
	expect_silence(&world, from_port(8, TCP_PSH | TCP_ACK, "A"));
	expect_drop(&world, from_port(9, TCP_PSH | TCP_ACK, "A"), DROP_WAITING_FULL, 2);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 8);
	check_established();
	/* all of them are gone after their time, and the records are free again */
	world_wait(&world, 70 * SECOND);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
	from_port(9, TCP_SYN, NULL);
	expect_silence(&world, from_port(9, TCP_PSH | TCP_ACK, "A"));
	check_established();
}

/** Plain SYNs of a flood are limited as well. */
static void test_waiting_full_of_plain_ones(void **state)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);

	(void)state;
	start(64, 4, 32768, 1 << 20);
	s.destination_port = 8080;
	for (int i = 0; i < 4; i++, s.source4 += 256)
		assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	/* the newest goes through, instead of the oldest */
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	assert_int_equal(world_events(&world, EVENT_OPENING_REPLACED), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 4);
	check_established();
	/* a repeated SYN is no new connection */
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	assert_int_equal(world_events(&world, EVENT_OPENING_REPLACED), 1);
	/* the one that had to go comes again, and is new */
	s.source4 = WORLD_CLIENT;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	assert_int_equal(world_events(&world, EVENT_OPENING_REPLACED), 2);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 4);
}

/** The limits of one client and one /24 are below that of all. */
static void test_source_limits(void **state)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);

	(void)state;
	start(64, 16, 32768, 1 << 20);
	world.config.limits.waiting_address = 2;
	world.config.limits.waiting_network = 3;
	for (uint16_t port = 1; port <= 3; port++)
		from_port(port, TCP_SYN, NULL);
	from_port(1, TCP_ACK, NULL);
	from_port(2, TCP_ACK, NULL);
	expect_drop(&world, from_port(3, TCP_PSH | TCP_ACK, "A"), DROP_SOURCE_LIMIT, 1);
	/* a neighbour may have one, another neighbour none, and somebody elsewhere again */
	for (uint32_t i = 0; i < 3; i++) {
		s = client_segment(TCP_SYN, -1, 0);
		s.source4 = i < 2 ? WORLD_CLIENT + 10 + i : 0x0a0b0c0d;
		connection_send(&world, &s);
		s.flags = TCP_ACK;
		s.seq++;
		s.ack = OUR_ISN + 1;
		s.options_length = 0;
		assert_int_equal(connection_send(&world, &s), i == 1 ? VERDICT_DROPPED : VERDICT_ABSORBED);
	}
	assert_int_equal(world_drops(&world, DROP_SOURCE_LIMIT), 2);
	check_established();
}

/** from_afar() - a segment of a client in another network, @offset bytes behind the first */
static enum verdict from_afar(uint8_t network, uint8_t flags, int32_t offset, const char *data)
{
	struct wire_tcp s = client_segment(flags, flags & TCP_SYN ? -1 : offset, OUR_ISN + 1);

	s.source4 = WORLD_CLIENT + ((uint32_t)network << 8);
	return connection_send_text(&world, s, data);
}

static void accept_from_afar(uint8_t network)
{
	from_afar(network, TCP_SYN, 0, NULL);
	from_afar(network, TCP_ACK, 0, NULL);
}

/** plain() - a segment of a client to the service without rules */
static struct wire_tcp plain(uint32_t client, uint16_t port, uint8_t flags, int32_t offset, uint32_t ack)
{
	struct wire_tcp s = client_segment(flags, offset, ack);

	s.source4 = client;
	s.source_port = port;
	s.destination_port = 8080;
	return s;
}

/** plain_answer() - the SYN/ACK for the client of the worked example at @port */
static struct wire_tcp plain_answer(uint16_t port)
{
	struct wire_tcp s = server_segment(TCP_SYN | TCP_ACK, -1, 0);

	s.source_port = 8080;
	s.destination_port = port;
	return s;
}

/** forge() - @count SYNs in the name of a client, a thousand in a second, all of which its server answers */
static void forge(uint32_t client, uint16_t first, uint16_t count)
{
	for (uint16_t port = first; port < first + count; port++) {
		struct wire_tcp s = plain(client, port, TCP_SYN, -1, 0);

		assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
		if (client != WORLD_CLIENT)
			continue;
		world.now -= MILLISECOND;
		s = plain_answer(port);
		assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	}
}

/** What strangers do in a client's name does not use up its place, nor that of its neighbours, at any service. */
static void test_unproven_apart(void **state)
{
	struct wire_tcp s;

	(void)state;
	start(4096, 256, 32768, 1 << 20);
	world.config.limits.waiting_address = 100;
	world.config.limits.waiting_network = 200;
	forge(WORLD_CLIENT + 1, 1000, 10);
	forge(WORLD_CLIENT, 1000, 1000);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 110);
	assert_int_equal(world_events(&world, EVENT_OPENING_REPLACED), 900);
	/* the client itself, with 50 ms to its server and back */
	s = plain(WORLD_CLIENT, 5000, TCP_SYN, -1, 0);
	through(&world, &s);
	forge(WORLD_CLIENT, 6000, 40);
	s = plain_answer(5000);
	through(&world, &s);
	forge(WORLD_CLIENT, 7000, 10);
	s = plain(WORLD_CLIENT, 5000, TCP_ACK, 0, SERVER_ISN + 1);
	through(&world, &s);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 2);
	/* and at the service with rules */
	from_port(1, TCP_SYN, NULL);
	expect_silence(&world, from_port(1, TCP_PSH | TCP_ACK, "A"));
	/* others of its /24, and others elsewhere, pass as well, and nobody is kept out by them */
	for (uint32_t i = 0; i < 20; i++)
		forge(WORLD_CLIENT + 10 + i, 1000, 50);
	forge(0x0b000000, 1000, 50);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 250);
	from_port(2, TCP_SYN, NULL);
	expect_silence(&world, from_port(2, TCP_PSH | TCP_ACK, "A"));
	assert_int_equal(world_drops(&world, DROP_SOURCE_LIMIT), 0);
}

/** The other way round: a client that waits in many connections with rules can open those without. */
static void test_proven_apart(void **state)
{
	struct wire_tcp s = plain(WORLD_CLIENT, 5000, TCP_SYN, -1, 0);

	(void)state;
	start(64, 16, 32768, 1 << 20);
	world.config.limits.waiting_address = 2;
	for (uint16_t port = 1; port <= 3; port++) {
		from_port(port, TCP_SYN, NULL);
		from_port(port, TCP_ACK, NULL);
	}
	assert_int_equal(world_drops(&world, DROP_SOURCE_LIMIT), 1);
	through(&world, &s);
}

/** A client that has all the connections that it may have gets no other one, and others of its /24 get what is left. */
static void test_flows_of_one_source(void **state)
{
	struct wire_tcp s;

	(void)state;
	start(64, 16, 32768, 1 << 20);
	world.config.limits.flows_address = 3;
	world.config.limits.flows_network = 4;
	for (uint16_t port = 1; port <= 3; port++)
		from_port(port, TCP_SYN, NULL);
	from_port(1, TCP_ACK, NULL);
	s = plain(WORLD_CLIENT, 5000, TCP_SYN, -1, 0);
	through(&world, &s);
	/* not counted as long as it may be forged */
	expect_silence(&world, from_port(2, TCP_ACK, NULL));
	/* not at the handshake's end, nor at the beginning of another one, without or with rules */
	expect_drop(&world, from_port(3, TCP_PSH | TCP_ACK, "A"), DROP_FLOWS_SOURCE, 1);
	expect_drop(&world, from_port(4, TCP_SYN, NULL), DROP_FLOWS_SOURCE, 2);
	s = plain(WORLD_CLIENT, 5001, TCP_SYN, -1, 0);
	expect_drop(&world, connection_send(&world, &s), DROP_FLOWS_SOURCE, 3);
	/* what has begun is not ended */
	s = plain_answer(5000);
	through(&world, &s);
	s = plain(WORLD_CLIENT, 5000, TCP_ACK, 0, SERVER_ISN + 1);
	through(&world, &s);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 2);
	/* a neighbour, now that the /24 has its four, and somebody elsewhere */
	s = plain(WORLD_CLIENT + 1, 5000, TCP_SYN, -1, 0);
	expect_drop(&world, connection_send(&world, &s), DROP_FLOWS_SOURCE, 4);
	s.source4 = 0x0b000001;
	through(&world, &s);
	/* one that is over is not counted, however long its record is kept */
	server_sends(&world, TCP_RST, 0, 18, NULL);
	from_port(1, TCP_RST, NULL);
	s.source4 = WORLD_CLIENT + 1;
	through(&world, &s);
	from_port(3, TCP_SYN, NULL);
	expect_silence(&world, from_port(3, TCP_PSH | TCP_ACK, "A"));
}

/** Four chunks of 2 KB for all: the fifth connection with data has to wait for one. */
static void test_buffers_full(void **state)
{
	(void)state;
	start(64, 16, 2048, 4 * 2048);
	for (uint8_t network = 1; network <= 5; network++) {
		accept_from_afar(network);
		if (network <= 4)
			expect_silence(&world, from_afar(network, TCP_PSH | TCP_ACK, 0, "A"));
	}
	expect_drop(&world, from_afar(5, TCP_PSH | TCP_ACK, 0, "A"), DROP_BUFFERS_FULL, 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 5);
	check_established();
	from_afar(1, TCP_RST, 0, NULL);
	expect_silence(&world, from_afar(5, TCP_PSH | TCP_ACK, 0, "A"));
	check_established();
}

/** One source has half of the pool, and later a share; those who come from elsewhere do not notice. */
static void test_share_of_buffers(void **state)
{
	(void)state;
	start(64, 16, 2048, 4 * 2048);
	for (uint16_t port = 1; port <= 3; port++) {
		from_port(port, TCP_SYN, NULL);
		from_port(port, TCP_ACK, NULL);
	}
	expect_silence(&world, from_port(1, TCP_PSH | TCP_ACK, "A"));
	expect_silence(&world, from_port(2, TCP_PSH | TCP_ACK, "A"));
	expect_drop(&world, from_port(3, TCP_PSH | TCP_ACK, "A"), DROP_SOURCE_BUFFERS, 1);
	accept_from_afar(1);
	expect_silence(&world, from_afar(1, TCP_PSH | TCP_ACK, 0, "A"));
	from_port(1, TCP_RST, NULL);
	from_port(2, TCP_RST, NULL);
	expect_silence(&world, from_port(3, TCP_PSH | TCP_ACK, "A"));
	check_established();
}

/** Two bytes behind a hole cost a chunk: they make room for bytes that somebody can decide by. */
static void test_holes_make_room(void **state)
{
	(void)state;
	start(64, 16, 2048, 4 * 2048);
	for (uint8_t network = 1; network <= 4; network++) {
		accept_from_afar(network);
		assert_int_equal(from_afar(network, TCP_PSH | TCP_ACK, 1, "hh"), VERDICT_ANSWERED);
	}
	accept_from_afar(5);
	expect_drop(&world, from_afar(5, TCP_PSH | TCP_ACK, 1, "hh"), DROP_BUFFERS_FULL, 1);
	expect_silence(&world, from_afar(5, TCP_PSH | TCP_ACK, 0, "A"));
	assert_int_equal(world_events(&world, EVENT_BUFFER_TAKEN), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 5);
	check_established();
}

/** They are found at once, however many records there are without a hole. */
static void test_holes_among_many_make_room(void **state)
{
	(void)state;
	start(256, 128, 2048, 4 * 2048);
	for (uint8_t network = 1; network <= 105; network++)
		accept_from_afar(network);
	for (uint8_t network = 101; network <= 104; network++)
		assert_int_equal(from_afar(network, TCP_PSH | TCP_ACK, 1, "hh"), VERDICT_ANSWERED);
	expect_silence(&world, from_afar(105, TCP_PSH | TCP_ACK, 0, "A"));
	assert_int_equal(world_events(&world, EVENT_BUFFER_TAKEN), 1);
	check_established();
}

/** RSTs to strangers: so many in a second and no more, another number in the next; the rest is counted. */
static void test_rate_limit_of_resets(void **state)
{
	struct wire_tcp s = client_segment(TCP_ACK, 0, 0xdeadbeef);
	uint64_t sent, before = 0, same = 0;

	(void)state;
	start(64, 16, 32768, 1 << 20);
	s.source_port = 9;
	for (uint64_t i = 1; i <= 20; i++) {
		uint64_t all = world_events(&world, EVENT_RESET_SENT);

		flood(&s, 1600);
		sent = world_events(&world, EVENT_RESET_SENT) - all;
		assert_in_range(sent, LEAST, MOST);
		assert_int_equal(world_drops(&world, DROP_RATE) + all + sent, i * 1600);
		same += sent == before;
		before = sent;
		world_wait(&world, SECOND);
	}
	assert_in_range(same, 0, 1);
	check_established();
}

/** What one limit is says nothing of another. */
static void test_rate_limits_differ(void **state)
{
	struct wire_tcp s = client_segment(TCP_ACK, 0, 0xdeadbeef);
	int64_t now;

	(void)state;
	start(64, 16, 32768, 1 << 20);
	now = world.now;
	s.source_port = 9;
	flood(&s, 1600);
	s = client_segment(TCP_ACK, 18, OUR_ISN + 1);
	s.hop_limit = 1;
	world.now = now;
	flood(&s, 1600);
	assert_in_range(world_events(&world, EVENT_ICMP_SENT), LEAST, MOST);
	assert_true(world_events(&world, EVENT_ICMP_SENT) != world_events(&world, EVENT_RESET_SENT));
}

/** Challenge ACKs, which anybody can provoke who knows addresses and ports: two in a second to one connection. */
static void test_rate_limit_of_challenges(void **state)
{
	const struct wire_tcp syn = client_segment(TCP_SYN, 1000, 0);

	(void)state;
	start(64, 16, 32768, 1 << 20);
	flood(&syn, 1500);
	assert_int_equal(world_drops(&world, DROP_RATE), 1499);
	world_wait(&world, SECOND / 2);
	flood(&syn, 2);
	assert_int_equal(world_drops(&world, DROP_RATE), 1500);
	check_established();
}

/** Who has a connection can not use up the challenges of the others, and many can not have more than there are. */
static void test_challenges_of_others(void **state)
{
	struct wire_tcp syn = client_segment(TCP_SYN, 1000, 0);
	uint64_t drops;

	(void)state;
	start(2048, 2048, 32768, 1 << 20);
	for (uint16_t port = 1; port <= 1600; port++) {
		from_port(port, TCP_SYN, NULL);
		from_port(port, TCP_ACK, NULL);
	}
	world_wait(&world, SECOND);
	flood(&syn, 1500);
	drops = world_drops(&world, DROP_RATE);
	syn.source_port = 1;
	connection_send(&world, &syn);
	syn.seq = CLIENT_ISN;
	assert_int_equal(connection_send(&world, &syn), VERDICT_ANSWERED);
	assert_int_equal(world_drops(&world, DROP_RATE), drops);
	for (syn.source_port = 2; syn.source_port <= 1600; syn.source_port++) {
		const int64_t now = world.now;

		connection_send(&world, &syn);
		world.now = now;
	}
	assert_in_range(world_drops(&world, DROP_RATE) - drops, 1599 - MOST, 1599 - LEAST + 2);
}

/**
 * A flood of wrong ACKs uses up the RSTs, and nothing else: a client that has forgotten its connection, and uses the
 * port again, is still shown where that one stands.
 */
static void test_flood_of_resets_leaves_challenges(void **state)
{
	struct wire_tcp s = client_segment(TCP_ACK, 0, 0xdeadbeef);
	int64_t now;

	(void)state;
	start(64, 16, 32768, 1 << 20);
	now = world.now;
	s.source_port = 9;
	flood(&s, 1500);
	assert_in_range(world_drops(&world, DROP_RATE), 1, 1000);
	world.now = now;
	assert_int_equal(client_sends(&world, TCP_SYN, 1000, 0, NULL), VERDICT_ANSWERED);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 19, "");
	s = client_segment(TCP_ACK, 18, OUR_ISN + 1);
	s.hop_limit = 1;
	world.now = now;
	connection_send(&world, &s);
	assert_int_equal(world_events(&world, EVENT_ICMP_SENT), 1);
	check_established();
}

static void test_limits_out_of_range(void **state)
{
	static const struct engine_limits good = { 64, 64, 64, 16, 16, 16, 32768, 1 << 20, 65536 };
	struct engine_limits bad[11];

	(void)state;
	for (size_t i = 0; i < 11; i++)
		bad[i] = good;
	bad[0].flows = 0;
	bad[1].flows = FLOWS_MAX + 1;
	bad[2].waiting = 0;
	bad[3].waiting = (1u << 20) + 1;
	bad[4].buffer = 0;
	bad[5].buffer = 65537;
	bad[6].buffers = 32767;
	bad[7].waiting_address = 0;
	bad[8].waiting_network = 0;
	bad[9].flows_address = 0;
	bad[10].flows_network = 0;
	assert_true(engine_memory(&good) > 0);
	for (size_t i = 0; i < 11; i++)
		assert_int_equal(engine_memory(&bad[i]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_flows_full, NULL),
		WORLD_TEST(test_flows_full_of_old_ones, NULL),
		WORLD_TEST(test_room_by_the_useless, NULL),
		WORLD_TEST(test_flows_full_of_plain_ones, NULL),
		WORLD_TEST(test_waiting_full, NULL),
		WORLD_TEST(test_waiting_full_of_plain_ones, NULL),
		WORLD_TEST(test_source_limits, NULL),
		WORLD_TEST(test_unproven_apart, NULL),
		WORLD_TEST(test_proven_apart, NULL),
		WORLD_TEST(test_flows_of_one_source, NULL),
		WORLD_TEST(test_buffers_full, NULL),
		WORLD_TEST(test_share_of_buffers, NULL),
		WORLD_TEST(test_holes_make_room, NULL),
		WORLD_TEST(test_holes_among_many_make_room, NULL),
		WORLD_TEST(test_rate_limit_of_resets, NULL),
		WORLD_TEST(test_rate_limits_differ, NULL),
		WORLD_TEST(test_rate_limit_of_challenges, NULL),
		WORLD_TEST(test_challenges_of_others, NULL),
		WORLD_TEST(test_flood_of_resets_leaves_challenges, NULL),
		cmocka_unit_test(test_limits_out_of_range),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}

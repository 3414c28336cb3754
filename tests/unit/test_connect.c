/* SPDX-License-Identifier: ISC */
/*
 * test_connect.c - P3: the handshake with the server, row by row of tcp-splice 1.7, and the flush
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

static const struct server three[] = { { .address = V6(1) }, { .address = V6(2) }, { .address = V6(9) } };
static const struct rule rule = { .bytes = (const uint8_t *)"A", .bytes_length = 1, .servers = { three, 3 },
				  .text = "A" };
static const struct rule one = { .bytes = (const uint8_t *)"A", .bytes_length = 1, .servers = { three, 1 },
				 .text = "A" };
static struct service services[2];
static struct world world;
static uint32_t stamp; /* TSval of our SYN/ACK */

static void start(const struct rule *rules)
{
	/* two services that lead to the same servers and port */
	services[0] = (struct service){ .name = "a", .address = WORLD_SERVICE, .port = 80, .rules = rules,
					.rule_count = 1, .wait = 5 * SECOND };
	services[1] = services[0];
	services[1].address++;
	world_config(&world);
	world.config.services = services;
	world.config.service_count = 2;
	world_make(&world);
	world.isn = OUR_ISN;
}

static int setup(void **state)
{
	(void)state;
	start(&rule);
	connection_accept(&world);
	return 0;
}

static int setup_one(void **state)
{
	(void)state;
	start(&one);
	connection_accept(&world);
	return 0;
}

/** chosen() - the server that the only emitted packet, a SYN, goes to */
static uint8_t chosen(void)
{
	assert_int_equal(world.count, 1);
	expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN, 0, "");
	return emitted(&world, 0).destination6;
}

static uint8_t choose(const char *data)
{
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, data);
	return chosen();
}

/** accept_with() - handshake of a client whose SYN has these options */
static void accept_with(const uint8_t *options, size_t length)
{
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0);

	segment.options = options;
	segment.options_length = length;
	connection_send(&world, &segment);
	client_sends(&world, TCP_ACK, 0, OUR_ISN + 1, NULL);
}

static const struct {
	const char *name;
	uint8_t length;
	uint8_t options[24];
	uint16_t mss;
	int scale;
	bool sack;
} offers[] = {
	{ "nothing", 0, { 0 }, 536, -1, false },
	{ "everything", 12, { 2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 9 }, 1440, 9, true },
	{ "small MSS", 4, { 2, 4, 2, 24 }, 536, -1, false },
	{ "fitting MSS", 4, { 2, 4, 5, 160 }, 1440, -1, false },
	{ "jumbo MSS", 4, { 2, 4, 34, 236 }, 1440, -1, false },
	{ "scale 0", 4, { 3, 3, 0, 1 }, 536, 0, false },
	{ "unknown", 12, { 34, 2, 30, 4, 0, 1, 254, 4, 1, 2, 1, 1 }, 536, -1, false },
};

/** The client's SYN in our words: its number, its port, what it offered and we accepted, and no more. */
static void test_syn(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		struct wire_tcp syn;

		start(&one);
		accept_with(offers[i].options, offers[i].length);
		assert_int_equal(choose("A"), 1);
		syn = emitted(&world, 0);
		assert_int_equal(syn.source_port, CONNECTION_PORT);
		assert_int_equal(syn.hop_limit, 64);
		assert_int_equal(syn.traffic_class, 0);
		assert_int_equal(wire_u16(option_of(&syn, 2), 2), offers[i].mss);
		assert_int_equal(option_of(&syn, 3) ? option_of(&syn, 3)[2] : -1, offers[i].scale);
		assert_int_equal(option_of(&syn, 4) != NULL, offers[i].sack);
		assert_null(option_of(&syn, 8));
		assert_null(option_of(&syn, 30));
		assert_null(option_of(&syn, 34));
		assert_null(option_of(&syn, 254));
		assert_int_equal(syn.window, 502u << (offers[i].scale > 0 ? offers[i].scale : 0) > 65535 ?
						     65535 : 502u << (offers[i].scale > 0 ? offers[i].scale : 0));
		world_free(&world);
	}
}

/** A client that is in `clients` appears there, every other one inside the prefix. */
static void test_embedded_address(void **state)
{
	static const uint8_t embedded[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46, [12] = 10, 1, 2, 3 };
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0);

	(void)state;
	segment.source4 = 0x0a010203;
	connection_send(&world, &segment);
	segment = client_segment(TCP_ACK, 0, OUR_ISN + 1);
	segment.source4 = 0x0a010203;
	connection_send_text(&world, segment, "A");
	assert_memory_equal(world.packets[0].bytes + 8, embedded, 16);
}

static void test_refused_then_next_then_none(void **state)
{
	uint8_t first = choose("A"), second, third;

	(void)state;
	server_answers(&world, first, TCP_RST | TCP_ACK, 0, 0);
	second = chosen();
	server_answers(&world, second, TCP_RST | TCP_ACK, 0, 0);
	third = chosen();
	assert_true(first != second && second != third && first != third);
	assert_int_equal(world_events(&world, EVENT_SERVER_NEXT), 2);
	server_answers(&world, third, TCP_RST | TCP_ACK, 0, 0);
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
	assert_int_equal(world_events(&world, EVENT_SERVER_REFUSED), 3);
	assert_int_equal(world_events(&world, EVENT_REFUSED_NO_SERVER), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 0);
	/* of each server */
	assert_int_equal(world.changes, 3);
	assert_int_equal(world.change.error, SERVER_ERROR_REFUSED);
	assert_int_equal(world.change.server.ipv6.byte[15], third);
	assert_int_equal(world.change.server.port, 80);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
}

/** SYN-SENT believes a RST only if it acknowledges the SYN (RFC 9293 3.10.7.3). */
static void test_forged_resets(void **state)
{
	uint8_t first = choose("A");

	(void)state;
	expect_drop(&world, server_answers(&world, first, TCP_RST, 0, 0), DROP_TCP_STATE, 1);
	expect_drop(&world, server_answers(&world, first, TCP_RST | TCP_ACK, 0, 1), DROP_TCP_STATE, 2);
	expect_drop(&world, server_answers(&world, first, TCP_RST | TCP_ACK, 0, -1), DROP_TCP_STATE, 3);
	expect_drop(&world, server_answers(&world, first, TCP_SYN, -1, 0), DROP_TCP_STATE, 4);
	server_answers(&world, first, TCP_SYN | TCP_ACK, -1, 0);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
}

static void test_damaged_answer(void **state)
{
	uint8_t bytes[128];
	struct wire_tcp segment;
	size_t length;

	(void)state;
	segment = server_segment(TCP_SYN | TCP_ACK, -1, 0);
	segment.source6 = choose("A");
	length = wire_make(&segment, bytes);
	bytes[47] ^= 4;
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_BAD_CHECKSUM, 1);
}

static void test_silent_and_none_left(void **state)
{
	(void)state;
	choose("A");
	world_wait(&world, 10 * SECOND - SECOND / 10);
	/* after 1, 2 and 4 seconds */
	assert_int_equal(world.count, 3);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 1);
	world_wait(&world, SECOND / 5);
	assert_int_equal(world.count, 2);
	expect_server_gets(&world, 0, TCP_RST, CLIENT_ISN + 1, 0, "");
	expect_client_gets(&world, 1, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
	assert_int_equal(world_events(&world, EVENT_REFUSED_SILENCE), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 0);
}

/** An old connection of the same addresses is ended, and the SYN repeated at once; not for ever. */
static void test_stale_connection(void **state)
{
	(void)state;
	choose("A");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(server_answers(&world, 1, TCP_ACK, 0, -70000), VERDICT_ANSWERED);
		assert_int_equal(world.count, 2);
		expect_server_gets(&world, 0, TCP_RST, CLIENT_ISN + 1 - 70000, 0, "");
		expect_server_gets(&world, 1, TCP_SYN, CLIENT_ISN, 0, "");
	}
	assert_int_equal(world_events(&world, EVENT_SERVER_STALE), 3);
	expect_drop(&world, server_answers(&world, 1, TCP_ACK, 0, -70000), DROP_TCP_STATE, 1);
	server_answers(&world, 1, TCP_SYN | TCP_ACK, -1, 0);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
}

static void test_client_resets_while_connecting(void **state)
{
	(void)state;
	choose("A");
	assert_int_equal(client_sends(&world, TCP_RST, 1, 0, NULL), VERDICT_ABSORBED);
	assert_int_equal(world.count, 1);
	expect_server_gets(&world, 0, TCP_RST, CLIENT_ISN + 1, 0, "");
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 0);
}

/** The client repeats its data: the newest timestamp goes into the next SYN, and nothing is sent twice. */
static void test_client_repeats_while_connecting(void **state)
{
	static const uint8_t options[] = { 1, 1, 8, 10, 0, 0, 0, 50, 0, 0, 0, 0 };
	struct wire_tcp segment, syn;
	uint8_t stamps[12];
	uint32_t ours;

	(void)state;
	start(&one);
	segment = client_segment(TCP_SYN, -1, 0);
	segment.options = options;
	segment.options_length = sizeof(options);
	connection_send(&world, &segment);
	syn = emitted(&world, 0);
	ours = wire_u32(option_of(&syn, 8), 2);
	for (uint32_t i = 0; i < 2; i++) {
		put_timestamps(stamps, 60 + 100 * i, ours);
		segment = client_segment(TCP_PSH | TCP_ACK, 0, OUR_ISN + 1);
		segment.options = stamps;
		segment.options_length = sizeof(stamps);
		connection_send_text(&world, segment, "A");
		if (i > 0)
			assert_int_equal(world.count, 0);
	}
	world_wait(&world, SECOND + SECOND / 10);
	syn = emitted(&world, 0);
	assert_int_equal(syn.flags, TCP_SYN);
	assert_int_equal(wire_u32(option_of(&syn, 8), 2), 160);
	assert_int_equal(wire_u32(option_of(&syn, 8), 6), 0);
}

static void test_syn_ack_again(void **state)
{
	(void)state;
	choose("A");
	server_answers(&world, 1, TCP_SYN | TCP_ACK, -1, 0);
	assert_int_equal(server_answers(&world, 1, TCP_SYN | TCP_ACK, -1, 0), VERDICT_ANSWERED);
	assert_int_equal(world.count, 1);
	expect_server_gets(&world, 0, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "");
	/* of another connection */
	expect_drop(&world, server_answers(&world, 1, TCP_SYN | TCP_ACK, 5, 0), DROP_TCP_STATE, 1);
}

/** open_from() - connect the same client port through service @number; returns the port towards the server */
static uint16_t open_from(uint32_t number)
{
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0);

	segment.destination4 += number;
	connection_send(&world, &segment);
	segment = client_segment(TCP_PSH | TCP_ACK, 0, OUR_ISN + 1);
	segment.destination4 += number;
	connection_send_text(&world, segment, "A");
	assert_int_equal(world.count, 1);
	return emitted(&world, 0).source_port;
}

/** Two services lead to one server: the same addresses and ports would be there twice. */
static void test_port_collision(void **state)
{
	struct wire_tcp segment;
	uint16_t port;

	(void)state;
	world_free(&world);
	start(&one);
	assert_int_equal(open_from(0), CONNECTION_PORT);
	port = open_from(1);
	assert_int_not_equal(port, CONNECTION_PORT);
	assert_in_range(port, 1024, 65535);
	assert_int_equal(world_events(&world, EVENT_PORT_CHANGED), 1);
	/* both live, each with its own port on either side */
	segment = server_segment(TCP_SYN | TCP_ACK, -1, 0);
	connection_send(&world, &segment);
	assert_int_equal(emitted(&world, 1).destination_port, 80);
	assert_int_equal(emitted(&world, 1).source_port, CONNECTION_PORT);
	segment.destination_port = port;
	connection_send(&world, &segment);
	assert_int_equal(emitted(&world, 1).source_port, port);
	segment = server_segment(TCP_ACK, 0, 1);
	segment.destination_port = port;
	connection_send(&world, &segment);
	assert_int_equal(emitted(&world, 0).source4, WORLD_SERVICE + 1);
	assert_int_equal(emitted(&world, 0).destination_port, CONNECTION_PORT);
	segment = client_segment(TCP_PSH | TCP_ACK, 1, OUR_ISN + 1);
	segment.destination4++;
	connection_send(&world, &segment);
	assert_int_equal(emitted(&world, 0).source_port, port);
}

/** Unreachable means refused: there may be another server, and after the last one the client is told at once. */
static void test_icmp_unreachable(void **state)
{
	uint8_t first = choose("A"), second, third;

	(void)state;
	expect_drop(&world, server_unreachable(&world, first, CLIENT_ISN + 1, 1, 0), DROP_ICMP_IGNORED, 1);
	expect_drop(&world, server_unreachable(&world, first, CLIENT_ISN, 2, 0), DROP_ICMP_IGNORED, 2);
	assert_int_equal(server_unreachable(&world, first, CLIENT_ISN, 1, 0), VERDICT_ABSORBED);
	second = chosen();
	assert_int_not_equal(second, first);
	expect_drop(&world, server_unreachable(&world, first, CLIENT_ISN, 1, 0), DROP_ICMP_NO_FLOW, 1);
	server_unreachable(&world, second, CLIENT_ISN, 1, 1);
	third = chosen();
	assert_int_equal(server_unreachable(&world, third, CLIENT_ISN, 1, 0), VERDICT_ABSORBED);
	assert_int_equal(world.count, 1);
	assert_int_equal(emitted(&world, 0).flags, TCP_RST | TCP_ACK);
	assert_int_equal(world_events(&world, EVENT_REFUSED_NO_SERVER), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 0);
}

/** send_hello() - @length bytes of the client, beginning with 'A' */
static void send_hello(char *bytes, size_t length)
{
	struct wire_tcp segment = client_segment(TCP_PSH | TCP_ACK, 0, OUR_ISN + 1);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)('A' + i % 23);
	for (size_t at = 0; at < length; at += 1400) {
		segment.data = bytes + at;
		segment.length = length - at < 1400 ? length - at : 1400;
		segment.seq = CLIENT_ISN + 1 + (uint32_t)at;
		connection_send(&world, &segment);
	}
}

static void accept_from_server(uint16_t mss, uint16_t window)
{
	const uint8_t options[] = { 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss };
	struct wire_tcp segment = server_segment(TCP_SYN | TCP_ACK, -1, 0);

	segment.options = options;
	segment.options_length = sizeof(options);
	segment.window = window;
	connection_send(&world, &segment);
}

/** check_flush() - packets from @first on carry the bytes from @offset to @end, none more than @mss, PSH on the last */
static void check_flush(size_t first, const char *bytes, uint32_t offset, uint32_t end, size_t mss)
{
	for (size_t i = first; i < world.count; i++) {
		struct wire_tcp s = emitted(&world, i);

		assert_int_equal(s.seq, CLIENT_ISN + 1 + offset);
		assert_in_range(s.length, 1, mss);
		assert_true(s.length == mss || i + 1 == world.count);
		assert_memory_equal(s.data, bytes + offset, s.length);
		offset += (uint32_t)s.length;
		assert_int_equal(s.flags, offset == end ? TCP_PSH | TCP_ACK : TCP_ACK);
	}
	assert_int_equal(offset, end);
}

/** Cut to the server's MSS; no option of 64 bytes makes it endless, none of 9000 makes it too long. */
static void test_flush_is_cut_to_the_mss(void **state)
{
	static const struct {
		uint16_t mss;
		size_t segment;
	} cases[] = { { 536, 536 }, { 1200, 1200 }, { 8940, 1208 }, { 10, 64 } };
	static char bytes[3000];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (i > 0)
			setup_one(NULL);
		send_hello(bytes, sizeof(bytes));
		accept_from_server(cases[i].mss, 64800);
		expect_server_gets(&world, 0, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "");
		check_flush(1, bytes, 0, sizeof(bytes), cases[i].segment);
		if (i + 1 < sizeof(cases) / sizeof(cases[0]))
			world_free(&world);
	}
}

/** Nor do the addresses go to the second one while the first, reset, could be opened again by a repetition. */
static void test_port_of_a_reset_connection(void **state)
{
	(void)state;
	world_free(&world);
	start(&one);
	assert_int_equal(open_from(0), CONNECTION_PORT);
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	server_sends(&world, TCP_RST | TCP_ACK, 0, 1, NULL);
	assert_int_not_equal(open_from(1), CONNECTION_PORT);
	assert_int_equal(world_events(&world, EVENT_FLOW_CLOSED), 0);
}

/** What a damaged segment acknowledges is not acknowledged again, in a segment whose checksum is right. */
static void test_damage_is_not_flushed(void **state)
{
	static char bytes[1600];
	struct wire_tcp ack;
	uint8_t packet[64];
	size_t length;

	(void)state;
	send_hello(bytes, sizeof(bytes));
	accept_from_server(536, 501);
	server_sends(&world, TCP_PSH | TCP_ACK, 0, 0, "welcome");
	ack = client_segment(TCP_ACK, sizeof(bytes), OUR_ISN + 1);
	length = wire_make(&ack, packet);
	wire_put32(packet, 28, OUR_ISN + 3);
	assert_int_equal(world_input(&world, packet, length, NULL), VERDICT_FORWARDED);
	ack = server_segment(TCP_ACK, 7, 501);
	ack.window = 30000;
	length = wire_make(&ack, packet);
	wire_put32(packet, 48, CLIENT_ISN + 1 + 100);
	assert_int_equal(world_input(&world, packet, length, NULL), VERDICT_FORWARDED);
	connection_send(&world, &ack);
	assert_int_equal(emitted(&world, 0).seq, CLIENT_ISN + 502);
	assert_int_equal(emitted(&world, 0).ack, SERVER_ISN + 1);
}

/** The server's window in the SYN/ACK is unscaled and limits the flush; it goes on as the server makes room. */
static void test_flush_obeys_the_window(void **state)
{
	static char bytes[3000];
	struct wire_tcp ack;

	(void)state;
	send_hello(bytes, sizeof(bytes));
	client_sends(&world, TCP_FIN | TCP_ACK, sizeof(bytes), OUR_ISN + 1, NULL);
	accept_from_server(536, 1000);
	check_flush(1, bytes, 0, 1000, 536);
	/* the FIN waits for the data in front of it */
	ack = server_segment(TCP_ACK, 0, 1000);
	ack.window = 500;
	connection_send(&world, &ack);
	assert_int_equal(world.count, 2);
	assert_int_equal(emitted(&world, 0).seq, CLIENT_ISN + 1001);
	assert_int_equal(emitted(&world, 0).length, 500);
	expect_client_gets(&world, 1, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1001, "");
	ack = server_segment(TCP_ACK, 0, 1500);
	ack.window = 30000;
	connection_send(&world, &ack);
	assert_int_equal(emitted(&world, world.count - 2).flags, TCP_FIN | TCP_ACK);
	assert_int_equal(emitted(&world, world.count - 2).seq, CLIENT_ISN + 1 + sizeof(bytes));
	/* sent once: the client repeats what is lost */
	ack = server_segment(TCP_ACK, 0, 1600);
	connection_send(&world, &ack);
	assert_int_equal(world.count, 1);
}

static void test_closed_window_in_syn_ack(void **state)
{
	(void)state;
	choose("AB");
	accept_from_server(1440, 0);
	assert_int_equal(world.count, 1);
	server_sends(&world, TCP_ACK, 0, 0, NULL);
	assert_int_equal(world.count, 2);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "AB");
}

/** handshake_segment() - of the client, with timestamps if it has some */
static void handshake_segment(uint8_t flags, int32_t offset, bool timestamps, const char *data)
{
	struct wire_tcp s = client_segment(flags, offset, flags & TCP_SYN ? 0 : OUR_ISN + 1);
	uint8_t options[12];

	if (timestamps) {
		put_timestamps(options, 7, flags & TCP_SYN ? 0 : stamp);
		s.options = options;
		s.options_length = sizeof(options);
	}
	connection_send_text(&world, s, data);
	if (flags & TCP_SYN && timestamps) {
		struct wire_tcp answer = emitted(&world, 0);

		stamp = wire_u32(option_of(&answer, 8), 2);
	}
}

/** syns_after() - SYNs to the server when the client's ACK takes @round_trip; it may repeat its SYN in between */
static size_t syns_after(int64_t round_trip, bool timestamps, bool repeats)
{
	size_t count;

	start(&one);
	handshake_segment(TCP_SYN, -1, timestamps, NULL);
	if (repeats) {
		world_wait(&world, round_trip / 2);
		handshake_segment(TCP_SYN, -1, timestamps, NULL);
		round_trip -= round_trip / 2;
	}
	world_wait(&world, round_trip);
	handshake_segment(TCP_ACK, 0, timestamps, NULL);
	handshake_segment(TCP_PSH | TCP_ACK, 0, timestamps, "A");
	count = world.count;
	assert_int_equal(world_events(&world, EVENT_SYN_DOUBLED), count - 1);
	for (size_t i = 0; i < count; i++)
		expect_server_gets(&world, i, TCP_SYN, CLIENT_ISN, 0, "");
	/* the second answer is acknowledged like any that is repeated */
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	expect_server_gets(&world, 0, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "");
	expect_server_gets(&world, 1, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "A");
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	assert_int_equal(world.count, 1);
	expect_server_gets(&world, 0, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "");
	world_free(&world);
	return count;
}

/** The server of a far client is to measure nothing: two SYNs. A round trip that is not certain is none. */
static void test_far_client(void **state)
{
	(void)state;
	assert_int_equal(syns_after(SECOND / 200, false, false), 1);
	assert_int_equal(syns_after(SECOND / 50, false, false), 2);
	assert_int_equal(syns_after(SECOND / 50, false, true), 1);
	/* our SYN/ACK was repeated */
	assert_int_equal(syns_after(SECOND + SECOND / 5, false, false), 1);
	/* with timestamps, what we echo would be measured */
	assert_int_equal(syns_after(SECOND / 2, true, false), 1);
}

static void test_far_client_and_a_silent_server(void **state)
{
	(void)state;
	start(&one);
	client_sends(&world, TCP_SYN, -1, 0, NULL);
	world_wait(&world, SECOND / 5);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	assert_int_equal(world.count, 2);
	world_wait(&world, SECOND + SECOND / 10);
	assert_int_equal(chosen(), 1);
}

#define TEST(name) WORLD_TEST(name, setup)
#define TEST_ONE(name) WORLD_TEST(name, setup_one)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syn),
		TEST(test_embedded_address),
		TEST(test_refused_then_next_then_none),
		TEST(test_forged_resets),
		TEST(test_damaged_answer),
		TEST_ONE(test_silent_and_none_left),
		TEST_ONE(test_stale_connection),
		TEST_ONE(test_client_resets_while_connecting),
		WORLD_TEST(test_client_repeats_while_connecting, NULL),
		TEST_ONE(test_syn_ack_again),
		TEST(test_port_collision),
		TEST(test_port_of_a_reset_connection),
		TEST(test_icmp_unreachable),
		TEST_ONE(test_flush_is_cut_to_the_mss),
		TEST_ONE(test_flush_obeys_the_window),
		TEST_ONE(test_damage_is_not_flushed),
		TEST_ONE(test_closed_window_in_syn_ack),
		cmocka_unit_test(test_far_client),
		WORLD_TEST(test_far_client_and_a_silent_server, NULL),
	};

	return cmocka_run_group_tests_name("connect", tests, NULL, NULL);
}

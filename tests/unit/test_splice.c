/* SPDX-License-Identifier: ISC */
/*
 * test_splice.c - P4: a bound connection, both directions rewritten (tcp-splice 1.1, 1.4, 1.8, 1.9)
 *
 * The numbers of the client are the same on both sides; those of the server differ by DELTA, timestamps of the
 * server by THETA.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "random.h"

#define DELTA (OUR_ISN - SERVER_ISN)
#define TS_CLIENT 5000u
#define TS_SERVER 0xfffffff0u

static struct world world;
static uint32_t ts_ours;

/** struct terms - what client and server negotiate with us */
struct terms {
	uint8_t client_length;
	uint8_t client[20];
	uint8_t server_length;
	uint8_t server[20];
};

static const struct terms plain = {
	12, { 2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 7 },
	12, { 2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 7 },
};
static const struct terms stamped = {
	20, { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0x13, 0x88, 0, 0, 0, 0, 1, 3, 3, 7 },
	20, { 2, 4, 5, 180, 4, 2, 8, 10, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0x13, 0x88, 1, 3, 3, 7 },
};

/** splice() - a connection up to the flush of "A", with these options */
static void splice(const struct terms *terms)
{
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0), answer;
	const uint8_t *option;
	uint8_t echo[12];

	world_config(&world);
	world_make(&world);
	world.isn = OUR_ISN;
	segment.options = terms->client;
	segment.options_length = terms->client_length;
	connection_send(&world, &segment);
	answer = emitted(&world, 0);
	option = option_of(&answer, 8);
	ts_ours = option ? wire_u32(option, 2) : 0;
	put_timestamps(echo, TS_CLIENT, ts_ours);
	segment = client_segment(TCP_PSH | TCP_ACK, 0, OUR_ISN + 1);
	segment.options = echo;
	segment.options_length = option ? 12 : 0;
	connection_send_text(&world, segment, "A");
	segment = server_segment(TCP_SYN | TCP_ACK, -1, 0);
	segment.options = terms->server;
	segment.options_length = terms->server_length;
	connection_send(&world, &segment);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
}

static int setup(void **state)
{
	(void)state;
	splice(&plain);
	return 0;
}

static void test_client_to_server(void **state)
{
	struct wire_tcp s = client_segment(TCP_PSH | TCP_ACK | TCP_URG | TCP_ECE | TCP_CWR, 1, OUR_ISN + 1001), out;

	(void)state;
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	s.data = "payload";
	s.length = 7;
	s.urgent = 3;
	s.traffic_class = 0x2a;
	out = through(&world, &s);
	assert_true(out.ipv6);
	assert_int_equal(out.source6, 3);
	assert_int_equal(out.destination6, 1);
	assert_int_equal(out.source_port, CONNECTION_PORT);
	assert_int_equal(out.destination_port, 80);
	assert_int_equal(out.seq, CLIENT_ISN + 2);
	assert_int_equal(out.ack, OUR_ISN + 1001 - DELTA);
	assert_int_equal(out.flags, s.flags);
	assert_int_equal(out.window, 502);
	assert_int_equal(out.urgent, 3);
	assert_int_equal(out.traffic_class, 0x2a);
	assert_int_equal(out.hop_limit, 63);
	assert_int_equal(out.options_length, 0);
	assert_int_equal(out.length, 7);
	assert_memory_equal(out.data, "payload", 7);
}

static void test_server_to_client(void **state)
{
	struct wire_tcp s = server_segment(TCP_PSH | TCP_ACK | TCP_URG | TCP_ECE, 500, 1), out;

	(void)state;
	s.data = "payload";
	s.length = 7;
	s.urgent = 9;
	s.traffic_class = 0xb9;
	out = through(&world, &s);
	assert_false(out.ipv6);
	assert_int_equal(out.source4, WORLD_SERVICE);
	assert_int_equal(out.destination4, WORLD_CLIENT);
	assert_int_equal(out.source_port, 80);
	assert_int_equal(out.destination_port, CONNECTION_PORT);
	assert_int_equal(out.seq, SERVER_ISN + 501 + DELTA);
	assert_int_equal(out.ack, CLIENT_ISN + 2);
	assert_int_equal(out.flags, s.flags);
	assert_int_equal(out.urgent, 9);
	assert_int_equal(out.traffic_class, 0xb9);
	assert_int_equal(out.hop_limit, 63);
	assert_memory_equal(out.data, "payload", 7);
}

/** The acknowledgement number of a segment without ACK means nothing, and stays. */
static void test_no_ack_flag(void **state)
{
	struct wire_tcp s = client_segment(TCP_RST, 77, 0x11223344), out;

	(void)state;
	out = through(&world, &s);
	assert_int_equal(out.ack, 0x11223344);
	assert_int_equal(out.flags, TCP_RST);
	/* RST windows stay as well */
	s = server_segment(TCP_RST | TCP_ACK, 77, 1);
	s.window = 12345;
	assert_int_equal(through(&world, &s).window, 12345);
}

static void test_sack_blocks(void **state)
{
	static const uint32_t edges[] = { SERVER_ISN + 1001, SERVER_ISN + 2001, SERVER_ISN + 3001, SERVER_ISN + 4001,
					  UINT32_MAX, 5 };
	uint8_t options[28] = { 1, 1, 5, 26 };
	struct wire_tcp s, out;

	(void)state;
	for (size_t i = 0; i < 6; i++)
		wire_put32(options, 4 + 4 * i, edges[i] + DELTA);
	/* the client's view of the server's numbers goes back to the server's own */
	s = client_segment(TCP_ACK, 1, OUR_ISN + 1);
	s.options = options;
	s.options_length = sizeof(options);
	out = through(&world, &s);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(wire_u32(out.options, 4 + 4 * i), edges[i]);
	/* the server's view is of the client's own numbers: unchanged */
	s = server_segment(TCP_ACK, 0, 1);
	s.options = options;
	s.options_length = sizeof(options);
	out = through(&world, &s);
	assert_memory_equal(out.options, options, sizeof(options));
}

/** check_first() - the first segments to the server: TSecr exactly the server's, TSval the client's newest */
static void check_first(void)
{
	assert_int_equal(world.count, 2);
	for (size_t i = 0; i < 2; i++) {
		struct wire_tcp s = emitted(&world, i);

		assert_non_null(option_of(&s, 8));
		assert_int_equal(wire_u32(option_of(&s, 8), 6), TS_SERVER);
		assert_int_equal(wire_u32(option_of(&s, 8), 2), TS_CLIENT);
	}
}

static void test_timestamps(void **state)
{
	const uint32_t theta = TS_SERVER;
	uint8_t options[12];
	struct wire_tcp s, out;

	(void)state;
	splice(&stamped);
	check_first();
	/* what the client echoes of ours, the server must see as its own: also across the wrap of its clock */
	for (uint32_t passed = 0; passed < 64; passed += 9) {
		put_timestamps(options, TS_CLIENT + passed, ts_ours + passed);
		s = client_segment(TCP_ACK, 1, OUR_ISN + 1);
		s.options = options;
		s.options_length = sizeof(options);
		out = through(&world, &s);
		assert_int_equal(wire_u32(out.options, 4), TS_CLIENT + passed);
		assert_int_equal(wire_u32(out.options, 8), TS_SERVER + passed);
		put_timestamps(options, theta + passed, TS_CLIENT + passed);
		s = server_segment(TCP_ACK, 0, 1);
		s.options = options;
		s.options_length = sizeof(options);
		out = through(&world, &s);
		assert_int_equal(wire_u32(out.options, 4), ts_ours + passed);
		assert_int_equal(wire_u32(out.options, 8), TS_CLIENT + passed);
	}
}

/** Windows are only ever rounded down: those of the client go through, those of the server are recomputed. */
static void test_windows(void **state)
{
	static const struct {
		int client;
		int server;
		uint16_t from_client;
		uint16_t to_server;
		uint16_t from_server;
		uint16_t to_client;
	} cases[] = {
		{ 7, 7, 502, 502, 501, 501 },
		{ 7, 0, 502, 502, 65535, 511 },
		{ 7, 9, 502, 502, 100, 400 },
		{ 7, 14, 65535, 65535, 65535, 65535 },
		/* R1: the server does not scale */
		{ 7, -1, 502, 64256, 65535, 511 },
		{ 7, -1, 512, 65535, 127, 1 },
		{ 14, -1, 4, 65535, 128, 1 },
		{ 0, -1, 4000, 4000, 256, 2 },
		/* the client does not scale: our shift is none either */
		{ -1, -1, 4000, 4000, 65535, 65535 },
		{ -1, 7, 4000, 4000, 1000, 1000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct terms terms = { .client_length = 4, .server_length = 4 };
		struct wire_tcp s;

		memcpy(terms.client, cases[i].client < 0 ? "\1\1\1\1" : "\3\3\0\1", 4);
		memcpy(terms.server, cases[i].server < 0 ? "\1\1\1\1" : "\3\3\0\1", 4);
		if (cases[i].client >= 0)
			terms.client[2] = (uint8_t)cases[i].client;
		if (cases[i].server >= 0)
			terms.server[2] = (uint8_t)cases[i].server;
		splice(&terms);
		s = client_segment(TCP_ACK, 1, OUR_ISN + 1);
		s.window = cases[i].from_client;
		assert_int_equal(through(&world, &s).window, cases[i].to_server);
		s = server_segment(TCP_ACK, 0, 1);
		s.window = cases[i].from_server;
		assert_int_equal(through(&world, &s).window, cases[i].to_client);
		assert_int_equal(world_events(&world, EVENT_WINDOW_RAISED), cases[i].from_server == 127);
		world_free(&world);
	}
}

/** with_options() - what becomes of the options of a segment */
static struct wire_tcp with_options(bool from_client, const uint8_t *options, size_t length)
{
	struct wire_tcp s = from_client ? client_segment(TCP_ACK, 1, OUR_ISN + 1) : server_segment(TCP_ACK, 0, 1);

	s.options = options;
	s.options_length = length;
	return through(&world, &s);
}

/** R2 and R3: what the server does not have, it does not get; nor does the client. R6: nor unknown ones. */
static void test_options_that_were_not_negotiated(void **state)
{
	static const uint8_t sack[] = { 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2 };
	static const uint8_t stamps[] = { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 };
	static const uint8_t multipath[] = { 30, 4, 1, 2, 69, 4, 1, 2, 2, 4, 5, 180 };
	static const uint8_t nops[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	/* the client offers both, the server accepts neither; and the reverse */
	static const struct terms client_only = { 20, { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0x13, 0x88 }, 4,
						  { 2, 4, 5, 180 } };
	static const struct terms server_only = { 4, { 2, 4, 5, 180 }, 20,
						  { 2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7 } };
	static const struct terms *const terms[] = { &client_only, &server_only };
	struct wire_tcp out;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		splice(terms[i]);
		out = emitted(&world, 1);
		assert_null(option_of(&out, 8));
		/* a client with timestamps gets ours, and nothing else: see test_timestamps */
		for (int from_client = terms[i] == &client_only; from_client <= 1; from_client++) {
			out = with_options(from_client, sack, 12);
			assert_memory_equal(out.options, nops, 12);
			out = with_options(from_client, stamps, 12);
			assert_memory_equal(out.options, nops, 12);
			out = with_options(from_client, multipath, 12);
			assert_memory_equal(out.options, nops, 12);
		}
		world_free(&world);
	}
}

/** stamped_segment() - an empty ACK of the client or the server, with timestamps */
static struct wire_tcp stamped_segment(bool from_server, uint32_t value, uint32_t echo)
{
	static uint8_t options[12];
	struct wire_tcp s = from_server ? server_segment(TCP_ACK, 0, 1) : client_segment(TCP_ACK, 1, OUR_ISN + 1);

	put_timestamps(options, value, echo);
	s.options = options;
	s.options_length = sizeof(options);
	return s;
}

/** expect_stamps() - segment @index has these timestamps */
static void expect_stamps(size_t index, uint32_t value, uint32_t echo)
{
	const struct wire_tcp s = emitted(&world, index);
	const uint8_t *option = option_of(&s, 8);

	assert_non_null(option);
	assert_int_equal(wire_u32(option, 2), value);
	assert_int_equal(wire_u32(option, 6), echo);
}

/**
 * What we say in the name of an end has its newest timestamp: less is dropped by whoever has seen more, and more makes
 * it drop what comes next (RFC 7323 5.3).
 */
static void test_challenge_has_timestamps(void **state)
{
	struct wire_tcp s;
	uint8_t bytes[128];
	size_t length;

	(void)state;
	world_free(&world);
	splice(&stamped);
	client_sends(&world, TCP_SYN, 100000, 0, NULL);
	expect_stamps(0, ts_ours, TS_CLIENT);
	s = stamped_segment(true, TS_SERVER + 20, TS_CLIENT);
	connection_send(&world, &s);
	/* behind the wrap of the server's clock; the echo says as much as a segment of the server */
	s = stamped_segment(false, TS_CLIENT + 100, ts_ours + 30);
	connection_send(&world, &s);
	/* late, damaged, outside the window */
	s = stamped_segment(true, TS_SERVER + 10, TS_CLIENT);
	connection_send(&world, &s);
	s = stamped_segment(true, TS_SERVER + 100, TS_CLIENT);
	length = wire_make(&s, bytes);
	wire_put32(bytes, 64, TS_SERVER + 50000);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
	s = stamped_segment(true, TS_SERVER + 60000, TS_CLIENT);
	s.seq += 1 << 25;
	connection_send(&world, &s);
	world_wait(&world, SECOND);
	client_sends(&world, TCP_SYN, 100000, 0, NULL);
	expect_stamps(0, ts_ours + 30, TS_CLIENT + 100);
	/* of a segment without checksum of its own, the device sees to that */
	world_wait(&world, SECOND);
	s = stamped_segment(true, TS_SERVER + 2000, TS_CLIENT + 100);
	connection_send_partial(&world, &s, &(struct offload){ .partial = true, .csum_start = 40, .csum_offset = 16 });
	client_sends(&world, TCP_SYN, 100000, 0, NULL);
	expect_stamps(0, ts_ours + 2000, TS_CLIENT + 100);
}

static void test_probe_has_timestamps(void **state)
{
	struct wire_tcp s;

	(void)state;
	world_free(&world);
	splice(&stamped);
	world.config.keepalive = true;
	s = stamped_segment(true, TS_SERVER + 20, TS_CLIENT);
	connection_send(&world, &s);
	s = stamped_segment(false, TS_CLIENT + 100, ts_ours + 20);
	connection_send(&world, &s);
	world_wait(&world, 7445 * SECOND);
	assert_int_equal(world.count, 2);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN, CLIENT_ISN + 2, "");
	expect_stamps(0, ts_ours + 20, TS_CLIENT + 100);
	expect_server_gets(&world, 1, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "");
	expect_stamps(1, TS_CLIENT + 100, TS_SERVER + 20);
}

/** Nothing of what was inspected may be replaced behind our back, until the server has it (TOCTOU). */
static void test_payload_is_kept(void **state)
{
	struct wire_tcp s = client_segment(TCP_PSH | TCP_ACK, 0, OUR_ISN + 1), out;

	(void)state;
	s.data = "Bxyz";
	s.length = 4;
	out = through(&world, &s);
	assert_memory_equal(out.data, "Axyz", 4);
	assert_int_equal(world_events(&world, EVENT_PAYLOAD_KEPT), 1);
	/* the same bytes need no repair */
	s.data = "Axyz";
	assert_memory_equal(through(&world, &s).data, "Axyz", 4);
	assert_int_equal(world_events(&world, EVENT_PAYLOAD_KEPT), 1);
	/* once the server has acknowledged it, it may be forgotten */
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	s.data = "Cxyz";
	assert_memory_equal(through(&world, &s).data, "Cxyz", 4);
}

/** Nor may a server take an urgent byte out of the name that was inspected. */
static void test_nothing_is_urgent_at_first(void **state)
{
	static const struct offload offload = { .partial = true, .csum_start = 20, .csum_offset = 16 };
	struct wire_tcp s = client_segment(TCP_PSH | TCP_ACK | TCP_URG, 0, OUR_ISN + 1), out;

	(void)state;
	s.data = "Axyz";
	s.length = 4;
	s.urgent = 2;
	for (int partial = 0; partial <= 1; partial++) {
		if (partial)
			connection_send_partial(&world, &s, &offload);
		else
			connection_send(&world, &s);
		assert_int_equal(world.count, 1);
		out = emitted(&world, 0);
		assert_int_equal(out.flags, TCP_PSH | TCP_ACK);
		assert_int_equal(out.urgent, 0);
		assert_memory_equal(out.data, "Axyz", 4);
	}
	assert_int_equal(world_events(&world, EVENT_URGENT_CLEARED), 2);
	/* the server has it all, and is to judge what comes later */
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	out = through(&world, &s);
	assert_int_equal(out.flags, s.flags);
	assert_int_equal(out.urgent, 2);
	assert_int_equal(world_events(&world, EVENT_URGENT_CLEARED), 2);
}

/** A damaged acknowledgement does not let go of the first copy. */
static void test_payload_is_kept_after_a_bit_error(void **state)
{
	struct wire_tcp s = server_segment(TCP_ACK, 0, 0);
	uint8_t bytes[128];
	size_t length = wire_make(&s, bytes);

	(void)state;
	wire_put32(bytes, 48, CLIENT_ISN + 2);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "X");
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "A");
}

/** A RST that goes no further than us does not let go of the inspected bytes: the flush was lost, and others follow. */
static void test_reset_does_not_unlock_first_bytes(void **state)
{
	struct wire_tcp reset;

	(void)state;
	reset = client_segment(TCP_RST, 1, 0);
	reset.hop_limit = 1;
	connection_send(&world, &reset);
	/* the server has not got the "A"; it answers an earlier out-of-order segment */
	server_sends(&world, TCP_ACK, 0, 0, NULL);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "B");
	assert_int_equal(world.count, 1);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "A");
}

/** Also in a super-packet with a partial checksum, which covers no payload. */
static void test_payload_is_kept_in_super_packet(void **state)
{
	const struct offload offload = { GSO_TCP4, false, true, 2, 20, 16 };
	struct wire_tcp s = client_segment(TCP_PSH | TCP_ACK, -1, OUR_ISN + 1);

	(void)state;
	s.data = "?Bxyz";
	s.length = 5;
	connection_send_partial(&world, &s, &offload);
	assert_memory_equal(emitted(&world, 0).data, "?Axyz", 5);
}

/** io-and-speed.md 3.3: one rewrite serves all segments; the partial checksum stays partial and right. */
static void test_super_packets(void **state)
{
	static const uint8_t options[] = { 1, 1, 8, 10, 0, 0, 0x20, 0, 0, 0, 0, 1 };
	static char data[1500];

	(void)state;
	splice(&stamped);
	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		const struct offload offload = { ipv6 ? GSO_TCP6 : GSO_TCP4, true, true, 700, ipv6 ? 40 : 20, 16 };
		struct wire_tcp s = ipv6 ? server_segment(TCP_ACK, 0, 1) : client_segment(TCP_ACK, 1, OUR_ISN + 1), out;
		const struct world_packet *packet = &world.packets[0];

		s.options = options;
		s.options_length = sizeof(options);
		s.data = data;
		s.length = sizeof(data);
		assert_int_equal(connection_send_partial(&world, &s, &offload), VERDICT_FORWARDED);
		assert_true(wire_is_sound(packet->bytes, packet->length, true));
		assert_int_equal(packet->offload.gso, ipv6 ? GSO_TCP4 : GSO_TCP6);
		assert_true(packet->offload.gso_ecn && packet->offload.partial);
		assert_int_equal(packet->offload.segment_size, 700);
		assert_int_equal(packet->offload.csum_start, ipv6 ? 20 : 40);
		assert_int_equal(packet->offload.csum_offset, 16);
		out = emitted(&world, 0);
		assert_int_equal(out.length, sizeof(data));
		assert_int_equal(wire_u32(out.options, ipv6 ? 4 : 8), ipv6 ? 0x2000 - (TS_SERVER - ts_ours) :
									     1 + (TS_SERVER - ts_ours));
	}
}

/** A small packet with a partial checksum, as a local sender makes it. */
static void test_partial_checksum(void **state)
{
	const struct offload offload = { .partial = true, .csum_start = 40, .csum_offset = 16 };
	struct wire_tcp s = server_segment(TCP_ACK, 0, 1);

	(void)state;
	connection_send_partial(&world, &s, &offload);
	assert_true(wire_is_sound(world.packets[0].bytes, world.packets[0].length, true));
	assert_int_equal(world.packets[0].offload.gso, GSO_NONE);
}

/** Keep-alives and window probes have no special case: they pass. */
static void test_probes_pass(void **state)
{
	struct wire_tcp s;

	(void)state;
	client_sends(&world, TCP_ACK, 0, OUR_ISN + 1, NULL);
	expect_server_gets(&world, 0, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "");
	server_sends(&world, TCP_ACK, -1, 1, NULL);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN, CLIENT_ISN + 2, "");
	s = server_segment(TCP_ACK, 0, 1);
	s.window = 0;
	assert_int_equal(through(&world, &s).window, 0);
	assert_int_equal(world_events(&world, EVENT_WINDOW_RAISED), 0);
}

/** Whatever is in a segment, the other side gets the same shifted by constants, with right checksums. */
static void test_random_segments(void **state)
{
	uint64_t random = random_begin("random_segments");

	(void)state;
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	for (int i = 0; i < 10000; i++) {
		bool client = random_below(&random, 2);
		struct wire_tcp s = client ? client_segment(TCP_ACK, 0, random_next(&random)) :
					     server_segment(TCP_ACK, 0, 1);
		struct wire_tcp out;
		char data[40];

		for (size_t k = 0; k < sizeof(data); k++)
			data[k] = (char)random_next(&random);
		s.seq = random_next(&random);
		s.flags = (uint8_t)(random_next(&random) & ~(TCP_SYN | TCP_RST)) | TCP_ACK;
		s.traffic_class = (uint8_t)random_next(&random);
		s.hop_limit = (uint8_t)(2 + random_below(&random, 254));
		s.data = data;
		s.length = random_below(&random, sizeof(data) + 1);
		out = through(&world, &s);
		assert_int_equal(out.seq, client ? s.seq : s.seq + DELTA);
		assert_int_equal(out.ack, client ? s.ack - DELTA : s.ack);
		assert_int_equal(out.flags, s.flags);
		assert_int_equal(out.traffic_class, s.traffic_class);
		assert_int_equal(out.hop_limit, s.hop_limit - 1);
		assert_int_equal(out.length, s.length);
		assert_memory_equal(out.data, data, s.length);
	}
}

#define TEST(name) WORLD_TEST(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_client_to_server),
		TEST(test_server_to_client),
		TEST(test_no_ack_flag),
		TEST(test_sack_blocks),
		WORLD_TEST(test_timestamps, NULL),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_options_that_were_not_negotiated),
		TEST(test_challenge_has_timestamps),
		TEST(test_probe_has_timestamps),
		TEST(test_payload_is_kept),
		TEST(test_nothing_is_urgent_at_first),
		TEST(test_payload_is_kept_after_a_bit_error),
		TEST(test_reset_does_not_unlock_first_bytes),
		TEST(test_payload_is_kept_in_super_packet),
		WORLD_TEST(test_super_packets, NULL),
		TEST(test_partial_checksum),
		TEST(test_probes_pass),
		TEST(test_random_segments),
	};

	return cmocka_run_group_tests_name("splice", tests, NULL, NULL);
}

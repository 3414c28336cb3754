/* SPDX-License-Identifier: ISC */
/*
 * test_timestamps.c - R3: a server without timestamps, whose client was promised some (tcp-splice 1.4, 1.9)
 *
 * Every packet that comes out is checked by the world for its lengths and checksums, complete or partial.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "nat46/tcp_options.h"

#define TS_CLIENT 0xfffffff0u

static struct world world;
static uint8_t stamps[12];	/* of the client's next segment */
static uint8_t data[1600];
static uint32_t ts_ours;
static int64_t ours_at;

/** option() - an option that must be there */
static const uint8_t *option(const struct wire_tcp *s, uint8_t kind)
{
	static const uint8_t nothing[TCP_OPTIONS_MAX];
	const uint8_t *found = option_of(s, kind);

	assert_non_null(found);
	return found ? found : nothing;
}

/** say() - a segment of the client with TSval @value */
static struct wire_tcp say(uint8_t flags, int32_t offset, uint32_t value)
{
	struct wire_tcp s = client_segment(flags, offset, OUR_ISN + 1);

	put_timestamps(stamps, value, ts_ours);
	s.options = stamps;
	s.options_length = sizeof(stamps);
	return s;
}

/** start() - the client's handshake, with timestamps, and an MSS of @mss; the server's without, but with SACK */
static void start(uint16_t mss)
{
	static const uint8_t bare[] = { 2, 4, 5, 160, 1, 1, 4, 2, 1, 3, 3, 7 };
	uint8_t offer[] = { 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss, 4, 2, 8, 10, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 0,
			    1, 3, 3, 7 };
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0), answer;

	world_config(&world);
	world_make(&world);
	world.isn = OUR_ISN;
	s.options = offer;
	s.options_length = sizeof(offer);
	connection_send(&world, &s);
	answer = emitted(&world, 0);
	ts_ours = wire_u32(option(&answer, 8), 2);
	ours_at = world.now;
	s = say(TCP_PSH | TCP_ACK, 0, TS_CLIENT + 1);
	connection_send_text(&world, s, "A");
	if (mss == 0)
		return;
	s = server_segment(TCP_SYN | TCP_ACK, -1, 0);
	s.options = bare;
	s.options_length = sizeof(bare);
	connection_send(&world, &s);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
}

static int setup(void **state)
{
	(void)state;
	start(1460);
	return 0;
}

/** check_stamps() - the segment has timestamps of ours, as of now, that echo @echo */
static void check_stamps(const struct wire_tcp *s, uint32_t echo)
{
	const uint8_t *is = option(s, 8);
	uint32_t passed = (uint32_t)(world.now / MILLISECOND - ours_at / MILLISECOND);

	assert_int_equal(is[1], 10);
	/* the low bits of the first one carry data */
	assert_in_range(wire_u32(is, 2) - ts_ours, passed, passed + 127);
	assert_int_equal(wire_u32(is, 6), echo);
}

/** echoed() - which TSval of the client does the next ACK of the server echo */
static uint32_t echoed(int32_t acked)
{
	const struct wire_tcp s = server_segment(TCP_ACK, 0, acked);
	const struct wire_tcp out = through(&world, &s);

	return wire_u32(option(&out, 8), 6);
}

/** To the server: no timestamps, in its handshake's place a bare ACK and the flush. */
static void test_to_server(void **state)
{
	struct wire_tcp s, out;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		out = emitted(&world, i);
		assert_int_equal(out.options_length, 0);
	}
	s = say(TCP_ACK, 1, TS_CLIENT + 2);
	connection_send(&world, &s);
	out = emitted(&world, 0);
	assert_null(option_of(&out, 8));
	assert_int_equal(out.options_length, 12);
}

static void test_to_client(void **state)
{
	struct wire_tcp s = server_segment(TCP_PSH | TCP_ACK, 0, 1), out;
	uint32_t before;

	(void)state;
	s.data = data;
	s.length = 700;
	s.urgent = 3;
	out = through(&world, &s);
	assert_false(out.ipv6);
	assert_int_equal(out.seq, OUR_ISN + 1);
	assert_int_equal(out.ack, CLIENT_ISN + 2);
	assert_int_equal(out.flags, s.flags);
	assert_int_equal(out.window, 501);
	assert_int_equal(out.urgent, 3);
	assert_int_equal(out.hop_limit, 63);
	assert_int_equal(out.options_length, 12);
	assert_memory_equal(out.options, "\1\1\10\12", 4);
	check_stamps(&out, TS_CLIENT + 1);
	assert_int_equal(out.length, 700);
	assert_memory_equal(out.data, data, 700);
	/* the clock goes on, in milliseconds */
	before = wire_u32(out.options, 4);
	world_wait(&world, 4000 * MILLISECOND);
	out = through(&world, &s);
	assert_int_equal(wire_u32(out.options, 4) - before, 4001);
}

/** Our clock is one for a client and a service: the next connection goes on where this one is. */
static void test_monotone(void **state)
{
	static const uint8_t offer[] = { 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1 };
	struct wire_tcp s = server_segment(TCP_ACK, 0, 1), out = through(&world, &s);
	uint32_t last = wire_u32(out.options, 4);

	(void)state;
	world_wait(&world, 200 * MILLISECOND);
	s = client_segment(TCP_SYN, 5000, 0);
	s.source_port++;
	s.options = offer;
	s.options_length = sizeof(offer);
	connection_send(&world, &s);
	out = emitted(&world, 0);
	assert_int_equal(wire_u32(option(&out, 8), 2) >> 31, last >> 31);
	assert_true(wire_u32(option(&out, 8), 2) > last);
}

/** RFC 7323 4.3: a TSval counts if it is newer, and begins where the last acknowledgement ends, or before. */
static void test_recent(void **state)
{
	struct wire_tcp s = say(TCP_ACK, 1, TS_CLIENT + 5);
	uint8_t bytes[128];
	size_t length;

	(void)state;
	assert_int_equal(echoed(1), TS_CLIENT + 1);
	connection_send(&world, &s);
	assert_int_equal(echoed(1), TS_CLIENT + 5);
	/* older */
	s = say(TCP_ACK, 1, TS_CLIENT + 4);
	connection_send(&world, &s);
	assert_int_equal(echoed(1), TS_CLIENT + 5);
	/* two segments: the first one counts until it is acknowledged, across the wrap of the client's clock */
	s = say(TCP_PSH | TCP_ACK, 1, TS_CLIENT + 30);
	s.data = data;
	s.length = 100;
	connection_send(&world, &s);
	s = say(TCP_PSH | TCP_ACK, 101, TS_CLIENT + 40);
	s.data = data;
	s.length = 100;
	connection_send(&world, &s);
	assert_int_equal(echoed(1), TS_CLIENT + 30);
	assert_int_equal(echoed(101), TS_CLIENT + 30);
	s = say(TCP_PSH | TCP_ACK, 101, TS_CLIENT + 50);
	s.data = data;
	s.length = 100;
	connection_send(&world, &s);
	assert_int_equal(echoed(201), TS_CLIENT + 50);
	/* what the server has already, and what is damaged, do not count */
	s = say(TCP_ACK, 150, TS_CLIENT + 60);
	connection_send(&world, &s);
	assert_int_equal(echoed(201), TS_CLIENT + 50);
	s = say(TCP_ACK, 201, TS_CLIENT + 60);
	length = wire_make(&s, bytes);
	bytes[length - 1] ^= 1;
	world_input(&world, bytes, length, NULL);
	assert_int_equal(echoed(201), TS_CLIENT + 50);
}

/** Before the splice we echo by the same rule: what is beyond a hole, or not acknowledged, comes later. */
static void test_recent_before_splice(void **state)
{
	struct wire_tcp s, out;

	(void)state;
	world_free(&world);
	start(0);
	s = say(TCP_PSH | TCP_ACK, 5, TS_CLIENT + 9);
	connection_send_text(&world, s, "later");
	/* a keep-alive is answered */
	s = say(TCP_ACK, -1, TS_CLIENT + 1);
	connection_send(&world, &s);
	out = emitted(&world, 0);
	assert_int_equal(wire_u32(option(&out, 8), 2), ts_ours);
	assert_int_equal(wire_u32(option(&out, 8), 6), TS_CLIENT + 1);
}

/** Timestamps and four SACK blocks do not fit: the oldest block goes. Other options were not negotiated. */
static void test_other_options(void **state)
{
	static const uint8_t unknown[] = { 30, 4, 1, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0 };
	uint8_t sack[40] = { 1, 5, 34, 1, 1, 1 };
	struct wire_tcp s = server_segment(TCP_ACK, 0, 1), out;

	(void)state;
	for (uint32_t blocks = 1; blocks <= 4; blocks++) {
		size_t kept = blocks < 4 ? blocks : 3;

		memset(sack, 1, sizeof(sack));
		sack[0] = 1;
		sack[1] = 5;
		sack[2] = (uint8_t)(2 + 8 * blocks);
		for (uint32_t i = 0; i < 2 * blocks; i++)
			wire_put32(sack, 3 + 4 * i, CLIENT_ISN + 1000 * (i + 1));
		s.options = sack;
		s.options_length = 4 + 8 * blocks;
		out = through(&world, &s);
		check_stamps(&out, TS_CLIENT + 1);
		assert_int_equal(out.options_length, 16 + 8 * kept);
		assert_int_equal(option(&out, 5)[1], 2 + 8 * kept);
		assert_memory_equal(option(&out, 5) + 2, sack + 3, 8 * kept);
	}
	s.options = unknown;
	s.options_length = sizeof(unknown);
	out = through(&world, &s);
	check_stamps(&out, TS_CLIENT + 1);
	assert_int_equal(out.options_length, 12);
}

/** A RST has none, and its window and options are left alone. */
static void test_reset(void **state)
{
	struct wire_tcp s = server_segment(TCP_RST | TCP_ACK, 0, 1);

	(void)state;
	assert_int_equal(through(&world, &s).options_length, 0);
}

/** The device copies the options to every segment of a super-packet; a partial checksum covers the length. */
static void test_super_packet(void **state)
{
	const struct offload offload = { GSO_TCP6, false, true, 700, 40, 16 };
	struct wire_tcp s = server_segment(TCP_PSH | TCP_ACK, 0, 1), out;
	const struct world_packet *packet = &world.packets[0];

	(void)state;
	s.data = data;
	s.length = sizeof(data);
	assert_int_equal(connection_send_partial(&world, &s, &offload), VERDICT_FORWARDED);
	assert_true(wire_is_sound(packet->bytes, packet->length, true));
	assert_int_equal(packet->offload.gso, GSO_TCP4);
	assert_int_equal(packet->offload.segment_size, 700);
	assert_int_equal(packet->offload.csum_start, 20);
	assert_int_equal(packet->length, 40 + 12 + sizeof(data));
	out = emitted(&world, 0);
	check_stamps(&out, TS_CLIENT + 1);
}

/** There is no room in the longest of all packets: it goes without. */
static void test_longest_packet(void **state)
{
	static uint8_t bytes[40 + 65536], big[65536];
	const struct offload offload = { GSO_TCP6, false, true, 1440, 40, 16 };
	struct wire_tcp s = server_segment(TCP_PSH | TCP_ACK, 0, 1);
	uint64_t emitted_before = engine_counters(world.engine)->emitted;

	(void)state;
	s.data = big;
	for (size_t room = 0; room <= 12; room += 4) {
		size_t length;

		s.length = 65535 - 20 - 20 - room;
		length = wire_make(&s, bytes);
		wire_seal_partial(bytes, length);
		assert_int_equal(world_input(&world, bytes, length, &offload), VERDICT_FORWARDED);
	}
	assert_int_equal(engine_counters(world.engine)->emitted - emitted_before, 4);
}

/** What the server makes of the MTUs and MSSs that it is told must leave room for what we add. */
static void test_room(void **state)
{
	static const struct {
		uint16_t client;
		uint16_t server;
	} cases[] = { { 1460, 1440 }, { 1452, 1440 }, { 1451, 1439 }, { 536, 524 }, { 70, 70 }, { 65535, 1440 } };
	uint8_t offer[] = { 2, 4, 0, 0, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_tcp s = client_segment(TCP_SYN, -1, 0), out;

		world_free(&world);
		world_config(&world);
		world_make(&world);
		world.isn = OUR_ISN;
		wire_put16(offer, 2, cases[i].client);
		s.options = offer;
		s.options_length = sizeof(offer);
		connection_send(&world, &s);
		s = say(TCP_PSH | TCP_ACK, 0, 2);
		connection_send_text(&world, s, "A");
		out = emitted(&world, 0);
		assert_int_equal(out.flags, TCP_SYN);
		assert_int_equal(wire_u16(option(&out, 2), 2), cases[i].server);
	}
}

/** What the server cannot make smaller than 1280 bytes must go through paths of less, as without timestamps. */
static void test_dont_fragment(void **state)
{
	struct wire_tcp s = server_segment(TCP_ACK, 0, 1);

	(void)state;
	s.data = data;
	for (size_t length = 1219; length <= 1222; length++) {
		s.length = length;
		through(&world, &s);
		assert_int_equal(world.packets[0].length, 20 + 20 + 12 + length);
		assert_int_equal(world.packets[0].bytes[6] & 0x40, length > 1220 ? 0x40 : 0);
	}
}

/** The path's MTU for the server is the one that leaves room, but never less than IPv6 allows. */
static void test_path_mtu(void **state)
{
	static const uint16_t mtus[][2] = { { 1400, 1408 }, { 1272, 1280 }, { 1273, 1281 }, { 576, 1280 } };
	const struct wire_tcp about = {
		.source4 = WORLD_SERVICE, .destination4 = WORLD_CLIENT, .source_port = 80,
		.destination_port = CONNECTION_PORT, .seq = OUR_ISN + 1, .flags = TCP_ACK, .data = data, .length = 20,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
		uint8_t bytes[128] = { 0x45, [8] = 64, 1, [20] = 3, 4 };
		size_t length = 28 + wire_make(&about, bytes + 28);

		wire_put32(bytes, 12, WORLD_CLIENT);
		wire_put32(bytes, 16, WORLD_SERVICE);
		wire_put16(bytes, 26, mtus[i][0]);
		wire_seal(bytes, length);
		assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
		assert_int_equal(world.packets[0].bytes[40], 2);
		assert_int_equal(wire_u32(world.packets[0].bytes, 44), mtus[i][1]);
	}
}

/** The challenge ACK for a SYN in the middle of the connection is a segment like any other. */
static void test_challenge(void **state)
{
	struct wire_tcp s = client_segment(TCP_SYN, 100000, 0), out;

	(void)state;
	assert_int_equal(connection_send(&world, &s), VERDICT_ANSWERED);
	out = emitted(&world, 0);
	check_stamps(&out, TS_CLIENT + 1);
}

/** So is the question whether an idle client still knows the connection. */
static void test_probe(void **state)
{
	struct wire_tcp out;

	(void)state;
	world.config.keepalive = true;
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	world_wait(&world, world.config.timeouts.tcp + 5000 * MILLISECOND);
	assert_int_equal(world_events(&world, EVENT_PROBE_SENT), 1);
	out = emitted(&world, 0);
	assert_false(out.ipv6);
	assert_int_equal(wire_u32(option(&out, 8), 6), TS_CLIENT + 1);
	out = emitted(&world, 1);
	assert_null(option_of(&out, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_to_server, setup),
		WORLD_TEST(test_to_client, setup),
		WORLD_TEST(test_monotone, setup),
		WORLD_TEST(test_recent, setup),
		WORLD_TEST(test_recent_before_splice, setup),
		WORLD_TEST(test_other_options, setup),
		WORLD_TEST(test_reset, setup),
		WORLD_TEST(test_super_packet, setup),
		WORLD_TEST(test_longest_packet, setup),
		WORLD_TEST(test_room, setup),
		WORLD_TEST(test_dont_fragment, setup),
		WORLD_TEST(test_path_mtu, setup),
		WORLD_TEST(test_challenge, setup),
		WORLD_TEST(test_probe, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

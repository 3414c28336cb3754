/* SPDX-License-Identifier: ISC */
/*
 * test_split.c - R5: segments of the client that are larger than the server's MSS (tcp-splice 1.4, 1.9)
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

/** MSS of the server. */
#define SERVER_MSS 700u

static struct world world;
static uint8_t data[1600];

static int setup(void **state)
{
	static const uint8_t options[] = { 2, 4, SERVER_MSS >> 8, SERVER_MSS & 0xff, 1, 1, 4, 2, 1, 3, 3, 7 };
	struct wire_tcp syn_ack = server_segment(TCP_SYN | TCP_ACK, -1, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	world_config(&world);
	world_make(&world);
	syn_ack.options = options;
	syn_ack.options_length = sizeof(options);
	connection_splice_by(&world, &syn_ack);
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	return 0;
}

static struct wire_tcp large(uint8_t flags, size_t length)
{
	struct wire_tcp s = client_segment(flags, 1, OUR_ISN + 1);

	s.data = data;
	s.length = length;
	return s;
}

/** input_fragmentable() - @s with DF clear */
static void input_fragmentable(const struct wire_tcp *s)
{
	uint8_t bytes[2048];
	size_t length = wire_make(s, bytes);

	wire_put16(bytes, 6, 0);
	wire_seal(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
}

/** check_pieces() - what came out is @length bytes in pieces of @most, each with the flags that it ought to have */
static void check_pieces(const struct wire_tcp *s, size_t most)
{
	size_t offset = 0, count = (s->length + most - 1) / most;
	const struct wire_tcp first = emitted(&world, 0);

	assert_int_equal(world.count, count);
	for (size_t i = 0; i < count; i++) {
		struct wire_tcp piece = emitted(&world, i);
		uint8_t flags = s->flags;

		if (i + 1 < count)
			flags = (uint8_t)(flags & ~(TCP_PSH | TCP_FIN));
		if (i > 0)
			flags = (uint8_t)(flags & ~TCP_CWR);
		if (s->urgent <= offset)
			flags = (uint8_t)(flags & ~TCP_URG);
		assert_true(piece.ipv6);
		assert_int_equal(piece.source_port, CONNECTION_PORT);
		assert_int_equal(piece.destination_port, s->destination_port);
		assert_int_equal(piece.hop_limit, 63);
		assert_int_equal(piece.traffic_class, s->traffic_class);
		assert_int_equal(piece.seq, s->seq + offset);
		assert_int_equal(piece.ack, SERVER_ISN + 1);
		assert_int_equal(piece.window, s->window);
		assert_int_equal(piece.flags, flags);
		assert_int_equal(piece.urgent, flags & TCP_URG ? s->urgent - offset : 0);
		assert_int_equal(piece.options_length, s->options_length);
		assert_memory_equal(piece.options, first.options, first.options_length);
		assert_int_equal(piece.length, i + 1 < count ? most : s->length - offset);
		assert_memory_equal(piece.data, data + offset, piece.length);
		offset += piece.length;
	}
}

static void test_that_fits(void **state)
{
	struct wire_tcp s = large(TCP_PSH | TCP_ACK, SERVER_MSS);

	(void)state;
	connection_send(&world, &s);
	check_pieces(&s, SERVER_MSS);
	assert_int_equal(world_events(&world, EVENT_SEGMENT_SPLIT), 0);
}

static void test_pieces(void **state)
{
	struct wire_tcp s = large(TCP_PSH | TCP_ACK | TCP_FIN | TCP_ECE | TCP_CWR, 1460);

	(void)state;
	s.traffic_class = 0x28;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	check_pieces(&s, SERVER_MSS);
	assert_int_equal(world_events(&world, EVENT_SEGMENT_SPLIT), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
	/* one byte too many */
	s = large(TCP_ACK, SERVER_MSS + 1);
	connection_send(&world, &s);
	check_pieces(&s, SERVER_MSS);
	assert_int_equal(world_events(&world, EVENT_SEGMENT_SPLIT), 2);
}

/** Options are part of what the server takes (RFC 9293 3.7.1), and every piece has them. */
static void test_options(void **state)
{
	uint8_t options[36] = { 1, 1, 5, 34 };
	struct wire_tcp s = large(TCP_ACK, 1400), out;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		wire_put32(options, 4 + 4 * i, OUR_ISN + 1001 + 100 * (uint32_t)i);
	s.options = options;
	s.options_length = sizeof(options);
	connection_send(&world, &s);
	check_pieces(&s, SERVER_MSS - sizeof(options));
	out = emitted(&world, 2);
	assert_int_equal(wire_u32(out.options, 4), SERVER_ISN + 1001);
}

/** The urgent pointer counts from the sequence number of its segment: what lies behind it is not urgent. */
static void test_urgent(void **state)
{
	static const uint16_t pointers[] = { 0, 1, SERVER_MSS - 1, SERVER_MSS, SERVER_MSS + 1,
					     1399, 1400, 1401, 65535 };

	(void)state;
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		struct wire_tcp s = large(TCP_ACK | TCP_URG | TCP_PSH, 1500);

		s.urgent = pointers[i];
		connection_send(&world, &s);
		check_pieces(&s, SERVER_MSS);
	}
}

/** input_partial() - a segment whose checksum is left to the device */
static void input_partial(const struct wire_tcp *s, enum gso gso, uint16_t segment_size)
{
	const struct offload offload = { gso, false, true, segment_size, 20, 16 };

	assert_int_equal(connection_send_partial(&world, s, &offload), VERDICT_FORWARDED);
	for (size_t i = 0; i < world.count; i++) {
		assert_true(wire_is_sound(world.packets[i].bytes, world.packets[i].length, true));
		assert_true(world.packets[i].offload.partial);
		assert_int_equal(world.packets[i].offload.csum_start, 40);
	}
}

static void test_partial_checksum(void **state)
{
	struct wire_tcp s = large(TCP_PSH | TCP_ACK, 1460);

	(void)state;
	input_partial(&s, GSO_NONE, 0);
	check_pieces(&s, SERVER_MSS);
}

/** The device cuts a super-packet; it only has to be told the size. */
static void test_super_packet(void **state)
{
	uint8_t options[12] = { 1, 1, 5, 10 };
	struct wire_tcp s = large(TCP_PSH | TCP_ACK, 1600);

	(void)state;
	wire_put32(options, 4, OUR_ISN + 1001);
	wire_put32(options, 8, OUR_ISN + 2001);
	s.options = options;
	s.options_length = sizeof(options);
	input_partial(&s, GSO_TCP4, 1448);
	check_pieces(&s, 1600);
	assert_int_equal(world.packets[0].offload.gso, GSO_TCP6);
	assert_int_equal(world.packets[0].offload.segment_size, SERVER_MSS - sizeof(options));
	assert_int_equal(world_events(&world, EVENT_SEGMENT_SPLIT), 1);
	/* smaller segments stay as they are */
	input_partial(&s, GSO_TCP4, 500);
	assert_int_equal(world.packets[0].offload.segment_size, 500);
	assert_int_equal(world_events(&world, EVENT_SEGMENT_SPLIT), 1);
}

/** New checksums for the pieces must not make damaged bytes look whole. */
static void test_damaged(void **state)
{
	struct wire_tcp s = large(TCP_ACK, 1460);
	uint8_t bytes[1600];
	size_t length = wire_make(&s, bytes);

	(void)state;
	bytes[length - 1] ^= 1;
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_BAD_CHECKSUM, 1);
	/* what need not be cut goes on as it is, for the server to judge */
	s.length = 100;
	length = wire_make(&s, bytes);
	bytes[length - 1] ^= 1;
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
}

/** open_plain() - a connection of the service without rules; gives a segment of the client with @length bytes */
static struct wire_tcp open_plain(size_t length)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);

	s.destination_port = 8080;
	connection_send(&world, &s);
	s = server_segment(TCP_SYN | TCP_ACK, -1, 0);
	s.source_port = 8080;
	s.options_length = 0;
	connection_send(&world, &s);
	s = large(TCP_ACK, length);
	s.destination_port = 8080;
	s.ack = SERVER_ISN + 1;
	return s;
}

/** The server's own segments, a RST, and connections without splice are not cut. */
static void test_others(void **state)
{
	struct wire_tcp s = server_segment(TCP_PSH | TCP_ACK, 0, 1);

	(void)state;
	s.data = data;
	s.length = 1440;
	connection_send(&world, &s);
	assert_int_equal(world.count, 1);
	s = large(TCP_RST | TCP_ACK, 1000);
	connection_send(&world, &s);
	assert_int_equal(world.count, 1);
	s = open_plain(1460);
	connection_send(&world, &s);
	assert_int_equal(world.count, 1);
	assert_int_equal(world_events(&world, EVENT_SEGMENT_SPLIT), 0);
}

/** What may be fragmented fits the IPv6 minimum MTU, whatever the server takes: nobody else makes fragments of it. */
static void test_may_be_fragmented(void **state)
{
	struct wire_tcp s = open_plain(1220);

	(void)state;
	input_fragmentable(&s);
	check_pieces(&s, 1220);
	assert_int_equal(world_events(&world, EVENT_SEGMENT_SPLIT), 0);
	s.length = 1440;
	input_fragmentable(&s);
	check_pieces(&s, 1220);
	assert_int_equal(world_events(&world, EVENT_SEGMENT_SPLIT), 1);
	world.config.lowest_ipv6_mtu = 1500;
	input_fragmentable(&s);
	check_pieces(&s, 1440);
	/* a handshake that carries data is not cut */
	world.config.lowest_ipv6_mtu = 1280;
	s.source_port++;
	s.flags = TCP_SYN;
	input_fragmentable(&s);
	assert_int_equal(world.count, 1);
	/* the server with a small MSS gets what it can take */
	s = large(TCP_ACK, 1440);
	input_fragmentable(&s);
	check_pieces(&s, SERVER_MSS);
}

/** A server that names no MSS takes 1220 bytes over IPv6 (RFC 9293 3.7.1). */
static void test_default(void **state)
{
	struct wire_tcp s;

	(void)state;
	world_free(&world);
	world_config(&world);
	world_make(&world);
	s = server_segment(TCP_SYN | TCP_ACK, -1, 0);
	s.options_length = 0;
	connection_splice_by(&world, &s);
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	s = large(TCP_ACK, 1300);
	connection_send(&world, &s);
	assert_int_equal(world.count, 2);
	assert_int_equal(emitted(&world, 0).length, 1220);
	assert_int_equal(emitted(&world, 1).length, 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_that_fits, setup),
		WORLD_TEST(test_pieces, setup),
		WORLD_TEST(test_options, setup),
		WORLD_TEST(test_urgent, setup),
		WORLD_TEST(test_partial_checksum, setup),
		WORLD_TEST(test_super_packet, setup),
		WORLD_TEST(test_damaged, setup),
		WORLD_TEST(test_others, setup),
		WORLD_TEST(test_may_be_fragmented, setup),
		WORLD_TEST(test_default, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_icmp.c - echo, errors of ours, and errors about connections: RFC 7915 4.2 and 5.2 row by row
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

#define DELTA (OUR_ISN - SERVER_ISN)
#define ROUTER4 0x0a000009u

static struct world world;

/** The segments that errors are about, as they left us: to the client, and to the server. */
static const struct wire_tcp to_client = {
	.source4 = WORLD_SERVICE,
	.destination4 = WORLD_CLIENT,
	.source_port = 80,
	.destination_port = CONNECTION_PORT,
	.seq = OUR_ISN + 101,
	.ack = CLIENT_ISN + 2,
	.flags = TCP_ACK,
	.hop_limit = 11,
	.window = 5,
	.data = "0123456789",
	.length = 10,
};
static const struct wire_tcp to_server = {
	.ipv6 = true,
	.source6 = 3,
	.destination6 = 1,
	.source_port = CONNECTION_PORT,
	.destination_port = 80,
	.seq = CLIENT_ISN + 51,
	.ack = SERVER_ISN + 1,
	.flags = TCP_ACK,
	.hop_limit = 12,
	.window = 6,
	.data = "0123456789",
	.length = 10,
};

/** make_error() - an ICMP error from a router on either side; returns its length */
static size_t make_error(bool ipv6, uint8_t type, uint8_t code, uint32_t rest, const uint8_t *quote, size_t length,
			 uint8_t *bytes)
{
	size_t header = ipv6 ? 40 : 20;

	wire_make(&(struct wire_tcp){ .ipv6 = ipv6, .source6 = 0xfe, .destination6 = 3, .source4 = ROUTER4,
				      .destination4 = WORLD_SERVICE }, bytes);
	bytes[ipv6 ? 6 : 9] = ipv6 ? 58 : 1;
	bytes[header] = type;
	bytes[header + 1] = code;
	wire_put32(bytes, header + 4, rest);
	memcpy(bytes + header + 8, quote, length);
	wire_seal(bytes, header + 8 + length);
	return header + 8 + length;
}

/** error_about() - send an error that quotes the whole of a segment */
static enum verdict error_about(const struct wire_tcp *segment, uint8_t type, uint8_t code, uint32_t rest)
{
	uint8_t quote[128], bytes[256];
	size_t length = wire_make(segment, quote);

	return world_input(&world, bytes, make_error(segment->ipv6, type, code, rest, quote, length, bytes), NULL);
}

/** struct row - an error, and what it becomes; @to_type 0: dropped */
struct row {
	uint8_t type;
	uint8_t code;
	uint32_t rest;
	uint8_t to_type;
	uint8_t to_code;
	uint32_t to_rest;
};

/** RFC 7915 4.2, with an MTU of 1500 on both sides of the device. */
static const struct row rows4[] = {
	{ 3, 0, 0, 1, 0, 0 },
	{ 3, 1, 0, 1, 0, 0 },
	{ 3, 2, 0, 4, 1, 6 },
	{ 3, 3, 0, 1, 4, 0 },
	{ 3, 5, 0, 1, 0, 0 },
	{ 3, 6, 0, 1, 0, 0 },
	{ 3, 7, 0, 1, 0, 0 },
	{ 3, 8, 0, 1, 0, 0 },
	{ 3, 9, 0, 1, 1, 0 },
	{ 3, 10, 0, 1, 1, 0 },
	{ 3, 11, 0, 1, 0, 0 },
	{ 3, 12, 0, 1, 0, 0 },
	{ 3, 13, 0, 1, 1, 0 },
	{ 3, 14, 0, 0, 0, 0 },
	{ 3, 15, 0, 1, 1, 0 },
	{ 3, 16, 0, 0, 0, 0 },
	{ 3, 255, 0, 0, 0, 0 },
	/* MTU + 20, at least 1280, at most ours; the upper half of the field is unused */
	{ 3, 4, 1400, 2, 0, 1420 },
	{ 3, 4, 1260, 2, 0, 1280 },
	{ 3, 4, 1261, 2, 0, 1281 },
	{ 3, 4, 68, 2, 0, 1280 },
	{ 3, 4, 1480, 2, 0, 1500 },
	{ 3, 4, 1500, 2, 0, 1500 },
	{ 3, 4, 65535, 2, 0, 1500 },
	{ 3, 4, 0xffff0578, 2, 0, 1420 },
	{ 11, 0, 0, 3, 0, 0 },
	{ 11, 1, 0, 3, 1, 0 },
	{ 12, 1, 0, 0, 0, 0 },
	{ 12, 0, 0x00000000, 4, 0, 0 },
	{ 12, 0, 0x01000000, 4, 0, 1 },
	{ 12, 0, 0x02000000, 4, 0, 4 },
	{ 12, 2, 0x03000000, 4, 0, 4 },
	{ 12, 0, 0x04000000, 0, 0, 0 },
	{ 12, 0, 0x05000000, 0, 0, 0 },
	{ 12, 0, 0x06000000, 0, 0, 0 },
	{ 12, 0, 0x07000000, 0, 0, 0 },
	{ 12, 0, 0x08000000, 4, 0, 7 },
	{ 12, 0, 0x09000000, 4, 0, 6 },
	{ 12, 0, 0x0a000000, 0, 0, 0 },
	{ 12, 0, 0x0b000000, 0, 0, 0 },
	{ 12, 0, 0x0c000000, 4, 0, 8 },
	{ 12, 0, 0x0f000000, 4, 0, 8 },
	{ 12, 0, 0x10000000, 4, 0, 24 },
	{ 12, 0, 0x13000000, 4, 0, 24 },
	{ 12, 0, 0x14000000, 0, 0, 0 },
	{ 12, 0, 0xff000000, 0, 0, 0 },
	{ 0, 0, 0, 0, 0, 0 },
	{ 4, 0, 0, 0, 0, 0 },
	{ 5, 0, 0, 0, 0, 0 },
	{ 9, 0, 0, 0, 0, 0 },
	{ 10, 0, 0, 0, 0, 0 },
	{ 13, 0, 0, 0, 0, 0 },
	{ 18, 0, 0, 0, 0, 0 },
	{ 255, 0, 0, 0, 0, 0 },
};

/** RFC 7915 5.2. */
static const struct row rows6[] = {
	{ 1, 0, 0, 3, 1, 0 },
	{ 1, 1, 0, 3, 10, 0 },
	{ 1, 2, 0, 3, 1, 0 },
	{ 1, 3, 0, 3, 1, 0 },
	{ 1, 4, 0, 3, 3, 0 },
	{ 1, 5, 0, 0, 0, 0 },
	{ 1, 6, 0, 0, 0, 0 },
	{ 1, 7, 0, 0, 0, 0 },
	/* MTU - 20 */
	{ 2, 0, 1400, 3, 4, 1380 },
	{ 2, 0, 1280, 3, 4, 1260 },
	{ 2, 0, 1500, 3, 4, 1480 },
	{ 2, 0, 9000, 3, 4, 1480 },
	{ 2, 0, 0xffffffff, 3, 4, 1480 },
	{ 3, 0, 0, 11, 0, 0 },
	{ 3, 1, 0, 11, 1, 0 },
	{ 4, 1, 0, 3, 2, 0 },
	{ 4, 2, 0, 0, 0, 0 },
	{ 4, 0, 0, 12, 0, 0x00000000 },
	{ 4, 0, 1, 12, 0, 0x01000000 },
	{ 4, 0, 2, 0, 0, 0 },
	{ 4, 0, 3, 0, 0, 0 },
	{ 4, 0, 4, 12, 0, 0x02000000 },
	{ 4, 0, 5, 12, 0, 0x02000000 },
	{ 4, 0, 6, 12, 0, 0x09000000 },
	{ 4, 0, 7, 12, 0, 0x08000000 },
	{ 4, 0, 8, 12, 0, 0x0c000000 },
	{ 4, 0, 23, 12, 0, 0x0c000000 },
	{ 4, 0, 24, 12, 0, 0x10000000 },
	{ 4, 0, 39, 12, 0, 0x10000000 },
	{ 4, 0, 40, 0, 0, 0 },
	{ 4, 0, 0xffffffff, 0, 0, 0 },
	{ 5, 0, 0, 0, 0, 0 },
	{ 100, 0, 0, 0, 0, 0 },
	{ 130, 0, 0, 0, 0, 0 },
	{ 135, 0, 0, 0, 0, 0 },
};

static void check_rows(const struct row *rows, size_t count, const struct wire_tcp *about)
{
	size_t header = about->ipv6 ? 20 : 40;
	uint64_t dropped = 0;

	for (size_t i = 0; i < count; i++) {
		const struct row *r = &rows[i];
		enum verdict verdict = error_about(about, r->type, r->code, r->rest);
		const uint8_t *bytes = world.packets[0].bytes;

		if ((verdict == VERDICT_FORWARDED) != (r->to_type != 0))
			fail_msg("type %u code %u (%x): %s", r->type, r->code, r->rest, verdict_name(verdict));
		if (r->to_type == 0) {
			expect_drop(&world, verdict, DROP_ICMP_IGNORED, ++dropped);
			continue;
		}
		assert_int_equal(world.count, 1);
		if (bytes[header] != r->to_type || bytes[header + 1] != r->to_code ||
		    wire_u32(bytes, header + 4) != r->to_rest)
			fail_msg("type %u code %u (%x) became %u code %u (%x)", r->type, r->code, r->rest,
				 bytes[header], bytes[header + 1], wire_u32(bytes, header + 4));
	}
	/* errors do not touch the connection (RFC 5508, RFC 5927) */
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
}

static void test_types_and_codes_of_icmpv4(void **state)
{
	(void)state;
	check_rows(rows4, sizeof(rows4) / sizeof(rows4[0]), &to_client);
}

static void test_types_and_codes_of_icmpv6(void **state)
{
	(void)state;
	check_rows(rows6, sizeof(rows6) / sizeof(rows6[0]), &to_server);
}

/** A small device: its MTU is the limit in both directions. */
static void test_mtu_of_the_device(void **state)
{
	(void)state;
	world.config.mtu = 1400;
	error_about(&to_client, 3, 4, 1480);
	assert_int_equal(wire_u32(world.packets[0].bytes, 44), 1400);
	error_about(&to_server, 2, 0, 1500);
	assert_int_equal(wire_u32(world.packets[0].bytes, 24), 1380);
}

/** The server checks all of it before it believes: addresses, ports, sequence number. */
static void test_quote_is_put_back_for_the_server(void **state)
{
	static const uint8_t server6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	static const uint8_t client6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 3 };
	static const uint8_t router6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46, [12] = 10, 0, 0, 9 };
	const uint8_t *bytes = world.packets[0].bytes;
	struct wire_tcp inner;

	(void)state;
	assert_int_equal(error_about(&to_client, 3, 4, 1400), VERDICT_FORWARDED);
	assert_memory_equal(bytes + 8, router6, 16);
	assert_memory_equal(bytes + 24, server6, 16);
	assert_memory_equal(bytes + 48 + 8, server6, 16);
	assert_memory_equal(bytes + 48 + 24, client6, 16);
	/* the quote is a whole packet: it must be a right one in every field */
	assert_null(wire_error(bytes + 48, world.packets[0].length - 48, true));
	inner = wire_read(bytes + 48, world.packets[0].length - 48);
	assert_int_equal(inner.source_port, 80);
	assert_int_equal(inner.destination_port, CONNECTION_PORT);
	assert_int_equal(inner.seq, OUR_ISN + 101 - DELTA);
	assert_int_equal(inner.ack, CLIENT_ISN + 2);
	assert_int_equal(inner.hop_limit, 11);
	assert_int_equal(inner.length, 10);
}

static void test_quote_is_put_back_for_the_client(void **state)
{
	const uint8_t *bytes = world.packets[0].bytes;
	struct wire_tcp inner;

	(void)state;
	assert_int_equal(error_about(&to_server, 2, 0, 1400), VERDICT_FORWARDED);
	/* the router has no IPv4 address: ours stands in (RFC 6791) */
	assert_int_equal(wire_u32(bytes, 12), 0x0a000001);
	assert_int_equal(wire_u32(bytes, 16), WORLD_CLIENT);
	assert_null(wire_error(bytes + 28, world.packets[0].length - 28, true));
	inner = wire_read(bytes + 28, world.packets[0].length - 28);
	assert_int_equal(inner.source4, WORLD_CLIENT);
	assert_int_equal(inner.destination4, WORLD_SERVICE);
	assert_int_equal(inner.source_port, CONNECTION_PORT);
	assert_int_equal(inner.destination_port, 80);
	assert_int_equal(inner.seq, CLIENT_ISN + 51);
	assert_int_equal(inner.ack, SERVER_ISN + 1 + DELTA);
	assert_int_equal(inner.hop_limit, 12);
}

/** Without a router address the service speaks. */
static void test_source_without_router_address(void **state)
{
	(void)state;
	world.config.router_ipv4 = 0;
	error_about(&to_server, 1, 0, 0);
	assert_int_equal(wire_u32(world.packets[0].bytes, 12), WORLD_SERVICE);
}

/** Any length of quote; what is too short is dropped, and nothing is read outside (world_input() is exact). */
static void test_every_length_of_quote(void **state)
{
	static const struct wire_tcp *const abouts[] = { &to_client, &to_server };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		uint8_t quote[128], bytes[256];
		size_t length = wire_make(abouts[k], quote), header = k ? 40 : 20, outer = k ? 28 : 48;
		uint8_t type = k ? 1 : 3;

		for (size_t n = 0; n <= length; n++) {
			size_t size = make_error(k, type, 0, 0, quote, n, bytes);
			enum verdict verdict = world_input(&world, bytes, size, NULL);

			if (n < header) {
				expect_drop(&world, verdict, DROP_ICMP_INNER, k * 20 + n + 1);
				continue;
			}
			/* without ports and sequence number it belongs to no connection */
			if (n < header + 8) {
				expect_drop(&world, verdict, DROP_ICMP_NO_FLOW, k * 8 + n - header + 1);
				continue;
			}
			assert_int_equal(verdict, VERDICT_FORWARDED);
			/* as much of the segment as came, behind a header that tells the length it had */
			assert_int_equal(world.packets[0].length, outer + (k ? 20 : 40) + n - header);
			assert_int_equal(wire_u16(world.packets[0].bytes, outer + (k ? 2 : 4)), k ? 50 : 30);
			assert_int_equal(wire_u32(world.packets[0].bytes, outer + (k ? 20 : 40) + 4),
					 k ? CLIENT_ISN + 51 : OUR_ISN + 101 - DELTA);
		}
	}
}

/** An error about a super-packet quotes a length of up to 64 KB, and may lack a next-hop MTU (RFC 1191 plateaus). */
static void test_plateaus(void **state)
{
	static const struct {
		uint16_t length;
		uint32_t mtu;
	} cases[] = { { 65535, 32020 }, { 32001, 32020 }, { 32000, 17934 }, { 17914, 8186 }, { 8166, 4372 },
		      { 4352, 2022 },	{ 2002, 1512 },	  { 1500, 1512 },   { 1492, 1280 } };

	(void)state;
	world.config.mtu = 65535;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t quote[128], bytes[256];
		size_t length = wire_make(&to_client, quote);

		wire_put16(quote, 2, cases[i].length);
		world_input(&world, bytes, make_error(false, 3, 4, 0, quote, length, bytes), NULL);
		assert_int_equal(world.count, 1);
		assert_int_equal(wire_u32(world.packets[0].bytes, 44), cases[i].mtu);
	}
}

static void test_errors_that_nobody_waits_for(void **state)
{
	struct wire_tcp segment = to_client;

	(void)state;
	segment.destination_port++;
	expect_drop(&world, error_about(&segment, 3, 1, 0), DROP_ICMP_NO_FLOW, 1);
	segment = to_client;
	segment.source4++;
	expect_drop(&world, error_about(&segment, 3, 1, 0), DROP_ICMP_NO_FLOW, 2);
	segment = to_server;
	segment.source_port++;
	expect_drop(&world, error_about(&segment, 1, 0, 0), DROP_ICMP_NO_FLOW, 3);
}

/** Errors about our SYN/ACK are ignored (tcp-splice 1.5): anybody could send them. */
static void test_error_before_the_splice(void **state)
{
	(void)state;
	world_free(&world);
	world_config(&world);
	world_make(&world);
	connection_accept(&world);
	expect_drop(&world, error_about(&to_client, 3, 1, 0), DROP_ICMP_NO_FLOW, 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 1);
}

static void test_damaged_error(void **state)
{
	uint8_t quote[128], bytes[256];
	size_t length = make_error(true, 2, 0, 1400, quote, wire_make(&to_server, quote), bytes);

	(void)state;
	bytes[length - 1] ^= 1;
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_BAD_CHECKSUM, 1);
}

/** A wrong checksum of the quoted segment must not kill the error (RFC 5508 REQ-3c). */
static void test_quote_with_wrong_checksum(void **state)
{
	uint8_t quote[128], bytes[256];
	size_t length = wire_make(&to_client, quote);

	(void)state;
	quote[36] ^= 0x55;
	assert_int_equal(world_input(&world, bytes, make_error(false, 3, 4, 1400, quote, length, bytes), NULL),
			 VERDICT_FORWARDED);
}

static void test_quote_of_udp(void **state)
{
	uint8_t quote[128], bytes[256];
	size_t length = wire_make(&to_client, quote);

	(void)state;
	quote[9] = 17;
	expect_drop(&world, world_input(&world, bytes, make_error(false, 3, 3, 0, quote, length, bytes), NULL),
		    DROP_ICMP_NO_FLOW, 1);
}

/** echo() - an echo request with @options bytes of IPv4 options or IPv6 extension header in front */
static size_t echo(bool ipv6, size_t options, uint8_t *bytes)
{
	size_t header = (ipv6 ? 40 : 20) + options;

	memset(bytes, 0, 128);
	if (ipv6) {
		static const uint8_t host[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };
		static const uint8_t router[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46, [15] = 1 };

		wire_put32(bytes, 0, 0x60000000);
		bytes[6] = 58;
		bytes[7] = 9;
		memcpy(bytes + 8, host, 16);
		memcpy(bytes + 24, router, 16);
	} else {
		bytes[0] = (uint8_t)(0x45 + options / 4);
		bytes[8] = 9;
		bytes[9] = 1;
		wire_put32(bytes, 12, WORLD_CLIENT);
		wire_put32(bytes, 16, WORLD_SERVICE);
		memset(bytes + 20, 1, options);
	}
	bytes[header] = ipv6 ? 128 : 8;
	wire_put32(bytes, header + 4, 0x12340001);
	memcpy(bytes + header + 8, "ping", 5);
	return header + 13;
}

static void check_reply(bool ipv6)
{
	const uint8_t *bytes = world.packets[0].bytes;
	size_t header = ipv6 ? 40 : 20;

	assert_int_equal(world.count, 1);
	assert_int_equal(world.packets[0].length, header + 13);
	assert_int_equal(bytes[header], ipv6 ? 129 : 0);
	assert_int_equal(wire_u32(bytes, header + 4), 0x12340001);
	assert_memory_equal(bytes + header + 8, "ping", 5);
	assert_int_equal(bytes[ipv6 ? 7 : 8], 64);
	assert_null(wire_error(bytes, world.packets[0].length, true));
	if (!ipv6)
		assert_int_equal(wire_u32(bytes, 16), WORLD_CLIENT);
	else
		assert_int_equal(bytes[39], 7);
}

static void test_echo(void **state)
{
	uint8_t bytes[128];

	(void)state;
	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		size_t length = echo(ipv6, 0, bytes);

		wire_seal(bytes, length);
		assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_ANSWERED);
		check_reply(ipv6);
		bytes[length - 1] ^= 1;
		expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_BAD_CHECKSUM, (uint64_t)ipv6 + 1);
	}
	assert_int_equal(world_events(&world, EVENT_ECHO), 2);
}

/** ping -R and the like: the reply has no options. */
static void test_echo_with_options(void **state)
{
	uint8_t bytes[128];

	(void)state;
	for (size_t options = 4; options <= 40; options += 4) {
		size_t length = echo(false, options, bytes);

		wire_seal(bytes, length);
		assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_ANSWERED);
		check_reply(false);
	}
}

static void test_echo_with_extension_header(void **state)
{
	uint8_t bytes[128];
	size_t length = echo(true, 0, bytes);

	(void)state;
	/* the checksum does not cover extension headers: seal first, insert then */
	wire_seal(bytes, length);
	memmove(bytes + 48, bytes + 40, 13);
	memcpy(bytes + 40, "\x3a\0\1\4\0\0\0\0", 8);
	bytes[6] = 60;
	wire_put16(bytes, 4, 21);
	assert_int_equal(world_input(&world, bytes, length + 8, NULL), VERDICT_ANSWERED);
	check_reply(true);
}

/** expect_error() - an error of ours from the router's address about the packet that was just sent */
static void expect_error(bool ipv6, uint8_t type, uint8_t code, const uint8_t *about, size_t length)
{
	const uint8_t *bytes = world.packets[0].bytes;
	size_t header = ipv6 ? 40 : 20;

	assert_int_equal(world.count, 1);
	assert_int_equal(bytes[header], type);
	assert_int_equal(bytes[header + 1], code);
	assert_int_equal(wire_u32(bytes, header + 4), 0);
	assert_int_equal(world.packets[0].length, header + 8 + length);
	assert_memory_equal(bytes + header + 8, about, length);
	if (ipv6)
		assert_int_equal(bytes[23], 1);
	else
		assert_int_equal(wire_u32(bytes, 12), 0x0a000001);
}

static void test_hop_limit(void **state)
{
	uint8_t bytes[128];

	(void)state;
	for (uint8_t hops = 1; hops <= 2; hops++) {
		for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
			struct wire_tcp segment = ipv6 ? server_segment(TCP_ACK, 0, 1) :
							 client_segment(TCP_ACK, 1, OUR_ISN + 1);
			size_t length;

			segment.hop_limit = hops;
			length = wire_make(&segment, bytes);
			assert_int_equal(world_input(&world, bytes, length, NULL),
					 hops == 1 ? VERDICT_DROPPED : VERDICT_FORWARDED);
			if (hops == 1)
				expect_error(ipv6, ipv6 ? 3 : 11, 0, bytes, length);
			else
				assert_int_equal(emitted(&world, 0).hop_limit, 1);
		}
	}
	assert_int_equal(world_drops(&world, DROP_HOP_LIMIT), 2);
	assert_int_equal(world_events(&world, EVENT_ICMP_SENT), 2);
}

/** make_other() - a packet of another protocol to the service, or to a client as servers see it */
static size_t make_other(bool ipv6, uint8_t protocol, uint8_t *bytes)
{
	struct wire_tcp segment = ipv6 ? server_segment(TCP_ACK, 0, 1) : client_segment(TCP_ACK, 0, 1);
	size_t length = wire_make(&segment, bytes);

	bytes[ipv6 ? 6 : 9] = protocol;
	wire_seal(bytes, length);
	return length;
}

static void test_unreachable(void **state)
{
	uint8_t bytes[128];
	size_t length;

	(void)state;
	length = make_other(false, 17, bytes);
	world_input(&world, bytes, length, NULL);
	expect_error(false, 3, 3, bytes, length);
	length = make_other(false, 47, bytes);
	world_input(&world, bytes, length, NULL);
	expect_error(false, 3, 2, bytes, length);
	length = make_other(true, 17, bytes);
	world_input(&world, bytes, length, NULL);
	/* no IPv4 host could answer it */
	expect_error(true, 1, 5, bytes, length);
	assert_int_equal(world_drops(&world, DROP_PROTOCOL), 2);
	assert_int_equal(world_drops(&world, DROP_NO_MAP), 1);
}

/** put_route() - put a loose source route into an IPv4 packet without options; returns its new length */
static size_t put_route(uint8_t *bytes, size_t length, uint8_t pointer)
{
	const uint8_t route[] = { 131, 7, pointer, 10, 0, 0, 9, 0 };

	memmove(bytes + 20 + sizeof(route), bytes + 20, length - 20);
	memcpy(bytes + 20, route, sizeof(route));
	bytes[0] = 0x47;
	wire_seal(bytes, length + sizeof(route));
	return length + sizeof(route);
}

static void expect_refused_route(uint8_t *bytes, size_t length)
{
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_DROPPED);
	expect_error(false, 3, 5, bytes, length);
}

/** A way through other routers cannot be asked for in IPv6: refused to strangers and on known connections. */
static void test_source_route(void **state)
{
	struct wire_tcp segments[] = { client_segment(TCP_ACK, 1, OUR_ISN + 1), client_segment(TCP_SYN, -1, 0) };
	uint8_t bytes[128];
	size_t length;

	(void)state;
	segments[1].source_port++;
	for (size_t i = 0; i < 2; i++) {
		length = put_route(bytes, wire_make(&segments[i], bytes), 4);
		expect_refused_route(bytes, length);
	}
	length = put_route(bytes, make_other(false, 17, bytes), 4);
	expect_refused_route(bytes, length);
	length = put_route(bytes, echo(false, 0, bytes), 4);
	expect_refused_route(bytes, length);
	assert_int_equal(world_drops(&world, DROP_SOURCE_ROUTE), 4);
	assert_int_equal(world_events(&world, EVENT_ICMP_SENT), 4);
}

/** One that is used up is ignored as other options are, and leaves no trace. */
static void test_used_up_source_route(void **state)
{
	struct wire_tcp segment = client_segment(TCP_ACK, 1, OUR_ISN + 1);
	uint8_t bytes[128];
	size_t length = put_route(bytes, wire_make(&segment, bytes), 8);

	(void)state;
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.packets[0].length, 60);
	expect_server_gets(&world, 0, TCP_ACK, CLIENT_ISN + 2, SERVER_ISN + 1, "");
	length = put_route(bytes, echo(false, 0, bytes), 8);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_ANSWERED);
	check_reply(false);
}

/** Not about an error, and not for what is not ours: another router may know the way. */
static void test_source_route_without_error(void **state)
{
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0);
	uint8_t quote[128], bytes[256];
	size_t length = make_error(false, 3, 1, 0, quote, wire_make(&to_client, quote), bytes);

	(void)state;
	length = put_route(bytes, length, 4);
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_SOURCE_ROUTE, 1);
	segment.destination4++;
	length = put_route(bytes, wire_make(&segment, bytes), 4);
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_NOT_OURS, 1);
	assert_int_equal(world_events(&world, EVENT_ICMP_SENT), 0);
}

/** A connection that has outlived its service, and the mapping of its client, still learns of errors; no one else. */
static void test_after_the_service(void **state)
{
	struct wire_tcp other = to_client, other6 = to_server;
	uint8_t bytes[128];
	size_t length;

	(void)state;
	world.config.service_count = world.config.server_count = 0;
	world.config.plan = (struct address_plan){ .prefix = { { { 0x20, 0x01, 0x0d, 0xb8, 0, 0x47 } }, 96 } };
	assert_int_equal(error_about(&to_client, 3, 4, 1400), VERDICT_FORWARDED);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.packets[0].bytes[40], 2);
	assert_int_equal(error_about(&to_server, 2, 0, 1400), VERDICT_FORWARDED);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.packets[0].bytes[20], 3);
	other.destination_port++;
	other6.source_port++;
	expect_drop(&world, error_about(&other, 3, 4, 1400), DROP_ICMP_NO_FLOW, 1);
	expect_drop(&world, error_about(&other6, 2, 0, 1400), DROP_NOT_OURS, 1);
	length = echo(false, 0, bytes);
	wire_seal(bytes, length);
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_NOT_OURS, 2);
}

/** No error about an error, nor about what has no host as source. */
static void test_no_error_about_errors(void **state)
{
	struct wire_tcp segment = client_segment(TCP_ACK, 1, OUR_ISN + 1);
	uint8_t quote[128], bytes[256];
	size_t length = make_error(false, 3, 1, 0, quote, wire_make(&to_client, quote), bytes);

	(void)state;
	bytes[8] = 1;
	wire_seal(bytes, length);
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_HOP_LIMIT, 1);
	segment.hop_limit = 1;
	segment.source4 = 0x7f000001;
	expect_drop(&world, connection_send(&world, &segment), DROP_BAD_SOURCE, 1);
	segment.source4 = 0xe0000001;
	expect_drop(&world, connection_send(&world, &segment), DROP_BAD_SOURCE, 2);
	assert_int_equal(world_events(&world, EVENT_ICMP_SENT), 0);
}

/** Errors go to addresses that may be forged: so many in a second, another number in the next. */
static void test_rate_limit(void **state)
{
	uint8_t bytes[128];
	size_t length = make_other(false, 17, bytes);
	int64_t now = world.now;
	uint64_t first;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		world.now = now;
		world_input(&world, bytes, length, NULL);
	}
	first = world_events(&world, EVENT_ICMP_SENT);
	assert_in_range(first, 500, 1499);
	assert_int_equal(world_drops(&world, DROP_PROTOCOL), 3000);
	world_wait(&world, SECOND);
	now = world.now;
	for (int i = 0; i < 3000; i++) {
		world.now = now;
		world_input(&world, bytes, length, NULL);
	}
	assert_in_range(world_events(&world, EVENT_ICMP_SENT), first + 500, first + 1499);
	assert_true(world_events(&world, EVENT_ICMP_SENT) != 2 * first);
}

#define TEST(name) WORLD_TEST(name, connection_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_types_and_codes_of_icmpv4),
		TEST(test_types_and_codes_of_icmpv6),
		TEST(test_mtu_of_the_device),
		TEST(test_quote_is_put_back_for_the_server),
		TEST(test_quote_is_put_back_for_the_client),
		TEST(test_source_without_router_address),
		TEST(test_every_length_of_quote),
		TEST(test_plateaus),
		TEST(test_errors_that_nobody_waits_for),
		TEST(test_error_before_the_splice),
		TEST(test_damaged_error),
		TEST(test_quote_with_wrong_checksum),
		TEST(test_quote_of_udp),
		TEST(test_echo),
		TEST(test_echo_with_options),
		TEST(test_echo_with_extension_header),
		TEST(test_hop_limit),
		TEST(test_unreachable),
		TEST(test_source_route),
		TEST(test_used_up_source_route),
		TEST(test_source_route_without_error),
		TEST(test_after_the_service),
		TEST(test_no_error_about_errors),
		TEST(test_rate_limit),
	};

	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_gather.c - fragments that cannot be translated one by one: of ICMP, of services, to ourselves
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

#define IDENTIFICATION 0x12345678u

static struct world world;

static int setup(void **state)
{
	world_config(&world);
	world_maps(&world);
	world_make(&world);
	*state = &world;
	return 0;
}

/** make_echo() - an echo request of a client to host ::20, or the reverse, of @length bytes; returns its length */
static size_t make_echo(bool ipv6, uint8_t *bytes, size_t length)
{
	const struct wire_tcp s = { .ipv6 = ipv6, .source6 = 0x20, .destination6 = 3, .source4 = WORLD_CLIENT,
				    .destination4 = WORLD_HOST };
	size_t header = ipv6 ? 40 : 20;

	wire_make(&s, bytes);
	wire_put16(bytes, 6, ipv6 ? wire_u16(bytes, 6) : 0);
	bytes[ipv6 ? 6 : 9] = ipv6 ? 58 : 1;
	for (size_t i = 0; i < length - header; i++)
		bytes[header + i] = (uint8_t)(i * 5 + i / 256);
	bytes[header] = ipv6 ? 128 : 8;
	bytes[header + 1] = 0;
	wire_seal(bytes, length);
	return length;
}

/** part() - give the engine the payload of a packet from @start to @end */
static enum verdict part(const uint8_t *whole, size_t length, size_t start, size_t end)
{
	bool ipv6 = whole[0] / 16 == 6, more = end < length - wire_transport(whole);
	size_t header = wire_transport(whole), headers = header + (ipv6 ? 8 : 0);
	uint8_t bytes[2048];

	memcpy(bytes, whole, header);
	memcpy(bytes + headers, whole + header + start, end - start);
	if (ipv6) {
		bytes[40] = whole[6];
		bytes[41] = 0;
		bytes[6] = 44;
		wire_put16(bytes, 42, (uint32_t)start | more);
		wire_put32(bytes, 44, IDENTIFICATION);
		wire_put16(bytes, 4, (uint32_t)(8 + end - start));
	} else {
		uint32_t sum = 0;

		wire_put16(bytes, 2, (uint32_t)(20 + end - start));
		wire_put16(bytes, 4, IDENTIFICATION);
		wire_put16(bytes, 6, (uint32_t)(start / 8) | (more ? 0x2000 : 0));
		wire_put16(bytes, 10, 0);
		for (size_t i = 0; i < 20; i += 2)
			sum += wire_u16(bytes, i);
		wire_put16(bytes, 10, ~(sum % 65536 + sum / 65536));
	}
	return world_input(&world, bytes, headers + end - start, NULL);
}

/** join() - the packet whose fragments were emitted; returns its length */
static size_t join(uint8_t *whole)
{
	size_t end = 40;

	memcpy(whole, world.packets[0].bytes, 40);
	whole[6] = world.packets[0].bytes[40];
	for (size_t i = 0; i < world.count; i++) {
		const uint8_t *bytes = world.packets[i].bytes;

		assert_in_range(world.packets[i].length, 49, 1280);
		assert_int_equal(bytes[6], 44);
		assert_int_equal(wire_u16(bytes, 42), (end - 40) | (i + 1 < world.count));
		assert_int_equal(wire_u16(bytes, 46), IDENTIFICATION & 0xffff);
		memcpy(whole + end, bytes + 48, world.packets[i].length - 48);
		end += world.packets[i].length - 48;
	}
	wire_put16(whole, 4, (uint32_t)end - 40);
	return end;
}

/** ICMPv6 sums up its length, which no fragment knows: the whole is made, and leaves in parts again. */
static void test_echo_to_map(void **state)
{
	uint8_t echo[4096], is[4096];
	size_t length = make_echo(false, echo, 3021);

	(void)state;
	assert_int_equal(part(echo, length, 1480, 2960), VERDICT_ABSORBED);
	assert_int_equal(part(echo, length, 2960, 3001), VERDICT_ABSORBED);
	assert_int_equal(world.count, 0);
	assert_int_equal(part(echo, length, 0, 1480), VERDICT_FORWARDED);
	assert_int_equal(world.count, 3);
	assert_int_equal(join(is), 3041);
	assert_null(wire_error(is, 3041, true));
	assert_int_equal(is[40], 128);
	assert_int_equal(is[39], 0x20);
	assert_memory_equal(is + 44, echo + 24, 3021 - 24);
	assert_int_equal(world_events(&world, EVENT_REASSEMBLED), 1);
}

/** IPv4 routers may cut it again, so that it leaves whole, with DF clear (RFC 7915 5.1.1). */
static void test_echo_from_map(void **state)
{
	uint8_t echo[4096];
	size_t length = make_echo(true, echo, 2040);
	const uint8_t *is = world.packets[0].bytes;

	(void)state;
	assert_int_equal(part(echo, length, 1232, 2000), VERDICT_ABSORBED);
	assert_int_equal(part(echo, length, 0, 1232), VERDICT_FORWARDED);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.packets[0].length, 2020);
	assert_null(wire_error(is, 2020, true));
	assert_int_equal(wire_u16(is, 4), IDENTIFICATION & 0xffff);
	assert_int_equal(wire_u16(is, 6), 0);
	assert_int_equal(is[20], 8);
	assert_memory_equal(is + 24, echo + 44, 2020 - 24);
}

/** A segment of a connection is one like any other, once it is whole. */
static void test_segment(void **state)
{
	struct wire_tcp s = client_segment(TCP_PSH | TCP_ACK, 1, OUR_ISN + 1);
	uint8_t bytes[2048], data[600];
	size_t length;

	(void)state;
	world.isn = OUR_ISN;
	connection_splice(&world);
	memset(data, 'x', sizeof(data));
	s.data = data;
	s.length = sizeof(data);
	length = wire_make(&s, bytes);
	assert_int_equal(part(bytes, length, 400, length - 20), VERDICT_ABSORBED);
	assert_int_equal(part(bytes, length, 0, 400), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).length, sizeof(data));
	assert_int_equal(emitted(&world, 0).seq, CLIENT_ISN + 2);
	s = server_segment(TCP_PSH | TCP_ACK, 0, 1);
	s.data = data;
	s.length = sizeof(data);
	length = wire_make(&s, bytes);
	assert_int_equal(part(bytes, length, 0, 400), VERDICT_ABSORBED);
	assert_int_equal(part(bytes, length, 400, length - 40), VERDICT_FORWARDED);
	assert_false(emitted(&world, 0).ipv6);
	assert_int_equal(emitted(&world, 0).length, sizeof(data));
	/* DF would make a black hole of a path that the server knows to need fragments */
	assert_int_equal(wire_u16(world.packets[0].bytes, 6), 0);
}

/** A mapped host that is a server as well may send parts of either; what is of the map leaves whole. */
static void test_mapped_server(void **state)
{
	static const struct ipv6_prefix servers[] = { { V6(0x20), 128 } };
	uint8_t bytes[2048];
	size_t length = make_echo(true, bytes, 1040);

	(void)state;
	bytes[6] = 17;
	wire_put16(bytes, 44, 1000);
	wire_seal(bytes, length);
	assert_int_equal(part(bytes, length, 0, 400), VERDICT_FORWARDED);
	assert_int_equal(part(bytes, length, 400, 1000), VERDICT_FORWARDED);
	world.config.servers = servers;
	world.config.server_count = 1;
	assert_int_equal(part(bytes, length, 0, 400), VERDICT_ABSORBED);
	assert_int_equal(part(bytes, length, 400, 1000), VERDICT_FORWARDED);
	assert_int_equal(world.packets[0].length, 1020);
	assert_null(wire_error(world.packets[0].bytes, 1020, true));
}

/** An echo to ourselves that came in parts is answered in parts. */
static void test_echo_to_router(void **state)
{
	static const uint8_t router[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46, [15] = 1 };
	uint8_t echo[4096], is[4096];
	size_t length = make_echo(true, echo, 2040);

	(void)state;
	memcpy(echo + 24, router, 16);
	wire_seal(echo, length);
	assert_int_equal(part(echo, length, 0, 1232), VERDICT_ABSORBED);
	assert_int_equal(part(echo, length, 1232, 2000), VERDICT_ANSWERED);
	assert_int_equal(world.count, 2);
	assert_int_equal(join(is), 2040);
	assert_null(wire_error(is, 2040, true));
	assert_int_equal(is[40], 129);
}

/** What contradicts itself is dropped with a reason, and what never becomes whole is counted. */
static void test_refused(void **state)
{
	uint8_t echo[4096];
	size_t length = make_echo(false, echo, 3021);

	(void)state;
	assert_int_equal(part(echo, length, 0, 1480), VERDICT_ABSORBED);
	expect_drop(&world, part(echo, length, 1472, 2960), DROP_FRAGMENT, 1);
	expect_drop(&world, part(echo, length, 2960, 3001), DROP_FRAGMENT, 2);
	world_wait(&world, 6 * SECOND);
	expect_drop(&world, part(echo, length, 0, 0), DROP_BAD_HEADER, 1);
	assert_int_equal(part(echo, length, 0, 1480), VERDICT_ABSORBED);
	world_wait(&world, 6 * SECOND);
	assert_int_equal(part(echo, length, 1480, 2960), VERDICT_ABSORBED);
	assert_int_equal(world_events(&world, EVENT_FRAGMENTS_EXPIRED), 1);
	assert_int_equal(world.count, 0);
}

/** Nothing is kept of what is not for us. */
static void test_not_ours(void **state)
{
	uint8_t echo[4096];
	size_t length = make_echo(false, echo, 3021);

	(void)state;
	wire_put32(echo, 16, 0xc0000299);
	expect_drop(&world, part(echo, length, 0, 1480), DROP_NOT_OURS, 1);
	wire_put32(echo, 16, WORLD_HOST);
	wire_put32(echo, 12, 0x7f000001);
	expect_drop(&world, part(echo, length, 0, 1480), DROP_BAD_SOURCE, 1);
}

#define TEST(test) WORLD_TEST(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_echo_to_map),
		TEST(test_echo_from_map),
		TEST(test_segment),
		TEST(test_mapped_server),
		TEST(test_echo_to_router),
		TEST(test_refused),
		TEST(test_not_ours),
	};

	return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}

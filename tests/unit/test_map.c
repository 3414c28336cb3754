/* SPDX-License-Identifier: ISC */
/*
 * test_map.c - packets of IPv6 hosts that have an IPv4 address of their own: whose is a packet, and what becomes of it
 *
 * What translation makes of each header is in the vectors (test_translation_vectors.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "nat46/checksum.h"

#define HOST_A WORLD_HOST
#define HOST_B (WORLD_HOST + 1)
#define ROUTER WORLD_ROUTER

/** 2001:db8:46::/96, in which other IPv4 addresses appear. */
static const uint8_t prefix[12] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46 };

static struct world world;

static int setup(void **state)
{
	world_config(&world);
	world_maps(&world);
	world_make(&world);
	*state = &world;
	return 0;
}

/** to_ipv4() - a segment of client 10.0.0.3 to an IPv4 address */
static struct wire_tcp to_ipv4(uint32_t address, uint16_t port)
{
	return (struct wire_tcp){ .source4 = WORLD_CLIENT, .destination4 = address, .source_port = 1000,
				  .destination_port = port, .seq = 7, .flags = TCP_SYN };
}

/** from_host() - a segment of 2001:db8::@host to client 10.0.0.3 */
static struct wire_tcp from_host(uint8_t host)
{
	return (struct wire_tcp){ .ipv6 = true, .source6 = host, .destination6 = 3, .source_port = 80,
				  .destination_port = 1000, .seq = 7, .flags = TCP_SYN };
}

/** send_embedded() - give the engine @s with an address inside the prefix as destination, or as source */
static enum verdict send_embedded(const struct wire_tcp *s, uint32_t address, bool is_source)
{
	uint8_t bytes[256];
	size_t length = wire_make(s, bytes);

	memcpy(bytes + (is_source ? 8 : 24), prefix, sizeof(prefix));
	wire_put32(bytes, is_source ? 20 : 36, address);
	wire_seal(bytes, length);
	return world_input(&world, bytes, length, NULL);
}

/** send_back() - what was emitted comes back, as the kernel sends what is for an address of ours */
static enum verdict send_back(void)
{
	uint8_t bytes[2048];
	size_t length = world.packets[0].length;

	assert_int_equal(world.count, 1);
	memcpy(bytes, world.packets[0].bytes, length);
	return world_input(&world, bytes, length, NULL);
}

static void expect_embedded(size_t at, uint32_t address)
{
	assert_memory_equal(world.packets[0].bytes + at, prefix, sizeof(prefix));
	assert_int_equal(wire_u32(world.packets[0].bytes, at + 12), address);
}

/** TCP keeps ports and numbers, whoever begins; only the MSS of a SYN shrinks. */
static void test_tcp_both_ways(void **state)
{
	static const uint8_t mss[] = { 2, 4, 1460 >> 8, 1460 & 0xff }, fits[] = { 2, 4, 1440 >> 8, 1440 & 0xff };
	struct wire_tcp s = to_ipv4(HOST_A, 25), is;

	(void)state;
	s.options = mss;
	s.options_length = sizeof(mss);
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	is = emitted(&world, 0);
	assert_true(is.ipv6);
	assert_int_equal(is.source6, 3);
	assert_int_equal(is.destination6, 0x20);
	assert_int_equal(is.hop_limit, 63);
	assert_int_equal(is.seq, 7);
	assert_memory_equal(is.options, fits, sizeof(fits));
	s = from_host(0x20);
	s.options = mss;
	s.options_length = sizeof(mss);
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	is = emitted(&world, 0);
	assert_false(is.ipv6);
	assert_int_equal(is.source4, HOST_A);
	assert_int_equal(is.destination4, WORLD_CLIENT);
	assert_int_equal(is.source_port, 80);
	assert_memory_equal(is.options, fits, sizeof(fits));
	world.config.clamp_mss = false;
	connection_send(&world, &s);
	assert_memory_equal(emitted(&world, 0).options, mss, sizeof(mss));
	assert_int_equal(engine_counters(world.engine)->events[EVENT_FLOW_OPENED], 0);
}

/** make_echo() - an echo request to host A; returns its length */
static size_t make_echo(uint8_t *bytes, uint32_t source)
{
	struct wire_tcp s = to_ipv4(HOST_A, 0);
	size_t length;

	s.source4 = source;
	length = wire_make(&s, bytes);
	memset(bytes + 20, 0, 20);
	bytes[9] = 1;
	bytes[20] = 8;
	wire_seal(bytes, length);
	return length;
}

/** Service, map, and our own addresses before both. */
static void test_order(void **state)
{
	struct wire_tcp s = to_ipv4(WORLD_SERVICE, 8080);
	uint8_t bytes[128];
	size_t length;

	(void)state;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).destination6, 1);
	s = to_ipv4(WORLD_SERVICE, 9999);
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).destination6, 0x2a);
	/* what the server of the connection sends belongs to it, though it has no map */
	s = from_host(1);
	s.source_port = 8080;
	s.flags = TCP_SYN | TCP_ACK;
	s.ack = 8;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).source4, WORLD_SERVICE);
	/* echo to the service's address is for the host, to the router's for us */
	length = make_echo(bytes, WORLD_CLIENT);
	wire_put32(bytes, 16, WORLD_SERVICE);
	wire_seal(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
	assert_int_equal(world.packets[0].bytes[6], 58);
	assert_int_equal(world.packets[0].bytes[40], 128);
	wire_put32(bytes, 16, ROUTER);
	wire_seal(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_ANSWERED);
}

/** A packet of which only one address can be translated is dropped, and the reason names the other one. */
static void test_half(void **state)
{
	struct wire_tcp s = from_host(0x77);
	uint8_t bytes[128];
	size_t length = wire_make(&s, bytes);

	(void)state;
	bytes[6] = 17;
	wire_seal(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_DROPPED);
	assert_int_equal(world_drops(&world, DROP_NO_MAP), 1);
	assert_int_equal(world.packets[0].bytes[40], 1);
	assert_int_equal(world.packets[0].bytes[41], 5);
	s = from_host(0x20);
	s.destination6 = 0x78;
	expect_drop(&world, connection_send(&world, &s), DROP_NO_CLIENT, 1);
	s.source6 = 0x77;
	expect_drop(&world, connection_send(&world, &s), DROP_NOT_OURS, 1);
	s = from_host(0x20);
	expect_drop(&world, send_embedded(&s, 0x7f000001, false), DROP_BAD_DESTINATION, 1);
	expect_drop(&world, send_embedded(&s, 0xe0000001, false), DROP_BAD_DESTINATION, 2);
	/* nobody on the IPv6 side is an IPv4 host */
	expect_drop(&world, send_embedded(&s, 0x08080808, true), DROP_BAD_SOURCE, 1);
	assert_int_equal(world.count, 0);
	s.source6 = 4;
	expect_drop(&world, connection_send(&world, &s), DROP_BAD_SOURCE, 2);
	s = to_ipv4(0xc0000299, 80);
	expect_drop(&world, connection_send(&world, &s), DROP_NOT_OURS, 2);
	/* whose address is our own gets no packets, and sends none in our name */
	s = from_host(0x2b);
	length = wire_make(&s, bytes);
	bytes[6] = 17;
	wire_seal(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_DROPPED);
	assert_int_equal(world_drops(&world, DROP_NO_MAP), 2);
}

/** One mapped host reaches another one by its IPv4 address (RFC 7757 4.2.1). */
static void test_hairpin(void **state)
{
	struct wire_tcp s = from_host(0x20);

	(void)state;
	assert_int_equal(send_embedded(&s, HOST_B, false), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).source4, HOST_A);
	assert_int_equal(emitted(&world, 0).destination4, HOST_B);
	assert_int_equal(send_back(), VERDICT_FORWARDED);
	expect_embedded(8, HOST_A);
	assert_int_equal(emitted(&world, 0).destination6, 0x21);
	assert_int_equal(emitted(&world, 0).hop_limit, 62);
}

/** And a service, which answers it. */
static void test_hairpin_to_service(void **state)
{
	struct wire_tcp s = from_host(0x20);

	(void)state;
	s.destination_port = 8080;
	assert_int_equal(send_embedded(&s, WORLD_SERVICE, false), VERDICT_FORWARDED);
	assert_int_equal(send_back(), VERDICT_FORWARDED);
	expect_embedded(8, HOST_A);
	assert_int_equal(emitted(&world, 0).destination6, 1);
	s = from_host(1);
	s.source_port = 8080;
	s.destination_port = 80;
	s.flags = TCP_SYN | TCP_ACK;
	s.ack = 8;
	assert_int_equal(send_embedded(&s, HOST_A, false), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).source4, WORLD_SERVICE);
	assert_int_equal(emitted(&world, 0).destination4, HOST_A);
	assert_int_equal(send_back(), VERDICT_FORWARDED);
	expect_embedded(8, WORLD_SERVICE);
	assert_int_equal(emitted(&world, 0).destination6, 0x20);
}

/** So does a mapped host that shares its address with a service, though its packets come back from an own address. */
static void test_hairpin_of_shared_address(void **state)
{
	struct wire_tcp s = from_host(0x2a);
	uint8_t bytes[128];
	size_t length;

	(void)state;
	s.source_port = 7000;
	s.destination_port = 7000;
	assert_int_equal(send_embedded(&s, ROUTER, false), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).source4, WORLD_SERVICE);
	assert_int_equal(send_back(), VERDICT_ANSWERED);
	assert_int_equal(emitted(&world, 0).flags, TCP_RST | TCP_ACK);
	assert_int_equal(emitted(&world, 0).destination4, WORLD_SERVICE);
	length = make_echo(bytes, WORLD_SERVICE);
	wire_put32(bytes, 16, ROUTER);
	wire_seal(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_ANSWERED);
}

/** A service's own address comes from nobody but ourselves, on its way to a mapped host. */
static void test_own_source(void **state)
{
	struct wire_tcp s = to_ipv4(WORLD_SERVICE, 80);

	(void)state;
	s.source4 = ROUTER;
	s.destination4 = 0xc0000299;
	expect_drop(&world, connection_send(&world, &s), DROP_BAD_SOURCE, 1);
	s.destination4 = ROUTER;
	expect_drop(&world, connection_send(&world, &s), DROP_BAD_SOURCE, 2);
}

/** What is a protocol in IPv4 may be an extension header in IPv6, which no IPv4 host shall make a server read. */
static void test_smuggling(void **state)
{
	static const uint8_t numbers[] = { 0, 2, 43, 44, 58, 59, 60, 135, 139, 140 };
	uint8_t bytes[128];
	struct wire_tcp s = to_ipv4(HOST_A, 80);

	(void)state;
	for (size_t i = 0; i < sizeof(numbers); i++) {
		size_t length = wire_make(&s, bytes);

		bytes[9] = numbers[i];
		wire_seal(bytes, length);
		expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_PROTOCOL, i + 1);
		assert_int_equal(world.count, 0);
	}
	s = from_host(0x20);
	s.destination6 = 3;
	bytes[wire_make(&s, bytes)] = 0;
	bytes[6] = 1;
	expect_drop(&world, world_input(&world, bytes, 60, NULL), DROP_PROTOCOL, sizeof(numbers) + 1);
}

/** make_udp() - a datagram of client 10.0.0.3 to host A with @length bytes of payload; returns its length */
static size_t make_udp(uint8_t *bytes, size_t length)
{
	struct wire_tcp s = to_ipv4(HOST_A, 53);

	wire_make(&s, bytes);
	bytes[9] = 17;
	wire_put16(bytes, 4, 0xabcd);
	wire_put16(bytes, 6, 0);
	wire_put16(bytes, 24, (uint32_t)length + 8);
	wire_put16(bytes, 26, 0);
	for (size_t i = 0; i < length; i++)
		bytes[28 + i] = (uint8_t)(i * 7 + i / 256);
	wire_seal(bytes, 28 + length);
	return 28 + length;
}

/** What may not be fragmented and does not fit is refused with what would (RFC 7915 4.1). */
static void test_too_big(void **state)
{
	uint8_t bytes[1600];

	(void)state;
	for (size_t length = 1480; length <= 1481; length++) {
		make_udp(bytes, length - 28);
		wire_put16(bytes, 6, 0x4000);
		wire_seal(bytes, length);
		if (length == 1480) {
			assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
			assert_int_equal(world.packets[0].length, 1500);
			continue;
		}
		assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_DROPPED);
		assert_int_equal(world_drops(&world, DROP_TOO_BIG), 1);
		assert_int_equal(wire_u32(world.packets[0].bytes, 24), 1480);
		assert_int_equal(world.packets[0].bytes[20], 3);
		assert_int_equal(world.packets[0].bytes[21], 4);
	}
}

/** What is quoted of the longest packets tells how long they were, in the other family as well. */
static void test_quoted_length(void **state)
{
	static const uint32_t lengths[] = { 1500, 65515, 65516, 65535 };
	uint8_t bytes[84] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct wire_tcp s = to_ipv4(HOST_A, 53);

		wire_make(&s, bytes);
		bytes[9] = 1;
		memset(bytes + 20, 0, sizeof(bytes) - 20);
		bytes[20] = 3;
		bytes[21] = 1;
		s.source4 = HOST_A;
		s.destination4 = WORLD_CLIENT;
		wire_make(&s, bytes + 28);
		bytes[28 + 9] = 17;
		wire_put16(bytes, 28 + 2, lengths[i]);
		wire_seal(bytes, sizeof(bytes));
		assert_int_equal(world_input(&world, bytes, sizeof(bytes), NULL), VERDICT_FORWARDED);
		assert_int_equal(wire_u16(world.packets[0].bytes, 48 + 4), lengths[i] - 20);
	}
}

/** Whoever uses up all other errors does not keep the path MTU from anybody. */
static void test_too_big_under_attack(void **state)
{
	struct wire_tcp s = to_ipv4(WORLD_ROUTER, 53);
	uint8_t bytes[1600];
	size_t length = wire_make(&s, bytes);
	int64_t now = world.now;

	(void)state;
	bytes[9] = 47;
	wire_seal(bytes, length);
	for (int i = 0; i < 2000; i++) {
		world.now = now;
		world_input(&world, bytes, length, NULL);
	}
	expect_drop(&world, VERDICT_DROPPED, DROP_PROTOCOL, 2000);
	make_udp(bytes, 1500 - 28);
	wire_put16(bytes, 6, 0x4000);
	wire_seal(bytes, 1500);
	world.now = now;
	assert_int_equal(world_input(&world, bytes, 1500, NULL), VERDICT_DROPPED);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.packets[0].bytes[21], 4);
}

/** gather() - put the fragments that were emitted together; returns the length of what they are parts of */
static size_t gather(uint8_t *whole)
{
	size_t end = 0;

	for (size_t i = 0; i < world.count; i++) {
		const uint8_t *bytes = world.packets[i].bytes;
		size_t length = world.packets[i].length;

		assert_in_range(length, 49, world.config.lowest_ipv6_mtu);
		assert_int_equal(bytes[6], 44);
		assert_int_equal(wire_u16(bytes, 4), length - 40);
		assert_int_equal(bytes[40], 17);
		assert_int_equal(wire_u32(bytes, 44), 0xabcd);
		/* in their order, none missing */
		assert_int_equal(wire_u16(bytes, 42), end | (i + 1 < world.count));
		memcpy(whole + end, bytes + 48, length - 48);
		end += length - 48;
	}
	return end;
}

/** What may be fragmented is, so that it passes any IPv6 link; the checksum is over the whole (RFC 7915 4.1). */
static void test_fragments_made(void **state)
{
	uint8_t bytes[2048], whole[2048];

	(void)state;
	for (size_t length = 1260; length <= 2040; length += 65) {
		struct offload partial = { .partial = true, .csum_start = 20, .csum_offset = 6 };
		bool is_partial = length % 2;
		size_t payload;

		make_udp(bytes, length - 28);
		if (is_partial)
			wire_seal_partial(bytes, length);
		assert_int_equal(world_input(&world, bytes, length, is_partial ? &partial : NULL), VERDICT_FORWARDED);
		if (length == 1260) {
			assert_int_equal(world.count, 1);
			assert_int_equal(world.packets[0].bytes[6], 17);
			continue;
		}
		assert_int_equal(world.count, 2);
		payload = gather(whole);
		assert_int_equal(payload, length - 20);
		assert_memory_equal(whole + 8, bytes + 28, payload - 8);
		/* sum over the pseudo header and all of it */
		assert_int_equal(checksum_fold(checksum_sum(world.packets[0].bytes + 8, 32) + 17 + payload +
					       checksum_sum(whole, payload)), 0xffff);
	}
}

/** The segments of a super-packet as well: TCP can be cut anywhere, so that they just get shorter. */
static void test_segments_made_shorter(void **state)
{
	static uint8_t data[1900];
	struct offload gso = { .gso = GSO_TCP4, .partial = true, .segment_size = 1440, .csum_start = 20,
			       .csum_offset = 16 };
	struct wire_tcp s = to_ipv4(HOST_A, 25);
	uint8_t bytes[2000];

	(void)state;
	s.flags = TCP_ACK;
	s.data = data;
	s.length = sizeof(data);
	for (int may_be_cut = 0; may_be_cut <= 1; may_be_cut++) {
		size_t length = wire_make(&s, bytes);

		wire_put16(bytes, 6, may_be_cut ? 0 : 0x4000);
		wire_seal_partial(bytes, length);
		assert_int_equal(world_input(&world, bytes, length, &gso), VERDICT_FORWARDED);
		assert_int_equal(world.count, 1);
		assert_int_equal(world.packets[0].offload.gso, GSO_TCP6);
		assert_int_equal(world.packets[0].offload.segment_size, may_be_cut ? 1280 - 40 - 20 : 1440);
	}
}

/** And the datagrams of a super-packet, which the device would not fragment. */
static void test_datagrams_are_cut(void **state)
{
	const struct offload gso = { .gso = GSO_UDP, .partial = true, .segment_size = 1400, .csum_start = 20,
				     .csum_offset = 6 };
	uint8_t bytes[3100];
	size_t length = make_udp(bytes, 3000);

	(void)state;
	wire_seal_partial(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, &gso), VERDICT_FORWARDED);
	/* two of them are too long */
	assert_int_equal(world.count, 5);
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *first = world.packets[2 * i].bytes, *second = world.packets[2 * i + 1].bytes;
		uint8_t whole[1408];

		assert_int_equal(world.packets[2 * i].length, 1280);
		assert_int_equal(world.packets[2 * i + 1].length, 48 + 1408 - 1232);
		assert_int_equal(wire_u32(first, 44), 0xabcd + i);
		assert_int_equal(wire_u32(second, 44), 0xabcd + i);
		memcpy(whole, first + 48, 1232);
		memcpy(whole + 1232, second + 48, 1408 - 1232);
		assert_int_equal(wire_u16(whole, 4), 1408);
		assert_memory_equal(whole + 8, bytes + 28 + 1400 * i, 1400);
		assert_int_equal(checksum_fold(checksum_sum(first + 8, 32) + 17 + 1408 + checksum_sum(whole, 1408)),
				 0xffff);
	}
	assert_int_equal(world.packets[4].length, 40 + 8 + 200);
	assert_null(wire_error(world.packets[4].bytes, 248, true));
	assert_memory_equal(world.packets[4].bytes + 48, bytes + 28 + 2800, 200);
}

/** A fragment is translated by itself; one that is still too long is cut again. */
static void test_fragment_is_cut(void **state)
{
	uint8_t bytes[2048];

	(void)state;
	make_udp(bytes, 1480 - 8);
	wire_put16(bytes, 6, 0x2000 | 1480 / 8);
	wire_seal(bytes, 1500);
	assert_int_equal(world_input(&world, bytes, 1500, NULL), VERDICT_FORWARDED);
	assert_int_equal(world.count, 2);
	assert_int_equal(world.packets[0].length, 1280);
	assert_int_equal(wire_u16(world.packets[0].bytes, 42), 1480 | 1);
	assert_int_equal(wire_u16(world.packets[1].bytes, 42), (1480 + 1232) | 1);
	assert_memory_equal(world.packets[1].bytes + 48, bytes + 20 + 1232, 1480 - 1232);
}

/** Setting "copy_tos". */
static void test_traffic_class(void **state)
{
	struct wire_tcp s = to_ipv4(HOST_A, 80);

	(void)state;
	s.traffic_class = 0xb8;
	connection_send(&world, &s);
	assert_int_equal(emitted(&world, 0).traffic_class, 0xb8);
	world.config.copy_tos = false;
	connection_send(&world, &s);
	assert_int_equal(emitted(&world, 0).traffic_class, 0);
}

/** The well-known prefix is for global addresses only, services included (RFC 6052 3.1). */
static void test_global_only(void **state)
{
	struct wire_tcp s = to_ipv4(HOST_A, 80);
	uint8_t bytes[128];
	size_t length;

	(void)state;
	world.config.plan.global_only = true;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	s.source4 = 0x0a090909;
	expect_drop(&world, connection_send(&world, &s), DROP_NOT_GLOBAL, 1);
	s = to_ipv4(WORLD_SERVICE, 8080);
	s.source4 = 0x0a090909;
	expect_drop(&world, connection_send(&world, &s), DROP_NOT_GLOBAL, 2);
	/* nor does echo pass, in either direction */
	length = make_echo(bytes, 0x0a090909);
	expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_NOT_GLOBAL, 3);
	s = from_host(0x20);
	expect_drop(&world, send_embedded(&s, 0x0a090909, false), DROP_NOT_GLOBAL, 4);
	/* what has such a source is forged all the same */
	s.destination6 = 3;
	expect_drop(&world, send_embedded(&s, 0x0a090909, true), DROP_BAD_SOURCE, 1);
}

#define TEST(test) WORLD_TEST(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tcp_both_ways),
		TEST(test_order),
		TEST(test_half),
		TEST(test_hairpin),
		TEST(test_hairpin_to_service),
		TEST(test_hairpin_of_shared_address),
		TEST(test_own_source),
		TEST(test_smuggling),
		TEST(test_too_big),
		TEST(test_quoted_length),
		TEST(test_too_big_under_attack),
		TEST(test_fragments_made),
		TEST(test_segments_made_shorter),
		TEST(test_datagrams_are_cut),
		TEST(test_fragment_is_cut),
		TEST(test_traffic_class),
		TEST(test_global_only),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}

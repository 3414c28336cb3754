/* SPDX-License-Identifier: ISC */
/*
 * test_block.c - a service on a block of addresses: each leads to the server at its place, and answers for itself
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datagram.h"

/** The block 10.0.0.64/28 leads to 2001:db8::40/124. */
#define BLOCK 0x0a000040u
#define PLACE 11u
#define RULES_PORT 80u
#define PLAIN_PORT 8080u
#define SHARED_PORT 81u

/** An address of the block that has a server of its own on PLAIN_PORT. */
#define EXCEPTION (BLOCK + 5)

static const struct server block[] = { { .address = V6(0x40), .host_bits = 4 } };
static const struct server own[] = { { .address = V6(9) } };
static const struct rule by_letter[] = {
	{ .bytes = (const uint8_t *)"A", .bytes_length = 1, .servers = { block, 1 }, .text = "bytes A" },
	{ .bytes = (const uint8_t *)"B", .bytes_length = 1, .servers = { own, 1 }, .text = "bytes B" },
};
static const struct service block_services[] = {
	{ .name = "own", .address = EXCEPTION, .port = PLAIN_PORT, .fallback = { own, 1 } },
	{ .name = "rules", .address = BLOCK, .host_bits = 4, .port = RULES_PORT, .rules = by_letter, .rule_count = 2,
	  .wait = 5 * SECOND },
	{ .name = "shared", .address = BLOCK, .host_bits = 4, .port = SHARED_PORT, .fallback = { own, 1 } },
	{ .name = "plain", .address = BLOCK, .host_bits = 4, .port = PLAIN_PORT, .fallback = { block, 1 } },
	{ .name = "dns", .address = BLOCK, .host_bits = 4, .port = 53, .is_udp = true, .fallback = { block, 1 } },
};
static const struct ipv6_prefix block_servers[] = { { V6(9), 128 }, { V6(0x40), 124 } };

static int block_setup(void **state)
{
	world_config(*state);
	world.config.services = block_services;
	world.config.service_count = sizeof(block_services) / sizeof(block_services[0]);
	world.config.servers = block_servers;
	world.config.server_count = 2;
	world_make(*state);
	return 0;
}

static struct wire_tcp from_client(uint32_t address, uint16_t port, uint8_t flags, int32_t offset, uint32_t ack)
{
	struct wire_tcp s = client_segment(flags, offset, ack);

	s.destination4 = address;
	s.destination_port = port;
	return s;
}

static struct wire_tcp from_server(uint8_t server, uint16_t port, uint8_t flags, int32_t offset, int32_t acked)
{
	struct wire_tcp s = server_segment(flags, offset, acked);

	s.source6 = server;
	s.source_port = port;
	return s;
}

/** opens() - a connection without rules to @address reaches @server, which answers as @address */
static void opens(uint32_t address, uint8_t server)
{
	struct wire_tcp s = from_client(address, PLAIN_PORT, TCP_SYN, -1, 0), out = through(&world, &s);

	assert_int_equal(out.destination6, server);
	assert_int_equal(out.destination_port, PLAIN_PORT);
	s = from_server(server, PLAIN_PORT, TCP_SYN | TCP_ACK, -1, 0);
	s.destination_port = out.source_port;
	out = through(&world, &s);
	assert_int_equal(out.source4, address);
	assert_int_equal(out.source_port, PLAIN_PORT);
	assert_int_equal(out.destination_port, CONNECTION_PORT);
}

static void test_each_address(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 16; i++)
		opens(BLOCK + i, BLOCK + i == EXCEPTION ? 9 : (uint8_t)(0x40 + i));
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 16);
}

/** decide() - a client of @address and a service with rules says @letter; returns our SYN to the server */
static struct wire_tcp decide(uint32_t address, const char *letter)
{
	struct wire_tcp s = from_client(address, RULES_PORT, TCP_SYN, -1, 0), out;

	assert_int_equal(connection_send(&world, &s), VERDICT_ANSWERED);
	out = emitted(&world, 0);
	assert_int_equal(out.source4, address);
	s = from_client(address, RULES_PORT, TCP_ACK, 0, out.seq + 1);
	connection_send(&world, &s);
	s.flags = TCP_PSH | TCP_ACK;
	connection_send_text(&world, s, letter);
	assert_true(world.count > 0);
	return emitted(&world, 0);
}

/** All addresses share the rules, and what they lead to may be one server. */
static void test_rules(void **state)
{
	struct wire_tcp s, out;

	(void)state;
	assert_int_equal(decide(BLOCK + 6, "B").destination6, 9);
	out = decide(BLOCK + PLACE, "A");
	assert_int_equal(out.destination6, 0x40 + PLACE);
	assert_int_equal(out.flags, TCP_SYN);
	s = from_server(0x40 + PLACE, RULES_PORT, TCP_SYN | TCP_ACK, -1, 0);
	connection_send(&world, &s);
	s = from_server(0x40 + PLACE, RULES_PORT, TCP_ACK, 0, 1);
	out = through(&world, &s);
	assert_int_equal(out.source4, BLOCK + PLACE);
	assert_string_equal(world.session.name, "rules");
}

static void test_datagrams(void **state)
{
	struct datagram q = question(4000, 53), d;

	(void)state;
	q.destination4 = BLOCK + PLACE;
	assert_int_equal(send(&q), VERDICT_FORWARDED);
	d = only_one("question");
	assert_int_equal(d.destination6, 0x40 + PLACE);
	d = answer(d);
	assert_int_equal(d.source4, BLOCK + PLACE);
	assert_int_equal(d.source_port, 53);
	/* a datagram of a server of the block that nobody has asked */
	d = (struct datagram){ .ipv6 = true, .source6 = 0x4d, .destination6 = 3, .source_port = 53,
			       .destination_port = 4000, .data = "late" };
	assert_int_equal(send(&d), VERDICT_DROPPED);
	assert_int_equal(world_drops(&world, DROP_UDP_NO_FLOW), 1);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.packets[0].bytes[40], 1);
	assert_int_equal(world.packets[0].bytes[41], 4);
}

/** Every address is there for a ping, and says that a port is not; the one behind the block is not ours. */
static void test_addresses(void **state)
{
	struct datagram q = question(4000, 54);
	uint8_t bytes[32];

	(void)state;
	for (uint32_t address = BLOCK; address <= BLOCK + 16; address++) {
		bool is_ours = address < BLOCK + 16;

		memset(bytes, 0, sizeof(bytes));
		bytes[0] = 0x45;
		bytes[8] = 9;
		bytes[9] = 1;
		wire_put32(bytes, 12, WORLD_CLIENT);
		wire_put32(bytes, 16, address);
		bytes[20] = 8;
		wire_seal(bytes, sizeof(bytes));
		assert_int_equal(world_input(&world, bytes, sizeof(bytes), NULL),
				 is_ours ? VERDICT_ANSWERED : VERDICT_DROPPED);
		if (is_ours)
			assert_int_equal(wire_u32(world.packets[0].bytes, 12), address);
		q.destination4 = address;
		assert_int_equal(send(&q), VERDICT_DROPPED);
		assert_int_equal(world.count, is_ours);
	}
	assert_int_equal(world_drops(&world, DROP_NOT_OURS), 2);
}

/** A server whose connection is lost tells which address its client has called, but not if all have one server. */
static void test_orphans(void **state)
{
	struct wire_tcp s = from_server(0x40 + PLACE, RULES_PORT, TCP_ACK, 0, 4);

	(void)state;
	connection_send(&world, &s);
	assert_int_equal(world.count, 2);
	assert_int_equal(emitted(&world, 1).source4, BLOCK + PLACE);
	assert_int_equal(emitted(&world, 1).source_port, RULES_PORT);
	s = from_server(9, SHARED_PORT, TCP_ACK, 0, 4);
	connection_send(&world, &s);
	assert_int_equal(world.count, 1);
	s = from_server(9, PLAIN_PORT, TCP_ACK, 0, 4);
	connection_send(&world, &s);
	assert_int_equal(world.count, 2);
	assert_int_equal(emitted(&world, 1).source4, EXCEPTION);
}

/** A host that has an address of the block in IPv6 as well: what is not for the service goes to it. */
static void test_map(void **state)
{
	struct datagram q = question(4000, 53);

	(void)state;
	world_config(&world);
	world_maps(&world);
	world.config.services = block_services;
	world.config.service_count = sizeof(block_services) / sizeof(block_services[0]);
	world.mappings[4].ipv4.address = BLOCK + PLACE;
	world.config.plan.index = eam_index_make(world.mappings, 6, world.slots);
	world_make(&world);
	q.destination4 = BLOCK + PLACE;
	assert_int_equal(send(&q), VERDICT_FORWARDED);
	assert_int_equal(only_one("question").destination6, 0x40 + PLACE);
	q.destination_port = 54;
	assert_int_equal(send(&q), VERDICT_FORWARDED);
	assert_int_equal(only_one("question").destination6, 0x2a);
}

/** Who calls all addresses of a large block has no more room than who calls one, and takes none from others. */
static void test_sweep(void **state)
{
	static const struct server to[] = { { .address = { { 0x20, 0x01, 0x0d, 0xb8, 0, 1 } }, .host_bits = 16 } };
	static const struct service large[] = {
		{ .name = "rules", .address = 0x0a010000, .host_bits = 16, .port = RULES_PORT, .rules = by_letter,
		  .rule_count = 2, .wait = 5 * SECOND },
		{ .name = "plain", .address = 0x0a010000, .host_bits = 16, .port = PLAIN_PORT, .fallback = { to, 1 } },
	};
	struct wire_tcp s = from_client(0x0a010000, PLAIN_PORT, TCP_SYN, -1, 0);

	(void)state;
	world_config(&world);
	world.config.services = large;
	world.config.service_count = 2;
	world.config.limits.waiting_address = world.config.limits.waiting_network = 4;
	world_make(&world);
	for (uint32_t i = 0; i < 300; i++) {
		s = from_client(0x0a010000 + i * 201, PLAIN_PORT, TCP_SYN, -1, 0);
		assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
		assert_in_range(engine_flows(world.engine, FLOWS_CONNECTING), 1, 4);
		s.destination_port = RULES_PORT;
		assert_int_equal(connection_send(&world, &s), VERDICT_ANSWERED);
		assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
	}
	s = from_client(0x0a01abcd, PLAIN_PORT, TCP_SYN, -1, 0);
	s.source4 = 0x0b000001;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	assert_int_equal(wire_u16(world.packets[0].bytes, 38), 0xabcd);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_each_address, block_setup),
		WORLD_TEST(test_rules, block_setup),
		WORLD_TEST(test_datagrams, block_setup),
		WORLD_TEST(test_addresses, block_setup),
		WORLD_TEST(test_orphans, block_setup),
		WORLD_TEST(test_map, NULL),
		WORLD_TEST(test_sweep, NULL),
	};

	return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}

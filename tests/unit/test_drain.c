/* SPDX-License-Identifier: ISC */
/*
 * test_drain.c - servers that get no new connections: the list, then what an engine does with it
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/drain.h"
#include "nat46/look.h"
#include "nat46/packet.h"

#include "datagram.h"

#define HEDGE (SECOND * 3 / 10)
#define MOMENT (SECOND / 50)

static const struct server two[] = { { .address = V6(1) }, { .address = V6(2) } };
static const struct rule rule = { .bytes = (const uint8_t *)"A", .bytes_length = 1, .servers = { two, 2 },
				  .text = "A" };
static const struct service drainable[] = {
	{ .name = "web", .address = WORLD_SERVICE, .port = 80, .rules = &rule, .rule_count = 1, .wait = 5 * SECOND },
	{ .name = "plain", .address = WORLD_SERVICE, .port = 8080, .fallback = { two, 2 } },
	{ .name = "quiet", .address = WORLD_SERVICE, .port = 8081, .fallback = { two, 1 }, .refusal = REFUSE_DROP },
	{ .name = "dns", .address = WORLD_SERVICE, .port = 53, .is_udp = true, .fallback = { two, 2 } },
};

static struct server server_at(uint8_t last, uint16_t port)
{
	struct server server = { .address = V6(0), .port = port };

	server.address.byte[15] = last;
	return server;
}

static void drain(uint8_t last)
{
	const struct server server = server_at(last, 0);

	assert_true(engine_drain(world.engine, &server));
}

static void undrain(uint8_t last)
{
	const struct server server = server_at(last, 0);

	assert_true(engine_undrain(world.engine, &server));
}

static int setup(void **state)
{
	world_config(*state);
	world.config.services = drainable;
	world.config.service_count = sizeof(drainable) / sizeof(drainable[0]);
	world_make(*state);
	world.isn = OUR_ISN;
	return 0;
}

static void test_list(void **state)
{
	static struct drain_list list;
	const struct server all = server_at(1, 0), one = server_at(1, 80), other = server_at(1, 81);

	(void)state;
	assert_true(drain_add(&list, &one));
	assert_true(drain_add(&list, &one));
	assert_int_equal(list.count, 1);
	assert_true(drain_has(&list, &one));
	assert_false(drain_has(&list, &other));
	assert_false(drain_has(&list, &all));
	/* all ports are one entry, which takes the place of those of single ports */
	assert_true(drain_add(&list, &all));
	assert_int_equal(list.count, 1);
	assert_true(drain_has(&list, &other));
	/* at a single port it cannot be undone, and at all ports it is for each of them */
	assert_false(drain_remove(&list, &one));
	assert_false(drain_remove(&list, &other));
	assert_true(drain_remove(&list, &all));
	assert_int_equal(list.count, 0);
	assert_false(drain_remove(&list, &one));
}

static void test_full_list(void **state)
{
	const struct server all = server_at(1, 0);
	static struct drain_list list;

	(void)state;
	for (uint32_t i = 0; i <= DRAINED_MAX; i++) {
		const struct server server = server_at(1, (uint16_t)(80 + i));

		assert_int_equal(drain_add(&list, &server), i < DRAINED_MAX);
	}
	assert_int_equal(list.count, DRAINED_MAX);
	assert_true(drain_add(&list, &all));
	assert_int_equal(list.count, 1);
}

/** The server of a block that is drained is passed over by those who call its address, and by nobody else. */
static void test_block(void **state)
{
	static const struct server block[] = { { .address = V6(0x10), .host_bits = 4 } };
	static struct drain_list list;
	const struct server_set set = { block, 1 };
	const struct server one = server_at(0x13, 80);
	const struct call called = { .address = 0xc0000213, .port = 80 }, other = { .address = 0xc0000214, .port = 80 };
	struct server room[1];

	(void)state;
	assert_ptr_equal(drain_pass_over(&list, &set, &called, room).servers, block);
	assert_true(drain_add(&list, &one));
	assert_int_equal(drain_pass_over(&list, &set, &called, room).count, 0);
	assert_int_equal(drain_pass_over(&list, &set, &other, room).count, 1);
}

/** connect() - a connection to the service with rules; returns the server that gets the SYN */
static uint8_t connect(int32_t first)
{
	client_sends(&world, TCP_SYN, first - 1, 0, NULL);
	client_sends(&world, TCP_PSH | TCP_ACK, first, OUR_ISN + 1, "A");
	assert_int_equal(world.count, 1);
	return emitted(&world, 0).destination6;
}

static void test_new_connections(void **state)
{
	uint8_t first;

	(void)state;
	first = connect(0);
	server_answers(&world, first, TCP_SYN | TCP_ACK, -1, 0);
	drain(first);
	/* what there is goes on, whatever the configuration */
	engine_configure(world.engine, &world.config);
	client_sends(&world, TCP_PSH | TCP_ACK, 1, OUR_ISN + 1, "more");
	assert_int_equal(emitted(&world, 0).destination6, first);
	client_sends(&world, TCP_RST, 5, 0, NULL);
	world_wait(&world, 300 * SECOND);
	assert_int_equal(connect(100000), 3 - first);
	client_sends(&world, TCP_RST, 100001, 0, NULL);
	undrain(first);
	assert_int_equal(connect(200000), first);
}

static void test_all_are_drained(void **state)
{
	(void)state;
	drain(1);
	drain(2);
	client_sends(&world, TCP_SYN, -1, 0, NULL);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
	assert_int_equal(world_events(&world, EVENT_REFUSED_DRAINED), 1);
	assert_int_equal(look_tally(world.engine, &drainable[0], NULL)->refused, 1);
	assert_int_equal(world.session.kind, SESSION_REFUSED);
	assert_string_equal(world.session.reason, "all servers are drained");
}

/** A server that is drained while others are asked is not asked next. */
static void test_not_next(void **state)
{
	uint8_t first;

	(void)state;
	first = connect(0);
	drain(3 - first);
	world_wait(&world, HEDGE + MOMENT);
	assert_int_equal(world.count, 1);
	assert_int_equal(emitted(&world, 0).destination6, first);
	server_answers(&world, first, TCP_RST | TCP_ACK, 0, 0);
	assert_int_equal(world_events(&world, EVENT_REFUSED_NO_SERVER), 1);
}

/** plain_syn() - a SYN to a service without rules; returns the verdict */
static enum verdict plain_syn(uint16_t client_port, uint16_t port)
{
	struct wire_tcp syn = client_segment(TCP_SYN, -1, 0);

	syn.source_port = client_port;
	syn.destination_port = port;
	return connection_send(&world, &syn);
}

static void test_plain(void **state)
{
	uint8_t first;

	(void)state;
	assert_int_equal(plain_syn(1001, 8080), VERDICT_FORWARDED);
	first = emitted(&world, 0).destination6;
	drain(first);
	assert_int_equal(plain_syn(1002, 8080), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).destination6, 3 - first);
	/* a SYN that is repeated is another attempt */
	assert_int_equal(plain_syn(1001, 8080), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).destination6, 3 - first);
	drain(3 - first);
	/* that server has been asked: it stays */
	assert_int_equal(plain_syn(1001, 8080), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).destination6, 3 - first);
	assert_int_equal(plain_syn(1003, 8080), VERDICT_ANSWERED);
	assert_int_equal(emitted(&world, 0).flags, TCP_RST | TCP_ACK);
	assert_int_equal(world_events(&world, EVENT_REFUSED_DRAINED), 1);
	assert_int_equal(world.session.kind, SESSION_REFUSED);
	assert_int_equal(world.session.client.port, 1003);
	assert_string_equal(world.session.name, "plain");
	expect_drop(&world, plain_syn(1004, 8081), DROP_DRAINED, 1);
}

static void test_udp(void **state)
{
	const struct datagram second = question(PORT + 2, 53);
	uint8_t first;

	(void)state;
	first = ask(PORT, 53).destination6;
	drain(first);
	assert_int_equal(ask(PORT, 53).destination6, first);
	assert_int_equal(ask(PORT + 1, 53).destination6, 3 - first);
	drain(3 - first);
	assert_int_equal(send(&second), VERDICT_DROPPED);
	assert_int_equal(world_drops(&world, DROP_DRAINED), 1);
	assert_int_equal(world.count, 1); /* port unreachable */
	assert_int_equal(world.packets[0].bytes[9], 1);
	assert_int_equal(world_events(&world, EVENT_REFUSED_DRAINED), 1);
	assert_int_equal(world.session.protocol, 17);
	assert_string_equal(world.session.reason, "all servers are drained");
	assert_int_equal(ask(PORT, 53).destination6, first);
}

#define TEST(test) WORLD_TEST(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_full_list),
		cmocka_unit_test(test_block),
		TEST(test_new_connections),
		TEST(test_all_are_drained),
		TEST(test_not_next),
		TEST(test_plain),
		TEST(test_udp),
	};

	return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}

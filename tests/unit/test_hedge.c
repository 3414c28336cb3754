/* SPDX-License-Identifier: ISC */
/*
 * test_hedge.c - P3: several servers are asked at a time, and one gets the connection
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

#define HEDGE (SECOND * 3 / 10)
#define MOMENT (SECOND / 50)

static const struct server three[] = { { .address = V6(1) }, { .address = V6(2) }, { .address = V6(9) } };
static const struct rule rule = { .bytes = (const uint8_t *)"A", .bytes_length = 1, .servers = { three, 3 },
				  .text = "A" };
static const struct service service = { .name = "a", .address = WORLD_SERVICE, .port = 80, .rules = &rule,
					.rule_count = 1, .wait = 5 * SECOND };
static struct world world;

/** The servers in rank for the client of these tests. */
static uint8_t ranked[3];

static void start(uint32_t flows)
{
	world_config(&world);
	world.config.services = &service;
	world.config.service_count = 1;
	world.config.limits.flows = flows;
	world_make(&world);
	connection_accept(&world);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	assert_int_equal(world.count, 1);
	ranked[0] = emitted(&world, 0).destination6;
}

/** expect_syn_to() - packet @index is the client's SYN, to this server */
static void expect_syn_to(size_t index, uint8_t server)
{
	expect_server_gets(&world, index, TCP_SYN, CLIENT_ISN, 0, "");
	assert_int_equal(emitted(&world, index).destination6, server);
	assert_int_equal(emitted(&world, index).source_port, CONNECTION_PORT);
}

/** expect_reset_to() - packet @index tells this server that the connection is not wanted */
static void expect_reset_to(size_t index, uint8_t server)
{
	expect_server_gets(&world, index, TCP_RST, CLIENT_ISN + 1, 0, "");
	assert_int_equal(emitted(&world, index).destination6, server);
}

/** ask_next() - time passes until server number @number in rank is asked as well */
static void ask_next(size_t number)
{
	world_wait(&world, HEDGE - MOMENT);
	assert_int_equal(world.count, 0);
	world_wait(&world, 2 * MOMENT);
	assert_int_equal(world.count, 1);
	ranked[number] = emitted(&world, 0).destination6;
	expect_syn_to(0, ranked[number]);
	for (size_t i = 0; i < number; i++)
		assert_int_not_equal(ranked[i], ranked[number]);
}

static int setup(void **state)
{
	(void)state;
	start(64);
	ask_next(1);
	ask_next(2);
	return 0;
}

/** expect_bound_to() - the flow goes to this server, in both directions, and no other record is left */
static void expect_bound_to(uint8_t server)
{
	struct wire_tcp segment = server_segment(TCP_PSH | TCP_ACK, 0, 1);

	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	assert_int_equal(world_events(&world, EVENT_FLOW_OPENED) - world_events(&world, EVENT_FLOW_CLOSED), 1);
	client_sends(&world, TCP_PSH | TCP_ACK, 1, OUR_ISN + 1, "more");
	assert_int_equal(world.count, 1);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 2, SERVER_ISN + 1, "more");
	assert_int_equal(emitted(&world, 0).destination6, server);
	segment.source6 = server;
	connection_send_text(&world, segment, "OK");
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_PSH | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 2, "OK");
}

/** expect_strangers() - what these servers still send belongs to no connection */
static void expect_strangers(uint8_t a, uint8_t b)
{
	const uint8_t others[] = { a, b };

	for (size_t i = 0; i < 2; i++) {
		server_answers(&world, others[i], TCP_SYN | TCP_ACK, -1, 0);
		assert_int_equal(world.count, 1);
		expect_reset_to(0, others[i]);
	}
}

/** Whoever accepts first, wherever in rank, gets the flushed data; the others get a RST, then and later. */
static void test_each_may_be_first(void **state)
{
	static const uint8_t others[3][2] = { { 1, 2 }, { 0, 2 }, { 0, 1 } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		start(64);
		ask_next(1);
		ask_next(2);
		assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 1);
		server_answers(&world, ranked[i], TCP_SYN | TCP_ACK, -1, 0);
		assert_int_equal(world.count, 4);
		/* the present one is told first when another one takes over */
		expect_reset_to(0, ranked[i == 2 ? 0 : 2]);
		expect_reset_to(1, ranked[i == 2 ? 1 : others[i][0]]);
		expect_server_gets(&world, 2, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "");
		expect_server_gets(&world, 3, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "A");
		assert_int_equal(emitted(&world, 3).destination6, ranked[i]);
		expect_bound_to(ranked[i]);
		expect_strangers(ranked[others[i][0]], ranked[others[i][1]]);
		world_free(&world);
	}
}

/** When all have been asked, all are asked again, after 1, 2 and 4 seconds; then all are told, and the client. */
/** expect_one_record() - nothing is left but what keeps the client's first data from opening another connection */
static void expect_one_record(void)
{
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
	assert_int_equal(world_events(&world, EVENT_FLOW_OPENED) - world_events(&world, EVENT_FLOW_CLOSED), 1);
}

static void test_all_silent(void **state)
{
	(void)state;
	for (int64_t wait = 1; wait <= 4; wait *= 2) {
		world_wait(&world, wait * SECOND + MOMENT);
		assert_int_equal(world.count, 3);
		for (size_t i = 0; i < 3; i++)
			expect_syn_to(i, ranked[i]);
	}
	world_wait(&world, 3 * SECOND);
	assert_int_equal(world.count, 4);
	for (size_t i = 0; i < 3; i++)
		expect_reset_to(i, ranked[i]);
	expect_client_gets(&world, 3, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
	assert_int_equal(world_events(&world, EVENT_SERVER_SILENT), 3);
	assert_int_equal(world_events(&world, EVENT_REFUSED_SILENCE), 1);
	expect_one_record();
}

/** One that refuses is out; when it is the present one, those before it go on. */
static void test_refusals(void **state)
{
	(void)state;
	expect_silence(&world, server_answers(&world, ranked[1], TCP_RST | TCP_ACK, -1, 0));
	expect_silence(&world, server_answers(&world, ranked[2], TCP_RST | TCP_ACK, -1, 0));
	/* the same again is for nobody */
	expect_drop(&world, server_answers(&world, ranked[1], TCP_RST | TCP_ACK, -1, 0), DROP_TCP_NO_FLOW, 1);
	world_wait(&world, SECOND);
	assert_int_equal(world.count, 1);
	expect_syn_to(0, ranked[0]);
	server_answers(&world, ranked[0], TCP_SYN | TCP_ACK, -1, 0);
	assert_int_equal(world.count, 2);
	expect_bound_to(ranked[0]);
}

static void test_all_refuse(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		expect_silence(&world, server_answers(&world, ranked[i], TCP_RST | TCP_ACK, -1, 0));
	server_answers(&world, ranked[2], TCP_RST | TCP_ACK, -1, 0);
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
	assert_int_equal(world_events(&world, EVENT_REFUSED_NO_SERVER), 1);
	expect_one_record();
}

/** Unreachable is refused, also by the last one that is left. */
static void test_unreachable(void **state)
{
	(void)state;
	expect_drop(&world, server_unreachable(&world, ranked[0], CLIENT_ISN + 1, 1, 0), DROP_ICMP_IGNORED, 1);
	for (size_t i = 0; i < 2; i++)
		expect_silence(&world, server_unreachable(&world, ranked[i], CLIENT_ISN, 1, 0));
	assert_int_equal(server_unreachable(&world, ranked[2], CLIENT_ISN, 1, 0), VERDICT_ABSORBED);
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_RST | TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1, "");
	assert_int_equal(world_events(&world, EVENT_SERVER_REFUSED), 3);
	assert_int_equal(world_events(&world, EVENT_REFUSED_NO_SERVER), 1);
}

/** A server that remembers an older connection is helped over it, whichever it is. */
static void test_stale_connection(void **state)
{
	(void)state;
	assert_int_equal(server_answers(&world, ranked[0], TCP_ACK, 0, -70000), VERDICT_ANSWERED);
	assert_int_equal(world.count, 2);
	expect_server_gets(&world, 0, TCP_RST, CLIENT_ISN + 1 - 70000, 0, "");
	assert_int_equal(emitted(&world, 0).destination6, ranked[0]);
	expect_syn_to(1, ranked[0]);
	server_answers(&world, ranked[0], TCP_SYN | TCP_ACK, -1, 0);
	expect_bound_to(ranked[0]);
}

static void test_client_resets(void **state)
{
	(void)state;
	client_sends(&world, TCP_RST, 1, 0, NULL);
	assert_int_equal(world.count, 3);
	for (size_t i = 0; i < 3; i++)
		expect_reset_to(i, ranked[i]);
	expect_one_record();
	expect_strangers(ranked[0], ranked[2]);
}

/** Without a record for the other server there is one at a time: two SYNs, 0.3 and 2 seconds, then the next. */
static void test_no_record_left(void **state)
{
	(void)state;
	start(1);
	world_wait(&world, HEDGE + MOMENT);
	assert_int_equal(world.count, 1);
	expect_syn_to(0, ranked[0]);
	world_wait(&world, 2 * SECOND + MOMENT);
	assert_int_equal(world.count, 2);
	expect_reset_to(0, ranked[0]);
	ranked[1] = emitted(&world, 1).destination6;
	assert_int_not_equal(ranked[1], ranked[0]);
	expect_syn_to(1, ranked[1]);
	server_answers(&world, ranked[1], TCP_SYN | TCP_ACK, -1, 0);
	expect_bound_to(ranked[1]);
}

/** The client gets another IPv6 address while servers are asked: the first knows it under the old one. */
static void test_new_address_plan(void **state)
{
	static const struct address_mapping other = { .ipv4 = { WORLD_CLIENT, 32 }, .ipv6 = { V6(5), 128 } };
	uint32_t slots[EAM_SLOTS(1)];
	struct engine_config config;

	(void)state;
	start(64);
	config = world.config;
	config.plan.mappings = &other;
	config.plan.client_count = config.plan.count = 1;
	config.plan.index = eam_index_make(&other, 1, slots);
	engine_configure(world.engine, &config);
	world_wait(&world, HEDGE + MOMENT);
	assert_int_equal(world.count, 1);
	assert_int_equal(emitted(&world, 0).source6, 5);
	server_answers(&world, ranked[0], TCP_SYN | TCP_ACK, -1, 0);
	assert_int_equal(world.count, 3);
	expect_bound_to(ranked[0]);
}

/** ask_again() - another connection of the client, its first byte being @first; returns who is asked first */
static uint8_t ask_again(int32_t first)
{
	client_sends(&world, TCP_SYN, first - 1, 0, NULL);
	client_sends(&world, TCP_PSH | TCP_ACK, first, OUR_ISN + 1, "A");
	return emitted(&world, 0).destination6;
}

/** A server that is silent twice is not asked first any more, for two seconds. */
static void test_silence_is_remembered(void **state)
{
	(void)state;
	start(64);
	world_wait(&world, HEDGE + MOMENT);
	client_sends(&world, TCP_RST, 1, 0, NULL);
	assert_int_equal(ask_again(1000), ranked[0]);
	world_wait(&world, HEDGE + MOMENT);
	client_sends(&world, TCP_RST, 1001, 0, NULL);
	assert_int_not_equal(ask_again(2000), ranked[0]);
	client_sends(&world, TCP_RST, 2001, 0, NULL);
	world_wait(&world, 2 * SECOND);
	assert_int_equal(ask_again(3000), ranked[0]);
}

#define TEST(test) WORLD_TEST(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_may_be_first),
		TEST(test_all_silent),
		TEST(test_refusals),
		TEST(test_all_refuse),
		TEST(test_unreachable),
		TEST(test_stale_connection),
		TEST(test_client_resets),
		WORLD_TEST(test_no_record_left, NULL),
		WORLD_TEST(test_new_address_plan, NULL),
		WORLD_TEST(test_silence_is_remembered, NULL),
	};

	return cmocka_run_group_tests_name("hedge", tests, NULL, NULL);
}

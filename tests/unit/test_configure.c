/* SPDX-License-Identifier: ISC */
/*
 * test_configure.c - another configuration between two packets: clients whose handshake is under way, who have said
 * nothing yet, or whose server has not answered yet
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

static struct world world;

static const struct server third[] = { { .address = V6(5) } };
static const struct rule other_rules[] = {
	{ .bytes = (const uint8_t *)"A", .bytes_length = 1, .servers = { third, 1 }, .text = "bytes A" },
};
static const struct service other_services[] = {
	{ .name = "other", .address = WORLD_SERVICE, .port = 80, .rules = other_rules, .rule_count = 1,
	  .wait = 2 * SECOND },
};
static const struct ipv6_prefix other_servers[] = { { V6(5), 128 } };

/** configure() - the old configuration is gone for good, as after a reload */
static void configure(const struct service *services, size_t count)
{
	static struct engine_config configs[2];
	static int next;
	struct engine_config *config = &configs[next++ % 2];

	*config = world.config;
	config->services = services;
	config->service_count = count;
	config->servers = other_servers;
	config->server_count = count;
	engine_configure(world.engine, config);
	memset(&configs[next % 2], 0xa5, sizeof(configs[0]));
}

static int setup(void **state)
{
	world_setup(state);
	configure(world.config.services, world.config.service_count);
	return 0;
}

/** What was said before and after counts together, and the new rules decide. */
static void test_new_rules_decide(void **state)
{
	(void)state;
	connection_accept(&world);
	configure(other_services, 1);
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A"), VERDICT_ABSORBED);
	assert_int_equal(world.count, 1);
	assert_int_equal(emitted(&world, 0).destination6, 5);
}

/** The new service has other patience: the timer is that of the old one, and what comes then is the new one's. */
static void test_wait(void **state)
{
	(void)state;
	connection_accept(&world);
	configure(other_services, 1);
	world_wait(&world, 6 * SECOND);
	assert_int_equal(world.count, 1);
	assert_int_equal(emitted(&world, 0).flags & TCP_RST, TCP_RST);
	assert_string_equal(world.session.name, "other");
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
}

/** Its service is gone: whatever the client says, it is refused. */
static void test_service_is_gone(void **state)
{
	(void)state;
	connection_accept(&world);
	configure(NULL, 0);
	(void)client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	assert_int_equal(world.count, 1);
	assert_int_equal(emitted(&world, 0).flags & TCP_RST, TCP_RST);
	assert_int_equal(world.session.kind, SESSION_REFUSED);
	assert_string_equal(world.session.name, "");
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
}

/** The same if it says nothing. */
static void test_service_is_gone_in_silence(void **state)
{
	(void)state;
	connection_accept(&world);
	configure(NULL, 0);
	world_wait(&world, 6 * SECOND);
	assert_int_equal(world.count, 1);
	assert_int_equal(emitted(&world, 0).flags & TCP_RST, TCP_RST);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
}

/** Between SYN and ACK of a handshake the service goes: no connection, and nothing is kept. */
static void test_handshake(void **state)
{
	uint32_t isn;

	(void)state;
	client_sends(&world, TCP_SYN, -1, 0, NULL);
	isn = emitted(&world, 0).seq;
	configure(NULL, 0);
	(void)client_sends(&world, TCP_ACK, 0, isn + 1, NULL);
	(void)client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A");
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
	assert_int_equal(world_events(&world, EVENT_CLIENT_CONNECTED), 0);
	configure(other_services, 1);
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A"), VERDICT_ABSORBED);
	assert_int_equal(emitted(&world, 0).destination6, 5);
}

/** The server that was asked is not one of the service any more, and gets the connection. */
static void test_server_is_asked(void **state)
{
	(void)state;
	connection_accept(&world);
	(void)client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	configure(other_services, 1);
	assert_int_equal(server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL), VERDICT_ABSORBED);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	assert_string_equal(world.session.name, "other");
	assert_int_equal(server_sends(&world, TCP_PSH | TCP_ACK, 0, 1, "reply"), VERDICT_FORWARDED);
}

/** It does not accept: the next one is one that the new rules name, or there is none. */
static void test_next_server(void **state)
{
	for (size_t count = 0; count <= 1; count++) {
		world_teardown(state);
		setup(state);
		connection_accept(&world);
		(void)client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
		configure(other_services, count);
		(void)server_sends(&world, TCP_RST | TCP_ACK, 0, 0, NULL);
		assert_int_equal(world.count, 1);
		if (count == 0)
			assert_int_equal(emitted(&world, 0).flags & TCP_RST, TCP_RST);
		assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 0);
	}
}

/** A connection that is bound goes on without its service, to its end. */
static void test_bound(void **state)
{
	(void)state;
	connection_splice(&world);
	configure(NULL, 0);
	assert_int_equal(server_sends(&world, TCP_PSH | TCP_ACK, 0, 1, "reply"), VERDICT_FORWARDED);
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 1, OUR_ISN + 6, "more"), VERDICT_FORWARDED);
	client_sends(&world, TCP_RST, 5, 0, NULL);
	assert_int_equal(world.session.kind, SESSION_ENDED);
	assert_string_equal(world.session.name, "");
}

#define TEST(test) WORLD_TEST(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_rules_decide),
		TEST(test_wait),
		TEST(test_service_is_gone),
		TEST(test_service_is_gone_in_silence),
		TEST(test_handshake),
		TEST(test_server_is_asked),
		TEST(test_next_server),
		TEST(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

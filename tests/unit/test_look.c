/* SPDX-License-Identifier: ISC */
/*
 * test_look.c - what an operator sees of an engine: a connection from its first packet to its end, and its server
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect.h"
#include "nat46/look.h"

static struct world world;

static struct flow_info only_flow(void)
{
	struct flow_info info = { 0 };
	unsigned int count = 0;

	for (uint32_t i = 0; i < look_flow_records(world.engine); i++)
		count += look_flow(world.engine, i, world.now, &info);
	assert_int_equal(count, 1);
	return info;
}

static void test_nothing(void **state)
{
	const struct server server = { .address = V6(1), .port = 80 };

	(void)state;
	assert_int_equal(look_flow_records(world.engine), 0);
	assert_null(look_server(world.engine, &server));
}

/** test_waiting() - a client that is connected to us: no server, and nothing was passed on */
static void test_waiting(void **state)
{
	struct flow_info info;

	(void)state;
	connection_accept(&world);
	info = only_flow();
	assert_string_equal(info.state, "waiting");
	assert_true(info.is_spliced);
	assert_false(info.is_udp || info.has_server);
	assert_int_equal(info.client, WORLD_CLIENT);
	assert_int_equal(info.client_port, CONNECTION_PORT);
	assert_int_equal(info.service, WORLD_SERVICE);
	assert_int_equal(info.service_port, 80);
	assert_int_equal(info.bytes_to_server + info.bytes_to_client, 0);
}

/** test_splice() - both ends connected: the server, the client as it sees it, bytes and times */
static void test_splice(void **state)
{
	const struct server server = { .address = V6(1), .port = 80 };
	const struct ipv6_address client = V6(3);
	struct look_health health = { .engine = world.engine, .now = world.now };
	struct flow_info info;
	size_t known = 0;

	(void)state;
	connection_splice(&world);
	assert_int_equal(server_sends(&world, TCP_ACK, 0, 1, "0123456789"), VERDICT_FORWARDED);
	assert_int_equal(client_sends(&world, TCP_ACK, 1, OUR_ISN + 11, NULL), VERDICT_FORWARDED);
	world_wait(&world, 3 * SECOND);
	info = only_flow();
	assert_string_equal(info.state, "established");
	assert_true(info.has_server);
	assert_true(ipv6_equal(&info.server, &server.address));
	assert_int_equal(info.server_port, 80);
	assert_true(ipv6_equal(&info.client6, &client));
	assert_int_equal(info.source_port, CONNECTION_PORT);
	assert_int_equal(info.bytes_to_server, 1);
	assert_int_equal(info.bytes_to_client, 10);
	assert_true(info.age >= 3 * SECOND && info.age <= 5 * SECOND);
	assert_true(info.idle >= 3 * SECOND && info.idle <= 4 * SECOND);
	assert_non_null(look_server(world.engine, &server));
	assert_false(look_server_is_failing(&health, &server));
	for (size_t i = 0; i < LOOK_SERVERS; i++) {
		const struct server_state *found = look_server_at(world.engine, i);

		known += found != NULL;
		if (found)
			assert_ptr_equal(found, look_server(world.engine, &server));
	}
	assert_int_equal(known, 1);
}

/** test_gone() - a record that was given back is no flow */
static void test_gone(void **state)
{
	struct flow_info info;

	(void)state;
	connection_splice(&world);
	assert_int_equal(look_flow_records(world.engine), 1);
	world_wait(&world, 20000 * SECOND);
	world_wait(&world, 20000 * SECOND);
	assert_false(look_flow(world.engine, 0, world.now, &info));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_nothing, world_setup),
		WORLD_TEST(test_waiting, world_setup),
		WORLD_TEST(test_splice, world_setup),
		WORLD_TEST(test_gone, world_setup),
	};

	return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}

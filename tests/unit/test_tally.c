/* SPDX-License-Identifier: ISC */
/*
 * test_tally.c - what is counted of services and servers: the table by itself, then what an engine counts
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "nat46/look.h"
#include "nat46/packet.h"
#include "random.h"

#define FLOWS 8

static struct world world;
static struct tally_table table;
static uint16_t of_flow[FLOWS];

static const struct server listed[] = { { .address = V6(1) }, { .address = V6(2), .port = 8443 } };
static struct service web, range, other;

static int setup_table(void **state)
{
	static const struct siphash_key key = { .word = { 1, 2 } };

	(void)state;
	memset(&table, 0, sizeof(table));
	memset(of_flow, 0, sizeof(of_flow));
	tally_init(&table, of_flow, &key);
	web = (struct service){ .address = 0xc000020a, .port = 443, .listed = { listed, 2 } };
	range = (struct service){ .address = 0xc000020a, .port = 8000, .further_ports = 99, .listed = { listed, 2 } };
	other = (struct service){ .address = 0xc000020a, .port = 53, .is_udp = true, .listed = { listed, 1 } };
	return 0;
}

static void configure(const struct service *a, const struct service *b, const struct service *c)
{
	const struct service *const wanted[] = { a, b, c };
	struct service services[3];
	size_t count = 0;

	for (size_t i = 0; i < 3; i++)
		if (wanted[i])
			services[count++] = *wanted[i];
	tally_configure(&table, services, count);
	assert_null(tally_check(&table));
}

/** tally_at() - number of the tally of a connection of @service, called at @port, to 2001:db8::@last at @server_port */
static uint16_t tally_at(const struct service *service, uint16_t port, uint8_t last, uint16_t server_port)
{
	struct server to = { .address = V6(0), .port = server_port };

	to.address.byte[15] = last;
	return tally_of_server(&table, tally_of_service(&table, service), &to, port);
}

static void test_numbers(void **state)
{
	uint16_t of_web, of_range;

	(void)state;
	configure(&web, &range, &other);
	of_web = tally_of_service(&table, &web);
	of_range = tally_of_service(&table, &range);
	assert_int_not_equal(of_web, 0);
	assert_int_not_equal(of_range, 0);
	assert_int_not_equal(tally_of_service(&table, &other), of_web);
	assert_int_equal(tally_of_service(&table, NULL), 0);
	assert_int_equal(table.touched, 1 + 3 + 5);
	/* a server, another one that is not listed, one at another port, and what is below nothing */
	assert_int_not_equal(tally_at(&web, 443, 1, 443), of_web);
	assert_int_equal(table.tallies[tally_at(&web, 443, 1, 443)].key.parent, of_web);
	assert_int_not_equal(tally_at(&web, 443, 2, 8443), tally_at(&web, 443, 1, 443));
	assert_int_equal(tally_at(&web, 443, 2, 443), of_web);
	assert_int_equal(tally_at(&web, 443, 3, 443), of_web);
	assert_int_equal(tally_of_server(&table, 0, &listed[0], 443), 0);
	/* from the tally of one server to that of another one */
	assert_int_equal(tally_of_server(&table, tally_at(&web, 443, 1, 443), &listed[1], 443),
			 tally_at(&web, 443, 2, 8443));
	/* of a range a server has one tally, whichever port is called */
	assert_int_not_equal(tally_at(&range, 8000, 1, 8000), of_range);
	assert_int_equal(tally_at(&range, 8000, 1, 8000), tally_at(&range, 8099, 1, 8099));
	assert_int_equal(tally_at(&range, 8000, 1, 8001), of_range);
	assert_int_equal(tally_at(&range, 8000, 2, 8443), tally_at(&range, 8001, 2, 8443));
}

/** All servers of a block have one tally, and a single one of the same service its own. */
static void test_block(void **state)
{
	static const struct server mixed[] = { { .address = V6(0x40), .host_bits = 4 }, { .address = V6(0x45) } };
	struct service block = { .address = 0xc0000210, .host_bits = 4, .port = 80, .listed = { mixed, 2 } };
	struct service single = { .address = 0xc0000210, .port = 80, .listed = { mixed + 1, 1 } };

	(void)state;
	configure(&block, &single, NULL);
	assert_int_equal(table.touched, 1 + 2 + 3);
	assert_int_not_equal(tally_of_service(&table, &block), tally_of_service(&table, &single));
	assert_int_equal(tally_at(&block, 80, 0x41, 80), tally_at(&block, 80, 0x4f, 80));
	assert_int_not_equal(tally_at(&block, 80, 0x41, 80), tally_of_service(&table, &block));
	assert_int_not_equal(tally_at(&block, 80, 0x45, 80), tally_at(&block, 80, 0x4f, 80));
	assert_int_equal(tally_at(&block, 80, 0x50, 80), tally_of_service(&table, &block));
	assert_int_equal(tally_at(&single, 80, 0x41, 80), tally_of_service(&table, &single));
}

/** What is counted of a flow is counted on the way up, and taken off when it is over, has another server, or leaves. */
static void test_ways_up(void **state)
{
	uint16_t server, service;

	(void)state;
	configure(&web, NULL, NULL);
	service = tally_of_service(&table, &web);
	server = tally_at(&web, 443, 1, 443);
	tally_enter(&table, 1, service);
	tally_enter(&table, 2, server);
	tally_bytes(&table, 2, true, 100);
	tally_bytes(&table, 1, false, 10);
	assert_int_equal(table.tallies[server].bytes_to_server, 100);
	assert_int_equal(table.tallies[service].bytes_to_server, 100);
	assert_int_equal(table.tallies[0].bytes_to_client, 10);
	assert_int_equal(table.tallies[server].bytes_to_client, 0);
	tally_activate(&table, 2, false);
	assert_int_equal(table.tallies[server].active, 0);
	assert_int_equal(table.tallies[server].flows, 1);
	assert_int_equal(table.tallies[service].active, 1);
	assert_true(tally_includes(&table, service, 2) && tally_includes(&table, 0, 2));
	assert_false(tally_includes(&table, server, 1));
	tally_activate(&table, 2, true);
	tally_leave(&table, 2, true);
	tally_leave(&table, 1, true);
	assert_int_equal(table.tallies[0].flows + table.tallies[0].active, 0);
	assert_null(tally_check(&table));
}

static void test_connect_times(void **state)
{
	const struct tally *tally = &table.tallies[0];

	(void)state;
	configure(NULL, NULL, NULL);
	tally_connected(&table, 0, 0);
	tally_connected(&table, 0, MILLISECOND / 2);
	tally_connected(&table, 0, MILLISECOND / 2 + 1);
	tally_connected(&table, 0, 5 * SECOND);
	tally_connected(&table, 0, 6 * SECOND);
	assert_int_equal(tally->connects[0], 2);
	assert_int_equal(tally->connects[1], 1);
	assert_int_equal(tally->connects[TALLY_BUCKETS - 2], 1);
	assert_int_equal(tally->connects[TALLY_BUCKETS - 1], 1);
	assert_int_equal(tally_connects(tally), 5);
	assert_int_equal(tally->connect_time, 11 * SECOND + MILLISECOND + 1);
	for (uint32_t i = 1; i < TALLY_BUCKETS; i++)
		assert_true(tally_bound(i) > tally_bound(i - 1));
}

/** A service that keeps address, port and protocol keeps its tallies; others stay until their flows are gone. */
static void test_reload(void **state)
{
	uint16_t kept, server, left;

	(void)state;
	configure(&web, &other, NULL);
	kept = tally_of_service(&table, &web);
	server = tally_at(&web, 443, 1, 443);
	left = tally_of_service(&table, &other);
	tally_opened(&table, server);
	tally_enter(&table, 0, tally_at(&other, 53, 1, 53));
	web.name = "renamed";
	web.listed.count = 1;
	configure(&range, &web, NULL);
	assert_int_equal(tally_of_service(&table, &web), kept);
	assert_int_equal(tally_at(&web, 443, 1, 443), server);
	assert_int_equal(table.tallies[server].opened, 1);
	assert_int_equal(tally_at(&web, 443, 2, 8443), kept);
	/* in use: it is found again, and goes when it is not */
	assert_int_equal(tally_of_service(&table, &other), left);
	tally_leave(&table, 0, true);
	configure(&range, &web, NULL);
	assert_int_equal(tally_of_service(&table, &other), 0);
	assert_int_equal(table.tallies[0].opened, 1);
}

/** When there is no room, the first ones are counted by themselves. */
static void test_full(void **state)
{
	struct service *services = calloc(TALLIES_MAX + 10, sizeof(*services));

	(void)state;
	assert_non_null(services);
	for (uint32_t i = 0; i < TALLIES_MAX + 10; i++)
		services[i] = (struct service){ .address = 1 + i, .port = 80, .listed = { listed, 1 } };
	tally_configure(&table, services, TALLIES_MAX - 2);
	assert_int_not_equal(tally_of_service(&table, &services[TALLIES_MAX - 3]), 0);
	assert_int_not_equal(tally_at(&services[0], 80, 1, 80), tally_of_service(&table, &services[0]));
	assert_int_equal(tally_at(&services[1], 80, 1, 80), tally_of_service(&table, &services[1]));
	tally_configure(&table, services, TALLIES_MAX + 10);
	assert_int_equal(tally_of_service(&table, &services[TALLIES_MAX]), 0);
	assert_int_equal(tally_of_server(&table, 0, &listed[0], 80), 0);
	assert_null(tally_check(&table));
	tally_configure(&table, &services[TALLIES_MAX], 10);
	assert_int_not_equal(tally_of_service(&table, &services[TALLIES_MAX]), 0);
	assert_int_equal(tally_of_service(&table, &services[0]), 0);
	free(services);
}

/** struct model - what flow records should have: a tally, and whether they are active */
struct model {
	bool is_there[FLOWS];
	bool is_active[FLOWS];
};

/** expect_counts() - every tally has the flows of the model that it includes, and no others */
static void expect_counts(const struct model *model)
{
	assert_null(tally_check(&table));
	for (uint32_t i = 0; i < table.touched; i++) {
		uint32_t flows = 0, active = 0;

		for (uint32_t k = 0; k < FLOWS; k++) {
			bool is_below = model->is_there[k] && tally_includes(&table, (uint16_t)i, k);

			flows += is_below;
			active += is_below && model->is_active[k];
		}
		assert_int_equal(table.tallies[i].flows, flows);
		assert_int_equal(table.tallies[i].active, active);
	}
}

/** random_step() - one flow comes, goes, is over or goes on */
static void random_step(struct model *model, uint64_t *random)
{
	const struct service *const services[] = { &web, &range, &other };
	uint32_t flow = random_below(random, FLOWS);
	const struct service *service = services[random_below(random, 3)];

	if (!model->is_there[flow]) {
		tally_enter(&table, flow, tally_at(service, service->port, (uint8_t)random_below(random, 4), 443));
		model->is_there[flow] = model->is_active[flow] = true;
	} else if (random_below(random, 2)) {
		tally_leave(&table, flow, model->is_active[flow]);
		model->is_there[flow] = false;
	} else {
		model->is_active[flow] = !model->is_active[flow];
		tally_activate(&table, flow, model->is_active[flow]);
	}
	tally_bytes(&table, flow, random_below(random, 2), random_below(random, 1000));
}

/** Flows come and go, and so do services and servers. */
static void test_random(void **state)
{
	uint64_t random = random_begin("tally");
	struct model model = { 0 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		if (random_below(&random, 20) == 0) {
			web.listed.count = random_below(&random, 3);
			range.listed.count = random_below(&random, 3);
			configure(random_below(&random, 2) ? &web : NULL, random_below(&random, 2) ? &range : NULL,
				  random_below(&random, 2) ? &other : NULL);
		}
		random_step(&model, &random);
		expect_counts(&model);
	}
}

/** counted() - of service number @i of the worked example, and of its server 2001:db8::@last; 0: of the service */
static const struct tally *counted(size_t i, uint8_t last)
{
	struct server wanted = { .address = V6(0) };
	const struct tally *tally;

	wanted.address.byte[15] = last;
	tally = look_tally(world.engine, &world.config.services[i], last ? &wanted : NULL);
	assert_non_null(tally);
	return tally;
}

static void test_connection(void **state)
{
	(void)state;
	connection_accept(&world);
	assert_int_equal(counted(0, 0)->opened, 1);
	assert_int_equal(counted(0, 0)->active, 1);
	assert_int_equal(counted(0, 1)->active, 0);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	assert_int_equal(counted(0, 1)->active, 1);
	world_wait(&world, 3 * MILLISECOND);
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	assert_int_equal(tally_connects(counted(0, 1)), 1);
	assert_int_equal(counted(0, 0)->connects[3], 1);
	server_sends(&world, TCP_ACK, 0, 1, "hello");
	client_sends(&world, TCP_ACK, 1, OUR_ISN + 1 + 5, NULL);
	client_sends(&world, TCP_ACK, 1, OUR_ISN + 1 + 5, NULL);
	assert_int_equal(counted(0, 1)->bytes_to_server, 1);
	assert_int_equal(counted(0, 1)->bytes_to_client, 5);
	/* the two FINs are no bytes */
	server_sends(&world, TCP_FIN | TCP_ACK, 5, 1, NULL);
	client_sends(&world, TCP_FIN | TCP_ACK, 1, OUR_ISN + 1 + 6, NULL);
	server_sends(&world, TCP_ACK, 6, 2, NULL);
	assert_int_equal(counted(0, 0)->active, 0);
	assert_int_equal(counted(0, 1)->active, 0);
	assert_int_equal(counted(0, 1)->flows, 1);
	assert_int_equal(counted(0, 1)->bytes_to_server, 1);
	assert_int_equal(counted(0, 1)->bytes_to_client, 5);
	assert_int_equal(counted(0, 0)->refused, 0);
	world_wait(&world, 200 * SECOND);
	assert_int_equal(counted(0, 1)->flows, 0);
}

/** A RST that was not meant: the connection lives on, and is active again. */
static void test_revival(void **state)
{
	(void)state;
	connection_splice(&world);
	server_sends(&world, TCP_RST, 0, 1, NULL);
	assert_int_equal(counted(0, 1)->active, 0);
	server_sends(&world, TCP_ACK, 0, 1, "hello");
	assert_int_equal(counted(0, 1)->active, 1);
}

static void test_failures(void **state)
{
	(void)state;
	connection_accept(&world);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	server_sends(&world, TCP_RST | TCP_ACK, 0, 0, NULL);
	assert_int_equal(counted(0, 1)->failures[SERVER_ERROR_REFUSED], 1);
	assert_int_equal(counted(0, 0)->failures[SERVER_ERROR_REFUSED], 1);
	assert_int_equal(counted(0, 0)->refused, 1);
	assert_int_equal(counted(0, 1)->refused, 0);
	assert_int_equal(counted(0, 0)->active, 0);
	assert_int_equal(tally_connects(counted(0, 0)), 0);
}

/** A service without rules: its client counts when it has acknowledged the server, the server when it has answered. */
static void test_plain(void **state)
{
	struct wire_tcp segment = client_segment(TCP_SYN, -1, 0);

	(void)state;
	segment.destination_port = 8080;
	connection_send(&world, &segment);
	assert_int_equal(counted(1, 0)->opened, 0);
	assert_int_equal(counted(1, 1)->active, 1);
	world_wait(&world, 20 * MILLISECOND);
	segment = server_segment(TCP_SYN | TCP_ACK, -1, 0);
	segment.source_port = 8080;
	connection_send(&world, &segment);
	connection_send(&world, &segment);
	assert_int_equal(tally_connects(counted(1, 1)), 1);
	assert_int_equal(counted(1, 1)->connect_time, 21 * MILLISECOND);
	segment = client_segment(TCP_ACK, 0, SERVER_ISN + 1);
	segment.destination_port = 8080;
	connection_send(&world, &segment);
	assert_int_equal(counted(1, 0)->opened, 1);
	assert_int_equal(counted(0, 0)->opened, 0);
}

/** A connection whose service is taken out of the configuration is counted until it ends, and no longer. */
static void test_service_goes(void **state)
{
	const struct service *service = &world.config.services[0];
	struct engine_config without;

	(void)state;
	without = world.config;
	without.services = &world.config.services[1];
	without.service_count = 1;
	connection_splice(&world);
	engine_configure(world.engine, &without);
	server_sends(&world, TCP_ACK, 0, 1, "hello");
	client_sends(&world, TCP_ACK, 1, OUR_ISN + 1 + 5, NULL);
	assert_int_equal(look_tally(world.engine, service, NULL)->active, 1);
	assert_int_equal(look_tally(world.engine, service, NULL)->bytes_to_client, 5);
	client_sends(&world, TCP_RST, 1, 0, NULL);
	assert_int_equal(look_tally(world.engine, service, NULL)->active, 0);
	world_wait(&world, 300 * SECOND);
	engine_configure(world.engine, &without);
	assert_null(look_tally(world.engine, service, NULL));
	engine_configure(world.engine, &world.config);
	assert_int_equal(look_tally(world.engine, service, NULL)->opened, 0);
}

/** A FIN in front of all that a server has to say is no byte less than none. */
static void test_early_fin(void **state)
{
	struct flow_info info;

	(void)state;
	connection_splice(&world);
	server_sends(&world, TCP_FIN | TCP_ACK, -1, 1, NULL);
	assert_true(look_flow(world.engine, 0, world.now, &info));
	assert_int_equal(info.bytes_to_client, 0);
}

/** What the session log says of each connection adds up to what is counted. */
static void test_sum_of_sessions(void **state)
{
	uint64_t to_server = 0, to_client = 0, ended = 0;
	size_t count, sessions = 0;
	const struct tally *all = look_tallies(world.engine, &count);

	(void)state;
	for (int32_t i = 0; i < 20; i++) {
		int32_t first = i * 1000;

		client_sends(&world, TCP_SYN, first - 1, 0, NULL);
		client_sends(&world, TCP_PSH | TCP_ACK, first, OUR_ISN + 1, "A request");
		connection_send_text(&world, server_segment(TCP_SYN | TCP_ACK, -1, first), NULL);
		server_sends(&world, TCP_PSH | TCP_ACK, 0, first + 9, "an answer");
		client_sends(&world, i % 2 ? TCP_RST | TCP_ACK : TCP_FIN | TCP_ACK, first + 9, OUR_ISN + 1 + 9, NULL);
		world_wait(&world, 400 * SECOND);
		if (world.sessions > sessions && world.session.kind == SESSION_ENDED) {
			to_server += world.session.bytes_to_server;
			to_client += world.session.bytes_to_client;
			ended++;
		}
		sessions = world.sessions;
	}
	assert_int_equal(ended, 20);
	assert_int_equal(all->opened, 20);
	assert_int_equal(all->flows, 0);
	assert_int_equal(all->bytes_to_server, to_server);
	assert_int_equal(all->bytes_to_client, to_client);
	/* what a RST acknowledges is not believed */
	assert_int_equal(to_client, 10 * 9);
	assert_int_equal(counted(0, 1)->bytes_to_client, to_client);
}

static int setup(void **state)
{
	int result = world_setup(state);

	world.isn = OUR_ISN;
	return result;
}

#define TEST(test) WORLD_TEST(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_numbers, setup_table),
		cmocka_unit_test_setup(test_block, setup_table),
		cmocka_unit_test_setup(test_ways_up, setup_table),
		cmocka_unit_test_setup(test_connect_times, setup_table),
		cmocka_unit_test_setup(test_reload, setup_table),
		cmocka_unit_test_setup(test_full, setup_table),
		cmocka_unit_test_setup(test_random, setup_table),
		TEST(test_connection),
		TEST(test_revival),
		TEST(test_failures),
		TEST(test_plain),
		TEST(test_service_goes),
		TEST(test_early_fin),
		TEST(test_sum_of_sessions),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}

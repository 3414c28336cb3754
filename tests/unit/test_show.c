/* SPDX-License-Identifier: ISC */
/*
 * test_show.c - answers of the control socket where services lie in one another, and where a server stands for many
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/control/show.h"
#include "daemon/control/top.h"
#include "expect.h"

#define SHOW_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* The first address of the block has a service of its own, at the same port. */
#define BLOCK 0x0a000040u

static const struct server block[] = { { .address = V6(0x40), .host_bits = 4 } };
static const struct server range[] = { { .address = V6(9) } };
static const struct service services[] = {
	{ .name = "own", .address = BLOCK, .port = 80, .fallback = { range, 1 }, .listed = { range, 1 } },
	{ .name = "range", .address = BLOCK, .port = 90, .further_ports = 9, .fallback = { range, 1 },
	  .listed = { range, 1 } },
	{ .name = "block", .address = BLOCK, .host_bits = 4, .port = 80, .fallback = { block, 1 },
	  .listed = { block, 1 } },
};

static struct world world;
static struct daemon_config config;
static struct tun tun;
static struct watch_state network;
static struct sample before;
static struct answer answer;
static char text[1 << 17];

static int setup(void **state)
{
	(void)state;
	world_config(&world);
	world.config.services = services;
	world.config.service_count = sizeof(services) / sizeof(services[0]);
	world_make(&world);
	config.engine = world.config;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_free(&world);
	return 0;
}

/** show() - all of an answer into text */
static void show(show_fn *fn, const struct request *request, struct progress *progress)
{
	const struct view view = {
		.config = &config,
		.engine = world.engine,
		.tun = &tun,
		.network = &network,
		.now = world.now,
		.before = &before,
		.reload_failure = "",
	};
	size_t length = 0;
	bool is_done;

	do {
		memset(&answer, 0, sizeof(answer));
		is_done = fn(&view, request, NULL, progress, &answer);
		assert_true(length + answer.length < sizeof(text));
		memcpy(text + length, answer.out, answer.length);
		length += answer.length;
	} while (!is_done);
	text[length] = '\0';
}

static size_t count_of(const char *part)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
		count++;
	return count;
}

/** test_top_names() - a block has its own name also where a service lies at its first address */
static void test_top_names(void **state)
{
	const struct request request = { .command = COMMAND_TOP };
	struct top *top = top_open(world.config.limits.flows);

	(void)state;
	assert_non_null(top);
	for (int i = 0; i < 2; i++) {
		struct progress progress = { .top = top };

		world_wait(&world, SECOND);
		show(show_top, &request, &progress);
	}
	top_close(top);
	/* in the list of services, and in that of their servers */
	assert_int_equal(count_of(" own\n"), 2);
	assert_int_equal(count_of(" range\n"), 2);
	assert_int_equal(count_of(" block\n"), 2);
}

static void drain(uint8_t last, uint16_t port)
{
	struct server server = { .address = V6(0), .port = port };

	server.address.byte[15] = last;
	assert_true(engine_drain(world.engine, &server));
}

/** is_drained() - the sample of a service and its server, with its value */
static void is_drained(const char *service, const char *address, const char *server, unsigned int value)
{
	char sample[256];

	snprintf(sample, sizeof(sample),
		 "\n>nat46_server_drained{service=\"%s\",address=\"10.0.0.64%s\",protocol=\"tcp\",server=\"%s\"} %u\n",
		 service, address, server, value);
	assert_int_equal(count_of(sample), 1);
}

/** test_drained_metric() - what stands for many is drained if all of it is, as in status */
static void test_drained_metric(void **state)
{
	const struct request request = { .command = COMMAND_METRICS };
	struct progress progress = { 0 }, again = { 0 };

	(void)state;
	drain(0x40, 0);
	drain(9, 90);
	show(show_metrics, &request, &progress);
	is_drained("block", "/28:80", "[2001:db8::40/124]:80", 0);
	is_drained("range", ":90-99", "[2001:db8::9]:90-99", 0);
	is_drained("own", ":80", "[2001:db8::9]:80", 0);
	drain(9, 0);
	show(show_metrics, &request, &again);
	is_drained("range", ":90-99", "[2001:db8::9]:90-99", 1);
	is_drained("own", ":80", "[2001:db8::9]:80", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHOW_TEST(test_top_names),
		SHOW_TEST(test_drained_metric),
	};

	return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/* test_summary.c - the line that says what was started */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/summary.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define DOCUMENTATION 0x20, 0x01, 0x0d, 0xb8

static const struct server server;
static const struct rule rules[] = { { .host = "a" }, { .host = "b" }, { .alpn = "h2" } };
static const struct service services[] = {
	{ .address = 0xc000020a, .port = 80, .rules = rules, .rule_count = 3, .line = 5 },
	{ .address = 0xc000020a, .port = 81, .fallback = { &server, 1 }, .line = 5 }, /* of another file */
	{ .address = 0xc000020a, .port = 443, .rules = rules, .rule_count = 3, .line = 5 },
	{ .address = 0xc000020b, .port = 53, .fallback = { &server, 1 }, .line = 9 },
	{ .address = 0xc000020b, .port = 53, .is_udp = true, .fallback = { &server, 1 }, .line = 9 },
};
static const struct ipv6_prefix servers[] = { { { { 1 } }, 128 }, { { { 2 } }, 124 } };
static const struct address_mapping mappings[] = {
	{ .ipv4 = { 0x0a000003, 32 }, .ipv6 = { { { DOCUMENTATION, [15] = 3 } }, 128 } },
	{ .ipv4 = { 0xc0000220, 28 }, .ipv6 = { { { DOCUMENTATION, [5] = 1, [15] = 0x30 } }, 124 } },
	{ .ipv4 = { 0xc0000214, 32 }, .ipv6 = { { { DOCUMENTATION, [5] = 1 } }, 128 } },
};

static struct daemon_config config = {
	.file = "/etc/nat46d.conf",
	.engine = { .plan = { .prefix = { { { DOCUMENTATION, [5] = 0x46 } }, 96 } } },
};

static void test_full(void **state)
{
	struct engine_config *engine = &config.engine;
	char line[SUMMARY_MAX];

	(void)state;
	engine->plan.mappings = mappings;
	engine->plan.client_count = 1;
	engine->plan.count = ARRAY_SIZE(mappings);
	engine->services = services;
	engine->service_count = ARRAY_SIZE(services);
	engine->servers = servers;
	engine->server_count = ARRAY_SIZE(servers);
	summary_format(&config, line);
	assert_string_equal(line, "/etc/nat46d.conf: 3 services with 3 rules, 2 names and 17 servers; "
				  "prefix 2001:db8:46::/96, 1 client, 2 maps, 6 routes");
}

static void test_bare(void **state)
{
	struct daemon_config bare = config;
	char line[SUMMARY_MAX], name[2000];

	(void)state;
	bare.engine = (struct engine_config){ .plan = { .prefix = config.engine.plan.prefix } };
	summary_format(&bare, line);
	assert_string_equal(line, "/etc/nat46d.conf: 0 services with 0 rules, 0 names and 0 servers; "
				  "prefix 2001:db8:46::/96, 0 clients, 0 maps, 1 route");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	bare.file = name;
	summary_format(&bare, line);
	assert_non_null(strstr(line, ", 1 route"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_bare),
	};

	return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}

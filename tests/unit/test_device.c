/* SPDX-License-Identifier: ISC */
/* test_device.c - which routes lead into the device */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/network/device.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define DOCUMENTATION 0x20, 0x01, 0x0d, 0xb8

static const struct address_mapping mappings[] = {
	{ .ipv4 = { 0x0a000003, 32 }, .ipv6 = { { { DOCUMENTATION, [15] = 3 } }, 128 } },
	{ .ipv4 = { 0x0a000100, 24 }, .ipv6 = { { { DOCUMENTATION, [14] = 1 } }, 120 } },
	{ .ipv4 = { 0xc0000220, 28 }, .ipv6 = { { { DOCUMENTATION, [5] = 1, [15] = 0x30 } }, 124 } },
};

static const struct service services[] = {
	{ .address = 0xc000020a, .port = 80 },
	{ .address = 0xc000020a, .port = 443 },
	{ .address = 0xc000020b, .port = 22 },
	{ .address = 0xc0000240, .port = 22, .host_bits = 4 },
};

static void assert_routes(const struct engine_config *config, const char *const *texts, size_t count)
{
	char text[ROUTE_TEXT_MAX];
	struct route route;
	size_t i;

	for (i = 0; i < count; i++) {
		assert_true(device_route(config, i, &route));
		route_format(&route, text);
		assert_string_equal(text, texts[i]);
	}
	assert_false(device_route(config, count, &route));
	assert_false(device_route(config, count + 1, &route));
}

static void test_all(void **state)
{
	static const char *const texts[] = {
		"2001:db8:46::/96",
		"2001:db8::3/128",
		"2001:db8::100/120",
		"192.0.2.32/28",
		"192.0.2.10/32",
		"192.0.2.10/32",
		"192.0.2.11/32",
		"192.0.2.64/28",
		"192.0.2.1/32",
		"2001:db8:46::1/128",
	};
	struct engine_config config = {
		.plan = { .prefix = { { { DOCUMENTATION, [5] = 0x46 } }, 96 },
			  .mappings = mappings,
			  .client_count = 2,
			  .count = ARRAY_SIZE(mappings) },
		.services = services,
		.service_count = ARRAY_SIZE(services),
		.router_ipv4 = 0xc0000201,
		.has_router_ipv6 = true,
		.router_ipv6 = { { DOCUMENTATION, [5] = 0x46, [15] = 1 } },
	};

	(void)state;
	assert_routes(&config, texts, ARRAY_SIZE(texts));
}

static void test_few(void **state)
{
	static const char *const texts[] = { "64:ff9b::/96", "2001:db8::1/128" };
	struct engine_config config = {
		.plan = { .prefix = { { { 0x00, 0x64, 0xff, 0x9b } }, 96 } },
		.has_router_ipv6 = true,
		.router_ipv6 = { { DOCUMENTATION, [15] = 1 } },
	};

	(void)state;
	assert_routes(&config, texts, ARRAY_SIZE(texts));
	config.has_router_ipv6 = false;
	assert_routes(&config, texts, 1);
	config.router_ipv4 = 0xc0000201;
	assert_routes(&config, (const char *const[]){ "64:ff9b::/96", "192.0.2.1/32" }, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/* test_network.c - what is wanted of the network around the device, and what the kernel's messages mean for it */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/network/destinations.h"
#include "daemon/network/device.h"
#include "daemon/network/network_message.h"
#include "random.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define DOCUMENTATION 0x20, 0x01, 0x0d, 0xb8
#define DEVICE 7u

static const struct address_mapping mappings[] = {
	{ .ipv4 = { 0x0a000003, 32 }, .ipv6 = { { { DOCUMENTATION, [15] = 3 } }, 128 } },
	{ .ipv4 = { 0xc0000220, 28 }, .ipv6 = { { { DOCUMENTATION, [5] = 1, [15] = 0x30 } }, 124 } },
	{ .ipv4 = { 0xc0000214, 32 }, .ipv6 = { { { DOCUMENTATION, [5] = 0x46, [12] = 192, 0, 2, 20 } }, 128 } },
};

static const struct service services[] = {
	{ .name = "web", .address = 0xc000020a, .port = 80 },
	{ .name = "web", .address = 0xc000020a, .port = 443 },
	{ .name = "ssh", .address = 0xc0000200, .port = 22, .host_bits = 4 },
};

static const struct engine_config config = {
	.plan = { .prefix = { { { DOCUMENTATION, [5] = 0x46 } }, 96 },
		  .mappings = mappings,
		  .client_count = 1,
		  .count = ARRAY_SIZE(mappings) },
	.services = services,
	.service_count = ARRAY_SIZE(services),
	.router_ipv4 = 0xc0000201,
	.has_router_ipv6 = true,
	.router_ipv6 = { { DOCUMENTATION, [5] = 0x46, [15] = 1 } },
};

/** block() - "ADDRESS/LENGTH" */
static struct route block(const char *text)
{
	struct route route = { .is_ipv6 = strchr(text, ':') };
	char address[ROUTE_TEXT_MAX];
	struct in_addr ipv4;
	size_t slash = strcspn(text, "/");

	snprintf(address, sizeof(address), "%s", text);
	address[slash] = '\0';
	if (route.is_ipv6) {
		assert_int_equal(inet_pton(AF_INET6, address, route.ipv6.address.byte), 1);
		route.ipv6.length = (uint8_t)atoi(text + slash + 1);
	} else {
		assert_int_equal(inet_pton(AF_INET, address, &ipv4), 1);
		route.ipv4.address = ntohl(ipv4.s_addr);
		route.ipv4.length = (uint8_t)atoi(text + slash + 1);
	}
	return route;
}

static struct kernel_route way_to(const char *text, uint32_t device)
{
	return (struct kernel_route){
		.to = block(text),
		.table = RT_TABLE_MAIN,
		.type = RTN_UNICAST,
		.protocol = RTPROT_BOOT,
		.device = device,
	};
}

static void assert_block(const struct route *route, const char *text)
{
	char name[ROUTE_TEXT_MAX];

	route_format(route, name);
	assert_string_equal(name, text);
}

static void test_covers(void **state)
{
	static const struct {
		const char *outer, *inner;
		bool covers;
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.10/32", true },
		{ "192.0.2.0/24", "192.0.2.0/24", true },
		{ "192.0.2.10/32", "192.0.2.0/24", false },
		{ "192.0.2.0/24", "192.0.3.1/32", false },
		{ "0.0.0.0/0", "192.0.2.10/32", true },
		{ "0.0.0.0/0", "2001:db8::/32", false },
		{ "::/0", "2001:db8::/32", true },
		{ "2001:db8:46::/96", "2001:db8:46::1/128", true },
		{ "2001:db8:46::/96", "2001:db8:47::1/128", false },
	};
	struct route outer, inner;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		outer = block(cases[i].outer);
		inner = block(cases[i].inner);
		assert_int_equal(network_covers(&outer, &inner), cases[i].covers);
		assert_int_equal(network_same(&outer, &inner), !strcmp(cases[i].outer, cases[i].inner));
	}
}

static void test_probe(void **state)
{
	static const struct {
		const char *block;
		uint8_t number;
		const char *probe;
	} cases[] = {
		{ "192.0.2.10/32", 1, "192.0.2.10/32" },
		{ "192.0.2.32/28", 1, "192.0.2.33/32" },
		{ "192.0.2.32/28", 17, "192.0.2.33/32" },
		{ "2001:db8:46::/96", 1, "2001:db8:46::1/128" },
		{ "2001:db8:46::/96", 40, "2001:db8:46::28/128" },
		{ "2001:db8::2/127", 3, "2001:db8::3/128" },
	};
	struct route route;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		route = block(cases[i].block);
		route = network_probe(&route, cases[i].number);
		assert_block(&route, cases[i].probe);
	}
}

/** any_block() - a block in a small space, so that many cover each other */
static struct route any_block(uint64_t *random)
{
	struct route route = { .is_ipv6 = random_below(random, 2) };

	if (route.is_ipv6)
		route.ipv6 = (struct ipv6_prefix){ { { DOCUMENTATION, [15] = (uint8_t)random_below(random, 64) } },
						   128 };
	else
		route.ipv4 = (struct ipv4_prefix){ 0x0a000000 + random_below(random, 64), 32 };
	return network_cut(&route, network_length(&route) - random_below(random, 7));
}

/** check_destinations() - what is found for a route is what looking at each of them finds */
static void check_destinations(const struct destinations *all, const struct route *route)
{
	size_t first = destinations_within(all, route);

	for (size_t i = 0; i < all->count; i++) {
		const struct destination *each = &all->list[i];
		const struct destination *found = destinations_covering(all, route, network_length(&each->to));

		assert_int_equal(network_covers(&each->to, route), found == each);
		if (network_covers(route, &each->to))
			assert_true(i >= first && network_covers(route, &all->list[first].to));
	}
}

static void test_destinations(void **state)
{
	uint64_t random = random_begin("destinations");
	struct address_mapping maps[30];
	struct engine_config many = { .plan = { .mappings = maps, .count = ARRAY_SIZE(maps) } };
	struct destinations all = { .count = 0 };
	struct route route;

	(void)state;
	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
			for (route = any_block(&random); route.is_ipv6 != (i < 15);)
				route = any_block(&random);
			maps[i].ipv6 = route.ipv6;
			maps[i].ipv4 = route.ipv4;
		}
		many.plan.client_count = 15;
		assert_true(destinations_make(&all, &many));
		for (size_t i = 0; device_route(&many, i, &route); i++) {
			const struct destination *found =
				destinations_covering(&all, &route, network_length(&route));

			assert_true(found && network_same(&found->to, &route) && found->is_due);
			assert_true(network_covers(&route, &found->probe));
		}
		for (int i = 0; i < 50; i++) {
			route = any_block(&random);
			check_destinations(&all, &route);
		}
	}
	destinations_free(&all);
}

/** that of the largest block has no smaller one, if there is any such address */
static void test_probes(void **state)
{
	struct destinations all = { .count = 0 };
	const struct route service = block("192.0.2.0/28");

	(void)state;
	assert_true(destinations_make(&all, &config));
	/* each once: the prefix, a client, two maps, two addresses of services, and the router's */
	assert_int_equal(all.count, 8);
	/* not .1, which is the router's */
	assert_block(&destinations_covering(&all, &service, 28)->probe, "192.0.2.2/32");
	destinations_free(&all);
}

/** what led into the device is not looked up again for a new configuration; all else is */
static void test_known_destinations(void **state)
{
	const enum way ways[] = { WAY_GOOD, WAY_MISSING, WAY_GOOD };
	const bool due[] = { false, false, true };
	struct destinations all = { .count = 0 };
	struct engine_config less = config;

	(void)state;
	less.service_count = 1;
	assert_true(destinations_make(&all, &less));
	for (size_t i = 0; i < all.count; i++) {
		all.list[i].way = ways[i % 3];
		all.list[i].is_due = due[i % 3];
	}
	assert_true(destinations_make(&all, &less));
	for (size_t i = 0; i < all.count; i++) {
		assert_int_equal(all.list[i].way, ways[i % 3] == WAY_GOOD ? WAY_GOOD : WAY_UNKNOWN);
		assert_int_equal(all.list[i].is_due, i % 3 != 0);
	}
	assert_true(destinations_make(&all, &config));
	assert_true(destinations_covering(&all, &(const struct route){ .ipv4 = { 0xc0000200, 28 } }, 28)->is_due);
	destinations_free(&all);
}

static void test_judge(void **state)
{
	const struct route wanted = block("192.0.2.32/28");
	struct kernel_route match = way_to("192.0.2.32/28", DEVICE);

	(void)state;
	assert_int_equal(network_judge(&wanted, DEVICE, &match, 0), WAY_GOOD);
	match.device = 2;
	assert_int_equal(network_judge(&wanted, DEVICE, &match, 0), WAY_ELSEWHERE);
	match = way_to("192.0.2.33/32", 2);
	assert_int_equal(network_judge(&wanted, DEVICE, &match, 0), WAY_ELSEWHERE);
	/* a less specific one only wins where ours is missing, or by a rule */
	match = way_to("0.0.0.0/0", 2);
	assert_int_equal(network_judge(&wanted, DEVICE, &match, 0), WAY_MISSING);
	match.table = 100;
	assert_int_equal(network_judge(&wanted, DEVICE, &match, 0), WAY_ELSEWHERE);
	/* a block around it that is ours as well will do */
	match = way_to("192.0.2.0/24", DEVICE);
	assert_int_equal(network_judge(&wanted, DEVICE, &match, 0), WAY_GOOD);
	match.type = RTN_LOCAL;
	match.table = RT_TABLE_LOCAL;
	assert_int_equal(network_judge(&wanted, DEVICE, &match, 0), WAY_ELSEWHERE);
	assert_int_equal(network_judge(&wanted, DEVICE, &match, ENETUNREACH), WAY_MISSING);
	assert_int_equal(network_judge(&wanted, DEVICE, &match, EINVAL), WAY_ELSEWHERE);
}

static void test_stray(void **state)
{
	const struct route map = block("192.0.2.32/28"), prefix = block("2001:db8:46::/96");
	struct kernel_route route = way_to("192.0.2.40/32", 2);

	(void)state;
	assert_true(network_is_stray(&config, &map, DEVICE, &route));
	assert_false(network_is_stray(&config, &prefix, DEVICE, &route));
	route.type = RTN_BLACKHOLE;
	assert_true(network_is_stray(&config, &map, DEVICE, &route));
	route.type = RTN_LOCAL; /* that is a conflict of addresses */
	assert_false(network_is_stray(&config, &map, DEVICE, &route));
	route = way_to("192.0.2.40/32", DEVICE);
	assert_false(network_is_stray(&config, &map, DEVICE, &route));
	route = way_to("192.0.2.40/32", 2);
	route.table = 100;
	assert_false(network_is_stray(&config, &map, DEVICE, &route));
	route = way_to("192.0.2.32/28", 2); /* not a part, but all */
	assert_false(network_is_stray(&config, &map, DEVICE, &route));
	route = way_to("192.0.2.0/24", 2);
	assert_false(network_is_stray(&config, &map, DEVICE, &route));
	route = way_to("2001:db8:46::c633:6400/120", 2);
	assert_true(network_is_stray(&config, &prefix, DEVICE, &route));
	route.is_cloned = true;
	assert_false(network_is_stray(&config, &prefix, DEVICE, &route));
	route = way_to("2001:db8:46::c000:214/128", 2); /* the host of a map */
	assert_false(network_is_stray(&config, &prefix, DEVICE, &route));
}

static void test_conflict(void **state)
{
	static const struct {
		const char *address;
		enum conflict conflict;
		const char *whose;
	} cases[] = {
		{ "192.0.2.10/32", CONFLICT_WHOLE, "service \"web\"" },
		{ "192.0.2.1/32", CONFLICT_WHOLE, "router.ipv4" },
		{ "192.0.2.15/32", CONFLICT_PART, "service \"ssh\"" },
		{ "192.0.2.16/32", CONFLICT_NONE, "" },
		{ "2001:db8:46::1/128", CONFLICT_WHOLE, "router.ipv6" },
		{ "192.0.2.20/32", CONFLICT_WHOLE, "map 192.0.2.20/32" },
		{ "192.0.2.47/32", CONFLICT_PART, "map 192.0.2.32/28" },
		{ "2001:db8::3/128", CONFLICT_WHOLE, "client 2001:db8::3/128" },
		{ "10.0.0.3/32", CONFLICT_NONE, "" },
		{ "192.0.2.48/32", CONFLICT_NONE, "" },
		{ "2001:db8:1::30/128", CONFLICT_NONE, "" },
		{ "2001:db8:46::2/128", CONFLICT_NONE, "" },
	};
	struct engine_config bare = { .services = services, .service_count = 0 };
	char whose[NETWORK_TEXT_MAX];
	struct route address;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		address = block(cases[i].address);
		whose[0] = '\0';
		assert_int_equal(network_conflict(&config, &address, whose), cases[i].conflict);
		assert_string_equal(whose, cases[i].whose);
	}
	/* 0 stands for no address of the router */
	address = block("0.0.0.0/32");
	assert_int_equal(network_conflict(&bare, &address, whose), CONFLICT_NONE);
	address = block("::/128");
	assert_int_equal(network_conflict(&bare, &address, whose), CONFLICT_NONE);
}

static void test_describe(void **state)
{
	struct kernel_route route = way_to("2001:db8:46::/96", 2);
	char text[NETWORK_TEXT_MAX];

	(void)state;
	route.protocol = RTPROT_RA;
	route.metric = 20;
	route.has_gateway = true;
	route.gateway = block("fe80::1/128");
	network_describe(&route, "eth0", text);
	assert_string_equal(text, "eth0 via fe80::1 (route 2001:db8:46::/96, proto ra, metric 20, table 254)");
	route = way_to("0.0.0.0/0", 2);
	route.protocol = 77;
	route.type = RTN_LOCAL;
	network_describe(&route, "lo", text);
	assert_string_equal(text, "the box itself, lo (route 0.0.0.0/0, proto 77, metric 0, table 254)");
	route.type = RTN_PROHIBIT;
	network_describe(&route, "lo", text);
	assert_string_equal(text, "nowhere, lo (route 0.0.0.0/0, proto 77, metric 0, table 254)");
	assert_string_equal(network_protocol_name(RTPROT_DHCP), "dhcp");
	assert_null(network_protocol_name(0));
	assert_string_equal(network_describe_error(ENETUNREACH), "nowhere (no route)");
	assert_string_equal(network_describe_error(EPERM), strerror(EPERM));
}

/* A message in the making. */
static _Alignas(struct nlmsghdr) char buffer[1024];

static struct nlmsghdr *new_message(uint8_t family, size_t size)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	*(uint8_t *)mnl_nlmsg_put_extra_header(message, size) = family;
	return message;
}

static void put_ipv4(struct nlmsghdr *message, uint16_t type, uint32_t address)
{
	address = htonl(address);
	mnl_attr_put(message, type, sizeof(address), &address);
}

static void test_read_address(void **state)
{
	struct nlmsghdr *message = new_message(AF_INET, sizeof(struct ifaddrmsg));
	struct kernel_address address;

	(void)state;
	assert_false(network_read_address(message, &address));
	((struct ifaddrmsg *)mnl_nlmsg_get_payload(message))->ifa_index = 2;
	put_ipv4(message, IFA_LOCAL, 0xc000020a);
	put_ipv4(message, IFA_ADDRESS, 0xc0000263); /* of the peer */
	assert_true(network_read_address(message, &address));
	assert_block(&address.address, "192.0.2.10/32");
	assert_int_equal(address.device, 2);
	message = new_message(AF_INET6, sizeof(struct ifaddrmsg));
	put_ipv4(message, IFA_ADDRESS, 0xc000020a);
	assert_false(network_read_address(message, &address));
	message = new_message(AF_INET6, sizeof(struct ifaddrmsg));
	mnl_attr_put(message, IFA_ADDRESS, 16, &config.router_ipv6);
	assert_true(network_read_address(message, &address));
	assert_block(&address.address, "2001:db8:46::1/128");
	message = new_message(AF_PACKET, sizeof(struct ifaddrmsg));
	assert_false(network_read_address(message, &address));
	message = new_message(AF_INET, sizeof(struct rtgenmsg));
	assert_false(network_read_address(message, &address));
}

static void test_read_route(void **state)
{
	struct nlmsghdr *message = new_message(AF_INET, sizeof(struct rtmsg));
	struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct kernel_route route;

	(void)state;
	header->rtm_dst_len = 28;
	header->rtm_table = RT_TABLE_COMPAT;
	header->rtm_type = RTN_UNICAST;
	header->rtm_protocol = RTPROT_BIRD;
	header->rtm_flags = RTM_F_CLONED;
	put_ipv4(message, RTA_DST, 0xc0000220);
	put_ipv4(message, RTA_GATEWAY, 0xc6336409);
	mnl_attr_put_u32(message, RTA_TABLE, 1000);
	mnl_attr_put_u32(message, RTA_OIF, 3);
	mnl_attr_put_u32(message, RTA_PRIORITY, 20);
	assert_true(network_read_route(message, &route));
	assert_block(&route.to, "192.0.2.32/28");
	assert_true(route.has_gateway && route.is_cloned);
	assert_block(&route.gateway, "198.51.100.9/32");
	assert_int_equal(route.table, 1000);
	assert_int_equal(route.type, RTN_UNICAST);
	assert_int_equal(route.protocol, RTPROT_BIRD);
	assert_int_equal(route.device, 3);
	assert_int_equal(route.metric, 20);
	/* longer than an address */
	header->rtm_dst_len = 33;
	assert_false(network_read_route(message, &route));
	message = new_message(AF_INET6, sizeof(struct rtmsg));
	assert_true(network_read_route(message, &route));
	assert_block(&route.to, "::/0");
	mnl_attr_put_u8(message, RTA_OIF, 3);
	assert_false(network_read_route(message, &route));
	message = new_message(RTNL_FAMILY_IPMR, sizeof(struct rtmsg));
	assert_false(network_read_route(message, &route));
}

static void test_read_forwarding(void **state)
{
	struct nlmsghdr *message = new_message(AF_INET6, sizeof(struct netconfmsg));
	struct kernel_forwarding forwarding;

	(void)state;
	mnl_attr_put_u32(message, NETCONFA_IFINDEX, (uint32_t)NETCONFA_IFINDEX_ALL);
	assert_false(network_read_forwarding(message, &forwarding));
	mnl_attr_put_u32(message, NETCONFA_FORWARDING, 1);
	assert_true(network_read_forwarding(message, &forwarding));
	assert_true(forwarding.is_ipv6 && forwarding.is_on);
	assert_int_equal(forwarding.device, NETCONFA_IFINDEX_ALL);
	message = new_message(AF_INET, sizeof(struct netconfmsg));
	mnl_attr_put_u32(message, NETCONFA_FORWARDING, 0);
	mnl_attr_put_u32(message, NETCONFA_IFINDEX, DEVICE);
	assert_true(network_read_forwarding(message, &forwarding));
	assert_false(forwarding.is_ipv6 || forwarding.is_on);
	assert_int_equal(forwarding.device, DEVICE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_known_destinations),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_stray),
		cmocka_unit_test(test_conflict),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_read_address),
		cmocka_unit_test(test_read_route),
		cmocka_unit_test(test_read_forwarding),
	};

	return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}

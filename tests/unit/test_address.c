/* SPDX-License-Identifier: ISC */
/*
 * test_address.c - kinds of addresses, RFC 6052 embedding, address plans
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>

#include <cmocka.h>

#include "nat46/address_plan.h"
#include "random.h"

static struct ipv6_address parse6(const char *text)
{
	struct ipv6_address address;

	assert_int_equal(inet_pton(AF_INET6, text, address.byte), 1);
	return address;
}

static uint32_t parse4(const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return ntohl(address.s_addr);
}

static struct ipv6_prefix prefix6(const char *text, uint8_t length)
{
	return (struct ipv6_prefix){ parse6(text), length };
}

static void assert_ipv6(struct ipv6_address is, const char *expected)
{
	const struct ipv6_address address = parse6(expected);

	assert_memory_equal(is.byte, address.byte, sizeof(is.byte));
}

/** The table of RFC 6052 section 2.4, and the well-known prefix. */
static const struct {
	const char *prefix;
	uint8_t length;
	const char *embedded;
} rfc6052[] = {
	{ "2001:db8::", 32, "2001:db8:c000:221::" },
	{ "2001:db8:100::", 40, "2001:db8:1c0:2:21::" },
	{ "2001:db8:122::", 48, "2001:db8:122:c000:2:2100::" },
	{ "2001:db8:122:300::", 56, "2001:db8:122:3c0:0:221::" },
	{ "2001:db8:122:344::", 64, "2001:db8:122:344:c0:2:2100:0" },
	{ "2001:db8:122:344::", 96, "2001:db8:122:344::c000:221" },
	{ "64:ff9b::", 96, "64:ff9b::c000:221" },
};

static void test_rfc6052_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rfc6052) / sizeof(rfc6052[0]); i++) {
		const struct ipv6_prefix prefix = prefix6(rfc6052[i].prefix, rfc6052[i].length);
		struct ipv6_address address = ipv6_embed(&prefix, parse4("192.0.2.33"));

		assert_ipv6(address, rfc6052[i].embedded);
		assert_int_equal(ipv6_extract(&prefix, &address), parse4("192.0.2.33"));
		assert_true(ipv6_in_prefix(&address, &prefix));
	}
}

static void test_embed_and_extract_are_inverse(void **state)
{
	uint64_t random = random_begin("embed_and_extract_are_inverse");

	(void)state;
	for (int i = 0; i < 6000; i++) {
		const struct ipv6_prefix prefix = prefix6(rfc6052[i % 6].prefix, rfc6052[i % 6].length);
		uint32_t ipv4 = random_next(&random);
		struct ipv6_address address = ipv6_embed(&prefix, ipv4);

		assert_int_equal(address.byte[8], 0);
		assert_int_equal(ipv6_extract(&prefix, &address), ipv4);
		/* suffix bits are ignored on input, behind every length but 96 */
		if (prefix.length != 96)
			address.byte[15] = (uint8_t)random_next(&random);
		assert_int_equal(ipv6_extract(&prefix, &address), ipv4);
	}
}

static void test_ipv4_in_prefix(void **state)
{
	static const struct {
		const char *prefix;
		uint8_t length;
		const char *address;
		bool inside;
	} cases[] = {
		{ "0.0.0.0", 0, "255.255.255.255", true },    { "0.0.0.0", 1, "127.255.255.255", true },
		{ "0.0.0.0", 1, "128.0.0.0", false },	       { "10.0.0.0", 8, "10.255.255.255", true },
		{ "10.0.0.0", 8, "11.0.0.0", false },	       { "10.0.0.0", 31, "10.0.0.1", true },
		{ "10.0.0.0", 31, "10.0.0.2", false },	       { "10.0.0.3", 32, "10.0.0.3", true },
		{ "10.0.0.3", 32, "10.0.0.2", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ipv4_prefix prefix = { parse4(cases[i].prefix), cases[i].length };

		assert_int_equal(ipv4_in_prefix(parse4(cases[i].address), &prefix), cases[i].inside);
	}
}

/** Flipping one bit leaves a prefix exactly if the bit belongs to it. */
static void test_ipv6_in_prefix_every_bit(void **state)
{
	const struct ipv6_address address = parse6("2001:db8:a5a5:5a5a:1234:5678:9abc:def0");

	(void)state;
	for (unsigned int length = 0; length <= 128; length++) {
		const struct ipv6_prefix prefix = { address, (uint8_t)length };

		assert_true(ipv6_in_prefix(&address, &prefix));
		for (unsigned int bit = 0; bit < 128; bit++) {
			struct ipv6_address other = address;

			other.byte[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			assert_int_equal(ipv6_in_prefix(&other, &prefix), bit >= length);
			assert_false(ipv6_equal(&other, &address));
		}
	}
}

static void test_kinds_of_ipv4(void **state)
{
	static const struct {
		const char *address;
		bool is_host;
	} cases[] = {
		{ "0.0.0.0", false },	 { "0.255.255.255", false }, { "1.0.0.0", true },
		{ "126.255.255.255", true }, { "127.0.0.1", false },	 { "127.255.255.255", false },
		{ "128.0.0.0", true },	 { "223.255.255.255", true }, { "224.0.0.1", false },
		{ "239.1.2.3", false },	 { "240.0.0.1", false },	 { "255.255.255.255", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ipv4_is_host(parse4(cases[i].address)), cases[i].is_host);
}

static void test_kinds_of_ipv6(void **state)
{
	static const struct {
		const char *address;
		bool is_host;
		bool is_multicast;
		bool is_link_local;
	} cases[] = {
		{ "::", false, false, false },	       { "::1", false, false, false },
		{ "::2", true, false, false },	       { "1::", true, false, false },
		{ "2001:db8::1", true, false, false }, { "ff02::1", false, true, false },
		{ "fe80::1", true, false, true },      { "febf::1", true, false, true },
		{ "fec0::1", true, false, false },     { "fe7f::1", true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ipv6_address address = parse6(cases[i].address);

		assert_int_equal(ipv6_is_host(&address), cases[i].is_host);
		assert_int_equal(ipv6_is_multicast(&address), cases[i].is_multicast);
		assert_int_equal(ipv6_is_link_local(&address), cases[i].is_link_local);
	}
}

/** A plan with nested blocks in both families; the suffixes of the /28 and the /30 are unequal (RFC 7757 3.2). */
static struct address_plan make_plan(struct address_mapping *clients)
{
	static uint32_t slots[EAM_SLOTS(5)];

	clients[0] = (struct address_mapping){ { parse4("10.0.0.0"), 8 }, prefix6("2001:db8:a::", 64) };
	clients[1] = (struct address_mapping){ { parse4("10.0.0.3"), 32 }, prefix6("2001:db8::3", 128) };
	clients[2] = (struct address_mapping){ { parse4("10.1.0.16"), 28 }, prefix6("2001:db8:b::40", 124) };
	clients[3] = (struct address_mapping){ { parse4("10.2.0.4"), 30 }, prefix6("2001:db8:c::", 96) };
	/* lies inside the IPv6 block of the first one */
	clients[4] = (struct address_mapping){ { parse4("172.16.0.0"), 16 }, prefix6("2001:db8:a:0:ff00::", 72) };
	return (struct address_plan){ .prefix = prefix6("64:ff9b::", 96), .mappings = clients, .client_count = 5,
				      .count = 5, .index = eam_index_make(clients, 5, slots) };
}

static void test_mapping_both_ways(void **state)
{
	static const struct {
		const char *ipv4;
		const char *ipv6;
	} cases[] = {
		{ "10.0.0.3", "2001:db8::3" },	       { "10.0.0.4", "2001:db8:a:0:0:400::" },
		{ "10.255.255.255", "2001:db8:a:0:ffff:ff00::" }, { "10.1.0.16", "2001:db8:b::40" },
		{ "10.1.0.31", "2001:db8:b::4f" },     { "10.1.0.32", "2001:db8:a:0:100:2000::" },
		{ "10.2.0.4", "2001:db8:c::" },	       { "10.2.0.7", "2001:db8:c::c000:0" },
		{ "172.16.1.2", "2001:db8:a:0:ff01:200::" }, { "192.0.2.33", "64:ff9b::c000:221" },
	};
	struct address_mapping clients[5];
	const struct address_plan plan = make_plan(clients);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ipv6_address ipv6 = parse6(cases[i].ipv6);
		uint32_t ipv4;

		assert_ipv6(address_plan_4to6(&plan, parse4(cases[i].ipv4)), cases[i].ipv6);
		/* 10.255.255.255 would lie in the longer IPv6 block: that one wins in the other direction */
		if (cases[i].ipv6[0] == '2' && ipv6_in_prefix(&ipv6, &clients[4].ipv6) && cases[i].ipv4[1] == '0')
			continue;
		assert_true(address_plan_6to4(&plan, &ipv6, &ipv4));
		assert_int_equal(ipv4, parse4(cases[i].ipv4));
	}
}

static void test_longest_match_of_ipv6(void **state)
{
	struct address_mapping clients[5];
	const struct address_plan plan = make_plan(clients);
	const struct ipv6_address ipv6 = parse6("2001:db8:a:0:ff12:3400::");
	uint32_t ipv4;

	(void)state;
	assert_true(address_plan_6to4(&plan, &ipv6, &ipv4));
	assert_int_equal(ipv4, parse4("172.16.18.52"));
}

static void test_suffix_is_ignored(void **state)
{
	struct address_mapping clients[5];
	const struct address_plan plan = make_plan(clients);
	const struct ipv6_address ipv6 = parse6("2001:db8:c::4000:1234");
	uint32_t ipv4;

	(void)state;
	assert_true(address_plan_6to4(&plan, &ipv6, &ipv4));
	assert_int_equal(ipv4, parse4("10.2.0.5"));
}

static void test_neither_mapping_nor_prefix(void **state)
{
	struct address_mapping clients[5];
	const struct address_plan plan = make_plan(clients);
	const struct ipv6_address ipv6 = parse6("2001:db8::2");
	uint32_t ipv4 = 0x12345678;

	(void)state;
	assert_false(address_plan_6to4(&plan, &ipv6, &ipv4));
	assert_int_equal(ipv4, 0x12345678);
}

/** struct joint - a table of clients and maps, which lie in one another */
struct joint {
	struct address_mapping mappings[6];
	uint32_t slots[EAM_SLOTS(6)];
	struct address_plan plan;
};

static void make_joint(struct joint *joint)
{
	struct address_mapping *m = joint->mappings;

	m[0] = (struct address_mapping){ { parse4("192.0.2.40"), 32 }, prefix6("2001:db8:c::28", 128) };
	m[1] = (struct address_mapping){ { parse4("10.0.0.0"), 8 }, prefix6("2001:db8:c:1::", 64) };
	m[2] = (struct address_mapping){ { parse4("192.0.2.32"), 28 }, prefix6("2001:db8:1::30", 124) };
	/* an exception from the block before, and an IPv4-translatable address */
	m[3] = (struct address_mapping){ { parse4("192.0.2.33"), 32 }, prefix6("2001:db8:9::1", 128) };
	m[4] = (struct address_mapping){ { parse4("10.9.0.1"), 32 }, prefix6("64:ff9b::a09:1", 128) };
	/* a suffix of 4 bits in 64 */
	m[5] = (struct address_mapping){ { parse4("198.51.100.0"), 28 }, prefix6("2001:db8:7::", 64) };
	joint->plan = (struct address_plan){ .prefix = prefix6("64:ff9b::", 96), .mappings = m, .client_count = 2,
					     .count = 6, .index = eam_index_make(m, 6, joint->slots) };
}

/** Hosts of maps: IPv4 address, IPv6 address or NULL, and whether that leads back. */
static void test_maps_both_ways(void **state)
{
	static const struct {
		const char *ipv4, *ipv6;
	} cases[] = {
		{ "192.0.2.34", "2001:db8:1::32" }, { "192.0.2.47", "2001:db8:1::3f" },
		{ "192.0.2.33", "2001:db8:9::1" },
		{ "192.0.2.48", NULL },		    { "192.0.2.40", NULL }, /* a client in the block */
		{ "10.9.0.1", "64:ff9b::a09:1" },   { "10.9.0.2", NULL },
		{ "198.51.100.5", "2001:db8:7:0:5000::" },
	};
	struct joint joint;
	struct ipv6_address ipv6;
	uint32_t ipv4;

	(void)state;
	make_joint(&joint);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(address_plan_map_4to6(&joint.plan, parse4(cases[i].ipv4), &ipv6),
				 cases[i].ipv6 != NULL);
		if (!cases[i].ipv6)
			continue;
		assert_ipv6(ipv6, cases[i].ipv6);
		assert_true(address_plan_map_6to4(&joint.plan, &ipv6, &ipv4));
		assert_int_equal(ipv4, parse4(cases[i].ipv4));
	}
	/* bits behind the suffix are ignored */
	ipv6 = parse6("2001:db8:7:0:5fff::1");
	assert_true(address_plan_map_6to4(&joint.plan, &ipv6, &ipv4));
	assert_int_equal(ipv4, parse4("198.51.100.5"));
	/* its IPv4 address belongs to another host, which would get the answers */
	ipv6 = parse6("2001:db8:1::31");
	assert_false(address_plan_map_6to4(&joint.plan, &ipv6, &ipv4));
	ipv6 = parse6("2001:db8:c::28");
	assert_false(address_plan_map_6to4(&joint.plan, &ipv6, &ipv4));
}

/** What has a map comes from nowhere else; but what was translated once appears as any IPv4 host. */
static void test_clients_beside_maps(void **state)
{
	struct joint joint;
	struct ipv6_address ipv6;
	uint32_t ipv4;

	(void)state;
	make_joint(&joint);
	ipv6 = parse6("64:ff9b::a09:1");
	assert_false(address_plan_6to4(&joint.plan, &ipv6, &ipv4));
	ipv6 = parse6("2001:db8:1::32");
	assert_false(address_plan_6to4(&joint.plan, &ipv6, &ipv4));
	assert_ipv6(address_plan_4to6(&joint.plan, parse4("192.0.2.34")), "64:ff9b::c000:222");
	assert_ipv6(address_plan_4to6(&joint.plan, parse4("192.0.2.40")), "2001:db8:c::28");
}

/** The well-known prefix is not for addresses that mean another host elsewhere (RFC 6052 3.1). */
static void test_global_only(void **state)
{
	static const char *const locals[] = { "10.9.0.2", "100.64.0.1", "169.254.1.1", "172.31.255.255", "192.168.1.1",
					      "192.0.2.7", "198.18.0.1", "198.51.100.77", "203.0.113.1", "224.0.0.1" };
	static const char *const globals[] = { "8.8.8.8", "172.32.0.1", "100.128.0.1", "192.0.1.1", "198.20.0.1" };
	struct joint joint;

	(void)state;
	make_joint(&joint);
	joint.plan.global_only = true;
	for (size_t i = 0; i < sizeof(locals) / sizeof(locals[0]); i++) {
		/* 10/8 has an entry of its own */
		assert_int_equal(address_plan_refuses(&joint.plan, parse4(locals[i])), i != 0);
	}
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
		assert_false(address_plan_refuses(&joint.plan, parse4(globals[i])));
	joint.plan.global_only = false;
	assert_false(address_plan_refuses(&joint.plan, parse4("192.168.1.1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc6052_examples),
		cmocka_unit_test(test_embed_and_extract_are_inverse),
		cmocka_unit_test(test_ipv4_in_prefix),
		cmocka_unit_test(test_ipv6_in_prefix_every_bit),
		cmocka_unit_test(test_kinds_of_ipv4),
		cmocka_unit_test(test_kinds_of_ipv6),
		cmocka_unit_test(test_mapping_both_ways),
		cmocka_unit_test(test_longest_match_of_ipv6),
		cmocka_unit_test(test_suffix_is_ignored),
		cmocka_unit_test(test_maps_both_ways),
		cmocka_unit_test(test_clients_beside_maps),
		cmocka_unit_test(test_global_only),
		cmocka_unit_test(test_neither_mapping_nor_prefix),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}

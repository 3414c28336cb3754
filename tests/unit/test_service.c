/* SPDX-License-Identifier: ISC */
/* test_service.c - services are found, rules chosen on the earliest bytes, servers ranked */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hello.h"
#include "nat46/engine_config.h"
#include "random.h"

#define INCOMPLETE "first bytes are incomplete"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* All rules lead to the same server: it is the text of a choice that tells which rule won. */
static const struct server some_server = { .port = 80 };
static const struct server_set some = { .servers = &some_server, .count = 1 };
static const struct server_set none = { .count = 0 };

#define RULE(name, ...) \
	{ \
		.text = name, .servers = { &some_server, 1 }, __VA_ARGS__ \
	}
#define FIRST(string) .bytes = (const uint8_t *)(string), .bytes_length = sizeof(string) - 1
#define HOST(name) RULE("host " name, .host = (name))
#define WILD(name) RULE("host *." name, .host = (name), .wildcard = true)
#define BYTES(string) RULE("bytes " string, FIRST(string))

static struct service service_over(struct rule *rules, size_t count, struct server_set fallback)
{
	qsort(rules, count, sizeof(*rules), rule_compare);
	return (struct service){ .rules = rules, .rule_count = count, .fallback = fallback };
}

/** expect() - decide and compare; @text is that of the rule */
static void expect(const struct service *service, const void *data, size_t length, bool final,
		   enum decision decision, const char *text)
{
	struct inspect_progress progress = { .at = 0 };
	struct choice choice;

	service_decide(service, data, length, final, &progress, &choice);
	assert_string_equal(choice.text, text);
	assert_int_equal(choice.decision, decision);
	assert_int_equal(choice.servers.count, decision == DECISION_SERVERS);
}

static void expect_text(const struct service *service, const char *data, bool final, const char *text)
{
	enum decision decision = DECISION_SERVERS;

	if (strcmp(text, "pending") == 0)
		decision = DECISION_PENDING;
	else if (strcmp(text, "no rule matches") == 0)
		decision = DECISION_REFUSE;
	else if (strcmp(text, INCOMPLETE) == 0)
		decision = DECISION_INCOMPLETE;
	expect(service, data, strlen(data), final, decision, text);
}

/** expect_hello() - decide on a hello with this name; no byte less may suffice */
static void expect_hello(const struct service *service, const char *name, const char *text)
{
	static struct bytes message, hello;

	hello_typical(&message, name, 0);
	hello_records(&hello, &message, 50, 60);
	expect(service, hello.data, hello.length - 1, false, DECISION_PENDING, "pending");
	expect(service, hello.data, hello.length, false, DECISION_SERVERS, text);
}

static void find(void **state)
{
	struct service services[] = {
		{ .address = 0xc000020a, .port = 443 },
		{ .address = 0xc000020a, .port = 80 },
		{ .address = 0x0a00002a, .port = 80 },
		{ .address = 0xc000020b, .port = 65535 },
	};
	const struct engine_config config = { .services = services, .service_count = COUNT(services) };
	const struct engine_config empty = { .service_count = 0 };

	(void)state;
	qsort(services, COUNT(services), sizeof(services[0]), service_compare);
	assert_int_equal(services[0].address, 0x0a00002a);
	for (size_t i = 0; i < COUNT(services); i++) {
		assert_ptr_equal(service_find(&config, false, services[i].address, services[i].port), &services[i]);
		assert_true(service_owns(&config, services[i].address));
	}
	assert_null(service_find(&config, false, 0xc000020a, 81));
	assert_null(service_find(&config, false, 0xc000020a, 444));
	assert_null(service_find(&config, false, 0xc000020c, 80));
	assert_null(service_find(&config, false, 0, 0));
	assert_null(service_find(&empty, false, 0, 0));
	assert_false(service_owns(&config, 0xc0000209));
	assert_false(service_owns(&config, 0xffffffff));
	assert_false(service_owns(&empty, 0));
}

/* A range is one service; the protocols have ranges of their own. */
static void find_in_ranges(void **state)
{
	struct service services[] = {
		{ .address = 0xc000020a, .port = 80 },
		{ .address = 0xc000020a, .port = 81, .further_ports = 9 },
		{ .address = 0xc000020a, .port = 85, .further_ports = 1, .is_udp = true },
		{ .address = 0xc000020b, .port = 1, .further_ports = 65534 },
		{ .address = 0xc000020c, .port = 65535, .is_udp = true },
	};
	const struct engine_config config = { .services = services, .service_count = COUNT(services) };

	(void)state;
	for (uint32_t address = 0xc0000209; address <= 0xc000020d; address++) {
		for (uint32_t port = 0; port <= UINT16_MAX; port++) {
			const struct service *tcp = NULL, *udp = NULL;

			for (struct service *s = services; s < services + COUNT(services); s++) {
				if (s->address != address || port < s->port || port > s->port + s->further_ports)
					continue;
				tcp = s->is_udp ? tcp : s;
				udp = s->is_udp ? s : udp;
			}
			assert_ptr_equal(service_find(&config, false, address, (uint16_t)port), tcp);
			assert_ptr_equal(service_find(&config, true, address, (uint16_t)port), udp);
		}
	}
	assert_true(service_owns(&config, 0xc000020c));
	assert_false(service_owns(&config, 0xc000020d));
	assert_int_equal(service_port_for(&services[1], 90), 90);
	assert_int_equal(service_port_for(&services[1], 91), 81);
}

/* Blocks in one another: the smallest one that has the port. */
static void find_in_blocks(void **state)
{
	struct service services[] = {
		{ .address = 0xc0000200, .port = 80, .host_bits = 8 },
		{ .address = 0xc0000240, .port = 80, .host_bits = 4 },
		{ .address = 0xc0000240, .port = 53, .host_bits = 4, .is_udp = true },
		{ .address = 0xc0000240, .port = 81, .further_ports = 2 },
		{ .address = 0xc0000245, .port = 80 },
		{ .address = 0xc0000248, .port = 82, .host_bits = 1 },
		{ .address = 0x0a000000, .port = 1, .further_ports = 65534, .host_bits = 24 },
	};
	const struct engine_config config = { .services = services, .service_count = COUNT(services) };
	struct service other = services[1];

	(void)state;
	qsort(services, COUNT(services), sizeof(services[0]), service_compare);
	assert_int_equal(services[0].address, 0xc0000240);
	assert_int_equal(services[COUNT(services) - 1].host_bits, 24);
	for (uint32_t address = 0xc00001f0; address < 0xc0000310; address++) {
		bool is_owned = false;

		for (uint16_t port = 50; port < 90; port++) {
			const struct service *found[2] = { NULL, NULL };

			for (const struct service *s = services + COUNT(services); s-- > services;)
				if (address >> s->host_bits == s->address >> s->host_bits && service_has_port(s, port))
					found[s->is_udp] = s;
			assert_ptr_equal(service_find(&config, false, address, port), found[0]);
			assert_ptr_equal(service_find(&config, true, address, port), found[1]);
			is_owned = is_owned || found[0] || found[1];
		}
		assert_int_equal(service_owns(&config, address), is_owned);
	}
	assert_ptr_equal(service_find(&config, false, 0x0affffff, 65535), &services[COUNT(services) - 1]);
	assert_true(service_owns(&config, 0x0a123456));
	assert_false(service_owns(&config, 0x0b000000));
	for (size_t i = 0; i < COUNT(services); i++)
		assert_ptr_equal(service_find_same(&config, &services[i]), &services[i]);
	other.host_bits = 2;
	assert_null(service_find_same(&config, &other));
}

/* The worked example: A and B. */
static void first_bytes(void **state)
{
	struct rule rules[] = { BYTES("A"), BYTES("B"), BYTES("BCD"), BYTES("GET /") };
	struct service service = service_over(rules, COUNT(rules), none);

	(void)state;
	expect_text(&service, "", false, "pending");
	expect_text(&service, "", true, "no rule matches");
	expect_text(&service, "A", false, "bytes A");
	expect_text(&service, "A\n", false, "bytes A");
	expect_text(&service, "B", false, "pending");
	expect_text(&service, "B", true, "bytes B");
	expect_text(&service, "B\n", false, "bytes B");
	expect_text(&service, "BC", false, "pending");
	expect_text(&service, "BCD", false, "bytes BCD");
	expect_text(&service, "BCE", false, "bytes B");
	expect_text(&service, "C", false, "no rule matches");
	/* No inspection, so ambiguous HTTP is no reason to refuse. */
	expect_text(&service, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", false, "bytes GET /");
}

static void bytes_longer_than_data(void **state)
{
	struct rule rules[] = { BYTES("AB"), RULE("zeros", FIRST("\0\0\0")) };
	struct service service = service_over(rules, COUNT(rules), some);

	(void)state;
	expect_text(&service, "A", false, "pending");
	expect_text(&service, "A", true, "to");
	expect_text(&service, "AB", false, "bytes AB");
	expect_text(&service, "AC", false, "to");
	expect(&service, "\0\0", 2, false, DECISION_PENDING, "pending");
	expect(&service, "\0\0\0", 3, false, DECISION_SERVERS, "zeros");
	expect(&service, NULL, 0, true, DECISION_SERVERS, "to");
}

static void hosts(void **state)
{
	struct rule rules[] = {
		RULE("protocol tls", .protocol = PROTOCOL_TLS),
		RULE("alpn http/1.1", .alpn = "http/1.1", FIRST("\x17")),
		WILD("example.org"),
		WILD("shop.example.org"),
		WILD("example"),
		HOST("www.example.org"),
		HOST("example.org"),
		HOST("a.shop.example.org"),
	};
	struct service service = service_over(rules, COUNT(rules), some);

	(void)state;
	expect_hello(&service, "www.example.org", "host www.example.org");
	expect_hello(&service, "WWW.Example.org.", "host www.example.org");
	expect_hello(&service, "example.org", "host example.org");
	expect_hello(&service, "x.example.org", "host *.example.org");
	expect_hello(&service, "y.x.example.org", "host *.example.org");
	expect_hello(&service, "shop.example.org", "host *.example.org");
	expect_hello(&service, "a.shop.example.org", "host a.shop.example.org");
	expect_hello(&service, "b.shop.example.org", "host *.shop.example.org");
	expect_hello(&service, "a.b.shop.example.org", "host *.shop.example.org");
	expect_hello(&service, "xshop.example", "host *.example");
	expect_hello(&service, "example", "protocol tls");
	expect_hello(&service, "notexample.com", "protocol tls");
	expect_hello(&service, "10.0.0.42", "protocol tls");
	expect_text(&service, "GET / HTTP/1.1\r\nHost: x.example\r\n\r\n", false, "host *.example");
	expect_text(&service, "GET / HTTP/1.1\r\nHost: x.example\r\n", false, "pending");
	expect_text(&service, "GET / HTTP/1.1\r\nHost: x.example\r\n", true, INCOMPLETE);
	expect_text(&service, "GET / HTTP/1.1\r\nHost: other.test\r\n\r\n", false, "to");
	expect_text(&service, "SSH-", false, "to");
	expect_text(&service, "A", false, "pending");
	expect_text(&service, "A\n", false, "to");
	expect_text(&service, "A", true, "to");
	expect_text(&service, "G", true, INCOMPLETE);
	expect_text(&service, "\x16", true, INCOMPLETE);
	expect_text(&service, "\x16\x03", true, INCOMPLETE);
}

static void host_for_the_log(void **state)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: Other.Test\r\n\r\n";
	struct rule rules[] = { HOST("example.org") };
	struct service service = service_over(rules, COUNT(rules), none);
	struct inspect_progress progress = { .at = 0 }, other = { .at = 0 };
	struct choice choice;

	(void)state;
	service_decide(&service, (const uint8_t *)request, sizeof(request) - 1, false, &progress, &choice);
	assert_int_equal(choice.decision, DECISION_REFUSE);
	assert_string_equal(choice.host, "other.test");
	service_decide(&service, (const uint8_t *)"x", 1, false, &other, &choice);
	assert_string_equal(choice.host, "");
}

static void several_conditions(void **state)
{
	struct rule rules[] = {
		HOST("a.example"),
		RULE("a and h2", .host = "a.example", .alpn = "h2"),
		RULE("a and http", .host = "a.example", .protocol = PROTOCOL_HTTP),
		RULE("b and smtp", .host = "b.example", .alpn = "smtp"),
		RULE("* and tls", .host = "example", .wildcard = true, .protocol = PROTOCOL_TLS),
		RULE("c and POST", .host = "c.example", FIRST("POST")),
		RULE("bytes and tls", FIRST("\x16\x03\x01"), .protocol = PROTOCOL_TLS),
	};
	struct service service = service_over(rules, COUNT(rules), none);

	(void)state;
	expect_hello(&service, "a.example", "a and h2");
	expect_text(&service, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", false, "a and http");
	expect_hello(&service, "b.example", "* and tls");
	expect_text(&service, "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n", false, "no rule matches");
	expect_text(&service, "POST / HTTP/1.1\r\nHost: c.example\r\n\r\n", false, "c and POST");
	expect_text(&service, "GET / HTTP/1.1\r\nHost: c.example\r\n\r\n", false, "no rule matches");
	expect_hello(&service, "other.test", "bytes and tls");
}

/* Who offers acme-tls/1 wants the machine that answers challenges, whatever rules the name has for everybody. */
static void alpn_before_host(void **state)
{
	struct rule rules[] = {
		HOST("a.example"),
		WILD("example"),
		RULE("alpn h2", .alpn = "h2"),
		RULE("b and h2", .host = "b.example", .alpn = "h2"),
		RULE("*.c and http/1.1", .host = "c.example", .wildcard = true, .alpn = "http/1.1"),
		RULE("h2 but not here", .host = "a.example", .alpn = "h2", FIRST("\x17")),
		RULE("d and smtp", .host = "d.example", .alpn = "smtp"),
		BYTES("\x16"),
	};
	struct service service = service_over(rules, COUNT(rules), none);

	(void)state;
	expect_hello(&service, "a.example", "alpn h2");
	expect_hello(&service, "b.example", "b and h2");
	expect_hello(&service, "x.c.example", "*.c and http/1.1");
	expect_hello(&service, "d.example", "alpn h2");
	expect_hello(&service, "10.0.0.42", "alpn h2");
	expect_text(&service, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", false, "host a.example");
	expect_text(&service, "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n", false, "host *.example");
	expect_text(&service, "\x16\x03", true, INCOMPLETE);
	rules[0] = (struct rule)HOST("a.example");
	rules[1] = (struct rule)RULE("alpn smtp", .alpn = "smtp");
	service = service_over(rules, 2, none);
	expect_hello(&service, "a.example", "host a.example");
}

/* A rule that has become impossible is not waited for. */
static void earliest_bytes(void **state)
{
	struct rule tls[] = { RULE("tls", .protocol = PROTOCOL_TLS) };
	struct rule ssh[] = { RULE("ssh", .protocol = PROTOCOL_SSH), BYTES("S") };
	struct rule alpn[] = { RULE("alpn", .alpn = "h2") };
	struct rule http[] = { RULE("http", .protocol = PROTOCOL_HTTP) };
	struct rule both[] = { RULE("XY", FIRST("XY"), .protocol = PROTOCOL_HTTP), BYTES("A") };
	struct service service = service_over(tls, COUNT(tls), some);

	(void)state;
	expect_text(&service, "\x16", false, "pending");
	expect_text(&service, "\x16\x03", false, "tls");
	expect_text(&service, "G", false, "to");
	service = service_over(ssh, COUNT(ssh), some);
	expect_text(&service, "S", false, "bytes S");
	expect_text(&service, "G", false, "to");
	ssh[0] = (struct rule)RULE("ssh", .protocol = PROTOCOL_SSH);
	service = service_over(ssh, 1, some);
	expect_text(&service, "SSH", false, "pending");
	expect_text(&service, "SSH-", false, "ssh");
	expect_text(&service, "ST", false, "to");
	service = service_over(alpn, COUNT(alpn), some);
	expect_text(&service, "G", false, "to");
	expect_text(&service, "\x16\x03\x01", false, "pending");
	expect_text(&service, "\x16\x03\x01", true, INCOMPLETE);
	expect_text(&service, "GET / HTTP/1.1\r\n", true, "to");
	service = service_over(http, COUNT(http), some);
	expect_text(&service, "GET / HTTP/1.1\r", false, "pending");
	expect_text(&service, "GET / HTTP/1.1\r\n", false, "http");
	expect_text(&service, "GET /\r\n", false, "to");
	service = service_over(both, COUNT(both), some);
	expect_text(&service, "A", false, "bytes A");
	expect_text(&service, "X", false, "pending");
	expect_text(&service, "XZ", false, "to");
}

static void malformed(void **state)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n";
	struct rule rules[] = { HOST("a"), BYTES("GET") };
	struct rule alpn[] = { RULE("alpn", .alpn = "h2"), BYTES("GET") };
	struct service service = service_over(rules, COUNT(rules), some);

	(void)state;
	expect(&service, request, sizeof(request) - 1, false, DECISION_MALFORMED, "two Host headers");
	expect(&service, request, sizeof(request) - 1, true, DECISION_MALFORMED, "two Host headers");
	service = service_over(alpn, COUNT(alpn), some);
	expect(&service, request, sizeof(request) - 1, false, DECISION_MALFORMED, "two Host headers");
}

/* What is cut is refused only where a rule asks for what could have followed. */
static void incomplete(void **state)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n";
	struct rule hosts[] = { HOST("a"), BYTES("GET"), RULE("http", .protocol = PROTOCOL_HTTP) };
	struct rule bytes[] = { BYTES("GET /x"), RULE("alpn", .alpn = "h2"), RULE("http", .protocol = PROTOCOL_HTTP) };
	struct rule late[] = { RULE("alpn", .alpn = "h2", FIRST("\x16\x03\x02")), BYTES("\x16\x03") };
	struct service service = service_over(hosts, COUNT(hosts), some);

	(void)state;
	expect(&service, request, sizeof(request) - 1, false, DECISION_PENDING, "pending");
	expect(&service, request, sizeof(request) - 1, true, DECISION_INCOMPLETE, INCOMPLETE);
	/* not recognised, but this is what a network leaves that loses the rest */
	expect_text(&service, "GET / HTTP/1.1", true, INCOMPLETE);
	expect_text(&service, "G", true, INCOMPLETE);
	/* any protocol can begin like this */
	expect_text(&service, "GETX", true, "bytes GET");
	expect_text(&service, "S", true, "to");
	service = service_over(bytes, COUNT(bytes), some);
	expect(&service, request, sizeof(request) - 1, true, DECISION_SERVERS, "http");
	expect_text(&service, "\x16\x03\x01", true, INCOMPLETE);
	service = service_over(late, COUNT(late), some);
	expect_text(&service, "\x16\x03\x01", true, "bytes \x16\x03");
	expect_text(&service, "\x16\x03\x02", true, INCOMPLETE);
}

/* A server is found by address and port, in rules and in "to", as far as the budget reaches. */
static void leads_to(void **state)
{
	static const struct server first[] = { { .address = { { 1 } } }, { .address = { { 2 } }, .port = 8080 } };
	static const struct server second[] = { { .address = { { 3 } } } };
	struct rule rules[] = { HOST("a"), HOST("b") };
	struct service service = service_over(rules, COUNT(rules), (struct server_set){ second, 1 });
	size_t budget = 100;

	(void)state;
	service.port = 80;
	rules[0].servers = rules[1].servers = (struct server_set){ first, 2 };
	assert_true(service_leads_to(&service, &first[0].address, 80, &budget));
	assert_true(service_leads_to(&service, &first[1].address, 8080, &budget));
	assert_true(service_leads_to(&service, &second[0].address, 80, &budget));
	assert_int_equal(budget, 97);
	assert_false(service_leads_to(&service, &first[0].address, 8080, &budget));
	assert_false(service_leads_to(&service, &first[1].address, 80, &budget));
	assert_int_equal(budget, 87);
	service.further_ports = 9;
	budget = 100;
	assert_true(service_leads_to(&service, &first[0].address, 89, &budget));
	assert_false(service_leads_to(&service, &first[0].address, 90, &budget));
	assert_true(service_leads_to(&service, &first[1].address, 8080, &budget));
	budget = 2;
	assert_false(service_leads_to(&service, &first[1].address, 8080, &budget));
	assert_int_equal(budget, 0);
}

/* However many rules there are, those that are listed cost no more than their number, and so do strangers. */
static void leads_to_listed(void **state)
{
	static const struct server to[] = { { .address = { { 1 } } }, { .address = { { 2 } } } };
	static struct rule rules[1000];
	struct service service = service_over(rules, COUNT(rules), (struct server_set){ NULL, 0 });
	size_t budget = 10;

	(void)state;
	service.port = 80;
	for (size_t i = 0; i < COUNT(rules); i++)
		rules[i].servers = (struct server_set){ &to[i == COUNT(rules) - 1], 1 };
	assert_null(service_leads_to(&service, &to[1].address, 80, &budget));
	assert_int_equal(budget, 0);
	service.listed = (struct server_set){ to, 2 };
	budget = 10;
	assert_ptr_equal(service_leads_to(&service, &to[1].address, 80, &budget), &to[1]);
	assert_int_equal(budget, 9);
	assert_null(service_leads_to(&service, &to[1].address, 81, &budget));
	assert_int_equal(budget, 7);
	/* not all of them are listed: the others are looked for as before */
	service.listed.count = 1;
	service.has_unlisted = true;
	budget = 2000;
	assert_ptr_equal(service_leads_to(&service, &to[1].address, 80, &budget), &to[1]);
	service.rule_count = 0;
	assert_null(service_leads_to(&service, &to[0].address, 80, &budget));
}

/* Of a block, the server at the place of the address: there and back. */
static void blocks_of_servers(void **state)
{
	static const struct server to[] = {
		{ .address = { { 1, [15] = 0x40 } }, .host_bits = 4 },
		{ .address = { { 2, [12] = 0xa0 } }, .port = 8080, .host_bits = 4 },
		{ .address = { { 3 } } },
	};
	const struct server_set set = { to, 3 };
	const struct call call = { .client = 1, .address = 0xc000024b, .port = 80 };
	struct service service = { .address = 0xc0000240, .host_bits = 4, .port = 80, .fallback = set };
	struct server candidates[CANDIDATES_MAX], again[CANDIDATES_MAX];
	size_t budget = 1000;

	(void)state;
	assert_int_equal(service_rank(&set, &call, NULL, NULL, candidates), 3);
	for (size_t i = 0; i < 3; i++) {
		const struct server *is = &candidates[i];
		const struct server *found = service_leads_to(&service, &is->address, is->port, &budget);

		assert_int_equal(is->address.byte[15], is->address.byte[0] == 3 ? 0 :
						       is->address.byte[0] == 1 ? 0x4b : 0xb);
		assert_int_equal(is->host_bits, 0);
		assert_int_equal(is->port, is->address.byte[0] == 2 ? 8080 : 80);
		assert_ptr_equal(found, &to[is->address.byte[0] - 1]);
		if (found->host_bits > 0)
			assert_int_equal(service_address_for(&service, &is->address), call.address);
	}
	/* the order is that of the blocks, whatever the address */
	for (uint32_t address = 0xc0000240; address < 0xc0000250; address++) {
		(void)service_rank(&set, &(struct call){ .client = 1, .address = address }, NULL, NULL, again);
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(again[i].address.byte[0], candidates[i].address.byte[0]);
	}
	candidates[0].address.byte[15] |= 0x80;
	assert_null(service_leads_to(&service, &candidates[0].address, candidates[0].port, &budget));
}

#define NAMES 5u
#define BYTES_KINDS 3u
#define PROTOCOLS 3u

/** alpn_rules() - a random half of all rules with ALPN that there can be with these names, sorted */
static size_t alpn_rules(uint64_t *seed, struct rule *rules)
{
	static const char *const names[NAMES] = { "a", "ab", "b", "h2", "http/1.1" };
	size_t count = 0;

	for (unsigned int n = 0; n < NAMES * BYTES_KINDS * PROTOCOLS; n++) {
		struct rule *rule = &rules[count];

		if (random_below(seed, 2))
			continue;
		*rule = (struct rule)RULE("alpn", .alpn = names[n % NAMES]);
		rule->bytes = n / NAMES % BYTES_KINDS == 0 ? NULL : (const uint8_t *)"\x16\x03";
		rule->bytes_length = n / NAMES % BYTES_KINDS;
		rule->protocol = (enum protocol)(n / NAMES / BYTES_KINDS);
		/* one byte of "bytes" that is wrong */
		if (rule->bytes_length == 1)
			rule->bytes = (const uint8_t *)"\x17";
		count++;
	}
	qsort(rules, count, sizeof(*rules), rule_compare);
	return count;
}

/* The list is searched for among the rules, not they in it: the first rule wins all the same. */
static void alpn_lists(void **state)
{
	static const char *const offers[NAMES] = { "\x01" "a", "\x02" "ab", "\x01" "b", "\x02h2", "\x08http/1.1" };
	static struct bytes list, message, extensions, hello;
	struct rule rules[NAMES * BYTES_KINDS * PROTOCOLS];
	uint64_t seed = random_begin("alpn_lists");
	struct choice choice;

	(void)state;
	for (size_t round = 0; round < 2000; round++) {
		struct inspect_progress progress = { .at = 0 };
		struct service service = { .rules = rules, .rule_count = alpn_rules(&seed, rules), .fallback = some };
		bool offered[NAMES] = { false };
		size_t expected = 0;

		list.length = 0;
		for (unsigned int n = random_below(&seed, 6); n > 0; n--) {
			unsigned int name = random_below(&seed, NAMES);

			put(&list, offers[name], strlen(offers[name]));
			offered[name] = true;
		}
		extensions.length = 0;
		put_alpn(&extensions, list.data, list.length);
		hello_build(&message, &extensions);
		hello_records(&hello, &message, 1 + random_below(&seed, 120), 1 + random_below(&seed, 20));
		for (; expected < service.rule_count; expected++) {
			const struct rule *rule = &rules[expected];
			bool wanted = false;

			for (size_t n = 0; n < NAMES; n++)
				wanted = wanted || (offered[n] && strcmp(offers[n] + 1, rule->alpn) == 0);
			if (wanted && rule->bytes_length != 1 && rule->protocol != PROTOCOL_HTTP)
				break;
		}
		for (size_t n = 0; n < service.rule_count; n++)
			rules[n].text = n == expected ? "expected" : "another";
		service_decide(&service, hello.data, hello.length, false, &progress, &choice);
		assert_string_equal(choice.text, expected < service.rule_count ? "expected" : "to");
	}
}

/* Every pair of these rules can be told apart, and sorts this way whatever order it came in. */
static void order(void **state)
{
	static const struct rule sorted[] = {
		RULE("", .host = "a", .alpn = "x", .protocol = PROTOCOL_TLS),
		RULE("", .host = "a", .alpn = "w"),
		RULE("", .host = "a", .alpn = "x"),
		RULE("", .host = "c", .alpn = "w"),
		RULE("", .host = "a", .wildcard = true, .alpn = "x"),
		RULE("", .alpn = "y", .protocol = PROTOCOL_TLS),
		RULE("", .alpn = "x"),
		RULE("", .alpn = "y"),
		RULE("", .host = "a", FIRST("ab")),
		RULE("", .host = "a", FIRST("b")),
		RULE("", .host = "a", .protocol = PROTOCOL_HTTP),
		RULE("", .host = "a", .protocol = PROTOCOL_TLS),
		HOST("a"),
		RULE("", .host = "b", .protocol = PROTOCOL_TLS),
		HOST("b"),
		WILD("a"),
		WILD("b"),
		BYTES("abc"),
		RULE("", FIRST("ab"), .protocol = PROTOCOL_HTTP),
		BYTES("ab"),
		BYTES("ac"),
		BYTES("a"),
		RULE("", .protocol = PROTOCOL_SSH),
		RULE("", .protocol = PROTOCOL_HTTP),
		RULE("", .protocol = PROTOCOL_TLS),
	};

	(void)state;
	for (size_t a = 0; a < COUNT(sorted); a++) {
		for (size_t b = 0; b < COUNT(sorted); b++) {
			int is = rule_compare(&sorted[a], &sorted[b]);

			if ((is > 0) - (is < 0) != (a > b) - (a < b))
				print_message("# rows %zu and %zu\n", a, b);
			assert_int_equal((is > 0) - (is < 0), (a > b) - (a < b));
		}
	}
}

#define MANY 100000u

/* With linear search this would be 10^10 comparisons. */
static void many_hosts(void **state)
{
	struct rule *rules = calloc(2 * MANY, sizeof(*rules));
	char(*names)[32] = calloc(2 * MANY, sizeof(*names));
	char request[128], name[40];
	struct service service;
	struct choice choice;
	clock_t start;

	(void)state;
	assert_non_null(rules);
	assert_non_null(names);
	for (unsigned int n = 0; n < 2 * MANY; n++) {
		snprintf(names[n], sizeof(names[n]), "h%u.example", n);
		rules[n] = (struct rule){ .host = names[n], .wildcard = n >= MANY, .text = names[n], .servers = some };
	}
	service = service_over(rules, 2 * MANY, none);
	start = clock();
	for (unsigned int n = 0; n < 2 * MANY; n++) {
		struct inspect_progress progress = { .at = 0 };

		snprintf(name, sizeof(name), "%sh%u.example", n >= MANY ? "a.b." : "", n);
		snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", name);
		service_decide(&service, (const uint8_t *)request, strlen(request), false, &progress, &choice);
		assert_int_equal(choice.decision, DECISION_SERVERS);
		assert_string_equal(choice.host, name);
		assert_string_equal(choice.text, n >= MANY ? name + 4 : name);
	}
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 20);
	expect_text(&service, "GET / HTTP/1.1\r\nHost: h200000.example\r\n\r\n", false, "no rule matches");
	expect_text(&service, "GET / HTTP/1.1\r\nHost: h100000.example\r\n\r\n", false, "no rule matches");
	free(names);
	free(rules);
}

static struct server server_number(unsigned int number)
{
	struct server server = { .port = (uint16_t)(number % 2 ? 8080 : 0) };

	server.address.byte[0] = 0x20;
	server.address.byte[14] = (uint8_t)(number >> 8);
	server.address.byte[15] = (uint8_t)number;
	return server;
}

/** rank_for() - of a client of a service with one address */
static size_t rank_for(const struct server_set *set, uint32_t client, uint16_t port,
		       server_is_failing_fn *is_failing, struct server *candidates)
{
	const struct call call = { .client = client, .address = 0xc000020a, .port = port };

	return service_rank(set, &call, is_failing, NULL, candidates);
}

static void rank(void **state)
{
	struct server servers[SERVERS_MAX], candidates[CANDIDATES_MAX], again[CANDIDATES_MAX];
	struct server_set set = { .servers = servers, .count = 1 };
	unsigned int firsts[10] = { 0 };

	(void)state;
	for (unsigned int n = 0; n < SERVERS_MAX; n++)
		servers[n] = server_number(n);
	assert_int_equal(rank_for(&set, 1, 443, NULL, candidates), 1);
	assert_int_equal(candidates[0].port, 443);
	set.count = 3;
	assert_int_equal(rank_for(&set, 1, 443, NULL, candidates), 3);
	set.count = SERVERS_MAX;
	assert_int_equal(rank_for(&set, 1, 443, NULL, candidates), CANDIDATES_MAX);

	set.count = COUNT(firsts);
	for (uint32_t client = 0; client < 10000; client++) {
		assert_int_equal(rank_for(&set, client, 443, NULL, candidates), CANDIDATES_MAX);
		firsts[candidates[0].address.byte[15]]++;
		for (size_t n = 0; n < CANDIDATES_MAX; n++) {
			assert_int_equal(candidates[n].port, candidates[n].address.byte[15] % 2 ? 8080 : 443);
			for (size_t m = 0; m < n; m++)
				assert_memory_not_equal(&candidates[n].address, &candidates[m].address, 16);
		}
		/* The default port has no say in the order. */
		rank_for(&set, client, 80, NULL, again);
		assert_memory_equal(&again[0].address, &candidates[0].address, 16);
	}
	for (size_t n = 0; n < COUNT(firsts); n++)
		assert_in_range(firsts[n], 800, 1200);
}

/* The order in the file does not matter; without its best server a client goes to its second, others stay. */
static void rank_is_stable(void **state)
{
	struct server servers[8], fewer[7], reversed[8];
	struct server best[CANDIDATES_MAX], other[CANDIDATES_MAX];
	const struct server_set all = { servers, 8 }, backwards = { reversed, 8 }, without = { fewer, 7 };

	(void)state;
	for (unsigned int n = 0; n < 8; n++) {
		servers[n] = server_number(n);
		reversed[7 - n] = servers[n];
		if (n < 7)
			fewer[n] = servers[n];
	}
	for (uint32_t client = 0; client < 1000; client++) {
		rank_for(&all, client, 443, NULL, best);
		rank_for(&backwards, client, 443, NULL, other);
		for (size_t n = 0; n < CANDIDATES_MAX; n++)
			assert_memory_equal(&best[n].address, &other[n].address, 16);
		rank_for(&without, client, 443, NULL, other);
		assert_memory_equal(&other[0].address, &best[best[0].address.byte[15] == 7].address, 16);
	}
}

static bool is_odd(const void *context, const struct server *server)
{
	(void)context;
	return server->address.byte[15] & 1;
}

/** Servers that do not answer come last, in their own order, and only if there are not enough others. */
static void test_rank_failing(void **state)
{
	struct server servers[7];
	struct server candidates[CANDIDATES_MAX];
	const struct server_set set = { servers, 7 };

	(void)state;
	for (uint8_t i = 0; i < 7; i++)
		servers[i] = (struct server){ .address = { { 0x20, 1, [15] = i } } };
	for (uint32_t client = 1; client < 200; client++) {
		assert_int_equal(rank_for(&set, client, 443, is_odd, candidates), CANDIDATES_MAX);
		for (size_t i = 0; i < CANDIDATES_MAX; i++)
			assert_false(is_odd(NULL, &candidates[i]));
	}
	servers[0].address.byte[15] = 9;
	assert_int_equal(rank_for(&set, 1, 443, is_odd, candidates), CANDIDATES_MAX);
	for (size_t i = 0; i < CANDIDATES_MAX; i++)
		assert_int_equal(is_odd(NULL, &candidates[i]), i == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find),
		cmocka_unit_test(find_in_ranges),
		cmocka_unit_test(find_in_blocks),
		cmocka_unit_test(first_bytes),
		cmocka_unit_test(bytes_longer_than_data),
		cmocka_unit_test(hosts),
		cmocka_unit_test(host_for_the_log),
		cmocka_unit_test(several_conditions),
		cmocka_unit_test(alpn_before_host),
		cmocka_unit_test(earliest_bytes),
		cmocka_unit_test(malformed),
		cmocka_unit_test(incomplete),
		cmocka_unit_test(leads_to),
		cmocka_unit_test(leads_to_listed),
		cmocka_unit_test(blocks_of_servers),
		cmocka_unit_test(alpn_lists),
		cmocka_unit_test(order),
		cmocka_unit_test(many_hosts),
		cmocka_unit_test(rank),
		cmocka_unit_test(rank_is_stable),
		cmocka_unit_test(test_rank_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

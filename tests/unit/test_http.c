/* SPDX-License-Identifier: ISC */
/* test_http.c - hosts of HTTP requests, whole, in pieces, and ambiguous */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "inspection_check.h"

/* What a row expects beside a host name. */
#define NO_HOST "(none)"
#define MALFORMED "(malformed)"
#define PENDING "(pending)"
#define OTHER "(other)"

#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: a.example\r\n"
#define END "\r\n"

struct row {
	const char *request;
	const char *expected;
};

static const struct row rows[] = {
	/* Host header */
	{ GET HOST END, "a.example" },
	{ GET "User-Agent: x\r\nhOsT:a.example\r\nAccept: */*\r\n" END, "a.example" },
	{ GET "Host:\t A.Example. \t\r\n" END, "a.example" },
	{ GET "Host: a.example:8080\r\n" END, "a.example" },
	{ GET "Host: a.example:\r\n" END, "a.example" },
	{ GET "Host: a.example:http\r\n" END, "a.example" },
	{ GET "Host: a.example:123456\r\n" END, "a.example" },
	{ GET "Host: under_score.example\r\n" END, "under_score.example" },
	{ "GET / HTTP/1.0\r\n" END, NO_HOST },
	{ GET "Host:\r\n" END, NO_HOST },
	{ GET "Host: 10.0.0.42\r\n" END, NO_HOST },
	{ GET "Host: 10.0.0.42:80\r\n" END, NO_HOST },
	{ GET "Host: [2001:db8::1]\r\n" END, NO_HOST },
	{ GET "Host: [2001:db8::1]:8080\r\n" END, NO_HOST },
	{ GET "X-Host: b.example\r\nHosts: c.example\r\n" END, NO_HOST },
	{ GET HOST END "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n", "a.example" },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 20\r\n" END "Host: b.example\r\n", "a.example" },
	{ "M-SEARCH * HTTP/1.1\r\n" HOST END, "a.example" },
	{ "UPDATEREDIRECTREF / HTTP/1.1\r\n" HOST END, "a.example" },
	{ "MY_METHOD / HTTP/1.1\r\n" HOST END, "a.example" },
	{ "GET / HTTP/1.1 \r\n" HOST END, "a.example" },
	{ "GET / HTTP/1.1        \r\n" HOST END, "a.example" },
	{ "\r\nGET / HTTP/1.1\r\n" HOST END, "a.example" },
	{ "\n\r\n\nGET / HTTP/1.1\r\n" HOST END, "a.example" },
	{ "\r\nGET / HTTP/1.1\nHost: a.example\n\n", "a.example" },
	{ "GET //b.example/ HTTP/1.1\r\n" HOST END, "a.example" },
	{ "GET /?u=http://b.example/ HTTP/1.1\r\n" HOST END, "a.example" },
	/* Not at the end of the head: a second Host may still come. */
	{ "GET / HTTP/1.1\r\nHost: a.example\r\n", PENDING },
	{ "GET / HTTP/1.1\r\nHost: a.exa", PENDING },
	{ "GET / HTTP/1.1", PENDING },
	{ "GET", PENDING },
	/* request target */
	{ "GET http://a.example/ HTTP/1.1\r\n" END, "a.example" },
	{ "GET http://A.EXAMPLE:80?q HTTP/1.1\r\n" HOST END, "a.example" },
	{ "GET http://a.example HTTP/1.1\r\nHost: a.example:80\r\n" END, "a.example" },
	{ "GET coap+ws://a.example#f HTTP/1.1\r\n" HOST END, "a.example" },
	{ "GET http://[2001:db8::1]:80/ HTTP/1.1\r\n" END, NO_HOST },
	{ "GET http://10.0.0.1/ HTTP/1.1\r\nHost: 10.0.0.1\r\n" END, NO_HOST },
	{ "CONNECT a.example:443 HTTP/1.1\r\n" HOST END, "a.example" },
	{ "CONNECT 10.0.0.1:443 HTTP/1.1\r\n" END, NO_HOST },
	{ "CONNECTX / HTTP/1.1\r\n" HOST END, "a.example" },
	{ "GET a1+b-c.d://a.example HTTP/1.1\r\n" END, "a.example" },
	{ "GET 1a://a.example HTTP/1.1\r\n" END, MALFORMED },
	{ "OPTIONS * HTTP/1.1\r\n" HOST END, "a.example" },
	{ "GET http://b.example/ HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "GET http://10.0.0.1/ HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "GET http://a.example/ HTTP/1.1\r\nHost:\r\n" END, MALFORMED },
	{ "GET http://b.example/ HTTP/1.1\r\n" HOST "Host: b.example\r\n" END, MALFORMED },
	{ "CONNECT b.example:443 HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "CONNECT / HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "GET http:///x HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "GET http://u@a.example/ HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "GET http://a.example\\@b.example/ HTTP/1.1\r\n" END, MALFORMED },
	{ "GET http:/a.example/ HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "GET a.example HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "GET *x HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "GET :// HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "GET  HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "GET  / HTTP/1.1\r\n" HOST END, "a.example" },
	{ "GET /  HTTP/1.1\r\n" HOST END, "a.example" },
	{ "GET   HTTP/1.1\r\n" HOST END, MALFORMED },
	{ "GET /a b HTTP/1.1\r\n" HOST END, MALFORMED },
	/* ambiguous headers */
	{ GET HOST "Host: b.example\r\n" END, MALFORMED },
	{ GET HOST HOST END, MALFORMED },
	{ GET "Host:\r\n" HOST END, MALFORMED },
	{ GET "Host: a.example\r\n .b.example\r\n" END, MALFORMED },
	{ GET "Host:\r\n a.example\r\n" END, MALFORMED },
	{ GET " Host: a.example\r\n" END, MALFORMED },
	{ GET HOST "X: y\r\n\tHost: b.example\r\n" END, MALFORMED },
	{ GET "Host : a.example\r\n" END, MALFORMED },
	{ GET "Host\t: a.example\r\n" END, MALFORMED },
	{ GET HOST "X : y\r\n" END, MALFORMED },
	{ GET HOST ": y\r\n" END, MALFORMED },
	{ GET "Host\r\n" END, MALFORMED },
	{ GET "Host: a.example\rHost: b.example\r\n" END, MALFORMED },
	{ GET "X: y\rHost: b.example\r\n" HOST END, MALFORMED },
	{ GET "Host: a.example\r\r\n" END, MALFORMED },
	{ GET "Host: a.example, b.example\r\n" END, MALFORMED },
	{ GET "Host: a.example b.example\r\n" END, MALFORMED },
	{ GET "Host: a.example\tb.example\r\n" END, MALFORMED },
	{ GET "Host: http://a.example/\r\n" END, MALFORMED },
	{ GET "Host: a.example/\r\n" END, MALFORMED },
	{ GET "Host: u@a.example\r\n" END, MALFORMED },
	{ GET "Host: a.example?\r\n" END, MALFORMED },
	{ GET "Host: a.example#\r\n" END, MALFORMED },
	{ GET "Host: a.example\\\r\n" END, MALFORMED },
	{ GET "Host: a.example:80/\r\n" END, MALFORMED },
	/* no host names, and nobody finds another host in them */
	{ GET "Host: a.example:80:80\r\n" END, NO_HOST },
	{ GET "Host: :80\r\n" END, NO_HOST },
	{ GET "Host: [2001:db8::1\r\n" END, NO_HOST },
	{ GET "Host: [2001:db8::1]x\r\n" END, NO_HOST },
	{ GET "Host: [fe80::1%25eth0]:80\r\n" END, NO_HOST },
	{ GET "Host: [a.example]\r\n" END, NO_HOST },
	{ GET "Host: *.example\r\n" END, NO_HOST },
	{ GET "Host: *\r\n" END, NO_HOST },
	{ GET "Host: .\r\n" END, NO_HOST },
	{ GET "Host: b\303\274cher.example\r\n" END, NO_HOST },
	{ "GET http://*/ HTTP/1.1\r\nHost: *\r\n" END, NO_HOST },
	{ "GET http://*/ HTTP/1.1\r\n" HOST END, MALFORMED },
	/* line ends */
	{ "GET / HTTP/1.1\nHost: a.example\n\n", "a.example" },
	{ "GET / HTTP/1.0\n\n", NO_HOST },
	{ "GET / HTTP/1.1\nHost: a.example\r\n\r\n", MALFORMED },
	{ "GET / HTTP/1.1\nHost: a.example\n\r\n", MALFORMED },
	{ "GET / HTTP/1.1\r\nHost: a.example\nX: y\r\n\r\n", MALFORMED },
	{ "GET / HTTP/1.1\r\nX: y\nHost: a.example\r\n\r\n", MALFORMED },
	{ "GET / HTTP/1.1\r\nHost: a.example\r\nX: y\n\r\n", MALFORMED },
	{ "GET / HTTP/1.1\r\nHost: a.example\r\nX: y\nZ: y\r\n\r\n", "a.example" },
	{ "GET / HTTP/1.1\r\nX: y\nZ: y\nA: b\r\nHost: a.example\r\n\r\n", "a.example" },
	{ "GET / HTTP/1.1\r\nX: y\nHost: b.example\r\nHost: a.example\r\n\r\n", MALFORMED },
	{ "GET / HTTP/1.1\r\nHost: a.example\r\n\nHost: b.example\r\n\r\n", MALFORMED },
	{ "GET / HTTP/1.1\r\nHost: a.example\r\n\r\r\n", MALFORMED },
	/* HTTP/2 with prior knowledge */
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NO_HOST },
	{ "PRI * HTTP/2.0\r\n", NO_HOST },
	{ "PRI * HTTP/1.1\r\n" HOST END, "a.example" },
	{ "PRI / HTTP/2.0\r\n" HOST END, "a.example" },
	{ "PRI *x HTTP/2.0\r\n" HOST END, MALFORMED },
	{ "PRIX * HTTP/2.0\r\n" HOST END, "a.example" },
	{ "GET * HTTP/2.0\r\n" HOST END, "a.example" },
	/* something else */
	{ "A\n", OTHER },
	{ "A\r\n", OTHER },
	{ "get / HTTP/1.1\r\n" HOST END, OTHER },
	{ "Get / HTTP/1.1\r\n" HOST END, OTHER },
	{ "\rGET / HTTP/1.1\r\n" HOST END, OTHER },
	{ "\r\r\nGET / HTTP/1.1\r\n" HOST END, OTHER },
	{ " GET / HTTP/1.1\r\n" HOST END, OTHER },
	{ "-GET / HTTP/1.1\r\n" HOST END, OTHER },
	{ "GET\t/ HTTP/1.1\r\n" HOST END, OTHER },
	{ "GET /\tHTTP/1.1\r\n" HOST END, OTHER },
	{ "GET /\r\n", OTHER },
	{ "GET HTTP/1.1\r\n", OTHER },
	{ "GET / HTTP/1.1         \r\n" HOST END, OTHER },
	{ "GET / HTTP/1.1\t\r\n" HOST END, OTHER },
	{ "_GET / HTTP/1.1\r\n" HOST END, OTHER },
	{ "GET / HTTP/1.1\r\r\n" HOST END, OTHER },
	{ "GET / HTTP/1.1\rHost: a.example\r\n" END, OTHER },
	{ "GET / http/1.1\r\n" HOST END, OTHER },
	{ "GET / HTTP/1.10\r\n" HOST END, OTHER },
	{ "GET / HTTP/11\r\n" HOST END, OTHER },
	{ "GET / HTTP/1x1\r\n" HOST END, OTHER },
	{ "ABCDEFGHIJKLMNOPQRSTU", OTHER },
	{ "NICK nobody\r\nUSER x\r\n", OTHER },
	{ "EHLO a.example\r\n", OTHER },
	{ "STATS \x01", OTHER },
};

static const char *describe(const struct inspection *i)
{
	if (i->malformed)
		return MALFORMED;
	if (i->protocol_fact == FACT_PRESENT && i->protocol != PROTOCOL_HTTP)
		return OTHER;
	if (i->host_fact == FACT_PENDING)
		return PENDING;
	return i->host_fact == FACT_PRESENT ? i->host : NO_HOST;
}

static void check(const char *request, size_t length, const char *expected)
{
	struct inspection i;
	const char *fault = inspect_prefixes((const uint8_t *)request, length, 1, &i);

	for (uint32_t most = 1; !fault && most < 50; most = most * 2 + 1)
		fault = inspect_pieces((const uint8_t *)request, length, most, most);

	if (fault || strcmp(describe(&i), expected) != 0)
		print_message("# %s\n# %s, %s\n", request, fault ? fault : "", i.malformed ? i.malformed : "");
	assert_null(fault);
	assert_string_equal(describe(&i), expected);
}

static void requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(rows[i].request, strlen(rows[i].request), rows[i].expected);
}

static void nul_bytes(void **state)
{
	static const char in_host[] = GET "Host: a.example\0.b.example\r\n" END;
	static const char in_value[] = GET HOST "X: \0\r\n" END;
	static const char in_name[] = GET "Ho\0st: a.example\r\n" END;
	static const char in_target[] = "GET /\0 HTTP/1.1\r\n" HOST END;

	(void)state;
	check(in_host, sizeof(in_host) - 1, MALFORMED);
	check(in_value, sizeof(in_value) - 1, MALFORMED);
	check(in_name, sizeof(in_name) - 1, MALFORMED);
	check(in_target, sizeof(in_target) - 1, OTHER);
}

/* The reason names what is wrong. */
static void reasons(void **state)
{
	static const char two[] = GET HOST HOST;
	static const char folded[] = GET "Host:\r\n a.example\r\n";
	struct inspection i;

	(void)state;
	inspect_afresh((const uint8_t *)two, sizeof(two) - 1, false, &i);
	assert_string_equal(i.malformed, "two Host headers");
	inspect_afresh((const uint8_t *)folded, sizeof(folded) - 1, false, &i);
	assert_string_equal(i.malformed, "folded header line");
}

/* Without more bytes to come, a head that is cut decides nothing: a second Host could have followed. */
static void cut(void **state)
{
	static const struct row cut[] = {
		{ GET HOST "Cookie: abc", PENDING },
		{ GET HOST, PENDING },
		{ GET "Host: a.exa", PENDING },
		{ GET, PENDING },
		{ "GET http://a.example/ HTTP/1.1\r\nUser-", PENDING },
		{ GET HOST HOST, MALFORMED },
		{ GET HOST END, "a.example" },
		{ "GET / HTTP/1.1", PENDING },
		{ "GET / HT", PENDING },
		{ "G", PENDING },
		{ "MKCOL /", OTHER },
		{ "\r\n", OTHER },
		{ "", OTHER },
	};
	struct inspection r;

	(void)state;
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		inspect_afresh((const uint8_t *)cut[i].request, strlen(cut[i].request), true, &r);
		assert_string_equal(describe(&r), cut[i].expected);
	}
}

/* The HTTP/2 preface may come in any pieces; its first line is enough. */
static void preface_in_pieces(void **state)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	struct inspection i;

	(void)state;
	for (size_t n = 0; n < sizeof(preface); n++) {
		inspect_afresh((const uint8_t *)preface, n, false, &i);
		assert_int_equal(i.protocol_fact, n < 16 ? FACT_PENDING : FACT_PRESENT);
		assert_int_equal(i.protocol, n < 16 ? PROTOCOL_OTHER : PROTOCOL_HTTP);
		assert_int_equal(i.host_fact, n < 16 ? FACT_PENDING : FACT_ABSENT);
	}
}

/* The host behind 16 KB of cookies. */
static void long_head(void **state)
{
	static char request[20000];
	struct inspection i;
	int length;

	(void)state;
	length = snprintf(request, sizeof(request), GET "Cookie: %016384d\r\n" HOST END, 1);
	assert_null(inspect_prefixes((const uint8_t *)request, (size_t)length, 97, &i));
	assert_string_equal(describe(&i), "a.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(nul_bytes),
		cmocka_unit_test(reasons),
		cmocka_unit_test(cut),
		cmocka_unit_test(preface_in_pieces),
		cmocka_unit_test(long_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_protocol.c - requests of the control socket: what is one, what is not, and that writing and reading agree
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/protocol.h"

static struct request request;

static const char *wrong(const char *line)
{
	const char *why;

	return request_parse(line, strlen(line), &request, &why) ? NULL : why;
}

static void test_right(void **state)
{
	(void)state;
	assert_null(wrong("nat46/1 status"));
	assert_int_equal(request.command, COMMAND_STATUS);
	assert_null(wrong("nat46/1 stats json explain"));
	assert_true(request.json && request.explain);
	assert_null(wrong("nat46/1 flows service=web client=192.0.2.7 server=2001:db8::1"));
	assert_string_equal(request.service, "web");
	assert_string_equal(request.client, "192.0.2.7");
	assert_string_equal(request.server, "2001:db8::1");
	assert_null(wrong("nat46/1 capture service=web count=1000000000 seconds=7 megabytes=1 snaplen=65575"));
	assert_int_equal(request.count, 1000000000);
	assert_int_equal(request.seconds, 7);
	assert_int_equal(request.snaplen, 65575);
	assert_null(wrong("nat46/1 drain server=[2001:db8:ffff:ffff:ffff:ffff:255.255.255.255]:65535 json"));
	assert_int_equal(request.command, COMMAND_DRAIN);
	assert_null(wrong("nat46/1 undrain server=2001:db8::1"));
	assert_null(wrong("nat46/1 top colour rows=24 columns=80 json"));
	assert_true(request.colour && request.json);
	assert_int_equal(request.columns, 80);
	assert_null(wrong("nat46/1 log"));
	assert_null(wrong("nat46/1 log level=debug json"));
	assert_null(wrong("nat46/1 explain address=192.0.2.1:80 host=a=b bytes=65536"));
	assert_string_equal(request.host, "a=b");
	assert_true(request.has_bytes);
	assert_int_equal(request.bytes, 65536);
	assert_null(wrong("nat46/1 explain address=192.0.2.1:80 bytes=0"));
	assert_true(request.has_bytes);
}

static void test_wrong(void **state)
{
	static const char *const lines[] = {
		"", " ", "status", "nat46/2 status", "nat46/1", "nat46/1 ", "nat46/1  status", "nat46/1 status ",
		"nat46/1 nothing", "nat46/1 reload explain", "nat46/1 status explain", "nat46/1 metrics json",
		"nat46/1 stats json=1",
		"nat46/1 flows service", "nat46/1 flows service=", "nat46/1 flows client=1 client=2",
		"nat46/1 capture json", "nat46/1 status rows=1", "nat46/1 top rows=0", "nat46/1 top rows=65536",
		"nat46/1 capture count=0", "nat46/1 capture count", "nat46/1 capture count=",
		"nat46/1 capture count=1000000001", "nat46/1 capture count=99999999999",
		"nat46/1 capture snaplen=65576", "nat46/1 capture count=07", "nat46/1 capture count=7 count=7",
		"nat46/1 capture seconds=1x",
		"nat46/1 flows host=x", "nat46/1 flows bytes=1", "nat46/1 explain", "nat46/1 drain",
		"nat46/1 undrain json", "nat46/1 log host=a", "nat46/1 status level=debug",
		"nat46/1 drain client=10.0.0.1 server=::1", "nat46/1 explain host=a",
		"nat46/1 explain address=192.0.2.1:8080808080808080",
		"nat46/1 explain address=1.2.3.4:1 bytes=65537", "nat46/1 explain address=1.2.3.4:1 bytes=01",
		"nat46/1 explain address=1.2.3.4:1 bytes=-1", "nat46/1 explain address=1.2.3.4:1 bytes=",
		"nat46/1 explain address=1.2.3.4:1 bytes=1 bytes=1", "nat46/1 explain address=1.2.3.4:1 host=\x7f",
		"nat46/1 explain address=1.2.3.4:1 bytes=999999999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!wrong(lines[i]))
			fail_msg("'%s' is taken for a request", lines[i]);
}

/** test_longest() - all that a request may say fits a line, and is read as it was written */
static void test_longest(void **state)
{
	struct request longest = { .command = COMMAND_EXPLAIN, .json = true, .has_bytes = true, .bytes = 65536 };
	char line[REQUEST_LINE_MAX + 1];
	const char *why;
	size_t length;

	(void)state;
	memset(longest.client, 'c', sizeof(longest.client) - 1);
	memset(longest.address, 'a', sizeof(longest.address) - 1);
	memset(longest.host, 'h', sizeof(longest.host) - 1);
	length = request_format(&longest, line);
	assert_in_range(length, 300, REQUEST_LINE_MAX);
	assert_int_equal(line[length - 1], '\n');
	assert_true(request_parse(line, length - 1, &request, &why));
	assert_memory_equal(&request, &longest, sizeof(request));
	longest = (struct request){ .command = COMMAND_CAPTURE, .count = 1000000000, .seconds = 1000000,
				    .megabytes = 1000000, .snaplen = 65575 };
	memset(longest.service, 's', sizeof(longest.service) - 1);
	memset(longest.client, 'c', sizeof(longest.client) - 1);
	memset(longest.server, 's', sizeof(longest.server) - 1);
	length = request_format(&longest, line);
	assert_true(request_parse(line, length - 1, &request, &why));
	assert_memory_equal(&request, &longest, sizeof(request));
	longest.server[7] = ' ';
	assert_int_equal(request_format(&longest, line), 0);
}

/** test_cut() - no byte behind the line is looked at, and no NUL ends it */
static void test_cut(void **state)
{
	const char *why;

	(void)state;
	assert_true(request_parse("nat46/1 stats json", 13, &request, &why));
	assert_false(request.json);
	assert_false(request_parse("nat46/1 stats\0json", 18, &request, &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/* test_trace_log.c - the lines have exactly the form that scripts rely on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/log/trace_log.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define IPV4(a, b, c, d, p) \
	{ \
		.ipv4 = (uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d), .port = (p) \
	}
#define IPV6(last, p) \
	{ \
		.is_ipv6 = true, .ipv6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = (last) } }, .port = (p) \
	}
#define CLIENT IPV4(10, 0, 0, 3, 33526)
#define SERVICE IPV4(10, 0, 0, 42, 80)
#define EMBEDDED IPV6(3, 33526)
#define SERVER IPV6(1, 80)

struct trace_row {
	struct trace trace;
	const char *line;
};

static const struct trace_row trace_rows[] = {
	{ { .kind = TRACE_INCOMING,
	    .source = CLIENT,
	    .destination = SERVICE,
	    .protocol = 6,
	    .flags = 0x02,
	    .seq = 2605695646u },
	  "INCOMING: 10.0.0.3:33526 => 10.0.0.42:80: flags=S seq=2605695646 ack=0 len=0" },
	{ { .kind = TRACE_OUTGOING,
	    .source = SERVICE,
	    .destination = CLIENT,
	    .protocol = 6,
	    .flags = 0x12,
	    .seq = 42,
	    .ack = 2605695647u },
	  "OUTGOING: 10.0.0.42:80 => 10.0.0.3:33526: flags=SA seq=42 ack=2605695647 len=0" },
	{ { .kind = TRACE_BUFFER,
	    .source = CLIENT,
	    .destination = SERVICE,
	    .protocol = 6,
	    .flags = 0x18,
	    .seq = 2605695647u,
	    .ack = 43,
	    .length = 2 },
	  "BUFFER: 10.0.0.3:33526 => 10.0.0.42:80: flags=PA seq=2605695647 ack=43 len=2" },
	{ { .kind = TRACE_NAT46_IN,
	    .source = CLIENT,
	    .destination = SERVICE,
	    .protocol = 6,
	    .flags = 0x11,
	    .seq = 2605695649u,
	    .ack = 43 },
	  "NAT46 IN : 10.0.0.3:33526 => 10.0.0.42:80: flags=FA seq=2605695649 ack=43 len=0" },
	{ { .kind = TRACE_NAT46_OUT,
	    .source = EMBEDDED,
	    .destination = SERVER,
	    .protocol = 6,
	    .flags = 0x18,
	    .seq = 2605695647u,
	    .ack = 3769728776u,
	    .length = 2 },
	  "NAT46 OUT: 2001:db8::3:33526 => 2001:db8::1:80: flags=PA seq=2605695647 ack=3769728776 len=2" },
	{ { .kind = TRACE_NAT64_IN,
	    .source = SERVER,
	    .destination = EMBEDDED,
	    .protocol = 6,
	    .flags = 0x10,
	    .seq = 4294967295u,
	    .ack = 1,
	    .length = 65515 },
	  "NAT64 IN : 2001:db8::1:80 => 2001:db8::3:33526: flags=A seq=4294967295 ack=1 len=65515" },
	{ { .kind = TRACE_NAT64_OUT, .source = SERVICE, .destination = CLIENT, .protocol = 6, .flags = 0xff },
	  "NAT64 OUT: 10.0.0.42:80 => 10.0.0.3:33526: flags=FSRPAUEC seq=0 ack=0 len=0" },
	{ { .kind = TRACE_CLIENT_CONNECTED, .source = CLIENT, .destination = SERVICE, .protocol = 6 },
	  "--- CLIENT CONNECTED 10.0.0.3:33526 => 10.0.0.42:80" },
	{ { .kind = TRACE_SERVER_CONNECTED, .source = EMBEDDED, .destination = SERVER, .protocol = 6 },
	  "--- SERVER CONNECTED 2001:db8::3:33526 => 2001:db8::1:80" },
	{ { .kind = TRACE_INCOMING,
	    .source = IPV4(10, 0, 0, 3, 0),
	    .destination = IPV4(10, 0, 0, 42, 0),
	    .protocol = 1,
	    .icmp_type = 8,
	    .length = 56 },
	  "INCOMING: 10.0.0.3:0 => 10.0.0.42:0: proto=1 type=8 code=0 len=56" },
	{ { .kind = TRACE_NAT64_IN,
	    .source = IPV6(1, 0),
	    .destination = IPV6(3, 0),
	    .protocol = 58,
	    .icmp_type = 1,
	    .icmp_code = 4,
	    .length = 80 },
	  "NAT64 IN : 2001:db8::1:0 => 2001:db8::3:0: proto=58 type=1 code=4 len=80" },
	{ { .kind = TRACE_DROP,
	    .source = CLIENT,
	    .destination = SERVICE,
	    .protocol = 17,
	    .length = 5,
	    .drop = DROP_PROTOCOL },
	  "DROP: 10.0.0.3:33526 => 10.0.0.42:80: proto=udp len=5 reason=protocol" },
	{ { .kind = TRACE_DROP, .source = CLIENT, .destination = SERVICE, .protocol = 6, .drop = DROP_TCP_FLAGS },
	  "DROP: 10.0.0.3:33526 => 10.0.0.42:80: flags= seq=0 ack=0 len=0 reason=tcp_flags" },
};

static void test_trace(void **state)
{
	char line[TRACE_LINE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(trace_rows); i++) {
		assert_int_equal(trace_format(&trace_rows[i].trace, line), strlen(trace_rows[i].line));
		assert_string_equal(line, trace_rows[i].line);
	}
}

/* The longest line that there can be is not cut. */
static void test_longest_trace(void **state)
{
	struct trace trace = { .kind = TRACE_DROP, .protocol = 6, .flags = 0xff, .length = SIZE_MAX };
	char line[TRACE_LINE_MAX];
	unsigned int drop;

	(void)state;
	trace.seq = trace.ack = UINT32_MAX;
	trace.source = (struct endpoint){ .is_ipv6 = true, .port = UINT16_MAX };
	memset(trace.source.ipv6.byte, 0xff, sizeof(trace.source.ipv6.byte));
	trace.destination = trace.source;
	for (drop = 0; drop < DROP_COUNT; drop++) {
		trace.drop = (enum drop)drop;
		assert_true(trace_format(&trace, line) < TRACE_LINE_MAX - 1);
		assert_non_null(strstr(line, drop_name(trace.drop)));
	}
}

static const struct session session = {
	.kind = SESSION_BOUND,
	.client = CLIENT,
	.service = SERVICE,
	.name = "web",
	.server = SERVER,
	.source_port = 33526,
	.rule = "host www.example.org",
	.reason = "",
	.host = "www.example.org",
	.bytes_to_server = 2,
	.bytes_to_client = 18446744073709551615u,
	.duration = 61002999999,
};

static void test_session_bound(void **state)
{
	char line[SESSION_LINE_MAX];

	(void)state;
	session_format(&session, line);
	assert_string_equal(line, "session bound client=10.0.0.3:33526 service=10.0.0.42:80 "
				  "server=[2001:db8::1]:80 source_port=33526 name=\"web\" "
				  "rule=\"host www.example.org\" host=\"www.example.org\"");
}

static void test_session_bound_late(void **state)
{
	struct session bound = session;
	char line[SESSION_LINE_MAX];

	(void)state;
	bound.acknowledged = 1448;
	session_format(&bound, line);
	assert_non_null(strstr(line, " host=\"www.example.org\" acknowledged=1448"));
}

static void test_session_ended(void **state)
{
	struct session ended = session;
	char line[SESSION_LINE_MAX];

	(void)state;
	ended.kind = SESSION_ENDED;
	ended.reason = "closed";
	ended.host = NULL; /* not to be looked at */
	session_format(&ended, line);
	assert_string_equal(line, "session ended client=10.0.0.3:33526 service=10.0.0.42:80 "
				  "server=[2001:db8::1]:80 source_port=33526 name=\"web\" "
				  "rule=\"host www.example.org\" bytes_to_server=2 "
				  "bytes_to_client=18446744073709551615 duration=61.002 end=\"closed\"");
}

static void test_session_resumed(void **state)
{
	struct session resumed = session;
	char line[SESSION_LINE_MAX];

	(void)state;
	resumed.kind = SESSION_RESUMED;
	resumed.reason = resumed.host = NULL; /* not to be looked at */
	session_format(&resumed, line);
	assert_string_equal(line, "session resumed client=10.0.0.3:33526 service=10.0.0.42:80 "
				  "server=[2001:db8::1]:80 source_port=33526 name=\"web\" "
				  "rule=\"host www.example.org\"");
}

static void test_session_refused(void **state)
{
	struct session refused = session;
	char line[SESSION_LINE_MAX];

	(void)state;
	refused.kind = SESSION_REFUSED;
	refused.reason = "no rule matches";
	session_format(&refused, line);
	assert_string_equal(line, "session refused client=10.0.0.3:33526 service=10.0.0.42:80 name=\"web\" "
				  "host=\"www.example.org\" why=\"no rule matches\"");
}

static void test_session_udp(void **state)
{
	struct session udp = session;
	char line[SESSION_LINE_MAX];

	(void)state;
	udp.protocol = 17;
	session_format(&udp, line);
	assert_non_null(strstr(line, " source_port=33526 proto=udp name=\"web\" rule=\""));
	udp.kind = SESSION_ENDED;
	session_format(&udp, line);
	assert_non_null(strstr(line, " source_port=33526 proto=udp name=\"web\" rule=\"host www"));
}

/* A rule may hold any text of any length; the line stays one that can be read. */
static void test_session_text(void **state)
{
	struct session bound = session;
	char line[SESSION_LINE_MAX], text[2000];

	(void)state;
	bound.rule = "bytes \"A\" host x\"";
	session_format(&bound, line);
	assert_non_null(strstr(line, " rule=\"bytes 'A' host x'\" host=\""));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	bound.rule = text;
	bound.host = text;
	bound.name = text;
	assert_true(session_format(&bound, line) < SESSION_LINE_MAX);
	assert_int_equal(line[strlen(line) - 1], '"');
}

static void test_shortfall(void **state)
{
	struct shortfall shortfall = { .service = SERVICE, .server = SERVER, .lacks = { .without_sack = true } };
	char line[SHORTFALL_LINE_MAX];

	(void)state;
	shortfall_format(&shortfall, line);
	assert_string_equal(line, "promises lowered for an hour: service=10.0.0.42:80 "
				  "server=[2001:db8::1]:80 sack=no");
	shortfall.lacks = (struct server_answer){ .mss = 1220 };
	shortfall_format(&shortfall, line);
	assert_string_equal(line, "promises lowered for an hour: service=10.0.0.42:80 "
				  "server=[2001:db8::1]:80 mss=1220");
	shortfall.lacks = (struct server_answer){ .without_sack = true, .without_timestamps = true,
						  .without_ecn = true, .mss = UINT16_MAX };
	shortfall.service = (struct endpoint){ .ipv4 = UINT32_MAX, .port = UINT16_MAX };
	memset(shortfall.server.ipv6.byte, 0xff, sizeof(shortfall.server.ipv6.byte));
	shortfall.server.port = UINT16_MAX;
	shortfall_format(&shortfall, line);
	assert_non_null(strstr(line, ":65535 sack=no timestamps=no ecn=no mss=65535"));
}

static void test_server(void **state)
{
	struct server_change change = { .name = "web", .server = SERVER, .error = SERVER_ERROR_SILENT };
	char line[SERVER_LINE_MAX], name[1000];

	(void)state;
	server_format(&change, line);
	assert_string_equal(line, "server [2001:db8::1]:80 (service web) does not answer");
	change.error = SERVER_ERROR_REFUSED;
	server_format(&change, line);
	assert_string_equal(line, "server [2001:db8::1]:80 (service web) refuses connections");
	change.is_udp = true;
	change.error = SERVER_ERROR_UNREACHABLE;
	server_format(&change, line);
	assert_string_equal(line, "server [2001:db8::1]:80 (service web, UDP) cannot be reached: "
				  "an ICMP error says so");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	change.name = name;
	change.error = SERVER_ERROR_NONE;
	server_format(&change, line);
	assert_non_null(strstr(line, "xxx, UDP) answers again"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_longest_trace),
		cmocka_unit_test(test_session_bound),
		cmocka_unit_test(test_session_bound_late),
		cmocka_unit_test(test_session_ended),
		cmocka_unit_test(test_session_resumed),
		cmocka_unit_test(test_session_refused),
		cmocka_unit_test(test_session_udp),
		cmocka_unit_test(test_session_text),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_shortfall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_warnings.c - what is right but probably not meant is said, and what is meant is not
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

#define PREFIX "prefix = \"2a00:46::/96\";"
#define TO "to = \"2001:db8:1::1\";"
#define SERVICES(list) PREFIX "services = (\n" list ");"
#define AT(tcp, rest) "{ ipv4 = \"192.0.2.1\"; tcp = " tcp "; " rest " }"
#define RULES(list) SERVICES(AT("[ 80, 443 ]", "rules = (\n" list ");"))
#define SERVER(text) SERVICES(AT("80", "to = \"" text "\";"))
#define CLIENT(ipv4, ipv6) "{ ipv4 = \"" ipv4 "\"; ipv6 = \"2001:db8:" ipv6 "\"; }"
#define NAMES(first, second) \
	SERVICES(AT("[ 80, 81 ]", "rules = (\n" first ");") ",\n" AT("443", "rules = (\n" second ");"))
#define DOCUMENTATION " is reserved for documentation, no network routes it to this host\n"

static const struct {
	const char *text, *warnings;
} cases[] = {
	{ SERVICES(AT("80", TO)), "" },
	{ PREFIX, "f: warning: there is neither a service nor a map, so that nobody can reach anything\n" },
	{ PREFIX "clients = ({ ipv4 = \"10.0.0.3\"; ipv6 = \"2001:db8::3\"; });",
	  "f: warning: there is neither a service nor a map, so that nobody can reach anything\n" },
	{ PREFIX "maps = ({ ipv4 = \"192.0.2.3\"; ipv6 = \"2001:db8::3\"; });", "" },
	/* the prefix */
	{ "\nprefix = \"2001:db8:46::/96\"; services = (" AT("80", TO) ");",
	  "f:2: warning: prefix: \"2001:db8:46::/96\"" DOCUMENTATION },
	{ "prefix = \"3fff:fff::/32\"; services = (" AT("80", TO) ");",
	  "f:1: warning: prefix: \"3fff:fff::/32\"" DOCUMENTATION },
	{ "prefix = \"3fff:1000::/32\"; services = (" AT("80", TO) ");", "" },
	{ "prefix = \"64:ff9b::/96\"; services = (\n{ name = \"x\"; ipv4 = \"10.0.0.42\"; tcp = [ 80, 443 ]; " TO "});",
	  "f:2: warning: the address of the service 'x' is not global, nor are those of its clients, probably: "
	  "they are not translated with the prefix 64:ff9b::/96, see 'wkpf_strict'\n" },
	{ "prefix = \"64:ff9b::/96\"; services = (\n{ ipv4 = \"8.8.8.8\"; tcp = 80; " TO "});", "" },
	{ "prefix = \"64:ff9b::/96\"; wkpf_strict = false; "
	  "services = ({ ipv4 = \"10.0.0.42\"; tcp = 80; " TO "});", "" },
	{ "prefix = \"64:ff9b::/96\"; clients = ({ ipv4 = \"10.0.0.3\"; ipv6 = \"2001:db8::3\"; });"
	  "services = (\n{ ipv4 = \"10.0.0.42\"; tcp = 80; " TO "});", "" },
	/* clients with addresses of services */
	{ SERVICES("{ ipv4 = \"10.0.0.0/24\"; tcp = 80; " TO "}") "clients = (\n" CLIENT("10.0.0.32/28", "a::/124") ","
	  CLIENT("10.0.0.0/16", "a:1::/112") ",\n" CLIENT("10.0.0.255", "a:2::") "," CLIENT("10.0.1.0", "a:3::") ");",
	  "f:3: warning: clients[0]: ipv4 \"10.0.0.32/28\" belongs to a service: packets from there count as forged\n"
	  "f:4: warning: clients[2]: ipv4 \"10.0.0.255\" belongs to a service: packets from there count as forged\n" },
	/* a log that leaves out what it should have */
	{ "prefix = \"2a00::/96\"; services = (" AT("80", TO) ");\nlog = { level = \"warning\";\nsessions = true; };",
	  "f:3: warning: log.sessions: sessions are logged at level \"info\", which 'level' leaves out\n" },
	{ "prefix = \"2a00::/96\"; services = (" AT("80", TO) "); log = { level = \"debug\"; sessions = true; };", "" },
	/* ports in addresses */
	{ SERVER("2001:db8:1::1:8443"),
	  "f:2: warning: services[0].to: \"2001:db8:1::1:8443\" is an address without a port; "
	  "write \"[2001:db8:1::1]:8443\", or \"[2001:db8:1::1:8443]\" if it is right\n" },
	{ RULES("{ bytes = \"a\"; to = [ \"2001:db8:1::1\",\n\"2001:db8:1::2:80\" ]; }"),
	  "f:4: warning: services[0].rules[0].to[1]: \"2001:db8:1::2:80\" is an address without a port; "
	  "write \"[2001:db8:1::2]:80\", or \"[2001:db8:1::2:80]\" if it is right\n" },
	{ SERVER("[2001:db8:1::1:8443]"), "" },
	{ SERVER("[2001:db8:1::1]:8443"), "" },
	{ SERVER("2001:db8:1::8443"), "" },
	{ SERVER("2001:db8:1::53"), "" },
	{ SERVER("2001:db8:1::1:2"), "" },
	{ SERVER("2001:db8:1::1:0443"), "" },
	{ SERVER("2001:db8:1::1:844a"), "" },
	{ SERVER("2001:db8:1:2:3:4:5:8443"), "" },
	{ SERVER("2001:db8:1::"), "" },
	/* a comma that is missing between strings, which libconfig then takes for one */
	{ RULES("{ host = [ \"a\",\n\"b\"\n\"c\" ]; " TO " }"),
	  "f:5: warning: without a comma between them, two strings are one\n" },
	{ RULES("{ bytes = \"a\" \"b\"; " TO " }"), "" },
	/* rules that never win */
	{ RULES("{ host = \"a\"; protocol = \"ssh\"; " TO " },\n{ host = \"a\"; protocol = \"tls\"; " TO " }"),
	  "f:3: warning: rule with host \"a\", protocol \"ssh\" never wins: no connection has all of that\n" },
	{ RULES("{ alpn = \"h2\"; protocol = \"http\"; " TO " }"),
	  "f:3: warning: rule with alpn \"h2\", protocol \"http\" never wins: no connection has all of that\n" },
	{ RULES("{ host = \"a\"; bytes = \"\\x17\"; " TO " }"),
	  "f:3: warning: rule with host \"a\", bytes \"\\x17\" never wins: no connection has all of that\n" },
	{ RULES("{ protocol = \"http\"; bytes = \"SSH-\"; " TO " }"),
	  "f:3: warning: rule with protocol \"http\", bytes \"SSH-\" never wins: no connection has all of that\n" },
	{ RULES("{ alpn = \"h2\"; " TO " },\n{ alpn = \"h2\"; protocol = \"tls\"; " TO " }"),
	  "f:3: warning: rule with alpn \"h2\" never wins: "
	  "the one with alpn \"h2\", protocol \"tls\" in f:4 is for the same\n" },
	{ RULES("{ protocol = \"ssh\"; bytes = \"SSH-2\"; " TO " },\n{ bytes = \"SSH-2\"; " TO " }"),
	  "f:4: warning: rule with bytes \"SSH-2\" never wins: "
	  "the one with protocol \"ssh\", bytes \"SSH-2\" in f:3 is for the same\n" },
	{ RULES("{ host = \"a\"; " TO " }, { host = \"a\"; alpn = \"h2\"; " TO " }, { alpn = \"h2\"; " TO " },"
		"{ protocol = \"tls\"; " TO " }, { bytes = \"\\x16\\x03\"; " TO " }, { bytes = \"G\"; " TO " },"
		"{ bytes = \"G\"; protocol = \"http\"; " TO " }, { host = \"a\"; protocol = \"tls\"; " TO " }"), "" },
	/* names on different ports */
	{ NAMES("{ host = \"a\"; " TO " }", "{ host = \"A.\"; " TO " }"), "" },
	{ NAMES("{ host = \"a\"; " TO " }", "{ host = \"a\"; to = \"[2001:db8:1::1]:8443\"; }"), "" },
	{ NAMES("{ host = \"a\"; " TO " }", "{ host = \"*.a\"; to = \"2001:db8:1::2\"; }"), "" },
	{ NAMES("{ host = \"a\"; " TO " }", "{ host = \"a\"; protocol = \"tls\"; to = \"2001:db8:1::2\"; }"), "" },
	{ NAMES("{ host = \"a\"; " TO " }", "{ host = \"a\"; to = \"2001:db8:1::2\"; }"),
	  "f:5: warning: host \"a\" leads to other servers than in the service '192.0.2.1:80' in f:3, "
	  "which has the same address\n" },
	{ NAMES("{ host = \"*.a\"; to = [ \"2001:db8:1::1\", \"2001:db8:1::2\" ]; }", "{ host = \"*.a\"; " TO " }"),
	  "f:5: warning: host \"*.a\" leads to other servers than in the service '192.0.2.1:80' in f:3, "
	  "which has the same address\n" },
};

static void test_warnings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *printed;
		size_t size;
		FILE *stream = open_memstream(&printed, &size);
		struct daemon_config *config;

		assert_non_null(stream);
		config = config_load("f", cases[i].text, stream);
		fclose(stream);
		if (!config || strcmp(printed, cases[i].warnings) != 0)
			fail_msg("%s\nexpected: %s\nbut got: %s", cases[i].text, cases[i].warnings, printed);
		config_free(config);
		free(printed);
	}
}

/* With errors there are none: half a configuration would be judged. */
static void test_with_errors(void **state)
{
	char *printed;
	size_t size;
	FILE *stream = open_memstream(&printed, &size);

	(void)state;
	assert_non_null(stream);
	assert_null(config_load("f", "prefix = \"2001:db8::/96\"; user = 1;", stream));
	fclose(stream);
	assert_string_equal(printed, "f:1: error: user: 1 is of the wrong type, a string is needed\n");
	free(printed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_with_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

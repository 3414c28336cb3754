/* SPDX-License-Identifier: ISC */
/*
 * test_difference.c - what a new configuration changes, what stays until a restart, and where it says so
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/address_place.h"
#include "config/config.h"
#include "config/difference.h"

#define PREFIX "prefix = \"2001:db8:46::/96\";\n"
#define SERVICES(list) PREFIX "services = (\n" list ");\n"
#define WEB(rules) "{ name = \"web\"; ipv4 = \"192.0.2.1\"; tcp = [ 80, 443 ]; rules = ( " rules " ); }"
#define RULE(host, to) "{ host = \"" host "\"; to = \"2001:db8:1::" to "\"; }"
#define MAIL "{ name = \"mail\"; ipv4 = \"192.0.2.2\"; tcp = 25; to = \"2001:db8:1::25\"; }"
#define DNS "{ ipv4 = \"192.0.2.2\"; udp = 53; to = \"2001:db8:1::53\"; }"
#define ALL(length, to) "{ name = \"all\"; ipv4 = \"192.0.2.0/" length "\"; tcp = 80; to = \"2001:db8:" to "\"; }"
#define PORT_80(rest) SERVICES("{ ipv4 = \"192.0.2.1\"; tcp = 80; " rest " }")
#define STAYS "f: warning: restart required for "
#define LIST(name, entries) name " = (" entries ");\n"
#define MAP(ipv4, ipv6) "{ ipv4 = \"" ipv4 "\"; ipv6 = \"" ipv6 "\"; }"

static struct daemon_config *load(const char *text)
{
	struct daemon_config *config = config_load("f", text, stderr);

	assert_non_null(config);
	return config;
}

/** difference() - what is printed when @is replaces @was; to be released by free() */
static char *difference(const char *was, const char *is)
{
	struct daemon_config *running = load(was), *config = load(is);
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_print_difference(config, running, out);
	fclose(out);
	config_free(running);
	config_free(config);
	return text;
}

static void assert_difference(const char *was, const char *is, const char *expected)
{
	char *text = difference(was, is);

	assert_string_equal(text, expected);
	free(text);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_difference(PREFIX, PREFIX, "");
	/* order, defaults, and how a number is written make no difference */
	assert_difference(SERVICES(WEB(RULE("a", "1") "," RULE("b", "2")) "," MAIL),
			  SERVICES(MAIL "," WEB(RULE("b", "2") "," RULE("A.", "1"))), "");
	assert_difference(PREFIX, PREFIX "timeouts = { connect = 10; }; limits = { buffers = 67108864L; };", "");
	assert_difference(PREFIX "maps = (" MAP("192.0.2.1", "2001:db8::1") "," MAP("192.0.2.2", "2001:db8::2") ");",
			  PREFIX "maps = (" MAP("192.0.2.2", "2001:db8::2") "," MAP("192.0.2.1", "2001:db8::1") ");",
			  "");
}

static void test_blocks(void **state)
{
	(void)state;
	assert_difference(SERVICES(ALL("28", "1::/124")), SERVICES(ALL("28", "2::/124")),
			  "services: 1 changed: all (192.0.2.0/28:80)\n");
	assert_difference(SERVICES(ALL("28", "1::1")), SERVICES(ALL("27", "1::1")),
			  "services: 1 added: all (192.0.2.0/27:80)\n"
			  "services: 1 removed: all (192.0.2.0/28:80)\n");
}

static void test_services(void **state)
{
	(void)state;
	assert_difference(SERVICES(MAIL), SERVICES(WEB(RULE("a", "1"))),
			  "services: 2 added: web (192.0.2.1:80), web (192.0.2.1:443)\n"
			  "services: 1 removed: mail (192.0.2.2:25)\n");
	assert_difference(SERVICES(MAIL), SERVICES(MAIL "," DNS),
			  "services: 1 added: 192.0.2.2:53 (192.0.2.2:53 udp)\n");
	assert_difference(PORT_80("to = \"2001:db8:1::1\";"), PORT_80("to = [ \"2001:db8:1::1\", \"2001:db8:1::2\" ];"),
			  "services: 1 changed: 192.0.2.1:80 (192.0.2.1:80)\n");
	assert_difference(PORT_80("to = \"2001:db8:1::1\";"), PORT_80("to = \"2001:db8:1::1\"; wait = 1.0;"),
			  "services: 1 changed: 192.0.2.1:80 (192.0.2.1:80)\n");
}

/* The rules of several ports are told of once, and so are services with the same rules. */
static void test_rules(void **state)
{
	(void)state;
	assert_difference(SERVICES(WEB(RULE("a", "1") "," RULE("b", "2"))),
			  SERVICES(WEB(RULE("b", "3") "," RULE("c", "2"))),
			  "rules: 1 added: web: host \"c\"\n"
			  "rules: 1 removed: web: host \"a\"\n"
			  "rules: 1 changed: web: host \"b\"\n");
}

static void test_many(void **state)
{
	(void)state;
	assert_difference(SERVICES(WEB(RULE("z", "1"))),
			  SERVICES(WEB(RULE("z", "1") "," RULE("a", "1") "," RULE("b", "1") "," RULE("c", "1") ","
				       RULE("d", "1") "," RULE("e", "1") "," RULE("f", "1"))),
			  "rules: 6 added: web: host \"a\", web: host \"b\", web: host \"c\", web: host \"d\", "
			  "web: host \"e\", ...\n");
}

static void test_mappings(void **state)
{
	const char *is = PREFIX LIST("clients", MAP("10.0.0.3", "2001:db8::3"))
		LIST("maps", MAP("192.0.2.1", "2001:db8::2"));

	(void)state;
	assert_difference(PREFIX "maps = (" MAP("192.0.2.1", "2001:db8::1") ",\n"
					     MAP("192.0.2.16/28", "2001:db8::10/124") ");",
			  is,
			  "clients: 1 added: 10.0.0.3/32\n"
			  "maps: 1 removed: 192.0.2.16/28\n"
			  "maps: 1 changed: 192.0.2.1/32\n");
}

static void test_settings(void **state)
{
	(void)state;
	assert_difference(PREFIX "router = { ipv4 = \"192.0.2.9\"; };",
			  PREFIX "timeouts = { connect = 2.5; };\nlog = { level = \"debug\"; };\ncopy_tos = false;",
			  "settings: 4 changed: copy_tos = false (was true), timeouts.connect = 2.5 (was 10), "
			  "log.level = \"debug\" (was \"info\"), router.ipv4 = nothing (was \"192.0.2.9\")\n");
}

/* ---- what stays --------------------------------------------------------------------------- */

/** keep() - let what cannot change stay; @text, to be released by free(), gets what was said */
static struct daemon_config *keep(const char *was, const char *is, char **text)
{
	struct daemon_config *running = load(was), *config = load(is);
	size_t size;
	FILE *out = open_memstream(text, &size);

	assert_non_null(out);
	config_keep(config, running, out);
	fclose(out);
	/* nothing may point into it any more */
	config_free(running);
	return config;
}

static void test_keep(void **state)
{
	struct daemon_config *config;
	char *text;

	(void)state;
	config = keep(PREFIX "interface = { name = \"tun0\"; setup = false; };\nuser = \"u\";\n"
			     "limits = { flows = 0x10; buffers = 1099511627776L; };",
		      PREFIX "interface = { mtu = 1400; };\nlimits = {\n flows = 17; };\n"
			     "tcp = { window_scale = 3; sack = false; };\ntimeouts = { tcp = 60; };",
		      &text);
	assert_string_equal(text,
			    STAYS "interface.name = \"nat46\", \"tun0\" stays in force\n"
			    STAYS "interface.setup = true, false stays in force\n"
			    "f:2: warning: restart required for interface.mtu = 1400, 1500 stays in force\n"
			    STAYS "user = \"nat46d\", \"u\" stays in force\n"
			    "f:4: warning: restart required for limits.flows = 17, 16 stays in force\n"
			    STAYS "limits.buffers = 67108864, 1099511627776 stays in force\n"
			    "f:5: warning: restart required for tcp.window_scale = 3, 7 stays in force\n");
	free(text);
	assert_string_equal(config->interface.name, "tun0");
	assert_string_equal(config->user, "u");
	assert_false(config->interface.setup);
	assert_int_equal(config->interface.mtu, 1500);
	assert_int_equal(config->engine.mtu, 1500);
	assert_int_equal(config->engine.limits.flows, 16);
	assert_true(config->engine.limits.buffers == UINT64_C(1) << 40);
	assert_int_equal(config->engine.tcp.window_scale, 7);
	/* and everything else is as the file says */
	assert_false(config->engine.tcp.sack);
	assert_true(config->engine.timeouts.tcp == INT64_C(60000000000));
	config_free(config);
}

/** What stays is also what is printed, and what the next reload is compared with. */
static void test_keep_prints(void **state)
{
	struct daemon_config *config;
	char *text, *printed;
	size_t size;
	FILE *out;

	(void)state;
	config = keep(PREFIX, PREFIX "limits = { flows = 17; };\nuser = \"v\";", &text);
	free(text);
	out = open_memstream(&printed, &size);
	assert_non_null(out);
	config_print(config, out);
	fclose(out);
	assert_non_null(strstr(printed, "flows = 1048576;"));
	assert_non_null(strstr(printed, "user = \"nat46d\";"));
	free(printed);
	config_free(config);
}

/* ---- places ------------------------------------------------------------------------------- */

static void assert_place(const struct daemon_config *config, uint32_t ipv4, const char *expected)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_print_ipv4_place(config, ipv4, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void test_places(void **state)
{
	const struct ipv6_address prefix = { { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46 } };
	struct daemon_config *config = load(SERVICES(MAIL ",\n" DNS) "maps = (\n"
					    MAP("192.0.2.16/28", "2001:db8::10/124") ");\n"
					    "router = { ipv4 = \"192.0.2.9\"; };");
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_place(config, 0xc0000202, "f:3");
	assert_place(config, 0xc0000210, "f:6");
	assert_place(config, 0xc0000209, "f:7");
	assert_place(config, 0xc0000203, "f");
	assert_non_null(out);
	config_print_ipv6_place(config, &prefix, out);
	fclose(out);
	assert_string_equal(text, "f:1");
	free(text);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),	 cmocka_unit_test(test_services), cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_rules),	 cmocka_unit_test(test_many),	  cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_settings), cmocka_unit_test(test_keep),	  cmocka_unit_test(test_keep_prints),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

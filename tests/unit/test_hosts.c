/* SPDX-License-Identifier: ISC */
/*
 * test_hosts.c - files of names: what becomes of their lines, every error with its line, and a large one
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"

#define RULES "rules = ({ host = \"a.example\"; protocol = \"tls\"; to = \"2001:db8:1::1\"; });"
#define CONFIG \
	"prefix = \"2001:db8:46::/96\"; router = { ipv6 = \"2001:db8:5::1\"; };\n" \
	"clients = ({ ipv4 = \"10.0.0.3\"; ipv6 = \"2001:db8:2::3\"; });\n" \
	"services = ({ name = \"web\"; ipv4 = \"192.0.2.10\"; tcp = [ 80, 443 ]; " RULES "\n" \
	"hosts = \"names\"; });\n"

static char directory[] = "/tmp/test_hosts.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(directory);
}

/** begin() - a file in the directory, to be closed */
static FILE *begin(const char *name)
{
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	return file;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = begin(name);

	fputs(text, file);
	fclose(file);
}

static void remove_file(const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	unlink(path);
}

/** load() - read main.conf; @errors gets errors, and all of the file of names, without the directory, for free() */
static struct daemon_config *load(char **errors)
{
	char path[64], line[1024], *printed;
	size_t size, printed_size, skipped = strlen(directory) + 1;
	FILE *stream = open_memstream(&printed, &printed_size), *kept = open_memstream(errors, &size);
	struct daemon_config *config;

	assert_non_null(stream);
	assert_non_null(kept);
	(void)snprintf(path, sizeof(path), "%s/main.conf", directory);
	config = config_load(path, NULL, stream);
	fclose(stream);
	stream = fmemopen(printed, printed_size + 1, "r");
	assert_non_null(stream);
	while (fgets(line, sizeof(line), stream) && line[0]) {
		if (strstr(line, ": error: ") || strstr(line, "/names:"))
			fputs(line + skipped, kept);
	}
	fclose(stream);
	fclose(kept);
	free(printed);
	return config;
}

static struct daemon_config *load_names(const char *names)
{
	struct daemon_config *config;
	char *errors;

	write_file("main.conf", CONFIG);
	write_file("names", names);
	config = load(&errors);
	assert_string_equal(errors, "");
	free(errors);
	remove_file("main.conf");
	remove_file("names");
	return config;
}

static void test_lines(void **state)
{
	struct daemon_config *config = load_names("# a comment\n\n"
						  "2001:db8:1::1\tB.example.  a.example#comment\r\n"
						  "  2001:db8:1::1 c.example # comment\n"
						  "[2001:db8:1::2]:8443 *.d.example\n"
						  "2001:db8:1::3 x.d.example d.example");
	const struct service *service = config->engine.services;
	static const struct {
		const char *host, *text;
		unsigned int address, port;
	} expected[] = {
		{ "a.example", "host \"a.example\", protocol \"tls\"", 1, 0 },
		{ "a.example", "host \"a.example\"", 1, 0 },
		{ "b.example", "host \"b.example\"", 1, 0 },
		{ "c.example", "host \"c.example\"", 1, 0 },
		{ "d.example", "host \"d.example\"", 3, 0 },
		{ "x.d.example", "host \"x.d.example\"", 3, 0 },
		{ "d.example", "host \"*.d.example\"", 2, 8443 },
	};
	const size_t count = sizeof(expected) / sizeof(expected[0]);

	(void)state;
	assert_int_equal(config->engine.service_count, 2);
	assert_int_equal(service->rule_count, count);
	assert_int_equal(service->silent, SILENCE_REFUSE);
	assert_ptr_equal(service[1].rules, service->rules);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &service->rules[i];

		assert_string_equal(rule->host, expected[i].host);
		assert_string_equal(rule->text, expected[i].text);
		assert_int_equal(rule->wildcard, i == count - 1);
		assert_int_equal(rule->servers.count, 1);
		assert_int_equal(rule->servers.servers->address.byte[15], expected[i].address);
		assert_int_equal(rule->servers.servers->port, expected[i].port);
	}
	assert_int_equal(config->engine.server_count, 3);
	config_free(config);
}

#define BACK "to it would come back: a server must be elsewhere\n"

static void test_errors(void **state)
{
	static const char *const cases[][2] = {
		{ "2001:db8:1::1\n", "names:1: error: no name follows the address\n" },
		{ "", "main.conf:4: error: services[web].hosts: there is no name in \"~/names\"\n" },
		{ "\n127.0.0.1 localhost\n2001:db8:1::1 a\n",
		  "names:2: error: \"127.0.0.1\" is an IPv4 address, an IPv6 address is needed\n" },
		{ "2001:db8:1::1 a\n\nb 2001:db8:1::1\n",
		  "names:3: error: \"b\" is not an IPv6 address; allowed are \"ADDRESS\" and \"[ADDRESS]:PORT\"\n" },
		{ "fe80::1 a\n2001:db8:1::1 a\n",
		  "names:1: error: \"fe80::1\" cannot be used, it is link-local, which is not routed\n" },
		{ "2001:db8:1::1 a a..b *\n",
		  "names:1: error: \"a..b\" is no host name, it has an empty label\n"
		  "names:1: error: \"*\" is no host name; 'to' of the service is for all other names\n" },
		{ "2001:db8:1::1 a 10.0.0.1\n",
		  "names:1: error: \"10.0.0.1\" is an address, only names can be matched; use 'to' of the service\n" },
		{ "2001:db8:46::1 a\n2001:db8:2::3 b\n2001:db8:5::1 c\n2001:db8:1::1 d",
		  "names:1: error: \"2001:db8:46::1\" belongs to 'prefix', packets " BACK
		  "names:2: error: \"2001:db8:2::3\" belongs to 'clients', packets " BACK
		  "names:3: error: \"2001:db8:5::1\" belongs to 'router', packets " BACK },
		{ "2001:db8:1::1:8443 a\nb\n",
		  "names:1: warning: \"2001:db8:1::1:8443\" is an address without a port; "
		  "write \"[2001:db8:1::1]:8443\", or \"[2001:db8:1::1:8443]\" if it is right\n"
		  "names:2: error: \"b\" is not an IPv6 address; allowed are \"ADDRESS\" and \"[ADDRESS]:PORT\"\n" },
		{ "2001:db8:1::1 a b\n2001:db8:1::1 c B.\n2001:db8:1::2 a a\n",
		  "names:2: error: rule with host \"b\" has the same conditions as the one in ~/names:1\n"
		  "names:3: error: rule with host \"a\" has the same conditions as the one in ~/names:1\n"
		  "names:3: error: rule with host \"a\" has the same conditions as the one in ~/names:3\n" },
	};

	(void)state;
	write_file("main.conf", CONFIG);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *expected = cases[i][1];
		char *errors, *wanted;
		size_t size;
		FILE *stream = open_memstream(&wanted, &size);

		assert_non_null(stream);
		for (; *expected; expected++)
			(void)(*expected == '~' ? fputs(directory, stream) : fputc(*expected, stream));
		fclose(stream);
		write_file("names", cases[i][0]);
		assert_null(load(&errors));
		assert_string_equal(errors, wanted);
		free(errors);
		free(wanted);
	}
	remove_file("names");
	remove_file("main.conf");
}

/* A name in "rules" with the same conditions stands first, wherever its file does. */
static void test_twice(void **state)
{
	char *errors, path[64];

	(void)state;
	write_file("main.conf", "prefix = \"2001:db8:46::/96\"; services = ({ ipv4 = \"192.0.2.1\"; tcp = 80;\n"
				"hosts = \"names\"; rules = (\n"
				"@include \"rules\"\n); });");
	write_file("rules", "\n{ host = \"b\"; to = \"2001:db8:1::1\"; }");
	write_file("names", "2001:db8:1::1 a\n2001:db8:1::1 b");
	assert_null(load(&errors));
	(void)snprintf(path, sizeof(path), "as the one in %s/rules:2\n", directory);
	assert_non_null(strstr(errors, path));
	assert_memory_equal(errors, "names:2: error: rule with host \"b\" has", 38);
	free(errors);
	remove_file("rules");
	remove_file("names");
	remove_file("main.conf");
}

static void test_files(void **state)
{
	char *errors, path[64];

	(void)state;
	write_file("main.conf", CONFIG);
	assert_null(load(&errors));
	assert_non_null(strstr(errors, "names\": No such file or directory\n"));
	free(errors);
	(void)snprintf(path, sizeof(path), "%s/names", directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(load(&errors));
	assert_non_null(strstr(errors, "names\": not a regular file\n"));
	free(errors);
	unlink(path);
	write_file("names", "2001:db8:1::1 a\n");
	assert_int_equal(truncate(path, 100), 0);
	assert_null(load(&errors));
	assert_non_null(strstr(errors, "names\": not a text, it has a NUL byte\n"));
	free(errors);
	assert_int_equal(truncate(path, (64 << 20) + 1), 0);
	assert_null(load(&errors));
	assert_non_null(strstr(errors, "names\": too large, it may have 64 megabytes\n"));
	free(errors);
	remove_file("names");
	remove_file("main.conf");
}

#define MANY 200000u

/* Loaded within seconds, and one look-up costs as little as in a small file. */
static void test_many(void **state)
{
	struct daemon_config *config;
	struct choice choice;
	char text[128], *errors;
	clock_t start = clock();
	FILE *file;

	(void)state;
	write_file("main.conf", CONFIG);
	file = begin("names");
	for (unsigned int i = 0; i < MANY; i++)
		assert_true(fprintf(file, "2001:db8:1::%x www%u.example\n", i % 60000 + 1, i * 7919 % MANY) > 0);
	fclose(file);
	config = load(&errors);
	assert_non_null(config);
	assert_int_equal(config->engine.services->rule_count, MANY + 1);
	print_message("# %u names in %.2f s\n", MANY, (double)(clock() - start) / CLOCKS_PER_SEC);
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 20);
	for (unsigned int i = 0; i < MANY; i++) {
		struct inspect_progress progress = { .at = 0 };
		size_t length = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: www%u.example\r\n\r\n",
						 i * 7919 % MANY);

		service_decide(config->engine.services, (const uint8_t *)text, length, false, &progress, &choice);
		assert_int_equal(choice.decision, DECISION_SERVERS);
		assert_int_equal(choice.servers.servers->address.byte[15], (i % 60000 + 1) & 255);
	}
	config_free(config);
	free(errors);
	remove_file("names");
	remove_file("main.conf");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_include.c - files that a configuration includes: where its errors are, what cannot be included, and too much
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"

#define PREFIX "prefix = \"2001:db8:46::/96\";"

/** write_file() - a file in the directory @directory; @path gets its name */
static void write_file(const char *directory, const char *name, const char *text, char *path)
{
	FILE *file;

	sprintf(path, "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static char *load_errors(const char *path)
{
	char *errors;
	size_t size;
	FILE *stream = open_memstream(&errors, &size);

	assert_null(config_load(path, NULL, stream));
	fclose(stream);
	return errors;
}

/** assert_errors() - the errors of main.conf, which says @text, in @directory, which is ~ in @expected */
static void assert_errors(const char *directory, const char *text, const char *expected)
{
	char path[64], *errors, *wanted;
	size_t size;
	FILE *stream = open_memstream(&wanted, &size);

	assert_non_null(stream);
	for (; *expected; expected++) {
		if (*expected == '~')
			fputs(directory, stream);
		else
			fputc(*expected, stream);
	}
	fclose(stream);
	write_file(directory, "main.conf", text, path);
	errors = load_errors(path);
	assert_string_equal(errors, wanted);
	free(errors);
	free(wanted);
	unlink(path);
}

#define SACK "~/tcp.conf:2: error: tcp.sack: 1 is of the wrong type, true or false is needed\n"
#define CUT "~/tcp.conf:3: error: 4294967297 is out of range: more than 32 bits need an L behind the number\n"

static void test_include(void **state)
{
	char directory[] = "/tmp/test_config.XXXXXX", path[64], text[128];

	(void)state;
	assert_non_null(mkdtemp(directory));
	write_file(directory, "tcp.conf", "\ntcp = { sack = 1; };\ntimeouts = { tcp = 4294967297; };\n", path);
	assert_errors(directory, PREFIX "\n@include \"tcp.conf\"\n\ngroup = 1;\n",
		      "~/main.conf:4: error: group: 1 is of the wrong type, a string is needed\n" SACK CUT);
	(void)snprintf(text, sizeof(text), PREFIX "\n@include \"%s\"\n", path);
	assert_errors(directory, text, SACK CUT);
	(void)snprintf(text, sizeof(text), PREFIX "\n@include \"tcp.conf\"\n@include \"%s\"\n", path);
	assert_errors(directory, text, "~/tcp.conf:2: error: duplicate setting name: tcp = { sack = 1; };\n" CUT CUT);
	assert_errors(directory, "\n  @include \"tcp.conf\" \n\ntcp = { };\n",
		      "~/main.conf:4: error: duplicate setting name: tcp = { };\n" CUT);
	write_file(directory, "tcp.conf", "\n\ntcp = sack;", path);
	assert_errors(directory, PREFIX "\n@include \"tcp.conf\"\n",
		      "~/tcp.conf:3: error: syntax error: sack is neither a number, nor true or false, "
		      "nor a string in double quotes\n");
	unlink(path);
	rmdir(directory);
}

/* Several files in the place of one line, by their names; and none. */
static void test_include_pattern(void **state)
{
	char directory[] = "/tmp/test[*].XXXXXX", path[64], names[3][64];

	(void)state;
	assert_non_null(mkdtemp(directory));
	write_file(directory, "b.conf", "\n,{ ipv4 = 2; }", names[0]);
	write_file(directory, "a.conf", "{\nipv4 = 1;\n}", names[1]);
	write_file(directory, ".c.conf", "}", names[2]);
	assert_errors(directory, PREFIX "services = (\n@include \"?.conf\"\n);\nuser = 1;\n",
		      "~/main.conf:4: error: user: 1 is of the wrong type, a string is needed\n"
		      "~/a.conf:1: error: services[0]: 'tcp' or 'udp' is missing\n"
		      "~/a.conf:1: error: services[0]: service with none of 'rules', 'hosts' and 'to' leads nowhere\n"
		      "~/a.conf:2: error: services[0].ipv4: 1 is of the wrong type, a string is needed\n"
		      "~/b.conf:2: error: services[1].ipv4: 2 is of the wrong type, a string is needed\n"
		      "~/b.conf:2: error: services[1]: 'tcp' or 'udp' is missing\n"
		      "~/b.conf:2: error: services[1]: service with none of 'rules', 'hosts' and 'to' leads nowhere\n");
	assert_errors(directory, PREFIX "\n@include \"none/*\" user = 1;\n@include \"*.none\" group = 1;",
		      "~/main.conf:2: error: user: 1 is of the wrong type, a string is needed\n"
		      "~/main.conf:3: error: group: 1 is of the wrong type, a string is needed\n");
	assert_errors(directory, "\n@include \"[ab].conf\"",
		      "~/a.conf:1: error: syntax error: { without a name and = in front of it\n");
	(void)snprintf(path, sizeof(path), "%s/d.conf", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_errors(directory, "\n@include \"[b-d].conf\"",
		      "~/main.conf:2: error: cannot include \"~/d.conf\": not a regular file\n");
	rmdir(path);
	for (size_t i = 0; i < 3; i++)
		unlink(names[i]);
	rmdir(directory);
}

static void test_wrong_include(void **state)
{
	char directory[] = "/tmp/test_config.XXXXXX", path[64], text[64], name[16];

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_errors(directory, PREFIX "\n@include \"none.conf\"\n",
		      "~/main.conf:2: error: cannot include \"~/none.conf\": No such file or directory\n");
	assert_errors(directory, PREFIX "\n@include \"../\"\n",
		      "~/main.conf:2: error: cannot include \"~/../\": not a regular file\n");
	assert_errors(directory, PREFIX "\n@include \"./main.conf\"\n@include \"main.conf\"\n",
		      "~/main.conf:2: error: cannot include \"~/./main.conf\": "
		      "it would include itself: ~/main.conf -> ~/./main.conf\n");
	write_file(directory, "a", "\n@include \"main.conf\"\n", path);
	assert_errors(directory, "@include \"a\"\n@include \"a\"\n",
		      "~/a:2: error: cannot include \"~/main.conf\": "
		      "it would include itself: ~/main.conf -> ~/a -> ~/main.conf\n");
	unlink(path);
	for (int i = 1; i <= 11; i++) {
		(void)sprintf(name, "%d", i);
		(void)snprintf(text, sizeof(text), "\n@include \"%d\"", i + 1);
		write_file(directory, name, i < 11 ? text : "user = 1;", path);
	}
	assert_errors(directory, PREFIX "\n@include \"2\"",
		      "~/11:1: error: user: 1 is of the wrong type, a string is needed\n");
	assert_errors(directory, PREFIX "\n@include \"1\"",
		      "~/10:2: error: cannot include \"~/11\": included files are nested more than 10 deep\n");
	for (int i = 1; i <= 11; i++) {
		(void)snprintf(path, sizeof(path), "%s/%d", directory, i);
		unlink(path);
	}
	rmdir(directory);
}

/* A text of many included files, a large one, and one that is no text. */
static void test_too_much(void **state)
{
	char directory[] = "/tmp/test_config.XXXXXX", path[64], *text = malloc(40000), *errors;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_non_null(text);
	text[0] = '\0';
	for (int i = 0; i < 1001; i++)
		strcpy(text + 18 * i, "@include \"empty\"\n\n");
	write_file(directory, "empty", "", path);
	assert_errors(directory, text,
		      "~/main.conf:2001: error: cannot include \"~/empty\": more than 1000 files are included\n");
	free(text);
	unlink(path);
	write_file(directory, "main.conf", "\n", path);
	assert_int_equal(truncate(path, 100), 0);
	errors = load_errors(path);
	assert_non_null(strstr(errors, "main.conf: error: cannot read: not a text, it has a NUL byte\n"));
	free(errors);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 18 * 1024; i++)
		assert_int_equal(fprintf(file, "%1023s\n", ""), 1024);
	fclose(file);
	errors = load_errors(path);
	assert_non_null(strstr(errors, "main.conf: error: cannot read: too large, all files together"));
	free(errors);
	unlink(path);
	rmdir(directory);
}

/** As Windows writes a text: a byte order mark, and a carriage return in each line. */
static void test_windows(void **state)
{
	char directory[] = "/tmp/test_config.XXXXXX", path[64], hosts[64];
	struct daemon_config *config;

	(void)state;
	assert_non_null(mkdtemp(directory));
	write_file(directory, "hosts", "\xef\xbb\xbf" "2001:db8:1::1 a.example\r\n\r\n# b\r\n", hosts);
	write_file(directory, "main.conf",
		   "\xef\xbb\xbf" "prefix = \"2001:db8:46::/96\";\r\n"
		   "services = ( { ipv4 = \"192.0.2.1\";\r\ntcp = 80; hosts = \"hosts\"; } );\r\n",
		   path);
	config = config_load(path, NULL, stderr);
	assert_non_null(config);
	assert_int_equal(config->engine.services[0].rule_count, 1);
	assert_null(config_unreadable(config));
	unlink(hosts);
	assert_string_equal(config_unreadable(config), hosts);
	config_free(config);
	unlink(path);
	rmdir(directory);
}

/** Who has to be able to read the file, whichever it is. */
static void test_permission(void **state)
{
	char directory[] = "/tmp/test_config.XXXXXX", main_path[64], path[64], *errors;
	static const char *const texts[] = {
		"@include \"secret\"\n",
		PREFIX "services = ( { ipv4 = \"192.0.2.1\"; tcp = 80; hosts = \"secret\"; } );",
	};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chmod(directory, 0755), 0);
	write_file(directory, "secret", "\n", path);
	assert_int_equal(chmod(path, 0600), 0);
	for (size_t i = 0; i < 2; i++) {
		write_file(directory, "main.conf", texts[i], main_path);
		assert_int_equal(chmod(main_path, 0644), 0);
		assert_int_equal(seteuid(65534), 0);
		errors = load_errors(main_path);
		assert_int_equal(seteuid(0), 0);
		assert_non_null(strstr(errors, ": Permission denied: user 65534 must be able to read it (chgrp, "));
		free(errors);
	}
	unlink(main_path);
	unlink(path);
	rmdir(directory);
}

static void test_unreadable(void **state)
{
	char *errors = load_errors("/nonexistent");

	(void)state;
	assert_string_equal(errors, "/nonexistent: error: cannot read: No such file or directory\n");
	free(errors);
	errors = load_errors("/");
	assert_string_equal(errors, "/: error: cannot read: Is a directory\n");
	free(errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_include),
		cmocka_unit_test(test_include_pattern),
		cmocka_unit_test(test_wrong_include),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_permission),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

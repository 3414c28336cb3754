/* SPDX-License-Identifier: ISC */
/* test_log.c - lines of the log: prefix, level, strange characters, length, rate limit */
#include <inttypes.h>
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

#include "daemon/log.h"

#define SECOND 1000000000ll

/* Everything that is logged goes into this file. */
static FILE *capture;
static int terminal;
static char line[4096];

static void begin(bool journal, enum log_level level)
{
	struct stat status;
	char stream[64];

	fflush(stderr);
	terminal = dup(STDERR_FILENO);
	capture = tmpfile();
	assert_non_null(capture);
	dup2(fileno(capture), STDERR_FILENO);
	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%" PRIuMAX ":%" PRIuMAX, (uintmax_t)status.st_dev,
		 (uintmax_t)status.st_ino + (journal ? 0 : 1));
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(level);
}

static void finish(void)
{
	size_t length;

	dup2(terminal, STDERR_FILENO);
	close(terminal);
	rewind(capture);
	length = fread(line, 1, sizeof(line) - 1, capture);
	line[length] = '\0';
	fclose(capture);
}

static void test_journal(void **state)
{
	(void)state;
	begin(true, LOG_LEVEL_TRACE);
	log_error("a");
	log_warning("b");
	log_info("c");
	log_debug("d");
	log_line(LOG_LEVEL_TRACE, "e");
	finish();
	assert_string_equal(line, "<3>a\n<4>b\n<6>c\n<7>d\n<7>e\n");
}

static void test_time(void **state)
{
	unsigned int year, month, day, hour, minute, second, millisecond;
	int rest = 0;

	(void)state;
	begin(false, LOG_LEVEL_INFO);
	log_warning("text %d", 7);
	finish();
	assert_int_equal(sscanf(line, "%4u-%2u-%2uT%2u:%2u:%2u.%3uZ %n", &year, &month, &day, &hour, &minute,
				&second, &millisecond, &rest),
			 7);
	assert_int_equal(rest, strlen("2026-01-01T00:00:00.000Z "));
	assert_string_equal(line + rest, "warning: text 7\n");
}

static void test_level(void **state)
{
	(void)state;
	begin(true, LOG_LEVEL_WARNING);
	log_info("no");
	log_warning("yes");
	finish();
	assert_string_equal(line, "<4>yes\n");
	assert_true(log_enabled(LOG_LEVEL_ERROR));
	assert_false(log_enabled(LOG_LEVEL_TRACE));
}

static void test_strange_characters(void **state)
{
	(void)state;
	begin(true, LOG_LEVEL_INFO);
	log_info("%s", "a\nb\x1b[31m\x7f\xc2\x9b~");
	finish();
	assert_string_equal(line, "<6>a?b?[31m???~\n");
}

static void test_length(void **state)
{
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	begin(true, LOG_LEVEL_INFO);
	log_info("%s", text);
	finish();
	assert_int_equal(strlen(line), LOG_LINE_MAX);
	assert_string_equal(line + LOG_LINE_MAX - 5, "x...\n");
	begin(true, LOG_LEVEL_INFO);
	log_info("%.*s", (int)LOG_LINE_MAX - 5, text);
	finish();
	assert_int_equal(strlen(line), LOG_LINE_MAX - 1);
	assert_null(strchr(line, '.'));
}

static void test_limit(void **state)
{
	struct log_limit limit = { 0 };
	unsigned int suppressed, i;
	int64_t now = 5;

	(void)state;
	for (i = 0; i < LOG_LIMIT_BURST; i++)
		assert_true(log_limit_pass(&limit, now++, &suppressed));
	for (i = 0; i < 7; i++)
		assert_false(log_limit_pass(&limit, now++, &suppressed));
	assert_false(log_limit_pass(&limit, 5 + LOG_LIMIT_SECONDS * SECOND - 1, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_true(log_limit_pass(&limit, 5 + LOG_LIMIT_SECONDS * SECOND, &suppressed));
	assert_int_equal(suppressed, 8);
	assert_true(log_limit_pass(&limit, 6 + LOG_LIMIT_SECONDS * SECOND, &suppressed));
	assert_int_equal(suppressed, 0);
}

static void test_limited_lines(void **state)
{
	unsigned int i, lines = 0;
	const char *next;

	(void)state;
	begin(true, LOG_LEVEL_INFO);
	for (i = 0; i < 1000; i++)
		log_limited(LOG_LEVEL_WARNING, "flood");
	finish();
	for (next = line; *next; next++)
		lines += *next == '\n';
	assert_in_range(lines, LOG_LIMIT_BURST, 2 * LOG_LIMIT_BURST + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_strange_characters),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_limited_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

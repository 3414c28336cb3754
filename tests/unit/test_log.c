/* SPDX-License-Identifier: ISC */
/* test_log.c - lines of the log: prefix, level, JSON, strange characters, length, rate limit, slow readers */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/log/log.h"
#include "daemon/log/trace_log.h"

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

/* ---- JSON ---- */

/* What is behind the time. */
static const char *after_time(void)
{
	static const char begin[] = "{\"time\":\"2026-01-01T00:00:00.000Z\",";

	assert_true(strlen(line) > strlen(begin));
	assert_memory_equal(line, begin, strlen("{\"time\":\""));
	assert_memory_equal(line + strlen(begin) - 3, "Z\",", 3);
	return line + strlen(begin);
}

static void test_json(void **state)
{
	(void)state;
	begin(false, LOG_LEVEL_INFO);
	log_set_format(LOG_FORMAT_JSON);
	log_warning("a \"b\" \\ \n %s", "\x1b\xff");
	log_set_format(LOG_FORMAT_TEXT);
	finish();
	assert_string_equal(after_time(), "\"level\":\"warning\",\"message\":\"a \\\"b\\\" \\\\ ? ??\"}\n");
	begin(true, LOG_LEVEL_INFO);
	log_set_format(LOG_FORMAT_JSON);
	log_error("a");
	log_set_format(LOG_FORMAT_TEXT);
	log_error("b");
	finish();
	assert_memory_equal(line, "<3>{\"time\":\"", 12);
	assert_non_null(strstr(line, "Z\",\"level\":\"error\",\"message\":\"a\"}\n<3>b\n"));
}

/* A line that is too long is still an object. */
static void test_json_length(void **state)
{
	static const char end[] = "...\"}\n";
	char text[3000];

	(void)state;
	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	begin(false, LOG_LEVEL_INFO);
	log_set_format(LOG_FORMAT_JSON);
	log_info("%s", text);
	log_set_format(LOG_FORMAT_TEXT);
	finish();
	assert_in_range(strlen(line), LOG_LINE_MAX - 1, LOG_LINE_MAX);
	assert_string_equal(line + strlen(line) - strlen(end), end);
	assert_int_equal(line[strlen(line) - strlen(end) - 1], '"');
	assert_int_equal(line[strlen(line) - strlen(end) - 2], '\\');
}

static struct session session = {
	.protocol = 6,
	.client = { .ipv4 = 0x0a000003, .port = 33526 },
	.service = { .ipv4 = 0x0a00002a, .port = 80 },
	.name = "web",
	.server = { .is_ipv6 = true, .ipv6 = { { 0x20, 1, 0xd, 0xb8, [15] = 1 } }, .port = 8080 },
	.source_port = 33527,
	.rule = "host \"www.example.org\"",
	.reason = NULL, /* not to be looked at */
	.host = "www.example.org",
	.bytes_to_server = 2,
	.bytes_to_client = UINT64_MAX,
	.duration = 61002999999,
};

static const char *json_of_session(enum session_kind kind)
{
	session.kind = kind;
	begin(false, LOG_LEVEL_INFO);
	log_set_format(LOG_FORMAT_JSON);
	session_log(NULL, &session);
	log_set_format(LOG_FORMAT_TEXT);
	finish();
	return after_time();
}

static void test_json_sessions(void **state)
{
	(void)state;
	assert_string_equal(json_of_session(SESSION_BOUND),
			    "\"level\":\"info\",\"session\":\"bound\",\"protocol\":\"tcp\","
			    "\"client\":\"10.0.0.3\",\"client_port\":33526,\"service\":\"web\","
			    "\"service_address\":\"10.0.0.42\",\"service_port\":80,\"server\":\"2001:db8::1\","
			    "\"server_port\":8080,\"source_port\":33527,\"host\":\"www.example.org\","
			    "\"acknowledged\":0,\"rule\":\"host \\\"www.example.org\\\"\"}\n");
	assert_string_equal(json_of_session(SESSION_RESUMED),
			    "\"level\":\"info\",\"session\":\"resumed\",\"protocol\":\"tcp\","
			    "\"client\":\"10.0.0.3\",\"client_port\":33526,\"service\":\"web\","
			    "\"service_address\":\"10.0.0.42\",\"service_port\":80,\"server\":\"2001:db8::1\","
			    "\"server_port\":8080,\"source_port\":33527,"
			    "\"rule\":\"host \\\"www.example.org\\\"\"}\n");
	session.reason = "no rule matches";
	session.rule = NULL;
	assert_string_equal(json_of_session(SESSION_REFUSED),
			    "\"level\":\"info\",\"session\":\"refused\",\"protocol\":\"tcp\","
			    "\"client\":\"10.0.0.3\",\"client_port\":33526,\"service\":\"web\","
			    "\"service_address\":\"10.0.0.42\",\"service_port\":80,"
			    "\"host\":\"www.example.org\",\"why\":\"no rule matches\"}\n");
	session.protocol = 17;
	session.reason = "timeout";
	session.rule = "";
	session.host = NULL; /* not to be looked at */
	assert_string_equal(json_of_session(SESSION_ENDED),
			    "\"level\":\"info\",\"session\":\"ended\",\"protocol\":\"udp\","
			    "\"client\":\"10.0.0.3\",\"client_port\":33526,\"service\":\"web\","
			    "\"service_address\":\"10.0.0.42\",\"service_port\":80,\"server\":\"2001:db8::1\","
			    "\"server_port\":8080,\"source_port\":33527,\"bytes_to_server\":2,"
			    "\"bytes_to_client\":18446744073709551615,\"duration_ms\":61002,\"end\":\"timeout\","
			    "\"rule\":\"\"}\n");
}

/* However long the texts are, the line is an object with all its keys. */
static void test_longest_session(void **state)
{
	char text[5000];

	(void)state;
	memset(text, '\\', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	session.client = session.service = (struct endpoint){ .ipv4 = UINT32_MAX, .port = UINT16_MAX };
	memset(session.server.ipv6.byte, 0xff, sizeof(session.server.ipv6.byte));
	session.acknowledged = UINT32_MAX;
	session.name = session.host = session.rule = text;
	(void)json_of_session(SESSION_BOUND);
	assert_in_range(strlen(line), LOG_LINE_MAX - 1, LOG_LINE_MAX);
	assert_non_null(strstr(line, "\\\\...\",\"acknowledged\":4294967295,\"rule\":\"\\\\"));
	assert_string_equal(line + strlen(line) - 8, "\\\\...\"}\n");
}

/* ---- readers that do not read ---- */

enum { FLOOD = 3000, SECONDS = 20 };

/* stderr becomes this descriptor; whoever waits for ever is ended by a signal. */
static void begin_on(int fd)
{
	fflush(stderr);
	terminal = dup(STDERR_FILENO);
	assert_int_not_equal(dup2(fd, STDERR_FILENO), -1);
	unsetenv("JOURNAL_STREAM");
	alarm(SECONDS);
	log_open(LOG_LEVEL_INFO);
}

static void finish_on(void)
{
	alarm(0);
	dup2(terminal, STDERR_FILENO);
	close(terminal);
}

/* Reads what is there. Returns its length. */
static size_t drain(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t done;

	assert_int_not_equal(fcntl(fd, F_SETFL, O_NONBLOCK), -1);
	while ((done = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)done;
	text[length] = '\0';
	return length;
}

/*
 * Line by line: numbers that rise by one, and where some are missing, a line that says how many. Returns how many
 * there should have been by then.
 */
static unsigned int count_lines(char *text, unsigned int next)
{
	char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		unsigned int number;

		*end = '\0';
		assert_int_equal(strspn(text, "0123456789-T:.Z"), strlen("2026-01-01T00:00:00.000Z"));
		text = strstr(text, "Z ") + 2;
		if (sscanf(text, "warning: %u lines lost", &number) == 1) {
			assert_string_equal(strchr(text, 't'),
					    "t: the reader of standard error did not keep up");
			next += number;
		} else {
			assert_int_equal(sscanf(text, "info: number %u of", &number), 1);
			assert_int_equal(number, next);
			next++;
		}
	}
	assert_string_equal(text, "");
	return next;
}

/* The reader stands still, reads on, stands still and reads on: every line comes whole or is counted. */
static void check_reader(int ours, int readers)
{
	static char text[1 << 20];
	unsigned int number = 0, counted = 0;
	int flags = fcntl(ours, F_GETFL);

	begin_on(ours);
	for (int round = 0; round < 3; round++) {
		uint64_t lost = log_lost();

		for (int i = 0; i < FLOOD; i++, number++)
			log_info("number %u of %d lines of unequal length%*s", number, 3 * FLOOD,
				 (int)number % 199, "");
		assert_in_range(log_lost(), lost + 1, lost + FLOOD);
		/* a terminal has more of the line that it took in part */
		for (int i = 0; i < 100; i++) {
			drain(readers, text + strlen(text), sizeof(text) - strlen(text));
			log_catch_up();
		}
		counted = count_lines(text, counted);
		text[0] = '\0';
		assert_int_equal(counted, number);
	}
	/* whoever shares the descriptor finds it as it was */
	assert_int_equal(fcntl(ours, F_GETFL), flags);
	finish_on();
	close(ours);
	close(readers);
}

static void test_pipe_that_is_not_read(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	check_reader(ends[1], ends[0]);
}

static void test_socket_that_is_not_read(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	check_reader(ends[1], ends[0]);
}

/** A terminal takes lines in part. */
static void test_terminal_that_is_not_read(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct termios raw;

	(void)state;
	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
		print_message("# not tested: there is no terminal\n");
		return;
	}
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_int_not_equal(slave, -1);
	assert_int_equal(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
	check_reader(slave, master);
}

/** Whoever may not open the pipe of another user again does not wait, either. */
static void test_pipe_of_another_user(void **state)
{
	int ends[2];

	(void)state;
	if (geteuid() != 0) {
		print_message("# not tested: only root has pipes of other users\n");
		return;
	}
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(seteuid(65534), 0);
	check_reader(ends[1], ends[0]);
	assert_int_equal(seteuid(0), 0);
}

/** Nobody reads any more: the process lives on. */
static void check_ended_reader(int ours, int readers)
{
	close(readers);
	begin_on(ours);
	for (int i = 0; i < 3; i++)
		log_info("nobody reads this");
	assert_int_equal(log_lost(), 3);
	finish_on();
	close(ours);
}

static void test_reader_that_has_ended(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	check_ended_reader(ends[1], ends[0]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	check_ended_reader(ends[1], ends[0]);
}

/** There is room again: what was lost is told first, and why. */
static void test_full_disk(void **state)
{
	int full = open("/dev/full", O_WRONLY), file;
	char text[256] = { 0 };

	(void)state;
	if (full < 0) {
		print_message("# not tested: there is no /dev/full\n");
		return;
	}
	begin_on(full);
	log_info("a");
	log_info("b");
	assert_int_equal(log_lost(), 2);
	capture = tmpfile();
	assert_non_null(capture);
	file = fileno(capture);
	dup2(file, STDERR_FILENO);
	log_info("c");
	log_info("d");
	log_catch_up();
	finish_on();
	assert_int_equal(log_lost(), 2);
	assert_int_not_equal(pread(file, text, sizeof(text) - 1, 0), -1);
	fclose(capture);
	close(full);
	assert_non_null(strstr(text, "Z warning: 2 lines lost: No space left on device\n"));
	assert_non_null(strstr(text, "Z info: c\n"));
	assert_true(strstr(text, "2 lines lost") < strstr(text, "info: c"));
	assert_true(strstr(text, "info: c") < strstr(text, "info: d"));
	assert_null(strstr(strstr(text, "info: c"), "lost"));
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
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_length),
		cmocka_unit_test(test_json_sessions),
		cmocka_unit_test(test_longest_session),
		cmocka_unit_test(test_pipe_that_is_not_read),
		cmocka_unit_test(test_socket_that_is_not_read),
		cmocka_unit_test(test_terminal_that_is_not_read),
		cmocka_unit_test(test_pipe_of_another_user),
		cmocka_unit_test(test_reader_that_has_ended),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

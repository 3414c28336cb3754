/* SPDX-License-Identifier: ISC */
/* test_log_journal.c - what the journal gets of an event, and a journal that does not take it */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/log/log_field.h"

static const struct log_field fields[] = {
	{ .key = "session", .text = "bound" },
	{ .key = "client_port", .number = 33526 },
	{ .key = "host", .text = "a\"b\\c=d\nMESSAGE=forged\x80" },
};

static char directory[] = "/tmp/test_log_journal.XXXXXX";
static char path[64];
static int journal;

static int set_up(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/socket", directory);
	strcpy(address.sun_path, path);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_not_equal(journal, -1);
	assert_int_equal(bind(journal, (const struct sockaddr *)&address, sizeof(address)), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(journal);
	unlink(path);
	rmdir(directory);
	return 0;
}

static void test_fields(void **state)
{
	char text[4096] = { 0 };

	(void)state;
	assert_int_equal(log_journal(path, 6, "session bound", fields, 3), 0);
	assert_int_not_equal(recv(journal, text, sizeof(text) - 1, 0), -1);
	assert_string_equal(text, "PRIORITY=6\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=nat46d\n"
				  "MESSAGE=session bound\nNAT46_SESSION=bound\nNAT46_CLIENT_PORT=33526\n"
				  "NAT46_HOST=a\"b\\c=d?MESSAGE=forged?\n");
}

/* A text is cut, and the fields behind it are there. */
static void test_long_text(void **state)
{
	struct log_field changed[] = { fields[0], fields[1], fields[0] };
	char text[4096] = { 0 }, wanted[600], long_text[1000];

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	changed[0].text = long_text;
	assert_int_equal(log_journal(path, 6, long_text, changed, 3), 0);
	assert_int_not_equal(recv(journal, text, sizeof(text) - 1, 0), -1);
	snprintf(wanted, sizeof(wanted), "\nNAT46_SESSION=%.*s...\nNAT46_CLIENT_PORT=33526\nNAT46_SESSION=bound\n",
		 (int)LOG_FIELD_TEXT_MAX - 3, long_text);
	assert_non_null(strstr(text, wanted));
}

/* Nobody waits, and errno is kept. */
static void test_full(void **state)
{
	int error = 0, taken = 0;
	char text[4096];

	(void)state;
	alarm(20);
	errno = ENOTTY;
	while ((error = log_journal(path, 6, "session bound", fields, 3)) == 0)
		taken++;
	alarm(0);
	assert_int_equal(error, EAGAIN);
	assert_int_equal(errno, ENOTTY);
	assert_true(taken > 0);
	while (recv(journal, text, sizeof(text), 0) > 0)
		taken--;
	assert_int_equal(taken, 0);
	assert_int_equal(log_journal(path, 6, "session bound", fields, 3), 0);
}

static void test_nobody_there(void **state)
{
	(void)state;
	assert_int_equal(log_journal("/nonexistent/socket", 6, "session bound", fields, 3), ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_nobody_there),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

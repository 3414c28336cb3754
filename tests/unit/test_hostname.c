/* SPDX-License-Identifier: ISC */
/* test_hostname.c - host names are checked and normalised */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/hostname.h"

#define L10 "abcdefghij"
#define L60 L10 L10 L10 L10 L10 L10
#define L63 L60 "abc"
#define L253 L63 "." L63 "." L63 "." L60 "a"

struct row {
	const char *text;
	size_t length;	/* 0: up to the NUL */
	enum hostname_kind kind;
	const char *name;
};

static const struct row rows[] = {
	{ "example.org", 0, HOSTNAME_NAME, "example.org" },
	{ "WWW.Example.ORG", 0, HOSTNAME_NAME, "www.example.org" },
	{ "example.org.", 0, HOSTNAME_NAME, "example.org" },
	{ "localhost", 0, HOSTNAME_NAME, "localhost" },
	{ "a", 0, HOSTNAME_NAME, "a" },
	{ "_dmarc.ex_ample.org", 0, HOSTNAME_NAME, "_dmarc.ex_ample.org" },
	{ "r3---sn-h5q7.example", 0, HOSTNAME_NAME, "r3---sn-h5q7.example" },
	{ "xn--bcher-kva.example", 0, HOSTNAME_NAME, "xn--bcher-kva.example" },
	{ "3com.1", 0, HOSTNAME_ADDRESS, "3com.1" },
	{ "1.example", 0, HOSTNAME_NAME, "1.example" },
	{ "10.0.0.3", 0, HOSTNAME_ADDRESS, "10.0.0.3" },
	{ "10.0.0.3.", 0, HOSTNAME_ADDRESS, "10.0.0.3" },
	{ "10.3", 0, HOSTNAME_ADDRESS, "10.3" },
	{ "167772163", 0, HOSTNAME_ADDRESS, "167772163" },
	{ "2001:DB8::1", 0, HOSTNAME_ADDRESS, "2001:db8::1" },
	{ "::ffff:10.0.0.3", 0, HOSTNAME_ADDRESS, "::ffff:10.0.0.3" },
	{ L63 ".org", 0, HOSTNAME_NAME, L63 ".org" },
	{ L63 "d.org", 0, HOSTNAME_INVALID, "" },
	{ L253, 0, HOSTNAME_NAME, L253 },
	{ L253 ".", 0, HOSTNAME_NAME, L253 },
	{ L253 "b", 0, HOSTNAME_INVALID, "" },
	{ L253 "b.", 0, HOSTNAME_INVALID, "" },
	{ L253 "..", 0, HOSTNAME_INVALID, "" },
	{ "", 0, HOSTNAME_INVALID, "" },
	{ ".", 0, HOSTNAME_INVALID, "" },
	{ "..", 0, HOSTNAME_INVALID, "" },
	{ ".example.org", 0, HOSTNAME_INVALID, "" },
	{ "example..org", 0, HOSTNAME_INVALID, "" },
	{ "example.org..", 0, HOSTNAME_INVALID, "" },
	{ "example.org:443", 0, HOSTNAME_INVALID, "" },
	{ "user@example.org", 0, HOSTNAME_INVALID, "" },
	{ "*.example.org", 0, HOSTNAME_INVALID, "" },
	{ "exam ple.org", 0, HOSTNAME_INVALID, "" },
	{ "b\303\274cher.example", 0, HOSTNAME_INVALID, "" },
	{ "example.org\0.evil.example", 25, HOSTNAME_INVALID, "" },
	{ "example.org\0", 12, HOSTNAME_INVALID, "" },
	{ "\0", 1, HOSTNAME_INVALID, "" },
	{ "example\r.org", 0, HOSTNAME_INVALID, "" },
	{ "example\x7f.org", 0, HOSTNAME_INVALID, "" },
};

static void parses(void **state)
{
	char name[HOSTNAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length = rows[i].length ? rows[i].length : strlen(rows[i].text);

		print_message("# row %zu: \"%s\"\n", i, rows[i].text);
		memset(name, 'x', sizeof(name));
		assert_int_equal(hostname_parse(cursor_over(rows[i].text, length), name), rows[i].kind);
		assert_string_equal(name, rows[i].name);
	}
}

/* Every byte but letters, digits, hyphen and underscore makes a name invalid; dots and colons have a meaning. */
static void bytes_of_a_name(void **state)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	char name[HOSTNAME_MAX + 1];

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char text[] = { 'g', (char)byte, 'a' };
		bool valid = byte != 0 && strchr(allowed, byte);

		assert_int_equal(hostname_parse(cursor_over(text, sizeof(text)), name),
				 valid ? HOSTNAME_NAME : HOSTNAME_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(bytes_of_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

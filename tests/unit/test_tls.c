/* SPDX-License-Identifier: ISC */
/* test_tls.c - ClientHellos: whole, in pieces, large, and lying about every length */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hello.h"
#include "inspection_check.h"

static struct bytes message, extensions, hello;

static void check_prefixes(size_t step, struct inspection *result)
{
	const char *fault = inspect_prefixes(hello.data, hello.length, step, result);

	for (uint32_t most = 1; !fault && most < 100; most = most * 4 + 1)
		fault = inspect_pieces(hello.data, hello.length, step - 1 + most, most);

	if (fault)
		print_message("# %s\n", fault);
	assert_null(fault);
}

static bool offers(const struct inspection *i, const char *protocol)
{
	return alpn_contains(i, hello.data, hello.length, protocol);
}

static void assert_host(const struct inspection *i, const char *host)
{
	assert_null(i->malformed);
	assert_int_equal(i->protocol, PROTOCOL_TLS);
	if (host) {
		assert_int_equal(i->host_fact, FACT_PRESENT);
		assert_string_equal(i->host, host);
	} else {
		assert_int_equal(i->host_fact, FACT_ABSENT);
	}
}

/** try_extensions() - check a hello with @extensions in one record, at every prefix */
static void try_extensions(struct inspection *result)
{
	hello_build(&message, &extensions);
	hello_records(&hello, &message, message.length, 1);
	check_prefixes(1, result);
}

static void try_name(const void *name, size_t length, struct inspection *result)
{
	extensions.length = 0;
	put_server_name(&extensions, name, length);
	try_extensions(result);
}

static void one_record(void **state)
{
	struct inspection i;

	(void)state;
	hello_typical(&message, "WWW.Example.ORG.", 0);
	hello_records(&hello, &message, message.length, 1);
	check_prefixes(1, &i);
	assert_host(&i, "www.example.org");
	assert_int_equal(i.alpn_fact, FACT_PRESENT);
	assert_true(offers(&i, "h2"));
	assert_true(offers(&i, "http/1.1"));
	assert_false(offers(&i, "http/1"));
	assert_false(offers(&i, "http/1.1x"));
	assert_false(offers(&i, ""));
	inspect_afresh(hello.data, hello.length - 1, false, &i);
	assert_int_equal(i.host_fact, FACT_PENDING);
	assert_int_equal(i.alpn_fact, FACT_PENDING);
	/* What comes behind the hello does not matter. */
	put(&hello, "\x14\x03\x03\x00\x01\x01", 6);
	check_prefixes(1, &i);
	assert_host(&i, "www.example.org");
}

/* Cut at every offset into two records, and into records of every small size, down to one byte. */
static void several_records(void **state)
{
	struct inspection i;

	(void)state;
	hello_typical(&message, "www.example.org", 0);
	for (size_t cut = 1; cut <= message.length; cut++) {
		hello_records(&hello, &message, cut, message.length);
		check_prefixes(1, &i);
		assert_host(&i, "www.example.org");
		assert_true(offers(&i, "h2"));
		hello_records(&hello, &message, cut, 1 + cut % 16);
		check_prefixes(1, &i);
		assert_host(&i, "www.example.org");
	}
	hello_records(&hello, &message, 1, 1);
	check_prefixes(1, &i);
	assert_host(&i, "www.example.org");
	assert_true(offers(&i, "http/1.1"));
}

static void large(void **state)
{
	static const size_t sizes[] = { 1800, 2048, 8192, 16384, 16400, 32768, 60000 };
	struct inspection i;

	(void)state;
	for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
		hello_typical(&message, "www.example.org", sizes[n]);
		hello_records(&hello, &message, 16384, 16384);
		check_prefixes(sizes[n] <= 16384 ? 1 : 7, &i);
		assert_host(&i, "www.example.org");
		hello_records(&hello, &message, 100, 100);
		check_prefixes(61, &i);
		assert_host(&i, "www.example.org");
	}
}

static void names(void **state)
{
	static const struct {
		const char *name;
		size_t length;
		const char *host;
	} valid[] = {
		{ "a.example", 9, "a.example" },
		{ "under_score.example", 19, "under_score.example" },
		{ "xn--bcher-kva.example", 21, "xn--bcher-kva.example" },
		{ "a.example.", 10, "a.example" },
	};
	static const struct {
		const char *name;
		size_t length;
	} without[] = {
		{ "", 0 },
		{ ".", 1 },
		{ "a..example", 10 },
		{ "a.example..", 11 },
		{ ".a.example", 10 },
		{ "a\x01.example", 10 },
		{ "a.example\n", 10 },
		{ "a.example ", 10 },
		{ "a example", 9 },
		{ "a.example:443", 13 },
		{ "[::1]", 5 },
		{ "*.example", 9 },
		{ "\xff.example", 9 },
		{ "10.0.0.42", 9 },
		{ "2001:db8::1", 11 },
		{ "::1", 3 },
	};
	struct inspection i;

	(void)state;
	for (size_t n = 0; n < sizeof(valid) / sizeof(valid[0]); n++) {
		try_name(valid[n].name, valid[n].length, &i);
		assert_host(&i, valid[n].host);
	}
	/* What DNS cannot know is no name, and no reason to refuse. */
	for (size_t n = 0; n < sizeof(without) / sizeof(without[0]); n++) {
		try_name(without[n].name, without[n].length, &i);
		assert_host(&i, NULL);
	}
	/* NUL ends a name for some programs. */
	try_name("a.example\0", 10, &i);
	assert_string_equal(i.malformed, "NUL in the server name");
	try_name("a.example\0.b.example", 20, &i);
	assert_string_equal(i.malformed, "NUL in the server name");
}

static void long_names(void **state)
{
	static uint8_t lengthy[300];
	struct inspection i;

	(void)state;
	for (size_t n = 0; n < sizeof(lengthy); n++)
		lengthy[n] = n % 50 == 49 ? '.' : 'a';
	try_name(lengthy, 253, &i);
	assert_int_equal(i.host_fact, FACT_PRESENT);
	assert_int_equal(strlen(i.host), 253);
	for (size_t n = 254; n <= sizeof(lengthy); n++) {
		try_name(lengthy, n, &i);
		assert_host(&i, NULL);
	}
	memset(lengthy, 'a', sizeof(lengthy));
	try_name(lengthy, 63, &i);
	assert_int_equal(i.host_fact, FACT_PRESENT);
	try_name(lengthy, 64, &i);
	assert_host(&i, NULL);
}

static void duplicates(void **state)
{
	struct inspection i;
	struct vector extension, list;

	(void)state;
	extensions.length = 0;
	put_server_name(&extensions, "a.example", 9);
	put_alpn(&extensions, "\x02h2", 3);
	put_server_name(&extensions, "a.example", 9);
	try_extensions(&i);
	assert_string_equal(i.malformed, "server name extension twice");

	extensions.length = 0;
	put_alpn(&extensions, "\x02h2", 3);
	put_server_name(&extensions, "a.example", 9);
	put_alpn(&extensions, "\x02h2", 3);
	try_extensions(&i);
	assert_string_equal(i.malformed, "ALPN extension twice");

	extensions.length = 0;
	extension = extension_begin(&extensions, 0);
	list = vector_begin(&extensions, 2);
	put(&extensions, "\x00\x00\x09s.example\x00\x00\x09t.example", 24);
	vector_end(&extensions, list);
	vector_end(&extensions, extension);
	try_extensions(&i);
	assert_string_equal(i.malformed, "two host names in the server name extension");
}

static void empty_server_name(void **state)
{
	struct vector extension;
	struct inspection i;

	(void)state;
	/* Only a server answers with an empty extension (RFC 6066 3), but everybody finds no name in it. */
	extensions.length = 0;
	vector_end(&extensions, extension_begin(&extensions, 0));
	try_extensions(&i);
	assert_host(&i, NULL);
	extensions.length = 0;
	extension = extension_begin(&extensions, 0);
	put_number(&extensions, 0, 2);
	vector_end(&extensions, extension);
	try_extensions(&i);
	assert_host(&i, NULL);
}

/* Only names of type host_name count; others are passed over. */
static void other_name_types(void **state)
{
	static const struct {
		const char *list;
		size_t length;
		const char *host;
	} rows[] = {
		{ "\x01\x00\x03xyz", 6, NULL },
		{ "\x01\x00\x03xyz\x00\x00\x09s.example", 18, "s.example" },
		{ "\x00\x00\x09s.example\xff\x00\x00\x07\x00\x01\x00", 19, "s.example" },
	};
	struct vector extension, list;
	struct inspection i;

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		extensions.length = 0;
		extension = extension_begin(&extensions, 0);
		list = vector_begin(&extensions, 2);
		put(&extensions, rows[n].list, rows[n].length);
		vector_end(&extensions, list);
		vector_end(&extensions, extension);
		try_extensions(&i);
		assert_host(&i, rows[n].host);
	}
}

static void without_name(void **state)
{
	struct inspection i;

	(void)state;
	extensions.length = 0;
	try_extensions(&i);
	assert_host(&i, NULL);
	assert_int_equal(i.alpn_fact, FACT_ABSENT);
	put_alpn(&extensions, "\nacme-tls/1", 11);
	try_extensions(&i);
	assert_host(&i, NULL);
	assert_true(offers(&i, "acme-tls/1"));
	/* SSLv3 and early TLS have no extensions. */
	hello_build(&message, NULL);
	hello_records(&hello, &message, message.length, 1);
	hello.data[2] = 0;
	check_prefixes(1, &i);
	assert_host(&i, NULL);
	assert_int_equal(i.alpn_fact, FACT_ABSENT);
}

static void alpn(void **state)
{
	static const struct {
		const char *list;
		size_t length;
		const char *reason;
	} rows[] = {
		{ "\x00", 1, "ALPN protocol name is empty" },
		{ "\x02h2\x00", 4, "ALPN protocol name is empty" },
		{ "\x03h2", 3, "ALPN protocol name exceeds its list" },
		{ "\x02h2\x01", 4, "ALPN protocol name exceeds its list" },
		{ "\xffh2", 3, "ALPN protocol name exceeds its list" },
	};
	static uint8_t list[60000];
	struct inspection i;

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		extensions.length = 0;
		put_alpn(&extensions, rows[n].list, rows[n].length);
		try_extensions(&i);
		assert_string_equal(i.malformed, rows[n].reason);
	}
	extensions.length = 0;
	put_alpn(&extensions, "", 0);
	try_extensions(&i);
	assert_null(i.malformed);
	assert_int_equal(i.alpn_fact, FACT_ABSENT);
	/* The longest name, and a list of 20000 others before it, in records of all sizes. */
	memset(list, 'x', sizeof(list));
	list[0] = 255;
	extensions.length = 0;
	put_alpn(&extensions, list, 256);
	try_extensions(&i);
	assert_null(i.malformed);
	assert_int_equal(i.alpn.length, 256);
	for (size_t n = 0; n < sizeof(list) - 3; n += 3)
		memcpy(list + n, "\x02hi", 3);
	memcpy(list + sizeof(list) - 3, "\x02h2", 3);
	extensions.length = 0;
	put_alpn(&extensions, list, sizeof(list));
	hello_build(&message, &extensions);
	for (size_t size = 60; size <= 16384; size = size * 3 + 1) {
		hello_records(&hello, &message, size, size);
		inspect_afresh(hello.data, hello.length, false, &i);
		assert_null(i.malformed);
		assert_int_equal(i.alpn.length, sizeof(list));
		assert_true(offers(&i, "h2"));
		assert_true(offers(&i, "hi"));
		assert_false(offers(&i, "h"));
		assert_false(offers(&i, "ih"));
	}
}

/** lie() - write @value, cut to its width, over a length field of the hello; false if that is no lie */
static bool lie(size_t at, size_t width, long value)
{
	size_t truth = 0;

	for (size_t i = 0; i < width; i++)
		truth = truth << 8 | hello.data[at + i];
	for (size_t i = 0; i < width; i++)
		hello.data[at + i] = (uint8_t)(value >> (8 * (width - 1 - i)));
	return (size_t)value != truth;
}

/*
 * The record length that is too long waits for bytes that never come; every other lie is found as soon as
 * its bytes are there, and never leads to a name.
 */
static void lying_lengths(void **state)
{
	/* Offsets in: record, message, 34 bytes, session, suites, compression, extensions, name, ALPN */
	static const struct {
		size_t at;
		size_t width;
		long truth;
	} fields[] = {
		{ 3, 2, 127 },	/* record */
		{ 6, 3, 123 },	/* handshake message */
		{ 43, 1, 32 },	/* session id */
		{ 76, 2, 6 },	/* cipher suites */
		{ 84, 1, 1 },	/* compression methods */
		{ 86, 2, 44 },	/* extensions */
		{ 90, 2, 14 },	/* extension server_name */
		{ 92, 2, 12 },	/* server name list */
		{ 95, 2, 9 },	/* host name */
		{ 108, 2, 5 },	/* extension ALPN */
		{ 110, 2, 3 },	/* ALPN list */
		{ 112, 1, 2 },	/* ALPN protocol name */
		{ 117, 2, 13 },	/* last extension: padding */
	};
	struct vector padding;
	struct inspection i;

	(void)state;
	for (size_t n = 0; n < sizeof(fields) / sizeof(fields[0]); n++) {
		const long truth = fields[n].truth;
		const long lies[] = { 0, 1, 2, truth - 1, truth + 1, truth + 4, 0x7f, 0xff, 0x7fff, 0xffff, 0xffffff };

		for (size_t m = 0; m < sizeof(lies) / sizeof(lies[0]); m++) {
			if (lies[m] == truth || lies[m] >= 1l << (8 * fields[n].width))
				continue;
			extensions.length = 0;
			put_server_name(&extensions, "a.example", 9);
			put_alpn(&extensions, "\x02h2", 3);
			padding = extension_begin(&extensions, 21);
			put_fill(&extensions, 0, 13);
			vector_end(&extensions, padding);
			hello_build(&message, &extensions);
			hello_records(&hello, &message, message.length, 1);
			assert_true(lie(fields[n].at, fields[n].width, truth) == false);
			assert_true(lie(fields[n].at, fields[n].width, lies[m]));
			check_prefixes(1, &i);
			if (i.malformed == NULL)
				print_message("# field %zu, lie %ld\n", n, lies[m]);
			assert_non_null(i.malformed);
			assert_int_equal(i.host_fact, FACT_ABSENT);
		}
	}
}

static void wrong_records(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *reason;
	} rows[] = {
		{ "\x16\x03\x01\x00\x00", 5, "empty handshake record" },
		{ "\x16\x03\x01\x40\x01", 5, "record length exceeds 16384" },
		{ "\x16\x03\x01\xff\xff", 5, "record length exceeds 16384" },
		{ "\x16\x03\x01\x00\x01\x01\x15", 7, "record of another type inside the ClientHello" },
		{ "\x16\x03\x01\x00\x01\x01\x16\x02", 8, "record of an unknown version inside the ClientHello" },
		{ "\x16\x03\x01\x00\x01\x01\x16\x03\x01\x00\x00", 11, "empty handshake record" },
		{ "\x16\x03\x03\x00\x04\x02", 6, "first handshake message is not a ClientHello" },
		{ "\x16\x03\x03\x00\x04\x01\xff\xff\xff", 9, "ClientHello is longer than its parts can be" },
		{ "\x16\x03\x03\x00\x04\x01\x00\x00\x00", 9, "random exceeds the ClientHello" },
		{ "\x16\x03\x03\x00\x04\x01\x00\x00\x21", 9, "random exceeds the ClientHello" },
	};
	struct inspection i;

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		hello.length = 0;
		put(&hello, rows[n].bytes, rows[n].length);
		check_prefixes(1, &i);
		assert_int_equal(i.protocol, PROTOCOL_TLS);
		assert_string_equal(i.malformed, rows[n].reason);
		/* Not one byte earlier. */
		inspect_afresh(hello.data, hello.length - 1, false, &i);
		assert_null(i.malformed);
	}
}

/* A second handshake message in the record of the hello, and one byte too few in the last record. */
static void record_against_hello(void **state)
{
	struct inspection i;

	(void)state;
	hello_typical(&message, "a.example", 0);
	put_number(&message, 0x14000000, 4);
	hello_records(&hello, &message, message.length, 1);
	check_prefixes(1, &i);
	assert_string_equal(i.malformed, "record goes on after the ClientHello");
	message.length -= 4;
	message.data[3]++;
	hello_records(&hello, &message, message.length, 1);
	check_prefixes(1, &i);
	assert_string_equal(i.malformed, "ClientHello goes on after its extensions");
}

static void sslv2(void **state)
{
	static const uint8_t bytes[] = { 0x80, 0x2e, 0x01, 0x03, 0x01, 0x00, 0x15, 0x00, 0x00, 0x00, 0x10 };
	struct inspection i;

	(void)state;
	assert_null(inspect_prefixes(bytes, sizeof(bytes), 1, &i));
	assert_null(i.malformed);
	assert_int_equal(i.protocol_fact, FACT_PRESENT);
	assert_int_equal(i.protocol, PROTOCOL_OTHER);
	assert_int_equal(i.host_fact, FACT_ABSENT);
}

/* A hello that will never be complete decides nothing, however much of it has come. */
static void cut(void **state)
{
	struct inspection i;

	(void)state;
	extensions.length = 0;
	put_server_name(&extensions, "a.example", 9);
	put_alpn(&extensions, "\x02h2", 3);
	hello_build(&message, &extensions);
	hello_records(&hello, &message, message.length, 1);
	for (size_t length = 2; length < hello.length; length++) {
		inspect_afresh(hello.data, length, true, &i);
		assert_int_equal(i.protocol, PROTOCOL_TLS);
		assert_null(i.malformed);
		assert_int_equal(i.host_fact, FACT_PENDING);
		assert_int_equal(i.alpn_fact, FACT_PENDING);
	}
	inspect_afresh(hello.data, hello.length, true, &i);
	assert_host(&i, "a.example");
	assert_int_equal(i.alpn_fact, FACT_PRESENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_record),
		cmocka_unit_test(several_records),
		cmocka_unit_test(large),
		cmocka_unit_test(names),
		cmocka_unit_test(long_names),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(empty_server_name),
		cmocka_unit_test(other_name_types),
		cmocka_unit_test(without_name),
		cmocka_unit_test(alpn),
		cmocka_unit_test(lying_lengths),
		cmocka_unit_test(wrong_records),
		cmocka_unit_test(record_against_hello),
		cmocka_unit_test(sslv2),
		cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/* test_inspect.c - protocols are told apart on the earliest bytes, and what is settled stays */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hello.h"
#include "inspection_check.h"

#define T (1u << PROTOCOL_TLS)
#define H (1u << PROTOCOL_HTTP)
#define S (1u << PROTOCOL_SSH)
#define O (1u << PROTOCOL_OTHER)

struct row {
	const char *bytes;
	size_t length;
	unsigned int possible;
	bool begun;
};

/* Each row is the shortest prefix that leaves just these protocols. begun: more likely so than the end of another */
static const struct row rows[] = {
	{ "", 0, T | H | S | O, false },
	{ "\x16", 1, T | O, true },
	{ "\x16\x03", 2, T, false },
	{ "\x16\x02", 2, O, false },
	{ "\x16\xfe\xfd", 2, O, false },
	{ "\x15", 1, O, false },
	{ "\x80", 1, O, false },
	{ "\x00", 1, O, false },
	{ "\n", 1, H | O, false },
	{ "\r", 1, H | O, false },
	{ "\r\n", 2, H | O, false },
	{ "\r\n\n", 3, H | O, false },
	{ "\r\nA", 3, H | O, false },
	{ "\r\na", 3, O, false },
	{ "\r\r", 2, O, false },
	{ "\rA", 2, O, false },
	{ "\nS", 2, H | O, false },
	{ "a", 1, O, false },
	{ "-", 1, O, false },
	{ "S", 1, H | S | O, false },
	{ "SS", 2, H | S | O, false },
	{ "SSH", 3, H | S | O, false },
	{ "SSH-", 4, S, false },
	{ "SSH ", 4, H | O, false },
	{ "SSH\n", 4, O, false },
	{ "SE", 2, H | O, false },
	{ "A", 1, H | O, false },
	{ "A\n", 2, O, false },
	{ "B\n", 2, O, false },
	{ "G", 1, H | O, true },
	{ "GET", 3, H | O, true },
	{ "GET ", 4, H | O, true },
	{ "GETA", 4, H | O, false },
	{ "HEL", 3, H | O, false },
	{ "\r\nPOS", 5, H | O, true },
	{ "DELETE /", 8, H | O, true },
	{ "MKCOL /", 7, H | O, false },
	{ "PRI * HTT", 9, H | O, true },
	{ "GET / HTTP/1.1\r", 15, H | O, true },
	{ "GET / HTTP/1.1\r\n", 16, H, false },
	{ "GET / HTTP/1.1\n", 15, H, false },
	{ "GET / HTTP/1.1\rx", 16, O, false },
	{ "GET /\n", 6, O, false },
	{ "GET \x01", 5, O, false },
	{ "GET / HTTP/1.1 \r\n", 17, H, false },
	{ "\r\nGET / HTTP/1.1\r\n", 18, H, false },
	{ "M_E / HTTP/1.1\r\n", 16, H, false },
	{ "PRI * HTTP/2.0\r\n", 16, H, false },
	{ "ABCDEFGHIJKLMNOPQRST", 20, H | O, false },
	{ "ABCDEFGHIJKLMNOPQRSTU", 21, O, false },
};

static void protocols(void **state)
{
	struct inspection i;

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		const unsigned int possible = rows[n].possible;
		bool settled = (possible & (possible - 1)) == 0;

		assert_null(inspect_prefixes((const uint8_t *)rows[n].bytes, rows[n].length, 1, &i));
		if (i.possible != possible)
			print_message("# row %zu\n", n);
		assert_int_equal(i.possible, possible);
		assert_int_equal(i.protocol_fact, settled ? FACT_PRESENT : FACT_PENDING);
		assert_int_equal(i.alpn_fact, possible & T ? FACT_PENDING : FACT_ABSENT);
		if ((possible & (T | H)) == 0)
			assert_int_equal(i.host_fact, FACT_ABSENT);
		/* One byte less tells less. */
		if (settled && rows[n].length > 1) {
			inspect_afresh((const uint8_t *)rows[n].bytes, rows[n].length - 1, false, &i);
			assert_int_equal(i.protocol_fact, FACT_PENDING);
		}
	}
}

/* What nothing follows is no TLS or HTTP, unless it is just what these begin with. */
static void final_is_other(void **state)
{
	struct inspection i;

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		const unsigned int possible = rows[n].possible;

		inspect_afresh((const uint8_t *)rows[n].bytes, rows[n].length, true, &i);
		assert_int_equal(i.protocol_fact, rows[n].begun ? FACT_PENDING : FACT_PRESENT);
		assert_int_equal(i.possible, possible & O && !rows[n].begun ? O : possible);
		/* what was recognised, or has begun, stays undecided when it is cut */
		if ((i.possible & (T | H)) == 0 || rows[n].begun)
			assert_int_equal(i.host_fact, rows[n].begun ? FACT_PENDING : FACT_ABSENT);
		assert_int_equal(i.alpn_fact, i.possible & T ? FACT_PENDING : FACT_ABSENT);
		assert_null(i.malformed);
	}
}

static void names_of_protocols(void **state)
{
	(void)state;
	assert_string_equal(protocol_name(PROTOCOL_OTHER), "other");
	assert_string_equal(protocol_name(PROTOCOL_TLS), "tls");
	assert_string_equal(protocol_name(PROTOCOL_HTTP), "http");
	assert_string_equal(protocol_name(PROTOCOL_SSH), "ssh");
}

static uint64_t seed = 0x6e61743436;

/** next_random() - xorshift64: the same sequence in every run */
static size_t next_random(size_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed % below);
}

/** damage() - change, insert, remove or repeat a few bytes */
static void damage(struct bytes *b)
{
	for (size_t count = next_random(4); count > 0 && b->length > 2; count--) {
		size_t at = next_random(b->length - 1);
		size_t length = 1 + next_random(b->length - at < 40 ? b->length - at : 40);

		switch (next_random(4)) {
		case 0:
			b->data[at] = (uint8_t)next_random(256);
			break;
		case 1:
			b->data[at] = (uint8_t)(b->data[at] + 1 - 2 * next_random(2));
			break;
		case 2:
			memmove(b->data + at, b->data + at + length, b->length - at - length);
			b->length -= length;
			break;
		default:
			memmove(b->data + at + length, b->data + at, b->length - at);
			b->length += length;
			break;
		}
	}
}

/* 4000 damaged hellos and requests: whatever is settled for a prefix is settled for all that follow. */
static void settled_facts_stay(void **state)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n",
		"GET http://a.example:80/x HTTP/1.1\r\nhost: a.example\r\n\r\n",
		"CONNECT a.example:443 HTTP/1.1\nHost: a.example:443\n\n",
		"SSH-2.0-OpenSSH_9.2\r\n",
	};
	static struct bytes message, bytes;
	size_t hosts = 0, malformed = 0;
	const char *fault;
	struct inspection i;

	(void)state;
	for (size_t round = 0; round < 4000; round++) {
		bytes.length = 0;
		if (round % 2) {
			const char *request = requests[next_random(4)];

			put(&bytes, request, strlen(request));
		} else {
			hello_typical(&message, "www.example.org", next_random(20));
			hello_records(&bytes, &message, 1 + next_random(300), 1 + next_random(100));
		}
		damage(&bytes);
		fault = inspect_prefixes(bytes.data, bytes.length, 1, &i);
		if (!fault)
			fault = inspect_pieces(bytes.data, bytes.length, 1 + round % 90, (uint32_t)round);
		if (fault)
			print_message("# round %zu: %s\n", round, fault);
		assert_null(fault);
		hosts += i.host_fact == FACT_PRESENT;
		malformed += i.malformed != NULL;
	}
	/* The damage must be such that all outcomes are seen. */
	assert_in_range(hosts, 500, 3500);
	assert_in_range(malformed, 500, 3500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protocols),
		cmocka_unit_test(final_is_other),
		cmocka_unit_test(names_of_protocols),
		cmocka_unit_test(settled_facts_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * parse_cost.c - what it costs to choose a rule by the first bytes, for the worst that a client can send
 *
 * Each input is decided in one piece and byte by byte, in its full length and in an eighth of it, and the time is
 * divided by that of one pass over the same bytes (a memchr() that finds nothing and a memcpy()). See README.
 * Exits with 1 if a byte of the long input costs GROWTH_MAX times what one of the short input costs: then the work
 * is not in proportion to the bytes. All judged numbers are ratios from one run.
 */
#include <stdio.h>
#include <time.h>

#include "../unit/hello.h"
#include "nat46/service.h"

#define LONG 32768u
#define SHORT (LONG / 8)
#define GROWTH_MAX 4.0
#define ROUNDS 15
#define ALPN_RULES 100u

/* A way to make an input of about @length bytes. */
typedef void make_fn(struct bytes *out, size_t length);

static const struct server some_server = { .port = 80 };

static struct rule rules[1 + ALPN_RULES];
static struct service service = { .rules = rules, .fallback = { &some_server, 1 } };
static struct bytes message, extensions;

static void text(struct bytes *out, const char *string)
{
	put(out, string, strlen(string));
}

/** fill() - repeat a string up to @length bytes */
static void fill(struct bytes *out, const char *string, size_t length)
{
	while (out->length + strlen(string) <= length)
		text(out, string);
}

static void head(struct bytes *out, const char *repeated, size_t length)
{
	text(out, "GET / HTTP/1.1\r\nHost: a.example\r\n");
	fill(out, repeated, length - 4);
	text(out, "\r\n\r\n");
}

static void one_header(struct bytes *out, size_t length)
{
	text(out, "GET / HTTP/1.1\r\nHost: a.example\r\nX: ");
	fill(out, "y", length - 4);
	text(out, "\r\n\r\n");
}

static void short_headers(struct bytes *out, size_t length)
{
	text(out, "GET / HTTP/1.1\r\nHost: a.example\r\n");
	fill(out, "a:\r\n", length - 2);
	text(out, "\r\n");
}

static void short_headers_lf(struct bytes *out, size_t length)
{
	text(out, "GET / HTTP/1.1\nHost: a.example\n");
	fill(out, "a:\n", length - 1);
	text(out, "\n");
}

static void marks_in_a_name(struct bytes *out, size_t length)
{
	head(out, "~", length);
	text(out, ": x\r\n\r\n");
}

static void request_line(struct bytes *out, size_t length)
{
	text(out, "GET /");
	fill(out, "x", length - 32);
	text(out, " HTTP/1.1\r\nHost: a.example\r\n\r\n");
}

static void blanks_in_the_request_line(struct bytes *out, size_t length)
{
	text(out, "GET");
	fill(out, " ", length - 33);
	text(out, "/ HTTP/1.1\r\nHost: a.example\r\n\r\n");
}

static void empty_lines(struct bytes *out, size_t length)
{
	fill(out, "\n", length);
}

static void empty_lines_crlf(struct bytes *out, size_t length)
{
	fill(out, "\r\n", length);
}

/** finish() - make a hello of the extensions, in records of @size bytes */
static void finish(struct bytes *out, size_t size)
{
	put_server_name(&extensions, "a.example", 9);
	hello_build(&message, &extensions);
	hello_records(out, &message, size, size);
}

static void padding(struct bytes *out, size_t length)
{
	struct vector vector;

	extensions.length = 0;
	vector = extension_begin(&extensions, 21);
	put_fill(&extensions, 0, length - 150);
	vector_end(&extensions, vector);
	finish(out, 16384);
}

static void records_of_a_byte(struct bytes *out, size_t length)
{
	struct vector vector;

	extensions.length = 0;
	vector = extension_begin(&extensions, 21);
	put_fill(&extensions, 0, length / 6 - 150);
	vector_end(&extensions, vector);
	finish(out, 1);
}

static void empty_extensions(struct bytes *out, size_t length)
{
	extensions.length = 0;
	for (size_t type = 100; extensions.length + 4 <= length - 150; type++)
		vector_end(&extensions, extension_begin(&extensions, type));
	finish(out, 16384);
}

static void long_name(struct bytes *out, size_t length)
{
	static uint8_t name[LONG];

	memset(name, 'x', sizeof(name));
	extensions.length = 0;
	put_server_name(&extensions, name, length - 150);
	hello_build(&message, &extensions);
	hello_records(out, &message, 16384, 16384);
}

static void alpn_list(struct bytes *out, size_t length)
{
	struct vector extension, list;

	extensions.length = 0;
	extension = extension_begin(&extensions, 16);
	list = vector_begin(&extensions, 2);
	while (extensions.length < length - 150)
		put(&extensions, "\x02zz", 3);
	vector_end(&extensions, list);
	vector_end(&extensions, extension);
	finish(out, 16384);
}

/** nanoseconds() - now */
static double nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/** one_pass() - the yardstick: look at each byte once, and copy it */
static void one_pass(const struct bytes *bytes)
{
	static uint8_t copy[HELLO_MAX];
	static const void *volatile found;

	found = memchr(bytes->data, 0xee, bytes->length);
	memcpy(copy, bytes->data, bytes->length);
	found = copy;
	(void)found;
}

/** decide() - as for a client that sends @step bytes at a time and then no more; returns the calls */
static void decide(const struct bytes *bytes, size_t step)
{
	struct inspect_progress progress = { .at = 0 };
	struct choice choice;

	for (size_t length = step; length < bytes->length; length += step) {
		service_decide(&service, bytes->data, length, false, &progress, &choice);
		if (choice.decision != DECISION_PENDING)
			return;
	}
	service_decide(&service, bytes->data, bytes->length, true, &progress, &choice);
}

/** cost() - nanoseconds for one byte, the best of some rounds; @step 0: one pass */
static double cost(const struct bytes *bytes, size_t step)
{
	double best = 1e18;

	for (int round = 0; round < ROUNDS; round++) {
		double start = nanoseconds(), took;

		if (step > 0)
			decide(bytes, step);
		else
			one_pass(bytes);
		took = nanoseconds() - start;
		best = took < best ? took : best;
	}
	return best / (double)bytes->length;
}

/** report() - one row; false if it is not linear */
static bool report(const char *name, make_fn *make)
{
	static struct bytes large, small;
	double pass, whole, single, growth;

	large.length = 0;
	small.length = 0;
	make(&large, LONG);
	make(&small, SHORT);
	pass = cost(&large, 0);
	whole = cost(&large, large.length);
	single = cost(&large, 1);
	growth = single / cost(&small, 1);
	printf("%-34s %6zu %8.2f %8.0f %8.2f %8.0f %8.2f%s\n", name, large.length, whole, whole / pass, single,
	       single / pass, growth, growth < GROWTH_MAX ? "" : "  NOT LINEAR");
	return growth < GROWTH_MAX;
}

static bool report_all(void)
{
	static const struct {
		const char *name;
		make_fn *make;
	} inputs[] = {
		{ "head: one long header", one_header },
		{ "head: headers of one letter", short_headers },
		{ "head: the same with bare LF", short_headers_lf },
		{ "head: marks in a header name", marks_in_a_name },
		{ "head: long request line", request_line },
		{ "head: blanks in the request line", blanks_in_the_request_line },
		{ "only LF", empty_lines },
		{ "only CR LF", empty_lines_crlf },
		{ "hello: padding", padding },
		{ "hello: records of one byte", records_of_a_byte },
		{ "hello: empty extensions", empty_extensions },
		{ "hello: long server name", long_name },
		{ "hello: ALPN names of two letters", alpn_list },
	};
	bool linear = true;

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		linear = report(inputs[i].name, inputs[i].make) && linear;
	return linear;
}

int main(void)
{
	static char names[ALPN_RULES][4];
	bool linear;

	rules[0] = (struct rule){ .host = "b.example", .text = "host", .servers = { &some_server, 1 } };
	for (size_t i = 0; i < ALPN_RULES; i++) {
		names[i][0] = (char)('a' + i / 10);
		names[i][1] = (char)('0' + i % 10);
		rules[i + 1] = (struct rule){ .alpn = names[i], .text = "alpn", .servers = { &some_server, 1 } };
	}
	printf("%-34s %6s %17s %17s\n", "", "", "---- in one piece", "----- byte by byte");
	printf("%-34s %6s %8s %8s %8s %8s %8s\n", "input", "bytes", "ns/byte", "x pass", "ns/byte", "x pass", "growth");
	service.rule_count = 1;
	linear = report_all();
	printf("with 100 rules that ask for ALPN:\n");
	service.rule_count = 1 + ALPN_RULES;
	linear = report("hello: ALPN names of two letters", alpn_list) && linear;
	return linear ? 0 : 1;
}

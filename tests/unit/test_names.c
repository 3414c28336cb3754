/* SPDX-License-Identifier: ISC */
/*
 * test_names.c - where the inputs of the tables in tests/vectors go: whole, byte by byte, and in pieces
 *
 * tests/e2e/peers.sh compares the same rows with nginx and HAProxy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/service.h"
#include "random.h"
#include "table.h"

static const struct server some_server = { .port = 80 };

#define SOME { &some_server, 1 }

/* In the order of rule_compare(). */
static const struct rule rules[] = {
	{ .host = "a.example", .text = "a.example", .servers = SOME },
	{ .host = "w.example", .wildcard = true, .text = "*.w.example", .servers = SOME },
};
static const struct service service = { .rules = rules, .rule_count = 2, .fallback = SOME };

static struct table table;
static struct table_row row;

/** outcome() - a choice in the words of the table */
static const char *outcome(const struct choice *choice)
{
	switch (choice->decision) {
	case DECISION_PENDING:
		return "pending";
	case DECISION_SERVERS:
		return choice->text;
	case DECISION_MALFORMED:
	case DECISION_REFUSE:
		return "refused";
	case DECISION_INCOMPLETE:
		return "incomplete";
	}
	return "nothing";
}

/** decide() - let the bytes come in pieces of 1 to @most until they suffice, or end; at once if @most is 0 */
static void decide(uint64_t *seed, uint32_t most, struct choice *choice)
{
	struct inspect_progress progress = { .at = 0 };
	size_t length = 0;

	while (length < row.bytes.length) {
		size_t left = row.bytes.length - length;
		size_t count = most > 0 ? 1 + random_below(seed, most) : left;

		length += count < left ? count : left;
		service_decide(&service, row.bytes.data, length, false, &progress, choice);
		if (choice->decision != DECISION_PENDING)
			return;
	}
	service_decide(&service, row.bytes.data, length, true, &progress, choice);
}

/** check_decision() - is the outcome that of the table, however the bytes come */
static void check_decision(uint64_t *seed)
{
	static const uint32_t pieces[] = { 0, 1, 7, 100 };
	struct choice choice;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		decide(seed, pieces[i], &choice);
		if (strcmp(outcome(&choice), row.nat46d) != 0)
			print_message("# %s: %s (%s), in pieces of %u\n", row.name, outcome(&choice), choice.text,
				      pieces[i]);
		assert_string_equal(outcome(&choice), row.nat46d);
	}
}

/** check_columns() - is all there, and is there a reason where nat46d does what nobody else does */
static void check_columns(void)
{
	const char *ours = strcmp(row.nat46d, "incomplete") == 0 ? "refused" : row.nat46d;
	bool differs = strcmp(ours, row.nginx) != 0 && strcmp(ours, row.haproxy) != 0;

	if (row.bytes.length == 0 || !row.rfc[0] || !row.nginx[0] || !row.haproxy[0] || differs != (row.why[0] != 0))
		fail_msg("%s: a line is missing, or a reason is there without need", row.name);
}

static void check_table(const char *path)
{
	uint64_t seed = random_begin(path);
	size_t count = 0;

	table_open(&table, path);
	while (table_next(&table, &row)) {
		check_columns();
		check_decision(&seed);
		count++;
	}
	print_message("# %zu rows\n", count);
	assert_true(count >= 60);
}

static void http_heads(void **state)
{
	(void)state;
	check_table(TEST_SRCDIR "/vectors/http_heads.table");
}

static void client_hellos(void **state)
{
	(void)state;
	check_table(TEST_SRCDIR "/vectors/client_hellos.table");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http_heads),
		cmocka_unit_test(client_hellos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

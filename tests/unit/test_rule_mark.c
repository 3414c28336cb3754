/* SPDX-License-Identifier: ISC */
/*
 * test_rule_mark.c - which rule has won: of a flow, after a reload, and of marks that are the same
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "nat46/look.h"
#include "nat46/rule_mark.h"

#define RULES 3000u

static struct world world;
static struct service services[2];
static struct rule_mark marks[2];

/** mark() - as the configuration does it */
static void mark(const struct rule *rules, size_t count, struct rule_mark *to)
{
	for (size_t i = 0; i < count; i++)
		to[i] = (struct rule_mark){ rule_mark(rules[i].text), (uint32_t)i };
	qsort(to, count, sizeof(*to), rule_mark_compare);
}

/** setup() - the worked example, with marks */
static int setup(void **state)
{
	world_setup(state);
	memcpy(services, world.config.services, sizeof(services));
	mark(services[0].rules, services[0].rule_count, marks);
	services[0].marks = marks;
	world.config.services = services;
	connection_splice(&world);
	return 0;
}

static const char *rule_of_flow(void)
{
	struct flow_info info;

	assert_true(look_flow(world.engine, 0, world.now, &info));
	return rule_mark_text(&services[0], info.rule_mark);
}

static void test_flow(void **state)
{
	(void)state;
	assert_string_equal(world.session.rule, "bytes A");
	assert_string_equal(rule_of_flow(), "bytes A");
	client_sends(&world, TCP_RST, 1, 0, NULL);
	assert_int_equal(world.session.kind, SESSION_ENDED);
	assert_string_equal(world.session.rule, "bytes A");
}

/** The rules have other numbers, then there is no such rule any more; at last there are no marks. */
static void test_reload(void **state)
{
	struct rule rules[] = { services[0].rules[1], services[0].rules[0] };

	(void)state;
	services[0].rules = rules;
	mark(rules, 2, marks);
	assert_string_equal(rule_of_flow(), "bytes A");
	services[0].rule_count = 1;
	mark(rules, 1, marks);
	assert_string_equal(rule_of_flow(), "");
	services[0].marks = NULL;
	client_sends(&world, TCP_RST, 1, 0, NULL);
	assert_string_equal(world.session.rule, "");
}

/** The record of a connection is used for another one, which goes by "to". */
static void test_to(void **state)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);

	(void)state;
	assert_string_equal(rule_mark_text(&services[1], rule_mark("to")), "to");
	assert_string_equal(rule_mark_text(NULL, rule_mark("to")), "");
	assert_string_equal(rule_mark_text(&services[0], 0), "");
	s.destination_port = 8080;
	s.source_port++;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	for (uint32_t i = 0; i < look_flow_records(world.engine); i++) {
		struct flow_info info;

		if (look_flow(world.engine, i, world.now, &info) && info.service_port == 8080)
			assert_int_equal(info.rule_mark, 0);
	}
}

/** Each of many rules is found by its mark; of two with the same mark none is. */
static void test_many(void **state)
{
	static struct rule rules[RULES];
	static struct rule_mark many[RULES];
	static char texts[RULES][32];
	struct service service = { .rules = rules, .rule_count = RULES, .marks = many };

	(void)state;
	for (size_t i = 0; i < RULES; i++) {
		snprintf(texts[i], sizeof(texts[i]), "host \"%zu.example\"", i);
		rules[i].text = texts[i];
	}
	mark(rules, RULES, many);
	for (size_t i = 0; i < RULES; i++)
		assert_ptr_equal(rule_mark_text(&service, rule_mark(texts[i])), texts[i]);
	many[7].mark = many[8].mark;
	assert_string_equal(rule_mark_text(&service, many[8].mark), "");
	assert_string_not_equal(rule_mark_text(&service, many[9].mark), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_flow, setup),
		WORLD_TEST(test_reload, setup),
		WORLD_TEST(test_to, setup),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_flow_table.c - the flow table against a plain list, checked after every step
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/flow_table.h"
#include "random.h"

enum { CAPACITY = 24, STEPS = 20000 };

static const struct siphash_key key = { { 1, 2 } };

/** struct subject - a table with its memory */
struct subject {
	struct flow_table table;
	struct source_limit addresses[FLOW_PROTOCOLS];
	struct source_limit networks[FLOW_PROTOCOLS];
	void *memory[3 + 2 * FLOW_PROTOCOLS];
};

static void subject_make(struct subject *s, uint32_t capacity)
{
	s->memory[0] = calloc(capacity, sizeof(struct flow));
	s->memory[1] = calloc(flow_table_slots(capacity), sizeof(uint32_t));
	s->memory[2] = calloc(flow_table_slots(capacity), sizeof(uint32_t));
	for (size_t i = 3; i < 3 + 2 * FLOW_PROTOCOLS; i++)
		s->memory[i] = calloc(1, source_limit_memory(capacity, capacity));
	for (size_t i = 0; i < 3 + 2 * FLOW_PROTOCOLS; i++)
		assert_non_null(s->memory[i]);
	for (size_t i = 0; i < FLOW_PROTOCOLS; i++) {
		source_limit_init(&s->addresses[i], s->memory[3 + 2 * i], capacity, capacity, &key);
		source_limit_init(&s->networks[i], s->memory[4 + 2 * i], capacity, capacity, &key);
	}
	flow_table_init(&s->table, s->memory[0], s->memory[1], s->memory[2], capacity, s->addresses, s->networks,
			&key);
}

static void subject_free(struct subject *s)
{
	assert_null(flow_table_check(&s->table));
	for (size_t i = 0; i < 3 + 2 * FLOW_PROTOCOLS; i++)
		free(s->memory[i]);
}

enum { NAMES = 64 };

/** name() - give a record the addresses of number @n; few of them, so that they collide often, half of them UDP */
static void name(struct flow *flow, uint32_t n)
{
	flow->is_udp = n % NAMES >= NAMES / 2;
	n = flow->is_udp ? n - NAMES / 2 : n;
	flow->client = 0x0a000000 + n / 8;
	flow->client_port = (uint16_t)(1000 + n % 8);
	flow->service = 0xc0000201;
	flow->service_port = 443;
	flow->client6.byte[15] = (uint8_t)(n / 8);
	flow->source_port = flow->client_port;
	flow->server.byte[15] = 1;
	flow->server_port = 443;
}

static struct flow *find4(const struct flow_table *table, uint32_t n)
{
	struct flow like = { 0 };

	name(&like, n);
	return flow_table_find4(table, like.is_udp, like.client, like.client_port, like.service, like.service_port);
}

static struct flow *find6(const struct flow_table *table, uint32_t n)
{
	struct flow like = { 0 };

	name(&like, n);
	return flow_table_find6(table, like.is_udp, &like.server, like.server_port, &like.client6, like.source_port);
}

/** struct expected - the flow of number n, and in which indexes it is */
struct expected {
	struct flow *flow;
	bool linked4;
	bool linked6;
};

static void open_one(struct flow_table *table, struct expected *model, uint32_t n, uint32_t used)
{
	struct flow *flow = flow_table_take(table, false);

	assert_int_equal(flow != NULL, used < CAPACITY);
	if (!flow)
		return;
	assert_int_equal(flow->state, TCP_STATE_FREE);
	assert_int_equal(flow->flags, 0);
	name(flow, n);
	/* a second one of the same name must be refused, and leaves no trace */
	assert_int_equal(flow_table_link4(table, flow), !model[n].linked4);
	assert_int_equal(flow_table_link6(table, flow), !model[n].linked6);
	flow_move(table, flow, TCP_EVENT_ACCEPT);
	if (model[n].flow)
		flow_table_release(table, flow);
	else
		model[n] = (struct expected){ flow, true, true };
}

static void step(struct flow_table *table, struct expected *model, uint64_t *random, uint32_t used)
{
	uint32_t n = random_below(random, NAMES);
	struct expected *m = &model[n];

	switch (random_below(random, 4)) {
	case 0:
	case 1:
		/* a flow that is only in the IPv4 index would take the IPv6 name of another record for good */
		if (!m->flow || m->linked6)
			open_one(table, model, n, used);
		break;
	case 2:
		if (!m->flow)
			break;
		flow_table_release(table, m->flow);
		*m = (struct expected){ 0 };
		break;
	default:
		if (!m->flow)
			break;
		if (m->linked6)
			flow_table_unlink6(table, m->flow);
		else
			assert_true(flow_table_link6(table, m->flow));
		m->linked6 = !m->linked6;
	}
}

static void test_random_operations(void **state)
{
	uint64_t random = random_begin("random_operations");
	struct expected model[NAMES] = { { 0 } };
	struct subject s;

	(void)state;
	subject_make(&s, CAPACITY);
	for (int i = 0; i < STEPS; i++) {
		uint32_t used = 0;

		for (uint32_t n = 0; n < NAMES; n++)
			used += model[n].flow != NULL;
		step(&s.table, model, &random, used);
		assert_null(flow_table_check(&s.table));
		used = 0;
		for (uint32_t n = 0; n < NAMES; n++) {
			used += model[n].flow != NULL;
			assert_ptr_equal(find4(&s.table, n), model[n].linked4 ? model[n].flow : NULL);
			assert_ptr_equal(find6(&s.table, n), model[n].linked6 ? model[n].flow : NULL);
		}
		assert_int_equal(s.table.used, used);
		assert_int_equal(s.table.states[false][TCP_STATE_WAITING] + s.table.states[true][TCP_STATE_WAITING],
				 used);
	}
	subject_free(&s);
}

static void test_full_table(void **state)
{
	struct subject s;

	(void)state;
	for (uint32_t capacity = 1; capacity <= 33; capacity += 8) {
		subject_make(&s, capacity);
		for (int round = 0; round < 3; round++) {
			for (uint32_t n = 0; n < capacity; n++) {
				struct flow *flow = flow_table_take(&s.table, false);

				assert_non_null(flow);
				name(flow, n);
				assert_true(flow_table_link4(&s.table, flow));
				flow_move(&s.table, flow, TCP_EVENT_ACCEPT);
			}
			assert_null(flow_table_take(&s.table, false));
			assert_null(flow_table_check(&s.table));
			for (uint32_t n = 0; n < capacity; n++)
				flow_table_release(&s.table, find4(&s.table, n));
			assert_int_equal(s.table.used, 0);
		}
		subject_free(&s);
	}
}

/** Every part of the names counts in both indexes. */
static void test_every_field_counts(void **state)
{
	struct subject s;
	struct flow *flow;
	struct ipv6_address other;

	(void)state;
	subject_make(&s, 4);
	flow = flow_table_take(&s.table, false);
	name(flow, 11);
	assert_true(flow_table_link4(&s.table, flow) && flow_table_link6(&s.table, flow));
	flow_move(&s.table, flow, TCP_EVENT_ACCEPT);
	assert_ptr_equal(find4(&s.table, 11), flow);
	assert_null(flow_table_find4(&s.table, false, flow->client + 1, flow->client_port, flow->service, 443));
	assert_null(flow_table_find4(&s.table, false, flow->client, flow->client_port + 1, flow->service, 443));
	assert_null(flow_table_find4(&s.table, false, flow->client, flow->client_port, flow->service + 1, 443));
	assert_null(flow_table_find4(&s.table, false, flow->client, flow->client_port, flow->service, 444));
	assert_null(flow_table_find4(&s.table, true, flow->client, flow->client_port, flow->service, 443));
	assert_ptr_equal(find6(&s.table, 11), flow);
	assert_null(flow_table_find6(&s.table, false, &flow->server, 444, &flow->client6, flow->source_port));
	assert_null(flow_table_find6(&s.table, false, &flow->server, 443, &flow->client6, flow->source_port + 1));
	assert_null(flow_table_find6(&s.table, true, &flow->server, 443, &flow->client6, flow->source_port));
	other = flow->server;
	other.byte[0] = 1;
	assert_null(flow_table_find6(&s.table, false, &other, 443, &flow->client6, flow->source_port));
	other = flow->client6;
	other.byte[7] = 1;
	assert_null(flow_table_find6(&s.table, false, &flow->server, 443, &other, flow->source_port));
	subject_free(&s);
}

/** A collision in one index leaves the record as it was, ready for another name. */
static void test_collision(void **state)
{
	struct subject s;
	struct flow *first, *second;

	(void)state;
	subject_make(&s, 4);
	first = flow_table_take(&s.table, false);
	second = flow_table_take(&s.table, false);
	name(first, 1);
	name(second, 1);
	second->service_port = 80;
	assert_true(flow_table_link4(&s.table, first) && flow_table_link6(&s.table, first));
	assert_true(flow_table_link4(&s.table, second));
	assert_false(flow_table_link6(&s.table, second));
	assert_int_equal(second->flags, FLOW_LINKED4);
	second->source_port = 50000;
	assert_true(flow_table_link6(&s.table, second));
	flow_move(&s.table, first, TCP_EVENT_ACCEPT);
	flow_move(&s.table, second, TCP_EVENT_PASS);
	assert_int_equal(s.table.states[false][TCP_STATE_OPENING], 1);
	assert_ptr_equal(find6(&s.table, 1), first);
	/* unlinking twice does no harm */
	flow_table_unlink6(&s.table, first);
	flow_table_unlink6(&s.table, first);
	assert_null(find6(&s.table, 1));
	subject_free(&s);
}

static void test_index_and_at_are_inverse(void **state)
{
	struct subject s;

	(void)state;
	subject_make(&s, 8);
	for (uint32_t i = 0; i < 8; i++) {
		struct flow *flow = flow_table_take(&s.table, false);

		assert_ptr_equal(flow_table_at(&s.table, flow_table_index(&s.table, flow)), flow);
		flow_move(&s.table, flow, TCP_EVENT_ACCEPT);
	}
	subject_free(&s);
}

/** The check itself must see what is broken: it watches over all other tests. */
static void test_check_sees_damage(void **state)
{
	struct subject s;
	struct flow *flow;

	(void)state;
	subject_make(&s, 4);
	flow = flow_table_take(&s.table, false);
	name(flow, 1);
	assert_true(flow_table_link4(&s.table, flow));
	flow_move(&s.table, flow, TCP_EVENT_ACCEPT);
	assert_null(flow_table_check(&s.table));
	flow->client_port++;
	assert_non_null(flow_table_check(&s.table));
	flow->client_port--;
	flow->flags |= FLOW_LINKED6;
	assert_non_null(flow_table_check(&s.table));
	flow->flags = 0;
	assert_non_null(flow_table_check(&s.table));
	flow->flags = FLOW_LINKED4;
	flow->state = TCP_STATE_ESTABLISHED;
	assert_non_null(flow_table_check(&s.table));
	flow->state = TCP_STATE_WAITING;
	s.table.used++;
	assert_non_null(flow_table_check(&s.table));
	s.table.used--;
	subject_free(&s);
}

static void test_slots(void **state)
{
	(void)state;
	for (uint32_t capacity = 1; capacity <= FLOWS_MAX; capacity = capacity * 3 + 1) {
		uint32_t slots = flow_table_slots(capacity);

		assert_true(slots >= 2 * capacity);
		assert_int_equal(slots & (slots - 1), 0);
	}
	assert_int_equal(flow_table_slots(FLOWS_MAX), 1u << 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_every_field_counts),
		cmocka_unit_test(test_collision),
		cmocka_unit_test(test_index_and_at_are_inverse),
		cmocka_unit_test(test_check_sees_damage),
		cmocka_unit_test(test_slots),
	};

	return cmocka_run_group_tests_name("flow_table", tests, NULL, NULL);
}

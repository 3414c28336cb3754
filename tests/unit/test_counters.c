/* SPDX-License-Identifier: ISC */
/*
 * test_counters.c - names, explanations, and the conservation law
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/counters.h"
#include "nat46/look.h"
#include "random.h"
#include "expect.h"

/** label() - name and help of counter @i: drop reasons first, then events */
static const char *label(int i, const char **help)
{
	*help = i < DROP_COUNT ? drop_help((enum drop)i) : event_help((enum event)(i - DROP_COUNT));
	return i < DROP_COUNT ? drop_name((enum drop)i) : event_name((enum event)(i - DROP_COUNT));
}

static void test_names_are_unique(void **state)
{
	const char *help;

	(void)state;
	for (int a = 0; a < DROP_COUNT + EVENT_COUNT; a++) {
		for (int b = 0; b < a; b++)
			assert_string_not_equal(label(a, &help), label(b, &help));
	}
}

/** As Prometheus wants them: lower case, digits, underscores. */
static void test_names_are_metric_names(void **state)
{
	const char *help;

	(void)state;
	for (int i = 0; i < DROP_COUNT + EVENT_COUNT; i++) {
		const char *name = label(i, &help);

		assert_true(name[0] >= 'a' && name[0] <= 'z');
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
	}
}

static void test_helps_are_sentences(void **state)
{
	const char *help;

	(void)state;
	for (int i = 0; i < DROP_COUNT + EVENT_COUNT; i++) {
		label(i, &help);
		assert_true(strlen(help) > 15);
		assert_true(help[0] >= 'A' && help[0] <= 'Z');
		assert_int_equal(help[strlen(help) - 1], '.');
	}
}

static void test_verdict_names(void **state)
{
	static const char *const names[] = { "forwarded", "answered", "absorbed", "dropped" };

	(void)state;
	assert_int_equal(VERDICT_COUNT, 4);
	for (int i = 0; i < VERDICT_COUNT; i++)
		assert_string_equal(verdict_name((enum verdict)i), names[i]);
}

/** total_drops() - sum over all reasons */
static uint64_t total_drops(const struct counters *c)
{
	uint64_t total = 0;

	for (int i = 0; i < DROP_COUNT; i++)
		total += c->drops[i];
	return total;
}

/** refusals() - connections that we have refused, whose client was connected */
static uint64_t refusals(const struct world *world)
{
	return world_events(world, EVENT_REFUSED_NO_RULE) + world_events(world, EVENT_REFUSED_MALFORMED) +
	       world_events(world, EVENT_REFUSED_INCOMPLETE) + world_events(world, EVENT_REFUSED_TIMEOUT) +
	       world_events(world, EVENT_REFUSED_NO_SERVER) + world_events(world, EVENT_REFUSED_SILENCE) +
	       world_events(world, EVENT_REFUSED_FULL);
}

/** check_tallies() - what is counted by service is what is counted of all */
static void check_tallies(const struct world *world)
{
	size_t count;
	const struct tally *all = look_tallies(world->engine, &count);
	const struct tally *service = look_tally(world->engine, &world->config.services[0], NULL);

	assert_int_equal(all->opened, world_events(world, EVENT_CLIENT_CONNECTED));
	assert_int_equal(all->refused, refusals(world));
	assert_int_equal(tally_connects(all), world_events(world, EVENT_SERVER_CONNECTED));
	assert_int_equal(all->failures[SERVER_ERROR_REFUSED], world_events(world, EVENT_SERVER_REFUSED));
	assert_int_equal(all->failures[SERVER_ERROR_SILENT], world_events(world, EVENT_SERVER_SILENT));
	assert_int_equal(service->opened, all->opened);
	assert_int_equal(service->bytes_to_client, all->bytes_to_client);
	assert_int_equal(all->flows, 0);
}

/** Each packet moves "received" and exactly one verdict by one; a drop exactly one reason. */
static void check_step(const struct counters *before, const struct counters *after, enum verdict verdict)
{
	assert_int_equal(after->received, before->received + 1);
	for (int i = 0; i < VERDICT_COUNT; i++)
		assert_int_equal(after->verdicts[i], before->verdicts[i] + (i == (int)verdict));
	assert_int_equal(total_drops(after), total_drops(before) + (verdict == VERDICT_DROPPED));
}

static enum verdict random_segment(uint64_t *random, struct world *world)
{
	static const uint8_t flags[] = { TCP_ACK, TCP_PSH | TCP_ACK, TCP_SYN, TCP_SYN | TCP_ACK, TCP_FIN | TCP_ACK,
					 TCP_RST, TCP_RST | TCP_ACK, TCP_SYN | TCP_FIN, 0 };
	uint8_t flag = flags[random_below(random, sizeof(flags))];
	int32_t offset = (int32_t)random_below(random, 4) - 1;
	const char *data = random_below(random, 2) ? "A\r\n" : NULL;

	if (random_below(random, 2))
		return server_sends(world, flag, offset, (int32_t)random_below(random, 4), data);
	return client_sends(world, flag, offset, OUR_ISN + random_below(random, 3), data);
}

/** scripted_segment() - step @i of a connection from SYN to FIN, so that chance does not have to find it */
static enum verdict scripted_segment(struct world *world, int i)
{
	switch (i % 7) {
	case 0:
		return client_sends(world, TCP_SYN, -1, 0, NULL);
	case 1:
		return client_sends(world, TCP_ACK, 0, OUR_ISN + 1, NULL);
	case 2:
		return client_sends(world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	case 3:
		return server_sends(world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	case 4:
		return server_sends(world, TCP_FIN | TCP_ACK, 0, 1, NULL);
	case 5:
		return client_sends(world, TCP_FIN | TCP_ACK, 1, OUR_ISN + 2, NULL);
	default:
		return server_sends(world, TCP_ACK, 1, 2, NULL);
	}
}

static void test_conservation(void **state)
{
	uint64_t random = random_begin("conservation");
	static struct world world;
	uint64_t seen[VERDICT_COUNT] = { 0 };

	(void)state;
	world_config(&world);
	world_make(&world);
	world.isn = OUR_ISN;
	for (int i = 0; i < 20000; i++) {
		struct counters before = *engine_counters(world.engine);
		enum verdict verdict;

		if (random_below(&random, 16) == 0) {
			world_wait(&world, (int64_t)random_below(&random, 100) * 4000000000);
			/* time alone is no packet */
			assert_int_equal(engine_counters(world.engine)->received, before.received);
			continue;
		}
		verdict = i / 50 % 2 ? scripted_segment(&world, i) : random_segment(&random, &world);
		check_step(&before, engine_counters(world.engine), verdict);
		assert_int_equal(engine_counters(world.engine)->emitted, before.emitted + world.count);
		seen[verdict]++;
	}
	for (int i = 0; i < VERDICT_COUNT; i++)
		assert_true(seen[i] > 20);
	/* all that was opened is closed in the end */
	world_wait(&world, INT64_C(8000000000000));
	assert_int_equal(world_events(&world, EVENT_FLOW_OPENED), world_events(&world, EVENT_FLOW_CLOSED));
	assert_true(world_events(&world, EVENT_SERVER_CONNECTED) > 20);
	check_tallies(&world);
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_names_are_metric_names),
		cmocka_unit_test(test_helps_are_sentences),
		cmocka_unit_test(test_verdict_names),
		cmocka_unit_test(test_conservation),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_server_table.c - servers fail and recover; promises follow what servers showed
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "connection.h"
#include "nat46/packet.h"
#include "nat46/server_table.h"
#include "wire.h"

#define START (1000 * SECOND)

static struct server_table table;

static struct server server_number(uint16_t number)
{
	return (struct server){ .address = { { 0x20, 0x01, [14] = (uint8_t)(number >> 8), [15] = (uint8_t)number } },
				.port = 443 };
}

static int setup(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	return 0;
}

static void test_backoff(void **state)
{
	static const int64_t seconds[] = { 1, 2, 4, 8, 16, 32, 32 };
	const struct server server = server_number(1), other = server_number(2);
	int64_t now = START;

	(void)state;
	assert_null(server_table_find(&table, &server));
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		server_table_failed(&table, &server, SERVER_ERROR_UNREACHABLE, now);
		/* others that fail at the same time are the same failure */
		server_table_failed(&table, &server, SERVER_ERROR_REFUSED, now);
		assert_true(server_table_is_failing(&table, &server, now + seconds[i] * SECOND - 1));
		assert_false(server_table_is_failing(&table, &server, now + seconds[i] * SECOND));
		assert_false(server_table_is_failing(&table, &other, now));
		now += seconds[i] * SECOND;
	}
	assert_int_equal(server_table_find(&table, &server)->error, SERVER_ERROR_REFUSED);
	server_table_failed(&table, &server, SERVER_ERROR_SILENT, now);
	server_table_connected(&table, &server, 3, now);
	assert_false(server_table_is_failing(&table, &server, now));
	assert_int_equal(server_table_find(&table, &server)->connect_time, 3);
	server_table_failed(&table, &server, SERVER_ERROR_SILENT, now);
	assert_false(server_table_is_failing(&table, &server, now + SECOND));
}

/** One silence may be one lost packet; a second one without a success between them counts. */
static void test_silence(void **state)
{
	const struct server server = server_number(1);

	(void)state;
	server_table_failed(&table, &server, SERVER_ERROR_SILENT, START);
	assert_false(server_table_is_failing(&table, &server, START));
	server_table_connected(&table, &server, 3, START + 1);
	server_table_failed(&table, &server, SERVER_ERROR_SILENT, START + 2);
	assert_false(server_table_is_failing(&table, &server, START + 2));
	server_table_failed(&table, &server, SERVER_ERROR_SILENT, START + 3);
	assert_true(server_table_is_failing(&table, &server, START + 3 + 2 * SECOND - 1));
	assert_false(server_table_is_failing(&table, &server, START + 3 + 2 * SECOND));
}

/** More servers than there is room: the newest are known, nothing breaks. */
static void test_many(void **state)
{
	unsigned int known = 0;

	(void)state;
	for (uint16_t i = 0; i < 8192; i++) {
		const struct server server = server_number(i);

		server_table_connected(&table, &server, i, START + i);
		assert_int_equal(server_table_find(&table, &server)->connect_time, i);
	}
	for (uint16_t i = 0; i < 8192; i++) {
		const struct server server = server_number(i);

		known += server_table_find(&table, &server) != NULL;
	}
	assert_in_range(known, 2048, SERVER_TABLE_BUCKETS * SERVER_TABLE_WAYS);
}

static void test_promise(void **state)
{
	const struct tcp_promises configured = { .window_scale = 7, .sack = true, .timestamps = true, .ecn = true };
	struct server_answer answers[] = {
		{ .without_sack = true, .mss = 1440 },
		{ .without_timestamps = true, .mss = 1220 },
		{ .without_ecn = true, .mss = 1440 },
	};
	const struct service service = { .address = 1, .port = 2 }, other = { .address = 1, .port = 3 };
	struct tcp_promises promise = server_table_promise(&table, &service, &configured, START);

	(void)state;
	assert_true(promise.sack && promise.timestamps && promise.ecn && promise.mss == 0);
	for (int64_t i = 0; i < 3; i++)
		assert_true(server_table_learn(&table, &service, &answers[i], START + i * SECOND));
	promise = server_table_promise(&table, &service, &configured, START + 3 * SECOND);
	assert_true(!promise.sack && !promise.timestamps && !promise.ecn);
	assert_true(promise.mss == 1220 && promise.window_scale == 7);
	promise = server_table_promise(&table, &other, &configured, START);
	assert_true(promise.sack && promise.timestamps && promise.ecn && promise.mss == 0);
	promise = server_table_promise(&table, &service, &configured, START + 3600 * SECOND);
	assert_true(promise.sack && !promise.timestamps && !promise.ecn && promise.mss == 1220);
	promise = server_table_promise(&table, &service, &configured, START + 3601 * SECOND);
	assert_true(promise.sack && promise.timestamps && !promise.ecn && promise.mss == 0);
	promise = server_table_promise(&table, &service, &configured, START + 3602 * SECOND);
	assert_true(promise.sack && promise.timestamps && promise.ecn && promise.mss == 0);
}

/** Of what a server shows only that is told which is not believed already. */
static void test_news(void **state)
{
	const struct server_answer first = { .without_sack = true, .mss = 1440 }, same = first;
	const struct server_answer more = { .without_sack = true, .without_ecn = true, .mss = 1220 };
	const struct service service = { .address = 1, .port = 2 };
	struct server_answer answer = { 0 };

	(void)state;
	assert_false(server_table_learn(&table, &service, &answer, START));
	answer = first;
	assert_true(server_table_learn(&table, &service, &answer, START));
	assert_true(answer.without_sack && !answer.without_timestamps && !answer.without_ecn && answer.mss == 1440);
	answer = same;
	assert_false(server_table_learn(&table, &service, &answer, START + 10 * SECOND));
	answer = more;
	assert_true(server_table_learn(&table, &service, &answer, START + 20 * SECOND));
	assert_true(!answer.without_sack && !answer.without_timestamps && answer.without_ecn && answer.mss == 1220);
	/* a larger MSS changes nothing, and does not prolong what is believed of the smaller one */
	answer = (struct server_answer){ .mss = 1440 };
	assert_false(server_table_learn(&table, &service, &answer, START + 30 * SECOND));
	/* seen again after an hour it is news again, and then for as long as it goes on it is not */
	answer = first;
	assert_true(server_table_learn(&table, &service, &answer, START + 3620 * SECOND));
	assert_true(answer.without_sack && answer.mss == 1440);
	answer = same;
	assert_false(server_table_learn(&table, &service, &answer, START + 7219 * SECOND));
	answer = same;
	assert_false(server_table_learn(&table, &service, &answer, START + 10818 * SECOND));
}

/** More services than there is room: what is believed of a service stays, as long as it is. */
static void test_many_promises(void **state)
{
	const struct tcp_promises configured = { .sack = true };
	bool lowered[8192];
	unsigned int known = 0;

	(void)state;
	for (uint16_t i = 0; i < 8192; i++) {
		const struct service service = { .address = 1, .port = i };
		struct server_answer answer = { .without_sack = true };

		lowered[i] = server_table_learn(&table, &service, &answer, START);
		known += lowered[i];
	}
	assert_in_range(known, 2048, SERVER_TABLE_BUCKETS * SERVER_TABLE_WAYS);
	for (uint16_t i = 0; i < 8192; i++) {
		const struct service service = { .address = 1, .port = i };
		struct server_answer answer = { .without_sack = true };

		assert_int_equal(server_table_promise(&table, &service, &configured, START + 1).sack, !lowered[i]);
		assert_false(server_table_learn(&table, &service, &answer, START + 1));
	}
}

/** A server without SACK: two clients are repaired, which is reported once; the third is not promised it. */
static void test_next_client(void **state)
{
	static const uint8_t only_mss[] = { 2, 4, 0x04, 0xc4 };
	struct wire_tcp syn_ack = {
		.ipv6 = true, .source6 = 1, .destination6 = 3, .source_port = 80, .destination_port = CONNECTION_PORT,
		.seq = SERVER_ISN, .ack = CLIENT_ISN + 1, .flags = TCP_SYN | TCP_ACK, .window = 1000,
		.options = only_mss, .options_length = sizeof(only_mss),
	};
	static const uint8_t options[] = { 2, 4, 0x05, 0xb4, 1, 1, 4, 2 };
	struct wire_tcp syn = {
		.source4 = WORLD_CLIENT, .destination4 = WORLD_SERVICE, .source_port = 7777, .destination_port = 80,
		.seq = 1, .flags = TCP_SYN, .window = 1000, .options = options, .options_length = sizeof(options),
	};
	struct wire_tcp data = client_segment(TCP_PSH | TCP_ACK, 0, OUR_ISN + 1);
	static struct world world;

	(void)state;
	world_config(&world);
	world_make(&world);
	connection_accept(&world);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	connection_send(&world, &syn);
	data.source_port = 7777;
	data.seq = 2;
	connection_send_text(&world, data, "A");
	assert_int_equal(world.shortfalls, 0);
	connection_send(&world, &syn_ack);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	assert_int_equal(world.shortfalls, 1);
	assert_true(world.shortfall.lacks.without_sack && world.shortfall.lacks.mss == 1220);
	assert_false(world.shortfall.lacks.without_timestamps || world.shortfall.lacks.without_ecn);
	assert_int_equal(world.shortfall.server.ipv6.byte[15], 1);
	assert_int_equal(world.shortfall.server.port, 80);
	assert_int_equal(world.shortfall.service.ipv4, WORLD_SERVICE);
	assert_int_equal(world.shortfall.service.port, 80);
	syn_ack.destination_port = 7777;
	syn_ack.ack = 2;
	connection_send(&world, &syn_ack);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 2);
	assert_int_equal(world.shortfalls, 1);
	syn.source_port = 7778;
	connection_send(&world, &syn);
	assert_int_equal(world.count, 1);
	/* SYN/ACK with an MSS of 1220 and nothing else */
	assert_int_equal(world.packets[0].length, 20 + 20 + 4);
	assert_memory_equal(world.packets[0].bytes + 40, only_mss, sizeof(only_mss));
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_backoff, setup),
		cmocka_unit_test_setup(test_silence, setup),
		cmocka_unit_test_setup(test_many, setup),
		cmocka_unit_test_setup(test_promise, setup),
		cmocka_unit_test_setup(test_news, setup),
		cmocka_unit_test_setup(test_many_promises, setup),
		cmocka_unit_test(test_next_client),
	};

	return cmocka_run_group_tests_name("server_table", tests, NULL, NULL);
}

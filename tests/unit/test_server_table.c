/* SPDX-License-Identifier: ISC */
/*
 * test_server_table.c - servers fail and recover; promises follow what servers showed
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "nat46/packet.h"
#include "nat46/server_table.h"

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

/** What is told: that a server begins to fail, another kind of failure, and that it answers again; each once. */
static void test_told(void **state)
{
	const struct server server = server_number(1);

	(void)state;
	assert_false(server_table_connected(&table, &server, 3, START));
	assert_false(server_table_failed(&table, &server, SERVER_ERROR_SILENT, START));
	assert_true(server_table_failed(&table, &server, SERVER_ERROR_SILENT, START + 1));
	assert_false(server_table_failed(&table, &server, SERVER_ERROR_SILENT, START + 2));
	assert_false(server_table_failed(&table, &server, SERVER_ERROR_SILENT, START + 60 * SECOND));
	assert_true(server_table_failed(&table, &server, SERVER_ERROR_REFUSED, START + 61 * SECOND));
	assert_int_equal(server_table_find(&table, &server)->error, SERVER_ERROR_REFUSED);
	assert_true(server_table_connected(&table, &server, 3, START + 62 * SECOND));
	assert_int_equal(server_table_find(&table, &server)->error, SERVER_ERROR_NONE);
	assert_false(server_table_connected(&table, &server, 3, START + 63 * SECOND));
	assert_true(server_table_failed(&table, &server, SERVER_ERROR_UNREACHABLE, START + 64 * SECOND));
}

/** What was only noticed is told in the same way, and has no part in the choice. */
static void test_noticed(void **state)
{
	const struct server server = server_number(1);

	(void)state;
	assert_false(server_table_noticed(&table, &server, SERVER_ERROR_NONE, START));
	assert_false(server_table_noticed(&table, &server, SERVER_ERROR_SILENT, START));
	assert_false(server_table_noticed(&table, &server, SERVER_ERROR_NONE, START));
	assert_false(server_table_noticed(&table, &server, SERVER_ERROR_SILENT, START));
	assert_true(server_table_noticed(&table, &server, SERVER_ERROR_SILENT, START));
	assert_false(server_table_noticed(&table, &server, SERVER_ERROR_SILENT, START));
	assert_true(server_table_noticed(&table, &server, SERVER_ERROR_REFUSED, START));
	assert_false(server_table_is_failing(&table, &server, START));
	assert_int_equal(server_table_find(&table, &server)->error, SERVER_ERROR_REFUSED);
	assert_true(server_table_noticed(&table, &server, SERVER_ERROR_NONE, START));
	assert_int_equal(server_table_find(&table, &server)->error, SERVER_ERROR_NONE);
	/* nor in what is known of connections of our own */
	server_table_failed(&table, &server, SERVER_ERROR_REFUSED, START);
	assert_true(server_table_noticed(&table, &server, SERVER_ERROR_NONE, START));
	assert_int_equal(server_table_find(&table, &server)->error, SERVER_ERROR_REFUSED);
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

/** However many others answer, one that fails is known, as long as there is something else to forget. */
static void test_many_and_one_that_fails(void **state)
{
	const struct server failing = server_number(9000);

	(void)state;
	server_table_failed(&table, &failing, SERVER_ERROR_REFUSED, START);
	for (uint16_t i = 0; i < 8192; i++) {
		const struct server server = server_number(i);

		server_table_connected(&table, &server, i, START + i);
		server_table_noticed(&table, &server, SERVER_ERROR_SILENT, START + i);
		server_table_noticed(&table, &server, SERVER_ERROR_SILENT, START + i);
	}
	assert_true(server_table_is_failing(&table, &failing, START + 8192));
	for (uint16_t i = 0; i < 8192; i++) {
		const struct server server = server_number(i);

		server_table_failed(&table, &server, SERVER_ERROR_REFUSED, START + 9000 + i);
		assert_true(server_table_is_failing(&table, &server, START + 9000 + i));
	}
	assert_null(server_table_find(&table, &failing));
}

/** learn() - what server number @server shows in its handshake for a client; @answer is left as it is */
static bool learn(const struct service *service, uint16_t server, uint32_t client, struct server_answer answer,
		  int64_t now)
{
	const struct server from = server_number(server);

	return server_table_learn(&table, service, &from, client, &answer, now);
}

/** prove() - the same in the handshakes of as many clients as it takes; returns what is new with the last of them */
static struct server_answer prove(const struct service *service, const struct server_answer answer, int64_t now)
{
	const struct server from = server_number(1);
	struct server_answer news = answer;

	for (uint32_t client = 1; client < SERVER_TABLE_PROOFS; client++)
		assert_false(learn(service, 1, client, answer, now));
	server_table_learn(&table, service, &from, SERVER_TABLE_PROOFS, &news, now);
	return news;
}

static void test_promise(void **state)
{
	const struct tcp_promises configured = { .window_scale = 7, .sack = true, .timestamps = true, .ecn = true };
	const struct server_answer answers[] = {
		{ .without_sack = true, .mss = 1440 },
		{ .without_timestamps = true, .mss = 1220 },
		{ .without_ecn = true, .mss = 1220 },
	};
	const struct service service = { .address = 1, .port = 2 }, other = { .address = 1, .port = 3 };
	const struct service block = { .address = 1, .port = 2, .host_bits = 4 };
	struct tcp_promises promise = server_table_promise(&table, &service, &configured, START);

	(void)state;
	assert_true(promise.sack && promise.timestamps && promise.ecn && promise.mss == 0);
	for (int64_t i = 0; i < 3; i++)
		prove(&service, answers[i], START + i * SECOND);
	promise = server_table_promise(&table, &service, &configured, START + 3 * SECOND);
	assert_true(!promise.sack && !promise.timestamps && !promise.ecn);
	assert_true(promise.mss == 1220 && promise.window_scale == 7);
	promise = server_table_promise(&table, &other, &configured, START);
	assert_true(promise.sack && promise.timestamps && promise.ecn && promise.mss == 0);
	promise = server_table_promise(&table, &block, &configured, START);
	assert_true(promise.sack && promise.timestamps && promise.ecn && promise.mss == 0);
	promise = server_table_promise(&table, &service, &configured, START + 3600 * SECOND);
	assert_true(promise.sack && !promise.timestamps && !promise.ecn && promise.mss == 1220);
	promise = server_table_promise(&table, &service, &configured, START + 3601 * SECOND);
	assert_true(promise.sack && promise.timestamps && !promise.ecn && promise.mss == 1220);
	promise = server_table_promise(&table, &service, &configured, START + 3602 * SECOND);
	assert_true(promise.sack && promise.timestamps && promise.ecn && promise.mss == 0);
}

/** What one client has seen, or two of them, proves nothing, however often they come. */
static void test_few_clients(void **state)
{
	const struct service service = { .address = 1, .port = 2 };
	const struct server_answer answer = { .without_sack = true, .without_timestamps = true, .without_ecn = true,
					      .mss = 536 };

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		assert_false(learn(&service, 1, 1 + i % 2, answer, START + i));
	assert_true(learn(&service, 1, 3, answer, START + 100));
}

/** Nor do many, if the server has shown meanwhile that it can; another server cannot show that for it. */
static void test_in_a_row(void **state)
{
	const struct tcp_promises configured = { .sack = true, .timestamps = true, .ecn = true };
	const struct service service = { .address = 1, .port = 2 };
	const struct server_answer poor = { .without_sack = true, .without_timestamps = true, .without_ecn = true,
					    .mss = 536 };
	const struct server_answer able = { .with_sack = true, .with_timestamps = true, .with_ecn = true };
	struct tcp_promises promise;

	(void)state;
	for (uint32_t client = 1; client < 30; client++) {
		assert_false(learn(&service, 1, client, poor, START));
		if (client % 2 == 0)
			assert_false(learn(&service, 1, client, able, START));
	}
	for (uint32_t client = 1; client <= 3; client++) {
		assert_false(learn(&service, 2, client, able, START));
		assert_int_equal(learn(&service, 1, client, poor, START), client == 2);
	}
	/* and what is believed, it need only show once */
	assert_false(learn(&service, 2, 9, able, START));
	promise = server_table_promise(&table, &service, &configured, START);
	assert_true(!promise.sack && !promise.timestamps && !promise.ecn && promise.mss == 536);
	assert_false(learn(&service, 1, 9, able, START));
	promise = server_table_promise(&table, &service, &configured, START);
	assert_true(promise.sack && promise.timestamps && promise.ecn && promise.mss == 0);
}

/** Of what a server shows only that is told which is not believed already. */
static void test_news(void **state)
{
	const struct server_answer first = { .without_sack = true, .mss = 1440 };
	const struct server_answer more = { .without_sack = true, .without_ecn = true, .mss = 1220 };
	const struct service service = { .address = 1, .port = 2 };
	struct server_answer news;

	(void)state;
	assert_false(learn(&service, 1, 1, (struct server_answer){ 0 }, START));
	news = prove(&service, first, START);
	assert_true(news.without_sack && !news.without_timestamps && !news.without_ecn && news.mss == 1440);
	assert_false(learn(&service, 1, 7, first, START + 10 * SECOND));
	news = prove(&service, more, START + 20 * SECOND);
	assert_true(!news.without_sack && !news.without_timestamps && news.without_ecn && news.mss == 1220);
	/* a larger MSS of another server changes nothing, and does not prolong what is believed of the smaller one */
	assert_false(learn(&service, 2, 7, (struct server_answer){ .mss = 1440 }, START + 30 * SECOND));
	/* seen again after an hour it is news again, and then for as long as it goes on it is not */
	news = prove(&service, first, START + 3620 * SECOND);
	assert_true(news.without_sack && news.mss == 1440);
	assert_false(learn(&service, 1, 7, first, START + 7219 * SECOND));
	assert_false(learn(&service, 1, 7, first, START + 10818 * SECOND));
}

/** More services than there is room: what is believed of a service stays, as long as it is. */
static void test_many_promises(void **state)
{
	const struct server_answer answer = { .without_sack = true };
	const struct tcp_promises configured = { .sack = true };
	bool lowered[8192];
	unsigned int known = 0;

	(void)state;
	for (uint16_t i = 0; i < 8192; i++) {
		const struct service service = { .address = 1, .port = i };

		for (uint32_t client = 1; client <= SERVER_TABLE_PROOFS; client++)
			lowered[i] = learn(&service, 1, client, answer, START);
		known += lowered[i];
	}
	assert_in_range(known, 2048, SERVER_TABLE_BUCKETS * SERVER_TABLE_WAYS);
	for (uint16_t i = 0; i < 8192; i++) {
		const struct service service = { .address = 1, .port = i };

		assert_int_equal(server_table_promise(&table, &service, &configured, START + 1).sack, !lowered[i]);
		assert_false(learn(&service, 1, 1, answer, START + 1));
	}
}

/** serve() - a client at @source4, with these options, and a server's SYN/ACK; returns that to the client */
static struct wire_tcp serve(struct world *world, uint32_t source4, const uint8_t *options, size_t length,
			     struct wire_tcp syn_ack)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0), answer;
	static uint8_t answered[40];
	uint8_t echo[12];

	s.source4 = source4;
	s.options = options;
	s.options_length = length;
	connection_send(world, &s);
	answer = emitted(world, 0);
	memcpy(answered, answer.options, answer.options_length);
	answer.options = answered;
	s = client_segment(TCP_PSH | TCP_ACK, 0, answer.seq + 1);
	s.source4 = source4;
	s.options = echo;
	if (option_of(&answer, 8)) {
		put_timestamps(echo, 9, wire_u32(option_of(&answer, 8), 2));
		s.options_length = sizeof(echo);
	}
	connection_send_text(world, s, "A");
	syn_ack.destination6 = (uint8_t)source4;
	connection_send(world, &syn_ack);
	return answer;
}

/** A server without SACK: three clients are repaired, which is reported once; the fourth is not promised it. */
static void test_next_client(void **state)
{
	static const uint8_t stamped[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0 };
	static const uint8_t bare[] = { 2, 4, 5, 180, 4, 2, 1, 1 };
	static const uint8_t poor[] = { 2, 4, 0x04, 0xc4, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 9 };
	struct wire_tcp syn_ack = server_segment(TCP_SYN | TCP_ACK, -1, 0), answer;
	static struct address_mapping clients[8];
	static uint32_t slots[EAM_SLOTS(8)];
	static struct world world;

	(void)state;
	world_config(&world);
	for (uint8_t i = 0; i < 8; i++)
		clients[i] = (struct address_mapping){ .ipv4 = { 0x0a000003u + i, 32 },
						       .ipv6 = { V6((uint8_t)(3 + i)), 128 } };
	world.config.plan.mappings = clients;
	world.config.plan.client_count = world.config.plan.count = 8;
	world.config.plan.index = eam_index_make(clients, 8, slots);
	world_make(&world);
	syn_ack.options = poor;
	/* without timestamps it may be a SYN cookie, whoever asks */
	syn_ack.options_length = 4;
	for (uint32_t i = 0; i < 4; i++)
		serve(&world, WORLD_CLIENT + i, bare, sizeof(bare), syn_ack);
	assert_int_equal(world.shortfalls, 1);
	assert_true(world.shortfall.lacks.mss == 1220 && !world.shortfall.lacks.without_sack);
	syn_ack.options_length = sizeof(poor);
	for (uint32_t i = 4; i < 7; i++) {
		assert_int_equal(world.shortfalls, 1);
		answer = serve(&world, WORLD_CLIENT + i, stamped, sizeof(stamped), syn_ack);
		assert_non_null(option_of(&answer, 4));
	}
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 7);
	assert_int_equal(world.shortfalls, 2);
	assert_true(world.shortfall.lacks.without_sack);
	assert_false(world.shortfall.lacks.without_timestamps || world.shortfall.lacks.without_ecn);
	assert_int_equal(world.shortfall.server.ipv6.byte[15], 1);
	assert_int_equal(world.shortfall.server.port, 80);
	assert_int_equal(world.shortfall.service.ipv4, WORLD_SERVICE);
	assert_int_equal(world.shortfall.service.port, 80);
	answer = serve(&world, WORLD_CLIENT + 7, stamped, sizeof(stamped), syn_ack);
	assert_null(option_of(&answer, 4));
	assert_int_equal(wire_u16(option_of(&answer, 2), 2), 1220);
	assert_int_equal(world.shortfalls, 2);
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_backoff, setup),
		cmocka_unit_test_setup(test_silence, setup),
		cmocka_unit_test_setup(test_told, setup),
		cmocka_unit_test_setup(test_noticed, setup),
		cmocka_unit_test_setup(test_many, setup),
		cmocka_unit_test_setup(test_many_and_one_that_fails, setup),
		cmocka_unit_test_setup(test_promise, setup),
		cmocka_unit_test_setup(test_few_clients, setup),
		cmocka_unit_test_setup(test_in_a_row, setup),
		cmocka_unit_test_setup(test_news, setup),
		cmocka_unit_test_setup(test_many_promises, setup),
		cmocka_unit_test(test_next_client),
	};

	return cmocka_run_group_tests_name("server_table", tests, NULL, NULL);
}

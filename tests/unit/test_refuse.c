/* SPDX-License-Identifier: ISC */
/*
 * test_refuse.c - what a client gets that gets no server
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "nat46/packet.h"
#include "wire.h"

#define REQUEST(host) "GET / HTTP/1.1\r\nHost: " host "\r\n\r\n"

static const struct server server = { .address = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } } };
static const struct rule rule = { .host = "www.example", .servers = { &server, 1 }, .text = "host \"www.example\"" };
static struct service service = { .name = "web", .address = WORLD_SERVICE, .port = 80, .rules = &rule,
				  .rule_count = 1, .wait = 5 * SECOND };
static struct world world;

static void make(enum refusal refusal)
{
	service.refusal = refusal;
	world_config(&world);
	world.config.services = &service;
	world.config.service_count = 1;
	world_make(&world);
}

static void start(enum refusal refusal)
{
	make(refusal);
	connection_accept(&world);
}

/** start_with_cookie() - the client's SYN, answered with a real cookie; returns what the client acknowledges */
static uint32_t start_with_cookie(enum refusal refusal)
{
	make(refusal);
	world.isn = 0;
	client_sends(&world, TCP_SYN, -1, 0, NULL);
	return wire_u32(world.packets[0].bytes, 24) + 1;
}

static uint64_t event(enum event which)
{
	return engine_counters(world.engine)->events[which];
}

static uint8_t flags_of(size_t i)
{
	return world.packets[i].bytes[20 + 13];
}

/** payload_of() - payload of an emitted IPv4 segment as text */
static const char *payload_of(size_t i, size_t *length)
{
	const uint8_t *bytes = world.packets[i].bytes;
	size_t header = 20 + bytes[32] / 16 * 4u;

	*length = world.packets[i].length - header;
	return (const char *)bytes + header;
}

static void assert_gone(void)
{
	for (int kind = 0; kind < FLOWS_KIND_COUNT; kind++)
		assert_int_equal(engine_flows(world.engine, (enum flow_kind)kind), 0);
}

/** assert_over() - the client has its answer: nothing waits, and its first bytes would not open anything */
static void assert_over(void)
{
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 0);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
	assert_null(engine_check(world.engine));
}

/** assert_reported() - the session log has one line, of this client, that says why */
static void assert_reported(const char *why)
{
	assert_int_equal(world.sessions, 1);
	assert_int_equal(world.session.kind, SESSION_REFUSED);
	assert_string_equal(world.session.reason, why);
	assert_string_equal(world.session.name, "web");
	assert_int_equal(world.session.client.ipv4, WORLD_CLIENT);
}

static void test_reset(void **state)
{
	(void)state;
	start(REFUSE_RESET);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, REQUEST("other"));
	assert_int_equal(world.count, 1);
	assert_int_equal(flags_of(0), TCP_RST | TCP_ACK);
	assert_int_equal(wire_u32(world.packets[0].bytes, 24), OUR_ISN + 1);
	assert_int_equal(event(EVENT_REFUSED_NO_RULE), 1);
	assert_reported("no rule matches");
	assert_over();
}

static void test_drop(void **state)
{
	(void)state;
	start(REFUSE_DROP);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, REQUEST("other"));
	assert_int_equal(world.count, 0);
	assert_over();
}

/** answered() - the client sends @data and is answered; returns the number of payload bytes of the answer */
static size_t answered(const char *data, const char *begin)
{
	size_t length;
	const char *payload;

	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, data);
	assert_int_equal(world.count, 1);
	assert_int_equal(flags_of(0), TCP_PSH | TCP_FIN | TCP_ACK);
	assert_int_equal(wire_u32(world.packets[0].bytes, 24), OUR_ISN + 1);
	/* no server will, so we acknowledge what the client sent */
	assert_int_equal(wire_u32(world.packets[0].bytes, 28), CLIENT_ISN + 1 + strlen(data));
	payload = payload_of(0, &length);
	assert_memory_equal(payload, begin, strlen(begin));
	assert_int_equal(event(EVENT_ANSWER_SENT), 1);
	return length;
}

static void assert_page(const char *page, size_t length)
{
	const char *field = strstr(page, "Content-Length: ");
	const char *body = strstr(page, "\r\n\r\n");
	unsigned int told;

	assert_non_null(field);
	assert_non_null(body);
	assert_int_equal(sscanf(field, "Content-Length: %u", &told), 1);
	assert_int_equal(told, length - (size_t)(body + 4 - page));
}

static void test_answer_http(void **state)
{
	static const char request[] = REQUEST("other");
	size_t length;

	(void)state;
	start(REFUSE_ANSWER);
	length = answered(request, "HTTP/1.1 421 ");
	world.packets[0].bytes[world.packets[0].length] = '\0';
	assert_page(payload_of(0, &length), length);
	/* the client acknowledges and closes: its FIN is acknowledged, and nothing waits */
	client_sends(&world, TCP_FIN | TCP_ACK, sizeof(request) - 1, OUR_ISN + 1 + (uint32_t)length + 1, NULL);
	assert_int_equal(world.count, 1);
	assert_int_equal(flags_of(0), TCP_ACK);
	assert_int_equal(wire_u32(world.packets[0].bytes, 28), CLIENT_ISN + 1 + sizeof(request));
	assert_over();
}

static void test_answer_malformed(void **state)
{
	(void)state;
	start(REFUSE_ANSWER);
	answered("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 ");
	assert_int_equal(world.session.kind, SESSION_REFUSED);
	assert_true(strlen(world.session.reason) > 0);
}

/** assert_incomplete() - the answer to a client that has said the beginning and no more, though there is a default */
static void assert_incomplete(const char *answer, size_t answer_length)
{
	size_t length;
	const char *payload;

	assert_int_equal(world.count, 1);
	payload = payload_of(0, &length);
	assert_in_range(length, answer_length, 1000);
	assert_memory_equal(payload, answer, answer_length);
	assert_int_equal(event(EVENT_REFUSED_INCOMPLETE), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 0);
	service.fallback = (struct server_set){ .count = 0 };
}

/* A head that is cut decides nothing, neither when the client closes nor when it is silent. */
static void test_answer_incomplete(void **state)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: www.example\r\n";

	(void)state;
	service.fallback = (struct server_set){ &server, 1 };
	start(REFUSE_ANSWER);
	client_sends(&world, TCP_FIN | TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, head);
	assert_incomplete("HTTP/1.1 408 ", 13);
	world_free(&world);

	service.fallback = (struct server_set){ &server, 1 };
	start(REFUSE_ANSWER);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, head);
	assert_int_equal(world.count, 0);
	world_wait(&world, SECOND);
	world_wait(&world, 5 * SECOND);
	assert_incomplete("HTTP/1.1 408 ", 13);
	world_free(&world);

	service.fallback = (struct server_set){ &server, 1 };
	start(REFUSE_ANSWER);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "\x16\x03\x01\x01");
	assert_int_equal(world.count, 0);
	world_wait(&world, SECOND);
	world_wait(&world, 5 * SECOND);
	assert_incomplete("\x15\x03\x03\x00\x02\x02\x32", 7);
}

static void test_answer_repeated(void **state)
{
	static const char request[] = REQUEST("other");
	size_t length;

	(void)state;
	start(REFUSE_ANSWER);
	length = answered(request, "HTTP/1.1 421 ");
	world_wait(&world, SECOND + SECOND / 10);
	assert_int_equal(world.count, 1);
	assert_int_equal(flags_of(0), TCP_PSH | TCP_FIN | TCP_ACK);
	world_wait(&world, 6 * SECOND + SECOND / 10);
	assert_int_equal(world.count, 2);
	/* nobody is there: a reset at the end of what was sent */
	world_wait(&world, 8 * SECOND + SECOND / 10);
	assert_int_equal(world.count, 1);
	assert_int_equal(flags_of(0), TCP_RST | TCP_ACK);
	assert_int_equal(wire_u32(world.packets[0].bytes, 24), OUR_ISN + 1 + length + 1);
	assert_over();
}

static void test_answer_lingers(void **state)
{
	static const char request[] = REQUEST("other");
	size_t length;

	(void)state;
	start(REFUSE_ANSWER);
	length = answered(request, "HTTP/1.1 421 ");
	client_sends(&world, TCP_ACK, sizeof(request) - 1, OUR_ISN + 1 + (uint32_t)length + 1, NULL);
	assert_int_equal(world.count, 0);
	/* what the client still sends is taken and thrown away: a reset could destroy the answer */
	client_sends(&world, TCP_PSH | TCP_ACK, sizeof(request) - 1, OUR_ISN + 1 + (uint32_t)length + 1, "more");
	assert_int_equal(world.count, 1);
	assert_int_equal(flags_of(0), TCP_ACK);
	assert_int_equal(wire_u32(world.packets[0].bytes, 28), CLIENT_ISN + 1 + sizeof(request) - 1 + 4);
	world_wait(&world, 4 * SECOND);
	assert_int_equal(world.count, 0);
	world_wait(&world, 2 * SECOND);
	assert_int_equal(world.count, 1);
	assert_int_equal(flags_of(0), TCP_RST | TCP_ACK);
	assert_over();
}

static void test_answer_unknown_protocol(void **state)
{
	(void)state;
	start(REFUSE_ANSWER);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "\x01\x02\x03");
	assert_int_equal(world.count, 1);
	assert_int_equal(flags_of(0), TCP_RST | TCP_ACK);
	assert_over();
}

static void test_answer_server_silent(void **state)
{
	size_t length;

	(void)state;
	start(REFUSE_ANSWER);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, REQUEST("www.example"));
	assert_int_equal(world.count, 1);
	world_wait(&world, 11 * SECOND);
	assert_memory_equal(payload_of(world.count - 1, &length), "HTTP/1.1 504 ", 13);
	/* before it, the server was told that nobody wants it any more */
	assert_int_equal(world.packets[world.count - 2].bytes[40 + 13], TCP_RST);
	assert_reported("no server answers");
}

static void test_answer_server_refuses(void **state)
{
	size_t length;

	(void)state;
	start(REFUSE_ANSWER);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, REQUEST("www.example"));
	server_sends(&world, TCP_RST | TCP_ACK, -1, 0, NULL);
	assert_int_equal(world.count, 1);
	assert_memory_equal(payload_of(0, &length), "HTTP/1.1 503 ", 13);
	assert_reported("no server accepts");
	/* a reset at the number that we wait for ends it */
	client_sends(&world, TCP_RST, 1000, 0, NULL);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 1);
	client_sends(&world, TCP_RST, (int32_t)strlen(REQUEST("www.example")), 0, NULL);
	assert_over();
}

/** The servers are out of it once the client is answered: whatever they still send is for no connection. */
static void test_answer_and_a_late_server(void **state)
{
	struct wire_tcp late = server_segment(TCP_RST | TCP_ACK, 0, 0);

	(void)state;
	start(REFUSE_ANSWER);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, REQUEST("www.example"));
	server_sends(&world, TCP_RST | TCP_ACK, -1, 0, NULL);
	/* a second RST, for the second SYN, has the sequence number 0 like the first */
	late.seq = 0;
	assert_int_equal(connection_send(&world, &late), VERDICT_DROPPED);
	assert_int_equal(world_drops(&world, DROP_TCP_NO_FLOW), 1);
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.packets[0].bytes[40 + 13], TCP_RST);
	assert_int_equal(engine_flows(world.engine, FLOWS_WAITING), 1);
}

/** A late copy of the first bytes opens nothing, though a server would take them now, and the cookie is valid. */
static void test_answer_and_a_late_copy(void **state)
{
	static const char request[] = REQUEST("www.example");
	const uint32_t end = sizeof(request) - 1;
	uint32_t ack;
	size_t length;

	(void)state;
	ack = start_with_cookie(REFUSE_ANSWER);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, ack, request);
	server_sends(&world, TCP_RST | TCP_ACK, -1, 0, NULL);
	payload_of(0, &length);
	client_sends(&world, TCP_FIN | TCP_ACK, (int32_t)end, ack + (uint32_t)length + 1, NULL);
	assert_over();
	for (int i = 0; i < 6; i++) {
		world_wait(&world, 20 * SECOND);
		assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 0, ack, request), VERDICT_ANSWERED);
		assert_int_equal(flags_of(0), TCP_RST);
		assert_int_equal(wire_u32(world.packets[0].bytes, 24), ack);
	}
	assert_int_equal(event(EVENT_CLIENT_CONNECTED), 1);
	assert_int_equal(client_sends(&world, TCP_RST, 0, 0, NULL), VERDICT_DROPPED);
	world_wait(&world, 20 * SECOND);
	assert_gone();
}

/** A plain reset as well: the client knows that it got no server, or has given up itself. */
static void test_reset_and_a_late_copy(void **state)
{
	(void)state;
	for (int is_aborted = 0; is_aborted < 2; is_aborted++) {
		uint32_t ack = start_with_cookie(REFUSE_RESET);

		client_sends(&world, TCP_PSH | TCP_ACK, 0, ack, REQUEST("www.example"));
		if (is_aborted)
			client_sends(&world, TCP_RST, 0, 0, NULL);
		else
			server_sends(&world, TCP_RST | TCP_ACK, -1, 0, NULL);
		assert_over();
		assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 0, ack, REQUEST("www.example")),
				 VERDICT_ANSWERED);
		assert_int_equal(flags_of(0), TCP_RST);
		assert_over();
		world_free(&world);
	}
}

/** In silence, it stays so. */
static void test_drop_and_a_late_copy(void **state)
{
	(void)state;
	start(REFUSE_DROP);
	for (int i = 0; i < 3; i++)
		client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, REQUEST("other"));
	assert_int_equal(world.count, 0);
	assert_int_equal(world_drops(&world, DROP_REFUSED), 2);
	assert_over();
}

/** The same addresses may be used again at once, by a new connection that proves itself. */
static void test_answer_and_a_new_connection(void **state)
{
	uint32_t ack;
	size_t length;

	(void)state;
	start(REFUSE_ANSWER);
	length = answered(REQUEST("other"), "HTTP/1.1 421 ");
	client_sends(&world, TCP_FIN | TCP_ACK, sizeof(REQUEST("other")) - 1, OUR_ISN + 1 + (uint32_t)length + 1, NULL);
	assert_over();
	world.isn = 0;
	client_sends(&world, TCP_SYN, 9999, 0, NULL);
	assert_int_equal(flags_of(0), TCP_SYN | TCP_ACK);
	ack = wire_u32(world.packets[0].bytes, 24) + 1;
	client_sends(&world, TCP_PSH | TCP_ACK, 10000, ack, REQUEST("www.example"));
	assert_int_equal(world.count, 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 0);
}

static void test_answer_tls(void **state)
{
	/* a ClientHello with an inner length that lies: decode_error */
	static const char hello[] = "\x16\x03\x01\x01\x05\x02";
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 50 };
	size_t length;
	const char *payload;

	(void)state;
	start(REFUSE_ANSWER);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, hello);
	assert_int_equal(world.count, 1);
	payload = payload_of(0, &length);
	assert_int_equal(length, sizeof(alert));
	assert_memory_equal(payload, alert, sizeof(alert));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_reset, NULL),
		WORLD_TEST(test_drop, NULL),
		WORLD_TEST(test_answer_http, NULL),
		WORLD_TEST(test_answer_malformed, NULL),
		WORLD_TEST(test_answer_incomplete, NULL),
		WORLD_TEST(test_answer_repeated, NULL),
		WORLD_TEST(test_answer_lingers, NULL),
		WORLD_TEST(test_answer_unknown_protocol, NULL),
		WORLD_TEST(test_answer_server_silent, NULL),
		WORLD_TEST(test_answer_server_refuses, NULL),
		WORLD_TEST(test_answer_and_a_late_server, NULL),
		WORLD_TEST(test_answer_and_a_late_copy, NULL),
		cmocka_unit_test(test_reset_and_a_late_copy),
		WORLD_TEST(test_drop_and_a_late_copy, NULL),
		WORLD_TEST(test_answer_and_a_new_connection, NULL),
		WORLD_TEST(test_answer_tls, NULL),
	};

	return cmocka_run_group_tests_name("refuse", tests, NULL, NULL);
}

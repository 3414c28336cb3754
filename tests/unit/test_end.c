/* SPDX-License-Identifier: ISC */
/*
 * test_end.c - P4: how a bound connection ends, how long it lives, and who has a say in that (tcp-splice 1.8, 1.9)
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect.h"

static struct world world;

/** struct step - one segment in the life of a connection, and the kind of state that follows */
struct step {
	bool from_server;
	uint8_t flags;
	int32_t offset;
	uint32_t acked;
	enum flow_kind kind;
	int64_t timeout;
};

/** The last packets of connection_setup(), from the one that opened the flow on: each takes a millisecond. */
#define HANDSHAKE (2 * MILLISECOND)

/** In seconds: by then the cookie of a connection that has just begun is dead, and its record gone. */
#define COOKIE_LIFE 129

/**
 * run() - play steps; then the flow must live for its timeout, and no longer than a sweep more
 *
 * Its record stays at least as long as the client's cookie lives.
 */
static void run(const struct step *steps, size_t count)
{
	int64_t timeout = steps[count - 1].timeout * 1000000000;
	bool is_over = steps[count - 1].timeout < 240;
	int64_t opened = world.now - HANDSHAKE;
	size_t sessions;

	world_wait(&world, 34 * MILLISECOND);
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	for (size_t i = 0; i < count; i++) {
		const struct step *s = &steps[i];
		enum verdict verdict = s->from_server ?
					       server_sends(&world, s->flags, s->offset, (int32_t)s->acked, NULL) :
					       client_sends(&world, s->flags, s->offset, OUR_ISN + 1 + s->acked, NULL);

		assert_int_equal(verdict, VERDICT_FORWARDED);
		if (engine_flows(world.engine, s->kind) != 1)
			fail_msg("step %zu of %zu: wrong state", i + 1, count);
	}
	sessions = world.sessions;
	if (is_over) {
		/* reported when it comes, however long the record is kept */
		assert_int_equal(world.session.kind, SESSION_ENDED);
		assert_in_range(world.session.duration, world.now - opened - 2 * MILLISECOND, world.now - opened);
	}
	world_wait(&world, timeout - SECOND);
	assert_int_equal(world.sessions, sessions);
	world_wait(&world, 7 * SECOND);
	assert_int_equal(world.session.kind, SESSION_ENDED);
	assert_int_equal(world.sessions, sessions + !is_over);
	if (timeout < COOKIE_LIFE * SECOND) {
		world_wait(&world, (COOKIE_LIFE - 1) * SECOND - timeout - 6 * SECOND);
		assert_int_equal(world_events(&world, EVENT_FLOW_CLOSED), 0);
		world_wait(&world, 7 * SECOND);
	}
	assert_int_equal(world_events(&world, EVENT_FLOW_CLOSED), 1);
}

static void test_idle(void **state)
{
	static const struct step steps[] = { { true, TCP_ACK, 0, 1, FLOWS_ESTABLISHED, 7440 } };

	(void)state;
	run(steps, 1);
}

static void test_half_closed_by_client(void **state)
{
	static const struct step steps[] = {
		{ false, TCP_FIN | TCP_ACK, 1, 0, FLOWS_CLOSING, 240 },
		{ true, TCP_ACK, 0, 2, FLOWS_CLOSING, 240 },
	};

	(void)state;
	run(steps, 2);
}

static void test_half_closed_by_server(void **state)
{
	static const struct step steps[] = {
		{ true, TCP_FIN | TCP_ACK, 0, 1, FLOWS_CLOSING, 240 },
		{ false, TCP_ACK, 1, 1, FLOWS_CLOSING, 240 },
	};

	(void)state;
	run(steps, 2);
}

static void test_closed_client_first(void **state)
{
	static const struct step steps[] = {
		{ false, TCP_FIN | TCP_ACK, 1, 0, FLOWS_CLOSING, 240 },
		{ true, TCP_FIN | TCP_ACK, 0, 2, FLOWS_CLOSING, 240 },
		{ false, TCP_ACK, 2, 1, FLOWS_CLOSING, 120 },
	};

	(void)state;
	run(steps, 3);
}

static void test_closed_simultaneously(void **state)
{
	static const struct step steps[] = {
		{ true, TCP_FIN | TCP_ACK, 0, 1, FLOWS_CLOSING, 240 },
		{ false, TCP_FIN | TCP_ACK, 1, 0, FLOWS_CLOSING, 240 },
		{ true, TCP_ACK, 1, 2, FLOWS_CLOSING, 240 },
		{ false, TCP_ACK, 2, 1, FLOWS_CLOSING, 120 },
	};

	(void)state;
	run(steps, 4);
}

static void test_both_fins_without_last_ack(void **state)
{
	static const struct step steps[] = {
		{ false, TCP_FIN | TCP_ACK, 1, 0, FLOWS_CLOSING, 240 },
		{ true, TCP_FIN | TCP_ACK, 0, 2, FLOWS_CLOSING, 240 },
	};

	(void)state;
	run(steps, 2);
}

/** A RST at the expected number: passed on, and the record stays for the answer to it (RFC 5961). */
static void test_reset_by_client(void **state)
{
	static const struct step steps[] = { { true, TCP_FIN | TCP_ACK, 0, 1, FLOWS_CLOSING, 240 },
					     { false, TCP_ACK, 1, 1, FLOWS_CLOSING, 240 },
					     { false, TCP_RST, 1, 0, FLOWS_CLOSING, 10 } };

	(void)state;
	run(steps, 3);
}

static void test_reset_by_server(void **state)
{
	static const struct step steps[] = { { true, TCP_FIN | TCP_ACK, 0, 1, FLOWS_CLOSING, 240 },
					     { false, TCP_ACK, 1, 1, FLOWS_CLOSING, 240 },
					     { true, TCP_RST | TCP_ACK, 1, 1, FLOWS_CLOSING, 10 } };

	(void)state;
	run(steps, 3);
}

/** It repeats its first data: that is not another request. */
static void test_first_data_after_a_lost_reset(void **state)
{
	uint32_t isn;

	(void)state;
	client_sends(&world, TCP_SYN, -1, 0, NULL);
	isn = emitted(&world, 0).seq;
	client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A");
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	server_sends(&world, TCP_RST | TCP_ACK, 0, 1, NULL);
	for (int i = 0; i < 10; i++) {
		world_wait(&world, 20000000000);
		client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A");
		assert_int_equal(world_events(&world, EVENT_CLIENT_CONNECTED), 1);
	}
	/* by now the connection is forgotten, and the cookie too old */
	expect_client_gets(&world, 0, TCP_RST, isn + 1, 0, "");
	assert_int_equal(world_events(&world, EVENT_FLOW_CLOSED), 1);
}

/** A RST from nowhere is passed on for the host to judge, and does not shorten anything. */
static void test_forged_reset(void **state)
{
	static const struct step steps[] = { { false, TCP_RST, 1000, 0, FLOWS_ESTABLISHED, 7440 },
					     { true, TCP_RST | TCP_ACK, 777, 1, FLOWS_ESTABLISHED, 7440 } };

	(void)state;
	run(steps, 2);
}

/** A bit error that looks like the end is passed on, for its receiver to drop, and ends nothing. */
static void test_damaged_end(void **state)
{
	static const uint8_t ends[] = { TCP_RST, TCP_FIN };

	(void)state;
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	for (size_t i = 0; i < 2; i++) {
		struct wire_tcp s = client_segment(TCP_ACK, 1, OUR_ISN + 1);
		uint8_t bytes[128];
		size_t length = wire_make(&s, bytes);

		bytes[33] ^= ends[i];
		assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
		s = server_segment(TCP_ACK, 0, 1);
		length = wire_make(&s, bytes);
		bytes[53] ^= ends[i];
		assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
		assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	}
}

/** A bit error in a sequence number does not hide the FIN that comes before it. */
static void test_fin_after_a_bit_error(void **state)
{
	struct wire_tcp s = client_segment(TCP_ACK, 1, OUR_ISN + 1);
	uint8_t bytes[128];
	size_t length = wire_make(&s, bytes);

	(void)state;
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	wire_put32(bytes, 24, s.seq + 1024);
	world_input(&world, bytes, length, NULL);
	client_sends(&world, TCP_FIN | TCP_ACK, 1, OUR_ISN + 1, NULL);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
}

/** What we acknowledge ourselves, when we challenge, was acknowledged by the server, and not by a bit error. */
static void test_damaged_acknowledgement(void **state)
{
	struct wire_tcp s = server_segment(TCP_ACK, 0, 1);
	uint8_t bytes[128];
	size_t length;

	(void)state;
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	client_sends(&world, TCP_PSH | TCP_ACK, 1, OUR_ISN + 1, "lost behind us");
	length = wire_make(&s, bytes);
	wire_put32(bytes, 48, s.ack + 8);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
	client_sends(&world, TCP_SYN, 100000, 0, NULL);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 2, "");
}

/** A RST that the host rejected: its sender goes on, and so does the connection. */
static void test_alive_after_reset(void **state)
{
	static const struct step steps[] = { { false, TCP_RST, 1, 0, FLOWS_CLOSING, 10 },
					     { true, TCP_ACK, 0, 1, FLOWS_CLOSING, 10 },
					     { false, TCP_ACK, 1, 0, FLOWS_ESTABLISHED, 7440 } };

	(void)state;
	run(steps, 3);
}

/** Not so a late copy of what it sent before. */
static void test_not_alive_by_a_late_copy(void **state)
{
	static const struct step steps[] = { { true, TCP_PSH | TCP_ACK, 0, 1, FLOWS_ESTABLISHED, 7440 },
					     { false, TCP_RST, 1, 0, FLOWS_CLOSING, 10 },
					     { false, TCP_ACK, 0, 0, FLOWS_CLOSING, 10 } };

	(void)state;
	run(steps, 3);
}

/** A FIN beyond everything that the window allows is nobody's FIN (RFC 5382 REQ-5). */
static void test_fin_outside_the_window(void **state)
{
	static const struct step steps[] = { { false, TCP_FIN | TCP_ACK, 10000000, 0, FLOWS_ESTABLISHED, 7440 },
					     { true, TCP_FIN | TCP_ACK, -10000000, 1, FLOWS_ESTABLISHED, 7440 } };

	(void)state;
	run(steps, 2);
}

/** Nor is one in the window that acknowledges what nobody has sent: a sequence number can be guessed (RFC 5961 5.2). */
static void test_fin_with_a_wrong_acknowledgement(void **state)
{
	static const struct step steps[] = {
		{ false, TCP_FIN | TCP_ACK, 100, 1000000, FLOWS_ESTABLISHED, 7440 },
		{ false, TCP_FIN | TCP_ACK, 1, 0x80000000, FLOWS_ESTABLISHED, 7440 },
		{ true, TCP_FIN | TCP_ACK, 0, 0x7fffffff, FLOWS_ESTABLISHED, 7440 },
		{ true, TCP_FIN | TCP_ACK, 100, (uint32_t)-1000000, FLOWS_ESTABLISHED, 7440 },
	};

	(void)state;
	run(steps, 4);
}

/** Data that was forged does not hide the FIN of the client, which comes at a lower number. */
static void test_fin_after_forged_data(void **state)
{
	(void)state;
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	client_sends(&world, TCP_PSH | TCP_ACK, 100, OUR_ISN + 1000000, "forged");
	client_sends(&world, TCP_FIN | TCP_ACK, 1, OUR_ISN + 1, NULL);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
}

/** Neither forged segments nor ICMP prolong a connection. */
static void test_forgery_does_not_refresh(void **state)
{
	(void)state;
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	world_wait(&world, INT64_C(7430000000000));
	client_sends(&world, TCP_ACK, 100000000, OUR_ISN + 1, NULL);
	client_sends(&world, TCP_ACK, 1, OUR_ISN + 100000000, NULL);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	world_wait(&world, INT64_C(20000000000));
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 0);
	assert_string_equal(world.session.reason, "timeout");
}

/** The session log counts payload that arrived, not FINs, and not twice. */
static void test_bytes_of_the_session(void **state)
{
	(void)state;
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	client_sends(&world, TCP_PSH | TCP_ACK, 1, OUR_ISN + 1, "request");
	client_sends(&world, TCP_PSH | TCP_ACK, 1, OUR_ISN + 1, "request");
	server_sends(&world, TCP_PSH | TCP_FIN | TCP_ACK, 0, 8, "a longer reply");
	client_sends(&world, TCP_FIN | TCP_ACK, 8, OUR_ISN + 16, NULL);
	server_sends(&world, TCP_ACK, 15, 9, NULL);
	world_wait(&world, INT64_C(130000000000));
	assert_int_equal(world.session.kind, SESSION_ENDED);
	assert_string_equal(world.session.reason, "closed");
	assert_int_equal(world.session.bytes_to_server, 8);
	assert_int_equal(world.session.bytes_to_client, 14);
}

/** A SYN on a live connection: let its sender show who it is (RFC 5961 4.2). The server hears nothing of it. */
static void test_syn_on_a_live_connection(void **state)
{
	(void)state;
	server_sends(&world, TCP_PSH | TCP_ACK, 0, 1, "reply");
	client_sends(&world, TCP_ACK, 1, OUR_ISN + 6, NULL);
	assert_int_equal(client_sends(&world, TCP_SYN, 100000, 0, NULL), VERDICT_ANSWERED);
	assert_int_equal(world.count, 1);
	expect_client_gets(&world, 0, TCP_ACK, OUR_ISN + 6, CLIENT_ISN + 2, "");
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	/* the rebooted client answers with a RST at that number, which clears both ends */
	client_sends(&world, TCP_RST, 1, 0, NULL);
	expect_server_gets(&world, 0, TCP_RST, CLIENT_ISN + 2, 0, "");
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
}

/** A challenge that a stranger provoked must not close the window: the client would stop sending. */
static void test_challenge_keeps_the_window_open(void **state)
{
	struct wire_tcp s = server_segment(TCP_ACK, 0, 1);

	(void)state;
	s.window = 400;
	connection_send(&world, &s);
	client_sends(&world, TCP_SYN, 100000, 0, NULL);
	/* 400 << 7 bytes as the client reads them, behind our shift of 7; more was said with the SYN/ACK */
	assert_in_range(emitted(&world, 0).window, 400, 64800 >> 7);
}

/** A blind SYN of the server's side is nothing for the client. */
static void test_syn_from_the_server(void **state)
{
	(void)state;
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	expect_drop(&world, server_sends(&world, TCP_SYN, 1000, 0, NULL), DROP_TCP_STATE, 1);
}

/** The same port again, right after the connection has ended, by FINs or by RST. */
static void test_port_reuse(void **state)
{
	for (int by_reset = 0; by_reset <= 1; by_reset++) {
		uint32_t isn;

		world_teardown(state);
		connection_setup(state);
		server_sends(&world, TCP_ACK, 0, 1, NULL);
		if (by_reset) {
			client_sends(&world, TCP_RST, 1, 0, NULL);
		} else {
			client_sends(&world, TCP_FIN | TCP_ACK, 1, OUR_ISN + 1, NULL);
			server_sends(&world, TCP_FIN | TCP_ACK, 0, 2, NULL);
			client_sends(&world, TCP_ACK, 2, OUR_ISN + 2, NULL);
		}
		world.isn = 0;
		client_sends(&world, TCP_SYN, 99999, 0, NULL);
		assert_int_equal(world.count, 1);
		isn = emitted(&world, 0).seq;
		expect_client_gets(&world, 0, TCP_SYN | TCP_ACK, isn, CLIENT_ISN + 100001, "");
		/* the old record stays until the new connection is real */
		assert_int_equal(world_events(&world, EVENT_FLOW_CLOSED), 0);
		client_sends(&world, TCP_PSH | TCP_ACK, 100000, isn + 1, "A");
		expect_server_gets(&world, 0, TCP_SYN, CLIENT_ISN + 100000, 0, "");
		assert_int_equal(world_events(&world, EVENT_FLOW_CLOSED), 1);
		assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 1);
	}
}

/** newer_syn() - a client that has begun anew, with its numbers 100000 further; gives our number */
static uint32_t newer_syn(void)
{
	world.isn = 0;
	assert_int_equal(client_sends(&world, TCP_SYN, 99999, 0, NULL), VERDICT_ANSWERED);
	assert_int_equal(emitted(&world, 0).flags, TCP_SYN | TCP_ACK);
	return emitted(&world, 0).seq;
}

/** Its SYN has met a connection without server, which has got one since: the two would only contradict each other. */
static void test_port_reuse_while_connecting(void **state)
{
	uint32_t isn;

	(void)state;
	connection_accept(&world);
	client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	isn = newer_syn();
	server_sends(&world, TCP_SYN | TCP_ACK, -1, 0, NULL);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	/* somebody who has not got our number is nobody */
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 100000, isn + 2, "A"), VERDICT_FORWARDED);
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 100000, isn + 1, "A"), VERDICT_ABSORBED);
	assert_int_equal(world.count, 2);
	expect_server_gets(&world, 0, TCP_RST, CLIENT_ISN + 1, 0, "");
	expect_server_gets(&world, 1, TCP_SYN, CLIENT_ISN + 100000, 0, "");
	assert_string_equal(world.session.reason, "replaced");
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 1);
}

/** The same where the old connection was reset, and has shown since that it lives. */
static void test_port_reuse_of_a_revived_connection(void **state)
{
	uint32_t isn;

	(void)state;
	server_sends(&world, TCP_PSH | TCP_ACK, 0, 1, "reply");
	server_sends(&world, TCP_RST | TCP_ACK, 5, 1, NULL);
	isn = newer_syn();
	assert_int_equal(world.session.kind, SESSION_ENDED);
	server_sends(&world, TCP_PSH | TCP_ACK, 5, 1, "more");
	assert_int_equal(world.session.kind, SESSION_RESUMED);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	client_sends(&world, TCP_PSH | TCP_ACK, 100000, isn + 1, "A");
	assert_int_equal(world.session.kind, SESSION_ENDED);
	expect_server_gets(&world, 0, TCP_RST, CLIENT_ISN + 2, 0, "");
	expect_server_gets(&world, 1, TCP_SYN, CLIENT_ISN + 100000, 0, "");
}

/** A late copy of the first data of a connection that is over is not another request. */
static void test_late_copy_of_the_first_data(void **state)
{
	(void)state;
	server_sends(&world, TCP_ACK, 0, 1, NULL);
	client_sends(&world, TCP_RST, 1, 0, NULL);
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A"), VERDICT_FORWARDED);
	expect_server_gets(&world, 0, TCP_PSH | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "A");
	assert_int_equal(world_events(&world, EVENT_CLIENT_CONNECTED), 1);
}

/** request() - a connection with a real cookie, whose server has got "A"; @offset of the client's first number */
static uint32_t request(int32_t offset)
{
	struct wire_tcp s;
	uint32_t isn;

	client_sends(&world, TCP_SYN, offset - 1, 0, NULL);
	isn = emitted(&world, 0).seq;
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, offset, isn + 1, "A"), VERDICT_ABSORBED);
	s = server_segment(TCP_SYN | TCP_ACK, -1, offset);
	assert_int_equal(connection_send(&world, &s), VERDICT_ABSORBED);
	assert_int_equal(server_sends(&world, TCP_PSH | TCP_ACK, 0, offset + 1, "reply"), VERDICT_FORWARDED);
	client_sends(&world, TCP_ACK, offset + 1, isn + 6, NULL);
	return isn;
}

/** Copies of the first data of a connection that is over, however it ended and whatever its client has seen. */
static void test_copies_after_the_end(void **state)
{
	for (int how = 0; how < 4; how++) {
		uint32_t isn;

		world_teardown(state);
		world_config(&world);
		world.config.timeouts.tcp = (how == 3 ? 2 : 7440) * SECOND;
		world_make(&world);
		isn = request(0);
		if (how == 0)
			client_sends(&world, TCP_RST, 1, 0, NULL);
		if (how == 1)
			server_sends(&world, TCP_RST | TCP_ACK, 5, 1, NULL);
		if (how == 2) {
			client_sends(&world, TCP_FIN | TCP_ACK, 1, isn + 6, NULL);
			server_sends(&world, TCP_FIN | TCP_ACK, 5, 2, NULL);
			client_sends(&world, TCP_ACK, 2, isn + 7, NULL);
		}
		world_wait(&world, 7 * SECOND);
		assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
		for (int i = 0; i < 50; i++) {
			client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A");
			assert_int_equal(world_events(&world, EVENT_CLIENT_CONNECTED), 1);
			world_wait(&world, 4 * SECOND);
		}
		/* a record that is kept for late segments stays as long as they come */
		world_wait(&world, 130 * SECOND);
		client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A");
		expect_client_gets(&world, 0, TCP_RST, isn + 1, 0, "");
		assert_int_equal(world_events(&world, EVENT_FLOW_CLOSED), 1);
	}
}

/** The same when another connection of its port has taken its place. */
static void test_copies_after_port_reuse(void **state)
{
	uint32_t isn;

	(void)state;
	isn = request(0);
	client_sends(&world, TCP_RST, 1, 0, NULL);
	world_wait(&world, 5 * SECOND);
	request(100000);
	client_sends(&world, TCP_RST, 100001, 0, NULL);
	for (int i = 0; i < 50; i++) {
		client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A");
		assert_int_equal(world_events(&world, EVENT_CLIENT_CONNECTED), 2);
		world_wait(&world, 4 * SECOND);
	}
	/* and by now a client may begin anew with any number */
	request(50000);
	assert_int_equal(world_events(&world, EVENT_CLIENT_CONNECTED), 3);
}

/** A late copy of the first data of the connection before does not end the one that has its port. */
static void test_late_copy_on_a_live_connection(void **state)
{
	uint32_t isn;

	(void)state;
	isn = request(0);
	client_sends(&world, TCP_RST, 1, 0, NULL);
	request(100000);
	assert_int_equal(client_sends(&world, TCP_PSH | TCP_ACK, 0, isn + 1, "A"), VERDICT_FORWARDED);
	assert_int_equal(world_events(&world, EVENT_CLIENT_CONNECTED), 2);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
}

/** A client whose numbers do not count on, but its clock does, may begin anew at once; older than that is a copy. */
static void test_port_reuse_by_the_clock(void **state)
{
	static const uint32_t clocks[] = { 1000, 2000, 1500 };
	uint8_t options[12];

	(void)state;
	for (int32_t i = 0; i < 3; i++) {
		struct wire_tcp s = client_segment(TCP_SYN, -1 - i * 1000, 0), answer;

		put_timestamps(options, clocks[i], 0);
		s.options = options;
		s.options_length = sizeof(options);
		connection_send(&world, &s);
		answer = emitted(&world, 0);
		s = client_segment(TCP_PSH | TCP_ACK, -i * 1000, answer.seq + 1);
		put_timestamps(options, clocks[i] + 1, wire_u32(option_of(&answer, 8), 2));
		s.options = options;
		s.options_length = sizeof(options);
		connection_send_text(&world, s, "A");
		assert_int_equal(world_events(&world, EVENT_CLIENT_CONNECTED), i < 2 ? i + 1 : 2);
		s.flags = TCP_RST;
		s.seq++;
		connection_send(&world, &s);
	}
}

/** A connection that both have closed and one has reset does not become an idle one by a late copy. */
static void test_late_copy_does_not_reopen_closed(void **state)
{
	(void)state;
	server_sends(&world, TCP_PSH | TCP_ACK, 0, 1, "hello");
	client_sends(&world, TCP_FIN | TCP_ACK, 1, OUR_ISN + 6, NULL);
	server_sends(&world, TCP_FIN | TCP_ACK, 5, 2, NULL);
	client_sends(&world, TCP_RST, 2, 0, NULL);
	client_sends(&world, TCP_ACK, 1, OUR_ISN + 6, NULL);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 0);
}

#define TEST(name) WORLD_TEST(name, connection_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_idle),
		TEST(test_half_closed_by_client),
		TEST(test_half_closed_by_server),
		TEST(test_closed_client_first),
		TEST(test_closed_simultaneously),
		TEST(test_both_fins_without_last_ack),
		TEST(test_reset_by_client),
		TEST(test_reset_by_server),
		WORLD_TEST(test_first_data_after_a_lost_reset, world_setup),
		TEST(test_forged_reset),
		TEST(test_damaged_end),
		TEST(test_fin_after_a_bit_error),
		TEST(test_damaged_acknowledgement),
		TEST(test_alive_after_reset),
		TEST(test_not_alive_by_a_late_copy),
		TEST(test_fin_outside_the_window),
		TEST(test_fin_with_a_wrong_acknowledgement),
		TEST(test_fin_after_forged_data),
		TEST(test_forgery_does_not_refresh),
		TEST(test_bytes_of_the_session),
		TEST(test_syn_on_a_live_connection),
		TEST(test_challenge_keeps_the_window_open),
		TEST(test_syn_from_the_server),
		TEST(test_port_reuse),
		WORLD_TEST(test_port_reuse_while_connecting, world_setup),
		TEST(test_port_reuse_of_a_revived_connection),
		TEST(test_late_copy_of_the_first_data),
		WORLD_TEST(test_copies_after_the_end, world_setup),
		WORLD_TEST(test_copies_after_port_reuse, world_setup),
		WORLD_TEST(test_late_copy_on_a_live_connection, world_setup),
		WORLD_TEST(test_port_reuse_by_the_clock, world_setup),
		TEST(test_late_copy_does_not_reopen_closed),
	};

	return cmocka_run_group_tests_name("end", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_ecn.c - explicit congestion notification: promised, kept or repaired (R4) (tcp-splice 1.4, 1.9)
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

#define ECN (TCP_ECE | TCP_CWR)

/** Code points in the traffic class, below a DSCP that must stay. */
enum { NOT_ECT = 0x28, ECT1 = 0x29, ECT0 = 0x2a, CE = 0x2b };

static struct world world;
static uint32_t ts_ours;
static uint32_t isn;
static uint8_t stamps[12];

/** start() - an engine with ECN on or off */
static void start(bool ecn)
{
	world_config(&world);
	world.config.tcp.ecn = ecn;
	world_make(&world);
	world.isn = OUR_ISN;
}

static int setup(void **state)
{
	(void)state;
	start(true);
	return 0;
}

/** syn() - the client's SYN, with timestamps or not; returns the flags of the SYN/ACK */
static uint8_t syn(uint8_t flags, bool timestamps)
{
	static const uint8_t stamped[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0x13, 0x88, 0, 0, 0, 0, 1, 3, 3, 7 };
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0), out;
	const uint8_t *option;

	s.flags |= flags;
	if (timestamps) {
		s.options = stamped;
		s.options_length = sizeof(stamped);
	}
	connection_send(&world, &s);
	out = emitted(&world, 0);
	option = option_of(&out, 8);
	ts_ours = option ? wire_u32(option, 2) : 0;
	isn = out.seq;
	assert_int_equal(out.traffic_class, 0);
	return out.flags;
}

/** is_promised() - would the client get ECN for another connection */
static bool is_promised(void)
{
	static const uint8_t stamped[] = { 8, 10, 0, 0, 0x13, 0x88, 0, 0, 0, 0, 1, 1 };
	struct wire_tcp s = client_segment(TCP_SYN | ECN, 70000, 0);

	s.source_port++;
	s.options = stamped;
	s.options_length = sizeof(stamped);
	connection_send(&world, &s);
	return emitted(&world, 0).flags == (TCP_SYN | TCP_ACK | TCP_ECE);
}

/** say() - a segment of the client, with timestamps */
static struct wire_tcp say(uint8_t flags, int32_t offset, const char *data)
{
	struct wire_tcp s = client_segment(flags, offset, isn + 1);

	put_timestamps(stamps, 5001, ts_ours);
	s.options = stamps;
	s.options_length = sizeof(stamps);
	s.data = data;
	s.length = strlen(data);
	return s;
}

/** first_data() - first data; returns the flags of the SYN to the server */
static uint8_t first_data(void)
{
	const struct wire_tcp s = say(TCP_PSH | TCP_ACK, 0, "A");

	connection_send(&world, &s);
	return emitted(&world, 0).flags;
}

/** answer() - the server's SYN/ACK with these flags in addition */
static void answer(uint8_t flags)
{
	static const uint8_t stamped[] = { 2, 4, 5, 160, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0x13, 0x89, 1, 3, 3, 7 };
	struct wire_tcp s = server_segment(TCP_SYN | TCP_ACK, -1, 0);

	s.flags |= flags;
	s.options = stamped;
	s.options_length = sizeof(stamped);
	connection_send(&world, &s);
	assert_int_equal(engine_flows(world.engine, FLOWS_ESTABLISHED), 1);
	assert_int_equal(emitted(&world, 0).flags, TCP_ACK);
	assert_int_equal(emitted(&world, 0).traffic_class, 0);
	server_sends(&world, TCP_ACK, 0, 1, NULL);
}

/** passed() - a segment of the client or the server goes through; what comes out */
static struct wire_tcp passed(bool from_client, uint8_t flags, uint8_t traffic_class)
{
	struct wire_tcp s = from_client ? say(flags, 1, "xyz") : server_segment(flags, 0, 1);

	s.traffic_class = traffic_class;
	return through(&world, &s);
}

static void test_promise(void **state)
{
	static const struct {
		uint8_t offer;
		bool timestamps;
		bool configured;
		bool promised;
	} cases[] = {
		{ ECN, true, true, true },	{ ECN, true, false, false }, { ECN, false, true, false },
		{ TCP_ECE, true, true, false }, { TCP_CWR, true, true, false }, { 0, true, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world_free(&world);
		start(cases[i].configured);
		assert_int_equal(syn(cases[i].offer, cases[i].timestamps),
				 TCP_SYN | TCP_ACK | (cases[i].promised ? TCP_ECE : 0));
		if (cases[i].timestamps)
			assert_int_equal(first_data(), TCP_SYN | (cases[i].promised ? ECN : 0));
	}
}

/** AccECN (RFC 9768) offers with a third bit as well: it gets the classic answer, without that bit. */
static void test_accecn(void **state)
{
	struct wire_tcp s = client_segment(TCP_SYN | ECN, -1, 0);
	static const uint8_t stamped[] = { 8, 10, 0, 0, 0x13, 0x88, 0, 0, 0, 0, 1, 1 };
	uint8_t bytes[128];
	size_t length;

	(void)state;
	s.options = stamped;
	s.options_length = sizeof(stamped);
	length = wire_make(&s, bytes);
	bytes[20 + 12] |= 1;
	wire_seal(bytes, length);
	world_input(&world, bytes, length, NULL);
	assert_int_equal(emitted(&world, 0).flags, TCP_SYN | TCP_ACK | TCP_ECE);
	assert_int_equal(world.packets[0].bytes[20 + 12] & 0x0f, 0);
}

/** With nothing but the cookie, the promise is read from what the client echoes. */
static void test_from_cookie(void **state)
{
	(void)state;
	for (int ecn = 0; ecn <= 1; ecn++) {
		world_free(&world);
		start(true);
		world.isn = 0;
		syn(ecn ? ECN : 0, true);
		/* the half-open record is forgotten after its repetitions */
		world_wait(&world, 50 * SECOND);
		assert_int_equal(first_data(), TCP_SYN | (ecn ? ECN : 0));
	}
}

/** Negotiated on both sides, it is none of our business. */
static void test_kept(void **state)
{
	(void)state;
	syn(ECN, true);
	first_data();
	answer(TCP_ECE);
	for (unsigned code_point = NOT_ECT; code_point <= CE; code_point++) {
		for (int from_client = 0; from_client <= 1; from_client++) {
			struct wire_tcp out = passed(from_client, TCP_ACK | ECN, (uint8_t)code_point);

			assert_int_equal(out.flags, TCP_ACK | ECN);
			assert_int_equal(out.traffic_class, code_point);
		}
	}
	/* and so it is where nobody has promised anything */
	world_free(&world);
	start(true);
	syn(0, true);
	first_data();
	answer(0);
	assert_int_equal(passed(true, TCP_ACK | ECN, CE).traffic_class, CE);
	assert_int_equal(passed(false, TCP_ACK | ECN, CE).flags, TCP_ACK | ECN);
}

/** check_repaired() - nothing of ECN goes through */
static void check_repaired(void)
{
	struct wire_tcp s = say(TCP_ACK, 1, "xyz"), out;

	for (unsigned code_point = NOT_ECT; code_point < CE; code_point++) {
		out = passed(true, TCP_PSH | TCP_ACK | ECN, (uint8_t)code_point);
		assert_int_equal(out.flags, TCP_PSH | TCP_ACK);
		assert_int_equal(out.traffic_class, NOT_ECT);
		assert_memory_equal(out.data, "xyz", 3);
	}
	for (unsigned code_point = NOT_ECT; code_point <= CE; code_point++) {
		out = passed(false, TCP_ACK | ECN, (uint8_t)code_point);
		assert_int_equal(out.flags, TCP_ACK);
		assert_int_equal(out.traffic_class, NOT_ECT);
	}
	/* a mark says that a router would have dropped the packet */
	s.traffic_class = CE;
	expect_drop(&world, connection_send(&world, &s), DROP_ECN_MARKED, 1);
	/* no data, no congestion */
	s.length = 0;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).traffic_class, NOT_ECT);
}

static void test_repaired(void **state)
{
	/* not accepted, and mirrored, which is no acceptance either */
	static const uint8_t answers[] = { 0, ECN, TCP_CWR };

	(void)state;
	for (size_t i = 0; i < sizeof(answers); i++) {
		world_free(&world);
		start(true);
		syn(ECN, true);
		first_data();
		answer(answers[i]);
		check_repaired();
		/* one handshake proves nothing (test_server_table.c): the next client is promised it all the same */
		assert_true(is_promised());
	}
}

/** Also in super-packets, whose first segment carries CWR, and with partial checksums. */
static void test_repaired_super_packet(void **state)
{
	const struct offload offload = { GSO_TCP4, true, true, 2, 20, 16 };
	struct wire_tcp s;

	(void)state;
	syn(ECN, true);
	first_data();
	answer(0);
	s = say(TCP_ACK | ECN, 1, "wxyz");
	s.traffic_class = ECT0;
	assert_int_equal(connection_send_partial(&world, &s, &offload), VERDICT_FORWARDED);
	assert_true(wire_is_sound(world.packets[0].bytes, world.packets[0].length, true));
	assert_int_equal(world.packets[0].offload.gso, GSO_TCP6);
	assert_false(world.packets[0].offload.gso_ecn);
	assert_int_equal(emitted(&world, 0).flags, TCP_ACK);
}

/** A SYN that is repeated without the offer withdraws it; the client may have the first answer all the same. */
static void test_withdrawn(void **state)
{
	(void)state;
	assert_int_equal(syn(ECN, true), TCP_SYN | TCP_ACK | TCP_ECE);
	assert_int_equal(syn(0, true), TCP_SYN | TCP_ACK);
	assert_int_equal(syn(ECN, true), TCP_SYN | TCP_ACK);
	assert_int_equal(first_data(), TCP_SYN);
	answer(0);
	check_repaired();
	/* the server was not asked, so that nothing is known of it */
	assert_true(is_promised());
	world_free(&world);
	start(true);
	/* what the client echoes shows which answer it has, also when the record is gone */
	for (int first = 0; first <= 1; first++) {
		uint32_t echo;

		world_free(&world);
		start(true);
		world.isn = 0;
		syn(ECN, true);
		echo = ts_ours;
		syn(0, true);
		assert_int_not_equal(echo, ts_ours);
		if (first)
			ts_ours = echo;
		world_wait(&world, 50 * SECOND);
		assert_int_equal(first_data(), TCP_SYN | (first ? ECN : 0));
	}
	world_free(&world);
	start(true);
	/* what was not promised at first is not promised later */
	assert_int_equal(syn(0, true), TCP_SYN | TCP_ACK);
	assert_int_equal(syn(ECN, true), TCP_SYN | TCP_ACK);
}

/** A path may lose SYNs with the offer: the second one does without, and tells nothing about the server. */
static void test_fallback(void **state)
{
	(void)state;
	syn(ECN, true);
	assert_int_equal(first_data(), TCP_SYN | ECN);
	world_wait(&world, SECOND + SECOND / 2);
	assert_int_equal(world.count, 1);
	assert_int_equal(emitted(&world, 0).flags, TCP_SYN);
	answer(0);
	check_repaired();
	assert_true(is_promised());
}

/** After the RST for an older connection the SYN is the first one again, with the offer. */
static void test_stale(void **state)
{
	(void)state;
	syn(ECN, true);
	first_data();
	server_sends(&world, TCP_ACK, 4000, 4000, NULL);
	assert_int_equal(world.count, 2);
	assert_int_equal(emitted(&world, 1).flags, TCP_SYN | ECN);
	answer(TCP_ECE);
	assert_int_equal(passed(true, TCP_ACK | ECN, ECT0).flags, TCP_ACK | ECN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_promise, setup),
		WORLD_TEST(test_accecn, setup),
		WORLD_TEST(test_from_cookie, setup),
		WORLD_TEST(test_kept, setup),
		WORLD_TEST(test_repaired, setup),
		WORLD_TEST(test_repaired_super_packet, setup),
		WORLD_TEST(test_withdrawn, setup),
		WORLD_TEST(test_fallback, setup),
		WORLD_TEST(test_stale, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_udp.c - UDP services: flows, servers that refuse, checksums, super-packets
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datagram.h"

/** refuse() - an ICMPv6 error of @code about the datagram that was emitted last, of which @quoted bytes come back */
static enum verdict refuse(const struct world_packet *about, uint8_t code, size_t quoted)
{
	uint8_t bytes[1400] = { 0x60, [6] = 58, [7] = 64 };

	/* a router tells */
	memcpy(bytes + 8, "\x20\x01\x0d\xb8\x77", 5);
	memcpy(bytes + 24, about->bytes + 8, 16);
	bytes[40] = 1;
	bytes[41] = code;
	memcpy(bytes + 48, about->bytes, quoted);
	wire_seal(bytes, 48 + quoted);
	return world_input(&world, bytes, 48 + quoted, NULL);
}

static enum verdict refuse_last(uint8_t code)
{
	const struct world_packet about = world.packets[0];

	return refuse(&about, code, about.length);
}

/** The first datagram goes through at once, and so does the answer; nothing is changed but addresses and ports. */
static void test_exchange(void **state)
{
	struct datagram d;

	(void)state;
	d = ask(PORT, 53);
	assert_true(d.ipv6);
	assert_int_equal(d.source6, 3);
	assert_int_equal(d.destination6, 1);
	assert_int_equal(d.source_port, PORT);
	assert_int_equal(d.destination_port, 53);
	assert_int_equal(world.packets[0].bytes[7], 63);
	d = answer(d);
	assert_false(d.ipv6);
	assert_int_equal(d.source4, WORLD_SERVICE);
	assert_int_equal(d.destination4, WORLD_CLIENT);
	assert_int_equal(d.source_port, 53);
	assert_int_equal(d.destination_port, PORT);
	/* it is short: DF is clear, and it has an identification */
	assert_int_equal(wire_u16(world.packets[0].bytes, 6), 0);
	assert_int_equal(flows(), 1);
	assert_int_equal(world_events(&world, EVENT_UDP_OPENED), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 0);
}

/** TCP and UDP of the same addresses and ports have nothing to do with each other. */
static void test_protocols_are_apart(void **state)
{
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);

	(void)state;
	s.source_port = PORT;
	s.destination_port = 53;
	ask(PORT, 53);
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).source_port, PORT);
	assert_int_equal(flows(), 1);
	assert_int_equal(engine_flows(world.engine, FLOWS_CONNECTING), 1);
	s = server_segment(TCP_SYN | TCP_ACK, -1, 0);
	s.source_port = 53;
	s.destination_port = PORT;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	answer(ask(PORT, 53));
}

/** A port without UDP service is closed, also where TCP has one: who tries QUIC has to fall back. */
static void test_no_service(void **state)
{
	const struct datagram quic = question(PORT, 443);

	(void)state;
	assert_int_equal(send(&quic), VERDICT_DROPPED);
	assert_int_equal(world_drops(&world, DROP_PROTOCOL), 1);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.packets[0].bytes[20], 3);
	assert_int_equal(world.packets[0].bytes[21], 3);
	assert_int_equal(flows(), 0);
}

/** Only the server that was asked may answer, from the port that was asked; a stranger is told that it has no map. */
static void test_only_the_server_answers(void **state)
{
	struct datagram d, wrong;

	(void)state;
	d = reply_to(ask(PORT, 53));
	for (int i = 0; i < 3; i++) {
		wrong = d;
		wrong.source6 = i == 0 ? 2 : d.source6;
		wrong.source_port = (uint16_t)(d.source_port + (i == 1));
		wrong.destination_port = (uint16_t)(d.destination_port + (i == 2));
		assert_int_equal(send(&wrong), VERDICT_DROPPED);
		assert_int_equal(world_drops(&world, DROP_NO_MAP), 1);
		assert_int_equal(world_drops(&world, DROP_UDP_NO_FLOW), i);
		assert_int_equal(world.count, 1);
		assert_int_equal(world.packets[0].bytes[40], 1);
		assert_int_equal(world.packets[0].bytes[41], i == 0 ? 5 : 4);
	}
	assert_int_equal(send(&d), VERDICT_FORWARDED);
}

/** RFC 4787 REQ-5 and REQ-6: kept for five minutes behind the last datagram of either, unproven for two. */
static void test_timeouts(void **state)
{
	struct datagram d;

	(void)state;
	d = ask(PORT, 53);
	world_wait(&world, 119 * SECOND);
	answer(d);
	world_wait(&world, 119 * SECOND);
	assert_int_equal(flows(), 1);
	world_wait(&world, 6 * SECOND);
	assert_int_equal(flows(), 0);
	d = prove(PORT, 53);
	world_wait(&world, 299 * SECOND);
	answer(d);
	world_wait(&world, 299 * SECOND);
	ask(PORT, 53);
	world_wait(&world, 299 * SECOND);
	assert_int_equal(flows(), 1);
	world_wait(&world, 6 * SECOND);
	assert_int_equal(flows(), 0);
	assert_int_equal(world_events(&world, EVENT_FLOW_CLOSED), 2);
	assert_int_equal(send(&(struct datagram){ .ipv6 = true, .source6 = 1, .destination6 = 3, .source_port = 53,
						  .destination_port = PORT, .data = "late" }), VERDICT_DROPPED);
}

/** Less than two minutes hold for both when the operator says so. */
static void test_short_timeout(void **state)
{
	(void)state;
	world_config(&world);
	world.config.services = services;
	world.config.service_count = sizeof(services) / sizeof(services[0]);
	world.config.timeouts.udp = 10 * SECOND;
	world_make(&world);
	ask(PORT, 53);
	prove(PORT + 1, 53);
	world_wait(&world, 9 * SECOND);
	assert_int_equal(flows(), 2);
	world_wait(&world, 6 * SECOND);
	assert_int_equal(flows(), 0);
}

/** The session log tells of exchanges whose client has sent again. */
static void test_session(void **state)
{
	(void)state;
	answer(ask(PORT, 53));
	assert_int_equal(world.sessions, 0);
	ask(PORT, 53);
	assert_int_equal(world.sessions, 1);
	assert_int_equal(world.session.kind, SESSION_BOUND);
	assert_int_equal(world.session.protocol, 17);
	assert_string_equal(world.session.rule, "to");
	assert_int_equal(world.session.source_port, PORT);
	world_wait(&world, 310 * SECOND);
	assert_int_equal(world.sessions, 2);
	assert_int_equal(world.session.kind, SESSION_ENDED);
	assert_string_equal(world.session.reason, "timeout");
	assert_int_equal(world.session.bytes_to_server, 16);
	assert_int_equal(world.session.bytes_to_client, 7);
	/* what never got so far ends in silence */
	ask(PORT, 53);
	world_wait(&world, 130 * SECOND);
	assert_int_equal(flows(), 0);
	assert_int_equal(world.sessions, 2);
}

/** Two services with the same server: the second exchange of a client port gets another source port. */
static void test_same_server(void **state)
{
	struct datagram first, second, q = question(PORT, 53);

	(void)state;
	first = ask(PORT, 53);
	q.destination4 = OTHER_SERVICE;
	assert_int_equal(send(&q), VERDICT_FORWARDED);
	second = only_one("question");
	assert_int_equal(first.source_port, PORT);
	assert_int_not_equal(second.source_port, PORT);
	assert_int_equal(second.destination6, 1);
	assert_int_equal(world_events(&world, EVENT_PORT_CHANGED), 1);
	assert_int_equal(answer(first).source4, WORLD_SERVICE);
	second = answer(second);
	assert_int_equal(second.source4, OTHER_SERVICE);
	assert_int_equal(second.destination_port, PORT);
}

/** The clients are spread, each comes back to its server, and an own port of a server counts. */
static void test_rank(void **state)
{
	unsigned seen[10] = { 0 };
	struct datagram d;

	(void)state;
	for (uint32_t i = 0; i < 16; i++) {
		struct datagram q = question(PORT, 54);
		uint8_t server;

		q.source4 = 0xc6336400 + i;
		assert_int_equal(send(&q), VERDICT_FORWARDED);
		server = only_one("question").destination6;
		seen[server]++;
		q.source_port++;
		assert_int_equal(send(&q), VERDICT_FORWARDED);
		d = only_one("question");
		assert_int_equal(d.destination6, server);
		assert_int_equal(d.destination_port, server == 9 ? 5353 : 54);
	}
	assert_true(seen[1] && seen[2] && seen[9]);
}

/** A server refuses the first datagram: the next one gets it from the quote, and the client learns nothing. */
static void test_refused_first(void **state)
{
	struct datagram first, second, third;

	(void)state;
	first = ask(PORT, 54);
	assert_int_equal(refuse_last(4), VERDICT_ABSORBED);
	second = only_one("question");
	assert_true(second.ipv6);
	assert_int_equal(second.source6, 3);
	assert_int_not_equal(second.destination6, first.destination6);
	assert_int_equal(world_events(&world, EVENT_UDP_RESENT), 1);
	assert_int_equal(world_events(&world, EVENT_SERVER_NEXT), 1);
	assert_int_equal(world_events(&world, EVENT_SERVER_REFUSED), 1);
	/* what comes next goes there too, and new exchanges do so for a second */
	assert_int_equal(ask(PORT, 54).destination6, second.destination6);
	third = ask(PORT + 1, 54);
	assert_int_equal(third.destination6, second.destination6);
	answer(second);
	world_wait(&world, 2 * SECOND);
	assert_int_equal(ask(PORT + 2, 54).destination6, first.destination6);
}

/** When all refuse, the question comes back to nobody for ever: the client has to know. */
static void test_all_refuse(void **state)
{
	struct world_packet about;

	(void)state;
	ask(PORT, 54);
	assert_int_equal(refuse_last(4), VERDICT_ABSORBED);
	assert_int_equal(world.count, 1);
	assert_int_equal(refuse_last(4), VERDICT_ABSORBED);
	assert_int_equal(world.count, 1);
	about = world.packets[0];
	assert_int_not_equal(refuse_last(4), VERDICT_ABSORBED);
	assert_int_equal(world_events(&world, EVENT_UDP_RESENT), 2);
	assert_int_equal(world_events(&world, EVENT_SERVER_REFUSED), 3);
	/* a repetition is about a server that the flow has left */
	assert_int_not_equal(refuse(&about, 4, about.length), VERDICT_ABSORBED);
	assert_int_equal(world_events(&world, EVENT_SERVER_REFUSED), 3);
	assert_int_equal(flows(), 1);
	ask(PORT, 54);
}

/** expect_quote() - what was emitted is an error of @type and @code that quotes @d, as its sender made it */
static void expect_quote(uint8_t type, uint8_t code, const struct datagram *d)
{
	const struct world_packet *out = &world.packets[0];
	size_t at = d->ipv6 ? 48 : 28, transport = d->ipv6 ? 40 : 20;
	uint8_t bytes[128];
	size_t length = make(d, d->data, strlen(d->data), bytes);

	assert_int_equal(world.count, 1);
	assert_int_equal(out->bytes[at - 8], type);
	assert_int_equal(out->bytes[at - 7], code);
	assert_int_equal(out->length, at + length);
	/* addresses, ports, length, checksum and payload */
	assert_memory_equal(out->bytes + at + (d->ipv6 ? 8 : 12), bytes + (d->ipv6 ? 8 : 12), d->ipv6 ? 32 : 8);
	assert_memory_equal(out->bytes + at + transport, bytes + transport, length - transport);
}

/** One server: its error is the client's, and the flow stays as it is. */
static void test_only_server_refuses(void **state)
{
	const struct datagram q = question(PORT, 53);

	(void)state;
	ask(PORT, 53);
	assert_int_equal(refuse_last(4), VERDICT_FORWARDED);
	expect_quote(3, 3, &q);
	assert_int_equal(world_events(&world, EVENT_UDP_RESENT), 0);
	assert_int_equal(flows(), 1);
	assert_int_equal(answer(ask(PORT, 53)).destination_port, PORT);
}

/** RFC 4787 REQ-12: an error of the client's side reaches the server, in its own terms also if the port was changed. */
static void test_client_refuses(void **state)
{
	struct datagram q = question(PORT, 53), d;
	uint8_t bytes[128] = { 0x45, [8] = 64, [9] = 1 };

	(void)state;
	ask(PORT, 53);
	q.destination4 = OTHER_SERVICE;
	send(&q);
	d = reply_to(only_one("question"));
	assert_int_not_equal(d.destination_port, PORT);
	assert_int_equal(send(&d), VERDICT_FORWARDED);
	wire_put32(bytes, 12, WORLD_CLIENT);
	wire_put32(bytes, 16, OTHER_SERVICE);
	bytes[20] = 3;
	bytes[21] = 3;
	memcpy(bytes + 28, world.packets[0].bytes, world.packets[0].length);
	wire_seal(bytes, 28 + world.packets[0].length);
	assert_int_equal(world_input(&world, bytes, 28 + world.packets[0].length, NULL), VERDICT_FORWARDED);
	expect_quote(1, 4, &d);
}

/** A server that has answered is left only if the client sends again before the server does. */
static void test_refused_later(void **state)
{
	struct datagram first, again;

	(void)state;
	first = prove(PORT, 54);
	assert_int_not_equal(refuse_last(0), VERDICT_ABSORBED);
	answer(first);
	again = ask(PORT, 54);
	assert_int_equal(again.destination6, first.destination6);
	assert_int_not_equal(refuse_last(4), VERDICT_ABSORBED);
	again = ask(PORT, 54);
	assert_int_not_equal(again.destination6, first.destination6);
	assert_int_equal(world_events(&world, EVENT_UDP_RESENT), 0);
	answer(again);
}

/** A quote that is cut, changed or not ours moves the flow at most; it is never sent. */
static void test_bad_quotes(void **state)
{
	struct world_packet about;
	uint8_t *bytes = about.bytes;

	(void)state;
	ask(PORT, 54);
	about = world.packets[0];
	bytes[40] ^= 1; /* another port */
	assert_int_not_equal(refuse(&about, 4, about.length), VERDICT_ABSORBED);
	assert_int_equal(world_events(&world, EVENT_SERVER_REFUSED), 0);
	bytes[40] ^= 1;
	bytes[50] ^= 1; /* another question */
	assert_int_equal(refuse(&about, 4, about.length), VERDICT_ABSORBED);
	assert_int_equal(world.count, 0);
	ask(PORT + 1, 54);
	about = world.packets[0];
	assert_int_equal(refuse(&about, 4, about.length - 1), VERDICT_ABSORBED);
	assert_int_equal(world.count, 0);
	/* errors refresh nothing */
	assert_int_equal(flows(), 2);
	world_wait(&world, 100 * SECOND);
	refuse(&about, 4, about.length);
	world_wait(&world, 26 * SECOND);
	assert_int_equal(flows(), 0);
}

/** A router quotes the first part of what was cut: that has the ports, but is not sent to another server. */
static void test_refused_in_parts(void **state)
{
	static const uint8_t data[1472];
	struct datagram q = question(PORT, 53);
	uint8_t bytes[1500];
	const uint8_t *error = world.packets[0].bytes;

	(void)state;
	assert_int_equal(world_input(&world, bytes, make(&q, data, sizeof(data), bytes), NULL), VERDICT_FORWARDED);
	assert_int_equal(world.count, 2);
	world.packets[1] = world.packets[0];
	assert_int_equal(refuse(&world.packets[1], 0, 200), VERDICT_FORWARDED);
	assert_int_equal(error[20], 3);
	/* the part, in the terms of its client: a first fragment, with both ports */
	assert_int_equal(wire_u16(error, 28 + 6), 0x2000);
	assert_int_equal(wire_u32(error, 28 + 16), WORLD_SERVICE);
	assert_memory_equal(error + 28 + 20, bytes + 20, 6);
	q.destination_port = 54;
	world_input(&world, bytes, make(&q, data, sizeof(data), bytes), NULL);
	world.packets[1] = world.packets[0];
	assert_int_equal(refuse(&world.packets[1], 0, world.packets[1].length), VERDICT_ABSORBED);
	assert_int_equal(world.count, 0);
	assert_int_equal(world_events(&world, EVENT_SERVER_NEXT), 1);
	assert_int_equal(world_events(&world, EVENT_UDP_RESENT), 0);
}

/** A server of UDP that fails is as good as before for TCP. */
static void test_health_is_apart(void **state)
{
	static const struct service both[] = {
		{ .name = "tcp", .address = WORLD_SERVICE, .port = 54, .fallback = { three, 2 } },
		{ .name = "udp", .address = WORLD_SERVICE, .port = 54, .is_udp = true, .fallback = { three, 2 } },
	};
	struct wire_tcp s = client_segment(TCP_SYN, -1, 0);
	struct datagram first;

	(void)state;
	world.config.services = both;
	world.config.service_count = 2;
	first = ask(PORT, 54);
	assert_int_equal(refuse_last(4), VERDICT_ABSORBED);
	s.destination_port = 54;
	assert_int_equal(connection_send(&world, &s), VERDICT_FORWARDED);
	assert_int_equal(emitted(&world, 0).destination6, first.destination6);
}

/** lacking() - a question without checksum */
static enum verdict lacking(bool ipv6, struct datagram d)
{
	uint8_t bytes[128];
	size_t length = make(&d, d.data, strlen(d.data), bytes);

	wire_put16(bytes, ipv6 ? 46 : 26, 0);
	return world_input(&world, bytes, length, NULL);
}

/** RFC 7915 4.5: a checksum is computed. */
static void test_zero_checksum(void **state)
{
	const struct world_packet *out = &world.packets[0];

	(void)state;
	assert_int_equal(lacking(false, question(PORT, 53)), VERDICT_FORWARDED);
	assert_int_equal(world_events(&world, EVENT_UDP_CHECKSUM_MADE), 1);
	assert_null(wire_error(out->bytes, out->length, true));
	/* IPv6 has none without */
	expect_drop(&world, lacking(true, reply_to(only_one("question"))), DROP_UDP_UNSUMMED, 1);
}

static void test_zero_checksum_dropped(void **state)
{
	(void)state;
	world.config.zero_checksum = ZERO_CHECKSUM_DROP;
	expect_drop(&world, lacking(false, question(PORT, 53)), DROP_UDP_UNSUMMED, 1);
	assert_int_equal(flows(), 0);
	answer(ask(PORT, 53));
}

static void test_zero_checksum_passed(void **state)
{
	(void)state;
	world.config.zero_checksum = ZERO_CHECKSUM_PASS;
	assert_int_equal(lacking(false, question(PORT, 53)), VERDICT_FORWARDED);
	assert_int_equal(wire_u16(world.packets[0].bytes, 46), 0);
	assert_int_equal(lacking(true, reply_to(only_one("question"))), VERDICT_FORWARDED);
	assert_int_equal(wire_u16(world.packets[0].bytes, 26), 0);
}

/** RFC 8200 8.1: a checksum that comes out as 0 is sent as 0xffff, whether it was computed or changed. */
static void test_checksum_of_zero(void **state)
{
	(void)state;
	for (int computed = 0; computed < 2; computed++) {
		struct datagram q = question(PORT, 53);
		uint8_t bytes[64], data[2] = { 0 };
		size_t length = make(&q, data, 2, bytes);

		/* what is missing to 0xffff goes into the payload */
		assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
		memcpy(data, world.packets[0].bytes + 46, 2);
		length = make(&q, data, 2, bytes);
		if (computed)
			wire_put16(bytes, 26, 0);
		assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
		assert_int_equal(wire_u16(world.packets[0].bytes, 46), 0xffff);
	}
}

/** Bytes behind the datagram belong to no checksum; a length that is too large or too small is nonsense. */
static void test_length(void **state)
{
	static const uint16_t lengths[] = { 0, 7, 17, 65535 };
	struct datagram q = question(PORT, 53);
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		size_t length = make(&q, "question", 8, bytes);

		wire_put16(bytes, 24, lengths[i]);
		expect_drop(&world, world_input(&world, bytes, length, NULL), DROP_BAD_HEADER, i + 1);
	}
	make(&q, "question", 8, bytes);
	wire_put16(bytes, 24, 12);
	wire_put16(bytes, 26, 0);
	assert_int_equal(world_input(&world, bytes, 36, NULL), VERDICT_FORWARDED);
	assert_int_equal(world.packets[0].length, 56);
	/* without the bytes behind it is a datagram like any other */
	wire_put16(world.packets[0].bytes, 4, 12);
	assert_null(wire_error(world.packets[0].bytes, 52, true));
}

/** Checksums that the sender left to the device stay there; a partial one is never none. */
static void test_partial(void **state)
{
	const struct offload partial4 = { .partial = true, .csum_start = 20, .csum_offset = 6 };
	const struct offload partial6 = { .partial = true, .csum_start = 40, .csum_offset = 6 };
	struct datagram d = question(PORT, 53);
	uint8_t bytes[64];
	size_t length = make(&d, "question", 8, bytes);

	(void)state;
	wire_seal_partial(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, &partial4), VERDICT_FORWARDED);
	assert_true(wire_is_sound(world.packets[0].bytes, world.packets[0].length, true));
	assert_int_equal(world.packets[0].offload.csum_start, 40);
	d = reply_to(only_one("question"));
	length = make(&d, "answer", 6, bytes);
	wire_seal_partial(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, &partial6), VERDICT_FORWARDED);
	assert_true(wire_is_sound(world.packets[0].bytes, world.packets[0].length, true));
	assert_int_equal(world.packets[0].offload.csum_start, 20);
	assert_int_equal(world_events(&world, EVENT_UDP_CHECKSUM_MADE), 0);
}

/** super() - a super-packet of @d with datagrams of @segment bytes; returns the verdict */
static enum verdict super(const struct datagram *d, uint16_t segment, uint16_t flags)
{
	static const uint8_t data[1900];
	const struct offload offload = {
		.gso = GSO_UDP,
		.partial = true,
		.segment_size = segment,
		.csum_start = d->ipv6 ? 40 : 20,
		.csum_offset = 6,
	};
	uint8_t bytes[2048];
	size_t length = make(d, data, sizeof(data), bytes);

	if (!d->ipv6)
		wire_put16(bytes, 6, flags);
	wire_seal_partial(bytes, length);
	return world_input(&world, bytes, length, &offload);
}

/** RFC 7915 4.1: what may be cut leaves in parts of 1280 bytes; what may not and is too long is refused. */
static void test_long(void **state)
{
	static const uint8_t data[1472];
	struct datagram q = question(PORT, 53);
	uint8_t bytes[1500];
	size_t length = make(&q, data, sizeof(data), bytes);

	(void)state;
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
	assert_int_equal(world.count, 2);
	assert_int_equal(world.packets[0].length, 1280);
	assert_int_equal(world.packets[0].bytes[6], 44);
	assert_int_equal(world.packets[1].length, 48 + 1480 - 1232);
	wire_put16(bytes, 6, 0x4000);
	wire_seal(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_DROPPED);
	assert_int_equal(world.packets[0].bytes[21], 4);
	assert_int_equal(wire_u32(world.packets[0].bytes, 24), 1480);
	length = make(&q, data, 1452, bytes);
	wire_put16(bytes, 6, 0x4000);
	wire_seal(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_FORWARDED);
	assert_int_equal(world.count, 1);
}

/** A service wins over a map of its address, and a flow over a map of its server; the rest is the map's. */
static void test_service_and_map(void **state)
{
	static const struct address_mapping mappings[] = {
		{ .ipv4 = { WORLD_CLIENT, 32 }, .ipv6 = { V6(3), 128 } },
		{ .ipv4 = { WORLD_SERVICE, 32 }, .ipv6 = { V6(1), 128 } },
	};
	static uint32_t slots[EAM_SLOTS(2)];
	struct address_plan *plan = &world.config.plan;
	struct datagram d, q = question(PORT, 53);

	(void)state;
	plan->mappings = mappings;
	plan->client_count = 1;
	plan->count = 2;
	plan->index = eam_index_make(mappings, 2, slots);
	q.destination4 = OTHER_SERVICE;
	assert_int_equal(send(&q), VERDICT_FORWARDED);
	d = only_one("question");
	assert_int_equal(flows(), 1);
	assert_int_equal(answer(d).source4, OTHER_SERVICE);
	d.destination_port = 9000;
	assert_int_equal(answer(d).source4, WORLD_SERVICE);
	assert_int_equal(ask(PORT, 9000).destination6, 1);
	assert_int_equal(flows(), 1);
	ask(PORT, 54);
	assert_int_equal(flows(), 2);
}

/** The datagrams of a super-packet count, not its length: for DF, for identifications, for what fits. */
static void test_super_packets(void **state)
{
	struct datagram q = question(PORT, 53), d;
	uint16_t identification;

	(void)state;
	d = reply_to(ask(PORT, 53));
	assert_int_equal(super(&q, 1000, 0x4000), VERDICT_FORWARDED);
	assert_int_equal(world.packets[0].offload.gso, GSO_UDP);
	assert_int_equal(world.packets[0].offload.segment_size, 1000);
	/* 1460 + 8 + 40 bytes do not fit */
	assert_int_equal(super(&q, 1460, 0x4000), VERDICT_DROPPED);
	assert_int_equal(world_drops(&world, DROP_TOO_BIG), 1);
	assert_int_equal(wire_u32(world.packets[0].bytes, 24), 1480);
	assert_int_equal(super(&q, 1452, 0x4000), VERDICT_FORWARDED);
	/* 1232 + 28 = 1260 */
	assert_int_equal(super(&d, 1232, 0), VERDICT_FORWARDED);
	assert_int_equal(wire_u16(world.packets[0].bytes, 6), 0);
	identification = wire_u16(world.packets[0].bytes, 4);
	assert_int_equal(super(&d, 500, 0), VERDICT_FORWARDED);
	assert_int_equal(wire_u16(world.packets[0].bytes, 4), identification + 2);
	assert_int_equal(super(&d, 1233, 0), VERDICT_FORWARDED);
	assert_int_equal(wire_u16(world.packets[0].bytes, 6), 0x4000);
	answer(ask(PORT, 53));
	assert_int_equal(wire_u16(world.packets[0].bytes, 4), identification + 2 + 4 + 2);
}

/** A TTL of 1 makes no flow, in either direction the sender is told. */
static void test_hop_limit(void **state)
{
	struct datagram q = question(PORT, 53);
	uint8_t bytes[64];
	size_t length = make(&q, "question", 8, bytes);

	(void)state;
	bytes[8] = 1;
	wire_seal(bytes, length);
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_DROPPED);
	assert_int_equal(world.packets[0].bytes[20], 11);
	assert_int_equal(flows(), 0);
	q = reply_to(ask(PORT, 53));
	length = make(&q, "answer!", 7, bytes);
	bytes[7] = 1;
	assert_int_equal(world_input(&world, bytes, length, NULL), VERDICT_DROPPED);
	assert_int_equal(world.packets[0].bytes[40], 3);
	assert_int_equal(world_drops(&world, DROP_HOP_LIMIT), 2);
}

/** After a reload that took the service away its exchanges go on where they were. */
static void test_reload(void **state)
{
	struct datagram d;

	(void)state;
	d = ask(PORT, 54);
	world.config.service_count = 2;
	answer(d);
	assert_int_equal(ask(PORT, 54).destination6, d.destination6);
	assert_int_not_equal(refuse_last(4), VERDICT_ABSORBED);
	assert_int_equal(ask(PORT, 54).destination6, d.destination6);
}

#define TEST(test) WORLD_TEST(test, udp_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_exchange),
		TEST(test_protocols_are_apart),
		TEST(test_no_service),
		TEST(test_only_the_server_answers),
		TEST(test_timeouts),
		WORLD_TEST(test_short_timeout, NULL),
		TEST(test_session),
		TEST(test_same_server),
		TEST(test_rank),
		TEST(test_refused_first),
		TEST(test_all_refuse),
		TEST(test_only_server_refuses),
		TEST(test_client_refuses),
		TEST(test_refused_later),
		TEST(test_bad_quotes),
		TEST(test_refused_in_parts),
		TEST(test_health_is_apart),
		TEST(test_zero_checksum),
		TEST(test_zero_checksum_dropped),
		TEST(test_zero_checksum_passed),
		TEST(test_checksum_of_zero),
		TEST(test_length),
		TEST(test_partial),
		TEST(test_long),
		TEST(test_service_and_map),
		TEST(test_super_packets),
		TEST(test_hop_limit),
		TEST(test_reload),
	};

	return cmocka_run_group_tests_name("udp", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_translate.c - IPv4 header <-> IPv6 header in place
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/translate.h"
#include "wire.h"

static const struct ipv6_address client6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 3 } };
static const struct ipv6_address server6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };

/** struct buffer_of - a packet at the end of a heap block with exactly @headroom bytes in front */
struct subject {
	uint8_t *block;
	struct frame frame;
	struct packet packet;
};

static struct subject subject_of(const uint8_t *bytes, size_t length, size_t headroom, const struct offload *offload)
{
	struct subject s = { .block = malloc(headroom + length) };
	enum drop why;

	assert_non_null(s.block);
	memset(s.block, 0xee, headroom);
	memcpy(s.block + headroom, bytes, length);
	s.frame = (struct frame){ .data = s.block + headroom, .length = length, .headroom = headroom };
	if (offload)
		s.frame.offload = *offload;
	assert_true(packet_parse(&s.frame, &s.packet, &why));
	return s;
}

static size_t make(bool ipv6, uint8_t traffic_class, size_t payload, uint8_t *bytes)
{
	static const uint8_t data[2000] = { 'd', 'a', 't', 'a' };
	const struct wire_tcp tcp = {
		.ipv6 = ipv6,
		.source6 = 1,
		.destination6 = 3,
		.source4 = 0x0a000003,
		.destination4 = 0x0a00002a,
		.source_port = 33526,
		.destination_port = 80,
		.flags = TCP_ACK,
		.hop_limit = 57,
		.traffic_class = traffic_class,
		.data = data,
		.length = payload,
	};

	return wire_make(&tcp, bytes);
}

/** check_description() - the view describes what is in the frame now */
static void check_description(const struct subject *s)
{
	struct frame frame = s->frame;
	struct packet again;
	enum drop why;

	assert_true(packet_parse(&frame, &again, &why));
	assert_int_equal(frame.length, s->frame.length);
	assert_int_equal(again.is_ipv6, s->packet.is_ipv6);
	assert_int_equal(again.transport, s->packet.transport);
	assert_int_equal(again.length, s->packet.length);
	assert_int_equal(again.payload, s->packet.payload);
	assert_int_equal(again.payload_length, s->packet.payload_length);
	assert_int_equal(again.hop_limit, s->packet.hop_limit);
	assert_int_equal(again.traffic_class, s->packet.traffic_class);
	assert_int_equal(packet_address_sum(&again), packet_address_sum(&s->packet));
}

static void test_4to6(void **state)
{
	static const uint8_t header[40] = { 0x6b, 0x80, 0, 0, 0, 24, 6, 56, 0x20, 0x01, 0x0d, 0xb8, [23] = 3,
					    0x20, 0x01, 0x0d, 0xb8, [39] = 1 };
	uint8_t bytes[2100];
	size_t length = make(false, 0xb8, 4, bytes);
	/* exactly what it takes */
	struct subject s = subject_of(bytes, length, 20, NULL);

	(void)state;
	translate_4to6(&s.frame, &s.packet, &client6, &server6);
	assert_ptr_equal(s.frame.data, s.block);
	assert_int_equal(s.frame.headroom, 0);
	assert_int_equal(s.frame.length, length + 20);
	assert_memory_equal(s.frame.data, header, sizeof(header));
	assert_memory_equal(s.frame.data + 40, bytes + 20, length - 20);
	check_description(&s);
	free(s.block);
}

/** IPv4 options vanish; the transport part does not move. */
static void test_4to6_with_options(void **state)
{
	(void)state;
	for (size_t options = 4; options <= 40; options += 4) {
		uint8_t bytes[2100];
		size_t length = make(false, 0, 4, bytes);
		struct subject s;

		memmove(bytes + 20 + options, bytes + 20, length - 20);
		memset(bytes + 20, 1, options);
		bytes[0] = (uint8_t)(0x45 + options / 4);
		length += options;
		wire_seal(bytes, length);
		s = subject_of(bytes, length, 64, NULL);
		translate_4to6(&s.frame, &s.packet, &client6, &server6);
		assert_int_equal(s.frame.length, 40 + 24);
		assert_ptr_equal(s.frame.data, s.block + 64 + 20 + options - 40);
		assert_int_equal(s.frame.headroom, 64 + 20 + options - 40);
		assert_memory_equal(s.frame.data + 40, bytes + 20 + options, 24);
		check_description(&s);
		free(s.block);
	}
}

/** RFC 7915 5.1: up to 1260 bytes DF clear with an identification, longer ones DF set and none. */
static void test_6to4_df_and_identification(void **state)
{
	static const struct {
		size_t length;
		bool dont_fragment;
	} cases[] = { { 40, false }, { 1259, false }, { 1260, false }, { 1261, true }, { 1480, true } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[2100];
		size_t length = make(true, 0x2e, cases[i].length - 40, bytes);
		struct subject s = subject_of(bytes, length, 0, NULL);

		translate_6to4(&s.frame, &s.packet, 0x0a00002a, 0x0a000003, 0xabcd);
		assert_int_equal(s.frame.length, cases[i].length);
		assert_int_equal(s.frame.headroom, 20);
		assert_int_equal(s.packet.dont_fragment, cases[i].dont_fragment);
		assert_int_equal(wire_u16(s.frame.data, 6), cases[i].dont_fragment ? 0x4000 : 0);
		assert_int_equal(wire_u16(s.frame.data, 4), cases[i].dont_fragment ? 0 : 0xabcd);
		assert_null(wire_error(s.frame.data, s.frame.length, false));
		assert_int_equal(s.frame.data[1], 0x2e);
		assert_int_equal(s.frame.data[8], 56);
		assert_int_equal(wire_u32(s.frame.data, 12), 0x0a00002a);
		assert_int_equal(wire_u32(s.frame.data, 16), 0x0a000003);
		assert_memory_equal(s.frame.data + 20, bytes + 40, length - 40);
		check_description(&s);
		free(s.block);
	}
}

static void test_6to4_with_extension_headers(void **state)
{
	uint8_t bytes[2100];
	size_t length = make(true, 0, 4, bytes);
	struct subject s;

	(void)state;
	memmove(bytes + 56, bytes + 40, length - 40);
	memcpy(bytes + 40, "\x3c\0\1\4\0\0\0\0\6\0\1\4\0\0\0\0", 16);
	bytes[6] = 0;
	length += 16;
	wire_put16(bytes, 4, (uint32_t)length - 40);
	s = subject_of(bytes, length, 0, NULL);
	translate_6to4(&s.frame, &s.packet, 0x0a00002a, 0x0a000003, 1);
	assert_int_equal(s.frame.length, 44);
	assert_int_equal(s.frame.data[9], IP_PROTOCOL_TCP);
	assert_memory_equal(s.frame.data + 20, bytes + 56, 24);
	check_description(&s);
	free(s.block);
}

/** The flow label is 0 and the traffic class is the type of service, for every value (RFC 7915 4.1, 5.1). */
static void test_traffic_class(void **state)
{
	(void)state;
	for (unsigned int value = 0; value < 256; value++) {
		uint8_t bytes[2100];
		size_t length = make(false, (uint8_t)value, 4, bytes);
		struct subject s = subject_of(bytes, length, 64, NULL);

		translate_4to6(&s.frame, &s.packet, &client6, &server6);
		assert_int_equal(wire_u32(s.frame.data, 0), 0x60000000 + value * 0x100000);
		translate_6to4(&s.frame, &s.packet, 0x0a00002a, 0x0a000003, 1);
		assert_int_equal(s.frame.data[1], value);
		assert_int_equal(s.frame.data[8], 55);
		free(s.block);
	}
}

/** io-and-speed.md 3.3: the family of the segmentation and the start of the checksum follow; the rest stays. */
static void test_offload_follows(void **state)
{
	static const struct offload partial = { GSO_NONE, false, true, 0, 20, 16 };
	static const struct offload super = { GSO_TCP4, true, true, 1400, 20, 16 };
	static const struct offload *const cases[] = { &partial, &super };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t bytes[2100];
		size_t length = make(false, 0, 1800, bytes);
		struct subject s = subject_of(bytes, length, 64, cases[i]);
		const struct offload *o = &s.frame.offload;

		translate_4to6(&s.frame, &s.packet, &client6, &server6);
		assert_int_equal(o->gso, i ? GSO_TCP6 : GSO_NONE);
		assert_int_equal(o->csum_start, 40);
		assert_int_equal(o->csum_offset, 16);
		assert_int_equal(o->segment_size, cases[i]->segment_size);
		assert_int_equal(o->gso_ecn, cases[i]->gso_ecn);
		assert_true(o->partial);
		translate_6to4(&s.frame, &s.packet, 0x0a000003, 0x0a00002a, 1);
		assert_memory_equal(o, cases[i], sizeof(*o));
		free(s.block);
	}
}

static void test_no_offload_stays_none(void **state)
{
	static const struct offload none;
	uint8_t bytes[2100];
	size_t length = make(false, 0, 4, bytes);
	struct subject s = subject_of(bytes, length, 64, NULL);

	(void)state;
	translate_4to6(&s.frame, &s.packet, &client6, &server6);
	assert_memory_equal(&s.frame.offload, &none, sizeof(none));
	free(s.block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_4to6),
		cmocka_unit_test(test_4to6_with_options),
		cmocka_unit_test(test_6to4_df_and_identification),
		cmocka_unit_test(test_6to4_with_extension_headers),
		cmocka_unit_test(test_traffic_class),
		cmocka_unit_test(test_offload_follows),
		cmocka_unit_test(test_no_offload_stays_none),
	};

	return cmocka_run_group_tests_name("translate", tests, NULL, NULL);
}

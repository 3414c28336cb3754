/* SPDX-License-Identifier: ISC */
/* test_vnet_header.c - the virtio-net header: every row of the offload table, and what must be refused */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/network/vnet_header.h"
#include "nat46/checksum.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* A header as the kernel writes it: flags, type, hdr_len, gso_size, csum_start, csum_offset. */
#define BYTES(flags, type, hdr_len, size, start, offset) \
	{ \
		flags, type, (hdr_len)&0xff, (hdr_len) >> 8, (size)&0xff, (size) >> 8, (start)&0xff, \
			(start) >> 8, (offset)&0xff, (offset) >> 8 \
	}

struct decode_row {
	const char *what;
	uint8_t header[VNET_HEADER_LENGTH];
	size_t length;
	bool good;
	struct offload offload;
};

static const struct decode_row decode_rows[] = {
	{ "complete", BYTES(0, 0, 0, 0, 0, 0), 40, true, { .gso = GSO_NONE } },
	{ "complete, checked by the device", BYTES(2, 0, 0, 0, 0, 0), 40, true, { .gso = GSO_NONE } },
	{ "complete, stale fields", BYTES(0, 0, 54, 1448, 20, 16), 40, true, { .gso = GSO_NONE } },
	{ "partial TCP over IPv4",
	  BYTES(1, 0, 0, 0, 20, 16),
	  40,
	  true,
	  { .partial = true, .csum_start = 20, .csum_offset = 16 } },
	{ "partial UDP over IPv6",
	  BYTES(1, 0, 0, 0, 40, 6),
	  48,
	  true,
	  { .partial = true, .csum_start = 40, .csum_offset = 6 } },
	{ "super-packet, TCP over IPv4",
	  BYTES(1, 1, 9999, 1448, 20, 16),
	  60000,
	  true,
	  { .gso = GSO_TCP4, .segment_size = 1448, .partial = true, .csum_start = 20, .csum_offset = 16 } },
	{ "super-packet, TCP over IPv6 with ECN",
	  BYTES(1, 0x84, 60, 1428, 40, 16),
	  60000,
	  true,
	  { .gso = GSO_TCP6,
	    .gso_ecn = true,
	    .segment_size = 1428,
	    .partial = true,
	    .csum_start = 40,
	    .csum_offset = 16 } },
	{ "super-packet with a complete checksum",
	  BYTES(0, 1, 40, 1448, 0, 0),
	  60000,
	  true,
	  { .gso = GSO_TCP4, .segment_size = 1448 } },
	{ "super-packet, UDP",
	  BYTES(1, 5, 28, 1000, 20, 6),
	  20038,
	  true,
	  { .gso = GSO_UDP, .segment_size = 1000, .partial = true, .csum_start = 20, .csum_offset = 6 } },
	{ "checksum field is the last that fits",
	  BYTES(1, 0, 0, 0, 20, 16),
	  38,
	  true,
	  { .partial = true, .csum_start = 20, .csum_offset = 16 } },
	{ "checksum field beyond the packet", BYTES(1, 0, 0, 0, 20, 16), 37, false, { 0 } },
	{ "checksum field far beyond the packet", BYTES(1, 0, 0, 0, 0xffff, 0xffff), 65535, false, { 0 } },
	{ "no bytes at all", BYTES(1, 0, 0, 0, 0, 0), 0, false, { 0 } },
	{ "TCP segments of no size", BYTES(1, 1, 0, 0, 20, 16), 60000, false, { 0 } },
	{ "UDP segments of no size", BYTES(1, 5, 0, 0, 20, 6), 60000, false, { 0 } },
	{ "UDP segments with a complete checksum", BYTES(0, 5, 0, 1000, 0, 0), 60000, false, { 0 } },
	{ "UDP segments with ECN", BYTES(1, 0x85, 0, 1000, 20, 6), 60000, false, { 0 } },
	{ "ECN without segments", BYTES(1, 0x80, 0, 0, 20, 16), 60, false, { 0 } },
	{ "UDP fragmentation", BYTES(1, 3, 0, 1000, 20, 6), 60000, false, { 0 } },
	{ "unknown type 2", BYTES(1, 2, 0, 1000, 20, 16), 60000, false, { 0 } },
	{ "unknown type 6", BYTES(1, 6, 0, 1000, 20, 16), 60000, false, { 0 } },
	{ "unknown ECN bit", BYTES(1, 0x11, 0, 1000, 20, 16), 60000, false, { 0 } },
	{ "tunnel", BYTES(1, 0x21, 0, 1000, 20, 16), 60000, false, { 0 } },
};

static void assert_offload(const struct offload *is, const struct offload *should)
{
	assert_int_equal(is->gso, should->gso);
	assert_int_equal(is->gso_ecn, should->gso_ecn);
	assert_int_equal(is->partial, should->partial);
	assert_int_equal(is->segment_size, should->segment_size);
	assert_int_equal(is->csum_start, should->csum_start);
	assert_int_equal(is->csum_offset, should->csum_offset);
}

static void test_decode(void **state)
{
	const struct offload untouched = { .gso = GSO_UDP, .segment_size = 4711, .csum_start = 1 };
	const struct decode_row *row;
	struct offload offload;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(decode_rows); i++) {
		row = &decode_rows[i];
		offload = untouched;
		if (vnet_header_decode(row->header, row->length, &offload) != row->good)
			fail_msg("%s: %s", row->what, row->good ? "refused" : "accepted");
		assert_offload(&offload, row->good ? &row->offload : &untouched);
	}
}

struct encode_row {
	const char *what;
	struct offload offload;
	uint8_t version;     /* first byte of the packet */
	uint8_t data_offset; /* byte 12 of the TCP header, */
	size_t transport;    /* which starts here */
	uint8_t header[VNET_HEADER_LENGTH];
};

static const struct encode_row encode_rows[] = {
	{ "complete", { .csum_start = 20 }, 0x45, 0x50, 20, BYTES(0, 0, 0, 0, 0, 0) },
	{ "partial TCP over IPv6",
	  { .partial = true, .csum_start = 40, .csum_offset = 16 },
	  0x60,
	  0x50,
	  40,
	  BYTES(1, 0, 0, 0, 40, 16) },
	{ "TCP over IPv4 with timestamps",
	  { .gso = GSO_TCP4, .segment_size = 1448, .partial = true, .csum_start = 20, .csum_offset = 16 },
	  0x45,
	  0x80,
	  20,
	  BYTES(1, 1, 52, 1448, 20, 16) },
	{ "TCP over IPv6 with ECN and all options",
	  { .gso = GSO_TCP6,
	    .gso_ecn = true,
	    .segment_size = 1428,
	    .partial = true,
	    .csum_start = 40,
	    .csum_offset = 16 },
	  0x60,
	  0xf0,
	  40,
	  BYTES(1, 0x84, 100, 1428, 40, 16) },
	{ "UDP over IPv6",
	  { .gso = GSO_UDP, .segment_size = 1000, .partial = true, .csum_start = 40, .csum_offset = 6 },
	  0x60,
	  0,
	  40,
	  BYTES(1, 5, 48, 1000, 40, 6) },
	{ "TCP over IPv4 with options, complete",
	  { .gso = GSO_TCP4, .segment_size = 1448 },
	  0x47,
	  0x50,
	  28,
	  BYTES(0, 1, 48, 1448, 0, 0) },
	{ "TCP over IPv6, complete",
	  { .gso = GSO_TCP6, .segment_size = 1428 },
	  0x60,
	  0x50,
	  40,
	  BYTES(0, 4, 60, 1428, 0, 0) },
};

static void test_encode(void **state)
{
	uint8_t packet[128], header[VNET_HEADER_LENGTH];
	const struct encode_row *row;
	struct frame frame;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(encode_rows); i++) {
		row = &encode_rows[i];
		memset(packet, 0, sizeof(packet));
		memset(header, 0xaa, sizeof(header));
		packet[0] = row->version;
		packet[row->transport + 12] = row->data_offset;
		frame = (struct frame){ .data = packet, .length = sizeof(packet), .offload = row->offload };
		vnet_header_encode(&frame, header);
		if (memcmp(header, row->header, sizeof(header)) != 0)
			fail_msg("%s: wrong header", row->what);
	}
}

/* What is decoded is encoded again as it was, but for hdr_len and fields without meaning. */
static void test_round_trip(void **state)
{
	static const uint8_t header[VNET_HEADER_LENGTH] = BYTES(1, 0x81, 40, 1448, 20, 16);
	uint8_t packet[60] = { 0x45 }, again[VNET_HEADER_LENGTH];
	struct frame frame = { .data = packet, .length = sizeof(packet) };

	(void)state;
	packet[32] = 0x50;
	assert_true(vnet_header_decode(header, sizeof(packet), &frame.offload));
	vnet_header_encode(&frame, again);
	assert_memory_equal(header, again, sizeof(header));
}

/* A UDP datagram over IPv4 whose checksum field holds the pseudo header only. */
static void make_datagram(uint8_t *packet, size_t length)
{
	uint16_t pseudo = checksum_fold(checksum_pseudo4(0xc0000201, 0xc0000202, 17, length - 20));
	size_t i;

	memset(packet, 0, length);
	packet[0] = 0x45;
	for (i = 28; i < length; i++)
		packet[i] = (uint8_t)(i * 7);
	packet[26] = (uint8_t)(pseudo >> 8);
	packet[27] = (uint8_t)pseudo;
}

static void test_complete(void **state)
{
	uint8_t packet[61];
	struct frame frame;
	size_t length;

	(void)state;
	for (length = 28; length <= sizeof(packet); length++) {
		make_datagram(packet, length);
		frame = (struct frame){ .data = packet, .length = length };
		frame.offload = (struct offload){ .partial = true, .csum_start = 20, .csum_offset = 6 };
		vnet_complete_checksum(&frame);
		assert_false(frame.offload.partial);
		assert_int_equal(checksum_finish(checksum_pseudo4(0xc0000201, 0xc0000202, 17, length - 20) +
						 checksum_sum(packet + 20, length - 20)),
				 0);
	}
}

/* A computed zero is sent as 0xffff by UDP and as zero by TCP. */
static void test_complete_zero(void **state)
{
	uint8_t packet[40] = { 0x45 };
	struct frame frame = { .data = packet, .length = sizeof(packet) };

	(void)state;
	packet[26] = packet[27] = 0xff;
	frame.offload = (struct offload){ .partial = true, .csum_start = 20, .csum_offset = 6 };
	vnet_complete_checksum(&frame);
	assert_int_equal(packet[26] << 8 | packet[27], 0xffff);
	packet[26] = packet[27] = 0;
	packet[36] = packet[37] = 0xff;
	frame.offload = (struct offload){ .partial = true, .csum_start = 20, .csum_offset = 16 };
	vnet_complete_checksum(&frame);
	assert_int_equal(packet[36] << 8 | packet[37], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_complete_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_packet.c - what packet_parse() proves, reads, and refuses
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/packet.h"
#include "wire.h"

/** struct parsed - result of one packet_parse() */
struct parsed {
	bool ok;
	enum drop why;
	struct packet packet;
	size_t length;
	struct offload offload;
	uint8_t bytes[512];
};

/** parse() - parse a copy of exact size, so that a sanitizer sees a read behind it */
static struct parsed parse(const uint8_t *bytes, size_t length, const struct offload *offload)
{
	uint8_t *copy = malloc(length ? length : 1);
	struct frame frame = { .data = copy, .length = length };
	struct parsed result = { .why = DROP_COUNT };

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	if (offload)
		frame.offload = *offload;
	result.ok = packet_parse(&frame, &result.packet, &result.why);
	result.length = frame.length;
	result.offload = frame.offload;
	memcpy(result.bytes, copy, length < sizeof(result.bytes) ? length : sizeof(result.bytes));
	free(copy);
	return result;
}

static const uint8_t options[] = { 2, 4, 5, 180, 1, 3, 3, 7 };

static size_t make_tcp(bool ipv6, uint8_t *bytes)
{
	const struct wire_tcp tcp = {
		.ipv6 = ipv6,
		.source6 = 1,
		.destination6 = 3,
		.source4 = 0x0a000003,
		.destination4 = 0x0a00002a,
		.source_port = 33526,
		.destination_port = 80,
		.seq = 0x12345678,
		.ack = 0x9abcdef0,
		.flags = TCP_PSH | TCP_ACK,
		.hop_limit = 57,
		.traffic_class = 0xb8,
		.window = 502,
		.options = options,
		.options_length = sizeof(options),
		.data = "payload",
		.length = 7,
	};

	return wire_make(&tcp, bytes);
}

/** insert() - put @count bytes into a packet at @at; returns the new length; nothing is sealed */
static size_t insert(uint8_t *bytes, size_t length, size_t at, const uint8_t *what, size_t count)
{
	memmove(bytes + at + count, bytes + at, length - at);
	memcpy(bytes + at, what, count);
	return length + count;
}

static void seal4_header(uint8_t *bytes)
{
	size_t header = (bytes[0] & 15u) * 4;
	uint32_t sum = 0;

	wire_put16(bytes, 10, 0);
	for (size_t i = 0; i < header; i += 2)
		sum += wire_u16(bytes, i);
	wire_put16(bytes, 10, 0xffff - (sum % 65536 + sum / 65536));
}

static void check_tcp(const struct packet *p)
{
	assert_int_equal(p->protocol, IP_PROTOCOL_TCP);
	assert_int_equal(p->hop_limit, 57);
	assert_int_equal(p->traffic_class, 0xb8);
	assert_false(p->is_fragment);
	assert_int_equal(p->source_port, 33526);
	assert_int_equal(p->destination_port, 80);
	assert_int_equal(p->seq, 0x12345678);
	assert_int_equal(p->ack, 0x9abcdef0);
	assert_int_equal(p->flags, TCP_PSH | TCP_ACK);
	assert_int_equal(p->window, 502);
	assert_int_equal(p->payload, p->transport + 28);
	assert_int_equal(p->payload_length, 7);
}

static void test_tcp4(void **state)
{
	uint8_t bytes[256] = { 0 };
	struct parsed r = parse(bytes, make_tcp(false, bytes), NULL);

	(void)state;
	assert_true(r.ok);
	check_tcp(&r.packet);
	assert_false(r.packet.is_ipv6);
	assert_true(r.packet.dont_fragment);
	assert_int_equal(r.packet.source4, 0x0a000003);
	assert_int_equal(r.packet.destination4, 0x0a00002a);
	assert_int_equal(r.packet.transport, 20);
	assert_int_equal(r.packet.length, 55);
}

static void test_tcp6(void **state)
{
	uint8_t bytes[256] = { 0 };
	struct parsed r = parse(bytes, make_tcp(true, bytes), NULL);

	(void)state;
	assert_true(r.ok);
	check_tcp(&r.packet);
	assert_true(r.packet.is_ipv6);
	assert_int_equal(r.packet.source6.byte[15], 1);
	assert_int_equal(r.packet.destination6.byte[15], 3);
	assert_int_equal(r.packet.transport, 40);
	assert_int_equal(r.packet.length, 75);
}

/** Cut short on the wire: the IP length says more than is there. */
static void test_every_truncation(void **state)
{
	(void)state;
	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		uint8_t bytes[256];
		size_t length = make_tcp(ipv6, bytes);

		for (size_t n = 0; n < length; n++) {
			struct parsed r = parse(bytes, n, NULL);

			assert_false(r.ok);
			assert_int_equal(r.why, DROP_TRUNCATED);
		}
	}
}

/** Cut short by the sender: the IP length fits, but the transport header does not. */
static void test_every_short_transport(void **state)
{
	(void)state;
	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		uint8_t bytes[256];
		size_t length = make_tcp(ipv6, bytes), header = ipv6 ? 40 : 20;

		for (size_t n = header; n < length; n++) {
			struct parsed r;

			if (ipv6)
				wire_put16(bytes, 4, (uint32_t)(n - header));
			else
				wire_put16(bytes, 2, (uint32_t)n);
			if (!ipv6)
				seal4_header(bytes);
			r = parse(bytes, n, NULL);
			assert_int_equal(r.ok, n >= header + 28);
			if (r.ok)
				assert_int_equal(r.packet.payload_length, n - header - 28);
			else
				assert_int_equal(r.why, DROP_BAD_HEADER);
		}
	}
}

static void test_padding_is_cut_off(void **state)
{
	uint8_t bytes[256] = { 0 };
	size_t length = make_tcp(false, bytes);
	struct parsed r;

	(void)state;
	memset(bytes + length, 0xee, 6);
	r = parse(bytes, length + 6, NULL);
	assert_true(r.ok);
	assert_int_equal(r.length, length);
	assert_int_equal(r.packet.payload_length, 7);
}

static void test_version(void **state)
{
	(void)state;
	for (unsigned int version = 0; version < 16; version++) {
		uint8_t bytes[256];
		size_t length = make_tcp(version == 6, bytes);
		struct parsed r;

		bytes[0] = (uint8_t)(version << 4 | (version == 6 ? 0 : 5));
		r = parse(bytes, length, NULL);
		assert_int_equal(r.ok, version == 4 || version == 6);
		if (!r.ok)
			assert_int_equal(r.why, DROP_BAD_VERSION);
	}
}

/** Every header length: those with options are read behind the options; shorter ones are impossible. */
static void test_ipv4_header_lengths(void **state)
{
	(void)state;
	for (unsigned int words = 0; words < 16; words++) {
		uint8_t bytes[256];
		size_t length = make_tcp(false, bytes);
		size_t added = words > 5 ? (words - 5) * 4 : 0;
		const uint8_t record_route[40] = { 7, (uint8_t)(added - 1), 4 };
		struct parsed r;

		length = insert(bytes, length, 20, record_route, added);
		bytes[0] = (uint8_t)(0x40 | words);
		wire_put16(bytes, 2, (uint32_t)length);
		seal4_header(bytes);
		r = parse(bytes, length, NULL);
		assert_int_equal(r.ok, words >= 5);
		if (!r.ok)
			continue;
		check_tcp(&r.packet);
		assert_int_equal(r.packet.transport, words * 4);
	}
}

/** struct option_case - an area of IPv4 options, and what is made of it */
struct option_case {
	uint8_t bytes[40];
	size_t count;
	bool ok;
	bool source_route;
};

static const struct option_case option_cases[] = {
	{ { 1, 1, 1, 0 }, 4, true, false },
	{ { 0, 131, 7, 4 }, 4, true, false },		/* the list ends before it */
	{ { 131, 7, 4, 10, 0, 0, 9, 0 }, 8, true, true },
	{ { 137, 7, 4, 10, 0, 0, 9, 0 }, 8, true, true },
	{ { 131, 7, 7, 10, 0, 0, 9, 0 }, 8, true, true },	/* the rest of an address is still there */
	{ { 131, 7, 8, 10, 0, 0, 9, 0 }, 8, true, false },	/* used up */
	{ { 137, 7, 255, 10, 0, 0, 9, 0 }, 8, true, false },
	{ { 131, 3, 4, 1 }, 4, true, false },		/* of no address */
	{ { 1, 137, 7, 4, 10, 0, 0, 9 }, 8, true, true },
	{ { 7, 7, 4, 0, 0, 0, 0, 137, 11, 8, 10, 0, 0, 9, 10, 0, 0, 8, 0, 0 }, 20, true, true },
	{ { 131, 7, 4, 10, 0, 0, 9, 137, 7, 8, 10, 0, 0, 9, 0, 0 }, 16, true, true },
	{ { 68, 4, 5, 0, 131, 7, 8, 10, 0, 0, 9, 0 }, 12, true, false },
	{ { 131, 39, 36, [38] = 9 }, 40, true, true },
	{ { 131, 7, 3, 10, 0, 0, 9, 0 }, 8, false, false },	/* points to itself */
	{ { 131, 2, 1, 1 }, 4, false, false },		/* without a pointer */
	{ { 148, 0, 0, 0 }, 4, false, false },
	{ { 148, 1, 0, 0 }, 4, false, false },
	{ { 148, 5, 0, 0 }, 4, false, false },		/* beyond the header */
	{ { 131, 255, 4, 0 }, 4, false, false },
	{ { 1, 1, 1, 131 }, 4, false, false },		/* ends with the header */
};

static void test_ipv4_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(option_cases) / sizeof(option_cases[0]); i++) {
		const struct option_case *c = &option_cases[i];
		uint8_t bytes[256];
		size_t length = insert(bytes, make_tcp(false, bytes), 20, c->bytes, c->count);
		struct parsed r;

		bytes[0] = (uint8_t)(0x45 + c->count / 4);
		wire_put16(bytes, 2, (uint32_t)length);
		seal4_header(bytes);
		r = parse(bytes, length, NULL);
		if (r.ok != c->ok || r.packet.source_route != c->source_route)
			fail_msg("case %zu: parsed %d, source route %d", i, r.ok, r.packet.source_route);
		if (r.ok)
			check_tcp(&r.packet);
		else
			assert_int_equal(r.why, DROP_BAD_HEADER);
	}
}

static void test_ipv4_header_checksum(void **state)
{
	uint8_t bytes[256] = { 0 };
	size_t length = make_tcp(false, bytes);
	struct parsed r;

	(void)state;
	bytes[8]--;
	r = parse(bytes, length, NULL);
	assert_false(r.ok);
	assert_int_equal(r.why, DROP_BAD_HEADER);
}

static void test_ipv4_total_length_below_header(void **state)
{
	uint8_t bytes[256] = { 0 };
	size_t length = make_tcp(false, bytes);

	(void)state;
	wire_put16(bytes, 2, 19);
	seal4_header(bytes);
	assert_false(parse(bytes, length, NULL).ok);
}

/** Of fragments no transport field may be read: behind the first one there are none. */
static void test_ipv4_fragments(void **state)
{
	static const struct {
		uint16_t field;
		bool is_fragment;
		bool dont_fragment;
	} cases[] = {
		{ 0x0000, false, false }, { 0x4000, false, true }, { 0x8000, false, false }, { 0x2000, true, false },
		{ 0x0001, true, false },  { 0x1ff0, true, false }, { 0x6000, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[256];
		size_t length = make_tcp(false, bytes);
		struct parsed r;

		wire_put16(bytes, 6, cases[i].field);
		/* all parts but the last end at a multiple of 8 bytes */
		if (cases[i].field & 0x2000)
			wire_put16(bytes, 2, 20 + 32);
		seal4_header(bytes);
		r = parse(bytes, length, NULL);
		assert_true(r.ok);
		assert_int_equal(r.packet.is_fragment, cases[i].is_fragment);
		assert_int_equal(r.packet.dont_fragment, cases[i].dont_fragment);
		assert_int_equal(r.packet.source_port, cases[i].is_fragment ? 0 : 33526);
		assert_int_equal(r.packet.seq, cases[i].is_fragment ? 0 : 0x12345678);
	}
}

/** struct chain - extension headers in front of TCP, and what becomes of the packet */
struct chain {
	uint8_t first;
	uint8_t count;
	uint8_t bytes[48];
	bool ok;
	bool is_fragment;
};

static const struct chain chains[] = {
	{ 0, 8, { 6, 0, 1, 4 }, true, false },			      /* hop-by-hop */
	{ 60, 8, { 6, 0, 1, 4 }, true, false },			      /* destination options */
	{ 60, 16, { 6, 1, 1, 12 }, true, false },		      /* of 16 bytes */
	{ 43, 8, { 6, 0, 0, 0 }, true, false },			      /* routing, no segments left */
	{ 0, 24, { 60, 0, 1, 4, 0, 0, 0, 0, 43, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 0 }, true, false },
	{ 44, 8, { 6, 0, 0, 8 }, true, true },			      /* fragment */
	{ 44, 8, { 6, 0, 0, 0 }, true, false },			      /* atomic fragment */
	{ 44, 16, { 44, 0, 0, 0, 0, 0, 0, 0, 6 }, false, false },      /* two fragment headers */
	{ 0, 16, { 44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 8 }, true, true },
	{ 0, 8, { 6, 255, 1, 4 }, false, false },		      /* longer than the packet */
	{ 60, 8, { 6, 4, 1, 4 }, false, false },		      /* TCP begins at the end of the packet */
};

static void test_ipv6_extension_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		uint8_t bytes[256];
		size_t length = make_tcp(true, bytes);
		struct parsed r;

		length = insert(bytes, length, 40, chains[i].bytes, chains[i].count);
		bytes[6] = chains[i].first;
		wire_put16(bytes, 4, (uint32_t)length - 40);
		r = parse(bytes, length, NULL);
		assert_int_equal(r.ok, chains[i].ok);
		if (!r.ok) {
			assert_int_equal(r.why, DROP_BAD_HEADER);
			continue;
		}
		assert_int_equal(r.packet.is_fragment, chains[i].is_fragment);
		if (chains[i].is_fragment) {
			assert_int_equal(r.packet.source_port, 0);
			continue;
		}
		check_tcp(&r.packet);
		assert_int_equal(r.packet.transport, 40 + chains[i].count);
	}
}

/** Where a routing header is not used up, nobody but its sender knows where the packet is to go (RFC 7915 5.1). */
static void test_ipv6_segments_left(void **state)
{
	static const uint8_t header[8] = { 6, 0, 0, 1 };
	uint8_t bytes[256];
	size_t length = make_tcp(true, bytes);
	struct parsed r;

	(void)state;
	length = insert(bytes, length, 40, header, sizeof(header));
	bytes[6] = 43;
	wire_put16(bytes, 4, (uint32_t)length - 40);
	r = parse(bytes, length, NULL);
	assert_true(r.ok);
	assert_int_equal(r.packet.segments_left, 43);
	assert_int_equal(r.packet.protocol, 43);
	assert_int_equal(r.packet.source_port, 0);
}

/** struct part - a part of a fragmented packet of 35 bytes of payload, and what is read of it */
struct part {
	uint16_t field;
	bool ok;
	uint16_t offset;
	bool more;
};

static void check_part(bool is_ipv6, const struct part *part)
{
	uint8_t bytes[256], header[8] = { 6, 0, (uint8_t)(part->field >> 8), (uint8_t)part->field, 1, 2, 3, 4 };
	size_t length = make_tcp(is_ipv6, bytes);
	struct parsed r;

	if (is_ipv6) {
		length = insert(bytes, length, 40, header, sizeof(header));
		bytes[6] = 44;
		wire_put16(bytes, 4, (uint32_t)length - 40);
	} else {
		wire_put16(bytes, 4, 0x0304);
		wire_put16(bytes, 6, (uint32_t)(part->field >> 3 | (part->field & 1) << 13));
		seal4_header(bytes);
	}
	r = parse(bytes, length, NULL);
	assert_int_equal(r.ok, part->ok);
	if (!part->ok)
		return;
	assert_true(r.packet.is_fragment);
	assert_int_equal(r.packet.has_fragment_header, is_ipv6);
	assert_int_equal(r.packet.fragment_offset, part->offset);
	assert_int_equal(r.packet.more_fragments, part->more);
	assert_int_equal(r.packet.identification, is_ipv6 ? 0x01020304 : 0x0304);
}

static void test_fragment_fields(void **state)
{
	/* fields as in IPv6; 35 bytes can only be the last part, and none ends behind 65,535 */
	static const struct part parts[] = {
		{ 0x0001, false, 0, true }, { 0x0008, true, 8, false }, { 0x0009, false, 8, true },
		{ 0xffd8, true, 65496, false }, { 0xffe0, false, 65504, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		check_part(false, &parts[i]);
		check_part(true, &parts[i]);
	}
}

/** An endless chain of extension headers ends with the packet. */
static void test_ipv6_long_chain(void **state)
{
	uint8_t bytes[512] = { 0 };
	struct parsed r;

	(void)state;
	make_tcp(true, bytes);
	bytes[6] = 60;
	for (size_t at = 40; at < sizeof(bytes); at += 8)
		memcpy(bytes + at, "\x3c\0\1\4\0\0\0\0", 8);
	wire_put16(bytes, 4, sizeof(bytes) - 40);
	r = parse(bytes, sizeof(bytes), NULL);
	assert_false(r.ok);
	assert_int_equal(r.why, DROP_BAD_HEADER);
}

static void test_tcp_header_lengths(void **state)
{
	(void)state;
	for (unsigned int words = 0; words < 16; words++) {
		uint8_t bytes[256];
		size_t length = make_tcp(false, bytes);
		struct parsed r;

		bytes[32] = (uint8_t)(words << 4);
		r = parse(bytes, length, NULL);
		/* 35 bytes of segment: 5 to 8 words */
		assert_int_equal(r.ok, words >= 5 && words <= 8);
		if (r.ok)
			assert_int_equal(r.packet.payload_length, 35 - 4 * words);
		else
			assert_int_equal(r.why, DROP_BAD_HEADER);
	}
}

static void test_other_protocols(void **state)
{
	static const struct {
		uint8_t protocol;
		size_t shortest;
	} cases[] = { { IP_PROTOCOL_UDP, 8 }, { IP_PROTOCOL_ICMP, 8 }, { IP_PROTOCOL_ICMPV6, 8 }, { 47, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t n = 0; n < 10; n++) {
			uint8_t bytes[256];
			struct parsed r;

			make_tcp(true, bytes);
			bytes[6] = cases[i].protocol;
			wire_put16(bytes, 4, (uint32_t)n);
			r = parse(bytes, 40 + n, NULL);
			assert_int_equal(r.ok, n >= cases[i].shortest);
			if (r.ok && cases[i].protocol == IP_PROTOCOL_UDP)
				assert_int_equal(r.packet.destination_port, 80);
			if (r.ok && cases[i].protocol == IP_PROTOCOL_ICMPV6)
				assert_int_equal(r.packet.icmp_type << 8 | r.packet.icmp_code, 33526);
		}
	}
}

static const struct offload_case {
	const char *name;
	bool ipv6;
	uint8_t protocol;
	struct offload offload;
	bool ok;
} offloads[] = {
	{ "none", false, 6, { 0 }, true },
	{ "partial", false, 6, { .partial = true, .csum_start = 20, .csum_offset = 16 }, true },
	{ "partial in IPv6", true, 6, { .partial = true, .csum_start = 40, .csum_offset = 16 }, true },
	{ "start of the other family", false, 6, { .partial = true, .csum_start = 40, .csum_offset = 16 }, false },
	{ "start one off", false, 6, { .partial = true, .csum_start = 21, .csum_offset = 16 }, false },
	{ "offset of UDP", false, 6, { .partial = true, .csum_start = 20, .csum_offset = 6 }, false },
	{ "UDP with offset of TCP", false, 17, { .partial = true, .csum_start = 20, .csum_offset = 16 }, false },
	{ "UDP", false, 17, { .partial = true, .csum_start = 20, .csum_offset = 6 }, true },
	{ "partial ICMP", false, 1, { .partial = true, .csum_start = 20, .csum_offset = 2 }, false },
	{ "TCP4", false, 6, { GSO_TCP4, false, true, 1400, 20, 16 }, true },
	{ "TCP4 with ECN", false, 6, { GSO_TCP4, true, true, 1400, 20, 16 }, true },
	{ "TCP4 of IPv6", true, 6, { GSO_TCP4, false, true, 1400, 40, 16 }, false },
	{ "TCP6", true, 6, { GSO_TCP6, false, true, 1400, 40, 16 }, true },
	{ "TCP6 of IPv4", false, 6, { GSO_TCP6, false, true, 1400, 20, 16 }, false },
	{ "segment size 0", false, 6, { GSO_TCP4, false, true, 0, 20, 16 }, false },
	{ "TCP4 with wrong start", false, 6, { GSO_TCP4, false, true, 1400, 24, 16 }, false },
	{ "UDP segments", false, 17, { GSO_UDP, false, true, 1200, 20, 6 }, true },
	{ "UDP segments, complete checksum", false, 17, { GSO_UDP, false, false, 1200, 0, 0 }, false },
	{ "UDP segments of TCP", false, 6, { GSO_UDP, false, true, 1200, 20, 16 }, false },
	{ "TCP4 of UDP", false, 17, { GSO_TCP4, false, true, 1200, 20, 6 }, false },
	{ "unknown kind", false, 6, { (enum gso)3, false, true, 1400, 20, 16 }, false },
};

static void test_offload(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(offloads) / sizeof(offloads[0]); i++) {
		uint8_t bytes[256];
		size_t length = make_tcp(offloads[i].ipv6, bytes);
		struct parsed r;

		bytes[offloads[i].ipv6 ? 6 : 9] = offloads[i].protocol;
		if (!offloads[i].ipv6)
			seal4_header(bytes);
		r = parse(bytes, length, &offloads[i].offload);
		if (r.ok != offloads[i].ok)
			fail_msg("%s: %s", offloads[i].name, r.ok ? "accepted" : "refused");
		if (!r.ok)
			assert_int_equal(r.why, DROP_BAD_OFFLOAD);
	}
}

/** Fragments are never segmented or summed by the kernel afterwards. */
static void test_offload_of_fragment(void **state)
{
	const struct offload partial = { .partial = true, .csum_start = 20, .csum_offset = 16 };
	uint8_t bytes[256] = { 0 };
	size_t length = make_tcp(false, bytes);
	struct parsed r;

	(void)state;
	wire_put16(bytes, 6, 0x0001);
	seal4_header(bytes);
	r = parse(bytes, length, &partial);
	assert_false(r.ok);
	assert_int_equal(r.why, DROP_BAD_OFFLOAD);
}

/** Abnormal but harmless: a super-packet with a complete checksum gets a partial one. */
static void test_super_packet_without_partial(void **state)
{
	(void)state;
	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		const struct offload offload = { .gso = ipv6 ? GSO_TCP6 : GSO_TCP4, .segment_size = 4 };
		uint8_t bytes[256];
		size_t length = make_tcp(ipv6, bytes);
		struct parsed r = parse(bytes, length, &offload);

		assert_true(r.ok);
		assert_true(r.offload.partial);
		assert_int_equal(r.offload.csum_start, ipv6 ? 40 : 20);
		assert_int_equal(r.offload.csum_offset, 16);
		assert_true(wire_is_sound(r.bytes, length, true));
	}
}

static void test_checksum_ok(void **state)
{
	(void)state;
	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		for (int protocol = 0; protocol < 3; protocol++) {
			static const uint8_t protocols[2][3] = { { 6, 17, 1 }, { 6, 17, 58 } };
			uint8_t bytes[256];
			size_t length = make_tcp(ipv6, bytes);
			struct frame frame = { .data = bytes, .length = length };
			struct packet packet;
			enum drop why;

			bytes[ipv6 ? 6 : 9] = protocols[ipv6][protocol];
			wire_seal(bytes, length);
			assert_true(packet_parse(&frame, &packet, &why));
			assert_true(packet_checksum_ok(&frame, &packet));
			bytes[length - 1] ^= 0x10;
			assert_false(packet_checksum_ok(&frame, &packet));
			/* what never was on a wire cannot be damaged there */
			frame.offload.partial = true;
			assert_true(packet_checksum_ok(&frame, &packet));
		}
	}
}

/** A quote of 8 bytes of transport header suffices; the length fields in it are not believed. */
static void test_quoted(void **state)
{
	(void)state;
	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		uint8_t bytes[256];
		size_t length = make_tcp(ipv6, bytes), header = ipv6 ? 40 : 20;

		if (!ipv6)
			wire_put16(bytes, 10, 0xdead);
		wire_put16(bytes, ipv6 ? 4 : 2, 60000);
		for (size_t n = 0; n <= length; n++) {
			uint8_t *copy = malloc(n ? n : 1);
			struct packet packet;
			bool ok;

			assert_non_null(copy);
			memcpy(copy, bytes, n);
			ok = packet_parse_quoted(cursor_over(copy, n), &packet);
			free(copy);
			assert_int_equal(ok, n >= header);
			if (!ok)
				continue;
			assert_int_equal(packet.payload_length, n - header);
			assert_int_equal(packet.source_port, n >= header + 8 ? 33526 : 0);
			assert_int_equal(packet.seq, n >= header + 8 ? 0x12345678 : 0);
			assert_int_equal(packet.length, ipv6 ? 60040 : 60000);
		}
	}
}

/** Ports are read where there are any. */
static void test_quoted_without_ports(void **state)
{
	uint8_t bytes[256] = { 0 };
	size_t length = make_tcp(false, bytes);
	struct packet packet;

	(void)state;
	wire_put16(bytes, 6, 0x0001);
	assert_true(packet_parse_quoted(cursor_over(bytes, length), &packet));
	assert_int_equal(packet.source_port, 0);
	wire_put16(bytes, 6, 0x2000);
	assert_true(packet_parse_quoted(cursor_over(bytes, length), &packet));
	assert_true(packet.is_fragment);
	assert_int_equal(packet.source_port, 33526);
	wire_put16(bytes, 6, 0);
	bytes[9] = IP_PROTOCOL_ICMP;
	assert_true(packet_parse_quoted(cursor_over(bytes, length), &packet));
	assert_int_equal(packet.source_port, 0);
	bytes[9] = IP_PROTOCOL_UDP;
	assert_true(packet_parse_quoted(cursor_over(bytes, length), &packet));
	assert_int_equal(packet.source_port, 33526);
}

static void test_quoted_refused(void **state)
{
	static const uint8_t unfinished[8] = { 6, 0, 0, 1 };
	uint8_t bytes[256] = { 0 };
	size_t length = make_tcp(false, bytes);
	struct packet packet;

	(void)state;
	bytes[0] = 0x44;
	assert_false(packet_parse_quoted(cursor_over(bytes, length), &packet));
	bytes[0] = 0x55;
	assert_false(packet_parse_quoted(cursor_over(bytes, length), &packet));
	length = insert(bytes, make_tcp(true, bytes), 40, unfinished, sizeof(unfinished));
	bytes[6] = 43;
	assert_false(packet_parse_quoted(cursor_over(bytes, length), &packet));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp4),
		cmocka_unit_test(test_tcp6),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_every_short_transport),
		cmocka_unit_test(test_padding_is_cut_off),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_ipv4_header_lengths),
		cmocka_unit_test(test_ipv4_options),
		cmocka_unit_test(test_ipv4_header_checksum),
		cmocka_unit_test(test_ipv4_total_length_below_header),
		cmocka_unit_test(test_ipv4_fragments),
		cmocka_unit_test(test_ipv6_extension_headers),
		cmocka_unit_test(test_ipv6_segments_left),
		cmocka_unit_test(test_fragment_fields),
		cmocka_unit_test(test_ipv6_long_chain),
		cmocka_unit_test(test_tcp_header_lengths),
		cmocka_unit_test(test_other_protocols),
		cmocka_unit_test(test_offload),
		cmocka_unit_test(test_offload_of_fragment),
		cmocka_unit_test(test_super_packet_without_partial),
		cmocka_unit_test(test_checksum_ok),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_quoted_without_ports),
		cmocka_unit_test(test_quoted_refused),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * fuzz_reassembly.c - any fragments in any order; what becomes whole is what was sent, and memory stays consistent
 *
 * An input is a sequence of orders of 8 bytes: what kind of fragment, of which datagram, offset, length, what a forger
 * changes, and how much later it comes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/wire.h"
#include "../unit/wire_fragment.h"
#include "core/table/reassembly.h"
#include "nat46/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t memory[1 << 18], bytes[WIRE_FRAGMENT_HEADERS + PARTS_MAX], whole[FRAME_MAX];

/** sent() - the datagram of which an order's fragment is a part; all are different, and no two chunks are alike */
static const uint8_t *sent(const uint8_t *order)
{
	static uint8_t pattern[PARTS_MAX + 512];

	for (size_t i = 0; pattern[1] == 0 && i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 3 + i / 256);
	return pattern + order[1] + 256 * (order[0] & 1);
}

/** may_be_forged() - of half of the datagrams */
static bool may_be_forged(const uint8_t *order)
{
	return order[1] & 16;
}

/** make() - write the fragment of an order; returns its length */
static size_t make(const uint8_t *order)
{
	struct wire_fragment fragment = {
		.ipv6 = order[0] & 1,
		.more = order[0] & 2,
		.options = order[0] & 4,
		.protocol = order[0] & 16 ? 17 : order[0] & 32 ? 60 : 6,
		.traffic_class = order[0] >> 6,
		.source = order[1] & 15,
		.identification = order[1] >> 4,
		.offset = wire_u16(order, 2) & 0xfff8,
		.length = wire_u16(order, 4),
	};
	size_t most = PARTS_MAX - fragment.offset < 65000 ? PARTS_MAX - fragment.offset : 65000;
	size_t length;

	if (fragment.length > most)
		fragment.length = most;
	if (fragment.more)
		fragment.length &= ~(size_t)7;
	fragment.data = sent(order) + fragment.offset;
	length = wire_fragment_make(&fragment, bytes);
	if (order[0] & 8 && may_be_forged(order))
		bytes[length - fragment.length / 2] ^= order[6];
	return length;
}

/** is_sent() - is the whole datagram, if nobody may forge it, what was sent; is its length right */
static bool is_sent(const uint8_t *order, size_t length)
{
	bool is_ipv6 = order[0] & 1;
	size_t header = is_ipv6 ? 40 : 20;
	bool is_tcp = whole[is_ipv6 ? 6 : 9] == 6;

	/* the header of a TCP segment may say anything */
	return (is_tcp || !wire_error(whole, length, false)) && whole[0] >> 4 == (is_ipv6 ? 6 : 4) &&
	       (may_be_forged(order) || memcmp(whole + header, sent(order), length - header) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reassembly reassembly;
	int64_t now = 0;

	NAT46_ASSERT(reassembly_memory(0) <= sizeof(memory));
	memset(memory, 0, sizeof(memory));
	reassembly_init(&reassembly, memory, 0, &(struct siphash_key){ { 1, 2 } });
	for (; size >= 8; data += 8, size -= 8) {
		struct frame frame = { .data = bytes, .length = make(data) };
		struct packet packet;
		enum drop why;
		size_t length;

		now += data[7] * INT64_C(20000000);
		if (!packet_parse(&frame, &packet, &why) || !packet.is_fragment)
			continue;
		if (reassembly_add(&reassembly, &frame, &packet, now, span_over(whole, sizeof(whole)), &length) ==
		    REASSEMBLY_COMPLETE)
			NAT46_ASSERT(is_sent(data, length));
		NAT46_ASSERT(!reassembly_check(&reassembly));
	}
	return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * vnet_header.c - the 10 bytes that the kernel puts in front of each packet on the TUN device
 */
#include <string.h>

#include "daemon/network/vnet_header.h"
#include "nat46/checksum.h"
#include "nat46/cursor.h"

#define FLAG_NEEDS_CSUM 0x01u
#define GSO_ECN 0x80u

#define OFFSET_FLAGS 0u
#define OFFSET_GSO_TYPE 1u
#define OFFSET_HDR_LEN 2u
#define OFFSET_GSO_SIZE 4u
#define OFFSET_CSUM_START 6u
#define OFFSET_CSUM_OFFSET 8u

#define IPV6_HEADER_LENGTH 40u
#define TCP_DATA_OFFSET 12u
#define UDP_HEADER_LENGTH 8u
#define UDP_CHECKSUM_OFFSET 6u

static uint16_t get_le16(struct span span, size_t offset)
{
	return (uint16_t)(span_get8(span, offset) | span_get8(span, offset + 1) << 8);
}

static void put_le16(struct span span, size_t offset, size_t value)
{
	NAT46_ASSERT(value <= UINT16_MAX);
	span_put8(span, offset, (uint8_t)value);
	span_put8(span, offset + 1, (uint8_t)(value >> 8));
}

static bool decode_gso(uint8_t type, uint16_t size, struct offload *offload)
{
	uint8_t base = (uint8_t)(type & ~GSO_ECN);
	bool ecn = (type & GSO_ECN) != 0;

	switch (base) {
	case GSO_NONE:
		*offload = (struct offload){ .gso = GSO_NONE };
		return !ecn;
	case GSO_TCP4:
	case GSO_TCP6:
		*offload = (struct offload){ .gso = base, .gso_ecn = ecn, .segment_size = size };
		return size != 0;
	case GSO_UDP:
		*offload = (struct offload){ .gso = GSO_UDP, .segment_size = size };
		return size != 0 && !ecn;
	default:
		return false;
	}
}

bool vnet_header_decode(const uint8_t *header, size_t length, struct offload *offload)
{
	uint8_t copy[VNET_HEADER_LENGTH];
	struct span span = span_over(copy, sizeof(copy));
	struct offload result;

	memcpy(copy, header, sizeof(copy));
	if (!decode_gso(span_get8(span, OFFSET_GSO_TYPE), get_le16(span, OFFSET_GSO_SIZE), &result))
		return false;
	result.partial = (span_get8(span, OFFSET_FLAGS) & FLAG_NEEDS_CSUM) != 0;
	if (result.partial) {
		result.csum_start = get_le16(span, OFFSET_CSUM_START);
		result.csum_offset = get_le16(span, OFFSET_CSUM_OFFSET);
		if ((size_t)result.csum_start + result.csum_offset + 2 > length)
			return false;
	} else if (result.gso == GSO_UDP) {
		return false; /* the kernel never leaves these complete */
	}
	*offload = result;
	return true;
}

/* Length of the IP and transport headers of a super-packet. */
static size_t super_packet_headers(const struct frame *frame)
{
	struct span packet = span_over(frame->data, frame->length);
	size_t transport = frame->offload.csum_start;

	if (!frame->offload.partial)
		transport = span_get8(packet, 0) >> 4 == 4 ? (span_get8(packet, 0) & 0x0fu) * 4u :
							     IPV6_HEADER_LENGTH;
	if (frame->offload.gso == GSO_UDP)
		return transport + UDP_HEADER_LENGTH;
	return transport + (span_get8(packet, transport + TCP_DATA_OFFSET) >> 4) * 4u;
}

void vnet_header_encode(const struct frame *frame, uint8_t *header)
{
	const struct offload *offload = &frame->offload;
	struct span span = span_over(header, VNET_HEADER_LENGTH);

	memset(header, 0, VNET_HEADER_LENGTH);
	if (offload->partial) {
		span_put8(span, OFFSET_FLAGS, FLAG_NEEDS_CSUM);
		put_le16(span, OFFSET_CSUM_START, offload->csum_start);
		put_le16(span, OFFSET_CSUM_OFFSET, offload->csum_offset);
	}
	if (offload->gso == GSO_NONE)
		return;
	span_put8(span, OFFSET_GSO_TYPE, (uint8_t)(offload->gso | (offload->gso_ecn ? GSO_ECN : 0)));
	put_le16(span, OFFSET_GSO_SIZE, offload->segment_size);
	put_le16(span, OFFSET_HDR_LEN, super_packet_headers(frame));
}

void vnet_complete_checksum(struct frame *frame)
{
	struct span packet = span_over(frame->data, frame->length);
	size_t start = frame->offload.csum_start;
	size_t field = start + frame->offload.csum_offset;
	size_t length = frame->length - start;
	uint16_t checksum;

	/* The field holds the sum of the pseudo header, so that it only has to be added up as well. */
	checksum = checksum_finish(checksum_sum(span_at(packet, start, length), length));
	if (checksum == 0 && frame->offload.csum_offset == UDP_CHECKSUM_OFFSET)
		checksum = UINT16_MAX; /* RFC 768: zero would mean "none" */
	span_put16(packet, field, checksum);
	frame->offload.partial = false;
}

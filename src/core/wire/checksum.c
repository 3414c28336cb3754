/* SPDX-License-Identifier: ISC */
/*
 * checksum.c - the Internet checksum, complete and incremental
 */
#include "nat46/checksum.h"

#include "nat46/cursor.h"

uint64_t checksum_sum(const void *bytes, size_t length)
{
	const uint8_t *p = bytes;
	uint64_t sum = 0;

	/* 32 bits at a time: a 64-bit total cannot overflow for any packet, and 2^16 = 1 (mod 0xffff) makes the
	 * word boundaries meaningless until the fold */
	for (; length >= 4; length -= 4, p += 4)
		sum += (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	if (length >= 2)
		sum += (uint64_t)p[0] << 8 | p[1];
	if (length & 1)
		sum += (uint64_t)p[length - 1] << 8;
	return sum;
}

uint64_t checksum_pseudo4(uint32_t source, uint32_t destination, uint8_t protocol, size_t length)
{
	return checksum_sum32(source) + checksum_sum32(destination) + protocol + length;
}

uint64_t checksum_pseudo6(const struct ipv6_address *source, const struct ipv6_address *destination,
			  uint8_t protocol, size_t length)
{
	return checksum_sum(source->byte, sizeof(source->byte)) +
	       checksum_sum(destination->byte, sizeof(destination->byte)) + protocol + length;
}

uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

uint16_t checksum_update(uint16_t checksum, uint64_t removed, uint64_t added)
{
	return (uint16_t)~checksum_update_partial((uint16_t)~checksum, removed, added);
}

uint16_t checksum_update_partial(uint16_t field, uint64_t removed, uint64_t added)
{
	return checksum_fold((uint64_t)field + (uint16_t)~checksum_fold(removed) + checksum_fold(added));
}

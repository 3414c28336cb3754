/* SPDX-License-Identifier: ISC */
/*
 * checksum.h - the Internet checksum (RFC 1071), changed incrementally where possible (RFC 1624)
 *
 * A *sum* is the plain 64-bit total of big-endian 16-bit words in host byte order: sums of parts can be
 * added, and folding is left to the end. A *checksum* is the 16-bit value of a header field.
 */
#ifndef NAT46_CHECKSUM_H
#define NAT46_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "nat46/address.h"

/**
 * checksum_sum() - sum of bytes
 * @bytes: first byte, at an even offset of what the checksum covers; any alignment in memory
 * @length: number of bytes; an odd last byte is the high half of a word
 */
uint64_t checksum_sum(const void *bytes, size_t length);

/** checksum_sum32() - sum of the two words of a 32-bit number in host byte order */
static inline uint64_t checksum_sum32(uint32_t value)
{
	return (value >> 16) + (value & 0xffff);
}

/** checksum_pseudo4() - sum of the IPv4 pseudo header (RFC 9293 3.1); @length of the transport part in bytes */
uint64_t checksum_pseudo4(uint32_t source, uint32_t destination, uint8_t protocol, size_t length);

/** checksum_pseudo6() - sum of the IPv6 pseudo header (RFC 8200 8.1); @length of the transport part in bytes */
uint64_t checksum_pseudo6(const struct ipv6_address *source, const struct ipv6_address *destination,
			  uint8_t protocol, size_t length);

/** checksum_fold() - one's complement total of a sum, not complemented: what a partial checksum field holds */
uint16_t checksum_fold(uint64_t sum);

/** checksum_finish() - the checksum field for a sum: folded and complemented */
static inline uint16_t checksum_finish(uint64_t sum)
{
	return (uint16_t)~checksum_fold(sum);
}

/**
 * checksum_update() - checksum field after words were replaced (RFC 1624 equation 3)
 * @checksum: complete checksum before
 * @removed: sum of the words that were there
 * @added: sum of the words that are there now
 */
uint16_t checksum_update(uint16_t checksum, uint64_t removed, uint64_t added);

/** checksum_update_partial() - the same for a field that holds a folded, not complemented sum */
uint16_t checksum_update_partial(uint16_t field, uint64_t removed, uint64_t added);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * eam.h - explicit address mappings (RFC 7757), and an index that finds them by address in either family
 *
 * The longest block that covers an address wins (RFC 7757 3.2). A block of a table lies in another one or apart from
 * it, so in the order of their first addresses, the outer of two before the inner, the block that is looked for is
 * the last one that begins at or before the address, or one around that. A look-up is a binary search and as many
 * steps outwards as blocks are nested there.
 *
 * The index is made once, in memory of the caller, and does not change then.
 */
#ifndef NAT46_EAM_H
#define NAT46_EAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/address.h"

/** Most mappings of a table. */
#define EAM_MAX (UINT32_MAX - 1)

/**
 * struct address_mapping - one entry of a table
 * @ipv4: IPv4 block
 * @ipv6: IPv6 block with at least as many host bits as @ipv4
 *
 * The host bits of the IPv4 address become the bits that follow @ipv6.length; the rest is zero.
 */
struct address_mapping {
	struct ipv4_prefix ipv4;
	struct ipv6_prefix ipv6;
};

/**
 * struct eam_block - a block of either family in an index
 * @high, @low: its first address as a number; an IPv4 address is the highest 32 bits
 * @outer: the smallest block around it, as a place in the index; EAM_MAX + 1: none
 * @mapping: where it comes from, as a place in the table
 * @length: of its prefix
 */
struct eam_block {
	uint64_t high;
	uint64_t low;
	uint32_t outer;
	uint32_t mapping;
	uint8_t length;
};

/**
 * struct eam_index - an index of a table; all zero is that of an empty one
 * @by_ipv4, @by_ipv6: the blocks of each family
 * @count: number of mappings
 */
struct eam_index {
	const struct eam_block *by_ipv4;
	const struct eam_block *by_ipv6;
	size_t count;
};

/**
 * eam_index_make() - index a table
 * @mappings: table, in which no block of a family is there twice
 * @count: number of mappings, at most EAM_MAX
 * @blocks: room for twice as many blocks, which must live as long as the index
 */
struct eam_index eam_index_make(const struct address_mapping *mappings, size_t count, struct eam_block *blocks);

/**
 * eam_find_ipv4(), eam_find_ipv6() - the mapping with the longest block around an address
 * @index: index of a table
 * @ipv4, @ipv6: address
 * @mapping: set on success only: place in the table
 */
bool eam_find_ipv4(const struct eam_index *index, uint32_t ipv4, size_t *mapping);
bool eam_find_ipv6(const struct eam_index *index, const struct ipv6_address *ipv6, size_t *mapping);

/** eam_4to6() - what a mapping makes of an IPv4 address in its block */
struct ipv6_address eam_4to6(const struct address_mapping *mapping, uint32_t ipv4);

/** eam_6to4() - what a mapping makes of an IPv6 address in its block; bits behind the suffix are ignored */
uint32_t eam_6to4(const struct address_mapping *mapping, const struct ipv6_address *ipv6);

#endif

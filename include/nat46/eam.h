/* SPDX-License-Identifier: ISC */
/*
 * eam.h - explicit address mappings (RFC 7757), and an index that finds them by address in either family
 *
 * The longest block that covers an address wins (RFC 7757 3.2). A family has one hash table of its blocks of all
 * lengths. A look-up asks it once for each length that occurs, the longest first: for the address, cut to that length.
 * Most tables have one length or two; with all of them a look-up takes 33 or 129 steps.
 *
 * In a table that does not fit the processor's caches, waiting for memory is what costs. A slot is four bytes: bits of
 * the hash, which tell that a block is not there without another look, and the place of the mapping, which whoever
 * finds it reads anyway. Only an eighth of the slots is in use, so that the first one decides nearly always and the
 * processor guesses right how it goes on. There is no secret in the hash: strangers choose the addresses that are
 * looked up, but not the table, so at worst they name its longest run of slots in use, which is short.
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
#define EAM_MAX (UINT32_MAX / 8)

/** EAM_SLOTS() - number of slots of an index of @count mappings: eight for each block of either family */
#define EAM_SLOTS(count) ((size_t)16 * (count))

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
 * struct eam_family - the blocks of one family
 * @slots: hash table; 0 is a free slot, others have the place of a mapping plus one, and above it bits of the hash
 * @capacity: number of slots
 * @tag_mask: which bits of a slot are those of the hash
 * @length_count: number of @lengths
 * @lengths: those of the prefixes that occur, the longest first; those of IPv4 count 96 bits more
 */
struct eam_family {
	const uint32_t *slots;
	size_t capacity;
	uint32_t tag_mask;
	uint8_t length_count;
	uint8_t lengths[129];
};

/**
 * struct eam_index - an index of a table; all zero is that of an empty one
 * @mappings: table
 * @ipv4, @ipv6: the blocks of each family
 */
struct eam_index {
	const struct address_mapping *mappings;
	struct eam_family ipv4;
	struct eam_family ipv6;
};

/**
 * eam_index_make() - index a table
 * @mappings: table, in which no block of a family is there twice; must live as long as the index
 * @count: number of mappings, at most EAM_MAX
 * @slots: room for EAM_SLOTS(@count), which must live as long as the index
 */
struct eam_index eam_index_make(const struct address_mapping *mappings, size_t count, uint32_t *slots);

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

/* SPDX-License-Identifier: ISC */
/*
 * eam.c - explicit address mappings (RFC 7757), found by address
 *
 * Blocks of both families are sorted and searched as numbers of 128 bits by the same code.
 */
#include "nat46/eam.h"

#include "nat46/assert.h"

static const uint32_t NONE = EAM_MAX + 1;

static uint64_t number_of(const uint8_t *bytes)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | bytes[i];
	return number;
}

static struct eam_block block_of_ipv4(uint32_t address, uint8_t length)
{
	return (struct eam_block){ .high = (uint64_t)address << 32, .length = length };
}

static struct eam_block block_of_ipv6(const struct ipv6_address *address, uint8_t length)
{
	return (struct eam_block){ .high = number_of(address->byte), .low = number_of(address->byte + 8),
				   .length = length };
}

/** is_before() - does @a begin before @b, or is around it */
static bool is_before(const struct eam_block *a, const struct eam_block *b)
{
	if (a->high != b->high)
		return a->high < b->high;
	if (a->low != b->low)
		return a->low < b->low;
	return a->length < b->length;
}

/** covers() - is the first address of @inner in @outer */
static bool covers(const struct eam_block *outer, const struct eam_block *inner)
{
	uint64_t high = outer->high ^ inner->high, low = outer->low ^ inner->low;

	if (outer->length == 0)
		return true;
	if (outer->length <= 64)
		return high >> (64 - outer->length) == 0;
	return high == 0 && low >> (128 - outer->length) == 0;
}

/** sift() - let the block at @at of a heap sink to its place */
static void sift(struct eam_block *blocks, size_t at, size_t count)
{
	const struct eam_block sinking = blocks[at];
	size_t child;

	while ((child = 2 * at + 1) < count) {
		if (child + 1 < count && is_before(&blocks[child], &blocks[child + 1]))
			child++;
		if (!is_before(&sinking, &blocks[child]))
			break;
		blocks[at] = blocks[child];
		at = child;
	}
	blocks[at] = sinking;
}

/** sort() - heapsort: needs no memory, and no order of the table makes it slow */
static void sort(struct eam_block *blocks, size_t count)
{
	for (size_t at = count / 2; at-- > 0;)
		sift(blocks, at, count);
	for (size_t end = count; end-- > 1;) {
		const struct eam_block last = blocks[0];

		blocks[0] = blocks[end];
		blocks[end] = last;
		sift(blocks, 0, end);
	}
}

/** nest() - find the outer block of each of sorted blocks: the one before it, or one around that */
static void nest(struct eam_block *blocks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t outer = i > 0 ? (uint32_t)i - 1 : NONE;

		while (outer != NONE && !covers(&blocks[outer], &blocks[i]))
			outer = blocks[outer].outer;
		blocks[i].outer = outer;
	}
}

struct eam_index eam_index_make(const struct address_mapping *mappings, size_t count, struct eam_block *blocks)
{
	struct eam_block *by_ipv4 = blocks, *by_ipv6 = blocks + count;

	NAT46_ASSERT(count <= EAM_MAX);
	for (size_t i = 0; i < count; i++) {
		by_ipv4[i] = block_of_ipv4(mappings[i].ipv4.address, mappings[i].ipv4.length);
		by_ipv6[i] = block_of_ipv6(&mappings[i].ipv6.address, mappings[i].ipv6.length);
		by_ipv4[i].mapping = by_ipv6[i].mapping = (uint32_t)i;
	}
	sort(by_ipv4, count);
	sort(by_ipv6, count);
	nest(by_ipv4, count);
	nest(by_ipv6, count);
	return (struct eam_index){ .by_ipv4 = by_ipv4, .by_ipv6 = by_ipv6, .count = count };
}

/**
 * find() - the longest block around @address, which is a block of one address
 *
 * With branches: the processor guesses and reads ahead. In a table that does not fit its caches this is faster than a
 * search without, which has to wait for each step.
 */
static bool find(const struct eam_block *blocks, size_t count, const struct eam_block *address, size_t *mapping)
{
	uint32_t last = NONE;

	/* everything before @begin begins at or before the address, everything from @end on behind it */
	for (size_t begin = 0, end = count; begin < end;) {
		size_t middle = begin + (end - begin) / 2;

		if (is_before(address, &blocks[middle])) {
			end = middle;
		} else {
			last = (uint32_t)middle;
			begin = middle + 1;
		}
	}
	while (last != NONE && !covers(&blocks[last], address))
		last = blocks[last].outer;
	if (last == NONE)
		return false;
	*mapping = blocks[last].mapping;
	return true;
}

bool eam_find_ipv4(const struct eam_index *index, uint32_t ipv4, size_t *mapping)
{
	const struct eam_block address = block_of_ipv4(ipv4, 32);

	return find(index->by_ipv4, index->count, &address, mapping);
}

bool eam_find_ipv6(const struct eam_index *index, const struct ipv6_address *ipv6, size_t *mapping)
{
	const struct eam_block address = block_of_ipv6(ipv6, 128);

	return find(index->by_ipv6, index->count, &address, mapping);
}

/** suffix_put() - place the lowest @count bits of @value behind the first @start bits of @address */
static void suffix_put(struct ipv6_address *address, unsigned int start, unsigned int count, uint32_t value)
{
	for (unsigned int i = 0; i < count; i++) {
		unsigned int bit = start + i;

		if (value >> (count - 1 - i) & 1)
			address->byte[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	}
}

/** suffix_get() - the @count bits behind the first @start bits of @address */
static uint32_t suffix_get(const struct ipv6_address *address, unsigned int start, unsigned int count)
{
	uint32_t value = 0;

	for (unsigned int bit = start; bit < start + count; bit++)
		value = value << 1 | (address->byte[bit / 8] >> (7 - bit % 8) & 1);
	return value;
}

struct ipv6_address eam_4to6(const struct address_mapping *mapping, uint32_t ipv4)
{
	struct ipv6_address ipv6 = mapping->ipv6.address;

	suffix_put(&ipv6, mapping->ipv6.length, 32u - mapping->ipv4.length, ipv4);
	return ipv6;
}

uint32_t eam_6to4(const struct address_mapping *mapping, const struct ipv6_address *ipv6)
{
	return mapping->ipv4.address | suffix_get(ipv6, mapping->ipv6.length, 32u - mapping->ipv4.length);
}

/* SPDX-License-Identifier: ISC */
/*
 * eam.c - explicit address mappings (RFC 7757), found by address
 *
 * Addresses of both families are numbers of 128 bits here: the same code cuts, hashes and compares them.
 */
#include "nat46/eam.h"

#include "nat46/assert.h"

/** struct number - an address as a number; one of IPv4 is the last 32 bits, behind 96 that are zero */
struct number {
	uint64_t high;
	uint64_t low;
};

/* Written out: compilers make one instruction of this, but not of a loop. */
static uint64_t number_of(const uint8_t *byte)
{
	return (uint64_t)byte[0] << 56 | (uint64_t)byte[1] << 48 | (uint64_t)byte[2] << 40 | (uint64_t)byte[3] << 32 |
	       (uint64_t)byte[4] << 24 | (uint64_t)byte[5] << 16 | (uint64_t)byte[6] << 8 | byte[7];
}

static struct number number_of_ipv6(const struct ipv6_address *address)
{
	return (struct number){ number_of(address->byte), number_of(address->byte + 8) };
}

/** block_of() - the block of @mapping in one family, and its length */
static struct number block_of(const struct address_mapping *mapping, bool is_ipv4, unsigned int *length)
{
	if (is_ipv4) {
		*length = 96u + mapping->ipv4.length;
		return (struct number){ .low = mapping->ipv4.address };
	}
	*length = mapping->ipv6.length;
	return number_of_ipv6(&mapping->ipv6.address);
}

/** cut() - the first @length bits of @address, then zeroes */
static struct number cut(struct number address, unsigned int length)
{
	if (length > 64)
		return (struct number){ address.high, address.low & UINT64_MAX << (128 - length) };
	return (struct number){ .high = length == 64 ? address.high : address.high & ~(UINT64_MAX >> length) };
}

/** hash_of() - the hash of a block: the upper half tells where to look, the lower half what to look for */
static uint64_t hash_of(struct number block, unsigned int length)
{
	uint64_t hash = block.high * UINT64_C(0x9e3779b97f4a7c15) + block.low * UINT64_C(0xbf58476d1ce4e5b9) + length;

	hash = (hash ^ hash >> 32) * UINT64_C(0x94d049bb133111eb);
	return hash ^ hash >> 29;
}

static size_t first_place(const struct eam_family *family, uint64_t hash)
{
	return (size_t)((hash >> 32) * family->capacity >> 32);
}

static size_t next_place(const struct eam_family *family, size_t place)
{
	return place + 1 < family->capacity ? place + 1 : 0;
}

/** index_family() - put the blocks of one family into @slots, and list their lengths */
static void index_family(struct eam_family *family, const struct address_mapping *mappings, size_t count, bool is_ipv4,
			 uint32_t *slots)
{
	bool occurs[129] = { false };
	unsigned int length;

	family->slots = slots;
	family->capacity = EAM_SLOTS(count) / 2;
	family->tag_mask = UINT32_MAX;
	for (size_t i = count; i > 0; i >>= 1)
		family->tag_mask <<= 1;
	for (size_t i = 0; i < family->capacity; i++)
		slots[i] = 0;
	for (size_t i = 0; i < count; i++) {
		struct number block = block_of(&mappings[i], is_ipv4, &length);
		uint64_t hash = hash_of(block, length);
		size_t place = first_place(family, hash);

		while (slots[place] != 0)
			place = next_place(family, place);
		slots[place] = ((uint32_t)hash & family->tag_mask) | (uint32_t)(i + 1);
		occurs[length] = true;
	}
	for (length = 129; length-- > 0;) {
		if (occurs[length])
			family->lengths[family->length_count++] = (uint8_t)length;
	}
}

struct eam_index eam_index_make(const struct address_mapping *mappings, size_t count, uint32_t *slots)
{
	struct eam_index index = { .mappings = mappings };

	NAT46_ASSERT(count <= EAM_MAX);
	index_family(&index.ipv4, mappings, count, true, slots);
	index_family(&index.ipv6, mappings, count, false, slots + EAM_SLOTS(count) / 2);
	return index;
}

/** find() - the longest block around @address; inline, so that the code of either family is all that it runs */
static inline bool find(const struct eam_index *index, bool is_ipv4, struct number address, size_t *mapping)
{
	const struct eam_family *family = is_ipv4 ? &index->ipv4 : &index->ipv6;

	for (unsigned int i = 0; i < family->length_count; i++) {
		const struct number wanted = cut(address, family->lengths[i]);
		const uint64_t hash = hash_of(wanted, family->lengths[i]);
		size_t place = first_place(family, hash);

		for (uint32_t slot; (slot = family->slots[place]) != 0; place = next_place(family, place)) {
			const size_t at = (slot & ~family->tag_mask) - 1;
			struct number block;
			unsigned int length;

			if (((slot ^ (uint32_t)hash) & family->tag_mask) != 0)
				continue;
			block = block_of(&index->mappings[at], is_ipv4, &length);
			if (block.high == wanted.high && block.low == wanted.low && length == family->lengths[i]) {
				*mapping = at;
				return true;
			}
		}
	}
	return false;
}

bool eam_find_ipv4(const struct eam_index *index, uint32_t ipv4, size_t *mapping)
{
	return find(index, true, (struct number){ .low = ipv4 }, mapping);
}

bool eam_find_ipv6(const struct eam_index *index, const struct ipv6_address *ipv6, size_t *mapping)
{
	return find(index, false, number_of_ipv6(ipv6), mapping);
}

/* A suffix has at most 32 bits, which lie in at most five bytes: it passes through a number of eight, of which the
 * first is the one with the first bit behind the prefix. */
struct ipv6_address eam_4to6(const struct address_mapping *mapping, uint32_t ipv4)
{
	const unsigned int start = mapping->ipv6.length, first = start / 8;
	uint64_t bits = (uint64_t)ipv4 << mapping->ipv4.length << 32 >> start % 8;
	struct ipv6_address ipv6 = mapping->ipv6.address;

	for (unsigned int i = first; i < 16 && i < first + 5; i++, bits <<= 8)
		ipv6.byte[i] |= (uint8_t)(bits >> 56);
	return ipv6;
}

uint32_t eam_6to4(const struct address_mapping *mapping, const struct ipv6_address *ipv6)
{
	const unsigned int start = mapping->ipv6.length, first = start / 8;
	uint64_t bits = 0;

	for (unsigned int i = first; i < 16 && i < first + 5; i++)
		bits |= (uint64_t)ipv6->byte[i] << (56 - 8 * (i - first));
	return mapping->ipv4.address | (uint32_t)(bits << start % 8 >> 32 >> mapping->ipv4.length);
}

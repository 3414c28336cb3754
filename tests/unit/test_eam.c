/* SPDX-License-Identifier: ISC */
/*
 * test_eam.c - explicit address mappings: what the index finds is what a search through the whole table finds
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nat46/eam.h"
#include "random.h"

enum { TABLE_MAX = 100000 };

static struct address_mapping table[TABLE_MAX];
static uint32_t slots[EAM_SLOTS(TABLE_MAX)];

static uint32_t mask4(unsigned int length)
{
	return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

static void cut6(struct ipv6_address *address, unsigned int length)
{
	for (unsigned int bit = length; bit < 128; bit++)
		address->byte[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

/** linear4(), linear6() - the longest block around an address, by looking at every one; @count: none */
static size_t linear4(size_t count, uint32_t ipv4)
{
	size_t best = count;

	for (size_t i = 0; i < count; i++) {
		if (ipv4_in_prefix(ipv4, &table[i].ipv4) &&
		    (best == count || table[i].ipv4.length > table[best].ipv4.length))
			best = i;
	}
	return best;
}

static size_t linear6(size_t count, const struct ipv6_address *ipv6)
{
	size_t best = count;

	for (size_t i = 0; i < count; i++) {
		if (ipv6_in_prefix(ipv6, &table[i].ipv6) &&
		    (best == count || table[i].ipv6.length > table[best].ipv6.length))
			best = i;
	}
	return best;
}

static void check4(const struct eam_index *index, size_t count, uint32_t ipv4)
{
	size_t wanted = linear4(count, ipv4), found = SIZE_MAX;

	assert_int_equal(eam_find_ipv4(index, ipv4, &found), wanted != count);
	assert_int_equal(found, wanted == count ? SIZE_MAX : wanted);
}

static void check6(const struct eam_index *index, size_t count, const struct ipv6_address *ipv6)
{
	size_t wanted = linear6(count, ipv6), found = SIZE_MAX;

	assert_int_equal(eam_find_ipv6(index, ipv6, &found), wanted != count);
	assert_int_equal(found, wanted == count ? SIZE_MAX : wanted);
}

static void test_empty(void **state)
{
	const struct eam_index made = eam_index_make(table, 0, slots), zero = { 0 };
	const struct ipv6_address ipv6 = { { 0x20, 1 } };

	(void)state;
	check4(&made, 0, 0x0a000001);
	check6(&made, 0, &ipv6);
	check4(&zero, 0, 0);
	check6(&zero, 0, &ipv6);
}

/** put() - the entry @at of the table: blocks of these lengths, which begin with the two addresses */
static void put(size_t at, uint32_t ipv4, unsigned int length4, const struct ipv6_address *ipv6, unsigned int length6)
{
	table[at] = (struct address_mapping){ { ipv4 & mask4(length4), (uint8_t)length4 },
					      { *ipv6, (uint8_t)length6 } };
	cut6(&table[at].ipv6.address, length6);
}

/** As deep as it goes: a block of every length around one address, and addresses that leave one after the other. */
static void test_every_length(void **state)
{
	const struct ipv6_address inner = { { 0x20, 1, 0xd, 0xb8, 0xa5, 0x5a, 0xff, 0, 0x12, 0x34, 0x56, 0x78, 0x9a } };
	struct eam_index index;

	(void)state;
	/* in no order of lengths */
	for (unsigned int i = 0; i <= 32; i++)
		put(i, 0x0a5a00ff, (i + 17) % 33, &(struct ipv6_address){ { 0xfd, (uint8_t)i } }, 16);
	index = eam_index_make(table, 33, slots);
	for (unsigned int bit = 0; bit < 32; bit++)
		check4(&index, 33, 0x0a5a00ffu ^ 1u << bit);
	check4(&index, 33, 0x0a5a00ff);

	for (unsigned int i = 0; i <= 128; i++)
		put(i, 0x0a000000 + i, 32, &inner, (i + 47) % 129);
	index = eam_index_make(table, 129, slots);
	for (unsigned int bit = 0; bit < 128; bit++) {
		struct ipv6_address address = inner;

		address.byte[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		check6(&index, 129, &address);
	}
	check6(&index, 129, &inner);
}

static bool is_doubled(const struct address_mapping *a, const struct address_mapping *b)
{
	return (a->ipv4.address == b->ipv4.address && a->ipv4.length == b->ipv4.length) ||
	       (ipv6_equal(&a->ipv6.address, &b->ipv6.address) && a->ipv6.length == b->ipv6.length);
}

/** draw_table() - blocks in a small part of the address space, so that many are nested and many have neighbours */
static size_t draw_table(uint64_t *random)
{
	size_t count = 0, wanted = random_below(random, 120);

	for (size_t tries = 0; tries < 2 * wanted && count < wanted; tries++) {
		unsigned int length4 = random_below(random, 8) ? 24 + random_below(random, 9) :
								 random_below(random, 33);
		unsigned int length6 = random_below(random, 8) ? 96 : random_below(random, 3) * 32;
		struct ipv6_address ipv6 = { { 0x20, 1, 0xd, 0xb8 } };
		bool doubled = false;

		for (int i = 4; i < 16; i++)
			ipv6.byte[i] = (uint8_t)(random_below(random, 8) ? 0 : random_next(random));
		length6 += random_below(random, 96 + length4 - length6 + 1);
		put(count, 0xc0000200 ^ random_below(random, 256), length4, &ipv6, length6);
		for (size_t i = 0; i < count; i++)
			doubled = doubled || is_doubled(&table[i], &table[count]);
		count += !doubled;
	}
	return count;
}

/** near6() - an address in or beside a block */
static struct ipv6_address near6(uint64_t *random, const struct ipv6_prefix *block)
{
	struct ipv6_address address = block->address;
	unsigned int bit = random_below(random, 128);

	for (int i = 4; i < 16; i++) {
		if (random_below(random, 4) == 0)
			address.byte[i] |= (uint8_t)random_next(random);
	}
	if (random_below(random, 2))
		address.byte[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	return address;
}

static void test_random_tables(void **state)
{
	uint64_t random = random_begin("random_tables");

	(void)state;
	for (int round = 0; round < 2000; round++) {
		size_t count = draw_table(&random);
		struct eam_index index = eam_index_make(table, count, slots);

		for (size_t i = 0; i < count; i++) {
			const struct ipv4_prefix *block = &table[i].ipv4;
			struct ipv6_address ipv6 = near6(&random, &table[i].ipv6);

			check4(&index, count, block->address);
			check4(&index, count, block->address - 1);
			check4(&index, count, block->address | ~mask4(block->length));
			check4(&index, count, (block->address | ~mask4(block->length)) + 1);
			check4(&index, count, 0xc0000200 ^ random_below(&random, 512));
			check6(&index, count, &table[i].ipv6.address);
			check6(&index, count, &ipv6);
		}
		check4(&index, count, random_next(&random));
	}
}

/**
 * A table of any order: every entry is found and nothing else, also where bits of the hash are the same by chance, and
 * making the index takes no time that grows with the square.
 */
static void test_large_tables(void **state)
{
	(void)state;
	for (int order = 0; order < 3; order++) {
		struct eam_index index;

		for (uint32_t i = 0; i < TABLE_MAX; i++) {
			uint32_t number = order == 0 ? i : order == 1 ? TABLE_MAX - 1 - i : i * 7919 % TABLE_MAX;

			table[i].ipv4 = (struct ipv4_prefix){ 0x0a000000 + number * 4, 30 };
			table[i].ipv6 = (struct ipv6_prefix){ { { 0x20, 1, 0xd, 0xb8, [5] = (uint8_t)(number >> 16),
								  (uint8_t)(number >> 8), (uint8_t)number } }, 64 };
		}
		index = eam_index_make(table, TABLE_MAX, slots);
		for (size_t i = 0; i < TABLE_MAX; i++) {
			struct ipv6_address ipv6 = table[i].ipv6.address;
			size_t found;

			assert_true(eam_find_ipv4(&index, table[i].ipv4.address + 3, &found));
			assert_int_equal(found, i);
			ipv6.byte[15] = 1;
			assert_true(eam_find_ipv6(&index, &ipv6, &found));
			assert_int_equal(found, i);
		}
		for (uint32_t i = 0; i < 1 << 20; i++) {
			struct ipv6_address ipv6 = { { 0x20, 1, 0xd, 0xb9, [12] = (uint8_t)(i >> 16), (uint8_t)(i >> 8),
						       (uint8_t)i } };
			size_t found;

			assert_false(eam_find_ipv4(&index, 0xc0000000 + i, &found));
			assert_false(eam_find_ipv6(&index, &ipv6, &found));
		}
	}
}

/** What an address becomes lies in the other block and comes back, whatever the suffixes are. */
static void test_both_ways(void **state)
{
	uint64_t random = random_begin("both_ways");

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned int length4 = random_below(&random, 33), length6 = random_below(&random, 97 + length4);
		uint32_t address = random_next(&random), suffix = random_next(&random) & ~mask4(length4);
		struct address_mapping m = { .ipv4 = { address & mask4(length4), (uint8_t)length4 },
					     .ipv6.length = (uint8_t)length6 };
		struct ipv6_address ipv6;

		for (int j = 0; j < 16; j++)
			m.ipv6.address.byte[j] = (uint8_t)random_next(&random);
		cut6(&m.ipv6.address, length6);
		ipv6 = eam_4to6(&m, m.ipv4.address | suffix);
		assert_true(ipv6_in_prefix(&ipv6, &m.ipv6));
		assert_int_equal(eam_6to4(&m, &ipv6), m.ipv4.address | suffix);
		/* what is behind the suffix is zero, and ignored */
		if (length6 + 32 - length4 < 128) {
			assert_int_equal(ipv6.byte[15] & 1, 0);
			ipv6.byte[15] |= 1;
			assert_int_equal(eam_6to4(&m, &ipv6), m.ipv4.address | suffix);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_random_tables),
		cmocka_unit_test(test_large_tables),
		cmocka_unit_test(test_both_ways),
	};

	return cmocka_run_group_tests_name("eam", tests, NULL, NULL);
}

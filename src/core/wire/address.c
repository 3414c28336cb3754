/* SPDX-License-Identifier: ISC */
/*
 * address.c - prefixes and IPv4-embedded IPv6 addresses (RFC 6052)
 */
#include "nat46/address.h"

#include <string.h>

#include "nat46/assert.h"

/* Byte positions of the embedded IPv4 address for each prefix length; byte 8 (bits 64 to 71) stays zero
 * (RFC 6052 2.2). */
static const struct {
	uint8_t length;
	uint8_t position[4];
} layouts[] = {
	{ 32, { 4, 5, 6, 7 } },	  { 40, { 5, 6, 7, 9 } },    { 48, { 6, 7, 9, 10 } },
	{ 56, { 7, 9, 10, 11 } }, { 64, { 9, 10, 11, 12 } }, { 96, { 12, 13, 14, 15 } },
};

static const uint8_t *layout_of(uint8_t length)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (layouts[i].length == length)
			return layouts[i].position;
	}
	return NULL;
}

bool ipv6_equal(const struct ipv6_address *a, const struct ipv6_address *b)
{
	return memcmp(a->byte, b->byte, sizeof(a->byte)) == 0;
}

bool ipv6_is_multicast(const struct ipv6_address *address)
{
	return address->byte[0] == 0xff;
}

bool ipv6_is_link_local(const struct ipv6_address *address)
{
	return address->byte[0] == 0xfe && (address->byte[1] & 0xc0) == 0x80;
}

bool ipv4_is_host(uint32_t address)
{
	uint32_t first = address >> 24;

	return first != 0 && first != 127 && first < 224;
}

bool ipv4_is_global(uint32_t address)
{
	static const struct ipv4_prefix others[] = {
		{ 0x0a000000, 8 },  /* 10/8 */
		{ 0x64400000, 10 }, /* 100.64/10 */
		{ 0xa9fe0000, 16 }, /* 169.254/16 */
		{ 0xac100000, 12 }, /* 172.16/12 */
		{ 0xc0000000, 24 }, /* 192.0.0/24 */
		{ 0xc0000200, 24 }, /* 192.0.2/24 */
		{ 0xc0a80000, 16 }, /* 192.168/16 */
		{ 0xc6120000, 15 }, /* 198.18/15 */
		{ 0xc6336400, 24 }, /* 198.51.100/24 */
		{ 0xcb007100, 24 }, /* 203.0.113/24 */
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (ipv4_in_prefix(address, &others[i]))
			return false;
	}
	return ipv4_is_host(address);
}

bool ipv6_is_host(const struct ipv6_address *address)
{
	static const struct ipv6_address zero;

	if (ipv6_is_multicast(address))
		return false;
	/* :: and ::1 */
	return memcmp(address->byte, zero.byte, 15) != 0 || address->byte[15] > 1;
}

static uint32_t ipv4_mask(uint8_t length)
{
	return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

bool ipv4_in_prefix(uint32_t address, const struct ipv4_prefix *prefix)
{
	return ((address ^ prefix->address) & ipv4_mask(prefix->length)) == 0;
}

bool ipv6_in_prefix(const struct ipv6_address *address, const struct ipv6_prefix *prefix)
{
	size_t whole = prefix->length / 8;
	unsigned int rest = prefix->length % 8;

	if (memcmp(address->byte, prefix->address.byte, whole) != 0)
		return false;
	return rest == 0 || (address->byte[whole] ^ prefix->address.byte[whole]) >> (8 - rest) == 0;
}

struct ipv6_address ipv6_embed(const struct ipv6_prefix *prefix, uint32_t ipv4)
{
	const uint8_t *position = layout_of(prefix->length);
	struct ipv6_address address = prefix->address;

	NAT46_ASSERT(position);
	for (int i = 0; i < 4; i++)
		address.byte[position[i]] = (uint8_t)(ipv4 >> (24 - 8 * i));
	return address;
}

uint32_t ipv6_extract(const struct ipv6_prefix *prefix, const struct ipv6_address *address)
{
	const uint8_t *position = layout_of(prefix->length);
	uint32_t ipv4 = 0;

	NAT46_ASSERT(position);
	for (int i = 0; i < 4; i++)
		ipv4 = ipv4 << 8 | address->byte[position[i]];
	return ipv4;
}

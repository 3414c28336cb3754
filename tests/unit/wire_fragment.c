/* SPDX-License-Identifier: ISC */
/*
 * wire_fragment.c - make IP fragments in tests, apart from the code of the core
 */
#include "wire_fragment.h"

#include <string.h>

#include "wire.h"

static size_t make_ipv4(const struct wire_fragment *f, uint8_t *bytes)
{
	size_t header = f->options ? 28 : 20;
	uint32_t sum = 0;

	memset(bytes, 0, header);
	bytes[0] = (uint8_t)(0x40 + header / 4);
	bytes[1] = f->traffic_class;
	wire_put16(bytes, 2, (uint32_t)(header + f->length));
	wire_put16(bytes, 4, f->identification);
	wire_put16(bytes, 6, f->offset / 8 + (f->more ? 0x2000 : 0) + (f->dont_fragment ? 0x4000 : 0));
	bytes[8] = f->hop_limit ? f->hop_limit : 64;
	bytes[9] = f->protocol;
	wire_put32(bytes, 12, 0x0a000000 + f->source);
	wire_put32(bytes, 16, 0x0a000000 + f->destination);
	/* eight times "no operation" */
	memset(bytes + 20, 1, header - 20);
	for (size_t i = 0; i < header; i += 2)
		sum = (sum + wire_u16(bytes, i)) % 65535;
	/* the sum is never 0, of which 65535 is the other form */
	wire_put16(bytes, 10, 65535 - (sum ? sum : 65535));
	return header;
}

static size_t make_ipv6(const struct wire_fragment *f, uint8_t *bytes)
{
	size_t at = f->options ? 48 : 40;

	memset(bytes, 0, at + 8);
	wire_put32(bytes, 0, 0x60000000 + f->traffic_class * 0x100000u);
	wire_put16(bytes, 4, (uint32_t)(at - 40 + 8 + f->length));
	bytes[6] = f->options ? 60 : 44;
	bytes[7] = f->hop_limit ? f->hop_limit : 64;
	wire_put32(bytes, 8, 0x20010db8);
	wire_put32(bytes, 12, f->source);
	wire_put32(bytes, 20, f->host);
	wire_put32(bytes, 24, 0x20010db8);
	wire_put32(bytes, 36, f->destination);
	/* one option of padding fills the header */
	if (f->options)
		memcpy(bytes + 40, (const uint8_t[]){ 44, 0, 1, 4 }, 4);
	bytes[at] = f->protocol;
	wire_put16(bytes, at + 2, f->offset + f->more);
	wire_put32(bytes, at + 4, f->identification);
	return at + 8;
}

size_t wire_fragment_make(const struct wire_fragment *f, uint8_t *bytes)
{
	size_t header = f->ipv6 ? make_ipv6(f, bytes) : make_ipv4(f, bytes);

	memcpy(bytes + header, f->data, f->length);
	return header + f->length;
}

/* SPDX-License-Identifier: ISC */
/*
 * cursor.h - the only way to bytes that came from the wire
 *
 * Two tools, for two situations:
 *
 * A *cursor* reads bytes whose layout is not known yet. Every reader either returns true with the
 * value, moving on, or returns false and changes nothing: neither the cursor nor the output. Running
 * out of bytes is normal and is the caller's to handle.
 *
 * A *span* is a run of bytes whose layout has been proven (a parsed packet) or is being made (a
 * packet of ours). Access outside it is our bug, so it is asserted.
 *
 * Multi-byte values are big-endian in the bytes and in host order outside of them. Nobody else casts
 * packet memory to a struct or does arithmetic on pointers to it.
 */
#ifndef NAT46_CURSOR_H
#define NAT46_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "nat46/address.h"
#include "nat46/assert.h"

/** struct cursor - unread bytes; initialise with cursor_over() */
struct cursor {
	const uint8_t *next;
	size_t left;
};

static inline struct cursor cursor_over(const void *bytes, size_t length)
{
	return (struct cursor){ .next = bytes, .left = length };
}

/**
 * cursor_skip() - pass over bytes
 * Return: false, nothing changed, if fewer than @count are left
 */
static inline bool cursor_skip(struct cursor *cursor, size_t count)
{
	if (count > cursor->left)
		return false;
	cursor->next += count;
	cursor->left -= count;
	return true;
}

/**
 * cursor_u8(), cursor_u16(), cursor_u24(), cursor_u32() - read a big-endian number
 * Return: false, nothing changed, if too few bytes are left
 */
static inline bool cursor_u8(struct cursor *cursor, uint8_t *value)
{
	const uint8_t *p = cursor->next;

	if (!cursor_skip(cursor, 1))
		return false;
	*value = p[0];
	return true;
}

static inline bool cursor_u16(struct cursor *cursor, uint16_t *value)
{
	const uint8_t *p = cursor->next;

	if (!cursor_skip(cursor, 2))
		return false;
	*value = (uint16_t)(p[0] << 8 | p[1]);
	return true;
}

static inline bool cursor_u24(struct cursor *cursor, uint32_t *value)
{
	const uint8_t *p = cursor->next;

	if (!cursor_skip(cursor, 3))
		return false;
	*value = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	return true;
}

static inline bool cursor_u32(struct cursor *cursor, uint32_t *value)
{
	const uint8_t *p = cursor->next;

	if (!cursor_skip(cursor, 4))
		return false;
	*value = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return true;
}

/** cursor_ipv6() - read an IPv6 address; false, nothing changed, if too few bytes are left */
static inline bool cursor_ipv6(struct cursor *cursor, struct ipv6_address *address)
{
	const uint8_t *p = cursor->next;

	if (!cursor_skip(cursor, sizeof(address->byte)))
		return false;
	memcpy(address->byte, p, sizeof(address->byte));
	return true;
}

/**
 * cursor_take() - split the next @count bytes off into a cursor of their own
 * Return: false, nothing changed, if fewer are left
 */
static inline bool cursor_take(struct cursor *cursor, size_t count, struct cursor *part)
{
	const uint8_t *p = cursor->next;

	if (!cursor_skip(cursor, count))
		return false;
	*part = cursor_over(p, count);
	return true;
}

/** struct span - bytes that may be read and written in any order; initialise with span_over() */
struct span {
	uint8_t *bytes;
	size_t length;
};

static inline struct span span_over(void *bytes, size_t length)
{
	return (struct span){ .bytes = bytes, .length = length };
}

/** span_at() - pointer to @count bytes at @offset, which are asserted to exist */
static inline uint8_t *span_at(struct span span, size_t offset, size_t count)
{
	NAT46_ASSERT(offset <= span.length && count <= span.length - offset);
	return span.bytes + offset;
}

/** span_part() - the @count bytes at @offset as a span of their own */
static inline struct span span_part(struct span span, size_t offset, size_t count)
{
	return span_over(span_at(span, offset, count), count);
}

static inline uint8_t span_get8(struct span span, size_t offset)
{
	return *span_at(span, offset, 1);
}

static inline uint16_t span_get16(struct span span, size_t offset)
{
	const uint8_t *p = span_at(span, offset, 2);

	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t span_get32(struct span span, size_t offset)
{
	const uint8_t *p = span_at(span, offset, 4);

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline struct ipv6_address span_get_ipv6(struct span span, size_t offset)
{
	struct ipv6_address address;

	memcpy(address.byte, span_at(span, offset, sizeof(address.byte)), sizeof(address.byte));
	return address;
}

static inline void span_put8(struct span span, size_t offset, uint8_t value)
{
	*span_at(span, offset, 1) = value;
}

static inline void span_put16(struct span span, size_t offset, uint16_t value)
{
	uint8_t *p = span_at(span, offset, 2);

	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void span_put32(struct span span, size_t offset, uint32_t value)
{
	uint8_t *p = span_at(span, offset, 4);

	p[0] = (uint8_t)(value >> 24);
	p[1] = (uint8_t)(value >> 16);
	p[2] = (uint8_t)(value >> 8);
	p[3] = (uint8_t)value;
}

static inline void span_put_ipv6(struct span span, size_t offset, const struct ipv6_address *address)
{
	memcpy(span_at(span, offset, sizeof(address->byte)), address->byte, sizeof(address->byte));
}

static inline void span_copy(struct span span, size_t offset, const void *from, size_t count)
{
	memcpy(span_at(span, offset, count), from, count);
}

#endif

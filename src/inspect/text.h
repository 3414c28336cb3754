/* SPDX-License-Identifier: ISC */
/*
 * text.h - small tools for text protocols, on cursors
 */
#ifndef NAT46_INSPECT_TEXT_H
#define NAT46_INSPECT_TEXT_H

#include "nat46/cursor.h"

/** text_find() - set @at to where @wanted is first found in @text; false if it is not there */
static inline bool text_find(struct cursor text, uint8_t wanted, size_t *at)
{
	const uint8_t *found = text.left > 0 ? memchr(text.next, wanted, text.left) : NULL;

	if (found)
		*at = (size_t)(found - text.next);
	return found != NULL;
}

/** text_first() - the first @count bytes, which are asserted to exist */
static inline struct cursor text_first(struct cursor text, size_t count)
{
	struct cursor part = text;
	bool taken = cursor_take(&text, count, &part);

	NAT46_ASSERT(taken);
	return part;
}

/**
 * text_take_until() - split off what is before the first @stop, and pass over @stop itself
 * Return: false, nothing changed, if @stop is not there
 */
static inline bool text_take_until(struct cursor *text, uint8_t stop, struct cursor *part)
{
	size_t at;

	return text_find(*text, stop, &at) && cursor_take(text, at, part) && cursor_skip(text, 1);
}

/** text_ends_with() - is @last the last byte */
static inline bool text_ends_with(struct cursor text, uint8_t last)
{
	uint8_t byte;

	return text.left > 0 && cursor_skip(&text, text.left - 1) && cursor_u8(&text, &byte) &&
	       byte == last;
}

/** text_take_prefix() - pass over @prefix if @text starts with it; false, nothing changed, if not */
static inline bool text_take_prefix(struct cursor *text, const char *prefix)
{
	struct cursor probe = *text;
	uint8_t byte;

	for (; *prefix; prefix++) {
		if (!cursor_u8(&probe, &byte) || byte != (uint8_t)*prefix)
			return false;
	}
	*text = probe;
	return true;
}

/** text_equals() - is @text the same as @wanted, byte for byte */
static inline bool text_equals(struct cursor text, const char *wanted)
{
	return text_take_prefix(&text, wanted) && text.left == 0;
}

/** text_lower() - letters of ASCII in lower case, other bytes as they are */
static inline uint8_t text_lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

/** text_is_digit(), text_is_upper(), text_is_letter() - classes of ASCII bytes, whatever the locale */
static inline bool text_is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static inline bool text_is_upper(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z';
}

static inline bool text_is_letter(uint8_t byte)
{
	return text_is_upper(byte) || (byte >= 'a' && byte <= 'z');
}

#endif

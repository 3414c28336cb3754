/* SPDX-License-Identifier: ISC */
/*
 * hostname.c - check and normalise host names
 *
 * A name is later compared byte for byte with the names of rules, and printed in logs. Whatever could
 * make two programs read the same bytes as different names (NUL, control bytes, bytes beyond ASCII,
 * empty labels) is therefore no name here and not repaired.
 */
#include "nat46/hostname.h"

#include "inspect/text.h"

#define LABEL_MAX 63u

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_label_byte(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

static bool is_ipv6_byte(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
}

/** looks_ipv6() - is this an IPv6 address, as far as that matters for something that is never used */
static bool looks_ipv6(const char *name, size_t length)
{
	bool colon = false;

	for (size_t i = 0; i < length; i++) {
		if (!is_ipv6_byte(name[i]))
			return false;
		colon = colon || name[i] == ':';
	}
	return colon;
}

/** classify() - walk over the labels of a name in lower case that is not an IPv6 address */
static enum hostname_kind classify(const char *name, size_t length)
{
	bool number = true;
	size_t label = 0;

	for (size_t i = 0; i < length; i++) {
		if (name[i] == '.') {
			if (label == 0)
				return HOSTNAME_INVALID;
			label = 0;
			number = true;
			continue;
		}
		if (!is_label_byte(name[i]) || ++label > LABEL_MAX)
			return HOSTNAME_INVALID;
		number = number && is_digit(name[i]);
	}
	if (label == 0)
		return HOSTNAME_INVALID;
	return number ? HOSTNAME_ADDRESS : HOSTNAME_NAME;
}

enum hostname_kind hostname_parse(struct cursor text, char *name)
{
	enum hostname_kind kind = HOSTNAME_INVALID;
	size_t length = 0;
	uint8_t byte;

	name[0] = '\0';
	if (text.left > HOSTNAME_MAX + 1)
		return HOSTNAME_INVALID;
	while (cursor_u8(&text, &byte))
		name[length++] = (char)text_lower(byte);
	if (length > 0 && name[length - 1] == '.')
		length--;
	if (length <= HOSTNAME_MAX)
		kind = looks_ipv6(name, length) ? HOSTNAME_ADDRESS : classify(name, length);
	name[kind == HOSTNAME_INVALID ? 0 : length] = '\0';
	return kind;
}

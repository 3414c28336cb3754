/* SPDX-License-Identifier: ISC */
/*
 * address.c - strings of a configuration: addresses, prefixes, servers
 *
 * Each address is checked for the place where it stands: what a host cannot have, what routing would never
 * bring to us, or what would break the mapping back is refused here and not discovered on live traffic.
 */
#include "config/text.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat46/service.h"

#define ADDRESS_TEXT_MAX 64u

/** struct unusable - IPv6 addresses that stand for no host behind a router */
static const struct unusable {
	struct ipv6_prefix block;
	const char *what;
} unusables[] = {
	/* :: and ::1, and the IPv4-compatible addresses that RFC 4291 2.5.5.1 gave up */
	{ { { { 0 } }, 96 }, "in ::/96 (unspecified, loopback, IPv4-compatible)" },
	{ { { { [10] = 0xff, [11] = 0xff } }, 96 }, "in ::ffff:0:0/96 (IPv4-mapped), which never goes over a network" },
	{ { { { 0xfe, 0x80 } }, 10 }, "link-local, which is not routed" },
	{ { { { 0xff } }, 8 }, "multicast" },
};

static bool refuse(struct config_reason *reason, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(struct config_reason *reason, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(reason->text, sizeof(reason->text), format, arguments);
	va_end(arguments);
	return false;
}

/** keep_bits() - set all bits of @bytes from @length on to zero; were they zero */
static bool keep_bits(uint8_t *bytes, size_t size, unsigned int length)
{
	bool clean = true;

	for (size_t i = 0; i < size; i++) {
		unsigned int kept = length > i * 8 ? length - (unsigned int)i * 8 : 0;
		uint8_t mask = kept >= 8 ? 0xff : (uint8_t)(0xff00u >> kept);

		clean = clean && (bytes[i] & ~mask & 0xff) == 0;
		bytes[i] &= mask;
	}
	return clean;
}

/** overlap() - does one of two blocks cover the other */
static bool overlap(const struct ipv6_prefix *a, const struct ipv6_prefix *b)
{
	return a->length < b->length ? ipv6_in_prefix(&b->address, a) : ipv6_in_prefix(&a->address, b);
}

static bool check_usable(const struct ipv6_prefix *block, struct config_reason *reason)
{
	for (size_t i = 0; i < sizeof(unusables) / sizeof(unusables[0]); i++) {
		if (overlap(block, &unusables[i].block))
			return refuse(reason, "cannot be used, it is %s", unusables[i].what);
	}
	return true;
}

static bool parse_ipv4(const char *text, uint32_t *address, struct config_reason *reason)
{
	struct in6_addr other;
	struct in_addr binary;

	if (inet_pton(AF_INET, text, &binary) == 1) {
		*address = ntohl(binary.s_addr);
		return true;
	}
	if (inet_pton(AF_INET6, text, &other) == 1)
		return refuse(reason, "is an IPv6 address, an IPv4 address is needed");
	return refuse(reason, "is not an IPv4 address");
}

static bool parse_ipv6(const char *text, struct ipv6_address *address, struct config_reason *reason)
{
	struct in_addr other;

	if (inet_pton(AF_INET6, text, address->byte) == 1)
		return true;
	if (inet_pton(AF_INET, text, &other) == 1)
		return refuse(reason, "is an IPv4 address, an IPv6 address is needed");
	return refuse(reason, "is not an IPv6 address");
}

/**
 * split_length() - cut "/LENGTH" off
 * @address: gets what is before it; ADDRESS_TEXT_MAX bytes
 * @length: the largest allowed length, also the result without "/LENGTH"; changed otherwise
 */
static bool split_length(const char *text, char *address, uint8_t *length, struct config_reason *reason)
{
	size_t size = strcspn(text, "/");
	const char *digits = text + size + 1;
	unsigned long number;

	if (size >= ADDRESS_TEXT_MAX)
		return refuse(reason, "is not an address");
	memcpy(address, text, size);
	address[size] = '\0';
	if (text[size] == '\0')
		return true;
	number = strtoul(digits, NULL, 10);
	if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits) || number > *length)
		return refuse(reason, "has no valid prefix length, allowed are /0 to /%u", *length);
	*length = (uint8_t)number;
	return true;
}

/* ---- IPv4 -------------------------------------------------------------------------------- */

static bool parse_ipv4_host(const struct config_text *text, void *value, struct config_reason *reason)
{
	uint32_t *address = value;

	if (!parse_ipv4(text->bytes, address, reason))
		return false;
	if (!ipv4_is_host(*address))
		return refuse(reason, "is no address of a host (not allowed: 0/8, 127/8, multicast, 240/4)");
	return true;
}

static void format_ipv4(uint32_t address, char *out)
{
	(void)sprintf(out, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

static void format_ipv4_host(const void *value, char *out)
{
	const uint32_t *address = value;
	char text[ADDRESS_TEXT_MAX];

	format_ipv4(*address, text);
	(void)sprintf(out, "\"%s\"", text);
}

const struct text_kind text_ipv4_host = { .parse = parse_ipv4_host, .format = format_ipv4_host };

static bool parse_ipv4_block(const struct config_text *text, void *value, struct config_reason *reason)
{
	struct ipv4_prefix *block = value;
	char address[ADDRESS_TEXT_MAX];
	uint32_t host_bits;

	block->length = 32;
	if (!split_length(text->bytes, address, &block->length, reason) ||
	    !parse_ipv4(address, &block->address, reason))
		return false;
	host_bits = block->length == 0 ? UINT32_MAX : (uint32_t)((UINT64_C(1) << (32 - block->length)) - 1);
	if (block->address & host_bits) {
		format_ipv4(block->address & ~host_bits, address);
		return refuse(reason, "has host bits set, \"%s/%u\" would be right", address, block->length);
	}
	if (!ipv4_is_host(block->address) || !ipv4_is_host(block->address | host_bits))
		return refuse(reason, "covers addresses that no host has (0/8, 127/8, multicast, 240/4)");
	return true;
}

static void format_ipv4_block(const void *value, char *out)
{
	const struct ipv4_prefix *block = value;
	char address[ADDRESS_TEXT_MAX];

	format_ipv4(block->address, address);
	(void)sprintf(out, "\"%s/%u\"", address, block->length);
}

const struct text_kind text_ipv4_block = { .parse = parse_ipv4_block, .format = format_ipv4_block };

/* ---- IPv6 -------------------------------------------------------------------------------- */

static bool parse_ipv6_host(const struct config_text *text, void *value, struct config_reason *reason)
{
	struct ipv6_prefix block = { .length = 128 };

	if (!parse_ipv6(text->bytes, &block.address, reason) || !check_usable(&block, reason))
		return false;
	memcpy(value, &block.address, sizeof(block.address));
	return true;
}

static void format_ipv6_host(const void *value, char *out)
{
	char address[INET6_ADDRSTRLEN];

	(void)inet_ntop(AF_INET6, value, address, sizeof(address));
	(void)sprintf(out, "\"%s\"", address);
}

const struct text_kind text_ipv6_host = { .parse = parse_ipv6_host, .format = format_ipv6_host };

static bool parse_ipv6_block(const struct config_text *text, void *value, struct config_reason *reason)
{
	struct ipv6_prefix *block = value;
	char address[ADDRESS_TEXT_MAX];

	block->length = 128;
	if (!split_length(text->bytes, address, &block->length, reason) ||
	    !parse_ipv6(address, &block->address, reason))
		return false;
	if (!keep_bits(block->address.byte, sizeof(block->address.byte), block->length)) {
		(void)inet_ntop(AF_INET6, block->address.byte, address, sizeof(address));
		return refuse(reason, "has host bits set, \"%s/%u\" would be right", address, block->length);
	}
	return check_usable(block, reason);
}

static void format_ipv6_block(const void *value, char *out)
{
	const struct ipv6_prefix *block = value;
	char address[INET6_ADDRSTRLEN];

	(void)inet_ntop(AF_INET6, block->address.byte, address, sizeof(address));
	(void)sprintf(out, "\"%s/%u\"", address, block->length);
}

const struct text_kind text_ipv6_block = { .parse = parse_ipv6_block, .format = format_ipv6_block };

static bool parse_prefix(const struct config_text *text, void *value, struct config_reason *reason)
{
	static const uint8_t lengths[] = { 32, 40, 48, 56, 64, 96 };
	struct ipv6_prefix *prefix = value;

	if (!parse_ipv6_block(text, value, reason))
		return false;
	if (!memchr(lengths, prefix->length, sizeof(lengths)))
		return refuse(reason, "has length %u, allowed are /32 /40 /48 /56 /64 /96 (RFC 6052)",
			      prefix->length);
	if (prefix->address.byte[8] != 0)
		return refuse(reason, "has bits 64 to 71 set, they must be zero (RFC 6052)");
	return true;
}

const struct text_kind text_prefix = { .parse = parse_prefix, .format = format_ipv6_block };

/* ---- servers ----------------------------------------------------------------------------- */

/** split_port() - take "[ADDRESS]:PORT" apart; @address: ADDRESS_TEXT_MAX bytes */
static bool split_port(const char *text, char *address, uint16_t *port, struct config_reason *reason)
{
	const char *end = strchr(text, ']');
	size_t size = end ? (size_t)(end - text - 1) : 0;
	unsigned long number;

	if (!end || size >= ADDRESS_TEXT_MAX || (end[1] != ':' && end[1] != '\0'))
		return refuse(reason, "is no server, allowed are \"ADDRESS\" and \"[ADDRESS]:PORT\"");
	memcpy(address, text + 1, size);
	address[size] = '\0';
	if (end[1] == '\0')
		return true;
	number = strtoul(end + 2, NULL, 10);
	if (end[2] == '\0' || strspn(end + 2, "0123456789") != strlen(end + 2) || number < 1 || number > 65535)
		return refuse(reason, "has no valid port, allowed are 1 to 65535");
	*port = (uint16_t)number;
	return true;
}

static bool parse_server(const struct config_text *text, void *value, struct config_reason *reason)
{
	struct ipv6_prefix block = { .length = 128 };
	struct server *server = value;
	char address[ADDRESS_TEXT_MAX];

	server->port = 0;
	if (text->bytes[0] == '[') {
		if (!split_port(text->bytes, address, &server->port, reason))
			return false;
	} else if (text->length < sizeof(address)) {
		memcpy(address, text->bytes, text->length + 1);
	} else {
		return refuse(reason, "is not an IPv6 address");
	}
	if (!parse_ipv6(address, &block.address, reason) || !check_usable(&block, reason))
		return false;
	server->address = block.address;
	return true;
}

static void format_server(const void *value, char *out)
{
	const struct server *server = value;
	char address[INET6_ADDRSTRLEN];

	(void)inet_ntop(AF_INET6, server->address.byte, address, sizeof(address));
	if (server->port)
		(void)sprintf(out, "\"[%s]:%u\"", address, server->port);
	else
		(void)sprintf(out, "\"%s\"", address);
}

const struct text_kind text_server = { .parse = parse_server, .format = format_server };

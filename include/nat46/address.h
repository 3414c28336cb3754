/* SPDX-License-Identifier: ISC */
/*
 * address.h - IPv4 and IPv6 addresses, prefixes, and one in the other (RFC 6052)
 *
 * IPv4 addresses are uint32_t in host byte order. IPv6 addresses are 16 bytes as on the wire.
 */
#ifndef NAT46_ADDRESS_H
#define NAT46_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ipv6_address {
	uint8_t byte[16];
};

/** struct ipv6_prefix - an IPv6 prefix; the bits of @address beyond @length are zero */
struct ipv6_prefix {
	struct ipv6_address address;
	uint8_t length;
};

/** struct ipv4_prefix - an IPv4 prefix; the bits of @address beyond @length are zero */
struct ipv4_prefix {
	uint32_t address;
	uint8_t length;
};

/** ipv6_equal() - are two addresses the same */
bool ipv6_equal(const struct ipv6_address *a, const struct ipv6_address *b);

/** ipv6_is_multicast() - is @address in ff00::/8 */
bool ipv6_is_multicast(const struct ipv6_address *address);

/** ipv6_is_link_local() - is @address in fe80::/10 */
bool ipv6_is_link_local(const struct ipv6_address *address);

/** ipv4_is_host() - can @address be the source of a packet (RFC 7915 4.1: not 0/8, 127/8, class D or E) */
bool ipv4_is_host(uint32_t address);

/**
 * ipv4_is_global() - is @address unique in the Internet
 *
 * Not so are private and shared addresses, those of links, protocol assignments, documentation and benchmarks, and
 * what cannot be a host (RFC 6890, whose exceptions below 192.0.0/24 nobody translates to).
 */
bool ipv4_is_global(uint32_t address);

/** ipv6_is_host() - can @address be the source of a packet (RFC 7915 5.1: not ::, ::1 or multicast) */
bool ipv6_is_host(const struct ipv6_address *address);

/** ipv4_in_prefix() - does @prefix cover @address */
bool ipv4_in_prefix(uint32_t address, const struct ipv4_prefix *prefix);

/** ipv6_in_prefix() - does @prefix cover @address */
bool ipv6_in_prefix(const struct ipv6_address *address, const struct ipv6_prefix *prefix);

/**
 * ipv6_embed() - build the IPv4-embedded IPv6 address (RFC 6052 2.2)
 * @prefix: prefix of length 32, 40, 48, 56, 64 or 96
 * @ipv4: address to embed
 *
 * Bits 64 to 71 and the suffix are zero.
 */
struct ipv6_address ipv6_embed(const struct ipv6_prefix *prefix, uint32_t ipv4);

/**
 * ipv6_extract() - take the IPv4 address out of an IPv4-embedded address (RFC 6052 2.3)
 * @prefix: prefix that covers @address
 * @address: IPv4-embedded address; the suffix bits are ignored
 */
uint32_t ipv6_extract(const struct ipv6_prefix *prefix, const struct ipv6_address *address);

#endif

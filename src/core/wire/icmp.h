/* SPDX-License-Identifier: ISC */
/*
 * icmp.h - types and codes of ICMP (RFC 792, RFC 1812) and ICMPv6 (RFC 4443)
 */
#ifndef NAT46_CORE_WIRE_ICMP_H
#define NAT46_CORE_WIRE_ICMP_H

#include <stdint.h>

enum {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER = 12,
};

enum {
	ICMP_CODE_PROTOCOL = 2,
	ICMP_CODE_PORT = 3,
	ICMP_CODE_FRAG_NEEDED = 4,
	ICMP_CODE_SOURCE_ROUTE = 5,
	ICMP_CODE_PROHIBITED = 10,
};

enum {
	ICMPV6_UNREACHABLE = 1,
	ICMPV6_TOO_BIG = 2,
	ICMPV6_TIME_EXCEEDED = 3,
	ICMPV6_PARAMETER = 4,
	ICMPV6_ECHO = 128,
	ICMPV6_ECHO_REPLY = 129,
	ICMPV6_CODE_PROHIBITED = 1,
	ICMPV6_CODE_PORT = 4,
	ICMPV6_CODE_POLICY = 5,
};

/** Largest ICMP error, outer header included: fits every IPv6 link, and RFC 1812 allows it for IPv4 as 576 or more. */
#define ICMP_ERROR4_MAX 576u
#define ICMP_ERROR6_MAX 1280u

/** Smallest MTU of an IPv6 link (RFC 8200 5). */
#define IPV6_MTU_MIN 1280u

/**
 * struct icmp_error - an ICMP error in the terms of one family
 * @type, @code: as in the header
 * @rest: the 32 bits behind the checksum: MTU or pointer
 */
struct icmp_error {
	uint8_t type;
	uint8_t code;
	uint32_t rest;
};

#endif

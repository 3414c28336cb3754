/* SPDX-License-Identifier: ISC */
/*
 * icmp_types.c - the head of an ICMP error in the terms of the other family
 *
 * Types and codes are translated by RFC 7915 4.2 and 5.2; what those leave out is dropped.
 */
#include "core/wire/icmp_types.h"

#include "nat46/packet.h"

#define NO_POINTER UINT8_MAX

/** Bytes by which a packet gets longer on its way from IPv4 to IPv6. */
#define GROWTH (IPV6_HEADER - IPV4_HEADER)

/**
 * plateau() - the largest RFC 1191 plateau below @length that IPv6 can use, for routers that name no MTU
 *
 * Below the last one there is only what every IPv6 path takes. Whoever sends no more than that has its packets
 * fragmented in IPv4.
 */
static uint32_t plateau(size_t length)
{
	static const uint16_t plateaus[] = { 65535, 32000, 17914, 8166, 4352, 2002, 1492 };

	for (size_t i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++) {
		if (plateaus[i] < length)
			return plateaus[i];
	}
	return IPV6_MTU_MIN - GROWTH;
}

bool icmp_types_4to6(const struct icmp_error *from, size_t quoted, uint32_t link_mtu, struct icmp_error *to)
{
	static const uint8_t pointers[] = { 0, 1, 4, 4, NO_POINTER, NO_POINTER, NO_POINTER, NO_POINTER, 7, 6,
					    NO_POINTER, NO_POINTER, 8, 8, 8, 8, 24, 24, 24, 24 };
	uint32_t mtu = from->rest & 0xffff, pointer = from->rest >> 24;

	switch (from->type) {
	case ICMP_UNREACHABLE:
		*to = (struct icmp_error){ .type = ICMPV6_UNREACHABLE };
		if (from->code == ICMP_CODE_FRAG_NEEDED) {
			mtu = (mtu ? mtu : plateau(quoted)) + GROWTH;
			mtu = mtu < link_mtu ? mtu : link_mtu;
			*to = (struct icmp_error){ .type = ICMPV6_TOO_BIG,
						   .rest = mtu > IPV6_MTU_MIN ? mtu : IPV6_MTU_MIN };
		} else if (from->code == ICMP_CODE_PROTOCOL) {
			*to = (struct icmp_error){ .type = ICMPV6_PARAMETER, .code = 1, .rest = 6 };
		} else if (from->code == ICMP_CODE_PORT) {
			to->code = ICMPV6_CODE_PORT;
		} else if (from->code == 9 || from->code == 10 || from->code == 13 || from->code == 15) {
			to->code = ICMPV6_CODE_PROHIBITED;
		}
		return from->code != 14 && from->code <= 15;
	case ICMP_TIME_EXCEEDED:
		*to = (struct icmp_error){ .type = ICMPV6_TIME_EXCEEDED, .code = from->code };
		return true;
	case ICMP_PARAMETER:
		if ((from->code != 0 && from->code != 2) || pointer >= sizeof(pointers) ||
		    pointers[pointer] == NO_POINTER)
			return false;
		*to = (struct icmp_error){ .type = ICMPV6_PARAMETER, .rest = pointers[pointer] };
		return true;
	default:
		return false;
	}
}

/** pointer_6to4() - where the IPv4 header has what is at @pointer in the IPv6 header (RFC 7915 figure 6) */
static uint8_t pointer_6to4(uint32_t pointer)
{
	static const uint8_t pointers[] = { 0, 1, NO_POINTER, NO_POINTER, 2, 2, 9, 8 };

	if (pointer < sizeof(pointers))
		return pointers[pointer];
	if (pointer < 24)
		return 12;
	return pointer < 40 ? 16 : NO_POINTER;
}

bool icmp_types_6to4(const struct icmp_error *from, uint32_t link_mtu, struct icmp_error *to)
{
	uint32_t mtu;

	switch (from->type) {
	case ICMPV6_UNREACHABLE:
		*to = (struct icmp_error){ .type = ICMP_UNREACHABLE, .code = 1 };
		if (from->code == ICMPV6_CODE_PROHIBITED)
			to->code = ICMP_CODE_PROHIBITED;
		else if (from->code == ICMPV6_CODE_PORT)
			to->code = ICMP_CODE_PORT;
		return from->code <= ICMPV6_CODE_PORT;
	case ICMPV6_TOO_BIG:
		mtu = from->rest > IPV6_MTU_MIN ? from->rest : IPV6_MTU_MIN;
		mtu = (mtu < link_mtu ? mtu : link_mtu) - GROWTH;
		*to = (struct icmp_error){ ICMP_UNREACHABLE, ICMP_CODE_FRAG_NEEDED, mtu };
		return true;
	case ICMPV6_TIME_EXCEEDED:
		*to = (struct icmp_error){ .type = ICMP_TIME_EXCEEDED, .code = from->code };
		return true;
	case ICMPV6_PARAMETER:
		if (from->code == 1) {
			*to = (struct icmp_error){ .type = ICMP_UNREACHABLE, .code = ICMP_CODE_PROTOCOL };
			return true;
		}
		if (from->code != 0 || pointer_6to4(from->rest) == NO_POINTER)
			return false;
		*to = (struct icmp_error){ .type = ICMP_PARAMETER,
					   .rest = (uint32_t)pointer_6to4(from->rest) << 24 };
		return true;
	default:
		return false;
	}
}

/* SPDX-License-Identifier: ISC */
/*
 * wire_fragment.h - make IP fragments in tests, apart from the code of the core
 */
#ifndef NAT46_TESTS_WIRE_FRAGMENT_H
#define NAT46_TESTS_WIRE_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes in front of the payload of a fragment at most. */
#define WIRE_FRAGMENT_HEADERS 60u

/**
 * struct wire_fragment - a fragment
 * @ipv6: family; addresses are 2001:db8:@source::@host and 2001:db8::@destination, or 10.@source and 10.@destination
 * @protocol: of the fragment header, or of IPv4
 * @more: not the last one
 * @dont_fragment: IPv4 DF bit
 * @options: with 8 bytes of IPv4 options or 8 bytes of IPv6 destination options in front of the fragment header
 * @hop_limit: 0 stands for 64
 * @offset: in bytes
 * @data, @length: payload
 */
struct wire_fragment {
	bool ipv6;
	bool more;
	bool dont_fragment;
	bool options;
	uint8_t protocol;
	uint8_t traffic_class;
	uint8_t hop_limit;
	uint32_t source;
	uint32_t host;
	uint32_t destination;
	uint32_t identification;
	uint32_t offset;
	const void *data;
	size_t length;
};

/** wire_fragment_make() - write the packet; returns its length, at most WIRE_FRAGMENT_HEADERS more than @length */
size_t wire_fragment_make(const struct wire_fragment *fragment, uint8_t *bytes);

#endif

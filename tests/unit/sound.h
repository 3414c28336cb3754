/* SPDX-License-Identifier: ISC */
/*
 * sound.h - are the lengths and checksums of any IP packet right; told from scratch, apart from the code of the core
 *
 * More than wire.h knows: fragments, extension headers, DCCP, UDP-Lite, and the packets inside ICMP errors.
 */
#ifndef NAT46_TESTS_SOUND_H
#define NAT46_TESTS_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct sound_layout - where things are in a packet
 * @protocol: of the transport
 * @transport: offset of its header
 * @fragment: offset of the IPv6 Fragment header; 0: none
 * @offset: of a fragment, in bytes
 * @more: its M flag
 */
struct sound_layout {
	uint8_t protocol;
	size_t transport;
	size_t fragment;
	size_t offset;
	bool more;
};

/** sound_find() - NULL, or what is wrong with the IP headers */
const char *sound_find(const uint8_t *bytes, size_t length, struct sound_layout *layout);

/** sound_seal() - give a packet the right length, header checksum, and transport checksum if it is no fragment */
void sound_seal(uint8_t *bytes, size_t length);

/** sound_error() - NULL, or what is wrong with the packet; UDP without a checksum is right in IPv4 only */
const char *sound_error(const uint8_t *bytes, size_t length);

#endif

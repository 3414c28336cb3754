/* SPDX-License-Identifier: ISC */
/*
 * wire.h - make and check packets in tests, apart from the code of the core
 */
#ifndef NAT46_TESTS_WIRE_H
#define NAT46_TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct wire_tcp - a TCP segment
 * @ipv6: family; addresses are 2001:db8::@source6 and ::@destination6, or @source4 and @destination4
 * @hop_limit: 0 stands for 64
 * @traffic_class: traffic class or type of service
 * @options, @options_length: bytes of options, a multiple of 4
 * @data, @length: payload
 */
struct wire_tcp {
	bool ipv6;
	uint8_t source6;
	uint8_t destination6;
	uint32_t source4;
	uint32_t destination4;
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	uint8_t hop_limit;
	uint8_t traffic_class;
	uint16_t window;
	uint16_t urgent;
	const uint8_t *options;
	size_t options_length;
	const void *data;
	size_t length;
};

/** wire_make() - write the segment with right lengths and checksums; returns its length */
size_t wire_make(const struct wire_tcp *tcp, uint8_t *bytes);

/** wire_read() - the reverse for a packet that wire_error() accepts; @options and @data point into @bytes */
struct wire_tcp wire_read(const uint8_t *bytes, size_t length);

/** wire_seal() - give an IP packet of @length bytes right lengths and checksums, whatever it contains */
void wire_seal(uint8_t *bytes, size_t length);

/** wire_seal_partial() - the same, but leave the transport checksum to the device: pseudo header only */
void wire_seal_partial(uint8_t *bytes, size_t length);

/**
 * wire_is_sound() - are lengths and checksums of a packet right, so that those of its translation must be
 * @partial: the transport checksum field must hold the folded pseudo-header sum
 *
 * False also for packets whose transport part this file cannot find.
 */
bool wire_is_sound(const uint8_t *bytes, size_t length, bool partial);

/** wire_is_fragment() - is it a part of a packet, whose checksum is over more than what is there */
bool wire_is_fragment(const uint8_t *bytes);

/** wire_error() - NULL if lengths and, with @checksums, all checksums of an IP packet are right; else what is not */
const char *wire_error(const uint8_t *bytes, size_t length, bool checksums);

/** wire_u16(), wire_u32() - big-endian number at @offset */
uint16_t wire_u16(const uint8_t *bytes, size_t offset);
uint32_t wire_u32(const uint8_t *bytes, size_t offset);

/** wire_put16(), wire_put32() - write a big-endian number at @offset; excess high bits are cut off */
void wire_put16(uint8_t *bytes, size_t offset, uint32_t value);
void wire_put32(uint8_t *bytes, size_t offset, uint32_t value);

/** wire_transport() - offset of the transport header of a packet without extension headers */
size_t wire_transport(const uint8_t *bytes);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * wire.c - make and check packets in tests, apart from the code of the core
 */
#include "wire.h"

#include <string.h>

uint16_t wire_u16(const uint8_t *bytes, size_t offset)
{
	return (uint16_t)(bytes[offset] * 256 + bytes[offset + 1]);
}

uint32_t wire_u32(const uint8_t *bytes, size_t offset)
{
	return (uint32_t)wire_u16(bytes, offset) * 65536 + wire_u16(bytes, offset + 2);
}

static void put16(uint8_t *bytes, size_t offset, uint32_t value)
{
	bytes[offset] = (uint8_t)(value / 256);
	bytes[offset + 1] = (uint8_t)value;
}

static void put32(uint8_t *bytes, size_t offset, uint32_t value)
{
	put16(bytes, offset, value / 65536);
	put16(bytes, offset + 2, value % 65536);
}

size_t wire_transport(const uint8_t *bytes)
{
	return bytes[0] / 16 == 6 ? 40 : (size_t)(bytes[0] % 16) * 4;
}

/** total() - one's complement sum, one word at a time, as RFC 1071 tells it */
static uint32_t total(const uint8_t *bytes, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++) {
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] * 256;
		sum = sum % 65536 + sum / 65536;
	}
	return sum;
}

static uint8_t protocol_of(const uint8_t *bytes)
{
	return bytes[0] / 16 == 6 ? bytes[6] : bytes[9];
}

/** transport_total() - sum of pseudo header and transport part; 0xffff if the checksum in it is right */
static uint32_t transport_total(const uint8_t *bytes, size_t length)
{
	size_t transport = wire_transport(bytes);
	uint32_t sum = 0;

	if (bytes[0] / 16 == 6)
		sum = total(bytes + 8, 32, 0);
	else if (protocol_of(bytes) != 1)
		sum = total(bytes + 12, 8, 0);
	if (protocol_of(bytes) != 1)
		sum += protocol_of(bytes) + (uint32_t)(length - transport);
	return total(bytes + transport, length - transport, sum % 65536 + sum / 65536);
}

/** checksum_offset() - of the checksum field in the transport header; 0: has none */
static size_t checksum_offset(uint8_t protocol)
{
	switch (protocol) {
	case 1:
	case 58:
		return 2;
	case 6:
		return 16;
	case 17:
		return 6;
	default:
		return 0;
	}
}

void wire_seal(uint8_t *bytes, size_t length)
{
	size_t transport, field;

	if (length < 40)
		return;
	if (bytes[0] / 16 == 6) {
		put16(bytes, 4, (uint32_t)(length - 40));
	} else {
		put16(bytes, 2, (uint32_t)length);
		put16(bytes, 10, 0);
		put16(bytes, 10, ~total(bytes, wire_transport(bytes), 0) & 0xffff);
	}
	transport = wire_transport(bytes);
	field = checksum_offset(protocol_of(bytes));
	if (field == 0 || transport + field + 2 > length)
		return;
	put16(bytes, transport + field, 0);
	put16(bytes, transport + field, ~transport_total(bytes, length) & 0xffff);
}

size_t wire_make(const struct wire_tcp *tcp, uint8_t *bytes)
{
	size_t transport = tcp->ipv6 ? 40 : 20;
	size_t header = 20 + tcp->options_length;
	size_t length = transport + header + tcp->length;

	memset(bytes, 0, transport + 20);
	if (tcp->ipv6) {
		bytes[0] = 0x60;
		bytes[6] = 6;
		bytes[7] = tcp->hop_limit ? tcp->hop_limit : 64;
		put32(bytes, 8, 0x20010db8);
		bytes[23] = tcp->source6;
		put32(bytes, 24, 0x20010db8);
		bytes[39] = tcp->destination6;
	} else {
		bytes[0] = 0x45;
		put16(bytes, 6, 0x4000);
		bytes[8] = tcp->hop_limit ? tcp->hop_limit : 64;
		bytes[9] = 6;
		put32(bytes, 12, tcp->source4);
		put32(bytes, 16, tcp->destination4);
	}
	put16(bytes, transport, tcp->source_port);
	put16(bytes, transport + 2, tcp->destination_port);
	put32(bytes, transport + 4, tcp->seq);
	put32(bytes, transport + 8, tcp->ack);
	bytes[transport + 12] = (uint8_t)(header / 4 * 16);
	bytes[transport + 13] = tcp->flags;
	put16(bytes, transport + 14, tcp->window);
	if (tcp->options_length)
		memcpy(bytes + transport + 20, tcp->options, tcp->options_length);
	if (tcp->length)
		memcpy(bytes + transport + header, tcp->data, tcp->length);
	wire_seal(bytes, length);
	return length;
}

const char *wire_error(const uint8_t *bytes, size_t length, bool checksums)
{
	size_t transport;

	if (length < 20 || (bytes[0] / 16 == 6 && length < 40))
		return "packet is shorter than its header";
	if (bytes[0] / 16 != 4 && bytes[0] / 16 != 6)
		return "packet is neither IPv4 nor IPv6";
	transport = wire_transport(bytes);
	if (bytes[0] / 16 == 4 && (wire_u16(bytes, 2) != length || transport < 20 || transport > length))
		return "wrong IPv4 length";
	if (bytes[0] / 16 == 6 && wire_u16(bytes, 4) + 40u != length)
		return "wrong IPv6 length";
	if (bytes[0] / 16 == 4 && total(bytes, transport, 0) != 0xffff)
		return "wrong IPv4 header checksum";
	if (protocol_of(bytes) == 6 && (length < transport + 20 || bytes[transport + 12] / 16 < 5 ||
					transport + bytes[transport + 12] / 16 * 4u > length))
		return "wrong TCP header length";
	if (checksums && checksum_offset(protocol_of(bytes)) && transport_total(bytes, length) != 0xffff)
		return "wrong transport checksum";
	return NULL;
}

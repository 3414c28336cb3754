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

void wire_put16(uint8_t *bytes, size_t offset, uint32_t value)
{
	bytes[offset] = (uint8_t)(value / 256);
	bytes[offset + 1] = (uint8_t)value;
}

void wire_put32(uint8_t *bytes, size_t offset, uint32_t value)
{
	wire_put16(bytes, offset, value / 65536);
	wire_put16(bytes, offset + 2, value % 65536);
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

/** pseudo_total() - sum of the pseudo header; ICMPv4 alone has none */
static uint32_t pseudo_total(const uint8_t *bytes, size_t length)
{
	uint32_t sum;

	if (protocol_of(bytes) == 1)
		return 0;
	sum = bytes[0] / 16 == 6 ? total(bytes + 8, 32, 0) : total(bytes + 12, 8, 0);
	sum += protocol_of(bytes) + (uint32_t)(length - wire_transport(bytes));
	return sum % 65536 + sum / 65536;
}

/** transport_total() - sum of pseudo header and transport part; 0xffff if the checksum in it is right */
static uint32_t transport_total(const uint8_t *bytes, size_t length)
{
	size_t transport = wire_transport(bytes);

	return total(bytes + transport, length - transport, pseudo_total(bytes, length));
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

bool wire_is_fragment(const uint8_t *bytes)
{
	return bytes[0] / 16 == 6 ? bytes[6] == 44 : (wire_u16(bytes, 6) & 0x3fff) != 0;
}

void wire_seal(uint8_t *bytes, size_t length)
{
	size_t transport, field;

	if (length < 20 || wire_transport(bytes) > length)
		return;
	if (bytes[0] / 16 == 6) {
		wire_put16(bytes, 4, (uint32_t)(length - 40));
	} else {
		wire_put16(bytes, 2, (uint32_t)length);
		wire_put16(bytes, 10, 0);
		wire_put16(bytes, 10, ~total(bytes, wire_transport(bytes), 0) & 0xffff);
	}
	transport = wire_transport(bytes);
	field = checksum_offset(protocol_of(bytes));
	if (field == 0 || transport + field + 2 > length)
		return;
	wire_put16(bytes, transport + field, 0);
	wire_put16(bytes, transport + field, ~transport_total(bytes, length) & 0xffff);
}

void wire_seal_partial(uint8_t *bytes, size_t length)
{
	wire_seal(bytes, length);
	wire_put16(bytes, wire_transport(bytes) + checksum_offset(protocol_of(bytes)), pseudo_total(bytes, length));
}

size_t wire_make(const struct wire_tcp *tcp, uint8_t *bytes)
{
	size_t transport = tcp->ipv6 ? 40 : 20;
	size_t header = 20 + tcp->options_length;
	size_t length = transport + header + tcp->length;

	memset(bytes, 0, transport + 20);
	if (tcp->ipv6) {
		wire_put32(bytes, 0, 0x60000000 + tcp->traffic_class * 0x100000u);
		bytes[6] = 6;
		bytes[7] = tcp->hop_limit ? tcp->hop_limit : 64;
		wire_put32(bytes, 8, 0x20010db8);
		bytes[23] = tcp->source6;
		wire_put32(bytes, 24, 0x20010db8);
		bytes[39] = tcp->destination6;
	} else {
		bytes[0] = 0x45;
		bytes[1] = tcp->traffic_class;
		wire_put16(bytes, 6, 0x4000);
		bytes[8] = tcp->hop_limit ? tcp->hop_limit : 64;
		bytes[9] = 6;
		wire_put32(bytes, 12, tcp->source4);
		wire_put32(bytes, 16, tcp->destination4);
	}
	wire_put16(bytes, transport, tcp->source_port);
	wire_put16(bytes, transport + 2, tcp->destination_port);
	wire_put32(bytes, transport + 4, tcp->seq);
	wire_put32(bytes, transport + 8, tcp->ack);
	bytes[transport + 12] = (uint8_t)(header / 4 * 16);
	bytes[transport + 13] = tcp->flags;
	wire_put16(bytes, transport + 14, tcp->window);
	wire_put16(bytes, transport + 18, tcp->urgent);
	if (tcp->options_length)
		memcpy(bytes + transport + 20, tcp->options, tcp->options_length);
	if (tcp->length)
		memcpy(bytes + transport + header, tcp->data, tcp->length);
	wire_seal(bytes, length);
	return length;
}

struct wire_tcp wire_read(const uint8_t *bytes, size_t length)
{
	size_t transport = wire_transport(bytes);
	size_t header = bytes[transport + 12] / 16 * 4u;
	bool ipv6 = bytes[0] / 16 == 6;

	return (struct wire_tcp){
		.ipv6 = ipv6,
		.source6 = ipv6 ? bytes[23] : 0,
		.destination6 = ipv6 ? bytes[39] : 0,
		.source4 = ipv6 ? 0 : wire_u32(bytes, 12),
		.destination4 = ipv6 ? 0 : wire_u32(bytes, 16),
		.source_port = wire_u16(bytes, transport),
		.destination_port = wire_u16(bytes, transport + 2),
		.seq = wire_u32(bytes, transport + 4),
		.ack = wire_u32(bytes, transport + 8),
		.flags = bytes[transport + 13],
		.hop_limit = bytes[ipv6 ? 7 : 8],
		.traffic_class = (uint8_t)(ipv6 ? wire_u16(bytes, 0) / 16 : bytes[1]),
		.window = wire_u16(bytes, transport + 14),
		.urgent = wire_u16(bytes, transport + 18),
		.options = bytes + transport + 20,
		.options_length = header - 20,
		.data = bytes + transport + header,
		.length = length - transport - header,
	};
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
	if (protocol_of(bytes) == 6 && !wire_is_fragment(bytes) &&
	    (length < transport + 20 || bytes[transport + 12] / 16 < 5 ||
	     transport + bytes[transport + 12] / 16 * 4u > length))
		return "wrong TCP header length";
	if (checksums && checksum_offset(protocol_of(bytes)) && transport_total(bytes, length) != 0xffff)
		return "wrong transport checksum";
	return NULL;
}

bool wire_is_sound(const uint8_t *bytes, size_t length, bool partial)
{
	size_t field;

	if (wire_error(bytes, length, !partial))
		return false;
	field = wire_transport(bytes) + checksum_offset(protocol_of(bytes));
	if (checksum_offset(protocol_of(bytes)) == 0 || field + 2 > length)
		return false;
	/* 0 and 0xffff are the same number in one's complement */
	return !partial || wire_u16(bytes, field) % 65535 == pseudo_total(bytes, length) % 65535;
}

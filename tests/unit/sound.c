/* SPDX-License-Identifier: ISC */
/*
 * sound.c - are the lengths and checksums of any IP packet right
 */
#include "sound.h"

#include "wire.h"

enum { ICMP = 1,
       TCP = 6,
       UDP = 17,
       DCCP = 33,
       FRAGMENT = 44,
       ICMPV6 = 58,
       UDP_LITE = 136 };

/** total() - one's complement sum, a byte at a time; @length of the bytes of one sum are even but for the last */
static uint32_t total(const uint8_t *bytes, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++) {
		sum += i % 2 ? bytes[i] : bytes[i] * 256u;
		sum = sum % 65536 + sum / 65536;
	}
	return sum;
}

/** find_ipv6() - walk the extension headers */
static const char *find_ipv6(const uint8_t *bytes, size_t length, struct sound_layout *layout)
{
	layout->protocol = bytes[6];
	layout->transport = 40;
	for (;;) {
		size_t at = layout->transport;
		bool is_fragment = layout->protocol == FRAGMENT;

		if (!is_fragment && layout->protocol != 0 && layout->protocol != 43 && layout->protocol != 60)
			return NULL;
		if (at + 8 > length || (!is_fragment && at + 8 + bytes[at + 1] * 8u > length))
			return "extension header is cut";
		if (is_fragment) {
			layout->fragment = at;
			layout->offset = wire_u16(bytes, at + 2) & 0xfff8u;
			layout->more = bytes[at + 3] & 1;
		}
		layout->protocol = bytes[at];
		layout->transport += is_fragment ? 8 : 8 + bytes[at + 1] * 8u;
		if (is_fragment && layout->offset != 0)
			return NULL;
	}
}

const char *sound_find(const uint8_t *bytes, size_t length, struct sound_layout *layout)
{
	*layout = (struct sound_layout){ 0 };
	if (length < 20 || (bytes[0] / 16 == 6 && length < 40))
		return "packet is shorter than its header";
	if (bytes[0] / 16 == 6)
		return find_ipv6(bytes, length, layout);
	if (bytes[0] / 16 != 4)
		return "neither IPv4 nor IPv6";
	layout->protocol = bytes[9];
	layout->transport = bytes[0] % 16 * 4u;
	layout->offset = (wire_u16(bytes, 6) & 0x1fffu) * 8u;
	layout->more = bytes[6] & 0x20;
	if (layout->transport < 20 || layout->transport > length)
		return "wrong IPv4 header length";
	return NULL;
}

/** field_of() - offset of the checksum in the transport header; 0: has none, or none that we know */
static size_t field_of(uint8_t protocol)
{
	switch (protocol) {
	case ICMP:
	case ICMPV6:
		return 2;
	case TCP:
		return 16;
	case UDP:
	case DCCP:
	case UDP_LITE:
		return 6;
	default:
		return 0;
	}
}

/** covered() - bytes of @length that the checksum covers (RFC 3828 3.1, RFC 4340 9.2) */
static size_t covered(uint8_t protocol, const uint8_t *transport, size_t length)
{
	size_t covers = length;

	if (protocol == UDP_LITE && wire_u16(transport, 4) != 0)
		covers = wire_u16(transport, 4);
	if (protocol == DCCP && transport[5] % 16 != 0)
		covers = transport[4] * 4u + (transport[5] % 16 - 1u) * 4u;
	return covers < length ? covers : length;
}

/** transport_total() - 0xffff if the transport checksum is right */
static uint32_t transport_total(const uint8_t *bytes, size_t length, const struct sound_layout *layout)
{
	size_t size = length - layout->transport;
	uint32_t sum = 0;

	if (layout->protocol != ICMP) {
		sum = bytes[0] / 16 == 6 ? total(bytes + 8, 32, 0) : total(bytes + 12, 8, 0);
		sum += layout->protocol + (uint32_t)size;
		sum = sum % 65536 + sum / 65536;
	}
	return total(bytes + layout->transport, covered(layout->protocol, bytes + layout->transport, size), sum);
}

static bool is_whole(const struct sound_layout *layout)
{
	return layout->offset == 0 && !layout->more;
}

void sound_seal(uint8_t *bytes, size_t length)
{
	struct sound_layout layout;
	size_t field;

	if (bytes[0] / 16 == 6) {
		wire_put16(bytes, 4, (uint32_t)(length - 40));
	} else {
		wire_put16(bytes, 2, (uint32_t)length);
		wire_put16(bytes, 10, 0);
		wire_put16(bytes, 10, ~total(bytes, bytes[0] % 16 * 4u, 0) & 0xffff);
	}
	if (sound_find(bytes, length, &layout) || !is_whole(&layout))
		return;
	field = field_of(layout.protocol);
	if (field == 0 || layout.transport + field + 2 > length)
		return;
	field += layout.transport;
	wire_put16(bytes, field, 0);
	wire_put16(bytes, field, ~transport_total(bytes, length, &layout) & 0xffff);
	if (wire_u16(bytes, field) == 0 && (layout.protocol == UDP || layout.protocol == UDP_LITE))
		wire_put16(bytes, field, 0xffff);
}

/** quote_error() - of the packet inside an ICMP error, whose lengths are of more than is there */
static const char *quote_error(const uint8_t *bytes, size_t length, bool is_ipv6)
{
	if (length < (is_ipv6 ? 40u : 20u))
		return "quoted packet is shorter than its header";
	if ((bytes[0] / 16 == 6) != is_ipv6 || (bytes[0] / 16 != 6 && bytes[0] != 0x45))
		return "quoted packet is not of the family of the error";
	if (!is_ipv6 && total(bytes, 20, 0) != 0xffff)
		return "wrong header checksum in the quoted packet";
	return NULL;
}

static const char *transport_error(const uint8_t *bytes, size_t length, const struct sound_layout *layout)
{
	const uint8_t *transport = bytes + layout->transport;
	bool is_ipv6 = bytes[0] / 16 == 6;
	size_t field = field_of(layout->protocol);

	if (field == 0)
		return NULL;
	if (layout->transport + field + 2 > length)
		return "transport header is cut";
	if (layout->protocol == UDP && wire_u16(transport, 6) == 0)
		return is_ipv6 ? "UDP without checksum in IPv6" : NULL;
	if (transport_total(bytes, length, layout) != 0xffff)
		return "wrong transport checksum";
	if (layout->protocol == (is_ipv6 ? ICMPV6 : ICMP) &&
	    (is_ipv6 ? transport[0] < 128 : transport[0] != 0 && transport[0] != 8))
		return quote_error(transport + 8, length - layout->transport - 8, is_ipv6);
	return NULL;
}

const char *sound_error(const uint8_t *bytes, size_t length)
{
	struct sound_layout layout;
	const char *error = sound_find(bytes, length, &layout);

	if (error)
		return error;
	if (bytes[0] / 16 == 6 && wire_u16(bytes, 4) + 40u != length)
		return "wrong IPv6 length";
	if (bytes[0] / 16 == 4 && wire_u16(bytes, 2) != length)
		return "wrong IPv4 length";
	if (bytes[0] / 16 == 4 && total(bytes, bytes[0] % 16 * 4u, 0) != 0xffff)
		return "wrong IPv4 header checksum";
	return is_whole(&layout) ? transport_error(bytes, length, &layout) : NULL;
}

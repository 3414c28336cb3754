/* SPDX-License-Identifier: ISC */
/*
 * transport.c - transport headers in the terms of the other family
 */
#include "core/wire/transport.h"

#include "core/wire/icmp.h"
#include "nat46/checksum.h"

enum { ICMP_FIELD_CHECKSUM = 2 };

/** protocols - those with a pseudo header in their checksum: where it is, and the shortest header */
static const struct {
	uint8_t protocol;
	uint8_t checksum;
	uint8_t header;
} protocols[] = {
	{ IP_PROTOCOL_TCP, TCP_FIELD_CHECKSUM, TCP_HEADER },
	{ IP_PROTOCOL_UDP, UDP_FIELD_CHECKSUM, UDP_HEADER },
	{ IP_PROTOCOL_DCCP, 6, 12 },
	{ IP_PROTOCOL_UDP_LITE, UDP_FIELD_CHECKSUM, UDP_HEADER },
};

static const size_t PROTOCOLS = sizeof(protocols) / sizeof(protocols[0]);

bool transport_other_family(bool is_ipv6, uint8_t protocol, uint8_t *other)
{
	/* in IPv6 these are extension headers, which no IPv4 host shall make a server read: hop-by-hop, routing,
	 * fragment, no next header, destination options, mobility, HIP, Shim6; and its ICMP, which is another one */
	static const uint8_t meanings[] = { 0, 43, 44, IP_PROTOCOL_ICMPV6, 59, 60, 135, 139, 140 };
	static const uint8_t igmp = 2;

	if (protocol == (is_ipv6 ? IP_PROTOCOL_ICMPV6 : IP_PROTOCOL_ICMP)) {
		*other = is_ipv6 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMPV6;
		return true;
	}
	if (protocol == IP_PROTOCOL_ICMP || protocol == igmp)
		return false;
	for (size_t i = 0; i < sizeof(meanings); i++) {
		if (protocol == meanings[i])
			return false;
	}
	*other = protocol;
	return true;
}

size_t transport_header_least(uint8_t protocol)
{
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (protocols[i].protocol == protocol)
			return protocols[i].header;
	}
	return 0;
}

/** udp_update() - a UDP checksum after words were replaced; none stays none, and zero is never the result */
static uint16_t udp_update(uint16_t checksum, uint64_t removed, uint64_t added)
{
	if (checksum == 0)
		return 0;
	checksum = checksum_update(checksum, removed, added);
	return checksum ? checksum : 0xffff;
}

void transport_readdress(struct span transport, uint8_t protocol, bool partial, uint64_t removed, uint64_t added)
{
	size_t field = 0;
	uint16_t checksum;

	for (size_t i = 0; i < PROTOCOLS; i++)
		field = protocols[i].protocol == protocol ? protocols[i].checksum : field;
	if (field == 0 || transport.length < field + 2)
		return;
	checksum = span_get16(transport, field);
	if (partial)
		checksum = checksum_update_partial(checksum, removed, added);
	else if (protocol == IP_PROTOCOL_UDP || protocol == IP_PROTOCOL_UDP_LITE)
		checksum = udp_update(checksum, removed, added);
	else
		checksum = checksum_update(checksum, removed, added);
	span_put16(transport, field, checksum);
}

bool transport_udp_is_unsummed(struct span transport)
{
	return transport.length >= UDP_HEADER && span_get16(transport, UDP_FIELD_CHECKSUM) == 0;
}

bool transport_udp_length_ok(struct span transport)
{
	size_t length = span_get16(transport, UDP_FIELD_LENGTH);

	return length >= UDP_HEADER && length <= transport.length;
}

/** udp_total() - sum of pseudo header and datagram; bytes behind its own length do not belong to it */
static uint64_t udp_total(struct span transport, uint64_t addresses, uint64_t *pseudo)
{
	size_t length = span_get16(transport, UDP_FIELD_LENGTH);

	*pseudo = addresses + IP_PROTOCOL_UDP + length;
	return *pseudo + checksum_sum(span_at(transport, 0, length), length);
}

bool transport_udp_sum(struct span transport, uint64_t addresses)
{
	uint16_t checksum;
	uint64_t pseudo;

	if (!transport_udp_length_ok(transport))
		return false;
	span_put16(transport, UDP_FIELD_CHECKSUM, 0);
	checksum = checksum_finish(udp_total(transport, addresses, &pseudo));
	span_put16(transport, UDP_FIELD_CHECKSUM, checksum ? checksum : 0xffff);
	return true;
}

bool transport_udp_sum_ok(struct span transport, uint64_t addresses)
{
	uint64_t pseudo;

	if (!transport_udp_length_ok(transport) || transport_udp_is_unsummed(transport))
		return false;
	return checksum_fold(udp_total(transport, addresses, &pseudo)) == 0xffff ||
	       span_get16(transport, UDP_FIELD_CHECKSUM) == checksum_fold(pseudo);
}

void transport_udp_ports(struct span transport, bool partial, uint16_t source, uint16_t destination)
{
	uint64_t removed;

	if (transport.length < UDP_HEADER)
		return;
	removed = checksum_sum32(span_get32(transport, UDP_FIELD_SOURCE_PORT));
	span_put16(transport, UDP_FIELD_SOURCE_PORT, source);
	span_put16(transport, UDP_FIELD_DESTINATION_PORT, destination);
	if (!partial)
		span_put16(transport, UDP_FIELD_CHECKSUM,
			   udp_update(span_get16(transport, UDP_FIELD_CHECKSUM), removed,
				      checksum_sum32(span_get32(transport, UDP_FIELD_SOURCE_PORT))));
}

bool transport_echo(struct span transport, bool to_ipv6, uint64_t pseudo)
{
	/* request and reply, of ICMP and ICMPv6 */
	static const uint8_t types[][2] = { { ICMP_ECHO, ICMPV6_ECHO }, { ICMP_ECHO_REPLY, ICMPV6_ECHO_REPLY } };
	uint8_t type;

	if (transport.length < 1)
		return false;
	type = span_get8(transport, 0);
	for (size_t i = 0; i < 2; i++) {
		uint8_t other = types[i][to_ipv6];
		uint64_t removed = (uint64_t)type << 8, added = (uint64_t)other << 8;

		if (type != types[i][!to_ipv6])
			continue;
		span_put8(transport, 0, other);
		if (transport.length < ICMP_FIELD_CHECKSUM + 2)
			return true;
		span_put16(transport, ICMP_FIELD_CHECKSUM,
			   checksum_update(span_get16(transport, ICMP_FIELD_CHECKSUM),
					   removed + (to_ipv6 ? 0 : pseudo), added + (to_ipv6 ? pseudo : 0)));
		return true;
	}
	return false;
}

void transport_echo_settle(struct span message)
{
	if (span_get16(message, ICMP_FIELD_CHECKSUM) == 0)
		span_put16(message, ICMP_FIELD_CHECKSUM,
			   checksum_finish(checksum_sum(message.bytes, message.length)));
}

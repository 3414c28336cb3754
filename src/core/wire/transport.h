/* SPDX-License-Identifier: ISC */
/*
 * transport.h - transport headers in the terms of the other family: checksums, and the types of ICMP echo
 *
 * All of it works on a header that is cut short, as in an ICMP error: what is missing stays as it is.
 */
#ifndef NAT46_CORE_WIRE_TRANSPORT_H
#define NAT46_CORE_WIRE_TRANSPORT_H

#include <stdbool.h>

#include "nat46/packet.h"

/**
 * transport_other_family() - the protocol number of @protocol in the other family (RFC 7915 4.1, 5.1)
 * @is_ipv6: family of @protocol
 * @other: set on success
 *
 * Return: false if it has none: the number means something else there, or nothing that leaves a link (IGMP)
 */
bool transport_other_family(bool is_ipv6, uint8_t protocol, uint8_t *other);

/** transport_header_least() - bytes of the transport header of @protocol that translation needs to see */
size_t transport_header_least(uint8_t protocol);

/**
 * transport_readdress() - put the new addresses of a packet into the checksum of its transport header
 * @transport: the header, and what follows it
 * @protocol: TCP, UDP, UDP-Lite or DCCP; others have no pseudo header, and nothing changes
 * @partial: the checksum is partial
 * @removed, @added: sums of the addresses as packet_address_sum() gives them
 *
 * A checksum of zero says that there is none in UDP, and must not be in UDP-Lite (RFC 3828 3.1): such a one stays, and
 * one that becomes zero is written as 0xffff.
 */
void transport_readdress(struct span transport, uint8_t protocol, bool partial, uint64_t removed, uint64_t added);

/**
 * transport_udp_ports() - put other ports into a UDP header, and into its checksum, which may be none
 * @partial: the checksum is partial, and does not cover the ports
 */
void transport_udp_ports(struct span transport, bool partial, uint16_t source, uint16_t destination);

/** transport_udp_is_unsummed() - has the UDP header @transport no checksum (RFC 768) */
bool transport_udp_is_unsummed(struct span transport);

/**
 * transport_udp_sum() - compute the checksum of a UDP datagram (RFC 7915 4.5)
 * @transport: the whole datagram
 * @addresses: sum of the addresses as packet_address_sum() gives them
 *
 * Return: false if its length field does not fit
 */
bool transport_udp_sum(struct span transport, uint64_t addresses);

/** transport_udp_length_ok() - does a UDP header tell of as many bytes as there are in @transport, or fewer */
bool transport_udp_length_ok(struct span transport);

/**
 * transport_udp_sum_ok() - has a UDP datagram of right length a checksum, and is it right
 * @addresses: as above
 *
 * It may be a partial one: a host quotes a datagram as it got it, and that may never have been on a wire.
 */
bool transport_udp_sum_ok(struct span transport, uint64_t addresses);

/**
 * transport_echo() - make an ICMP echo message one of the other family
 * @transport: the message
 * @to_ipv6: ICMP becomes ICMPv6, else the reverse
 * @pseudo: sum of the ICMPv6 pseudo header, which only that family has in its checksum
 *
 * Return: false if it is no echo request or reply
 */
bool transport_echo(struct span transport, bool to_ipv6, uint64_t pseudo);

/**
 * transport_echo_settle() - an ICMP checksum of zero that came of an update may have to be 0xffff
 * @message: a whole message of ICMP
 *
 * An update cannot tell a sum of zero from one of 0xffff (RFC 1624 3), and a reply may be all zeros: ICMP has no pseudo
 * header, and no type but this one is zero.
 */
void transport_echo_settle(struct span message);

#endif

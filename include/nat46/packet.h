/* SPDX-License-Identifier: ISC */
/*
 * packet.h - an IP packet as a checked view: every offset and length in it has been proven
 */
#ifndef NAT46_PACKET_H
#define NAT46_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/address.h"
#include "nat46/cursor.h"
#include "nat46/frame.h"
#include "nat46/verdict.h"

enum ip_protocol {
	IP_PROTOCOL_ICMP = 1,
	IP_PROTOCOL_TCP = 6,
	IP_PROTOCOL_UDP = 17,
	IP_PROTOCOL_DCCP = 33,
	IP_PROTOCOL_FRAGMENT = 44,
	IP_PROTOCOL_AH = 51,
	IP_PROTOCOL_ICMPV6 = 58,
	IP_PROTOCOL_UDP_LITE = 136,
};

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

/** Header lengths without options or extension headers. */
#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define TCP_HEADER 20u
#define ICMP_HEADER 8u
#define UDP_HEADER 8u
#define FRAGMENT_HEADER 8u

/** Fields of the flags and fragment offset of an IPv4 header. */
enum ipv4_fragment {
	IPV4_OFFSET = 0x1fff, /* in units of 8 bytes */
	IPV4_MF = 0x2000,
	IPV4_DF = 0x4000,
};

/** Offsets in a UDP header. */
enum udp_field {
	UDP_FIELD_SOURCE_PORT = 0,
	UDP_FIELD_DESTINATION_PORT = 2,
	UDP_FIELD_LENGTH = 4,
	UDP_FIELD_CHECKSUM = 6,
};

/** Offsets in a TCP header. */
enum tcp_field {
	TCP_FIELD_SOURCE_PORT = 0,
	TCP_FIELD_DESTINATION_PORT = 2,
	TCP_FIELD_SEQ = 4,
	TCP_FIELD_ACK = 8,
	TCP_FIELD_OFFSET = 12,
	TCP_FIELD_FLAGS = 13,
	TCP_FIELD_WINDOW = 14,
	TCP_FIELD_CHECKSUM = 16,
	TCP_FIELD_URGENT = 18,
};

/**
 * struct packet - what the headers say
 * @is_ipv6: family; decides which of the addresses are set
 * @protocol: transport protocol, behind all extension headers
 * @hop_limit: TTL or hop limit
 * @traffic_class: type of service or traffic class
 * @dont_fragment: IPv4 DF bit
 * @is_fragment: part of a fragmented packet; no transport field is set
 * @has_fragment_header: with an IPv6 fragment header, also if the packet is whole (RFC 6946)
 * @more_fragments: not the last part
 * @fragment_offset: bytes of the packet's payload before this part
 * @identification: of an IPv4 packet, or in the IPv6 fragment header
 * @source_route: has an IPv4 source route that is not used up
 * @segments_left: offset of this field in a routing header that is not used up, from the start of the IP header; no
 *	header behind it is read. 0: there is none
 * @source4, @destination4: host byte order
 * @source6, @destination6: as on the wire
 * @transport: offset of the transport header from the start of the IP header
 * @length: bytes of the whole IP packet
 * @source_port, @destination_port: TCP and UDP
 * @seq, @ack, @flags, @window: TCP
 * @payload: offset of the TCP payload from the start of the IP header
 * @payload_length: bytes of TCP payload
 * @grown: bytes by which we have lengthened the TCP header
 * @icmp_type, @icmp_code: ICMP and ICMPv6
 */
struct packet {
	bool is_ipv6;
	uint8_t protocol;
	uint8_t hop_limit;
	uint8_t traffic_class;
	bool dont_fragment;
	bool is_fragment;
	bool has_fragment_header;
	bool more_fragments;
	bool source_route;
	uint16_t fragment_offset;
	uint32_t identification;
	size_t segments_left;
	uint32_t source4;
	uint32_t destination4;
	struct ipv6_address source6;
	struct ipv6_address destination6;
	size_t transport;
	size_t length;
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	uint16_t window;
	size_t payload;
	size_t payload_length;
	size_t grown;
	uint8_t icmp_type;
	uint8_t icmp_code;
};

/**
 * packet_parse() - check a frame and read its headers
 * @frame: frame; bytes behind the IP packet are cut off, and an abnormal super-packet with a complete checksum
 *	gets a partial one
 * @packet: filled in as far as the headers could be read
 * @why: set on failure
 *
 * Return: false if the packet is to be dropped
 */
bool packet_parse(struct frame *frame, struct packet *packet, enum drop *why);

/**
 * packet_parse_quoted() - read the start of a packet inside an ICMP error
 * @bytes: what is quoted, often cut short; its length fields are not believed
 * @packet: what the IP headers say, with @length as they say it; @payload_length: bytes behind @transport that are
 *	quoted; the ports of TCP and UDP, and @seq of TCP, if there are at least 8 of them and they are not from a later
 *	fragment
 *
 * Return: false unless the IP headers are there
 */
bool packet_parse_quoted(struct cursor bytes, struct packet *packet);

/**
 * packet_on_wire() - bytes of the longest IP packet that the device makes of a frame
 *
 * The segments of a super-packet count, not its length.
 */
size_t packet_on_wire(const struct frame *frame, const struct packet *packet);

/** packet_on_wire_count() - number of IP packets that the device makes of a frame */
size_t packet_on_wire_count(const struct frame *frame, const struct packet *packet);

/**
 * packet_first_part_has_headers() - are all headers in the first part of a fragmented packet (RFC 1858, RFC 7112)
 * @packet: parsed, a fragment with @fragment_offset 0
 *
 * Return: false if an extension header or the fixed part of the transport header is cut off, or if there is a
 *	second fragment header
 */
bool packet_first_part_has_headers(const struct frame *frame, const struct packet *packet);

/** packet_span() - the whole packet of a frame that has been parsed */
struct span packet_span(const struct frame *frame);

/** packet_transport() - transport header and payload of a frame that has been parsed */
struct span packet_transport(const struct frame *frame, const struct packet *packet);

/** packet_tcp_options() - options area of a TCP segment */
struct span packet_tcp_options(const struct frame *frame, const struct packet *packet);

/** packet_address_sum() - checksum sum of both addresses: what translation changes in the pseudo header */
uint64_t packet_address_sum(const struct packet *packet);

/**
 * packet_checksum_ok() - is the complete transport checksum right; for TCP, UDP, ICMP and ICMPv6
 *
 * A partial checksum counts as right: the packet never was on a wire.
 */
bool packet_checksum_ok(const struct frame *frame, const struct packet *packet);

#endif

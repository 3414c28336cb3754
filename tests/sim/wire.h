/* SPDX-License-Identifier: ISC */
/*
 * wire.h - the simulator's own view of packets: build, parse, and verify every checksum in full
 *
 * Shares no code with the core on purpose: a mistake would have to be made twice to stay unseen. Only
 * struct offload is the core's, because it is the contract that is tested.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/frame.h"

#define FLAG_FIN 0x01u
#define FLAG_SYN 0x02u
#define FLAG_RST 0x04u
#define FLAG_PSH 0x08u
#define FLAG_ACK 0x10u
#define FLAG_URG 0x20u
#define FLAG_ECE 0x40u
#define FLAG_CWR 0x80u

#define SACK_BLOCKS_MAX 4u

/** struct address - IPv4 (first four bytes) or IPv6 address as on the wire */
struct address {
	bool is_ipv6;
	uint8_t byte[16];
};

struct sack_block {
	uint32_t start;
	uint32_t end;
};

enum packet_kind {
	PACKET_TCP,
	PACKET_TOO_BIG,		/* ICMPv4 3/4 or ICMPv6 2/0 about TCP */
	PACKET_UNREACHABLE,	/* ICMPv4 3/x or ICMPv6 1/x about TCP */
	PACKET_OTHER,
};

/**
 * struct packet - one packet, parsed or to be built; host byte order
 * @option_style: how options are laid out: 0 as Linux does, 1 unaligned and closed with END, 2 with an
 *	option that nobody knows in front
 * @odd_options: parsed: it carries options other than those below
 * @forged: as in struct wire; the receiver sets it
 * @payload: TCP payload; points into the parsed bytes
 * @mtu, @quoted_source, @quoted_destination: with an ICMP error; the ports and @seq are then the quoted ones
 */
struct packet {
	enum packet_kind kind;
	struct address source;
	struct address destination;
	uint8_t hop_limit;
	uint8_t traffic_class;
	bool may_fragment;
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	uint16_t window;
	uint16_t urgent;
	uint8_t option_style;
	bool odd_options;
	bool forged;
	bool has_mss;
	uint16_t mss;
	bool has_scale;
	uint8_t scale;
	bool sack_permitted;
	bool has_ts;
	uint32_t ts_value;
	uint32_t ts_echo;
	size_t sack_count;
	struct sack_block sack[SACK_BLOCKS_MAX];
	const uint8_t *payload;
	size_t payload_length;
	uint32_t mtu;
	struct address quoted_source;
	struct address quoted_destination;
};

/**
 * struct wire - a packet under way; from malloc(), whoever holds it releases it with free()
 * @corrupt: it has bit errors, or comes of one that had
 * @forged: neither client nor server has sent it, nor what it comes of
 */
struct wire {
	size_t length;
	struct offload offload;
	bool corrupt;
	bool forged;
	uint8_t bytes[];
};

/** address_equal() - are two addresses the same */
bool address_equal(const struct address *a, const struct address *b);

/** wire_is_capable() - has its sender marked a packet as capable of ECN; wire_mark() - mark it as a router does */
bool wire_is_capable(const struct wire *wire);
void wire_mark(struct wire *wire);

/** wire_headers() - bytes of IP and TCP header that wire_build() writes for @packet */
size_t wire_headers(const struct packet *packet);

/**
 * wire_build() - make a TCP packet
 * @packet: what to build
 * @segment_size: payload bytes per segment; with a longer payload it becomes a super-packet. 0: never.
 * @partial: leave the checksum to the device
 */
struct wire *wire_build(const struct packet *packet, uint16_t segment_size, bool partial);

/**
 * wire_parse() - read and verify a packet
 * @bytes, @length: the packet
 * @offload: its offload state
 * @packet: filled in; points into @bytes
 *
 * Return: NULL, or what is wrong with it (a length, a checksum, an option, the offload state)
 */
const char *wire_parse(const uint8_t *bytes, size_t length, const struct offload *offload, struct packet *packet);

/**
 * wire_error() - make the ICMP error that a router sends about a packet
 * @original: packet that it is about, without offloads
 * @router: address of the router, same family
 * @kind: PACKET_TOO_BIG or PACKET_UNREACHABLE
 * @mtu: for PACKET_TOO_BIG
 */
struct wire *wire_error(const struct wire *original, const struct address *router, enum packet_kind kind,
			uint32_t mtu);

/**
 * wire_segment() - do what a device does for a packet with offloads: complete its checksum, cut segments
 * @wire: packet with any offload state; stays with the caller
 * @offset: payload offset to go on at; start with 0; advanced
 *
 * Return: the next plain packet, or NULL when all have been made
 */
struct wire *wire_segment(const struct wire *wire, size_t *offset);

/** wire_print() - one line about a packet to stdout, for traces */
void wire_print(const char *what, const struct packet *packet);

#endif

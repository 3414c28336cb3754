/* SPDX-License-Identifier: ISC */
/*
 * pcapng.h - the blocks of a capture file (draft-ietf-opsawg-pcapng)
 *
 * Pure functions. Each writes one block, or two, in the byte order of this machine, as the format allows. Packets have
 * no header of a link (LINKTYPE_RAW): the first four bits of each say which family it is.
 */
#ifndef NAT46_DAEMON_PCAPNG_H
#define NAT46_DAEMON_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Most bytes of what the functions below write, of a packet besides its own bytes, and of a text in it. */
#define PCAPNG_BLOCK_MAX 256u
#define PCAPNG_TEXT_MAX 64u

/** Where the bytes of a packet are in its block. */
#define PCAPNG_PACKET_AT 28u

/**
 * pcapng_begin() - what a file begins with: its section, and the interface of all packets
 * @block: room for PCAPNG_BLOCK_MAX bytes
 * @program: who writes it; @interface: name; @snaplen: most bytes of a packet
 *
 * Return: bytes written
 */
size_t pcapng_begin(uint8_t *block, const char *program, const char *interface, uint32_t snaplen);

/**
 * struct pcapng_packet - a packet
 * @time: nanoseconds since 1970
 * @length: bytes of the packet, of which @captured are in the file
 * @lost: packets that are missing before it
 * @is_out: the direction, as the interface sees it
 * @comment: text, or NULL
 */
struct pcapng_packet {
	int64_t time;
	uint32_t length;
	uint32_t captured;
	uint64_t lost;
	bool is_out;
	const char *comment;
};

/** pcapng_packet() - the block around the bytes at PCAPNG_PACKET_AT of @block; returns its length */
size_t pcapng_packet(uint8_t *block, const struct pcapng_packet *packet);

/** pcapng_end() - what a file ends with: how many packets were @received, and @lost of these; returns bytes written */
size_t pcapng_end(uint8_t *block, int64_t time, uint64_t received, uint64_t lost);

#endif

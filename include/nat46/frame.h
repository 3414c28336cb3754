/* SPDX-License-Identifier: ISC */
/*
 * frame.h - an IP packet on its way through the core, with its offload state
 *
 * The shell reads a packet into a buffer that has room in front, and hands it over as a frame. The
 * core edits it in place; IPv4 -> IPv6 grows into the headroom. The offload part says in the core's
 * own terms what the 10 bytes of the virtio-net header say on the TUN device.
 */
#ifndef NAT46_FRAME_H
#define NAT46_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Headroom that every frame given to engine_input() must have: 20 for the larger IPv6 header, the rest for the
 * shell's own header, rounded up. */
#define FRAME_HEADROOM 64u

/** Longest IP packet in a frame: 65,535 bytes of payload behind a 40-byte header. */
#define FRAME_MAX 65575u

/** enum gso - segmentation that the kernel still has to do on a super-packet; values of virtio-net */
enum gso {
	GSO_NONE = 0,
	GSO_TCP4 = 1,
	GSO_TCP6 = 4,
	GSO_UDP = 5,
};

/**
 * struct offload - work that the sender left to the device
 * @gso: kind of super-packet
 * @gso_ecn: the super-packet's first segment carries CWR
 * @partial: the transport checksum field holds only the folded pseudo-header sum, not complemented
 * @segment_size: payload bytes per segment of a super-packet; tcp/split.c and ip/fragment.c lower it
 * @csum_start: offset of the transport header from the start of the IP header, with @partial
 * @csum_offset: offset of the checksum field from @csum_start, with @partial
 */
struct offload {
	enum gso gso;
	bool gso_ecn;
	bool partial;
	uint16_t segment_size;
	uint16_t csum_start;
	uint16_t csum_offset;
};

/**
 * struct frame - one IP packet in a buffer with headroom
 * @data: first byte of the IP header
 * @length: bytes of the IP packet
 * @headroom: writable bytes in front of @data
 * @offload: offload state
 */
struct frame {
	uint8_t *data;
	size_t length;
	size_t headroom;
	struct offload offload;
};

#endif

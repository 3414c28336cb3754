/* SPDX-License-Identifier: ISC */
/*
 * tun.h - the TUN device: packets in, packets out
 */
#ifndef NAT46_DAEMON_TUN_H
#define NAT46_DAEMON_TUN_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/exit_status.h"
#include "daemon/network/vnet_header.h"
#include "nat46/frame.h"

/** Refused super-packets after which the kernel is asked not to make this kind any more. */
#define TUN_REFUSALS_MAX 16u

/**
 * struct tun_counters - what happened between the kernel and the engine; they only grow
 * @read: packets read
 * @bad_header: packets dropped because of their virtio-net header
 * @written: packets written. The kernel may still drop them.
 * @completed: of these, packets that were only accepted after their checksum had been completed
 * @refused: packets dropped because the kernel refused them as malformed
 * @full: packets dropped because the kernel had no room
 * @down: packets dropped because the device was down
 */
struct tun_counters {
	uint64_t read;
	uint64_t bad_header;
	uint64_t written;
	uint64_t completed;
	uint64_t refused;
	uint64_t full;
	uint64_t down;
};

/**
 * struct tun - an open TUN device
 * @fd: descriptor, non-blocking
 * @name: name of the device
 * @has_header: packets carry a virtio-net header
 * @offload: index in the ladder of offloads that is in force
 * @refusals: super-packets refused since it is
 * @counters: counters
 * @buffer: room for one packet with its headroom
 */
struct tun {
	int fd;
	char name[IFNAMSIZ];
	bool has_header;
	unsigned int offload;
	unsigned int refusals;
	struct tun_counters counters;
	uint8_t buffer[FRAME_HEADROOM + VNET_HEADER_LENGTH + FRAME_MAX];
};

/** enum tun_result - what tun_read() found */
enum tun_result {
	TUN_PACKET,  /* a packet */
	TUN_SKIPPED, /* a packet that could not be used and was counted */
	TUN_EMPTY,   /* nothing to read now */
	TUN_LOST,    /* the device does not exist any more */
};

/**
 * tun_open() - make a TUN device or attach to an existing one
 * @tun: filled in on success
 * @name: name of the device
 * @offload: ask for the virtio-net header, and for as many offloads as the kernel grants
 *
 * Return: STATUS_OK; otherwise, logged, STATUS_PERMISSION or STATUS_FAILURE
 */
enum exit_status tun_open(struct tun *tun, const char *name, bool offload);

/** tun_close() - close the device; one that we made disappears */
void tun_close(struct tun *tun);

/** tun_offload_name() - the offloads in force, for the log */
const char *tun_offload_name(const struct tun *tun);

/** tun_exists() - is the device behind the descriptor still there */
bool tun_exists(const struct tun *tun);

/**
 * tun_read() - read one packet
 * @tun: device
 * @frame: with TUN_PACKET: the packet in the buffer of @tun, valid until the next call
 */
enum tun_result tun_read(struct tun *tun, struct frame *frame);

/**
 * tun_write() - write one packet, or drop and count it
 * @tun: device
 * @frame: the packet, with VNET_HEADER_LENGTH bytes of headroom, which are overwritten
 */
void tun_write(struct tun *tun, struct frame *frame);

#endif

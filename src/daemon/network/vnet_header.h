/* SPDX-License-Identifier: ISC */
/*
 * vnet_header.h - the 10 bytes that the kernel puts in front of each packet on the TUN device
 *
 * Pure functions. The header is little-endian (TUNSETVNETLE):
 *
 *	offset 0  u8   flags		1: the checksum is partial
 *	       1  u8   gso_type		0 none, 1 TCP over IPv4, 4 TCP over IPv6, 5 UDP; 0x80: ECN
 *	       2  u16  hdr_len		length of the IP and transport headers; a hint
 *	       4  u16  gso_size		payload bytes per segment
 *	       6  u16  csum_start	with a partial checksum: offset of the transport header
 *	       8  u16  csum_offset	offset of the checksum from there
 */
#ifndef NAT46_DAEMON_VNET_HEADER_H
#define NAT46_DAEMON_VNET_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/frame.h"

#define VNET_HEADER_LENGTH 10u

/**
 * vnet_header_decode() - what the kernel says about a packet
 * @header: VNET_HEADER_LENGTH bytes
 * @length: bytes of the IP packet behind it
 * @offload: filled in on success only
 *
 * hdr_len is ignored: it is the length of the linear head, which may be more than headers.
 *
 * Return: false if the header is of a kind that was not asked for, or contradicts itself or @length
 */
bool vnet_header_decode(const uint8_t *header, size_t length, struct offload *offload);

/**
 * vnet_header_encode() - what the kernel has to know about a packet
 * @frame: packet as the engine gives it out
 * @header: room for VNET_HEADER_LENGTH bytes
 *
 * hdr_len is exact for super-packets; 0 otherwise, which the kernel completes by itself.
 */
void vnet_header_encode(const struct frame *frame, uint8_t *header);

/**
 * vnet_complete_checksum() - compute in software what a partial checksum leaves to the device
 * @frame: packet, not a super-packet; no longer partial afterwards
 */
void vnet_complete_checksum(struct frame *frame);

#endif

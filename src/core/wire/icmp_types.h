/* SPDX-License-Identifier: ISC */
/*
 * icmp_types.h - the head of an ICMP error in the terms of the other family
 */
#ifndef NAT46_CORE_WIRE_ICMP_TYPES_H
#define NAT46_CORE_WIRE_ICMP_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/wire/icmp.h"

/**
 * icmp_types_4to6() - translate type, code, MTU or pointer (RFC 7915 4.2)
 * @quoted: length of the packet that the error is about
 * @link_mtu: MTU of our own device
 *
 * Return: false if the error has no counterpart, and is to be dropped
 */
bool icmp_types_4to6(const struct icmp_error *from, size_t quoted, uint32_t link_mtu, struct icmp_error *to);

/** icmp_types_6to4() - the reverse (RFC 7915 5.2) */
bool icmp_types_6to4(const struct icmp_error *from, uint32_t link_mtu, struct icmp_error *to);

#endif

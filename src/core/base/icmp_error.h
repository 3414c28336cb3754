/* SPDX-License-Identifier: ISC */
/*
 * icmp_error.h - ICMP errors of our own: a packet is dropped, and its sender is told
 */
#ifndef NAT46_CORE_BASE_ICMP_ERROR_H
#define NAT46_CORE_BASE_ICMP_ERROR_H

#include "core/base/engine_state.h"

/** icmp_hop_limit() - drop a packet whose TTL or hop limit ran out, with the ICMP error due */
enum verdict icmp_hop_limit(struct engine *e, const struct input *in);

/** icmp_unreachable() - drop a packet that nobody listens for, with the ICMP error due */
enum verdict icmp_unreachable(struct engine *e, const struct input *in);

/** icmp_port_unreachable() - the same of a UDP datagram, because of @why */
enum verdict icmp_port_unreachable(struct engine *e, const struct input *in, enum drop why);

/** icmp_source_route() - drop an IPv4 packet that demands a way of its own, with the ICMP error due */
enum verdict icmp_source_route(struct engine *e, const struct input *in);

/** icmp_segments_left() - drop an IPv6 packet whose routing header is not used up, with the ICMP error due */
enum verdict icmp_segments_left(struct engine *e, const struct input *in);

/** icmp_no_map() - drop an IPv6 packet whose source has no IPv4 address, with the ICMP error due */
enum verdict icmp_no_map(struct engine *e, const struct input *in);

/** icmp_too_big() - drop a packet that does not fit @mtu (in its own family), with the ICMP error due */
enum verdict icmp_too_big(struct engine *e, const struct input *in, uint32_t mtu);

#endif

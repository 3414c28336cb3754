/* SPDX-License-Identifier: ISC */
/*
 * icmp.h - be a good host: answer echo, and pass messages and errors on
 */
#ifndef NAT46_CORE_IP_ICMP_H
#define NAT46_CORE_IP_ICMP_H

#include "core/base/engine_state.h"

/** icmp_is_error() - is it an ICMP error in one piece, without a route that it still has to take */
bool icmp_is_error(const struct packet *packet);

/**
 * icmp4_input() - ICMP message to an address of ours or of a map, or an error to any
 * @host: the IPv6 host of the map; NULL: there is none
 */
enum verdict icmp4_input(struct engine *e, struct input *in, const struct ipv6_address *host);

/**
 * icmp6_input() - ICMPv6 message to an IPv4 host as IPv6 sees it, or an error to any
 * @address: of the IPv6 host that sent it; NULL: it has no map
 * @destination: of the IPv4 host; NULL: there is none
 */
enum verdict icmp6_input(struct engine *e, struct input *in, const uint32_t *address,
			 const uint32_t *destination);

/** icmp6_own() - ICMPv6 message to an address of ours */
enum verdict icmp6_own(struct engine *e, struct input *in);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * map.h - packets of an IPv6 host that appears under an IPv4 address of its own: translated one by one, without state
 */
#ifndef NAT46_CORE_IP_MAP_H
#define NAT46_CORE_IP_MAP_H

#include "core/base/engine_state.h"

/**
 * map_to_ipv6() - a packet of an IPv4 host to an address of a map
 * @in: neither an ICMP error nor a fragment of an ICMP message
 * @host: the IPv6 host
 */
enum verdict map_to_ipv6(struct engine *e, struct input *in, const struct ipv6_address *host);

/**
 * map_to_ipv4() - the reverse
 * @address: of the IPv6 host that sent it
 * @destination: of the IPv4 host
 */
enum verdict map_to_ipv4(struct engine *e, struct input *in, uint32_t address, uint32_t destination);

#endif

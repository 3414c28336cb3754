/* SPDX-License-Identifier: ISC */
/*
 * icmp_map.h - ICMP errors about packets of maps
 */
#ifndef NAT46_CORE_IP_ICMP_MAP_H
#define NAT46_CORE_IP_ICMP_MAP_H

#include "core/ip/icmp_quote.h"

/** icmp_map_to_ipv6() - an ICMPv4 error to an address of a map, whose IPv6 host is @host */
enum verdict icmp_map_to_ipv6(struct engine *e, const struct ipv6_address *host, const struct input *in,
			      const struct icmp_quote *quote);

/** icmp_map_to_ipv4() - an ICMPv6 error to the IPv4 host @destination */
enum verdict icmp_map_to_ipv4(struct engine *e, uint32_t destination, const struct input *in,
			      const struct icmp_quote *quote);

#endif

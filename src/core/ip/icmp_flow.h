/* SPDX-License-Identifier: ISC */
/*
 * icmp_flow.h - ICMP errors about the segments of a connection
 */
#ifndef NAT46_CORE_IP_ICMP_FLOW_H
#define NAT46_CORE_IP_ICMP_FLOW_H

#include "core/ip/icmp_quote.h"

/** icmp_flow_to_server() - an ICMPv4 error about a segment of @flow to its client */
enum verdict icmp_flow_to_server(struct engine *e, const struct flow *flow, const struct input *in,
				 const struct icmp_quote *quote);

/** icmp_flow_to_client() - an ICMPv6 error about a segment of @flow to its server */
enum verdict icmp_flow_to_client(struct engine *e, struct flow *flow, const struct input *in,
				 const struct icmp_quote *quote);

#endif

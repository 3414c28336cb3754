/* SPDX-License-Identifier: ISC */
/*
 * icmp_flow.h - ICMP errors about the segments of a connection
 */
#ifndef NAT46_CORE_IP_ICMP_FLOW_H
#define NAT46_CORE_IP_ICMP_FLOW_H

#include "core/base/engine_state.h"

/** icmp_flow_to_server() - an ICMPv4 error about a segment to the client */
enum verdict icmp_flow_to_server(struct engine *e, struct input *in);

/** icmp_flow_to_client() - an ICMPv6 error about a segment to the server */
enum verdict icmp_flow_to_client(struct engine *e, struct input *in);

#endif

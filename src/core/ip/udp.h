/* SPDX-License-Identifier: ISC */
/*
 * udp.h - datagrams of clients to UDP services, and those of their servers
 */
#ifndef NAT46_CORE_IP_UDP_H
#define NAT46_CORE_IP_UDP_H

#include "core/base/engine_state.h"

/** udp_from_client() - IPv4 datagram to an address of ours; @flow as flow_find() gives it */
enum verdict udp_from_client(struct engine *e, struct flow *flow, struct input *in);

/** udp_from_server() - IPv6 datagram to an address of a client, or of ours; @flow as flow_find() gives it */
enum verdict udp_from_server(struct engine *e, struct flow *flow, struct input *in);

#endif

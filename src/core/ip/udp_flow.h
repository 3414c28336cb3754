/* SPDX-License-Identifier: ISC */
/*
 * udp_flow.h - which server the datagrams of a client go to, and for how long
 */
#ifndef NAT46_CORE_IP_UDP_FLOW_H
#define NAT46_CORE_IP_UDP_FLOW_H

#include "core/base/engine_state.h"

/** udp_flow_open() - a flow for the first datagram of a client; NULL, with @why, if there can be none */
struct flow *udp_flow_open(struct engine *e, const struct packet *p, const struct service *service, enum drop *why);

/** udp_flow_continue() - a client sends another datagram; false, with @why, if the flow had to end */
bool udp_flow_continue(struct engine *e, struct flow *flow, enum drop *why);

/** udp_flow_to_server(), udp_flow_to_client() - a datagram with @payload bytes is passed on */
void udp_flow_to_server(struct engine *e, struct flow *flow, size_t payload);
void udp_flow_to_client(struct engine *e, struct flow *flow, size_t payload);

/**
 * udp_flow_refused() - an ICMP error says that the server of a flow cannot be reached
 *
 * Return: true if the flow goes to another server from now on, and its client need not know; false if it has to
 */
bool udp_flow_refused(struct engine *e, struct flow *flow);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * udp_error.h - ICMP errors about datagrams of a flow: a server refuses one, and there is another server
 */
#ifndef NAT46_CORE_IP_UDP_ERROR_H
#define NAT46_CORE_IP_UDP_ERROR_H

#include "core/ip/icmp_quote.h"

/** udp_quoted_by_client() - the flow of a datagram that an error from the client's side quotes, or NULL */
const struct flow *udp_quoted_by_client(const struct engine *e, const struct packet *inner);

/** udp_quoted_by_server() - the flow of a datagram that an error from the server's side quotes, or NULL */
struct flow *udp_quoted_by_server(const struct engine *e, const struct packet *inner);

/**
 * udp_error_absorb() - an ICMPv6 error about a datagram of @flow to its server
 *
 * Return: true if the flow goes to another server now; false if the error is to be passed on to the client
 */
bool udp_error_absorb(struct engine *e, struct flow *flow, const struct icmp_quote *quote);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * fragment.h - translated packets that are longer than their way through IPv6 is known to take
 */
#ifndef NAT46_CORE_IP_FRAGMENT_H
#define NAT46_CORE_IP_FRAGMENT_H

#include "core/base/engine_state.h"

/**
 * fragment_emit() - send a packet that has been translated to IPv6, in fragments if it is too long (RFC 7915 4.1)
 * @in: translated packet
 *
 * A sender that does not forbid fragments does not look for the path MTU either, and no router on the IPv6 side can
 * cut packets for it: so none is longer than setting "lowest_ipv6_mtu". What forbids them goes as it is.
 *
 * Return: VERDICT_FORWARDED
 */
enum verdict fragment_emit(struct engine *e, struct input *in);

#endif

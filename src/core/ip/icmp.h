/* SPDX-License-Identifier: ISC */
/*
 * icmp.h - be a good host: answer echo, and pass errors about connections on
 */
#ifndef NAT46_CORE_IP_ICMP_H
#define NAT46_CORE_IP_ICMP_H

#include "core/base/engine_state.h"

/** icmp4_input(), icmp6_input() - ICMP message to an address of ours, or to a client as servers see it */
enum verdict icmp4_input(struct engine *e, struct input *in);
enum verdict icmp6_input(struct engine *e, struct input *in);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * ecn.h - explicit congestion notification, and repair R4
 */
#ifndef NAT46_CORE_TCP_ECN_H
#define NAT46_CORE_TCP_ECN_H

#include "core/base/engine_state.h"

/** ecn_is_offered() - does a SYN offer ECN; ecn_is_accepted() - does a SYN/ACK accept the offer */
bool ecn_is_offered(const struct packet *syn);
bool ecn_is_accepted(const struct packet *syn_ack);

/** ecn_is_marked() - is it data that a router has marked because of congestion */
bool ecn_is_marked(const struct packet *p);

/** ecn_clear() - take everything of ECN out of what is known of a segment, which then has to be written */
void ecn_clear(struct input *in);

#endif

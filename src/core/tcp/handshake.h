/* SPDX-License-Identifier: ISC */
/*
 * handshake.h - P1: the handshake with a client whose server is not known yet
 */
#ifndef NAT46_CORE_TCP_HANDSHAKE_H
#define NAT46_CORE_TCP_HANDSHAKE_H

#include "core/base/half_open.h"

/** handshake_syn() - a client's SYN to a service with rules */
enum verdict handshake_syn(struct engine *e, struct input *in, const struct service *service);

/** handshake_timer() - repeat the SYN/ACK of half-open record number @index, or forget it */
void handshake_timer(struct engine *e, uint32_t index);

enum handshake_result {
	HANDSHAKE_NONE,		/* the segment completes none */
	HANDSHAKE_DROPPED,	/* it may, but was dropped */
	HANDSHAKE_COMPLETE,	/* it does */
};

/**
 * handshake_check() - does a segment complete a handshake; changes nothing but counters
 * @former: flow with the same addresses that would end, or NULL
 * @found: with HANDSHAKE_COMPLETE, the SYN and our answer
 * @verdict: with HANDSHAKE_DROPPED
 */
enum handshake_result handshake_check(struct engine *e, const struct input *in, const struct flow *former,
				      struct half_open *found, enum verdict *verdict);

/**
 * handshake_accept() - make flow and pending record for a completed handshake, whose addresses no flow has
 * @why: if there is no room, the reason
 */
struct flow *handshake_accept(struct engine *e, const struct half_open *from, const struct service *service,
			      enum drop *why);

#endif

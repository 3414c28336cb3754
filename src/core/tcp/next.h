/* SPDX-License-Identifier: ISC */
/*
 * next.h - what a phase leaves for tcp.c to do: no phase calls another
 */
#ifndef NAT46_CORE_TCP_NEXT_H
#define NAT46_CORE_TCP_NEXT_H

#include "core/base/engine_state.h"

enum next_step {
	NEXT_NOTHING,	/* the packet has its verdict */
	NEXT_SYN,	/* a SYN for the addresses of a connection that has no server */
	NEXT_HANDSHAKE,	/* a segment that acknowledges what we did not send: perhaps it opens a newer connection */
	NEXT_CONNECT,	/* a rule was chosen: connect to one of @servers */
	NEXT_REFUSE,	/* no server is to be had: refuse, because of @why */
	NEXT_RESET,	/* the client has ended the connection */
	NEXT_SPLICE,	/* both ends are connected since this segment: pass it on as one of theirs */
};

/**
 * struct next - what a phase returns
 * @step: what to do
 * @verdict: of the packet, but with NEXT_SYN, NEXT_HANDSHAKE and NEXT_SPLICE, where that comes from what is done; of no
 *	meaning to a timer
 * @why: with NEXT_REFUSE
 * @servers: with NEXT_CONNECT
 */
struct next {
	enum next_step step;
	enum verdict verdict;
	enum event why;
	struct server_set servers;
};

/** next_nothing() - nothing is left but the verdict */
static inline struct next next_nothing(enum verdict verdict)
{
	return (struct next){ .step = NEXT_NOTHING, .verdict = verdict };
}

/** next_refuse() - the packet, if there is one, was taken in, and the connection is to be refused */
static inline struct next next_refuse(enum event why)
{
	return (struct next){ .step = NEXT_REFUSE, .verdict = VERDICT_ABSORBED, .why = why };
}

#endif

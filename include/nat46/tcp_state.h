/* SPDX-License-Identifier: ISC */
/*
 * tcp_state.h - where a connection stands, as seen from the middle
 *
 * DOC: Theory of operation
 *
 * The two hosts run TCP; we only watch, to know how long a silent flow is kept and when its addresses may
 * be used again. States move along one table (tcp_state_next()) and nowhere else:
 *
 *	FREE		no flow
 *	WAITING		client connected to us, first bytes awaited (has a pending record)
 *	CONNECTING	server chosen, our SYN is on its way (has a pending record)
 *	ASKED		stands for a server that was asked before the present one (shares the pending record)
 *	ANSWERING	no server: we tell the client why and close (has a pending record)
 *	SILENT		client connected to us, and silent for longer than its service waits: no pending record any more
 *	REFUSED		no server, or none any more: kept so that late first bytes open nothing
 *	OPENING		service without rules: a SYN went through, which anybody may have sent. Until its client has
 *			acknowledged the answer of the server
 *	ESTABLISHED	both ends connected
 *	PROBED		the same, silent for so long that both ends were asked whether they still know it
 *	CLIENT_FIN	FIN of the client seen: half closed
 *	SERVER_FIN	FIN of the server seen: half closed
 *	CLOSING		FIN of both seen
 *	CLOSED		both FINs acknowledged: kept for late segments, may be replaced by a new connection
 *	RESET		RST seen: kept for a challenge ACK (RFC 5961), alive again with traffic
 *
 * Only a segment that fits what was seen so far causes an event; anything else is passed on for the hosts
 * to judge, and changes nothing here (RFC 6146 3.5.2.2, RFC 5382 REQ-5).
 */
#ifndef NAT46_TCP_STATE_H
#define NAT46_TCP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "nat46/engine_config.h"

enum tcp_state {
	TCP_STATE_FREE = 0,
	TCP_STATE_WAITING,
	TCP_STATE_CONNECTING,
	TCP_STATE_ASKED,
	TCP_STATE_ANSWERING,
	TCP_STATE_SILENT,
	TCP_STATE_REFUSED,
	TCP_STATE_OPENING,
	TCP_STATE_ESTABLISHED,
	TCP_STATE_PROBED,
	TCP_STATE_CLIENT_FIN,
	TCP_STATE_SERVER_FIN,
	TCP_STATE_CLOSING,
	TCP_STATE_CLOSED,
	TCP_STATE_RESET,
	TCP_STATE_COUNT,
};

enum tcp_event {
	TCP_EVENT_ACCEPT,	/* a client completed the handshake with us */
	TCP_EVENT_PASS,		/* a client's SYN goes through to a server */
	TCP_EVENT_ASK,		/* another server is asked as well */
	TCP_EVENT_CONNECT,	/* a server was chosen */
	TCP_EVENT_ANSWER,	/* no server is to be had, and the client is told so in its own protocol */
	TCP_EVENT_REFUSE,	/* over before or after there was a server, but the client's cookie lives */
	TCP_EVENT_CONNECTED,	/* the server accepted; without rules, and the client knows it */
	TCP_EVENT_CLIENT_FIN,	/* FIN of the client */
	TCP_EVENT_SERVER_FIN,	/* FIN of the server */
	TCP_EVENT_FINS_ACKED,	/* both FINs are acknowledged */
	TCP_EVENT_RST,		/* RST of either, inside the window */
	TCP_EVENT_TRAFFIC,	/* any other segment that fits */
	TCP_EVENT_SILENCE,	/* a client that is connected to us has nothing to say, as yet */
	TCP_EVENT_WAKE,		/* such a client sends something */
	TCP_EVENT_PROBE,	/* idle for its time: the ends are asked, or asked again */
	TCP_EVENT_COUNT,
};

/** Times that the ends of an idle connection are asked: any question or answer may be lost (RFC 9293 3.8.4). */
#define TCP_PROBES 4u

/**
 * tcp_state_next() - the state after an event
 *
 * Return: TCP_STATE_COUNT if the event cannot happen in that state: our bug
 */
enum tcp_state tcp_state_next(enum tcp_state state, enum tcp_event event);

/** tcp_state_name() - "waiting", "established", ... */
const char *tcp_state_name(enum tcp_state state);

/** tcp_state_timeout() - nanoseconds of silence after which a flow in @state is released, or its ends are asked */
int64_t tcp_state_timeout(enum tcp_state state, const struct engine_timeouts *timeouts);

/** tcp_state_is_pending() - is there a pending record with a timer, and no server yet */
bool tcp_state_is_pending(enum tcp_state state);

/** tcp_state_is_over() - may a new connection with the same addresses replace the flow */
bool tcp_state_is_over(enum tcp_state state);

/**
 * tcp_state_is_counted() - does the flow count as a connection of its client (limits.flows_address)
 *
 * Not when the client may be forged, nor when the record is only kept for late segments, nor twice.
 */
bool tcp_state_is_counted(enum tcp_state state);

/** tcp_state_is_bound() - are both ends connected, or have been */
bool tcp_state_is_bound(enum tcp_state state);

/** tcp_state_is_live() - are both ends connected, as far as we know */
bool tcp_state_is_live(enum tcp_state state);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * hooks.h - how an engine reaches the world: packets out, randomness in, and what it reports
 *
 * Pointers in what is reported are valid during the call.
 */
#ifndef NAT46_HOOKS_H
#define NAT46_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/address.h"
#include "nat46/frame.h"
#include "nat46/server_table.h"
#include "nat46/verdict.h"

/** enum trace_kind - what a trace event reports; the names are those of the log */
enum trace_kind {
	TRACE_INCOMING,		/* from a client, for us as its end point */
	TRACE_OUTGOING,		/* from us as an end point, to a client */
	TRACE_BUFFER,		/* first data or FIN stored */
	TRACE_NAT46_IN,		/* from a client, to be translated */
	TRACE_NAT46_OUT,	/* to a server */
	TRACE_NAT64_IN,		/* from a server */
	TRACE_NAT64_OUT,	/* translated, to a client */
	TRACE_CLIENT_CONNECTED,	/* handshake with the client complete */
	TRACE_SERVER_CONNECTED,	/* handshake with the server complete */
	TRACE_DROP,		/* the packet was dropped */
};

/** struct endpoint - an address of either family and a port */
struct endpoint {
	bool is_ipv6;
	uint32_t ipv4;
	struct ipv6_address ipv6;
	uint16_t port;
};

/**
 * struct trace - one packet or event, for the trace log
 * @kind: what happened
 * @source, @destination: end points in the family of the packet
 * @protocol: IP protocol number
 * @icmp_type, @icmp_code: for ICMP and ICMPv6
 * @flags: TCP flags as on the wire (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128)
 * @seq, @ack: TCP sequence and acknowledgement number
 * @length: payload bytes
 * @drop: reason, with TRACE_DROP
 */
struct trace {
	enum trace_kind kind;
	struct endpoint source;
	struct endpoint destination;
	uint8_t protocol;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	size_t length;
	enum drop drop;
};

/** enum session_kind - when a session event is reported */
enum session_kind {
	SESSION_BOUND,		/* the server is connected */
	SESSION_ENDED,		/* the last FIN or RST has come, or the flow was given up */
	SESSION_RESUMED,	/* but whoever got that RST did not accept it, and goes on; it will end once more */
	SESSION_REFUSED,	/* a client whose handshake was complete, or whose server refuses, gets no connection */
};

/**
 * struct session - one line of the session log
 * @kind: what has happened
 * @protocol: IP protocol number. An exchange of datagrams is bound when its client has sent another one after an
 *	answer of the server, and is not reported before
 * @client: client as it is
 * @service: service address and port
 * @name: name of the service; "" if the configuration does not have it any more
 * @server: server address and port; not with SESSION_REFUSED
 * @source_port: source port towards the server
 * @rule: not with SESSION_REFUSED: text of the rule, or "to"; later "" if the service does not have it any more
 * @reason: SESSION_ENDED: how it ended ("closed", "reset", "timeout", ...);
 *	SESSION_REFUSED: why
 * @host: SESSION_BOUND, SESSION_REFUSED: name that the client sent, or ""
 * @acknowledged: SESSION_BOUND: bytes of the client that we had to acknowledge before its server did
 * @bytes_to_server, @bytes_to_client: SESSION_ENDED: payload bytes acknowledged, or of UDP passed on, since it
 *	was opened
 * @duration: SESSION_ENDED: nanoseconds since the flow was opened
 */
struct session {
	enum session_kind kind;
	uint8_t protocol;
	struct endpoint client;
	struct endpoint service;
	const char *name;
	struct endpoint server;
	uint16_t source_port;
	const char *rule;
	const char *reason;
	const char *host;
	uint32_t acknowledged;
	uint64_t bytes_to_server;
	uint64_t bytes_to_client;
	int64_t duration;
};

/**
 * struct shortfall - a server has less than its service promises to clients, and for an hour they are promised less
 * @service: service address and port
 * @server: server address and port
 * @lacks: what is no longer promised; its MSS is the one that clients are asked for now, or 0
 *
 * What is not promised already is not reported again.
 */
struct shortfall {
	struct endpoint service;
	struct endpoint server;
	struct server_answer lacks;
};

/**
 * struct server_change - a server begins to fail, fails in another way, or answers again
 * @name: name of the service
 * @server: server address and port
 * @is_udp: protocol
 * @error: how it fails; SERVER_ERROR_NONE: it answers again
 */
struct server_change {
	const char *name;
	struct endpoint server;
	bool is_udp;
	enum server_error error;
};

/**
 * struct engine_hooks - how an engine reaches the world
 * @context: first argument of every hook
 * @emit: send @frame. It and its buffer are valid during the call only; the headroom may be overwritten.
 * @random: fill @bytes with @count random bytes; only called by engine_create()
 * @trace: report a packet; NULL: no trace, which costs nothing
 * @session: report a bound or ended session; NULL: no session log
 * @shortfall: report that a server lowers what its service promises; NULL: no report
 * @server_changed: report that a server begins to fail or answers again; NULL: no report
 * @isn: replace the initial sequence number (the cookie) of a SYN/ACK; for replays only, NULL otherwise. The
 *	handshake then completes only from the half-open record, because the cookie cannot be checked.
 */
struct engine_hooks {
	void *context;
	void (*emit)(void *context, struct frame *frame);
	void (*random)(void *context, void *bytes, size_t count);
	void (*trace)(void *context, const struct trace *trace);
	void (*session)(void *context, const struct session *session);
	void (*shortfall)(void *context, const struct shortfall *shortfall);
	void (*server_changed)(void *context, const struct server_change *change);
	uint32_t (*isn)(void *context, uint32_t cookie);
};

#endif

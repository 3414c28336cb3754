/* SPDX-License-Identifier: ISC */
/*
 * engine.h - the translation core as seen from outside: packets and time in, packets out
 *
 * An engine is a pure state machine. It makes no system call, knows no clock, allocates nothing and has
 * no global: its memory is handed to it, time is an argument, randomness and output are hooks. One engine
 * is used by one thread at a time.
 *
 * Time is int64_t nanoseconds on a clock that never goes back (CLOCK_MONOTONIC in the daemon), > 0.
 */
#ifndef NAT46_ENGINE_H
#define NAT46_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/address.h"
#include "nat46/counters.h"
#include "nat46/frame.h"
#include "nat46/server_table.h"
#include "nat46/service.h"

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
	SESSION_ENDED,		/* the flow record is released */
};

/**
 * struct session - one line of the session log
 * @kind: bound or ended
 * @client: client as it is
 * @service: service address and port
 * @server: server address and port
 * @source_port: source port towards the server
 * @reason: SESSION_BOUND: text of the rule or "to"; SESSION_ENDED: how it ended ("closed", "reset", "timeout")
 * @host: SESSION_BOUND: name that the client sent, or ""
 * @bytes_to_server, @bytes_to_client: SESSION_ENDED: payload bytes acknowledged
 * @duration: SESSION_ENDED: nanoseconds since the flow was opened
 *
 * Pointers are valid during the call.
 */
struct session {
	enum session_kind kind;
	struct endpoint client;
	struct endpoint service;
	struct endpoint server;
	uint16_t source_port;
	const char *reason;
	const char *host;
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
 * struct engine_hooks - how an engine reaches the world
 * @context: first argument of every hook
 * @emit: send @frame. It and its buffer are valid during the call only; the headroom may be overwritten.
 * @random: fill @bytes with @count random bytes; only called by engine_create()
 * @trace: report a packet; NULL: no trace, which costs nothing
 * @session: report a bound or ended session; NULL: no session log
 * @shortfall: report that a server lowers what its service promises; NULL: no report
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
	uint32_t (*isn)(void *context, uint32_t cookie);
};

/** enum flow_kind - states in which flows are counted for an operator */
enum flow_kind {
	FLOWS_WAITING,		/* client connected, no server chosen yet */
	FLOWS_CONNECTING,	/* server chosen, not connected */
	FLOWS_ESTABLISHED,	/* both connected */
	FLOWS_CLOSING,		/* FIN or RST seen, or refused */
	FLOWS_KIND_COUNT,
};

struct engine;

/** engine_memory() - bytes of memory that an engine with these limits needs; 0 if they are out of range */
size_t engine_memory(const struct engine_limits *limits);

/**
 * engine_create() - make an engine in memory of the caller
 * @memory: engine_memory() bytes, all zero, aligned for any type. It is touched only as it is used.
 * @config: configuration; must stay valid until it is replaced or the engine is no longer used
 * @hooks: copied
 * @now: current time
 *
 * There is nothing to destroy: release @memory.
 *
 * Return: the engine, at the start of @memory
 */
struct engine *engine_create(void *memory, const struct engine_config *config, const struct engine_hooks *hooks,
			     int64_t now);

/**
 * engine_configure() - swap the configuration between two packets
 * @engine: engine
 * @config: new configuration; its limits are ignored. The old one is not used after the call.
 *
 * Established flows go on as they are. Connections without a server are decided by the new rules.
 */
void engine_configure(struct engine *engine, const struct engine_config *config);

/** engine_trace() - switch the trace hook on or off at run time; NULL: off */
void engine_trace(struct engine *engine, void (*trace)(void *context, const struct trace *trace));

/**
 * engine_input() - process one packet
 * @engine: engine
 * @frame: the packet, with FRAME_HEADROOM bytes of headroom; edited in place
 * @now: current time
 *
 * Calls emit() zero or more times before it returns. @frame may be reused afterwards.
 *
 * Return: verdict; VERDICT_DROPPED is already counted under its reason
 */
enum verdict engine_input(struct engine *engine, struct frame *frame, int64_t now);

/**
 * engine_timers() - do what is due
 * Return: time at which it wants to be called again; INT64_MAX: not before the next packet
 */
int64_t engine_timers(struct engine *engine, int64_t now);

/** engine_counters() - the counters */
const struct counters *engine_counters(const struct engine *engine);

/** engine_flows() - number of flows in a state */
uint32_t engine_flows(const struct engine *engine, enum flow_kind kind);

/**
 * engine_check() - walk all structures and compare them with each other. Slow; for tests, fuzzers, simulation.
 * Return: NULL if everything is consistent, else what is not
 */
const char *engine_check(const struct engine *engine);

#endif

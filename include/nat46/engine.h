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

#include "nat46/counters.h"
#include "nat46/frame.h"
#include "nat46/hooks.h"
#include "nat46/engine_config.h"

/** enum flow_kind - states in which flows are counted for an operator */
enum flow_kind {
	FLOWS_WAITING,		/* client connected, no server chosen yet */
	FLOWS_CONNECTING,	/* server chosen, not connected */
	FLOWS_ESTABLISHED,	/* both connected */
	FLOWS_CLOSING,		/* FIN or RST seen, or refused */
	FLOWS_UDP,		/* exchanges of datagrams; all others are connections */
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

/**
 * engine_drain(), engine_undrain() - let a server have no new connections, or let it have them again
 * @server: address and port; port 0: all ports
 *
 * Those that it has go on, and so do those for which it was already asked. It holds for every configuration.
 *
 * Return: false, nothing changed: too many are drained, or it was not
 */
bool engine_drain(struct engine *engine, const struct server *server);
bool engine_undrain(struct engine *engine, const struct server *server);

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

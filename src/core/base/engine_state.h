/* SPDX-License-Identifier: ISC */
/*
 * engine_state.h - what an engine keeps between two packets, and the packet that it is processing; nothing else
 *
 * The rooms of the core, each with a header of its own for every file; an arrow only points down:
 *
 *	engine.c	whose packet is it: family, destination, protocol; timers
 *	ip/		everything that is no segment of a connection: packets of maps, ICMP, fragments
 *	tcp/		a connection of a service, one file a phase
 *	base/		what tcp/ and ip/ share: this state, flows and their pending records, packets of our own making
 *	table/		memory: flow table, TCP state, buffer, timer wheel, servers, services, limits, counters
 *	wire/		bytes: addresses, packets, TCP options, checksums, header rewriting
 */
#ifndef NAT46_CORE_BASE_ENGINE_STATE_H
#define NAT46_CORE_BASE_ENGINE_STATE_H

#include "core/table/rate_limit.h"
#include "core/table/reassembly.h"
#include "nat46/ack_storm.h"
#include "nat46/buffer.h"
#include "nat46/counters.h"
#include "nat46/drain.h"
#include "nat46/engine_config.h"
#include "nat46/flow_table.h"
#include "nat46/hooks.h"
#include "nat46/packet.h"
#include "nat46/server_table.h"
#include "nat46/source_limit.h"
#include "nat46/source_queue.h"
#include "nat46/tally.h"
#include "nat46/tcp_options.h"
#include "nat46/timer_wheel.h"

#define MILLISECOND INT64_C(1000000)
#define SECOND INT64_C(1000000000)

/** Room for a packet of our own making: a segment, or an ICMP error of up to 1280 bytes. */
#define OUTPUT_MAX 1536u

struct half_open;
struct pending;

/**
 * struct input - the packet being processed
 * @frame, @packet: the packet and its view
 * @options: its TCP options
 */
struct input {
	struct frame *frame;
	struct packet packet;
	struct tcp_options options;
};

/**
 * struct engine - an engine
 * @hooks, @config: from the shell
 * @now: time of the packet or timer being processed
 * @counters: see counters.h
 * @flows: connections (flows.h)
 * @pending, @pending_capacity, @pending_touched, @pending_free, @pending_used: pending records (pending.h)
 * @pending_hand: next pending record to be looked at for bytes behind a hole
 * @half_open: half-open records, by hash of their tuple (half_open.h)
 * @buffers: first bytes
 * @timers: timer i is pending record i; behind them, one for each half-open record
 * @resets, @challenges, @errors: limit RSTs to strangers, ACKs that show where a connection stands, and ICMP errors
 * @too_big: limits ICMP errors that tell the path MTU, which @errors do not count
 * @orphans: limits RSTs to servers whose connection is not known; what their clients answer is left to @resets
 * @challenged: connections that were shown where they stand of late
 * @storms: connections whose ends only acknowledge each other
 * @servers: what is known of servers
 * @drained: servers that get no new connections
 * @tallies: what is counted of services and servers
 * @rules: mark of the rule that has won, of each flow record that is bound (rule_mark.h)
 * @flow_addresses, @flow_networks: flows of each protocol, by client and by /24 of the client (flow_table.h)
 * @addresses, @networks: pending records, by client and by /24 of the client (pending.h)
 * @opening: flows of each protocol in state OPENING, whose client may be forged (flows.h)
 * @buffer_addresses, @buffer_networks: chunks of @buffers that they hold (buffered.h)
 * @fragments: of packets that have to be whole (ip/gather.h)
 * @whole, @whole_room: the last one of them that was
 * @key: for cookies, timestamp offsets and half-open records
 * @ipv4_id: identification of the next IPv4 packet with DF clear
 * @sweep_hand: next flow record to be looked at for idleness (flows.h)
 * @sweep_due: when the next stretch of records is looked at; 0: nothing to sweep
 * @scratch: first bytes in one piece
 * @output: packet being made (output.h)
 */
struct engine {
	struct engine_hooks hooks;
	const struct engine_config *config;
	int64_t now;
	struct counters counters;
	struct flow_table flows;
	struct pending *pending;
	uint32_t pending_capacity;
	uint32_t pending_touched;
	uint32_t pending_free;
	uint32_t pending_used;
	uint32_t pending_hand;
	struct half_open *half_open;
	struct buffer_pool buffers;
	struct timer_wheel timers;
	struct rate_limit resets;
	struct rate_limit orphans;
	struct rate_limit challenges;
	struct connection_limit challenged;
	struct rate_limit errors;
	struct rate_limit too_big;
	struct ack_storm storms;
	struct server_table *servers;
	struct drain_list drained;
	struct tally_table *tallies;
	uint32_t *rules;
	struct source_limit flow_addresses[FLOW_PROTOCOLS];
	struct source_limit flow_networks[FLOW_PROTOCOLS];
	struct source_limit addresses;
	struct source_limit networks;
	struct source_limit buffer_addresses;
	struct source_limit buffer_networks;
	struct source_queue opening[FLOW_PROTOCOLS];
	struct reassembly fragments;
	struct frame whole;
	struct siphash_key key;
	uint16_t ipv4_id;
	uint32_t sweep_hand;
	int64_t sweep_due;
	uint8_t scratch[BUFFER_MAX];
	uint8_t output[FRAME_HEADROOM + OUTPUT_MAX];
	uint8_t whole_room[FRAME_HEADROOM + FRAME_MAX];
};

#endif

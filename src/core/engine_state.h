/* SPDX-License-Identifier: ISC */
/*
 * engine_state.h - the inside of an engine, shared by the files that make it up
 *
 * The path of a packet through the core:
 *
 *	engine.c	whose packet is it: family, destination, protocol
 *	tcp.c		which phase of a connection does a segment belong to
 *	tcp_handshake.c	P1: the client's handshake, without state (syn_cookie.c, half_open.c)
 *	tcp_waiting.c	P2: buffer the first bytes, decide
 *	tcp_refuse.c	no server: reset, silence, or an answer
 *	tcp_connect.c	P3: the server's handshake, in the client's name; flush
 *	tcp_hedge.c	P3: several servers asked at a time
 *	tcp_hold.c	P4: hold back what goes beyond the server's first windows
 *	tcp_splice.c	P4: rewrite headers in both directions; also flows without splice
 *	tcp_ecn.c	P1 to P4: explicit congestion notification
 *	tcp_split.c	P4: cut segments that are too large for the server
 *	tcp_timestamps.c	P4: timestamps for a server that has none; our clock
 *	icmp.c		echo, errors of ours, errors about connections
 */
#ifndef NAT46_CORE_ENGINE_STATE_H
#define NAT46_CORE_ENGINE_STATE_H

#include "nat46/ack_storm.h"
#include "nat46/buffer.h"
#include "nat46/engine.h"
#include "nat46/flow_table.h"
#include "nat46/packet.h"
#include "nat46/server_table.h"
#include "nat46/source_limit.h"
#include "nat46/syn_cookie.h"
#include "nat46/tcp_options.h"
#include "nat46/timer_wheel.h"

#define MILLISECOND INT64_C(1000000)
#define SECOND INT64_C(1000000000)

/** Largest TCP payload in a segment of our own making. */
#define SEGMENT_PAYLOAD_MAX 1400u

/** Room for a packet of our own making: a segment, or an ICMP error of up to 1280 bytes. */
#define OUTPUT_MAX 1536u

/** Hop limit of packets of our own making. */
#define HOP_LIMIT 64u

/** Half-open records: few, because they only serve to repeat SYN/ACKs. Power of two. */
#define HALF_OPEN_MAX 1024u

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
 * struct half_open - a client's SYN that we answered, kept only to repeat the answer (half_open.c)
 * @tuple: client, service and the client's ISN; @tuple.client 0: record is free
 * @isn: ours
 * @promises: what the SYN/ACK said
 * @timestamps: timestamps are in use
 * @ecn_withdrawn: ECN was promised, but the client has repeated its SYN without the offer
 * @mss: MSS that we announce
 * @ts_ours, @ts_client: TSval of the SYN/ACK and of the SYN
 * @repeats: SYN/ACKs sent in addition to the first
 * @answered: when the SYN was; 0: more than once, and what comes back may belong to either answer
 * @crowded: until then, a client that found the place taken may come back with nothing but its cookie; of the place,
 *	whoever has it
 */
struct half_open {
	struct cookie_tuple tuple;
	uint32_t isn;
	struct cookie_promises promises;
	bool timestamps;
	bool ecn_withdrawn;
	uint16_t mss;
	uint32_t ts_ours;
	uint32_t ts_client;
	uint32_t repeats;
	int64_t answered;
	int64_t crowded;
};

/**
 * struct pending - what a spliced connection needs until the server has acknowledged the first bytes
 * @flow: flow plus one, 0: record is free
 * @next_free: next free record plus one
 * @isn: ours, towards the client
 * @ts_ours: TSval of our SYN/ACK; our clock stands still until the splice
 * @ts_client: newest TSval of the client
 * @ts_recent: TSval of the client that is to be echoed to it
 * @ts_server: TSval of the server's SYN/ACK
 * @window: newest window of the client, in bytes
 * @mss: MSS of the client; after P3 of a segment to the server
 * @timestamps, @sack, @scaled, @ecn: in use with the client
 * @ecn_offer: ECN is to be offered to the server
 * @is_far: the round trip to the client is long, and its server could not tell by timestamps
 * @has_fin: the client's FIN was seen, at stream offset @fin
 * @flushed: stream offset up to which bytes were sent to the server, or acknowledged by our answer; includes the FIN
 * @candidates: servers in the order in which they are tried
 * @candidate_count, @candidate, @next: how many, the present one, and the first that was not asked yet
 * @tries: SYNs sent to the present one; before there is one, how often the time to wait was over
 * @stale: RSTs sent because a server knew an older connection
 * @asked: flow plus one of each candidate that was asked before the present one and may still answer; 0: none
 * @deadline: when connecting or holding back ends
 * @started: when the first SYN went to the present candidate
 * @buffer: first bytes; in state ANSWERING the answer
 */
struct pending {
	uint32_t flow;
	uint32_t next_free;
	uint32_t isn;
	uint32_t ts_ours;
	uint32_t ts_client;
	uint32_t ts_recent;
	uint32_t ts_server;
	uint32_t window;
	uint32_t fin;
	uint32_t flushed;
	uint16_t mss;
	bool timestamps;
	bool sack;
	bool scaled;
	bool ecn;
	bool ecn_offer;
	bool is_far;
	bool has_fin;
	uint8_t candidate_count;
	uint8_t candidate;
	uint8_t next;
	uint8_t tries;
	uint8_t stale;
	uint32_t asked[CANDIDATES_MAX - 1];
	struct server candidates[CANDIDATES_MAX];
	int64_t deadline;
	int64_t started;
	struct buffer buffer;
};

/** struct rate_limit - token bucket for answers to traffic that may be forged (rate_limit.c) */
struct rate_limit {
	uint32_t tokens;
	int64_t refilled;
};

/**
 * struct engine - an engine
 * @hooks, @config: from the shell
 * @now: time of the packet or timer being processed
 * @flows: connections
 * @pending, @pending_capacity, @pending_touched, @pending_free, @pending_used: pending records
 * @half_open: half-open records, by hash of their tuple
 * @buffers: first bytes
 * @timers: timer i is pending record i; behind them, one for each half-open record
 * @resets, @challenges, @errors: limit RSTs to strangers, ACKs that show where a connection stands, and ICMP errors
 * @storms: connections whose ends only acknowledge each other
 * @servers: what is known of servers
 * @addresses, @networks: connections that wait, by client and by /24 of the client
 * @key: for cookies, timestamp offsets and half-open records
 * @ipv4_id: identification of the next IPv4 packet with DF clear
 * @sweep_hand: next flow record to be looked at for idleness
 * @sweep_due: when the next stretch of records is looked at; 0: nothing to sweep
 * @scratch: first bytes in one piece
 * @output: packet being made
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
	struct half_open *half_open;
	struct buffer_pool buffers;
	struct timer_wheel timers;
	struct rate_limit resets;
	struct rate_limit challenges;
	struct rate_limit errors;
	struct ack_storm storms;
	struct server_table *servers;
	struct source_limit addresses;
	struct source_limit networks;
	struct siphash_key key;
	uint16_t ipv4_id;
	uint32_t sweep_hand;
	int64_t sweep_due;
	uint8_t scratch[BUFFER_MAX];
	uint8_t output[FRAME_HEADROOM + OUTPUT_MAX];
};

/* ---- report.c: verdicts, counters, trace, output ---- */

/** verdict_drop() - count and trace a drop */
enum verdict verdict_drop(struct engine *e, const struct input *in, enum drop why);

/** count() - count an event */
static inline void count(struct engine *e, enum event event)
{
	e->counters.events[event]++;
}

/** emit() - send a frame */
void emit(struct engine *e, struct frame *frame);

/** trace_packet() - report a packet to the trace hook, if there is one */
void trace_packet(struct engine *e, enum trace_kind kind, const struct packet *packet);

/** trace_client_connected(), trace_server_connected() - report the end of a handshake to the trace hook */
void trace_client_connected(struct engine *e, const struct flow *flow);
void trace_server_connected(struct engine *e, const struct flow *flow);

/** report_session() - report to the session hook, if there is one; @host may be "" */
void report_session(struct engine *e, enum session_kind kind, const struct flow *flow, const char *reason,
		    const char *host);

/** report_shortfall() - report to the shortfall hook, if there is one, what the server of @flow lacks */
void report_shortfall(struct engine *e, const struct flow *flow, const struct server_answer *lacks);

/* ---- rate_limit.c ---- */

/** rate_limit_take() - may one more answer of this kind be sent */
bool rate_limit_take(struct rate_limit *limit, int64_t now);

/* ---- segment.c: TCP segments of our own making ---- */

/**
 * struct segment - a TCP segment to be made
 * @flow: gives addresses and ports
 * @to_server: IPv6 to the server, else IPv4 to the client
 * @seq, @ack, @flags, @window: as in the header; @ack is written only with the ACK flag
 * @options: options; NULL: none
 * @payload_length: bytes of payload, at most SEGMENT_PAYLOAD_MAX
 * @payload_buffer, @payload_offset: where the payload comes from
 */
struct segment {
	const struct flow *flow;
	bool to_server;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	uint16_t window;
	const struct tcp_options *options;
	uint32_t payload_length;
	const struct buffer *payload_buffer;
	uint32_t payload_offset;
};

/** window_field() - the most that a window field can say of @window, given in the units of the field */
static inline uint16_t window_field(uint32_t window)
{
	return (uint16_t)(window < UINT16_MAX ? window : UINT16_MAX);
}

/** window_to_server() - window field for @bytes of room at the client: with R1 the server takes it as it is */
static inline uint16_t window_to_server(const struct flow *flow, uint32_t bytes)
{
	return window_field(bytes >> (flow->raise ? 0 : flow->client_scale));
}

/** segment_send() - build a segment in the engine's output buffer, trace and emit it */
void segment_send(struct engine *e, const struct segment *segment);

/**
 * segment_reset_for() - RST in answer to a segment of no connection (RFC 9293 3.10.7.1)
 * @in: segment without RST flag
 *
 * Return: VERDICT_ANSWERED, or a drop because of a wrong checksum or the rate limit
 */
enum verdict segment_reset_for(struct engine *e, const struct input *in);

/* ---- half_open.c ---- */

/** half_open_init() - empty records */
void half_open_init(struct engine *e, struct half_open *records);

/** half_open_find() - the record of a client and service, or NULL */
struct half_open *half_open_find(struct engine *e, const struct cookie_tuple *tuple);

/**
 * half_open_is_crowded() - may there be a SYN/ACK with @isn for @tuple of which no record was kept
 *
 * Its place has, or had of late, the record of another client, for SYNs come faster than they are kept, or has that
 * of a later SYN of this one, or of a stranger in its name.
 */
bool half_open_is_crowded(struct engine *e, const struct cookie_tuple *tuple, uint32_t isn);

/** half_open_store() - keep @record if its place is free or holds the same client and service; starts its timer */
void half_open_store(struct engine *e, const struct half_open *record);

/** half_open_release() - forget a record */
void half_open_release(struct engine *e, struct half_open *record);

/** half_open_timer() - repeat the SYN/ACK of record number @index, or forget it */
void half_open_timer(struct engine *e, uint32_t index);

/* ---- pending.c: flows and pending records together ---- */

/**
 * source_enter() - count a connection that waits; source_leave() undoes it
 * Return: false, nothing changed, if its client or /24 has too many
 */
bool source_enter(struct engine *e, uint32_t client);
void source_leave(struct engine *e, uint32_t client);

/** pending_take() - a record for @flow, or NULL, with the reason in @why */
struct pending *pending_take(struct engine *e, struct flow *flow, enum drop *why);

/** pending_of() - the record of a flow, or NULL */
struct pending *pending_of(struct engine *e, const struct flow *flow);

/** pending_timer_set() - let the timer of a record fire at @due */
void pending_timer_set(struct engine *e, const struct pending *pending, int64_t due);

/** pending_release() - give the record of a flow back, with its buffer and timer; no harm if there is none */
void pending_release(struct engine *e, struct flow *flow);

/** flow_end() - release a flow and everything that belongs to it; @reason for the session log */
void flow_end(struct engine *e, struct flow *flow, const char *reason);

/**
 * flow_close() - a flow is over: release it, or keep its record for as long as flow_may_reopen()
 * @flow: neither OPENING nor ASKED
 */
void flow_close(struct engine *e, struct flow *flow, const char *reason);

/**
 * flow_may_reopen() - would the client's first data, if it came again, complete another handshake
 *
 * A server would get it a second time, or after its client was told that none will.
 */
bool flow_may_reopen(const struct engine *e, const struct flow *flow);

/** flow_take() - a record; if all are in use, a connection that is over makes room. NULL: none was found */
struct flow *flow_take(struct engine *e);

/** flow_oldest_opening() - one of the connections that wait longest for the answer to a client's own SYN, or NULL */
struct flow *flow_oldest_opening(struct engine *e);

/** flow_touch() - the flow was used now */
void flow_touch(struct engine *e, struct flow *flow);

/** flows_sweep() - release idle flows, a stretch of records at a time */
void flows_sweep(struct engine *e);

/** pending_check() - NULL if the records are consistent with flows, timers and buffers, else what is not */
const char *pending_check(const struct engine *e);

/* ---- tcp.c ---- */

/** tcp_flow() - the flow of a packet, in whichever direction; NULL if there is none, or it is not TCP */
struct flow *tcp_flow(const struct engine *e, const struct packet *p);

/** tcp_from_client() - IPv4 segment to an address of ours; @flow as tcp_flow() gives it */
enum verdict tcp_from_client(struct engine *e, struct flow *flow, struct input *in);

/** tcp_from_server() - IPv6 segment to the IPv6 address of a client; @flow as tcp_flow() gives it */
enum verdict tcp_from_server(struct engine *e, struct flow *flow, struct input *in);

/** tcp_announced_mss() - MSS that fits both families: every packet grows by 20 bytes on its way to IPv6 */
uint16_t tcp_announced_mss(const struct engine *e);

/* ---- tcp_handshake.c ---- */

/** handshake_syn() - a client's SYN to a service with rules */
enum verdict handshake_syn(struct engine *e, struct input *in, const struct service *service);

/** handshake_window() - our window before the server's is known, in bytes: what the buffer takes */
uint16_t handshake_window(const struct engine *e);

/** handshake_answer() - send the SYN/ACK that a record describes */
void handshake_answer(struct engine *e, const struct half_open *record);

/**
 * handshake_ack() - a segment that may complete a handshake
 * @replaced: flow with the same addresses that ends if the handshake completes, or NULL
 * @verdict: set if the segment completed it
 * Return: false, nothing changed, if it did not
 */
bool handshake_ack(struct engine *e, struct input *in, const struct service *service, struct flow *replaced,
		   enum verdict *verdict);

/* ---- tcp_waiting.c ---- */

/** waiting_input() - segment of a client whose server is not connected yet */
enum verdict waiting_input(struct engine *e, struct flow *flow, struct input *in);

/** waiting_sent() - bytes that we have sent to a client whose end point we are, FIN included */
uint32_t waiting_sent(const struct engine *e, const struct flow *flow);

/** waiting_syn() - a SYN for the addresses of a connection that has no server */
enum verdict waiting_syn(struct engine *e, struct flow *flow, struct input *in);

/** waiting_stranger() - a segment that acknowledges what we did not send: perhaps it opens a newer connection */
enum verdict waiting_stranger(struct engine *e, struct flow *flow, struct input *in);

/** waiting_store() - put a segment's payload and FIN into the buffer; false with @why if it cannot be */
bool waiting_store(struct engine *e, const struct flow *flow, const struct input *in, enum drop *why);

/** waiting_timer() - no rule could be chosen in time */
void waiting_timer(struct engine *e, struct flow *flow);

/** waiting_decide() - which rule do the first bytes choose; runs on the present configuration */
void waiting_decide(struct engine *e, const struct flow *flow, bool final, struct choice *choice);

/**
 * waiting_send() - segment to a client whose end point we are; our clock stands still
 * @flags: beside ACK
 * @offset, @length: what is sent of the buffer, and where it is in our stream
 */
void waiting_send(struct engine *e, const struct flow *flow, uint8_t flags, uint32_t offset, uint32_t length);

/* ---- tcp_refuse.c ---- */

/** refuse() - end a connection that gets no server, in the way that its service asks for; @why is counted */
void refuse(struct engine *e, struct flow *flow, enum event why);

/** refuse_input() - segment of a client that is being answered */
enum verdict refuse_input(struct engine *e, struct flow *flow, struct input *in);

/** refuse_timer() - the answer was not acknowledged: repeat it, or give up */
void refuse_timer(struct engine *e, struct flow *flow);

/* ---- tcp_connect.c ---- */

/** connect_start() - connect @flow to the best of @servers */
void connect_start(struct engine *e, struct flow *flow, const struct server_set *servers);

/**
 * connect_take_port() - enter @flow into the IPv6 index, under the client's port if that is free, else under another
 *
 * The server and the client's IPv6 address are set already; this sets source_port. A flow that is over makes room.
 *
 * Return: false if all ports that were tried are taken
 */
bool connect_take_port(struct engine *e, struct flow *flow);

/** connect_input() - segment of a server to which a SYN is on its way; @flow may be in state ASKED */
enum verdict connect_input(struct engine *e, struct flow *flow, struct input *in);

/** connect_refused() - a server refused, with @error: go on with the others; @flow may be in state ASKED */
void connect_refused(struct engine *e, struct flow *flow, enum server_error error);

/** connect_has_other() - is there another server that may accept; @flow may be in state ASKED */
bool connect_has_other(const struct engine *e, const struct flow *flow);

/** connect_rank() - the servers to try for the client of a flow, best first; returns how many */
size_t connect_rank(const struct engine *e, const struct flow *flow, const struct server_set *servers,
		    struct server *candidates);

/** connect_timer() - no server has answered: ask the next one as well, or repeat the SYNs */
void connect_timer(struct engine *e, struct flow *flow);

/** connect_abandon() - tell all servers that were asked that the connection is no longer wanted */
void connect_abandon(struct engine *e, const struct flow *flow);

/** connect_again() - the server repeats its SYN/ACK: our ACK was lost */
enum verdict connect_again(struct engine *e, struct flow *flow, struct input *in);

/** connect_flush() - send as much of the buffered bytes as the server's window takes */
void connect_flush(struct engine *e, struct flow *flow);

/* ---- tcp_hold.c ---- */

/** hold_start() - the server is known: from now on, what goes beyond its window is held back */
void hold_start(struct engine *e, const struct flow *flow);

/**
 * hold_data() - hold back a segment of the client that a bound flow's server would drop
 * @flow: with pending record
 * Return: false, nothing changed, if it is to be passed on
 */
bool hold_data(struct engine *e, struct flow *flow, const struct input *in);

/** hold_settle() - let go of the pending record if all has arrived that was in it, and no more can come */
void hold_settle(struct engine *e, struct flow *flow);

/** hold_timer() - the same when nothing else calls for it */
void hold_timer(struct engine *e, struct flow *flow);

/* ---- tcp_hedge.c ---- */

/**
 * hedge_next() - walk over the servers that were asked before the present one
 * @position: 0 at first; the record that is returned may be forgotten before the next call
 * Return: a record in state ASKED, or NULL behind the last
 */
struct flow *hedge_next(const struct engine *e, const struct pending *p, uint32_t *position);

/** hedge_keep() - go on to listen to the present server while @flow turns to the next; false: no record left */
bool hedge_keep(struct engine *e, struct flow *flow);

/** hedge_forget() - release a record in state ASKED; later answers of its server are those of a stranger */
void hedge_forget(struct engine *e, struct flow *asked);

/** hedge_take_over() - turn @flow back to the server of @asked, whose record ends */
void hedge_take_over(struct engine *e, struct flow *flow, struct flow *asked);

/* ---- tcp_splice.c ---- */

/** splice_open() - a client's SYN to a service without rules: choose a server and pass it on */
enum verdict splice_open(struct engine *e, struct input *in, const struct service *service);

/** splice_from_client(), splice_from_server() - rewrite a segment and pass it on */
enum verdict splice_from_client(struct engine *e, struct flow *flow, struct input *in);
enum verdict splice_from_server(struct engine *e, struct flow *flow, struct input *in);

/** splice_probe() - ask both ends of an idle connection before it is forgotten; false: forget it */
bool splice_probe(struct engine *e, struct flow *flow);

/* ---- tcp_ecn.c ---- */

/** ecn_is_offered() - does a SYN offer ECN; ecn_is_accepted() - does a SYN/ACK accept the offer */
bool ecn_is_offered(const struct packet *syn);
bool ecn_is_accepted(const struct packet *syn_ack);

/** ecn_is_marked() - is it data that a router has marked because of congestion */
bool ecn_is_marked(const struct packet *p);

/** ecn_clear() - take everything of ECN out of what is known of a segment, which then has to be written */
void ecn_clear(struct input *in);

/* ---- tcp_split.c ---- */

/** split_emit() - emit a finished segment to the server of @flow, in as many pieces as its MSS asks for */
enum verdict split_emit(struct engine *e, const struct flow *flow, struct input *in);

/* ---- tcp_timestamps.c ---- */

/** Bytes that timestamps need in a TCP header, with their padding. */
#define TIMESTAMPS_LENGTH 12u

/** timestamps_clock() - our clock towards a client of a service */
uint32_t timestamps_clock(const struct engine *e, uint32_t client, uint32_t service);

/** timestamps_recent() - keep in @recent the TSval that is to be echoed; @last_ack: last number acknowledged */
void timestamps_recent(uint32_t *recent, const struct input *in, uint32_t last_ack);

/** timestamps_from_client() - the same for a segment of a bound flow with FLOW_INSERT_TIMESTAMPS */
void timestamps_from_client(struct flow *flow, const struct input *in);

/**
 * timestamps_insert() - give a segment of the server, not translated yet, timestamps of ours
 * Return: false, nothing changed, if it gets none: it is a RST, or too long
 */
bool timestamps_insert(const struct engine *e, const struct flow *flow, struct input *in);

/* ---- tcp_track.c ---- */

/** track_is_of_client() - does a segment with an ACK fit what was seen of a bound flow */
bool track_is_of_client(const struct flow *flow, const struct packet *packet);

/** track_from_client(), track_from_server() - learn from a segment of a bound flow, as it arrived */
void track_from_client(struct engine *e, struct flow *flow, const struct input *in);
void track_from_server(struct engine *e, struct flow *flow, const struct input *in);

/** track_bytes() - payload bytes acknowledged in a direction */
uint64_t track_bytes_to_server(const struct flow *flow);
uint64_t track_bytes_to_client(const struct flow *flow);

/* ---- icmp.c ---- */

/** icmp4_input(), icmp6_input() - ICMP message to an address of ours, or to a client as servers see it */
enum verdict icmp4_input(struct engine *e, struct input *in);
enum verdict icmp6_input(struct engine *e, struct input *in);

/** icmp_hop_limit() - drop a packet whose TTL or hop limit ran out, with the ICMP error due */
enum verdict icmp_hop_limit(struct engine *e, struct input *in);

/** icmp_unreachable() - drop a packet that nobody listens for, with the ICMP error due */
enum verdict icmp_unreachable(struct engine *e, struct input *in);

/** icmp_too_big() - drop a packet that does not fit @mtu (in its own family), with the ICMP error due */
enum verdict icmp_too_big(struct engine *e, struct input *in, uint32_t mtu);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * pending.h - what a spliced connection needs until its server has acknowledged the first bytes
 *
 * A flow owns at most one pending record. Who changes which field stands in the comments: a file and the functions
 * in it, and nobody else.
 */
#ifndef NAT46_CORE_BASE_PENDING_H
#define NAT46_CORE_BASE_PENDING_H

#include "core/base/engine_state.h"

/**
 * struct pending - the record of one connection
 *
 * base/pending.c
 * @flow: flow plus one, 0: record is free
 * @next_free: next free record plus one
 * @asked: flow plus one of each candidate that was asked before the present one and may still answer; 0: none
 *
 * tcp/handshake.c, tcp/silent.c: when the client has completed its handshake
 * @isn: ours, towards the client
 * @ts_ours: TSval of our SYN/ACK; our clock stands still until the splice
 * @timestamps, @sack, @scaled, @ecn: in use with the client
 * @ecn_offer: ECN is to be offered to the server; tcp/connect.c does so only once
 * @is_far: the round trip to the client is long, and its server could not tell by timestamps
 * @mss: MSS of the client; since tcp/connect.c has connected, of a segment to the server
 *
 * tcp/first_bytes.c: from the segments of the client
 * @buffer: first bytes; in state ANSWERING the answer (tcp/refuse.c)
 * @has_fin: the client's FIN was seen, at stream offset @fin; in state ANSWERING by tcp/refuse.c
 * @seen: stream offset up to which the client has sent, as its segments show, whether they came or not
 * @window: newest window of the client, in bytes
 * @ts_client: newest TSval of the client; the first is from tcp/handshake.c or tcp/silent.c
 * @ts_recent: TSval of the client that is to be echoed to it; the first is from tcp/handshake.c or tcp/silent.c
 * @lost: bytes were dropped because a limit was full, and did not come again since
 *
 * tcp/decide.c
 * @search: how far the first bytes have been searched
 *
 * tcp/endpoint.c
 * @acked: stream offset up to which we have acknowledged the client's bytes; in state ANSWERING (tcp/refuse.c) FIN
 *	included
 *
 * tcp/track.c
 * @edge: highest right edge of the server's window
 *
 * tcp/flush.c
 * @flushed: stream offset up to which bytes were sent to the server, FIN included
 *
 * tcp/connect.c
 * @candidates: servers in the order in which they are tried
 * @candidate_count, @next: how many, and the first that was not asked yet
 * @candidate: the present one; tcp/hedge.c turns back
 * @started: when the first SYN went to the present one; tcp/hedge.c turns back
 * @stale: RSTs sent because a server knew an older connection
 * @ts_server: TSval of the server's SYN/ACK
 * @tries: SYNs sent to the present one; in state WAITING (tcp/waiting.c) how often the time to wait was over; in state
 *	ANSWERING (tcp/refuse.c) how often the answer was sent
 * @deadline: when connecting ends; before (tcp/handshake.c, tcp/silent.c, tcp/waiting.c) the wait, afterwards
 *	(tcp/hold.c) what is held back
 *
 * tcp/waiting.c
 * @ack_due: when bytes that do not suffice are acknowledged; 0: none are
 *
 * tcp/deliver.c
 * @progress: when the server has acknowledged something, the last time
 * @resend_due: when bytes that we have acknowledged are sent again; 0: the server has them all
 * @rto: time-out for that
 * @recover: stream offset: what is not acknowledged up to there was sent before the last time-out
 * @duplicates: acknowledgements of the same number
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
	uint32_t edge;
	uint32_t fin;
	uint32_t seen;
	uint32_t acked;
	uint32_t flushed;
	uint32_t recover;
	uint16_t mss;
	bool timestamps;
	bool sack;
	bool scaled;
	bool ecn;
	bool ecn_offer;
	bool is_far;
	bool has_fin;
	bool lost;
	uint8_t candidate_count;
	uint8_t candidate;
	uint8_t next;
	uint8_t tries;
	uint8_t stale;
	uint8_t duplicates;
	uint32_t asked[CANDIDATES_MAX - 1];
	struct server candidates[CANDIDATES_MAX];
	int64_t deadline;
	int64_t started;
	int64_t ack_due;
	int64_t progress;
	int64_t resend_due;
	int64_t rto;
	struct inspect_progress search;
	struct buffer buffer;
};

/** pending_take() - a record for @flow, or NULL, with the reason in @why */
struct pending *pending_take(struct engine *e, struct flow *flow, enum drop *why);

/** pending_of() - the record of a flow, or NULL */
struct pending *pending_of(const struct engine *e, const struct flow *flow);

/** pending_owner() - the flow of a record; of one that a flow in state ASKED shares, the connection */
struct flow *pending_owner(const struct engine *e, const struct pending *pending);

/** pending_timer_set() - let the timer of a record fire at @due */
void pending_timer_set(struct engine *e, const struct pending *pending, int64_t due);

/** pending_release() - give the record of a flow back, with its buffer and timer; no harm if there is none */
void pending_release(struct engine *e, struct flow *flow);

/** pending_offer() - a record has got bytes behind a hole: they go first when there must be room */
void pending_offer(struct engine *e, const struct pending *pending);

/** pending_make_room() - let bytes behind holes go, of anybody, until @chunks are free, if there are such near by */
void pending_make_room(struct engine *e, uint32_t chunks);

/**
 * asked_next() - walk over the flows in state ASKED of a record
 * @position: 0 at first; the flow that is returned may be forgotten before the next call
 * Return: a flow, or NULL behind the last
 */
struct flow *asked_next(const struct engine *e, const struct pending *p, uint32_t *position);

/** asked_keep() - let @asked, in state ASKED, stand for the present candidate of the record of @flow */
void asked_keep(struct engine *e, const struct flow *flow, struct flow *asked);

/** asked_forget() - release a flow in state ASKED; later answers of its server are those of a stranger */
void asked_forget(struct engine *e, struct flow *asked);

/** pending_check() - NULL if the records are consistent with flows, timers and buffers, else what is not */
const char *pending_check(const struct engine *e);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * flow.h - the record of one connection or UDP exchange, and who may change what in it
 */
#ifndef NAT46_FLOW_H
#define NAT46_FLOW_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/address.h"

enum flow_flag {
	FLOW_SPLICED = 0x01,		/* we answered the client's SYN */
	FLOW_LINKED4 = 0x02,		/* in the IPv4 index */
	FLOW_LINKED6 = 0x04,		/* in the IPv6 index */
	FLOW_CLIENT_FIN = 0x08,		/* to_server.end includes a FIN */
	FLOW_SERVER_FIN = 0x10,		/* to_client.end includes a FIN */
	FLOW_STRIP_TIMESTAMPS = 0x20,	/* they are not in use with the server */
	FLOW_STRIP_SACK = 0x40,		/* repair R2: the server has none */
	FLOW_INSERT_TIMESTAMPS = 0x80,	/* repair R3: the server has none, but the client has */
};

/**
 * struct flow_direction - what was seen of one direction, in the sequence space of its sender
 * @end: highest sequence number sent, plus one; includes SYN and FIN
 * @acked: highest acknowledgement by the receiver
 * @window: largest window that the receiver has announced behind @acked, in units of its window shift
 * @wraps: how often the acknowledged bytes passed 2^32
 */
struct flow_direction {
	uint32_t end;
	uint32_t acked;
	uint16_t window;
	uint16_t wraps;
};

/** flow_window() - bytes that the receiver in a direction has room for; @shift: of its window */
static inline uint32_t flow_window(const struct flow_direction *d, uint8_t shift)
{
	return (uint32_t)d->window << shift;
}

/**
 * struct flow_answer - a segment of the server that its client has not acknowledged yet
 * @seq: number behind it
 * @ack: what it acknowledges
 * @window: as in the header
 * @client_scale, @server_scale: window shifts to which it leads
 * @is_there: false: no such segment was seen
 */
struct flow_answer {
	uint32_t seq;
	uint32_t ack;
	uint16_t window;
	uint8_t client_scale : 4;
	uint8_t server_scale : 4;
	bool is_there;
};

/** Nanoseconds in the unit in which a flow knows when it was opened. */
#define FLOW_MILLISECOND UINT64_C(1000000)

/** Answers that are kept for a flow. */
#define FLOW_ANSWERS 2u

/**
 * struct flow_silent - what is kept of the handshake with a client that has nothing to say (tcp/silent.c)
 * @isn, @ts_ours: our initial sequence number and the TSval of our SYN/ACK
 * @ts_client: newest TSval of the client
 * @mss: MSS of the client
 * @timestamps, @sack, @scaled, @ecn, @ecn_offer, @is_far: as in struct pending
 */
struct flow_silent {
	uint32_t isn;
	uint32_t ts_ours;
	uint32_t ts_client;
	uint16_t mss;
	bool timestamps : 1;
	bool sack : 1;
	bool scaled : 1;
	bool ecn : 1;
	bool ecn_offer : 1;
	bool is_far : 1;
};

/**
 * struct flow_udp - what is known of an exchange of datagrams (ip/udp.c)
 * @to_server, @to_client: bytes of payload that were passed on
 * @rank: of the server among the candidates
 * @is_answered: the server has sent something
 * @is_refused: an ICMP error has come from the server's side, and nothing from the server since
 */
struct flow_udp {
	uint64_t to_server;
	uint64_t to_client;
	uint8_t rank;
	bool is_answered;
	bool is_refused;
};

/**
 * struct flow - one connection, or one exchange of datagrams
 *
 * Who changes which field: files of src/core and the functions in them, and nobody else (tests/static/owners.sh).
 *
 * table/flow_table.c
 * @state: enum tcp_state
 * @is_udp: is it an exchange of datagrams; a part of its addresses, given to flow_table_take()
 * @flags: enum flow_flag. FLOW_SPLICED comes with the record from tcp/handshake.c or tcp/hedge.c, the FIN flags from
 *	tcp/track.c and tcp/flush.c, what is stripped and inserted from tcp/promises.c
 *
 * tcp/handshake.c, tcp/plain.c, tcp/hedge.c, ip/udp_flow.c: when the record is taken
 * @client, @client_port: the client, host byte order
 * @service, @service_port: the service
 * @client_isn: initial sequence number of the client
 * @client_scale: window shift of the client
 * @opened, @opened_high: time of the first packet in milliseconds, which goes on for two years; flow_set_opened()
 *
 * base/choose.c
 * @server, @server_port: the server
 * @client6: the client as the server sees it
 * @source_port: port towards the server; @client_port unless that was taken
 *
 * tcp/promises.c, tcp/plain.c: when the server has accepted
 * @server_isn: initial sequence number of the server
 * @delta: our ISN towards the client - ISN of the server; 0 without splice
 * @theta: TSval of the server's SYN/ACK - TSval of ours; 0 without splice or timestamps
 * @ts_recent: with FLOW_INSERT_TIMESTAMPS, TSval of the client that is to be echoed to it; then tcp/timestamps.c
 * @place: instead, in state OPENING, by tcp/plain.c, ip/udp_flow.c: place among those whose client may be forged
 * @our_scale, @server_scale: window shifts of our SYN/ACK (from tcp/handshake.c) and of the server
 * @raise: left shift for the client's windows: repair R1, the server does not scale
 * @server_mss: MSS of the server, with splice; 0 without (repair R5)
 * @strip_ecn: repair R4: the server has no ECN, but the client was promised it
 * @timestamps: client and server have timestamps of their own
 * @ts_server: with @timestamps, newest TSval of the server, in its own clock; then tcp/timestamps.c
 *
 * tcp/track.c
 * @to_server, @to_client: tracked sequence numbers; @to_client in the server's own numbers; what tcp/flush.c sends
 *	moves @to_server.end
 * @answers: instead, in state OPENING, by tcp/plain.c: newest segments of the server
 * @silent: in state SILENT, by tcp/silent.c
 * @udp: with @is_udp, by ip/udp_flow.c
 * @reset_by: in state RESET, the FIN flag of the side that sent the RST
 *
 * base/flows.c
 * @is_ended: its end was reported
 * @last_seen: time of the last packet that counts, in milliseconds (wraps); in state ASKED of the SYN, by tcp/hedge.c
 *
 * base/pending.c
 * @has_pending: is there a pending record
 * @pending_index: that record plus one; in a free record of table/flow_table.c the next free one plus one
 * @ts_client: with @timestamps and without pending record, newest TSval of the client; tcp/plain.c, then
 *	tcp/timestamps.c
 * @attempts: in state ASKED: number of the candidate; OPENING (tcp/plain.c): how often the client has repeated its
 *	SYN; PROBED (tcp/probe.c): how often both ends were asked
 */
struct flow {
	struct ipv6_address server;
	struct ipv6_address client6;
	uint32_t client;
	uint32_t service;
	uint16_t client_port;
	uint16_t service_port;
	uint16_t server_port;
	uint16_t source_port;
	uint32_t delta;
	union {
		uint32_t theta;
		uint32_t ts_recent;
		uint32_t place;
	};
	uint32_t last_seen;
	uint8_t state : 7;
	bool is_udp : 1;
	uint8_t flags;
	uint8_t client_scale : 4;
	uint8_t our_scale : 4;
	uint8_t server_scale : 4;
	uint8_t raise : 4;
	/* second cache line */
	union {
		struct {
			struct flow_direction to_server;
			struct flow_direction to_client;
		};
		struct flow_answer answers[FLOW_ANSWERS];
		struct flow_silent silent;
		struct flow_udp udp;
	};
	uint32_t client_isn;
	uint32_t server_isn;
	uint32_t ts_server;
	union {
		uint32_t pending_index;
		uint32_t ts_client;
	};
	uint32_t opened;
	uint16_t server_mss;
	union {
		uint8_t reset_by;
		uint8_t attempts;
	};
	bool strip_ecn : 1;
	bool timestamps : 1;
	bool has_pending : 1;
	bool is_ended : 1;
	uint8_t opened_high : 4;
};

static_assert(offsetof(struct flow, to_server) == 64, "hot fields fill the first cache line");
static_assert(sizeof(struct flow) == 112, "128 bytes with the index slots");

/** flow_set_opened() - the first packet of a flow came @now */
static inline void flow_set_opened(struct flow *flow, int64_t now)
{
	uint64_t milliseconds = (uint64_t)now / FLOW_MILLISECOND;

	flow->opened = (uint32_t)milliseconds;
	flow->opened_high = milliseconds >> 32 & 0xf;
}

/** flow_age() - nanoseconds since the first packet of a flow, in milliseconds of the clock */
static inline int64_t flow_age(const struct flow *flow, int64_t now)
{
	uint64_t opened = (uint64_t)flow->opened_high << 32 | flow->opened;
	uint64_t age = ((uint64_t)now / FLOW_MILLISECOND - opened) & UINT64_C(0xfffffffff);

	return (int64_t)(age * FLOW_MILLISECOND);
}

#endif

/* SPDX-License-Identifier: ISC */
/*
 * tcp_model.h - a simple, correct TCP end point in virtual time (RFC 9293, 7323, 2018, 5961, 6298)
 *
 * Written apart from the core and sharing nothing with it. The streams it sends are functions of an
 * offset, so nothing has to be kept for retransmission; what it receives is kept in a real buffer and
 * read by the application. It does not only tolerate what RFCs tolerate: it reports through
 * violation() what a correct path between two correct ends can never cause (an acknowledgement of
 * unsent data, a time stamp echo that was never sent, ...).
 */
#ifndef SIM_TCP_MODEL_H
#define SIM_TCP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "wire.h"
#include "ranges.h"

enum tcp_state {
	TCP_CLOSED,
	TCP_SYN_SENT,
	TCP_SYN_RECEIVED,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_CLOSE_WAIT,
	TCP_CLOSING,
	TCP_LAST_ACK,
	TCP_TIME_WAIT,
};

/** How long the side that closes first knows the connection. */
#define TIME_WAIT (60 * SECOND)

/** enum tcp_end - how it ended, once the state is TCP_CLOSED or TCP_TIME_WAIT */
enum tcp_end {
	END_NONE,
	END_GRACEFUL,	/* both FINs sent and acknowledged */
	END_REFUSED,	/* RST in answer to our SYN */
	END_RESET,	/* RST from the peer */
	END_TIMEOUT,	/* the peer does not answer */
	END_ABORTED,	/* by our application */
};

/** enum tcp_event - what the application is told */
enum tcp_event {
	TCP_EVENT_ESTABLISHED,
	TCP_EVENT_READABLE,
	TCP_EVENT_PEER_CLOSED,
	TCP_EVENT_ENDED,
};

/**
 * struct tcp_profile - what kind of stack this is
 * @timestamps, @sack, @scale: options offered and accepted
 * @ecn: ECN offered and accepted (RFC 3168); a repeated SYN does not offer it, but its sender believes in it
 * @shift: window shift offered with @scale
 * @mss: largest MSS announced; the MTU may lower it
 * @mtu: MTU of the interface
 * @receive_buffer: bytes
 * @delayed_ack: acknowledge every other segment only
 * @probe_data: window probes and keep-alives carry a byte
 * @keepalive: interval of keep-alives; 0: none
 * @super_packets: hand super-packets to the device
 * @partial: leave checksums to the device
 * @option_style: as in struct packet
 * @first_length, @first_chunk: cut the first bytes of the stream in pieces of 1 to @first_chunk bytes
 * @nagle: no more than one small segment without acknowledgement
 * @initial_window: segments that it sends without acknowledgement at first (RFC 5681, RFC 6928)
 * @quick_data: let the first data carry the acknowledgement of the SYN/ACK
 * @ts_offset: clock offset of the time stamps
 * @expect_ts: report and drop segments without time stamps on a connection that negotiated them (RFC 7323 3.2)
 * @contradicts: what it repeats of the first bytes of the stream differs from what it said first
 * @exact_ts: report segments that PAWS rejects (the path keeps order and duplicates nothing)
 */
struct tcp_profile {
	bool timestamps;
	bool sack;
	bool scale;
	bool ecn;
	uint8_t shift;
	uint16_t mss;
	uint32_t mtu;
	uint32_t receive_buffer;
	bool delayed_ack;
	bool probe_data;
	int64_t keepalive;
	bool super_packets;
	bool partial;
	uint8_t option_style;
	uint32_t first_length;
	uint32_t first_chunk;
	bool nagle;
	uint32_t initial_window;
	bool quick_data;
	uint32_t ts_offset;
	bool expect_ts;
	bool contradicts;
	bool exact_ts;
};

struct tcp;

/**
 * struct tcp_hooks - how an end point reaches the world
 * @send: transmit @wire, which then belongs to the callee
 * @event: tell the application; it may call tcp_write(), tcp_read(), tcp_close() and tcp_abort()
 * @fill: bytes [@offset, @offset + @length) of the stream that @tcp sends
 * @violation: report what a correct path cannot cause
 */
struct tcp_hooks {
	void (*send)(struct tcp *tcp, struct wire *wire);
	void (*event)(struct tcp *tcp, enum tcp_event event);
	void (*fill)(struct tcp *tcp, uint32_t offset, uint8_t *bytes, size_t length);
	void (*violation)(struct tcp *tcp, const char *text);
};

struct tcp {
	const struct tcp_hooks *hooks;
	void *context;		/* of whoever made it */
	void *owner;		/* the host */
	struct event_queue *queue;
	struct tcp_profile profile;
	struct address local;
	struct address remote;
	uint16_t local_port;
	uint16_t remote_port;
	enum tcp_state state;
	enum tcp_end end;

	/* sending: everything before una is acknowledged, next is next, nothing at or after max was ever sent */
	uint32_t iss;
	uint32_t una;
	uint32_t next;
	uint32_t max;
	uint32_t window;
	uint32_t window_seq;
	uint32_t window_ack;
	uint8_t send_shift;
	uint16_t peer_mss;
	uint32_t path_mtu;
	uint32_t written;
	bool fin_wanted;
	struct ranges sacked;
	uint32_t congestion_window;
	uint32_t threshold;
	unsigned duplicate_acks;
	bool recovering;
	uint32_t recover;

	/* receiving */
	uint32_t irs;
	uint32_t expected;
	uint32_t edge;
	uint8_t receive_shift;
	uint8_t *buffer;
	uint32_t unread;
	struct ranges early;
	bool fin_known;
	uint32_t fin_seq;
	unsigned unacknowledged;
	bool ack_now;
	bool d_sack_wanted;
	struct range d_sack;

	bool ts_on;
	bool sack_on;
	bool ecn_on;
	bool ecn_fresh;		/* what is being sent is new data, so that it may be marked */
	bool ecn_echo;		/* a mark has arrived, and the peer was not heard to slow down since */
	uint32_t ecn_until;	/* one window is halved only once: nothing until this is acknowledged */
	bool ecn_slowed;	/* the next new data has to say that we have slowed down */
	uint32_t ts_recent;
	uint32_t last_ack_sent;
	uint32_t ts_first;
	uint32_t ts_last;

	/* timers; NEVER: not running */
	int64_t retransmit_at;
	int64_t ack_at;
	int64_t probe_at;
	int64_t keepalive_at;
	int64_t wait_at;
	int64_t scheduled;
	int64_t rto;
	int64_t srtt;
	int64_t rttvar;
	bool timing;
	uint32_t timing_seq;
	int64_t timing_since;
	unsigned retries;
	unsigned challenges;
	unsigned paws_drops;
	unsigned quotes_ignored;
	bool strange;		/* the packet that it has just got was forged */
	bool succeeds;		/* its peer may be in a connection with another end point before it */
	bool repeating;
};

/** tcp_connect() - active open; addresses, ports, hooks, queue, profile and iss are set, the rest is zero */
void tcp_connect(struct tcp *tcp);

/** tcp_accept() - passive open with the SYN @syn; set as for tcp_connect() */
void tcp_accept(struct tcp *tcp, const struct packet *syn);

/** tcp_input() - a packet for this connection, checksums verified */
void tcp_input(struct tcp *tcp, const struct packet *packet);

/** tcp_error() - an ICMP error about this connection: PACKET_TOO_BIG or PACKET_UNREACHABLE */
void tcp_error(struct tcp *tcp, const struct packet *error);

/** tcp_write() - the application has @length more bytes of its stream to send */
void tcp_write(struct tcp *tcp, uint32_t length);

/** tcp_read() - take up to @length bytes that arrived in order; the number of bytes taken */
uint32_t tcp_read(struct tcp *tcp, uint8_t *bytes, uint32_t length);

/** tcp_close() - no more bytes will be written */
void tcp_close(struct tcp *tcp);

/** tcp_abort() - end at once; @silent: without an RST, as a host that lost its power */
void tcp_abort(struct tcp *tcp, bool silent);

/** tcp_reusable() - may the SYN @syn replace this connection in TIME-WAIT (RFC 9293 3.10.7.4, RFC 6191) */
bool tcp_reusable(const struct tcp *tcp, const struct packet *syn);

#endif

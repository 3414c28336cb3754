/* SPDX-License-Identifier: ISC */
/*
 * capture.h - copies of packets for an operator, while they go on
 *
 * DOC: Theory of operation
 *
 * A packet that comes in, and those that go out because of it, are one event: captures_begin(), captures_emit() for
 * each of them, captures_end(). If one of them is asked for, all are: so the packet of a client is there that has led
 * to the one to a server, whichever of them the filter knows. A packet that goes out because of a timer is an event of
 * its own. What came in is copied before the engine edits it.
 *
 * Each capture has a ring of CAPTURE_ROOM bytes. Packets for which there is no room are counted and left out, so that
 * whoever reads slowly only misses some. Nobody waits, and with no capture nothing of this is called.
 */
#ifndef NAT46_DAEMON_CAPTURE_H
#define NAT46_DAEMON_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/filter.h"

/** Bytes of packets that wait for the reader of a capture; a power of two. */
#define CAPTURE_ROOM 8388608u

/**
 * struct capture_packet - what is known of a packet besides its bytes
 * @time: nanoseconds since 1970
 * @length: bytes of the packet, of which @captured are there
 * @lost: packets that had been left out until then
 * @offload: offload state, for its checksum
 * @is_out: it went out, else it came in
 * @drop: why it was dropped; DROP_COUNT: it was not
 */
struct capture_packet {
	int64_t time;
	uint32_t length;
	uint32_t captured;
	uint64_t lost;
	struct offload offload;
	bool is_out;
	enum drop drop;
};

/**
 * struct capture - one capture
 * @next: next one that runs
 * @filter, @snaplen: what is asked for, and most bytes of a packet
 * @wake, @context: called when there is something to read again, after capture_read() found nothing, or at the end
 * @is_idle: nothing was found, @wake was not called yet
 * @is_over: nothing more is captured
 * @ring, @head, @tail: packets, from @tail to @head; both only grow
 * @received, @lost: packets that were asked for, and those of them that were left out
 * @has_event: an event goes on
 * @event, @event_received, @event_lost: @head when it began, and its packets
 * @is_wanted: one of them is asked for
 */
struct capture {
	struct capture *next;
	struct filter filter;
	uint32_t snaplen;
	void (*wake)(void *context);
	void *context;
	bool is_idle;
	bool is_over;
	uint64_t head;
	uint64_t tail;
	uint64_t received;
	uint64_t lost;
	bool has_event;
	uint64_t event;
	uint64_t event_received;
	uint64_t event_lost;
	bool is_wanted;
	uint8_t ring[CAPTURE_ROOM];
};

/**
 * capture_open() - begin a capture
 * @filter, @snaplen, @wake, @context: see above
 *
 * Return: the capture, for capture_close(); NULL: there is no memory
 */
struct capture *capture_open(const struct filter *filter, uint32_t snaplen, void (*wake)(void *context), void *context);

/** capture_close() - release a capture that is in no list */
void capture_close(struct capture *capture);

/** capture_finish() - nothing more is captured; what is there can still be read */
void capture_finish(struct capture *capture);

/**
 * capture_peek() - what is known of the next packet
 * Return: false if there is none now; @wake will be called when there is
 */
bool capture_peek(struct capture *capture, struct capture_packet *packet);

/** capture_read() - take the packet that capture_peek() told of: its bytes into @bytes */
void capture_read(struct capture *capture, const struct capture_packet *packet, uint8_t *bytes);

/**
 * captures_begin() - a packet came in; before the engine sees it
 * @first: the captures
 * @config, @engine: what filters ask
 */
void captures_begin(struct capture *first, const struct engine_config *config, const struct engine *engine,
		    const struct frame *frame);

/** captures_emit() - a packet goes out */
void captures_emit(struct capture *first, const struct engine_config *config, const struct engine *engine,
		   const struct frame *frame);

/** captures_drop() - the packet that came in was dropped */
void captures_drop(struct capture *first, enum drop drop);

/** captures_end() - the engine is done with the packet that came in */
void captures_end(struct capture *first);

#endif

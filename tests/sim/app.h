/* SPDX-License-Identifier: ISC */
/*
 * app.h - the two applications of a connection: what they say, when they read, close and abort
 *
 * Every byte of both streams is a function of the connection and the offset, so that the receiver
 * checks each byte as it reads it: what is delivered is at all times a prefix of what was sent.
 */
#ifndef SIM_APP_H
#define SIM_APP_H

#include "event.h"
#include "tcp_model.h"

enum which {
	CLIENT,
	SERVER,
};

enum close_when {
	CLOSE_SENT,	/* when everything is written */
	CLOSE_RECEIVED,	/* and everything from the peer has been read */
	CLOSE_PEER,	/* and the peer has closed */
};

/**
 * struct talk - what one side does
 * @length: bytes it sends
 * @start_after: bytes it must have read before it sends (a client: beyond its first data)
 * @write_chunk, @write_pause: it writes that much at a time; 0: all at once
 * @read_pause: it reads @read_chunk bytes that often; 0: everything at once
 * @abort_at: it aborts that long after the start; NEVER
 * @vanish: the abort is a power failure
 */
struct talk {
	uint32_t length;
	uint32_t start_after;
	uint32_t write_chunk;
	int64_t write_pause;
	uint32_t read_chunk;
	int64_t read_pause;
	enum close_when close_when;
	int64_t abort_at;
	bool vanish;
};

#define WORDS_MAX 512u

struct connection;

struct side {
	struct connection *connection;
	enum which which;
	struct talk talk;
	struct tcp *tcp;
	uint32_t written;
	uint32_t received;
	bool established;
	int64_t established_at;
	bool peer_closed;
	bool closed;
	bool aborted;
	bool ended;
	enum tcp_end end;
	int64_t ended_at;
	bool write_pending;
	bool read_pending;
};

/**
 * struct connection - one connection and what both its applications have seen
 * @first: first bytes of the client; the rest is derived from @key
 * @answerable: the client may be refused in words
 * @repeatable: a copy of the first data may reach a server again, for the record of the first had to make room
 * @words, @word_count: what it was told
 * @first_copy: correct the bytes that the server must get, because the client contradicts itself; or NULL
 * @violation: report a wrong byte
 */
struct connection {
	unsigned number;
	uint64_t key;
	const uint8_t *first;
	uint32_t first_length;
	int64_t started;
	bool answerable;
	bool repeatable;
	uint8_t words[WORDS_MAX];
	uint32_t word_count;
	void (*first_copy)(const struct connection *connection, uint32_t offset, uint8_t *wanted, const uint8_t *got,
			   size_t length);
	struct event_queue *queue;
	struct side side[2];
	void *context;
	void (*violation)(struct connection *connection, const char *text);
};

/** app_setup() - tie the sides to their connection; talk, key, first, queue and violation are set */
void app_setup(struct connection *connection);

/** app_start() - the client connects with @tcp, which is set up but not connected */
void app_start(struct connection *connection, struct tcp *tcp);

/** app_event(), app_fill() - hooks for end points whose context is a struct side */
void app_event(struct tcp *tcp, enum tcp_event event);
void app_fill(struct tcp *tcp, uint32_t offset, uint8_t *bytes, size_t length);

/** app_complete() - did both sides get everything and close gracefully */
bool app_complete(const struct connection *connection);

#endif

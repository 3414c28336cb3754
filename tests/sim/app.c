/* SPDX-License-Identifier: ISC */
/* app.c - the applications at both ends */
#include "app.h"

#include <stdio.h>
#include <string.h>

#include "rng.h"

static void fill(const struct connection *connection, enum which which, uint32_t offset, uint8_t *bytes, size_t length)
{
	uint64_t key = connection->key + which;
	size_t done = 0;

	if (which == CLIENT && offset < connection->first_length) {
		done = connection->first_length - offset;
		if (done > length)
			done = length;
		memcpy(bytes, connection->first + offset, done);
	}
	for (; done < length; done++) {
		uint32_t at = offset + (uint32_t)done;

		bytes[done] = (uint8_t)(mix64(key + at / 8) >> at % 8 * 8);
	}
}

void app_fill(struct tcp *tcp, uint32_t offset, uint8_t *bytes, size_t length)
{
	const struct side *side = tcp->context;

	fill(side->connection, side->which, offset, bytes, length);
}

static void maybe_close(struct side *side)
{
	const struct side *peer = &side->connection->side[!side->which];

	if (!side->established || side->closed || side->ended)
		return;
	bool refused = side->connection->word_count && side->peer_closed;

	if (!refused && side->written < side->talk.length)
		return;
	if (side->talk.close_when == CLOSE_RECEIVED && side->received < peer->talk.length && !side->peer_closed)
		return;
	if (side->talk.close_when == CLOSE_PEER && !side->peer_closed)
		return;
	side->closed = true;
	tcp_close(side->tcp);
}

static void write_more(struct side *side);

static void write_event(void *context, void *argument)
{
	struct side *side = context;

	(void)argument;
	side->write_pending = false;
	write_more(side);
}

static void write_more(struct side *side)
{
	const struct talk *talk = &side->talk;
	uint32_t allowed = talk->length;

	if (!side->established || side->closed || side->ended || side->write_pending)
		return;
	if (side->received < talk->start_after) {
		allowed = side->which == CLIENT ? side->connection->first_length : 0;
		if (allowed > talk->length)
			allowed = talk->length;
	}
	if (side->written < allowed) {
		uint32_t length = allowed - side->written;

		if (talk->write_chunk && length > talk->write_chunk)
			length = talk->write_chunk;
		side->written += length;
		tcp_write(side->tcp, length);
		if (side->written < talk->length && talk->write_chunk) {
			side->write_pending = true;
			event_add(side->connection->queue, side->connection->queue->now + talk->write_pause,
				  write_event, side, NULL);
		}
	}
	maybe_close(side);
}

/*
 * Has a server something to say to its client. One that was connected and has written nothing has not: where the record
 * of that had to make room, the client begins again, and may be refused.
 */
static bool has_speaker(const struct connection *connection)
{
	const struct side *server = &connection->side[SERVER];

	return server->established && !(connection->repeatable && server->written == 0);
}

/* A client that no server has spoken to hears the engine itself. */
static bool take_words(struct side *side, const uint8_t *bytes, uint32_t length)
{
	struct connection *connection = side->connection;

	if (side->which == SERVER || !connection->answerable || has_speaker(connection))
		return false;
	if (length > WORDS_MAX - connection->word_count)
		return false;
	memcpy(connection->words + connection->word_count, bytes, length);
	connection->word_count += length;
	return true;
}

static void check(struct side *side, const uint8_t *bytes, uint32_t length)
{
	static uint8_t wanted[1 << 16];
	struct connection *connection = side->connection;
	char text[96];

	if (length == 0 || take_words(side, bytes, length))
		return;
	fill(connection, !side->which, side->received, wanted, length);
	if (side->which == SERVER && connection->first_copy)
		connection->first_copy(connection, side->received, wanted, bytes, length);
	if (side->received + length > connection->side[!side->which].written)
		connection->violation(connection, "more bytes delivered than were sent");
	if (memcmp(bytes, wanted, length) == 0)
		return;
	uint32_t at = 0;

	while (bytes[at] == wanted[at])
		at++;
	snprintf(text, sizeof(text), "%s got a wrong byte at offset %u of its stream",
		 side->which == CLIENT ? "client" : "server", side->received + at);
	connection->violation(connection, text);
}

static void read_event(void *context, void *argument);

static void read_more(struct side *side)
{
	static uint8_t bytes[1 << 16];
	uint32_t chunk = side->talk.read_pause ? side->talk.read_chunk : sizeof(bytes), length;

	do {
		length = tcp_read(side->tcp, bytes, chunk);
		check(side, bytes, length);
		side->received += length;
	} while (length == sizeof(bytes));
	if (side->talk.read_pause && side->tcp->unread && !side->read_pending) {
		side->read_pending = true;
		event_add(side->connection->queue, side->connection->queue->now + side->talk.read_pause, read_event,
			  side, NULL);
	}
	write_more(side);
}

static void read_event(void *context, void *argument)
{
	struct side *side = context;

	(void)argument;
	side->read_pending = false;
	read_more(side);
	if (side->tcp->ack_now && side->tcp->state != TCP_CLOSED)
		tcp_write(side->tcp, 0);	/* lets the window update out */
}

static void abort_event(void *context, void *argument)
{
	struct side *side = context;

	(void)argument;
	if (side->ended || !side->tcp)
		return;
	side->aborted = true;
	tcp_abort(side->tcp, side->talk.vanish);
}

static void adopt(struct side *side, struct tcp *tcp)
{
	struct connection *connection = side->connection;

	if (side->tcp && side->tcp != tcp && side->received && !connection->repeatable)
		connection->violation(connection, "the first data reached two servers");
	side->tcp = tcp;
	side->established = true;
	side->established_at = connection->queue->now;
	side->received = side->written = 0;
	side->peer_closed = side->closed = side->ended = false;
	if (side->which == SERVER && side->talk.abort_at != NEVER)
		event_add(connection->queue, connection->queue->now + side->talk.abort_at, abort_event, side, NULL);
	write_more(side);
}

void app_event(struct tcp *tcp, enum tcp_event event)
{
	struct side *side = tcp->context;

	if (event == TCP_EVENT_ESTABLISHED) {
		adopt(side, tcp);
		return;
	}
	if (side->tcp != tcp)
		return;
	switch (event) {
	case TCP_EVENT_READABLE:
		if (!side->read_pending)
			read_more(side);
		break;
	case TCP_EVENT_PEER_CLOSED:
		side->peer_closed = true;
		write_more(side);
		break;
	case TCP_EVENT_ENDED:
		side->ended = true;
		side->end = tcp->end;
		side->ended_at = tcp->queue->now;
		break;
	case TCP_EVENT_ESTABLISHED:
		break;
	}
}

void app_setup(struct connection *connection)
{
	for (int which = CLIENT; which <= SERVER; which++) {
		connection->side[which].connection = connection;
		connection->side[which].which = (enum which)which;
	}
}

void app_start(struct connection *connection, struct tcp *tcp)
{
	struct side *side = &connection->side[CLIENT];

	connection->started = connection->queue->now;
	tcp->context = side;
	side->tcp = tcp;
	if (side->talk.abort_at != NEVER)
		event_add(connection->queue, connection->queue->now + side->talk.abort_at, abort_event, side, NULL);
	tcp_connect(tcp);
}

bool app_complete(const struct connection *connection)
{
	for (int which = CLIENT; which <= SERVER; which++) {
		const struct side *side = &connection->side[which], *peer = &connection->side[!which];

		if (!side->ended || side->end != END_GRACEFUL || !side->peer_closed ||
		    side->received != peer->talk.length)
			return false;
	}
	return true;
}

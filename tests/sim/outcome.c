/* SPDX-License-Identifier: ISC */
/* outcome.c - what must have become of the connections, and of the engine, when everything has ended */
#include "outcome.h"

#include <stdlib.h>
#include <string.h>

#include "nat46/engine.h"
#include "world.h"

/* An answer is sent so often before its client is given up. */
#define WORDS_REPEATED 4u

/* Two round trips, and the time until a SYN is repeated for the second time. */
#define PROMPT (5 * SECOND)

/* No model gives up sooner: sixteen keep-alives at the shortest interval. */
#define OUTAGE (14 * SECOND)

/* A SYN that waits among a flood may wait so long; then the next one takes its place. */
#define FLOOD_PATIENCE SECOND

/* Are the words whole: an alert record, or a response with as many bytes as it says. */
static bool are_whole(const struct plan *plan, const uint8_t *words, uint32_t count)
{
	char text[WORDS_MAX + 1];
	const char *length, *body;

	if (plan->content.kind == CONTENT_TLS)
		return count == 7 && memcmp(words, "\x15\x03\x03\x00\x02\x02", 6) == 0;
	memcpy(text, words, count);
	text[count] = '\0';
	length = strstr(text, "\r\nContent-Length: ");
	body = strstr(text, "\r\n\r\n");
	return length && body && strncmp(text, "HTTP/1.1 ", 9) == 0 &&
	       strtoul(length + 18, NULL, 10) == strlen(body + 4);
}

/* The alert or the status that the words contain. */
static unsigned code_of(const struct plan *plan, const uint8_t *words)
{
	if (plan->content.kind == CONTENT_TLS)
		return words[6];
	return (unsigned)strtoul((const char *)words + 9, NULL, 10);
}

/* A client that was refused in words: it has got them, as far as the network allows. */
static void check_refused(struct world *world, unsigned number)
{
	const struct plan *plan = &world->scenario.plans[number];
	const struct connection *connection = &world->connection[number];
	const struct side *client = &connection->side[CLIENT];
	bool whole = are_whole(plan, connection->words, connection->word_count);
	unsigned words = world->invariants.watch[number].words;

	if (client->peer_closed && !whole)
		world_fail(world, "answer", "connection %u: %u bytes of an answer, then the end", number,
			   connection->word_count);
	else if (world->scenario.clear && !client->aborted && !client->peer_closed)
		world_fail(world, "answer", "connection %u: the client got no whole answer", number);
	else if (whole && plan->answer && world->scenario.clear && code_of(plan, connection->words) != plan->answer)
		world_fail(world, "answer", "connection %u: answered with %u, not %u", number,
			   code_of(plan, connection->words), plan->answer);
	else if (!whole && !client->aborted && words < WORDS_REPEATED &&
		 !world->invariants.watch[number].crossed)
		world_fail(world, "answer", "connection %u: the answer was sent %u times, client end %d",
			   number, words, client->end);
	else if (!client->ended && world->scenario.clear)	/* all that was sent may be lost */
		world_fail(world, "liveness", "connection %u: the refused client waits for ever", number);
	else
		world->answered++;
}

/* Was a path dark for longer than @patience. */
static bool has_outage(const struct world *world, int64_t patience)
{
	for (unsigned i = 0; i < 4; i++)
		if (world->scenario.paths[i].blackout_end - world->scenario.paths[i].blackout > patience)
			return true;
	return false;
}

/* Was the network away for longer than anybody waits, and has that ended the connection. */
static bool was_away(const struct world *world, unsigned number)
{
	const struct side *client = &world->connection[number].side[CLIENT];
	const struct side *server = &world->connection[number].side[SERVER];

	if ((client->end == END_TIMEOUT || server->end == END_TIMEOUT) && has_outage(world, OUTAGE))
		return true;
	/* or than a flood lets a SYN wait: when its client can be heard at last, another one has the record */
	return world->scenario.flood && invariants_is_plain(world, number) && has_outage(world, FLOOD_PATIENCE) &&
	       client->ended && server->ended;
}

/* Does a client believe that the engine has delivered bytes that no server's application got. */
static bool is_owed(const struct world *world, unsigned number)
{
	const struct watch *watch = &world->invariants.watch[number];
	const struct side *client = &world->connection[number].side[CLIENT];
	const struct side *server = &world->connection[number].side[SERVER];

	if (watch->vouched <= server->received || watch->words || client->aborted || world->scenario.forgetful)
		return false;
	/* it was reset, but the network has lost that */
	if (watch->refused && !world->scenario.clear)
		return false;
	return !client->ended || client->end == END_GRACEFUL;
}

/* A flood keeps nobody waiting: in clear weather one repeated SYN is enough. */
static void check_flooded(struct world *world, unsigned number)
{
	const struct connection *connection = &world->connection[number];
	const struct side *client = &connection->side[CLIENT];

	if (!world->scenario.flood || !world->scenario.clear || !world->scenario.plans[number].certain ||
	    client->aborted)
		return;
	if (!client->established || client->established_at > connection->started + PROMPT)
		world_fail(world, "flood", "connection %u had to wait for its handshake, established %d", number,
			   client->established);
}

/* What must have become of a connection. Where the network loses packets, only what TCP can promise. */
static void check_connection(struct world *world, unsigned number)
{
	const struct plan *plan = &world->scenario.plans[number];
	const struct side *client = &world->connection[number].side[CLIENT];
	const struct side *server = &world->connection[number].side[SERVER];
	bool clear = world->scenario.clear, aborted = client->aborted || server->aborted;
	bool bound = server->established && client->established;
	/* a client that has said nothing cannot notice that it was forgotten, or that the news was lost */
	bool silent = plan->content.kind == CONTENT_NONE &&
		      (!clear || world->scenario.crowded ||
		       world->scenario.services[plan->service].refusal == REFUSE_DROP);

	/* nor can one all of whose bytes were acknowledged, if the network has lost its reset */
	silent = silent || (!clear && world->invariants.watch[number].refused &&
			    world->invariants.watch[number].vouched >= client->written);
	if (app_complete(&world->connection[number])) {
		world->complete++;
		return;
	}
	if (is_owed(world, number)) {
		world_fail(world, "delivery", "connection %u: %u bytes acknowledged, %u delivered, client end %d",
			   number, world->invariants.watch[number].vouched, server->received, client->end);
		return;
	}
	if (world->invariants.watch[number].words && !server->established) {
		check_refused(world, number);
		return;
	}
	if (aborted && (client->ended || server->aborted))
		return;
	if (was_away(world, number))
		return;
	/* forgotten: who goes on learns it, and who only waits never does */
	if (world->scenario.forgetful && (client->ended || server->ended || silent))
		return;
	/* refused because the first data came too late, while its repetition connected: the client sees the end */
	if (client->end == END_RESET && server->end != END_GRACEFUL && client->received == 0 &&
	    world->invariants.watch[number].refused)
		return;
	/* the client was served, before a late copy of its first data reached a server again */
	if (server->tcp && server->tcp->succeeds && client->end == END_GRACEFUL &&
	    client->received == server->talk.length)
		return;
	/* everything arrived; what was lost is only the last acknowledgement, before the port was used again */
	if (!clear && client->received == server->talk.length && server->received == client->talk.length)
		return;
	if (bound && !aborted && (clear || server->received))
		world_fail(world, "liveness",
			   "connection %u broke: client end %d received %u of %u, server end %d received %u of %u",
			   number, client->end, client->received, server->talk.length, server->end, server->received,
			   client->talk.length);
	else if (!client->ended && !silent)
		world_fail(world, "liveness", "connection %u: the client waits for ever", number);
	else if (clear && plan->answer && !aborted)
		world_fail(world, "answer", "connection %u got no answer: client end %d", number, client->end);
	else if (clear && plan->certain)
		world_fail(world, "liveness", "connection %u was not served: client end %d", number, client->end);
}

/* Does an end know the connection when it is asked: in TIME-WAIT it does, and would be done with it if nobody asked. */
static bool is_held(const struct world *world, const struct side *side)
{
	bool lingers = side->tcp && side->tcp->state == TCP_TIME_WAIT;

	return (side->established && !side->ended) || (lingers && world->scenario.config.timeouts.tcp < TIME_WAIT);
}

/* Connections of which an end still knows, and would say so if it is asked. */
static uint32_t connections_held(const struct world *world)
{
	uint32_t held = 0;

	for (unsigned i = 0; i < world->scenario.plan_count; i++) {
		const struct side *side = world->connection[i].side;

		held += is_held(world, &side[CLIENT]) || is_held(world, &side[SERVER]);
	}
	return held;
}

void outcome_check(struct world *world)
{
	const struct counters *counters = engine_counters(world->engine);
	const char *error = engine_check(world->engine);
	uint32_t flows = 0;

	for (unsigned i = 0; i < world->scenario.plan_count; i++)
		if (world->connection[i].side[CLIENT].tcp)
			check_connection(world, i);
	for (unsigned i = 0; i < world->scenario.plan_count; i++)
		if (world->connection[i].side[CLIENT].tcp)
			check_flooded(world, i);
	for (unsigned i = 0; i < FLOWS_KIND_COUNT; i++)
		flows += engine_flows(world->engine, (enum flow_kind)i);
	if (flows > (world->scenario.config.keepalive ? connections_held(world) : 0))
		world_fail(world, "end", "%u flows are left after everything ended", flows);
	if (error)
		world_fail(world, "end", "engine_check: %s", error);
	if (counters->events[EVENT_FLOW_OPENED] != counters->events[EVENT_FLOW_CLOSED] + flows)
		world_fail(world, "end", "%llu flows opened, %llu closed",
			   (unsigned long long)counters->events[EVENT_FLOW_OPENED],
			   (unsigned long long)counters->events[EVENT_FLOW_CLOSED]);
}

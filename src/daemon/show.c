/* SPDX-License-Identifier: ISC */
/*
 * show.c - what several answers of the control socket say alike: a server and how it does
 */
#include "daemon/show.h"

#include <stdio.h>
#include <string.h>

#include "daemon/netlink.h"

const char *show_state(const struct view *view, const struct server *server)
{
	const struct look_health health = { .engine = view->engine, .is_udp = server->is_udp, .now = view->now };
	const struct server_state *state = look_server(view->engine, server);

	/* as the log says: until it answers again */
	if (look_server_is_failing(&health, server) || (state && state->told != SERVER_ERROR_NONE))
		return "failing";
	return state && state->failures == 0 ? "ok" : "unknown";
}

static void show_one_json(const struct view *view, const struct server *server, struct answer *answer)
{
	const struct server_state *state = look_server(view->engine, server);

	json_open(answer, NULL, '{');
	json_ipv6(answer, "address", &server->address);
	json_number(answer, "port", server->port);
	json_text(answer, "state", show_state(view, server));
	if (state && state->error != SERVER_ERROR_NONE) {
		json_text(answer, "error", server_error_name(state->error));
		json_number(answer, "failures", state->failures);
	}
	if (state && state->connect_time > 0)
		json_fraction(answer, "connect_milliseconds", (double)state->connect_time / 1e6);
	json_close(answer, '}');
}

static void show_one(const struct view *view, bool json, const struct server *server, unsigned int indent,
		     struct answer *answer)
{
	const struct server_state *state = look_server(view->engine, server);
	char text[ADDRESS_TEXT_MAX];

	if (json) {
		show_one_json(view, server, answer);
		return;
	}
	answer_text(answer, "%*s%-28s  %s", (int)indent, "", ipv6_text(&server->address, server->port, text),
		    show_state(view, server));
	if (state && state->error != SERVER_ERROR_NONE)
		answer_text(answer, ", last %s, %u in a row", server_error_name(state->error), state->failures);
	else if (state && state->connect_time > 0)
		answer_text(answer, ", answered in %.1f ms", (double)state->connect_time / 1e6);
	answer_text(answer, "\n");
}

/** next_in_block() - the next server of @block that something is known of, from @place on; false: there is none */
static bool next_in_block(const struct view *view, const struct server *block, size_t *place, struct server *server)
{
	const struct ipv6_prefix addresses = server_block(block);

	while (*place < LOOK_SERVERS) {
		const struct server_state *state = look_server_at(view->engine, (*place)++);

		if (!state || state->port != block->port || state->is_udp != block->is_udp ||
		    !ipv6_in_prefix(&state->address, &addresses))
			continue;
		*server = (struct server){ .address = state->address, .port = state->port, .is_udp = state->is_udp };
		return true;
	}
	return false;
}

/** count_in_block() - how many servers of @block are "ok", and how many "failing" */
static void count_in_block(const struct view *view, const struct server *block, unsigned int *ok,
			   unsigned int *failing)
{
	struct server server;

	*ok = *failing = 0;
	for (size_t place = 0; next_in_block(view, block, &place, &server);) {
		*ok += strcmp(show_state(view, &server), "ok") == 0;
		*failing += strcmp(show_state(view, &server), "failing") == 0;
	}
}

static void show_block(const struct view *view, bool json, const struct server *block, unsigned int indent,
		       struct answer *answer)
{
	const struct route addresses = { .is_ipv6 = true, .ipv6 = server_block(block) };
	unsigned int ok, failing, shown = 0;
	char text[ROUTE_TEXT_MAX], place[ROUTE_TEXT_MAX + 16];
	struct server server;

	count_in_block(view, block, &ok, &failing);
	if (json) {
		json_open(answer, NULL, '{');
		json_ipv6(answer, "address", &block->address);
		json_number(answer, "prefix_length", addresses.ipv6.length);
		json_number(answer, "port", block->port);
		json_text(answer, "state", failing > 0 ? "failing" : ok > 0 ? "ok" : "unknown");
		json_number(answer, "ok", ok);
		json_number(answer, "failing", failing);
		json_open(answer, "servers", '[');
	} else {
		route_format(&addresses, text);
		snprintf(place, sizeof(place), "[%s]:%u", text, block->port);
		answer_text(answer, "%*s%-28s  a block: %u ok, %u failing\n", (int)indent, "", place, ok, failing);
	}
	for (size_t at = 0; shown < SHOW_SERVERS_MAX && next_in_block(view, block, &at, &server);) {
		if (strcmp(show_state(view, &server), "failing") != 0)
			continue;
		show_one(view, json, &server, indent + 2, answer);
		shown++;
	}
	if (json) {
		json_close(answer, ']');
		json_close(answer, '}');
	}
}

void show_server(const struct view *view, bool json, const struct server *server, unsigned int indent,
		 struct answer *answer)
{
	if (server->host_bits > 0)
		show_block(view, json, server, indent, answer);
	else
		show_one(view, json, server, indent, answer);
}

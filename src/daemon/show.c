/* SPDX-License-Identifier: ISC */
/*
 * show.c - what several answers of the control socket say alike: a server and how it does
 */
#include "daemon/show.h"

const char *show_state(const struct view *view, const struct server *server)
{
	const struct look_health health = { .engine = view->engine, .is_udp = server->is_udp, .now = view->now };
	const struct server_state *state = look_server(view->engine, server);

	/* as the log says: until it answers again */
	if (look_server_is_failing(&health, server) || (state && state->told != SERVER_ERROR_NONE))
		return "failing";
	return state && state->failures == 0 ? "ok" : "unknown";
}

/** show_server_json() - the same as an object */
static void show_server_json(const struct view *view, const struct server *server, struct answer *answer)
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

void show_server(const struct view *view, bool json, const struct server *server, unsigned int indent,
		 struct answer *answer)
{
	const struct server_state *state = look_server(view->engine, server);
	char text[ADDRESS_TEXT_MAX];

	if (json) {
		show_server_json(view, server, answer);
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

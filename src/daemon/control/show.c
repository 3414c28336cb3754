/* SPDX-License-Identifier: ISC */
/*
 * show.c - what several answers of the control socket say alike: a server and how it does, a metric
 */
#include "daemon/control/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *show_state(const struct view *view, const struct server *server)
{
	const struct look_health health = { .engine = view->engine, .is_udp = server->is_udp, .now = view->now };
	const struct server_state *state = look_server(view->engine, server);

	if (drain_has(look_drained(view->engine), server))
		return "drained";
	/* as the log says: until it answers again */
	if (look_server_is_failing(&health, server) || (state && state->told != SERVER_ERROR_NONE))
		return "failing";
	return state && state->failures == 0 ? "ok" : "unknown";
}

void show_tally(const struct tally *tally, struct answer *answer)
{
	uint64_t connects = tally_connects(tally);

	json_number(answer, "active", tally->active);
	json_number(answer, "connected", connects);
	json_open(answer, "failed", '{');
	for (unsigned int i = SERVER_ERROR_NONE + 1; i <= SERVER_ERROR_UNREACHABLE; i++)
		json_number(answer, server_error_name((enum server_error)i), tally->failures[i]);
	json_close(answer, '}');
	json_fraction(answer, "mean_connect_milliseconds",
		      connects > 0 ? (double)tally->connect_time / 1e6 / (double)connects : 0);
	json_number(answer, "bytes_to_server", tally->bytes_to_server);
	json_number(answer, "bytes_to_client", tally->bytes_to_client);
}

static void show_one_json(const struct view *view, const struct server *server, const struct tally *tally,
			  struct answer *answer)
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
	if (tally)
		show_tally(tally, answer);
	json_close(answer, '}');
}

/** failures_of() - attempts that failed, however they did */
static uint64_t failures_of(const struct tally *tally)
{
	uint64_t sum = 0;

	for (unsigned int i = SERVER_ERROR_NONE + 1; i <= SERVER_ERROR_UNREACHABLE; i++)
		sum += tally->failures[i];
	return sum;
}

/** tally_text() - what is counted of a server, or a block of them; NULL: nothing */
static void tally_text(const struct tally *tally, struct answer *answer)
{
	if (tally)
		answer_text(answer, "; %" PRIu32 " active, %" PRIu64 " connected, %" PRIu64 " failed", tally->active,
			    tally_connects(tally), failures_of(tally));
	answer_text(answer, "\n");
}

/** last_text() - how the last attempt ended; those at services without rules are not counted in a row */
static void last_text(const struct server_state *state, struct answer *answer)
{
	if (state->error == SERVER_ERROR_NONE) {
		if (state->connect_time > 0)
			answer_text(answer, ", answered in %.1f ms", (double)state->connect_time / 1e6);
		return;
	}
	answer_text(answer, ", last %s", server_error_name(state->error));
	if (state->failures > 0)
		answer_text(answer, ", %u in a row", state->failures);
}

static void show_one(const struct view *view, bool json, const struct server *server, const struct tally *tally,
		     unsigned int indent, struct answer *answer)
{
	const struct server_state *state = look_server(view->engine, server);
	char text[ADDRESS_TEXT_MAX];

	if (json) {
		show_one_json(view, server, tally, answer);
		return;
	}
	answer_text(answer, "%*s%-28s  %s", (int)indent, "", ipv6_text(&server->address, server->port, text),
		    show_state(view, server));
	if (state)
		last_text(state, answer);
	tally_text(tally, answer);
}

/* ---- what stands for many: a block of addresses, a range of ports, or both ------------------ */

static bool is_many(const struct shown *shown)
{
	return shown->server.host_bits > 0 || shown->further_ports > 0;
}

/** next_of_many() - the next one that something is known of, from @place on; false: there is none */
static bool next_of_many(const struct view *view, const struct shown *many, size_t *place, struct server *server)
{
	const struct ipv6_prefix addresses = server_block(&many->server);

	while (*place < LOOK_SERVERS) {
		const struct server_state *state = look_server_at(view->engine, (*place)++);

		if (!state || state->is_udp != many->server.is_udp || state->port < many->server.port ||
		    state->port - many->server.port > many->further_ports ||
		    !ipv6_in_prefix(&state->address, &addresses))
			continue;
		*server = (struct server){ .address = state->address, .port = state->port, .is_udp = state->is_udp };
		return true;
	}
	return false;
}

/** count_many() - how many are "ok", and how many "failing" */
static void count_many(const struct view *view, const struct shown *many, unsigned int *ok, unsigned int *failing)
{
	struct server server;

	*ok = *failing = 0;
	for (size_t place = 0; next_of_many(view, many, &place, &server);) {
		*ok += strcmp(show_state(view, &server), "ok") == 0;
		*failing += strcmp(show_state(view, &server), "failing") == 0;
	}
}

bool show_is_drained(const struct view *view, const struct shown *shown)
{
	const struct server every_port = { .address = shown->server.address };
	const struct drain_list *list = look_drained(view->engine);

	if (!is_many(shown))
		return drain_has(list, &shown->server);
	return shown->server.host_bits == 0 && drain_has(list, &every_port);
}

/** state_of_many() - the worst that is known of any of them */
static const char *state_of_many(const struct view *view, const struct shown *many, unsigned int ok,
				 unsigned int failing)
{
	if (show_is_drained(view, many))
		return "drained";
	return failing > 0 ? "failing" : ok > 0 ? "ok" :
						  "unknown";
}

static void show_many(const struct view *view, bool json, const struct shown *many, const struct tally *tally,
		      unsigned int indent, struct answer *answer)
{
	unsigned int ok, failing, shown = 0;
	char place[SHOW_PLACE_MAX];
	struct server server;

	count_many(view, many, &ok, &failing);
	if (json) {
		json_open(answer, NULL, '{');
		json_ipv6(answer, "address", &many->server.address);
		json_number(answer, "prefix_length", 128u - many->server.host_bits);
		json_number(answer, "port", many->server.port);
		json_number(answer, "last_port", many->server.port + many->further_ports);
		json_text(answer, "state", state_of_many(view, many, ok, failing));
		json_number(answer, "ok", ok);
		json_number(answer, "failing", failing);
		json_open(answer, "servers", '[');
	} else {
		answer_text(answer, "%*s%-28s  a %s: %u ok, %u failing%s", (int)indent, "", show_place(many, place),
			    many->server.host_bits > 0 ? "block" : "range", ok, failing,
			    show_is_drained(view, many) ? ", drained" : "");
		tally_text(tally, answer);
	}
	for (size_t at = 0; shown < SHOW_FAILING_MAX && next_of_many(view, many, &at, &server);) {
		if (strcmp(show_state(view, &server), "failing") != 0)
			continue;
		show_one(view, json, &server, NULL, indent + 2, answer);
		shown++;
	}
	if (json) {
		json_close(answer, ']');
		if (tally)
			show_tally(tally, answer);
		json_close(answer, '}');
	}
}

/* ---- one or many -------------------------------------------------------------------------- */

struct shown show_listed(const struct service *service, size_t i)
{
	struct shown shown = { .server = service->listed.servers[i] };

	shown.further_ports = shown.server.port ? 0 : service->further_ports;
	shown.server.port = shown.server.port ? shown.server.port : service->port;
	shown.server.is_udp = service->is_udp;
	return shown;
}

unsigned int show_cost(const struct shown *shown)
{
	return is_many(shown) ? SHOW_BUDGET : SHOW_COST;
}

bool show_is_failing(const struct view *view, const struct shown *shown)
{
	unsigned int ok, failing = 0;

	if (!is_many(shown))
		return strcmp(show_state(view, &shown->server), "failing") == 0;
	count_many(view, shown, &ok, &failing);
	return failing > 0;
}

const char *show_place(const struct shown *shown, char *text)
{
	const struct server *server = &shown->server;
	const struct route addresses = { .is_ipv6 = true, .ipv6 = server_block(server) };
	char block[ROUTE_TEXT_MAX], ports[16] = "";

	_Static_assert(ROUTE_TEXT_MAX >= ADDRESS_TEXT_MAX, "an address has room as well");
	if (server->host_bits == 0)
		(void)ipv6_text(&server->address, 0, block);
	else
		route_format(&addresses, block);
	if (shown->further_ports > 0)
		snprintf(ports, sizeof(ports), "-%u", (unsigned int)server->port + shown->further_ports);
	snprintf(text, SHOW_PLACE_MAX, "[%s]:%u%s", block, server->port, ports);
	return text;
}

void show_server(const struct view *view, bool json, const struct shown *shown, const struct tally *tally,
		 unsigned int indent, struct answer *answer)
{
	if (is_many(shown))
		show_many(view, json, shown, tally, indent, answer);
	else
		show_one(view, json, &shown->server, tally, indent, answer);
}

void show_metric(const char *name, const char *type, const char *help, struct answer *answer)
{
	answer_text(answer, "# HELP nat46_%s %s\n# TYPE nat46_%s %s\n", name, help, name, type);
}

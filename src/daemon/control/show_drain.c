/* SPDX-License-Identifier: ISC */
/*
 * show_drain.c - "drain" and "undrain": what became of it, and which servers are drained with what they have left
 *
 * To count connections all flows are looked at, some at a time: also those with servers that are not counted by
 * themselves.
 */
#include <inttypes.h>

#include "daemon/control/show.h"

/** is_with() - is a flow with a server that is drained as @drained, and not over */
static bool is_with(const struct flow_info *flow, const struct server *drained)
{
	return flow->has_server && !flow->is_over && ipv6_equal(&flow->server, &drained->address) &&
	       (drained->port == 0 || drained->port == flow->server_port);
}

/** count_left() - go on counting what @count servers have left; true: all flows were looked at */
static bool count_left(const struct view *view, const struct server *servers, size_t count, struct progress *progress,
		       unsigned int *spent)
{
	struct flow_info flow;

	for (; progress->index < look_flow_records(view->engine); progress->index++) {
		if (*spent >= SHOW_BUDGET)
			return false;
		*spent += 1 + (unsigned int)count / 8;
		if (!look_flow(view->engine, (uint32_t)progress->index, view->now, &flow))
			continue;
		for (size_t i = 0; i < count; i++)
			progress->left[i] += is_with(&flow, &servers[i]);
	}
	return true;
}

static void left_json(const struct server *server, uint32_t left, struct answer *answer)
{
	json_open(answer, NULL, '{');
	json_ipv6(answer, "address", &server->address);
	json_number(answer, "port", server->port);
	json_number(answer, "left", left);
	json_close(answer, '}');
}

bool show_drained(const struct view *view, bool json, struct progress *progress, unsigned int *spent,
		  struct answer *answer)
{
	const struct drain_list *list = look_drained(view->engine);
	char text[ADDRESS_TEXT_MAX];

	if (list->count > 0 && !count_left(view, list->servers, list->count, progress, spent))
		return false;
	progress->index = 0;
	if (json)
		json_open(answer, "drained", '[');
	for (size_t i = 0; i < list->count; i++) {
		const struct server *server = &list->servers[i];

		if (json)
			left_json(server, progress->left[i], answer);
		else
			answer_text(answer, "drained    %s, %" PRIu32 " connection%s left\n",
				    ipv6_text(&server->address, server->port, text), progress->left[i],
				    progress->left[i] == 1 ? "" : "s");
	}
	if (json)
		json_close(answer, ']');
	return true;
}

/** fail() - say why nothing was done */
static bool fail(const struct progress *progress, const struct request *request, struct answer *answer)
{
	switch (progress->drain) {
	case DRAIN_MALFORMED:
		return show_fail(answer, ANSWER_USAGE, "%s is no IPv6 address, nor [ADDRESS]:PORT", request->server);
	case DRAIN_UNKNOWN:
		return show_fail(answer, ANSWER_FAILED, "%s: no service leads to this server", request->server);
	case DRAIN_FULL:
		return show_fail(answer, ANSWER_FAILED, "%s: %u servers are drained already, no more can be",
				 request->server, DRAINED_MAX);
	case DRAIN_ALL_PORTS:
		return show_fail(answer, ANSWER_FAILED,
				 "%s: this server is drained at every port, undrain it without a port",
				 request->server);
	case DRAIN_DONE:
		break;
	}
	return false;
}

bool show_drain(const struct view *view, const struct request *request, const uint8_t *bytes,
		struct progress *progress, struct answer *answer)
{
	const struct server *server = &progress->drained;
	char text[ADDRESS_TEXT_MAX];
	unsigned int spent = 0;

	(void)bytes;
	if (fail(progress, request, answer))
		return true;
	if (!count_left(view, server, 1, progress, &spent))
		return false;
	if (request->json)
		left_json(server, progress->left[0], answer);
	else if (request->command == COMMAND_DRAIN)
		answer_text(answer, "%s is drained, %" PRIu32 " connection%s left\n",
			    ipv6_text(&server->address, server->port, text), progress->left[0],
			    progress->left[0] == 1 ? "" : "s");
	else
		answer_text(answer, "%s gets new connections\n", ipv6_text(&server->address, server->port, text));
	return true;
}

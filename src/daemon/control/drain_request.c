/* SPDX-License-Identifier: ISC */
/*
 * drain_request.c - "drain" and "undrain": servers that get no new connections, because somebody said so
 */
#include "daemon/control/drain_request.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/answer.h"
#include "daemon/log/log.h"
#include "nat46/look.h"

/* Servers that are compared to know whether there is one with this port; beyond it the port is believed. */
#define SERVERS_COMPARED 65536u

/** parse_server() - read ADDRESS, [ADDRESS] or [ADDRESS]:PORT */
static bool parse_server(const char *text, struct server *server)
{
	char address[INET6_ADDRSTRLEN];
	const char *begin = text[0] == '[' ? text + 1 : text;
	size_t length = text[0] == '[' ? strcspn(begin, "]") : strlen(begin);
	const char *end = begin + length + (text[0] == '[' && begin[length]);
	unsigned long port = 0;
	char *rest = NULL;

	if (length >= sizeof(address) || (text[0] == '[' && !begin[length]))
		return false;
	memcpy(address, begin, length);
	address[length] = '\0';
	if (*end == ':' && end[1] >= '0' && end[1] <= '9') {
		port = strtoul(end + 1, &rest, 10);
		end = port >= 1 && port <= UINT16_MAX ? rest : end;
	}
	*server = (struct server){ .port = (uint16_t)port };
	return *end == '\0' && inet_pton(AF_INET6, address, server->address.byte) == 1;
}

/** is_known() - does any service lead to it */
static bool is_known(const struct engine_config *config, const struct server *server)
{
	size_t budget = SERVERS_COMPARED;

	if (!service_is_server(config, &server->address))
		return false;
	for (size_t i = 0; server->port != 0 && i < config->service_count && budget > 0; i++) {
		if (service_leads_to(&config->services[i], &server->address, server->port, &budget))
			return true;
	}
	return server->port == 0 || budget == 0;
}

static enum drain_result drain(struct engine *engine, const struct engine_config *config, const struct server *server,
			       bool *has_changed)
{
	bool was_drained = drain_has(look_drained(engine), server);

	if (!is_known(config, server))
		return DRAIN_UNKNOWN;
	if (!engine_drain(engine, server))
		return DRAIN_FULL;
	*has_changed = !was_drained;
	return DRAIN_DONE;
}

/* What a reload has taken out of the configuration can still be undrained. */
static enum drain_result undrain(struct engine *engine, const struct engine_config *config,
				 const struct server *server, bool *has_changed)
{
	*has_changed = engine_undrain(engine, server);
	if (*has_changed)
		return DRAIN_DONE;
	if (drain_has(look_drained(engine), server))
		return DRAIN_ALL_PORTS;
	return is_known(config, server) ? DRAIN_DONE : DRAIN_UNKNOWN;
}

enum drain_result drain_change(struct engine *engine, const struct engine_config *config,
			       const struct request *request, uid_t uid, struct server *server)
{
	bool is_drain = request->command == COMMAND_DRAIN, has_changed = false;
	char text[ADDRESS_TEXT_MAX];
	enum drain_result result;

	if (!parse_server(request->server, server))
		return DRAIN_MALFORMED;
	if (is_drain)
		result = drain(engine, config, server, &has_changed);
	else
		result = undrain(engine, config, server, &has_changed);
	if (has_changed)
		log_info("server %s %s by nat46ctl (uid %lu)", ipv6_text(&server->address, server->port, text),
			 is_drain ? "drained" : "undrained", (unsigned long)uid);
	return result;
}

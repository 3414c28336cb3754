/* SPDX-License-Identifier: ISC */
/*
 * show_flows.c - "flows": live connections and UDP exchanges, one a line
 *
 * The table may hold millions. Each call looks at a bounded number of records, so that packets never wait for long.
 */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/control/show.h"
#include "nat46/rule_mark.h"

#define SECOND INT64_C(1000000000)
#define RULE_SHOWN_MAX 300 /* a rule may have 4096 bytes */

/** struct found - a flow, and its service; NULL: the configuration does not have it any more */
struct found {
	struct flow_info flow;
	const struct service *service;
};

void show_flow(const struct flow_info *flow, const struct service *service, struct answer *answer)
{
	char rule[RULE_SHOWN_MAX];

	json_text(answer, "protocol", flow->is_udp ? "udp" : "tcp");
	json_text(answer, "state", flow->state);
	json_ipv4(answer, "client", flow->client);
	json_number(answer, "client_port", flow->client_port);
	json_text(answer, "service", service ? service->name : "-");
	json_ipv4(answer, "service_address", flow->service);
	json_number(answer, "service_port", flow->service_port);
	if (flow->has_server) {
		json_ipv6(answer, "server", &flow->server);
		json_number(answer, "server_port", flow->server_port);
		json_ipv6(answer, "client_ipv6", &flow->client6);
		json_number(answer, "source_port", flow->source_port);
	}
	json_bool(answer, "by_rule", flow->is_spliced);
	snprintf(rule, sizeof(rule), "%s", rule_mark_text(service, flow->rule_mark));
	json_text(answer, "rule", rule);
	json_number(answer, "age_seconds", (uint64_t)(flow->age / SECOND));
	json_fraction(answer, "idle_seconds", (double)flow->idle / 1e9);
	json_number(answer, "bytes_to_server", flow->bytes_to_server);
	json_number(answer, "bytes_to_client", flow->bytes_to_client);
}

static void flow_json(const struct found *found, struct answer *answer)
{
	json_open(answer, NULL, '{');
	show_flow(&found->flow, found->service, answer);
	json_close(answer, '}');
}

static void flow_text(const struct found *found, struct answer *answer)
{
	const struct flow_info *flow = &found->flow;
	bool is_in_block = found->service && found->service->host_bits > 0;
	char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX] = "-", address[ADDRESS_TEXT_MAX], service[128];
	const char *rule = rule_mark_text(found->service, flow->rule_mark);

	snprintf(service, sizeof(service), "%s%s%s", found->service ? found->service->name : "-",
		 is_in_block ? " " : "", is_in_block ? ipv4_text(flow->service, 0, address) : "");
	if (flow->has_server)
		ipv6_text(&flow->server, flow->server_port, server);
	answer_text(answer,
		    "%s %-21s  %-20s  %-28s  %-11s %7" PRId64 " %9.1f %14" PRIu64 " %14" PRIu64 "  %.*s\n",
		    flow->is_udp ? "udp" : "tcp", ipv4_text(flow->client, flow->client_port, client), service,
		    server, flow->state, flow->age / SECOND, (double)flow->idle / 1e9, flow->bytes_to_server,
		    flow->bytes_to_client, RULE_SHOWN_MAX, rule[0] ? rule : "-");
}

/** begin() - what stands before the flows; false: the answer is ended */
static bool begin(const struct view *view, const struct request *request, struct progress *progress,
		  struct answer *answer)
{
	char why[FILTER_WHY_MAX];
	int status = filter_read(&progress->filter, request, &view->config->engine, why);

	if (status != ANSWER_OK)
		return !show_fail(answer, status, "%s", why);
	if (request->json)
		json_open(answer, NULL, '[');
	else
		answer_text(answer, "    %-21s  %-20s  %-28s  %-11s %7s %9s %14s %14s  RULE\n", "CLIENT", "SERVICE",
			    "SERVER", "STATE", "AGE s", "IDLE s", "TO SERVER B", "TO CLIENT B");
	return true;
}

/** look() - the flow of a record that is asked for, or false */
static bool look(const struct view *view, const struct progress *progress, struct found *found)
{
	const struct engine_config *config = &view->config->engine;

	if (!look_flow(view->engine, (uint32_t)progress->index, view->now, &found->flow) ||
	    !filter_wants_flow(&progress->filter, config, &found->flow))
		return false;
	found->service = filter_service(config, &found->flow);
	return true;
}

bool show_flows(const struct view *view, const struct request *request, const uint8_t *bytes,
		struct progress *progress, struct answer *answer)
{
	uint32_t records = look_flow_records(view->engine);
	struct found found;

	(void)bytes;
	if (progress->stage == 0 && !begin(view, request, progress, answer))
		return true;
	progress->stage = 1;
	for (unsigned int spent = 0; progress->index < records; progress->index++, spent++) {
		if (spent >= SHOW_BUDGET || !answer_has_room(answer))
			return false;
		if (!look(view, progress, &found))
			continue;
		spent += SHOW_COST;
		if (request->json)
			flow_json(&found, answer);
		else
			flow_text(&found, answer);
	}
	if (request->json)
		json_close(answer, ']');
	return true;
}

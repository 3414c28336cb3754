/* SPDX-License-Identifier: ISC */
/*
 * show_flows.c - "flows": live connections and UDP exchanges, one a line
 *
 * The table may hold millions. Each call looks at a bounded number of records, so that packets never wait for long.
 */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/show.h"

#define SECOND INT64_C(1000000000)

/** struct found - a flow and what its service is called; does that have other addresses as well */
struct found {
	struct flow_info flow;
	const char *service;
	bool is_in_block;
};

void show_flow(const struct flow_info *flow, const char *service, struct answer *answer)
{
	json_text(answer, "protocol", flow->is_udp ? "udp" : "tcp");
	json_text(answer, "state", flow->state);
	json_ipv4(answer, "client", flow->client);
	json_number(answer, "client_port", flow->client_port);
	json_text(answer, "service", service);
	json_ipv4(answer, "service_address", flow->service);
	json_number(answer, "service_port", flow->service_port);
	if (flow->has_server) {
		json_ipv6(answer, "server", &flow->server);
		json_number(answer, "server_port", flow->server_port);
		json_ipv6(answer, "client_ipv6", &flow->client6);
		json_number(answer, "source_port", flow->source_port);
	}
	json_bool(answer, "by_rule", flow->is_spliced);
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
	char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX] = "-", address[ADDRESS_TEXT_MAX], service[128];

	snprintf(service, sizeof(service), "%s%s%s", found->service, found->is_in_block ? " " : "",
		 found->is_in_block ? ipv4_text(flow->service, 0, address) : "");
	if (flow->has_server)
		ipv6_text(&flow->server, flow->server_port, server);
	answer_text(answer,
		    "%s %-21s  %-20s  %-28s  %-11s %7" PRId64 " %9.1f %14" PRIu64 " %14" PRIu64 "\n",
		    flow->is_udp ? "udp" : "tcp", ipv4_text(flow->client, flow->client_port, client), service,
		    server, flow->state, flow->age / SECOND, (double)flow->idle / 1e9, flow->bytes_to_server,
		    flow->bytes_to_client);
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
		answer_text(answer, "    %-21s  %-20s  %-28s  %-11s %7s %9s %14s %14s\n", "CLIENT", "SERVICE", "SERVER",
			    "STATE", "AGE s", "IDLE s", "TO SERVER B", "TO CLIENT B");
	return true;
}

/** look() - the flow of a record that is asked for, or false */
static bool look(const struct view *view, const struct progress *progress, struct found *found)
{
	const struct engine_config *config = &view->config->engine;
	const struct service *service;

	if (!look_flow(view->engine, (uint32_t)progress->index, view->now, &found->flow))
		return false;
	service = filter_service(config, &found->flow);
	found->service = service ? service->name : "-";
	found->is_in_block = service && service->host_bits > 0;
	return filter_wants_flow(&progress->filter, config, &found->flow);
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

/* SPDX-License-Identifier: ISC */
/*
 * show_explain.c - "explain": what would become of a connection
 *
 * Nothing is guessed here: address and port go through service_find() and the address plan, first bytes through
 * service_decide(), servers through service_rank(), as those of a client do.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/first_bytes.h"
#include "daemon/control/show.h"

/**
 * struct question - what is asked
 * @view, @request, @bytes: as they came
 * @address, @port: where the client connects to
 * @client: the client, if @has_client
 * @answer: where the explanation goes
 */
struct question {
	const struct view *view;
	const struct request *request;
	const uint8_t *bytes;
	uint32_t address;
	uint16_t port;
	uint32_t client;
	bool has_client;
	struct answer *answer;
};

/** parse_place() - read ADDRESS:PORT */
static bool parse_place(const char *text, uint32_t *address, uint16_t *port)
{
	const char *colon = strchr(text, ':');
	char host[INET_ADDRSTRLEN];
	unsigned long number;
	char *end;

	if (!colon || (size_t)(colon - text) >= sizeof(host) || colon[1] < '0' || colon[1] > '9')
		return false;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	number = strtoul(colon + 1, &end, 10);
	*port = (uint16_t)number;
	if (*end || number == 0 || number > 65535 || inet_pton(AF_INET, host, address) != 1)
		return false;
	*address = ntohl(*address);
	return true;
}

/** refusal_text() - what a client gets that has no server */
static const char *refusal_text(const struct service *service)
{
	static const char *const texts[] = {
		[REFUSE_RESET] = "refused: reset",
		[REFUSE_ANSWER] = "refused: answered with a TLS alert or an HTTP error, others reset",
		[REFUSE_DROP] = "refused: dropped without an answer",
	};

	return texts[service->refusal];
}

/** list_drained() - the servers that are passed over because they are drained; CANDIDATES_MAX of them at most */
static void list_drained(const struct question *q, const struct service *service, const struct server_set *servers)
{
	const struct call call = { .client = q->client, .address = q->address, .port = q->port };
	size_t count = 0;

	for (size_t i = 0; i < servers->count && count < CANDIDATES_MAX; i++) {
		struct shown shown = { .server = service_server(&servers->servers[i], &call) };

		shown.server.is_udp = service->is_udp;
		if (!drain_has(look_drained(q->view->engine), &shown.server))
			continue;
		show_server(q->view, q->request->json, &shown, NULL, 4, q->answer);
		count++;
	}
}

/** rank() - the first servers of @left that the client would be tried with, in no order without a client; how many */
static size_t rank(const struct question *q, const struct service *service, const struct server_set *left,
		   struct server *candidates)
{
	struct look_health health = { .engine = q->view->engine, .is_udp = service->is_udp, .now = q->view->now };
	const struct call call = { .client = q->client, .address = q->address, .port = q->port };
	size_t count = 0;

	if (q->has_client && left->count > 0)
		return service_rank(left, &call, look_server_is_failing, &health, candidates);
	for (; count < left->count && count < CANDIDATES_MAX; count++)
		candidates[count] = service_server(&left->servers[count], &call);
	return count;
}

/** list_servers() - the servers that would be tried, in their order; without a client there is none */
static void list_servers(const struct question *q, const struct service *service, const struct server_set *servers)
{
	const struct call call = { .client = q->client, .address = q->address, .port = q->port };
	struct server candidates[CANDIDATES_MAX], room[SERVERS_MAX];
	const struct server_set left = drain_pass_over(look_drained(q->view->engine), servers, &call, room);
	size_t count = rank(q, service, &left, candidates);
	bool json = q->request->json;

	if (json) {
		json_number(q->answer, "server_count", servers->count);
		json_bool(q->answer, "all_drained", left.count == 0);
		json_bool(q->answer, "ranked", q->has_client || servers->count == 1);
		json_open(q->answer, "servers", '[');
	} else if (servers->count > 1) {
		answer_text(q->answer, "    %zu servers, %s:\n", servers->count,
			    q->has_client ? "for this client in this order" :
					    "in an order that depends on the client (--client)");
	}
	for (size_t i = 0; i < count; i++) {
		struct shown shown = { .server = candidates[i] };

		shown.server.is_udp = service->is_udp;
		show_server(q->view, json, &shown, NULL, 4, q->answer);
	}
	list_drained(q, service, servers);
	if (json)
		json_close(q->answer, ']');
	else if (left.count == 0)
		answer_text(q->answer, "    all are drained: %s\n", refusal_text(service));
}

static const char *decision_name(enum decision decision)
{
	static const char *const names[] = {
		[DECISION_PENDING] = "pending",
		[DECISION_SERVERS] = "servers",
		[DECISION_REFUSE] = "refuse",
		[DECISION_MALFORMED] = "malformed",
		[DECISION_INCOMPLETE] = "incomplete",
	};

	return names[decision];
}

/** outcome_text() - what a decision means, in words */
static void outcome_text(const struct question *q, const struct service *service, const char *input,
			 const struct choice *choice)
{
	static const char *const reasons[] = {
		[DECISION_PENDING] = "undecided until more bytes come",
		[DECISION_SERVERS] = "goes by",
		[DECISION_REFUSE] = "no rule matches and there is no \"to\",",
		[DECISION_MALFORMED] = "malformed:",
		[DECISION_INCOMPLETE] = "cut off before the rules could decide,",
	};
	bool is_named = choice->decision == DECISION_SERVERS || choice->decision == DECISION_MALFORMED;

	answer_text(q->answer, "  %s: %s%s%s", input, reasons[choice->decision], is_named ? " " : "",
		    is_named && choice->text ? choice->text : "");
	if (choice->decision == DECISION_SERVERS)
		answer_text(q->answer, "%s%s\n", choice->host[0] ? ", name " : "", choice->host);
	else if (choice->decision == DECISION_PENDING)
		answer_text(q->answer, "\n");
	else
		answer_text(q->answer, "%s %s\n", is_named ? "," : "", refusal_text(service));
}

/** outcome() - what @choice means for a client that sends @input */
static void outcome(const struct question *q, const struct service *service, const char *input,
		    const struct choice *choice)
{
	if (q->request->json) {
		json_open(q->answer, NULL, '{');
		json_text(q->answer, "input", input);
		json_text(q->answer, "decision", decision_name(choice->decision));
		json_text(q->answer, "reason", choice->text ? choice->text : "");
		json_text(q->answer, "protocol", protocol_name(choice->protocol));
		json_text(q->answer, "host", choice->host);
	} else {
		outcome_text(q, service, input, choice);
	}
	if (choice->decision == DECISION_SERVERS)
		list_servers(q, service, &choice->servers);
	if (q->request->json)
		json_close(q->answer, '}');
}

/** decide() - what some first bytes lead to; @final: no more come */
static enum decision decide(const struct question *q, const struct service *service, const char *input,
			    const uint8_t *bytes, size_t length, bool final)
{
	struct inspect_progress progress = { 0 };
	struct choice choice;

	service_decide(service, bytes, length, final, &progress, &choice);
	outcome(q, service, input, &choice);
	return choice.decision;
}

/** silence() - a client that says nothing until the time to wait is over */
static void silence(const struct question *q, const struct service *service)
{
	struct choice choice = { .decision = DECISION_REFUSE, .text = "silence" };
	char input[64];

	if (service->silent == SILENCE_TO && service->fallback.count > 0)
		choice = (struct choice){ .decision = DECISION_SERVERS, .servers = service->fallback, .text = "to" };
	snprintf(input, sizeof(input), "silent for %.1f seconds", (double)service->wait / 1e9);
	if (choice.decision == DECISION_SERVERS || q->request->json)
		outcome(q, service, input, &choice);
	else
		answer_text(q->answer, "  %s: may still speak until timeouts.silent, then refused\n", input);
}

/** by_rules() - what a service with rules does, with what is known of the first bytes */
static void by_rules(const struct question *q, const struct service *service)
{
	static const uint8_t unknown[] = { 0 };
	uint8_t bytes[FIRST_BYTES_MAX];

	if (q->request->has_bytes &&
	    decide(q, service, "these bytes", q->bytes, q->request->bytes, false) == DECISION_PENDING)
		decide(q, service, "these bytes and no more", q->bytes, q->request->bytes, true);
	if (q->request->host[0]) {
		decide(q, service, "TLS", bytes, first_bytes_tls(q->request->host, bytes), false);
		decide(q, service, "HTTP", bytes, first_bytes_http(q->request->host, bytes), false);
	}
	if (!q->request->has_bytes && !q->request->host[0]) {
		decide(q, service, "bytes of no known protocol", unknown, sizeof(unknown), true);
		silence(q, service);
	}
}

/** explain_service() - what becomes of a connection, or of datagrams, to a service */
static void explain_service(const struct question *q, const struct service *service)
{
	const struct choice choice = { .decision = DECISION_SERVERS, .servers = service->fallback, .text = "to" };
	char address[ADDRESS_TEXT_MAX], block[ADDRESS_TEXT_MAX + 16] = "";

	if (q->request->json) {
		json_open(q->answer, NULL, '{');
		json_text(q->answer, "service", service->name);
		json_number(q->answer, "prefix_length", 32u - service->host_bits);
		json_text(q->answer, "protocol", service->is_udp ? "udp" : "tcp");
		json_number(q->answer, "line", (uint64_t)service->line);
		json_number(q->answer, "rules", service->rule_count);
		json_open(q->answer, "outcomes", '[');
	} else {
		if (service->host_bits > 0)
			snprintf(block, sizeof(block), " on %s/%d", ipv4_text(service->address, 0, address),
				 32 - service->host_bits);
		answer_text(q->answer, "%s %s: service %s%s, %zu rule%s\n", ipv4_text(q->address, q->port, address),
			    service->is_udp ? "udp" : "tcp", service->name, block, service->rule_count,
			    service->rule_count == 1 ? "" : "s");
	}
	if (service->rule_count > 0)
		by_rules(q, service);
	else
		outcome(q, service, service->is_udp ? "every datagram" : "every connection, end to end", &choice);
	if (q->request->json) {
		json_close(q->answer, ']');
		json_close(q->answer, '}');
	}
}

/** explain_map() - the map of the address; @has_service: it is for everything but the services */
static void explain_map(const struct question *q, bool has_service)
{
	const struct engine_config *config = &q->view->config->engine;
	char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];
	struct ipv6_address host;
	bool is_router = config->router_ipv4 != 0 && config->router_ipv4 == q->address;
	bool is_mapped = !is_router && address_plan_map_4to6(&config->plan, q->address, &host);

	if (q->request->json) {
		if (is_mapped)
			json_ipv6(q->answer, "map", &host);
		json_bool(q->answer, "router", is_router);
		return;
	}
	ipv4_text(q->address, 0, from);
	if (is_mapped)
		answer_text(q->answer, "%s: map to %s, %s\n", from, ipv6_text(&host, 0, to),
			    has_service ? "for everything but its services" : "every protocol and port");
	else if (has_service)
		return;
	else if (is_router)
		answer_text(q->answer, "%s: nat46d itself (router.ipv4)\n", from);
	else if (service_owns(config, q->address))
		answer_text(q->answer, "%s: an address of services, but none has port %u: refused\n", from, q->port);
	else
		answer_text(q->answer, "%s: neither service nor map: dropped (not_ours)\n", from);
}

/** explain_client() - the client as IPv6 sees it */
static void explain_client(const struct question *q)
{
	const struct address_plan *plan = &q->view->config->engine.plan;
	bool refused = address_plan_refuses(plan, q->client);
	struct ipv6_address client6 = address_plan_4to6(plan, q->client);
	char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];

	if (q->request->json) {
		json_open(q->answer, "client", '{');
		json_ipv4(q->answer, "ipv4", q->client);
		json_ipv6(q->answer, "ipv6", &client6);
		json_bool(q->answer, "translated", !refused);
		json_close(q->answer, '}');
	} else if (refused) {
		answer_text(q->answer, "client %s: not translated, it is not global (wkpf_strict)\n",
			    ipv4_text(q->client, 0, from));
	} else {
		answer_text(q->answer, "client %s: servers see %s, and its own port unless that is taken\n",
			    ipv4_text(q->client, 0, from), ipv6_text(&client6, 0, to));
	}
}

static void explain(const struct question *q)
{
	const struct engine_config *config = &q->view->config->engine;
	const struct service *services[] = {
		service_find(config, false, q->address, q->port),
		service_find(config, true, q->address, q->port),
	};

	if (q->request->json) {
		json_open(q->answer, NULL, '{');
		json_ipv4(q->answer, "address", q->address);
		json_number(q->answer, "port", q->port);
		json_open(q->answer, "services", '[');
	}
	for (size_t i = 0; i < 2; i++)
		if (services[i])
			explain_service(q, services[i]);
	if (q->request->json)
		json_close(q->answer, ']');
	explain_map(q, services[0] || services[1]);
	if (q->has_client)
		explain_client(q);
	if (q->request->json)
		json_close(q->answer, '}');
}

bool show_explain(const struct view *view, const struct request *request, const uint8_t *bytes,
		  struct progress *progress, struct answer *answer)
{
	struct question question = { .view = view, .request = request, .bytes = bytes, .answer = answer };

	(void)progress;
	if (!parse_place(request->address, &question.address, &question.port))
		return show_fail(answer, ANSWER_USAGE, "%s is not ADDRESS:PORT with an IPv4 address", request->address);
	question.has_client = request->client[0] != '\0';
	if (question.has_client && inet_pton(AF_INET, request->client, &question.client) != 1)
		return show_fail(answer, ANSWER_USAGE, "%s is not an IPv4 address", request->client);
	question.client = ntohl(question.client);
	explain(&question);
	return true;
}

/* SPDX-License-Identifier: ISC */
/*
 * filter.c - which flows and packets an operator asks for
 */
#include "daemon/filter.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/** Bytes of an ICMP header: what an error quotes is behind it. */
#define ICMP_HEADER 8u

static bool has_service(const struct engine_config *config, const char *name)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return true;
	return false;
}

int filter_read(struct filter *filter, const struct request *request, const struct engine_config *config, char *why)
{
	*filter = (struct filter){ .has_client = request->client[0], .has_server = request->server[0] };
	memcpy(filter->service, request->service, sizeof(filter->service));
	if (filter->has_client && inet_pton(AF_INET, request->client, &filter->client) != 1) {
		snprintf(why, FILTER_WHY_MAX, "%s is not an IPv4 address", request->client);
		return ANSWER_USAGE;
	}
	filter->client = ntohl(filter->client);
	if (filter->has_server && inet_pton(AF_INET6, request->server, filter->server.byte) != 1) {
		snprintf(why, FILTER_WHY_MAX, "%s is not an IPv6 address", request->server);
		return ANSWER_USAGE;
	}
	if (filter->service[0] && !has_service(config, filter->service)) {
		snprintf(why, FILTER_WHY_MAX, "there is no service \"%s\"", filter->service);
		return ANSWER_FAILED;
	}
	return ANSWER_OK;
}

const struct service *filter_service(const struct engine_config *config, const struct flow_info *flow)
{
	return service_find(config, flow->is_udp, flow->service, flow->service_port);
}

/** is_named() - is @service there, and its name the one that is asked for */
static bool is_named(const struct filter *filter, const struct service *service)
{
	return service && strcmp(service->name, filter->service) == 0;
}

bool filter_wants_flow(const struct filter *filter, const struct engine_config *config, const struct flow_info *flow)
{
	return (!filter->has_client || flow->client == filter->client) &&
	       (!filter->has_server || (flow->has_server && ipv6_equal(&flow->server, &filter->server))) &&
	       (!filter->service[0] || is_named(filter, filter_service(config, flow)));
}

/** is_of_service() - does a packet without a flow go to or come from the service */
static bool is_of_service(const struct filter *filter, const struct engine_config *config, const struct packet *p)
{
	bool is_udp = p->protocol == IP_PROTOCOL_UDP;

	if (p->is_ipv6 || (p->protocol != IP_PROTOCOL_TCP && !is_udp))
		return false;
	return is_named(filter, service_find(config, is_udp, p->destination4, p->destination_port)) ||
	       is_named(filter, service_find(config, is_udp, p->source4, p->source_port));
}

static bool is_of_client(const struct filter *filter, const struct engine_config *config, const struct packet *p)
{
	struct ipv6_address client6;

	if (!p->is_ipv6)
		return p->source4 == filter->client || p->destination4 == filter->client;
	client6 = address_plan_4to6(&config->plan, filter->client);
	return ipv6_equal(&p->source6, &client6) || ipv6_equal(&p->destination6, &client6);
}

static bool is_of_server(const struct filter *filter, const struct packet *p)
{
	return p->is_ipv6 &&
	       (ipv6_equal(&p->source6, &filter->server) || ipv6_equal(&p->destination6, &filter->server));
}

static bool wants(const struct filter *filter, const struct engine_config *config, const struct engine *engine,
		  const struct packet *p)
{
	struct flow_info flow;

	if (look_packet(engine, p, &flow))
		return filter_wants_flow(filter, config, &flow);
	return (!filter->has_client || is_of_client(filter, config, p)) &&
	       (!filter->has_server || is_of_server(filter, p)) &&
	       (!filter->service[0] || is_of_service(filter, config, p));
}

bool filter_wants_packet(const struct filter *filter, const struct engine_config *config, const struct engine *engine,
			 const struct frame *packet)
{
	struct cursor bytes = cursor_over(packet->data, packet->length);
	struct packet outer, inner;

	if (!filter->has_client && !filter->has_server && !filter->service[0])
		return true;
	if (!packet_parse_quoted(bytes, &outer))
		return false;
	if (wants(filter, config, engine, &outer))
		return true;
	if (outer.protocol != IP_PROTOCOL_ICMP && outer.protocol != IP_PROTOCOL_ICMPV6)
		return false;
	return cursor_skip(&bytes, outer.transport + ICMP_HEADER) && packet_parse_quoted(bytes, &inner) &&
	       wants(filter, config, engine, &inner);
}

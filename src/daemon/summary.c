/* SPDX-License-Identifier: ISC */
/*
 * summary.c - a configuration in one line
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/network/device.h"
#include "daemon/network/network.h"
#include "daemon/summary.h"

/* Longest name of a file that is shown. */
#define FILE_MAX 200

/* struct amount - what is counted */
struct amount {
	size_t services, rules, names, servers, routes;
};

/* All ports of a service in the file share its line and its arrays; lines of several files may be the same. */
static int compare(const void *a, const void *b)
{
	const struct service *x = *(const struct service *const *)a, *y = *(const struct service *const *)b;
	const uintptr_t left[] = { (uintptr_t)x->line, (uintptr_t)x->rules, (uintptr_t)x->fallback.servers };
	const uintptr_t right[] = { (uintptr_t)y->line, (uintptr_t)y->rules, (uintptr_t)y->fallback.servers };

	for (size_t i = 0; i < 3; i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return 0;
}

static void count_service(const struct service *service, struct amount *amount)
{
	amount->services++;
	amount->rules += service->rule_count;
	for (size_t i = 0; i < service->rule_count; i++)
		amount->names += service->rules[i].host != NULL;
}

static void count_services(const struct engine_config *engine, struct amount *amount)
{
	size_t count = engine->service_count;
	const struct service **sorted = calloc(count, sizeof(struct service *));

	if (!sorted)
		return;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &engine->services[i];
	qsort(sorted, count, sizeof(struct service *), compare);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || compare(&sorted[i], &sorted[i - 1]) != 0)
			count_service(sorted[i], amount);
	free(sorted);
}

static void count_servers(const struct engine_config *engine, struct amount *amount)
{
	for (size_t i = 0; i < engine->server_count; i++)
		amount->servers += (size_t)1 << (128 - engine->servers[i].length);
}

static void count_routes(const struct engine_config *engine, struct amount *amount)
{
	struct route route, previous = { 0 };

	for (size_t i = 0; device_route(engine, i, &route); i++) {
		amount->routes += i == 0 || !network_same(&route, &previous);
		previous = route;
	}
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

void summary_format(const struct daemon_config *config, char *line)
{
	const struct address_plan *plan = &config->engine.plan;
	const struct route prefix = { .is_ipv6 = true, .ipv6 = plan->prefix };
	size_t maps = plan->count - plan->client_count;
	struct amount n = { 0 };
	char text[ROUTE_TEXT_MAX];

	count_services(&config->engine, &n);
	count_servers(&config->engine, &n);
	count_routes(&config->engine, &n);
	route_format(&prefix, text);
	snprintf(line, SUMMARY_MAX,
		 "%.*s: %zu service%s with %zu rule%s, %zu name%s and %zu server%s; "
		 "prefix %s, %zu client%s, %zu map%s, %zu route%s",
		 FILE_MAX, config->file, n.services, plural(n.services), n.rules, plural(n.rules), n.names,
		 plural(n.names), n.servers, plural(n.servers), text, plan->client_count, plural(plan->client_count),
		 maps, plural(maps), n.routes, plural(n.routes));
}

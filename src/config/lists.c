/* SPDX-License-Identifier: ISC */
/*
 * lists.c - setting "services": from what was read to the sorted array that the engine uses
 *
 * A service becomes one struct service for each port or range of each protocol; these share its rules (rules.c).
 */
#include <stdlib.h>
#include <string.h>

#include "config/build.h"
#include "config/schema.h"
#include "config/service_text.h"

/** add_silent() - a service without "silent" gets the default for its rules, which is then read like all others */
static void add_silent(config_setting_t *group)
{
	config_setting_t *rules = config_setting_get_member(group, "rules"), *added = NULL;
	bool has_names = config_setting_get_member(group, "hosts"), named = true;

	for (unsigned int i = 0; i < read_elements(rules); i++)
		named = named && (config_setting_get_member(config_setting_get_elem(rules, i), "host") ||
				  config_setting_get_member(config_setting_get_elem(rules, i), "alpn"));
	if (read_elements(rules) > 0 || has_names)
		added = config_setting_add(group, "silent", CONFIG_TYPE_STRING); /* NULL: there is one */
	if (added)
		(void)config_setting_set_string(added, named ? "refuse" : "to");
}

/**
 * compare_overlapping() - order of services, in which those that have a port in common are the same
 *
 * Blocks of different sizes may lie in one another: the smallest one has the port.
 */
static int compare_overlapping(const void *a, const void *b)
{
	const struct service *left = a, *right = b;

	if (left->host_bits == right->host_bits && left->address == right->address && left->is_udp == right->is_udp &&
	    (service_has_port(left, right->port) || service_has_port(right, left->port)))
		return 0;
	return service_compare(a, b);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct service *)a)->name, ((const struct service *)b)->name);
}

static const char *service_name(struct build *build, const struct service *service)
{
	char text[SERVICE_TEXT_MAX];

	return build_print(build, "%s", service_text(service, text));
}

/** is_double() - does a service list a server with its own port, and without as well */
static bool is_double(const struct service *service, const struct server *server)
{
	const struct server_set *listed = &service->listed;
	size_t i = 0;

	if (service->further_ports > 0 || server->port != service->port)
		return false;
	while (i < listed->count &&
	       (listed->servers[i].port || listed->servers[i].host_bits != server->host_bits ||
		!ipv6_equal(&listed->servers[i].address, &server->address)))
		i++;
	return i < listed->count;
}

/** list_once() - let a service list each server once, also those that only have its port in common */
static void list_once(struct build *build, struct service *service)
{
	const struct server_set all = service->listed;
	struct server *kept = NULL;
	size_t count = 0;

	for (size_t i = 0; i < all.count; i++) {
		bool is_needless = is_double(service, &all.servers[i]);

		if (is_needless && !kept) {
			kept = build_array(build, all.count, sizeof(*kept));
			memcpy(kept, all.servers, i * sizeof(*kept));
		}
		if (kept && !is_needless)
			kept[count] = all.servers[i];
		count += !is_needless;
	}
	service->listed = (struct server_set){ kept ? kept : all.servers, count };
}

/** add_ports() - one service like @service for each range of ports; returns how many */
static size_t add_ports(struct build *build, struct service service, const struct values *ports,
			struct service *services)
{
	const struct text_ports *ranges = ports->items;
	size_t count = 0;

	for (size_t i = 0; i < ports->count; i++) {
		service.port = ranges[i].first;
		service.further_ports = (uint16_t)(ranges[i].last - ranges[i].first);
		if (!service.address || !service.port)
			continue; /* was refused */
		services[count] = service;
		if (!service.name)
			services[count].name = service_name(build, &service);
		list_once(build, &services[count]);
		count++;
	}
	return count;
}

/** add_services() - one service for each range of ports of each protocol; returns how many */
static size_t add_services(struct build *build, config_setting_t *group, const struct service_entry *entry,
			   struct service *services)
{
	struct service service = entry->service, udp;
	size_t count;

	service.line = config_setting_source_line(group);
	service.address = entry->ipv4.address;
	service.host_bits = service.address ? (uint8_t)(32 - entry->ipv4.length) : 0;
	rules_compile(build, group, entry, &service);
	udp = service;
	udp.is_udp = true;
	udp.rule_count = 0;
	udp.listed = udp.fallback;
	udp.has_unlisted = false;
	count = add_ports(build, service, &entry->tcp, services);
	return count + add_ports(build, udp, &entry->udp, services + count);
}

/** check_service() - do ports, rules and servers of a service go together; what is in the file is asked, good or bad */
static void check_service(struct build *build, const config_setting_t *group)
{
	bool has_to = config_setting_get_member(group, "to");
	bool has_tcp = config_setting_get_member(group, "tcp");
	bool has_udp = config_setting_get_member(group, "udp");
	config_setting_t *rules = config_setting_get_member(group, "rules");
	config_setting_t *hosts = config_setting_get_member(group, "hosts");
	bool has_rules = (rules && config_setting_length(rules) > 0) || hosts;

	if (!has_tcp && !has_udp)
		build_error(build, group, "'tcp' or 'udp' is missing");
	if (!has_to && !has_rules)
		build_error(build, group, "service with none of 'rules', 'hosts' and 'to' leads nowhere");
	else if (!has_tcp && has_udp && has_rules)
		build_error(build, hosts ? hosts : rules, "rules are for 'tcp', which the service does not have");
	else if (has_udp && !has_to)
		build_error(build, group, "'udp' needs 'to': rules are for 'tcp'");
}

static int compare_blocks(const void *a, const void *b)
{
	_Static_assert(sizeof(struct ipv6_prefix) == 17, "nothing but the address and the length");
	return memcmp(a, b, sizeof(struct ipv6_prefix));
}

/** copy_servers() - the blocks of a set, behind those that are there; @to: NULL only counts */
static size_t copy_servers(const struct server_set *set, struct ipv6_prefix *to, size_t count)
{
	for (size_t i = 0; to && i < set->count; i++)
		to[count + i] = server_block(&set->servers[i]);
	return count + set->count;
}

/** all_servers() - the blocks of all servers; returns how many; ports of one entry share its servers */
static size_t all_servers(const struct service *services, size_t service_count, struct ipv6_prefix *to)
{
	size_t count = 0;

	for (size_t i = 0; i < service_count; i++) {
		if (i > 0 && services[i].rules == services[i - 1].rules)
			continue;
		count = copy_servers(&services[i].fallback, to, count);
		for (size_t k = 0; k < services[i].rule_count; k++)
			count = copy_servers(&services[i].rules[k].servers, to, count);
	}
	return count;
}

/** list_servers() - the addresses of all servers, for service_is_server() */
static void list_servers(struct build *build, const struct service *services, size_t service_count)
{
	struct engine_config *engine = &build->config->engine;
	size_t count = all_servers(services, service_count, NULL);
	struct ipv6_prefix *servers = build_array(build, count, sizeof(*servers));

	(void)all_servers(services, service_count, servers);
	qsort(servers, count, sizeof(*servers), compare_blocks);
	for (size_t i = 0; i < count; i++) {
		size_t last = engine->server_count;

		if (last == 0 || !ipv6_in_prefix(&servers[i].address, &servers[last - 1]))
			servers[engine->server_count++] = servers[i];
	}
	engine->servers = servers;
}

void lists_services(struct build *build)
{
	config_setting_t *list = config_lookup(build->config->tree, "services");
	struct engine_config *engine = &build->config->engine;
	unsigned int elements = read_elements(list);
	void *seen = NULL, *names = NULL;
	const config_setting_t **groups;
	size_t count = 0, room = 0;
	struct service *services;

	for (unsigned int i = 0; i < elements; i++) {
		add_silent(config_setting_get_elem(list, i));
		room += read_count(config_setting_get_member(config_setting_get_elem(list, i), "tcp"));
		room += read_count(config_setting_get_member(config_setting_get_elem(list, i), "udp"));
	}
	services = build_array(build, room, sizeof(*services));
	groups = build_array(build, room, sizeof(config_setting_t *));
	for (unsigned int i = 0; i < elements; i++) {
		struct service_entry entry = { .tcp = { .count = 0 } };
		config_setting_t *group = config_setting_get_elem(list, i);
		uint32_t wrong = read_group(build, group, schema_service, &entry);
		size_t added = add_services(build, group, &entry, &services[count]);

		if (!(wrong & READ_UNKNOWN))
			check_service(build, group);
		for (; added > 0; added--, count++) {
			const struct service *last = &services[count];
			const struct service *same = build_first(&seen, last, compare_overlapping);
			const struct service *named = build_first(&names, last, compare_names);
			const config_setting_t *other = groups[named - services];

			groups[count] = group;
			if (same != last)
				build_error(build, group, "\"%s\" %s port %u already belongs to the service '%s' in %s",
					    config_setting_get_string(config_setting_get_member(group, "ipv4")),
					    last->is_udp ? "udp" : "tcp",
					    last->port > same->port ? last->port : same->port, same->name,
					    build_setting_place(build, groups[same - services]));
			/* ports of one entry share its name; names that are made of address and port may be equal */
			if (named != last && other != group &&
			    (config_setting_get_member(other, "name") || config_setting_get_member(group, "name")))
				build_error(build, group, "name '%s' already belongs to the service in %s", last->name,
					    build_setting_place(build, other));
		}
	}
	build_forget(seen);
	build_forget(names);
	list_servers(build, services, count);
	qsort(services, count, sizeof(*services), service_compare);
	engine->services = services;
	engine->service_count = count;
}

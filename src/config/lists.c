/* SPDX-License-Identifier: ISC */
/*
 * lists.c - setting "services": from what was read to the sorted arrays that the engine uses
 *
 * A service becomes one struct service for each port or range of each protocol, a rule one struct rule for each host
 * name. A rule of which one condition is wrong is left out whole: without the condition it could be in conflict with
 * those that are right.
 */
#include <stdlib.h>
#include <string.h>

#include "config/build.h"
#include "config/schema.h"

#define WRONG_CONDITION UINT32_C(0xf) /* result of read_group() on a rule: its first four members are conditions */

/** loop_reason() - the setting that brings packets for @address back to us, or NULL */
static const char *loop_reason(const struct engine_config *engine, const struct ipv6_address *address)
{
	size_t mapping;

	if (ipv6_equal(address, &engine->router_ipv6))
		return "router";
	/* hosts in the prefix that have a map exist */
	if (eam_find_ipv6(&engine->plan.index, address, &mapping))
		return mapping < engine->plan.client_count ? "clients" : NULL;
	return engine->plan.prefix.length > 0 && ipv6_in_prefix(address, &engine->plan.prefix) ? "prefix" : NULL;
}

/** has_port() - is @port among @ports */
static bool has_port(const struct values *ports, uint16_t port)
{
	const struct text_ports *ranges = ports->items;
	size_t i = 0;

	while (i < ports->count && (port < ranges[i].first || port > ranges[i].last))
		i++;
	return i < ports->count;
}

/** is_same() - are two servers the same at one of the ports of their service, which stand for a missing one */
static bool is_same(const struct server *a, const struct server *b, const struct service_entry *of)
{
	uint16_t port = a->port ? a->port : b->port;
	bool same = a->port == b->port;

	if (!same && !(a->port && b->port))
		same = has_port(&of->tcp, port) || has_port(&of->udp, port);
	return same && ipv6_equal(&a->address, &b->address);
}

/** compile_servers() - @values of the setting "to" of @group, which is in the service @of */
static struct server_set compile_servers(struct build *build, const config_setting_t *group,
					 const struct values *values, const struct service_entry *of)
{
	struct server_set set = { .servers = values->items, .count = values->count };
	config_setting_t *setting = set.count > 0 ? config_setting_get_member(group, "to") : NULL;
	static const struct ipv6_address none;

	if (set.count > SERVERS_MAX) {
		build_error(build, setting, "%zu servers are too many, allowed are %u", set.count, SERVERS_MAX);
		set.count = 0;
	}
	for (unsigned int i = 0; i < set.count; i++) {
		const config_setting_t *value = read_value_at(setting, i);
		const char *loop = loop_reason(&build->config->engine, &set.servers[i].address);
		unsigned int first = 0;

		if (ipv6_equal(&set.servers[i].address, &none))
			continue; /* was refused */
		if (loop)
			build_error(build, value,
				    "\"%s\" belongs to '%s', packets to it would come back: a server must be elsewhere",
				    config_setting_get_string(value), loop);
		while (first < i && !is_same(&set.servers[first], &set.servers[i], of))
			first++;
		if (first < i)
			build_error(build, value, "\"%s\" is listed twice", config_setting_get_string(value));
	}
	return set;
}

static const char *rule_text(struct build *build, const struct rule *rule)
{
	char quoted[TEXT_QUOTE_MAX];
	const char *text = "";

	if (rule->host)
		text = build_print(build, ", host \"%s%s\"", rule->wildcard ? "*." : "", rule->host);
	if (rule->alpn)
		text = build_print(build, "%s, alpn %s", text, text_quote(rule->alpn, quoted));
	if (rule->protocol != PROTOCOL_OTHER)
		text = build_print(build, "%s, protocol \"%s\"", text, protocol_name(rule->protocol));
	if (rule->bytes)
		text = build_print(build, "%s, bytes %s", text, text_quote((const char *)rule->bytes, quoted));
	return text + strlen(", ");
}

/** add_rules() - what a rule becomes; returns how many, 0 if it has no condition */
static size_t add_rules(struct build *build, const struct rule_entry *entry, struct rule *rules)
{
	size_t count = entry->host.count ? entry->host.count : 1;
	const struct text_host *host = entry->host.items;

	if (!host && !entry->rule.alpn && !entry->rule.protocol && !entry->rule.bytes)
		return 0;
	for (size_t i = 0; i < count; i++) {
		rules[i] = entry->rule;
		rules[i].host = host ? host[i].name : NULL;
		rules[i].wildcard = host && host[i].wildcard;
		rules[i].bytes_length = rules[i].bytes ? strlen((const char *)rules[i].bytes) : 0;
		rules[i].text = rule_text(build, &rules[i]);
	}
	return count;
}

/** compile_rules() - "rules" and "to" of the group @group; the rest of it is in @of */
static void compile_rules(struct build *build, config_setting_t *group, const struct service_entry *of,
			  struct service *service)
{
	config_setting_t *list = config_setting_get_member(group, "rules");
	unsigned int elements = read_elements(list);
	size_t count = 0, room = elements, added;
	const config_setting_t **places;
	struct rule *rules;
	void *seen = NULL;

	for (unsigned int i = 0; i < elements; i++)
		room += read_count(config_setting_get_member(config_setting_get_elem(list, i), "host"));
	rules = build_array(build, room, sizeof(*rules));
	places = build_array(build, room, sizeof(config_setting_t *));
	for (unsigned int i = 0; i < elements; i++) {
		struct rule_entry entry = { .rule = { .line = 0 } };
		config_setting_t *element = config_setting_get_elem(list, i);
		uint32_t wrong = read_group(build, element, schema_rule, &entry);

		entry.rule.line = (int)config_setting_source_line(element);
		entry.rule.servers = compile_servers(build, element, &entry.to, of);
		added = wrong & WRONG_CONDITION ? 0 : add_rules(build, &entry, &rules[count]);
		if (added == 0 && !(wrong & (WRONG_CONDITION | READ_UNKNOWN)))
			build_error(build, element,
				    "rule without a condition (host, alpn, protocol, bytes), use 'to' of the service");
		for (; added > 0; added--, count++) {
			const struct rule *first = build_first(&seen, &rules[count], rule_compare);

			places[count] = element;
			if (first != &rules[count])
				build_error(build, element, "rule with %s has the same conditions as the one in %s",
					    first->text, build_setting_place(build, places[first - rules]));
		}
	}
	build_forget(seen);
	qsort(rules, count, sizeof(*rules), rule_compare);
	service->rules = rules;
	service->rule_count = count;
	service->fallback = compile_servers(build, group, &of->to, of);
}

/** add_silent() - a service without "silent" gets the default for its rules, which is then read like all others */
static void add_silent(config_setting_t *group)
{
	config_setting_t *rules = config_setting_get_member(group, "rules"), *added = NULL;
	bool named = true;

	for (unsigned int i = 0; i < read_elements(rules); i++)
		named = named && (config_setting_get_member(config_setting_get_elem(rules, i), "host") ||
				  config_setting_get_member(config_setting_get_elem(rules, i), "alpn"));
	if (read_elements(rules) > 0)
		added = config_setting_add(group, "silent", CONFIG_TYPE_STRING); /* NULL: there is one */
	if (added)
		(void)config_setting_set_string(added, named ? "refuse" : "to");
}

/** compare_overlapping() - order of services, in which those that have a port in common are the same */
static int compare_overlapping(const void *a, const void *b)
{
	const struct service *left = a, *right = b;

	if (left->address == right->address && left->is_udp == right->is_udp &&
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
	uint32_t ip = service->address;
	const char *name = build_print(build, "%u.%u.%u.%u:%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255,
				       service->port);

	if (service->further_ports > 0)
		name = build_print(build, "%s-%u", name, service->port + service->further_ports);
	return name;
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

	service.line = (int)config_setting_source_line(group);
	compile_rules(build, group, entry, &service);
	udp = service;
	udp.is_udp = true;
	udp.rule_count = 0;
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
	bool has_rules = rules && config_setting_length(rules) > 0;

	if (!has_tcp && !has_udp)
		build_error(build, group, "'tcp' or 'udp' is missing");
	if (!has_to && !has_rules)
		build_error(build, group, "service with neither 'rules' nor 'to' leads nowhere");
	else if (!has_tcp && has_udp && has_rules)
		build_error(build, rules, "rules are for 'tcp', which the service does not have");
	else if (has_udp && !has_to)
		build_error(build, group, "'udp' needs 'to': rules are for 'tcp'");
}

static int compare_addresses(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ipv6_address));
}

/** copy_servers() - the addresses of a set, behind those that are there; @to: NULL only counts */
static size_t copy_servers(const struct server_set *set, struct ipv6_address *to, size_t count)
{
	for (size_t i = 0; to && i < set->count; i++)
		to[count + i] = set->servers[i].address;
	return count + set->count;
}

/** all_servers() - the addresses of all servers; returns how many; ports of one entry share its servers */
static size_t all_servers(const struct service *services, size_t service_count, struct ipv6_address *to)
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

void lists_services(struct build *build)
{
	config_setting_t *list = config_lookup(build->config->tree, "services");
	struct engine_config *engine = &build->config->engine;
	unsigned int elements = read_elements(list);
	void *seen = NULL, *names = NULL;
	const config_setting_t **groups;
	struct ipv6_address *servers;
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
	engine->server_count = all_servers(services, count, NULL);
	servers = build_array(build, engine->server_count, sizeof(*servers));
	(void)all_servers(services, count, servers);
	qsort(servers, engine->server_count, sizeof(*servers), compare_addresses);
	engine->servers = servers;
	qsort(services, count, sizeof(*services), service_compare);
	engine->services = services;
	engine->service_count = count;
}

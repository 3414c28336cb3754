/* SPDX-License-Identifier: ISC */
/*
 * services.c - setting "services": one struct service for each port
 *
 * While services are compiled, their member @line is a mark of the source; at the end it becomes the line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/compile.h"

/** struct service_list - services compiled so far */
struct service_list {
	struct service *services;
	size_t count;
};

/** struct used_name - a name, and the service that has it */
struct used_name {
	const char *name;
	int mark;
	bool configured; /* else made from address and port */
};

static void check_destination(struct config_build *build, config_setting_t *group)
{
	const config_setting_t *rules = config_setting_get_member(group, "rules");

	if (config_setting_get_member(group, "to") || config_has_unknown(group, config_service_members) ||
	    (rules && (!config_setting_is_list(rules) || config_setting_length(rules) > 0)))
		return;
	tree_error(build, group, "service with neither 'rules' nor 'to' leads nowhere, at least one is needed");
}

static void set_defaults(struct service *service)
{
	const struct setting *wait = config_schema_find(config_service_members, "wait");

	service->wait = wait->number * NANOSECONDS_PER_MILLISECOND;
	service->refusal = REFUSE_RESET;
}

/** compile_service() - everything of a service except its ports */
static void compile_service(struct config_build *build, config_setting_t *group, struct service *service)
{
	config_setting_t *wait = tree_member(group, "wait");

	set_defaults(service);
	service->line = (int)tree_mark(group);
	service->name = tree_text(build, tree_member(group, "name"), NULL);
	config_compile_rules(build, tree_member(group, "rules"), service);
	service->fallback = config_compile_servers(build, tree_member(group, "to"));
	if (wait)
		service->wait = tree_milliseconds(wait) * NANOSECONDS_PER_MILLISECOND;
	(void)tree_parse(tree_member(group, "refuse"), &text_refusal, &service->refusal);
	check_destination(build, group);
}

void config_default_name(const struct service *service, char *out)
{
	(void)snprintf(out, DEFAULT_NAME_MAX, "%u.%u.%u.%u:%u", service->address >> 24, service->address >> 16 & 255,
		       service->address >> 8 & 255, service->address & 255, service->port);
}

/** add_ports() - one service for each port */
static void add_ports(struct config_build *build, config_setting_t *group, const struct service *service,
		      struct service_list *list)
{
	config_setting_t *ports = tree_member(group, "tcp");

	for (unsigned int i = 0; i < tree_count(ports); i++) {
		config_setting_t *port = tree_value(ports, i);
		char name[DEFAULT_NAME_MAX];
		struct service *added;

		if (!port)
			continue;
		added = &list->services[list->count++];
		*added = *service;
		added->port = (uint16_t)tree_integer(port);
		config_default_name(added, name);
		if (!added->name)
			added->name = config_pool_copy(build->pool, name, strlen(name));
	}
}

/* ---- conflicts --------------------------------------------------------------------------- */

/** compare_lines() - service_compare(), and for the same address and port in the order of the file */
static int compare_lines(const void *a, const void *b)
{
	int order = service_compare(a, b);

	return order ? order : ((const struct service *)a)->line - ((const struct service *)b)->line;
}

static void report_overlaps(struct config_build *build, const struct service_list *list)
{
	char place[TREE_PATH_MAX], address[TEXT_FORMAT_MAX];

	for (size_t i = 1; i < list->count; i++) {
		const struct service *first = &list->services[i - 1], *second = &list->services[i];

		if (service_compare(first, second) != 0)
			continue;
		text_ipv4_host.format(&second->address, address);
		config_error(&build->errors, (unsigned int)second->line,
			     "%s port %u already belongs to the service '%s' in %s", address, second->port,
			     first->name, tree_other_place(build, (unsigned int)first->line, place));
	}
}

static int compare_names(const void *a, const void *b)
{
	const struct used_name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : x->mark - y->mark;
}

static void report_names(struct config_build *build, struct used_name *names, size_t count)
{
	char place[TREE_PATH_MAX];

	if (count > 0)
		qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 1; i < count; i++) {
		const struct used_name *first = &names[i - 1], *second = &names[i];

		if (strcmp(first->name, second->name) != 0 || first->mark == second->mark ||
		    !(first->configured || second->configured))
			continue;
		config_error(&build->errors, (unsigned int)second->mark,
			     "name '%s' already belongs to the service in %s", second->name,
			     tree_other_place(build, (unsigned int)first->mark, place));
	}
}

/** note_names() - names of the services that were added since @from */
static size_t note_names(const struct service_list *list, size_t from, bool configured, struct used_name *names)
{
	size_t count = 0;

	for (size_t i = from; i < list->count; i++) {
		if (configured && count > 0)
			break;
		names[count].name = list->services[i].name;
		names[count].mark = list->services[i].line;
		names[count].configured = configured;
		count++;
	}
	return count;
}

static size_t count_ports(config_setting_t *list)
{
	size_t count = 0;

	for (unsigned int i = 0; i < tree_count(list); i++)
		count += tree_count(tree_member(tree_value(list, i), "tcp"));
	return count;
}

void config_compile_services(struct config_build *build)
{
	config_setting_t *list = tree_member(config_root_setting(&build->tree), "services");
	size_t ports = count_ports(list), name_count = 0;
	struct service_list all = { .services = config_pool_array(build->pool, ports, sizeof(*all.services)) };
	struct used_name *names = config_pool_array(build->pool, ports, sizeof(*names));

	for (unsigned int i = 0; i < tree_count(list); i++) {
		config_setting_t *group = tree_value(list, i);
		struct service service = { .port = 0 };
		size_t from = all.count;

		if (!group)
			continue;
		compile_service(build, group, &service);
		if (!tree_parse(tree_member(group, "ipv4"), &text_ipv4_host, &service.address))
			continue;
		add_ports(build, group, &service, &all);
		name_count += note_names(&all, from, service.name != NULL, names + name_count);
	}
	if (all.count > 0)
		qsort(all.services, all.count, sizeof(*all.services), compare_lines);
	report_overlaps(build, &all);
	report_names(build, names, name_count);
	for (size_t i = 0; i < all.count; i++)
		all.services[i].line = config_source_place(build->source, (unsigned int)all.services[i].line).line;
	build->config->engine.services = all.services;
	build->config->engine.service_count = all.count;
}

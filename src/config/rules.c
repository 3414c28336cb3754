/* SPDX-License-Identifier: ISC */
/*
 * rules.c - settings "rules", "hosts" and "to" of a service: from what was read to the sorted array that the core uses
 *
 * A rule becomes one struct rule for each host name. A rule of which one condition is wrong is left out whole: without
 * the condition it could be in conflict with those that are right.
 */
#include <stdlib.h>
#include <string.h>

#include "config/build.h"
#include "config/hosts.h"
#include "config/servers.h"
#include "nat46/rule_mark.h"

#define WRONG_CONDITION UINT32_C(0xf) /* result of read_group() on a rule: its first four members are conditions */

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

/** compare_places() - rule_compare(), and of those with the same conditions the one that stands first */
static int compare_places(const void *a, const void *b)
{
	const struct rule *left = a, *right = b;
	int order = rule_compare(left, right);

	return order ? order : (left->line > right->line) - (left->line < right->line);
}

/** sort() - sort the rules, and report those that can never be told apart */
static void sort(struct build *build, struct rule *rules, size_t count)
{
	qsort(rules, count, sizeof(*rules), compare_places);
	for (size_t i = 1; i < count; i++) {
		if (rule_compare(&rules[i - 1], &rules[i]) == 0)
			build_report(build, rules[i].line, "rule with %s has the same conditions as the one in %s",
				     rules[i].text, build_place(build, rules[i - 1].line));
	}
}

static int compare_servers(const void *a, const void *b)
{
	const struct server *left = a, *right = b;
	int order = memcmp(left->address.byte, right->address.byte, sizeof(left->address.byte));

	if (order == 0)
		order = left->host_bits - right->host_bits;
	return order ? order : (left->port > right->port) - (left->port < right->port);
}

/** set_at() - the servers of "to", then those of each rule */
static const struct server_set *set_at(const struct service *service, size_t i)
{
	return i == 0 ? &service->fallback : &service->rules[i - 1].servers;
}

/** list_servers() - each server once, as many as are listed, and one more that tells that there are more */
static void list_servers(struct build *build, struct service *service)
{
	size_t room = 0, count = 0;
	struct server *listed;
	void *seen = NULL;

	for (size_t i = 0; i <= service->rule_count && room <= SERVERS_LISTED_MAX; i++)
		room += set_at(service, i)->count;
	room = room <= SERVERS_LISTED_MAX ? room : SERVERS_LISTED_MAX + 1;
	listed = build_array(build, room, sizeof(*listed));
	for (size_t i = 0; i <= service->rule_count; i++) {
		const struct server_set *set = set_at(service, i);

		for (size_t k = 0; k < set->count && count < room; k++) {
			listed[count] = set->servers[k];
			count += build_first(&seen, &listed[count], compare_servers) == &listed[count];
		}
	}
	build_forget(seen);
	service->has_unlisted = count > SERVERS_LISTED_MAX;
	service->listed = (struct server_set){ listed, service->has_unlisted ? SERVERS_LISTED_MAX : count };
}

/** marks_of() - the marks of rules, sorted, for rule_mark_text() */
static const struct rule_mark *marks_of(struct build *build, const struct rule *rules, size_t count)
{
	struct rule_mark *marks = build_array(build, count, sizeof(*marks));

	for (size_t i = 0; i < count; i++)
		marks[i] = (struct rule_mark){ .mark = rule_mark(rules[i].text), .rule = (uint32_t)i };
	qsort(marks, count, sizeof(*marks), rule_mark_compare);
	return marks;
}

void rules_compile(struct build *build, config_setting_t *group, const struct service_entry *of,
		   struct service *service)
{
	config_setting_t *list = config_setting_get_member(group, "rules");
	unsigned int elements = read_elements(list);
	size_t count = 0, room = elements, added;
	struct hosts hosts = hosts_open(build, config_setting_get_member(group, "hosts"), of->hosts);
	struct rule *rules;

	for (unsigned int i = 0; i < elements; i++)
		room += read_count(config_setting_get_member(config_setting_get_elem(list, i), "host"));
	rules = build_array(build, room + hosts.names, sizeof(*rules));
	for (unsigned int i = 0; i < elements; i++) {
		struct rule_entry entry = { .rule = { .line = 0 } };
		config_setting_t *element = config_setting_get_elem(list, i);
		uint32_t wrong = read_group(build, element, schema_rule, &entry);

		entry.rule.line = config_setting_source_line(element);
		entry.rule.servers = servers_compile(build, element, &entry.to, of);
		added = wrong & WRONG_CONDITION ? 0 : add_rules(build, &entry, &rules[count]);
		if (added == 0 && !(wrong & (WRONG_CONDITION | READ_UNKNOWN)))
			build_error(build, element,
				    "rule without a condition (host, alpn, protocol, bytes), use 'to' of the service");
		count += added;
	}
	count += hosts_read(build, &hosts, &of->ipv4, &rules[count]);
	service->fallback = servers_compile(build, group, &of->to, of);
	service->rules = rules;
	service->rule_count = count;
	list_servers(build, service); /* in the order of the file */
	sort(build, rules, count);
	service->marks = marks_of(build, rules, count);
}

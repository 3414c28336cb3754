/* SPDX-License-Identifier: ISC */
/*
 * rules.c - rules of a service, and servers
 *
 * A rule with several host names becomes one struct rule for each, all with the same servers. A rule of
 * which one condition was refused is left out whole: without the condition it would mean something else
 * and could be in conflict with rules that are right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/compile.h"
#include "nat46/assert.h"

#define RULE_TEXT_BYTES 32u /* of "bytes", in the text of a rule */
#define RULE_TEXT_MAX 2048u /* a host of 255, an ALPN of 4 * 255 and those bytes fit */

static const char *const conditions[] = { "host", "alpn", "protocol", "bytes" };
#define CONDITIONS (sizeof(conditions) / sizeof(conditions[0]))

bool config_has_unknown(const config_setting_t *group, const struct setting *members)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *member = config_setting_get_elem(group, (unsigned int)i);

		if (!config_schema_find(members, config_setting_name(member)))
			return true;
	}
	return false;
}

/* ---- servers ----------------------------------------------------------------------------- */

/** loop_reason() - the setting that brings packets for @address back to us, or NULL */
static const char *loop_reason(const struct config_build *build, const struct ipv6_address *address)
{
	const struct engine_config *engine = &build->config->engine;

	if (tree_member(config_root_setting(&build->tree), "prefix") &&
	    ipv6_in_prefix(address, &engine->plan.prefix))
		return "prefix";
	for (size_t i = 0; i < engine->plan.client_count; i++) {
		if (ipv6_in_prefix(address, &engine->plan.clients[i].ipv6))
			return "clients";
	}
	return ipv6_equal(address, &engine->router_ipv6) ? "router" : NULL;
}

static bool is_listed(const struct server *servers, size_t count, const struct server *server)
{
	for (size_t i = 0; i < count; i++) {
		if (servers[i].port == server->port && ipv6_equal(&servers[i].address, &server->address))
			return true;
	}
	return false;
}

static void check_server(struct config_build *build, const config_setting_t *setting,
			 const struct server_set *before, const struct server *server)
{
	const char *loop = loop_reason(build, &server->address);
	char text[TEXT_FORMAT_MAX];

	text_server.format(server, text);
	if (loop)
		tree_error(build, setting,
			   "%s belongs to '%s': packets to it would come back to nat46d, a server must be elsewhere",
			   text, loop);
	if (is_listed(before->servers, before->count, server))
		tree_error(build, setting, "%s is listed twice", text);
}

struct server_set config_compile_servers(struct config_build *build, config_setting_t *setting)
{
	unsigned int values = tree_count(setting);
	struct server_set set = { .count = 0 };
	struct server *servers;

	if (values > SERVERS_MAX) {
		tree_error(build, setting, "%u servers are too many, allowed are %u", values, SERVERS_MAX);
		return set;
	}
	servers = config_pool_array(build->pool, values, sizeof(*servers));
	set.servers = servers;
	for (unsigned int i = 0; i < values; i++) {
		config_setting_t *value = tree_value(setting, i);

		if (!tree_parse(value, &text_server, &servers[set.count]))
			continue;
		check_server(build, value, &set, &servers[set.count]);
		set.count++;
	}
	return set;
}

/* ---- rules ------------------------------------------------------------------------------- */

/** struct rule_list - rules compiled so far */
struct rule_list {
	struct rule *rules;
	size_t count;
};

static void append(char *out, const char *what, const char *value)
{
	size_t used = strlen(out);
	int length = snprintf(out + used, RULE_TEXT_MAX - used, "%s%s %s", used ? ", " : "", what, value);

	NAT46_ASSERT(length > 0 && (size_t)length < RULE_TEXT_MAX - used);
}

/** rule_text() - the conditions as an operator reads them */
static const char *rule_text(struct config_build *build, const struct rule *rule)
{
	char out[RULE_TEXT_MAX] = "", value[TEXT_FORMAT_MAX];
	size_t shown = rule->bytes_length < RULE_TEXT_BYTES ? rule->bytes_length : RULE_TEXT_BYTES;

	if (rule->host) {
		(void)snprintf(value, sizeof(value), "\"%s%s\"", rule->wildcard ? "*." : "", rule->host);
		append(out, "host", value);
	}
	if (rule->alpn) {
		text_quote(rule->alpn, strlen(rule->alpn), value);
		append(out, "alpn", value);
	}
	if (rule->protocol != PROTOCOL_OTHER) {
		text_protocol.format(&rule->protocol, value);
		append(out, "protocol", value);
	}
	if (rule->bytes) {
		text_quote((const char *)rule->bytes, shown, value);
		if (shown < rule->bytes_length)
			(void)snprintf(value + strlen(value), sizeof(value) - strlen(value), "... (%zu bytes)",
				       rule->bytes_length);
		append(out, "bytes", value);
	}
	return config_pool_copy(build->pool, out, strlen(out));
}

static void add_rule(struct config_build *build, struct rule_list *list, const struct rule *rule)
{
	struct rule *added = &list->rules[list->count++];

	*added = *rule;
	added->text = rule_text(build, added);
}

/** has_conditions() - is there any, and was none refused; reports a rule that never had one */
static bool has_conditions(struct config_build *build, const config_setting_t *group)
{
	bool any = false;

	for (size_t i = 0; i < CONDITIONS; i++) {
		if (!config_setting_get_member(group, conditions[i]))
			continue;
		if (!tree_member(group, conditions[i]))
			return false;
		any = true;
	}
	if (!any && !config_has_unknown(group, config_rule_members))
		tree_error(build, group, "rule without a condition, allowed are host, alpn, protocol, bytes; "
					 "for everything else use 'to' of the service");
	return any;
}

static void compile_rule(struct config_build *build, config_setting_t *group, struct rule_list *list)
{
	config_setting_t *hosts = tree_member(group, "host");
	struct rule rule = { .line = (int)tree_mark(group) };
	struct text_host host;

	rule.servers = config_compile_servers(build, tree_member(group, "to"));
	if (!has_conditions(build, group))
		return;
	rule.alpn = tree_text(build, tree_member(group, "alpn"), NULL);
	rule.bytes = (const uint8_t *)tree_text(build, tree_member(group, "bytes"), &rule.bytes_length);
	(void)tree_parse(tree_member(group, "protocol"), &text_protocol, &rule.protocol);
	if (!hosts)
		add_rule(build, list, &rule);
	for (unsigned int i = 0; i < tree_count(hosts); i++) {
		if (!tree_parse(tree_value(hosts, i), &text_host, &host))
			continue;
		rule.host = config_pool_copy(build->pool, host.name, strlen(host.name));
		rule.wildcard = host.wildcard;
		add_rule(build, list, &rule);
	}
}

/** compare_lines() - rule_compare(), and among the same conditions in the order of the file */
static int compare_lines(const void *a, const void *b)
{
	int order = rule_compare(a, b);

	return order ? order : ((const struct rule *)a)->line - ((const struct rule *)b)->line;
}

static void report_conflicts(struct config_build *build, struct rule_list *list)
{
	char place[TREE_PATH_MAX];

	for (size_t i = 1; i < list->count; i++) {
		const struct rule *first = &list->rules[i - 1], *second = &list->rules[i];

		if (rule_compare(first, second) != 0)
			continue;
		config_error(&build->errors, (unsigned int)second->line,
			     "rule with %s has the same conditions as the one in %s, nothing can tell them apart",
			     second->text, tree_other_place(build, (unsigned int)first->line, place));
	}
}

void config_compile_rules(struct config_build *build, config_setting_t *list, struct service *service)
{
	struct rule_list compiled = { .count = 0 };
	size_t room = 0;

	for (unsigned int i = 0; i < tree_count(list); i++) {
		unsigned int hosts = tree_count(tree_member(tree_value(list, i), "host"));

		room += hosts ? hosts : 1;
	}
	compiled.rules = config_pool_array(build->pool, room, sizeof(*compiled.rules));
	for (unsigned int i = 0; i < tree_count(list); i++) {
		config_setting_t *group = tree_value(list, i);

		if (group)
			compile_rule(build, group, &compiled);
	}
	if (compiled.count > 0)
		qsort(compiled.rules, compiled.count, sizeof(*compiled.rules), compare_lines);
	report_conflicts(build, &compiled);
	for (size_t i = 0; i < compiled.count; i++)
		compiled.rules[i].line = config_source_place(build->source, (unsigned int)compiled.rules[i].line).line;
	service->rules = compiled.rules;
	service->rule_count = compiled.count;
}

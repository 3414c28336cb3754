/* SPDX-License-Identifier: ISC */
/*
 * warnings.c - what is right but probably not meant
 *
 * A configuration without errors can still be one with which nothing works: the file as it was installed, rules that
 * no connection can match, a port that became a part of an address. Each is a line, and the daemon starts all the same.
 */
#include <stdlib.h>
#include <string.h>

#include "config/build.h"
#include "config/schema.h"
#include "nat46/assert.h"
#include "nat46/inspect.h"

static void check_prefix(struct build *build)
{
	/* RFC 3849, RFC 9637 */
	static const struct ipv6_prefix blocks[] = {
		{ { { 0x20, 0x01, 0x0d, 0xb8 } }, 32 },
		{ { { 0x3f, 0xff } }, 20 },
	};
	const config_setting_t *setting = config_lookup(build->config->tree, "prefix");

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (ipv6_in_prefix(&build->config->engine.plan.prefix.address, &blocks[i]))
			build_warn(build, config_setting_source_line(setting),
				   "prefix: \"%s\" is reserved for documentation, no network routes it to this host",
				   config_setting_get_string(setting));
	}
}

/** check_private() - clients of a service with a private address have private addresses themselves */
static void check_private(struct build *build)
{
	const struct engine_config *engine = &build->config->engine;

	if (!engine->plan.global_only || engine->plan.client_count > 0)
		return;
	for (size_t i = 0; i < engine->service_count; i++) {
		const struct service *service = &engine->services[i];

		if (ipv4_is_global(service->address))
			continue;
		build_warn(build, service->line,
			   "the address of the service '%s' is not global, nor are those of its clients, probably: "
			   "they are not translated with the prefix 64:ff9b::/96, see 'wkpf_strict'",
			   service->name);
		return;
	}
}

/** check_clients() - whoever has an address of a service is not a client, but forges it */
static void check_clients(struct build *build)
{
	const struct engine_config *engine = &build->config->engine;
	config_setting_t *list = config_lookup(build->config->tree, "clients");

	for (unsigned int i = 0; i < engine->plan.client_count; i++) {
		const config_setting_t *group = config_setting_get_elem(list, i);
		const struct ipv4_prefix *block = &engine->plan.mappings[i].ipv4;
		uint32_t last = block->address | (uint32_t)(UINT64_C(0xffffffff) >> block->length);

		if (service_owns(engine, block->address) && service_owns(engine, last))
			build_warn(build, config_setting_source_line(group),
				   "clients[%u]: ipv4 \"%s\" belongs to a service: packets from there count as forged",
				   i, config_setting_get_string(config_setting_get_member(group, "ipv4")));
	}
}

static void check_sessions(struct build *build)
{
	const config_setting_t *setting = config_lookup(build->config->tree, "log.sessions");

	if (build->config->log_sessions && build->config->log_level < LOG_LEVEL_INFO)
		build_warn(build, config_setting_source_line(setting),
			   "log.sessions: sessions are logged at level \"info\", which 'level' leaves out");
}

/** check_servers() - the setting "to" of a service or rule */
static void check_servers(struct build *build, config_setting_t *group)
{
	config_setting_t *setting = config_setting_get_member(group, "to");

	for (unsigned int i = 0; i < read_count(setting); i++) {
		const config_setting_t *value = read_value_at(setting, i);
		const char *text = config_setting_get_string(value);
		const char *doubt = text_server_doubt(build, text);

		if (doubt)
			build_warn(build, config_setting_source_line(value), "%s%s", build_path(build, value, ": "),
				   doubt);
	}
}

/** protocols_of() - protocols, as bits 1u << protocol, with which all conditions of a rule can be true */
static unsigned int protocols_of(const struct rule *rule)
{
	struct inspect_progress progress = { .at = 0 };
	struct inspection inspection;
	unsigned int protocols = ~0u;

	if (rule->bytes) {
		inspect(rule->bytes, rule->bytes_length, false, &progress, &inspection);
		protocols = inspection.possible;
	}
	if (rule->host)
		protocols &= 1u << PROTOCOL_TLS | 1u << PROTOCOL_HTTP;
	if (rule->alpn)
		protocols &= 1u << PROTOCOL_TLS;
	if (rule->protocol != PROTOCOL_OTHER)
		protocols &= 1u << rule->protocol;
	return protocols;
}

/** find_same() - the rule that has the protocol of @rule as a condition, where @rule implies it; or NULL */
static const struct rule *find_same(const struct service *service, const struct rule *rule, unsigned int protocols)
{
	struct rule wanted = *rule;

	if (rule->protocol != PROTOCOL_OTHER)
		return NULL;
	for (enum protocol p = PROTOCOL_TLS; p < PROTOCOL_COUNT; p++) {
		if (protocols == 1u << p)
			wanted.protocol = p;
	}
	if (wanted.protocol == PROTOCOL_OTHER)
		return NULL;
	return bsearch(&wanted, service->rules, service->rule_count, sizeof(wanted), rule_compare);
}

/** check_rules() - rules that never win */
static void check_rules(struct build *build, const struct service *service)
{
	for (size_t i = 0; i < service->rule_count; i++) {
		const struct rule *rule = &service->rules[i], *same;
		unsigned int protocols = protocols_of(rule);

		if (protocols == 0)
			build_warn(build, rule->line, "rule with %s never wins: no connection has all of that",
				   rule->text);
		same = find_same(service, rule, protocols);
		if (same)
			build_warn(build, rule->line, "rule with %s never wins: the one with %s in %s is for the same",
				   rule->text, same->text, build_place(build, same->line));
	}
}

/** struct named - a rule with only a host, and the service that has it */
struct named {
	const struct rule *rule;
	const struct service *service;
};

/** compare_names() - order by block and name; of the same, the one that stands first */
static int compare_names(const void *a, const void *b)
{
	const struct named *left = a, *right = b;
	uint32_t x = left->service->address, y = right->service->address;
	int order = left->service->host_bits - right->service->host_bits;

	if (order == 0)
		order = x != y ? (x < y ? -1 : 1) : rule_compare(left->rule, right->rule);
	return order ? order : (left->rule->line > right->rule->line) - (left->rule->line < right->rule->line);
}

/** is_subset() - is each address of @a also in @b */
static bool is_subset(const struct server_set *a, const struct server_set *b)
{
	for (size_t i = 0; i < a->count; i++) {
		size_t k = 0;

		while (k < b->count && !ipv6_equal(&a->servers[i].address, &b->servers[k].address))
			k++;
		if (k == b->count)
			return false;
	}
	return true;
}

/** check_names() - names that lead to different hosts on different ports of an address; @names: sorted */
static void check_names(struct build *build, const struct named *names, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct rule *rule = names[i].rule, *other = names[i - 1].rule;

		/* ports of one service share its rules, even if those of another lie between them */
		if (names[i].service->address != names[i - 1].service->address ||
		    names[i].service->host_bits != names[i - 1].service->host_bits || rule == other ||
		    rule_compare(rule, other) != 0 ||
		    (is_subset(&rule->servers, &other->servers) && is_subset(&other->servers, &rule->servers)))
			continue;
		build_warn(build, rule->line,
			   "%s leads to other servers than in the service '%s' in %s, which has the same address",
			   rule->text, names[i - 1].service->name, build_place(build, other->line));
	}
}

/** collect_names() - all rules with only a host; @names: NULL only counts */
static size_t collect_names(const struct engine_config *engine, struct named *names)
{
	size_t count = 0;

	for (size_t i = 0; i < engine->service_count; i++) {
		const struct service *service = &engine->services[i];

		if (i > 0 && service->rules == service[-1].rules)
			continue;
		for (size_t k = 0; k < service->rule_count; k++) {
			const struct rule *rule = &service->rules[k];

			if (!rule->host || rule->alpn || rule->bytes || rule->protocol != PROTOCOL_OTHER)
				continue;
			if (names)
				names[count] = (struct named){ rule, service };
			count++;
		}
	}
	return count;
}

static void check_all_names(struct build *build)
{
	size_t count = collect_names(&build->config->engine, NULL);
	struct named *names = calloc(count + 1, sizeof(*names));

	NAT46_ASSERT(names != NULL);
	(void)collect_names(&build->config->engine, names);
	qsort(names, count, sizeof(*names), compare_names);
	check_names(build, names, count);
	free(names);
}

void warnings_check(struct build *build)
{
	const struct engine_config *engine = &build->config->engine;
	config_setting_t *services = config_lookup(build->config->tree, "services");

	if (engine->service_count == 0 && engine->plan.count == engine->plan.client_count)
		build_warn(build, 0, "there is neither a service nor a map, so that nobody can reach anything");
	check_prefix(build);
	check_private(build);
	check_sessions(build);
	check_clients(build);
	for (unsigned int i = 0; i < read_elements(services); i++) {
		config_setting_t *group = config_setting_get_elem(services, i);
		config_setting_t *rules = config_setting_get_member(group, "rules");

		check_servers(build, group);
		for (unsigned int k = 0; k < read_elements(rules); k++)
			check_servers(build, config_setting_get_elem(rules, k));
	}
	for (size_t i = 0; i < engine->service_count; i++) {
		if (i == 0 || engine->services[i].rules != engine->services[i - 1].rules)
			check_rules(build, &engine->services[i]);
	}
	check_all_names(build);
}

/* SPDX-License-Identifier: ISC */
/*
 * difference.c - what a new configuration changes, in a few lines
 *
 * Services, rules and mappings are sorted lists on both sides, which are walked side by side. However much was
 * changed, a line has a count and the first few names.
 */
#include "config/difference.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "config/build.h"
#include "config/place.h"
#include "config/service_text.h"
#include "nat46/assert.h"

#define NAME_MAX_LENGTH 160u

enum change {
	ADDED,
	REMOVED,
	CHANGED,
	CHANGE_COUNT,
};

/** struct changes - what happened to things of one kind */
struct changes {
	size_t count[CHANGE_COUNT];
	char names[CHANGE_COUNT][DIFFERENCE_NAMES][NAME_MAX_LENGTH];
};

static void note(struct changes *changes, enum change change, const char *name)
{
	if (changes->count[change] < DIFFERENCE_NAMES)
		snprintf(changes->names[change][changes->count[change]], NAME_MAX_LENGTH, "%s", name);
	changes->count[change]++;
}

static void print(const struct changes *changes, const char *kind, FILE *out)
{
	static const char *const verbs[] = { "added", "removed", "changed" };

	for (int c = 0; c < CHANGE_COUNT; c++) {
		size_t count = changes->count[c];

		if (count > 0)
			fprintf(out, "%s: %zu %s: ", kind, count, verbs[c]);
		for (size_t i = 0; i < count && i < DIFFERENCE_NAMES; i++)
			fprintf(out, "%s%s", i > 0 ? ", " : "", changes->names[c][i]);
		if (count > 0)
			fputs(count > DIFFERENCE_NAMES ? ", ...\n" : "\n", out);
	}
}

/** struct sorted - a list that is walked */
struct sorted {
	const void *items;
	size_t count;
};

/** struct kind - how things of a kind are compared and named; @order: 0 for what is the same thing in both lists */
struct kind {
	size_t size;
	int (*order)(const void *a, const void *b);
	bool (*is_same)(const void *a, const void *b);
	void (*name)(const void *item, const char *of, char *name);
};

static void compare(const struct kind *kind, struct sorted is, struct sorted was, const char *of,
		    struct changes *changes)
{
	const char *new = is.items, *old = was.items;
	size_t i = 0, k = 0;
	char name[NAME_MAX_LENGTH];

	while (i < is.count || k < was.count) {
		const char *a = i < is.count ? new + i * kind->size : NULL;
		const char *b = k < was.count ? old + k * kind->size : NULL;
		int order = !a ? 1 : !b ? -1 : kind->order(a, b);
		const char *item = order > 0 ? b : a;

		NAT46_ASSERT(item != NULL);
		if (order != 0 || !kind->is_same(a, b)) {
			kind->name(item, of, name);
			note(changes, order < 0 ? ADDED : order > 0 ? REMOVED : CHANGED, name);
		}
		i += order <= 0;
		k += order >= 0;
	}
}

/* ---- servers and rules -------------------------------------------------------------------- */

static bool is_same_set(const struct server_set *a, const struct server_set *b)
{
	size_t same = 0;

	while (a->count == b->count && same < a->count && a->servers[same].port == b->servers[same].port &&
	       a->servers[same].host_bits == b->servers[same].host_bits &&
	       ipv6_equal(&a->servers[same].address, &b->servers[same].address))
		same++;
	return a->count == b->count && same == a->count;
}

static bool is_same_rule(const void *a, const void *b)
{
	return is_same_set(&((const struct rule *)a)->servers, &((const struct rule *)b)->servers);
}

static void name_rule(const void *item, const char *of, char *name)
{
	snprintf(name, NAME_MAX_LENGTH, "%s: %s", of, ((const struct rule *)item)->text);
}

/* ---- services ----------------------------------------------------------------------------- */

static bool is_same_service(const void *a, const void *b)
{
	const struct service *x = a, *y = b;

	return x->further_ports == y->further_ports && strcmp(x->name, y->name) == 0 && x->wait == y->wait &&
	       x->refusal == y->refusal && x->silent == y->silent && is_same_set(&x->fallback, &y->fallback);
}

static void name_service(const void *item, const char *of, char *name)
{
	const struct service *service = item;
	char text[SERVICE_TEXT_MAX];

	(void)of;
	snprintf(name, NAME_MAX_LENGTH, "%.100s (%s%s)", service->name, service_text(service, text),
		 service->is_udp ? " udp" : "");
}

static int order_pointers(const void *a, const void *b)
{
	const struct rule *x = *(const struct rule *const *)a, *y = *(const struct rule *const *)b;

	return (x > y) - (x < y);
}

/** compare_rules() - of the services that are in both; ports of one entry share its rules, which count once */
static void compare_rules(const struct engine_config *is, const struct engine_config *was, struct changes *changes)
{
	static const struct kind rules = { sizeof(struct rule), rule_compare, is_same_rule, name_rule };
	void *seen = NULL;

	for (size_t i = 0; i < is->service_count; i++) {
		const struct service *new = &is->services[i];
		const struct service *old = service_find_same(was, new);

		if (!old || new->is_udp || build_first(&seen, &new->rules, order_pointers) != &new->rules)
			continue;
		compare(&rules, (struct sorted){ new->rules, new->rule_count },
			(struct sorted){ old->rules, old->rule_count }, new->name, changes);
	}
	build_forget(seen);
}

/* ---- clients and maps --------------------------------------------------------------------- */

static int order_mappings(const void *a, const void *b)
{
	const struct ipv4_prefix *x = &((const struct address_mapping *)a)->ipv4;
	const struct ipv4_prefix *y = &((const struct address_mapping *)b)->ipv4;

	return x->address != y->address ? (x->address < y->address ? -1 : 1) : x->length - y->length;
}

static bool is_same_mapping(const void *a, const void *b)
{
	const struct ipv6_prefix *x = &((const struct address_mapping *)a)->ipv6;
	const struct ipv6_prefix *y = &((const struct address_mapping *)b)->ipv6;

	return x->length == y->length && ipv6_equal(&x->address, &y->address);
}

static void name_mapping(const void *item, const char *of, char *name)
{
	const struct ipv4_prefix *block = &((const struct address_mapping *)item)->ipv4;
	struct in_addr address = { .s_addr = htonl(block->address) };
	char text[INET_ADDRSTRLEN];

	(void)of;
	inet_ntop(AF_INET, &address, text, sizeof(text));
	snprintf(name, NAME_MAX_LENGTH, "%s/%u", text, block->length);
}

/** sort() - a sorted copy of @count mappings, to be released by free() */
static struct address_mapping *sort(const struct address_mapping *mappings, size_t count)
{
	struct address_mapping *copy = calloc(count + 1, sizeof(*copy));

	NAT46_ASSERT(copy != NULL);
	for (size_t i = 0; i < count; i++)
		copy[i] = mappings[i];
	qsort(copy, count, sizeof(*copy), order_mappings);
	return copy;
}

static void print_mappings(const struct address_plan *is, const struct address_plan *was, bool maps, FILE *out)
{
	static const struct kind mappings = { sizeof(struct address_mapping), order_mappings, is_same_mapping,
					      name_mapping };
	size_t count = maps ? is->count - is->client_count : is->client_count;
	size_t before = maps ? was->count - was->client_count : was->client_count;
	struct address_mapping *new = sort(is->mappings + (maps ? is->client_count : 0), count);
	struct address_mapping *old = sort(was->mappings + (maps ? was->client_count : 0), before);
	struct changes changes = { .count = { 0 } };

	compare(&mappings, (struct sorted){ new, count }, (struct sorted){ old, before }, "", &changes);
	print(&changes, maps ? "maps" : "clients", out);
	free(new);
	free(old);
}

/* ---- single settings ---------------------------------------------------------------------- */

/** compare_value() - the setting @name of two groups, in one of which it may be missing */
static void compare_value(const config_setting_t *is, const config_setting_t *was, const char *group, const char *name,
			  struct changes *changes)
{
	const config_setting_t *new = config_setting_get_member(is, name), *old = config_setting_get_member(was, name);
	char now[VALUE_TEXT_MAX], before[VALUE_TEXT_MAX], text[NAME_MAX_LENGTH];

	if (!value_is_single(new ? new : old) ||
	    strcmp(value_text(new, now), value_text(old, before)) == 0)
		return;
	snprintf(text, sizeof(text), "%s%s%s = %.50s (was %.50s)", group, *group ? "." : "", name, now, before);
	note(changes, CHANGED, text);
}

static void compare_group(const config_setting_t *is, const config_setting_t *was, const char *group,
			  struct changes *changes)
{
	for (int i = 0; i < config_setting_length(is); i++)
		compare_value(is, was, group, config_setting_name(config_setting_get_elem(is, (unsigned int)i)),
			      changes);
	for (int i = 0; i < config_setting_length(was); i++) {
		const char *name = config_setting_name(config_setting_get_elem(was, (unsigned int)i));

		if (!config_setting_get_member(is, name))
			compare_value(is, was, group, name, changes);
	}
}

static void compare_settings(const struct daemon_config *is, const struct daemon_config *was, struct changes *changes)
{
	const config_setting_t *root = config_root_setting(is->tree), *old = config_root_setting(was->tree);

	compare_group(root, old, "", changes);
	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *group = config_setting_get_elem(root, (unsigned int)i);
		const char *name = config_setting_name(group);

		if (config_setting_is_group(group))
			compare_group(group, config_setting_get_member(old, name), name, changes);
	}
}

void config_print_difference(const struct daemon_config *config, const struct daemon_config *running, FILE *out)
{
	static const struct kind services = { sizeof(struct service), service_compare, is_same_service, name_service };
	const struct engine_config *is = &config->engine, *was = &running->engine;
	struct changes settings = { .count = { 0 } }, of_services = { .count = { 0 } }, rules = { .count = { 0 } };

	compare_settings(config, running, &settings);
	print(&settings, "settings", out);
	print_mappings(&is->plan, &was->plan, false, out);
	print_mappings(&is->plan, &was->plan, true, out);
	compare(&services, (struct sorted){ is->services, is->service_count },
		(struct sorted){ was->services, was->service_count }, "", &of_services);
	print(&of_services, "services", out);
	compare_rules(is, was, &rules);
	print(&rules, "rules", out);
}

/* SPDX-License-Identifier: ISC */
/*
 * mappings.c - settings "clients" and "maps": one explicit address mapping table (RFC 7757)
 *
 * Blocks may lie in one another, in either family and in either list (RFC 7757 3.2), but must not be the same.
 */
#include <string.h>

#include "config/build.h"
#include "config/schema.h"

/** struct table - the table in the making; the elements of "clients" come before those of "maps" */
struct table {
	config_setting_t *clients, *maps;
	unsigned int client_count;
	struct address_mapping *mappings;
	void *ipv4, *ipv6; /* blocks that were there before, for build_first() */
};

static const struct ipv6_prefix well_known = { { { 0, 0x64, 0xff, 0x9b } }, 96 };

static int compare_ipv4(const void *a, const void *b)
{
	const struct ipv4_prefix *x = &((const struct address_mapping *)a)->ipv4;
	const struct ipv4_prefix *y = &((const struct address_mapping *)b)->ipv4;

	return x->address != y->address ? (x->address < y->address ? -1 : 1) : x->length - y->length;
}

static int compare_ipv6(const void *a, const void *b)
{
	_Static_assert(sizeof(struct ipv6_prefix) == 17, "nothing but the address and the length");
	return memcmp(&((const struct address_mapping *)a)->ipv6, &((const struct address_mapping *)b)->ipv6,
		      sizeof(struct ipv6_prefix));
}

static config_setting_t *element(const struct table *t, unsigned int number)
{
	return number < t->client_count ? config_setting_get_elem(t->clients, number) :
					  config_setting_get_elem(t->maps, number - t->client_count);
}

/** member_text() - @member of mapping @number as it is written */
static const char *member_text(const struct table *t, unsigned int number, const char *member)
{
	return config_setting_get_string(config_setting_get_member(element(t, number), member));
}

/** check_first() - is mapping @number the first one of its block, @member of it; @first: where that was found */
static void check_first(struct build *build, const struct table *t, unsigned int number, const char *member,
			const struct address_mapping *first)
{
	config_setting_t *group = element(t, number), *other = element(t, (unsigned int)(first - t->mappings));

	if (other != group)
		build_error(build, group, "%s \"%s\" is already mapped in %s", member, member_text(t, number, member),
			    build_setting_place(build, other));
}

/** check_others() - does good mapping @number leave "prefix" and "router" their addresses */
static void check_others(struct build *build, const struct table *t, unsigned int number)
{
	const struct engine_config *engine = &build->config->engine;
	const struct ipv6_prefix *prefix = &engine->plan.prefix;
	const struct address_mapping *m = &t->mappings[number];
	const config_setting_t *group = element(t, number);
	bool is_map = number >= t->client_count;

	if (m->ipv6.length <= prefix->length && ipv6_in_prefix(&prefix->address, &m->ipv6))
		build_error(build, group, "ipv6 \"%s\" covers 'prefix' and would take its addresses",
			    member_text(t, number, "ipv6"));
	/* in a block, the router takes its address from a host */
	if (is_map && m->ipv4.length == 32 && m->ipv4.address == engine->router_ipv4)
		build_error(build, group, "ipv4 \"%s\" belongs to 'router'", member_text(t, number, "ipv4"));
	if (is_map && m->ipv6.length == 128 && ipv6_equal(&m->ipv6.address, &engine->router_ipv6))
		build_error(build, group, "ipv6 \"%s\" belongs to 'router'", member_text(t, number, "ipv6"));
}

/** read_mapping() - read and check mapping @number; false if there is an error in it */
static bool read_mapping(struct build *build, struct table *t, unsigned int number)
{
	struct address_mapping *m = &t->mappings[number];
	config_setting_t *group = element(t, number);
	unsigned int ipv4_bits, ipv6_bits;
	size_t problems;

	(void)read_group(build, group, schema_mapping, m);
	problems = build->problem_count;
	ipv4_bits = 32u - m->ipv4.length;
	ipv6_bits = 128u - m->ipv6.length;
	if (ipv4_bits < 32)
		check_first(build, t, number, "ipv4", build_first(&t->ipv4, m, compare_ipv4));
	if (ipv6_bits < 128)
		check_first(build, t, number, "ipv6", build_first(&t->ipv6, m, compare_ipv6));
	if (ipv4_bits < 32 && ipv4_bits > ipv6_bits)
		build_error(build, group,
			    "ipv6 /%u has %u host bits, fewer than the %u of ipv4 /%u; allowed are /0 to /%u",
			    m->ipv6.length, ipv6_bits, ipv4_bits, m->ipv4.length, 128u - ipv4_bits);
	if (ipv4_bits == 32 || ipv6_bits == 128 || build->problem_count != problems)
		return false;
	check_others(build, t, number);
	return true;
}

void mappings_compile(struct build *build)
{
	struct table t = { .clients = config_lookup(build->config->tree, "clients"),
			   .maps = config_lookup(build->config->tree, "maps") };
	struct address_plan *plan = &build->config->engine.plan;
	unsigned int count = read_elements(t.clients) + read_elements(t.maps);
	struct address_mapping *good = build_array(build, count, sizeof(*good));

	t.client_count = read_elements(t.clients);
	t.mappings = build_array(build, count, sizeof(*t.mappings));
	for (unsigned int i = 0; i < count; i++) {
		if (!read_mapping(build, &t, i))
			continue;
		good[plan->count++] = t.mappings[i];
		plan->client_count += i < t.client_count;
	}
	build_forget(t.ipv4);
	build_forget(t.ipv6);
	plan->mappings = good;
	plan->index = eam_index_make(good, plan->count,
				     build_array(build, EAM_SLOTS(plan->count), sizeof(uint32_t)));
	plan->global_only = build->config->wkpf_strict && memcmp(&plan->prefix, &well_known, sizeof(well_known)) == 0;
}

/** has_clients() - are there entries of "clients" in a part of @block */
static bool has_clients(const struct address_plan *plan, const struct ipv6_prefix *block)
{
	size_t i = 0;

	/* one of a whole block was found already */
	while (block->length < 128 && i < plan->client_count &&
	       !ipv6_in_prefix(&plan->mappings[i].ipv6.address, block))
		i++;
	return block->length < 128 && i < plan->client_count;
}

const char *mappings_loop(const struct build *build, const struct ipv6_prefix *block)
{
	const struct address_plan *plan = &build->config->engine.plan;
	size_t mapping;

	if (ipv6_in_prefix(&build->config->engine.router_ipv6, block))
		return "router";
	if (has_clients(plan, block))
		return "clients";
	/* hosts in the prefix that have a map exist */
	if (eam_find_ipv6(&plan->index, &block->address, &mapping) &&
	    plan->mappings[mapping].ipv6.length <= block->length)
		return mapping < plan->client_count ? "clients" : NULL;
	return plan->prefix.length > 0 && (ipv6_in_prefix(&block->address, &plan->prefix) ||
					   ipv6_in_prefix(&plan->prefix.address, block)) ? "prefix" : NULL;
}

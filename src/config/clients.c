/* SPDX-License-Identifier: ISC */
/*
 * clients.c - setting "clients": the explicit address mapping table
 *
 * Blocks may lie in one another, the longest wins (RFC 7757 3.2). Two entries for the very same block would
 * leave it to chance which one is used.
 */
#include <stdlib.h>
#include <string.h>

#include "config/compile.h"

/** struct entry - a mapping and where it was written */
struct entry {
	struct address_mapping mapping;
	const config_setting_t *setting;
};

static int compare_ipv4(const void *a, const void *b)
{
	const struct ipv4_prefix *x = &((const struct entry *)a)->mapping.ipv4;
	const struct ipv4_prefix *y = &((const struct entry *)b)->mapping.ipv4;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (int)x->length - (int)y->length;
}

static int compare_ipv6(const void *a, const void *b)
{
	const struct ipv6_prefix *x = &((const struct entry *)a)->mapping.ipv6;
	const struct ipv6_prefix *y = &((const struct entry *)b)->mapping.ipv6;
	int order = memcmp(x->address.byte, y->address.byte, sizeof(x->address.byte));

	return order ? order : (int)x->length - (int)y->length;
}

static void report_duplicates(struct config_build *build, struct entry *entries, size_t count, const char *member,
			      const struct text_kind *kind, int (*compare)(const void *, const void *))
{
	char place[TREE_PATH_MAX], value[TEXT_FORMAT_MAX];

	if (count > 0)
		qsort(entries, count, sizeof(*entries), compare);
	for (size_t i = 1; i < count; i++) {
		const struct entry *first = &entries[i - 1], *second = &entries[i];

		if (compare(first, second) != 0)
			continue;
		if (tree_mark(first->setting) > tree_mark(second->setting)) {
			first = &entries[i];
			second = &entries[i - 1];
		}
		kind->format(kind == &text_ipv4_block ? (const void *)&second->mapping.ipv4 :
							(const void *)&second->mapping.ipv6,
			     value);
		tree_error(build, second->setting, "%s %s is already mapped in %s", member, value,
			   tree_other_place(build, tree_mark(first->setting), place));
	}
}

/** compile_entry() - one element of the list; false: it was refused or is refused here */
static bool compile_entry(struct config_build *build, config_setting_t *group, struct address_mapping *mapping)
{
	unsigned int ipv4_bits, ipv6_bits;

	if (!tree_parse(tree_member(group, "ipv4"), &text_ipv4_block, &mapping->ipv4) ||
	    !tree_parse(tree_member(group, "ipv6"), &text_ipv6_block, &mapping->ipv6))
		return false;
	ipv4_bits = 32u - mapping->ipv4.length;
	ipv6_bits = 128u - mapping->ipv6.length;
	if (ipv4_bits > ipv6_bits) {
		tree_error(build, group,
			   "ipv6 /%u has %u host bits, fewer than the %u of ipv4 /%u; allowed are /0 to /%u",
			   mapping->ipv6.length, ipv6_bits, ipv4_bits, mapping->ipv4.length, 128 - ipv4_bits);
		return false;
	}
	return true;
}

void config_compile_clients(struct config_build *build)
{
	config_setting_t *list = tree_member(config_root_setting(&build->tree), "clients");
	unsigned int elements = tree_count(list);
	struct address_mapping *mappings = config_pool_array(build->pool, elements, sizeof(*mappings));
	struct entry *entries = config_pool_array(build->pool, elements, sizeof(*entries));
	size_t count = 0;

	for (unsigned int i = 0; i < elements; i++) {
		config_setting_t *group = tree_value(list, i);

		if (!group || !compile_entry(build, group, &mappings[count]))
			continue;
		entries[count].mapping = mappings[count];
		entries[count].setting = group;
		count++;
	}
	build->config->engine.plan.clients = mappings;
	build->config->engine.plan.client_count = count;
	report_duplicates(build, entries, count, "ipv4", &text_ipv4_block, compare_ipv4);
	report_duplicates(build, entries, count, "ipv6", &text_ipv6_block, compare_ipv6);
}

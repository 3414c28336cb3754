/* SPDX-License-Identifier: ISC */
/*
 * address_plan.c - how hosts of one family appear in the other
 */
#include "nat46/address_plan.h"

static bool is_client(const struct address_plan *plan, size_t mapping)
{
	return mapping < plan->client_count;
}

struct ipv6_address address_plan_4to6(const struct address_plan *plan, uint32_t ipv4)
{
	size_t mapping;

	if (eam_find_ipv4(&plan->index, ipv4, &mapping) && is_client(plan, mapping))
		return eam_4to6(&plan->mappings[mapping], ipv4);
	return ipv6_embed(&plan->prefix, ipv4);
}

bool address_plan_refuses(const struct address_plan *plan, uint32_t ipv4)
{
	size_t mapping;

	return plan->global_only && !ipv4_is_global(ipv4) &&
	       !(eam_find_ipv4(&plan->index, ipv4, &mapping) && is_client(plan, mapping));
}

bool address_plan_6to4(const struct address_plan *plan, const struct ipv6_address *ipv6, uint32_t *ipv4)
{
	size_t mapping;

	if (eam_find_ipv6(&plan->index, ipv6, &mapping)) {
		if (is_client(plan, mapping))
			*ipv4 = eam_6to4(&plan->mappings[mapping], ipv6);
		return is_client(plan, mapping);
	}
	if (!ipv6_in_prefix(ipv6, &plan->prefix))
		return false;
	*ipv4 = ipv6_extract(&plan->prefix, ipv6);
	return true;
}

bool address_plan_map_4to6(const struct address_plan *plan, uint32_t ipv4, struct ipv6_address *ipv6)
{
	struct ipv6_address host;
	size_t mapping, back;

	if (!eam_find_ipv4(&plan->index, ipv4, &mapping) || is_client(plan, mapping))
		return false;
	host = eam_4to6(&plan->mappings[mapping], ipv4);
	if (!eam_find_ipv6(&plan->index, &host, &back) || back != mapping)
		return false;
	*ipv6 = host;
	return true;
}

bool address_plan_map_6to4(const struct address_plan *plan, const struct ipv6_address *ipv6, uint32_t *ipv4)
{
	size_t mapping, back;
	uint32_t address;

	if (!eam_find_ipv6(&plan->index, ipv6, &mapping) || is_client(plan, mapping))
		return false;
	address = eam_6to4(&plan->mappings[mapping], ipv6);
	if (!eam_find_ipv4(&plan->index, address, &back) || back != mapping)
		return false;
	*ipv4 = address;
	return true;
}

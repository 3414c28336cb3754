/* SPDX-License-Identifier: ISC */
/*
 * address_plan.c - how IPv4 hosts appear in IPv6
 */
#include "nat46/address_plan.h"

struct ipv6_address address_plan_4to6(const struct address_plan *plan, uint32_t ipv4)
{
	size_t client;

	if (eam_find_ipv4(&plan->index, ipv4, &client))
		return eam_4to6(&plan->clients[client], ipv4);
	return ipv6_embed(&plan->prefix, ipv4);
}

bool address_plan_6to4(const struct address_plan *plan, const struct ipv6_address *ipv6, uint32_t *ipv4)
{
	size_t client;

	if (eam_find_ipv6(&plan->index, ipv6, &client)) {
		*ipv4 = eam_6to4(&plan->clients[client], ipv6);
		return true;
	}
	if (!ipv6_in_prefix(ipv6, &plan->prefix))
		return false;
	*ipv4 = ipv6_extract(&plan->prefix, ipv6);
	return true;
}

/* SPDX-License-Identifier: ISC */
/*
 * address_plan.h - how IPv4 hosts appear in IPv6: explicit mappings, and a prefix for everybody else
 */
#ifndef NAT46_ADDRESS_PLAN_H
#define NAT46_ADDRESS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/eam.h"

/**
 * struct address_plan - how IPv4 hosts appear in IPv6
 * @prefix: RFC 6052 prefix; length 32, 40, 48, 56, 64 or 96
 * @clients: explicit mappings, which win over @prefix
 * @client_count: number of entries in @clients
 * @index: of @clients, by eam_index_make(); without it they are not found
 */
struct address_plan {
	struct ipv6_prefix prefix;
	const struct address_mapping *clients;
	size_t client_count;
	struct eam_index index;
};

/** address_plan_4to6() - the IPv6 address under which the IPv4 host @ipv4 appears: longest mapping, else prefix */
struct ipv6_address address_plan_4to6(const struct address_plan *plan, uint32_t ipv4);

/**
 * address_plan_6to4() - the IPv4 host that appears as @ipv6
 * @plan: address plan
 * @ipv6: IPv6 address
 * @ipv4: set on success only
 *
 * Return: false if @ipv6 belongs neither to a mapping nor to the prefix
 */
bool address_plan_6to4(const struct address_plan *plan, const struct ipv6_address *ipv6, uint32_t *ipv4);

#endif

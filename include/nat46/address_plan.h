/* SPDX-License-Identifier: ISC */
/*
 * address_plan.h - how hosts of one family appear in the other: explicit mappings, and a prefix for everybody else
 *
 * The explicit address mapping table of RFC 7757 has two parts, which differ in the side that exists. A *client* is an
 * IPv4 host, and its IPv6 address is ours; a *map* stands for an IPv6 host, and its IPv4 address is ours. The longest
 * block around an address wins, of whichever part it is.
 */
#ifndef NAT46_ADDRESS_PLAN_H
#define NAT46_ADDRESS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/eam.h"

/**
 * struct address_plan - how hosts appear in the other family
 * @prefix: RFC 6052 prefix, for IPv4 hosts without a mapping; length 32, 40, 48, 56, 64 or 96
 * @global_only: only IPv4 addresses that are unique in the Internet may be embedded in @prefix (RFC 6052 3.1)
 * @mappings: the table: clients first, then maps
 * @client_count: number of clients
 * @count: number of clients and maps
 * @index: of @mappings, by eam_index_make(); without it they are not found
 */
struct address_plan {
	struct ipv6_prefix prefix;
	bool global_only;
	const struct address_mapping *mappings;
	size_t client_count;
	size_t count;
	struct eam_index index;
};

/**
 * address_plan_4to6() - the IPv6 address under which the IPv4 host @ipv4 appears: client, else prefix
 *
 * So does an address of a map: its packets have been translated once, and come back for another map (RFC 7757 4.2.1).
 */
struct ipv6_address address_plan_4to6(const struct address_plan *plan, uint32_t ipv4);

/** address_plan_refuses() - may the IPv4 host @ipv4 not appear in IPv6, as it has no client entry: @global_only */
bool address_plan_refuses(const struct address_plan *plan, uint32_t ipv4);

/**
 * address_plan_6to4() - the IPv4 host that appears as @ipv6
 * @plan: address plan
 * @ipv6: IPv6 address
 * @ipv4: set on success only
 *
 * Return: false if @ipv6 belongs neither to a client nor to the prefix, or is that of a map
 */
bool address_plan_6to4(const struct address_plan *plan, const struct ipv6_address *ipv6, uint32_t *ipv4);

/**
 * address_plan_map_4to6() - the IPv6 host that appears as @ipv4
 * @plan: address plan
 * @ipv4: IPv4 address
 * @ipv6: set on success only
 *
 * Where blocks lie in one another, an address may lead to another one that does not lead back: its packets would be
 * answered by another host, or in another one's name. Such an address has no map.
 *
 * Return: false if there is no map for @ipv4
 */
bool address_plan_map_4to6(const struct address_plan *plan, uint32_t ipv4, struct ipv6_address *ipv6);

/** address_plan_map_6to4() - the IPv4 address under which the IPv6 host @ipv6 appears; as address_plan_map_4to6() */
bool address_plan_map_6to4(const struct address_plan *plan, const struct ipv6_address *ipv6, uint32_t *ipv4);

#endif

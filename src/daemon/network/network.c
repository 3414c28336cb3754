/* SPDX-License-Identifier: ISC */
/*
 * network.c - does the network around the device fit
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "daemon/network/network.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	uint8_t protocol;
	const char *name;
} protocol_names[] = {
	{ RTPROT_REDIRECT, "redirect" },
	{ RTPROT_KERNEL, "kernel" },
	{ RTPROT_BOOT, "boot" },
	{ RTPROT_STATIC, "static" },
	{ RTPROT_RA, "ra" },
	{ RTPROT_ZEBRA, "zebra" },
	{ RTPROT_BIRD, "bird" },
	{ RTPROT_DHCP, "dhcp" },
	{ 18, "keepalived" },
	{ RTPROT_BABEL, "babel" },
	{ 186, "bgp" },
	{ 187, "isis" },
	{ 188, "ospf" },
	{ 189, "rip" },
	{ 192, "eigrp" },
};

unsigned int network_length(const struct route *route)
{
	return route->is_ipv6 ? route->ipv6.length : route->ipv4.length;
}

static bool is_host(const struct route *route)
{
	return network_length(route) == (route->is_ipv6 ? 128u : 32u);
}

bool network_covers(const struct route *outer, const struct route *inner)
{
	if (outer->is_ipv6 != inner->is_ipv6 || network_length(outer) > network_length(inner))
		return false;
	return outer->is_ipv6 ? ipv6_in_prefix(&inner->ipv6.address, &outer->ipv6) :
				ipv4_in_prefix(inner->ipv4.address, &outer->ipv4);
}

bool network_same(const struct route *a, const struct route *b)
{
	return network_length(a) == network_length(b) && network_covers(a, b);
}

int network_compare(const struct route *a, const struct route *b)
{
	int order = (int)a->is_ipv6 - (int)b->is_ipv6;

	if (order == 0 && a->is_ipv6)
		order = memcmp(a->ipv6.address.byte, b->ipv6.address.byte, sizeof(a->ipv6.address.byte));
	else if (order == 0)
		order = (a->ipv4.address > b->ipv4.address) - (a->ipv4.address < b->ipv4.address);
	return order != 0 ? order : (int)network_length(a) - (int)network_length(b);
}

struct route network_cut(const struct route *route, unsigned int length)
{
	struct route cut = *route;

	if (cut.is_ipv6) {
		cut.ipv6.length = (uint8_t)length;
		for (unsigned int i = length; i < 128; i++)
			cut.ipv6.address.byte[i / 8] &= (uint8_t)(0xff7fu >> i % 8);
	} else {
		cut.ipv4.length = (uint8_t)length;
		cut.ipv4.address &= length > 0 ? UINT32_MAX << (32 - length) : 0;
	}
	return cut;
}

struct route network_probe(const struct route *destination, uint8_t number)
{
	unsigned int host = (destination->is_ipv6 ? 128u : 32u) - network_length(destination);
	uint8_t bits = host < 8 ? (uint8_t)(number & ((1u << host) - 1)) : number;
	struct route probe = *destination;

	if (probe.is_ipv6) {
		probe.ipv6.address.byte[15] |= bits;
		probe.ipv6.length = 128;
	} else {
		probe.ipv4.address |= bits;
		probe.ipv4.length = 32;
	}
	return probe;
}

enum way network_judge(const struct route *wanted, uint32_t device, const struct kernel_route *match, int error)
{
	/* unreachable, prohibited and the like are routes that somebody has set */
	if (error)
		return error == ENETUNREACH ? WAY_MISSING : WAY_ELSEWHERE;
	if (match->type == RTN_UNICAST && match->device == device)
		return WAY_GOOD;
	return match->table == RT_TABLE_MAIN && network_length(&match->to) < network_length(wanted) ? WAY_MISSING :
												      WAY_ELSEWHERE;
}

static bool is_host_of_map(const struct engine_config *config, const struct route *to)
{
	const struct address_plan *plan = &config->plan;

	for (size_t i = plan->client_count; to->is_ipv6 && i < plan->count; i++) {
		const struct route hosts = { .is_ipv6 = true, .ipv6 = plan->mappings[i].ipv6 };

		if (network_covers(&hosts, to))
			return true;
	}
	return false;
}

bool network_is_stray(const struct engine_config *config, const struct route *wanted, uint32_t device,
		      const struct kernel_route *route)
{
	bool is_way = route->type == RTN_UNICAST || route->type == RTN_BLACKHOLE ||
		      route->type == RTN_UNREACHABLE || route->type == RTN_PROHIBIT;

	return is_way && !route->is_cloned && route->table == RT_TABLE_MAIN && route->device != device &&
	       network_length(&route->to) > network_length(wanted) && network_covers(wanted, &route->to) &&
	       !is_host_of_map(config, &route->to);
}

/** of_router() - is it the router's */
static bool of_router(const struct engine_config *config, const struct route *address, char *text)
{
	if (address->is_ipv6 ? !config->has_router_ipv6 ||
				       !ipv6_equal(&config->router_ipv6, &address->ipv6.address) :
			       config->router_ipv4 == 0 || config->router_ipv4 != address->ipv4.address)
		return false;
	snprintf(text, NETWORK_TEXT_MAX, "router.ipv%c", address->is_ipv6 ? '6' : '4');
	return true;
}

/** of_service() - is it of a service; the one with the smallest block comes first */
static enum conflict of_service(const struct engine_config *config, const struct route *address, char *text)
{
	size_t i = 0;

	while (i < config->service_count && !service_has_address(&config->services[i], address->ipv4.address))
		i++;
	if (i == config->service_count)
		return CONFLICT_NONE;
	snprintf(text, NETWORK_TEXT_MAX, "service \"%.200s\"", config->services[i].name);
	return config->services[i].host_bits == 0 ? CONFLICT_WHOLE : CONFLICT_PART;
}

enum conflict network_conflict(const struct engine_config *config, const struct route *address, char *text)
{
	const struct address_plan *plan = &config->plan;
	char name[ROUTE_TEXT_MAX];
	enum conflict conflict = CONFLICT_NONE;
	size_t found = plan->count;
	struct route block;

	if (!address->is_ipv6)
		conflict = of_service(config, address, text);
	if (conflict != CONFLICT_WHOLE && of_router(config, address, text))
		conflict = CONFLICT_WHOLE;
	if (conflict != CONFLICT_NONE)
		return conflict;
	for (size_t i = 0; i < plan->count; i++) {
		block = (struct route){ .is_ipv6 = i < plan->client_count };
		if (block.is_ipv6)
			block.ipv6 = plan->mappings[i].ipv6;
		else
			block.ipv4 = plan->mappings[i].ipv4;
		if (!network_covers(&block, address))
			continue;
		found = i;
		if (is_host(&block))
			break;
	}
	if (found == plan->count)
		return CONFLICT_NONE;
	block = (struct route){ .is_ipv6 = found < plan->client_count,
				.ipv4 = plan->mappings[found].ipv4,
				.ipv6 = plan->mappings[found].ipv6 };
	route_format(&block, name);
	snprintf(text, NETWORK_TEXT_MAX, "%s %s", block.is_ipv6 ? "client" : "map", name);
	return is_host(&block) ? CONFLICT_WHOLE : CONFLICT_PART;
}

const char *network_protocol_name(uint8_t protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocol_names); i++)
		if (protocol_names[i].protocol == protocol)
			return protocol_names[i].name;
	return NULL;
}

/** address_format() - a block of one address without its length */
static void address_format(const struct route *address, char *text)
{
	route_format(address, text);
	text[strcspn(text, "/")] = '\0';
}

void network_describe(const struct kernel_route *route, const char *device, char *text)
{
	const char *protocol = network_protocol_name(route->protocol);
	char to[ROUTE_TEXT_MAX], gateway[ROUTE_TEXT_MAX] = "", number[8];

	snprintf(number, sizeof(number), "%u", route->protocol);
	route_format(&route->to, to);
	if (route->has_gateway)
		address_format(&route->gateway, gateway);
	snprintf(text, NETWORK_TEXT_MAX, "%s%s%s%s (route %s, proto %s, metric %u, table %u)",
		 route->type == RTN_UNICAST ? "" : route->type == RTN_LOCAL ? "the box itself, " :
									      "nowhere, ",
		 device,
		 gateway[0] ? " via " : "", gateway, to, protocol ? protocol : number, route->metric, route->table);
}

const char *network_describe_error(int error)
{
	switch (error) {
	case ENETUNREACH:
		return "nowhere (no route)";
	case EHOSTUNREACH:
		return "nowhere (a route of type unreachable)";
	case EINVAL:
		return "nowhere (a route of type blackhole)";
	case EACCES:
		return "nowhere (a route of type prohibit)";
	default:
		return strerror(error);
	}
}

/* SPDX-License-Identifier: ISC */
/*
 * network.h - does the network around the device fit: what is wanted of it, and what is found; pure
 *
 * DOC: Theory of operation
 *
 * What is wanted: each destination of the configuration (device_route()) leads into the device, none of these addresses
 * is one of the box itself, and the box forwards packets. watch.c asks the kernel and hears of changes; here is what
 * they mean. A destination is looked up as a packet would be, so that better metrics, other tables and rules count.
 * That shows one address of it; routes to parts of a destination are found among all routes.
 */
#ifndef NAT46_DAEMON_NETWORK_H
#define NAT46_DAEMON_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/network/netlink.h"
#include "nat46/engine_config.h"

/** Room for a text that says where a route leads, or whose an address is, with its NUL. */
#define NETWORK_TEXT_MAX 256

/** Longest prefix. */
#define NETWORK_LENGTH_MAX 128u

/**
 * struct kernel_address - an address of the box
 * @address: as a block of one address
 * @device: index of its interface
 */
struct kernel_address {
	struct route address;
	uint32_t device;
};

/**
 * struct kernel_route - a route as the kernel has it
 * @to: destination
 * @table, @type, @protocol: RT_TABLE_*, RTN_*, RTPROT_*
 * @is_cloned: not a route, but what was learned of a host
 * @device: index of the interface, 0: none
 * @metric: as "ip route" shows it
 * @has_gateway, @gateway: next hop, as a block of one address
 */
struct kernel_route {
	struct route to;
	uint32_t table;
	uint8_t type;
	uint8_t protocol;
	bool is_cloned;
	uint32_t device;
	uint32_t metric;
	bool has_gateway;
	struct route gateway;
};

/** enum way - where a destination of ours leads */
enum way {
	WAY_UNKNOWN,
	WAY_GOOD,      /* into the device */
	WAY_MISSING,   /* our route is not there */
	WAY_ELSEWHERE, /* somebody else's route wins */
};

/** network_length() - length of the prefix of a destination */
unsigned int network_length(const struct route *route);

/** network_covers() - does @outer cover all of @inner */
bool network_covers(const struct route *outer, const struct route *inner);

/** network_same() - are two destinations the same */
bool network_same(const struct route *a, const struct route *b);

/** network_compare() - order of destinations: IPv4 first, by address, the shortest prefix first; for qsort() */
int network_compare(const struct route *a, const struct route *b);

/** network_cut() - the block with a prefix of @length, which is not longer, that covers @route */
struct route network_cut(const struct route *route, unsigned int length);

/**
 * network_probe() - an address of a destination that may be looked up, as a block of one address
 * @number: 1, 2, 3, ... for one after the other, less than 256; of a small block, they come again
 */
struct route network_probe(const struct route *destination, uint8_t number);

/**
 * network_judge() - where does a destination lead
 * @wanted: destination
 * @device: index of our device
 * @match: the route that the kernel found for it; not read if there is an @error
 * @error: error of the look-up, or 0
 */
enum way network_judge(const struct route *wanted, uint32_t device, const struct kernel_route *match, int error);

/**
 * network_is_stray() - does a route lead a part of @wanted elsewhere
 * @config: IPv6 hosts of maps may have addresses in the prefix, and their routes lead to them
 */
bool network_is_stray(const struct engine_config *config, const struct route *wanted, uint32_t device,
		      const struct kernel_route *route);

/** enum conflict - an address of the box that is one of ours */
enum conflict {
	CONFLICT_NONE,
	CONFLICT_PART,  /* one of a block: the rest of the block works */
	CONFLICT_WHOLE, /* a service, map, client or the router that cannot work */
};

/**
 * network_conflict() - is an address of the box one of ours; the prefix is not looked at
 * @text: set to what it is for, room for NETWORK_TEXT_MAX bytes
 */
enum conflict network_conflict(const struct engine_config *config, const struct route *address, char *text);

/** network_protocol_name() - who sets routes of a protocol, as "ip route" calls it; NULL: no name is known */
const char *network_protocol_name(uint8_t protocol);

/**
 * network_describe() - where a route leads, and who has set it
 * @device: name of its interface
 * @text: room for NETWORK_TEXT_MAX bytes
 */
void network_describe(const struct kernel_route *route, const char *device, char *text);

/** network_describe_error() - the same for a look-up without a route */
const char *network_describe_error(int error);

#endif

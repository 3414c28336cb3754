/* SPDX-License-Identifier: ISC */
/*
 * destinations.h - what a configuration wants to lead into the device, and which of it a route may matter to; pure
 *
 * There may be thousands, and a routing daemon tells of a million routes: so they are sorted, each block in front of
 * what it covers.
 */
#ifndef NAT46_DAEMON_DESTINATIONS_H
#define NAT46_DAEMON_DESTINATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/network/network.h"

/**
 * struct destination - where a destination leads
 * @to: destination
 * @probe: address of it that is looked up
 * @way: as it was told last
 * @is_due: to be looked up
 */
struct destination {
	struct route to;
	struct route probe;
	enum way way;
	bool is_due;
};

/**
 * struct destinations - all of a configuration, each once
 * @list, @count: sorted by network_compare()
 * @prefix: number of that of the prefix, without which nothing goes
 * @has_length: is there one of IPv4 or IPv6 with a prefix of this length
 */
struct destinations {
	struct destination *list;
	size_t count;
	size_t prefix;
	bool has_length[2][NETWORK_LENGTH_MAX + 1];
};

/**
 * destinations_make() - list them; those that are known to lead into the device stay as they are, all others are due
 * @destinations: all zero, or what was made before
 *
 * Return: false, with nothing changed, if there is no memory
 */
bool destinations_make(struct destinations *destinations, const struct engine_config *config);

/** destinations_free() - give their memory back */
void destinations_free(struct destinations *destinations);

/** destinations_covering() - the destination with a prefix of @length that covers @route; NULL: there is none */
struct destination *destinations_covering(const struct destinations *destinations, const struct route *route,
					  unsigned int length);

/** destinations_within() - number of the first that @route may cover; it covers as many as it does from there on */
size_t destinations_within(const struct destinations *destinations, const struct route *route);

#endif

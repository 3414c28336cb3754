/* SPDX-License-Identifier: ISC */
/*
 * destinations.c - what a configuration wants to lead into the device
 */
#include <stdlib.h>

#include "daemon/network/destinations.h"
#include "daemon/network/device.h"
#include "nat46/assert.h"

/* Addresses of a destination of which one has no route of ours but this one. */
#define PROBES_MAX 64

static int compare(const void *a, const void *b)
{
	return network_compare(&((const struct destination *)a)->to, &((const struct destination *)b)->to);
}

size_t destinations_within(const struct destinations *destinations, const struct route *route)
{
	size_t low = 0, high = destinations->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (network_compare(&destinations->list[middle].to, route) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct destination *destinations_covering(const struct destinations *destinations, const struct route *route,
					  unsigned int length)
{
	struct route block;
	size_t i;

	if (!destinations->has_length[route->is_ipv6][length] || length > network_length(route))
		return NULL;
	block = network_cut(route, length);
	i = destinations_within(destinations, &block);
	return i < destinations->count && network_compare(&destinations->list[i].to, &block) == 0 ?
		       &destinations->list[i] :
		       NULL;
}

/** is_covered() - does an address of a destination have a route of ours that covers less */
static bool is_covered(const struct destinations *destinations, const struct destination *of, const struct route *probe)
{
	unsigned int length = network_length(&of->to) + 1;

	while (length <= network_length(probe) && !destinations_covering(destinations, probe, length))
		length++;
	return length <= network_length(probe);
}

/* An address that has no other route of ours; not the first of a block, which may mean all hosts, or any router. */
static void choose_probe(const struct destinations *destinations, struct destination *destination)
{
	uint8_t number = 1;

	do
		destination->probe = network_probe(&destination->to, number++);
	while (number < PROBES_MAX && is_covered(destinations, destination, &destination->probe));
}

/** keep() - what is known of those that are right stays */
static void keep(struct destinations *destinations, const struct destinations *former)
{
	for (size_t i = 0; i < destinations->count; i++) {
		struct destination *destination = &destinations->list[i];
		const struct destination *known =
			destinations_covering(former, &destination->to, network_length(&destination->to));

		if (known && known->way == WAY_GOOD && network_same(&known->probe, &destination->probe))
			*destination = *known;
	}
}

/** unite() - each once */
static void unite(struct destinations *destinations)
{
	struct destination *list = destinations->list;
	size_t count = 0;

	for (size_t i = 0; i < destinations->count; i++) {
		if (count > 0 && network_same(&list[count - 1].to, &list[i].to))
			continue;
		list[count++] = list[i];
		destinations->has_length[list[i].to.is_ipv6][network_length(&list[i].to)] = true;
	}
	destinations->count = count;
}

bool destinations_make(struct destinations *destinations, const struct engine_config *config)
{
	struct destinations made = { .count = 0 };
	struct route route;

	while (device_route(config, made.count, &route))
		made.count++;
	NAT46_ASSERT(made.count > 0); /* that of the prefix is number 0 */
	made.list = calloc(made.count, sizeof(*made.list));
	if (!made.list)
		return false;
	for (size_t i = 0; i < made.count; i++) {
		made.list[i].is_due = true;
		(void)device_route(config, i, &made.list[i].to);
	}
	qsort(made.list, made.count, sizeof(*made.list), compare);
	unite(&made);
	(void)device_route(config, 0, &route);
	made.prefix = destinations_within(&made, &route);
	for (size_t i = 0; i < made.count; i++)
		choose_probe(&made, &made.list[i]);
	keep(&made, destinations);
	free(destinations->list);
	*destinations = made;
	return true;
}

void destinations_free(struct destinations *destinations)
{
	free(destinations->list);
}

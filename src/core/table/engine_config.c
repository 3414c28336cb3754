/* SPDX-License-Identifier: ISC */
/*
 * engine_config.c - find a service in the configuration
 */
#include "nat46/engine_config.h"

#include <string.h>

/** count_before() - how many services sort before address, protocol and port, or are just there */
static size_t count_before(const struct engine_config *config, bool is_udp, uint32_t address, uint16_t port)
{
	const struct service wanted = { .address = address, .port = port, .is_udp = is_udp };
	size_t low = 0, high = config->service_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (service_compare(&config->services[middle], &wanted) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct service *service_find(const struct engine_config *config, bool is_udp, uint32_t address, uint16_t port)
{
	size_t count = count_before(config, is_udp, address, port);
	const struct service *last = count > 0 ? &config->services[count - 1] : NULL;

	/* ranges do not overlap, so it is the last one that begins there or before, or none */
	if (!last || last->address != address || last->is_udp != is_udp || !service_has_port(last, port))
		return NULL;
	return last;
}

bool service_owns(const struct engine_config *config, uint32_t address)
{
	/* no service has port 0 */
	size_t count = count_before(config, false, address, 0);

	return count < config->service_count && config->services[count].address == address;
}

bool service_is_server(const struct engine_config *config, const struct ipv6_address *address)
{
	size_t low = 0, high = config->server_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(config->servers[middle].byte, address->byte, sizeof(address->byte));

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* SPDX-License-Identifier: ISC */
/*
 * engine_config.c - find a service in the configuration
 */
#include "nat46/engine_config.h"

#include <string.h>

/** first_service() - index of the first service that does not sort before address, port and protocol */
static size_t first_service(const struct engine_config *config, bool is_udp, uint32_t address, uint16_t port)
{
	const struct service wanted = { .address = address, .port = port, .is_udp = is_udp };
	size_t low = 0, high = config->service_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (service_compare(&config->services[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct service *service_find(const struct engine_config *config, bool is_udp, uint32_t address, uint16_t port)
{
	size_t i = first_service(config, is_udp, address, port);

	if (i == config->service_count || config->services[i].address != address ||
	    config->services[i].port != port || config->services[i].is_udp != is_udp)
		return NULL;
	return &config->services[i];
}

bool service_owns(const struct engine_config *config, uint32_t address)
{
	size_t i = first_service(config, false, address, 0);

	return i < config->service_count && config->services[i].address == address;
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

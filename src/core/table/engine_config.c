/* SPDX-License-Identifier: ISC */
/*
 * engine_config.c - find a service in the configuration
 *
 * Services are sorted by the size of their blocks, the smallest first. Each size that occurs is a sorted list of its
 * own, in which an address is searched for, cut to that size: however many services and addresses there are, that takes
 * few steps. Most configurations have one size only.
 */
#include "nat46/engine_config.h"

#include <string.h>

/** count_before() - how many services sort before @wanted, or are just there */
static size_t count_before(const struct engine_config *config, const struct service *wanted)
{
	size_t low = 0, high = config->service_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (service_compare(&config->services[middle], wanted) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/** next_size() - the first of the services whose blocks are larger than those of @service, or NULL */
static const struct service *next_size(const struct engine_config *config, const struct service *service)
{
	const struct service last = {
		.host_bits = service->host_bits,
		.address = UINT32_MAX,
		.is_udp = true,
		.port = UINT16_MAX,
	};

	/* a search is only worth it if there is another one */
	if (config->services[config->service_count - 1].host_bits == service->host_bits)
		return NULL;
	return &config->services[count_before(config, &last)];
}

/** cut() - the first address of the block around @address, as large as those of @service */
static uint32_t cut(uint32_t address, const struct service *service)
{
	return address >> service->host_bits << service->host_bits;
}

const struct service *service_find_same(const struct engine_config *config, const struct service *service)
{
	size_t count = count_before(config, service);
	const struct service *last = count > 0 ? &config->services[count - 1] : NULL;

	/* ranges do not overlap, so it is the last one that begins there or before, or none */
	if (!last || last->host_bits != service->host_bits || last->address != service->address ||
	    last->is_udp != service->is_udp || !service_has_port(last, service->port))
		return NULL;
	return last;
}

const struct service *service_find(const struct engine_config *config, bool is_udp, uint32_t address, uint16_t port)
{
	const struct service *size = config->service_count > 0 ? config->services : NULL;

	for (; size; size = next_size(config, size)) {
		const struct service wanted = {
			.host_bits = size->host_bits,
			.address = cut(address, size),
			.is_udp = is_udp,
			.port = port,
		};
		const struct service *found = service_find_same(config, &wanted);

		if (found)
			return found;
	}
	return NULL;
}

bool service_owns(const struct engine_config *config, uint32_t address)
{
	const struct service *size = config->service_count > 0 ? config->services : NULL;

	for (; size; size = next_size(config, size)) {
		/* no service has port 0 */
		const struct service wanted = { .host_bits = size->host_bits, .address = cut(address, size) };
		size_t count = count_before(config, &wanted);

		if (count < config->service_count && config->services[count].host_bits == size->host_bits &&
		    service_has_address(&config->services[count], address))
			return true;
	}
	return false;
}

bool service_is_server(const struct engine_config *config, const struct ipv6_address *address)
{
	size_t low = 0, high = config->server_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(&config->servers[middle].address, address, sizeof(*address)) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && ipv6_in_prefix(address, &config->servers[low - 1]);
}

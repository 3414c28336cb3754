/* SPDX-License-Identifier: ISC */
/*
 * address_place.c - where the file names an address that is routed into the device
 */
#include "config/address_place.h"

#include <arpa/inet.h>
#include <string.h>

#include "config/place.h"

/** is_address() - is @setting a string that begins with this address */
static bool is_address(const config_setting_t *setting, int family, const void *address)
{
	const char *text = setting ? config_setting_get_string(setting) : NULL;
	char copy[INET6_ADDRSTRLEN];
	unsigned char bytes[16];

	if (!text || strcspn(text, "/") >= sizeof(copy))
		return false;
	snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(text, "/"), text);
	return inet_pton(family, copy, bytes) == 1 && memcmp(bytes, address, family == AF_INET ? 4 : 16) == 0;
}

/** find_address() - the setting that names an address to which a route leads, or NULL */
static const config_setting_t *find_address(const struct daemon_config *config, int family, const void *address)
{
	static const char *const lists[] = { "services", "maps", "clients", NULL };
	const char *member = family == AF_INET ? "ipv4" : "ipv6";
	const config_setting_t *router = config_lookup(config->tree, family == AF_INET ? "router.ipv4" : "router.ipv6");
	const config_setting_t *prefix = config_lookup(config->tree, "prefix");

	if (is_address(prefix, family, address))
		return prefix;
	if (is_address(router, family, address))
		return router;
	for (size_t i = 0; lists[i]; i++) {
		const config_setting_t *list = config_lookup(config->tree, lists[i]);

		for (int n = 0; list && n < config_setting_length(list); n++) {
			const config_setting_t *setting =
				config_setting_get_member(config_setting_get_elem(list, (unsigned int)n), member);

			if (is_address(setting, family, address))
				return setting;
		}
	}
	return NULL;
}

void config_print_ipv4_place(const struct daemon_config *config, uint32_t address, FILE *out)
{
	uint32_t bytes = htonl(address);

	place_print(config, find_address(config, AF_INET, &bytes), out);
}

void config_print_ipv6_place(const struct daemon_config *config, const struct ipv6_address *address, FILE *out)
{
	place_print(config, find_address(config, AF_INET6, address), out);
}

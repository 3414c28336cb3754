/* SPDX-License-Identifier: ISC */
/*
 * device.c - the TUN device with everything around it: opened, set up, routed into
 */
#include "daemon/network/device.h"

#include <errno.h>
#include <string.h>

#include "daemon/log/log.h"
#include "daemon/network/netlink_query.h"

static struct route ipv4_block(const struct ipv4_prefix *prefix)
{
	return (struct route){ .ipv4 = *prefix };
}

static struct route ipv4_host(uint32_t address)
{
	return ipv4_block(&(struct ipv4_prefix){ .address = address, .length = 32 });
}

static struct route ipv6_block(const struct ipv6_prefix *prefix)
{
	return (struct route){ .is_ipv6 = true, .ipv6 = *prefix };
}

static bool router_route(const struct engine_config *config, size_t number, struct route *route)
{
	struct ipv6_prefix ipv6 = { .address = config->router_ipv6, .length = 128 };

	if (config->router_ipv4 != 0 && number-- == 0) {
		*route = ipv4_host(config->router_ipv4);
		return true;
	}
	if (!config->has_router_ipv6 || number != 0)
		return false;
	*route = ipv6_block(&ipv6);
	return true;
}

bool device_route(const struct engine_config *config, size_t number, struct route *route)
{
	if (number == 0) {
		*route = ipv6_block(&config->plan.prefix);
		return true;
	}
	number--;
	if (number < config->plan.count) {
		*route = number < config->plan.client_count ? ipv6_block(&config->plan.mappings[number].ipv6) :
							      ipv4_block(&config->plan.mappings[number].ipv4);
		return true;
	}
	number -= config->plan.count;
	if (number < config->service_count) {
		*route = ipv4_block(&(struct ipv4_prefix){
			.address = config->services[number].address,
			.length = (uint8_t)(32 - config->services[number].host_bits),
		});
		return true;
	}
	return router_route(config, number - config->service_count, route);
}

static bool same_route(const struct route *a, const struct route *b)
{
	if (a->is_ipv6 != b->is_ipv6)
		return false;
	if (a->is_ipv6)
		return a->ipv6.length == b->ipv6.length && ipv6_equal(&a->ipv6.address, &b->ipv6.address);
	return a->ipv4.length == b->ipv4.length && a->ipv4.address == b->ipv4.address;
}

/* Why a route cannot be added; of one that is there already also where it leads, and who has set it. */
static enum exit_status refuse_route(struct netlink *netlink, const struct route *route, const char *name, int error)
{
	const struct route address = network_probe(route, 1);
	char text[ROUTE_TEXT_MAX], where[NETWORK_TEXT_MAX];
	struct kernel_route match;

	route_format(route, text);
	if (error == EEXIST) {
		netlink_query_where(netlink, &match, netlink_query_route(netlink, &address, &match), where);
		log_error("%s: cannot add the route to %s, for there is one that leads elsewhere: to %s", name, text,
			  where);
	} else {
		log_error("%s: cannot add the route to %s: %s", name, text, strerror(error));
	}
	return netlink_status(error);
}

static enum exit_status add_routes(const struct daemon_config *config, struct netlink *netlink, uint32_t index)
{
	struct route route, previous = { 0 };
	size_t number;
	int error;

	for (number = 0; device_route(&config->engine, number, &route); number++) {
		if (number > 0 && same_route(&route, &previous))
			continue;
		error = netlink_add_route(netlink, &route, index);
		if (error)
			return refuse_route(netlink, &route, config->interface.name, error);
		previous = route;
	}
	return STATUS_OK;
}

static void check_foreign_link(const struct daemon_config *config, const struct link *link)
{
	if (link->mtu != config->interface.mtu)
		log_warning("%s: its MTU is %u, interface.mtu is %u; they should be the same",
			    config->interface.name, link->mtu, config->interface.mtu);
	if (!link->up)
		log_warning("%s: the device is down; waiting for somebody to set it up", config->interface.name);
}

static enum exit_status set_up(const struct daemon_config *config, struct netlink *netlink, struct tun *tun,
			       struct link *link)
{
	const char *name = config->interface.name;
	enum exit_status status;

	if (!netlink_find_link(netlink, name, link))
		return STATUS_FAILURE;
	if (!config->interface.setup && link->index == 0) {
		log_error("%s: there is no such device, and interface.setup is false", name);
		return STATUS_FAILURE;
	}
	status = tun_open(tun, name, config->interface.offload);
	if (status != STATUS_OK)
		return status;
	if (config->interface.setup) {
		if (netlink_find_link(netlink, name, link))
			status = netlink_configure_link(netlink, link->index, name, config->interface.mtu,
							config->interface.txqueuelen);
		else
			status = STATUS_FAILURE;
		if (status == STATUS_OK)
			status = add_routes(config, netlink, link->index);
	}
	if (status == STATUS_OK && !netlink_find_link(netlink, name, link))
		status = STATUS_FAILURE;
	if (status != STATUS_OK)
		tun_close(tun);
	return status;
}

enum exit_status device_open(const struct daemon_config *config, struct tun *tun, struct link *link)
{
	struct netlink netlink;
	enum exit_status status;

	if (!netlink_open(&netlink))
		return STATUS_FAILURE;
	status = set_up(config, &netlink, tun, link);
	netlink_close(&netlink);
	if (status != STATUS_OK)
		return status;
	if (!config->interface.setup)
		check_foreign_link(config, link);
	log_info("%s: device ready, mtu=%u offload=\"%s\"", config->interface.name, link->mtu,
		 tun_offload_name(tun));
	return STATUS_OK;
}

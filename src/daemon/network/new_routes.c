/* SPDX-License-Identifier: ISC */
/*
 * new_routes.c - are the routes there that a new configuration needs
 *
 * The kernel is asked for each of them where it would send a packet: RTM_F_FIB_MATCH makes it answer with the
 * route itself, which has to lead into the device and to cover all of the block. A narrower one may hide it: what was
 * a smaller block before has its route still. Then the kernel is asked for what comes behind that.
 */
#include "daemon/network/new_routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "config/address_place.h"
#include "daemon/network/device.h"
#include "daemon/network/network.h"
#include "nat46/assert.h"

#define REQUEST_MAX 128
#define ANSWER_MAX 8192
#define PARTS_MAX 64u /* narrower routes that are passed over for one block */

/** struct found - the route that the kernel has for an address; all zero: none */
struct found {
	uint32_t index;
	uint8_t length;
};

static int read_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	struct found *found = data;
	struct nlattr *attribute;

	if (message->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	found->length = route->rtm_dst_len;
	mnl_attr_for_each(attribute, message, sizeof(*route)) {
		if (mnl_attr_get_type(attribute) == RTA_OIF && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
			found->index = mnl_attr_get_u32(attribute);
	}
	return MNL_CB_OK;
}

/** look_up() - what the kernel has for the first address of @route; it answers with an error if it has nothing */
static struct found look_up(struct mnl_socket *socket, const struct route *route, uint32_t sequence)
{
	_Alignas(struct nlmsghdr) char request[REQUEST_MAX], answer[ANSWER_MAX];
	struct nlmsghdr *message = mnl_nlmsg_put_header(request);
	struct found found = { 0 };
	struct rtmsg *header;
	ssize_t length;
	int result;

	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	message->nlmsg_seq = sequence;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->rtm_family = route->is_ipv6 ? AF_INET6 : AF_INET;
	header->rtm_dst_len = route->is_ipv6 ? 128 : 32;
	header->rtm_flags = RTM_F_FIB_MATCH;
	if (route->is_ipv6)
		mnl_attr_put(message, RTA_DST, sizeof(route->ipv6.address), &route->ipv6.address);
	else
		mnl_attr_put_u32(message, RTA_DST, htonl(route->ipv4.address));
	if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
		return found;
	do {
		length = mnl_socket_recvfrom(socket, answer, sizeof(answer));
		result = length < 0 ? MNL_CB_ERROR :
				      mnl_cb_run(answer, (size_t)length, sequence, mnl_socket_get_portid(socket),
						 read_route, &found);
	} while (result > MNL_CB_STOP);
	if (result < 0)
		found.index = 0;
	return found;
}

/** move_behind() - the first address behind the block of this length around that of @route; it may be 0 */
static void move_behind(struct route *route, unsigned int length)
{
	unsigned int carry = 0x80u >> (length - 1) % 8, i = (length - 1) / 8;
	uint8_t *byte = route->ipv6.address.byte;

	if (!route->is_ipv6) {
		route->ipv4.address = ((route->ipv4.address >> (32 - length)) + 1) << (32 - length);
		return;
	}
	byte[i] &= (uint8_t)-carry;
	memset(byte + i + 1, 0, 15 - i);
	for (i++; i-- > 0 && carry > 0; carry >>= 8) {
		carry += byte[i];
		byte[i] = (uint8_t)carry;
	}
}

/** leads_into() - does the kernel send what is for a block into the device @index; @sequence: of the last question */
static bool leads_into(struct mnl_socket *socket, const struct route *block, uint32_t index, uint32_t *sequence)
{
	struct route part = *block;
	struct found found;

	for (unsigned int i = 0; i < PARTS_MAX && network_covers(block, &part); i++) {
		found = look_up(socket, &part, ++*sequence);
		if (found.index != index)
			return false;
		if (found.length <= network_length(block))
			return true;
		move_behind(&part, found.length);
	}
	return !network_covers(block, &part);
}

static int order_routes(const void *a, const void *b)
{
	const struct route *x = a, *y = b;

	if (x->is_ipv6 != y->is_ipv6)
		return x->is_ipv6 - y->is_ipv6;
	if (x->is_ipv6)
		return memcmp(&x->ipv6, &y->ipv6, sizeof(x->ipv6));
	return x->ipv4.address != y->ipv4.address ? (x->ipv4.address < y->ipv4.address ? -1 : 1) :
						    x->ipv4.length - y->ipv4.length;
}

/** collect() - the routes of a configuration, sorted, to be released by free() */
static struct route *collect(const struct engine_config *config, size_t *count)
{
	struct route *routes, route;

	for (*count = 0; device_route(config, *count, &route); ++*count)
		;
	routes = calloc(*count + 1, sizeof(*routes));
	NAT46_ASSERT(routes != NULL);
	for (size_t i = 0; i < *count; i++)
		(void)device_route(config, i, &routes[i]);
	qsort(routes, *count, sizeof(*routes), order_routes);
	return routes;
}

static void report(const struct daemon_config *config, const struct route *route, FILE *out)
{
	const char *name = config->interface.name;
	char text[ROUTE_TEXT_MAX];

	route_format(route, text);
	if (route->is_ipv6)
		config_print_ipv6_place(config, &route->ipv6.address, out);
	else
		config_print_ipv4_place(config, route->ipv4.address, out);
	if (config->interface.setup)
		fprintf(out, ": error: restart required for the route to %s into %s, or 'ip route add %s dev %s'\n",
			text, name, text, name);
	else
		fprintf(out, ": warning: no route to %s leads into %s\n", text, name);
}

bool new_routes_check(const struct daemon_config *config, const struct daemon_config *running, uint32_t index,
		      FILE *out)
{
	size_t count, before, missing = 0;
	uint32_t sequence = 0;
	struct route *routes = collect(&config->engine, &count), *old = collect(&running->engine, &before);
	struct mnl_socket *socket = mnl_socket_open(NETLINK_ROUTE);
	bool has_failed = !socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0;

	if (has_failed)
		fprintf(out, "%s: error: cannot ask the kernel for its routes: %s\n", config->file, strerror(errno));
	for (size_t i = 0; i < count && !has_failed; i++) {
		if ((i > 0 && order_routes(&routes[i], &routes[i - 1]) == 0) ||
		    bsearch(&routes[i], old, before, sizeof(*old), order_routes))
			continue;
		if (!leads_into(socket, &routes[i], index, &sequence) && missing++ < NEW_ROUTES_NAMED)
			report(config, &routes[i], out);
	}
	if (missing > NEW_ROUTES_NAMED)
		fprintf(out, "%s: %s: %zu more routes are missing\n", config->file,
			config->interface.setup ? "error" : "warning", missing - NEW_ROUTES_NAMED);
	if (socket)
		mnl_socket_close(socket);
	free(routes);
	free(old);
	return !has_failed && (missing == 0 || !config->interface.setup);
}

/* SPDX-License-Identifier: ISC */
/*
 * netlink_query.c - ask the kernel what the network around the device is like
 *
 * The kernel has the answer ready when the request has been sent, so that asking in the event loop does not block it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "daemon/network/netlink_query.h"
#include "daemon/network/network_message.h"

static int found_name(const struct nlmsghdr *message, void *data)
{
	struct nlattr *attribute;

	if (message->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(struct ifinfomsg)) {
		if (mnl_attr_get_type(attribute) == IFLA_IFNAME &&
		    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
			snprintf(data, NETLINK_NAME_MAX, "%s", mnl_attr_get_str(attribute));
	}
	return MNL_CB_OK;
}

void netlink_query_name(struct netlink *netlink, uint32_t index, char *name)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *message = netlink_new_request(netlink, buffer, RTM_GETLINK, NLM_F_ACK);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));

	info->ifi_index = (int)index;
	snprintf(name, NETLINK_NAME_MAX, "interface %u", index);
	if (index == 0)
		snprintf(name, NETLINK_NAME_MAX, "no single interface");
	else
		(void)netlink_transact(netlink, message, found_name, name);
}

/* struct found_route - the first route of an answer */
struct found_route {
	struct kernel_route *route;
	bool is_there;
};

static int found_route(const struct nlmsghdr *message, void *data)
{
	struct found_route *found = data;

	if (message->nlmsg_type == RTM_NEWROUTE && !found->is_there)
		found->is_there = network_read_route(message, found->route);
	return MNL_CB_OK;
}

int netlink_query_route(struct netlink *netlink, const struct route *address, struct kernel_route *route)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *message = netlink_new_request(netlink, buffer, RTM_GETROUTE, NLM_F_ACK);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	struct found_route found = { .route = route };
	uint32_t ipv4 = htonl(address->ipv4.address);
	int error;

	header->rtm_flags = RTM_F_FIB_MATCH | RTM_F_LOOKUP_TABLE;
	if (address->is_ipv6) {
		header->rtm_family = AF_INET6;
		header->rtm_dst_len = 128;
		mnl_attr_put(message, RTA_DST, sizeof(address->ipv6.address.byte), address->ipv6.address.byte);
	} else {
		header->rtm_family = AF_INET;
		header->rtm_dst_len = 32;
		mnl_attr_put(message, RTA_DST, sizeof(ipv4), &ipv4);
	}
	error = netlink_transact(netlink, message, found_route, &found);
	return error || found.is_there ? error : EPROTO;
}

void netlink_query_where(struct netlink *netlink, const struct kernel_route *route, int error, char *text)
{
	char device[NETLINK_NAME_MAX];

	if (error) {
		snprintf(text, NETWORK_TEXT_MAX, "%s", network_describe_error(error));
		return;
	}
	netlink_query_name(netlink, route->device, device);
	network_describe(route, device, text);
}

static int found_forwarding(const struct nlmsghdr *message, void *data)
{
	struct kernel_forwarding forwarding;

	if (message->nlmsg_type == RTM_NEWNETCONF && network_read_forwarding(message, &forwarding))
		*(bool *)data = forwarding.is_on;
	return MNL_CB_OK;
}

int netlink_query_forwarding(struct netlink *netlink, bool is_ipv6, int32_t device, bool *is_on)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *message = netlink_new_request(netlink, buffer, RTM_GETNETCONF, NLM_F_ACK);
	struct netconfmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->ncm_family = is_ipv6 ? AF_INET6 : AF_INET;
	mnl_attr_put_u32(message, NETCONFA_IFINDEX, (uint32_t)device);
	return netlink_transact(netlink, message, found_forwarding, is_on);
}

/* struct listener - whom to tell of addresses */
struct listener {
	void (*callback)(void *data, const struct kernel_address *address);
	void *data;
};

static int found_address(const struct nlmsghdr *message, void *data)
{
	const struct listener *listener = data;
	struct kernel_address address;

	if (message->nlmsg_type == RTM_NEWADDR && network_read_address(message, &address))
		listener->callback(listener->data, &address);
	return MNL_CB_OK;
}

int netlink_query_addresses(struct netlink *netlink, void (*callback)(void *data, const struct kernel_address *address),
			    void *data)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *message = netlink_new_request(netlink, buffer, RTM_GETADDR, NLM_F_DUMP);
	struct rtgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(struct ifaddrmsg));
	struct listener listener = { .callback = callback, .data = data };

	header->rtgen_family = AF_UNSPEC;
	return netlink_transact(netlink, message, found_address, &listener);
}

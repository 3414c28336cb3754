/* SPDX-License-Identifier: ISC */
/*
 * netlink.c - set up the device and its routes by rtnetlink, and watch it
 *
 * Requests are made one at a time while the daemon starts; each is acknowledged by the kernel, and every
 * answer is looked at. ioctls are not used because they need sockets of families that the service unit
 * forbids. The watch is a second, non-blocking socket that joins the link group.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log/log.h"
#include "daemon/network/netlink.h"

#define ANSWER_MAX 16384

/* From linux/if_link.h of newer kernels: IN6_ADDR_GEN_MODE_NONE. */
#define ADDRESS_GENERATION_NONE 1

bool netlink_open(struct netlink *netlink)
{
	netlink->sequence = 0;
	netlink->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (netlink->socket && mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return true;
	log_error("cannot open a netlink socket: %s", strerror(errno));
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	netlink->socket = NULL;
	return false;
}

void netlink_close(struct netlink *netlink)
{
	mnl_socket_close(netlink->socket);
	netlink->socket = NULL;
}

struct nlmsghdr *netlink_new_request(struct netlink *netlink, void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = ++netlink->sequence;
	return message;
}

int netlink_transact(struct netlink *netlink, const struct nlmsghdr *message, netlink_callback *callback, void *data)
{
	_Alignas(struct nlmsghdr) char answer[ANSWER_MAX];
	unsigned int port = mnl_socket_get_portid(netlink->socket);
	ssize_t length;
	int result;

	if (mnl_socket_sendto(netlink->socket, message, message->nlmsg_len) < 0)
		return errno;
	do {
		length = mnl_socket_recvfrom(netlink->socket, answer, sizeof(answer));
		if (length < 0)
			return errno;
		result = mnl_cb_run(answer, (size_t)length, netlink->sequence, port, callback, data);
	} while (result > MNL_CB_STOP);
	return result < 0 ? errno : 0;
}

enum exit_status netlink_status(int error)
{
	return error == EPERM || error == EACCES ? STATUS_PERMISSION : STATUS_FAILURE;
}

static void link_from_message(const struct nlmsghdr *message, struct link *link)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct nlattr *attribute;

	*link = (struct link){ .index = (uint32_t)info->ifi_index, .up = (info->ifi_flags & IFF_UP) != 0 };
	mnl_attr_for_each(attribute, message, sizeof(*info)) {
		if (mnl_attr_get_type(attribute) == IFLA_MTU && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
			link->mtu = mnl_attr_get_u32(attribute);
	}
}

static int found_link(const struct nlmsghdr *message, void *data)
{
	struct link *link = data;

	if (message->nlmsg_type == RTM_NEWLINK)
		link_from_message(message, link);
	return MNL_CB_OK;
}

bool netlink_find_link(struct netlink *netlink, const char *name, struct link *link)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *message = netlink_new_request(netlink, buffer, RTM_GETLINK, NLM_F_ACK);
	int error;

	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	*link = (struct link){ 0 };
	error = netlink_transact(netlink, message, found_link, link);
	if (error && error != ENODEV) {
		log_error("%s: cannot look the device up: %s", name, strerror(error));
		return false;
	}
	return true;
}

/* Without a link-local address the kernel sends no router solicitations and no MLD reports into the device. */
static void put_address_generation(struct nlmsghdr *message)
{
	struct nlattr *families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *ipv6 = mnl_attr_nest_start(message, AF_INET6);

	mnl_attr_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, ADDRESS_GENERATION_NONE);
	mnl_attr_nest_end(message, ipv6);
	mnl_attr_nest_end(message, families);
}

enum exit_status netlink_configure_link(struct netlink *netlink, uint32_t index, const char *name, uint32_t mtu,
					uint32_t queue_length)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	const char *const steps[] = { "set MTU and queue length", "switch link-local addresses off", "bring it up" };
	struct nlmsghdr *message;
	struct ifinfomsg *info;
	unsigned int step;
	int error;

	for (step = 0; step < 3; step++) {
		message = netlink_new_request(netlink, buffer, RTM_NEWLINK, NLM_F_ACK);
		info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
		info->ifi_index = (int)index;
		if (step == 0) {
			mnl_attr_put_u32(message, IFLA_MTU, mtu);
			mnl_attr_put_u32(message, IFLA_TXQLEN, queue_length);
		} else if (step == 1) {
			put_address_generation(message);
		} else {
			info->ifi_flags = IFF_UP;
			info->ifi_change = IFF_UP;
		}
		error = netlink_transact(netlink, message, NULL, NULL);
		if (error) {
			log_error("%s: cannot %s: %s", name, steps[step], strerror(error));
			return netlink_status(error);
		}
	}
	return STATUS_OK;
}

void route_format(const struct route *route, char *text)
{
	struct in_addr ipv4 = { .s_addr = htonl(route->ipv4.address) };
	unsigned int length = route->is_ipv6 ? route->ipv6.length : route->ipv4.length;
	char name[INET6_ADDRSTRLEN];

	if (route->is_ipv6)
		inet_ntop(AF_INET6, route->ipv6.address.byte, name, sizeof(name));
	else
		inet_ntop(AF_INET, &ipv4, name, sizeof(name));
	snprintf(text, ROUTE_TEXT_MAX, "%s/%u", name, length);
}

static void put_destination(struct nlmsghdr *message, const struct route *route)
{
	uint32_t ipv4 = htonl(route->ipv4.address);

	if (route->is_ipv6)
		mnl_attr_put(message, RTA_DST, sizeof(route->ipv6.address.byte), route->ipv6.address.byte);
	else
		mnl_attr_put(message, RTA_DST, sizeof(ipv4), &ipv4);
}

/* struct route_search - does @route of the main table lead to @index */
struct route_search {
	const struct route *route;
	uint32_t index;
	bool found;
};

static bool destination_is(const struct nlattr *attribute, const struct route *route)
{
	uint32_t ipv4 = htonl(route->ipv4.address);

	if (route->is_ipv6)
		return mnl_attr_get_payload_len(attribute) == 16 &&
		       !memcmp(mnl_attr_get_payload(attribute), route->ipv6.address.byte, 16);
	return mnl_attr_get_payload_len(attribute) == 4 && !memcmp(mnl_attr_get_payload(attribute), &ipv4, 4);
}

static int compare_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *kernel = mnl_nlmsg_get_payload(message);
	struct route_search *search = data;
	const struct route *route = search->route;
	struct nlattr *attribute;
	bool destination = false, device = false;

	if (message->nlmsg_type != RTM_NEWROUTE || kernel->rtm_table != RT_TABLE_MAIN ||
	    kernel->rtm_dst_len != (route->is_ipv6 ? route->ipv6.length : route->ipv4.length))
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(*kernel)) {
		if (mnl_attr_get_type(attribute) == RTA_DST)
			destination = destination_is(attribute, route);
		else if (mnl_attr_get_type(attribute) == RTA_OIF && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
			device = mnl_attr_get_u32(attribute) == search->index;
	}
	if (destination && device)
		search->found = true;
	return MNL_CB_OK;
}

static bool route_leads_to(struct netlink *netlink, const struct route *route, uint32_t index)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *message = netlink_new_request(netlink, buffer, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	struct route_search search = { .route = route, .index = index };

	header->rtm_family = route->is_ipv6 ? AF_INET6 : AF_INET;
	return netlink_transact(netlink, message, compare_route, &search) == 0 && search.found;
}

int netlink_add_route(struct netlink *netlink, const struct route *route, uint32_t index)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *message =
		netlink_new_request(netlink, buffer, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	int error;

	header->rtm_family = route->is_ipv6 ? AF_INET6 : AF_INET;
	header->rtm_dst_len = route->is_ipv6 ? route->ipv6.length : route->ipv4.length;
	header->rtm_table = RT_TABLE_MAIN;
	header->rtm_protocol = RTPROT_STATIC;
	header->rtm_scope = route->is_ipv6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	header->rtm_type = RTN_UNICAST;
	put_destination(message, route);
	mnl_attr_put_u32(message, RTA_OIF, index);
	error = netlink_transact(netlink, message, NULL, NULL);
	return error == EEXIST && route_leads_to(netlink, route, index) ? 0 : error;
}

bool link_watch_open(struct link_watch *watch, const struct link *link)
{
	watch->index = link->index;
	watch->up = link->up;
	watch->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (watch->socket && mnl_socket_bind(watch->socket, RTMGRP_LINK, MNL_SOCKET_AUTOPID) == 0)
		return true;
	log_error("cannot watch the device: %s", strerror(errno));
	if (watch->socket)
		mnl_socket_close(watch->socket);
	watch->socket = NULL;
	return false;
}

void link_watch_close(struct link_watch *watch)
{
	mnl_socket_close(watch->socket);
	watch->socket = NULL;
}

int link_watch_fd(const struct link_watch *watch)
{
	return mnl_socket_get_fd(watch->socket);
}

static int link_changed(const struct nlmsghdr *message, void *data)
{
	struct link_watch *watch = data;
	struct link link = { 0 };

	if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
		return MNL_CB_OK;
	link_from_message(message, &link);
	if (link.index != watch->index)
		return MNL_CB_OK;
	if (message->nlmsg_type == RTM_DELLINK) {
		watch->notify(watch->context, LINK_REMOVED);
	} else if (link.up != watch->up) {
		watch->up = link.up;
		watch->notify(watch->context, link.up ? LINK_UP : LINK_DOWN);
	}
	return MNL_CB_OK;
}

/* Notifications were lost: have the present state of the device sent to us once more. */
static void ask_again(const struct link_watch *watch)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;

	message->nlmsg_type = RTM_GETLINK;
	message->nlmsg_flags = NLM_F_REQUEST;
	info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	info->ifi_index = (int)watch->index;
	if (mnl_socket_sendto(watch->socket, message, message->nlmsg_len) < 0)
		log_warning("cannot ask for the state of the device: %s", strerror(errno));
}

void link_watch_read(struct link_watch *watch)
{
	_Alignas(struct nlmsghdr) char messages[ANSWER_MAX];
	bool lost = false;
	ssize_t length;

	while (true) {
		length = mnl_socket_recvfrom(watch->socket, messages, sizeof(messages));
		if (length >= 0) {
			mnl_cb_run(messages, (size_t)length, 0, 0, link_changed, watch);
		} else if (errno == ENOBUFS) {
			lost = true;
		} else if (lost) {
			ask_again(watch); /* not before: the answer needs the room of what was read */
			lost = false;
		} else {
			return;
		}
	}
}

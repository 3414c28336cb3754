/* SPDX-License-Identifier: ISC */
/*
 * network_message.c - what the kernel says of addresses, routes and forwarding
 */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "daemon/network/network_message.h"

/** read_block() - @attribute as an address of a family, or as a block of @length bits; false: it is none */
static bool read_block(const struct nlattr *attribute, bool is_ipv6, uint8_t length, struct route *block)
{
	size_t size = is_ipv6 ? sizeof(block->ipv6.address.byte) : sizeof(block->ipv4.address);

	if (mnl_attr_get_payload_len(attribute) != size || length > 8 * size)
		return false;
	*block = (struct route){ .is_ipv6 = is_ipv6 };
	if (is_ipv6) {
		memcpy(block->ipv6.address.byte, mnl_attr_get_payload(attribute), size);
		block->ipv6.length = length;
	} else {
		memcpy(&block->ipv4.address, mnl_attr_get_payload(attribute), size);
		block->ipv4.address = ntohl(block->ipv4.address);
		block->ipv4.length = length;
	}
	return true;
}

static bool read_host(const struct nlattr *attribute, bool is_ipv6, struct route *host)
{
	return read_block(attribute, is_ipv6, is_ipv6 ? 128 : 32, host);
}

static bool read_number(const struct nlattr *attribute, uint32_t *number)
{
	if (mnl_attr_validate(attribute, MNL_TYPE_U32) < 0)
		return false;
	*number = mnl_attr_get_u32(attribute);
	return true;
}

/** is_ours() - is @message long enough for its header of @size bytes, and is it of a family that matters */
static bool is_ours(const struct nlmsghdr *message, size_t size)
{
	const struct rtgenmsg *family = mnl_nlmsg_get_payload(message);

	return mnl_nlmsg_get_payload_len(message) >= size &&
	       (family->rtgen_family == AF_INET || family->rtgen_family == AF_INET6);
}

bool network_read_address(const struct nlmsghdr *message, struct kernel_address *address)
{
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	bool is_local = false, is_there = false;
	struct nlattr *attribute;

	if (!is_ours(message, sizeof(*header)))
		return false;
	*address = (struct kernel_address){ .device = header->ifa_index };
	/* where both are there, the other one is that of the peer */
	mnl_attr_for_each(attribute, message, sizeof(*header)) {
		uint16_t type = mnl_attr_get_type(attribute);

		if (type != IFA_LOCAL && (type != IFA_ADDRESS || is_local))
			continue;
		is_local = type == IFA_LOCAL;
		is_there = read_host(attribute, header->ifa_family == AF_INET6, &address->address);
	}
	return is_there;
}

bool network_read_route(const struct nlmsghdr *message, struct kernel_route *route)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	bool is_ipv6, is_sound = true;
	struct nlattr *attribute;

	if (!is_ours(message, sizeof(*header)))
		return false;
	is_ipv6 = header->rtm_family == AF_INET6;
	*route = (struct kernel_route){
		.to = { .is_ipv6 = is_ipv6 },
		.table = header->rtm_table,
		.type = header->rtm_type,
		.protocol = header->rtm_protocol,
		.is_cloned = header->rtm_flags & RTM_F_CLONED,
	};
	mnl_attr_for_each(attribute, message, sizeof(*header)) {
		switch (mnl_attr_get_type(attribute)) {
		case RTA_DST:
			is_sound &= read_block(attribute, is_ipv6, header->rtm_dst_len, &route->to);
			break;
		case RTA_TABLE:
			is_sound &= read_number(attribute, &route->table);
			break;
		case RTA_OIF:
			is_sound &= read_number(attribute, &route->device);
			break;
		case RTA_PRIORITY:
			is_sound &= read_number(attribute, &route->metric);
			break;
		case RTA_GATEWAY:
			route->has_gateway = read_host(attribute, is_ipv6, &route->gateway);
			break;
		}
	}
	return is_sound;
}

bool network_read_forwarding(const struct nlmsghdr *message, struct kernel_forwarding *forwarding)
{
	const struct netconfmsg *header = mnl_nlmsg_get_payload(message);
	bool has_device = false, has_value = false;
	struct nlattr *attribute;
	uint32_t number;

	if (!is_ours(message, sizeof(*header)))
		return false;
	*forwarding = (struct kernel_forwarding){ .is_ipv6 = header->ncm_family == AF_INET6 };
	mnl_attr_for_each(attribute, message, MNL_ALIGN(sizeof(*header))) {
		if (!read_number(attribute, &number))
			continue;
		if (mnl_attr_get_type(attribute) == NETCONFA_IFINDEX) {
			forwarding->device = (int32_t)number;
			has_device = true;
		} else if (mnl_attr_get_type(attribute) == NETCONFA_FORWARDING) {
			forwarding->is_on = number != 0;
			has_value = true;
		}
	}
	return has_device && has_value;
}

/* SPDX-License-Identifier: ISC */
/*
 * network_message.h - what the kernel says of addresses, routes and forwarding; pure
 */
#ifndef NAT46_DAEMON_NETWORK_MESSAGE_H
#define NAT46_DAEMON_NETWORK_MESSAGE_H

#include "daemon/network/network.h"

struct nlmsghdr;

/**
 * struct kernel_forwarding - a setting "forwarding"
 * @is_ipv6: family
 * @device: index of the interface, or NETCONFA_IFINDEX_ALL
 * @is_on: does it forward
 */
struct kernel_forwarding {
	bool is_ipv6;
	int32_t device;
	bool is_on;
};

/** network_read_address() - RTM_NEWADDR or RTM_DELADDR; false: of another family, or malformed */
bool network_read_address(const struct nlmsghdr *message, struct kernel_address *address);

/** network_read_route() - RTM_NEWROUTE or RTM_DELROUTE; false: of another family, or malformed */
bool network_read_route(const struct nlmsghdr *message, struct kernel_route *route);

/** network_read_forwarding() - RTM_NEWNETCONF; false: of another family, or of something else */
bool network_read_forwarding(const struct nlmsghdr *message, struct kernel_forwarding *forwarding);

#endif

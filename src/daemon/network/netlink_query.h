/* SPDX-License-Identifier: ISC */
/*
 * netlink_query.h - ask the kernel what the network around the device is like; needs no privilege
 */
#ifndef NAT46_DAEMON_NETLINK_QUERY_H
#define NAT46_DAEMON_NETLINK_QUERY_H

#include "daemon/network/network.h"

/** Room for the name of an interface, or what stands for one, with its NUL. */
#define NETLINK_NAME_MAX 32

/** netlink_query_name() - the name of interface @index into @name, which has room for NETLINK_NAME_MAX bytes */
void netlink_query_name(struct netlink *netlink, uint32_t index, char *name);

/**
 * netlink_query_route() - the route that a packet to an address takes
 * @address: block of one address
 * @route: filled in on success
 *
 * Return: 0, or the error: there is none, or one that says so
 */
int netlink_query_route(struct netlink *netlink, const struct route *address, struct kernel_route *route);

/**
 * netlink_query_where() - where netlink_query_route() has led, and who has set that route, in words
 * @route, @error: what it has found
 * @text: room for NETWORK_TEXT_MAX bytes
 */
void netlink_query_where(struct netlink *netlink, const struct kernel_route *route, int error, char *text);

/**
 * netlink_query_forwarding() - is a setting "forwarding" on
 * @device: index of an interface, or NETCONFA_IFINDEX_ALL
 * @is_on: set on success
 *
 * Return: 0, or the error that the kernel answered with
 */
int netlink_query_forwarding(struct netlink *netlink, bool is_ipv6, int32_t device, bool *is_on);

/** netlink_query_addresses() - call @callback for each address of the box; returns 0, or the error */
int netlink_query_addresses(struct netlink *netlink, void (*callback)(void *data, const struct kernel_address *address),
			    void *data);

#endif

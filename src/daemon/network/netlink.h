/* SPDX-License-Identifier: ISC */
/*
 * netlink.h - set up the device and its routes by rtnetlink, and watch it
 */
#ifndef NAT46_DAEMON_NETLINK_H
#define NAT46_DAEMON_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/exit_status.h"
#include "nat46/address.h"

struct mnl_socket;
struct nlmsghdr;

/**
 * struct link - a network device as the kernel sees it
 * @index: interface index; 0: there is no such device
 * @mtu: maximum transmission unit
 * @up: administratively up
 */
struct link {
	uint32_t index;
	uint32_t mtu;
	bool up;
};

/**
 * struct route - a destination that is to lead into the device
 * @is_ipv6: family
 * @ipv4, @ipv6: destination, according to @is_ipv6
 */
struct route {
	bool is_ipv6;
	struct ipv4_prefix ipv4;
	struct ipv6_prefix ipv6;
};

/** struct netlink - a connection to the kernel for requests */
struct netlink {
	struct mnl_socket *socket;
	uint32_t sequence;
};

/** Room for the text of a route, with its NUL. */
#define ROUTE_TEXT_MAX 64

/** netlink_open() - connect; false, logged, on failure */
bool netlink_open(struct netlink *netlink);

/** netlink_close() - disconnect */
void netlink_close(struct netlink *netlink);

/** Room for a request. */
#define NETLINK_REQUEST_MAX 1024

/** netlink_callback - told of each message of an answer; returns more than 0 to go on */
typedef int netlink_callback(const struct nlmsghdr *message, void *data);

/**
 * netlink_new_request() - begin a request, for netlink_transact()
 * @buffer: room for NETLINK_REQUEST_MAX bytes, aligned for a struct nlmsghdr
 * @type, @flags: of the message; NLM_F_REQUEST is added
 */
struct nlmsghdr *netlink_new_request(struct netlink *netlink, void *buffer, uint16_t type, uint16_t flags);

/**
 * netlink_transact() - send a request that was begun last, and go through the answer
 * @callback, @data: for each message of the answer; NULL: there is nothing to see but the error
 *
 * Return: 0, or the error that the kernel answered with
 */
int netlink_transact(struct netlink *netlink, const struct nlmsghdr *message, netlink_callback *callback, void *data);

/** netlink_status() - the exit status for an error that the kernel answered with */
enum exit_status netlink_status(int error);

/**
 * netlink_find_link() - look a device up; needs no privilege
 * @link: filled in on success; @link->index is 0 if no device has the name
 *
 * Return: false, logged, if the kernel could not be asked
 */
bool netlink_find_link(struct netlink *netlink, const char *name, struct link *link);

/**
 * netlink_configure_link() - set MTU and queue length, silence the kernel's own IPv6 traffic, bring it up
 * @index: interface index
 * @name: for messages
 *
 * Return: STATUS_OK; otherwise, logged, STATUS_PERMISSION or STATUS_FAILURE
 */
enum exit_status netlink_configure_link(struct netlink *netlink, uint32_t index, const char *name, uint32_t mtu,
					uint32_t queue_length);

/**
 * netlink_add_route() - add a route into the device
 * @index: interface index
 *
 * A route that already leads into the device is fine; one that leads elsewhere is never replaced.
 *
 * Return: 0, or the error that the kernel answered with: EEXIST if there is one that leads elsewhere
 */
int netlink_add_route(struct netlink *netlink, const struct route *route, uint32_t index);

/** route_format() - "10.0.0.42/32" or "2001:db8::3/128" into @text with room for ROUTE_TEXT_MAX bytes */
void route_format(const struct route *route, char *text);

/** enum link_event - what happened to a watched device */
enum link_event {
	LINK_DOWN,    /* set down */
	LINK_UP,      /* set up */
	LINK_REMOVED, /* deleted, or moved to another network namespace */
};

/**
 * struct link_watch - notifications about one device
 * @socket: connection to the kernel
 * @index: interface index
 * @up: last known state
 * @notify: called by link_watch_read() for each change
 * @context: first argument of @notify
 */
struct link_watch {
	struct mnl_socket *socket;
	uint32_t index;
	bool up;
	void (*notify)(void *context, enum link_event event);
	void *context;
};

/**
 * link_watch_open() - begin to watch a device; needs no privilege
 * @watch: @notify and @context are set by the caller
 * @link: the device as it is now
 *
 * Return: false, logged, on failure
 */
bool link_watch_open(struct link_watch *watch, const struct link *link);

/** link_watch_close() - end it */
void link_watch_close(struct link_watch *watch);

/** link_watch_fd() - descriptor that becomes readable when there is something to link_watch_read() */
int link_watch_fd(const struct link_watch *watch);

/** link_watch_read() - read all that is there, without blocking, and call @notify for each change */
void link_watch_read(struct link_watch *watch);

#endif

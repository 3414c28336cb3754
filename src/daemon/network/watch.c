/* SPDX-License-Identifier: ISC */
/*
 * watch.c - watch the network around the device while the daemon runs
 *
 * Theory of operation
 *
 * What network.h wants is looked at once when the daemon starts, and again when the kernel tells of a change that may
 * matter; only what is different then is logged. Changes come in bursts (a link that goes down, a routing daemon that
 * starts), so destinations are looked up a moment later, and a few at a time: packets wait for none of this.
 *
 * IPv4 routes vanish without a word when their interface goes down, hence every change of a link counts as one of the
 * routes that are in our way. If notifications were lost, everything is looked at anew.
 *
 * A route of ours that is gone can be added by a process that has the right to, and this one has dropped it. So the
 * daemon ends, and systemd starts it again; not so where somebody else's route is in the way, for that would still be
 * there, nor while the device is down, for somebody wanted that, nor just after the start: if something takes routes
 * away time and again, all connections would end each time.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include "daemon/log/log.h"
#include "daemon/network/device.h"
#include "daemon/network/netlink_query.h"
#include "daemon/network/network_message.h"
#include "daemon/network/watch.h"
#include "nat46/assert.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* What is done before packets get their turn; of messages, those that come together. */
#define LOOK_UPS_MAX 64u

/* Seconds from a change until destinations are looked up, between portions of them, and before a restart mends. */
#define SETTLE_SECONDS 1.0
#define PORTION_SECONDS 0.02
#define MEND_SECONDS 10

#define MESSAGES_MAX 32768

static int64_t monotonic_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* --- forwarding --- */

static void tell_forwarding(const struct watch *watch, bool is_ipv6, bool is_on)
{
	const char *family = is_ipv6 ? "IPv6" : "IPv4";

	if (is_on)
		log_limited(LOG_LEVEL_INFO, "%s forwarding is on again", family);
	else if (is_ipv6)
		log_limited(LOG_LEVEL_WARNING, "IPv6 forwarding is off, so no server is reached: "
					       "set the sysctl net.ipv6.conf.all.forwarding to 1");
	else if (watch->ipv4_all)
		log_limited(LOG_LEVEL_WARNING,
			    "IPv4 forwarding is off for %s, so clients get no answer: "
			    "set the sysctl net.ipv4.conf.%s.forwarding to 1",
			    watch->name, watch->name);
	else
		log_limited(LOG_LEVEL_WARNING, "IPv4 forwarding is off, so no client is served: "
					       "set the sysctl net.ipv4.ip_forward to 1");
}

/* The IPv4 setting of the device where packets come in counts, and ours is one of them. */
static void judge_forwarding(struct watch *watch, bool ipv6)
{
	struct watch_state *state = &watch->state;

	if (!watch->is_told || state->ipv4_forwarding != watch->ipv4_device) {
		state->ipv4_forwarding = watch->ipv4_device;
		if (watch->is_told || !state->ipv4_forwarding)
			tell_forwarding(watch, false, state->ipv4_forwarding);
	}
	if (!watch->is_told || state->ipv6_forwarding != ipv6) {
		state->ipv6_forwarding = ipv6;
		if (watch->is_told || !state->ipv6_forwarding)
			tell_forwarding(watch, true, state->ipv6_forwarding);
	}
	watch->is_told = true;
}

static void query_forwarding(struct watch *watch)
{
	bool ipv6 = true; /* what cannot be asked is not complained of */
	int error;

	watch->ipv4_all = watch->ipv4_device = true;
	error = netlink_query_forwarding(&watch->netlink, false, NETCONFA_IFINDEX_ALL, &watch->ipv4_all);
	if (!error)
		error = netlink_query_forwarding(&watch->netlink, false, (int32_t)watch->device, &watch->ipv4_device);
	if (!error)
		error = netlink_query_forwarding(&watch->netlink, true, NETCONFA_IFINDEX_ALL, &ipv6);
	if (error)
		log_limited(LOG_LEVEL_WARNING, "cannot ask whether the box forwards packets: %s", strerror(error));
	judge_forwarding(watch, ipv6);
}

static bool concerns_forwarding(const struct watch *watch, const struct nlmsghdr *message)
{
	struct kernel_forwarding forwarding;

	return network_read_forwarding(message, &forwarding) &&
	       (forwarding.device == NETCONFA_IFINDEX_ALL || forwarding.device == (int32_t)watch->device);
}

/* --- addresses of ours that are also configured on the box --- */

static size_t find_conflict(const struct watch *watch, const struct kernel_address *address)
{
	size_t i = 0;

	while (i < watch->state.conflicts && (watch->conflicts[i].device != address->device ||
					      !network_same(&watch->conflicts[i].address, &address->address)))
		i++;
	return i;
}

/* Returns false if it is none, or known. */
static bool enter_conflict(struct watch *watch, const struct kernel_address *address)
{
	char whose[NETWORK_TEXT_MAX];

	if (network_conflict(watch->config, &address->address, whose) == CONFLICT_NONE ||
	    find_conflict(watch, address) < watch->state.conflicts || watch->state.conflicts == WATCH_KNOWN)
		return false;
	watch->conflicts[watch->state.conflicts++] = *address;
	return true;
}

/* Returns true if it is so bad that there is no point in starting. */
static bool tell_conflict(struct watch *watch, const struct kernel_address *address)
{
	char whose[NETWORK_TEXT_MAX], device[NETLINK_NAME_MAX], text[ROUTE_TEXT_MAX];
	bool is_bad = network_conflict(watch->config, &address->address, whose) == CONFLICT_WHOLE;

	netlink_query_name(&watch->netlink, address->device, device);
	route_format(&address->address, text);
	log_limited(is_bad && !watch->loop ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
		    "%s of %s is also an address of %s: the box answers itself, and nat46d gets none of its packets; "
		    "remove it from %s",
		    text, whose, device, device);
	return is_bad;
}

static void address_added(struct watch *watch, const struct kernel_address *address)
{
	if (enter_conflict(watch, address))
		(void)tell_conflict(watch, address);
}

static void address_removed(struct watch *watch, const struct kernel_address *address)
{
	size_t found = find_conflict(watch, address);
	char text[ROUTE_TEXT_MAX];

	if (found == watch->state.conflicts)
		return;
	watch->conflicts[found] = watch->conflicts[--watch->state.conflicts];
	route_format(&address->address, text);
	log_limited(LOG_LEVEL_INFO, "%s is no longer an address of the box", text);
}

static void address_listed(void *data, const struct kernel_address *address)
{
	(void)enter_conflict(data, address);
}

/* Returns true if one is so bad that there is no point in starting. */
static bool query_addresses(struct watch *watch)
{
	bool is_bad = false;
	int error;

	watch->state.conflicts = 0;
	error = netlink_query_addresses(&watch->netlink, address_listed, watch);
	if (error)
		log_limited(LOG_LEVEL_WARNING, "cannot ask for the addresses of the box: %s", strerror(error));
	/* not while they are listed: one question at a time */
	for (size_t i = 0; i < watch->state.conflicts; i++)
		is_bad |= tell_conflict(watch, &watch->conflicts[i]);
	return is_bad;
}

/* --- destinations --- */

static void check_after(struct watch *watch, double seconds)
{
	if (!watch->loop || ev_is_active(&watch->check))
		return;
	ev_timer_set(&watch->check, seconds, 0.);
	ev_timer_start(watch->loop, &watch->check);
}

static void all_due(struct watch *watch)
{
	for (size_t i = 0; i < watch->destinations.count; i++)
		watch->destinations.list[i].is_due = true;
	check_after(watch, SETTLE_SECONDS);
}

static void make_due(struct watch *watch, struct destination *destination)
{
	destination->is_due = true;
	check_after(watch, SETTLE_SECONDS);
}

static void tell_way(const struct watch *watch, const struct destination *destination, enum way way,
		     const char *where)
{
	char text[ROUTE_TEXT_MAX];

	route_format(&destination->to, text);
	if (way == WAY_MISSING)
		log_limited(watch->setup ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
			    "there is no route to %s into %s: it leads to %s", text, watch->name, where);
	else if (way == WAY_ELSEWHERE)
		log_limited(LOG_LEVEL_ERROR, "%s does not lead into %s, but to %s: packets to it are lost", text,
			    watch->name, where);
	else if (destination->way != WAY_UNKNOWN)
		log_limited(LOG_LEVEL_INFO, "%s leads into %s again", text, watch->name);
}

/* Returns true if it leads to where it did not before, and that was told. */
static bool look_up(struct watch *watch, struct destination *destination)
{
	struct kernel_route match = { 0 };
	char where[NETWORK_TEXT_MAX];
	int error = netlink_query_route(&watch->netlink, &destination->probe, &match);
	enum way way = network_judge(&destination->to, watch->device, &match, error);
	bool is_told;

	destination->is_due = false;
	if (way == destination->way)
		return false;
	netlink_query_where(&watch->netlink, &match, error, where);
	tell_way(watch, destination, way, where);
	is_told = way != WAY_GOOD || destination->way != WAY_UNKNOWN;
	destination->way = way;
	return is_told;
}

/* @told: how many were told of just now; more than a few are not told one by one. */
static void count_ways(struct watch *watch, size_t told)
{
	watch->state.missing = watch->state.elsewhere = 0;
	for (size_t i = 0; i < watch->destinations.count; i++) {
		watch->state.missing += watch->destinations.list[i].way == WAY_MISSING;
		watch->state.elsewhere += watch->destinations.list[i].way == WAY_ELSEWHERE;
	}
	if (told > LOG_LIMIT_BURST)
		log_limited(LOG_LEVEL_WARNING, "%zu of %zu destinations do not lead into %s",
			    watch->state.missing + watch->state.elsewhere, watch->destinations.count, watch->name);
}

/* That of the prefix first, for not all may be told. Returns false if some are left over. */
static bool look_up_some(struct watch *watch, size_t most)
{
	const struct destinations *all = &watch->destinations;
	bool is_all = true;
	size_t told = 0;

	for (size_t i = 0; i < all->count && is_all; i++) {
		struct destination *destination = &all->list[(all->prefix + i) % all->count];

		if (!destination->is_due)
			continue;
		if (most-- == 0)
			is_all = false;
		else
			told += look_up(watch, destination);
	}
	count_ways(watch, told);
	return is_all;
}

static void mend(struct watch *watch)
{
	if (watch->state.missing == 0 || !watch->setup)
		return;
	if (monotonic_seconds() - watch->started < MEND_SECONDS) {
		all_due(watch); /* perhaps it comes back until then */
		return;
	}
	log_error("ending, to be started again with the right to add the route%s",
		  watch->state.missing == 1 ? "" : "s");
	watch->give_up(watch->context);
}

static void on_check(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct watch *watch = timer->data;

	(void)loop;
	(void)events;
	if (!watch->state.is_up)
		return;
	if (look_up_some(watch, LOOK_UPS_MAX))
		mend(watch);
	else
		check_after(watch, PORTION_SECONDS);
}

/* --- routes to parts of destinations --- */

static size_t find_stray(const struct watch *watch, const struct kernel_route *route)
{
	size_t i = 0;

	while (i < watch->state.strays &&
	       (watch->strays[i].device != route->device || watch->strays[i].metric != route->metric ||
		!network_same(&watch->strays[i].to, &route->to)))
		i++;
	return i;
}

static void stray_added(struct watch *watch, const struct kernel_route *route, const struct route *of)
{
	char part[ROUTE_TEXT_MAX], whole[ROUTE_TEXT_MAX], device[NETLINK_NAME_MAX], where[NETWORK_TEXT_MAX];

	if (find_stray(watch, route) < watch->state.strays || watch->state.strays == WATCH_KNOWN)
		return;
	watch->strays[watch->state.strays++] = *route;
	route_format(&route->to, part);
	route_format(of, whole);
	netlink_query_name(&watch->netlink, route->device, device);
	network_describe(route, device, where);
	log_limited(LOG_LEVEL_WARNING, "%s, a part of %s, does not lead into %s, but to %s", part, whole, watch->name,
		    where);
}

static void stray_removed(struct watch *watch, size_t number)
{
	char part[ROUTE_TEXT_MAX];

	route_format(&watch->strays[number].to, part);
	watch->strays[number] = watch->strays[--watch->state.strays];
	log_limited(LOG_LEVEL_INFO, "the route to %s beside %s is gone", part, watch->name);
}

/** make_changed_due() - look up those for which a route may be a better way, or was */
static void make_changed_due(struct watch *watch, const struct route *route)
{
	struct destinations *all = &watch->destinations;

	for (unsigned int length = 0; length <= network_length(route); length++) {
		struct destination *destination = destinations_covering(all, route, length);

		if (destination && network_covers(route, &destination->probe))
			make_due(watch, destination);
	}
	for (size_t i = destinations_within(all, route); i < all->count; i++) {
		if (!network_covers(route, &all->list[i].to))
			break;
		if (all->list[i].way != WAY_GOOD)
			make_due(watch, &all->list[i]);
	}
}

/** part_of() - the smallest destination a part of which a route leads elsewhere; NULL: none, or it is one itself */
static const struct route *part_of(const struct watch *watch, const struct kernel_route *route)
{
	const struct destination *destination = NULL;
	const struct route *of = NULL;

	for (unsigned int length = 0; length <= network_length(&route->to); length++) {
		destination = destinations_covering(&watch->destinations, &route->to, length);
		if (destination && network_is_stray(watch->config, &destination->to, watch->device, route))
			of = &destination->to;
	}
	return destination ? NULL : of;
}

/* @is_listed: it is no change, but one of all routes. */
static void route_changed(struct watch *watch, const struct kernel_route *route, bool is_added, bool is_listed)
{
	const struct route *of = is_added ? part_of(watch, route) : NULL;
	size_t found = find_stray(watch, route);

	if (!is_listed)
		make_changed_due(watch, &route->to);
	if (!is_added && found < watch->state.strays)
		stray_removed(watch, found);
	else if (of)
		stray_added(watch, route, of);
}

/* An interface went down or away, and its routes with it. */
static void link_changed(struct watch *watch, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	bool is_gone = message->nlmsg_type == RTM_DELLINK || !(info->ifi_flags & IFF_UP);

	if ((uint32_t)info->ifi_index == watch->device)
		return; /* watch_link() */
	for (size_t i = watch->state.strays; is_gone && i-- > 0;)
		if (watch->strays[i].device == (uint32_t)info->ifi_index)
			stray_removed(watch, i);
	for (size_t i = 0; i < watch->destinations.count; i++) {
		if (watch->destinations.list[i].way != WAY_GOOD)
			make_due(watch, &watch->destinations.list[i]);
	}
}

/* Have all routes sent to us: they come in portions, as notifications do. */
static void ask_for_routes(struct watch *watch)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct rtmsg *header;

	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->rtm_family = AF_UNSPEC;
	watch->state.strays = 0;
	/* busy with the last such request: that one will do */
	if (mnl_socket_sendto(watch->socket, message, message->nlmsg_len) < 0 && errno != EBUSY)
		log_limited(LOG_LEVEL_WARNING, "cannot ask for the routes of the box: %s", strerror(errno));
}

/* --- notifications --- */

static void handle(struct watch *watch, const struct nlmsghdr *message)
{
	struct kernel_address address;
	struct kernel_route route;

	switch (message->nlmsg_type) {
	case RTM_NEWADDR:
		if (network_read_address(message, &address))
			address_added(watch, &address);
		break;
	case RTM_DELADDR:
		if (network_read_address(message, &address))
			address_removed(watch, &address);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (network_read_route(message, &route))
			route_changed(watch, &route, message->nlmsg_type == RTM_NEWROUTE,
				      message->nlmsg_flags & NLM_F_MULTI);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		all_due(watch);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		link_changed(watch, message);
		break;
	case RTM_NEWNETCONF:
		if (concerns_forwarding(watch, message))
			query_forwarding(watch);
		break;
	}
}

/* At everything but those destinations that are not due. */
static void look_around(struct watch *watch)
{
	query_forwarding(watch);
	(void)query_addresses(watch);
	ask_for_routes(watch);
	check_after(watch, SETTLE_SECONDS);
}

static void on_notification(struct ev_loop *loop, ev_io *io, int events)
{
	_Alignas(struct nlmsghdr) char messages[MESSAGES_MAX];
	struct watch *watch = io->data;
	const struct nlmsghdr *message;
	ssize_t length;
	int left;

	(void)loop;
	(void)events;
	length = mnl_socket_recvfrom(watch->socket, messages, sizeof(messages));
	if (length < 0) {
		if (errno == ENOBUFS) { /* some were lost */
			all_due(watch);
			look_around(watch);
		}
		return;
	}
	left = (int)length;
	for (message = (const void *)messages; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		handle(watch, message);
}

static bool join(struct watch *watch)
{
	int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
			 RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
			 RTNLGRP_IPV6_RULE, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF };

	watch->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!watch->socket || mnl_socket_bind(watch->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (mnl_socket_setsockopt(watch->socket, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(groups[i])) < 0)
			return false;
	return true;
}

enum exit_status watch_open(struct watch *watch)
{
	if (!netlink_open(&watch->netlink))
		return STATUS_FAILURE;
	watch->started = monotonic_seconds();
	if (!join(watch) || !destinations_make(&watch->destinations, watch->config)) {
		log_error("cannot watch the network: %s", strerror(errno));
		watch_close(watch);
		return STATUS_FAILURE;
	}
	query_forwarding(watch);
	if (query_addresses(watch)) {
		watch_close(watch);
		return STATUS_FAILURE;
	}
	if (watch->state.is_up)
		(void)look_up_some(watch, watch->destinations.count);
	ask_for_routes(watch);
	return STATUS_OK;
}

void watch_start(struct watch *watch, struct ev_loop *loop)
{
	watch->loop = loop;
	ev_io_init(&watch->notification, on_notification, mnl_socket_get_fd(watch->socket), EV_READ);
	watch->notification.data = watch;
	ev_io_start(loop, &watch->notification);
	ev_init(&watch->check, on_check);
	watch->check.data = watch;
}

void watch_configure(struct watch *watch, const struct engine_config *config)
{
	watch->config = config;
	if (!destinations_make(&watch->destinations, watch->config))
		log_error("cannot watch the network for the new configuration: %s", strerror(errno));
	look_around(watch);
}

void watch_link(struct watch *watch, bool is_up)
{
	watch->state.is_up = is_up;
	if (is_up)
		all_due(watch);
}

void watch_close(struct watch *watch)
{
	if (watch->loop) {
		ev_io_stop(watch->loop, &watch->notification);
		ev_timer_stop(watch->loop, &watch->check);
	}
	if (watch->socket)
		mnl_socket_close(watch->socket);
	destinations_free(&watch->destinations);
	netlink_close(&watch->netlink);
}

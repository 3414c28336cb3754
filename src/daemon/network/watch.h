/* SPDX-License-Identifier: ISC */
/*
 * watch.h - watch the network around the device while the daemon runs: routes, addresses, forwarding
 */
#ifndef NAT46_DAEMON_WATCH_H
#define NAT46_DAEMON_WATCH_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/exit_status.h"
#include "daemon/network/destinations.h"
#include "daemon/network/network.h"
#include "daemon/network/watch_state.h"

/** Conflicting addresses, and foreign routes to parts of destinations, that are known at a time. */
#define WATCH_KNOWN 32u

/**
 * struct watch - the watched network
 * @config, @name, @device: configuration, name and index of our device
 * @setup: the routes are ours to add, by a restart
 * @give_up, @context: called, logged, when only a restart can mend it
 * @is_told: has the present state of forwarding been told
 * @started: monotonic seconds when it was
 * @netlink: for questions
 * @socket: for notifications
 * @destinations: what is wanted
 * @conflicts, @strays, @state: what is wrong; their numbers are in @state
 * @ipv4_all, @ipv4_device: what @state->ipv4_forwarding is made of
 * @loop, @notification, @check: event loop and watchers
 */
struct watch {
	const struct engine_config *config;
	const char *name;
	uint32_t device;
	bool setup;
	void (*give_up)(void *context);
	void *context;
	bool is_told;
	int64_t started;
	struct netlink netlink;
	struct mnl_socket *socket;
	struct destinations destinations;
	struct kernel_address conflicts[WATCH_KNOWN];
	struct kernel_route strays[WATCH_KNOWN];
	struct watch_state state;
	bool ipv4_all;
	bool ipv4_device;
	struct ev_loop *loop;
	ev_io notification;
	ev_timer check;
};

/**
 * watch_open() - look at the network as it is, and begin to watch it; needs no privilege
 * @watch: @config, @name, @device, @setup, @state.is_up, @give_up and @context are set, all else is zero
 *
 * What does not fit is logged. An address that is also configured on the box is a failure.
 *
 * Return: STATUS_OK; otherwise, logged, STATUS_FAILURE, and nothing is left open
 */
enum exit_status watch_open(struct watch *watch);

/** watch_start() - go on in an event loop */
void watch_start(struct watch *watch, struct ev_loop *loop);

/**
 * watch_configure() - watch for another configuration from now on; the device is the same
 *
 * What does not fit is logged anew, as when the daemon starts; it is no failure.
 */
void watch_configure(struct watch *watch, const struct engine_config *config);

/** watch_link() - the device was set up, or down or away */
void watch_link(struct watch *watch, bool is_up);

/** watch_close() - end it; before its loop is destroyed, if it was started */
void watch_close(struct watch *watch);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * watch_state.h - what in the network around the device does not fit
 */
#ifndef NAT46_DAEMON_WATCH_STATE_H
#define NAT46_DAEMON_WATCH_STATE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct watch_state - what does not fit, for whoever wants to show it
 * @is_up: is the device up; while it is down, routes are not looked for
 * @ipv4_forwarding, @ipv6_forwarding: does the box forward
 * @conflicts: addresses of ours that are also configured on the box
 * @missing: destinations without their route into the device
 * @elsewhere: destinations that lead elsewhere
 * @strays: routes that lead parts of a destination elsewhere
 */
struct watch_state {
	bool is_up;
	bool ipv4_forwarding;
	bool ipv6_forwarding;
	size_t conflicts;
	size_t missing;
	size_t elsewhere;
	size_t strays;
};

#endif

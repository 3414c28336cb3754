/* SPDX-License-Identifier: ISC */
/*
 * new_routes.h - are the routes there that a new configuration needs
 */
#ifndef NAT46_DAEMON_NEW_ROUTES_H
#define NAT46_DAEMON_NEW_ROUTES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config/config.h"

/** Routes that are named before there are only "N more". */
#define NEW_ROUTES_NAMED 20u

/**
 * new_routes_check() - look for the routes that a configuration needs and the running one does not
 * @config: new configuration
 * @running: the one in force
 * @index: interface index of the device
 * @out: gets a line for each route that is missing: an error if the daemon itself adds routes, which it can do only
 *	when it starts; a warning if others do
 *
 * Needs no privilege, changes nothing, and may be called from any thread.
 *
 * Return: false if there was an error
 */
bool new_routes_check(const struct daemon_config *config, const struct daemon_config *running, uint32_t index,
		      FILE *out);

#endif

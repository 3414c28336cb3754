/* SPDX-License-Identifier: ISC */
/*
 * device.h - the TUN device with everything around it: opened, set up, routed into
 */
#ifndef NAT46_DAEMON_DEVICE_H
#define NAT46_DAEMON_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "daemon/exit_status.h"
#include "daemon/network/netlink.h"
#include "daemon/network/tun.h"

/**
 * device_route() - one of the routes that a configuration needs
 * @config: configuration
 * @number: 0, 1, 2, ... until false is returned
 * @route: filled in if true is returned
 *
 * In this order: prefix, IPv6 side of the clients, IPv4 side of the maps, service addresses, router addresses.
 * Services that share an address lead to the same route several times, one after the other.
 */
bool device_route(const struct engine_config *config, size_t number, struct route *route);

/**
 * device_open() - open the device and, with setting "interface.setup", set it up
 * @tun: filled in on success
 * @link: the device as it is afterwards
 *
 * Without "interface.setup" the device must exist; nothing is changed.
 *
 * Return: STATUS_OK; otherwise, logged, STATUS_PERMISSION or STATUS_FAILURE
 */
enum exit_status device_open(const struct daemon_config *config, struct tun *tun, struct link *link);

#endif

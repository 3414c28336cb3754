/* SPDX-License-Identifier: ISC */
/*
 * control_socket.h - the socket of nat46ctl: where it is, and who may use it
 */
#ifndef NAT46_DAEMON_CONTROL_SOCKET_H
#define NAT46_DAEMON_CONTROL_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/privileges.h"

/**
 * control_socket_open() - listen at a path, before the privileges are dropped
 * @path: path of the socket; the last folder in it is made if it is missing
 * @privileges: whom the daemon will become: its group may use the socket
 * @level: how a failure is logged
 *
 * What a daemon that is dead has left there is replaced. What somebody listens at, or is no socket, is a failure.
 *
 * Return: descriptor, non-blocking; -1, logged, on failure
 */
int control_socket_open(const char *path, const struct privileges *privileges, enum log_level level);

/** control_socket_allows() - may the peer of a connection ask: root, the daemon's user, and members of its group */
bool control_socket_allows(int connection);

/** control_socket_peer() - the user who asks; if the kernel does not say it, nobody: -1 */
uid_t control_socket_peer(int connection);

#endif

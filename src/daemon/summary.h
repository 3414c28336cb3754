/* SPDX-License-Identifier: ISC */
/*
 * summary.h - a configuration in one line, for the start of the daemon
 */
#ifndef NAT46_DAEMON_SUMMARY_H
#define NAT46_DAEMON_SUMMARY_H

#include "config/config.h"

/** Room for summary_format(), with its NUL. */
#define SUMMARY_MAX 512u

/**
 * summary_format() - file, and how much of everything is in it
 * @line: room for SUMMARY_MAX bytes; a very long name of the file is cut
 *
 * Rules that several ports of a service share count once. A server is an address.
 */
void summary_format(const struct daemon_config *config, char *line);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * difference.h - a new configuration beside the one that is in force
 */
#ifndef NAT46_CONFIG_DIFFERENCE_H
#define NAT46_CONFIG_DIFFERENCE_H

#include <stdio.h>

#include "config/daemon_config.h"

/** Names that stand in a line of config_print_difference() before it ends in "...". */
#define DIFFERENCE_NAMES 5u

/**
 * config_keep() - give a configuration those values that cannot change without a restart
 * @config: new configuration, not in use yet
 * @running: the one in force
 * @out: gets a line for each that differs: "FILE:LINE: warning: restart required for PATH = NEW, OLD stays in force"
 */
void config_keep(struct daemon_config *config, const struct daemon_config *running, FILE *out);

/**
 * config_print_difference() - what a configuration changes
 * @config: new configuration
 * @running: the one in force
 * @out: gets one line for what was added, removed and changed of each kind: "rules: 2 added: web: host \"a\", ..."
 *
 * Rules are told of where their service is in both.
 */
void config_print_difference(const struct daemon_config *config, const struct daemon_config *running, FILE *out);

#endif

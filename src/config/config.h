/* SPDX-License-Identifier: ISC */
/*
 * config.h - the configuration file as one immutable, completely checked object
 */
#ifndef NAT46_CONFIG_CONFIG_H
#define NAT46_CONFIG_CONFIG_H

#include <stdio.h>

#include "config/daemon_config.h"

/**
 * config_load() - parse and check the file @path completely; needs no privilege and touches nothing
 * @errors: every error is printed here as "FILE:LINE: error: text", file by file and line by line
 *
 * Return: configuration, to be released by config_free(); NULL if there was any error
 */
struct daemon_config *config_load(const char *path, FILE *errors);

/** config_parse_string() - the same for a text in memory called @name, which cannot include files */
struct daemon_config *config_parse_string(const char *name, const char *text, FILE *errors);

/** config_free() - release a configuration; NULL is allowed */
void config_free(struct daemon_config *config);

/** config_print() - print the effective configuration, defaults included, in the syntax of the file */
void config_print(const struct daemon_config *config, FILE *out);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * config.h - the configuration file as one immutable, completely checked object
 */
#ifndef NAT46_CONFIG_CONFIG_H
#define NAT46_CONFIG_CONFIG_H

#include <stdio.h>

#include "config/daemon_config.h"

/**
 * config_load() - read and check a file completely; needs no privilege and touches nothing
 * @name: path of the file
 * @text: NULL; or what it says, which is then not read, and cannot include files
 * @errors: every error is printed here as "FILE:LINE: error: text", file by file and line by line; and what
 *	is right but probably not meant as "FILE:LINE: warning: text", most of it only if there is no error
 *
 * Return: configuration, to be released by config_free(); NULL if there was any error
 */
struct daemon_config *config_load(const char *name, const char *text, FILE *errors);

/** config_unreadable() - a file of a configuration that cannot be read any more, with errno; NULL: all can */
const char *config_unreadable(const struct daemon_config *config);

/** config_free() - release a configuration; NULL is allowed */
void config_free(struct daemon_config *config);

/** config_print() - print the effective configuration, defaults included, in the syntax of the file */
void config_print(const struct daemon_config *config, FILE *out);

#endif

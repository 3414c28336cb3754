/* SPDX-License-Identifier: ISC */
/*
 * config.h - the configuration file as one immutable, completely checked object
 */
#ifndef NAT46_CONFIG_CONFIG_H
#define NAT46_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "config/log_level.h"
#include "nat46/service.h"

/** struct daemon_config - everything that nat46d.conf(5) says */
struct daemon_config {
	struct engine_config engine; /* what the core reads */
	struct {
		const char *name;
		unsigned int mtu, txqueuelen;
		bool offload, setup;
	} interface;
	const char *user, *group;             /* whom the daemon becomes when it starts as root, */
	const char *user_place, *group_place; /* and where the file says so, "FILE:LINE"; NULL: it does not */
	enum log_level log_level;
	bool log_sessions; /* one line when a connection is bound, and one when it ends */
	const char *file;
	struct config_t *tree;       /* what libconfig has read, and all defaults; strings point into it */
	struct config_piece *memory; /* everything else that this points to */
};

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

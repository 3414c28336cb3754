/* SPDX-License-Identifier: ISC */
/*
 * config.h - the configuration file as one immutable, completely checked object
 */
#ifndef NAT46_CONFIG_CONFIG_H
#define NAT46_CONFIG_CONFIG_H

#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>

#include "config/log_level.h"
#include "nat46/service.h"

struct config_pool;

/**
 * struct daemon_config - everything that nat46d.conf(5) says
 * @engine: what the core reads
 * @interface: the TUN device
 * @user, @group: whom the daemon becomes when it starts as root
 * @log_level: highest level that is logged
 * @log_sessions: log one line when a connection is bound and one when it ends
 * @pool: memory of all this, for config_free()
 */
struct daemon_config {
	struct engine_config engine;
	struct {
		char name[IFNAMSIZ];
		unsigned int mtu;
		unsigned int txqueuelen;
		bool offload;
		bool setup;
	} interface;
	const char *user;
	const char *group;
	enum log_level log_level;
	bool log_sessions;
	struct config_pool *pool;
};

/**
 * config_load() - parse and check a configuration file completely
 * @path: file to read
 * @errors: every error is printed here as "FILE:LINE: error: text", in the order of the file
 *
 * Needs no privilege and touches nothing.
 *
 * Return: configuration, to be released by config_free(); NULL if there was any error
 */
struct daemon_config *config_load(const char *path, FILE *errors);

/**
 * config_parse_string() - the same for a text in memory, which cannot include files
 * @name: what to call it in errors
 * @text: the configuration, NUL-terminated
 * @errors: as with config_load()
 */
struct daemon_config *config_parse_string(const char *name, const char *text, FILE *errors);

/** config_free() - release a configuration; NULL is allowed */
void config_free(struct daemon_config *config);

/** config_print() - print the effective configuration, defaults included, in the syntax of the file */
void config_print(const struct daemon_config *config, FILE *out);

#endif

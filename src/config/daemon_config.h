/* SPDX-License-Identifier: ISC */
/*
 * daemon_config.h - what the configuration file becomes
 */
#ifndef NAT46_CONFIG_DAEMON_CONFIG_H
#define NAT46_CONFIG_DAEMON_CONFIG_H

#include "config/log_level.h"
#include "nat46/engine_config.h"

/** struct daemon_config - everything that nat46d.conf(5) says */
struct daemon_config {
	struct engine_config engine; /* what the core reads */
	struct {
		const char *name;
		unsigned int mtu, txqueuelen;
		bool offload, setup;
	} interface;
	bool wkpf_strict;                     /* only global IPv4 addresses in the well-known prefix 64:ff9b::/96 */
	const char *user, *group;             /* whom the daemon becomes when it starts as root, */
	const char *user_place, *group_place; /* and where the file says so, "FILE:LINE"; NULL: it does not */
	const char *control, *control_place;  /* path of the control socket, "": none, and where the file says so */
	enum log_level log_level;
	enum log_format log_format;
	bool log_sessions; /* one line when a connection is bound, and one when it ends */
	const char *file;
	const struct part *parts; /* which file a line of the tree comes from: build_part() */
	struct config_t *tree;       /* what libconfig has read, and all defaults; strings point into it */
	struct config_piece *memory; /* everything else that this points to */
};

#endif

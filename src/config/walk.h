/* SPDX-License-Identifier: ISC */
/*
 * walk.h - the effective configuration, setting by setting
 *
 * config_print() writes it all at once; a walk stops wherever its caller wants, for a file may name 100,000 hosts.
 */
#ifndef NAT46_CONFIG_WALK_H
#define NAT46_CONFIG_WALK_H

#include "config/daemon_config.h"

/** Groups, lists and arrays in one another, the file itself included: a host of a rule of a service, and room. */
#define CONFIG_DEPTH_MAX 12u

/** struct config_walk - a place in the tree; all zero is in front of its first setting */
struct config_walk {
	unsigned int depth;
	unsigned int next[CONFIG_DEPTH_MAX]; /* on each level the number of the next setting */
};

enum config_step_kind {
	CONFIG_STEP_OPEN,  /* a group, list or array begins */
	CONFIG_STEP_CLOSE, /* it ends */
	CONFIG_STEP_TEXT,
	CONFIG_STEP_NUMBER,
	CONFIG_STEP_FRACTION,
	CONFIG_STEP_BOOLEAN,
	CONFIG_STEP_END, /* of everything */
};

/**
 * struct config_step - what is next
 * @kind: what it is
 * @name: its name, also of what ends; NULL in lists and arrays
 * @bracket: with OPEN and CLOSE: one of { } [ ] ( )
 * @text, @number, @fraction: the value, by kind; of a boolean @number
 * @depth: of the groups around it
 * @is_first: no setting stands before it in the same group
 */
struct config_step {
	enum config_step_kind kind;
	const char *name;
	char bracket;
	const char *text;
	long long number;
	double fraction;
	unsigned int depth;
	bool is_first;
};

/** config_step() - take the next step of a walk; CONFIG_STEP_END for ever behind the last one */
struct config_step config_step(const struct daemon_config *config, struct config_walk *walk);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * privileges.h - run with no privilege at all, and prove it
 */
#ifndef NAT46_DAEMON_PRIVILEGES_H
#define NAT46_DAEMON_PRIVILEGES_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "config/config.h"

/**
 * struct privileges - who the daemon has to be after the drop
 * @root: started as root: user, groups and the bounding set have to change, too
 * @uid, @gid: the target
 */
struct privileges {
	bool root;
	uid_t uid;
	gid_t gid;
};

/**
 * privileges_check_accounts() - would privileges_resolve() accept the user and the group
 * @config: configuration
 * @out: gets an error for each that the file names, and a warning for each that is only the default
 *
 * Return: false if there was an error
 */
bool privileges_check_accounts(const struct daemon_config *config, FILE *out);

/**
 * privileges_begin() - what is done before anything else: private files, no inherited descriptors, no new
 * privileges by execve()
 *
 * Return: false, logged, if the kernel refuses
 */
bool privileges_begin(void);

/**
 * privileges_resolve() - find out whom to become
 * @privileges: filled in
 * @user, @group: settings of the configuration; only looked at when started as root
 *
 * Return: false, logged, if the user or group does not exist or is root itself
 */
bool privileges_resolve(struct privileges *privileges, const char *user, const char *group);

/**
 * privileges_drop() - give up every privilege, then ask the kernel whether that is true
 * @privileges: result of privileges_resolve()
 *
 * Return: false, logged, if anything failed or could not be proven. The process must end then.
 */
bool privileges_drop(const struct privileges *privileges);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * privileges.c - run with no privilege at all, and prove it
 *
 * Theory of operation
 *
 * The daemon needs CAP_NET_ADMIN to make and set up its device, and nothing afterwards: the descriptor of
 * the device stays valid. It may be started in three ways:
 *
 *	as root		changes to the configured user and group, drops supplementary groups, all
 *			capabilities and the bounding set
 *	ambient		some user with CAP_NET_ADMIN (systemd's AmbientCapabilities): drops all capabilities.
 *			The bounding set needs CAP_SETPCAP to change, and remains; with no_new_privs and
 *			no capability it cannot give anything back.
 *	unprivileged	some user who owns an existing device: nothing to drop
 *
 * Order, with main.c:
 *
 *	1. privileges_begin(): umask, descriptors, no_new_privs
 *	2. the configuration is read and checked
 *	3. privileges_resolve(): names to numbers while NSS can still be asked
 *	4. device, addresses, routes, memory
 *	5. privileges_drop(): drop; then the proof; then not dumpable
 *	6. READY=1
 *
 * The proof asks the kernel directly and not the library that did the dropping. It is the same after each
 * kind of start. What is not proven ends the process (exit status 4); it never goes on with a warning.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/log/log.h"
#include "daemon/privileges.h"

/* A device or netlink socket that became descriptor 2 would receive log lines. */
static bool populate_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

bool privileges_begin(void)
{
	umask(077);
	if (!populate_standard_descriptors()) {
		log_error("cannot open /dev/null: %s", strerror(errno));
		return false;
	}
	/* Nothing is passed to us by descriptor. Kernels before 5.9 lack the call; the descriptors stay then. */
	syscall(SYS_close_range, STDERR_FILENO + 1u, UINT_MAX, 0u);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1ul, 0ul, 0ul, 0ul) != 0) {
		log_error("cannot set no_new_privs: %s", strerror(errno));
		return false;
	}
	return true;
}

/* @number: of the account, or NULL. A default is no error: what is tested may not be installed yet. */
static bool check_account(const struct daemon_config *config, const char *setting, const char *name,
			  const char *place, const unsigned int *number, FILE *out)
{
	if (number && *number != 0)
		return true;
	fprintf(out, "%s: %s: ", place ? place : config->file, place ? "error" : "warning");
	if (number)
		fprintf(out, "\"%s\" must not be root\n", setting);
	else
		fprintf(out, "%s \"%s\" does not exist; create it (systemd-sysusers does) or set \"%s\"\n", setting,
			name, setting);
	return place == NULL;
}

bool privileges_check_accounts(const struct daemon_config *config, FILE *out)
{
	const struct passwd *account = getpwnam(config->user);
	const struct group *members = getgrnam(config->group);
	bool user = check_account(config, "user", config->user, config->user_place,
				  account ? &account->pw_uid : NULL, out);
	bool group = check_account(config, "group", config->group, config->group_place,
				   members ? &members->gr_gid : NULL, out);

	return user && group;
}

bool privileges_resolve(struct privileges *privileges, const char *user, const char *group)
{
	const struct passwd *account;
	const struct group *members;

	*privileges = (struct privileges){ .root = geteuid() == 0, .uid = geteuid(), .gid = getegid() };
	if (!privileges->root)
		return true;
	account = getpwnam(user);
	if (!account) {
		log_error("user \"%s\" does not exist; create it (systemd-sysusers does) or set \"user\"", user);
		return false;
	}
	members = getgrnam(group);
	if (!members) {
		log_error("group \"%s\" does not exist; create it (systemd-sysusers does) or set \"group\"",
			  group);
		return false;
	}
	privileges->uid = account->pw_uid;
	privileges->gid = members->gr_gid;
	if (privileges->uid == 0 || privileges->gid == 0) {
		log_error("\"user\" and \"group\" must not be root");
		return false;
	}
	return true;
}

static bool drop(const struct privileges *privileges)
{
	const capng_flags_t flags = CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT;
	int result;

	capng_clear(CAPNG_SELECT_ALL);
	if (privileges->root) {
		result = capng_change_id((int)privileges->uid, (int)privileges->gid, flags);
		if (result != 0)
			log_error("cannot change user, groups and capabilities: capng_change_id: %d", result);
	} else {
		result = capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
		if (result != 0)
			log_error("cannot drop capabilities: capng_apply: %d", result);
	}
	return result == 0;
}

/* Ask for each capability that the kernel knows; it refuses the first number beyond. */
static bool bounding_set_is_empty(void)
{
	unsigned long capability;
	int member;

	for (capability = 0;; capability++) {
		member = prctl(PR_CAPBSET_READ, capability, 0ul, 0ul, 0ul);
		if (member != 0)
			return member < 0 && capability > CAP_NET_ADMIN;
	}
}

static bool ambient_set_is_empty(void)
{
	unsigned long capability;
	int member;

	for (capability = 0;; capability++) {
		member = prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_IS_SET, capability, 0ul, 0ul);
		if (member != 0)
			return member < 0 && capability > CAP_NET_ADMIN;
	}
}

static bool process_sets_are_empty(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	uint32_t any = 0;
	size_t i;

	memset(data, 0xff, sizeof(data));
	if (syscall(SYS_capget, &header, data) != 0)
		return false;
	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		any |= data[i].effective | data[i].permitted | data[i].inheritable;
	return any == 0;
}

static bool ids_are(uid_t uid, gid_t gid)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) != 0 || getresgid(&rgid, &egid, &sgid) != 0)
		return false;
	return ruid == uid && euid == uid && suid == uid && rgid == gid && egid == gid && sgid == gid;
}

/* The first thing that is not as it has to be, or NULL. */
static const char *unproven(const struct privileges *privileges)
{
	if (!process_sets_are_empty())
		return "a capability is left";
	if (!ambient_set_is_empty())
		return "an ambient capability is left";
	if (privileges->root && !bounding_set_is_empty())
		return "the capability bounding set is not empty";
	if (!ids_are(privileges->uid, privileges->gid))
		return "the real, effective and saved user and group are not all the service user's";
	if (privileges->root && getgroups(0, NULL) != 0)
		return "a supplementary group is left";
	if (setuid(0) == 0)
		return "setuid(0) succeeded";
	if (prctl(PR_GET_NO_NEW_PRIVS, 0ul, 0ul, 0ul, 0ul) != 1)
		return "no_new_privs is not set";
	return NULL;
}

bool privileges_drop(const struct privileges *privileges)
{
	const char *what;

	if (!drop(privileges))
		return false;
	what = unproven(privileges);
	if (what) {
		log_error("refusing to run, privileges are not provably dropped: %s", what);
		return false;
	}
	if (prctl(PR_SET_DUMPABLE, 0ul, 0ul, 0ul, 0ul) != 0) {
		log_error("cannot become undumpable: %s", strerror(errno));
		return false;
	}
	log_info("privileges dropped and proven: uid=%u gid=%u, no capability", (unsigned int)privileges->uid,
		 (unsigned int)privileges->gid);
	return true;
}

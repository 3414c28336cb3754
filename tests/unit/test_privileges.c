/* SPDX-License-Identifier: ISC */
/*
 * test_privileges.c - whatever fails or cannot be proven when privileges are dropped ends in a refusal
 *
 * The calls are replaced by ones that answer from a table (--wrap): a drop that works, and then every way
 * in which one of them fails or lies.
 */
#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/privileges.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define LAST_CAPABILITY 40
#define USER 990
#define GROUP 991

/* struct answers - how the answers of the replaced calls differ from those after a drop that worked */
struct answers {
	const char *what;
	int change_id, apply;
	int bounding, ambient; /* one more than a capability that is still set */
	bool bounding_unreadable, ambient_unreadable;
	uint32_t effective, permitted, inheritable;
	int capget;
	bool ruid_is_root, euid_is_root, suid_is_root;
	bool rgid_is_root, egid_is_root, sgid_is_root;
	int getresuid, getresgid;
	int groups;
	bool setuid_succeeds;
	bool new_privileges_possible;
	int dumpable;
};

static struct answers answers;
static int flags_wanted;
static int sets_applied;
static bool made_undumpable;

void __wrap_capng_clear(capng_select_t set);
int __wrap_capng_change_id(int uid, int gid, capng_flags_t flags);
int __wrap_capng_apply(capng_select_t set);
int __wrap_prctl(int option, ...);
long __wrap_syscall(long number, ...);
int __wrap_getresuid(uid_t *ruid, uid_t *euid, uid_t *suid);
int __wrap_getresgid(gid_t *rgid, gid_t *egid, gid_t *sgid);
int __wrap_getgroups(int size, gid_t *list);
int __wrap_setuid(uid_t uid);

void __wrap_capng_clear(capng_select_t set)
{
	assert_int_equal(set, CAPNG_SELECT_ALL);
}

int __wrap_capng_change_id(int uid, int gid, capng_flags_t flags)
{
	assert_int_equal(uid, USER);
	assert_int_equal(gid, GROUP);
	flags_wanted = (int)flags;
	return answers.change_id;
}

int __wrap_capng_apply(capng_select_t set)
{
	sets_applied = (int)set;
	return answers.apply;
}

static int capability_is_set(unsigned long capability, int set, bool unreadable)
{
	if (unreadable || capability > LAST_CAPABILITY) {
		errno = EINVAL;
		return -1;
	}
	return capability + 1 == (unsigned long)set;
}

int __wrap_prctl(int option, ...)
{
	unsigned long second, third;
	va_list arguments;

	va_start(arguments, option);
	second = va_arg(arguments, unsigned long);
	third = va_arg(arguments, unsigned long);
	va_end(arguments);
	switch (option) {
	case PR_CAPBSET_READ:
		return capability_is_set(second, answers.bounding, answers.bounding_unreadable);
	case PR_CAP_AMBIENT:
		assert_int_equal(second, PR_CAP_AMBIENT_IS_SET);
		return capability_is_set(third, answers.ambient, answers.ambient_unreadable);
	case PR_GET_NO_NEW_PRIVS:
		return answers.new_privileges_possible ? 0 : 1;
	case PR_SET_DUMPABLE:
		assert_int_equal(second, 0);
		made_undumpable = true;
		return answers.dumpable;
	default:
		fail_msg("unexpected prctl(%d)", option);
		return -1;
	}
}

long __wrap_syscall(long number, ...)
{
	struct __user_cap_data_struct *data;
	va_list arguments;

	assert_int_equal(number, SYS_capget);
	va_start(arguments, number);
	(void)va_arg(arguments, void *);
	data = va_arg(arguments, struct __user_cap_data_struct *);
	va_end(arguments);
	if (answers.capget != 0)
		return -1;
	memset(data, 0, 2 * sizeof(*data));
	data[0].effective = answers.effective;
	data[0].permitted = answers.permitted;
	data[1].inheritable = answers.inheritable;
	return 0;
}

int __wrap_getresuid(uid_t *ruid, uid_t *euid, uid_t *suid)
{
	*ruid = answers.ruid_is_root ? 0 : USER;
	*euid = answers.euid_is_root ? 0 : USER;
	*suid = answers.suid_is_root ? 0 : USER;
	return answers.getresuid;
}

int __wrap_getresgid(gid_t *rgid, gid_t *egid, gid_t *sgid)
{
	*rgid = answers.rgid_is_root ? 0 : GROUP;
	*egid = answers.egid_is_root ? 0 : GROUP;
	*sgid = answers.sgid_is_root ? 0 : GROUP;
	return answers.getresgid;
}

int __wrap_getgroups(int size, gid_t *list)
{
	assert_int_equal(size, 0);
	assert_null(list);
	return answers.groups;
}

int __wrap_setuid(uid_t uid)
{
	assert_int_equal(uid, 0);
	return answers.setuid_succeeds ? 0 : -1;
}

static bool drop_as(bool root, const struct answers *with)
{
	const struct privileges privileges = { .root = root, .uid = USER, .gid = GROUP };

	answers = *with;
	flags_wanted = sets_applied = 0;
	made_undumpable = false;
	return privileges_drop(&privileges);
}

static void test_success(void **state)
{
	const struct answers good = { 0 };
	const struct answers as_ambient_start = { .bounding = CAP_NET_ADMIN + 1, .groups = 3 };

	(void)state;
	assert_true(drop_as(true, &good));
	assert_int_equal(flags_wanted, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
	assert_true(made_undumpable);
	assert_true(drop_as(false, &as_ambient_start));
	assert_int_equal(sets_applied, CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
	assert_true(made_undumpable);
}

/* Refused after every kind of start. */
static const struct answers always_refused[] = {
	{ .what = "effective capability", .effective = 1u << CAP_NET_ADMIN },
	{ .what = "permitted capability", .permitted = 1u << CAP_NET_ADMIN },
	{ .what = "inheritable capability of the upper half", .inheritable = 1 },
	{ .what = "capabilities cannot be read", .capget = -1 },
	{ .what = "first ambient capability", .ambient = 1 },
	{ .what = "last ambient capability", .ambient = LAST_CAPABILITY + 1 },
	{ .what = "ambient set cannot be read", .ambient_unreadable = true },
	{ .what = "real user", .ruid_is_root = true },
	{ .what = "effective user", .euid_is_root = true },
	{ .what = "saved user", .suid_is_root = true },
	{ .what = "real group", .rgid_is_root = true },
	{ .what = "effective group", .egid_is_root = true },
	{ .what = "saved group", .sgid_is_root = true },
	{ .what = "users cannot be read", .getresuid = -1 },
	{ .what = "groups cannot be read", .getresgid = -1 },
	{ .what = "setuid(0) succeeds", .setuid_succeeds = true },
	{ .what = "no_new_privs is not set", .new_privileges_possible = true },
	{ .what = "stays dumpable", .dumpable = -1 },
};

/* Refused after a start as root only. */
static const struct answers refused_as_root[] = {
	{ .what = "capng_change_id: keep capabilities", .change_id = -2 },
	{ .what = "capng_change_id: groups", .change_id = -5 },
	{ .what = "capng_change_id: bounding set", .change_id = -8 },
	{ .what = "first of the bounding set", .bounding = 1 },
	{ .what = "last of the bounding set", .bounding = LAST_CAPABILITY + 1 },
	{ .what = "bounding set cannot be read", .bounding_unreadable = true },
	{ .what = "a supplementary group", .groups = 1 },
	{ .what = "supplementary groups cannot be read", .groups = -1 },
};

static void test_refused(void **state)
{
	const struct answers apply_fails = { .apply = -5 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(always_refused); i++)
		if (drop_as(true, &always_refused[i]) || drop_as(false, &always_refused[i]))
			fail_msg("accepted: %s", always_refused[i].what);
	for (i = 0; i < ARRAY_SIZE(refused_as_root); i++)
		if (drop_as(true, &refused_as_root[i]))
			fail_msg("accepted: %s", refused_as_root[i].what);
	assert_false(drop_as(false, &apply_fails));
}

/** check_accounts() - the result, and what was printed, of an account that exists or not */
static bool check_accounts(const char *group, const char *place, char *printed, size_t size)
{
	const struct daemon_config config = {
		.file = "f", .user = "daemon", .user_place = "f:1", .group = group, .group_place = place
	};
	FILE *out = fmemopen(printed, size, "w");
	bool right;

	assert_non_null(out);
	right = privileges_check_accounts(&config, out);
	fclose(out);
	return right;
}

static void test_accounts(void **state)
{
	static const char error[] = "f:2: error: group \"no-such\" does not exist;";
	static const char warning[] = "f: warning: group \"no-such\" does not exist;";
	char printed[256] = "";

	(void)state;
	assert_true(check_accounts("daemon", "f:2", printed, sizeof(printed)));
	assert_string_equal(printed, "");
	assert_false(check_accounts("root", "f:2", printed, sizeof(printed)));
	assert_string_equal(printed, "f:2: error: \"group\" must not be root\n");
	assert_false(check_accounts("no-such", "f:2", printed, sizeof(printed)));
	assert_memory_equal(printed, error, strlen(error));
	assert_true(check_accounts("no-such", NULL, printed, sizeof(printed)));
	assert_memory_equal(printed, warning, strlen(warning));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_accounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * control_socket.c - the socket of nat46ctl: where it is, and who may use it
 *
 * Theory of operation
 *
 * The socket has mode 0660 and the group of the daemon from its first moment on: the umask sees to that, for there is
 * no way to change the mode of a path without following a link that somebody may have put there. Its folder, too,
 * belongs to the daemon's user, who has to remove the socket in the end.
 *
 * Permissions of files can be changed, so the kernel is asked once more who is connected.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/control/control_socket.h"
#include "daemon/log/log.h"

/* Connections that wait to be accepted. */
#define BACKLOG 16

/* Groups of a peer that are looked at. */
#define GROUPS_MAX 1024u

/** make_folder() - make the last folder in a path, if it is missing and this is root */
static void make_folder(const char *path, const struct privileges *privileges)
{
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	size_t length = (size_t)(strrchr(path, '/') - path);
	mode_t mask;

	if (length == 0 || !privileges->root)
		return;
	memcpy(folder, path, length);
	folder[length] = '\0';
	mask = umask(027);
	/* what goes wrong here bind() says better */
	if (mkdir(folder, 0750) == 0)
		(void)!lchown(folder, privileges->uid, privileges->gid);
	umask(mask);
}

/** remove_stale() - remove the socket of a daemon that is dead; false: there is another thing, or a live one */
static bool remove_stale(const struct sockaddr_un *address, enum log_level level)
{
	struct stat status;
	int probe, error;

	if (lstat(address->sun_path, &status) != 0)
		return true;
	if (!S_ISSOCK(status.st_mode)) {
		log_line(level, "control socket %s: there is something else, which is no socket", address->sun_path);
		return false;
	}
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	error = probe >= 0 && connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	if (probe >= 0)
		close(probe);
	if (error != ECONNREFUSED) {
		log_line(level, "control socket %s: another daemon listens there%s%s", address->sun_path,
			 error ? ", or something else is wrong: " : "", error ? strerror(error) : "");
		return false;
	}
	log_info("control socket %s: replacing that of a daemon that is gone", address->sun_path);
	return unlink(address->sun_path) == 0 || errno == ENOENT;
}

int control_socket_open(const char *path, const struct privileges *privileges, enum log_level level)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, result;

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	make_folder(path, privileges);
	if (!remove_stale(&address, level))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		log_line(level, "control socket: %s", strerror(errno));
		return -1;
	}
	mask = umask(0117);
	result = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (result == 0 && privileges->root)
		result = lchown(path, privileges->uid, privileges->gid);
	if (result == 0)
		result = listen(fd, BACKLOG);
	if (result == 0)
		return fd;
	log_line(level, "control socket %s: %s", path, strerror(errno));
	close(fd);
	return -1;
}

/** is_member() - is a peer a member of a group, besides its first one */
static bool is_member(int connection, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t length = sizeof(groups);

	if (getsockopt(connection, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0)
		return false;
	for (size_t i = 0; i < length / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

/** get_peer() - who is connected */
static bool get_peer(int connection, struct ucred *peer)
{
	socklen_t length = sizeof(*peer);

	return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, peer, &length) == 0;
}

uid_t control_socket_peer(int connection)
{
	struct ucred peer;

	return get_peer(connection, &peer) ? peer.uid : (uid_t)-1;
}

bool control_socket_allows(int connection)
{
	struct ucred peer;

	if (!get_peer(connection, &peer))
		return false;
	return peer.uid == 0 || peer.uid == geteuid() || peer.gid == getegid() || is_member(connection, getegid());
}

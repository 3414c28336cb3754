/* SPDX-License-Identifier: ISC */
/*
 * log_output.c - lines to standard error, which never make the daemon wait
 *
 * Every connection waits while the loop of the daemon waits, so a line for which there is no room is lost: the reader
 * of a pipe, of a socket or of a terminal may have stopped. A reader that has gone must not end the daemon either.
 *
 * The flag O_NONBLOCK belongs to the open file, which we share with the shell or whoever else has started us, and who
 * does not expect it. So a socket is told with each line not to wait, and a pipe or terminal is opened once more, for
 * ourselves. If that is not permitted, poll() has to do: a pipe that is ready takes a line at once. A file is
 * always ready; opened again, it would be written from its beginning.
 */
#include "daemon/log/log_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(LOG_OUTPUT_MAX <= PIPE_BUF, "a pipe takes a line whole");

static bool is_socket;

/* What is missing of a line of which only a part was taken. */
static char rest[LOG_OUTPUT_MAX];
static size_t rest_length;

static void open_again(void)
{
	int own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (own < 0)
		return;
	dup2(own, STDERR_FILENO);
	close(own);
}

void log_output_open(void)
{
	struct stat status;

	is_socket = false;
	rest_length = 0;
	signal(SIGPIPE, SIG_IGN);
	if (fstat(STDERR_FILENO, &status) != 0)
		return;
	is_socket = S_ISSOCK(status.st_mode);
	if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))
		open_again();
}

/* Returns the number of bytes that were taken, or -1 with errno. */
static ssize_t write_now(const char *text, size_t length)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (is_socket)
		return send(STDERR_FILENO, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (poll(&ready, 1, 0) == 1)
		return write(STDERR_FILENO, text, length);
	errno = EAGAIN;
	return -1;
}

static int finish_rest(void)
{
	ssize_t done = rest_length ? write_now(rest, rest_length) : 0;

	if (done < 0)
		return errno;
	rest_length -= (size_t)done;
	memmove(rest, rest + done, rest_length);
	return rest_length ? EAGAIN : 0;
}

int log_output_line(const char *line, size_t length)
{
	int error = finish_rest();
	ssize_t done;

	if (error)
		return error;
	done = write_now(line, length);
	if (done < 0)
		return errno;
	rest_length = length - (size_t)done;
	memcpy(rest, line + done, rest_length);
	return 0;
}

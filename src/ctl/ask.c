/* SPDX-License-Identifier: ISC */
/*
 * ask.c - the daemon's end of nat46ctl
 */
#include "ctl/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/terminal.h"

/* The socket, for a signal that ends an answer. */
static int answer_fd = -1;

int complain(int status, const char *what, const char *why)
{
	terminal_leave();
	fprintf(stderr, "nat46ctl: %s: %s\n", what, why);
	return status;
}

/** why_not() - why is there no connection, and what is to be looked at */
static const char *why_not(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return "no daemon listens there; does nat46d run, and with this 'control' in its configuration?";
	case EACCES:
		return "Permission denied: only root and the group of the daemon may ask";
	default:
		return strerror(error);
	}
}

int ask_connect(struct connection *connection, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return complain(ANSWER_USAGE, path, "this path is too long for a socket");
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return complain(ANSWER_FAILED, path, why_not(errno));
	connection->fd = answer_fd = fd;
	connection->answer = fdopen(fd, "r");
	return connection->answer ? ANSWER_OK : complain(ANSWER_FAILED, "socket", strerror(errno));
}

/** send_all() - send bytes; whether they arrived the answer will show */
static void send_all(int fd, const char *bytes, size_t left)
{
	while (left > 0) {
		ssize_t sent = send(fd, bytes, left, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return;
		if (sent > 0) {
			bytes += sent;
			left -= (size_t)sent;
		}
	}
}

void ask_send(const struct connection *connection, const struct request *request, const char *bytes)
{
	char line[REQUEST_LINE_MAX + 1];

	send_all(connection->fd, line, request_format(request, line));
	send_all(connection->fd, bytes, request->bytes);
}

/** on_signal() - the answer is to end; another signal ends this process */
static void on_signal(int signal)
{
	(void)signal;
	(void)shutdown(answer_fd, SHUT_WR);
}

/** open_file() - the file of a capture: others may not read what people have sent; NULL: it cannot be made */
static FILE *open_file(const char *name)
{
	const struct sigaction end = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND | SA_RESTART };
	int fd = strcmp(name, "-") == 0 ? STDOUT_FILENO : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)sigaction(SIGINT, &end, NULL);
	(void)sigaction(SIGTERM, &end, NULL);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

/** copy_data() - the bytes behind a line of data, whole or not at all, so that the file is never cut within a packet */
static int copy_data(FILE *answer, const char *name)
{
	static char data[ANSWER_DATA_MAX];
	static FILE *file;
	size_t count = 0;
	int byte;

	while ((byte = getc_unlocked(answer)) >= '0' && byte <= '9' && count < ANSWER_DATA_MAX)
		count = count * 10 + (size_t)(byte - '0');
	if (byte != '\n' || count > ANSWER_DATA_MAX || !name)
		return complain(ANSWER_FAILED, "answer", "the daemon speaks another language");
	if (fread(data, 1, count, answer) != count)
		return complain(ANSWER_FAILED, "answer", "the daemon did not finish it");
	if (!file)
		file = open_file(name);
	if (!file || fwrite(data, 1, count, file) != count || fflush(file) != 0)
		return complain(ANSWER_FAILED, name, strerror(errno));
	return ANSWER_OK;
}

int ask_print(const struct connection *connection, FILE *text, const char *file)
{
	FILE *answer = connection->answer;
	FILE *out = NULL;
	int byte, status = -1;

	while ((byte = getc_unlocked(answer)) != EOF) {
		if (out) {
			putc_unlocked(byte, out);
			out = byte == '\n' ? NULL : out;
			continue;
		}
		if (byte == ANSWER_END) {
			status = getc_unlocked(answer) - '0';
			(void)getc_unlocked(answer); /* the newline: another answer may follow */
			break;
		}
		if (byte == ANSWER_DATA) {
			if (copy_data(answer, file) != ANSWER_OK)
				return ANSWER_FAILED;
			continue;
		}
		out = byte == ANSWER_OUTPUT ? text : stderr;
		if (out == stderr)
			terminal_leave();
		if (byte != ANSWER_OUTPUT && byte != ANSWER_ERROR)
			return complain(ANSWER_FAILED, "answer", "the daemon speaks another language");
	}
	if (status < 0 || status > ANSWER_USAGE)
		return complain(ANSWER_FAILED, "answer", "the daemon did not finish it");
	if (fflush(text) != 0 || ferror(text))
		return complain(ANSWER_FAILED, "standard output", strerror(errno));
	return status;
}

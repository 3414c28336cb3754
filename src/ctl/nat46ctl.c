/* SPDX-License-Identifier: ISC */
/*
 * nat46ctl.c - ask the daemon: a command line becomes a request, and its answer output and exit status
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/protocol.h"

static const char usage[] =
	"Usage: nat46ctl [-s SOCKET] [-j] COMMAND\n"
	"\n"
	"  -s, --socket SOCKET  control socket of the daemon (default: " PROTOCOL_SOCKET ")\n"
	"  -j, --json           answer in JSON\n"
	"  -V, --version        print the version and exit\n"
	"  -h, --help           print this help and exit\n"
	"\n"
	"Commands:\n"
	"  status               the daemon, its traffic, its services and their servers\n"
	"  stats [--explain]    all counters, and what each of them means\n"
	"  metrics              all counters for Prometheus\n"
	"  config               the configuration that is in effect\n"
	"  flows [--service NAME] [--client ADDRESS] [--server ADDRESS]\n"
	"                       live connections and UDP exchanges\n"
	"  explain ADDRESS:PORT [--host NAME] [--client ADDRESS] [--bytes FILE]\n"
	"                       what would become of a connection\n"
	"  reload               read the configuration file again, and say what has changed\n"
	"  drain SERVER         let a server have no new connections; how many are left\n"
	"  undrain SERVER       let it have them again\n"
	"  capture [--service NAME] [--client ADDRESS] [--server ADDRESS] [--count PACKETS]\n"
	"          [--seconds SECONDS] [--megabytes MB] [--snaplen BYTES] FILE\n"
	"                       packets of both sides as a pcapng file, until ctrl-C\n"
	"\n"
	"See nat46ctl(8).\n";

/**
 * struct job - what the command line asks for
 * @socket: path of the control socket
 * @request: what is asked
 * @bytes: first bytes, request.bytes of them
 * @file: name of the file for data in the answer, "-": standard output; NULL: there are none
 */
struct job {
	const char *socket;
	struct request request;
	char bytes[REQUEST_BYTES_MAX + 1];
	const char *file;
};

/** The socket, for whoever ends an answer that has no end of its own. */
static int answer_fd = -1;

static int complain(int status, const char *what, const char *why)
{
	fprintf(stderr, "nat46ctl: %s: %s\n", what, why);
	return status;
}

/** find_command() - false: there is no command of this name */
static bool find_command(const char *name, enum command *command)
{
	for (unsigned int i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(command_name((enum command)i), name) == 0) {
			*command = (enum command)i;
			return true;
		}
	}
	return false;
}

/** read_bytes() - read the file of first bytes, "-" is standard input; NULL, or what is wrong */
static const char *read_bytes(const char *name, struct job *job)
{
	FILE *file = fopen(strcmp(name, "-") == 0 ? "/dev/stdin" : name, "rb");
	bool failed;

	if (!file)
		return strerror(errno);
	job->request.bytes = fread(job->bytes, 1, sizeof(job->bytes), file);
	job->request.has_bytes = true;
	failed = ferror(file) != 0;
	fclose(file);
	if (failed)
		return "cannot be read";
	return job->request.bytes > REQUEST_BYTES_MAX ? "is longer than a service can wait for" : NULL;
}

/** set_word() - an option of a command, or what it is about */
static int set_word(struct job *job, const char *name, const char *value)
{
	const char *why = request_set(&job->request, name, strlen(name), value, value ? strlen(value) : 0);

	return why ? complain(ANSWER_USAGE, name, why) : ANSWER_OK;
}

/** subject_of() - the word that a command is about; NULL: none */
static const char *subject_of(enum command command)
{
	if (command == COMMAND_EXPLAIN)
		return "address";
	return command == COMMAND_DRAIN || command == COMMAND_UNDRAIN ? "server" : NULL;
}

/** parse_command() - read what stands behind the command */
static int parse_command(int argc, char **argv, struct job *job)
{
	static const struct option names[] = {
		{ "explain", no_argument, NULL, 0 },	     { "service", required_argument, NULL, 0 },
		{ "client", required_argument, NULL, 0 },    { "server", required_argument, NULL, 0 },
		{ "host", required_argument, NULL, 0 },	     { "bytes", required_argument, NULL, 'b' },
		{ "count", required_argument, NULL, 0 },     { "seconds", required_argument, NULL, 0 },
		{ "megabytes", required_argument, NULL, 0 }, { "snaplen", required_argument, NULL, 0 },
		{ "json", no_argument, NULL, 'j' },	     { NULL, 0, NULL, 0 },
	};
	int option, index = 0, status = ANSWER_OK;
	const char *why;

	optind = 0;
	while (status == ANSWER_OK && (option = getopt_long(argc, argv, "j", names, &index)) != -1) {
		if (option == 0 || option == 'j') {
			status = set_word(job, option ? "json" : names[index].name, optarg);
		} else if (option == 'b') {
			why = job->request.command == COMMAND_EXPLAIN ? read_bytes(optarg, job) : "not an option of it";
			status = why ? complain(ANSWER_USAGE, optarg, why) : ANSWER_OK;
		} else {
			status = ANSWER_USAGE;
		}
	}
	if (status == ANSWER_OK && optind < argc && subject_of(job->request.command))
		status = set_word(job, subject_of(job->request.command), argv[optind++]);
	if (status == ANSWER_OK && optind < argc && job->request.command == COMMAND_CAPTURE)
		job->file = argv[optind++];
	if (status == ANSWER_OK && optind < argc)
		status = complain(ANSWER_USAGE, "unexpected argument", argv[optind]);
	if (status == ANSWER_OK && (why = request_lacks(&job->request)))
		status = complain(ANSWER_USAGE, command_name(job->request.command), why);
	if (status == ANSWER_OK && job->request.command == COMMAND_CAPTURE && !job->file)
		status = complain(ANSWER_USAGE, "capture", "FILE is missing");
	if (status == ANSWER_OK && job->file && strcmp(job->file, "-") == 0 && isatty(STDOUT_FILENO))
		status = complain(ANSWER_USAGE, "capture", "this is no output for a terminal");
	return status;
}

/** parse() - read the command line; -1: go on, else the exit status */
static int parse(int argc, char **argv, struct job *job)
{
	static const struct option names[] = {
		{ "socket", required_argument, NULL, 's' }, { "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, 'V' },	    { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false;
	int option, status;

	while ((option = getopt_long(argc, argv, "+s:jVh", names, NULL)) != -1) {
		if (option == 'V' || option == 'h') {
			fputs(option == 'h' ? usage : "nat46ctl " PACKAGE_VERSION "\n", stdout);
			return ANSWER_OK;
		}
		if (option != 's' && option != 'j')
			return ANSWER_USAGE;
		if (option == 's')
			job->socket = optarg;
		json |= option == 'j';
	}
	if (optind == argc)
		return complain(ANSWER_USAGE, "no command", "see --help");
	if (!find_command(argv[optind], &job->request.command))
		return complain(ANSWER_USAGE, argv[optind], "unknown command");
	if (json && set_word(job, "json", NULL) != ANSWER_OK)
		return ANSWER_USAGE;
	status = parse_command(argc - optind, argv + optind, job);
	return status == ANSWER_OK ? -1 : status;
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

/** print_answer() - print the lines of an answer as they come; @name: of the file for data; returns the exit status */
static int print_answer(FILE *answer, const char *name)
{
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
			break;
		}
		if (byte == ANSWER_DATA) {
			if (copy_data(answer, name) != ANSWER_OK)
				return ANSWER_FAILED;
			continue;
		}
		out = byte == ANSWER_OUTPUT ? stdout : stderr;
		if (byte != ANSWER_OUTPUT && byte != ANSWER_ERROR)
			return complain(ANSWER_FAILED, "answer", "the daemon speaks another language");
	}
	if (status < 0 || status > ANSWER_USAGE)
		return complain(ANSWER_FAILED, "answer", "the daemon did not finish it");
	if (fflush(stdout) != 0 || ferror(stdout))
		return complain(ANSWER_FAILED, "standard output", strerror(errno));
	return status;
}

/** ask() - connect, ask, print; returns the exit status */
static int ask(const struct job *job)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char line[REQUEST_LINE_MAX + 1];
	size_t length = request_format(&job->request, line);
	FILE *answer;
	int fd;

	if (strlen(job->socket) >= sizeof(address.sun_path))
		return complain(ANSWER_USAGE, job->socket, "this path is too long for a socket");
	strcpy(address.sun_path, job->socket);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return complain(ANSWER_FAILED, job->socket,
				errno == ENOENT || errno == ECONNREFUSED ? "no daemon listens there" : strerror(errno));
	answer_fd = fd;
	send_all(fd, line, length);
	send_all(fd, job->bytes, job->request.bytes);
	answer = fdopen(fd, "r");
	return answer ? print_answer(answer, job->file) : complain(ANSWER_FAILED, "socket", strerror(errno));
}

int main(int argc, char **argv)
{
	static struct job job = { .socket = PROTOCOL_SOCKET };
	int status = parse(argc, argv, &job);

	if (status == ANSWER_USAGE)
		fputs("Try 'nat46ctl --help'.\n", stderr);
	return status >= 0 ? status : ask(&job);
}

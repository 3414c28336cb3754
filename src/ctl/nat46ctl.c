/* SPDX-License-Identifier: ISC */
/*
 * nat46ctl.c - ask the daemon: a command line becomes a request, and its answer output and exit status
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ask.h"
#include "ctl/top.h"

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
	"  top [-d SECONDS] [-n PICTURES]\n"
	"                       rates, and the busiest services, servers and connections, live\n"
	"  reload               read the configuration file again, and say what has changed\n"
	"  drain SERVER         let a server have no new connections; how many are left\n"
	"  undrain SERVER       let it have them again\n"
	"  log [LEVEL]          how much is logged; change it until the next reload\n"
	"  capture [--service NAME] [--client ADDRESS] [--server ADDRESS] [--count PACKETS]\n"
	"          [--seconds SECONDS] [--megabytes MB] [--snaplen BYTES] FILE\n"
	"                       packets of both sides as a pcapng file, until ctrl-C\n"
	"\n"
	"See nat46ctl(8).\n";

/* Least and most seconds between two pictures of "top". */
#define DELAY_MIN 0.1
#define DELAY_MAX 3600.0

/**
 * struct job - what the command line asks for
 * @socket: path of the control socket
 * @request: what is asked
 * @bytes: first bytes, request.bytes of them
 * @file: name of the file for data in the answer, "-": standard output; NULL: there are none
 * @delay, @pictures: "top": seconds between two pictures, and how many; 0: until it is ended
 */
struct job {
	const char *socket;
	struct request request;
	char bytes[REQUEST_BYTES_MAX + 1];
	const char *file;
	double delay;
	unsigned long pictures;
};

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
	if (command == COMMAND_LOG)
		return "level";
	return command == COMMAND_DRAIN || command == COMMAND_UNDRAIN ? "server" : NULL;
}

/** set_times() - options of "top": -d SECONDS, -n PICTURES */
static int set_times(struct job *job, int option, const char *value)
{
	char *end;

	if (job->request.command != COMMAND_TOP)
		return complain(ANSWER_USAGE, option == 'd' ? "-d" : "-n", "an option of \"top\" only");
	if (option == 'd')
		job->delay = strtod(value, &end);
	else
		job->pictures = strtoul(value, &end, 10);
	if (end == value || *end || value[0] == '-')
		return complain(ANSWER_USAGE, value, "not a number");
	if (option == 'd' && !(job->delay >= DELAY_MIN && job->delay <= DELAY_MAX))
		return complain(ANSWER_USAGE, value, "out of range: 0.1 to 3600 seconds");
	return ANSWER_OK;
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
	while (status == ANSWER_OK && (option = getopt_long(argc, argv, "jd:n:", names, &index)) != -1) {
		if (option == 0 || option == 'j' || (option == 'b' && job->request.command != COMMAND_EXPLAIN)) {
			status = set_word(job, option == 'j' ? "json" : names[index].name, optarg);
		} else if (option == 'b') {
			why = read_bytes(optarg, job);
			status = why ? complain(ANSWER_USAGE, optarg, why) : ANSWER_OK;
		} else if (option == 'd' || option == 'n') {
			status = set_times(job, option, optarg);
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

/** ask() - connect, ask, print; returns the exit status */
static int ask(const struct job *job)
{
	struct connection connection;
	int status = ask_connect(&connection, job->socket);

	if (status != ANSWER_OK)
		return status;
	if (job->request.command == COMMAND_TOP)
		return top_run(&connection, &job->request, job->delay, job->pictures);
	ask_send(&connection, &job->request, job->bytes);
	return ask_print(&connection, stdout, job->file);
}

int main(int argc, char **argv)
{
	static struct job job = { .socket = PROTOCOL_SOCKET, .delay = TOP_DELAY };
	int status = parse(argc, argv, &job);

	if (status == ANSWER_USAGE)
		fputs("Try 'nat46ctl --help'.\n", stderr);
	return status >= 0 ? status : ask(&job);
}

/* SPDX-License-Identifier: ISC */
/*
 * main.c - options, order of start-up and shutdown, nothing else
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "daemon/control/control.h"
#include "daemon/exit_status.h"
#include "daemon/log/log.h"
#include "daemon/notify.h"
#include "daemon/privileges.h"
#include "daemon/summary.h"
#include "daemon/worker.h"
#include "nat46/assert.h"

/* struct options - the command line */
struct options {
	const char *file;
	bool test;
	bool print;
	bool version;
	bool help;
	unsigned int verbose;
};

static const char usage[] =
	"Usage: nat46d [-c FILE] [-t | -p] [-v]... [-V] [-h]\n"
	"\n"
	"  -c, --config FILE    configuration file (default: " SYSCONFDIR "/nat46d.conf)\n"
	"  -t, --test           check the configuration file completely and exit\n"
	"  -p, --print-config   print the effective configuration and exit\n"
	"  -v, --verbose        log more: once debug, twice trace\n"
	"  -V, --version        print version and build features and exit\n"
	"  -h, --help           print this help and exit\n"
	"\n"
	"nat46d stays in the foreground. See nat46d(8) and nat46d.conf(5).\n";

static bool parse_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "test", no_argument, NULL, 't' },
		{ "print-config", no_argument, NULL, 'p' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*options = (struct options){ .file = SYSCONFDIR "/nat46d.conf" };
	while ((option = getopt_long(argc, argv, "c:tpvVh", names, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->file = optarg;
			break;
		case 't':
			options->test = true;
			break;
		case 'p':
			options->print = true;
			break;
		case 'v':
			options->verbose++;
			break;
		case 'V':
			options->version = true;
			break;
		case 'h':
			options->help = true;
			break;
		default:
			return false;
		}
	}
	if (optind < argc)
		fprintf(stderr, "%s: unexpected argument: %s\n", argv[0], argv[optind]);
	if (options->test && options->print)
		fprintf(stderr, "%s: --test and --print-config exclude each other\n", argv[0]);
	return optind == argc && !(options->test && options->print);
}

/* Load the file; @problems gets what is wrong or may be, for free(). */
static struct daemon_config *load(const char *file, char **problems)
{
	struct daemon_config *config;
	size_t size;
	FILE *stream = open_memstream(problems, &size);

	NAT46_ASSERT(stream != NULL);
	config = config_load(file, NULL, stream);
	NAT46_ASSERT(fclose(stream) == 0);
	return config;
}

/* Errors and warnings belong into the log of a daemon that starts; the journal wants to know which of them they are. */
static void log_problems(char *text)
{
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		log_line(log_level_of(line, strlen(line)), "%s", line);
}

/* @config is NULL if the file has errors. */
static void open_log(unsigned int verbose, const struct daemon_config *config)
{
	if (verbose > 0)
		log_at_least(verbose > 1 ? LOG_LEVEL_TRACE : LOG_LEVEL_DEBUG);
	log_open(config ? config->log_level : LOG_LEVEL_INFO);
	if (config)
		log_set_format(config->log_format);
}

/* From here on there are privileges, until privileges_drop(). In the end @config is what a reload has made of it. */
static enum exit_status serve(struct daemon_config **config)
{
	static struct worker worker;
	static struct control control;
	struct privileges privileges;
	char summary[SUMMARY_MAX];
	enum exit_status status;

	if (!privileges_begin() || !privileges_resolve(&privileges, (*config)->user, (*config)->group))
		return STATUS_PERMISSION;
	status = worker_open(&worker, *config);
	if (status != STATUS_OK)
		return status;
	if (!control_open(&control, &worker, &privileges)) {
		status = STATUS_FAILURE;
	} else if (privileges_drop(&privileges)) {
		summary_format(*config, summary);
		log_info("%s", summary);
		log_info("nat46d %s started", PACKAGE_VERSION);
		notify_ready(summary);
		status = worker_run(&worker);
		notify_stopping();
		log_info("nat46d stopped");
	} else {
		status = STATUS_PERMISSION;
	}
	control_close(&control);
	*config = worker_close(&worker);
	return status;
}

int main(int argc, char **argv)
{
	enum exit_status status = STATUS_OK;
	struct daemon_config *config;
	struct options options;
	char *problems;

	if (!parse_options(argc, argv, &options)) {
		fprintf(stderr, "Try '%s --help'.\n", argv[0]);
		return STATUS_USAGE;
	}
	if (options.help || options.version) {
		fputs(options.help ? usage : PACKAGE_STRING "\nfeatures: " BUILD_FEATURES "\n", stdout);
		return STATUS_OK;
	}
	config = load(options.file, &problems);
	if (options.print || options.test) {
		fputs(problems, stderr);
	} else {
		open_log(options.verbose, config);
		log_problems(problems);
	}
	if (!config) {
		status = STATUS_CONFIGURATION;
	} else if (options.print) {
		config_print(config, stdout);
	} else if (options.test) {
		status = privileges_check_accounts(config, stderr) ? STATUS_OK : STATUS_CONFIGURATION;
	} else {
		status = serve(&config);
	}
	config_free(config);
	free(problems);
	return status;
}

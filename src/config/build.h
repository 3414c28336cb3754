/* SPDX-License-Identifier: ISC */
/*
 * build.h - a configuration in the making: its memory, and what was found wrong
 */
#ifndef NAT46_CONFIG_BUILD_H
#define NAT46_CONFIG_BUILD_H

#include <libconfig.h>
#include <stdio.h>

#include "config/daemon_config.h"

/** struct config_piece - memory of a configuration */
struct config_piece {
	_Alignas(max_align_t) struct config_piece *previous;
	_Alignas(max_align_t) unsigned char memory[];
};

/** struct build - a configuration in the making */
struct build {
	struct daemon_config *config; /* the result, with its memory and its tree */
	const char *directory;        /* of included files, "" or with a slash at its end; NULL: there are none */
	bool absolute;                /* included files have absolute names */
	bool scanning;                /* libconfig has not read the file yet, */
	bool failed;                  /* and there is no use in reading it */
	struct problem *problems;     /* what was found wrong, at most 1000, in the order of the files */
	size_t problem_count;
};

/* Memory that lives as long as the configuration: zeroed elements, a formatted string. Never NULL. */
void *build_array(struct build *build, size_t count, size_t size);
char *build_print(struct build *build, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Full name of a file that libconfig calls @file (NULL: the first one); "FILE:LINE" of a setting, NULL of a default. */
const char *build_file(struct build *build, const char *file);
const char *build_place(struct build *build, const config_setting_t *setting);

/** build_path() - "services[0].to[3]" with @end behind it; "" for the file as a whole */
const char *build_path(struct build *build, const config_setting_t *setting, const char *end);

/** build_report() - note an error in a file (see build_file()); line 0: the file as a whole */
void build_report(struct build *build, const char *file, unsigned int line, const char *text);

/** build_error() - note an error at a setting, printf-like; its path and ": " are put in front */
#define build_error(build, setting, ...) build_report_setting(build, setting, build_print(build, __VA_ARGS__))
void build_report_setting(struct build *build, const config_setting_t *setting, const char *text);

/** build_was_cut() - has the scan reported an integer in the line of @setting */
bool build_was_cut(struct build *build, const config_setting_t *setting);

/** build_print_errors() - print "FILE:LINE: error: TEXT" for each error, the first file first, line by line */
void build_print_errors(const struct build *build, FILE *out);

#endif

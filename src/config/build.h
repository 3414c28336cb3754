/* SPDX-License-Identifier: ISC */
/*
 * build.h - a configuration in the making, and the passes that make it: scan, (libconfig), read, compile
 */
#ifndef NAT46_CONFIG_BUILD_H
#define NAT46_CONFIG_BUILD_H

#include <libconfig.h>
#include <stdio.h>

#include "config/daemon_config.h"

struct setting;
struct service_entry;

/** struct config_piece - memory of a configuration */
struct config_piece {
	_Alignas(max_align_t) struct config_piece *previous;
	_Alignas(max_align_t) unsigned char memory[];
};

/** struct part - lines of one file, from its line @line on; for libconfig they are the lines from @first on */
struct part {
	struct part *before;
	const char *file;
	unsigned int line, first;
};

/** struct build - a configuration in the making */
struct build {
	struct daemon_config *config; /* the result, with its memory and its tree */
	const char *directory;        /* of other files, "" or with a slash at its end; NULL: there are none */
	struct part *parts;           /* of the text with all files that it includes; the last one */
	unsigned int line;            /* of that text, where the next part begins */
	bool scanning;                /* libconfig has not read the file yet, */
	bool failed;                  /* and there is no use in reading it */
	struct problem *problems;     /* what was found wrong, in the order of the files, with */
	size_t problem_count;         /* at most 1000 errors */
	size_t warning_count;         /* and 1000 warnings */
	const char *suspicion;        /* the first thing that does not look like the syntax of libconfig, */
	unsigned int suspicion_line;  /* and where */
};

/* Memory that lives as long as the configuration: zeroed elements, a formatted string. Never NULL. */
void *build_array(struct build *build, size_t count, size_t size);
char *build_print(struct build *build, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Lines are those of the text with all that it includes. The next ones are those of @file from its line @line on. */
void build_begin(struct build *build, const char *file, unsigned int line);

/** build_part() - the part that a line is in, any if there is none; @last: the last of them */
const struct part *build_part(const struct part *last, unsigned int line);

/* Full name of a file that is named in the configuration; "FILE:LINE" of a line or setting, NULL of a default. */
const char *build_file(struct build *build, const char *name);
const char *build_place(struct build *build, unsigned int line);
const char *build_setting_place(struct build *build, const config_setting_t *setting);

/**
 * build_path() - "services[web].to[3]", or "services[0].to[3]" if it has no name, with @end behind it; "" for the file
 *	as a whole
 */
const char *build_path(struct build *build, const config_setting_t *setting, const char *end);

/* Note an error, printf-like: in a line, 0: in the file as a whole; at a setting, with its path. Or a warning. */
#define build_report(build, line, ...) build_report_text(build, line, build_print(build, __VA_ARGS__))
#define build_error(build, setting, ...) build_error_text(build, setting, build_print(build, __VA_ARGS__))
#define build_warn(build, line, ...) build_warn_text(build, line, build_print(build, __VA_ARGS__))
void build_report_text(struct build *build, unsigned int line, const char *text);
void build_warn_text(struct build *build, unsigned int line, const char *text);
void build_error_text(struct build *build, const config_setting_t *setting, const char *text);

/** build_was_cut() - has the scan reported an integer in the line of @setting */
bool build_was_cut(struct build *build, const config_setting_t *setting);

/** build_print_problems() - print "FILE:LINE: error: TEXT" for each error, or warning, the first file first */
void build_print_problems(const struct build *build, FILE *out);

/**
 * scan() - read the file with all that it includes, and report what libconfig would do silently or for ever
 * @text: NULL; or what the file says, which is then not read
 *
 * Return: one text for libconfig, to be released by free()
 */
char *scan(struct build *build, const char *text);

/**
 * read_group() - compare a group with the schema, and read its values
 * @group: group, or what should be one; defaults that are missing are added to it
 * @members: what may be in it; other groups and lists are not read, only that they are such
 * @structure: what the places of @members are in; all zero, and what is wrong stays so
 *
 * Return: what is wrong or missing, as bits: number N for member N; READ_UNKNOWN: an unknown setting; all: no group
 */
uint32_t read_group(struct build *build, config_setting_t *group, const struct setting *members, void *structure);
#define READ_UNKNOWN (UINT32_C(1) << 31)

/* Values of an array or list; a single value is one, NULL is none. What should be a list and is not has no elements. */
unsigned int read_count(const config_setting_t *setting);
unsigned int read_elements(const config_setting_t *list);
config_setting_t *read_value_at(config_setting_t *setting, unsigned int index);

/* The first of the items so far that equals @item, perhaps itself; @seen: NULL at first, in the end forgotten. */
void *build_first(void **seen, const void *item, int (*compare)(const void *, const void *));
void build_forget(void *seen);

/* From what was read to what the engine uses; the mappings first. */
void mappings_compile(struct build *build);
void lists_services(struct build *build);

/** warnings_check() - look in a configuration without errors for what is probably not meant */
void warnings_check(struct build *build);

/** mappings_loop() - the setting that brings packets for an address of @block back to us, or NULL */
const char *mappings_loop(const struct build *build, const struct ipv6_prefix *block);

/** rules_compile() - "rules", "hosts" and "to" of the group @group; the rest of it is in @of */
void rules_compile(struct build *build, config_setting_t *group, const struct service_entry *of,
		   struct service *service);

#endif

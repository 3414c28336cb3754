/* SPDX-License-Identifier: ISC */
/*
 * tree.h - the tree that libconfig made, for those who check and compile it
 */
#ifndef NAT46_CONFIG_TREE_H
#define NAT46_CONFIG_TREE_H

#include <libconfig.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "config/error.h"
#include "config/pool.h"
#include "config/schema.h"
#include "config/source.h"
#include "config/text.h"

/** Room for the path of a setting, such as "services[0].rules[12].host[3]". */
#define TREE_PATH_MAX 256u

/**
 * struct config_build - a configuration in the making
 * @source: the text
 * @errors: what was found wrong
 * @tree: settings of the file
 * @config: the result, owned by @pool
 */
struct config_build {
	struct config_source *source;
	struct config_errors errors;
	config_t tree;
	struct config_pool *pool;
	struct daemon_config *config;
};

/** tree_mark() - where a setting is */
unsigned int tree_mark(const config_setting_t *setting);

/** tree_path() - write the path of a setting, at most TREE_PATH_MAX bytes */
const char *tree_path(const config_setting_t *setting, char *path);

/** tree_error() - note an error at a setting; its path and ": " are put in front */
void tree_error(struct config_build *build, const config_setting_t *setting, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** tree_refuse() - mark a setting as wrong: it was reported, and tree_member() and tree_value() pass over it */
void tree_refuse(config_setting_t *setting);

/** tree_member() - a member of a group that is there and not refused, else NULL; @group NULL: NULL */
config_setting_t *tree_member(const config_setting_t *group, const char *name);

/** tree_count() - elements of a list or array; 1 for a single value, 0 for NULL */
unsigned int tree_count(const config_setting_t *setting);

/** tree_value() - an element of a list or array, or the single value itself; NULL if refused */
config_setting_t *tree_value(config_setting_t *setting, unsigned int index);

/** tree_integer() - value of an integer of any width */
int64_t tree_integer(const config_setting_t *setting);

/** tree_milliseconds() - value in seconds as milliseconds, rounded; -1 for all that is negative */
int64_t tree_milliseconds(const config_setting_t *setting);

/**
 * tree_parse() - value of a text that was checked against the schema
 * @setting: text; NULL: false
 * @kind: its kind, not a string
 * @value: gets the value
 */
bool tree_parse(const config_setting_t *setting, const struct text_kind *kind, void *value);

/** tree_text() - a checked text as a string of the pool; NULL if @setting is NULL; @length may be NULL */
const char *tree_text(const struct config_build *build, const config_setting_t *setting, size_t *length);

/** tree_other_place() - write "FILE:LINE" of a mark, at most TREE_PATH_MAX bytes; returns @out */
const char *tree_other_place(const struct config_build *build, unsigned int mark, char *out);

#endif

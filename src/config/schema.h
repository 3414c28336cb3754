/* SPDX-License-Identifier: ISC */
/*
 * schema.h - all settings as data: name, type, range, default, place in struct daemon_config
 *
 * Checking, defaults, printing and the test of the shipped file all read this one table.
 */
#ifndef NAT46_CONFIG_SCHEMA_H
#define NAT46_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/pool.h"
#include "config/text.h"

enum setting_type {
	SETTING_GROUP, /* { }: @members */
	SETTING_LIST,  /* ( { }, { } ): groups with @members */
	SETTING_INTEGER,
	SETTING_SECONDS, /* integer or fraction; ranges and defaults are in milliseconds */
	SETTING_BOOLEAN,
	SETTING_TEXT, /* string of @kind */
};

/**
 * struct setting - one setting
 * @name: name in its group; NULL ends a list of members
 * @type: type
 * @many: an array or list of values is also allowed
 * @required: must be there
 * @stored: is kept at @offset in struct daemon_config; the members of lists are compiled by hand
 * @offset, @size: place in struct daemon_config; seconds become nanoseconds there
 * @minimum, @maximum: range of an integer or of seconds
 * @number: default of an integer, seconds, or boolean
 * @text: default of a text; NULL: none, the place is all zero then
 * @kind: kind of text
 * @members: of a group, or of each group of a list
 */
struct setting {
	const char *name;
	enum setting_type type;
	bool many;
	bool required;
	bool stored;
	size_t offset;
	size_t size;
	int64_t minimum;
	int64_t maximum;
	int64_t number;
	const char *text;
	const struct text_kind *kind;
	const struct setting *members;
};

/** Nanoseconds of a millisecond, the step of settings in seconds. */
#define NANOSECONDS_PER_MILLISECOND INT64_C(1000000)

/** The file as a whole: a group. */
extern const struct setting config_schema;

/** Members of one element of "services" and of its "rules". */
extern const struct setting config_service_members[];
extern const struct setting config_rule_members[];

/** config_schema_find() - the member called @name, or NULL */
const struct setting *config_schema_find(const struct setting *members, const char *name);

/** config_schema_nearest() - the member whose name looks most like @name, NULL if none does */
const struct setting *config_schema_nearest(const struct setting *members, const char *name);

/** config_schema_defaults() - give all stored settings their defaults */
void config_schema_defaults(struct daemon_config *config, struct config_pool *pool);

/**
 * config_schema_store() - store an integer, boolean, or seconds
 * @config: where to
 * @setting: a stored setting
 * @number: value, for seconds in milliseconds
 */
void config_schema_store(struct daemon_config *config, const struct setting *setting, int64_t number);

/** config_schema_number() - what config_schema_store() has stored */
int64_t config_schema_number(const struct daemon_config *config, const struct setting *setting);

/**
 * config_schema_store_text() - parse and store a text
 * @pool: gets copies of strings
 * @reason: why not, if the result is false
 */
bool config_schema_store_text(struct daemon_config *config, const struct setting *setting,
			      const struct config_text *text, struct config_pool *pool,
			      struct config_reason *reason);

#endif

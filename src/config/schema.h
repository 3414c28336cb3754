/* SPDX-License-Identifier: ISC */
/*
 * schema.h - all settings as data
 */
#ifndef NAT46_CONFIG_SCHEMA_H
#define NAT46_CONFIG_SCHEMA_H

#include "config/text.h"
#include "nat46/service.h"

enum setting_type {
	SETTING_GROUP, /* { }: @members */
	SETTING_LIST,  /* ( { }, { } ): groups with @members */
	SETTING_INTEGER,
	SETTING_SECONDS, /* integer or fraction; range in milliseconds, default in seconds, value in nanoseconds */
	SETTING_BOOLEAN,
	SETTING_CHOICE, /* string that is one of @choices; the value is its index */
	SETTING_TEXT,   /* string for @parse */
	SETTING_PORTS,  /* integer, or string for @parse */
};

/** struct setting - one setting; a @name of NULL ends a list of members */
struct setting {
	const char *name;
	enum setting_type type;
	bool many; /* an array or list is also allowed, the place is a struct values and @size that of one value */
	bool required;
	size_t offset, size; /* place in the structure that the group is read into */
	int64_t minimum, maximum;
	int64_t number;             /* default, */
	const char *text;           /* or of a string; NULL: none */
	const char *const *choices; /* what is allowed, except ""; NULL ends it */
	text_parse_fn *parse;
	const struct setting *members;
};

/** struct values - values of one setting in the order of the file; those that are wrong are all zero */
struct values {
	void *items;
	size_t count;
};

/* Elements of "services" and "rules"; @tcp, @udp: struct text_ports, @host: struct text_host, @to: struct server. */
struct service_entry {
	struct service service;
	struct ipv4_prefix ipv4;
	struct values tcp, udp, to;
	const char *hosts;
};
struct rule_entry {
	struct rule rule;
	struct values host, to;
};

/** The file as a whole with its groups, for struct daemon_config; and elements of its lists. */
extern const struct setting schema_root[];
extern const struct setting schema_mapping[]; /* struct address_mapping: of "clients" and "maps" */
extern const struct setting schema_service[];
extern const struct setting schema_rule[];

#endif

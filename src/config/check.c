/* SPDX-License-Identifier: ISC */
/*
 * check.c - compare the file with the schema and store what the schema says where to store
 *
 * The tree is walked with an explicit stack; it is as deep as the schema, because what the schema does not
 * know is not entered.
 */
#include "config/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/lex.h"
#include "nat46/assert.h"

#define DEPTH_MAX 8u
#define DESCRIPTION_MAX 200u

/** struct frame - a group or list that is being walked */
struct frame {
	config_setting_t *setting;
	const struct setting *schema;
	bool is_list;      /* of groups; else a group */
	unsigned int next; /* element */
	uint32_t excused;  /* members, by number, that are not reported as missing */
};

struct walk {
	struct config_build *build;
	struct frame frames[DEPTH_MAX];
	size_t depth;
};

/** describe() - what somebody wrote, for an error */
static const char *describe(const config_setting_t *setting, char *out)
{
	int64_t number;

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		number = tree_integer(setting);
		(void)snprintf(out, DESCRIPTION_MAX, "%" PRId64 "%s", number,
			       number == INT64_MAX ? " or more" : number == INT64_MIN ? " or less" :
											"");
		break;
	case CONFIG_TYPE_FLOAT:
		(void)snprintf(out, DESCRIPTION_MAX, "%.10g", config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_BOOL:
		(void)snprintf(out, DESCRIPTION_MAX, "%s", config_setting_get_bool(setting) ? "true" : "false");
		break;
	case CONFIG_TYPE_STRING:
		(void)snprintf(out, DESCRIPTION_MAX, "\"%.100s\"", config_setting_get_string(setting));
		break;
	case CONFIG_TYPE_GROUP:
		(void)snprintf(out, DESCRIPTION_MAX, "a group { }");
		break;
	case CONFIG_TYPE_ARRAY:
		(void)snprintf(out, DESCRIPTION_MAX, "an array [ ]");
		break;
	default:
		(void)snprintf(out, DESCRIPTION_MAX, "a list ( )");
		break;
	}
	return out;
}

static void refuse_type(struct walk *walk, config_setting_t *setting, const char *needed)
{
	char found[DESCRIPTION_MAX];

	tree_error(walk->build, setting, "%s is of the wrong type, %s is needed", describe(setting, found), needed);
	tree_refuse(setting);
}

static void check_integer(struct walk *walk, const struct setting *schema, config_setting_t *setting)
{
	char found[DESCRIPTION_MAX];
	int64_t number;

	if (config_setting_type(setting) != CONFIG_TYPE_INT && config_setting_type(setting) != CONFIG_TYPE_INT64) {
		refuse_type(walk, setting, "an integer");
		return;
	}
	number = tree_integer(setting);
	if (number < schema->minimum || number > schema->maximum) {
		tree_error(walk->build, setting,
			   "%s is out of range, allowed are %" PRId64 " to %" PRId64, describe(setting, found),
			   schema->minimum, schema->maximum);
		tree_refuse(setting);
	} else if (schema->stored) {
		config_schema_store(walk->build->config, schema, number);
	}
}

static void check_seconds(struct walk *walk, const struct setting *schema, config_setting_t *setting)
{
	char found[DESCRIPTION_MAX];
	int64_t number;

	if (!config_setting_is_number(setting)) {
		refuse_type(walk, setting, "a number of seconds");
		return;
	}
	number = tree_milliseconds(setting);
	if (number < schema->minimum || number > schema->maximum) {
		tree_error(walk->build, setting, "%s is out of range, allowed are %g to %.10g seconds",
			   describe(setting, found), (double)schema->minimum / 1e3, (double)schema->maximum / 1e3);
		tree_refuse(setting);
	} else if (schema->stored) {
		config_schema_store(walk->build->config, schema, number);
	}
}

static void check_boolean(struct walk *walk, const struct setting *schema, config_setting_t *setting)
{
	if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
		refuse_type(walk, setting, "true or false");
	else if (schema->stored)
		config_schema_store(walk->build->config, schema, config_setting_get_bool(setting));
}

/** parse_text() - is it a text of its kind; if the value has no place, it is thrown away */
static bool parse_text(struct walk *walk, const struct setting *schema, const struct config_text *text,
		       struct config_reason *reason)
{
	union {
		struct text_host host;
		struct ipv6_prefix block;
		struct server server;
	} scratch;

	if (strlen(text->bytes) != text->length && schema->kind != &text_bytes) {
		(void)snprintf(reason->text, sizeof(reason->text), "has a NUL byte, which only 'bytes' may have");
		return false;
	}
	if (schema->stored)
		return config_schema_store_text(walk->build->config, schema, text, walk->build->pool, reason);
	return schema->kind->parse(text, &scratch, reason);
}

static void check_text(struct walk *walk, const struct setting *schema, config_setting_t *setting)
{
	char found[DESCRIPTION_MAX];
	struct config_reason reason;
	struct config_text text;

	if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
		refuse_type(walk, setting, "a string");
		return;
	}
	if (!text_decode(config_setting_get_string(setting), &text)) {
		tree_error(walk->build, setting, "string is too long, allowed are %u bytes", TEXT_MAX);
		tree_refuse(setting);
	} else if (!parse_text(walk, schema, &text, &reason)) {
		tree_error(walk->build, setting, "%s %s", describe(setting, found), reason.text);
		tree_refuse(setting);
	}
}

static void check_value(struct walk *walk, const struct setting *schema, config_setting_t *setting)
{
	switch (schema->type) {
	case SETTING_INTEGER:
		check_integer(walk, schema, setting);
		break;
	case SETTING_SECONDS:
		check_seconds(walk, schema, setting);
		break;
	case SETTING_BOOLEAN:
		check_boolean(walk, schema, setting);
		break;
	case SETTING_TEXT:
		check_text(walk, schema, setting);
		break;
	case SETTING_GROUP:
	case SETTING_LIST:
		NAT46_ASSERT(false);
		break;
	}
}

/** check_values() - a value, or an array or list of them if the schema allows */
static void check_values(struct walk *walk, const struct setting *schema, config_setting_t *setting)
{
	if (!schema->many || (!config_setting_is_array(setting) && !config_setting_is_list(setting))) {
		check_value(walk, schema, setting);
		return;
	}
	if (config_setting_length(setting) == 0) {
		tree_error(walk->build, setting, "is empty, at least one value is needed");
		tree_refuse(setting);
	}
	for (int i = 0; i < config_setting_length(setting); i++)
		check_value(walk, schema, config_setting_get_elem(setting, (unsigned int)i));
}

static void enter(struct walk *walk, const struct setting *schema, config_setting_t *setting, bool is_list)
{
	NAT46_ASSERT(walk->depth < DEPTH_MAX);
	walk->frames[walk->depth++] =
		(struct frame){ .setting = setting, .schema = schema, .is_list = is_list };
}

static void check_setting(struct walk *walk, const struct setting *schema, config_setting_t *setting)
{
	if (schema->type == SETTING_GROUP) {
		if (config_setting_is_group(setting))
			enter(walk, schema, setting, false);
		else
			refuse_type(walk, setting, "a group { }");
	} else if (schema->type == SETTING_LIST) {
		if (config_setting_is_list(setting))
			enter(walk, schema, setting, true);
		else
			refuse_type(walk, setting, "a list of groups ( { }, { } )");
	} else {
		check_values(walk, schema, setting);
	}
}

/** names_of() - all names of a group, for an error */
static const char *names_of(const struct setting *members, char *out)
{
	size_t used = 0;

	for (const struct setting *m = members; m->name && used < DESCRIPTION_MAX; m++)
		used += (size_t)snprintf(out + used, DESCRIPTION_MAX - used, "%s%s", m > members ? ", " : "", m->name);
	return out;
}

static void check_unknown(struct walk *walk, struct frame *frame, config_setting_t *setting)
{
	const struct setting *members = frame->schema->members;
	const struct setting *nearest;
	char path[TREE_PATH_MAX], names[DESCRIPTION_MAX];

	tree_refuse(setting);
	if (config_lex_renamed(config_setting_name(setting)))
		return;
	nearest = config_schema_nearest(members, config_setting_name(setting));
	(void)tree_path(setting, path);
	if (nearest) {
		frame->excused |= UINT32_C(1) << (nearest - members);
		config_error(&walk->build->errors, tree_mark(setting), "unknown setting '%s', did you mean '%s'?", path,
			     nearest->name);
	} else {
		config_error(&walk->build->errors, tree_mark(setting), "unknown setting '%s', allowed are %s", path,
			     names_of(members, names));
	}
}

/** check_missing() - at the end of a group */
static void check_missing(struct walk *walk, const struct frame *frame)
{
	const struct setting *members = frame->schema->members;

	for (const struct setting *m = members; m->name; m++) {
		if (!m->required || frame->excused & UINT32_C(1) << (m - members) ||
		    config_setting_get_member(frame->setting, m->name))
			continue;
		if (m->kind == &text_prefix)
			tree_error(walk->build, frame->setting,
				   "'prefix' is missing: there is no sensible default, "
				   "choose an IPv6 prefix of yours (a /96, say) that is routed to this host");
		else
			tree_error(walk->build, frame->setting, "'%s' is missing", m->name);
	}
}

/** step() - look at the next element of the innermost frame, or leave it */
static void step(struct walk *walk)
{
	struct frame *frame = &walk->frames[walk->depth - 1];
	const struct setting *schema;
	config_setting_t *setting;

	if (frame->next == (unsigned int)config_setting_length(frame->setting)) {
		if (!frame->is_list)
			check_missing(walk, frame);
		walk->depth--;
		return;
	}
	setting = config_setting_get_elem(frame->setting, frame->next++);
	if (frame->is_list) {
		if (config_setting_is_group(setting))
			enter(walk, frame->schema, setting, false);
		else
			refuse_type(walk, setting, "a group { }");
		return;
	}
	schema = config_schema_find(frame->schema->members, config_setting_name(setting));
	if (schema)
		check_setting(walk, schema, setting);
	else
		check_unknown(walk, frame, setting);
}

static bool has_refused(const config_setting_t *group, const char *name)
{
	return group && config_setting_get_member(group, name) && !tree_member(group, name);
}

/** check_combinations() - ranges that depend on each other, or have a hole */
static void check_combinations(struct config_build *build)
{
	const struct engine_config *engine = &build->config->engine;
	const config_setting_t *root = config_root_setting(&build->tree);
	const config_setting_t *limits = tree_member(root, "limits");
	const config_setting_t *mss = tree_member(tree_member(root, "tcp"), "mss");
	const config_setting_t *ecn = tree_member(tree_member(root, "tcp"), "ecn");
	const config_setting_t *cited = tree_member(limits, "buffers");

	if (mss && engine->tcp.mss > 0 && engine->tcp.mss < 536)
		tree_error(build, mss, "%u is out of range, allowed are 0 (from the MTU) and 536 to 65475",
			   engine->tcp.mss);
	if (ecn && engine->tcp.ecn && !engine->tcp.timestamps)
		tree_error(build, ecn, "'ecn' needs 'timestamps'");
	if (!cited)
		cited = tree_member(limits, "buffer");
	if (has_refused(limits, "buffer") || has_refused(limits, "buffers"))
		return;
	if (cited && engine->limits.buffers < engine->limits.buffer)
		tree_error(build, cited, "'buffers' (%" PRIu64 ") must not be less than 'buffer' (%" PRIu32 ")",
			   engine->limits.buffers, engine->limits.buffer);
}

void config_check(struct config_build *build)
{
	struct walk walk = { .build = build };

	enter(&walk, &config_schema, config_root_setting(&build->tree), false);
	while (walk.depth > 0)
		step(&walk);
	check_combinations(build);
}

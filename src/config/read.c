/* SPDX-License-Identifier: ISC */
/*
 * read.c - compare groups of the file with the schema, and read them into structures
 *
 * Defaults are added to the tree and read like all others, so that libconfig can print what is in effect.
 */
#include <string.h>

#include "config/build.h"
#include "config/schema.h"
#include "nat46/assert.h"

#define MILLISECOND INT64_C(1000000)
#define WORD_MAX 32u /* no setting has a longer name */
#define BIT(number) (UINT32_C(1) << (number))
#define IS_SEVERAL(setting) (config_setting_is_array(setting) || config_setting_is_list(setting))
#define ANY_INTEGER (BIT(CONFIG_TYPE_INT) | BIT(CONFIG_TYPE_INT64))

/** types - of each enum setting_type: types of libconfig, how an error calls them, and the type of a default */
static const struct {
	uint32_t allowed;
	const char *needed;
	int added;
} types[] = {
	[SETTING_GROUP] = { BIT(CONFIG_TYPE_GROUP), "a group { }", CONFIG_TYPE_GROUP },
	[SETTING_LIST] = { BIT(CONFIG_TYPE_LIST), "a list of groups ( { }, { } )", CONFIG_TYPE_LIST },
	[SETTING_INTEGER] = { ANY_INTEGER, "an integer", CONFIG_TYPE_INT },
	[SETTING_SECONDS] = { ANY_INTEGER | BIT(CONFIG_TYPE_FLOAT), "a number of seconds", CONFIG_TYPE_INT },
	[SETTING_BOOLEAN] = { BIT(CONFIG_TYPE_BOOL), "true or false", CONFIG_TYPE_BOOL },
	[SETTING_CHOICE] = { BIT(CONFIG_TYPE_STRING), "a string", CONFIG_TYPE_STRING },
	[SETTING_TEXT] = { BIT(CONFIG_TYPE_STRING), "a string", CONFIG_TYPE_STRING },
	[SETTING_PORTS] = { ANY_INTEGER | BIT(CONFIG_TYPE_STRING), "a port, or a string for a range", CONFIG_TYPE_INT },
};

/** describe() - what somebody wrote, for an error */
static const char *describe(struct build *build, const config_setting_t *setting)
{
	char quoted[TEXT_QUOTE_MAX];

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_BOOL:
		return config_setting_get_bool(setting) ? "true" : "false";
	case CONFIG_TYPE_STRING:
		return build_print(build, "%s", text_quote(config_setting_get_string(setting), quoted));
	case CONFIG_TYPE_FLOAT:
		return build_print(build, "%.10g", config_setting_get_float(setting));
	case CONFIG_TYPE_GROUP:
		return "a group { }";
	case CONFIG_TYPE_ARRAY:
		return "an array [ ]";
	case CONFIG_TYPE_LIST:
		return "a list ( )";
	default:
		return build_print(build, "%lld", config_setting_get_int64(setting));
	}
}

static bool check_type(struct build *build, enum setting_type type, const config_setting_t *setting)
{
	bool is_string = config_setting_type(setting) == CONFIG_TYPE_STRING;
	bool is_number = type == SETTING_INTEGER || type == SETTING_SECONDS || type == SETTING_BOOLEAN;

	if (types[type].allowed & BIT(config_setting_type(setting)))
		return true;
	build_error(build, setting, "%s is of the wrong type, %s is needed%s", describe(build, setting),
		    types[type].needed, is_string && is_number ? ", without quotes" : "");
	return false;
}

static void store(void *place, size_t size, int64_t number)
{
	uint8_t byte = (uint8_t)number;
	uint16_t half = (uint16_t)number;
	uint32_t word = (uint32_t)number;
	const void *from[] = { [1] = &byte, [2] = &half, [4] = &word, [8] = &number };

	memcpy(place, from[size], size);
}

static bool read_number(struct build *build, const struct setting *schema, const config_setting_t *setting, void *to)
{
	bool is_float = config_setting_type(setting) == CONFIG_TYPE_FLOAT, seconds = schema->type == SETTING_SECONDS;
	double value = is_float ? config_setting_get_float(setting) : (double)config_setting_get_int64(setting);
	double scale = seconds ? 1e3 : 1;

	if (!is_float && build_was_cut(build, setting))
		return false;
	/* no range needs more than the 53 bits that a double has */
	value = value * scale + (value < 0 ? -0.5 : 0.5);
	if (value < (double)schema->minimum || value >= (double)schema->maximum + 1) {
		build_error(build, setting, "%s is out of range, allowed are %.10g to %.13g%s",
			    describe(build, setting), (double)schema->minimum / scale, (double)schema->maximum / scale,
			    seconds ? " seconds" : "");
		return false;
	}
	if (schema->type == SETTING_PORTS)
		*(struct text_ports *)to = (struct text_ports){ (uint16_t)value, (uint16_t)value };
	else
		store(to, schema->size, (int64_t)value * (seconds ? MILLISECOND : 1));
	return true;
}

static bool read_string(struct build *build, const struct setting *schema, const config_setting_t *setting, void *to)
{
	const char *text = config_setting_get_string(setting), *reason = "is unknown, allowed are";

	if (schema->parse)
		reason = schema->parse(build, text, to);
	for (int i = 0; schema->choices && schema->choices[i]; i++) {
		if (text[0] && strcmp(text, schema->choices[i]) == 0) {
			store(to, schema->size, i);
			return true;
		}
		if (schema->choices[i][0])
			reason = build_print(build, "%s \"%s\"%s", reason, schema->choices[i],
					     schema->choices[i + 1] ? "," : "");
	}
	if (!reason)
		return true;
	build_error(build, setting, "%s %s", describe(build, setting), reason);
	memset(to, 0, schema->size);
	return false;
}

static bool read_value(struct build *build, const struct setting *schema, const config_setting_t *setting, void *to)
{
	if (!check_type(build, schema->type, setting))
		return false;
	if (config_setting_type(setting) == CONFIG_TYPE_STRING)
		return read_string(build, schema, setting, to);
	if (config_setting_is_number(setting))
		return read_number(build, schema, setting, to);
	if (schema->type == SETTING_BOOLEAN)
		store(to, schema->size, config_setting_get_bool(setting));
	return true;
}

unsigned int read_count(const config_setting_t *setting)
{
	return !setting ? 0 : IS_SEVERAL(setting) ? (unsigned int)config_setting_length(setting) : 1;
}

unsigned int read_elements(const config_setting_t *list)
{
	return list && config_setting_is_list(list) ? (unsigned int)config_setting_length(list) : 0;
}

config_setting_t *read_value_at(config_setting_t *setting, unsigned int index)
{
	return IS_SEVERAL(setting) ? config_setting_get_elem(setting, index) : setting;
}

/** read_setting() - a value, or an array or list of them if the schema allows */
static bool read_setting(struct build *build, const struct setting *schema, config_setting_t *setting, void *base)
{
	void *place = (char *)base + schema->offset;
	struct values *values = place;
	bool right = true;

	if (!schema->many)
		return read_value(build, schema, setting, place);
	values->count = read_count(setting);
	values->items = build_array(build, values->count, schema->size);
	if (values->count == 0)
		build_error(build, setting, "is empty, at least one value is needed");
	for (unsigned int i = 0; i < values->count; i++)
		right &= read_value(build, schema, read_value_at(setting, i), (char *)values->items + i * schema->size);
	return right && values->count > 0;
}

/** distance() - how many letters of @a are wrong, missing, too many or in the wrong order, compared to @b */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1] = { { 0 } }, *row = rows[0], *above = rows[1], *first = rows[2], *spare;
	size_t width = strnlen(b, WORD_MAX);

	for (size_t k = 0; k <= width; k++)
		row[k] = k;
	for (size_t i = 1; a[i - 1]; i++) {
		spare = first, first = above, above = row, row = spare;
		row[0] = i;
		for (size_t k = 1; k <= width; k++) {
			size_t replaced = above[k - 1] + (a[i - 1] != b[k - 1]);

			row[k] = (above[k] < row[k - 1] ? above[k] : row[k - 1]) + 1;
			row[k] = replaced < row[k] ? replaced : row[k];
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] && first[k - 2] < row[k])
				row[k] = first[k - 2] + 1;
		}
	}
	return row[width];
}

/** find_nearest() - the member whose name looks most like @name, NULL if none does */
static const struct setting *find_nearest(const struct setting *members, const char *name)
{
	const struct setting *nearest = NULL;
	size_t best = SIZE_MAX;

	for (const struct setting *m = members; m->name; m++) {
		size_t wrong = distance(name, m->name);

		/* one letter of a short word; with more of it wrong it is another word */
		if (wrong <= 1 + strlen(m->name) / 5 && wrong < best) {
			nearest = m;
			best = wrong;
		}
	}
	return nearest;
}

static bool has_member(const struct setting *members, const char *name)
{
	while (members->name && strcmp(members->name, name) != 0)
		members++;
	return members->name;
}

/** find_rooms() - in how many places a setting of this name belongs; @room: one of them, "prefix": the file itself */
static unsigned int find_rooms(const char *name, const char **room)
{
	unsigned int rooms = 0;

	if (has_member(schema_rule, name)) {
		*room = "rules";
		rooms++;
	}
	if (has_member(schema_root, name)) {
		*room = "prefix";
		rooms++;
	}
	for (const struct setting *s = schema_root; s->name; s++) {
		if (s->members && has_member(s->members, name)) {
			*room = s->name;
			rooms++;
		}
	}
	return rooms;
}

/** report_unknown() - returns the bit of the member that was probably meant */
static uint32_t report_unknown(struct build *build, const config_setting_t *setting, const struct setting *members)
{
	const char *name = config_setting_name(setting), *text = ", allowed are", *room = NULL;
	unsigned int rooms = find_rooms(name, &room);
	const struct setting *nearest = rooms > 0 ? NULL : find_nearest(members, name);

	for (const struct setting *m = members; m->name; m++)
		text = build_print(build, "%s %s%s", text, m->name, m[1].name ? "," : "");
	if (rooms == 1)
		text = build_print(build, " here, it belongs %s '%s'",
				   strcmp(room, "prefix") ? "into" : "beside", room);
	if (nearest)
		text = build_print(build, ", did you mean '%s'?", nearest->name);
	build_report(build, config_setting_source_line(setting),
		     "unknown setting '%s'%s", build_path(build, setting, ""), text);
	return nearest ? BIT(nearest - members) : 0;
}

static void add_default(struct build *build, const struct setting *schema, config_setting_t *group, void *structure)
{
	config_setting_t *added;

	if (schema->many || (types[schema->type].added == CONFIG_TYPE_STRING && !schema->text))
		return;
	added = config_setting_add(group, schema->name, types[schema->type].added);
	NAT46_ASSERT(added != NULL);
	/* each of these leaves other types alone */
	(void)config_setting_set_string(added, schema->text);
	(void)config_setting_set_bool(added, (int)schema->number);
	(void)config_setting_set_int(added, (int)schema->number);
	(void)read_setting(build, schema, added, structure);
}

uint32_t read_group(struct build *build, config_setting_t *group, const struct setting *members, void *structure)
{
	unsigned int count = (unsigned int)config_setting_length(group);
	uint32_t wrong = 0, excused = 0;

	if (!check_type(build, SETTING_GROUP, group))
		return UINT32_MAX;
	for (unsigned int i = 0; i < count; i++) {
		config_setting_t *setting = config_setting_get_elem(group, i);
		const struct setting *schema = members;

		while (schema->name && strcmp(schema->name, config_setting_name(setting)) != 0)
			schema++;
		if (!schema->name)
			excused |= READ_UNKNOWN | report_unknown(build, setting, members);
		else if (!read_setting(build, schema, setting, structure))
			wrong |= BIT(schema - members);
	}
	for (const struct setting *m = members; m->name; m++) {
		uint32_t bit = BIT(m - members);

		if (config_setting_get_member(group, m->name))
			continue;
		if (m->required && !(excused & bit))
			build_error(build, group, "'%s' is missing", m->name);
		wrong |= m->required ? bit : 0;
		if (!m->required)
			add_default(build, m, group, structure);
	}
	return wrong | (excused & READ_UNKNOWN);
}

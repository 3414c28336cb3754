/* SPDX-License-Identifier: ISC */
/*
 * tree.c - the tree that libconfig made, for those who check and compile it
 */
#include "config/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "nat46/assert.h"

#define DEPTH_MAX 64u /* above what config_lex.c lets through */

/* A hook is a pointer that libconfig keeps with each setting for its user. */
static char refused;

unsigned int tree_mark(const config_setting_t *setting)
{
	unsigned int mark = config_setting_source_line(setting);

	return mark > 0 ? mark : 1; /* the root has none */
}

const char *tree_path(const config_setting_t *setting, char *path)
{
	const config_setting_t *chain[DEPTH_MAX];
	size_t depth = 0, used = 0;

	for (; !config_setting_is_root(setting) && depth < DEPTH_MAX; setting = config_setting_parent(setting))
		chain[depth++] = setting;
	path[0] = '\0';
	while (depth-- > 0 && used < TREE_PATH_MAX) {
		const char *name = config_setting_name(chain[depth]);

		if (name)
			used += (size_t)snprintf(path + used, TREE_PATH_MAX - used, "%s%.64s", used ? "." : "", name);
		else
			used += (size_t)snprintf(path + used, TREE_PATH_MAX - used, "[%d]",
						 config_setting_index(chain[depth]));
	}
	return path;
}

void tree_error(struct config_build *build, const config_setting_t *setting, const char *format, ...)
{
	char path[TREE_PATH_MAX], text[CONFIG_ERROR_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	(void)tree_path(setting, path);
	config_error(&build->errors, tree_mark(setting), "%s%s%s", path, path[0] ? ": " : "", text);
}

void tree_refuse(config_setting_t *setting)
{
	config_setting_set_hook(setting, &refused);
}

static bool is_refused(const config_setting_t *setting)
{
	return config_setting_get_hook(setting) == &refused;
}

config_setting_t *tree_member(const config_setting_t *group, const char *name)
{
	config_setting_t *member = group ? config_setting_get_member(group, name) : NULL;

	return member && !is_refused(member) ? member : NULL;
}

unsigned int tree_count(const config_setting_t *setting)
{
	if (!setting)
		return 0;
	if (!config_setting_is_list(setting) && !config_setting_is_array(setting))
		return 1;
	return (unsigned int)config_setting_length(setting);
}

config_setting_t *tree_value(config_setting_t *setting, unsigned int index)
{
	config_setting_t *value = setting;

	if (config_setting_is_list(setting) || config_setting_is_array(setting))
		value = config_setting_get_elem(setting, index);
	return value && !is_refused(value) ? value : NULL;
}

int64_t tree_integer(const config_setting_t *setting)
{
	return config_setting_get_int64(setting);
}

int64_t tree_milliseconds(const config_setting_t *setting)
{
	double seconds;

	if (config_setting_type(setting) == CONFIG_TYPE_FLOAT)
		seconds = config_setting_get_float(setting);
	else
		seconds = (double)tree_integer(setting);
	/* beyond this no setting reaches, and the conversion would be undefined */
	if (seconds > 1e12)
		return INT64_MAX;
	return seconds < 0 ? -1 : (int64_t)(seconds * 1e3 + 0.5);
}

static bool decode(const config_setting_t *setting, struct config_text *text)
{
	return text_decode(config_setting_get_string(setting), text);
}

bool tree_parse(const config_setting_t *setting, const struct text_kind *kind, void *value)
{
	struct config_reason reason;
	struct config_text text;

	return setting && decode(setting, &text) && kind->parse(&text, value, &reason);
}

const char *tree_text(const struct config_build *build, const config_setting_t *setting, size_t *length)
{
	struct config_text text;
	bool decoded;

	if (!setting)
		return NULL;
	decoded = decode(setting, &text);
	NAT46_ASSERT(decoded);
	if (length)
		*length = text.length;
	return config_pool_copy(build->pool, text.bytes, text.length);
}

const char *tree_other_place(const struct config_build *build, unsigned int mark, char *out)
{
	struct config_place place = config_source_place(build->source, mark);

	(void)snprintf(out, TREE_PATH_MAX, "%s:%d", place.file, place.line);
	return out;
}

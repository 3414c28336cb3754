/* SPDX-License-Identifier: ISC */
/*
 * place.c - where a setting stands, and its value as text, once a configuration is complete
 */
#include "config/place.h"

#include "config/build.h"

void place_print(const struct daemon_config *config, const config_setting_t *setting, FILE *out)
{
	unsigned int line = setting ? config_setting_source_line(setting) : 0;
	const struct part *part;

	if (!line) {
		fputs(config->file, out);
		return;
	}
	part = build_part(config->parts, line);
	fprintf(out, "%s:%u", part->file, part->line + line - part->first);
}

bool value_is_single(const config_setting_t *setting)
{
	return config_setting_is_scalar(setting);
}

const char *value_text(const config_setting_t *setting, char *text)
{
	int type = setting ? config_setting_type(setting) : CONFIG_TYPE_NONE;

	if (type == CONFIG_TYPE_STRING)
		snprintf(text, VALUE_TEXT_MAX, "\"%s\"", config_setting_get_string(setting));
	else if (type == CONFIG_TYPE_BOOL)
		snprintf(text, VALUE_TEXT_MAX, "%s", config_setting_get_bool(setting) ? "true" : "false");
	else if (type == CONFIG_TYPE_FLOAT)
		snprintf(text, VALUE_TEXT_MAX, "%g", config_setting_get_float(setting));
	else if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
		snprintf(text, VALUE_TEXT_MAX, "%lld", config_setting_get_int64(setting));
	else
		snprintf(text, VALUE_TEXT_MAX, "nothing");
	return text;
}

/* SPDX-License-Identifier: ISC */
/*
 * walk.c - the effective configuration, setting by setting
 *
 * A place is a list of numbers and no pointer: it is looked up from the root each time, which is a few steps, and
 * leads nowhere else than to a setting or behind the last one, whatever became of the tree since.
 */
#include "config/walk.h"

#include <libconfig.h>

#include "nat46/assert.h"

/** bracket_of() - how a setting of several begins or ends */
static char bracket_of(const config_setting_t *setting, bool close)
{
	if (config_setting_is_group(setting))
		return close ? '}' : '{';
	if (config_setting_is_array(setting))
		return close ? ']' : '[';
	return close ? ')' : '(';
}

static void read_scalar(const config_setting_t *setting, struct config_step *step)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		step->kind = CONFIG_STEP_TEXT;
		step->text = config_setting_get_string(setting);
		break;
	case CONFIG_TYPE_FLOAT:
		step->kind = CONFIG_STEP_FRACTION;
		step->fraction = config_setting_get_float(setting);
		break;
	case CONFIG_TYPE_BOOL:
		step->kind = CONFIG_STEP_BOOLEAN;
		step->number = config_setting_get_bool(setting);
		break;
	default:
		step->kind = CONFIG_STEP_NUMBER;
		step->number = config_setting_get_int64(setting);
		break;
	}
}

/** around() - the group in which the next setting stands; NULL if it is gone */
static config_setting_t *around(const struct daemon_config *config, const struct config_walk *walk)
{
	config_setting_t *setting = config_root_setting(config->tree);

	for (unsigned int i = 0; i < walk->depth && setting; i++)
		setting = config_setting_get_elem(setting, walk->next[i]);
	return setting;
}

struct config_step config_step(const struct daemon_config *config, struct config_walk *walk)
{
	config_setting_t *group = around(config, walk);
	struct config_step step = { .kind = CONFIG_STEP_END, .depth = walk->depth };
	const config_setting_t *setting;

	if (!group)
		return step;
	step.is_first = walk->next[walk->depth] == 0;
	setting = config_setting_get_elem(group, walk->next[walk->depth]);
	if (!setting && walk->depth == 0)
		return step;
	if (!setting) {
		step.kind = CONFIG_STEP_CLOSE;
		step.bracket = bracket_of(group, true);
		step.name = config_setting_name(group);
		walk->next[--walk->depth]++;
		step.depth = walk->depth;
		return step;
	}
	step.name = config_setting_name(setting);
	if (config_setting_is_aggregate(setting)) {
		NAT46_ASSERT(walk->depth + 1 < CONFIG_DEPTH_MAX);
		step.kind = CONFIG_STEP_OPEN;
		step.bracket = bracket_of(setting, false);
		walk->next[++walk->depth] = 0;
	} else {
		read_scalar(setting, &step);
		walk->next[walk->depth]++;
	}
	return step;
}

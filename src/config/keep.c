/* SPDX-License-Identifier: ISC */
/*
 * keep.c - settings that cannot change without a restart stay as they are
 *
 * What was made with them stands: the device, the memory of the engine, the user that the daemon has become, and
 * the window scale that SYN/ACKs have promised to clients whose answers are under way. The values in force go into
 * the tree of the new configuration and are read from there like all others, so that it says what is in force.
 */
#include <string.h>

#include "config/build.h"
#include "config/difference.h"
#include "config/place.h"
#include "config/schema.h"
#include "nat46/assert.h"

/* Groups as a whole, or single settings. */
static const char *const kept[] = { "interface", "user", "group", "control", "limits", "tcp.window_scale", NULL };

static void copy_value(config_setting_t *to, const config_setting_t *from)
{
	/* each of these leaves other types alone */
	(void)config_setting_set_string(to, config_setting_get_string(from));
	(void)config_setting_set_bool(to, config_setting_get_bool(from));
	(void)config_setting_set_int64(to, config_setting_get_int64(from));
	(void)config_setting_set_float(to, config_setting_get_float(from));
}

/** keep_value() - let a single setting of @group be as in @running; @path: of the group, "" or with a dot behind */
static void keep_value(const struct daemon_config *config, const char *path, config_setting_t *group,
		       const config_setting_t *running, FILE *out)
{
	const char *name = config_setting_name(running);
	config_setting_t *setting = config_setting_get_member(group, name);
	char was[VALUE_TEXT_MAX], is[VALUE_TEXT_MAX];

	if (strcmp(value_text(running, was), value_text(setting, is)) == 0)
		return;
	place_print(config, setting, out);
	fprintf(out, ": warning: restart required for %s%s = %s, %s stays in force\n", path, name, is, was);
	(void)config_setting_remove(group, name);
	setting = config_setting_add(group, name, config_setting_type(running));
	NAT46_ASSERT(setting != NULL);
	copy_value(setting, running);
}

static void keep(struct daemon_config *config, const struct daemon_config *running, const char *path, FILE *out)
{
	const config_setting_t *from = config_lookup(running->tree, path);
	config_setting_t *to = config_lookup(config->tree, path);
	const char *dot = strchr(path, '.');
	char group[VALUE_TEXT_MAX];

	NAT46_ASSERT(from && to);
	if (value_is_single(from)) {
		snprintf(group, sizeof(group), "%.*s", dot ? (int)(dot - path) + 1 : 0, path);
		keep_value(config, group, config_setting_parent(to), from, out);
		return;
	}
	snprintf(group, sizeof(group), "%s.", path);
	for (int i = 0; i < config_setting_length(from); i++)
		keep_value(config, group, to, config_setting_get_elem(from, (unsigned int)i), out);
}

void config_keep(struct daemon_config *config, const struct daemon_config *running, FILE *out)
{
	struct build build = { .config = config };
	config_setting_t *root = config_root_setting(config->tree);

	for (size_t i = 0; kept[i]; i++)
		keep(config, running, kept[i], out);
	(void)read_group(&build, root, schema_root, config);
	for (const struct setting *s = schema_root; s->name; s++)
		if (s->type == SETTING_GROUP)
			(void)read_group(&build, config_setting_get_member(root, s->name), s->members, config);
	config->engine.mtu = config->interface.mtu;
	NAT46_ASSERT(!build.problems);
}

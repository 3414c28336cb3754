/* SPDX-License-Identifier: ISC */
/*
 * config.c - the configuration file as one immutable, completely checked object
 *
 * scan.c makes one text of all files and looks for what libconfig does silently, libconfig makes a tree, read.c
 * compares it with schema.c and has text.c read the strings, lists.c makes sorted arrays and finds conflicts. Each
 * reports all errors that it finds. Only an object without any error leaves this file, and nothing changes it
 * afterwards.
 */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/build.h"
#include "config/schema.h"
#include "config/syntax.h"
#include "nat46/assert.h"

/** check_combinations() - ranges that depend on each other, or have a hole; what is wrong by itself is zero */
static void check_combinations(struct build *build)
{
	const struct engine_config *engine = &build->config->engine;
	const config_t *tree = build->config->tree;
	const config_setting_t *timestamps = config_lookup(tree, "tcp.timestamps");
	const config_setting_t *buffers = config_lookup(tree, "limits.buffers");

	if (engine->tcp.mss > 0 && engine->tcp.mss < 536)
		build_error(build, config_lookup(tree, "tcp.mss"),
			    "%u is out of range, allowed are 0 (from the MTU) and 536 to 65475", engine->tcp.mss);
	if (engine->tcp.ecn && !engine->tcp.timestamps && config_setting_type(timestamps) == CONFIG_TYPE_BOOL)
		build_error(build, config_lookup(tree, "tcp.ecn"), "'ecn' needs 'timestamps'");
	if (engine->limits.buffers > 0 && engine->limits.buffers < engine->limits.buffer)
		build_error(build, config_setting_source_line(buffers) ? buffers : config_lookup(tree, "limits.buffer"),
			    "'buffers' (%llu) must not be less than 'buffer' (%u)",
			    (unsigned long long)engine->limits.buffers, engine->limits.buffer);
}

static void compile(struct build *build)
{
	config_setting_t *root = config_root_setting(build->config->tree);

	(void)read_group(build, root, schema_root, build->config);
	for (const struct setting *s = schema_root; s->name; s++) {
		config_setting_t *group = config_setting_get_member(root, s->name);

		if (s->type == SETTING_GROUP && config_setting_is_group(group))
			(void)read_group(build, group, s->members, build->config);
	}
	check_combinations(build);
	mappings_compile(build);
	lists_services(build);
	if (build->problem_count == 0)
		warnings_check(build);
	build->config->user_place = build_setting_place(build, config_lookup(build->config->tree, "user"));
	build->config->group_place = build_setting_place(build, config_lookup(build->config->tree, "group"));
	build->config->control_place = build_setting_place(build, config_lookup(build->config->tree, "control"));
	build->config->engine.has_router_ipv6 = config_lookup(build->config->tree, "router.ipv6") != NULL;
	build->config->engine.mtu = build->config->interface.mtu;
}

struct daemon_config *config_load(const char *name, const char *text, FILE *errors)
{
	struct daemon_config *config = calloc(1, sizeof(*config));
	struct build build = { .config = config, .scanning = true, .line = 1 };
	size_t length = strrchr(name, '/') ? (size_t)(strrchr(name, '/') - name) : 0;
	config_t *tree;
	char *scanned;

	NAT46_ASSERT(config != NULL);
	tree = config->tree = build_array(&build, 1, sizeof(*tree));
	config_init(tree);
	config_set_options(tree, CONFIG_OPTION_SEMICOLON_SEPARATORS);
	config->file = build_print(&build, "%s", name);
	if (!text)
		build.directory = build_print(&build, "%.*s%s", (int)length, name, strchr(name, '/') ? "/" : "");
	scanned = scan(&build, text);
	build.scanning = false;
	if (!build.failed && config_read_string(tree, scanned))
		compile(&build);
	else if (!build.failed)
		syntax_report(&build, scanned, (unsigned int)config_error_line(tree), config_error_text(tree));
	free(scanned);
	config->parts = build.parts;
	build_print_problems(&build, errors);
	if (build.problem_count == 0)
		return config;
	config_free(config);
	return NULL;
}

const char *config_unreadable(const struct daemon_config *config)
{
	const struct part *part = config->parts;

	while (part && access(part->file, R_OK) == 0)
		part = part->before;
	return part ? part->file : NULL;
}

void config_free(struct daemon_config *config)
{
	if (!config)
		return;
	config_destroy(config->tree);
	for (struct config_piece *piece = config->memory, *previous; piece; piece = previous) {
		previous = piece->previous;
		free(piece);
	}
	free(config);
}

void config_print(const struct daemon_config *config, FILE *out)
{
	config_write(config->tree, out);
}

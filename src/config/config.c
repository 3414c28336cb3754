/* SPDX-License-Identifier: ISC */
/*
 * config.c - the configuration file as one immutable, completely checked object
 *
 * Passes, each in a file of its own; every one reports all errors it finds and later ones pass over them:
 *
 *   config_source.c   files and @include into one text, places of its lines
 *   config_lex.c      tokens, with config_syntax.c: what libconfig would change or lose silently
 *   (libconfig)       text into a tree
 *   config_check.c    tree against config_schema.c; config_text.c and config_address.c read the strings
 *   config_clients.c, config_services.c, config_rules.c
 *                     lists into sorted arrays, conflicts
 *
 * Errors are printed at the end, sorted by place. Only an object without any error leaves this file, and
 * nothing changes it afterwards.
 */
#include "config/config.h"

#include <string.h>

#include "config/check.h"
#include "config/compile.h"

static void report_syntax(struct config_build *build)
{
	int line = config_error_line(&build->tree);

	config_error(&build->errors, line > 0 ? (unsigned int)line : 1, "%s", config_error_text(&build->tree));
}

/** compile() - everything that follows reading */
static void compile(struct config_build *build)
{
	struct daemon_config *config = build->config;
	static const struct ipv6_address none;

	if (!config_read_string(&build->tree, config_source_text(build->source))) {
		report_syntax(build);
		return;
	}
	config_schema_defaults(config, build->pool);
	config_check(build);
	config_compile_clients(build);
	config_compile_services(build);
	config->engine.has_router_ipv6 = !ipv6_equal(&config->engine.router_ipv6, &none);
	config->engine.mtu = config->interface.mtu;
}

/** load() - text NULL: from the file @path */
static struct daemon_config *load(const char *path, const char *text, FILE *errors)
{
	struct config_build build = { .pool = config_pool_create() };
	struct daemon_config *config = config_pool_array(build.pool, 1, sizeof(*config));
	bool valid;

	build.config = config;
	config->pool = build.pool;
	build.source = config_source_read(path, text, &build.errors);
	config_init(&build.tree);
	if (config_source_complete(build.source))
		compile(&build);
	valid = build.errors.count == 0;
	config_errors_print(&build.errors, build.source, errors);
	config_errors_free(&build.errors);
	config_destroy(&build.tree);
	config_source_free(build.source);
	if (valid)
		return config;
	config_free(config);
	return NULL;
}

struct daemon_config *config_load(const char *path, FILE *errors)
{
	return load(path, NULL, errors);
}

struct daemon_config *config_parse_string(const char *name, const char *text, FILE *errors)
{
	return load(name, text, errors);
}

void config_free(struct daemon_config *config)
{
	if (config)
		config_pool_destroy(config->pool);
}

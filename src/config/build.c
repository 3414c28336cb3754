/* SPDX-License-Identifier: ISC */
/*
 * build.c - a configuration in the making: its memory, and what was found wrong
 *
 * A configuration is built once and released as a whole, so each piece of memory is only chained to the one
 * before. Running out of memory ends the process: libconfig does not survive that either.
 */
#include "config/build.h"

#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "nat46/assert.h"

#define PROBLEMS_MAX 1000u
#define NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-"

struct problem {
	struct problem *next;
	const char *file, *text;
	unsigned int at, line; /* in the whole text, and in @file */
	bool scanned, included, is_warning;
};

void *build_array(struct build *build, size_t count, size_t size)
{
	struct config_piece *piece;

	NAT46_ASSERT(size > 0 && count < (SIZE_MAX - sizeof(*piece)) / size);
	piece = calloc(1, sizeof(*piece) + count * size);
	NAT46_ASSERT(piece != NULL);
	piece->previous = build->config->memory;
	build->config->memory = piece;
	return piece->memory;
}

char *build_print(struct build *build, const char *format, ...)
{
	va_list arguments;
	size_t size;
	char *text;

	va_start(arguments, format);
	size = (size_t)vsnprintf(NULL, 0, format, arguments) + 1;
	va_end(arguments);
	text = build_array(build, size, 1);
	va_start(arguments, format);
	(void)vsnprintf(text, size, format, arguments);
	va_end(arguments);
	return text;
}

void *build_first(void **seen, const void *item, int (*compare)(const void *, const void *))
{
	void **node = tsearch(item, seen, compare);

	NAT46_ASSERT(node != NULL);
	return *node;
}

static void keep(void *item)
{
	(void)item;
}

void build_forget(void *seen)
{
	tdestroy(seen, keep);
}

void build_begin(struct build *build, const char *file, unsigned int line)
{
	struct part *part = build_array(build, 1, sizeof(*part));

	*part = (struct part){ build->parts, file, line, build->line };
	build->parts = part;
}

const struct part *build_part(const struct part *last, unsigned int line)
{
	const struct part *part = last;

	while (part->before && part->first > line)
		part = part->before;
	return part;
}

const char *build_file(struct build *build, const char *name)
{
	return build_print(build, "%s%s", name[0] == '/' || !build->directory ? "" : build->directory, name);
}

const char *build_place(struct build *build, unsigned int line)
{
	const struct part *part = build_part(build->parts, line);

	return line ? build_print(build, "%s:%u", part->file, part->line + line - part->first) : NULL;
}

const char *build_setting_place(struct build *build, const config_setting_t *setting)
{
	return build_place(build, config_setting_source_line(setting));
}

/** element_name() - the name of a service that has one; of it and any other element of a list the number */
static const char *element_name(struct build *build, const config_setting_t *setting)
{
	const char *list = config_setting_name(config_setting_parent(setting)), *name;

	/* one with other characters is refused in a line of its own */
	if (list && strcmp(list, "services") == 0 && config_setting_lookup_string(setting, "name", &name) && name[0] &&
	    strlen(name) < 64 && !name[strspn(name, NAME_LETTERS)])
		return name;
	return build_print(build, "%d", config_setting_index(setting));
}

const char *build_path(struct build *build, const config_setting_t *setting, const char *end)
{
	const char *path = config_setting_is_root(setting) ? "" : end, *dot = "";

	for (; !config_setting_is_root(setting) && build->problem_count < PROBLEMS_MAX;
	     setting = config_setting_parent(setting)) {
		const char *name = config_setting_name(setting);

		path = name ? build_print(build, "%.64s%s%s", name, dot, path) :
			      build_print(build, "[%s]%s%s", element_name(build, setting), dot, path);
		dot = name ? "." : "";
	}
	return path;
}

/** is_before() - does @a stand before @b; the first file comes before those that it includes */
static bool is_before(const struct problem *a, const struct problem *b)
{
	int order = strcmp(a->file, b->file);

	if (a->included != b->included)
		return b->included;
	return order ? order < 0 : a->line < b->line;
}

/** note() - put a problem where it belongs; @count: of those of its kind */
static void note(struct build *build, unsigned int line, const char *text, size_t *count)
{
	struct problem *problem = build_array(build, 1, sizeof(*problem)), **link = &build->problems;
	const struct part *part = build_part(build->parts, line);

	*problem = (struct problem){ .text = text, .at = line, .scanned = build->scanning };
	problem->file = line ? part->file : build->config->file;
	problem->line = line ? part->line + line - part->first : 0;
	problem->included = strcmp(problem->file, build->config->file) != 0;
	problem->is_warning = count == &build->warning_count;
	if (++*count > PROBLEMS_MAX)
		return;
	while (*link && !is_before(problem, *link))
		link = &(*link)->next;
	problem->next = *link;
	*link = problem;
}

void build_report_text(struct build *build, unsigned int line, const char *text)
{
	note(build, line, text, &build->problem_count);
}

void build_warn_text(struct build *build, unsigned int line, const char *text)
{
	note(build, line, text, &build->warning_count);
}

void build_error_text(struct build *build, const config_setting_t *setting, const char *text)
{
	unsigned int line = config_setting_source_line(setting);

	/* the file as a whole, as a setting, has no line */
	build_report(build, line ? line : 1, "%s%s", build_path(build, setting, ": "), text);
}

bool build_was_cut(struct build *build, const config_setting_t *setting)
{
	const struct problem *p = build->problems;

	while (p && (!p->scanned || p->at != config_setting_source_line(setting)))
		p = p->next;
	return p != NULL;
}

void build_print_problems(const struct build *build, FILE *out)
{
	for (const struct problem *p = build->problems; p; p = p->next)
		fprintf(out, "%s%s%.0u: %s: %s\n", p->file, p->line ? ":" : "", p->line,
			p->is_warning ? "warning" : "error", p->text);
	if (build->problem_count > PROBLEMS_MAX)
		fprintf(out, "%s: error: %zu more\n", build->config->file, build->problem_count - PROBLEMS_MAX);
	if (build->warning_count > PROBLEMS_MAX)
		fprintf(out, "%s: warning: %zu more\n", build->config->file, build->warning_count - PROBLEMS_MAX);
}

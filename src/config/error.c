/* SPDX-License-Identifier: ISC */
/*
 * error.c - all errors of one configuration, printed in the order of the file
 *
 * Errors are found by several passes, so they are collected and sorted at the end. Marks of the source
 * grow in the order of reading, also across included files; errors with the same mark keep the order in
 * which they were found.
 */
#include "config/error.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/pool.h"
#include "nat46/assert.h"

struct config_error {
	unsigned int mark;
	size_t found;
	char *text;
};

void config_error(struct config_errors *errors, unsigned int mark, const char *format, ...)
{
	char text[CONFIG_ERROR_MAX];
	struct config_error *error;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	errors->list = config_grow(errors->list, errors->count, &errors->room, sizeof(*errors->list));
	error = &errors->list[errors->count];
	error->mark = mark;
	error->found = errors->count++;
	error->text = strdup(text);
	NAT46_ASSERT(error->text != NULL);
}

static int compare(const void *a, const void *b)
{
	const struct config_error *x = a, *y = b;

	if (x->mark != y->mark)
		return x->mark < y->mark ? -1 : 1;
	return x->found < y->found ? -1 : 1;
}

void config_errors_print(struct config_errors *errors, const struct config_source *source, FILE *out)
{
	if (errors->count > 0)
		qsort(errors->list, errors->count, sizeof(*errors->list), compare);
	for (size_t i = 0; i < errors->count; i++) {
		struct config_place place = config_source_place(source, errors->list[i].mark);

		fprintf(out, "%s:%d: error: %s\n", place.file, place.line, errors->list[i].text);
	}
}

void config_errors_free(struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		free(errors->list[i].text);
	free(errors->list);
	memset(errors, 0, sizeof(*errors));
}

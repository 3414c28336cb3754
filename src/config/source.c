/* SPDX-License-Identifier: ISC */
/*
 * source.c - the text of a configuration with its included files, made safe for libconfig
 *
 * Files are read into memory here and given to libconfig as one string. The string has only tokens, and one
 * line for each line of the files that has any; the table @lines leads back from there. This way errors
 * cite the right file and line whatever the version of libconfig, relative names of included files do not
 * depend on the working directory, and the lexer can repair what libconfig would change silently.
 */
#include "config/source.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/error.h"
#include "config/lex.h"
#include "config/pool.h"
#include "nat46/assert.h"

#define INCLUDE_DEPTH 10u
#define FILE_MAX (64u << 20) /* a device that never ends must not fill the memory */

struct config_source {
	struct config_pool *names;
	bool from_text;
	bool complete;
	struct config_input inputs[INCLUDE_DEPTH];
	size_t depth;
	struct config_place *lines;
	size_t line_count, line_room;
	char *text;
	size_t length, room;
};

static void push_line(struct config_source *source, const char *file, int line)
{
	source->lines = config_grow(source->lines, source->line_count, &source->line_room,
				    sizeof(*source->lines));
	source->lines[source->line_count].file = file;
	source->lines[source->line_count].line = line;
	source->line_count++;
}

void config_source_append(struct config_source *source, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		source->text = config_grow(source->text, source->length, &source->room, 1);
		source->text[source->length++] = bytes[i];
	}
}

/** read_stream() - everything in a stream, NUL-terminated; NULL with errno set */
static char *read_stream(FILE *stream, size_t *length)
{
	char *text = NULL;
	size_t room = 0;
	int c;

	*length = 0;
	while ((c = getc_unlocked(stream)) != EOF) {
		text = config_grow(text, *length, &room, 1);
		text[(*length)++] = (char)c;
		if (*length > FILE_MAX) {
			free(text);
			errno = EFBIG;
			return NULL;
		}
	}
	if (ferror(stream)) {
		free(text);
		return NULL;
	}
	text = config_grow(text, *length, &room, 1);
	text[*length] = '\0';
	return text;
}

static char *read_file(const char *path, size_t *length)
{
	FILE *stream = fopen(path, "re");
	char *text;
	int error;

	if (!stream)
		return NULL;
	text = read_stream(stream, length);
	error = errno;
	(void)fclose(stream);
	errno = error;
	return text;
}

static void push_input(struct config_source *source, const char *file, char *text, size_t length)
{
	struct config_input *input = &source->inputs[source->depth++];

	input->file = file;
	input->text = text;
	input->length = length;
	input->offset = 0;
	input->line = 1;
}

struct config_input *config_source_input(struct config_source *source)
{
	while (source->depth > 0) {
		struct config_input *input = &source->inputs[source->depth - 1];

		if (input->offset < input->length)
			return input;
		free(input->text);
		source->depth--;
	}
	return NULL;
}

unsigned int config_source_mark(struct config_source *source)
{
	const struct config_place *last = &source->lines[source->line_count - 1];
	const struct config_input *input;

	NAT46_ASSERT(source->depth > 0);
	input = &source->inputs[source->depth - 1];
	if (last->file != input->file || last->line != input->line) {
		config_source_append(source, "\n", 1);
		push_line(source, input->file, input->line);
	}
	return (unsigned int)(source->line_count - 1);
}

void config_source_token(struct config_source *source, bool closing)
{
	if (!closing)
		(void)config_source_mark(source);
	config_source_append(source, " ", 1);
}

/** join() - @path as seen from the directory of @from */
static char *join(struct config_pool *pool, const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');
	size_t directory = slash ? (size_t)(slash - from) + 1 : 0;
	char *joined;

	if (path[0] == '/' || directory == 0)
		return config_pool_copy(pool, path, strlen(path));
	joined = config_pool_array(pool, directory + strlen(path) + 1, 1);
	memcpy(joined, from, directory);
	memcpy(joined + directory, path, strlen(path));
	return joined;
}

void config_source_include(struct config_source *source, const char *path, struct config_errors *errors)
{
	unsigned int mark = config_source_mark(source);
	size_t length;
	char *file, *text;

	if (source->from_text) {
		config_error(errors, mark, "cannot include \"%.200s\": this text is not a file", path);
		return;
	}
	if (source->depth == INCLUDE_DEPTH) {
		config_error(errors, mark, "cannot include \"%.200s\": files are nested more than %u deep", path,
			     INCLUDE_DEPTH);
		return;
	}
	file = join(source->names, source->inputs[source->depth - 1].file, path);
	text = read_file(file, &length);
	if (!text) {
		config_error(errors, mark, "cannot include \"%.200s\": %s", file, strerror(errno));
		return;
	}
	push_input(source, file, text, length);
}

struct config_source *config_source_read(const char *name, const char *text, struct config_errors *errors)
{
	struct config_source *source = calloc(1, sizeof(*source));
	size_t length = text ? strlen(text) : 0;
	char *copy;

	NAT46_ASSERT(source != NULL);
	source->from_text = text != NULL;
	source->names = config_pool_create();
	name = config_pool_copy(source->names, name, strlen(name));
	push_line(source, name, 0);
	push_line(source, name, 1);
	copy = text ? strdup(text) : read_file(name, &length);
	if (copy) {
		push_input(source, name, copy, length);
		source->complete = config_lex(source, errors);
	} else {
		config_error(errors, 0, "cannot read: %s", strerror(errno));
	}
	config_source_append(source, "\n", 2); /* with its NUL */
	return source;
}

void config_source_free(struct config_source *source)
{
	if (!source)
		return;
	while (source->depth > 0)
		free(source->inputs[--source->depth].text);
	config_pool_destroy(source->names);
	free(source->lines);
	free(source->text);
	free(source);
}

bool config_source_complete(const struct config_source *source)
{
	return source->complete;
}

const char *config_source_text(const struct config_source *source)
{
	return source->text;
}

struct config_place config_source_place(const struct config_source *source, unsigned int mark)
{
	return source->lines[mark < source->line_count ? mark : source->line_count - 1];
}

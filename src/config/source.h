/* SPDX-License-Identifier: ISC */
/*
 * source.h - the text of a configuration with its included files, made safe for libconfig
 *
 * A mark is a number that stands for a place (file and line). It is the line number that libconfig reports
 * for the text of config_source_text(). Marks grow in the order of reading. Mark 0 is the file as a whole,
 * mark 1 its first line.
 */
#ifndef NAT46_CONFIG_SOURCE_H
#define NAT46_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct config_errors;
struct config_source;

/** struct config_place - a line of a file; line 0: the file as a whole */
struct config_place {
	const char *file;
	int line;
};

/**
 * config_source_read() - read a configuration and everything that it includes
 * @name: name of the file, for errors and to find included files; copied
 * @text: its text, NUL-terminated; NULL: read it from the file @name. With a text nothing can be included.
 * @errors: gets what is wrong with the files and the tokens in them
 *
 * Return: the source, to be released by config_source_free(); never NULL
 */
struct config_source *config_source_read(const char *name, const char *text, struct config_errors *errors);

/** config_source_free() - release a source; NULL is allowed */
void config_source_free(struct config_source *source);

/** config_source_text() - text for libconfig, equal in meaning but with the changes that config_lex.h lists */
const char *config_source_text(const struct config_source *source);

/** config_source_complete() - was everything read to its end; else there is no use in parsing it */
bool config_source_complete(const struct config_source *source);

/** config_source_place() - the place that a mark stands for; the nearest one if there is no such mark */
struct config_place config_source_place(const struct config_source *source, unsigned int mark);

/* ---- for config_lex.c -------------------------------------------------------------------- */

/** struct config_input - a file being read */
struct config_input {
	const char *file; /* name, owned by the source */
	char *text;       /* ends with a NUL that is not counted */
	size_t length;
	size_t offset; /* of the next byte */
	int line;      /* of the next byte */
};

/** config_source_input() - the file to read from now: the innermost that is not finished; NULL: the end */
struct config_input *config_source_input(struct config_source *source);

/** config_source_mark() - the mark of the current line of the current file */
unsigned int config_source_mark(struct config_source *source);

/**
 * config_source_token() - begin a token in the text for libconfig
 * @source: source
 * @closing: stay on the line of the token before
 */
void config_source_token(struct config_source *source, bool closing);

/** config_source_append() - add bytes to the token */
void config_source_append(struct config_source *source, const char *bytes, size_t length);

/**
 * config_source_include() - read another file now and then go on behind the current offset
 * @source: source
 * @path: name of the file, relative to the directory of the current one; NUL-terminated
 */
void config_source_include(struct config_source *source, const char *path, struct config_errors *errors);

#endif

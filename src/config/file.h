/* SPDX-License-Identifier: ISC */
/*
 * file.h - read a file as a text
 */
#ifndef NAT46_CONFIG_FILE_H
#define NAT46_CONFIG_FILE_H

#include <stddef.h>

struct build;

/** file_error() - what an errno means for a file; whoever may not read it is told who has to be able to */
const char *file_error(struct build *build, int error);

/**
 * file_read() - read a file as a text
 * @build: for what @error needs
 * @most: how long it may be; a byte order mark at its beginning is left out
 * @length: gets its length; if that is more than @most, the rest was not read
 * @error: gets why it cannot be used, if it cannot
 *
 * Return: the text, never NULL, to be released by free() even if there is an error
 */
char *file_read(struct build *build, const char *name, size_t most, size_t *length, const char **error);

#endif

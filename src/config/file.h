/* SPDX-License-Identifier: ISC */
/*
 * file.h - read a file as a text
 */
#ifndef NAT46_CONFIG_FILE_H
#define NAT46_CONFIG_FILE_H

#include <stddef.h>

/**
 * file_read() - read a file as a text
 * @most: how long it may be
 * @length: gets its length; if that is more than @most, the rest was not read
 * @error: gets why it cannot be used, if it cannot
 *
 * Return: the text, never NULL, to be released by free() even if there is an error
 */
char *file_read(const char *name, size_t most, size_t *length, const char **error);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * file.c - read a file as a text
 */
#include "config/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat46/assert.h"

char *file_read(const char *name, size_t most, size_t *length, const char **error)
{
	FILE *file = fopen(name, "r");
	char *text, *shorter;

	*length = 0;
	if (!file)
		*error = strerror(errno);
	text = calloc(1, most + 2);
	NAT46_ASSERT(text != NULL);
	if (file)
		*length = fread(text, 1, most + 1, file);
	if (file && ferror(file))
		*error = strerror(errno);
	else if (*length <= most && strlen(text) < *length)
		*error = "not a text, it has a NUL byte";
	if (file)
		(void)fclose(file);
	shorter = realloc(text, *length + 1);
	NAT46_ASSERT(shorter != NULL);
	return shorter;
}

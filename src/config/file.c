/* SPDX-License-Identifier: ISC */
/*
 * file.c - read a file as a text
 */
#include "config/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/build.h"
#include "nat46/assert.h"

/* Some editors put it in front of any text that is Unicode. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

const char *file_error(struct build *build, int error)
{
	return error != EACCES ? strerror(error) :
				 build_print(build, "%s: user %u must be able to read it (chgrp, chmod g+r)",
					     strerror(error), (unsigned int)geteuid());
}

char *file_read(struct build *build, const char *name, size_t most, size_t *length, const char **error)
{
	FILE *file = fopen(name, "r");
	char *text, *shorter;

	*length = 0;
	if (!file)
		*error = file_error(build, errno);
	text = calloc(1, most + 2);
	NAT46_ASSERT(text != NULL);
	if (file)
		*length = fread(text, 1, most + 1, file);
	if (file && ferror(file))
		*error = file_error(build, errno);
	else if (*length <= most && strlen(text) < *length)
		*error = "not a text, it has a NUL byte";
	if (file)
		(void)fclose(file);
	if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		memmove(text, text + strlen(BYTE_ORDER_MARK), *length + 1 - strlen(BYTE_ORDER_MARK));
	shorter = realloc(text, *length + 1);
	NAT46_ASSERT(shorter != NULL);
	return shorter;
}

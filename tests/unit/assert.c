/* SPDX-License-Identifier: ISC */
/* assert.c - what a broken assertion does in a test that links only the core */
#include <stdio.h>
#include <stdlib.h>

#include "nat46/assert.h"

_Noreturn void nat46_assert_failed(const char *expression, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
	abort();
}

const char *__lsan_default_suppressions(void);

/* For builds with sanitizers: libconfig 1.5 forgets the string in front of a syntax error. */
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

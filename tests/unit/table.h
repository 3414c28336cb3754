/* SPDX-License-Identifier: ISC */
/*
 * table.h - read tests/vectors/http_heads.table and client_hellos.table, whose first lines explain them
 */
#ifndef NAT46_TESTS_TABLE_H
#define NAT46_TESTS_TABLE_H

#include "hello.h"

/** struct table_row - one input; texts are "" when they are not there */
struct table_row {
	char name[128];
	char nat46d[32];
	char nginx[32];
	char haproxy[32];
	char rfc[256];
	char why[256];
	struct bytes bytes;
};

/** struct table - a table that is being read; too large for a stack */
struct table {
	char text[131072];
	const char *next;
	size_t macro_count;
	struct {
		const char *name;
		const char *value;
	} macros[16];
};

/** table_open() - read the file; a test that has no table ends here */
void table_open(struct table *table, const char *path);

/** table_next() - the next row; false at the end. Ends the test if a row is not understood. */
bool table_next(struct table *table, struct table_row *row);

#endif

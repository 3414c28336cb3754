/* SPDX-License-Identifier: ISC */
/*
 * error.h - all errors of one configuration, printed in the order of the file
 */
#ifndef NAT46_CONFIG_ERROR_H
#define NAT46_CONFIG_ERROR_H

#include <stddef.h>
#include <stdio.h>

#include "config/source.h"

/** Room for one message, longer ones are cut. */
#define CONFIG_ERROR_MAX 1024u

struct config_error;

/** struct config_errors - errors found so far; all zero: none */
struct config_errors {
	struct config_error *list;
	size_t count;
	size_t room;
};

/**
 * config_error() - note an error
 * @errors: where to
 * @mark: where in the source (config_source.h), 0: the file as a whole
 * @format: what is wrong, the offending value, and what is allowed; one line without a newline
 */
void config_error(struct config_errors *errors, unsigned int mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** config_errors_print() - print "FILE:LINE: error: text" for each error, sorted by where they are */
void config_errors_print(struct config_errors *errors, const struct config_source *source, FILE *out);

/** config_errors_free() - forget all errors */
void config_errors_free(struct config_errors *errors);

#endif

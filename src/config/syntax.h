/* SPDX-License-Identifier: ISC */
/*
 * syntax.h - what may be wrong where libconfig only says that something is
 */
#ifndef NAT46_CONFIG_SYNTAX_H
#define NAT46_CONFIG_SYNTAX_H

#include <stddef.h>

struct build;

/** Brackets in one another; nobody needs more than a few. */
#define SYNTAX_DEPTH_MAX 32u

/**
 * struct syntax - a place in the text; all zero at its beginning
 * @brackets, @lines: those that are open, and where
 * @depth: how many; more than SYNTAX_DEPTH_MAX: not known
 * @last: what came last: a character of its own, '"' a string, '0' another value, 'a' a name
 * @name, @name_length: the last name
 * @word, @word_end: the last value that is neither a string nor in brackets; tokens in it are none
 */
struct syntax {
	char brackets[SYNTAX_DEPTH_MAX];
	unsigned int lines[SYNTAX_DEPTH_MAX];
	unsigned int depth;
	char last;
	const char *name;
	size_t name_length;
	const char *word, *word_end;
};

/**
 * syntax_token() - look at the next token, and note what looks wrong
 * @at: the token and what follows it; comments are none, and a sign is a part of its number
 * @length: of the token
 * @line: where it stands in the whole text
 *
 * This is no judgement: it is for the case that libconfig finds an error, and then the first thing counts.
 */
void syntax_token(struct build *build, struct syntax *syntax, const char *at, size_t length, unsigned int line);

/** syntax_end() - the text has ended, in @line */
void syntax_end(struct build *build, const struct syntax *syntax, unsigned int line);

/** syntax_report() - report what libconfig has found in a line of @text, and what was noted before */
void syntax_report(struct build *build, const char *text, unsigned int line, const char *error);

#endif

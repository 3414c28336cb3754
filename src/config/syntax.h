/* SPDX-License-Identifier: ISC */
/*
 * syntax.h - which token may follow which
 */
#ifndef NAT46_CONFIG_SYNTAX_H
#define NAT46_CONFIG_SYNTAX_H

#include <stddef.h>

/** Most brackets that may be open at a time. */
#define CONFIG_NESTING_MAX 32u

/* Classes of tokens that are not their own first character, as "=" and ";" and brackets are */
#define TOKEN_NAME 'n'
#define TOKEN_STRING 's'
#define TOKEN_VALUE 'v' /* number or boolean */
#define TOKEN_OTHER '?' /* nothing that may be anywhere */

enum config_expected {
	EXPECT_NAME = 0,
	EXPECT_EQUAL,
	EXPECT_VALUE,
	EXPECT_FIRST, /* value or closing bracket */
	EXPECT_NEXT,  /* what separates values or settings */
};

/** struct config_syntax - where in the structure we are; all zero: at the beginning */
struct config_syntax {
	enum config_expected expected;
	char last; /* class of the value before, with EXPECT_NEXT */
	size_t depth;
	struct {
		char bracket;
		unsigned int mark;
	} open[CONFIG_NESTING_MAX];
};

/**
 * config_syntax_token() - go on by one token
 * @syntax: state
 * @token: its class
 * @mark: where it is
 *
 * Return: NULL, or what is needed instead of this token ("a value"); the state is then of no more use
 */
const char *config_syntax_token(struct config_syntax *syntax, char token, unsigned int mark);

#endif

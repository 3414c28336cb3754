/* SPDX-License-Identifier: ISC */
/*
 * syntax.c - which token may follow which
 *
 * This is the grammar of libconfig once more. libconfig only says "syntax error", in the line to which it
 * has read by then, and loses the memory of a string that it did not expect. So it gets to see right
 * structures only. What an array may hold is left to it.
 */
#include "config/syntax.h"

#include <stdbool.h>
#include <string.h>

static char innermost(const struct config_syntax *syntax)
{
	return syntax->depth > 0 ? syntax->open[syntax->depth - 1].bracket : '{';
}

static const char *open_bracket(struct config_syntax *syntax, char bracket, unsigned int mark)
{
	if (syntax->depth == CONFIG_NESTING_MAX)
		return "less than 33 brackets in one another";
	syntax->open[syntax->depth].bracket = bracket;
	syntax->open[syntax->depth].mark = mark;
	syntax->depth++;
	syntax->expected = bracket == '{' ? EXPECT_NAME : EXPECT_FIRST;
	return NULL;
}

static char closing(char bracket)
{
	return bracket == '{' ? '}' : bracket == '(' ? ')' :
						       ']';
}

/** closes() - does @token close the innermost bracket; goes on behind it if so */
static bool closes(struct config_syntax *syntax, char token)
{
	if (syntax->depth == 0 || token != closing(innermost(syntax)))
		return false;
	syntax->depth--;
	syntax->expected = EXPECT_NEXT;
	syntax->last = token;
	return true;
}

static const char *name(struct config_syntax *syntax, char token)
{
	if (closes(syntax, token))
		return NULL;
	syntax->expected = EXPECT_EQUAL;
	return token == TOKEN_NAME ? NULL : "the name of a setting";
}

static const char *value(struct config_syntax *syntax, char token, unsigned int mark)
{
	if (strchr("({[", token) && innermost(syntax) != '[')
		return open_bracket(syntax, token, mark);
	if (token != TOKEN_STRING && token != TOKEN_VALUE)
		return "a value (texts are in quotes)";
	syntax->expected = EXPECT_NEXT;
	syntax->last = token;
	return NULL;
}

/** next() - behind a value; strings that follow one another are one */
static const char *next(struct config_syntax *syntax, char token)
{
	if (closes(syntax, token) || (token == TOKEN_STRING && syntax->last == TOKEN_STRING))
		return NULL;
	if (innermost(syntax) != '{') {
		syntax->expected = EXPECT_VALUE;
		return token == ',' ? NULL : "a comma or the closing bracket";
	}
	if (token == TOKEN_NAME) {
		syntax->expected = EXPECT_EQUAL;
		return NULL;
	}
	syntax->expected = EXPECT_NAME;
	return token == ';' || token == ',' ? NULL : "a semicolon";
}

const char *config_syntax_token(struct config_syntax *syntax, char token, unsigned int mark)
{
	switch (syntax->expected) {
	case EXPECT_NAME:
		return name(syntax, token);
	case EXPECT_EQUAL:
		syntax->expected = EXPECT_VALUE;
		return token == '=' || token == ':' ? NULL : "= and a value";
	case EXPECT_FIRST:
		return closes(syntax, token) ? NULL : value(syntax, token, mark);
	case EXPECT_VALUE:
		return value(syntax, token, mark);
	case EXPECT_NEXT:
		break;
	}
	return next(syntax, token);
}

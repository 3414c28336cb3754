/* SPDX-License-Identifier: ISC */
/*
 * syntax.c - what may be wrong where libconfig only says that something is
 *
 * "syntax error" is all that libconfig says of a comma too many or quotes that are missing, and often of the line
 * behind. The scan comes by all tokens anyway, so that it can note what those mistakes look like that everybody makes.
 */
#include "config/syntax.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/build.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*"
#define DIGITS "0123456789"
#define OPENING "({["
#define CLOSING ")}]"
#define VALUE_END " \t\r\n;,(){}[]\"#"
#define SHOWN_MAX 60u

/** suspect() - note what looks wrong, unless something did before */
#define suspect(build, at, ...) \
	do { \
		if (!(build)->suspicion) { \
			(build)->suspicion = build_print(build, __VA_ARGS__); \
			(build)->suspicion_line = (at); \
		} \
	} while (0)

/** clean() - a copy of a few characters */
static const char *clean(struct build *build, const char *text, size_t length)
{
	char *copy = build_print(build, "%.*s", (int)length, text);

	for (char *c = copy; *c; c++)
		*c = *c < ' ' || *c > '~' ? '?' : *c;
	return copy;
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/** innermost() - the bracket that is open, or NUL */
static char innermost(const struct syntax *syntax)
{
	return syntax->depth > 0 && syntax->depth <= SYNTAX_DEPTH_MAX ? syntax->brackets[syntax->depth - 1] : '\0';
}

static bool is_in_list(const struct syntax *syntax)
{
	return is_one_of(innermost(syntax), "([");
}

static bool wants_value(const struct syntax *syntax)
{
	return is_one_of(syntax->last, "=:") || (is_in_list(syntax) && is_one_of(syntax->last, "([,"));
}

/** is_value() - is a word a number, true or false */
static bool is_value(const char *word, size_t length)
{
	char *end;

	if (length == 4 && strncasecmp(word, "true", length) == 0)
		return true;
	if (length == 5 && strncasecmp(word, "false", length) == 0)
		return true;
	(void)strtod(word, &end);
	return end > word && (size_t)(end - word) + strspn(end, "L") >= length && !is_one_of(*word, LETTERS);
}

static void open_bracket(struct syntax *syntax, char bracket, unsigned int line)
{
	if (syntax->depth < SYNTAX_DEPTH_MAX) {
		syntax->brackets[syntax->depth] = bracket;
		syntax->lines[syntax->depth] = line;
	}
	syntax->depth++;
}

static void close_bracket(struct build *build, struct syntax *syntax, char bracket, unsigned int line)
{
	char open = innermost(syntax);

	if (syntax->last == ',' && bracket != '}')
		suspect(build, line, "a comma stands in front of %c", bracket);
	if (syntax->depth == 0)
		suspect(build, line, "%c closes nothing", bracket);
	else if (open && strchr(OPENING, open) - OPENING != strchr(CLOSING, bracket) - CLOSING)
		suspect(build, line, "%c where the %c of %s is open", bracket, open,
			build_place(build, syntax->lines[syntax->depth - 1]));
	syntax->depth -= syntax->depth > 0;
}

/** look_at_value() - a value is wanted here */
static void look_at_value(struct build *build, struct syntax *syntax, const char *at, unsigned int line)
{
	size_t length = strcspn(at, VALUE_END);

	if (is_one_of(*at, "\"" OPENING) || length == 0)
		return;
	syntax->word = at;
	syntax->word_end = at + length;
	if (!is_value(at, length))
		suspect(build, line, "%s is neither a number, nor true or false, nor a string in double quotes",
			clean(build, at, length < SHOWN_MAX ? length : SHOWN_MAX));
}

/** look_behind() - something follows what is complete */
static void look_behind(struct build *build, const struct syntax *syntax, char kind, unsigned int line)
{
	if (is_in_list(syntax) && is_one_of(syntax->last, "\"0" CLOSING) && is_one_of(kind, DIGITS "\"a" OPENING)) {
		if (syntax->last != '"' || kind != '"')
			suspect(build, line, "a comma is missing between two elements");
		else
			build_warn(build, line, "without a comma between them, two strings are one");
	}
	if (is_in_list(syntax) && kind == ';')
		suspect(build, line, "a semicolon between elements, where a comma is needed");
	if (syntax->last == 'a' && !is_one_of(kind, "=:"))
		suspect(build, line, "= is missing behind %s", clean(build, syntax->name, syntax->name_length));
	if (!is_in_list(syntax) && is_one_of(kind, OPENING))
		suspect(build, line, "%c without a name and = in front of it", kind);
}

void syntax_token(struct build *build, struct syntax *syntax, const char *at, size_t length, unsigned int line)
{
	char kind = *at;

	if (at > syntax->word && at < syntax->word_end)
		return;
	if (wants_value(syntax)) {
		look_at_value(build, syntax, at, line);
		kind = syntax->word == at ? '0' : kind;
	} else {
		kind = is_one_of(kind, LETTERS) ? 'a' : kind;
		look_behind(build, syntax, kind, line);
	}
	if (kind == '"' && memchr(at, '\n', length))
		suspect(build, line, "a string goes on behind the end of its line: is its closing quote missing?");
	if (kind == 'a') {
		syntax->name = at;
		syntax->name_length = length;
	}
	if (kind == '{' && innermost(syntax) == '[')
		suspect(build, line, "groups stand in a list ( ), not in an array [ ]");
	if (is_one_of(kind, OPENING))
		open_bracket(syntax, kind, line);
	if (is_one_of(kind, CLOSING))
		close_bracket(build, syntax, kind, line);
	syntax->last = kind;
}

void syntax_end(struct build *build, const struct syntax *syntax, unsigned int line)
{
	char open = innermost(syntax);

	if (open)
		suspect(build, line, "the %c of %s is never closed", open,
			build_place(build, syntax->lines[syntax->depth - 1]));
}

/** line_text() - what stands in a line of @text, without the blanks around it */
static const char *line_text(struct build *build, const char *text, unsigned int line)
{
	size_t length;

	for (; line > 1 && *text; line--) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	text += strspn(text, " \t\r");
	length = strcspn(text, "\r\n");
	while (length > 0 && is_one_of(text[length - 1], " \t"))
		length--;
	return length == 0 ? NULL :
			     build_print(build, "%s%s", clean(build, text, length < SHOWN_MAX ? length : SHOWN_MAX),
					 length > SHOWN_MAX ? "..." : "");
}

void syntax_report(struct build *build, const char *text, unsigned int line, const char *error)
{
	bool is_syntax = strcmp(error, "syntax error") == 0, is_suspect = build->suspicion && is_syntax;
	const char *here = line_text(build, text, line);

	if (is_suspect && build->suspicion_line == line)
		build_report(build, line, "%s: %s", error, build->suspicion);
	else if (is_suspect && build->suspicion_line < line)
		build_report(build, line, "%s, probably in %s: %s", error, build_place(build, build->suspicion_line),
			     build->suspicion);
	else if (strstr(error, "in array"))
		build_report(build, line, "%s: values in [ ] are of one type, those in ( ) of any", error);
	else
		build_report(build, line, "%s%s: %s", error, is_syntax ? " in or before this line" : "",
			     here ? here : "nothing follows");
}

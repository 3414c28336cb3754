/* SPDX-License-Identifier: ISC */
/*
 * lex.c - tokens of a configuration, rewritten so that libconfig changes nothing silently
 *
 * A text ends here at the first token that cannot be where it is; errors that leave the structure whole are
 * reported and passed over.
 */
#include "config/lex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/pool.h"
#include "config/syntax.h"

#define NUMBER_MAX 64u
#define QUOTED_MAX 40u

/* Tokens that stay in the line of the one before: see config_lex.h. */
#define MOVING_UP ",;)]}=:"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/** struct known_name - a name that was set in a group that is still open */
struct known_name {
	const char *text;
	unsigned int mark;
};

struct lexer {
	struct config_source *source;
	struct config_errors *errors;
	struct config_pool *texts;
	struct known_name *names;
	size_t name_count, name_room;
	size_t first_name[CONFIG_NESTING_MAX + 1]; /* of each open bracket, in @names */
	struct config_syntax syntax;
	unsigned int mark; /* of the last token */
	size_t renamed;
	bool broken; /* what follows has lost its meaning */
};

bool config_lex_renamed(const char *name)
{
	return name[0] == '*';
}

static void put(struct lexer *lexer, const char *text)
{
	config_source_append(lexer->source, text, strlen(text));
}

static const char *here(const struct config_input *input)
{
	return input->text + input->offset;
}

static void skip(struct config_input *input, size_t count)
{
	for (; count > 0 && input->offset < input->length; count--) {
		if (input->text[input->offset++] == '\n')
			input->line++;
	}
}

/** accept() - may a token of @length bytes follow here; if not it is reported, and reading ends */
static bool accept(struct lexer *lexer, struct config_input *input, char token, size_t length)
{
	const char *needed;

	if (!strchr(MOVING_UP, token))
		lexer->mark = config_source_mark(lexer->source);
	needed = config_syntax_token(&lexer->syntax, token, lexer->mark);
	if (!needed)
		return true;
	lexer->mark = config_source_mark(lexer->source);
	config_error(lexer->errors, lexer->mark, "syntax error: %.*s is unexpected, %s is needed",
		     (int)(length < QUOTED_MAX ? length : QUOTED_MAX), here(input), needed);
	lexer->broken = true;
	return false;
}

static void lex_block_comment(struct lexer *lexer, struct config_input *input)
{
	const char *end = strstr(here(input) + 2, "*/");

	if (!end) {
		config_error(lexer->errors, config_source_mark(lexer->source), "comment without an end, */ is missing");
		lexer->broken = true;
		return;
	}
	skip(input, (size_t)(end + 2 - here(input)));
}

/** lex_escape() - a backslash and what follows it in a string */
static void lex_escape(struct lexer *lexer, struct config_input *input, unsigned int mark)
{
	const char *text = here(input);
	char escape[8];

	if (text[1] == '"') {
		put(lexer, "\\\\\\\"");
		skip(input, 2);
	} else if (text[1] == '\\') {
		put(lexer, "\\\\\\\\");
		skip(input, 2);
	} else if (text[1] && strchr("nrtf", text[1])) {
		(void)snprintf(escape, sizeof(escape), "\\\\%c", text[1]);
		put(lexer, escape);
		skip(input, 2);
	} else if ((text[1] == 'x' || text[1] == 'X') && strspn(text + 2, DIGITS "abcdefABCDEF") >= 2) {
		(void)snprintf(escape, sizeof(escape), "\\\\x%.2s", text + 2);
		put(lexer, escape);
		skip(input, 4);
	} else {
		config_error(lexer->errors, mark,
			     "\"\\%.*s\" in a string is unknown, allowed are \\xNN \\n \\r \\t \\f \\\\ \\\"",
			     text[1] > ' ' && text[1] <= '~', text + 1);
		put(lexer, "_"); /* right in most texts, so that there is one error */
		skip(input, 1);
	}
}

static void lex_string(struct lexer *lexer, struct config_input *input)
{
	unsigned int mark = config_source_mark(lexer->source);
	char escape[8];

	if (!accept(lexer, input, TOKEN_STRING, strcspn(here(input) + 1, "\"\n") + 2))
		return;
	config_source_token(lexer->source, false);
	put(lexer, "\"");
	skip(input, 1);
	while (input->offset < input->length && *here(input) != '"') {
		unsigned char byte = (unsigned char)*here(input);

		if (byte == '\\') {
			lex_escape(lexer, input, mark);
		} else if (byte < ' ' || byte == 0x7f) {
			(void)snprintf(escape, sizeof(escape), "\\\\x%02x", byte);
			put(lexer, escape);
			skip(input, 1);
		} else {
			config_source_append(lexer->source, here(input), 1);
			skip(input, 1);
		}
	}
	put(lexer, "\"");
	lexer->broken = input->offset == input->length;
	if (lexer->broken)
		config_error(lexer->errors, mark, "string without an end, the closing quote is missing");
	skip(input, 1);
}

/** integer() - is this an integer; where libconfig would see one, too */
static bool integer(const char *token, long long *value)
{
	bool hex = token[0] == '0' && (token[1] == 'x' || token[1] == 'X');
	const char *digits = token + (hex ? 2 : token[0] == '-' || token[0] == '+');
	size_t count = strspn(digits, hex ? DIGITS "abcdefABCDEF" : DIGITS);
	const char *suffix = digits + count;

	if (count == 0 || (strcmp(suffix, "") != 0 && strcmp(suffix, "L") != 0 && strcmp(suffix, "LL") != 0))
		return false;
	*value = strtoll(token, NULL, hex ? 16 : 10); /* the nearest if it does not fit */
	return true;
}

/** is_float() - digits with a point or an exponent */
static bool is_float(const char *token)
{
	size_t before, after = 0;
	bool point;

	token += *token == '-' || *token == '+';
	before = strspn(token, DIGITS);
	token += before;
	point = *token == '.';
	if (point) {
		after = strspn(token + 1, DIGITS);
		token += after + 1;
	}
	if (before + after == 0)
		return false;
	if (*token != 'e' && *token != 'E')
		return point && *token == '\0';
	token += 1 + (token[1] == '-' || token[1] == '+');
	return *token && token[strspn(token, DIGITS)] == '\0';
}

static void lex_number(struct lexer *lexer, struct config_input *input)
{
	size_t length = strspn(here(input), DIGITS LETTERS "+-.");
	char token[NUMBER_MAX];
	long long value;

	if (!accept(lexer, input, TOKEN_VALUE, length))
		return;
	config_source_token(lexer->source, false);
	(void)snprintf(token, sizeof(token), "%.*s", (int)(length < sizeof(token) ? length : sizeof(token)),
		       here(input));
	if (length < sizeof(token) && integer(token, &value)) {
		(void)snprintf(token, sizeof(token), "%lldL", value);
	} else if (length >= sizeof(token) || !is_float(token)) {
		config_error(lexer->errors, lexer->mark, "\"%.40s\" is not a number", token);
		lexer->broken = true;
	}
	put(lexer, token);
	skip(input, length);
}

/** rename_setting() - report a setting that libconfig would stop at, and let it pass under another name */
static void rename_setting(struct lexer *lexer, const char *name, unsigned int mark, const struct known_name *first)
{
	struct config_place place;
	char number[32];

	if (first) {
		place = config_source_place(lexer->source, first->mark);
		config_error(lexer->errors, mark, "setting '%.64s' is set twice, first in %s:%d", name, place.file,
			     place.line);
	} else {
		config_error(lexer->errors, mark, "unknown setting '%.64s', names begin with a letter", name);
	}
	(void)snprintf(number, sizeof(number), "*%zu", lexer->renamed++);
	put(lexer, number);
}

static const struct known_name *find_name(const struct lexer *lexer, const char *name)
{
	size_t i = lexer->first_name[lexer->syntax.depth];

	for (; i < lexer->name_count; i++) {
		if (strcmp(lexer->names[i].text, name) == 0)
			return &lexer->names[i];
	}
	return NULL;
}

/** add_name() - remember the name of a setting as long as its group is open */
static void add_name(struct lexer *lexer, const char *name)
{
	lexer->names = config_grow(lexer->names, lexer->name_count, &lexer->name_room, sizeof(*lexer->names));
	lexer->names[lexer->name_count].text = name;
	lexer->names[lexer->name_count].mark = lexer->mark;
	lexer->name_count++;
}

static void lex_word(struct lexer *lexer, struct config_input *input)
{
	size_t length = strspn(here(input), LETTERS DIGITS "-_*");
	const char *name = config_pool_copy(lexer->texts, here(input), length);
	bool boolean = strcasecmp(name, "true") == 0 || strcasecmp(name, "false") == 0;
	const struct known_name *first;

	if (!accept(lexer, input, boolean ? TOKEN_VALUE : TOKEN_NAME, length))
		return;
	skip(input, length);
	config_source_token(lexer->source, false);
	if (boolean) {
		put(lexer, name);
		return;
	}
	first = find_name(lexer, name);
	if (first || config_lex_renamed(name)) {
		rename_setting(lexer, name, lexer->mark, first);
		return;
	}
	put(lexer, name);
	add_name(lexer, name);
}

/** lex_include() - "@include "FILE"" at the beginning of a line */
static bool lex_include(struct lexer *lexer, struct config_input *input)
{
	static const char keyword[] = "@include";
	const char *text = here(input) + strlen(keyword);
	const char *path, *end;
	size_t blank;

	if (strncmp(here(input), keyword, strlen(keyword)) != 0)
		return false;
	for (const char *c = here(input); c > input->text && c[-1] != '\n'; c--) {
		if (c[-1] != ' ' && c[-1] != '\t')
			return false;
	}
	blank = strspn(text, " \t");
	path = text + blank + 1;
	end = path[-1] == '"' ? path + strcspn(path, "\"\n") : NULL;
	if (blank == 0 || !end || *end != '"')
		return false;
	path = config_pool_copy(lexer->texts, path, (size_t)(end - path));
	skip(input, (size_t)(end + 1 - here(input)));
	config_source_include(lexer->source, path, lexer->errors);
	return true;
}

static void lex_other(struct lexer *lexer, struct config_input *input)
{
	char byte = *here(input);

	if (byte == '\0') {
		config_error(lexer->errors, config_source_mark(lexer->source), "NUL byte, this is not a text file");
		lexer->broken = true;
		return;
	}
	if (!accept(lexer, input, strchr(",;()[]{}=:", byte) ? byte : TOKEN_OTHER, 1))
		return;
	config_source_token(lexer->source, strchr(MOVING_UP, byte) != NULL);
	config_source_append(lexer->source, &byte, 1);
	skip(input, 1);
	if (strchr("([{", byte))
		lexer->first_name[lexer->syntax.depth] = lexer->name_count;
	else if (strchr(")]}", byte))
		lexer->name_count = lexer->first_name[lexer->syntax.depth + 1];
}

/** check_end() - is the structure complete at the end of the text */
static void check_end(struct lexer *lexer)
{
	const struct config_syntax *syntax = &lexer->syntax;

	if (syntax->depth > 0)
		config_error(lexer->errors, syntax->open[syntax->depth - 1].mark,
			     "syntax error: %c without its closing bracket", syntax->open[syntax->depth - 1].bracket);
	else if (syntax->expected == EXPECT_EQUAL || syntax->expected == EXPECT_VALUE)
		config_error(lexer->errors, lexer->mark, "syntax error: the value is missing");
	else
		return;
	lexer->broken = true;
}

static void lex_token(struct lexer *lexer, struct config_input *input)
{
	const char *text = here(input);
	size_t blank = strspn(text, " \t\r\n\f");

	if (blank > 0) {
		skip(input, blank);
	} else if (text[0] == '#' || (text[0] == '/' && text[1] == '/')) {
		skip(input, strcspn(text, "\n"));
	} else if (text[0] == '/' && text[1] == '*') {
		lex_block_comment(lexer, input);
	} else if (text[0] == '@' && lex_include(lexer, input)) {
	} else if (text[0] == '"') {
		lex_string(lexer, input);
	} else if (text[0] && strchr(DIGITS "+-.", text[0])) {
		lex_number(lexer, input);
	} else if (text[0] && strchr(LETTERS "*", text[0])) {
		lex_word(lexer, input);
	} else {
		lex_other(lexer, input);
	}
}

bool config_lex(struct config_source *source, struct config_errors *errors)
{
	struct lexer lexer = { .source = source, .errors = errors, .texts = config_pool_create() };
	struct config_input *input;

	while (!lexer.broken && (input = config_source_input(source)) != NULL)
		lex_token(&lexer, input);
	if (!lexer.broken)
		check_end(&lexer);
	config_pool_destroy(lexer.texts);
	free(lexer.names);
	return !lexer.broken;
}

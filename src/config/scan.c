/* SPDX-License-Identifier: ISC */
/*
 * scan.c - what libconfig would do silently, or for ever
 *
 * libconfig 1.5 cuts integers to 32 bits and strings at "\x00", keeps unknown escapes, ignores that a comment has
 * no end, and reads files that include each other a thousand times. This knows just enough syntax to find these.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/build.h"
#include "nat46/assert.h"

#define FILES_MAX 1000u
#define BYTES_MAX ((size_t)16 << 20) /* of all files together */
#define DEPTH_MAX 10u                /* of included files in one another, as libconfig has it */

#define DIGITS "0123456789"
#define HEX_DIGITS DIGITS "ABCDEFabcdef"
#define NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*"

/** struct source - a file that waits to be scanned; @at: what to read next, in line @line of @text, 0: not read */
struct source {
	struct source *next, *parent;
	const char *name, *text, *at;
	struct stat status;
	int line;
};

struct scanner {
	struct build *build;
	struct source *last; /* of the queue */
	size_t files, bytes;
};

static void fail(struct build *build, const struct source *source, const char *what, const char *why)
{
	build_report(build, source->name, source->line, "%s%s", what, why);
	build->failed = true;
}

/** read_file() - a file, or as much of it as is too much, with a NUL behind; to be released even if it is wrong */
static char *read_file(struct scanner *scanner, const struct source *source)
{
	size_t room = BYTES_MAX - scanner->bytes + 1, length = 0;
	char *text = calloc(1, room + 1);
	FILE *file = fopen(source->name, "r");

	NAT46_ASSERT(text != NULL);
	if (file)
		length = fread(text, 1, room, file);
	scanner->bytes += length;
	if (!file || ferror(file) || length == room || strlen(text) < length)
		fail(scanner->build, source, "cannot read: ",
		     !file || ferror(file) ? strerror(errno) :
		     length == room        ? "too large, all files together may have 16 megabytes" :
					     "not a text, it has a NUL byte");
	if (file)
		(void)fclose(file);
	return text;
}

/** check_include() - why must the file @source not be included by its parent; NULL: it may */
static const char *check_include(struct scanner *scanner, struct source *source)
{
	const char *chain = source->name;
	size_t depth = 0;

	if (stat(source->name, &source->status) != 0)
		return strerror(errno);
	if (!S_ISREG(source->status.st_mode))
		return "not a regular file";
	for (const struct source *s = source->parent; s; s = s->parent, depth++) {
		chain = build_print(scanner->build, "%s -> %s", s->name, chain);
		if (s->status.st_dev == source->status.st_dev && s->status.st_ino == source->status.st_ino)
			return build_print(scanner->build, "it would include itself: %s", chain);
	}
	if (depth > DEPTH_MAX)
		return "included files are nested more than 10 deep";
	return scanner->files++ < FILES_MAX ? NULL : "more than 1000 files are included";
}

/** scan_include() - if an @include begins here, its file is next in the queue; else false */
static bool scan_include(struct scanner *scanner, struct source *source)
{
	const char *at = source->at + strspn(source->at, " \t"), *name = at + 8, *error;
	struct build *build = scanner->build;
	struct source *included;
	int length;

	if ((source->at > source->text && source->at[-1] != '\n') || strncmp(at, "@include", 8) != 0)
		return false;
	name += strspn(name, " \t");
	if (name == at + 8 || *name++ != '"')
		return false;
	length = (int)strcspn(name, "\"\\\n");
	source->at = name + length;
	included = build_array(build, 1, sizeof(*included));
	build->absolute = scanner->files == 0 ? name[0] == '/' : build->absolute;
	included->name = build_print(build, "%s%.*s", build->absolute || !build->directory ? "" : build->directory,
				     length, name);
	included->parent = source;
	error = *source->at++ != '"'                ? "the name has a backslash or no closing quote" :
		!build->directory                   ? "this text is not a file" :
		build->absolute != (name[0] == '/') ? "names must be all absolute or all relative" :
						      check_include(scanner, included);
	if (error)
		fail(build, source, build_print(build, "cannot include \"%s\": ", included->name), error);
	scanner->last = scanner->last->next = included;
	return true;
}

/** scan_number() - an integer, or the part of another number in front of its point */
static void scan_number(struct build *build, struct source *source)
{
	const char *begin = source->at - (source->at > source->text && source->at[-1] == '-');
	bool hexadecimal = source->at[0] == '0' && (source->at[1] | 0x20) == 'x' && strspn(source->at + 2, HEX_DIGITS);
	int64_t value;
	char *end;

	errno = 0;
	value = strtoll(begin, &end, hexadecimal ? 16 : 10);
	source->at = end;
	if ((!hexadecimal && (*end == '.' || (*end | 0x20) == 'e')) ||
	    (errno == 0 && (*end == 'L' || (value >= INT32_MIN && value <= INT32_MAX))))
		return;
	build_report(build, source->name, source->line, "%.*s is out of range: %s", (int)(end - begin), begin,
		     errno ? "no integer has more than 64 bits" : "more than 32 bits need an L behind the number");
}

static void advance(struct source *source, const char *to)
{
	for (; source->at < to; source->at++)
		source->line += *source->at == '\n';
}

static void scan_string(struct build *build, struct source *source)
{
	const char *at = source->at + 1, *error = NULL;

	for (; *at && *at != '"' && !error; at += *at == '\\' && at[1] ? 2 : 1) {
		bool hexadecimal = at[0] == '\\' && (at[1] | 0x20) == 'x' && strspn(at + 2, HEX_DIGITS) >= 2;

		if (hexadecimal && at[2] == '0' && at[3] == '0')
			error = "\"\\x00\": no string can contain a NUL byte";
		else if (*at == '\\' && !hexadecimal && (!at[1] || !strchr("nrtf\\\"", at[1])))
			error = build_print(build, "\"\\%.*s\" is unknown in a string, allowed are "
						   "\\xNN \\n \\r \\t \\f \\\\ \\\"",
					    at[1] > ' ' && at[1] <= '~', at + 1);
	}
	if (!*at && !error)
		fail(build, source, "string without an end, the closing quote is missing", "");
	advance(source, *at ? at + 1 : at);
	if (error)
		fail(build, source, error, "");
}

/** scan_token() - pass over one token, or one byte of those that mean nothing here */
static void scan_token(struct scanner *scanner, struct source *source)
{
	const char *at = source->at, *end;

	if (scan_include(scanner, source)) {
		return;
	} else if (*at == '"') {
		scan_string(scanner->build, source);
	} else if (at[0] == '/' && at[1] == '*') {
		end = strstr(at + 2, "*/");
		if (!end)
			fail(scanner->build, source, "comment without an end, */ is missing", "");
		advance(source, end ? end + 2 : at);
	} else if (*at == '#' || (at[0] == '/' && at[1] == '/')) {
		source->at += strcspn(at, "\n");
	} else if (strchr(DIGITS, *at)) {
		scan_number(scanner->build, source);
	} else if (strchr(NAME_LETTERS, *at)) {
		source->at += strspn(at, NAME_LETTERS DIGITS "_-");
	} else {
		advance(source, at + 1 + (*at == '.' ? strspn(at + 1, DIGITS) : 0));
	}
}

char *scan(struct build *build, const char *text)
{
	struct source first = { .name = build->config->file };
	struct scanner scanner = { .build = build, .last = &first };
	char *kept = NULL;

	if (!text)
		(void)stat(first.name, &first.status);
	for (struct source *source = &first; source && !build->failed; source = source->next) {
		char *read = text ? strdup(text) : read_file(&scanner, source);

		NAT46_ASSERT(read != NULL);
		source->text = source->at = read;
		source->line = 1;
		while (!build->failed && *source->at)
			scan_token(&scanner, source);
		free(source == &first ? NULL : read);
		kept = source == &first ? read : kept;
	}
	return kept;
}

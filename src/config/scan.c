/* SPDX-License-Identifier: ISC */
/*
 * scan.c - one text of all files, and what libconfig would do silently
 *
 * libconfig 1.5 cuts integers to 32 bits and strings at "\x00", keeps unknown escapes, and ignores that a comment has
 * no end. It includes no patterns, and files that include each other a thousand times. So the files are put together
 * here, and build_begin() is told where each line came from. This knows just enough syntax to do that.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/build.h"
#include "config/file.h"
#include "config/syntax.h"
#include "nat46/assert.h"

#define FILES_MAX 1000u
#define BYTES_MAX ((size_t)16 << 20) /* of all files together */
#define DEPTH_MAX 10u                /* of included files in one another */

#define DIGITS "0123456789"
#define HEX_DIGITS DIGITS "ABCDEFabcdef"
#define NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*"

/** struct source - a file; @at: what to read next, in line @line of @text; what is before @copied is in the result */
struct source {
	struct source *parent, *next; /* that includes it, and the one to be included after it by the same line */
	const char *name, *at, *copied;
	char *text;
	struct stat status;
	unsigned int line;
};

struct scanner {
	struct build *build;
	struct source *current;
	struct syntax syntax;
	FILE *out;
	size_t files, bytes;
};

/** line_of() - the current line of a file in the whole text */
static unsigned int line_of(const struct build *build, const struct source *source)
{
	return build->parts->first + source->line - build->parts->line;
}

static void fail(struct build *build, const struct source *source, const char *what, const char *why)
{
	unsigned int line = line_of(build, source);

	/* what is wrong with the first file as a whole is in none of its lines */
	if (!source->text && !source->parent)
		line = 0;
	build_report(build, line, "%s%s", what, why);
	build->failed = true;
}

/** copy() - what was passed over becomes part of the result */
static void copy(struct scanner *scanner, struct source *source)
{
	for (const char *at = source->copied; at < source->at; at++)
		scanner->build->line += *at == '\n';
	(void)fwrite(source->copied, 1, (size_t)(source->at - source->copied), scanner->out);
	source->copied = source->at;
}

/** read_file() - the text of a file, to be released even if it is wrong */
static char *read_file(struct scanner *scanner, const struct source *source)
{
	size_t room = BYTES_MAX - scanner->bytes, length;
	const char *error = NULL;
	char *text = file_read(scanner->build, source->name, room, &length, &error);

	if (length > room)
		error = "too large, all files together may have 16 megabytes";
	scanner->bytes += length;
	if (error)
		fail(scanner->build, source, "cannot read: ", error);
	return text;
}

/** check_include() - why must the file @source not be included by its parent; NULL: it may */
static const char *check_include(struct scanner *scanner, struct source *source)
{
	const char *chain = source->name;
	size_t depth = 0;

	if (stat(source->name, &source->status) != 0)
		return file_error(scanner->build, errno);
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

/** include() - put a file behind those that the current one includes in this line; returns where the next one goes */
static struct source **include(struct scanner *scanner, const char *name, struct source **link)
{
	struct source *parent = scanner->current, *included = build_array(scanner->build, 1, sizeof(*included));
	const char *error;

	included->name = build_print(scanner->build, "%s", name);
	included->parent = parent;
	error = check_include(scanner, included);
	if (error)
		fail(scanner->build, parent, build_print(scanner->build, "cannot include \"%s\": ", name), error);
	*link = included;
	return &included->next;
}

static int glob_error(const char *path, int error)
{
	(void)path;
	return error != ENOENT; /* a directory that is not there has no files */
}

/** include_all() - the files that a pattern stands for, which may be none, in the order of their names */
static void include_all(struct scanner *scanner, const char *pattern, struct source **link)
{
	struct build *build = scanner->build;
	size_t literal = pattern[0] == '/' ? 0 : strlen(build->directory);
	const char *name = build_file(build, pattern);
	char *escaped = build_array(build, 2 * strlen(name) + 1, 1), *to = escaped;
	glob_t found = { .gl_pathc = 0 };
	int result;

	for (size_t i = 0; name[i]; i++) {
		if (i < literal)
			*to++ = '\\';
		*to++ = name[i];
	}
	result = glob(escaped, 0, glob_error, &found);
	if (result != 0 && result != GLOB_NOMATCH)
		fail(build, scanner->current, build_print(build, "cannot include \"%s\": ", name),
		     file_error(build, errno));
	for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
		link = include(scanner, found.gl_pathv[i], link);
	globfree(&found);
}

/** scan_include() - if an @include begins here, its files come next; else false */
static bool scan_include(struct scanner *scanner, struct source *source)
{
	const char *at = source->at + strspn(source->at, " \t"), *name = at + 8, *error = NULL;
	struct build *build = scanner->build;
	struct source *included = NULL;
	size_t length;

	if ((source->at > source->text && source->at[-1] != '\n') || strncmp(at, "@include", 8) != 0)
		return false;
	name += strspn(name, " \t");
	length = *name == '"' ? strcspn(++name, "\"\\\n") : strcspn(name, "\n");
	if (name[-1] != '"')
		error = "the name must stand in double quotes";
	else if (name[length] != '"')
		error = "the name has a backslash or no closing quote";
	else if (!build->directory)
		error = "this text is not a file";
	copy(scanner, source);
	source->at = source->copied = name + length + !error;
	name = build_print(build, "%.*s", (int)length, name);
	if (error)
		fail(build, source, build_print(build, "cannot include \"%s\": ", build_file(build, name)), error);
	else if (strpbrk(name, "*?["))
		include_all(scanner, name, &included);
	else
		(void)include(scanner, build_file(build, name), &included);
	scanner->current = included ? included : source;
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
	build_report(build, line_of(build, source), "%.*s is out of range: %s",
		     (int)(end - begin), begin,
		     errno ? "no integer has more than 64 bits" : "more than 32 bits need an L behind the number");
}

static void advance(struct source *source, const char *to)
{
	for (; source->at < to; source->at++)
		source->line += *source->at == '\n';
}

/** earlier() - what did not look right before: an odd quote makes all others close what they should open */
static const char *earlier(struct build *build)
{
	return !build->suspicion ? "" :
				   build_print(build, "; before that, in %s: %s",
					       build_place(build, build->suspicion_line), build->suspicion);
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
		fail(build, source, "string without an end, the closing quote is missing", earlier(build));
	advance(source, *at ? at + 1 : at);
	if (error)
		fail(build, source, error, "");
}

/** scan_comment() - pass over a comment or a blank, if there is one here; else false */
static bool scan_comment(struct build *build, struct source *source)
{
	const char *at = source->at, *end;

	if (at[0] == '/' && at[1] == '*') {
		end = strstr(at + 2, "*/");
		if (!end)
			fail(build, source, "comment without an end, */ is missing", "");
		advance(source, end ? end + 2 : at);
	} else if (*at == '#' || (at[0] == '/' && at[1] == '/')) {
		source->at += strcspn(at, "\n");
	} else if (strchr(" \t\r\n\f", *at)) {
		advance(source, at + 1);
	} else {
		return false;
	}
	return true;
}

/** scan_token() - pass over one token, or one byte of those that mean nothing here */
static void scan_token(struct scanner *scanner, struct source *source)
{
	unsigned int line = line_of(scanner->build, source);
	const char *at = source->at;

	if (scan_include(scanner, source) || scan_comment(scanner->build, source))
		return;
	if (*at == '"')
		scan_string(scanner->build, source);
	else if (strchr(DIGITS, *at))
		scan_number(scanner->build, source);
	else if (strchr(NAME_LETTERS, *at))
		source->at += strspn(at, NAME_LETTERS DIGITS "_-");
	else
		advance(source, at + 1 + (*at == '.' ? strspn(at + 1, DIGITS) : 0));
	syntax_token(scanner->build, &scanner->syntax, at, (size_t)(source->at - at), line);
}

/** begin() - read the current file, or go on with it behind what it includes */
static void begin(struct scanner *scanner, const char *text)
{
	struct source *source = scanner->current;
	char *read;

	source->line = source->text ? source->line : 1;
	build_begin(scanner->build, source->name, source->line);
	if (source->text)
		return;
	read = text ? NULL : read_file(scanner, source);
	source->text = build_print(scanner->build, "%s", text ? text : read);
	free(read);
	source->at = source->copied = source->text;
}

/** end() - the current file has ended: return the one to go on with */
static struct source *end(struct scanner *scanner)
{
	struct source *source = scanner->current;

	copy(scanner, source);
	/* up to 1.5 a comment in the last line must end with a newline */
	(void)putc('\n', scanner->out);
	scanner->build->line++;
	return source->next ? source->next : source->parent;
}

char *scan(struct build *build, const char *text)
{
	struct source first = { .name = build->config->file };
	char *result;
	size_t size;
	struct scanner scanner = { .build = build, .current = &first, .out = open_memstream(&result, &size) };

	NAT46_ASSERT(scanner.out != NULL);
	build_begin(build, first.name, 1);
	if (!text)
		(void)stat(first.name, &first.status);
	while (scanner.current && !build->failed) {
		struct source *source = scanner.current;

		begin(&scanner, text);
		while (!build->failed && scanner.current == source && *source->at)
			scan_token(&scanner, source);
		if (!build->failed && scanner.current == source)
			scanner.current = end(&scanner);
	}
	syntax_end(build, &scanner.syntax, build->line);
	NAT46_ASSERT(fclose(scanner.out) == 0);
	return result;
}

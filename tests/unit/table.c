/* SPDX-License-Identifier: ISC */
/*
 * table.c - read tables of first bytes
 *
 * A line "bytes" is first expanded until no macro is left, then its tokens are taken one by one. Open vectors and
 * records are on a small stack; a vector gets its length when it is closed.
 */
#include "table.h"

#include <stdio.h>

#define NESTING_MAX 12u
#define LINE_MAX_LENGTH 4096u

/** struct builder - bytes that are being made */
struct builder {
	struct bytes *out;
	size_t depth;
	struct vector open[NESTING_MAX];	/* width 0: records */
	size_t record_size;
};

static void give_up(const char *what, const char *where)
{
	fprintf(stderr, "%s: %.60s\n", what, where);
	abort();
}

void table_open(struct table *table, const char *path)
{
	FILE *file = fopen(path, "r");
	size_t length;

	if (!file)
		give_up("cannot be read", path);
	length = fread(table->text, 1, sizeof(table->text) - 1, file);
	fclose(file);
	if (length == sizeof(table->text) - 1)
		give_up("is too long", path);
	table->text[length] = '\0';
	table->next = table->text;
	table->macro_count = 0;
}

/** take_line() - the next line without its end; false if there is none */
static bool take_line(struct table *table, char **line)
{
	char *start = table->text + (table->next - table->text);
	char *end = strchr(start, '\n');

	if (!end)
		return false;
	*end = '\0';
	*line = start;
	table->next = end + 1;
	return true;
}

static void define(struct table *table, char *line)
{
	char *value = strstr(line, " = ");

	if (!value || table->macro_count == sizeof(table->macros) / sizeof(table->macros[0]))
		give_up("bad definition", line);
	*value = '\0';
	table->macros[table->macro_count].name = line + strlen("define ");
	table->macros[table->macro_count++].value = value + 3;
}

static const char *macro(const struct table *table, const char *name, size_t length)
{
	for (size_t i = 0; i < table->macro_count; i++) {
		if (strlen(table->macros[i].name) == length && memcmp(table->macros[i].name, name, length) == 0)
			return table->macros[i].value;
	}
	give_up("no such macro", name);
	return NULL;
}

/** expand() - replace macros, also those in macros, until there is none left */
static void expand(const struct table *table, char *line)
{
	char copy[LINE_MAX_LENGTH];
	char *dollar;

	while ((dollar = strchr(line, '$'))) {
		size_t length = strcspn(dollar, " ") - 1;
		int written;

		*dollar = '\0';
		written = snprintf(copy, sizeof(copy), "%s%s%s", line, macro(table, dollar + 1, length),
				   dollar + 1 + length);
		if (written < 0 || (size_t)written >= sizeof(copy))
			give_up("too long when expanded", line);
		memcpy(line, copy, (size_t)written + 1);
	}
}

static uint8_t hex_byte(const char *digits)
{
	char pair[3] = { digits[0], digits[0] ? digits[1] : '\0', '\0' };
	char *end;
	unsigned long value = strtoul(pair, &end, 16);

	if (end != pair + 2)
		give_up("not two hexadecimal digits", digits);
	return (uint8_t)value;
}

/** take_string() - append a string in quotes; returns what is behind it */
static const char *take_string(struct bytes *out, const char *text)
{
	static const char escapes[] = "rnt0", meanings[] = "\r\n\t";

	for (text++; *text != '"'; text++) {
		const char *escape;

		if (*text == '\0')
			give_up("string without an end", text);
		if (*text != '\\') {
			put(out, text, 1);
			continue;
		}
		text++;
		escape = *text ? strchr(escapes, *text) : NULL;
		if (*text == 'x') {
			put_number(out, hex_byte(text + 1), 1);
			text += 2;
		} else if (escape) {
			put(out, meanings + (escape - escapes), 1);
		} else {
			put(out, text, 1);
		}
	}
	return text + 1;
}

static const char *take_bytes(struct bytes *out, const char *text)
{
	if (*text == '"')
		return take_string(out, text);
	for (; *text != '\0' && *text != ' '; text += 2)
		put_number(out, hex_byte(text), 1);
	return text;
}

static const char *open_bracket(struct builder *b, const char *text)
{
	char *end;
	size_t number = strtoul(text + 1, &end, 10);

	if (b->depth == NESTING_MAX || end == text + 1)
		give_up("bad bracket", text);
	if (*text == '[') {
		b->open[b->depth++] = vector_begin(b->out, number);
	} else {
		b->open[b->depth++] = (struct vector){ .at = b->out->length };
		b->record_size = number;
	}
	return end;
}

static const char *close_bracket(struct builder *b, const char *text)
{
	static struct bytes message, records;
	struct vector open;

	if (b->depth == 0)
		give_up("bracket was not opened", text);
	open = b->open[--b->depth];
	if (open.width > 0) {
		vector_end(b->out, open);
		return text + 1;
	}
	message.length = 0;
	put(&message, b->out->data + open.at, b->out->length - open.at);
	hello_records(&records, &message, b->record_size, b->record_size);
	b->out->length = open.at;
	put(b->out, records.data, records.length);
	return text + 1;
}

/** take_token() - do what the next token says; returns what is behind it */
static const char *take_token(struct builder *b, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	const char *end = text;

	if (*text == '[' || *text == '{')
		return open_bracket(b, text);
	if (*text == ']' || *text == '}')
		return close_bracket(b, text);
	if (digits == 0 || text[digits] != '*')
		return take_bytes(b->out, text);
	for (unsigned long count = strtoul(text, NULL, 10); count > 0; count--)
		end = take_bytes(b->out, text + digits + 1);
	return end;
}

static void build(const struct table *table, struct bytes *out, const char *value)
{
	struct builder builder = { .out = out };
	char line[LINE_MAX_LENGTH];
	const char *text = line;

	if (strlen(value) >= sizeof(line))
		give_up("too long", value);
	memcpy(line, value, strlen(value) + 1);
	expand(table, line);
	out->length = 0;
	while (*(text += strspn(text, " ")))
		text = take_token(&builder, text);
	if (builder.depth > 0)
		give_up("bracket is not closed", value);
}

/** set() - take the value of one line into a row */
static void set(const struct table *table, struct table_row *row, const char *line)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} fields[] = {
		{ "name: ", row->name, sizeof(row->name) },
		{ "nat46d: ", row->nat46d, sizeof(row->nat46d) },
		{ "nginx: ", row->nginx, sizeof(row->nginx) },
		{ "haproxy: ", row->haproxy, sizeof(row->haproxy) },
		{ "rfc: ", row->rfc, sizeof(row->rfc) },
		{ "why: ", row->why, sizeof(row->why) },
	};

	if (strncmp(line, "bytes: ", 7) == 0)
		build(table, &row->bytes, line + 7);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t length = strlen(fields[i].key);

		if (strncmp(line, fields[i].key, length) != 0)
			continue;
		if (strlen(line + length) >= fields[i].size)
			give_up("too long", line);
		memcpy(fields[i].to, line + length, strlen(line + length) + 1);
	}
}

bool table_next(struct table *table, struct table_row *row)
{
	bool found = false;
	char *line;

	memset(row, 0, sizeof(*row));
	while (take_line(table, &line)) {
		if (line[0] == '\0' && found)
			return true;
		if (strncmp(line, "define ", 7) == 0)
			define(table, line);
		else if (line[0] != '#' && line[0] != '\0')
			set(table, row, line);
		found = row->name[0] != '\0';
	}
	return found;
}

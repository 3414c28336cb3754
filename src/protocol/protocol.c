/* SPDX-License-Identifier: ISC */
/*
 * protocol.c - requests of the control socket: read and written from one table
 *
 * Whoever may open the socket may send anything, so nothing here trusts a length, and no text is taken that could
 * not be written back.
 */
#include "protocol/protocol.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BIT(command) (1u << (command))

static const char *const commands[] = {
	[COMMAND_STATUS] = "status",
	[COMMAND_STATS] = "stats",
	[COMMAND_METRICS] = "metrics",
	[COMMAND_CONFIG] = "config",
	[COMMAND_FLOWS] = "flows",
	[COMMAND_EXPLAIN] = "explain",
	[COMMAND_RELOAD] = "reload",
};

_Static_assert(sizeof(commands) / sizeof(commands[0]) == COMMAND_COUNT, "every command has a name");

#define ANY ((1u << COMMAND_COUNT) - 1u)
#define FLAG(name, field, of) { name, offsetof(struct request, field), 0, of }
#define TEXT(name, field, of) { name, offsetof(struct request, field), sizeof(((struct request *)NULL)->field), of }

/** struct word - a word behind the command: its name, its place, room of a text or 0, and the commands that know it */
static const struct word {
	const char *name;
	size_t offset;
	size_t room;
	unsigned int commands;
} words[] = {
	FLAG("json", json, ANY & ~BIT(COMMAND_METRICS)),
	FLAG("explain", explain, BIT(COMMAND_STATS)),
	TEXT("service", service, BIT(COMMAND_FLOWS)),
	TEXT("client", client, BIT(COMMAND_FLOWS) | BIT(COMMAND_EXPLAIN)),
	TEXT("server", server, BIT(COMMAND_FLOWS)),
	TEXT("address", address, BIT(COMMAND_EXPLAIN)),
	TEXT("host", host, BIT(COMMAND_EXPLAIN)),
};

#define WORDS (sizeof(words) / sizeof(words[0]))

const char *command_name(enum command command)
{
	return commands[command];
}

static bool is_name(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && memcmp(name, text, length) == 0;
}

/** is_plain() - is a text made of printable ASCII without blanks */
static bool is_plain(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return true;
}

/** set_bytes() - the number of bytes behind the line: decimal, without leading zeros */
static const char *set_bytes(struct request *request, const char *value, size_t length)
{
	size_t count = 0;

	if (request->command != COMMAND_EXPLAIN)
		return "this command does not know one of its options";
	if (request->has_bytes || !value || length == 0 || length > 5 || (value[0] == '0' && length > 1))
		return "the number of bytes is wrong";
	for (size_t i = 0; i < length; i++) {
		if (value[i] < '0' || value[i] > '9')
			return "the number of bytes is wrong";
		count = count * 10 + (size_t)(value[i] - '0');
	}
	if (count > REQUEST_BYTES_MAX)
		return "there are more bytes than a service can wait for";
	request->has_bytes = true;
	request->bytes = count;
	return NULL;
}

/** set_text() - a text; its room is all zero until it is set */
static const char *set_text(char *place, size_t room, const char *value, size_t length)
{
	if (!value || length == 0)
		return "an option lacks its value";
	if (place[0])
		return "an option is given twice";
	if (length >= room)
		return "the value of an option is too long";
	if (!is_plain(value, length))
		return "the value of an option has blanks, or characters that are not ASCII";
	memcpy(place, value, length);
	return NULL;
}

const char *request_set(struct request *request, const char *name, size_t length, const char *value,
			size_t value_length)
{
	const struct word *word = words;
	char *place;

	if (is_name("bytes", name, length))
		return set_bytes(request, value, value_length);
	while (word < words + WORDS && !is_name(word->name, name, length))
		word++;
	if (word == words + WORDS || !(word->commands & BIT(request->command)))
		return "this command does not know one of its options";
	place = (char *)request + word->offset;
	if (word->room > 0)
		return set_text(place, word->room, value, value_length);
	if (value)
		return "an option has a value, and needs none";
	*(bool *)place = true;
	return NULL;
}

/** next_word() - take the next word off a line; false if there is none, or a blank too many */
static bool next_word(const char **line, size_t *left, const char **word, size_t *length)
{
	const char *blank = memchr(*line, ' ', *left);

	*word = *line;
	*length = blank ? (size_t)(blank - *line) : *left;
	*line += *length;
	*left -= *length;
	if (blank) {
		(*line)++;
		(*left)--;
	}
	return *length > 0 && (!blank || *left > 0);
}

static bool set_command(struct request *request, const char *name, size_t length)
{
	for (unsigned int i = 0; i < COMMAND_COUNT; i++) {
		if (is_name(commands[i], name, length)) {
			request->command = (enum command)i;
			return true;
		}
	}
	return false;
}

bool request_parse(const char *line, size_t length, struct request *request, const char **why)
{
	const char *word, *value;
	size_t word_length, name_length;

	memset(request, 0, sizeof(*request));
	*why = "this is no request of version 1 of the protocol";
	if (!next_word(&line, &length, &word, &word_length) || !is_name(PROTOCOL_MAGIC, word, word_length))
		return false;
	*why = "unknown command";
	if (!next_word(&line, &length, &word, &word_length) || !set_command(request, word, word_length))
		return false;
	while (length > 0) {
		*why = "the request has a blank too many";
		if (!next_word(&line, &length, &word, &word_length))
			return false;
		value = memchr(word, '=', word_length);
		name_length = value ? (size_t)(value - word) : word_length;
		*why = request_set(request, word, name_length, value ? value + 1 : NULL,
				   value ? word_length - name_length - 1 : 0);
		if (*why)
			return false;
	}
	*why = "\"explain\" needs ADDRESS:PORT";
	return request->command != COMMAND_EXPLAIN || request->address[0];
}

size_t request_format(const struct request *request, char *line)
{
	size_t length = (size_t)snprintf(line, REQUEST_LINE_MAX, PROTOCOL_MAGIC " %s", commands[request->command]);

	for (const struct word *word = words; word < words + WORDS; word++) {
		const char *place = (const char *)request + word->offset;

		if (word->room == 0 && *(const bool *)place)
			length += (size_t)snprintf(line + length, REQUEST_LINE_MAX - length, " %s", word->name);
		if (word->room > 0 && place[0]) {
			if (!is_plain(place, strlen(place)))
				return 0;
			length += (size_t)snprintf(line + length, REQUEST_LINE_MAX - length, " %s=%s", word->name,
						   place);
		}
	}
	if (request->has_bytes)
		length += (size_t)snprintf(line + length, REQUEST_LINE_MAX - length, " bytes=%zu", request->bytes);
	length += (size_t)snprintf(line + length, REQUEST_LINE_MAX - length, "\n");
	return length;
}

/* All texts together fit a line, so that nothing above is ever cut. */
_Static_assert(sizeof(struct request) + 128 < REQUEST_LINE_MAX, "the longest request fits its line");

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
	[COMMAND_CAPTURE] = "capture",
	[COMMAND_DRAIN] = "drain",
	[COMMAND_UNDRAIN] = "undrain",
	[COMMAND_TOP] = "top",
	[COMMAND_LOG] = "log",
};

_Static_assert(sizeof(commands) / sizeof(commands[0]) == COMMAND_COUNT, "every command has a name");

#define ANY ((1u << COMMAND_COUNT) - 1u)
#define PLACE(field) offsetof(struct request, field)
#define FLAG(name, field, of) { name, PLACE(field), 0, 0, of }
#define TEXT(name, field, of) { name, PLACE(field), sizeof(((struct request *)NULL)->field), 0, of }
#define NUMBER(name, field, most, of) { name, PLACE(field), 0, most, of }

/**
 * struct word - a word behind the command
 * @name: its name
 * @offset: its place in the request
 * @room: of a text, or 0
 * @most: greatest value of a number, which is at least 1; 0: it is none
 * @commands: those that know it
 */
static const struct word {
	const char *name;
	size_t offset;
	size_t room;
	unsigned int most;
	unsigned int commands;
} words[] = {
	FLAG("json", json, ANY & ~(BIT(COMMAND_METRICS) | BIT(COMMAND_CAPTURE))),
	FLAG("explain", explain, BIT(COMMAND_STATS)),
	FLAG("colour", colour, BIT(COMMAND_TOP)),
	TEXT("service", service, BIT(COMMAND_FLOWS) | BIT(COMMAND_CAPTURE)),
	TEXT("client", client, BIT(COMMAND_FLOWS) | BIT(COMMAND_EXPLAIN) | BIT(COMMAND_CAPTURE)),
	TEXT("server", server,
	     BIT(COMMAND_FLOWS) | BIT(COMMAND_CAPTURE) | BIT(COMMAND_DRAIN) | BIT(COMMAND_UNDRAIN)),
	TEXT("address", address, BIT(COMMAND_EXPLAIN)),
	TEXT("host", host, BIT(COMMAND_EXPLAIN)),
	TEXT("level", level, BIT(COMMAND_LOG)),
	NUMBER("count", count, 1000000000, BIT(COMMAND_CAPTURE)),
	NUMBER("seconds", seconds, 1000000, BIT(COMMAND_CAPTURE)),
	NUMBER("megabytes", megabytes, 1000000, BIT(COMMAND_CAPTURE)),
	NUMBER("snaplen", snaplen, 65575, BIT(COMMAND_CAPTURE)),
	NUMBER("rows", rows, 65535, BIT(COMMAND_TOP)),
	NUMBER("columns", columns, 65535, BIT(COMMAND_TOP)),
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

/** read_number() - a decimal number of at most ten digits, without leading zeros */
static bool read_number(const char *value, size_t length, size_t *number)
{
	*number = 0;
	if (!value || length == 0 || length > 10 || (value[0] == '0' && length > 1))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (value[i] < '0' || value[i] > '9')
			return false;
		*number = *number * 10 + (size_t)(value[i] - '0');
	}
	return true;
}

/** set_bytes() - the number of bytes behind the line */
static const char *set_bytes(struct request *request, const char *value, size_t length)
{
	size_t count;

	if (request->command != COMMAND_EXPLAIN)
		return "not an option of this command";
	if (request->has_bytes || !read_number(value, length, &count))
		return "the number of bytes is wrong";
	if (count > REQUEST_BYTES_MAX)
		return "there are more bytes than a service can wait for";
	request->has_bytes = true;
	request->bytes = count;
	return NULL;
}

/** set_number() - a number; 0 until it is set */
static const char *set_number(unsigned int *place, unsigned int most, const char *value, size_t length)
{
	size_t number;

	if (*place != 0)
		return "an option that is given twice";
	if (!read_number(value, length, &number) || number == 0 || number > most)
		return "not a number, or out of range";
	*place = (unsigned int)number;
	return NULL;
}

/** set_text() - a text; its room is all zero until it is set */
static const char *set_text(char *place, size_t room, const char *value, size_t length)
{
	if (!value || length == 0)
		return "an option without its value";
	if (place[0])
		return "an option that is given twice";
	if (length >= room)
		return "the value is too long";
	if (!is_plain(value, length))
		return "the value has blanks, or characters that are not ASCII";
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
		return "not an option of this command";
	place = (char *)request + word->offset;
	if (word->room > 0)
		return set_text(place, word->room, value, value_length);
	if (word->most > 0)
		return set_number((unsigned int *)(void *)place, word->most, value, value_length);
	if (value)
		return "an option that has no value";
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

const char *request_lacks(const struct request *request)
{
	if (request->command == COMMAND_EXPLAIN && !request->address[0])
		return "ADDRESS:PORT is missing";
	if ((request->command == COMMAND_DRAIN || request->command == COMMAND_UNDRAIN) && !request->server[0])
		return "SERVER is missing";
	return NULL;
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
	*why = request_lacks(request);
	return *why == NULL;
}

size_t request_format(const struct request *request, char *line)
{
	size_t length = (size_t)snprintf(line, REQUEST_LINE_MAX, PROTOCOL_MAGIC " %s", commands[request->command]);

	for (const struct word *word = words; word < words + WORDS; word++) {
		const char *place = (const char *)request + word->offset;

		if (word->most > 0 && *(const unsigned int *)(const void *)place != 0)
			length += (size_t)snprintf(line + length, REQUEST_LINE_MAX - length, " %s=%u", word->name,
						   *(const unsigned int *)(const void *)place);
		else if (word->most == 0 && word->room == 0 && *(const bool *)place)
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
_Static_assert(sizeof(struct request) + 192 < REQUEST_LINE_MAX, "the longest request fits its line");

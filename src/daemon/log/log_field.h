/* SPDX-License-Identifier: ISC */
/*
 * log_field.h - the facts of an event of the log, one by one: as JSON, and as fields of the journal
 */
#ifndef NAT46_DAEMON_LOG_FIELD_H
#define NAT46_DAEMON_LOG_FIELD_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct log_field - one fact
 * @key: its name, in lower case
 * @text: its value, which may come from a stranger; NULL: it is @number
 */
struct log_field {
	const char *key;
	const char *text;
	uint64_t number;
};

/** Longest text of a field that is not the last one. */
#define LOG_FIELD_TEXT_MAX 256u

/**
 * log_json() - fields as one JSON object, without a newline
 * @out, @size: room for it, with its NUL
 *
 * Everything but printable ASCII becomes a question mark. A text that is too long is cut and ends in "..."; the last
 * one has the room that the others leave, which have to fit.
 *
 * Return: its length
 */
size_t log_json(const struct log_field *fields, size_t count, char *out, size_t size);

/** Where the journal takes whole events, in the form that systemd documents as its native protocol. */
#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

/**
 * log_journal() - give the journal an event with its fields, if it has room for it now
 * @path: LOG_JOURNAL_SOCKET; another one is for tests
 * @priority: of syslog
 * @message: what it shows as the line
 * @fields, @count: field "client" becomes NAT46_CLIENT, and so on; cut and cleaned as in JSON
 *
 * Return: 0, or else the event was not taken, and this is the errno that says why; EAGAIN: there was no room
 */
int log_journal(const char *path, int priority, const char *message, const struct log_field *fields, size_t count);

#endif

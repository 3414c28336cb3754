/* SPDX-License-Identifier: ISC */
/*
 * log_field.c - the facts of an event of the log, one by one: as JSON, and as fields of the journal
 *
 * The library of systemd would do the latter, but its sd_journal_send() waits for a journal that is slow, and with it
 * all packets would. A datagram of "KEY=value" lines is all there is to it, as no value has a newline.
 */
#include "daemon/log/log_field.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "nat46/assert.h"

/* For a line of the log and all fields of an event. */
#define DATAGRAM_MAX 4096u

static const char more[] = "...";

/** struct output - what is being written; what has no room is left out */
struct output {
	char *bytes;
	size_t size, length;
};

static void __attribute__((format(printf, 2, 3))) put(struct output *out, const char *format, ...)
{
	size_t room = out->size - out->length;
	va_list arguments;
	int wanted;

	va_start(arguments, format);
	wanted = vsnprintf(out->bytes + out->length, room, format, arguments);
	va_end(arguments);
	if (wanted > 0 && (size_t)wanted < room)
		out->length += (size_t)wanted;
}

static void put_byte(struct output *out, char byte)
{
	if (out->length + 1 < out->size)
		out->bytes[out->length++] = byte;
}

/** put_text() - a text, or as much of it as has room in @most bytes; @escaped: what gets a backslash in front */
static void put_text(struct output *out, const char *text, size_t most, const char *escaped)
{
	size_t length = strlen(text), end = out->length + most;

	for (const char *at = text; (at = strpbrk(at, escaped)) != NULL; at++)
		length++;
	if (length > most)
		end -= strlen(more);
	for (; *text; text++) {
		bool is_escaped = strchr(escaped, *text);

		if (out->length + is_escaped >= end) {
			put(out, "%s", more);
			return;
		}
		if (is_escaped)
			put_byte(out, '\\');
		put_byte(out, *text < ' ' || *text > '~' ? '?' : *text);
	}
}

size_t log_json(const struct log_field *fields, size_t count, char *out, size_t size)
{
	struct output object = { .bytes = out, .size = size };

	for (size_t i = 0; i < count; i++) {
		const struct log_field *field = &fields[i];
		bool is_last = i + 1 == count;

		put(&object, "%c\"%s\":", i == 0 ? '{' : ',', field->key);
		if (!field->text) {
			put(&object, "%" PRIu64, field->number);
			continue;
		}
		put(&object, "\"");
		put_text(&object, field->text, is_last ? size - object.length - sizeof("\"}") : LOG_FIELD_TEXT_MAX,
			 "\"\\");
		put(&object, "\"");
	}
	put(&object, "}");
	return object.length;
}

static void put_field(struct output *out, const struct log_field *field)
{
	put(out, "NAT46_");
	for (const char *key = field->key; *key; key++)
		put_byte(out, *key >= 'a' && *key <= 'z' ? (char)(*key - 'a' + 'A') : *key);
	put(out, "=");
	if (field->text)
		put_text(out, field->text, LOG_FIELD_TEXT_MAX, "");
	else
		put(out, "%" PRIu64, field->number);
	put(out, "\n");
}

/** send_now() - the socket is made anew each time: it costs little, and the journal may have been started again */
static int send_now(const char *path, const char *bytes, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return errno;
	NAT46_ASSERT(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	if (sendto(fd, bytes, length, MSG_NOSIGNAL, (const struct sockaddr *)&address, sizeof(address)) < 0)
		error = errno;
	close(fd);
	return error;
}

int log_journal(const char *path, int priority, const char *message, const struct log_field *fields, size_t count)
{
	char bytes[DATAGRAM_MAX];
	struct output out = { .bytes = bytes, .size = sizeof(bytes) };
	int saved = errno, error;

	/* what the journal says of lines from standard error as well: facility 3 is that of daemons */
	put(&out, "PRIORITY=%d\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=nat46d\nMESSAGE=", priority);
	put_text(&out, message, DATAGRAM_MAX / 2, "");
	put(&out, "\n");
	for (size_t i = 0; i < count; i++)
		put_field(&out, &fields[i]);
	error = send_now(path, bytes, out.length);
	errno = saved;
	return error;
}

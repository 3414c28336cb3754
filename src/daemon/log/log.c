/* SPDX-License-Identifier: ISC */
/*
 * log.c - one line an event, to stderr
 *
 * systemd says in $JOURNAL_STREAM which device and inode it has connected to the journal. If stderr is
 * that stream, a line starts with "<N>" and the journal adds the rest; otherwise with the time in UTC and
 * the level. Lines of the trace level name their kind themselves and get no level in front. As JSON, a line has both.
 *
 * An event has fields besides its line. The journal gets them as such; what it has no room for there it gets as a line.
 *
 * A line is written by one write(), so that lines of several processes on one terminal stay whole. Lines for which
 * there is no room are lost (log_output.c); they are counted, and the first line behind them says how many there were.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/log/log.h"
#include "daemon/log/log_output.h"
#include "nat46/assert.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define NANOSECONDS 1000000000ll

/* Priorities of syslog, as the journal wants them. */
static const int priorities[] = {
	[LOG_LEVEL_ERROR] = 3,
	[LOG_LEVEL_WARNING] = 4,
	[LOG_LEVEL_INFO] = 6,
	[LOG_LEVEL_DEBUG] = 7,
	[LOG_LEVEL_TRACE] = 7,
};
_Static_assert(ARRAY_SIZE(priorities) == LOG_LEVEL_COUNT, "a level without a priority");

static enum log_level highest = LOG_LEVEL_INFO;
static enum log_level least = LOG_LEVEL_ERROR;
static enum log_format form = LOG_FORMAT_TEXT;
static bool to_journal;

/* Lines that were lost since log_open(), those of them that no line has told of yet, and the errno of the last. */
static uint64_t lost;
static uint64_t lost_untold;
static int lost_why;

static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat status;

	if (!stream || sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) != 2)
		return false;
	return fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

void log_at_least(enum log_level level)
{
	least = level;
}

void log_set_level(enum log_level level)
{
	highest = level > least ? level : least;
}

enum log_level log_level(void)
{
	return highest;
}

bool log_find_level(const char *name, enum log_level *level)
{
	for (unsigned int i = 0; i < LOG_LEVEL_COUNT; i++) {
		if (strcmp(name, log_level_names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

void log_set_format(enum log_format format)
{
	form = format;
}

void log_open(enum log_level level)
{
	log_set_level(level);
	to_journal = stderr_is_journal();
	lost = lost_untold = 0;
	log_output_open();
}

bool log_enabled(enum log_level level)
{
	return level <= highest;
}

enum log_level log_level_of(const char *line, size_t length)
{
	if (memmem(line, length, ": error: ", 9))
		return LOG_LEVEL_ERROR;
	return memmem(line, length, ": warning: ", 11) ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO;
}

/* Room for the time as text. */
#define TIME_MAX 32u

static size_t format_time(char *text)
{
	struct timespec now = { 0 };
	struct tm utc = { 0 };
	size_t length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	length = strftime(text, TIME_MAX, "%Y-%m-%dT%H:%M:%S", &utc);
	return length + (size_t)snprintf(text + length, TIME_MAX - length, ".%03ldZ", now.tv_nsec / 1000000);
}

/* What stands in front of the text. Returns its length. */
static size_t format_prefix(enum log_level level, char *line, size_t size)
{
	size_t length;

	if (to_journal)
		return (size_t)snprintf(line, size, "<%d>", priorities[level]);
	if (form == LOG_FORMAT_JSON)
		return 0;
	length = format_time(line);
	length += (size_t)snprintf(line + length, size - length, " ");
	if (level != LOG_LEVEL_TRACE)
		length += (size_t)snprintf(line + length, size - length, "%s: ", log_level_names[level]);
	return length;
}

static void sanitise(char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			text[i] = '?';
}

/* Without fields, the text is one. Returns the length. */
static size_t format_json(const struct log_event *event, char *out, size_t size)
{
	const struct log_field text = { .key = "message", .text = event->text };
	struct log_field fields[LOG_FIELDS_MAX + 2];
	char now[TIME_MAX];
	size_t count = 2;

	(void)format_time(now);
	fields[0] = (struct log_field){ .key = "time", .text = now };
	fields[1] = (struct log_field){ .key = "level", .text = log_level_names[event->level] };
	for (size_t i = 0; i < event->count && i < LOG_FIELDS_MAX; i++)
		fields[count++] = event->fields[i];
	if (event->count == 0)
		fields[count++] = text;
	return log_json(fields, count, out, size);
}

/* Writes a line into LOG_LINE_MAX bytes. Returns its length. */
static size_t format_line(const struct log_event *event, char *line)
{
	static const char more[] = "...";
	size_t prefix = format_prefix(event->level, line, LOG_LINE_MAX), length = prefix;

	if (form == LOG_FORMAT_JSON) {
		length += format_json(event, line + prefix, LOG_LINE_MAX - prefix);
	} else {
		length += (size_t)snprintf(line + prefix, LOG_LINE_MAX - prefix, "%s", event->text);
		if (length >= LOG_LINE_MAX) {
			length = LOG_LINE_MAX - 1;
			memcpy(line + length - strlen(more), more, strlen(more));
		}
		sanitise(line + prefix, length - prefix);
	}
	line[length++] = '\n';
	return length;
}

void log_catch_up(void)
{
	struct log_event event = { .level = LOG_LEVEL_WARNING };
	char text[LOG_LINE_MAX], line[LOG_LINE_MAX];
	int saved = errno;

	if (lost_untold == 0)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " line%s lost: %s", lost_untold, lost_untold == 1 ? "" : "s",
		 lost_why == EAGAIN ? "the reader of standard error did not keep up" : strerror(lost_why));
	event.text = text;
	if (log_output_line(line, format_line(&event, line)) == 0)
		lost_untold = 0;
	errno = saved;
}

uint64_t log_lost(void)
{
	return lost;
}

static void output(const char *line, size_t length)
{
	int saved = errno, error;

	log_catch_up();
	/* not in front of those that are lost */
	error = lost_untold ? lost_why : log_output_line(line, length);
	if (error) {
		lost++;
		lost_untold++;
		lost_why = error;
	}
	errno = saved;
}

void log_event(const struct log_event *event)
{
	char line[LOG_LINE_MAX];
	size_t length, prefix;

	if (!log_enabled(event->level))
		return;
	length = format_line(event, line);
	if (to_journal && event->count > 0) {
		prefix = (size_t)(strchr(line, '>') + 1 - line);
		line[length - 1] = '\0';
		if (log_journal(LOG_JOURNAL_SOCKET, priorities[event->level], line + prefix, event->fields,
				event->count) == 0)
			return;
		line[length - 1] = '\n';
	}
	output(line, length);
}

static void __attribute__((format(printf, 2, 0)))
log_text(enum log_level level, const char *format, va_list arguments)
{
	struct log_event event = { .level = level };
	char text[LOG_LINE_MAX];
	int saved = errno;

	vsnprintf(text, sizeof(text), format, arguments);
	event.text = text;
	errno = saved;
	log_event(&event);
}

void log_line(enum log_level level, const char *format, ...)
{
	va_list arguments;

	if (!log_enabled(level))
		return;
	va_start(arguments, format);
	log_text(level, format, arguments);
	va_end(arguments);
}

bool log_limit_pass(struct log_limit *limit, int64_t now, unsigned int *suppressed)
{
	*suppressed = 0;
	if (limit->start == 0 || now - limit->start >= LOG_LIMIT_SECONDS * NANOSECONDS) {
		*suppressed = limit->suppressed;
		*limit = (struct log_limit){ .start = now };
	}
	if (limit->passed >= LOG_LIMIT_BURST) {
		limit->suppressed++;
		return false;
	}
	limit->passed++;
	return true;
}

bool log_limit_allows(struct log_limit *limit, enum log_level level)
{
	unsigned int suppressed;
	struct timespec now;

	if (!log_enabled(level))
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!log_limit_pass(limit, now.tv_sec * NANOSECONDS + now.tv_nsec, &suppressed))
		return false;
	if (suppressed)
		log_line(level, "%u messages like the following one were suppressed", suppressed);
	return true;
}

void log_line_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
{
	va_list arguments;

	if (!log_limit_allows(limit, level))
		return;
	va_start(arguments, format);
	log_text(level, format, arguments);
	va_end(arguments);
}

void nat46_assert_failed(const char *expression, const char *file, int line)
{
	log_error("%s:%d: assertion failed: %s; please report this bug", file, line, expression);
	abort();
}

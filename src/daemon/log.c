/* SPDX-License-Identifier: ISC */
/*
 * log.c - one line an event, to stderr
 *
 * systemd says in $JOURNAL_STREAM which device and inode it has connected to the journal. If stderr is
 * that stream, a line starts with "<N>" and the journal adds the rest; otherwise with the time in UTC and
 * the level. Lines of the trace level name their kind themselves and get no level in front.
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

#include "daemon/log.h"
#include "daemon/log_output.h"
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

/* What stands in front of the text. Returns its length. */
static size_t format_prefix(enum log_level level, char *line, size_t size)
{
	struct timespec now = { 0 };
	struct tm utc = { 0 };
	size_t length;

	if (to_journal)
		return (size_t)snprintf(line, size, "<%d>", priorities[level]);
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	length = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &utc);
	length += (size_t)snprintf(line + length, size - length, ".%03ldZ ", now.tv_nsec / 1000000);
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

/* Writes a line into LOG_LINE_MAX bytes. Returns its length. */
static size_t __attribute__((format(printf, 3, 0)))
format_line(enum log_level level, char *line, const char *format, va_list arguments)
{
	static const char more[] = "...";
	size_t prefix = format_prefix(level, line, LOG_LINE_MAX), length;
	int wanted;

	wanted = vsnprintf(line + prefix, LOG_LINE_MAX - prefix, format, arguments);
	length = prefix + (wanted < 0 ? 0 : (size_t)wanted);
	if (length >= LOG_LINE_MAX) {
		length = LOG_LINE_MAX - 1;
		memcpy(line + length - strlen(more), more, strlen(more));
	}
	sanitise(line + prefix, length - prefix);
	line[length++] = '\n';
	return length;
}

static int __attribute__((format(printf, 2, 3))) write_line(enum log_level level, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_line(level, line, format, arguments);
	va_end(arguments);
	return log_output_line(line, length);
}

void log_catch_up(void)
{
	int saved = errno;

	if (lost_untold == 0)
		return;
	if (write_line(LOG_LEVEL_WARNING, "%" PRIu64 " line%s lost: %s", lost_untold, lost_untold == 1 ? "" : "s",
		       lost_why == EAGAIN ? "the reader of standard error did not keep up" :
					    strerror(lost_why)) == 0)
		lost_untold = 0;
	errno = saved;
}

uint64_t log_lost(void)
{
	return lost;
}

static void __attribute__((format(printf, 2, 0)))
log_text(enum log_level level, const char *format, va_list arguments)
{
	char line[LOG_LINE_MAX];
	size_t length;
	int saved = errno, error;

	length = format_line(level, line, format, arguments);
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

void log_line_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
{
	unsigned int suppressed;
	struct timespec now;
	va_list arguments;

	if (!log_enabled(level))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!log_limit_pass(limit, now.tv_sec * NANOSECONDS + now.tv_nsec, &suppressed))
		return;
	if (suppressed)
		log_line(level, "%u messages like the following one were suppressed", suppressed);
	va_start(arguments, format);
	log_text(level, format, arguments);
	va_end(arguments);
}

void nat46_assert_failed(const char *expression, const char *file, int line)
{
	log_error("%s:%d: assertion failed: %s; please report this bug", file, line, expression);
	abort();
}

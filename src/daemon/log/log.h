/* SPDX-License-Identifier: ISC */
/*
 * log.h - one line an event, to stderr
 */
#ifndef NAT46_DAEMON_LOG_H
#define NAT46_DAEMON_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/log_level.h"
#include "daemon/log/log_field.h"
#include "daemon/log/log_output.h"

/** Longest line that is logged, with its prefix and newline; what is longer ends in "...". */
#define LOG_LINE_MAX LOG_OUTPUT_MAX

/** Messages per call site and LOG_LIMIT_SECONDS that log_limited() lets through. */
#define LOG_LIMIT_BURST 5u
#define LOG_LIMIT_SECONDS 10

/**
 * struct log_limit - state of a rate limit; starts as all zero
 * @start: when the current interval began, monotonic nanoseconds; 0: never
 * @passed: messages let through in this interval
 * @suppressed: messages held back in this interval
 */
struct log_limit {
	int64_t start;
	unsigned int passed;
	unsigned int suppressed;
};

/** Most fields of an event. */
#define LOG_FIELDS_MAX 16u

/**
 * struct log_event - an event that has fields besides its line
 * @level: level
 * @text: the line, without a newline
 * @fields, @count: what it says; the text of each is no longer than LOG_FIELD_TEXT_MAX, but for the last one
 */
struct log_event {
	enum log_level level;
	const char *text;
	const struct log_field *fields;
	size_t count;
};

/** log_open() - set the highest level that is logged, and find out what stderr is: the journal, a pipe, ... */
void log_open(enum log_level level);

/** log_at_least() - log this level whatever log_open() and log_set_level() say */
void log_at_least(enum log_level level);

/** log_set_level() - change the highest level that is logged */
void log_set_level(enum log_level level);

/** log_level() - the highest level that is logged */
enum log_level log_level(void);

/** log_find_level() - the level of this name; false: there is none */
bool log_find_level(const char *name, enum log_level *level);

/** log_set_format() - change how lines look; text at first */
void log_set_format(enum log_format format);

/** log_enabled() - would a message of this level be logged */
bool log_enabled(enum log_level level);

/** log_level_of() - of a line that was said of a configuration: "FILE:LINE: error: ...", warning, or else info */
enum log_level log_level_of(const char *line, size_t length);

/**
 * log_line() - log one line
 * @level: level
 * @format: printf format without a newline
 *
 * Never waits: a line for which stderr has no room is lost, and counted.
 * Everything but printable ASCII becomes a question mark: text may come from strangers. Keeps errno.
 */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * log_event() - log an event: as one line, and if stderr is the journal with its fields
 *
 * As log_line().
 */
void log_event(const struct log_event *event);

/** log_catch_up() - if lines were lost and there is room again, log how many; costs nothing if none were */
void log_catch_up(void);

/** log_lost() - how many lines were lost since log_open() */
uint64_t log_lost(void);

/**
 * log_limit_pass() - may one more message be logged
 * @limit: state, one per call site
 * @now: monotonic nanoseconds, > 0
 * @suppressed: set to the messages held back in the interval that has just ended, usually 0
 *
 * Return: false if the message has to be held back
 */
bool log_limit_pass(struct log_limit *limit, int64_t now, unsigned int *suppressed);

/**
 * log_limit_allows() - may a line of this level be logged now, which is known to follow
 *
 * Logs how many were held back, if some were.
 */
bool log_limit_allows(struct log_limit *limit, enum log_level level);

/** log_line_limited() - log_line() under a rate limit; use log_limited(), which brings the state along */
void log_line_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* For whatever a stranger or a flood of packets can trigger. */
#define log_limited(level, ...) \
	do { \
		static struct log_limit log_limit_here; \
		log_line_limited(&log_limit_here, (level), __VA_ARGS__); \
	} while (0)

#endif

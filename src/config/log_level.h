/* SPDX-License-Identifier: ISC */
/*
 * log_level.h - how much is logged, and how: settings, and what daemon/log/log.h works with
 */
#ifndef NAT46_CONFIG_LOG_LEVEL_H
#define NAT46_CONFIG_LOG_LEVEL_H

enum log_level {
	LOG_LEVEL_ERROR = 0, /* the operator must act */
	LOG_LEVEL_WARNING,   /* degraded */
	LOG_LEVEL_INFO,      /* start, stop, results */
	LOG_LEVEL_DEBUG,     /* per connection */
	LOG_LEVEL_TRACE,     /* per packet */
	LOG_LEVEL_COUNT,
};

/** enum log_format - how a line looks */
enum log_format {
	LOG_FORMAT_TEXT = 0,
	LOG_FORMAT_JSON, /* one object a line */
};

extern const char *const log_level_names[LOG_LEVEL_COUNT + 1]; /* NULL at the end */

#endif

/* SPDX-License-Identifier: ISC */
/*
 * log_output.h - lines to standard error, which never make the daemon wait
 */
#ifndef NAT46_DAEMON_LOG_OUTPUT_H
#define NAT46_DAEMON_LOG_OUTPUT_H

#include <stddef.h>

/** Longest line that can be written, with its newline: a pipe takes so much at once or not at all. */
#define LOG_OUTPUT_MAX 1024u

/** log_output_open() - find out what standard error is; before privileges are dropped. May be called again. */
void log_output_open(void);

/**
 * log_output_line() - write a line, if there is room for it now
 * @line, @length: text with its newline, at most LOG_OUTPUT_MAX bytes
 *
 * A line that has begun is completed before the next one. Changes errno.
 *
 * Return: 0, or else the line is lost, and this is the errno that says why; EAGAIN: there was no room
 */
int log_output_line(const char *line, size_t length);

#endif

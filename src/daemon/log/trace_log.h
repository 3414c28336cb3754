/* SPDX-License-Identifier: ISC */
/*
 * trace_log.h - packets, sessions and what servers lack as lines of the log
 *
 * The form of the lines is part of the interface: scripts read them.
 */
#ifndef NAT46_DAEMON_TRACE_LOG_H
#define NAT46_DAEMON_TRACE_LOG_H

#include <stddef.h>

#include "nat46/engine.h"

/** Room for any line of trace_format() with its NUL. */
#define TRACE_LINE_MAX 256u

/** Room for any line of session_format() with its NUL; a very long rule text is cut. */
#define SESSION_LINE_MAX 900u

/** Room for any line of shortfall_format() with its NUL. */
#define SHORTFALL_LINE_MAX 256u

/** Room for any line of server_format() with its NUL. */
#define SERVER_LINE_MAX 400u

/**
 * trace_format() - a trace event as one line without a newline
 * @trace: event
 * @line: room for TRACE_LINE_MAX bytes
 *
 * Return: length of the line
 */
size_t trace_format(const struct trace *trace, char *line);

/**
 * session_format() - a session event as one line of key=value pairs without a newline
 * @session: event
 * @line: room for SESSION_LINE_MAX bytes
 *
 * A value that is free text stands in double quotes. IPv6 addresses stand in brackets.
 *
 * Return: length of the line
 */
size_t session_format(const struct session *session, char *line);

/**
 * shortfall_format() - what a server lacks as one line of key=value pairs without a newline
 * @shortfall: event
 * @line: room for SHORTFALL_LINE_MAX bytes
 *
 * Return: length of the line
 */
size_t shortfall_format(const struct shortfall *shortfall, char *line);

/**
 * server_format() - that a server fails or answers again as one line without a newline
 * @change: event
 * @line: room for SERVER_LINE_MAX bytes; a very long name is cut
 *
 * Return: length of the line
 */
size_t server_format(const struct server_change *change, char *line);

/** trace_log() - engine hook: log the event at level trace; @context is not used */
void trace_log(void *context, const struct trace *trace);

/**
 * session_log() - engine hook: log the event at level info, with fields; a refusal under a rate limit by groups of
 *	clients
 */
void session_log(void *context, const struct session *session);

/**
 * server_log() - engine hook: log the event, a failure at level warning
 *
 * The rate limit is for each of a number of groups of servers, so that one that comes and goes hides few others.
 */
void server_log(void *context, const struct server_change *change);

/** shortfall_log() - engine hook: log the event at level info; @context is not used */
void shortfall_log(void *context, const struct shortfall *shortfall);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * http.h - recognise HTTP and read the host out of a request head (RFC 9112 2, 3, 5; RFC 9113 3.4)
 */
#ifndef NAT46_HTTP_H
#define NAT46_HTTP_H

#include "nat46/cursor.h"
#include "nat46/inspection.h"

/**
 * http_recognise() - do the first bytes of a connection start with an HTTP request line
 * @bytes: first bytes
 * @progress: of this connection
 *
 * The method (upper-case letters, hyphens and underscores) and a space make it possible; only the version at
 * the end of the line tells "GET / HTTP/1.1" from the commands of IRC or SMTP. Empty lines may come first.
 *
 * Return: FACT_PENDING if more bytes are needed, FACT_ABSENT with the first byte that rules HTTP out
 */
enum fact http_recognise(struct cursor bytes, struct inspect_progress *progress);

/**
 * http_has_begun() - is what http_recognise() cannot settle the beginning of a request that clients send
 * @bytes: first bytes of a connection, for which http_recognise() returned FACT_PENDING
 * @progress: of this connection
 *
 * Return: they begin with one of the usual methods and a space, or are the first letters of that
 */
bool http_has_begun(struct cursor bytes, const struct inspect_progress *progress);

/**
 * http_is_complete() - is all of the request head there
 * @bytes: first bytes of a connection, for which http_recognise() returned FACT_PRESENT
 * @progress: of this connection
 */
bool http_is_complete(struct cursor bytes, struct inspect_progress *progress);

/**
 * http_read() - read the host out of a request head
 * @bytes: first bytes of a connection, for which http_recognise() returned FACT_PRESENT
 * @result: host and malformed are filled in; the host fact was FACT_PENDING, and stays so if the head goes on
 */
void http_read(struct cursor bytes, struct inspection *result);

#endif

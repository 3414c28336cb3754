/* SPDX-License-Identifier: ISC */
/*
 * http.h - recognise HTTP and read the host out of a request head (RFC 9112 2, 3, 5; RFC 9113 3.4)
 */
#ifndef NAT46_HTTP_H
#define NAT46_HTTP_H

#include "nat46/cursor.h"
#include "nat46/inspect.h"

/**
 * http_recognise() - do the first bytes of a connection start with an HTTP request line
 * @bytes: first bytes
 *
 * The method (upper-case letters and hyphens) and a space make it possible; only the version at the end
 * of the line tells "GET / HTTP/1.1" from the commands of IRC or SMTP.
 *
 * Return: FACT_PENDING if more bytes are needed, FACT_ABSENT with the first byte that rules HTTP out
 */
enum fact http_recognise(struct cursor bytes);

/**
 * http_read() - read the host out of a request head
 * @bytes: first bytes of a connection, for which http_recognise() returned FACT_PRESENT
 * @final: no more bytes will come: settle for the lines that are complete
 * @result: host and malformed are filled in; the host fact was FACT_PENDING
 */
void http_read(struct cursor bytes, bool final, struct inspection *result);

#endif

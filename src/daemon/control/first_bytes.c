/* SPDX-License-Identifier: ISC */
/*
 * first_bytes.c - the first bytes of a client that asks for a name
 *
 * "explain" gives them to the very code that reads those of clients, so that it cannot say anything else than what
 * would happen.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/control/first_bytes.h"

/** put16() - a number of two bytes, in network order */
static size_t put16(uint8_t *bytes, size_t at, size_t number)
{
	bytes[at] = (uint8_t)(number >> 8);
	bytes[at + 1] = (uint8_t)number;
	return at + 2;
}

/* RFC 8446 4.1.2 and RFC 6066 3; everything in it has the length that the ones around it say. */
size_t first_bytes_tls(const char *host, uint8_t *bytes)
{
	static const uint8_t suites[] = { 0x00, 0x02, 0x13, 0x01, 0x01, 0x00 }; /* one, and no compression */
	size_t name = strlen(host), at;

	memset(bytes, 0, FIRST_BYTES_MAX);
	bytes[0] = 22; /* handshake */
	bytes[1] = 3;
	bytes[2] = 1;
	bytes[5] = 1; /* ClientHello */
	bytes[9] = 3;
	bytes[10] = 3;
	at = 11 + 32 + 1; /* behind an all-zero random and an empty session */
	memcpy(bytes + at, suites, sizeof(suites));
	at = put16(bytes, at + sizeof(suites), name + 9);
	at = put16(bytes, at, 0); /* server_name */
	at = put16(bytes, at, name + 5);
	at = put16(bytes, at, name + 3);
	at = put16(bytes, at + 1, name);
	memcpy(bytes + at, host, name);
	at += name;
	put16(bytes, 7, at - 9);
	put16(bytes, 3, at - 5);
	return at;
}

size_t first_bytes_http(const char *host, uint8_t *bytes)
{
	return (size_t)snprintf((char *)bytes, FIRST_BYTES_MAX, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
}

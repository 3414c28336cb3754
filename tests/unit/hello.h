/* SPDX-License-Identifier: ISC */
/*
 * hello.h - make TLS ClientHellos for tests
 *
 * Bytes are appended with put(); a vector is opened with vector_begin(), which leaves room for its length, and
 * closed with vector_end(). hello_build() makes the handshake message, hello_records() cuts it into records.
 */
#ifndef NAT46_TESTS_HELLO_H
#define NAT46_TESTS_HELLO_H

#include <stdlib.h>
#include <string.h>

#include "nat46/cursor.h"

#define HELLO_MAX 70000u

/** struct bytes - bytes that grow */
struct bytes {
	size_t length;
	uint8_t data[HELLO_MAX];
};

/** struct vector - an open vector: where its length is */
struct vector {
	size_t at;
	size_t width;
};

static inline void put(struct bytes *out, const void *data, size_t length)
{
	if (length > sizeof(out->data) - out->length)
		abort();
	if (length > 0)
		memcpy(out->data + out->length, data, length);
	out->length += length;
}

static inline void put_number(struct bytes *out, size_t value, size_t width)
{
	for (size_t i = width; i-- > 0;) {
		uint8_t byte = (uint8_t)(value >> (8 * i));

		put(out, &byte, 1);
	}
}

static inline void put_fill(struct bytes *out, uint8_t byte, size_t count)
{
	while (count-- > 0)
		put(out, &byte, 1);
}

static inline struct vector vector_begin(struct bytes *out, size_t width)
{
	struct vector vector = { .at = out->length, .width = width };

	put_number(out, 0, width);
	return vector;
}

static inline void vector_end(struct bytes *out, struct vector vector)
{
	size_t end = out->length;

	out->length = vector.at;
	put_number(out, end - vector.at - vector.width, vector.width);
	out->length = end;
}

static inline struct vector extension_begin(struct bytes *out, size_t type)
{
	put_number(out, type, 2);
	return vector_begin(out, 2);
}

/** put_server_name() - extension server_name with one host name */
static inline void put_server_name(struct bytes *out, const void *name, size_t length)
{
	struct vector extension = extension_begin(out, 0);
	struct vector list = vector_begin(out, 2);
	struct vector text;

	put_number(out, 0, 1);
	text = vector_begin(out, 2);
	put(out, name, length);
	vector_end(out, text);
	vector_end(out, list);
	vector_end(out, extension);
}

/** put_alpn() - extension ALPN; @list is in wire form without the length of the list */
static inline void put_alpn(struct bytes *out, const void *list, size_t length)
{
	struct vector extension = extension_begin(out, 16);
	struct vector names = vector_begin(out, 2);

	put(out, list, length);
	vector_end(out, names);
	vector_end(out, extension);
}

/** put_before_extensions() - version, random, session, cipher suites (one of GREASE), compression */
static inline void put_before_extensions(struct bytes *out)
{
	put_number(out, 0x0303, 2);
	put_fill(out, 0xaa, 32);
	put_number(out, 32, 1);
	put_fill(out, 0xbb, 32);
	put_number(out, 6, 2);
	put(out, "\x0a\x0a\x13\x01\x13\x02", 6);
	put_number(out, 0x0100, 2);
}

/**
 * hello_build() - a ClientHello as handshake message
 * @out: gets the message, replacing what it had
 * @extensions: all extensions, NULL: a hello without the field
 */
static inline void hello_build(struct bytes *out, const struct bytes *extensions)
{
	struct vector hello;

	out->length = 0;
	put_number(out, 1, 1);
	hello = vector_begin(out, 3);
	put_before_extensions(out);
	if (extensions) {
		put_number(out, extensions->length, 2);
		put(out, extensions->data, extensions->length);
	}
	vector_end(out, hello);
}

/** hello_records() - cut a handshake message into records of @size bytes, the first one of @first */
static inline void hello_records(struct bytes *out, const struct bytes *message, size_t first, size_t size)
{
	size_t at = 0, count = first;

	out->length = 0;
	while (at < message->length) {
		if (count > message->length - at)
			count = message->length - at;
		put(out, "\x16\x03\x01", 3);
		put_number(out, count, 2);
		put(out, message->data + at, count);
		at += count;
		count = size;
	}
}

/**
 * hello_typical() - a hello with name, ALPN, GREASE and padding
 * @message: gets the handshake message
 * @name: server name
 * @padding: bytes of extension padding (RFC 7685)
 */
static inline void hello_typical(struct bytes *message, const char *name, size_t padding)
{
	static struct bytes extensions;
	struct vector extension;

	extensions.length = 0;
	vector_end(&extensions, extension_begin(&extensions, 0x0a0a));
	if (padding > 0) {
		extension = extension_begin(&extensions, 21);
		put_fill(&extensions, 0, padding);
		vector_end(&extensions, extension);
	}
	put_server_name(&extensions, name, strlen(name));
	put_alpn(&extensions, "\x02\x1a\x1a\x02h2\x08http/1.1", 15);
	extension = extension_begin(&extensions, 0xfafa);
	put_fill(&extensions, 0, 1);
	vector_end(&extensions, extension);
	hello_build(message, &extensions);
}

#endif

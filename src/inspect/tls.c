/* SPDX-License-Identifier: ISC */
/*
 * tls.c - server name and ALPN out of a TLS ClientHello
 *
 * Theory of operation
 *
 * A ClientHello is a handshake message that lies in one or more records. A record may end anywhere in
 * it, also inside a length or a name, and clients do that on purpose against filters. So the parser
 * reads a *stream* of handshake bytes from which the record headers are gone. It copies nothing but
 * the name and the ALPN list, and starts anew whenever more bytes have come; what it passes over
 * costs one step per record, so that even a hello in one-byte segments is cheap.
 *
 * Every vector is opened with open_vector(), which checks its length against the vector around it
 * before a byte of it is read. Since the lengths come first, a lie is found on the very bytes that
 * tell it, and the answer for a prefix of the bytes holds for all that begin with it.
 *
 * The name is reported when the hello is complete, because a second server name extension further
 * down would make it ambiguous. Only @final settles earlier.
 *
 * Refused as malformed, beside lengths that do not fit: a handshake message that is no ClientHello, empty
 * or over-long records, records of another type inside the hello, a record that goes on after the hello,
 * server name or ALPN twice, two host names, a server name that is no host name, and an ALPN list longer
 * than ALPN_LIST_MAX. An IP address as server name, against RFC 6066 3, counts as no name. Unknown
 * extensions (GREASE, RFC 8701) are passed over.
 */
#include "nat46/tls.h"

#include "nat46/hostname.h"

enum {
	CONTENT_HANDSHAKE = 22,
	VERSION_MAJOR = 3,
	VERSION_MINOR_MAX = 4,
	RECORD_MAX = 1 << 14,	/* RFC 8446 5.1 */
	CLIENT_HELLO = 1,
	VERSION_AND_RANDOM = 2 + 32,
	SESSION_ID_MAX = 32,
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_ALPN = 16,
	NAME_TYPE_HOST = 0,
};

/* All vectors of a ClientHello at their longest: no hello can be longer. */
#define CLIENT_HELLO_MAX (2u + 32u + 1u + 32u + 2u + 65534u + 1u + 255u + 2u + 65535u)

/**
 * struct stream - handshake bytes, taken out of their records
 * @bytes: unread bytes of the connection
 * @record_left: how many of them belong to the record that is being read
 * @position: handshake bytes read so far; ends of vectors are positions as well
 * @malformed: why the bytes contradict themselves, or NULL
 */
struct stream {
	struct cursor bytes;
	size_t record_left;
	size_t position;
	const char *malformed;
};

/** struct hello - what has been found in the ClientHello so far */
struct hello {
	bool has_server_name;
	bool has_host;
	bool has_alpn;
	bool alpn_complete;
	enum hostname_kind kind;
	char host[HOSTNAME_MAX + 1];
	size_t alpn_length;
	uint8_t alpn[ALPN_LIST_MAX];
};

/*
 * The functions below return true when they have read what they are for. With false the parse is
 * over: either @malformed is set, or the bytes that have come do not suffice.
 */

static bool reject(struct stream *stream, const char *reason)
{
	stream->malformed = reason;
	return false;
}

/** open_record() - read record headers until there are bytes in a record */
static bool open_record(struct stream *stream)
{
	struct cursor header = stream->bytes;
	uint8_t type, major, minor;
	uint16_t length;

	if (stream->record_left > 0)
		return true;
	if (!cursor_u8(&header, &type))
		return false;
	if (type != CONTENT_HANDSHAKE)
		return reject(stream, "record of another type inside the ClientHello");
	if (!cursor_u8(&header, &major))
		return false;
	if (major != VERSION_MAJOR)
		return reject(stream, "record of an unknown version inside the ClientHello");
	if (!cursor_u8(&header, &minor) || !cursor_u16(&header, &length))
		return false;
	if (length == 0)
		return reject(stream, "empty handshake record");
	if (length > RECORD_MAX)
		return reject(stream, "record length exceeds 16384");
	stream->bytes = header;
	stream->record_left = length;
	return true;
}

static bool read_byte(struct stream *stream, uint8_t *value)
{
	if (!open_record(stream) || !cursor_u8(&stream->bytes, value))
		return false;
	stream->record_left--;
	stream->position++;
	return true;
}

/** skip_to() - pass over everything before position @end */
static bool skip_to(struct stream *stream, size_t end)
{
	while (stream->position < end) {
		size_t count = end - stream->position;

		if (!open_record(stream))
			return false;
		if (count > stream->record_left)
			count = stream->record_left;
		if (!cursor_skip(&stream->bytes, count))
			return false;
		stream->record_left -= count;
		stream->position += count;
	}
	return true;
}

/** read_number() - read a number of @width bytes that must lie before @end */
static bool read_number(struct stream *stream, size_t end, size_t width, const char *reason,
			uint32_t *value)
{
	uint8_t byte;

	if (end - stream->position < width)
		return reject(stream, reason);
	*value = 0;
	for (size_t i = 0; i < width; i++) {
		if (!read_byte(stream, &byte))
			return false;
		*value = *value << 8 | byte;
	}
	return true;
}

/**
 * open_vector() - read the length of a vector and check that the vector lies before @end
 * @stream: handshake bytes
 * @end: where the vector around it ends
 * @width: bytes of the length
 * @reason: why the bytes are malformed if it does not
 * @inner: set to where the vector ends
 */
static bool open_vector(struct stream *stream, size_t end, size_t width, const char *reason,
			size_t *inner)
{
	uint32_t length;

	if (!read_number(stream, end, width, reason, &length))
		return false;
	if (length > end - stream->position)
		return reject(stream, reason);
	*inner = stream->position + length;
	return true;
}

/** read_host() - read a name of type host_name that ends at @end */
static bool read_host(struct stream *stream, size_t end, struct hello *hello)
{
	uint8_t text[HOSTNAME_MAX + 1];
	size_t length = end - stream->position;

	if (hello->has_host)
		return reject(stream, "two host names in the server name extension");
	if (length > sizeof(text))
		return reject(stream, "server name is too long");
	for (size_t i = 0; i < length; i++) {
		if (!read_byte(stream, &text[i]))
			return false;
	}
	hello->has_host = true;
	hello->kind = hostname_parse(cursor_over(text, length), hello->host);
	if (hello->kind == HOSTNAME_INVALID)
		return reject(stream, "server name is not a host name");
	return true;
}

/** read_server_name() - extension server_name, RFC 6066 3 */
static bool read_server_name(struct stream *stream, size_t end, struct hello *hello)
{
	size_t list, name;
	uint32_t type;

	if (hello->has_server_name)
		return reject(stream, "server name extension twice");
	hello->has_server_name = true;
	if (!open_vector(stream, end, 2, "server name list exceeds its extension", &list))
		return false;
	if (list != end)
		return reject(stream, "server name extension goes on after its list");
	if (list == stream->position)
		return reject(stream, "server name list is empty");
	while (stream->position < list) {
		/* Every type of name starts with a length of two bytes: RFC 6066 3. */
		if (!read_number(stream, list, 1, "server name exceeds its list", &type) ||
		    !open_vector(stream, list, 2, "server name exceeds its list", &name))
			return false;
		if (type == NAME_TYPE_HOST ? !read_host(stream, name, hello) : !skip_to(stream, name))
			return false;
	}
	return true;
}

/** check_alpn() - is a complete list made of names that are not empty */
static bool check_alpn(struct stream *stream, const struct hello *hello)
{
	struct cursor list = cursor_over(hello->alpn, hello->alpn_length);
	uint8_t length;

	if (list.left == 0)
		return reject(stream, "ALPN list is empty");
	while (cursor_u8(&list, &length)) {
		if (length == 0)
			return reject(stream, "ALPN protocol name is empty");
		if (!cursor_skip(&list, length))
			return reject(stream, "ALPN protocol name exceeds its list");
	}
	return true;
}

/** read_alpn() - extension application_layer_protocol_negotiation, RFC 7301 3.1 */
static bool read_alpn(struct stream *stream, size_t end, struct hello *hello)
{
	size_t list;

	if (hello->has_alpn)
		return reject(stream, "ALPN extension twice");
	hello->has_alpn = true;
	if (!open_vector(stream, end, 2, "ALPN list exceeds its extension", &list))
		return false;
	if (list != end)
		return reject(stream, "ALPN extension goes on after its list");
	if (list - stream->position > sizeof(hello->alpn))
		return reject(stream, "ALPN list is longer than 256 bytes");
	while (stream->position < list) {
		if (!read_byte(stream, &hello->alpn[hello->alpn_length]))
			return false;
		hello->alpn_length++;
	}
	hello->alpn_complete = true;
	return check_alpn(stream, hello);
}

static bool read_extensions(struct stream *stream, size_t end, struct hello *hello)
{
	uint32_t type;
	size_t data;
	bool done;

	while (stream->position < end) {
		if (!read_number(stream, end, 2, "extension exceeds the extensions", &type) ||
		    !open_vector(stream, end, 2, "extension exceeds the extensions", &data))
			return false;
		if (type == EXTENSION_SERVER_NAME)
			done = read_server_name(stream, data, hello);
		else if (type == EXTENSION_ALPN)
			done = read_alpn(stream, data, hello);
		else
			done = skip_to(stream, data);
		if (!done)
			return false;
	}
	return true;
}

/** read_before_extensions() - pass over version, random, session, cipher suites and compression */
static bool read_before_extensions(struct stream *stream, size_t end)
{
	size_t vector;

	if (end - stream->position < VERSION_AND_RANDOM)
		return reject(stream, "random exceeds the ClientHello");
	if (!skip_to(stream, stream->position + VERSION_AND_RANDOM) ||
	    !open_vector(stream, end, 1, "session id exceeds the ClientHello", &vector))
		return false;
	if (vector - stream->position > SESSION_ID_MAX)
		return reject(stream, "session id is too long");
	if (!skip_to(stream, vector) ||
	    !open_vector(stream, end, 2, "cipher suites exceed the ClientHello", &vector))
		return false;
	if (vector == stream->position || (vector - stream->position) % 2 != 0)
		return reject(stream, "length of the cipher suites is zero or odd");
	if (!skip_to(stream, vector) ||
	    !open_vector(stream, end, 1, "compression methods exceed the ClientHello", &vector))
		return false;
	if (vector == stream->position)
		return reject(stream, "no compression method");
	return skip_to(stream, vector);
}

static bool read_hello(struct stream *stream, struct hello *hello)
{
	uint32_t type, length;
	size_t end, extensions;

	if (!read_number(stream, SIZE_MAX, 1, "", &type))
		return false;
	if (type != CLIENT_HELLO)
		return reject(stream, "first handshake message is not a ClientHello");
	if (!read_number(stream, SIZE_MAX, 3, "", &length))
		return false;
	if (length > CLIENT_HELLO_MAX)
		return reject(stream, "ClientHello is longer than its parts can be");
	end = stream->position + length;
	if (!read_before_extensions(stream, end))
		return false;
	if (stream->position < end) {
		if (!open_vector(stream, end, 2, "extensions exceed the ClientHello", &extensions))
			return false;
		if (extensions != end)
			return reject(stream, "ClientHello goes on after its extensions");
		if (!read_extensions(stream, end, hello))
			return false;
	}
	if (stream->record_left > 0)
		return reject(stream, "record goes on after the ClientHello");
	return true;
}

enum fact tls_recognise(struct cursor bytes)
{
	uint8_t type, major, minor;

	if (!cursor_u8(&bytes, &type))
		return FACT_PENDING;
	if (type != CONTENT_HANDSHAKE)
		return FACT_ABSENT;
	if (!cursor_u8(&bytes, &major))
		return FACT_PENDING;
	if (major != VERSION_MAJOR)
		return FACT_ABSENT;
	if (!cursor_u8(&bytes, &minor))
		return FACT_PENDING;
	return minor <= VERSION_MINOR_MAX ? FACT_PRESENT : FACT_ABSENT;
}

void tls_read(struct cursor bytes, bool final, struct inspection *result)
{
	struct stream stream = { .bytes = bytes };
	struct hello hello = { .has_host = false };
	bool complete = read_hello(&stream, &hello);

	result->malformed = stream.malformed;
	if (stream.malformed || (!complete && !final))
		return;
	result->host_fact = hello.kind == HOSTNAME_NAME ? FACT_PRESENT : FACT_ABSENT;
	if (result->host_fact == FACT_PRESENT)
		memcpy(result->host, hello.host, sizeof(result->host));
	result->alpn_fact = hello.alpn_complete ? FACT_PRESENT : FACT_ABSENT;
	if (result->alpn_fact == FACT_PRESENT) {
		memcpy(result->alpn, hello.alpn, sizeof(result->alpn));
		result->alpn_length = hello.alpn_length;
	}
}

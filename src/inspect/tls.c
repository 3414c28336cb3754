/* SPDX-License-Identifier: ISC */
/*
 * tls.c - server name and ALPN out of a TLS ClientHello
 *
 * Theory of operation
 *
 * A ClientHello is a handshake message that lies in one or more records. A record may end anywhere in
 * it, also inside a length or a name, and clients do that on purpose against filters. So the parser
 * reads a *stream* of handshake bytes from which the record headers are gone. It copies nothing but
 * the name; what it passes over costs one step per record.
 *
 * Every vector is opened with open_vector(), which checks its length against the vector around it
 * before a byte of it is read. Since the lengths come first, a lie is found on the very bytes that
 * tell it, and the answer for a prefix of the bytes holds for all that begin with it.
 *
 * The name is reported when the hello is complete, because a second server name extension further
 * down would make it ambiguous. When that is, tls_is_complete() finds out by the record headers alone, from
 * one to the next, so that a hello that comes byte by byte is not read from the front with each byte.
 *
 * Refused as malformed is what two programs may read differently, and what no TLS server goes on with: lengths
 * that do not fit, a handshake message that is no ClientHello, empty or over-long records, records of another
 * type inside the hello, a record that goes on after the hello, server name or ALPN twice, two host names, a
 * NUL in the server name (it ends a name in C), and an ALPN name of no bytes (a program may end its list there).
 *
 * A server name that DNS cannot know, because it is empty, an IP address (against RFC 6066 3), too long, or has
 * a port, blanks or other bytes, can match no rule and counts as no name. That opens nothing: the server that
 * it leads to is the one that gets all unknown names, and decides by itself what to do with this one, even if
 * it trims it to the name of a rule. Unknown extensions (GREASE, RFC 8701) are passed over.
 */
#include "nat46/tls.h"

#include "nat46/hostname.h"

enum {
	CONTENT_HANDSHAKE = 22,
	VERSION_MAJOR = 3,
	RECORD_HEADER = 5,
	RECORD_MAX = 1 << 14,	/* RFC 8446 5.1 */
	CLIENT_HELLO = 1,
	MESSAGE_HEADER = 4,
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
	enum hostname_kind kind;
	char host[HOSTNAME_MAX + 1];
	struct alpn_list alpn;
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

/** read_host() - read a name of type host_name that ends at @end; what is too long for a name is none */
static bool read_host(struct stream *stream, size_t end, struct hello *hello)
{
	uint8_t text[HOSTNAME_MAX + 2];
	size_t length = 0;
	uint8_t byte;

	if (hello->has_host)
		return reject(stream, "two host names in the server name extension");
	while (stream->position < end) {
		if (!read_byte(stream, &byte))
			return false;
		if (byte == '\0')
			return reject(stream, "NUL in the server name");
		if (length < sizeof(text))
			text[length++] = byte;
	}
	hello->has_host = true;
	hello->kind = hostname_parse(cursor_over(text, length), hello->host);
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
	/* Empty is against RFC 6066 3, and no name to everybody. */
	if (stream->position == end)
		return true;
	if (!open_vector(stream, end, 2, "server name list exceeds its extension", &list))
		return false;
	if (list != end)
		return reject(stream, "server name extension goes on after its list");
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

/** read_alpn() - extension application_layer_protocol_negotiation, RFC 7301 3.1 */
static bool read_alpn(struct stream *stream, size_t size, size_t end, struct hello *hello)
{
	struct alpn_list alpn = { .at = 0 };
	size_t list, name;

	if (hello->has_alpn)
		return reject(stream, "ALPN extension twice");
	hello->has_alpn = true;
	if (!open_vector(stream, end, 2, "ALPN list exceeds its extension", &list))
		return false;
	if (list != end)
		return reject(stream, "ALPN extension goes on after its list");
	alpn.at = size - stream->bytes.left;
	alpn.record_left = stream->record_left;
	alpn.length = list - stream->position;
	while (stream->position < list) {
		if (!open_vector(stream, list, 1, "ALPN protocol name exceeds its list", &name))
			return false;
		if (name == stream->position)
			return reject(stream, "ALPN protocol name is empty");
		if (!skip_to(stream, name))
			return false;
	}
	hello->alpn = alpn;
	return true;
}

static bool read_extensions(struct stream *stream, size_t size, size_t end, struct hello *hello)
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
			done = read_alpn(stream, size, data, hello);
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
	const size_t size = stream->bytes.left;
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
		if (!read_extensions(stream, size, end, hello))
			return false;
	}
	if (stream->record_left > 0)
		return reject(stream, "record goes on after the ClientHello");
	return true;
}

enum fact tls_recognise(struct cursor bytes)
{
	uint8_t type, major;

	if (!cursor_u8(&bytes, &type))
		return FACT_PENDING;
	if (type != CONTENT_HANDSHAKE)
		return FACT_ABSENT;
	if (!cursor_u8(&bytes, &major))
		return FACT_PENDING;
	return major == VERSION_MAJOR ? FACT_PRESENT : FACT_ABSENT;
}

/**
 * is_all_there() - are there as many handshake bytes as the message has by its header, or is that impossible
 * @bytes: first bytes of the connection
 * @collected: handshake bytes in them
 */
static bool is_all_there(struct cursor bytes, size_t collected)
{
	struct stream stream = { .bytes = bytes };
	uint32_t type, length;

	if (collected == 0)
		return false;
	if (!read_number(&stream, SIZE_MAX, 1, "", &type) || type != CLIENT_HELLO)
		return true;
	if (!read_number(&stream, SIZE_MAX, MESSAGE_HEADER - 1, "", &length))
		return stream.malformed != NULL;
	return length > CLIENT_HELLO_MAX || collected - MESSAGE_HEADER >= length;
}

bool tls_is_complete(struct cursor bytes, struct inspect_progress *progress)
{
	while (progress->at != INSPECT_FOUND) {
		struct stream stream = { .bytes = bytes };
		bool has_header = cursor_skip(&stream.bytes, progress->at) && open_record(&stream);
		size_t here = stream.bytes.left < stream.record_left ? stream.bytes.left : stream.record_left;

		if (stream.malformed || (has_header && is_all_there(bytes, progress->start + here))) {
			progress->at = INSPECT_FOUND;
			break;
		}
		if (!has_header || here < stream.record_left)
			return false;
		progress->at += (uint32_t)(RECORD_HEADER + here);
		progress->start += (uint32_t)here;
	}
	return true;
}

void tls_read(struct cursor bytes, struct inspection *result)
{
	struct stream stream = { .bytes = bytes };
	struct hello hello = { .has_host = false };
	bool complete = read_hello(&stream, &hello);

	result->malformed = stream.malformed;
	if (!complete)
		return;
	result->host_fact = hello.kind == HOSTNAME_NAME ? FACT_PRESENT : FACT_ABSENT;
	if (result->host_fact == FACT_PRESENT)
		memcpy(result->host, hello.host, sizeof(result->host));
	result->alpn_fact = hello.alpn.length > 0 ? FACT_PRESENT : FACT_ABSENT;
	if (result->alpn_fact == FACT_PRESENT)
		result->alpn = hello.alpn;
}

/** read_alpn_name() - read the next name of a list; @usable is false if there is a NUL in it */
static bool read_alpn_name(struct stream *stream, char *name, bool *usable)
{
	uint8_t length, byte;

	if (!read_byte(stream, &length))
		return false;
	*usable = true;
	for (size_t i = 0; i < length; i++) {
		if (!read_byte(stream, &byte))
			return false;
		name[i] = (char)byte;
		*usable = *usable && byte != '\0';
	}
	name[length] = '\0';
	return true;
}

void tls_alpn_each(struct cursor bytes, const struct alpn_list *list, alpn_visit_fn *visit, void *context)
{
	struct stream stream = { .bytes = bytes, .record_left = list->record_left };
	char name[ALPN_NAME_MAX + 1];
	bool usable;

	if (!cursor_skip(&stream.bytes, list->at))
		return;
	while (stream.position < list->length && read_alpn_name(&stream, name, &usable)) {
		if (usable && !visit(context, name))
			return;
	}
}

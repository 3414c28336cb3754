/* SPDX-License-Identifier: ISC */
/*
 * http.c - host out of an HTTP request head
 *
 * Theory of operation
 *
 * A connection speaks HTTP when its first line is a request line: method, target, and a version at the
 * end of the line. Any other first line is some other protocol and not an error.
 *
 * The host comes from the request target if that names one (absolute form, or authority form with
 * CONNECT), else from the Host header (RFC 9112 3.2, 3.3). If both are there they must agree. The host is
 * reported at the end of the head, because a second Host header could still follow; only @final settles
 * earlier. "PRI * HTTP/2.0" starts HTTP/2, whose hosts are compressed: protocol http without a host.
 *
 * What a server might read differently is refused as malformed (RFC 9112 11.2, request smuggling): two
 * Host headers, even equal ones; folded lines; a header name that is no token, so also white space before
 * the colon; NUL or CR in a value; a Host or target that is no host name; a target in none of the four
 * forms. Lines may all end in CR LF or all in bare LF, as people type them into test tools; a head that
 * mixes the two is malformed, because servers differ in where its lines end.
 *
 * A host that is an IP address counts as no name. The port is checked and ignored.
 */
#include "nat46/http.h"

#include "inspect/text.h"
#include "nat46/hostname.h"

/* The longest registered method has 17 letters. */
#define METHOD_MAX 20u

#define PORT_DIGITS_MAX 5u

/** struct line - one line without its end */
struct line {
	struct cursor text;
	bool crlf;
};

/** struct request_line - the parts of a request line */
struct request_line {
	struct cursor method;
	struct cursor target;
	bool http2;
};

/**
 * struct head - what has been read of a request head
 * @crlf: how its lines end
 * @has_authority: the target names a host, @authority
 * @has_host: there was a Host header, @host
 * @kind: of @authority or, without one, of @host
 * @malformed: why the bytes contradict themselves, or NULL
 */
struct head {
	bool crlf;
	bool has_authority;
	bool has_host;
	enum hostname_kind kind;
	char authority[HOSTNAME_MAX + 1];
	char host[HOSTNAME_MAX + 1];
	const char *malformed;
};

static bool reject(struct head *head, const char *reason)
{
	head->malformed = reason;
	return false;
}

/** take_line() - split the next line off; false, nothing changed, if its end has not come */
static bool take_line(struct cursor *bytes, struct line *line)
{
	if (!text_take_until(bytes, '\n', &line->text))
		return false;
	line->crlf = text_ends_with(line->text, '\r');
	if (line->crlf)
		line->text = text_first(line->text, line->text.left - 1);
	return true;
}

/** take_method() - split off the method and the space behind it */
static enum fact take_method(struct cursor *text, struct cursor *method)
{
	struct cursor probe = *text;
	size_t length = 0;
	uint8_t byte;

	while (cursor_u8(&probe, &byte)) {
		if (byte == ' ' && length > 0) {
			*method = text_first(*text, length);
			*text = probe;
			return FACT_PRESENT;
		}
		if (!text_is_upper(byte) && !(byte == '-' && length > 0))
			return FACT_ABSENT;
		if (++length > METHOD_MAX)
			return FACT_ABSENT;
	}
	return FACT_PENDING;
}

/** take_version() - take " HTTP/1.1" off the end of a request line and leave the target */
static bool take_version(struct cursor text, struct request_line *request)
{
	const size_t version_length = sizeof(" HTTP/1.1") - 1;
	uint8_t major, dot, minor;

	if (text.left < version_length ||
	    !cursor_take(&text, text.left - version_length, &request->target))
		return false;
	if (!text_take_prefix(&text, " HTTP/") || !cursor_u8(&text, &major) ||
	    !cursor_u8(&text, &dot) || !cursor_u8(&text, &minor))
		return false;
	request->http2 = major == '2' && minor == '0';
	return text_is_digit(major) && dot == '.' && text_is_digit(minor);
}

static bool split_request_line(struct cursor text, struct request_line *request)
{
	return take_method(&text, &request->method) == FACT_PRESENT && take_version(text, request);
}

/** no_request_line() - does the part of a line that has come have a byte that no request line has */
static bool no_request_line(struct cursor text)
{
	bool cr = false;
	uint8_t byte;

	while (cursor_u8(&text, &byte) && byte != '\n') {
		if (cr || (byte < ' ' && byte != '\r') || byte == 0x7f)
			return true;
		cr = byte == '\r';
	}
	return false;
}

enum fact http_recognise(struct cursor bytes)
{
	struct request_line request;
	struct cursor after = bytes;
	struct cursor method;
	enum fact fact = take_method(&after, &method);
	struct line line;

	if (fact != FACT_PRESENT)
		return fact;
	if (no_request_line(after))
		return FACT_ABSENT;
	if (!take_line(&bytes, &line))
		return FACT_PENDING;
	return split_request_line(line.text, &request) ? FACT_PRESENT : FACT_ABSENT;
}

/** is_port() - is this the rest of an authority after the host: nothing, or a colon and a port */
static bool is_port(struct cursor text)
{
	uint8_t byte;

	if (text.left == 0)
		return true;
	if (!text_take_prefix(&text, ":") || text.left > PORT_DIGITS_MAX)
		return false;
	while (cursor_u8(&text, &byte)) {
		if (!text_is_digit(byte))
			return false;
	}
	return true;
}

/** read_bracketed() - read "[IPv6 address]" and an optional port; the opening bracket is gone */
static enum hostname_kind read_bracketed(struct cursor text, char *name)
{
	struct cursor address;
	size_t colon;

	if (!text_take_until(&text, ']', &address) || !is_port(text) ||
	    !text_find(address, ':', &colon))
		return HOSTNAME_INVALID;
	return hostname_parse(address, name);
}

/** read_authority() - read a host and an optional port (RFC 3986 3.2, without user information) */
static enum hostname_kind read_authority(struct cursor text, char *name)
{
	struct cursor host = text;
	size_t colon;

	name[0] = '\0';
	if (text_take_prefix(&text, "["))
		return read_bracketed(text, name);
	if (text_find_last(text, ':', &colon)) {
		host = text_first(text, colon);
		if (!cursor_skip(&text, colon) || !is_port(text))
			return HOSTNAME_INVALID;
	}
	return hostname_parse(host, name);
}

/** take_scheme() - pass over "scheme://" (RFC 3986 3.1); false if there is none */
static bool take_scheme(struct cursor *text)
{
	struct cursor probe = *text;
	size_t length = 0;
	uint8_t byte;

	while (cursor_u8(&probe, &byte) && byte != ':') {
		bool inside = text_is_digit(byte) || byte == '+' || byte == '-' || byte == '.';

		if (!text_is_letter(byte) && !(inside && length > 0))
			return false;
		length++;
	}
	if (length == 0 || !text_take_prefix(&probe, "//"))
		return false;
	*text = probe;
	return true;
}

/** cut_path() - leave of what follows "scheme://" only the authority */
static struct cursor cut_path(struct cursor text)
{
	const size_t length = text.left;
	struct cursor rest = text;
	uint8_t byte;

	while (cursor_u8(&rest, &byte)) {
		if (byte == '/' || byte == '?' || byte == '#')
			return text_first(text, length - rest.left - 1);
	}
	return text;
}

/** read_target() - find the host in a request target (RFC 9112 3.2) */
static bool read_target(const struct request_line *request, struct head *head)
{
	struct cursor target = request->target;
	size_t at;

	if (target.left == 0 || text_find(target, ' ', &at))
		return reject(head, "request line does not have three parts");
	if (text_equals(request->method, "CONNECT")) {
		head->has_authority = true;
	} else if (take_scheme(&target)) {
		head->has_authority = true;
		target = cut_path(target);
	} else if (text_take_prefix(&target, "/") || text_equals(target, "*")) {
		return true;
	} else {
		return reject(head, "request target has an unknown form");
	}
	head->kind = read_authority(target, head->authority);
	if (head->kind == HOSTNAME_INVALID)
		return reject(head, "request target does not name a valid host");
	return true;
}

/** is_token() - is this a header name (RFC 9110 5.6.2) */
static bool is_token(struct cursor text)
{
	uint8_t byte;

	if (text.left == 0)
		return false;
	while (cursor_u8(&text, &byte)) {
		struct cursor marks = cursor_over("!#$%&'*+-.^_`|~", sizeof("!#$%&'*+-.^_`|~") - 1);
		size_t at;

		if (!text_is_letter(byte) && !text_is_digit(byte) && !text_find(marks, byte, &at))
			return false;
	}
	return true;
}

/** is_host_header() - is this header name "Host" in any case */
static bool is_host_header(struct cursor name)
{
	const char *expected = "host";
	uint8_t byte;

	if (name.left != strlen(expected))
		return false;
	while (cursor_u8(&name, &byte)) {
		if (text_lower(byte) != (uint8_t)*expected++)
			return false;
	}
	return true;
}

/** trim() - without spaces and tabs at either end */
static struct cursor trim(struct cursor text)
{
	struct cursor rest;
	size_t used = 0;
	uint8_t byte;

	while (text_take_prefix(&text, " ") || text_take_prefix(&text, "\t"))
		;
	rest = text;
	while (cursor_u8(&rest, &byte)) {
		if (byte != ' ' && byte != '\t')
			used = text.left - rest.left;
	}
	return text_first(text, used);
}

/** read_host() - value of a Host header; it may be empty (RFC 9110 7.2) */
static bool read_host(struct cursor value, struct head *head)
{
	enum hostname_kind kind = HOSTNAME_ADDRESS;

	if (head->has_host)
		return reject(head, "two Host headers");
	head->has_host = true;
	if (value.left > 0)
		kind = read_authority(value, head->host);
	if (kind == HOSTNAME_INVALID)
		return reject(head, "Host header is not a host name");
	if (head->has_authority && strcmp(head->authority, head->host) != 0)
		return reject(head, "Host header and request target name different hosts");
	if (!head->has_authority)
		head->kind = kind;
	return true;
}

static bool read_header(struct cursor text, struct head *head)
{
	struct cursor name;
	size_t at;

	if (text_take_prefix(&text, " ") || text_take_prefix(&text, "\t"))
		return reject(head, "folded header line");
	if (!text_take_until(&text, ':', &name))
		return reject(head, "header line without a colon");
	if (!is_token(name))
		return reject(head, "header name is not a token");
	if (text_find(text, '\0', &at) || text_find(text, '\r', &at))
		return reject(head, "NUL or CR in a header value");
	return !is_host_header(name) || read_host(trim(text), head);
}

/** read_head() - true at the end of the head; false if it is malformed or goes on */
static bool read_head(struct cursor bytes, struct head *head)
{
	struct request_line request;
	struct line line;

	if (!take_line(&bytes, &line) || !split_request_line(line.text, &request))
		return false;
	if (request.http2 && text_equals(request.method, "PRI") && text_equals(request.target, "*"))
		return true;
	head->crlf = line.crlf;
	if (!read_target(&request, head))
		return false;
	while (take_line(&bytes, &line)) {
		if (line.crlf != head->crlf)
			return reject(head, "some lines end in CR LF and some in bare LF");
		if (line.text.left == 0)
			return true;
		if (!read_header(line.text, head))
			return false;
	}
	return false;
}

void http_read(struct cursor bytes, bool final, struct inspection *result)
{
	struct head head = { .kind = HOSTNAME_INVALID };
	bool complete = read_head(bytes, &head);

	result->malformed = head.malformed;
	if (head.malformed || (!complete && !final))
		return;
	result->host_fact = head.kind == HOSTNAME_NAME ? FACT_PRESENT : FACT_ABSENT;
	if (result->host_fact == FACT_PRESENT)
		memcpy(result->host, head.has_authority ? head.authority : head.host,
		       sizeof(result->host));
}

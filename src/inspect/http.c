/* SPDX-License-Identifier: ISC */
/*
 * http.c - host out of an HTTP request head
 *
 * Theory of operation
 *
 * A connection speaks HTTP when its first line is a request line: method, target, and a version at the
 * end of the line. Empty lines before it and blanks behind it are passed over (RFC 9112 2.2, 3). Any other
 * first line is some other protocol and not an error.
 *
 * The host comes from the request target if that names one (absolute form, or authority form with
 * CONNECT), else from the Host header (RFC 9112 3.2, 3.3). If both are there they must agree. The host is
 * reported at the end of the head, because a second Host header could still follow. "PRI * HTTP/2.0" starts
 * HTTP/2, whose hosts are compressed: protocol http without a host. Where the head ends, http_is_complete()
 * finds out by the line ends alone, each byte looked at once; only then is it read.
 *
 * What a server might read as another host is refused as malformed (RFC 9112 11.2, request smuggling): two
 * Host headers, even equal ones; folded lines; a header name that is no token, so also white space before
 * the colon; NUL or CR in a value; a target in none of the four forms; and a Host with a byte at which some
 * program ends or begins a name: blanks, a comma, and the marks of a URI.
 *
 * Any other Host that is no host name, such as an IP address or text beyond ASCII, can match no rule and
 * counts as no name. That opens nothing: the server that it leads to gets all unknown names, and decides by
 * itself what to do with this one, even if it reads the name of a rule.
 *
 * Lines end in CR LF or, as people type them into test tools, in bare LF. To a program that knows only CR LF
 * a bare LF is a byte like others, so a head that mixes them has two readings. It is accepted when both find
 * the same host and the same end: the request line ends in CR LF, and neither begins nor ends the Host
 * header or the empty line with a bare LF. With bare LF only, there is no second reading.
 *
 * The port is ignored, whatever it is.
 */
#include "nat46/http.h"

#include "inspect/text.h"
#include "nat46/hostname.h"

/* The longest registered method has 17 letters. */
#define METHOD_MAX 20u

/* Blanks behind the version. Some clients send one. */
#define BLANKS_MAX 8u

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
 * @crlf: the request line ends in CR LF
 * @before_crlf: so does the line before the present one
 * @has_authority: the target names a host, @authority
 * @has_host: there was a Host header, @host
 * @kind: of @authority or, without one, of @host
 * @malformed: why the bytes contradict themselves, or NULL
 */
struct head {
	bool crlf;
	bool before_crlf;
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
		if (!text_is_upper(byte) && !((byte == '-' || byte == '_') && length > 0))
			return FACT_ABSENT;
		if (++length > METHOD_MAX)
			return FACT_ABSENT;
	}
	return FACT_PENDING;
}

/** is_preface() - does HTTP/2 begin with this line (RFC 9113 3.4) */
static bool is_preface(const struct request_line *request)
{
	return request->http2 && text_equals(request->method, "PRI") && text_equals(request->target, "*");
}

/** trim_blanks() - leave out the blanks at the end of a request line */
static struct cursor trim_blanks(struct cursor text)
{
	for (size_t i = 0; i < BLANKS_MAX && text_ends_with(text, ' '); i++)
		text = text_first(text, text.left - 1);
	return text;
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
	return take_method(&text, &request->method) == FACT_PRESENT && take_version(trim_blanks(text), request);
}

/**
 * skip_empty_lines() - find the start of the request line
 * @start: where to begin; set to behind the last empty line
 * Return: FACT_PENDING if the next line is not there, or only its CR; FACT_ABSENT if it begins with a CR
 */
static enum fact skip_empty_lines(struct cursor bytes, uint32_t *start)
{
	uint8_t byte;

	if (!cursor_skip(&bytes, *start))
		return FACT_PENDING;
	for (;;) {
		uint32_t length = 1;

		if (!cursor_u8(&bytes, &byte))
			return FACT_PENDING;
		if (byte == '\r') {
			if (!cursor_u8(&bytes, &byte))
				return FACT_PENDING;
			if (byte != '\n')
				return FACT_ABSENT;
			length = 2;
		}
		if (byte != '\n')
			return FACT_PRESENT;
		*start += length;
	}
}

/**
 * search_line() - look for the end of the request line
 * @at: bytes that have been searched; on success it is at the LF
 * Return: FACT_ABSENT if there is a byte that no request line has
 */
static enum fact search_line(struct cursor bytes, uint32_t *at)
{
	uint8_t byte;

	if (!cursor_skip(&bytes, *at))
		return FACT_PENDING;
	while (cursor_u8(&bytes, &byte)) {
		if (byte == '\n')
			return FACT_PRESENT;
		if (byte == '\r') {
			/* once more when there is a byte behind it */
			if (!cursor_u8(&bytes, &byte))
				return FACT_PENDING;
			*at += byte == '\n';
			return byte == '\n' ? FACT_PRESENT : FACT_ABSENT;
		}
		if (byte < ' ' || byte == 0x7f)
			return FACT_ABSENT;
		++*at;
	}
	return FACT_PENDING;
}

/** recognise_line() - a request line that has come completely: is it one, and does the head end with it */
static enum fact recognise_line(struct cursor text, struct inspect_progress *progress)
{
	struct request_line request;
	struct line line;

	if (!take_line(&text, &line) || !split_request_line(line.text, &request))
		return FACT_ABSENT;
	progress->is_request = true;
	progress->at = is_preface(&request) ? INSPECT_FOUND : progress->at + 1;
	return FACT_PRESENT;
}

enum fact http_recognise(struct cursor bytes, struct inspect_progress *progress)
{
	struct cursor text = bytes;
	struct cursor method;
	enum fact fact;

	if (progress->is_request)
		return FACT_PRESENT;
	fact = skip_empty_lines(bytes, &progress->start);
	if (fact != FACT_PRESENT || !cursor_skip(&text, progress->start))
		return fact;
	fact = take_method(&text, &method);
	if (fact != FACT_PRESENT)
		return fact;
	if (progress->at == 0)
		progress->at = (uint32_t)(bytes.left - text.left);
	fact = search_line(bytes, &progress->at);
	if (fact != FACT_PRESENT || !cursor_skip(&bytes, progress->start))
		return fact;
	return recognise_line(bytes, progress);
}

bool http_has_begun(struct cursor bytes, const struct inspect_progress *progress)
{
	/* RFC 9110 9.3, RFC 5789, and the preface of HTTP/2 */
	static const char *const methods[] = {
		"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "CONNECT ", "OPTIONS ", "TRACE ", "PATCH ", "PRI ",
	};

	if (!cursor_skip(&bytes, progress->start) || bytes.left == 0)
		return false;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		size_t length = strlen(methods[i]);

		if (memcmp(bytes.next, methods[i], bytes.left < length ? bytes.left : length) == 0)
			return true;
	}
	return false;
}

/** ends_head() - is the line empty that ends with the LF at @at; it is not the first line */
static bool ends_head(struct cursor bytes, size_t at)
{
	uint8_t before, last;

	if (!cursor_skip(&bytes, at - 2) || !cursor_u8(&bytes, &before) || !cursor_u8(&bytes, &last))
		return false;
	return last == '\n' || (last == '\r' && before == '\n');
}

bool http_is_complete(struct cursor bytes, struct inspect_progress *progress)
{
	while (progress->at != INSPECT_FOUND) {
		struct cursor rest = bytes;
		size_t at;

		if (!cursor_skip(&rest, progress->at))
			return false;
		if (!text_find(rest, '\n', &at)) {
			progress->at = (uint32_t)bytes.left;
			return false;
		}
		at += progress->at;
		progress->at = ends_head(bytes, at) ? INSPECT_FOUND : (uint32_t)at + 1;
	}
	return true;
}

/** is_port() - is this the rest of an authority after the host: nothing, or a colon and anything but another */
static bool is_port(struct cursor text)
{
	size_t colon;

	return text.left == 0 || (text_take_prefix(&text, ":") && !text_find(text, ':', &colon));
}

/** read_bracketed() - read "[IPv6 address]" and an optional port; the opening bracket is gone */
static enum hostname_kind read_bracketed(struct cursor text, char *name)
{
	struct cursor address;
	size_t colon;

	if (!text_take_until(&text, ']', &address) || !is_port(text) || !text_find(address, ':', &colon))
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
	if (text_find(text, ':', &colon)) {
		host = text_first(text, colon);
		if (!cursor_skip(&text, colon) || !is_port(text))
			return HOSTNAME_INVALID;
	}
	return hostname_parse(host, name);
}

/** has_delimiter() - is there a byte at which some program ends one name or begins another */
static bool has_delimiter(struct cursor text)
{
	static const char delimiters[] = " \t,/\\?#@";
	const struct cursor all = cursor_over(delimiters, sizeof(delimiters) - 1);
	uint8_t byte;
	size_t at;

	while (cursor_u8(&text, &byte)) {
		if (text_find(all, byte, &at))
			return true;
	}
	return false;
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

	/* more blanks than one between the parts are one: RFC 9112 3 */
	while (text_take_prefix(&target, " "))
		;
	while (text_ends_with(target, ' '))
		target = text_first(target, target.left - 1);
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
	if (target.left == 0 || has_delimiter(target))
		return reject(head, "request target does not name one host");
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
	enum hostname_kind kind = read_authority(value, head->host);

	if (head->has_host)
		return reject(head, "two Host headers");
	head->has_host = true;
	if (has_delimiter(value))
		return reject(head, "Host header with a byte that may separate names");
	if (head->has_authority && strcmp(head->authority, head->host) != 0)
		return reject(head, "Host header and request target name different hosts");
	if (!head->has_authority)
		head->kind = kind;
	return true;
}

static bool read_header(const struct line *line, struct head *head)
{
	struct cursor text = line->text;
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
	if (!is_host_header(name))
		return true;
	if (head->crlf && !(head->before_crlf && line->crlf))
		return reject(head, "a bare LF before or behind the Host header, in a head with CR LF");
	return read_host(trim(text), head);
}

/** read_head() - true at the end of the head; false if it is malformed or goes on */
static bool read_head(struct cursor bytes, struct head *head)
{
	struct request_line request;
	uint32_t start = 0;
	struct line line;

	if (skip_empty_lines(bytes, &start) != FACT_PRESENT || !cursor_skip(&bytes, start) ||
	    !take_line(&bytes, &line) || !split_request_line(line.text, &request))
		return false;
	if (is_preface(&request))
		return true;
	head->crlf = line.crlf;
	head->before_crlf = line.crlf;
	if (!read_target(&request, head))
		return false;
	while (take_line(&bytes, &line)) {
		if (line.crlf && !head->crlf)
			return reject(head, "CR LF in a head whose request line ends in bare LF");
		if (line.text.left > 0 && !read_header(&line, head))
			return false;
		if (line.text.left == 0 && head->crlf && !(head->before_crlf && line.crlf))
			return reject(head, "a bare LF before or behind the empty line, in a head with CR LF");
		if (line.text.left == 0)
			return true;
		head->before_crlf = line.crlf;
	}
	return false;
}

void http_read(struct cursor bytes, struct inspection *result)
{
	struct head head = { .kind = HOSTNAME_INVALID };
	bool complete = read_head(bytes, &head);

	result->malformed = head.malformed;
	if (!complete)
		return;
	result->host_fact = head.kind == HOSTNAME_NAME ? FACT_PRESENT : FACT_ABSENT;
	if (result->host_fact == FACT_PRESENT)
		memcpy(result->host, head.has_authority ? head.authority : head.host,
		       sizeof(result->host));
}

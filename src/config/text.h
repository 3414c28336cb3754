/* SPDX-License-Identifier: ISC */
/*
 * text.h - what the strings of a configuration stand for: addresses, names, bytes
 *
 * Each kind of text has a parser and a formatter, so that the schema can name it, checking and compiling
 * read the same way, and what was printed is read again as the same value.
 */
#ifndef NAT46_CONFIG_TEXT_H
#define NAT46_CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/inspect.h"

/** Most bytes of a string. "bytes" of a rule cannot be longer than the smallest buffer of a connection. */
#define TEXT_MAX 4096u

/** Room for a formatted value: each byte may become "\xNN", and quotes around. */
#define TEXT_FORMAT_MAX (4u * TEXT_MAX + 3u)

/** Room for a reason. */
#define TEXT_REASON_MAX 256u

/** struct config_text - a decoded string; bytes may be NUL, one more NUL follows them */
struct config_text {
	size_t length;
	char bytes[TEXT_MAX + 1];
};

/** struct config_reason - what is wrong with a text, to be read after it ("is not an IPv4 address") */
struct config_reason {
	char text[TEXT_REASON_MAX];
};

/** struct text_host - value of text_host */
struct text_host {
	char name[HOSTNAME_MAX + 1];
	bool wildcard;
};

/**
 * struct text_kind - one kind of text
 * @parse: read @text into @value; false: @reason says why not, @value is undefined
 * @format: write the value as text_quote() does, at most TEXT_FORMAT_MAX bytes
 * @is_string: the value is a pointer to a string and @parse, which gets NULL for it, only checks
 */
struct text_kind {
	bool (*parse)(const struct config_text *text, void *value, struct config_reason *reason);
	void (*format)(const void *value, char *out);
	bool is_string;
};

/* Kinds, and the type of their value */
extern const struct text_kind text_prefix;       /* struct ipv6_prefix: setting "prefix" */
extern const struct text_kind text_ipv4_host;    /* uint32_t */
extern const struct text_kind text_ipv6_host;    /* struct ipv6_address */
extern const struct text_kind text_ipv4_block;   /* struct ipv4_prefix */
extern const struct text_kind text_ipv6_block;   /* struct ipv6_prefix */
extern const struct text_kind text_server;       /* struct server */
extern const struct text_kind text_host;         /* struct text_host */
extern const struct text_kind text_interface;    /* char [IFNAMSIZ] */
extern const struct text_kind text_account;      /* const char *: name of a user or group */
extern const struct text_kind text_service_name; /* const char * */
extern const struct text_kind text_alpn;         /* const char * */
extern const struct text_kind text_bytes;        /* const char *, but may contain NUL */
extern const struct text_kind text_log_level;    /* enum log_level */
extern const struct text_kind text_protocol;     /* enum protocol */
extern const struct text_kind text_refusal;      /* enum refusal */

/**
 * text_decode() - read a string of the source, where config_lex.h left its escapes as they were written
 * @raw: text between the quotes, escapes are right
 * @text: gets the bytes
 *
 * Return: false if there are more than TEXT_MAX bytes
 */
bool text_decode(const char *raw, struct config_text *text);

/**
 * text_quote() - write bytes as a string in the syntax of the file, quotes included
 * @bytes: bytes, may contain NUL
 * @length: number of bytes, at most TEXT_MAX
 * @out: room for TEXT_FORMAT_MAX bytes; gets a NUL at the end
 */
void text_quote(const char *bytes, size_t length, char *out);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * text.c - strings of a configuration: escapes, names, choices
 *
 * Addresses are in config_address.c.
 */
#include "config/text.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "config/log_level.h"
#include "nat46/hostname.h"
#include "nat46/service.h"

#define ACCOUNT_MAX 32u
#define SERVICE_NAME_MAX 63u
#define ALPN_MAX 255u

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static unsigned int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	return (unsigned int)((c | 0x20) - 'a') + 10;
}

/** decode_escape() - the byte that the escape behind a backslash stands for; @used: characters of it */
static char decode_escape(const char *escape, size_t *used)
{
	*used = 1;
	switch (escape[0]) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'f':
		return '\f';
	case 'x':
		*used = 3;
		return (char)(hex_digit(escape[1]) << 4 | hex_digit(escape[2]));
	default:
		return escape[0];
	}
}

bool text_decode(const char *raw, struct config_text *text)
{
	size_t used;

	text->length = 0;
	while (*raw) {
		if (text->length == TEXT_MAX)
			return false;
		if (*raw == '\\') {
			text->bytes[text->length++] = decode_escape(raw + 1, &used);
			raw += 1 + used;
		} else {
			text->bytes[text->length++] = *raw++;
		}
	}
	text->bytes[text->length] = '\0';
	return true;
}

void text_quote(const char *bytes, size_t length, char *out)
{
	*out++ = '"';
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (byte == '"' || byte == '\\')
			out += sprintf(out, "\\%c", byte);
		else if (byte < ' ' || byte > '~')
			out += sprintf(out, "\\x%02x", byte);
		else
			*out++ = (char)byte;
	}
	*out++ = '"';
	*out = '\0';
}

static void format_string(const void *value, char *out)
{
	const char *const *string = value;

	text_quote(*string, strlen(*string), out);
}

static bool refuse(struct config_reason *reason, const char *why)
{
	(void)snprintf(reason->text, sizeof(reason->text), "%s", why);
	return false;
}

/* ---- choices ----------------------------------------------------------------------------- */

/** choose() - which of @count names is it; -1: none, and @reason lists those from @first on */
static int choose(const struct config_text *text, const char *(*name)(int), int first, int count,
		  struct config_reason *reason)
{
	size_t used;

	for (int i = first; i < count; i++) {
		if (strcmp(text->bytes, name(i)) == 0)
			return i;
	}
	used = (size_t)snprintf(reason->text, sizeof(reason->text), "is unknown, allowed are");
	for (int i = first; i < count && used < sizeof(reason->text); i++)
		used += (size_t)snprintf(reason->text + used, sizeof(reason->text) - used, "%s \"%s\"",
					 i > first ? "," : "", name(i));
	return -1;
}

const char *const log_level_names[LOG_LEVEL_COUNT + 1] = { "error", "warning", "info", "debug", "trace", NULL };

static const char *level_name(int level)
{
	return log_level_names[level];
}

static bool parse_level(const struct config_text *text, void *value, struct config_reason *reason)
{
	int level = choose(text, level_name, 0, LOG_LEVEL_COUNT, reason);

	if (level >= 0)
		*(enum log_level *)value = (enum log_level)level;
	return level >= 0;
}

static void format_level(const void *value, char *out)
{
	const enum log_level *level = value;

	(void)sprintf(out, "\"%s\"", log_level_names[*level]);
}

const struct text_kind text_log_level = { .parse = parse_level, .format = format_level };

static const char *protocol_text(int protocol)
{
	return protocol_name((enum protocol)protocol);
}

static bool parse_protocol(const struct config_text *text, void *value, struct config_reason *reason)
{
	int protocol = choose(text, protocol_text, PROTOCOL_OTHER + 1, PROTOCOL_COUNT, reason);

	if (protocol >= 0)
		*(enum protocol *)value = (enum protocol)protocol;
	return protocol >= 0;
}

static void format_protocol(const void *value, char *out)
{
	const enum protocol *protocol = value;

	(void)sprintf(out, "\"%s\"", protocol_name(*protocol));
}

const struct text_kind text_protocol = { .parse = parse_protocol, .format = format_protocol };

static const char *refusal_name(int refusal)
{
	static const char *const names[] = {
		[REFUSE_RESET] = "reset",
		[REFUSE_ANSWER] = "answer",
		[REFUSE_DROP] = "drop",
	};

	return names[refusal];
}

static bool parse_refusal(const struct config_text *text, void *value, struct config_reason *reason)
{
	int refusal = choose(text, refusal_name, REFUSE_RESET, REFUSE_DROP + 1, reason);

	if (refusal >= 0)
		*(enum refusal *)value = (enum refusal)refusal;
	return refusal >= 0;
}

static void format_refusal(const void *value, char *out)
{
	const enum refusal *refusal = value;

	(void)sprintf(out, "\"%s\"", refusal_name((int)*refusal));
}

const struct text_kind text_refusal = { .parse = parse_refusal, .format = format_refusal };

/* ---- names ------------------------------------------------------------------------------- */

static bool parse_interface(const struct config_text *text, void *value, struct config_reason *reason)
{
	char *name = value;

	if (text->length == 0 || text->length >= IFNAMSIZ)
		return refuse(reason, "is no interface name, it must have 1 to 15 characters");
	if (strspn(text->bytes, LETTERS DIGITS "._-") != text->length || strcmp(text->bytes, ".") == 0 ||
	    strcmp(text->bytes, "..") == 0)
		return refuse(reason, "is no interface name, allowed are letters, digits and . _ -");
	memset(name, 0, IFNAMSIZ);
	memcpy(name, text->bytes, text->length);
	return true;
}

static void format_interface(const void *value, char *out)
{
	const char *name = value;

	text_quote(name, strlen(name), out);
}

const struct text_kind text_interface = { .parse = parse_interface, .format = format_interface };

static bool check_account(const struct config_text *text, void *value, struct config_reason *reason)
{
	(void)value;
	if (text->length == 0 || text->length > ACCOUNT_MAX)
		return refuse(reason, "is no name of a user or group, it must have 1 to 32 characters");
	if (strspn(text->bytes, LETTERS DIGITS "._-") != text->length || !strchr(LETTERS "_", text->bytes[0]))
		return refuse(reason, "is no name of a user or group, allowed are letters, digits and . _ -");
	return true;
}

const struct text_kind text_account = { .parse = check_account, .format = format_string, .is_string = true };

static bool check_service_name(const struct config_text *text, void *value, struct config_reason *reason)
{
	(void)value;
	if (text->length == 0 || text->length > SERVICE_NAME_MAX)
		return refuse(reason, "is no name of a service, it must have 1 to 63 characters");
	if (strspn(text->bytes, LETTERS DIGITS "._:-") != text->length)
		return refuse(reason, "is no name of a service, allowed are letters, digits and . _ : -");
	return true;
}

const struct text_kind text_service_name = {
	.parse = check_service_name, .format = format_string, .is_string = true
};

static bool check_alpn(const struct config_text *text, void *value, struct config_reason *reason)
{
	(void)value;
	if (text->length == 0 || text->length > ALPN_MAX)
		return refuse(reason, "is no ALPN protocol, it must have 1 to 255 bytes");
	return true;
}

const struct text_kind text_alpn = { .parse = check_alpn, .format = format_string, .is_string = true };

static bool check_bytes(const struct config_text *text, void *value, struct config_reason *reason)
{
	(void)value;
	if (text->length == 0)
		return refuse(reason, "matches everything, which is what 'to' of the service is for");
	return true;
}

const struct text_kind text_bytes = { .parse = check_bytes, .format = format_string, .is_string = true };

/* ---- host names -------------------------------------------------------------------------- */

/** host_reason() - why a host name is wrong, as exactly as it can be said */
static bool host_reason(const char *name, size_t length, struct config_reason *reason)
{
	size_t label = 0;

	if (length == 0)
		return refuse(reason, "is no host name, it is empty");
	if (strchr(name, '*'))
		return refuse(reason, "is no host name, * is only allowed as \"*.\" in front of a name");
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)name[i] > '~')
			return refuse(reason, "is not ASCII, write an international name as in DNS (\"xn--...\")");
	}
	if (strspn(name, LETTERS DIGITS ".-_") != length)
		return refuse(reason, "is no host name, allowed are letters, digits and - _ .");
	for (size_t i = 0; i < length; i++) {
		label = name[i] == '.' ? 0 : label + 1;
		if (label == 0 && (i == 0 || name[i - 1] == '.'))
			return refuse(reason, "is no host name, it has an empty label");
		if (label > 63)
			return refuse(reason, "is no host name, a label has more than 63 characters");
	}
	return refuse(reason, "is no host name, it has more than 253 characters");
}

static bool parse_host(const struct config_text *text, void *value, struct config_reason *reason)
{
	struct text_host *host = value;
	const char *name = text->bytes;
	struct cursor cursor;

	host->wildcard = strncmp(name, "*.", 2) == 0;
	if (host->wildcard)
		name += 2;
	if (text->length > HOSTNAME_MAX + (name[0] && text->bytes[text->length - 1] == '.'))
		return host_reason(name, strlen(name), reason);
	cursor = cursor_over(name, strlen(name));
	switch (hostname_parse(cursor, host->name)) {
	case HOSTNAME_NAME:
		return true;
	case HOSTNAME_ADDRESS:
		return refuse(reason, "is an address, only names can be matched; use 'to' of the service");
	case HOSTNAME_INVALID:
		break;
	}
	return host_reason(name, strlen(name), reason);
}

static void format_host(const void *value, char *out)
{
	const struct text_host *host = value;

	(void)sprintf(out, "\"%s%s\"", host->wildcard ? "*." : "", host->name);
}

const struct text_kind text_host = { .parse = parse_host, .format = format_host };

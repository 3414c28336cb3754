/* SPDX-License-Identifier: ISC */
/*
 * answer.c - what is written for one client of the control socket
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/control/answer.h"
#include "nat46/assert.h"
#include "protocol/protocol.h"

bool answer_has_room(const struct answer *answer)
{
	return ANSWER_ROOM - answer->length >= ANSWER_ITEM_MAX;
}

static void put(struct answer *answer, char byte)
{
	NAT46_ASSERT(answer->length < ANSWER_ROOM);
	answer->out[answer->length++] = byte;
}

/** put_lines() - add text to lines of a kind */
static void put_lines(struct answer *answer, char kind, const char *text)
{
	for (; *text; text++) {
		if (!answer->in_line)
			put(answer, kind);
		answer->in_line = *text != '\n';
		put(answer, *text);
	}
}

void answer_text(struct answer *answer, const char *format, ...)
{
	char text[ANSWER_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	put_lines(answer, ANSWER_OUTPUT, text);
}

void answer_error(struct answer *answer, const char *format, ...)
{
	char text[ANSWER_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (answer->in_line)
		put_lines(answer, ANSWER_OUTPUT, "\n");
	put_lines(answer, ANSWER_ERROR, text);
	if (answer->in_line)
		put_lines(answer, ANSWER_ERROR, "\n");
}

/* Digits of ANSWER_DATA_MAX, and with what stands before and behind them. */
#define DATA_DIGITS 6
#define DATA_HEAD (DATA_DIGITS + 2u)

uint8_t *answer_data(struct answer *answer)
{
	NAT46_ASSERT(answer->length == 0);
	return (uint8_t *)answer->out + DATA_HEAD;
}

void answer_data_end(struct answer *answer, size_t count)
{
	char head[DATA_HEAD + 1];

	NAT46_ASSERT(count <= ANSWER_DATA_MAX);
	snprintf(head, sizeof(head), "%c%0*u\n", ANSWER_DATA, DATA_DIGITS, (unsigned int)count);
	memcpy(answer->out, head, DATA_HEAD);
	answer->length = DATA_HEAD + count;
}

void answer_end(struct answer *answer, int status)
{
	if (answer->in_line)
		put_lines(answer, ANSWER_OUTPUT, "\n");
	put(answer, ANSWER_END);
	put(answer, (char)('0' + status));
	put(answer, '\n');
	answer->is_complete = true;
}

/** put_quoted() - a JSON string; what is no printable ASCII is taken for Latin-1, so that any bytes are valid */
static void put_quoted(struct answer *answer, const char *text)
{
	put_lines(answer, ANSWER_OUTPUT, "\"");
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < ' ' || byte > '~') {
			answer_text(answer, "\\u%04x", byte);
			continue;
		}
		if (byte == '"' || byte == '\\')
			put(answer, '\\');
		put(answer, *text);
	}
	put(answer, '"');
}

/** begin() - what stands in front of a value */
static void begin(struct answer *answer, const char *key)
{
	if (answer->comma)
		put_lines(answer, ANSWER_OUTPUT, ",");
	answer->comma = true;
	if (!key)
		return;
	put_quoted(answer, key);
	put(answer, ':');
}

void json_open(struct answer *answer, const char *key, char bracket)
{
	if (answer->comma)
		answer_text(answer, ",");
	if (answer->in_line && !answer->is_one_line)
		answer_text(answer, "\n");
	answer->comma = false;
	begin(answer, key);
	answer_text(answer, "%c", bracket);
	answer->comma = false;
}

void json_close(struct answer *answer, char bracket)
{
	answer_text(answer, "%c", bracket);
	answer->comma = true;
}

void json_text(struct answer *answer, const char *key, const char *text)
{
	begin(answer, key);
	put_quoted(answer, text);
}

void json_number(struct answer *answer, const char *key, uint64_t number)
{
	begin(answer, key);
	answer_text(answer, "%" PRIu64, number);
}

void json_fraction(struct answer *answer, const char *key, double number)
{
	begin(answer, key);
	answer_text(answer, "%.3f", number);
}

void json_bool(struct answer *answer, const char *key, bool value)
{
	begin(answer, key);
	answer_text(answer, value ? "true" : "false");
}

void json_ipv4(struct answer *answer, const char *key, uint32_t address)
{
	char text[ADDRESS_TEXT_MAX];

	json_text(answer, key, ipv4_text(address, 0, text));
}

void json_ipv6(struct answer *answer, const char *key, const struct ipv6_address *address)
{
	char text[ADDRESS_TEXT_MAX];

	json_text(answer, key, ipv6_text(address, 0, text));
}

const char *ipv4_text(uint32_t address, uint16_t port, char *text)
{
	uint32_t network = htonl(address);
	size_t length;

	(void)inet_ntop(AF_INET, &network, text, ADDRESS_TEXT_MAX);
	length = strlen(text);
	if (port != 0)
		snprintf(text + length, ADDRESS_TEXT_MAX - length, ":%u", port);
	return text;
}

const char *ipv6_text(const struct ipv6_address *address, uint16_t port, char *text)
{
	char plain[INET6_ADDRSTRLEN];

	(void)inet_ntop(AF_INET6, address->byte, plain, sizeof(plain));
	if (port != 0)
		snprintf(text, ADDRESS_TEXT_MAX, "[%s]:%u", plain, port);
	else
		snprintf(text, ADDRESS_TEXT_MAX, "%s", plain);
	return text;
}

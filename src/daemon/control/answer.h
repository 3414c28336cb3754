/* SPDX-License-Identifier: ISC */
/*
 * answer.h - what is written for one client of the control socket: text or JSON, in pieces that fit
 *
 * The lines of protocol.h are made here: what writes an answer sees only its text. An answer of any length goes
 * through a buffer of fixed size. Whoever writes one asks answer_has_room() before each item and goes on later if
 * there is none, so nothing is ever cut.
 */
#ifndef NAT46_DAEMON_ANSWER_H
#define NAT46_DAEMON_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/address.h"
#include "protocol/protocol.h"

/** Bytes of an answer that wait to be sent, and the longest item: condition "bytes" of a rule, each byte as \uXXXX. */
#define ANSWER_ROOM (ANSWER_DATA_MAX + 1024u)
#define ANSWER_ITEM_MAX 28672u

/** Longest text of one answer_text() or answer_error(). */
#define ANSWER_TEXT_MAX 1024u

/**
 * struct answer - an answer being written; all zero at first
 * @out, @length, @sent: bytes that are or were to be sent
 * @in_line: a line has begun
 * @comma: JSON: the next item needs a comma in front
 * @is_one_line: JSON: no line ends before the last bracket
 * @is_complete: its last line is written
 */
struct answer {
	char out[ANSWER_ROOM];
	size_t length;
	size_t sent;
	bool in_line;
	bool comma;
	bool is_one_line;
	bool is_complete;
};

/** answer_has_room() - does one more item fit, or all of a short answer */
bool answer_has_room(const struct answer *answer);

/** answer_text() - add text; newlines end lines; at most ANSWER_ITEM_MAX bytes between two answer_has_room() */
void answer_text(struct answer *answer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** answer_error() - add a line that says what is wrong; newlines in it begin more of them */
void answer_error(struct answer *answer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * answer_data() - room for ANSWER_DATA_MAX bytes of data, in an answer of which nothing waits to be sent
 *
 * Return: the room, for answer_data_end()
 */
uint8_t *answer_data(struct answer *answer);

/** answer_data_end() - add a line of data: the first @count bytes of the room */
void answer_data_end(struct answer *answer, size_t count);

/** answer_end() - end the answer with an exit status */
void answer_end(struct answer *answer, int status);

/*
 * JSON. @key: name of a member of an object, NULL: an element of an array. An object or array that is in another one
 * begins a line, unless all are to be in one. What is opened has to be closed with the bracket that fits.
 */
void json_open(struct answer *answer, const char *key, char bracket);
void json_close(struct answer *answer, char bracket);
void json_text(struct answer *answer, const char *key, const char *text);
void json_number(struct answer *answer, const char *key, uint64_t number);
void json_fraction(struct answer *answer, const char *key, double number);
void json_bool(struct answer *answer, const char *key, bool value);
void json_ipv4(struct answer *answer, const char *key, uint32_t address);
void json_ipv6(struct answer *answer, const char *key, const struct ipv6_address *address);

/** Room for ipv4_text() and ipv6_text(). */
#define ADDRESS_TEXT_MAX 56u

/** ipv4_text(), ipv6_text() - an address; with @port, if not 0, behind it (IPv6: "[ADDRESS]:PORT"); return @text */
const char *ipv4_text(uint32_t address, uint16_t port, char *text);
const char *ipv6_text(const struct ipv6_address *address, uint16_t port, char *text);

#endif

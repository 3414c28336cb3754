/* SPDX-License-Identifier: ISC */
/*
 * protocol.h - requests and answers on the control socket
 *
 * DOC: The protocol, version 1
 *
 * One connection is one request and its answer, but for "top", see below. A request is one line of words with one blank
 * between them, and the first bytes of a connection behind it if it says so:
 *
 *	nat46/1 COMMAND [json] [explain] [NAME=VALUE]... [bytes=COUNT]\n
 *
 * An answer is lines, too. Their first character says what they are, and the last one tells a complete answer from
 * one that was cut off:
 *
 *	>TEXT	output
 *	!TEXT	what is wrong, or was noticed
 *	#COUNT	output: so many bytes of any kind follow the line
 *	.N	the end: exit status N, 0, 1 (failed) or 2 (wrong usage)
 *
 * An answer to "capture" goes on until its limits are reached, or the client sends no more (shutdown(2)). It alone
 * has lines with #, so that whoever does not know it need not know them.
 *
 * Behind the answer to "top" another such request may follow on the same connection, whenever the client likes. The
 * answer then tells of the time between the two; that to the first one is empty.
 */
#ifndef NAT46_PROTOCOL_PROTOCOL_H
#define NAT46_PROTOCOL_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

/** What every request of this version begins with. */
#define PROTOCOL_MAGIC "nat46/1"

/** Where the socket is, unless setting "control" or option -s says otherwise. */
#define PROTOCOL_SOCKET "/run/nat46d/control"

/** Longest request line with its newline, and most bytes behind it: as many as a service can wait for. */
#define REQUEST_LINE_MAX 1024u
#define REQUEST_BYTES_MAX 65536u

/** First characters of the lines of an answer. */
#define ANSWER_OUTPUT '>'
#define ANSWER_ERROR '!'
#define ANSWER_DATA '#'
#define ANSWER_END '.'

/** Most bytes that follow one line. */
#define ANSWER_DATA_MAX 131072u

/** Exit statuses of nat46ctl, which end an answer. */
#define ANSWER_OK 0
#define ANSWER_FAILED 1
#define ANSWER_USAGE 2

enum command {
	COMMAND_STATUS,
	COMMAND_STATS,
	COMMAND_METRICS,
	COMMAND_CONFIG,
	COMMAND_FLOWS,
	COMMAND_EXPLAIN,
	COMMAND_RELOAD,
	COMMAND_CAPTURE,
	COMMAND_DRAIN,
	COMMAND_UNDRAIN,
	COMMAND_TOP,
	COMMAND_LOG,
	COMMAND_COUNT,
};

/**
 * struct request - what is asked for; all zero at first, texts are "" and numbers 0 if they are not given
 * @command: command
 * @json: the answer is to be JSON
 * @explain: "stats": with the sentence that explains each
 * @service: "flows", "capture": of this service only
 * @client: "flows", "capture": of this client only; "explain": for this client
 * @server: "flows", "capture": of this server only; "drain", "undrain": which, with or without port
 * @address: "explain": address and port
 * @level: "log": level that is wanted; "" only asks
 * @host: "explain": name that the client asks for
 * @count, @seconds, @megabytes: "capture": it ends with so many packets, after this time, or when its file is as long
 * @snaplen: "capture": most bytes of a packet
 * @colour, @rows, @columns: "top": for a terminal that shows colours, of this size
 * @has_bytes, @bytes: "explain": how many first bytes follow the line
 */
struct request {
	enum command command;
	bool json;
	bool explain;
	char service[64];
	char client[48];
	char server[56];
	char address[24];
	char level[16];
	char host[256];
	unsigned int count;
	unsigned int seconds;
	unsigned int megabytes;
	unsigned int snaplen;
	bool colour;
	unsigned int rows;
	unsigned int columns;
	bool has_bytes;
	size_t bytes;
};

/**
 * request_parse() - read a request line
 * @line, @length: the line without its newline; any bytes
 * @request: filled in
 * @why: set to what is wrong with it, on failure
 *
 * Return: false if it is no request of this version, or says what its command does not know
 */
bool request_parse(const char *line, size_t length, struct request *request, const char **why);

/**
 * request_format() - write a request line with its newline and a NUL, so that request_parse() reads the same
 * @line: room for REQUEST_LINE_MAX + 1 bytes
 *
 * Return: length of the line; 0 if a text in @request has blanks or other bytes that no line can have
 */
size_t request_format(const struct request *request, char *line);

/** command_name() - "status", ... */
const char *command_name(enum command command);

/**
 * request_set() - give a request a word, as it stands in a request line or behind "--" on a command line
 * @name, @length: name of the word
 * @value, @value_length: what stands behind "="; NULL: nothing does
 *
 * Return: NULL; or what is wrong
 */
const char *request_set(struct request *request, const char *name, size_t length, const char *value,
			size_t value_length);

/** request_lacks() - what its command is about and the request does not say; NULL: nothing */
const char *request_lacks(const struct request *request);

#endif

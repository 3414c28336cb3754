/* SPDX-License-Identifier: ISC */
/*
 * inspection.h - what the parsers of first bytes find, and where they are
 *
 * Each fact has three values. PENDING means that more bytes could still decide it; a fact that was
 * ABSENT or PRESENT for some bytes never changes when more follow. When no more come only facts of a TLS hello or
 * an HTTP head that is cut, or has only begun, stay PENDING: what is missing could have changed them.
 */
#ifndef NAT46_INSPECTION_H
#define NAT46_INSPECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest host name that is accepted, without a trailing dot (RFC 1035 2.3.4 in text form). */
#define HOSTNAME_MAX 253u

/** Longest name in an ALPN list (RFC 7301 3.1). */
#define ALPN_NAME_MAX 255u

enum fact {
	FACT_PENDING = 0,
	FACT_ABSENT,
	FACT_PRESENT,
};

enum protocol {
	PROTOCOL_OTHER = 0,
	PROTOCOL_TLS,
	PROTOCOL_HTTP,
	PROTOCOL_SSH,
	PROTOCOL_COUNT,
};

/** Value of @at in struct inspect_progress: everything that was searched for has been found. */
#define INSPECT_FOUND UINT32_MAX

/**
 * struct inspect_progress - how far the bytes of one connection have been searched; all zero at first
 * @at: HTTP: bytes that were searched for line ends; TLS: where the next record header is
 * @start: HTTP: where the request line starts; TLS: handshake bytes in the records before @at
 * @looks: the bytes are read completely again when there are 1 << looks of them
 * @is_request: HTTP: the request line is complete
 */
struct inspect_progress {
	uint32_t at;
	uint32_t start;
	uint8_t looks;
	bool is_request;
};

/**
 * struct alpn_list - where the ALPN list of a ClientHello is (RFC 7301 3.1); it may be spread over records
 * @at: offset of its first byte
 * @record_left: bytes from there to the end of the record
 * @length: bytes of the list, without record headers
 */
struct alpn_list {
	size_t at;
	size_t record_left;
	size_t length;
};

/**
 * struct inspection - what inspect() found
 * @protocol_fact: PRESENT when @protocol is known (PROTOCOL_OTHER: none of those we know), never ABSENT
 * @protocol: the protocol spoken
 * @possible: set of protocols, as bits 1u << protocol, that the bytes do not rule out; when @protocol_fact is
 *	PRESENT only the bit of @protocol
 * @host_fact: is there a host name, that is one that DNS could know: other text counts as none
 * @host: lower case, no trailing dot, no port, NUL-terminated; "" unless @host_fact is PRESENT
 * @alpn_fact: is there an ALPN list
 * @alpn: the list; all zero unless @alpn_fact is PRESENT
 * @malformed: reason in lower case ("server name length exceeds extension") when the bytes contradict themselves
 *	or could be read as another host by another program; such a client is to be refused. NULL otherwise. All
 *	facts are then settled.
 */
struct inspection {
	enum fact protocol_fact;
	enum protocol protocol;
	unsigned int possible;
	enum fact host_fact;
	char host[HOSTNAME_MAX + 1];
	enum fact alpn_fact;
	struct alpn_list alpn;
	const char *malformed;
};

/** alpn_visit_fn - is given one name of an ALPN list, NUL-terminated; false: no more */
typedef bool alpn_visit_fn(void *context, const char *name);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * inspect.h - what the first bytes of a client say: protocol, name, ALPN
 *
 * The one interface between the core and src/inspect. inspect() is pure: it never reads outside @data and
 * keeps no pointer. It is called with all bytes each time that there are more of them; so that this costs
 * no more than the bytes are worth, it keeps its place in a struct inspect_progress.
 *
 * Each fact has three values. PENDING means that more bytes could still decide it; a fact that was
 * ABSENT or PRESENT for some bytes never changes when more follow. With @final only facts of a TLS hello or
 * an HTTP head that is cut stay PENDING: what is missing could have changed them.
 */
#ifndef NAT46_INSPECT_H
#define NAT46_INSPECT_H

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

/**
 * inspect() - look at the first bytes of a connection
 * @data: all bytes from the client so far, in order, without holes
 * @length: number of bytes in @data
 * @final: no more bytes will come (FIN, time-out, or buffer full)
 * @progress: of this connection; the bytes of the last call must be the first ones of this
 * @result: filled in completely
 *
 * All calls for one connection together take time in proportion to its bytes, however few come at a time.
 * For that, what is malformed in the middle of a hello or head may be reported late, when the bytes have
 * doubled; all else is reported with the very byte that decides it, and with @final everything is.
 */
void inspect(const uint8_t *data, size_t length, bool final, struct inspect_progress *progress,
	     struct inspection *result);

/** protocol_name() - "other", "tls", "http" or "ssh" */
const char *protocol_name(enum protocol protocol);

/** alpn_visit_fn - is given one name of an ALPN list, NUL-terminated; false: no more */
typedef bool alpn_visit_fn(void *context, const char *name);

/**
 * alpn_each() - visit the names of the ALPN list of @inspection in their order
 * @inspection: result of inspect()
 * @data, @length: the bytes that were inspected
 * @visit, @context: called for each name; names with a NUL, which no rule can ask for, are left out
 */
void alpn_each(const struct inspection *inspection, const uint8_t *data, size_t length, alpn_visit_fn *visit,
	       void *context);

/** alpn_contains() - is @protocol in the ALPN list; compared byte for byte, otherwise like alpn_each() */
bool alpn_contains(const struct inspection *inspection, const uint8_t *data, size_t length, const char *protocol);

#endif

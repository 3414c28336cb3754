/* SPDX-License-Identifier: ISC */
/*
 * inspect.h - what the first bytes of a client say: protocol, name, ALPN
 *
 * The one interface between the core and src/inspect. inspect() is pure and starts from the first
 * byte each time it is called with more of them; it never reads outside @data and keeps no pointer.
 *
 * Each fact has three values. PENDING means that more bytes could still decide it; a fact that was
 * ABSENT or PRESENT for some bytes never changes when more follow. With @final nothing is PENDING.
 */
#ifndef NAT46_INSPECT_H
#define NAT46_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest host name that is accepted, without a trailing dot (RFC 1035 2.3.4 in text form). */
#define HOSTNAME_MAX 253u

/** Room for the ALPN protocol list of one ClientHello, in its wire form (RFC 7301 3.1). */
#define ALPN_LIST_MAX 256u

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

/**
 * struct inspection - what inspect() found
 * @protocol_fact: PRESENT when @protocol is known (PROTOCOL_OTHER: none of those we know), never ABSENT
 * @protocol: the protocol spoken
 * @possible: set of protocols, as bits 1u << protocol, that the bytes do not rule out; when @protocol_fact is
 *	PRESENT only the bit of @protocol
 * @host_fact: is there a host name
 * @host: lower case, no trailing dot, no port, NUL-terminated; "" unless @host_fact is PRESENT
 * @alpn_fact: is there an ALPN list
 * @alpn_length: bytes in @alpn
 * @alpn: list of protocol names, each a length byte and that many bytes
 * @malformed: reason in lower case ("server name length exceeds extension") when the bytes contradict themselves
 *	or hide which host they mean; such a client is to be refused. NULL otherwise. All facts are then settled.
 */
struct inspection {
	enum fact protocol_fact;
	enum protocol protocol;
	unsigned int possible;
	enum fact host_fact;
	char host[HOSTNAME_MAX + 1];
	enum fact alpn_fact;
	size_t alpn_length;
	uint8_t alpn[ALPN_LIST_MAX];
	const char *malformed;
};

/**
 * inspect() - look at the first bytes of a connection
 * @data: all bytes from the client so far, in order, without holes
 * @length: number of bytes in @data
 * @final: no more bytes will come (FIN, time-out, or buffer full): settle every fact
 * @result: filled in completely
 */
void inspect(const uint8_t *data, size_t length, bool final, struct inspection *result);

/** protocol_name() - "other", "tls", "http" or "ssh" */
const char *protocol_name(enum protocol protocol);

/**
 * alpn_contains() - does the ALPN list of @inspection name @protocol
 * @inspection: result of inspect()
 * @protocol: NUL-terminated protocol name, compared byte for byte
 */
bool alpn_contains(const struct inspection *inspection, const char *protocol);

#endif

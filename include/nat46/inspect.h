/* SPDX-License-Identifier: ISC */
/*
 * inspect.h - what the first bytes of a client say: protocol, name, ALPN
 *
 * The one interface between the core and src/inspect. inspect() is pure: it never reads outside @data and
 * keeps no pointer. It is called with all bytes each time that there are more of them; so that this costs
 * no more than the bytes are worth, it keeps its place in a struct inspect_progress.
 */
#ifndef NAT46_INSPECT_H
#define NAT46_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/inspection.h"

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
 * doubled; all else is reported with the very byte that decides it. With @final everything is settled but what
 * TLS or HTTP has begun to say: such a fact stays FACT_PENDING, and so does the protocol if a network that loses
 * the rest of a request may leave just these bytes.
 */
void inspect(const uint8_t *data, size_t length, bool final, struct inspect_progress *progress,
	     struct inspection *result);

/** protocol_name() - "other", "tls", "http" or "ssh" */
const char *protocol_name(enum protocol protocol);

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

/* SPDX-License-Identifier: ISC */
/*
 * tls.h - recognise TLS and read a ClientHello (RFC 8446 4.1.2, 5.1; RFC 6066 3; RFC 7301 3.1)
 */
#ifndef NAT46_TLS_H
#define NAT46_TLS_H

#include "nat46/cursor.h"
#include "nat46/inspection.h"

/**
 * tls_recognise() - do the first bytes of a connection start a TLS record with a handshake
 * @bytes: first bytes
 *
 * Two bytes suffice: content type 22 and the major version 3. The minor one means nothing (RFC 8446 5.1). A
 * hello in the format of SSLv2 is not recognised.
 *
 * Return: FACT_PENDING if more bytes are needed
 */
enum fact tls_recognise(struct cursor bytes);

/**
 * tls_is_complete() - is all of the ClientHello there, or is it clear from its records that it is malformed
 * @bytes: first bytes of a connection, for which tls_recognise() returned FACT_PRESENT
 * @progress: of this connection
 */
bool tls_is_complete(struct cursor bytes, struct inspect_progress *progress);

/**
 * tls_read() - read server name and ALPN out of a ClientHello
 * @bytes: first bytes of a connection, for which tls_recognise() returned FACT_PRESENT
 * @result: host, ALPN and malformed are filled in; the host and ALPN facts were FACT_PENDING, and stay so if
 *	the hello goes on
 */
void tls_read(struct cursor bytes, struct inspection *result);

/** tls_alpn_each() - visit the names in the list that tls_read() has found in the same bytes: see alpn_each() */
void tls_alpn_each(struct cursor bytes, const struct alpn_list *list, alpn_visit_fn *visit, void *context);

#endif

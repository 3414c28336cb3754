/* SPDX-License-Identifier: ISC */
/*
 * tls.h - recognise TLS and read a ClientHello (RFC 8446 4.1.2, 5.1; RFC 6066 3; RFC 7301 3.1)
 */
#ifndef NAT46_TLS_H
#define NAT46_TLS_H

#include "nat46/cursor.h"
#include "nat46/inspect.h"

/**
 * tls_recognise() - do the first bytes of a connection start a TLS record with a handshake
 * @bytes: first bytes
 *
 * Three bytes suffice: content type 22 and a version from 3.0 to 3.4. A hello in the format of SSLv2 is
 * not recognised.
 *
 * Return: FACT_PENDING if more bytes are needed
 */
enum fact tls_recognise(struct cursor bytes);

/**
 * tls_read() - read server name and ALPN out of a ClientHello
 * @bytes: first bytes of a connection, for which tls_recognise() returned FACT_PRESENT
 * @final: no more bytes will come: settle for what has been read completely
 * @result: host, ALPN and malformed are filled in; the host and ALPN facts were FACT_PENDING
 */
void tls_read(struct cursor bytes, bool final, struct inspection *result);

#endif

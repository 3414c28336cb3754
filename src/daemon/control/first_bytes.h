/* SPDX-License-Identifier: ISC */
/*
 * first_bytes.h - the first bytes of a client that asks for a name, as short as they may be
 */
#ifndef NAT46_DAEMON_FIRST_BYTES_H
#define NAT46_DAEMON_FIRST_BYTES_H

#include <stddef.h>
#include <stdint.h>

/** Room for each of them: a name, and what stands around it. */
#define FIRST_BYTES_MAX 512u

/** first_bytes_tls() - a ClientHello with the server name @host, of at most 255 bytes; returns its length */
size_t first_bytes_tls(const char *host, uint8_t *bytes);

/** first_bytes_http() - an HTTP request with the Host @host; returns its length */
size_t first_bytes_http(const char *host, uint8_t *bytes);

#endif

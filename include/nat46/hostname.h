/* SPDX-License-Identifier: ISC */
/*
 * hostname.h - host names as they come in TLS server names, HTTP Host and the configuration
 */
#ifndef NAT46_HOSTNAME_H
#define NAT46_HOSTNAME_H

#include "nat46/cursor.h"
#include "nat46/inspection.h"

/** enum hostname_kind - what a text turned out to be */
enum hostname_kind {
	HOSTNAME_INVALID = 0,	/* neither a host name nor an IP address */
	HOSTNAME_ADDRESS,	/* an IP address, or what some resolvers take for one; never to be matched */
	HOSTNAME_NAME,		/* a host name */
};

/**
 * hostname_parse() - check and normalise a host name
 * @text: name as it was written, without port or brackets
 * @name: room for HOSTNAME_MAX + 1 bytes; gets the name or address in lower case, without one trailing
 *	dot, NUL-terminated; "" with HOSTNAME_INVALID
 *
 * A name is 1 to HOSTNAME_MAX bytes of labels with 1 to 63 letters, digits, hyphens or underscores each
 * (RFC 1123 2.1, and underscores because they are in use). International names come as A-labels, so no
 * other byte is accepted. A name whose last label is a number is an address: no such top-level domain
 * exists and "10.1" means an address to many resolvers. So is text made of hexadecimal digits, colons and
 * dots that has a colon.
 */
enum hostname_kind hostname_parse(struct cursor text, char *name);

#endif

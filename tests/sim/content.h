/* SPDX-License-Identifier: ISC */
/* content.h - the first bytes of clients: plain bytes, HTTP requests, TLS ClientHellos */
#ifndef SIM_CONTENT_H
#define SIM_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "rng.h"

#define CONTENT_MAX 20000u

enum content_kind {
	CONTENT_BYTES,
	CONTENT_HTTP,
	CONTENT_TLS,
	CONTENT_SSH,
	CONTENT_NONE,	/* the server speaks first */
};

/**
 * struct content - first bytes and what they say
 * @host: host name in lower case, or NULL
 * @acme: is "acme-tls/1" in the ALPN list
 * @whole: not cut off before it says everything
 */
struct content {
	enum content_kind kind;
	const char *host;
	bool acme;
	bool whole;
	uint32_t length;
	uint8_t bytes[CONTENT_MAX];
};

/** content_draw() - make random first bytes */
void content_draw(struct rng *rng, struct content *content);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * inspection_check.h - what must hold for every result of inspect(), for tests and fuzz targets
 */
#ifndef NAT46_TESTS_INSPECTION_CHECK_H
#define NAT46_TESTS_INSPECTION_CHECK_H

#include <stdlib.h>
#include <string.h>

#include "nat46/hostname.h"
#include "nat46/inspect.h"

/** host_is_normal() - is @name what hostname_parse() makes of itself */
static inline bool host_is_normal(const char *name)
{
	char again[HOSTNAME_MAX + 1];

	return strlen(name) <= HOSTNAME_MAX &&
	       hostname_parse(cursor_over(name, strlen(name)), again) == HOSTNAME_NAME &&
	       strcmp(name, again) == 0;
}

/** may_stay_pending() - with no more bytes to come: only what a hello or head that is cut could have said */
static inline bool may_stay_pending(const struct inspection *i)
{
	const unsigned int other = 1u << PROTOCOL_OTHER;

	if (i->malformed)
		return false;
	if (i->protocol_fact == FACT_PENDING)
		return i->host_fact == FACT_PENDING &&
		       (i->possible == (other | 1u << PROTOCOL_TLS) || i->possible == (other | 1u << PROTOCOL_HTTP));
	if (i->protocol == PROTOCOL_TLS)
		return i->host_fact == FACT_PENDING && i->alpn_fact == FACT_PENDING;
	return i->protocol == PROTOCOL_HTTP && i->alpn_fact == FACT_ABSENT;
}

/** inspection_fault() - what is wrong with one result, or NULL */
static inline const char *inspection_fault(const struct inspection *i, bool final)
{
	bool settled = i->protocol_fact && i->host_fact && i->alpn_fact;

	if (i->protocol_fact == FACT_ABSENT)
		return "protocol absent";
	if (i->protocol_fact == FACT_PENDING && i->protocol != PROTOCOL_OTHER)
		return "protocol before its fact";
	if (i->protocol_fact == FACT_PRESENT && i->possible != 1u << i->protocol)
		return "protocol not the only possible one";
	if ((final || i->malformed) && !settled && !may_stay_pending(i))
		return "fact not settled";
	if (i->malformed && (i->host_fact == FACT_PRESENT || i->alpn_fact == FACT_PRESENT))
		return "fact of malformed bytes";
	if (i->host_fact == FACT_PRESENT ? !host_is_normal(i->host) : i->host[0] != '\0')
		return "host";
	if ((i->alpn_fact == FACT_PRESENT) != (i->alpn.length > 0))
		return "alpn";
	return NULL;
}

/** inspection_breach() - which settled fact of @before is another one after more bytes, or NULL */
static inline const char *inspection_breach(const struct inspection *before,
					    const struct inspection *after)
{
	if ((after->possible & ~before->possible) != 0)
		return "possible protocols grew";
	if (before->protocol_fact && (before->protocol_fact != after->protocol_fact ||
				      before->protocol != after->protocol))
		return "protocol changed";
	if (before->host_fact &&
	    (before->host_fact != after->host_fact || strcmp(before->host, after->host) != 0))
		return "host changed";
	if (before->alpn_fact && (before->alpn_fact != after->alpn_fact ||
				  before->alpn.length != after->alpn.length))
		return "alpn changed";
	if (before->protocol_fact && before->host_fact && before->alpn_fact &&
	    before->malformed != after->malformed)
		return "malformed changed";
	return NULL;
}

/** inspect_afresh() - inspect without knowing the bytes before */
static inline void inspect_afresh(const uint8_t *data, size_t length, bool final, struct inspection *result)
{
	struct inspect_progress progress = { .at = 0 };

	inspect(data, length, final, &progress, result);
}

/**
 * inspect_prefixes() - inspect the prefixes of some bytes and check that what is settled stays
 * @data: bytes
 * @length: number of bytes
 * @step: 1 for every prefix, 2 for every second and so on; the whole is always inspected
 * @result: inspection of the whole, not final
 *
 * Each prefix ends with the end of a heap block, so that a sanitizer sees a read behind it.
 *
 * Return: what is wrong, or NULL
 */
static inline const char *inspect_prefixes(const uint8_t *data, size_t length, size_t step,
					   struct inspection *result)
{
	uint8_t *block = malloc(length + 1);
	struct inspection before = { .possible = ~0u }, last;
	const char *fault = NULL;

	if (!block)
		abort();
	for (size_t n = 0; !fault; n = n + step < length ? n + step : length) {
		uint8_t *prefix = block + length + 1 - n;

		if (n > 0)
			memcpy(prefix, data, n);
		inspect_afresh(prefix, n, false, result);
		inspect_afresh(prefix, n, true, &last);
		fault = inspection_fault(result, false);
		fault = fault ? fault : inspection_fault(&last, true);
		fault = fault ? fault : inspection_breach(&before, result);
		fault = fault ? fault : inspection_breach(result, &last);
		before = *result;
		if (n == length)
			break;
	}
	free(block);
	return fault;
}

/** inspection_lags() - has @late, found with progress, not what @now has that was found without */
static inline const char *inspection_lags(const struct inspection *late, const struct inspection *now, bool final)
{
	if (late->possible != now->possible || late->protocol != now->protocol ||
	    late->protocol_fact != now->protocol_fact)
		return "another protocol with progress";
	/* what is malformed may be found later */
	if (now->malformed && !late->malformed)
		return final ? "not malformed with progress" : NULL;
	if (late->malformed != now->malformed)
		return "malformed with progress";
	if (late->host_fact != now->host_fact || strcmp(late->host, now->host) != 0)
		return "another host with progress";
	if (late->alpn_fact != now->alpn_fact || memcmp(&late->alpn, &now->alpn, sizeof(now->alpn)) != 0)
		return "another ALPN list with progress";
	return NULL;
}

/**
 * inspect_pieces() - inspect bytes that come in pieces, with progress and each time afresh, and compare
 * @data: bytes
 * @length: number of bytes
 * @most: most bytes of a piece
 * @random: anything; pieces are drawn by it
 *
 * Return: what is wrong, or NULL
 */
static inline const char *inspect_pieces(const uint8_t *data, size_t length, size_t most, uint32_t random)
{
	struct inspect_progress progress = { .at = 0 };
	struct inspection late, now;
	const char *fault = NULL;
	size_t n = 0;

	while (!fault && n < length) {
		random = random * 1664525u + 1013904223u;
		n += 1 + (random >> 8) % most;
		if (n > length)
			n = length;
		inspect(data, n, false, &progress, &late);
		inspect_afresh(data, n, false, &now);
		fault = inspection_lags(&late, &now, false);
	}
	inspect(data, n, true, &progress, &late);
	inspect_afresh(data, n, true, &now);
	return fault ? fault : inspection_lags(&late, &now, true);
}

#endif

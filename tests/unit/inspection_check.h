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

/** alpn_is_normal() - do the names fill the list, none of them empty */
static inline bool alpn_is_normal(const struct inspection *i)
{
	size_t at = 0;

	while (at < i->alpn_length && i->alpn[at] != 0)
		at += 1u + i->alpn[at];
	return i->alpn_length <= ALPN_LIST_MAX && i->alpn_length > 0 && at == i->alpn_length;
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
	if ((final || i->malformed) && !settled)
		return "fact not settled";
	if (i->malformed && (i->host_fact == FACT_PRESENT || i->alpn_fact == FACT_PRESENT))
		return "fact of malformed bytes";
	if (i->host_fact == FACT_PRESENT ? !host_is_normal(i->host) : i->host[0] != '\0')
		return "host";
	if (i->alpn_fact == FACT_PRESENT ? !alpn_is_normal(i) : i->alpn_length != 0)
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
				  before->alpn_length != after->alpn_length ||
				  memcmp(before->alpn, after->alpn, before->alpn_length) != 0))
		return "alpn changed";
	if (before->protocol_fact && before->host_fact && before->alpn_fact &&
	    before->malformed != after->malformed)
		return "malformed changed";
	return NULL;
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
		inspect(prefix, n, false, result);
		inspect(prefix, n, true, &last);
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

#endif

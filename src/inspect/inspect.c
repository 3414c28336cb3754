/* SPDX-License-Identifier: ISC */
/*
 * inspect.c - what the first bytes of a client say
 *
 * Theory of operation
 *
 * Each protocol has a recogniser that answers yes, no, or that it needs more bytes. No two of them say
 * yes to the same bytes: TLS starts with byte 22, and "SSH-" cannot be the start of a request line as
 * it has no space. Once one has said yes, its parser is asked for the host. Everything is a function of the bytes
 * alone and both steps read them from the front, so that what they have found in a prefix stays.
 */
#include "nat46/inspect.h"

#include "inspect/text.h"
#include "nat46/http.h"
#include "nat46/tls.h"

static enum fact ssh_recognise(struct cursor bytes)
{
	uint8_t byte;

	for (const char *expected = "SSH-"; *expected; expected++) {
		if (!cursor_u8(&bytes, &byte))
			return FACT_PENDING;
		if (byte != (uint8_t)*expected)
			return FACT_ABSENT;
	}
	return FACT_PRESENT;
}

static enum fact recognise(enum protocol protocol, struct cursor bytes)
{
	switch (protocol) {
	case PROTOCOL_TLS:
		return tls_recognise(bytes);
	case PROTOCOL_HTTP:
		return http_recognise(bytes);
	case PROTOCOL_SSH:
		return ssh_recognise(bytes);
	case PROTOCOL_OTHER:
	case PROTOCOL_COUNT:
		break;
	}
	return FACT_ABSENT;
}

/** settle_protocol() - fill in the protocol and the protocols that are possible */
static void settle_protocol(struct cursor bytes, bool final, struct inspection *result)
{
	unsigned int pending = 0;

	for (enum protocol p = PROTOCOL_TLS; p < PROTOCOL_COUNT; p++) {
		enum fact fact = recognise(p, bytes);

		if (fact == FACT_PENDING)
			pending |= 1u << p;
		if (fact == FACT_PRESENT)
			result->protocol = p;
	}
	result->possible = 1u << result->protocol;
	if (result->protocol == PROTOCOL_OTHER && pending != 0 && !final)
		result->possible |= pending;
	else
		result->protocol_fact = FACT_PRESENT;
}

/** settle_absent() - facts that the possible protocols cannot have are absent */
static void settle_absent(struct inspection *result)
{
	const unsigned int tls = 1u << PROTOCOL_TLS;
	const unsigned int http = 1u << PROTOCOL_HTTP;

	if (result->host_fact == FACT_PENDING &&
	    (result->malformed || (result->possible & (tls | http)) == 0))
		result->host_fact = FACT_ABSENT;
	if (result->alpn_fact == FACT_PENDING &&
	    (result->malformed || (result->possible & tls) == 0))
		result->alpn_fact = FACT_ABSENT;
}

void inspect(const uint8_t *data, size_t length, bool final, struct inspection *result)
{
	struct cursor bytes = cursor_over(data, length);

	memset(result, 0, sizeof(*result));
	settle_protocol(bytes, final, result);
	if (result->protocol == PROTOCOL_TLS)
		tls_read(bytes, final, result);
	else if (result->protocol == PROTOCOL_HTTP)
		http_read(bytes, final, result);
	settle_absent(result);
}

const char *protocol_name(enum protocol protocol)
{
	static const char *const names[] = {
		[PROTOCOL_OTHER] = "other",
		[PROTOCOL_TLS] = "tls",
		[PROTOCOL_HTTP] = "http",
		[PROTOCOL_SSH] = "ssh",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == PROTOCOL_COUNT, "a name for each");
	NAT46_ASSERT(protocol < PROTOCOL_COUNT);
	return names[protocol];
}

bool alpn_contains(const struct inspection *inspection, const char *protocol)
{
	struct cursor list = cursor_over(inspection->alpn, inspection->alpn_length);
	struct cursor name;
	uint8_t length;

	while (cursor_u8(&list, &length) && cursor_take(&list, length, &name)) {
		if (text_equals(name, protocol))
			return true;
	}
	return false;
}

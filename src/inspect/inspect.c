/* SPDX-License-Identifier: ISC */
/*
 * inspect.c - what the first bytes of a client say
 *
 * Theory of operation
 *
 * Each protocol has a recogniser that answers yes, no, or that it needs more bytes. No two of them say
 * yes to the same bytes: TLS starts with byte 22, and "SSH-" cannot be the start of a request line as
 * it has no space. Once one has said yes, its parser is asked for the host. What it answers is a function of the
 * bytes alone, and it reads them from the front, so that what it has found in a prefix stays.
 *
 * A client may send its bytes one by one. So a parser is not asked each time, but when
 *	- its *_is_complete() has found the end of the hello or head. These only look where the next record or line
 *	  ends, keep their place in struct inspect_progress, and look at no byte twice;
 *	- the bytes are twice as many as when it was last asked, so that what is malformed is not collected to
 *	  the end. All those times together cost no more than two full reads;
 *	- no more bytes come.
 */
#include "nat46/inspect.h"

#include "inspect/text.h"
#include "nat46/http.h"
#include "nat46/tls.h"

_Static_assert(sizeof(struct inspect_progress) <= 12, "every waiting connection has one");

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

static enum fact recognise(enum protocol protocol, struct cursor bytes, struct inspect_progress *progress)
{
	switch (protocol) {
	case PROTOCOL_TLS:
		return tls_recognise(bytes);
	case PROTOCOL_HTTP:
		return http_recognise(bytes, progress);
	case PROTOCOL_SSH:
		return ssh_recognise(bytes);
	case PROTOCOL_OTHER:
	case PROTOCOL_COUNT:
		break;
	}
	return FACT_ABSENT;
}

/** have_begun() - those of the @pending protocols of which the bytes may be the beginning, as no more come */
static unsigned int have_begun(struct cursor bytes, unsigned int pending, const struct inspect_progress *progress)
{
	/* TLS is pending with its first byte, and with none */
	unsigned int protocols = bytes.left > 0 ? 1u << PROTOCOL_TLS : 0;

	/* what is pending as SSH alone has no name that a network could have lost */
	if (http_has_begun(bytes, progress))
		protocols |= 1u << PROTOCOL_HTTP;
	return pending & protocols;
}

/** settle_protocol() - fill in the protocol and the protocols that are possible */
static void settle_protocol(struct cursor bytes, bool final, struct inspect_progress *progress,
			    struct inspection *result)
{
	unsigned int pending = 0;

	for (enum protocol p = PROTOCOL_TLS; p < PROTOCOL_COUNT; p++) {
		enum fact fact = recognise(p, bytes, progress);

		if (fact == FACT_PENDING)
			pending |= 1u << p;
		if (fact == FACT_PRESENT)
			result->protocol = p;
	}
	if (final && pending != 0)
		pending = have_begun(bytes, pending, progress);
	result->possible = 1u << result->protocol;
	if (result->protocol == PROTOCOL_OTHER && pending != 0)
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

/** is_due() - may the parser find what it has not found in fewer bytes */
static bool is_due(struct cursor bytes, bool final, enum protocol protocol, struct inspect_progress *progress)
{
	bool complete = protocol == PROTOCOL_TLS ? tls_is_complete(bytes, progress) : http_is_complete(bytes, progress);
	bool doubled = bytes.left >> progress->looks != 0;

	while (bytes.left >> progress->looks != 0)
		progress->looks++;
	return final || complete || doubled;
}

void inspect(const uint8_t *data, size_t length, bool final, struct inspect_progress *progress,
	     struct inspection *result)
{
	struct cursor bytes = cursor_over(data, length);

	NAT46_ASSERT(length < INSPECT_FOUND / 2);
	memset(result, 0, sizeof(*result));
	settle_protocol(bytes, final, progress, result);
	if (result->protocol == PROTOCOL_TLS && is_due(bytes, final, PROTOCOL_TLS, progress))
		tls_read(bytes, result);
	if (result->protocol == PROTOCOL_HTTP && is_due(bytes, final, PROTOCOL_HTTP, progress))
		http_read(bytes, result);
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

void alpn_each(const struct inspection *inspection, const uint8_t *data, size_t length, alpn_visit_fn *visit,
	       void *context)
{
	if (inspection->alpn_fact == FACT_PRESENT)
		tls_alpn_each(cursor_over(data, length), &inspection->alpn, visit, context);
}

/** struct wanted - the name that alpn_contains() looks for */
struct wanted {
	const char *protocol;
	bool found;
};

static bool is_other(void *context, const char *name)
{
	struct wanted *wanted = context;

	wanted->found = strcmp(name, wanted->protocol) == 0;
	return !wanted->found;
}

bool alpn_contains(const struct inspection *inspection, const uint8_t *data, size_t length, const char *protocol)
{
	struct wanted wanted = { .protocol = protocol };

	alpn_each(inspection, data, length, is_other, &wanted);
	return wanted.found;
}

/* SPDX-License-Identifier: ISC */
/*
 * trace_log.c - packets, sessions and what servers lack as lines of the log
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/log/log.h"
#include "daemon/log/trace_log.h"
#include "nat46/assert.h"

/* Characters of free text that a line shows. */
#define QUOTED_MAX 300u
#define NAME_SHOWN_MAX 64u
#define SERVICE_NAME_MAX 200u

/* Groups of servers that have a rate limit of their own. */
#define SERVER_LIMITS 64u

/* The same of clients. */
#define CLIENT_LIMITS 61u

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The connected lines and the others differ in what follows the end points. */
static const char *const kind_names[] = {
	[TRACE_INCOMING] = "INCOMING:",
	[TRACE_OUTGOING] = "OUTGOING:",
	[TRACE_BUFFER] = "BUFFER:",
	[TRACE_NAT46_IN] = "NAT46 IN :",
	[TRACE_NAT46_OUT] = "NAT46 OUT:",
	[TRACE_NAT64_IN] = "NAT64 IN :",
	[TRACE_NAT64_OUT] = "NAT64 OUT:",
	[TRACE_CLIENT_CONNECTED] = "--- CLIENT CONNECTED",
	[TRACE_SERVER_CONNECTED] = "--- SERVER CONNECTED",
	[TRACE_DROP] = "DROP:",
};
_Static_assert(ARRAY_SIZE(kind_names) == TRACE_DROP + 1, "a kind of trace without a name");

/* struct text - a line that is being put together; what does not fit is cut */
struct text {
	char *line;
	size_t size;
	size_t length;
};

static void __attribute__((format(printf, 2, 3))) append(struct text *text, const char *format, ...)
{
	size_t room = text->size - text->length;
	va_list arguments;
	int wanted;

	va_start(arguments, format);
	wanted = vsnprintf(text->line + text->length, room, format, arguments);
	va_end(arguments);
	if (wanted > 0)
		text->length += (size_t)wanted < room ? (size_t)wanted : room - 1;
}

static void format_address(const struct endpoint *endpoint, char *address)
{
	struct in_addr ipv4 = { .s_addr = htonl(endpoint->ipv4) };

	if (endpoint->is_ipv6)
		inet_ntop(AF_INET6, endpoint->ipv6.byte, address, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET, &ipv4, address, INET6_ADDRSTRLEN);
}

static void append_endpoint(struct text *text, const struct endpoint *endpoint, bool brackets)
{
	bool bracket = brackets && endpoint->is_ipv6;
	char name[INET6_ADDRSTRLEN];

	format_address(endpoint, name);
	append(text, "%s%s%s:%u", bracket ? "[" : "", name, bracket ? "]" : "", endpoint->port);
}

/* One letter for each flag, from FIN up to CWR. */
static void append_flags(struct text *text, uint8_t flags)
{
	static const char letters[] = "FSRPAUEC";
	size_t i;

	append(text, " flags=");
	for (i = 0; i < strlen(letters); i++)
		if (flags & 1u << i)
			append(text, "%c", letters[i]);
}

static void append_packet(struct text *text, const struct trace *trace)
{
	if (trace->protocol == IPPROTO_TCP) {
		append_flags(text, trace->flags);
		append(text, " seq=%" PRIu32 " ack=%" PRIu32, trace->seq, trace->ack);
	} else if (trace->protocol == IPPROTO_UDP) {
		append(text, " proto=udp");
	} else {
		append(text, " proto=%u", trace->protocol);
		if (trace->protocol == IPPROTO_ICMP || trace->protocol == IPPROTO_ICMPV6)
			append(text, " type=%u code=%u", trace->icmp_type, trace->icmp_code);
	}
	append(text, " len=%zu", trace->length);
}

size_t trace_format(const struct trace *trace, char *line)
{
	struct text text = { .line = line, .size = TRACE_LINE_MAX };

	NAT46_ASSERT(trace->kind < ARRAY_SIZE(kind_names));
	append(&text, "%s ", kind_names[trace->kind]);
	append_endpoint(&text, &trace->source, false);
	append(&text, " => ");
	append_endpoint(&text, &trace->destination, false);
	if (trace->kind == TRACE_CLIENT_CONNECTED || trace->kind == TRACE_SERVER_CONNECTED)
		return text.length;
	append(&text, ":");
	append_packet(&text, trace);
	if (trace->kind == TRACE_DROP)
		append(&text, " reason=%s", drop_name(trace->drop));
	return text.length;
}

/* Free text as a value: its own double quotes become single ones, and it never fills the line. */
static void append_quoted(struct text *text, const char *key, const char *value)
{
	const size_t most = strcmp(key, "name") == 0 ? NAME_SHOWN_MAX : QUOTED_MAX;
	size_t i;

	append(text, " %s=\"", key);
	for (i = 0; i < most && value[i]; i++)
		append(text, "%c", value[i] == '"' ? '\'' : value[i]);
	append(text, "\"");
}

static void append_duration(struct text *text, int64_t nanoseconds)
{
	int64_t milliseconds = nanoseconds / 1000000;

	append(text, " duration=%" PRId64 ".%03" PRId64, milliseconds / 1000, milliseconds % 1000);
}

/* Which server has refused is not in it: there are lines of the servers. */
static void append_refused(struct text *text, const struct session *session)
{
	append_quoted(text, "name", session->name);
	append_quoted(text, "host", session->host);
	append_quoted(text, "why", session->reason);
}

static const char *const session_kinds[] = {
	[SESSION_BOUND] = "bound",
	[SESSION_ENDED] = "ended",
	[SESSION_RESUMED] = "resumed",
	[SESSION_REFUSED] = "refused",
};

size_t session_format(const struct session *session, char *line)
{
	struct text text = { .line = line, .size = SESSION_LINE_MAX };

	NAT46_ASSERT(session->kind < ARRAY_SIZE(session_kinds));
	append(&text, "session %s client=", session_kinds[session->kind]);
	append_endpoint(&text, &session->client, true);
	append(&text, " service=");
	append_endpoint(&text, &session->service, true);
	if (session->kind == SESSION_REFUSED) {
		append_refused(&text, session);
		return text.length;
	}
	append(&text, " server=");
	append_endpoint(&text, &session->server, true);
	append(&text, " source_port=%u", session->source_port);
	if (session->protocol == IPPROTO_UDP)
		append(&text, " proto=udp");
	append_quoted(&text, "name", session->name);
	append_quoted(&text, "rule", session->rule);
	if (session->kind == SESSION_RESUMED)
		return text.length;
	if (session->kind == SESSION_BOUND) {
		append_quoted(&text, "host", session->host);
		if (session->acknowledged > 0)
			append(&text, " acknowledged=%" PRIu32, session->acknowledged);
		return text.length;
	}
	append(&text, " bytes_to_server=%" PRIu64 " bytes_to_client=%" PRIu64, session->bytes_to_server,
	       session->bytes_to_client);
	append_duration(&text, session->duration);
	append_quoted(&text, "end", session->reason);
	return text.length;
}

/** struct facts - of a session, one by one, and room for its addresses */
struct facts {
	struct log_field fields[LOG_FIELDS_MAX];
	size_t count;
	char addresses[3][INET6_ADDRSTRLEN];
};

static void add_text(struct facts *facts, const char *key, const char *text)
{
	NAT46_ASSERT(facts->count < LOG_FIELDS_MAX);
	facts->fields[facts->count++] = (struct log_field){ .key = key, .text = text };
}

static void add_number(struct facts *facts, const char *key, uint64_t number)
{
	NAT46_ASSERT(facts->count < LOG_FIELDS_MAX);
	facts->fields[facts->count++] = (struct log_field){ .key = key, .number = number };
}

/* Address and port are two, so that either can be looked for. */
static void add_endpoint(struct facts *facts, const char *const keys[2], const struct endpoint *endpoint, char *address)
{
	format_address(endpoint, address);
	add_text(facts, keys[0], address);
	add_number(facts, keys[1], endpoint->port);
}

/* Named as in "nat46ctl -j flows". The text that has no bound is the last one. */
static void collect_facts(const struct session *session, struct facts *facts)
{
	static const char *const client[] = { "client", "client_port" }, *const server[] = { "server", "server_port" };
	static const char *const service[] = { "service_address", "service_port" };

	facts->count = 0;
	add_text(facts, "session", session_kinds[session->kind]);
	add_text(facts, "protocol", session->protocol == IPPROTO_UDP ? "udp" : "tcp");
	add_endpoint(facts, client, &session->client, facts->addresses[0]);
	add_text(facts, "service", session->name);
	add_endpoint(facts, service, &session->service, facts->addresses[1]);
	if (session->kind != SESSION_REFUSED) {
		add_endpoint(facts, server, &session->server, facts->addresses[2]);
		add_number(facts, "source_port", session->source_port);
	}
	if (session->kind == SESSION_ENDED) {
		add_number(facts, "bytes_to_server", session->bytes_to_server);
		add_number(facts, "bytes_to_client", session->bytes_to_client);
		add_number(facts, "duration_ms", (uint64_t)session->duration / 1000000);
		add_text(facts, "end", session->reason);
	}
	if (session->kind == SESSION_BOUND || session->kind == SESSION_REFUSED)
		add_text(facts, "host", session->host);
	if (session->kind == SESSION_BOUND)
		add_number(facts, "acknowledged", session->acknowledged);
	if (session->kind == SESSION_REFUSED)
		add_text(facts, "why", session->reason);
	else
		add_text(facts, "rule", session->rule);
}

size_t shortfall_format(const struct shortfall *shortfall, char *line)
{
	const struct server_answer *lacks = &shortfall->lacks;
	struct text text = { .line = line, .size = SHORTFALL_LINE_MAX };

	append(&text, "promises lowered for an hour: service=");
	append_endpoint(&text, &shortfall->service, true);
	append(&text, " server=");
	append_endpoint(&text, &shortfall->server, true);
	append(&text, "%s%s%s", lacks->without_sack ? " sack=no" : "",
	       lacks->without_timestamps ? " timestamps=no" : "", lacks->without_ecn ? " ecn=no" : "");
	if (lacks->mss != 0)
		append(&text, " mss=%u", lacks->mss);
	return text.length;
}

size_t server_format(const struct server_change *change, char *line)
{
	static const char *const texts[] = {
		[SERVER_ERROR_NONE] = "answers again",
		[SERVER_ERROR_REFUSED] = "refuses connections",
		[SERVER_ERROR_SILENT] = "does not answer",
		[SERVER_ERROR_UNREACHABLE] = "cannot be reached: an ICMP error says so",
	};
	struct text text = { .line = line, .size = SERVER_LINE_MAX };

	NAT46_ASSERT(change->error < ARRAY_SIZE(texts));
	append(&text, "server ");
	append_endpoint(&text, &change->server, true);
	append(&text, " (service %.*s%s) %s", (int)SERVICE_NAME_MAX, change->name, change->is_udp ? ", UDP" : "",
	       texts[change->error]);
	return text.length;
}

void trace_log(void *context, const struct trace *trace)
{
	char line[TRACE_LINE_MAX];

	(void)context;
	trace_format(trace, line);
	log_line(LOG_LEVEL_TRACE, "%s", line);
}

void session_log(void *context, const struct session *session)
{
	static struct log_limit limits[CLIENT_LIMITS];
	struct log_event event = { .level = LOG_LEVEL_INFO };
	char line[SESSION_LINE_MAX];
	struct facts facts;

	(void)context;
	if (session->kind == SESSION_REFUSED &&
	    !log_limit_allows(&limits[session->client.ipv4 % CLIENT_LIMITS], event.level))
		return;
	session_format(session, line);
	collect_facts(session, &facts);
	event.text = line;
	event.fields = facts.fields;
	event.count = facts.count;
	log_event(&event);
}

void shortfall_log(void *context, const struct shortfall *shortfall)
{
	char line[SHORTFALL_LINE_MAX];

	(void)context;
	shortfall_format(shortfall, line);
	log_line(LOG_LEVEL_INFO, "%s", line);
}

void server_log(void *context, const struct server_change *change)
{
	static struct log_limit limits[SERVER_LIMITS];
	const uint8_t *byte = change->server.ipv6.byte;
	char line[SERVER_LINE_MAX];

	(void)context;
	server_format(change, line);
	log_line_limited(&limits[(byte[7] + byte[13] + byte[14] + byte[15] + change->server.port) % SERVER_LIMITS],
			 change->error == SERVER_ERROR_NONE ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "%s", line);
}

/* SPDX-License-Identifier: ISC */
/*
 * report.c - what leaves the engine: packets, counts, trace and session events, what servers lack
 */
#include "core/base/report.h"

#include "nat46/rule_mark.h"

void emit(struct engine *e, struct frame *frame)
{
	e->counters.emitted++;
	e->hooks.emit(e->hooks.context, frame);
}

static struct endpoint endpoint4(uint32_t address, uint16_t port)
{
	return (struct endpoint){ .ipv4 = address, .port = port };
}

static struct endpoint endpoint6(const struct ipv6_address *address, uint16_t port)
{
	return (struct endpoint){ .is_ipv6 = true, .ipv6 = *address, .port = port };
}

/** payload_of() - bytes behind the headers that the trace tells of */
static size_t payload_of(const struct packet *p)
{
	size_t length = p->length - p->transport;

	if (p->protocol == IP_PROTOCOL_TCP)
		return p->payload_length;
	if (p->protocol == IP_PROTOCOL_UDP && !p->is_fragment && length >= UDP_HEADER)
		return length - UDP_HEADER;
	return length;
}

static struct trace trace_of(enum trace_kind kind, const struct packet *p)
{
	return (struct trace){
		.kind = kind,
		.source = p->is_ipv6 ? endpoint6(&p->source6, p->source_port) :
				       endpoint4(p->source4, p->source_port),
		.destination = p->is_ipv6 ? endpoint6(&p->destination6, p->destination_port) :
					    endpoint4(p->destination4, p->destination_port),
		.protocol = p->protocol,
		.icmp_type = p->icmp_type,
		.icmp_code = p->icmp_code,
		.flags = p->flags,
		.seq = p->seq,
		.ack = p->ack,
		.length = payload_of(p),
	};
}

void trace_packet(struct engine *e, enum trace_kind kind, const struct packet *packet)
{
	struct trace trace;

	if (!e->hooks.trace)
		return;
	trace = trace_of(kind, packet);
	e->hooks.trace(e->hooks.context, &trace);
}

void trace_client_connected(struct engine *e, const struct flow *flow)
{
	const struct trace trace = {
		.kind = TRACE_CLIENT_CONNECTED,
		.source = endpoint4(flow->client, flow->client_port),
		.destination = endpoint4(flow->service, flow->service_port),
		.protocol = IP_PROTOCOL_TCP,
	};

	if (e->hooks.trace)
		e->hooks.trace(e->hooks.context, &trace);
}

void trace_server_connected(struct engine *e, const struct flow *flow)
{
	const struct trace trace = {
		.kind = TRACE_SERVER_CONNECTED,
		.source = endpoint6(&flow->client6, flow->source_port),
		.destination = endpoint6(&flow->server, flow->server_port),
		.protocol = IP_PROTOCOL_TCP,
	};

	if (e->hooks.trace)
		e->hooks.trace(e->hooks.context, &trace);
}

enum verdict verdict_drop(struct engine *e, const struct input *in, enum drop why)
{
	struct trace trace;

	e->counters.drops[why]++;
	if (e->hooks.trace) {
		trace = trace_of(TRACE_DROP, &in->packet);
		trace.drop = why;
		e->hooks.trace(e->hooks.context, &trace);
	}
	return VERDICT_DROPPED;
}

static const struct service *service_of(const struct engine *e, const struct flow *flow)
{
	return service_find(e->config, flow->is_udp, flow->service, flow->service_port);
}

/** name_of() - the name of the service of a flow; "" if the configuration does not have it any more */
static const char *name_of(const struct engine *e, const struct flow *flow)
{
	const struct service *service = service_of(e, flow);

	return service ? service->name : "";
}

void count_opened(struct engine *e, const struct flow *flow)
{
	tally_opened(e->tallies, tally_of_service(e->tallies, service_of(e, flow)));
}

void count_refused(struct engine *e, const struct service *service)
{
	tally_refused(e->tallies, tally_of_service(e->tallies, service));
}

/** tally_for() - where an attempt of @flow to connect to @server counts */
static uint16_t tally_for(const struct engine *e, const struct flow *flow, const struct server *server)
{
	uint16_t tally = e->tallies->of_flow[flow_table_index(&e->flows, flow)];

	return tally_of_server(e->tallies, tally, server, flow->service_port);
}

/** rule_of() - the rule that has won, when the flow was bound; "" if its service does not have it any more */
static const char *rule_of(const struct engine *e, const struct flow *flow)
{
	return rule_mark_text(service_of(e, flow), e->rules[flow_table_index(&e->flows, flow)]);
}

static struct session session_of(const struct engine *e, enum session_kind kind, const struct flow *flow,
				 const char *rule)
{
	return (struct session){
		.kind = kind,
		.protocol = flow->is_udp ? IP_PROTOCOL_UDP : IP_PROTOCOL_TCP,
		.client = endpoint4(flow->client, flow->client_port),
		.service = endpoint4(flow->service, flow->service_port),
		.name = name_of(e, flow),
		.server = endpoint6(&flow->server, flow->server_port),
		.source_port = flow->source_port,
		.rule = rule,
		.reason = "",
		.host = "",
		.bytes_to_server = flow_bytes_to_server(flow),
		.bytes_to_client = flow_bytes_to_client(flow),
		.duration = flow_age(flow, e->now),
	};
}

static void report_session(const struct engine *e, const struct session *session)
{
	if (e->hooks.session)
		e->hooks.session(e->hooks.context, session);
}

void report_bound(struct engine *e, const struct flow *flow, const char *rule, const char *host,
		  uint32_t acknowledged)
{
	struct session session = session_of(e, SESSION_BOUND, flow, rule);

	e->rules[flow_table_index(&e->flows, flow)] = rule_mark(rule);
	session.host = host;
	session.acknowledged = acknowledged;
	report_session(e, &session);
}

void report_refused(struct engine *e, const struct flow *flow, const char *why, const char *host)
{
	struct session session = session_of(e, SESSION_REFUSED, flow, "");

	session.host = host;
	session.reason = why;
	report_session(e, &session);
}

void report_resumed(struct engine *e, const struct flow *flow)
{
	const struct session session = session_of(e, SESSION_RESUMED, flow, rule_of(e, flow));

	report_session(e, &session);
}

void report_ended(struct engine *e, const struct flow *flow, const char *how)
{
	struct session session = session_of(e, SESSION_ENDED, flow, rule_of(e, flow));

	session.reason = how;
	report_session(e, &session);
}

void report_shortfall(struct engine *e, const struct flow *flow, const struct server_answer *lacks)
{
	const struct shortfall shortfall = {
		.service = endpoint4(flow->service, flow->service_port),
		.server = endpoint6(&flow->server, flow->server_port),
		.lacks = *lacks,
	};

	if (e->hooks.shortfall)
		e->hooks.shortfall(e->hooks.context, &shortfall);
}

static void report_server(struct engine *e, const struct flow *flow, const struct server *server,
			  enum server_error error)
{
	const struct server_change change = {
		.name = name_of(e, flow),
		.server = endpoint6(&server->address, server->port),
		.is_udp = flow->is_udp,
		.error = error,
	};

	if (e->hooks.server_changed)
		e->hooks.server_changed(e->hooks.context, &change);
}

void server_failed(struct engine *e, const struct flow *flow, const struct server *server, enum server_error error)
{
	tally_failed(e->tallies, tally_for(e, flow, server), error);
	if (server_table_failed(e->servers, server, error, e->now))
		report_server(e, flow, server, error);
}

void server_connected(struct engine *e, const struct flow *flow, const struct server *server, int64_t connect_time)
{
	tally_connected(e->tallies, tally_for(e, flow, server), connect_time);
	if (server_table_connected(e->servers, server, connect_time, e->now))
		report_server(e, flow, server, SERVER_ERROR_NONE);
}

void server_accepts(struct engine *e, const struct flow *flow, int64_t connect_time)
{
	const struct server server = { .address = flow->server, .port = flow->server_port };

	tally_connected(e->tallies, tally_for(e, flow, &server), connect_time);
}

void server_noticed(struct engine *e, const struct flow *flow, enum server_error error)
{
	const struct server server = { .address = flow->server, .port = flow->server_port };

	if (error == SERVER_ERROR_REFUSED || error == SERVER_ERROR_UNREACHABLE)
		count(e, EVENT_SERVER_REFUSED);
	if (error != SERVER_ERROR_NONE)
		tally_failed(e->tallies, tally_for(e, flow, &server), error);
	if (server_table_noticed(e->servers, &server, error, e->now))
		report_server(e, flow, &server, error);
}

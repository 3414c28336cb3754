/* SPDX-License-Identifier: ISC */
/*
 * orphan.c - a server uses a connection that is not known here: both ends must learn that it is over
 *
 * DOC: Theory of operation
 *
 * The process was killed and has started again, or the record made room for another connection. The server gets a RST
 * (RFC 9293 3.10.7.1). Its client may be in the midst of a download, or all that it had to say may have been
 * acknowledged: then it sends nothing by itself, and would wait for as long as its patience lasts. A RST counts only
 * with the very number that it expects (RFC 5961 3.2), and that is gone with our ISN. So it is asked, with a segment
 * that is not what it expects: it answers with an ACK that shows the number (RFC 9293 3.10.7.4), and is reset for that,
 * as for any segment of no connection. A client that does not know the connection either resets us, and that is all.
 *
 * Which service it has called is gone too: it is one of those that lead to this server. Who is refused in silence
 * there would get no RST for its answer, and is not asked. Nor is who may have called any address of a block.
 *
 * It is an attempt. A packet filter that watches numbers may not let the question pass to a client of a splice; a
 * client whose port was changed towards the server is not found, nor is a server behind many others of a long file.
 */
#include "core/tcp/orphan.h"

#include "core/base/report.h"
#include "core/base/segment.h"

enum {
	SERVICES_ASKED = 4,	 /* services in whose name a client is asked, at most */
	SERVERS_COMPARED = 4096, /* comparisons with the servers of rules until the search is given up */
};

/** ask() - let @client show what it expects from @service, because of segment @in of the server */
static void ask(struct engine *e, const struct service *service, uint32_t client, const struct input *in)
{
	const struct packet *p = &in->packet;
	/* some hosts pass over a segment without them, if they are in use; if they are wrong, they answer as well */
	const struct tcp_options options = {
		.has_timestamps = in->options.has_timestamps,
		.ts_value = in->options.ts_value,
		.ts_echo = in->options.ts_echo,
	};
	const struct flow addresses = {
		.client = client,
		.client_port = p->destination_port,
		.service = service_address_for(service, &p->source6),
		.service_port = service_port_for(service, p->source_port),
	};
	/* one below what the server repeats, as a keep-alive: where nothing was spliced it fits the connection */
	const struct segment question = {
		.flow = &addresses,
		.seq = p->seq - 1,
		.ack = p->ack,
		.flags = TCP_ACK,
		.window = p->window,
		.options = &options,
	};

	count(e, EVENT_CLIENT_ASKED);
	segment_send(e, &question);
}

/** is_candidate() - may a client have called @service to get to the server of @p, and would it be told the end */
static bool is_candidate(const struct service *service, const struct packet *p, size_t *budget)
{
	const struct server *server;

	if (service->is_udp)
		return false;
	/* without rules it waits for just this SYN/ACK, and repeats its SYN */
	if (service->rule_count == 0 && p->flags & TCP_SYN)
		return false;
	if (service->rule_count > 0 && service->refusal == REFUSE_DROP)
		return false;
	server = service_leads_to(service, &p->source6, p->source_port, budget);
	return server && server->host_bits == service->host_bits;
}

/**
 * find_services() - services that @client may have called to get to the server of @p
 * @found: room for SERVICES_ASKED of them
 *
 * Return: number of services; 0 if there is a record of the client with one of them: what the server says is late then
 */
static size_t find_services(const struct engine *e, const struct packet *p, uint32_t client,
			    const struct service **found)
{
	size_t budget = SERVERS_COMPARED, number = 0;

	for (size_t i = 0; i < e->config->service_count && number < SERVICES_ASKED && budget > 0; i++) {
		const struct service *service = &e->config->services[i];

		if (!is_candidate(service, p, &budget))
			continue;
		if (flow_table_find4(&e->flows, false, client, p->destination_port,
				     service_address_for(service, &p->source6),
				     service_port_for(service, p->source_port)))
			return 0;
		found[number++] = service;
	}
	return number;
}

/** ask_client() - ask the client of segment @in of its server, in the name of whom it may have called */
static void ask_client(struct engine *e, const struct input *in)
{
	const struct packet *p = &in->packet;
	const struct service *found[SERVICES_ASKED];
	uint32_t client;
	size_t number;

	if (!(p->flags & TCP_ACK) || !address_plan_6to4(&e->config->plan, &p->destination6, &client) ||
	    !ipv4_is_host(client) || service_owns(e->config, client))
		return;
	number = find_services(e, p, client, found);
	for (size_t i = 0; i < number; i++)
		ask(e, found[i], client, in);
}

enum verdict orphan_end(struct engine *e, const struct input *in)
{
	/* as long as it is not reset, the server repeats the segment, and its client is asked then */
	enum verdict verdict = segment_reset_for(e, in, &e->orphans);

	if (verdict == VERDICT_ANSWERED)
		ask_client(e, in);
	return verdict;
}

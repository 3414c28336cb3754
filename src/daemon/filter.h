/* SPDX-License-Identifier: ISC */
/*
 * filter.h - which flows and packets an operator asks for: those of a service, a client, a server
 */
#ifndef NAT46_DAEMON_FILTER_H
#define NAT46_DAEMON_FILTER_H

#include "nat46/engine.h"
#include "nat46/look.h"
#include "nat46/packet.h"
#include "protocol/protocol.h"

/**
 * struct filter - what is asked for; all zero: everything
 * @service: name; "": any
 * @client, @has_client: IPv4 host
 * @server, @has_server: IPv6 host
 */
struct filter {
	char service[sizeof(((struct request *)NULL)->service)];
	uint32_t client;
	struct ipv6_address server;
	bool has_client;
	bool has_server;
};

/** Room for what is wrong with a filter, with its NUL. */
#define FILTER_WHY_MAX 128u

/**
 * filter_read() - read the words of a request
 * @config: has to have the service; its flows may be there for longer, but then without its name
 * @why: room for FILTER_WHY_MAX bytes: what is wrong
 *
 * Return: ANSWER_OK, or how the answer has to end
 */
int filter_read(struct filter *filter, const struct request *request, const struct engine_config *config, char *why);

/** filter_service() - the service of a flow; NULL: the configuration does not have it any more */
const struct service *filter_service(const struct engine_config *config, const struct flow_info *flow);

/** filter_wants_flow() - is a flow asked for */
bool filter_wants_flow(const struct filter *filter, const struct engine_config *config, const struct flow_info *flow);

/**
 * filter_wants_packet() - is a packet asked for: by its flow if it has one, else by its addresses
 * @packet: IP packet of either family; an ICMP error is asked for if what it quotes is
 */
bool filter_wants_packet(const struct filter *filter, const struct engine_config *config, const struct engine *engine,
			 const struct frame *packet);

#endif

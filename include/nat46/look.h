/* SPDX-License-Identifier: ISC */
/*
 * look.h - what an operator may see of an engine: its flows one by one, and what it knows of servers
 *
 * Nothing here changes anything. A flow is found by the number of its record, so that a list of millions can be read
 * in small parts between packets: flows that come or go meanwhile may be missing, and none is listed twice.
 */
#ifndef NAT46_LOOK_H
#define NAT46_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/drain.h"
#include "nat46/server_table.h"
#include "nat46/tally.h"

struct engine;
struct packet;

/**
 * struct flow_info - one flow
 * @is_udp: an exchange of datagrams, else a connection
 * @is_spliced: we answered the client's SYN
 * @state: name of its state; "open" for datagrams
 * @is_over: it is kept for late segments only
 * @client, @client_port: the client
 * @service, @service_port: what it asked for
 * @has_server: was a server chosen; what follows is zero if not
 * @server, @server_port: the server
 * @client6, @source_port: the client as the server sees it
 * @rule_mark: of the rule that has won; 0 until both ends are connected
 * @age: nanoseconds since it was opened, in whole seconds
 * @idle: nanoseconds since the last packet that counts
 * @bytes_to_server, @bytes_to_client: payload bytes acknowledged, or of UDP passed on; 0 until both ends are connected
 */
struct flow_info {
	bool is_udp;
	bool is_spliced;
	const char *state;
	bool is_over;
	uint32_t client;
	uint16_t client_port;
	uint32_t service;
	uint16_t service_port;
	bool has_server;
	struct ipv6_address server;
	uint16_t server_port;
	struct ipv6_address client6;
	uint16_t source_port;
	uint32_t rule_mark;
	int64_t age;
	int64_t idle;
	uint64_t bytes_to_server;
	uint64_t bytes_to_client;
};

/** look_flow_records() - records that were ever used; each below it may be a flow */
uint32_t look_flow_records(const struct engine *engine);

/**
 * look_flow() - the flow of a record
 * @index: below look_flow_records()
 * @now: current time
 * @info: filled in
 *
 * Return: false if there is none, or only one that stands for a server that was asked in vain
 */
bool look_flow(const struct engine *engine, uint32_t index, int64_t now, struct flow_info *info);

/**
 * look_packet() - the flow of a packet, which may go either way on either side
 * @packet: what its headers say, by packet_parse_quoted() at least
 * @info: filled in
 *
 * Return: false if there is none
 */
bool look_packet(const struct engine *engine, const struct packet *packet, struct flow_info *info);

/** look_server() - what is known of a server, its port and protocol filled in; NULL: nothing */
const struct server_state *look_server(const struct engine *engine, const struct server *server);

/** Places for what is known of servers. */
#define LOOK_SERVERS (SERVER_TABLE_BUCKETS * SERVER_TABLE_WAYS)

/** look_server_at() - the server in @place, which is below LOOK_SERVERS, or NULL: all that anything is known of */
const struct server_state *look_server_at(const struct engine *engine, size_t place);

/** struct look_health - what look_server_is_failing() needs: the engine, the protocol, and the current time */
struct look_health {
	const struct engine *engine;
	bool is_udp;
	int64_t now;
};

/** look_server_is_failing() - are others tried first; a server_is_failing_fn with a struct look_health */
bool look_server_is_failing(const void *health, const struct server *server);

/** look_drained() - the servers that are drained */
const struct drain_list *look_drained(const struct engine *engine);

/** look_tallies() - @count tallies, used or not; the first one is of all services together, others are in no order */
const struct tally *look_tallies(const struct engine *engine, size_t *count);

/**
 * look_tally() - what is counted of a service, or of a server of it
 * @listed: one of those that @service lists; NULL: of the service
 *
 * Return: NULL if it is not counted by itself
 */
const struct tally *look_tally(const struct engine *engine, const struct service *service, const struct server *listed);

#endif

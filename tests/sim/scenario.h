/* SPDX-License-Identifier: ISC */
/* scenario.h - everything about one run that is decided beforehand from the seed */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "app.h"
#include "content.h"
#include "draw.h"
#include "host.h"
#include "nat46/engine.h"

#define PLANS_MAX 8u
#define HOSTS_MAX 6u		/* servers */
#define CLIENTS_MAX 3u
#define SERVICES_MAX 3u
#define RULES_MAX 9u
#define SET_MAX 3u		/* servers of one rule */

/**
 * struct server_plan - a server and how it behaves
 * @answer, @later: what it says to SYNs before and after @changes_at (NEVER: it does not change)
 * @slowness: how long it thinks before it answers a SYN
 */
struct server_plan {
	struct address address;
	enum host_answer answer;
	enum host_answer later;
	int64_t changes_at;
	int64_t slowness;
	struct tcp_profile profile;
};

/**
 * struct plan - one connection
 * @after: it starts after this connection has ended, with its addresses and ports; PLANS_MAX: none
 * @pause: how long after
 * @service, @client: numbers of the service and the client
 * @servers: bit mask of the servers that its first bytes choose; 0: refused
 * @late_servers: those that part of its first bytes or the service's "to" may choose when time is up
 * @certain: nothing but the network can keep it from being served
 * @answer: alert or status that it is certainly refused with; 0: it is not certain
 */
struct plan {
	unsigned after;
	int64_t pause;
	int64_t start;
	unsigned service;
	unsigned client;
	uint16_t port;
	uint32_t iss;
	struct tcp_profile profile;
	struct content content;
	struct talk talk[2];
	uint32_t servers;
	uint32_t late_servers;
	bool certain;
	uint32_t answer;
};

/**
 * struct scenario - one run; not to be copied: the configuration points into it
 * @clear: no path loses, duplicates, reorders or damages anything
 * @crowded: refusals are to be expected: the limits are tight, or a server is drained
 * @drained_at, @drained: when and which; NEVER: none
 * @attacks: forged packets
 * @flood: forged SYNs to services without rules
 * @forgetful: idle connections are forgotten soon
 * @ip_options: some IPv4 packets have options, and some come with a source route before they come without
 * @check: call engine_check() after every event
 * @paths: client to engine, engine to client, engine to server, server to engine
 */
struct scenario {
	enum weather weather;
	bool clear;
	bool crowded;
	int64_t drained_at;
	size_t drained;
	bool forgetful;
	bool ip_options;
	unsigned attacks;
	unsigned flood;
	bool check;
	struct link_profile paths[4];
	size_t server_count;
	struct server_plan servers[HOSTS_MAX];
	struct address client_ipv4[CLIENTS_MAX];
	struct address client_ipv6[CLIENTS_MAX];
	size_t plan_count;
	struct plan plans[PLANS_MAX];

	struct engine_config config;
	struct address_mapping mapping;
	uint32_t slots[EAM_SLOTS(1)];
	struct service services[SERVICES_MAX];
	struct rule rules[SERVICES_MAX][RULES_MAX];
	struct server listed[HOSTS_MAX];
	struct server sets[SERVICES_MAX][RULES_MAX + 1][SET_MAX];
};

/** scenario_draw() - decide everything; @scenario is zero */
void scenario_draw(struct rng *rng, struct scenario *scenario);

/** scenario_address() - the address that clients of a service call */
struct address scenario_address(const struct scenario *scenario, unsigned service);

/** scenario_is_answerable() - may the engine refuse connection @plan in words */
bool scenario_is_answerable(const struct scenario *scenario, const struct plan *plan);

/** scenario_print() - the parameters, for whoever looks at a violation */
void scenario_print(const struct scenario *scenario);

#endif

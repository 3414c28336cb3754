/* SPDX-License-Identifier: ISC */
/* scenario.c - draw a network, a configuration and connections; say what ought to happen to them */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_LIMIT 200000u
#define ADDRESS 0xc000020au	/* of services with one, which also lies in the block of others */
#define BLOCK_BITS 3

/* The rules that services have some of. They are ranked here by hand, not by the core's rule_compare(). */
static const struct rule all_rules[RULES_MAX] = {
	{ .alpn = "acme-tls/1", .text = "alpn acme-tls/1" },
	{ .host = "www.example.org", .text = "host www.example.org" },
	{ .host = "mail.example.org", .text = "host mail.example.org" },
	{ .host = "shop.example", .wildcard = true, .text = "host *.shop.example" },
	{ .bytes = (const uint8_t *)"AB", .bytes_length = 2, .text = "bytes AB" },
	{ .bytes = (const uint8_t *)"A", .bytes_length = 1, .text = "bytes A" },
	{ .protocol = PROTOCOL_TLS, .text = "protocol tls" },
	{ .protocol = PROTOCOL_HTTP, .text = "protocol http" },
	{ .protocol = PROTOCOL_SSH, .text = "protocol ssh" },
};

bool scenario_is_answerable(const struct scenario *scenario, const struct plan *plan)
{
	const struct service *service = &scenario->services[plan->service];

	return service->refusal == REFUSE_ANSWER && service->rule_count > 0 &&
	       (plan->content.kind == CONTENT_TLS || plan->content.kind == CONTENT_HTTP);
}

static bool matches(const struct rule *rule, const struct content *content)
{
	if (rule->host && !content->host)
		return false;
	if (rule->host && rule->wildcard) {
		size_t tail = strlen(rule->host), length = strlen(content->host);

		return length > tail + 1 && content->host[length - tail - 1] == '.' &&
		       strcmp(content->host + length - tail, rule->host) == 0;
	}
	if (rule->host)
		return strcmp(rule->host, content->host) == 0;
	if (rule->alpn)
		return content->acme;
	if (rule->bytes)
		return content->length >= rule->bytes_length &&
		       memcmp(content->bytes, rule->bytes, rule->bytes_length) == 0;
	return (rule->protocol == PROTOCOL_TLS && content->kind == CONTENT_TLS) ||
	       (rule->protocol == PROTOCOL_HTTP && content->kind == CONTENT_HTTP) ||
	       (rule->protocol == PROTOCOL_SSH && content->kind == CONTENT_SSH);
}

/* Of a block, the one that is at the place of some server. */
static uint32_t called(const struct scenario *scenario, const struct service *service)
{
	if (service->host_bits == 0)
		return service->address;
	return service->address + 1 + service->port % (uint32_t)scenario->server_count;
}

struct address scenario_address(const struct scenario *scenario, unsigned service)
{
	uint32_t ipv4 = called(scenario, &scenario->services[service]);

	return (struct address){
		.byte = { (uint8_t)(ipv4 >> 24), (uint8_t)(ipv4 >> 16), (uint8_t)(ipv4 >> 8), (uint8_t)ipv4 },
	};
}

static uint32_t mask_of(const struct scenario *scenario, const struct service *service, const struct server_set *set)
{
	const struct call call = { .address = called(scenario, service) };
	uint32_t mask = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct server server = service_server(&set->servers[i], &call);

		for (size_t j = 0; j < scenario->server_count; j++)
			if (memcmp(server.address.byte, scenario->servers[j].address.byte, 16) == 0)
				mask |= 1u << j;
	}
	return mask;
}

/* The servers that ought to be chosen: the first in the order of all_rules[] that the service has and that matches. */
static uint32_t choose(const struct scenario *scenario, const struct service *service, const struct content *content)
{
	for (size_t i = 0; i < RULES_MAX && content->kind != CONTENT_NONE; i++)
		for (size_t j = 0; j < service->rule_count; j++)
			if (service->rules[j].text == all_rules[i].text && matches(&all_rules[i], content))
				return mask_of(scenario, service, &service->rules[j].servers);
	if (service->silent == SILENCE_REFUSE && content->kind == CONTENT_NONE)
		return 0;
	return mask_of(scenario, service, &service->fallback);
}

/* What may be chosen when time runs out before all first bytes are there: whatever a part of them matches. */
static uint32_t choose_late(const struct scenario *scenario, const struct service *service,
			    const struct content *content)
{
	uint32_t mask = mask_of(scenario, service, &service->fallback);

	if (service->silent == SILENCE_REFUSE && content->kind == CONTENT_NONE)
		return 0;
	for (size_t j = 0; j < service->rule_count; j++)
		if (matches(&service->rules[j], content))
			mask |= mask_of(scenario, service, &service->rules[j].servers);
	return mask;
}

static void draw_set(struct rng *rng, struct scenario *scenario, struct server *room, struct server_set *set)
{
	size_t first = rng_below(rng, (uint32_t)scenario->server_count);

	set->servers = room;
	set->count = rng_between(rng, 1, rng_chance(rng, 0.5) ? 1 : SET_MAX);
	if (set->count > scenario->server_count)
		set->count = scenario->server_count;
	for (size_t i = 0; i < set->count; i++) {
		size_t server = (first + i) % scenario->server_count;

		memcpy(room[i].address.byte, scenario->servers[server].address.byte, 16);
		room[i].port = rng_chance(rng, 0.5) ? 8080 : 0;
	}
}

/*
 * A service on a block, half of the time; then the server at the place of the address that is called is written as a
 * block. From what is drawn already.
 */
static void choose_block(struct scenario *scenario, unsigned number)
{
	struct service *service = &scenario->services[number];

	if (service->wait / (100 * MILLISECOND) % 4 < 2)
		return;
	service->host_bits = BLOCK_BITS;
	service->address = ADDRESS >> BLOCK_BITS << BLOCK_BITS;
	for (size_t i = 0; i <= RULES_MAX; i++) {
		for (size_t k = 0; k < SET_MAX; k++) {
			struct server *server = &scenario->sets[number][i][k];

			if (server->address.byte[15] != called(scenario, service) % (1u << BLOCK_BITS))
				continue;
			server->address.byte[15] = 0;
			server->host_bits = BLOCK_BITS;
		}
	}
}

static void draw_service(struct rng *rng, struct scenario *scenario, unsigned number)
{
	static const enum refusal refusals[] = {
		REFUSE_RESET, REFUSE_RESET, REFUSE_ANSWER, REFUSE_ANSWER, REFUSE_DROP,
	};
	struct service *service = &scenario->services[number];
	bool plain = rng_chance(rng, 0.15);

	*service = (struct service){
		.name = "service", .address = ADDRESS, .port = (uint16_t)(80 + number),
		.rules = scenario->rules[number], .wait = rng_between(rng, 2, 50) * 100 * MILLISECOND,
		.refusal = refusals[rng_below(rng, 5)], .line = 1,
	};
	for (size_t i = 0; i < RULES_MAX && !plain; i++) {
		if (!rng_chance(rng, 0.6) && !(i == RULES_MAX - 1 && service->rule_count == 0))
			continue;
		struct rule *rule = &scenario->rules[number][service->rule_count++];

		*rule = all_rules[i];
		draw_set(rng, scenario, scenario->sets[number][i], &rule->servers);
	}
	qsort(scenario->rules[number], service->rule_count, sizeof(struct rule), rule_compare);
	if (plain || rng_chance(rng, 0.75))
		draw_set(rng, scenario, scenario->sets[number][RULES_MAX], &service->fallback);
	/* half of the services have their servers counted one by one */
	if (number % 2 == 0)
		service->listed = (struct server_set){ scenario->listed, scenario->server_count };
	/* from what is drawn already */
	if (!plain && service->wait / (100 * MILLISECOND) % 2)
		service->silent = SILENCE_REFUSE;
	choose_block(scenario, number);
}

static void draw_servers(struct rng *rng, struct scenario *scenario)
{
	static const enum host_answer bad[] = { HOST_REFUSE, HOST_REFUSE, HOST_SILENT, HOST_UNREACHABLE };

	scenario->server_count = rng_between(rng, 1, HOSTS_MAX);
	for (size_t i = 0; i < scenario->server_count; i++) {
		struct server_plan *server = &scenario->servers[i];

		server->address = (struct address){ .is_ipv6 = true, .byte = { 0x20, 0x01, 0x0d, 0xb8, 0, 1 } };
		server->address.byte[15] = (uint8_t)(i + 1);
		memcpy(scenario->listed[i].address.byte, server->address.byte, 16);
		server->answer = rng_chance(rng, 0.88) ? HOST_ACCEPT : bad[rng_below(rng, 4)];
		server->later = rng_chance(rng, 0.5) ? HOST_ACCEPT : bad[rng_below(rng, 4)];
		server->changes_at = rng_chance(rng, 0.1) ? rng_size(rng, 8000) * MILLISECOND : NEVER;
		server->slowness = rng_chance(rng, 0.1) ? rng_size(rng, 12000) * MILLISECOND : 0;
		draw_stack(rng, scenario->paths[3].mtu == 1280 && rng_chance(rng, 0.5) ? 1280 : 1500,
			   &server->profile);
		server->profile.expect_ts = true;
		server->profile.exact_ts = scenario->clear && !server->slowness;
	}
}

static void draw_clients(struct scenario *scenario)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct address *ipv4 = &scenario->client_ipv4[i], *ipv6 = &scenario->client_ipv6[i];

		*ipv4 = (struct address){ .byte = { 10, 0, 0, (uint8_t)(3 + i) } };
		*ipv6 = (struct address){ .is_ipv6 = true, .byte = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46 } };
		memcpy(ipv6->byte + 12, ipv4->byte, 4);
	}
	/* the first one has an explicit mapping: 2001:db8::3 */
	scenario->client_ipv6[0] = (struct address){ .is_ipv6 = true, .byte = { 0x20, 0x01, 0x0d, 0xb8 } };
	scenario->client_ipv6[0].byte[15] = 3;
	scenario->mapping.ipv4 = (struct ipv4_prefix){ 0x0a000003, 32 };
	scenario->mapping.ipv6.length = 128;
	memcpy(scenario->mapping.ipv6.address.byte, scenario->client_ipv6[0].byte, 16);
}

static void draw_config(struct rng *rng, struct scenario *scenario)
{
	static const uint8_t shift[] = { 7, 7, 7, 0, 3, 10, 14 };
	static const uint8_t prefix[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46 };
	struct engine_config *config = &scenario->config;

	scenario->crowded = rng_chance(rng, 0.06);
	*config = (struct engine_config){
		.plan = { .prefix.length = 96, .mappings = &scenario->mapping, .client_count = 1, .count = 1,
			  .index = eam_index_make(&scenario->mapping, 1, scenario->slots) },
		.services = scenario->services,
		.service_count = rng_between(rng, 1, SERVICES_MAX),
		.router_ipv4 = rng_chance(rng, 0.5) ? 0xc0000201 : 0,
		.lowest_ipv6_mtu = 1280,
		.copy_tos = true,
		.clamp_mss = true,
		.mtu = rng_chance(rng, 0.8) ? 1500 : 1400,
		.tcp = { .window_scale = shift[rng_below(rng, 7)], .sack = rng_chance(rng, 0.9),
			 .timestamps = rng_chance(rng, 0.9), .mss = rng_chance(rng, 0.8) ? 0 : 1300 },
		.timeouts = { .connect = 10 * SECOND, .tcp = 7440 * SECOND, .tcp_transitory = 240 * SECOND,
			      .silent = 60 * SECOND },
		.limits = { .flows = 64, .flows_address = 64, .flows_network = 64, .waiting = 32,
			    .waiting_address = 32, .waiting_network = 32,
			    .buffer = 32768, .buffers = 32 * 32768 , .fragments = 65536},
	};
	config->tcp.ecn = scenario->servers[0].profile.ts_offset >> 13 & 1;
	scenario->ip_options = scenario->servers[0].profile.ts_offset >> 14 & 1;
	config->keepalive = scenario->servers[0].profile.ts_offset >> 17 & 1;
	scenario->forgetful = rng_chance(rng, 0.05);
	if (scenario->forgetful) {
		config->timeouts.connect = rng_between(rng, 1, 10) * SECOND;
		config->timeouts.tcp = rng_between(rng, 1, 100) * SECOND;
		config->timeouts.tcp_transitory = rng_between(rng, 1, 30) * SECOND;
	}
	memcpy(config->plan.prefix.address.byte, prefix, sizeof(prefix));
	scenario->drained_at = NEVER;
	if (scenario->crowded && scenario->servers[0].profile.ts_offset >> 20 & 1) {
		scenario->drained_at = (scenario->servers[0].profile.ts_offset & 0xfff) * MILLISECOND;
		scenario->drained = scenario->servers[0].profile.ts_offset % scenario->server_count;
	} else if (scenario->crowded) {
		config->limits.flows = rng_between(rng, 1, 4);
		config->limits.waiting = rng_between(rng, 1, 2);
	}
	for (unsigned i = 0; i < config->service_count; i++)
		draw_service(rng, scenario, i);
	qsort(scenario->services, config->service_count, sizeof(struct service), service_compare);
}

static void draw_paths(struct rng *rng, struct scenario *scenario)
{
	static const uint32_t mtu4[] = { 1500, 1500, 1500, 1400, 1280, 1006, 576 };
	uint32_t client_mtu = mtu4[rng_below(rng, 7)], server_mtu = rng_chance(rng, 0.7) ? 1500 : 1280;

	scenario->weather = draw_weather(rng);
	for (unsigned i = 0; i < 4; i++) {
		draw_link(rng, scenario->weather, i < 2 ? client_mtu : server_mtu, &scenario->paths[i]);
		scenario->paths[i].offload = i == 0 || i == 3;
	}
	scenario->clear = scenario->weather == WEATHER_CLEAR;
}

/* Says the client all that it has to say in time: at once, or in pieces that follow each other soon enough. */
static bool is_frank(const struct scenario *scenario, const struct plan *plan)
{
	const struct talk *talk = &plan->talk[CLIENT];
	int64_t wait = scenario->services[plan->service].wait;

	if (talk->write_chunk && talk->write_chunk < plan->content.length &&
	    (talk->write_pause > wait / 2 || plan->content.length / talk->write_chunk * talk->write_pause > 8 * wait))
		return false;
	return plan->content.whole && plan->content.length <= scenario->config.limits.buffer;
}

/* May only the network keep it from being served: all candidates accept, or say no at once. */
static bool is_certain(const struct scenario *scenario, const struct plan *plan, bool plain)
{
	bool any = false;

	for (size_t i = 0; i < scenario->server_count; i++) {
		const struct server_plan *server = &scenario->servers[i];

		if (!(plan->servers & 1u << i))
			continue;
		if (server->answer == HOST_SILENT || (plain && server->answer != HOST_ACCEPT) ||
		    server->changes_at != NEVER || server->slowness)
			return false;
		any = any || server->answer == HOST_ACCEPT;
	}
	return any && is_frank(scenario, plan) && !scenario->crowded && !scenario->forgetful;
}

static bool has_names(const struct service *service)
{
	for (size_t i = 0; i < service->rule_count; i++)
		if (!service->rules[i].bytes)
			return true;
	return false;
}

/* The alert or status that a connection is certainly refused with, or 0. */
static uint32_t certain_answer(const struct scenario *scenario, const struct plan *plan)
{
	bool is_tls = plan->content.kind == CONTENT_TLS;

	if (!scenario_is_answerable(scenario, plan) || !is_frank(scenario, plan) || scenario->crowded ||
	    scenario->forgetful)
		return 0;
	/* a piece may be enough to refuse, and too little to know the protocol; rules about bytes never ask for it */
	if (plan->profile.first_chunk || plan->content.length > 400 ||
	    !has_names(&scenario->services[plan->service]))
		return 0;
	for (size_t i = 0; i < scenario->server_count; i++) {
		const struct server_plan *server = &scenario->servers[i];

		if (plan->servers & 1u << i &&
		    (server->answer != HOST_REFUSE || server->changes_at != NEVER || server->slowness))
			return 0;
	}
	if (plan->servers == 0)
		return is_tls ? 112 : 421;
	return is_tls ? 80 : 503;
}

/*
 * A client that repeats other bytes than those that it sent before. What it asks for is then only known if nothing
 * is lost, and which copy came first only if the engine keeps it.
 */
static void draw_lies(struct rng *rng, const struct scenario *scenario, struct plan *plan)
{
	plan->profile.contradicts = rng_chance(rng, 0.12) && plan->profile.first_chunk == 0 &&
				    plan->talk[CLIENT].write_chunk == 0 && !scenario->forgetful && !scenario->crowded &&
				    scenario->services[plan->service].refusal != REFUSE_DROP;
	if (plan->profile.contradicts && (!scenario->clear || plan->profile.mtu > scenario->paths[0].mtu))
		plan->content.whole = false;
}

static void draw_plan(struct rng *rng, struct scenario *scenario, unsigned number)
{
	struct plan *plan = &scenario->plans[number];

	plan->after = PLANS_MAX;
	plan->start = rng_between(rng, 0, 3000) * MILLISECOND;
	plan->service = rng_below(rng, (uint32_t)scenario->config.service_count);
	plan->client = rng_below(rng, CLIENTS_MAX);
	/* few ports: one client port often talks to two services at once */
	plan->port = (uint16_t)(40000 + number / 2);
	plan->iss = (uint32_t)rng_next(rng);
	draw_stack(rng, scenario->paths[0].mtu < 1400 && rng_chance(rng, 0.5) ? scenario->paths[0].mtu : 1500,
		   &plan->profile);
	for (unsigned i = 0; i < number; i++) {
		const struct plan *other = &scenario->plans[i];

		if (other->port != plan->port || other->client != plan->client || other->service != plan->service)
			continue;
		static const int64_t pauses[] = { 0, 1, 30 };

		plan->after = i;
		plan->pause = pauses[rng_below(rng, 3)] * SECOND;
		plan->iss = other->iss + (1u << 24) + rng_below(rng, 1u << 20);
		plan->profile = other->profile;
	}
	content_draw(rng, &plan->content);
	const struct service *service = &scenario->services[plan->service];

	bool plain = service->rule_count == 0;

	draw_talks(rng, plan->content.length, BYTES_LIMIT, plan->content.kind == CONTENT_NONE, &plan->talk[CLIENT],
		   &plan->talk[SERVER]);
	plan->profile.first_length = plan->content.length;
	plan->profile.first_chunk = rng_chance(rng, 0.3) ? 1 + plan->content.length / rng_between(rng, 1, 300) : 0;
	plan->profile.exact_ts = scenario->clear && !scenario->forgetful;
	plan->profile.expect_ts = true;
	draw_lies(rng, scenario, plan);
	plan->servers = choose(scenario, service, &plan->content);
	plan->late_servers = choose_late(scenario, service, &plan->content);
	plan->certain = is_certain(scenario, plan, plain);
	plan->answer = certain_answer(scenario, plan);
}

/*
 * A flood, sometimes. From what is drawn already, so that a seed without one stays what it was. The limits are such
 * that a SYN that waits among so many has more than a second.
 */
static void choose_flood(struct scenario *scenario)
{
	struct engine_limits *limits = &scenario->config.limits;

	if (scenario->attacks == 0 || scenario->attacks % 3 != 0 || scenario->crowded || scenario->forgetful)
		return;
	scenario->flood = 1000;
	limits->flows = 96;
	limits->waiting = limits->waiting_address = limits->waiting_network = 64;
}

void scenario_draw(struct rng *rng, struct scenario *scenario)
{
	draw_paths(rng, scenario);
	draw_clients(scenario);
	draw_servers(rng, scenario);
	draw_config(rng, scenario);
	/* a connection that is asked too soon has not fallen silent: what it sends next may have been sent already */
	for (size_t i = 0; i < scenario->server_count; i++)
		scenario->servers[i].profile.exact_ts &= !scenario->forgetful;
	scenario->check = rng_chance(rng, 0.125);
	scenario->attacks = rng_chance(rng, 0.2) ? rng_between(rng, 1, 60) : 0;
	choose_flood(scenario);
	scenario->plan_count = rng_between(rng, 1, PLANS_MAX);
	for (unsigned i = 0; i < scenario->plan_count; i++)
		draw_plan(rng, scenario, i);
}

static void print_stack(const struct tcp_profile *stack)
{
	printf("ts=%d sack=%d scale=%d ecn=%d shift=%u mss=%u mtu=%u buffer=%u super=%d partial=%d keepalive=%lld ms",
	       stack->timestamps, stack->sack, stack->scale, stack->ecn, stack->shift, stack->mss, stack->mtu,
	       stack->receive_buffer, stack->super_packets, stack->partial,
	       (long long)(stack->keepalive / MILLISECOND));
}

static void print_plan(const struct scenario *scenario, unsigned number)
{
	const struct plan *plan = &scenario->plans[number];

	printf("  connection %u: client %u port %u service %u", number, plan->client, plan->port,
	       scenario->services[plan->service].port);
	if (plan->after < PLANS_MAX)
		printf(" after connection %u", plan->after);
	printf(" content kind %d host %s length %u%s servers %#x late %#x%s\n    ", plan->content.kind,
	       plan->content.host ? plan->content.host : "-", plan->content.length,
	       plan->content.whole ? "" : " cut off", plan->servers, plan->late_servers,
	       plan->certain ? " certain" : "");
	if (plan->answer)
		printf("refused with %u ", plan->answer);
	print_stack(&plan->profile);
	printf(" first_chunk=%u%s\n", plan->profile.first_chunk, plan->profile.contradicts ? " contradicts" : "");
	for (int which = CLIENT; which <= SERVER; which++) {
		const struct talk *talk = &plan->talk[which];

		printf("    %s: length %u start_after %u close %d abort %lld ms%s\n", which ? "server" : "client",
		       talk->length, talk->start_after, talk->close_when,
		       talk->abort_at == NEVER ? -1 : (long long)(talk->abort_at / MILLISECOND),
		       talk->vanish ? " (vanishes)" : "");
	}
}

void scenario_print(const struct scenario *scenario)
{
	const struct engine_config *config = &scenario->config;

	printf("  weather %d, engine mtu %u shift %u sack %d ts %d ecn %d mss %u%s\n", scenario->weather, config->mtu,
	       config->tcp.window_scale, config->tcp.sack, config->tcp.timestamps, config->tcp.ecn, config->tcp.mss,
	       scenario->crowded ? ", crowded" : "");
	if (scenario->drained_at != NEVER)
		printf("  server %zu is drained at %lld ms\n", scenario->drained,
		       (long long)(scenario->drained_at / MILLISECOND));
	if (scenario->attacks)
		printf("  %u forged packets\n", scenario->attacks);
	if (scenario->ip_options)
		printf("  IPv4 options\n");
	if (scenario->flood)
		printf("  %u forged SYNs to services without rules\n", scenario->flood);
	if (scenario->forgetful)
		printf("  forgets after %lld s, transitory %lld s, connect %lld s\n",
		       (long long)(config->timeouts.tcp / SECOND),
		       (long long)(config->timeouts.tcp_transitory / SECOND),
		       (long long)(config->timeouts.connect / SECOND));
	for (unsigned i = 0; i < 4; i++) {
		const struct link_profile *path = &scenario->paths[i];

		printf("  path %u: delay %lld us jitter %lld us loss %.3f dup %.3f late %.3f corrupt %.3f mark %.3f "
		       "mtu %u%s\n", i,
		       (long long)(path->delay / MICROSECOND), (long long)(path->jitter / MICROSECOND), path->loss,
		       path->duplicate, path->late, path->corrupt, path->mark, path->mtu,
		       path->keep_order ? " fifo" : "");
	}
	for (size_t i = 0; i < scenario->server_count; i++) {
		const struct server_plan *server = &scenario->servers[i];

		printf("  server %zu: answer %d ", i, server->answer);
		if (server->changes_at != NEVER)
			printf("then %d after %lld ms ", server->later, (long long)(server->changes_at / MILLISECOND));
		if (server->slowness)
			printf("slowly in %lld ms ", (long long)(server->slowness / MILLISECOND));
		print_stack(&scenario->servers[i].profile);
		printf("\n");
	}
	for (size_t i = 0; i < config->service_count; i++) {
		printf("  service %u%s: wait %lld ms refusal %d rules:", config->services[i].port,
		       config->services[i].host_bits > 0 ? " on a block" : "",
		       (long long)(config->services[i].wait / MILLISECOND), config->services[i].refusal);
		for (size_t j = 0; j < config->services[i].rule_count; j++)
			printf(" [%s: %#x]", config->services[i].rules[j].text,
			       mask_of(scenario, &config->services[i], &config->services[i].rules[j].servers));
		printf(" to %#x\n", mask_of(scenario, &config->services[i], &config->services[i].fallback));
	}
	for (unsigned i = 0; i < scenario->plan_count; i++)
		print_plan(scenario, i);
}

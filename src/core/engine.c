/* SPDX-License-Identifier: ISC */
/*
 * engine.c - one packet in, a verdict and packets out; the only entry point of the core
 *
 * Whose packet is it: of a client to an address of ours, of a server to the IPv6 address of a client, or
 * neither. base/engine_state.h shows where it goes from here.
 */
#include "nat46/engine.h"

#include <assert.h>

#include "core/base/engine_state.h"
#include "core/base/flows.h"
#include "core/base/half_open.h"
#include "core/base/icmp_error.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/ip/gather.h"
#include "core/ip/icmp.h"
#include "core/ip/map.h"
#include "core/ip/udp.h"
#include "core/tcp/tcp.h"

static_assert(sizeof(struct half_open) * HALF_OPEN_MAX <= 65536, "half-open records are few and small");

/** align() - sizes of the parts of an engine keep the next part aligned for any type */
static size_t align(size_t size)
{
	return (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

/**
 * struct layout - sizes of the parts of an engine, in the order in which they lie in memory
 */
struct layout {
	size_t engine;
	size_t flows;
	size_t index;
	size_t pending;
	size_t half_open;
	size_t timers;
	size_t chunks;
	size_t links;
	size_t flow_addresses;
	size_t flow_networks;
	size_t addresses;
	size_t networks;
	size_t buffer_sources;
	size_t opening;
	size_t servers;
	size_t tallies;
	size_t of_flow;
	size_t rules;
	size_t fragments;
	uint32_t chunk_count;
};

static bool limits_are_valid(const struct engine_limits *l)
{
	return l->flows >= 1 && l->flows <= FLOWS_MAX && l->waiting >= 1 && l->waiting <= 1u << 20 &&
	       l->flows_address >= 1 && l->flows_network >= 1 && l->waiting_address >= 1 && l->waiting_network >= 1 &&
	       l->buffer >= 1 && l->buffer <= BUFFER_MAX && l->buffers >= l->buffer &&
	       l->buffers <= UINT64_C(1) << 40 && l->fragments <= UINT64_C(1) << 30;
}

static struct layout layout_of(const struct engine_limits *l)
{
	uint32_t chunks = (uint32_t)((l->buffers + BUFFER_CHUNK - 1) / BUFFER_CHUNK);

	return (struct layout){
		.engine = align(sizeof(struct engine)),
		.flows = align(l->flows * sizeof(struct flow)),
		.index = align(flow_table_slots(l->flows) * sizeof(uint32_t)),
		.pending = align(l->waiting * sizeof(struct pending)),
		.half_open = align(HALF_OPEN_MAX * sizeof(struct half_open)),
		.timers = align((l->waiting + HALF_OPEN_MAX) * sizeof(struct timer_node)),
		.chunks = align((size_t)chunks * BUFFER_CHUNK),
		.links = align(chunks * sizeof(uint32_t)),
		.servers = align(sizeof(struct server_table)),
		.tallies = align(sizeof(struct tally_table)),
		.of_flow = align(l->flows * sizeof(uint16_t)),
		.rules = align(l->flows * sizeof(uint32_t)),
		.flow_addresses = align(source_limit_memory(l->flows, l->flows_address)),
		.flow_networks = align(source_limit_memory(l->flows, l->flows_network)),
		.addresses = align(source_limit_memory(l->waiting, l->waiting_address)),
		.networks = align(source_limit_memory(l->waiting, l->waiting_network)),
		.buffer_sources = align(source_limit_memory(l->waiting, 1)),
		.opening = align(source_queue_memory(l->waiting)),
		.fragments = align(reassembly_memory(l->fragments)),
		.chunk_count = chunks,
	};
}

size_t engine_memory(const struct engine_limits *limits)
{
	struct layout l;

	if (!limits_are_valid(limits))
		return 0;
	l = layout_of(limits);
	return l.engine + l.flows + 2 * l.index + l.pending + l.half_open + l.timers + l.chunks + l.links +
	       FLOW_PROTOCOLS * (l.flow_addresses + l.flow_networks + l.opening) + l.addresses + l.networks +
	       2 * l.buffer_sources + l.servers + l.tallies + l.of_flow + l.rules + l.fragments;
}

/** carve() - the next @size bytes of the engine's memory */
static void *carve(uint8_t **next, size_t size)
{
	void *part = *next;

	*next += size;
	return part;
}

/** create_limits() - what is counted by client */
static void create_limits(struct engine *e, const struct layout *l, uint8_t **next, const struct siphash_key *key)
{
	const struct engine_limits *most = &e->config->limits;

	for (uint32_t i = 0; i < FLOW_PROTOCOLS; i++) {
		source_limit_init(&e->flow_addresses[i], carve(next, l->flow_addresses), most->flows,
				  most->flows_address, key);
		source_limit_init(&e->flow_networks[i], carve(next, l->flow_networks), most->flows,
				  most->flows_network, key);
		source_queue_init(&e->opening[i], carve(next, l->opening), most->waiting, key);
	}
	source_limit_init(&e->addresses, carve(next, l->addresses), most->waiting, most->waiting_address, key);
	source_limit_init(&e->networks, carve(next, l->networks), most->waiting, most->waiting_network, key);
	source_limit_init(&e->buffer_addresses, carve(next, l->buffer_sources), most->waiting, 1, key);
	source_limit_init(&e->buffer_networks, carve(next, l->buffer_sources), most->waiting, 1, key);
}

struct engine *engine_create(void *memory, const struct engine_config *config, const struct engine_hooks *hooks,
			     int64_t now)
{
	const struct engine_limits *limits = &config->limits;
	struct layout l = layout_of(limits);
	struct engine *e = memory;
	uint8_t *next = (uint8_t *)memory + l.engine;
	struct siphash_key table_key;
	struct flow *flows;
	uint32_t *index4, *index6;
	struct half_open *half_open;
	struct timer_node *timers;
	uint8_t *chunks;

	NAT46_ASSERT(limits_are_valid(limits) && now > 0);
	e->hooks = *hooks;
	e->config = config;
	e->now = now;
	hooks->random(hooks->context, &e->key, sizeof(e->key));
	hooks->random(hooks->context, &table_key, sizeof(table_key));
	flows = carve(&next, l.flows);
	index4 = carve(&next, l.index);
	index6 = carve(&next, l.index);
	create_limits(e, &l, &next, &table_key);
	flow_table_init(&e->flows, flows, index4, index6, limits->flows, e->flow_addresses, e->flow_networks,
			&table_key);
	e->pending = carve(&next, l.pending);
	e->pending_capacity = limits->waiting;
	half_open = carve(&next, l.half_open);
	timers = carve(&next, l.timers);
	timer_wheel_init(&e->timers, timers, limits->waiting + HALF_OPEN_MAX, now);
	half_open_init(e, half_open);
	chunks = carve(&next, l.chunks);
	buffer_pool_init(&e->buffers, chunks, carve(&next, l.links), l.chunk_count);
	rate_limit_init(&e->resets, &e->key, 1);
	rate_limit_init(&e->challenges, &e->key, 2);
	rate_limit_init(&e->errors, &e->key, 3);
	rate_limit_init(&e->orphans, &e->key, 4);
	rate_limit_init(&e->too_big, &e->key, 5);
	reassembly_init(&e->fragments, carve(&next, l.fragments), limits->fragments, &table_key);
	e->servers = carve(&next, l.servers);
	e->servers->key = table_key;
	e->tallies = carve(&next, l.tallies);
	tally_init(e->tallies, carve(&next, l.of_flow), &table_key);
	e->rules = carve(&next, l.rules);
	tally_configure(e->tallies, config->services, config->service_count);
	return e;
}

void engine_configure(struct engine *engine, const struct engine_config *config)
{
	engine->config = config;
	tally_configure(engine->tallies, config->services, config->service_count);
}

bool engine_drain(struct engine *engine, const struct server *server)
{
	return drain_add(&engine->drained, server);
}

bool engine_undrain(struct engine *engine, const struct server *server)
{
	return drain_remove(&engine->drained, server);
}

void engine_trace(struct engine *engine, void (*trace)(void *context, const struct trace *trace))
{
	engine->hooks.trace = trace;
}

static bool is_own_ipv4(const struct engine *e, uint32_t address)
{
	return service_owns(e->config, address) ||
	       (e->config->router_ipv4 != 0 && e->config->router_ipv4 == address);
}

static bool is_own_ipv6(const struct engine *e, const struct ipv6_address *address)
{
	return e->config->has_router_ipv6 && ipv6_equal(address, &e->config->router_ipv6);
}

/** host_of(), address_of() - a mapped host by its IPv4 address, and the reverse; the router's address is no host's */
static bool host_of(const struct engine *e, uint32_t address, struct ipv6_address *host)
{
	return address != e->config->router_ipv4 && address_plan_map_4to6(&e->config->plan, address, host);
}

static bool address_of(const struct engine *e, const struct ipv6_address *host, uint32_t *address)
{
	return address_plan_map_6to4(&e->config->plan, host, address) && *address != e->config->router_ipv4;
}

/** may_come_from_ipv4() - is a packet of no known connection from an IPv4 host; false: drop with @why */
static bool may_come_from_ipv4(const struct engine *e, const struct packet *p, bool is_mapped, enum drop *why)
{
	struct ipv6_address sender;

	*why = DROP_MULTICAST;
	if (p->destination4 >> 28 == 0xe)
		return false;
	/* what goes to or comes from a mapped host comes back to us (RFC 7757 4.2.1) */
	*why = DROP_BAD_SOURCE;
	if (!ipv4_is_host(p->source4))
		return false;
	if (is_own_ipv4(e, p->source4) && !is_mapped && !host_of(e, p->source4, &sender))
		return false;
	/* an error may be about a connection that has outlived its service */
	*why = DROP_NOT_OURS;
	if (!is_mapped && !is_own_ipv4(e, p->destination4) && !icmp_is_error(p))
		return false;
	*why = DROP_NOT_GLOBAL;
	return p->protocol == IP_PROTOCOL_ICMP || !address_plan_refuses(&e->config->plan, p->source4);
}

/** from_client(), from_server() - a packet of TCP or UDP for a service, or of its server */
static enum verdict from_client(struct engine *e, struct flow *flow, struct input *in)
{
	return in->packet.protocol == IP_PROTOCOL_UDP ? udp_from_client(e, flow, in) : tcp_from_client(e, flow, in);
}

static enum verdict from_server(struct engine *e, struct flow *flow, struct input *in)
{
	return in->packet.protocol == IP_PROTOCOL_UDP ? udp_from_server(e, flow, in) : tcp_from_server(e, flow, in);
}

/** is_for_service() - a packet for a service, or for an address that is for nothing else, of a protocol of services */
static bool is_for_service(const struct engine *e, const struct packet *p, bool is_mapped)
{
	bool is_udp = p->protocol == IP_PROTOCOL_UDP;

	return (is_udp || p->protocol == IP_PROTOCOL_TCP) && !p->is_fragment &&
	       (!is_mapped || service_find(e->config, is_udp, p->destination4, p->destination_port));
}

/** from_ipv4() - a packet of no known connection: for a service, for a map, for ourselves, in this order */
static enum verdict from_ipv4(struct engine *e, struct input *in)
{
	const struct packet *p = &in->packet;
	struct flow *flow = NULL;
	struct ipv6_address host;
	bool is_mapped = host_of(e, p->destination4, &host);
	enum verdict verdict;
	enum drop why;

	if (!may_come_from_ipv4(e, p, is_mapped, &why))
		return verdict_drop(e, in, why);
	if (p->source_route)
		return icmp_source_route(e, in);
	if (p->is_fragment &&
	    (!is_mapped || p->protocol == IP_PROTOCOL_ICMP || service_owns(e->config, p->destination4))) {
		if (!gather(e, in, &verdict))
			return verdict;
		flow = flow_find(e, p);
	}
	if (p->protocol == IP_PROTOCOL_ICMP)
		return icmp4_input(e, in, is_mapped ? &host : NULL);
	if (is_for_service(e, p, is_mapped))
		return from_client(e, flow, in);
	return is_mapped ? map_to_ipv6(e, in, &host) : icmp_unreachable(e, in);
}

/** may_come_from_ipv6() - the same of an IPv6 host */
static bool may_come_from_ipv6(const struct engine *e, const struct packet *p, enum drop *why)
{
	uint32_t client;

	*why = DROP_MULTICAST;
	if (ipv6_is_multicast(&p->destination6) || ipv6_is_link_local(&p->source6) ||
	    ipv6_is_link_local(&p->destination6))
		return false;
	/* clients live behind us: whoever claims to be one on this side is not (RFC 6146 3.5) */
	*why = DROP_BAD_SOURCE;
	return ipv6_is_host(&p->source6) && !is_own_ipv6(e, &p->source6) &&
	       !address_plan_6to4(&e->config->plan, &p->source6, &client);
}

/** to_ipv6_router() - a packet to our own IPv6 address */
static enum verdict to_ipv6_router(struct engine *e, struct input *in)
{
	const struct packet *p = &in->packet;
	enum verdict verdict;

	if (p->is_fragment && !gather(e, in, &verdict))
		return verdict;
	if (p->protocol == IP_PROTOCOL_ICMPV6)
		return icmp6_own(e, in);
	return p->protocol == IP_PROTOCOL_TCP ? tcp_from_server(e, NULL, in) : icmp_unreachable(e, in);
}

/** is_gathered() - may a fragment be of a server of a service, or is it of ICMP: is it not of a map alone */
static bool is_gathered(const struct engine *e, const struct packet *p, bool is_mapped)
{
	if (!is_mapped || p->protocol == IP_PROTOCOL_ICMPV6)
		return true;
	return (p->protocol == IP_PROTOCOL_TCP || p->protocol == IP_PROTOCOL_UDP) &&
	       service_is_server(e->config, &p->source6);
}

/** from_ipv6() - a packet of no known connection: an error, of a map, or of a server, in this order */
static enum verdict from_ipv6(struct engine *e, struct input *in)
{
	const struct packet *p = &in->packet;
	struct flow *flow = NULL;
	uint32_t address, destination;
	enum verdict verdict;
	bool is_mapped;
	enum drop why;

	if (!may_come_from_ipv6(e, p, &why))
		return verdict_drop(e, in, why);
	if (is_own_ipv6(e, &p->destination6))
		return to_ipv6_router(e, in);
	is_mapped = address_of(e, &p->source6, &address);
	if (!address_plan_6to4(&e->config->plan, &p->destination6, &destination)) {
		if (icmp_is_error(p))
			return icmp6_input(e, in, NULL, NULL);
		return verdict_drop(e, in, is_mapped ? DROP_NO_CLIENT : DROP_NOT_OURS);
	}
	if (!ipv4_is_host(destination))
		return verdict_drop(e, in, DROP_BAD_DESTINATION);
	if (address_plan_refuses(&e->config->plan, destination))
		return verdict_drop(e, in, DROP_NOT_GLOBAL);
	if (p->segments_left)
		return icmp_segments_left(e, in);
	if (p->is_fragment && is_gathered(e, p, is_mapped)) {
		if (!gather(e, in, &verdict))
			return verdict;
		flow = flow_find(e, p);
	}
	if (flow)
		return from_server(e, flow, in);
	if (p->protocol == IP_PROTOCOL_ICMPV6)
		return icmp6_input(e, in, is_mapped ? &address : NULL, &destination);
	if (is_mapped)
		return map_to_ipv4(e, in, address, destination);
	if (p->protocol == IP_PROTOCOL_TCP || p->protocol == IP_PROTOCOL_UDP)
		return from_server(e, NULL, in);
	return icmp_no_map(e, in);
}

/**
 * dispatch() - hand a packet to whoever it is for
 *
 * The addresses of a segment of a known connection were accepted when the flow was made. A source route is refused
 * also there: what it asks for cannot be done in IPv6 (RFC 7915 4.1).
 */
static enum verdict dispatch(struct engine *e, struct input *in)
{
	const struct packet *p = &in->packet;
	struct flow *flow = flow_find(e, p);

	if (!flow)
		return p->is_ipv6 ? from_ipv6(e, in) : from_ipv4(e, in);
	if (p->source_route)
		return icmp_source_route(e, in);
	return p->is_ipv6 ? from_server(e, flow, in) : from_client(e, flow, in);
}

enum verdict engine_input(struct engine *engine, struct frame *frame, int64_t now)
{
	struct input in = { .frame = frame };
	enum verdict verdict;
	enum drop why;

	engine->now = now;
	engine->counters.received++;
	if (packet_parse(frame, &in.packet, &why)) {
		if (!engine->config->copy_tos)
			in.packet.traffic_class = 0;
		verdict = dispatch(engine, &in);
	} else {
		verdict = verdict_drop(engine, &in, why);
	}
	engine->counters.verdicts[verdict]++;
	return verdict;
}

int64_t engine_timers(struct engine *engine, int64_t now)
{
	int64_t next;
	uint32_t id;

	engine->now = now;
	while (timer_wheel_expire(&engine->timers, now, &id))
		tcp_timer(engine, id);
	if (engine->sweep_due != 0 && engine->sweep_due <= now)
		tcp_sweep(engine);
	next = timer_wheel_next(&engine->timers);
	if (engine->sweep_due != 0 && engine->sweep_due < next)
		next = engine->sweep_due;
	return next;
}

const struct counters *engine_counters(const struct engine *engine)
{
	return &engine->counters;
}

uint32_t engine_flows(const struct engine *engine, enum flow_kind kind)
{
	const uint32_t *states = engine->flows.states[kind == FLOWS_UDP];

	switch (kind) {
	case FLOWS_WAITING:
		return states[TCP_STATE_WAITING] + states[TCP_STATE_ANSWERING] + states[TCP_STATE_SILENT];
	case FLOWS_CONNECTING:
		return states[TCP_STATE_CONNECTING] + states[TCP_STATE_OPENING];
	case FLOWS_ESTABLISHED:
		return states[TCP_STATE_ESTABLISHED] + states[TCP_STATE_PROBED];
	case FLOWS_CLOSING:
		return states[TCP_STATE_CLIENT_FIN] + states[TCP_STATE_SERVER_FIN] + states[TCP_STATE_CLOSING] +
		       states[TCP_STATE_CLOSED] + states[TCP_STATE_RESET] + states[TCP_STATE_REFUSED];
	case FLOWS_UDP:
		return states[TCP_STATE_OPENING] + states[TCP_STATE_ESTABLISHED];
	case FLOWS_KIND_COUNT:
		break;
	}
	return 0;
}

/** check_counters() - the conservation law of counters.h */
static const char *check_counters(const struct counters *c)
{
	uint64_t verdicts = 0, drops = 0;

	for (int i = 0; i < VERDICT_COUNT; i++)
		verdicts += c->verdicts[i];
	for (int i = 0; i < DROP_COUNT; i++)
		drops += c->drops[i];
	if (verdicts != c->received)
		return "counters: a packet without a verdict";
	return drops == c->verdicts[VERDICT_DROPPED] ? NULL : "counters: a drop without a reason";
}

const char *engine_check(const struct engine *engine)
{
	const struct counters *c = &engine->counters;
	const char *error = flow_table_check(&engine->flows);

	if (!error)
		error = timer_wheel_check(&engine->timers);
	if (!error)
		error = pending_check(engine);
	if (!error)
		error = flows_check(engine);
	if (!error)
		error = tally_check(engine->tallies);
	if (!error)
		error = reassembly_check(&engine->fragments);
	if (!error)
		error = check_counters(c);
	if (!error && c->events[EVENT_FLOW_OPENED] - c->events[EVENT_FLOW_CLOSED] != engine->flows.used)
		error = "counters: flows opened and closed do not match the table";
	return error;
}

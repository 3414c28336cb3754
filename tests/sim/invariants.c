/* SPDX-License-Identifier: ISC */
/* invariants.c - the watchers */
#include "invariants.h"

#include <string.h>

#include "nat46/engine.h"
#include "translation.h"
#include "world.h"

/* Bytes to a client that has not proven its address, per byte from it: a SYN/ACK and three repetitions. */
#define AMPLIFICATION_MAX 6u

/* Packets that one packet or timer may cause: a whole buffer in the smallest segments, once per connection. */
#define BURST_MAX (PLANS_MAX * (32768u / 400u))

/* IPv4 packets up to this size come from IPv6 without DF, so that paths below 1280 work (RFC 7915 5.1). */
#define DF_CLEAR_MAX 1260u

/* Time stamps that a segment gets for a server that has none do not count for that. */
#define STAMPS 12u

/* IPv6 and TCP header without options: what an MSS does not count. */
#define HEADERS 60u

/* More than a connection sends, less than the distance of two that follow each other. */
#define STREAM_MAX (1u << 24)

/* A client's stream up to this length has at most 16 segments, and so at most eight holes. */
#define TERSE_MAX 8000u

/* A connection may reach its fallback that much before the end of `wait`. */
#define WAIT_TOLERANCE (20 * MILLISECOND)

#define FLAGS_ECN (FLAG_ECE | FLAG_CWR)

static struct offer offer_of(const struct packet *packet)
{
	uint8_t ecn = packet->flags & FLAG_ACK ? FLAG_ECE : FLAGS_ECN;

	return (struct offer){
		.seen = true, .scale = packet->has_scale, .sack = packet->sack_permitted, .ts = packet->has_ts,
		.ecn = (packet->flags & FLAGS_ECN) == ecn, .shift = packet->scale, .seq = packet->seq,
		.mss = packet->has_mss ? packet->mss : 536,
	};
}

/* Without rules the handshake goes end to end, with whatever options it has. */
bool invariants_is_plain(const struct world *world, unsigned plan)
{
	return world->scenario.services[world->scenario.plans[plan].service].rule_count == 0;
}

/*
 * Are the options of this connection an affair of the hosts alone: nothing is rewritten, and with forged SYNs and RSTs
 * segments of one handshake meet the state of another.
 */
static bool is_theirs(const struct world *world, unsigned plan)
{
	return plan < PLANS_MAX && invariants_is_plain(world, plan) && world->scenario.attacks;
}

static void check_offer(struct world *world, const char *what, const struct packet *packet, const struct offer *limit,
			bool plain)
{
	if (packet->odd_options && !plain)
		world_fail(world, "options", "%s has an option that is not on the whitelist", what);
	if ((packet->has_scale && !limit->scale) || (packet->sack_permitted && !limit->sack) ||
	    (packet->has_ts && !limit->ts))
		world_fail(world, "options", "%s offers an option that the peer did not offer", what);
	if (packet->flags & FLAGS_ECN && !(offer_of(packet).ecn && limit->ecn) && !plain)
		world_fail(world, "options", "%s negotiates ECN, which nobody offered", what);
}

/* Nothing of ECN reaches a host that has not agreed to it. */
static void check_ecn(struct world *world, const char *what, const struct packet *packet, const struct offer *agreed)
{
	/* no checksum covers the traffic class of IPv6 */
	bool damaged = !packet->source.is_ipv6 && world->scenario.paths[3].corrupt > 0;

	/* in a full table a copy of the first data may have opened the connection again */
	if (!agreed->ecn && !world->scenario.crowded &&
	    (packet->flags & FLAGS_ECN || (packet->traffic_class & 3 && !damaged)))
		world_fail(world, "ecn", "%s has flags %#x and traffic class %#x without ECN", what, packet->flags,
			   packet->traffic_class);
}

static void check_segment(struct world *world, const char *what, const struct packet *packet,
			  const struct offer *agreed)
{
	if (packet->odd_options || packet->has_mss || packet->has_scale || packet->sack_permitted)
		world_fail(world, "options", "%s has an option that belongs to a SYN or nowhere", what);
	if (packet->has_ts && !agreed->ts)
		world_fail(world, "options", "%s has time stamps, which were not agreed on", what);
	if (packet->sack_count && !agreed->sack)
		world_fail(world, "options", "%s has SACK blocks, which were not agreed on", what);
	check_ecn(world, what, packet, agreed);
}

/*
 * The started connection of a client's address and port to a service, in whose sequence space @number lies.
 * Of those that use the same addresses and ports one after the other, the newest if none fits.
 */
static unsigned find_plan(const struct world *world, const struct address *client, uint16_t port,
			  const struct address *service, uint16_t service_port, uint32_t number)
{
	const struct scenario *scenario = &world->scenario;
	unsigned newest = PLANS_MAX;

	for (unsigned i = (unsigned)scenario->plan_count; i-- > 0;) {
		const struct plan *plan = &scenario->plans[i];
		const struct address called = scenario_address(scenario, plan->service);

		if (!world->connection[i].side[CLIENT].tcp || plan->port != port ||
		    scenario->services[plan->service].port != service_port || !address_equal(service, &called) ||
		    !address_equal(client, &scenario->client_ipv4[plan->client]))
			continue;
		if (number - plan->iss < STREAM_MAX)
			return i;
		if (newest == PLANS_MAX)
			newest = i;
	}
	return newest;
}

/* The connection of the client's segment that was the input, or PLANS_MAX. */
static unsigned input_plan(const struct world *world)
{
	const struct packet *in = world->input;

	if (!in || in->kind != PACKET_TCP || in->source.is_ipv6)
		return PLANS_MAX;
	return find_plan(world, &in->source, in->source_port, &in->destination, in->destination_port, in->seq + 1);
}

/* The newest binding with these addresses and ports in whose client's sequence space @number lies, else the newest. */
static struct binding *find_binding(struct world *world, const struct address *client, uint16_t port,
				    const struct address *server, uint16_t server_port, uint32_t number)
{
	struct invariants *invariants = &world->invariants;
	struct binding *newest = NULL;

	for (size_t i = invariants->binding_count; i-- > 0;) {
		struct binding *binding = &invariants->binding[i];

		if (binding->source_port != port || binding->destination_port != server_port ||
		    !address_equal(&binding->source, client) || !address_equal(&binding->destination, server))
			continue;
		if (number - world->scenario.plans[binding->plan].iss < STREAM_MAX)
			return binding;
		if (!newest)
			newest = binding;
	}
	return newest;
}

struct binding *invariants_holder(struct world *world, const struct address *client, uint16_t port,
				  const struct address *server, uint16_t server_port)
{
	struct invariants *invariants = &world->invariants;

	for (size_t i = invariants->binding_count; i-- > 0;) {
		struct binding *binding = &invariants->binding[i];

		if (binding->source_port == port && binding->destination_port == server_port &&
		    address_equal(&binding->source, client) && address_equal(&binding->destination, server))
			return binding;
	}
	return NULL;
}

void invariants_start(struct world *world, unsigned plan)
{
	world->invariants.watch[plan] = (struct watch){ .handshaken_at = NEVER, .fin = UINT32_MAX };
}

/* The connection has ended; its client may begin again, with other words. */
static void forget(struct watch *watch)
{
	memset(watch->known, 0, sizeof(watch->known));
	watch->fin = UINT32_MAX;
	watch->shown = 0;
	watch->chosen = false;
	watch->inspected = 0;
}

/* How many first bytes are known without a hole. */
static uint32_t known_bytes(const struct watch *watch)
{
	uint32_t end = 0;

	while (end < COPY_MAX && watch->known[end])
		end++;
	return end;
}

/* A server was chosen, by all that is known without a hole. */
static void choose(struct watch *watch)
{
	if (watch->chosen)
		return;
	watch->chosen = true;
	watch->inspected = known_bytes(watch);
}

static void input_from_client(struct world *world, const struct packet *packet, size_t length)
{
	unsigned number = find_plan(world, &packet->source, packet->source_port, &packet->destination,
				    packet->destination_port, packet->seq + 1);

	if (number == PLANS_MAX) {
		/* else it answers the question about one that it does not have */
		if (!(packet->flags & FLAG_RST))
			world_fail(world, "simulator", "a client's packet that belongs to no connection");
		return;
	}
	struct watch *watch = &world->invariants.watch[number];
	uint32_t iss = world->scenario.plans[number].iss;
	uint32_t end = packet->seq + (uint32_t)packet->payload_length + !!(packet->flags & FLAG_FIN) - iss - 1;

	if (packet->flags & FLAG_SYN && packet->seq == iss)
		watch->offered = offer_of(packet);
	else if (end < STREAM_MAX && end > watch->sent)
		watch->sent = end;
	watch->ecn_offered = watch->ecn_offered || watch->offered.ecn;
	if (watch->handshaken_at != NEVER)
		return;
	watch->bytes_in += length;
	if (packet->flags & FLAG_ACK && packet->seq - iss <= 65536)
		watch->handshaken_at = world->queue.now;
}

static void input_from_server(struct world *world, const struct packet *packet)
{
	struct binding *binding = find_binding(world, &packet->destination, packet->destination_port,
					       &packet->source, packet->source_port, packet->ack);

	if (!binding)
		return;		/* the answer to something older */
	struct watch *watch = &world->invariants.watch[binding->plan];
	uint32_t acked = packet->ack - world->scenario.plans[binding->plan].iss - 1;

	if (!(packet->flags & (FLAG_SYN | FLAG_RST)))
		binding->spoken = true;
	if (packet->flags & FLAG_RST && binding->answered.seen) {
		forget(watch);		/* what still goes there matters to nobody */
		binding->reset = true;
	}
	if (!(packet->flags & FLAG_ACK) || acked >= STREAM_MAX)
		return;
	/* a server that has lost its memory may give a late SYN another answer: the client goes by the first */
	if (packet->flags & FLAG_SYN && acked == 0 && !binding->answered.seen)
		binding->answered = offer_of(packet);
	bool scaled = binding->answered.scale && binding->offered.scale && !(packet->flags & FLAG_SYN);
	uint32_t edge = acked + ((uint32_t)packet->window << (scaled ? binding->answered.shift : 0));

	if (edge > binding->edge && !(packet->flags & FLAG_RST))
		binding->edge = edge;
	if (acked > watch->server_acked)
		watch->server_acked = acked;
}

void invariants_input(struct world *world, const struct packet *packet, size_t length)
{
	if (packet->kind != PACKET_TCP)
		return;
	if (packet->source.is_ipv6)
		input_from_server(world, packet);
	else
		input_from_client(world, packet, length);
}

/* Does a client say its first words in few pieces: of many, the engine keeps only some. */
static bool is_terse(const struct plan *plan)
{
	return plan->profile.first_chunk == 0 && plan->talk[CLIENT].write_chunk == 0 &&
	       plan->talk[CLIENT].length <= TERSE_MAX;
}

/* A server was connected: whatever is known by now and fits its window is sent at once, and so is the FIN. */
static void check_flush(struct world *world, const struct packet *syn_ack)
{
	const struct binding *binding = invariants_holder(world, &syn_ack->destination, syn_ack->destination_port,
							  &syn_ack->source, syn_ack->source_port);

	if (!binding || !binding->accepted || !is_terse(&world->scenario.plans[binding->plan]))
		return;
	/* refused in silence, and begun again: nobody can see that */
	if (world->scenario.services[world->scenario.plans[binding->plan].service].refusal == REFUSE_DROP)
		return;
	const struct watch *watch = &world->invariants.watch[binding->plan];
	uint32_t end = known_bytes(watch);

	if (end > binding->edge)
		end = binding->edge;
	else if (end == watch->fin)
		end++;
	if (binding->sent < end)
		world_fail(world, "flush", "connection %u: %u bytes are known, %u were sent", binding->plan, end,
			   binding->sent);
}

void invariants_taken(struct world *world, const struct packet *packet)
{
	if (packet->kind != PACKET_TCP)
		return;
	if (packet->source.is_ipv6 && (packet->flags & (FLAG_SYN | FLAG_ACK)) == (FLAG_SYN | FLAG_ACK))
		check_flush(world, packet);
	if (packet->source.is_ipv6 || packet->flags & FLAG_SYN)
		return;
	unsigned number = find_plan(world, &packet->source, packet->source_port, &packet->destination,
				    packet->destination_port, packet->seq + 1);

	if (number == PLANS_MAX)
		return;
	struct watch *watch = &world->invariants.watch[number];

	uint32_t start = packet->seq - world->scenario.plans[number].iss - 1;

	if (packet->flags & FLAG_RST) {
		forget(watch);
		return;
	}
	if (start < STREAM_MAX && start + packet->payload_length > watch->shown)
		watch->shown = start + (uint32_t)packet->payload_length;
	if (packet->flags & FLAG_FIN)
		watch->fin = start + (uint32_t)packet->payload_length;
	for (size_t i = 0; i < packet->payload_length; i++) {
		uint32_t at = start + (uint32_t)i;

		if (at >= COPY_MAX || watch->known[at])
			continue;
		watch->known[at] = true;
		watch->copy[at] = packet->payload[i];
	}
}

/* A server that repeats its SYN/ACK has not got our acknowledgement, and says nothing until it has. */
void invariants_dropped(struct world *world, const struct packet *packet)
{
	const struct binding *binding;

	if (packet->kind != PACKET_TCP || !packet->source.is_ipv6 ||
	    (packet->flags & (FLAG_SYN | FLAG_ACK)) != (FLAG_SYN | FLAG_ACK))
		return;
	binding = invariants_holder(world, &packet->destination, packet->destination_port, &packet->source,
				    packet->source_port);
	if (binding && binding->accepted && !binding->spoken && !binding->reset && !binding->usurped &&
	    !invariants_is_plain(world, binding->plan) && packet->seq == binding->answered.seq &&
	    packet->ack == world->scenario.plans[binding->plan].iss + 1)
		world_fail(world, "liveness", "connection %u: its server waits in vain for an acknowledgement",
			   binding->plan);
}

/* Is a segment to a client what a server has sent, and not the engine's own: before the splice all are. */
static bool is_from_server(struct world *world, const struct packet *packet)
{
	const struct packet *input = world->input;

	if (!input || input->kind != PACKET_TCP || !input->source.is_ipv6 ||
	    (input->flags ^ packet->flags) & (uint8_t)~FLAGS_ECN || input->payload_length != packet->payload_length)
		return false;
	const struct binding *binding = invariants_holder(world, &input->destination, input->destination_port,
							  &input->source, input->source_port);

	return binding && (binding->answered.seen || invariants_is_plain(world, binding->plan));
}

/* What the engine says in its own words to a client, or to end a connection. */
static void own_words(struct world *world, unsigned number, const struct packet *packet)
{
	struct watch *watch = &world->invariants.watch[number];
	const struct plan *plan = &world->scenario.plans[number];
	bool is_passed = is_from_server(world, packet);

	if (packet->flags & FLAG_RST && !is_passed) {
		watch->refused = true;
		watch->crossed = watch->crossed || watch->words == 0;
		forget(watch);
		watch->answered = false;
	}
	if (is_passed || (!packet->payload_length && !(packet->flags & FLAG_FIN)) || packet->flags & FLAG_SYN)
		return;
	if (!scenario_is_answerable(&world->scenario, plan))
		world_fail(world, "cause", "connection %u: the client gets data that no server has sent", number);
	if (watch->server_acked)
		world_fail(world, "cause", "connection %u: refused in words after a server got its bytes", number);
	watch->answered = true;
	watch->words += packet->payload_length > 0;
}

/*
 * Does a segment to a client belong to the handshake that the client went on with? Without rules a server may answer
 * that got an earlier SYN, while another one has the connection.
 */
static bool is_by_promise(const struct world *world, unsigned number, const struct packet *packet)
{
	const struct offer *promised = &world->invariants.watch[number].promised;

	return !invariants_is_plain(world, number) || (promised->seen && packet->seq - promised->seq < STREAM_MAX);
}

/* Is a byte of a client known, or in the segment that is being answered. */
static bool is_kept(const struct world *world, unsigned number, uint32_t at)
{
	const struct packet *input = world->input;

	if (world->invariants.watch[number].known[at])
		return true;
	return input && input->kind == PACKET_TCP && !input->source.is_ipv6 && !(input->flags & FLAG_SYN) &&
	       at - (input->seq - world->scenario.plans[number].iss - 1) < input->payload_length;
}

/* The client is told that its bytes up to @acked have arrived: at a server, or in the buffer of the engine. */
static void check_acknowledged(struct world *world, unsigned number, uint32_t acked)
{
	struct watch *watch = &world->invariants.watch[number];
	uint32_t kept = 0;

	/* who refuses in words is the end point, and stays it when a stranger gets a RST meanwhile */
	if (acked <= watch->server_acked || (watch->words && acked <= watch->sent))
		return;
	while (kept < COPY_MAX && is_kept(world, number, kept))
		kept++;
	if (acked > kept && acked > watch->vouched)
		world_fail(world, "acknowledgement",
			   "connection %u: %u bytes acknowledged to the client, %u by the server, %u kept", number,
			   acked, watch->server_acked, kept);
	else if (acked > watch->vouched)
		watch->vouched = acked;
}

/* A forged segment makes the engine say to the real client where it stands: that holds all the same. */
static void provoked(struct world *world, const struct packet *packet)
{
	unsigned number = find_plan(world, &packet->destination, packet->destination_port, &packet->source,
				    packet->source_port, packet->ack);

	if (number == PLANS_MAX)
		return;
	uint32_t acked = packet->ack - world->scenario.plans[number].iss - 1;

	if (acked < STREAM_MAX)
		check_acknowledged(world, number, acked);
}

/*
 * Does a server say this about another connection than @number: its addresses and ports were those of one to another
 * service, until a forged SYN took them. Their numbers may be close by chance.
 */
static bool is_about_another(struct world *world, unsigned number)
{
	const struct packet *input = world->input;
	const struct binding *binding;

	if (!input || input->kind != PACKET_TCP || !input->source.is_ipv6)
		return false;
	binding = invariants_holder(world, &input->destination, input->destination_port, &input->source,
				    input->source_port);
	return binding && binding->usurped && binding->plan != number;
}

static void output_to_client(struct world *world, const struct packet *packet, size_t length)
{
	unsigned number = find_plan(world, &packet->destination, packet->destination_port, &packet->source,
				    packet->source_port, packet->ack);

	if (number == PLANS_MAX) {
		world_fail(world, "cause", "a segment to a client that never asked");
		return;
	}
	struct watch *watch = &world->invariants.watch[number];
	uint32_t acked = packet->ack - world->scenario.plans[number].iss - 1;

	/* the answer to a forged SYN, repeated, or to an older one: its client will not have it */
	if (packet->flags & FLAG_SYN && acked && (world->scenario.attacks || invariants_is_plain(world, number)))
		return;
	if (packet->flags & FLAG_SYN) {
		if (!is_theirs(world, number))
			check_offer(world, "SYN/ACK to the client", packet, &watch->offered,
				    invariants_is_plain(world, number));
		/* what comes later answers a late copy of the SYN, and the client has gone on with an earlier one */
		if (watch->handshaken_at == NEVER)
			watch->promised = offer_of(packet);
	} else if (!(packet->flags & FLAG_RST) && is_by_promise(world, number, packet) && !is_theirs(world, number)) {
		struct offer agreed = watch->promised;

		/* as to the server: a late segment of a connection that had the port to the same server before */
		if (packet->seq + 1 - agreed.seq >= STREAM_MAX)
			agreed.ecn = true;
		check_segment(world, "segment to the client", packet, &agreed);
	}
	own_words(world, number, packet);
	if (packet->flags & FLAG_ACK && acked < STREAM_MAX && !is_about_another(world, number))
		check_acknowledged(world, number, acked);
	if (watch->handshaken_at == NEVER && packet->flags & FLAG_ACK && !invariants_is_plain(world, number)) {
		watch->bytes_out += length;
		if (watch->bytes_out > AMPLIFICATION_MAX * watch->bytes_in)
			world_fail(world, "amplification", "connection %u: %llu bytes for %llu", number,
				   (unsigned long long)watch->bytes_out, (unsigned long long)watch->bytes_in);
	}
}

/* The started connection that a SYN to a server is for: the engine repeats the client's own sequence number. */
static unsigned find_by_iss(const struct world *world, const struct packet *syn)
{
	const struct scenario *scenario = &world->scenario;

	for (unsigned i = 0; i < scenario->plan_count; i++)
		if (world->connection[i].side[CLIENT].tcp && scenario->plans[i].iss == syn->seq &&
		    address_equal(&syn->source, &scenario->client_ipv6[scenario->plans[i].client]))
			return i;
	return PLANS_MAX;
}

/* A client that is known to have sent what did not come does not say nothing: what is missing may name a server. */
static bool is_missing(const struct world *world, unsigned number)
{
	const struct watch *watch = &world->invariants.watch[number];
	uint32_t limit = world->scenario.config.limits.buffer, known = known_bytes(watch);

	/* refused in silence, the record of that made room for another, and begun again: nobody can see that */
	if (world->scenario.crowded &&
	    world->scenario.services[world->scenario.plans[number].service].refusal == REFUSE_DROP)
		return false;
	return known < limit && known < COPY_MAX && known < watch->shown;
}

/* With its first byte TLS or HTTP has begun: where a rule asks for it, a part of it leads nowhere. */
static bool has_begun(const struct watch *watch, const struct service *service, enum content_kind kind)
{
	uint32_t known = watch->chosen ? watch->inspected : known_bytes(watch);

	for (size_t i = 0; i < service->rule_count && known > 0; i++) {
		const struct rule *rule = &service->rules[i];

		if (kind == CONTENT_TLS && (rule->host || rule->alpn || rule->protocol == PROTOCOL_TLS))
			return true;
		if (kind == CONTENT_HTTP && (rule->host || rule->protocol == PROTOCOL_HTTP))
			return true;
	}
	return false;
}

static void check_choice(struct world *world, unsigned number, const struct packet *syn)
{
	const struct plan *plan = &world->scenario.plans[number];
	const struct watch *watch = &world->invariants.watch[number];
	const struct service *service = &world->scenario.services[plan->service];
	uint32_t server = syn->destination.byte[15] - 1u;
	/* what came since the choice does not change it: the SYN is repeated, or goes to the next server */
	bool late = watch->handshaken_at != NEVER && (watch->chosen || !is_missing(world, number)) &&
		    !has_begun(watch, service, plan->content.kind) &&
		    world->queue.now >= watch->handshaken_at + service->wait - WAIT_TOLERANCE;

	if (!plan->content.whole || plan->servers & 1u << server)
		return;
	if (late && plan->late_servers & 1u << server)
		return;
	world_fail(world, "choice", "connection %u goes to server %u, allowed are %#x%s", number, server, plan->servers,
		   late ? " and what is left when time is up" : "");
}

/* Another server is tried, or the same again, only as long as no byte has been sent to one. */
static void check_first(struct world *world, unsigned number)
{
	const struct invariants *invariants = &world->invariants;

	if (invariants_is_plain(world, number))
		return;
	if (invariants->watch[number].answered)
		world_fail(world, "choice", "connection %u was refused in words and goes to a server", number);
	/* the record of one that is over made room for another: the last thing that a full table does */
	if (world->scenario.crowded)
		return;
	for (size_t i = 0; i < invariants->binding_count; i++)
		if (invariants->binding[i].plan == number && invariants->binding[i].flushed)
			world_fail(world, "choice", "connection %u is opened again after bytes were sent", number);
}

/* A server that is drained gets no SYN of a connection for which it was not asked before. */
static void check_drained(struct world *world, unsigned number, const struct packet *syn)
{
	const struct invariants *invariants = &world->invariants;

	if (!world->has_drained || syn->destination.byte[15] - 1u != world->scenario.drained)
		return;
	for (size_t i = 0; i < invariants->binding_count; i++)
		if (invariants->binding[i].plan == number &&
		    address_equal(&invariants->binding[i].destination, &syn->destination))
			return;
	world_fail(world, "drain", "connection %u goes to server %zu, which is drained", number,
		   world->scenario.drained);
}

static void syn_to_server(struct world *world, const struct packet *packet)
{
	struct invariants *invariants = &world->invariants;
	unsigned number = find_by_iss(world, packet);

	if (number == PLANS_MAX) {
		world_fail(world, "cause", "a SYN to a server that no client has sent");
		return;
	}
	struct offer limit = invariants->watch[number].offered;

	limit.ecn = invariants->watch[number].ecn_offered;
	check_offer(world, "SYN to the server", packet, &limit, invariants_is_plain(world, number));
	check_choice(world, number, packet);
	check_first(world, number);
	choose(&invariants->watch[number]);
	struct binding *binding = invariants_holder(world, &packet->source, packet->source_port,
						    &packet->destination, packet->destination_port);

	if (binding && binding->plan == number && !binding->answered.seen) {
		binding->offered = offer_of(packet);
		return;
	}
	check_drained(world, number, packet);
	if (invariants->binding_count == BINDINGS_MAX) {
		world_fail(world, "amplification", "more than %u connections to servers", BINDINGS_MAX);
		return;
	}
	invariants->binding[invariants->binding_count++] = (struct binding){
		.plan = number, .offered = offer_of(packet), .source = packet->source,
		.destination = packet->destination, .source_port = packet->source_port,
		.destination_port = packet->destination_port,
	};
}

/* What goes to a server of a client's stream: what came first, and as much as there is room for. */
static void check_stream(struct world *world, struct binding *binding, const struct packet *packet)
{
	const struct watch *watch = &world->invariants.watch[binding->plan];
	uint32_t start = packet->seq - world->scenario.plans[binding->plan].iss - 1;
	uint32_t end = start + (uint32_t)packet->payload_length;
	bool is_passed = world->input && !world->input->source.is_ipv6;

	if (packet->payload_length || packet->flags & FLAG_FIN)
		binding->flushed = true;
	binding->accepted = true;
	if (!is_passed && start > binding->sent && start < COPY_MAX && watch->known[binding->sent] &&
	    is_terse(&world->scenario.plans[binding->plan]))
		world_fail(world, "flush", "connection %u: bytes %u to %u were left out", binding->plan, binding->sent,
			   start);
	if (end < STREAM_MAX && end + !!(packet->flags & FLAG_FIN) > binding->sent)
		binding->sent = end + !!(packet->flags & FLAG_FIN);
	/* one byte more is the probe of a closed window */
	if (!is_passed && packet->payload_length && end > binding->edge && end != watch->server_acked + 1)
		world_fail(world, "window", "bytes up to %u flushed, there was room up to %u", end, binding->edge);
	for (size_t i = 0; i < packet->payload_length; i++) {
		uint32_t at = start + (uint32_t)i;

		if (at < watch->inspected && at >= watch->server_acked && watch->known[at] &&
		    watch->copy[at] != packet->payload[i]) {
			world_fail(world, "copy", "connection %u: byte %u to the server is not the one that came first",
				   binding->plan, at);
			return;
		}
	}
}

/* As long as a server has not acknowledged what was inspected, nothing of it may be urgent, or be taken out of it. */
static void check_urgent(struct world *world, const struct packet *packet)
{
	const struct binding *binding;

	if (packet->kind != PACKET_TCP || !packet->source.is_ipv6 || !(packet->flags & FLAG_URG))
		return;
	binding = find_binding(world, &packet->source, packet->source_port, &packet->destination,
			       packet->destination_port, packet->seq + 1);
	if (!binding || binding->reset || binding->usurped || invariants_is_plain(world, binding->plan))
		return;
	const struct watch *watch = &world->invariants.watch[binding->plan];
	uint32_t at = packet->seq - world->scenario.plans[binding->plan].iss - 2 + packet->urgent;

	if (at < watch->inspected && at >= watch->server_acked && watch->known[at])
		world_fail(world, "urgent", "connection %u: byte %u is made urgent on its way to the server",
			   binding->plan, at);
}

static void output_to_server(struct world *world, const struct packet *packet, size_t length)
{
	struct binding *binding;

	if (packet->flags & FLAG_SYN) {
		syn_to_server(world, packet);
		return;
	}
	if (packet->flags & FLAG_RST)
		return;
	binding = find_binding(world, &packet->source, packet->source_port, &packet->destination,
			       packet->destination_port, packet->seq + 1);
	if (!binding) {
		if (!world->invariants.strays)
			world_fail(world, "cause", "a segment to a server that no SYN went to");
		return;
	}
	struct offer agreed = binding->answered;

	/* ECN of a late segment of another connection from the same port: its receiver drops it. Without rules the
	 * hosts agree on it, perhaps about an earlier SYN than the last. */
	if (packet->seq + 1 - world->scenario.plans[binding->plan].iss >= STREAM_MAX ||
	    invariants_is_plain(world, binding->plan))
		agreed.ecn = true;
	if ((binding->answered.seen || !invariants_is_plain(world, binding->plan)) &&
	    !is_theirs(world, binding->plan) && !is_theirs(world, input_plan(world)))
		check_segment(world, "segment to the server", packet, &agreed);
	if (!invariants_is_plain(world, binding->plan))
		check_stream(world, binding, packet);
	if (binding->answered.seen && !invariants_is_plain(world, binding->plan) && packet->payload_length &&
	    length > HEADERS + binding->answered.mss)
		world_fail(world, "mss", "%zu bytes to a server whose MSS is %u", length, binding->answered.mss);
}

static size_t segment_length(const struct frame *frame, const struct packet *packet)
{
	if (frame->offload.gso == GSO_NONE)
		return frame->length;
	return frame->length - packet->payload_length + frame->offload.segment_size;
}

static void check_fragmentation(struct world *world, const struct packet *packet, size_t length)
{
	bool stamped = packet->has_ts && !world->input->has_ts;

	if (stamped && length > DF_CLEAR_MAX && length <= DF_CLEAR_MAX + STAMPS)
		return;		/* depends on the SACK blocks that made room */
	if (packet->may_fragment != (length <= DF_CLEAR_MAX))
		world_fail(world, "mtu", "DF is wrong for segments of %zu bytes", length);
}

/*
 * A forged SYN takes the addresses and ports of a connection that is over: what is late of that is lost, and goes to
 * whatever server the SYN went to.
 */
static void usurp(struct world *world, const struct packet *syn)
{
	struct binding *binding = invariants_holder(world, &syn->source, syn->source_port, &syn->destination,
						    syn->destination_port);

	if (binding)
		binding->usurped = true;
	else
		world->invariants.strays = true;
}

/*
 * Is this the question to a client whose connection the engine does not know, but its server uses it? It goes to each
 * service that leads to the server, with numbers that need not fit anything.
 */
static bool is_question(struct world *world)
{
	uint64_t questions = engine_counters(world->engine)->events[EVENT_CLIENT_ASKED];
	bool one_more = questions != world->invariants.questions;

	world->invariants.questions = questions;
	return one_more;
}

void invariants_output(struct world *world, const struct frame *frame)
{
	bool question = is_question(world);
	struct packet packet;
	const char *error = wire_parse(frame->data, frame->length, &frame->offload, &packet);

	if (!error && packet.kind == PACKET_TCP && !packet.source.is_ipv6 && packet.flags & FLAG_RST)
		world->invariants.resets++;
	if (++world->invariants.burst > BURST_MAX)
		world_fail(world, "amplification", "more than %u packets at once", BURST_MAX);
	if (world->tainted)
		return;		/* what comes of damaged packets is checked by the receivers' checksums */
	if (!error)
		check_urgent(world, &packet);
	if (world->forged && !error) {
		if (packet.kind == PACKET_TCP && packet.flags == FLAG_SYN && packet.source.is_ipv6)
			usurp(world, &packet);
		/* what a server seems to have said is passed on as it is */
		if (packet.kind == PACKET_TCP && !packet.source.is_ipv6 && packet.flags == FLAG_ACK &&
		    !(world->input && world->input->source.is_ipv6))
			provoked(world, &packet);
		return;
	}
	if (error) {
		world_fail(world, "packet", "emitted packet: %s", error);
		return;
	}
	if (packet.kind == PACKET_TCP && !packet.source.is_ipv6 && world->input && world->input->source.is_ipv6 &&
	    packet.payload_length && packet.payload_length == world->input->payload_length)
		check_fragmentation(world, &packet, segment_length(frame, &packet));
	if (segment_length(frame, &packet) > world->scenario.config.mtu)
		world_fail(world, "mtu", "%zu bytes emitted, MTU %u", segment_length(frame, &packet),
			   world->scenario.config.mtu);
	if (packet.kind != PACKET_TCP)
		return;
	if (question) {
		if (packet.source.is_ipv6 || packet.flags != FLAG_ACK || packet.payload_length)
			world_fail(world, "cause", "a question to a client is more than an ACK");
		return;
	}
	translation_check(world, &packet);
	if (packet.source.is_ipv6)
		output_to_server(world, &packet, segment_length(frame, &packet));
	else
		output_to_client(world, &packet, frame->length);
}

void invariants_counters(struct world *world)
{
	const struct counters *counters = engine_counters(world->engine);
	uint64_t verdicts = 0, drops = 0;

	for (size_t i = 0; i < VERDICT_COUNT; i++)
		verdicts += counters->verdicts[i];
	for (size_t i = 0; i < DROP_COUNT; i++)
		drops += counters->drops[i];
	if (counters->received != world->inputs || counters->received != verdicts)
		world_fail(world, "conservation", "%llu packets in, %llu received, %llu verdicts",
			   (unsigned long long)world->inputs, (unsigned long long)counters->received,
			   (unsigned long long)verdicts);
	if (counters->verdicts[VERDICT_DROPPED] != drops)
		world_fail(world, "conservation", "%llu packets dropped, %llu with a reason",
			   (unsigned long long)counters->verdicts[VERDICT_DROPPED], (unsigned long long)drops);
	if (counters->emitted != world->emitted)
		world_fail(world, "conservation", "%llu packets emitted, %llu counted",
			   (unsigned long long)world->emitted, (unsigned long long)counters->emitted);
}

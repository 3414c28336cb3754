/* SPDX-License-Identifier: ISC */
/* invariants.c - the watchers */
#include "invariants.h"

#include <string.h>

#include "nat46/engine.h"
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

/* A connection may reach its fallback that much before the end of `wait`. */
#define WAIT_TOLERANCE (20 * MILLISECOND)

#define FLAGS_ECN (FLAG_ECE | FLAG_CWR)

static struct offer offer_of(const struct packet *packet)
{
	uint8_t ecn = packet->flags & FLAG_ACK ? FLAG_ECE : FLAGS_ECN;

	return (struct offer){
		.seen = true, .scale = packet->has_scale, .sack = packet->sack_permitted, .ts = packet->has_ts,
		.ecn = (packet->flags & FLAGS_ECN) == ecn,
		.mss = packet->has_mss ? packet->mss : 536,
	};
}

/* Without rules the handshake goes end to end, with whatever options it has. */
static bool is_plain(const struct world *world, unsigned plan)
{
	return world->scenario.services[world->scenario.plans[plan].service].rule_count == 0;
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

	if (!agreed->ecn && (packet->flags & FLAGS_ECN || (packet->traffic_class & 3 && !damaged)))
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

	if (memcmp(service->byte, "\xc0\x00\x02\x0a", 4) != 0)
		return PLANS_MAX;
	for (unsigned i = (unsigned)scenario->plan_count; i-- > 0;) {
		const struct plan *plan = &scenario->plans[i];

		if (!world->connection[i].side[CLIENT].tcp || plan->port != port ||
		    scenario->services[plan->service].port != service_port ||
		    !address_equal(client, &scenario->client_ipv4[plan->client]))
			continue;
		if (number - plan->iss < STREAM_MAX)
			return i;
		if (newest == PLANS_MAX)
			newest = i;
	}
	return newest;
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

/*
 * The newest binding with these addresses and ports. To it belong also late segments of an older connection:
 * nobody who only sees packets can tell them apart, and the hosts know what to think of them.
 */
static struct binding *find_holder(struct world *world, const struct address *client, uint16_t port,
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
	world->invariants.watch[plan] = (struct watch){ .handshaken_at = NEVER };
}

static void input_from_client(struct world *world, const struct packet *packet, size_t length)
{
	unsigned number = find_plan(world, &packet->source, packet->source_port, &packet->destination,
				    packet->destination_port, packet->seq + 1);

	if (number == PLANS_MAX) {
		world_fail(world, "simulator", "a client's packet that belongs to no connection");
		return;
	}
	struct watch *watch = &world->invariants.watch[number];
	uint32_t iss = world->scenario.plans[number].iss;

	if (packet->flags & FLAG_SYN && packet->seq == iss)
		watch->offered = offer_of(packet);
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

	if (packet->flags & FLAG_SYN)
		binding->answered = offer_of(packet);
	if (packet->flags & FLAG_ACK && acked < STREAM_MAX && acked > watch->server_acked)
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

/* The sequence numbers of a server are shifted by one constant for the life of a connection. */
static void check_delta(struct world *world, const struct packet *packet)
{
	const struct packet *input = world->input;

	if (!input || input->kind != PACKET_TCP || !input->source.is_ipv6 || packet->flags & (FLAG_SYN | FLAG_RST) ||
	    input->flags != packet->flags || input->payload_length != packet->payload_length)
		return;
	struct binding *binding = find_holder(world, &input->destination, input->destination_port, &input->source,
					      input->source_port);
	uint32_t delta = packet->seq - input->seq;

	if (!binding)
		return;
	if (binding->delta_known && binding->delta != delta)
		world_fail(world, "sequence", "the offset of sequence numbers changed from %u to %u", binding->delta,
			   delta);
	if (input->flags & FLAG_ACK && packet->ack != input->ack)
		world_fail(world, "sequence", "acknowledgement %u to the client, %u from the server", packet->ack,
			   input->ack);
	binding->delta_known = true;
	binding->delta = delta;
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

	if (packet->flags & FLAG_SYN) {
		check_offer(world, "SYN/ACK to the client", packet, &watch->offered, is_plain(world, number));
		watch->promised = offer_of(packet);
	} else if (!(packet->flags & FLAG_RST) && (watch->promised.seen || !is_plain(world, number))) {
		check_segment(world, "segment to the client", packet, &watch->promised);
	}
	if (packet->flags & FLAG_RST && !(world->input && world->input->flags & FLAG_RST))
		watch->refused = true;
	if (packet->flags & FLAG_ACK && acked < STREAM_MAX && acked > watch->server_acked)
		world_fail(world, "acknowledgement",
			   "connection %u: %u bytes acknowledged to the client, %u by the server", number, acked,
			   watch->server_acked);
	if (watch->handshaken_at == NEVER && packet->flags & FLAG_ACK && !is_plain(world, number)) {
		watch->bytes_out += length;
		if (watch->bytes_out > AMPLIFICATION_MAX * watch->bytes_in)
			world_fail(world, "amplification", "connection %u: %llu bytes for %llu", number,
				   (unsigned long long)watch->bytes_out, (unsigned long long)watch->bytes_in);
	}
	check_delta(world, packet);
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

static void check_choice(struct world *world, unsigned number, const struct packet *syn)
{
	const struct plan *plan = &world->scenario.plans[number];
	const struct watch *watch = &world->invariants.watch[number];
	const struct service *service = &world->scenario.services[plan->service];
	uint32_t server = syn->destination.byte[15] - 1u;
	bool late = watch->handshaken_at != NEVER &&
		    world->queue.now >= watch->handshaken_at + service->wait - WAIT_TOLERANCE;

	if (!plan->content.whole || plan->servers & 1u << server)
		return;
	if (late && plan->late_servers & 1u << server)
		return;
	world_fail(world, "choice", "connection %u goes to server %u, allowed are %#x%s", number, server, plan->servers,
		   late ? " and what is left when time is up" : "");
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
	check_offer(world, "SYN to the server", packet, &limit, is_plain(world, number));
	check_choice(world, number, packet);
	struct binding *binding = find_binding(world, &packet->source, packet->source_port, &packet->destination,
					       packet->destination_port, packet->seq);

	if (binding && binding->plan == number)
		return;
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
	if (!binding)
		world_fail(world, "cause", "a segment to a server that no SYN went to");
	else if (binding->answered.seen || !is_plain(world, binding->plan))
		check_segment(world, "segment to the server", packet, &binding->answered);
	if (binding && binding->answered.seen && !is_plain(world, binding->plan) && packet->payload_length &&
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

void invariants_output(struct world *world, const struct frame *frame)
{
	struct packet packet;
	const char *error = wire_parse(frame->data, frame->length, &frame->offload, &packet);

	if (++world->invariants.burst > BURST_MAX)
		world_fail(world, "amplification", "more than %u packets at once", BURST_MAX);
	if (world->tainted)
		return;		/* what comes of damaged packets is checked by the receivers' checksums */
	if (error) {
		world_fail(world, "packet", "emitted packet: %s", error);
		return;
	}
	if (packet.kind == PACKET_TCP && !packet.source.is_ipv6 && world->input && world->input->source.is_ipv6 &&
	    packet.payload_length)
		check_fragmentation(world, &packet, segment_length(frame, &packet));
	if (segment_length(frame, &packet) > world->scenario.config.mtu)
		world_fail(world, "mtu", "%zu bytes emitted, MTU %u", segment_length(frame, &packet),
			   world->scenario.config.mtu);
	if (packet.kind != PACKET_TCP)
		return;
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

/* What must have become of a connection. Where the network loses packets, only what TCP can promise. */
static void check_connection(struct world *world, unsigned number)
{
	const struct plan *plan = &world->scenario.plans[number];
	const struct side *client = &world->connection[number].side[CLIENT];
	const struct side *server = &world->connection[number].side[SERVER];
	bool clear = world->scenario.clear, aborted = client->aborted || server->aborted;
	bool bound = server->established && client->established;
	/* a client that has said nothing cannot notice that it was forgotten, or that the news was lost */
	bool silent = plan->content.kind == CONTENT_NONE &&
		      (!clear || world->scenario.crowded ||
		       world->scenario.services[plan->service].refusal == REFUSE_DROP);

	if (app_complete(&world->connection[number])) {
		world->complete++;
		return;
	}
	if (aborted && (client->ended || server->aborted))
		return;
	/* refused because the first data came too late, while its repetition connected: the client sees the end */
	if (!clear && client->end == END_RESET && server->end != END_GRACEFUL && client->received == 0 &&
	    world->invariants.watch[number].refused)
		return;
	/* everything arrived; what was lost is only the last acknowledgement, before the port was used again */
	if (!clear && client->received == server->talk.length && server->received == client->talk.length)
		return;
	if (bound && !aborted && (clear || server->received))
		world_fail(world, "liveness",
			   "connection %u broke: client end %d received %u of %u, server end %d received %u of %u",
			   number, client->end, client->received, server->talk.length, server->end, server->received,
			   client->talk.length);
	else if (!client->ended && !silent)
		world_fail(world, "liveness", "connection %u: the client waits for ever", number);
	else if (clear && plan->certain)
		world_fail(world, "liveness", "connection %u was not served: client end %d", number, client->end);
}

void invariants_end(struct world *world)
{
	const struct counters *counters = engine_counters(world->engine);
	const char *error = engine_check(world->engine);
	uint32_t flows = 0;

	for (unsigned i = 0; i < world->scenario.plan_count; i++)
		if (world->connection[i].side[CLIENT].tcp)
			check_connection(world, i);
	for (unsigned i = 0; i < FLOWS_KIND_COUNT; i++)
		flows += engine_flows(world->engine, (enum flow_kind)i);
	if (flows)
		world_fail(world, "end", "%u flows are left after everything ended", flows);
	if (error)
		world_fail(world, "end", "engine_check: %s", error);
	if (counters->events[EVENT_FLOW_OPENED] != counters->events[EVENT_FLOW_CLOSED])
		world_fail(world, "end", "%llu flows opened, %llu closed",
			   (unsigned long long)counters->events[EVENT_FLOW_OPENED],
			   (unsigned long long)counters->events[EVENT_FLOW_CLOSED]);
}

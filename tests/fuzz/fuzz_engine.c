/* SPDX-License-Identifier: ISC */
/*
 * fuzz_engine.c - a history of segments and pauses through the whole engine, all structures checked after each
 *
 * An input is a list of steps: what, flags, seq offset, ack offset, number of payload bytes and how they are sent,
 * payload. The first step may say that the connection is spliced already, also to a server that keeps no promise.
 */
#include <stdint.h>
#include <string.h>

#include "nat46/assert.h"
#include "nat46/cursor.h"
#include "nat46/packet.h"
#include "../unit/connection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* what: the two low bits are those of ECN in the traffic class */
enum { PAUSE = 0x80, FROM_SERVER = 0x40, FAR = 0x20, SPLICE = 0x10, OPTIONS = 0x08, LARGE = 0x04, CODE_POINT = 0x03 };

/* how; the rest is the number of bytes */
enum { PARTIAL = 0x80, SUPER = 0x40, LENGTH = 0x1f };

/** bare_splice() - the client was promised all that there is, and the server has nothing but a small MSS */
static void bare_splice(struct world *world)
{
	static const uint8_t offer[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7 };
	static const uint8_t mss[] = { 2, 4, 0, 100 };
	struct wire_tcp s = client_segment(TCP_SYN | TCP_ECE | TCP_CWR, -1, 0);

	s.options = offer;
	s.options_length = sizeof(offer);
	connection_send(world, &s);
	client_sends(world, TCP_PSH | TCP_ACK, 0, OUR_ISN + 1, "A");
	s = server_segment(TCP_SYN | TCP_ACK, -1, 0);
	s.options = mss;
	s.options_length = sizeof(mss);
	connection_send(world, &s);
	NAT46_ASSERT(engine_flows(world->engine, FLOWS_ESTABLISHED) == 1);
}

static void send(struct world *world, const struct wire_tcp *s, uint8_t how)
{
	struct offload offload = { .partial = true, .csum_start = s->ipv6 ? 40 : 20, .csum_offset = 16 };
	uint8_t bytes[2048];
	size_t length = wire_make(s, bytes);

	if (how & SUPER) {
		offload.gso = s->ipv6 ? GSO_TCP6 : GSO_TCP4;
		offload.segment_size = 500;
	}
	if (how & PARTIAL)
		wire_seal_partial(bytes, length);
	world_input(world, bytes, length, how & PARTIAL ? &offload : NULL);
}

static void step(struct world *world, const uint8_t *head, struct cursor payload)
{
	static uint8_t large[1400];
	uint8_t what = head[0], flags = head[1], how = head[4];
	int32_t scale = what & FAR ? 4099 : 1, seq = (head[2] - 2) * scale, ack = (head[3] - 2) * scale;
	size_t options = what & OPTIONS ? payload.left / 2 & ~(size_t)3 : 0;
	struct wire_tcp s;

	if (what & PAUSE) {
		world_wait(world, (int64_t)flags * flags * 10000000);
		return;
	}
	s = what & FROM_SERVER ? server_segment(flags, seq, ack) :
				 client_segment(flags, seq, world->isn + 1 + (uint32_t)ack);
	s.traffic_class = what & CODE_POINT;
	if (what & OPTIONS) {
		s.options = payload.next;
		s.options_length = options;
	}
	s.data = payload.next + options;
	s.length = payload.left - options;
	if (what & LARGE) {
		memset(large, 0, sizeof(large));
		memcpy(large, s.data, s.length);
		s.data = large;
		s.length = sizeof(large);
	}
	send(world, &s, how);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size), head, payload;
	static struct world world;

	world_config(&world);
	world.config.tcp.ecn = true;
	world_make(&world);
	world.isn = OUR_ISN;
	if (size > 0 && data[0] & SPLICE && data[0] & OPTIONS)
		bare_splice(&world);
	else if (size > 0 && data[0] & SPLICE)
		connection_splice(&world);
	while (cursor_take(&c, 5, &head) && cursor_take(&c, head.next[4] & LENGTH, &payload))
		step(&world, head.next, payload);
	world_free(&world);
	return 0;
}

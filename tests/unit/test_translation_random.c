/* SPDX-License-Identifier: ISC */
/*
 * test_translation_random.c - random packets through maps: there and back gives the same packet, and all that leaves
 *	has right checksums
 *
 * Translated packets are turned around, so that what answers is the same packet with its addresses swapped: that
 * changes no checksum. What the RFC loses on the way is left out of the comparison: the identification and DF of whole
 * packets, and the flow label.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/engine.h"
#include "nat46/packet.h"
#include "random.h"
#include "sound.h"
#include "wire.h"

#define ROUNDS 20000
#define PACKET_MAX 2048
#define EMITTED_MAX 8

/** Bytes of a transport header, as a fragment counts them: no later fragment begins within it. */
#define TRANSPORT_LONGEST 24u

struct bytes {
	uint8_t byte[PACKET_MAX];
	size_t length;
};

/**
 * struct run - an engine with the configuration of the vectors
 * @random: state of the generator
 * @emitted, @count: what the last packet led to
 */
struct run {
	struct engine_config config;
	struct address_mapping maps[2];
	uint32_t slots[EAM_SLOTS(2)];
	struct engine *engine;
	int64_t now;
	uint64_t random;
	struct bytes emitted[EMITTED_MAX];
	size_t count;
};

static void on_emit(void *context, struct frame *frame)
{
	struct run *run = context;
	struct bytes *packet = &run->emitted[run->count++];

	assert_true(run->count <= EMITTED_MAX && frame->length <= PACKET_MAX);
	memcpy(packet->byte, frame->data, frame->length);
	packet->length = frame->length;
}

static void on_random(void *context, void *bytes, size_t count)
{
	(void)context;
	memset(bytes, 0, count);
}

static void begin(struct run *run, const char *test)
{
	const struct engine_hooks hooks = { .context = run, .emit = on_emit, .random = on_random };
	void *memory;

	memset(run, 0, sizeof(*run));
	run->random = random_begin(test);
	run->now = 1000000000000;
	run->maps[0] = (struct address_mapping){ { 0xc0000220, 28 },
						 { { { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 0x30 } }, 124 } };
	run->maps[1] = (struct address_mapping){ { 0xc0000214, 32 },
						 { { { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 0x20 } }, 128 } };
	run->config = (struct engine_config){
		.plan = { .prefix = { { { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46 } }, 96 }, .mappings = run->maps, .count = 2,
			  .index = eam_index_make(run->maps, 2, run->slots) },
		.router_ipv4 = 0xc0000201,
		.has_router_ipv6 = true,
		.router_ipv6 = { { 0x20, 0x01, 0x0d, 0xb8, 0, 0x46, 0xff, 0xff, [15] = 1 } },
		.mtu = 1500,
		.lowest_ipv6_mtu = 1280,
		.copy_tos = true,
		.clamp_mss = true,
		.tcp = { .window_scale = 7, .sack = true, .timestamps = true },
		.timeouts = { .connect = 1, .tcp = 1, .tcp_transitory = 1, .silent = 1 },
		.limits = { .flows = 1, .flows_address = 1, .flows_network = 1, .waiting = 1, .waiting_address = 1,
			    .waiting_network = 1, .buffer = 1, .buffers = 1 },
	};
	memory = calloc(1, engine_memory(&run->config.limits));
	assert_non_null(memory);
	run->engine = engine_create(memory, &run->config, &hooks, run->now);
}

static void end(struct run *run)
{
	assert_null(engine_check(run->engine));
	free(run->engine);
}

static enum verdict give(struct run *run, const struct bytes *packet)
{
	uint8_t *buffer = malloc(FRAME_HEADROOM + packet->length);
	struct frame frame = { .length = packet->length, .headroom = FRAME_HEADROOM };
	enum verdict verdict;

	assert_non_null(buffer);
	frame.data = memcpy(buffer + FRAME_HEADROOM, packet->byte, packet->length);
	run->count = 0;
	run->now += 1000000000;
	verdict = engine_input(run->engine, &frame, run->now);
	free(buffer);
	return verdict;
}

/** show() - the packet of a failure */
static void show(const char *what, const struct bytes *packet)
{
	printf("# %s: ", what);
	for (size_t i = 0; i < packet->length; i++)
		printf("%02x", packet->byte[i]);
	printf("\n");
}

/** show_drops() - what was dropped so far, and why */
static void show_drops(const struct run *run)
{
	for (int i = 0; i < DROP_COUNT; i++) {
		if (engine_counters(run->engine)->drops[i] != 0)
			printf("# dropped: %s\n", drop_name((enum drop)i));
	}
}

/* ---- packets --------------------------------------------------------------------------------------------------- */

static uint32_t below(struct run *run, uint32_t bound)
{
	return random_below(&run->random, bound);
}

static void fill(struct run *run, uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)random_next(&run->random);
}

/** put_hosts() - a random client and a random mapped host as source and destination */
static void put_hosts(struct run *run, struct bytes *packet)
{
	uint32_t client = (below(run, 100) + 1) << 24 | below(run, 1 << 24);
	uint32_t host = below(run, 17);
	uint8_t *at = packet->byte;

	if (at[0] / 16 == 4) {
		wire_put32(at, 12, client);
		wire_put32(at, 16, host < 16 ? 0xc0000220 + host : 0xc0000214);
		return;
	}
	wire_put32(at, 8, 0x20010db8);
	wire_put32(at, 12, 0x00460000);
	wire_put32(at, 16, 0);
	wire_put32(at, 20, client);
	wire_put32(at, 24, 0x20010db8);
	wire_put32(at, 28, 0x00010000);
	wire_put32(at, 32, 0);
	wire_put32(at, 36, host < 16 ? 0x30 + host : 0x20);
}

/** turn() - swap the addresses */
static void turn(struct bytes *packet)
{
	size_t size = packet->byte[0] / 16 == 6 ? 16 : 4;
	uint8_t *at = packet->byte + (size == 16 ? 8 : 12);
	uint8_t copy[16];

	memcpy(copy, at, size);
	memcpy(at, at + size, size);
	memcpy(at + size, copy, size);
}

/** put_transport() - random bytes of a protocol, with what translation looks at in order */
static void put_transport(struct run *run, uint8_t *transport, uint8_t protocol, size_t length)
{
	fill(run, transport, length);
	switch (protocol) {
	case IP_PROTOCOL_TCP:
		transport[12] = 0x50;
		transport[13] = TCP_ACK;
		break;
	case IP_PROTOCOL_UDP:
		wire_put16(transport, 4, (uint32_t)length);
		wire_put16(transport, 6, 1 + below(run, 65534));
		break;
	case IP_PROTOCOL_DCCP:
		transport[4] = 3;
		transport[5] = (uint8_t)below(run, 4);
		break;
	case IP_PROTOCOL_UDP_LITE:
		wire_put16(transport, 4, below(run, 2) ? 0 : 8 + below(run, (uint32_t)length - 8));
		break;
	case IP_PROTOCOL_ICMP:
		wire_put16(transport, 0, below(run, 2) ? 0x0800 : 0);
		break;
	case IP_PROTOCOL_ICMPV6:
		wire_put16(transport, 0, below(run, 2) ? 0x8000 : 0x8100);
		break;
	default:
		break;
	}
}

/** random_packet() - of a client to a mapped host, whole or a fragment; none that would be fragmented again */
static void random_packet(struct run *run, bool is_ipv6, struct bytes *packet)
{
	static const uint8_t protocols[] = { 6, 6, 17, 17, 1, 33, 136, 47, 50, 132, 253 };
	uint8_t protocol = protocols[below(run, sizeof(protocols))];
	bool dont_fragment = below(run, 2), is_part = protocol != 1 && below(run, 3) == 0;
	uint32_t length = 20 + below(run, dont_fragment || is_ipv6 ? 1400 : 1200), more = below(run, 2), offset = 0;
	uint8_t *at = packet->byte;

	memset(packet, 0, sizeof(*packet));
	if (is_part) {
		length = TRANSPORT_LONGEST + length / 8 * 8 % 1200;
		offset = more && below(run, 2) ? 0 : TRANSPORT_LONGEST + 8 * below(run, 7000);
	}
	if (is_ipv6) {
		protocol = protocol == 1 ? 58 : protocol;
		wire_put32(at, 0, 0x60000000 | below(run, 1 << 28));
		at[6] = is_part ? 44 : protocol;
		at[7] = (uint8_t)(3 + below(run, 253));
		at[40] = protocol;
		wire_put32(at, 42, offset << 16 | more << 16);
		wire_put16(at, 46, below(run, 65536));
		packet->length = is_part ? 48 : 40;
	} else {
		at[0] = 0x45;
		at[1] = (uint8_t)below(run, 256);
		wire_put16(at, 4, below(run, 65536));
		wire_put16(at, 6, (dont_fragment ? 0x4000 : 0) | (is_part ? offset / 8 | more << 13 : 0));
		at[8] = (uint8_t)(3 + below(run, 253));
		at[9] = protocol;
		packet->length = 20;
	}
	put_hosts(run, packet);
	put_transport(run, at + packet->length, protocol, length);
	packet->length += length;
	sound_seal(at, packet->length);
}

/* ---- there and back -------------------------------------------------------------------------------------------- */

/** comparable() - without what is lost on the way, and with the hop limit that is left at the end of it */
static struct bytes comparable(const struct bytes *packet, unsigned int hops)
{
	struct bytes copy = *packet;
	struct sound_layout layout;
	size_t field;
	bool is_part;

	assert_null(sound_find(copy.byte, copy.length, &layout));
	is_part = layout.offset != 0 || layout.more;
	if (copy.byte[0] / 16 == 6) {
		wire_put32(copy.byte, 0, wire_u32(copy.byte, 0) & 0xfff00000);
		copy.byte[7] = (uint8_t)(copy.byte[7] - hops);
	} else {
		wire_put16(copy.byte, 6, wire_u16(copy.byte, 6) & 0xbfffu);
		wire_put16(copy.byte, 4, is_part ? wire_u16(copy.byte, 4) : 0u);
		wire_put16(copy.byte, 10, 0);
		copy.byte[8] = (uint8_t)(copy.byte[8] - hops);
	}
	/* 0 and 0xffff are the same number, and only UDP may not use both */
	field = layout.transport + (layout.protocol == IP_PROTOCOL_TCP ? 16 : layout.protocol == 33 ? 6 :
												      2);
	if (layout.protocol != IP_PROTOCOL_UDP && layout.offset == 0 && wire_u16(copy.byte, field) == 0xffff)
		wire_put16(copy.byte, field, 0);
	return copy;
}

/** there_and_back() - @is_reply: begin with a packet of the mapped host */
static void there_and_back(struct run *run, bool is_ipv6, unsigned int round)
{
	struct bytes packet = { .length = 0 }, there, should, is;

	random_packet(run, is_ipv6, &packet);
	/* only the IPv4 client's packets are taken in IPv4, and those of the host in IPv6 */
	if (is_ipv6)
		turn(&packet);
	should = comparable(&packet, 2);
	if (give(run, &packet) == VERDICT_FORWARDED && run->count == 1 &&
	    !sound_error(run->emitted[0].byte, run->emitted[0].length)) {
		there = run->emitted[0];
		turn(&there);
		if (give(run, &there) == VERDICT_FORWARDED && run->count == 1) {
			turn(&run->emitted[0]);
			is = comparable(&run->emitted[0], 0);
			if (is.length == should.length && memcmp(is.byte, should.byte, is.length) == 0)
				return;
			show("is", &is);
			show("should", &should);
		}
		show("there", &there);
	}
	show("packet", &packet);
	show_drops(run);
	fail_msg("round %u: not the same packet after there and back", round);
}

static void test_there_and_back(void **state)
{
	static struct run run;

	(void)state;
	begin(&run, "there and back");
	for (unsigned int round = 0; round < ROUNDS; round++)
		there_and_back(&run, round % 2, round);
	end(&run);
}

/* ---- checksums ------------------------------------------------------------------------------------------------- */

/** reassembled() - the packet of which the engine has made fragments */
static struct bytes reassembled(const struct run *run)
{
	struct bytes whole = run->emitted[0];
	struct sound_layout layout;

	whole.byte[6] = whole.byte[40];
	whole.length = 40;
	for (size_t i = 0; i < run->count; i++) {
		const struct bytes *part = &run->emitted[i];

		assert_null(sound_find(part->byte, part->length, &layout));
		assert_true(layout.fragment == 40 && part->length <= 1280);
		assert_int_equal(layout.offset, whole.length - 40);
		assert_int_equal(layout.more, i + 1 < run->count);
		assert_true(whole.length + part->length - 48 <= PACKET_MAX);
		memcpy(whole.byte + whole.length, part->byte + 48, part->length - 48);
		whole.length += part->length - 48;
	}
	wire_put16(whole.byte, 4, (uint32_t)(whole.length - 40));
	return whole;
}

/** check_emitted() - everything that a packet led to, if that was sound itself */
static void check_emitted(const struct run *run, const struct bytes *packet, unsigned int round)
{
	struct sound_layout layout;
	struct bytes whole;
	const char *error = NULL;

	for (size_t i = 0; i < run->count && !error; i++)
		error = sound_error(run->emitted[i].byte, run->emitted[i].length);
	if (!error && run->count > 1 && !sound_find(packet->byte, packet->length, &layout) && layout.offset == 0 &&
	    !layout.more) {
		whole = reassembled(run);
		error = sound_error(whole.byte, whole.length);
	}
	if (!error)
		return;
	show("packet", packet);
	for (size_t i = 0; i < run->count; i++)
		show("emitted", &run->emitted[i]);
	fail_msg("round %u: %s", round, error);
}

/** change() - some bytes, more often of the headers, and then seal it again, so that it is looked at */
static void change(struct run *run, struct bytes *packet)
{
	for (uint32_t i = below(run, 4); i > 0; i--)
		packet->byte[below(run, below(run, 4) ? 64 : (uint32_t)packet->length) % packet->length] =
			(uint8_t)random_next(&run->random);
	if (packet->byte[0] / 16 == 4 && below(run, 8))
		packet->byte[0] = 0x45;
	sound_seal(packet->byte, packet->length);
}

static void test_changed(void **state)
{
	static struct run run;
	struct bytes packet = { .length = 0 };
	uint64_t forwarded = 0;

	(void)state;
	begin(&run, "changed packets");
	for (unsigned int round = 0; round < ROUNDS; round++) {
		random_packet(&run, round % 2, &packet);
		if (round % 2)
			turn(&packet);
		else if (below(&run, 2))
			packet.byte[6] &= 0xbf; /* what is too long becomes fragments */
		change(&run, &packet);
		if (sound_error(packet.byte, packet.length))
			continue;
		forwarded += give(&run, &packet) == VERDICT_FORWARDED;
		check_emitted(&run, &packet, round);
	}
	assert_true(forwarded > ROUNDS / 8);
	end(&run);
}

/** random_error() - an ICMP error about a random packet that came from its destination, often cut short */
static void random_error(struct run *run, bool is_ipv6, struct bytes *error)
{
	static const uint8_t types4[] = { 3, 3, 11, 12 }, types6[] = { 1, 2, 3, 4 };
	size_t at = is_ipv6 ? 40 : 20;
	struct bytes quoted = { .length = 0 };

	random_packet(run, is_ipv6, &quoted);
	if (!is_ipv6)
		turn(&quoted);
	if (below(run, 4) == 0)
		change(run, &quoted);
	if (below(run, 2))
		quoted.length = below(run, (uint32_t)quoted.length) + 1;
	memset(error, 0, sizeof(*error));
	memcpy(error->byte, quoted.byte, at);
	if (quoted.byte[0] / 16 == (is_ipv6 ? 6 : 4))
		turn(error);
	error->byte[0] = is_ipv6 ? 0x60 : 0x45;
	wire_put16(error->byte, 6, is_ipv6 ? 58 * 256 + 64 : 0);
	if (!is_ipv6)
		wire_put16(error->byte, 8, 64 * 256 + 1);
	error->byte[at] = is_ipv6 ? types6[below(run, 4)] : types4[below(run, 4)];
	error->byte[at + 1] = (uint8_t)below(run, 16);
	/* an MTU, or a pointer, or the length of the quote */
	wire_put32(error->byte, at + 4, below(run, 65536) << (below(run, 2) ? 0 : 14));
	memcpy(error->byte + at + 8, quoted.byte, quoted.length);
	error->length = at + 8 + quoted.length;
	sound_seal(error->byte, error->length);
}

static void test_errors(void **state)
{
	static struct run run;
	struct bytes error = { .length = 0 };
	uint64_t forwarded = 0;

	(void)state;
	begin(&run, "ICMP errors");
	for (unsigned int round = 0; round < ROUNDS; round++) {
		random_error(&run, round % 2, &error);
		forwarded += give(&run, &error) == VERDICT_FORWARDED;
		assert_true(run.count <= 1);
		check_emitted(&run, &error, round);
		if (run.count == 1)
			assert_in_range(run.emitted[0].length, 0, run.emitted[0].byte[0] / 16 == 6 ? 1280 : 1500);
	}
	assert_true(forwarded > ROUNDS / 8);
	end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests_name("translation of random packets", tests, NULL, NULL);
}

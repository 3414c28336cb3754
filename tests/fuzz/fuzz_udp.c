/* SPDX-License-Identifier: ISC */
/*
 * fuzz_udp.c - a history of datagrams, answers and errors about them through the whole engine
 *
 * The first byte of an input is setting "udp.zero_checksum". Then it is a list of steps of four bytes: what comes, two
 * numbers for it, and how it is changed. Answers and errors are about what was emitted last. Whatever is emitted is
 * checked by world.c, and all structures after each step.
 */
#include <stdint.h>
#include <string.h>

#include "nat46/cursor.h"
#include "nat46/packet.h"
#include "../unit/wire.h"
#include "../unit/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ASK, ANSWER, ERROR_OF_SERVER, ERROR_OF_CLIENT, PAUSE, WHAT = 7 };

/* how: no checksum, left to the device, a super-packet; a byte is changed, before the checksums are made or behind */
enum { UNSUMMED = 0x01, PARTIAL = 0x02, SUPER = 0x04, CHANGED = 0x08, BROKEN = 0x10 };

enum { PACKET_MAX = 2048 };

static const struct server servers[] = { { .address = V6(1) }, { .address = V6(2) }, { .address = V6(9), .port = 7 } };
static const struct server blocks[] = { { .address = V6(0x10), .host_bits = 4 }, { .address = V6(1) } };
static const struct service services[] = {
	{ .name = "one", .address = WORLD_SERVICE, .port = 53, .is_udp = true, .fallback = { servers, 1 } },
	{ .name = "three", .address = WORLD_SERVICE, .port = 54, .is_udp = true, .fallback = { servers, 3 } },
	{ .name = "again", .address = WORLD_SERVICE, .port = 55, .is_udp = true, .fallback = { servers, 2 } },
	{ .name = "block", .address = WORLD_SERVICE & ~15u, .host_bits = 4, .port = 53, .further_ports = 3,
	  .is_udp = true, .fallback = { blocks, 2 } },
};

static struct world_packet to_server, to_client;

static void finish(struct world *world, uint8_t *bytes, size_t length, uint8_t how, uint8_t at)
{
	struct offload offload = { .partial = true, .csum_start = (uint16_t)wire_transport(bytes), .csum_offset = 6 };

	if (how & CHANGED)
		bytes[at % length] ^= at;
	if (how & PARTIAL)
		wire_seal_partial(bytes, length);
	else if (!(how & BROKEN))
		wire_seal(bytes, length);
	if (how & SUPER) {
		offload.gso = GSO_UDP;
		offload.segment_size = 100;
	}
	if (how & UNSUMMED && length >= wire_transport(bytes) + 8)
		wire_put16(bytes, wire_transport(bytes) + 6, 0);
	world_input(world, bytes, length, how & PARTIAL ? &offload : NULL);
	for (size_t i = 0; i < world->count; i++)
		*(world->packets[i].bytes[0] >> 4 == 6 ? &to_server : &to_client) = world->packets[i];
}

static void ask(struct world *world, uint8_t which, uint8_t size, uint8_t how)
{
	uint8_t bytes[PACKET_MAX] = { 0x45, [8] = 64, [9] = 17 };
	size_t length = 28 + size * 6u;

	wire_put32(bytes, 12, WORLD_CLIENT + which % 4);
	wire_put32(bytes, 16, WORLD_SERVICE);
	wire_put16(bytes, 20, 1000 + which / 4 % 16);
	wire_put16(bytes, 22, 53 + which / 64);
	wire_put16(bytes, 24, (uint32_t)length - 20);
	finish(world, bytes, length, how, size);
}

/** answer() - turn round what the server got last */
static void answer(struct world *world, uint8_t which, uint8_t size, uint8_t how)
{
	uint8_t bytes[PACKET_MAX] = { 0x60, [6] = 17, [7] = 64 };
	size_t length = 48 + size * 6u;

	memcpy(bytes + 8, to_server.bytes + 24, 16);
	memcpy(bytes + 24, to_server.bytes + 8, 16);
	memcpy(bytes + 40, to_server.bytes + 42, 2);
	memcpy(bytes + 42, to_server.bytes + 40, 2);
	bytes[43] ^= which & 0x80;
	wire_put16(bytes, 44, (uint32_t)length - 40);
	finish(world, bytes, length, how, size);
}

/** error() - to the sender of what was emitted last, about it; @kind: type, and with the high bits code */
static void error(struct world *world, const struct world_packet *about, uint8_t kind, uint8_t cut, uint8_t how)
{
	bool ipv6 = about->bytes[0] >> 4 == 6;
	uint8_t bytes[PACKET_MAX] = { ipv6 ? 0x60 : 0x45, [6] = ipv6 ? 58 : 0, [7] = 64, [8] = 64, [9] = 1 };
	size_t at = ipv6 ? 48 : 28, room = about->length < 1232 ? about->length : 1232;

	if (ipv6) {
		memcpy(bytes + 8, to_server.bytes + 24, 16);
		memcpy(bytes + 24, to_server.bytes + 8, 16);
	} else {
		bytes[7] = 0;
		memcpy(bytes + 12, about->bytes + 16, 4);
		memcpy(bytes + 16, about->bytes + 12, 4);
	}
	bytes[at - 8] = kind & 0xf;
	bytes[at - 7] = kind >> 4;
	memcpy(bytes + at, about->bytes, room);
	finish(world, bytes, at + (cut < room ? room - cut : room), how & (CHANGED | BROKEN), cut);
}

static void step(struct world *world, const uint8_t *head)
{
	switch (head[0] & WHAT) {
	case ANSWER:
		answer(world, head[1], head[2], head[3]);
		break;
	case ERROR_OF_SERVER:
		error(world, &to_server, head[1], head[2], head[3]);
		break;
	case ERROR_OF_CLIENT:
		error(world, &to_client, head[1], head[2], head[3]);
		break;
	case PAUSE:
		world_wait(world, (int64_t)head[1] * SECOND);
		break;
	default:
		ask(world, head[1], head[2], head[3]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size), head;
	static struct world world;
	uint8_t setting;

	memset(&to_server, 0, sizeof(to_server));
	memset(&to_client, 0, sizeof(to_client));
	to_server.bytes[0] = 0x60;
	to_client.bytes[0] = 0x45;
	world_config(&world);
	world.config.services = services;
	world.config.service_count = 4;
	if (cursor_u8(&c, &setting))
		world.config.zero_checksum = (enum zero_checksum)(setting % 3);
	world_make(&world);
	while (cursor_take(&c, 4, &head))
		step(&world, head.next);
	world_free(&world);
	return 0;
}

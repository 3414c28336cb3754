/* SPDX-License-Identifier: ISC */
/*
 * fuzz_map.c - any packets at all, from and to hosts that have maps, through the whole engine
 *
 * An input is a list of packets: how it is finished, its length, its bytes. Whatever is emitted is checked by world.c.
 */
#include <stdint.h>
#include <string.h>

#include "nat46/cursor.h"
#include "../unit/wire.h"
#include "../unit/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* how: right checksums; addresses of a map and a client; the same in a packet that is quoted; the checksum, or segments
 * that are not short, left to the device; the end of a second */
enum { SEALED = 0x01, MAPPED = 0x02, QUOTED = 0x04, PARTIAL = 0x08, SUPER = 0x10, PAUSE = 0x80 };

enum { PACKET_MAX = 2000 };

/** put_addresses() - from a client to a mapped host in IPv4, the reverse in IPv6; @back: quoted in an error */
static void put_addresses(uint8_t *bytes, size_t length, bool back)
{
	static const uint8_t host[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x20 };
	static const uint8_t client[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 3 };

	if (length >= 40 && bytes[0] >> 4 == 6) {
		memcpy(bytes + 8, back ? client : host, 16);
		memcpy(bytes + 24, back ? host : client, 16);
	} else if (length >= 20 && bytes[0] >> 4 == 4) {
		wire_put32(bytes, 12, back ? WORLD_HOST : WORLD_CLIENT);
		wire_put32(bytes, 16, back ? WORLD_CLIENT : WORLD_HOST);
	}
}

/** input() - give the engine a packet of which the device has to do the rest */
static void input(struct world *world, uint8_t *bytes, size_t length, bool is_super)
{
	bool ipv6 = bytes[0] >> 4 == 6, is_udp = bytes[ipv6 ? 6 : 9] == 17;
	struct offload offload = { .partial = true, .csum_start = (uint16_t)wire_transport(bytes),
				   .csum_offset = is_udp ? 6 : 16 };

	if (is_super) {
		offload.gso = is_udp ? GSO_UDP : ipv6 ? GSO_TCP6 : GSO_TCP4;
		offload.segment_size = 1250;
	}
	if (length >= offload.csum_start + 20u)
		wire_seal_partial(bytes, length);
	world_input(world, bytes, length, &offload);
}

static void step(struct world *world, uint8_t how, struct cursor c)
{
	uint8_t bytes[PACKET_MAX];
	size_t quote;

	if (how & PAUSE)
		world_wait(world, SECOND);
	if (c.left == 0 || c.left > sizeof(bytes))
		return;
	memcpy(bytes, c.next, c.left);
	if (how & MAPPED)
		put_addresses(bytes, c.left, false);
	quote = wire_transport(bytes) + 8;
	if (how & QUOTED && quote < c.left && bytes[bytes[0] >> 4 == 6 ? 6 : 9] != 44)
		put_addresses(bytes + quote, c.left - quote, true);
	if (how & SEALED)
		wire_seal(bytes, c.left);
	if (how & PARTIAL)
		input(world, bytes, c.left, how & SUPER);
	else
		world_input(world, bytes, c.left, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size), packet;
	static struct world world;
	uint8_t how;
	uint16_t length;

	world_config(&world);
	world_maps(&world);
	world_make(&world);
	while (cursor_u8(&c, &how) && cursor_u16(&c, &length) && cursor_take(&c, length, &packet))
		step(&world, how, packet);
	world_free(&world);
	return 0;
}

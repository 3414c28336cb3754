/* SPDX-License-Identifier: ISC */
/*
 * fuzz_engine.c - a history of segments and pauses through the whole engine, all structures checked after each
 *
 * An input is a list of steps: what, flags, seq offset, ack offset, number of payload bytes, payload.
 */
#include <stdint.h>
#include <string.h>

#include "nat46/cursor.h"
#include "nat46/packet.h"
#include "../unit/connection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAUSE = 0x80, FROM_SERVER = 0x40, FAR = 0x20, SPLICE = 0x10 };

static void step(struct world *world, uint8_t what, uint8_t flags, int32_t seq, int32_t ack, const char *data)
{
	int32_t scale = what & FAR ? 4099 : 1;

	if (what & PAUSE)
		world_wait(world, (int64_t)flags * flags * 10000000);
	else if (what & FROM_SERVER)
		server_sends(world, flags, (seq - 2) * scale, (ack - 2) * scale, data);
	else
		client_sends(world, flags, (seq - 2) * scale, world->isn + 1 + (uint32_t)((ack - 2) * scale), data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size), payload;
	static struct world world;
	uint8_t what, flags, seq, ack, length;
	char text[64];

	world_config(&world);
	world_make(&world);
	world.isn = OUR_ISN;
	if (size > 0 && data[0] & SPLICE)
		connection_splice(&world);
	while (cursor_u8(&c, &what) && cursor_u8(&c, &flags) && cursor_u8(&c, &seq) && cursor_u8(&c, &ack) &&
	       cursor_u8(&c, &length) && cursor_take(&c, length % 32, &payload)) {
		memcpy(text, payload.next, payload.left);
		text[payload.left] = '\0';
		step(&world, what, flags, seq, ack, text);
	}
	world_free(&world);
	return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * fuzz_packet.c - any bytes, with any offload state, through parser and engine
 */
#include <stdint.h>
#include <string.h>

#include "../unit/wire.h"
#include "../unit/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** more_services() - the two of the world, and others on the block around them */
static void more_services(struct world *world)
{
	static const struct server block[] = { { .address = V6(0x10), .host_bits = 4 } };
	static struct service services[4];

	memcpy(services, world->config.services, 2 * sizeof(services[0]));
	services[2] = (struct service){ .name = "b", .address = WORLD_SERVICE & ~15u, .host_bits = 4, .port = 81 };
	services[2].fallback = (struct server_set){ block, 1 };
	services[3] = services[2];
	services[3].is_udp = true;
	world->config.services = services;
	world->config.service_count = 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world;
	uint8_t bytes[2048];
	struct offload offload = { 0 };

	if (size < 6 || size - 6 > sizeof(bytes))
		return 0;
	offload.gso = (enum gso)(data[0] & 7);
	offload.partial = data[0] & 8;
	offload.segment_size = data[1];
	offload.csum_start = data[2];
	offload.csum_offset = data[3];
	memcpy(bytes, data + 6, size - 6);
	/* most inputs should get past the checksums */
	if (data[4] & 1)
		wire_seal(bytes, size - 6);
	world_config(&world);
	more_services(&world);
	world_make(&world);
	world_input(&world, bytes, size - 6, &offload);
	world_wait(&world, 1000000000);
	world_free(&world);
	return 0;
}

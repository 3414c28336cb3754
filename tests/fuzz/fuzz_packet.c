/* SPDX-License-Identifier: ISC */
/*
 * fuzz_packet.c - any bytes, with any offload state, through parser and engine
 */
#include <stdint.h>
#include <string.h>

#include "../unit/wire.h"
#include "../unit/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	world_make(&world);
	world_input(&world, bytes, size - 6, &offload);
	world_wait(&world, 1000000000);
	world_free(&world);
	return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * fuzz_icmp_inner.c - ICMP errors with a sound outer packet and any inner one, about a live connection
 */
#include <stdint.h>
#include <string.h>

#include "../unit/connection.h"
#include "../unit/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world;
	uint8_t packet[2048] = { 0 };
	size_t header;

	if (size < 8 || size > 1400)
		return 0;
	world_config(&world);
	world_make(&world);
	connection_splice(&world);
	header = data[0] & 1 ? 40 : 20;
	wire_make(&(struct wire_tcp){ .ipv6 = header == 40, .source6 = 9, .destination6 = 3, .source4 = 0x0a000009,
				      .destination4 = WORLD_SERVICE }, packet);
	packet[header == 40 ? 6 : 9] = header == 40 ? 58 : 1;
	memcpy(packet + header, data, size);
	packet[header] = data[1];
	packet[header + 1] = data[2];
	wire_seal(packet, header + size);
	world_input(&world, packet, header + size, NULL);
	world_free(&world);
	return 0;
}

/* SPDX-License-Identifier: ISC */
/* pcap.c - capture files in the byte order of this machine, which readers detect by the magic number */
#include "pcap.h"

#include "event.h"

#define MAGIC_NANOSECONDS 0xa1b23c4du
#define LINKTYPE_RAW 101u
#define SNAPSHOT 262144u

FILE *pcap_open(const char *path)
{
	const uint32_t header[] = { MAGIC_NANOSECONDS, 2u | 4u << 16, 0, 0, SNAPSHOT, LINKTYPE_RAW };
	FILE *file = fopen(path, "wb");

	if (file && fwrite(header, sizeof(header), 1, file) != 1) {
		fclose(file);
		return NULL;
	}
	return file;
}

void pcap_write(FILE *file, int64_t now, const uint8_t *bytes, size_t length)
{
	const uint32_t header[] = {
		(uint32_t)(now / SECOND), (uint32_t)(now % SECOND), (uint32_t)length, (uint32_t)length,
	};

	fwrite(header, sizeof(header), 1, file);
	fwrite(bytes, length, 1, file);
}

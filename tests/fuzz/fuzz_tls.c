/* SPDX-License-Identifier: ISC */
/* fuzz_tls.c - any bytes as the start of a TLS connection, and as a message in records and pieces of any size */
#include <stdio.h>

#include "../unit/hello.h"
#include "../unit/inspection_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(const char *fault)
{
	if (fault) {
		fprintf(stderr, "%s\n", fault);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bytes message, records;
	struct inspection whole, parts;

	require(inspect_prefixes(data, size, 1 + size / 128, &whole));
	require(inspect_pieces(data, size, 1 + size / 16, (uint32_t)size));
	if (size <= 5 || size > 8192)
		return 0;
	message.length = 0;
	put(&message, data + 5, size - 5);
	hello_records(&records, &message, message.length, 1);
	inspect_afresh(records.data, records.length, false, &whole);
	hello_records(&records, &message, 1 + data[3] % 8u, 1 + data[4] % 64u);
	inspect_afresh(records.data, records.length, false, &parts);
	require(inspect_pieces(records.data, records.length, 1 + records.length / 16, data[1]));
	/* Where records end makes no difference, but for one that goes on after the hello. */
	if (!whole.malformed) {
		require(inspection_breach(&whole, &parts));
		require(inspection_breach(&parts, &whole));
	}
	return 0;
}

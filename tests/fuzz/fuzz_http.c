/* SPDX-License-Identifier: ISC */
/* fuzz_http.c - any bytes as the start of an HTTP request, whole and in pieces */
#include <stdio.h>

#include "../unit/inspection_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inspection inspection;
	const char *fault = inspect_prefixes(data, size, 1 + size / 128, &inspection);

	if (!fault && size > 1)
		fault = inspect_pieces(data, size, 1 + size / 64 + data[size - 1] % 8u, data[size - 2]);
	if (fault) {
		fprintf(stderr, "%s\n", fault);
		abort();
	}
	return 0;
}

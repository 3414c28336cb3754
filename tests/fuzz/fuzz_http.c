/* SPDX-License-Identifier: ISC */
/* fuzz_http.c - any bytes as the start of an HTTP request */
#include <stdio.h>

#include "../unit/inspection_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inspection inspection;
	const char *fault = inspect_prefixes(data, size, 1 + size / 128, &inspection);

	if (fault) {
		fprintf(stderr, "%s\n", fault);
		abort();
	}
	return 0;
}

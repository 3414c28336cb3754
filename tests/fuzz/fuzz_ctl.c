/* SPDX-License-Identifier: ISC */
/*
 * fuzz_ctl.c - any line either is refused with a reason, or is a request that is written and read again as it was
 */
#include <stdint.h>
#include <string.h>

#include "nat46/assert.h"
#include "protocol/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	struct request request, again;
	char line[REQUEST_LINE_MAX + 1], line_again[REQUEST_LINE_MAX + 1];
	const char *why = NULL;
	size_t length;

	if (!request_parse((const char *)data, end ? (size_t)(end - data) : size, &request, &why)) {
		NAT46_ASSERT(why && why[0]);
		return 0;
	}
	NAT46_ASSERT(request.bytes <= REQUEST_BYTES_MAX);
	length = request_format(&request, line);
	NAT46_ASSERT(length > 0 && length <= REQUEST_LINE_MAX && line[length - 1] == '\n');
	NAT46_ASSERT(request_parse(line, length - 1, &again, &why));
	NAT46_ASSERT(request_format(&again, line_again) == length && strcmp(line, line_again) == 0);
	return 0;
}

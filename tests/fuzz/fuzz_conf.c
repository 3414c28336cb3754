/* SPDX-License-Identifier: ISC */
/*
 * fuzz_conf.c - any text either is refused with an error, or prints a configuration that is accepted again
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "nat46/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	char *errors, *printed;
	size_t length;
	FILE *error_stream = open_memstream(&errors, &length), *stream = open_memstream(&printed, &length);
	struct daemon_config *config;

	NAT46_ASSERT(text && error_stream && stream);
	config = config_load("fuzz", text, error_stream);
	if (config)
		config_print(config, stream);
	fclose(stream);
	fflush(error_stream);
	NAT46_ASSERT((config == NULL) == (strstr(errors, ": error: ") != NULL));
	config_free(config);
	if (config)
		config_free(config = config_load("printed", printed, error_stream));
	fclose(error_stream);
	NAT46_ASSERT((config == NULL) == (strstr(errors, ": error: ") != NULL));
	free(text);
	free(errors);
	free(printed);
	return 0;
}

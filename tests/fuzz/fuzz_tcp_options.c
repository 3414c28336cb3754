/* SPDX-License-Identifier: ISC */
/*
 * fuzz_tcp_options.c - any options through parser and rewriter; the checksum must come out right
 */
#include <stdint.h>
#include <string.h>

#include "nat46/assert.h"
#include "nat46/tcp_options.h"
#include "nat46/tcp_rewrite.h"
#include "../unit/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tcp_option_changes changes = {
		.sack_shift = 0x12345678,
		.ts_value_shift = 0x9abcdef0,
		.ts_echo_shift = 1,
		.strip_sack = size > 0 && data[0] & 1,
		.strip_timestamps = size > 0 && data[0] & 2,
	};
	uint8_t options[40] = { 0 }, packet[128];
	size_t length = size < 41 ? (size + 2) / 4 * 4 : 40;
	struct tcp_options parsed;
	struct tcp_rewrite rewrite;
	bool is_sound;

	if (size < 2)
		return 0;
	memcpy(options, data + 1, size - 1 < length ? size - 1 : length);
	size = wire_make(&(struct wire_tcp){ .flags = data[0], .options = options, .options_length = length }, packet);
	is_sound = tcp_options_parse(span_over(options, length), &parsed);
	rewrite = tcp_rewrite_begin(span_over(packet + 20, size - 20), false);
	NAT46_ASSERT(tcp_rewrite_options(&rewrite, length, &changes) == is_sound);
	tcp_rewrite_clamp_mss(&rewrite, length, 1220);
	tcp_rewrite_finish(&rewrite);
	NAT46_ASSERT(!wire_error(packet, size, true));
	return 0;
}

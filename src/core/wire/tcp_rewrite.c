/* SPDX-License-Identifier: ISC */
/*
 * tcp_rewrite.c - change fields of a TCP segment in place and keep its checksum right
 */
#include "nat46/tcp_rewrite.h"

#include "nat46/checksum.h"
#include "nat46/packet.h"
#include "nat46/tcp_options.h"

struct tcp_rewrite tcp_rewrite_begin(struct span segment, bool partial)
{
	return (struct tcp_rewrite){ .segment = segment, .partial = partial };
}

/** weight() - a byte's share of its checksum word: options may lie at odd offsets */
static uint64_t weight(size_t offset, uint8_t byte)
{
	return offset & 1 ? byte : (uint64_t)byte << 8;
}

void tcp_rewrite_bytes(struct tcp_rewrite *rewrite, size_t offset, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count && !rewrite->partial; i++) {
		rewrite->removed += weight(offset + i, span_get8(rewrite->segment, offset + i));
		rewrite->added += weight(offset + i, bytes[i]);
	}
	span_copy(rewrite->segment, offset, bytes, count);
}

void tcp_rewrite_16(struct tcp_rewrite *rewrite, size_t offset, uint16_t value)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 8), (uint8_t)value };

	if (offset + sizeof(bytes) <= rewrite->segment.length)
		tcp_rewrite_bytes(rewrite, offset, bytes, sizeof(bytes));
}

void tcp_rewrite_32(struct tcp_rewrite *rewrite, size_t offset, uint32_t value)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
				  (uint8_t)value };

	if (offset + sizeof(bytes) <= rewrite->segment.length)
		tcp_rewrite_bytes(rewrite, offset, bytes, sizeof(bytes));
}

void tcp_rewrite_addresses(struct tcp_rewrite *rewrite, uint64_t removed, uint64_t added)
{
	rewrite->removed += removed;
	rewrite->added += added;
}

static void strip(struct tcp_rewrite *rewrite, size_t offset, size_t length)
{
	static const uint8_t nop = TCP_OPTION_NOP;

	for (size_t i = 0; i < length; i++)
		tcp_rewrite_bytes(rewrite, offset + i, &nop, 1);
}

static void shift(struct tcp_rewrite *rewrite, size_t offset, uint32_t by)
{
	if (by != 0)
		tcp_rewrite_32(rewrite, offset, span_get32(rewrite->segment, offset) + by);
}

static void change_sack(struct tcp_rewrite *rewrite, size_t offset, size_t length, uint32_t by)
{
	for (size_t edge = offset + 2; edge + 4 <= offset + length; edge += 4)
		shift(rewrite, edge, by);
}

bool tcp_rewrite_options(struct tcp_rewrite *rewrite, size_t options_length,
			 const struct tcp_option_changes *changes)
{
	struct span area = span_part(rewrite->segment, TCP_HEADER, options_length);
	bool has_ack = span_get8(rewrite->segment, TCP_FIELD_FLAGS) & TCP_ACK;
	struct tcp_option_view view;
	size_t position = 0;

	while (tcp_option_next(area, &position, &view)) {
		size_t offset = TCP_HEADER + view.offset;

		if (view.kind == TCP_OPTION_SACK && !changes->strip_sack) {
			change_sack(rewrite, offset, view.length, changes->sack_shift);
		} else if (view.kind == TCP_OPTION_TIMESTAMPS && view.length == 10 && !changes->strip_timestamps) {
			shift(rewrite, offset + 2, changes->ts_value_shift);
			if (has_ack)
				shift(rewrite, offset + 6, changes->ts_echo_shift);
		} else {
			strip(rewrite, offset, view.length);
		}
	}
	return position == area.length;
}

void tcp_rewrite_clamp_mss(struct tcp_rewrite *rewrite, size_t options_length, uint16_t mss)
{
	struct span area = span_part(rewrite->segment, TCP_HEADER, options_length);
	struct tcp_option_view view;
	size_t position = 0;

	while (tcp_option_next(area, &position, &view)) {
		if (view.kind == TCP_OPTION_MSS && view.length == 4 && span_get16(area, view.offset + 2) > mss)
			tcp_rewrite_16(rewrite, TCP_HEADER + view.offset + 2, mss);
	}
}

void tcp_rewrite_finish(struct tcp_rewrite *rewrite)
{
	uint16_t checksum;

	if (rewrite->segment.length < TCP_FIELD_CHECKSUM + 2)
		return;
	checksum = span_get16(rewrite->segment, TCP_FIELD_CHECKSUM);
	checksum = rewrite->partial ? checksum_update_partial(checksum, rewrite->removed, rewrite->added) :
				      checksum_update(checksum, rewrite->removed, rewrite->added);
	span_put16(rewrite->segment, TCP_FIELD_CHECKSUM, checksum);
}

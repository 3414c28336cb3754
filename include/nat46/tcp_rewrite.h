/* SPDX-License-Identifier: ISC */
/*
 * tcp_rewrite.h - change fields of a TCP segment in place and keep its checksum right (RFC 1624)
 *
 * Begin, set any number of fields, finish. The payload is never read. A partial checksum covers the
 * pseudo header only, so that only tcp_rewrite_addresses() touches it.
 */
#ifndef NAT46_TCP_REWRITE_H
#define NAT46_TCP_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/cursor.h"

/**
 * struct tcp_rewrite - a rewrite under way
 * @segment: TCP header, and whatever follows it; may be cut short when quoted in an ICMP error
 * @partial: the checksum field holds a partial checksum
 * @removed, @added: sums of what was and what is there
 */
struct tcp_rewrite {
	struct span segment;
	bool partial;
	uint64_t removed;
	uint64_t added;
};

/**
 * struct tcp_option_changes - what becomes of the options of a segment
 * @sack_shift: added to both edges of every SACK block
 * @ts_value_shift: added to TSval
 * @ts_echo_shift: added to TSecr if the segment has ACK set
 * @strip_sack, @strip_timestamps: replace the option by NOPs
 *
 * Every other option is replaced by NOPs: both hosts negotiated with us, not with each other.
 */
struct tcp_option_changes {
	uint32_t sack_shift;
	uint32_t ts_value_shift;
	uint32_t ts_echo_shift;
	bool strip_sack;
	bool strip_timestamps;
};

/** tcp_rewrite_begin() - start to rewrite @segment */
struct tcp_rewrite tcp_rewrite_begin(struct span segment, bool partial);

/** tcp_rewrite_16(), tcp_rewrite_32() - set the field at @offset in the segment; nothing if it is cut off */
void tcp_rewrite_16(struct tcp_rewrite *rewrite, size_t offset, uint16_t value);
void tcp_rewrite_32(struct tcp_rewrite *rewrite, size_t offset, uint32_t value);

/** tcp_rewrite_bytes() - set @count bytes at @offset in the segment, which must be there */
void tcp_rewrite_bytes(struct tcp_rewrite *rewrite, size_t offset, const uint8_t *bytes, size_t count);

/** tcp_rewrite_addresses() - account for new addresses: sums as packet_address_sum() gives them */
void tcp_rewrite_addresses(struct tcp_rewrite *rewrite, uint64_t removed, uint64_t added);

/**
 * tcp_rewrite_options() - change the options of a segment of a spliced connection
 * @options_length: bytes of options behind the fixed header, all of them there
 *
 * Return: false if the options end in an impossible length; the segment is then to be dropped
 */
bool tcp_rewrite_options(struct tcp_rewrite *rewrite, size_t options_length,
			 const struct tcp_option_changes *changes);

/** tcp_rewrite_clamp_mss() - lower the MSS option of a SYN to @mss if it is larger; other options stay */
void tcp_rewrite_clamp_mss(struct tcp_rewrite *rewrite, size_t options_length, uint16_t mss);

/** tcp_rewrite_finish() - store the checksum */
void tcp_rewrite_finish(struct tcp_rewrite *rewrite);

#endif

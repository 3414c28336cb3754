/* SPDX-License-Identifier: ISC */
/*
 * segment.h - TCP segments of our own making
 */
#ifndef NAT46_CORE_BASE_SEGMENT_H
#define NAT46_CORE_BASE_SEGMENT_H

#include "core/base/engine_state.h"

/**
 * Largest TCP payload in a segment of our own making: with timestamps it fits every IPv6 link (RFC 8200 5). A router
 * that wants it smaller would tell the client, who can do nothing about what we have acknowledged.
 */
#define SEGMENT_PAYLOAD_MAX 1208u

/**
 * struct segment - a TCP segment to be made
 * @flow: gives addresses and ports
 * @to_server: IPv6 to the server, else IPv4 to the client
 * @seq, @ack, @flags, @window: as in the header; @ack is written only with the ACK flag
 * @options: options; NULL: none
 * @sack: SACK blocks behind them; NULL: none
 * @payload_length: bytes of payload, at most SEGMENT_PAYLOAD_MAX
 * @payload_buffer, @payload_offset: where the payload comes from
 */
struct segment {
	const struct flow *flow;
	bool to_server;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	uint16_t window;
	const struct tcp_options *options;
	const struct tcp_sack *sack;
	uint32_t payload_length;
	const struct buffer *payload_buffer;
	uint32_t payload_offset;
};

/** window_field() - the most that a window field can say of @window, given in the units of the field */
static inline uint16_t window_field(uint32_t window)
{
	return (uint16_t)(window < UINT16_MAX ? window : UINT16_MAX);
}

/** window_to_server() - window field for @bytes of room at the client: with R1 the server takes it as it is */
static inline uint16_t window_to_server(const struct flow *flow, uint32_t bytes)
{
	return window_field(bytes >> (flow->raise ? 0 : flow->client_scale));
}

/** window_promised() - our window before the server's is known, in bytes: what the buffer takes */
static inline uint16_t window_promised(const struct engine *e)
{
	return window_field(e->config->limits.buffer);
}

/** announced_mss() - MSS that fits both families: every packet grows by 20 bytes on its way to IPv6 */
uint16_t announced_mss(const struct engine *e);

/** segment_send() - build a segment in the engine's output buffer, trace and emit it */
void segment_send(struct engine *e, const struct segment *segment);

/** segment_may_challenge() - may one more ACK show where a connection stands: limited, for it and for all */
bool segment_may_challenge(struct engine *e, const struct flow *flow);

/**
 * segment_reset_for() - RST in answer to a segment of no connection (RFC 9293 3.10.7.1)
 * @in: segment without RST flag
 * @limit: of the engine, from which it is taken
 *
 * Return: VERDICT_ANSWERED, or a drop because of a wrong checksum or the rate limit
 */
enum verdict segment_reset_for(struct engine *e, const struct input *in, struct rate_limit *limit);

#endif

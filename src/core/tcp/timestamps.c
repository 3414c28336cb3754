/* SPDX-License-Identifier: ISC */
/*
 * timestamps.c - our timestamp clock towards a client, and repair R3: timestamps for a server that has none; and the
 * clocks of both ends, for segments of our own in their names
 *
 * DOC: Theory of operation
 *
 * Our clock counts milliseconds from an offset that is keyed by client and service (RFC 7323 5.4, RFC 6528 style):
 * monotone from one connection to the next. The SYN/ACK carries it, its low bits replaced by data but never ahead of
 * the clock (syn_cookie.h). From there until the splice it stands still: what the client echoes is then the TSval of
 * the SYN/ACK, and the difference to the server's clock does not depend on how long we waited.
 *
 * A client to whom we promised timestamps expects them in every segment (RFC 7323 3.2), and some hosts drop what
 * comes without. If the server has none, its segments get the option from us: TSval is our clock, which goes on from
 * where it stood, and TSecr is TS.Recent by the rule of RFC 7323 4.3, with what the server has acknowledged for
 * Last.ACK.sent. TS.Recent takes the place of theta in the flow record: there is no server clock to be shifted.
 *
 * The server's options are written anew: timestamps, and of its SACK blocks the first three, which are the most
 * recent ones; a fourth would not fit. The network header that is about to become smaller leaves room for that in
 * front of the segment. A packet on its way to IPv4 loses 20 bytes and gains 12, so that it fits wherever it did;
 * but a client's own MSS has to leave these 12 free (connect.c), and so has the path's MTU (ip/icmp.c).
 *
 * Where both ends have timestamps of their own, so must what we say in their names in the midst of a connection: no
 * older than what was seen last, or the receiver drops it (RFC 7323 5.3), and no newer than what its sender has sent,
 * or what that sends next is dropped. The newest TSvals come from segments without payload, whose checksum costs
 * little: there one end tells its own clock, and by the echo what it has got of the other's. Whatever a connection
 * does, before it falls silent such a segment acknowledges the last data.
 */
#include "core/tcp/timestamps.h"

#include <string.h>

#include "core/base/pending.h"
#include "nat46/checksum.h"
#include "nat46/seq.h"

enum {
	SACK_HEADER = 4,	/* two NOPs, kind and length */
	SACK_BLOCK = 8,
};

uint32_t timestamps_clock(const struct engine *e, uint32_t client, uint32_t service)
{
	const uint32_t words[] = { client, service };

	return (uint32_t)siphash_13(&e->key, words, sizeof(words)) + (uint32_t)(e->now / MILLISECOND);
}

void timestamps_recent(uint32_t *recent, const struct input *in, uint32_t last_ack)
{
	if (in->options.has_timestamps && !seq_after(in->packet.seq, last_ack) &&
	    seq_after(in->options.ts_value, *recent))
		*recent = in->options.ts_value;
}

void timestamps_from_client(struct flow *flow, const struct input *in)
{
	const struct packet *p = &in->packet;
	uint32_t end = p->seq + (uint32_t)p->payload_length + ((p->flags & TCP_FIN) != 0);

	/* what the server would not accept does not count, nor does what is damaged */
	if (p->flags & TCP_RST || seq_before(end, flow->to_server.acked) || !packet_checksum_ok(in->frame, p))
		return;
	timestamps_recent(&flow->ts_recent, in, flow->to_server.acked);
}

uint32_t timestamps_of_client(const struct engine *e, const struct flow *flow)
{
	return flow->has_pending ? pending_of(e, flow)->ts_client : flow->ts_client;
}

void timestamps_watch(struct flow *flow, const struct input *in)
{
	const struct tcp_options *o = &in->options;
	uint32_t client = in->packet.is_ipv6 ? o->ts_echo : o->ts_value;
	uint32_t server = in->packet.is_ipv6 ? o->ts_value : o->ts_echo + flow->theta;

	if (!flow->timestamps || !o->has_timestamps || o->ts_echo == 0 || in->packet.payload_length > 0 ||
	    !packet_checksum_ok(in->frame, &in->packet))
		return;
	if (seq_after(server, flow->ts_server))
		flow->ts_server = server;
	if (!flow->has_pending && seq_after(client, flow->ts_client))
		flow->ts_client = client;
}

struct tcp_options timestamps_to_client(const struct engine *e, const struct flow *flow)
{
	if (flow->flags & FLOW_INSERT_TIMESTAMPS)
		return (struct tcp_options){
			.has_timestamps = true,
			.ts_value = timestamps_clock(e, flow->client, flow->service),
			.ts_echo = flow->ts_recent,
		};
	return (struct tcp_options){
		.has_timestamps = flow->timestamps,
		.ts_value = flow->ts_server - flow->theta,
		.ts_echo = timestamps_of_client(e, flow),
	};
}

struct tcp_options timestamps_to_server(const struct engine *e, const struct flow *flow)
{
	return (struct tcp_options){
		.has_timestamps = flow->timestamps,
		.ts_value = timestamps_of_client(e, flow),
		.ts_echo = flow->ts_server,
	};
}

/** sack_blocks() - the SACK blocks in an options area */
static struct span sack_blocks(struct span options)
{
	struct tcp_option_view view;
	size_t position = 0;

	while (tcp_option_next(options, &position, &view)) {
		if (view.kind == TCP_OPTION_SACK)
			return span_part(options, view.offset + 2, view.length - 2);
	}
	return span_part(options, 0, 0);
}

/** put_sack() - write the first SACK blocks of @options at @n, behind two NOPs; returns the number of bytes */
static size_t put_sack(struct span area, size_t n, struct span options)
{
	struct span blocks = sack_blocks(options);
	size_t count = blocks.length / SACK_BLOCK < SACK_BLOCKS_MAX ? blocks.length / SACK_BLOCK : SACK_BLOCKS_MAX;

	if (count == 0)
		return 0;
	span_put16(area, n, TCP_OPTION_NOP << 8 | TCP_OPTION_NOP);
	span_put8(area, n + 2, TCP_OPTION_SACK);
	span_put8(area, n + 3, (uint8_t)(2 + count * SACK_BLOCK));
	span_copy(area, n + SACK_HEADER, blocks.bytes, count * SACK_BLOCK);
	return SACK_HEADER + count * SACK_BLOCK;
}

/** build() - the options of a segment of the server as the client gets them; returns their length */
static size_t build(const struct engine *e, const struct flow *flow, const struct input *in, struct span area)
{
	const struct tcp_options options = {
		.has_timestamps = true,
		.ts_value = timestamps_clock(e, flow->client, flow->service),
		.ts_echo = in->packet.flags & TCP_ACK ? flow->ts_recent : 0,
	};
	size_t length = tcp_options_build(&options, area);

	if (!(flow->flags & FLOW_STRIP_SACK))
		length += put_sack(area, length, packet_tcp_options(in->frame, &in->packet));
	return length;
}

/** replace() - give a segment other options: its fixed header moves, what is behind the options stays in place */
static void replace(struct input *in, const uint8_t *options, size_t length)
{
	struct packet *p = &in->packet;
	struct span before = packet_transport(in->frame, p), after;
	size_t old = p->payload - p->transport - TCP_HEADER;
	uint8_t offset = span_get8(before, TCP_FIELD_OFFSET);
	uint16_t checksum = span_get16(before, TCP_FIELD_CHECKSUM);
	uint64_t removed = before.length, added = before.length - old + length;

	if (!in->frame->offload.partial)
		removed += ((uint64_t)offset << 8) + checksum_sum(span_at(before, TCP_HEADER, old), old);
	offset = (uint8_t)((TCP_HEADER + length) / 4 << 4 | (offset & 0xf));
	if (!in->frame->offload.partial)
		added += ((uint64_t)offset << 8) + checksum_sum(options, length);
	p->transport = p->transport + old - length;
	p->grown = length > old ? length - old : 0;
	after = packet_transport(in->frame, p);
	memmove(after.bytes, before.bytes, TCP_HEADER);
	span_copy(after, TCP_HEADER, options, length);
	span_put8(after, TCP_FIELD_OFFSET, offset);
	checksum = in->frame->offload.partial ? checksum_update_partial(checksum, removed, added) :
						checksum_update(checksum, removed, added);
	span_put16(after, TCP_FIELD_CHECKSUM, checksum);
}

bool timestamps_insert(const struct engine *e, const struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;
	uint8_t options[TCP_OPTIONS_MAX];
	size_t length;

	if (p->flags & TCP_RST)
		return false;
	length = build(e, flow, in, span_over(options, sizeof(options)));
	if (p->length - p->payload + TCP_HEADER + length > UINT16_MAX - IPV4_HEADER)
		return false;
	replace(in, options, length);
	return true;
}

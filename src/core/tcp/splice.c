/* SPDX-License-Identifier: ISC */
/*
 * splice.c - P4: a connection whose ends are both connected
 *
 * Everything but the headers is between the two hosts (pass.c). We watch (track.c), and answer where nobody else
 * would: a SYN in the middle, a repeated SYN/ACK; and we end what the two hosts would not end themselves, a storm of
 * acknowledgements.
 */
#include "core/tcp/splice.h"

#include "core/base/pending.h"
#include "core/base/report.h"
#include "core/base/segment.h"
#include "core/tcp/deliver.h"
#include "core/tcp/ecn.h"
#include "core/tcp/first_bytes.h"
#include "core/tcp/flush.h"
#include "core/tcp/hold.h"
#include "core/tcp/pass.h"
#include "core/tcp/probe.h"
#include "core/tcp/storm.h"
#include "core/tcp/timestamps.h"
#include "core/tcp/track.h"

/** is_repeated_syn() - the SYN that opened a connection without splice: its client has not got the server's answer */
static bool is_repeated_syn(const struct flow *flow, const struct packet *p)
{
	return !(flow->flags & FLOW_SPLICED) && !(p->flags & TCP_ACK) && p->seq == flow->client_isn;
}

enum verdict splice_from_client(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;

	if (p->flags & TCP_SYN && !is_repeated_syn(flow, p))
		return probe_challenge(e, flow, in);
	/* one direction is enough: what does not arrive is not answered */
	if (storm_watch(e, flow, in, 0))
		return verdict_drop(e, in, DROP_ACK_STORM);
	if (flow->strip_ecn) {
		if (ecn_is_marked(p))
			return verdict_drop(e, in, DROP_ECN_MARKED);
		ecn_clear(in);
	}
	if (!(p->flags & TCP_SYN) && track_from_client(e, flow, in))
		timestamps_watch(flow, in);
	if (flow->flags & FLOW_INSERT_TIMESTAMPS)
		timestamps_from_client(flow, in);
	if (flow->has_pending) {
		first_bytes_keep_newest(e, flow, in);
		if (hold_data(e, flow, in))
			return VERDICT_ABSORBED;
		hold_settle(e, flow);
	}
	return pass_to_server(e, flow, in);
}

void splice_abandon(struct engine *e, const struct flow *flow)
{
	const struct segment reset = {
		.flow = flow,
		.to_server = true,
		.seq = flow->to_server.acked,
		.flags = TCP_RST,
	};

	segment_send(e, &reset);
}

void splice_timer(struct engine *e, struct flow *flow)
{
	if (!deliver_timer(e, flow))
		return;
	hold_settle(e, flow);
	if (flow->has_pending)
		hold_arm(e, flow);
}

/**
 * settle() - go on with the flush as the server makes room, and let go of the buffer when all has arrived
 *
 * @before: what the server had acknowledged before this segment
 *
 * A RST may be forged, or not arrive, and then the client goes on: what was inspected stays, as the connection does.
 */
static void settle(struct engine *e, struct flow *flow, const struct packet *p, uint32_t before)
{
	if (flow->state == TCP_STATE_RESET || !(p->flags & TCP_ACK) || p->flags & TCP_RST)
		return;
	flush(e, flow);
	deliver_input(e, flow, p, before);
	hold_settle(e, flow);
	if (flow->has_pending)
		hold_arm(e, flow);
}

enum verdict splice_from_server(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;
	uint32_t acked = flow->to_server.acked;

	if (p->flags & TCP_SYN) {
		if (flow->flags & FLOW_SPLICED)
			return flush_again(e, flow, in);
		return pass_to_client(e, flow, in);
	}
	storm_watch(e, flow, in, 1);
	if (flow->strip_ecn)
		ecn_clear(in);
	if (track_from_server(e, flow, in))
		timestamps_watch(flow, in);
	if (flow->has_pending)
		settle(e, flow, p, acked);
	return pass_to_client(e, flow, in);
}

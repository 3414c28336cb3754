/* SPDX-License-Identifier: ISC */
/*
 * track.c - learn from the segments of a bound flow how far its two directions are
 *
 * Tracking decides nothing about the segments themselves: all are passed on, the hosts judge them. It gives
 * the state (tcp_state.h), the number of bytes, and the idle time, and so it only believes segments that lie
 * where the other side's window says, and that acknowledge what the other side may have sent: a stranger who
 * does not see the connection cannot end or prolong it. A sequence number alone could be guessed: the windows
 * are wide, and a few thousand FINs would turn the two hours of an idle connection into four minutes.
 *
 * Sequence numbers are those of the packet's sender: the server's are the server's own.
 */
#include "core/tcp/track.h"

#include "core/base/flows.h"
#include "core/base/pending.h"
#include "core/base/report.h"
#include "nat46/seq.h"

/** A sender may be this far beyond the edge that we know of: window updates can be lost behind us. */
static const uint32_t SLACK = 65535;

/** window_of() - a window of @bytes in units of a window shift */
static uint16_t window_of(uint32_t bytes, uint8_t shift)
{
	return (uint16_t)(bytes >> shift < UINT16_MAX ? bytes >> shift : UINT16_MAX);
}

void track_start(struct engine *e, struct flow *flow, uint32_t server_window, uint32_t client_window)
{
	struct pending *p = pending_of(e, flow);
	uint32_t first = flow->client_isn + 1;

	flow->to_server = (struct flow_direction){
		.end = first, .acked = first, .window = window_of(server_window, flow->server_scale)
	};
	if (p)
		p->edge = first + server_window;
	first = flow->server_isn + 1;
	flow->to_client = (struct flow_direction){
		.end = first, .acked = first, .window = window_of(client_window, flow->client_scale)
	};
}

/** oldest() - what may still be on its way, or be repeated, begins here; @shift: of the receiver's window */
static uint32_t oldest(const struct flow_direction *d, uint8_t shift)
{
	uint32_t window = flow_window(d, shift);

	return d->acked - (window > SLACK && window <= INT32_MAX ? window : SLACK);
}

/** is_in_window() - does a segment from @seq to @end touch what the receiver waits for or may repeat */
static bool is_in_window(const struct flow_direction *d, uint8_t shift, uint32_t seq, uint32_t end)
{
	return !seq_after(seq, d->acked + flow_window(d, shift) + SLACK) && !seq_before(end, oldest(d, shift));
}

/** is_ack_plausible() - is @ack among what was sent in @d (RFC 5961 5.2); data in a SYN/ACK is not counted there */
static bool is_ack_plausible(const struct flow_direction *d, uint8_t shift, uint32_t ack)
{
	return seq_between(ack, oldest(d, shift), d->end + SLACK);
}

/** end_of() - sequence number behind a segment */
static uint32_t end_of(const struct packet *packet)
{
	return packet->seq + (uint32_t)packet->payload_length + ((packet->flags & TCP_FIN) != 0);
}

/**
 * advance_acked() - the receiver of @d acknowledged up to @ack and has room for @window more, in its own units
 *
 * A host does not take back what it has announced (RFC 9293 3.8.6), so that its newest window reaches as far as any.
 *
 * Return: bytes of payload that were not acknowledged before
 */
static uint32_t advance_acked(struct flow_direction *d, bool has_fin, uint32_t isn, uint32_t ack, uint16_t window)
{
	uint32_t bytes = ack - d->acked;

	if (!seq_between(ack, d->acked, d->end))
		return 0;
	if (bytes > 0 && has_fin && ack == d->end)
		bytes--;
	if (ack - isn < d->acked - isn)
		d->wraps++;
	if (ack != d->acked || window > d->window)
		d->window = window;
	d->acked = ack;
	return bytes;
}

/**
 * advance_end() - the sender of @d sent up to @end
 * Return: true if a FIN that counts is in the segment
 */
static bool advance_end(struct flow *flow, struct flow_direction *d, uint8_t fin_flag, uint8_t flags, uint32_t end)
{
	if (!(flow->flags & fin_flag) && seq_after(end, d->end))
		d->end = end;
	/* the FIN is believed where nothing was sent behind it */
	if (!(flags & TCP_FIN) || end != d->end)
		return false;
	flow->flags |= fin_flag;
	return true;
}

static bool fins_are_acked(const struct flow *flow)
{
	return flow->flags & FLOW_CLIENT_FIN && flow->flags & FLOW_SERVER_FIN &&
	       flow->to_server.acked == flow->to_server.end && flow->to_client.acked == flow->to_client.end;
}

/**
 * is_rst_believed() - is the RST where its receiver will accept it (RFC 5961 3.2)
 *
 * Hosts take a RST only at the very number they expect. Without seeing their minds, that is what they last
 * acknowledged, or the end of what was sent to them.
 */
static bool is_rst_believed(const struct flow_direction *d, uint32_t seq)
{
	return seq == d->acked || seq == d->end;
}

static void track_rst(struct engine *e, struct flow *flow, const struct flow_direction *sent, uint32_t seq,
		      uint8_t fin_flag)
{
	if (!is_rst_believed(sent, seq))
		return;
	flow_move(&e->flows, flow, TCP_EVENT_RST);
	flow->reset_by = fin_flag;
	flow_touch(e, flow);
	flow_over(e, flow, flow_end_reason(flow));
}

/**
 * is_credible() - does a bit error not matter, or is there none
 * @received: the other direction, of which the segment acknowledges up to @ack
 *
 * It must not end a connection, nor make a sender seem further than it is: its FIN would then never be believed. Nor
 * must it seem to acknowledge what did not arrive: that may still be in the buffer, and we repeat the number ourselves
 * when we challenge or probe, whereupon the other side would forget what it has to send again.
 */
static bool is_credible(const struct flow *flow, const struct flow_direction *sent,
			const struct flow_direction *received, uint32_t ack, const struct input *in)
{
	bool matters = flow->has_pending || in->packet.flags & (TCP_FIN | TCP_RST) ||
		       seq_after(in->packet.seq, sent->end) || seq_after(ack, received->acked);

	return !matters || packet_checksum_ok(in->frame, &in->packet);
}

/**
 * track() - common to both directions: @sent, @fin_flag and @fin_event are those of the sender of @packet
 * Return: false if it proves nothing
 */
static bool track(struct engine *e, struct flow *flow, struct flow_direction *sent,
		  const struct packet *packet, uint8_t fin_flag, enum tcp_event fin_event)
{
	enum tcp_event event = TCP_EVENT_TRAFFIC;
	bool is_revived = flow->state == TCP_STATE_RESET;

	/* what the other side had sent before the RST reached it proves nothing; only the one that is said to be gone
	 * can show that it is not, and not by a late copy of what has been acknowledged */
	if (flow->state == TCP_STATE_RESET && (flow->reset_by != fin_flag || seq_before(packet->seq, sent->acked)))
		return false;
	if (advance_end(flow, sent, fin_flag, packet->flags, end_of(packet)))
		event = fin_event;
	flow_move(&e->flows, flow, event);
	if (is_revived)
		flow_goes_on(e, flow);
	/* alive again, and as far as it was */
	if (is_revived && flow->flags & FLOW_CLIENT_FIN)
		flow_move(&e->flows, flow, TCP_EVENT_CLIENT_FIN);
	if (is_revived && flow->flags & FLOW_SERVER_FIN)
		flow_move(&e->flows, flow, TCP_EVENT_SERVER_FIN);
	if (flow->state == TCP_STATE_CLOSING && fins_are_acked(flow))
		flow_move(&e->flows, flow, TCP_EVENT_FINS_ACKED);
	flow_touch(e, flow);
	if (flow->state == TCP_STATE_CLOSED)
		flow_over(e, flow, flow_end_reason(flow));
	return true;
}

bool track_is_of_client(const struct flow *flow, const struct packet *packet)
{
	return is_in_window(&flow->to_server, flow->server_scale, packet->seq, end_of(packet)) &&
	       is_ack_plausible(&flow->to_client, flow->client_scale, packet->ack - flow->delta);
}

bool track_is_acknowledged(const struct flow *flow, const struct packet *packet)
{
	return seq_between(packet->ack - flow->delta, flow->to_client.acked, flow->to_client.end);
}

bool track_from_client(struct engine *e, struct flow *flow, const struct input *in)
{
	const struct packet *packet = &in->packet;
	uint32_t ack = packet->ack - flow->delta;

	if (!is_credible(flow, &flow->to_server, &flow->to_client, ack, in))
		return false;
	if (packet->flags & TCP_RST) {
		track_rst(e, flow, &flow->to_server, packet->seq, FLOW_CLIENT_FIN);
		return false;
	}
	if (!track_is_of_client(flow, packet))
		return false;
	count_bytes(e, flow, false,
		    advance_acked(&flow->to_client, flow->flags & FLOW_SERVER_FIN, flow->server_isn, ack,
				  packet->window));
	return track(e, flow, &flow->to_server, packet, FLOW_CLIENT_FIN, TCP_EVENT_CLIENT_FIN);
}

/** advance_edge() - the same as advance_acked() for the edge that the flush goes by, to the byte */
static void advance_edge(struct engine *e, const struct flow *flow, const struct packet *packet)
{
	struct pending *p = pending_of(e, flow);
	uint32_t edge = packet->ack + ((uint32_t)packet->window << flow->server_scale);

	if (p && seq_between(packet->ack, flow->to_server.acked, flow->to_server.end) && seq_after(edge, p->edge))
		p->edge = edge;
}

bool track_from_server(struct engine *e, struct flow *flow, const struct input *in)
{
	const struct packet *packet = &in->packet;

	if (!is_credible(flow, &flow->to_client, &flow->to_server, packet->ack, in))
		return false;
	if (packet->flags & TCP_RST) {
		track_rst(e, flow, &flow->to_client, packet->seq, FLOW_SERVER_FIN);
		return false;
	}
	if (!is_in_window(&flow->to_client, flow->client_scale, packet->seq, end_of(packet)) ||
	    !is_ack_plausible(&flow->to_server, flow->server_scale, packet->ack))
		return false;
	advance_edge(e, flow, packet);
	count_bytes(e, flow, true,
		    advance_acked(&flow->to_server, flow->flags & FLOW_CLIENT_FIN, flow->client_isn, packet->ack,
				  packet->window));
	return track(e, flow, &flow->to_client, packet, FLOW_SERVER_FIN, TCP_EVENT_SERVER_FIN);
}

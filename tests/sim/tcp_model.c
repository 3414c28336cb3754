/* SPDX-License-Identifier: ISC */
/*
 * tcp_model.c - the model TCP: sending, receiving, timers
 *
 * Loss recovery is go-back-N over a SACK scoreboard after a time-out and NewReno (RFC 6582) after three
 * duplicate acknowledgements. Both are slow and hard to get wrong, which is what a model is for.
 */
#include "tcp_model.h"

#include <stdlib.h>
#include <string.h>

#define FLAGS_ECN (FLAG_ECE | FLAG_CWR)

#define RTO_FIRST SECOND
#define RTO_MIN (200 * MILLISECOND)
#define RTO_MAX (10 * SECOND)
#define RETRIES_SYN 8u
#define RETRIES_MAX 16u
#define DELAYED_ACK (40 * MILLISECOND)
#define SUPER_PACKET_MAX 60000u
#define CHALLENGES_MAX 1000u

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t ts_now(const struct tcp *tcp)
{
	return (uint32_t)(tcp->queue->now / MILLISECOND) + tcp->profile.ts_offset;
}

static uint32_t ip_tcp_header(const struct tcp *tcp)
{
	return tcp->local.is_ipv6 ? 60 : 40;
}

static bool synchronized(const struct tcp *tcp)
{
	return tcp->state >= TCP_ESTABLISHED;
}

/* Free space of the receive buffer behind what arrived in order. */
static uint32_t space(const struct tcp *tcp)
{
	return tcp->profile.receive_buffer - tcp->unread;
}

static void timer_event(void *context, void *argument);

static void schedule(struct tcp *tcp)
{
	int64_t due = tcp->retransmit_at;
	const int64_t others[] = { tcp->ack_at, tcp->probe_at, tcp->keepalive_at, tcp->wait_at };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i] < due)
			due = others[i];
	if (due < tcp->scheduled) {
		tcp->scheduled = due;
		event_add(tcp->queue, due, timer_event, tcp, NULL);
	}
}

static void stop_timers(struct tcp *tcp)
{
	tcp->retransmit_at = tcp->ack_at = tcp->probe_at = tcp->keepalive_at = tcp->wait_at = NEVER;
}

static void finish(struct tcp *tcp, enum tcp_end end)
{
	if (tcp->state == TCP_CLOSED)
		return;
	tcp->state = TCP_CLOSED;
	stop_timers(tcp);
	if (tcp->end == END_NONE) {
		tcp->end = end;
		tcp->hooks->event(tcp, TCP_EVENT_ENDED);
	}
}

/* The right edge moves only by a worthwhile step (RFC 9293 3.8.6.2.2) and never to the left. */
static uint32_t window_to_offer(struct tcp *tcp, bool scaled)
{
	uint32_t step = least(tcp->profile.receive_buffer / 2, tcp->profile.mss);
	uint32_t edge = tcp->expected + space(tcp), window;

	if (seq_before(edge, tcp->edge + step))
		edge = tcp->edge;
	window = seq_before(edge, tcp->expected) ? 0 : edge - tcp->expected;
	window = least(scaled ? window >> tcp->receive_shift : window, 65535);
	edge = tcp->expected + (scaled ? window << tcp->receive_shift : window);
	if (seq_after(edge, tcp->edge))
		tcp->edge = edge;
	return window;
}

static void add_sack(struct tcp *tcp, struct packet *packet)
{
	size_t room = tcp->ts_on ? 3 : 4;

	if (tcp->d_sack_wanted)
		packet->sack[packet->sack_count++] = (struct sack_block){ tcp->d_sack.start, tcp->d_sack.end };
	tcp->d_sack_wanted = false;
	for (size_t i = 0; i < tcp->early.count && packet->sack_count < room; i++)
		packet->sack[packet->sack_count++] =
			(struct sack_block){ tcp->early.range[i].start, tcp->early.range[i].end };
}

static void add_options(struct tcp *tcp, struct packet *packet)
{
	if (packet->flags & FLAG_SYN) {
		bool answer = packet->flags & FLAG_ACK;

		packet->has_mss = true;
		packet->mss = tcp->profile.mss;
		packet->sack_permitted = answer ? tcp->sack_on : tcp->profile.sack;
		packet->has_ts = answer ? tcp->ts_on : tcp->profile.timestamps;
		packet->has_scale = tcp->profile.scale && (!answer || tcp->send_shift != UINT8_MAX);
		packet->scale = tcp->profile.shift;
	} else {
		packet->has_ts = tcp->ts_on;
		if (tcp->sack_on && packet->flags & FLAG_ACK && !(packet->flags & FLAG_RST))
			add_sack(tcp, packet);
	}
	if (packet->has_ts) {
		packet->ts_value = ts_now(tcp);
		packet->ts_echo = packet->flags & FLAG_ACK ? tcp->ts_recent : 0;
		if (!tcp->ts_first)
			tcp->ts_first = packet->ts_value;
		tcp->ts_last = packet->ts_value;
	}
}

static uint32_t segment_size(const struct tcp *tcp)
{
	uint32_t size = least(tcp->peer_mss, tcp->path_mtu - ip_tcp_header(tcp));

	return size - (tcp->ts_on ? 12 : 0);
}

/* ECN of segments behind the handshake (RFC 3168 6.1.2 and 6.1.3) */
static void add_ecn(struct tcp *tcp, struct packet *packet)
{
	bool fresh = tcp->ecn_fresh && packet->payload_length;

	if (!tcp->ecn_on || packet->flags & (FLAG_SYN | FLAG_RST))
		return;
	packet->traffic_class = fresh ? 2 : 0;
	if (fresh && tcp->ecn_slowed)
		packet->flags |= FLAG_CWR;
	if (fresh)
		tcp->ecn_slowed = false;
	if (tcp->ecn_echo && packet->flags & FLAG_ACK)
		packet->flags |= FLAG_ECE;
}

/* The lie: other bytes for the same range. */
static void contradict(const struct tcp *tcp, uint32_t offset, uint8_t *payload, uint32_t length)
{
	for (uint32_t i = 0; i < length && offset + i < tcp->profile.first_length; i++)
		payload[i] ^= 1;
}

/* Send one segment (or super-packet) of @length bytes of the stream, or only flags. */
static void transmit(struct tcp *tcp, uint32_t seq, uint32_t length, uint32_t flags)
{
	static uint8_t payload[SUPER_PACKET_MAX];
	struct packet packet = {
		.source = tcp->local, .destination = tcp->remote, .hop_limit = 64,
		.source_port = tcp->local_port, .destination_port = tcp->remote_port,
		.seq = seq, .flags = (uint8_t)flags, .option_style = tcp->profile.option_style,
		.ack = flags & FLAG_ACK ? tcp->expected : 0, .payload = payload, .payload_length = length,
	};

	add_ecn(tcp, &packet);
	packet.window = (uint16_t)window_to_offer(tcp, !(flags & FLAG_SYN));
	add_options(tcp, &packet);
	if (length)
		tcp->hooks->fill(tcp, seq - tcp->iss - 1, payload, length);
	if (tcp->profile.contradicts && tcp->repeating)
		contradict(tcp, seq - tcp->iss - 1, payload, length);
	if (flags & FLAG_ACK) {
		tcp->last_ack_sent = tcp->expected;
		tcp->unacknowledged = 0;
		tcp->ack_now = false;
		tcp->ack_at = NEVER;
	}
	tcp->hooks->send(tcp, wire_build(&packet, (uint16_t)segment_size(tcp), tcp->profile.partial));
}

static void send_reset(struct tcp *tcp, uint32_t seq)
{
	transmit(tcp, seq, 0, FLAG_RST | (synchronized(tcp) ? FLAG_ACK : 0));
}

static void send_ack(struct tcp *tcp)
{
	transmit(tcp, tcp->max, 0, FLAG_ACK);	/* not next: the peer must find it acceptable after a time-out */
}

static void challenge(struct tcp *tcp)
{
	/* more than any loss pattern explains: two ends that answer each other for ever */
	if (++tcp->challenges == CHALLENGES_MAX)
		tcp->hooks->violation(tcp, "endless challenge acknowledgements");
	if (tcp->challenges < CHALLENGES_MAX)
		send_ack(tcp);
}

static void arm_retransmit(struct tcp *tcp, bool restart)
{
	if (restart || tcp->retransmit_at == NEVER)
		tcp->retransmit_at = tcp->queue->now + tcp->rto;
	tcp->probe_at = NEVER;
}

/* How much of the stream may one segment at @offset carry. */
static uint32_t segment_limit(const struct tcp *tcp, uint32_t offset)
{
	uint32_t size = segment_size(tcp);

	if (tcp->sack_on && tcp->early.count)
		size -= 4 + 8 * least((uint32_t)tcp->early.count, tcp->ts_on ? 3 : 4);
	else if (tcp->d_sack_wanted)
		size -= 12;
	if (tcp->profile.first_chunk && offset < tcp->profile.first_length) {
		uint32_t chunk = 1 + (offset * 2654435761u >> 16) % tcp->profile.first_chunk;

		return least(size, least(chunk, tcp->profile.first_length - offset));
	}
	if (tcp->profile.super_packets && !tcp->early.count && !tcp->d_sack_wanted)
		return SUPER_PACKET_MAX / size * size;
	return size;
}

static void fin_sent(struct tcp *tcp)
{
	if (!tcp->fin_wanted || tcp->max != tcp->iss + 2 + tcp->written)
		return;
	if (tcp->state == TCP_ESTABLISHED)
		tcp->state = TCP_FIN_WAIT_1;
	else if (tcp->state == TCP_CLOSE_WAIT)
		tcp->state = TCP_LAST_ACK;
}

/* Send one segment at tcp->next within @limit; false if there is nothing to send or no room for it. */
static bool output_segment(struct tcp *tcp, uint32_t limit)
{
	const struct range *held = ranges_find(&tcp->sacked, tcp->next);

	if (held)
		tcp->next = held->end;
	uint32_t offset = tcp->next - tcp->iss - 1;

	if (seq_after(tcp->next, tcp->iss + 1 + tcp->written))
		return false;	/* the FIN is out */
	uint32_t available = tcp->written - offset;
	uint32_t room = seq_before(tcp->next, limit) ? limit - tcp->next : 0;
	uint32_t size = segment_limit(tcp, offset), length = least(least(available, room), size);

	length = least(length, ranges_next(&tcp->sacked, tcp->next, tcp->next + length) - tcp->next);
	bool fin = tcp->fin_wanted && length == available;

	if (length == 0 && !fin)
		return false;
	if (length == room && length < available && length < size && tcp->next != tcp->una)
		return false;	/* rather wait for a larger window than send crumbs */
	if (tcp->profile.nagle && length == available && length < segment_size(tcp) && !fin && tcp->una != tcp->max &&
	    tcp->next == tcp->max)
		return false;	/* a small piece at a time (RFC 9293 3.7.4) */
	bool again = seq_before(tcp->next, tcp->max);
	uint32_t seq = tcp->next, flags = FLAG_ACK;

	if (length && length == available)
		flags |= FLAG_PSH;
	if (fin)
		flags |= FLAG_FIN;
	tcp->next += length + fin;
	if (seq_after(tcp->next, tcp->max))
		tcp->max = tcp->next;
	tcp->ecn_fresh = !again;
	tcp->repeating = again;
	transmit(tcp, seq, length, flags);
	tcp->ecn_fresh = tcp->repeating = false;
	fin_sent(tcp);
	if (!again && !tcp->timing) {
		tcp->timing = true;
		tcp->timing_seq = tcp->next;
		tcp->timing_since = tcp->queue->now;
	} else if (again) {
		tcp->timing = false;	/* Karn's algorithm */
	}
	return true;
}

static void output(struct tcp *tcp)
{
	if (!synchronized(tcp) || tcp->state == TCP_TIME_WAIT || tcp->state == TCP_FIN_WAIT_2)
		return;
	uint32_t limit = tcp->una + least(tcp->congestion_window, tcp->window);

	while (output_segment(tcp, limit))
		;
	if (tcp->una != tcp->max) {
		arm_retransmit(tcp, false);
		return;
	}
	tcp->retransmit_at = NEVER;
	if (tcp->next - tcp->iss - 1 < tcp->written && tcp->probe_at == NEVER)
		tcp->probe_at = tcp->queue->now + tcp->rto;
}

/* After every entry from outside: acknowledge what is due and set the timer. */
static void settle(struct tcp *tcp)
{
	if (tcp->state != TCP_CLOSED) {
		output(tcp);
		if (tcp->ack_now)
			send_ack(tcp);
		else if (tcp->unacknowledged && tcp->ack_at == NEVER)
			tcp->ack_at = tcp->queue->now + DELAYED_ACK;
	}
	schedule(tcp);
}

static void start(struct tcp *tcp)
{
	tcp->buffer = malloc(tcp->profile.receive_buffer);
	if (!tcp->buffer)
		abort();
	stop_timers(tcp);
	tcp->scheduled = NEVER;
	tcp->rto = RTO_FIRST;
	tcp->path_mtu = tcp->profile.mtu;
	tcp->profile.mss = (uint16_t)least(tcp->profile.mss, tcp->profile.mtu - ip_tcp_header(tcp));
	tcp->peer_mss = 536;
	tcp->threshold = UINT32_MAX;
	tcp->una = tcp->iss;
	tcp->next = tcp->max = tcp->ecn_until = tcp->iss + 1;
	tcp->window_seq = tcp->window_ack = 0;
}

/* Take the options of the peer's SYN. UINT8_MAX as send_shift: no scaling. */
static void take_options(struct tcp *tcp, const struct packet *syn)
{
	tcp->irs = syn->seq;
	tcp->expected = tcp->edge = syn->seq + 1;
	tcp->peer_mss = syn->has_mss && syn->mss >= 64 ? syn->mss : 536;
	tcp->ts_on = syn->has_ts && tcp->profile.timestamps;
	tcp->sack_on = syn->sack_permitted && tcp->profile.sack;
	tcp->ecn_on = tcp->profile.ecn && (syn->flags & FLAGS_ECN) == (syn->flags & FLAG_ACK ? FLAG_ECE : FLAGS_ECN);
	tcp->ts_recent = syn->ts_value;
	tcp->send_shift = syn->has_scale && tcp->profile.scale ? (uint8_t)least(syn->scale, 14) : UINT8_MAX;
	tcp->receive_shift = tcp->send_shift == UINT8_MAX ? 0 : tcp->profile.shift;
	tcp->window = syn->window;
	tcp->window_seq = syn->seq;
	tcp->congestion_window = tcp->profile.initial_window * segment_size(tcp);
}

static uint32_t syn_ack_flags(const struct tcp *tcp)
{
	return FLAG_SYN | FLAG_ACK | (tcp->ecn_on ? FLAG_ECE : 0);
}

void tcp_connect(struct tcp *tcp)
{
	start(tcp);
	tcp->state = TCP_SYN_SENT;
	transmit(tcp, tcp->iss, 0, FLAG_SYN | (tcp->profile.ecn ? FLAGS_ECN : 0));
	arm_retransmit(tcp, true);
	schedule(tcp);
}

void tcp_accept(struct tcp *tcp, const struct packet *syn)
{
	start(tcp);
	take_options(tcp, syn);
	tcp->state = TCP_SYN_RECEIVED;
	transmit(tcp, tcp->iss, 0, syn_ack_flags(tcp));
	arm_retransmit(tcp, true);
	schedule(tcp);
}

static void established(struct tcp *tcp)
{
	tcp->state = TCP_ESTABLISHED;
	tcp->retries = 0;
	tcp->rto = RTO_FIRST;
	tcp->retransmit_at = NEVER;
	if (tcp->profile.keepalive)
		tcp->keepalive_at = tcp->queue->now + tcp->profile.keepalive;
	tcp->hooks->event(tcp, TCP_EVENT_ESTABLISHED);
}

static bool sequence_acceptable(const struct tcp *tcp, const struct packet *packet)
{
	uint32_t length = (uint32_t)packet->payload_length + !!(packet->flags & FLAG_SYN) +
			  !!(packet->flags & FLAG_FIN);
	uint32_t edge = tcp->expected + space(tcp);

	if (seq_before(packet->seq + length, tcp->expected))
		return false;
	return !seq_after(packet->seq, seq_after(tcp->edge, edge) ? tcp->edge : edge);
}

/* Is a segment about an older connection? It is going to be answered with a RST. */
static bool is_about_older(const struct tcp *tcp, const struct packet *packet)
{
	return tcp->state == TCP_SYN_RECEIVED && packet->flags & FLAG_ACK && packet->ack != tcp->iss + 1;
}

/* May the peer echo this? Only what was sent: recent kernels reject others during the handshake. */
static bool echo_valid(struct tcp *tcp, const struct packet *packet)
{
	if (!packet->has_ts || !packet->ts_echo || !(packet->flags & FLAG_ACK) || !tcp->profile.timestamps)
		return true;
	if (!seq_before(packet->ts_echo, tcp->ts_first) && !seq_after(packet->ts_echo, tcp->ts_last))
		return true;
	/* nor is the answer to a SYN that somebody forged about this connection */
	if (is_about_older(tcp, packet) || (packet->flags & FLAG_SYN && packet->ack != tcp->iss + 1))
		return true;
	tcp->hooks->violation(tcp, tcp->state == TCP_SYN_RECEIVED ?
			      "TSecr outside the range of the SYN/ACKs' TSvals" : "TSecr that was never sent as TSval");
	return false;
}

static void input_syn_sent(struct tcp *tcp, const struct packet *packet)
{
	if (packet->flags & FLAG_ACK && packet->ack != tcp->iss + 1) {
		if (!(packet->flags & FLAG_RST))
			send_reset(tcp, packet->ack);
		return;
	}
	if (packet->flags & FLAG_RST) {
		if (packet->flags & FLAG_ACK)
			finish(tcp, END_REFUSED);
		return;
	}
	if ((packet->flags & (FLAG_SYN | FLAG_ACK)) != (FLAG_SYN | FLAG_ACK) || !echo_valid(tcp, packet))
		return;
	take_options(tcp, packet);
	tcp->una = packet->ack;
	tcp->window_ack = packet->ack;
	established(tcp);
	if (!tcp->profile.quick_data)
		tcp->ack_now = true;
	else
		tcp->unacknowledged = 1;
}

/* Is a segment meant for now: acceptable, or a keep-alive. */
static bool is_present(const struct tcp *tcp, const struct packet *packet)
{
	return sequence_acceptable(tcp, packet) || packet->seq + 1 == tcp->expected;
}

/* PAWS (RFC 7323 5.3); false: drop the segment. */
static bool timestamp_valid(struct tcp *tcp, const struct packet *packet)
{
	if (!tcp->ts_on || packet->flags & FLAG_RST)
		return true;
	if (!packet->has_ts) {
		if (!tcp->profile.expect_ts || packet->flags & FLAG_SYN || is_about_older(tcp, packet))
			return true;
		if (is_present(tcp, packet))
			tcp->hooks->violation(tcp, "segment without the time stamps that were negotiated");
		return false;
	}
	if (seq_before(packet->ts_value, tcp->ts_recent)) {
		tcp->paws_drops++;
		if (tcp->profile.exact_ts && is_present(tcp, packet))
			tcp->hooks->violation(tcp, "TSval went back on a path that keeps order");
		tcp->ack_now = true;
		return false;
	}
	return true;
}

static void not_acceptable(struct tcp *tcp, const struct packet *packet)
{
	if (packet->flags & FLAG_RST)
		return;
	uint32_t end = packet->seq + (uint32_t)packet->payload_length;

	/* RFC 2883; not about a late segment of an older connection */
	if (tcp->sack_on && packet->payload_length && end - tcp->irs <= tcp->expected - tcp->irs) {
		tcp->d_sack_wanted = true;
		tcp->d_sack = (struct range){ packet->seq, end };
	}
	if (tcp->state == TCP_TIME_WAIT)
		tcp->wait_at = tcp->queue->now + TIME_WAIT;
	tcp->ack_now = true;
}

static void take_sack(struct tcp *tcp, const struct packet *packet)
{
	for (size_t i = 0; i < packet->sack_count; i++) {
		struct sack_block block = packet->sack[i];

		if (!seq_before(block.start, block.end) || seq_after(block.end, tcp->max) ||
		    !seq_after(block.start, tcp->iss)) {
			tcp->hooks->violation(tcp, "SACK block outside of what was sent");
			continue;
		}
		if (!seq_before(block.start, tcp->una))
			ranges_add(&tcp->sacked, block.start, block.end);
	}
}

static void measure(struct tcp *tcp)
{
	if (!tcp->timing || seq_before(tcp->una, tcp->timing_seq))
		return;
	int64_t rtt = tcp->queue->now - tcp->timing_since;
	int64_t error = rtt > tcp->srtt ? rtt - tcp->srtt : tcp->srtt - rtt;

	tcp->timing = false;
	tcp->rttvar = tcp->srtt ? (3 * tcp->rttvar + error) / 4 : rtt / 2;
	tcp->srtt = tcp->srtt ? (7 * tcp->srtt + rtt) / 8 : rtt;
	tcp->rto = tcp->srtt + 4 * tcp->rttvar;
	if (tcp->rto < RTO_MIN)
		tcp->rto = RTO_MIN;
	if (tcp->rto > RTO_MAX)
		tcp->rto = RTO_MAX;
}

/* Retransmit the first segment that is missing at the peer (RFC 6582). */
static void retransmit_first(struct tcp *tcp)
{
	uint32_t next = tcp->next;

	tcp->next = tcp->una;
	output_segment(tcp, tcp->una + segment_size(tcp));
	if (seq_after(next, tcp->next))
		tcp->next = next;
	arm_retransmit(tcp, true);
}

static void duplicate_ack(struct tcp *tcp)
{
	uint32_t size = segment_size(tcp);

	if (++tcp->duplicate_acks != 3 || tcp->recovering)
		return;
	tcp->threshold = most((tcp->max - tcp->una) / 2, 2 * size);
	tcp->congestion_window = tcp->threshold;
	tcp->recovering = true;
	tcp->recover = tcp->max;
	retransmit_first(tcp);
}

static void new_ack(struct tcp *tcp, uint32_t ack)
{
	uint32_t acknowledged = ack - tcp->una, size = segment_size(tcp);

	tcp->una = ack;
	if (seq_before(tcp->next, ack))
		tcp->next = ack;
	ranges_trim(&tcp->sacked, ack);
	measure(tcp);
	tcp->retries = 0;
	tcp->duplicate_acks = 0;
	if (tcp->congestion_window < tcp->threshold)
		tcp->congestion_window += least(acknowledged, 2 * size);
	else
		tcp->congestion_window += most(size * size / tcp->congestion_window, 1);
	tcp->congestion_window = least(tcp->congestion_window, 1u << 20);
	tcp->retransmit_at = NEVER;
	if (tcp->recovering && seq_before(ack, tcp->recover))
		retransmit_first(tcp);
	else
		tcp->recovering = false;
}

static void enter_time_wait(struct tcp *tcp)
{
	stop_timers(tcp);
	tcp->state = TCP_TIME_WAIT;
	tcp->wait_at = tcp->queue->now + TIME_WAIT;
	tcp->end = END_GRACEFUL;
	tcp->hooks->event(tcp, TCP_EVENT_ENDED);
}

static void fin_acknowledged(struct tcp *tcp)
{
	if (!tcp->fin_wanted || tcp->una != tcp->iss + 2 + tcp->written)
		return;
	if (tcp->state == TCP_FIN_WAIT_1)
		tcp->state = TCP_FIN_WAIT_2;
	else if (tcp->state == TCP_CLOSING)
		enter_time_wait(tcp);
	else if (tcp->state == TCP_LAST_ACK)
		finish(tcp, END_GRACEFUL);
}

/* A mark is echoed until the sender says that it has slowed down, which it does once for each window. */
static void take_ecn(struct tcp *tcp, const struct packet *packet)
{
	if (!tcp->ecn_on)
		return;
	if (packet->flags & FLAG_CWR)
		tcp->ecn_echo = false;
	if ((packet->traffic_class & 3) == 3 && packet->payload_length)
		tcp->ecn_echo = true;
	if (!(packet->flags & FLAG_ECE) || !(packet->flags & FLAG_ACK) || seq_before(packet->ack, tcp->ecn_until))
		return;
	tcp->threshold = most((tcp->max - tcp->una) / 2, 2 * segment_size(tcp));
	tcp->congestion_window = tcp->threshold;
	tcp->ecn_until = tcp->max;
	tcp->ecn_slowed = true;
}

/* The acknowledgement part (RFC 9293 3.10.7.4 "fifth"); false: drop the segment. */
static bool take_ack(struct tcp *tcp, const struct packet *packet)
{
	uint32_t window = (uint32_t)packet->window << (tcp->send_shift == UINT8_MAX ? 0 : tcp->send_shift);
	bool same_window = window == tcp->window;

	if (tcp->state == TCP_SYN_RECEIVED) {
		if (packet->ack != tcp->iss + 1) {
			send_reset(tcp, packet->ack);
			return false;
		}
		tcp->una = packet->ack;
		tcp->window = window;
		tcp->window_seq = packet->seq;
		tcp->window_ack = packet->ack;
		established(tcp);
		return tcp->state != TCP_CLOSED;
	}
	if (seq_after(packet->ack, tcp->max)) {
		tcp->hooks->violation(tcp, "acknowledgement of what was not sent");
		challenge(tcp);
		return false;
	}
	if (seq_before(packet->ack, tcp->una))
		return true;
	take_sack(tcp, packet);
	if (seq_before(tcp->window_seq, packet->seq) ||
	    (tcp->window_seq == packet->seq && !seq_before(packet->ack, tcp->window_ack))) {
		tcp->window = window;
		tcp->window_seq = packet->seq;
		tcp->window_ack = packet->ack;
		if (window)
			tcp->probe_at = NEVER;
	}
	if (packet->ack != tcp->una)
		new_ack(tcp, packet->ack);
	else if (tcp->una != tcp->max && packet->payload_length == 0 && same_window && !(packet->flags & FLAG_FIN))
		duplicate_ack(tcp);
	fin_acknowledged(tcp);
	return tcp->state != TCP_CLOSED;
}

/* Put what fits into the buffer; what is in order becomes readable. */
static void take_data(struct tcp *tcp, uint32_t seq, const uint8_t *bytes, uint32_t length)
{
	uint32_t size = tcp->profile.receive_buffer, edge = tcp->expected + space(tcp);

	if (seq_before(seq, tcp->expected)) {
		uint32_t known = least(tcp->expected - seq, length);

		seq += known;
		bytes += known;
		length -= known;
	}
	if (seq_after(seq + length, edge))
		length = seq_before(seq, edge) ? edge - seq : 0;
	tcp->unacknowledged++;
	if (seq != tcp->expected || length == 0 || tcp->early.count || tcp->unacknowledged > 1 ||
	    !tcp->profile.delayed_ack)
		tcp->ack_now = true;
	if (length == 0 || !ranges_add(&tcp->early, seq, seq + length))
		return;
	uint32_t at = (seq - tcp->irs - 1) % size, head = least(length, size - at);

	memcpy(tcp->buffer + at, bytes, head);
	memcpy(tcp->buffer, bytes + head, length - head);
	const struct range *whole = ranges_find(&tcp->early, tcp->expected);

	if (whole) {
		tcp->unread += whole->end - tcp->expected;
		tcp->expected = whole->end;
		ranges_trim(&tcp->early, tcp->expected);
	}
}

static void peer_closed(struct tcp *tcp)
{
	tcp->expected++;
	tcp->ack_now = true;
	if (tcp->state == TCP_ESTABLISHED)
		tcp->state = TCP_CLOSE_WAIT;
	else if (tcp->state == TCP_FIN_WAIT_1)
		tcp->state = TCP_CLOSING;
	tcp->hooks->event(tcp, TCP_EVENT_PEER_CLOSED);
	if (tcp->state == TCP_FIN_WAIT_2)
		enter_time_wait(tcp);
}

static void take_payload(struct tcp *tcp, const struct packet *packet)
{
	uint32_t end = packet->seq + (uint32_t)packet->payload_length;
	bool reading = tcp->state == TCP_ESTABLISHED || tcp->state == TCP_FIN_WAIT_1 || tcp->state == TCP_FIN_WAIT_2;

	if (!reading) {
		if (packet->payload_length || packet->flags & FLAG_FIN) {
			tcp->ack_now = true;
			if (tcp->state == TCP_TIME_WAIT)
				tcp->wait_at = tcp->queue->now + TIME_WAIT;
		}
		return;
	}
	if (tcp->fin_known && packet->payload_length && seq_after(end, tcp->fin_seq))
		tcp->hooks->violation(tcp, "data behind the FIN");
	if (packet->payload_length)
		take_data(tcp, packet->seq, packet->payload, (uint32_t)packet->payload_length);
	if (packet->flags & FLAG_FIN) {
		if (tcp->fin_known && tcp->fin_seq != end)
			tcp->hooks->violation(tcp, "two FINs at different places");
		tcp->fin_known = true;
		tcp->fin_seq = end;
		tcp->ack_now = true;
	}
	if (tcp->unread)
		tcp->hooks->event(tcp, TCP_EVENT_READABLE);
	if (tcp->fin_known && tcp->expected == tcp->fin_seq && tcp->state != TCP_CLOSED)
		peer_closed(tcp);
}

static void input_synchronized(struct tcp *tcp, const struct packet *packet)
{
	if (!timestamp_valid(tcp, packet))
		return;
	if (!sequence_acceptable(tcp, packet)) {
		not_acceptable(tcp, packet);
		return;
	}
	if (!echo_valid(tcp, packet)) {
		challenge(tcp);
		return;
	}
	/* a SYN is answered with a challenge before its time stamp counts (RFC 5961 4.2) */
	if (tcp->ts_on && packet->has_ts && !(packet->flags & (FLAG_RST | FLAG_SYN)) &&
	    !seq_after(packet->seq, tcp->last_ack_sent))
		tcp->ts_recent = packet->ts_value;
	if (packet->flags & FLAG_RST) {
		if (packet->seq != tcp->expected)
			challenge(tcp);
		else
			finish(tcp, END_RESET);
		return;
	}
	if (packet->flags & FLAG_SYN) {
		if (tcp->state == TCP_SYN_RECEIVED && packet->seq == tcp->irs)
			transmit(tcp, tcp->iss, 0, syn_ack_flags(tcp));
		else
			challenge(tcp);
		return;
	}
	take_ecn(tcp, packet);
	if (packet->flags & FLAG_ACK && take_ack(tcp, packet))
		take_payload(tcp, packet);
}

void tcp_input(struct tcp *tcp, const struct packet *packet)
{
	if (tcp->profile.keepalive && synchronized(tcp) && tcp->state != TCP_TIME_WAIT) {
		tcp->keepalive_at = tcp->queue->now + tcp->profile.keepalive;
		tcp->retries = tcp->una == tcp->max ? 0 : tcp->retries;
	}
	if (tcp->window == 0 && packet->flags & FLAG_ACK)
		tcp->retries = 0;	/* the peer lives, however long its window stays closed */
	if (tcp->state == TCP_SYN_SENT)
		input_syn_sent(tcp, packet);
	else if (tcp->state != TCP_CLOSED)
		input_synchronized(tcp, packet);
	settle(tcp);
}

void tcp_error(struct tcp *tcp, const struct packet *error)
{
	uint32_t least_mtu = tcp->local.is_ipv6 ? 1280 : 296;

	if (seq_before(error->seq, tcp->iss) || seq_after(error->seq, tcp->max)) {
		tcp->hooks->violation(tcp, "ICMP error that quotes what was never sent");
		return;
	}
	if (seq_before(error->seq, tcp->una)) {
		tcp->quotes_ignored++;
		return;
	}
	if (error->kind == PACKET_UNREACHABLE) {
		if (tcp->state == TCP_SYN_SENT)
			finish(tcp, END_REFUSED);
		return;
	}
	uint32_t mtu = most(error->mtu, least_mtu);

	if (mtu >= tcp->path_mtu || tcp->state == TCP_CLOSED)
		return;
	tcp->path_mtu = mtu;
	if (synchronized(tcp) && tcp->una != tcp->max) {
		tcp->next = tcp->una;
		tcp->timing = false;
		arm_retransmit(tcp, true);
	}
	settle(tcp);
}

void tcp_write(struct tcp *tcp, uint32_t length)
{
	if (tcp->fin_wanted || tcp->state == TCP_CLOSED)
		return;
	tcp->written += length;
	settle(tcp);
}

uint32_t tcp_read(struct tcp *tcp, uint8_t *bytes, uint32_t length)
{
	uint32_t fin = tcp->fin_known && seq_after(tcp->expected, tcp->fin_seq);
	uint32_t from = tcp->expected - fin - tcp->unread - tcp->irs - 1;

	length = least(length, tcp->unread);
	uint32_t at = from % tcp->profile.receive_buffer, head = least(length, tcp->profile.receive_buffer - at);

	memcpy(bytes, tcp->buffer + at, head);
	memcpy(bytes + head, tcp->buffer, length - head);
	tcp->unread -= length;
	if (tcp->state != TCP_CLOSED && tcp->state != TCP_TIME_WAIT && !tcp->fin_known) {
		uint32_t step = least(tcp->profile.receive_buffer / 2, 2u * tcp->profile.mss);

		if (!seq_before(tcp->expected + space(tcp), tcp->edge + step))
			tcp->ack_now = true;
	}
	schedule(tcp);
	return length;
}

void tcp_close(struct tcp *tcp)
{
	if (tcp->state == TCP_SYN_SENT) {
		finish(tcp, END_ABORTED);
		return;
	}
	tcp->fin_wanted = true;
	settle(tcp);
}

void tcp_abort(struct tcp *tcp, bool silent)
{
	if (tcp->state == TCP_CLOSED || tcp->state == TCP_TIME_WAIT)
		return;
	if (!silent && tcp->state != TCP_SYN_SENT)
		send_reset(tcp, seq_after(tcp->next, tcp->max) ? tcp->next : tcp->max);
	finish(tcp, END_ABORTED);
}

bool tcp_reusable(const struct tcp *tcp, const struct packet *syn)
{
	if (tcp->state != TCP_TIME_WAIT || (syn->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) != FLAG_SYN)
		return false;
	return seq_after(syn->seq, tcp->expected) ||
	       (tcp->ts_on && syn->has_ts && seq_after(syn->ts_value, tcp->ts_recent));
}

/* One byte beyond what was sent, or an old one, to hear what the window is. */
static void probe(struct tcp *tcp)
{
	if (tcp->profile.probe_data && tcp->next - tcp->iss - 1 < tcp->written) {
		uint32_t seq = tcp->next++;

		if (seq_after(tcp->next, tcp->max))
			tcp->max = tcp->next;
		transmit(tcp, seq, 1, FLAG_ACK);
		arm_retransmit(tcp, true);
		return;
	}
	transmit(tcp, tcp->una - 1, 0, FLAG_ACK);
	tcp->probe_at = tcp->queue->now + tcp->rto;
}

static void back_off(struct tcp *tcp)
{
	tcp->rto = tcp->rto * 2 < RTO_MAX ? tcp->rto * 2 : RTO_MAX;
}

static void give_up(struct tcp *tcp)
{
	if (tcp->state != TCP_SYN_SENT)
		send_reset(tcp, tcp->max);
	finish(tcp, END_TIMEOUT);
}

static void retransmit_timeout(struct tcp *tcp)
{
	bool handshake = tcp->state == TCP_SYN_SENT || tcp->state == TCP_SYN_RECEIVED;

	tcp->retransmit_at = NEVER;
	if (++tcp->retries > (handshake ? RETRIES_SYN : RETRIES_MAX)) {
		give_up(tcp);
		return;
	}
	back_off(tcp);
	tcp->timing = false;
	if (handshake) {
		transmit(tcp, tcp->iss, 0, tcp->state == TCP_SYN_SENT ? FLAG_SYN : syn_ack_flags(tcp));
		arm_retransmit(tcp, true);
		return;
	}
	tcp->threshold = most((tcp->max - tcp->una) / 2, 2 * segment_size(tcp));
	tcp->congestion_window = segment_size(tcp);
	tcp->recovering = false;
	tcp->duplicate_acks = 0;
	tcp->next = tcp->una;
	tcp->sacked = (struct ranges){ 0 };	/* the receiver may have reneged (RFC 2018 5.1) */
	if (tcp->window == 0 && tcp->una - tcp->iss - 1 < tcp->written) {
		tcp->next++;
		transmit(tcp, tcp->una, 1, FLAG_ACK);
	}
	arm_retransmit(tcp, true);
}

static void keepalive_timeout(struct tcp *tcp)
{
	tcp->keepalive_at = tcp->queue->now + tcp->profile.keepalive;
	if (tcp->una != tcp->max)
		return;	/* retransmission finds out */
	if (++tcp->retries > RETRIES_MAX) {
		give_up(tcp);
		return;
	}
	transmit(tcp, tcp->una - 1, 0, FLAG_ACK);
}

static void timer_event(void *context, void *argument)
{
	struct tcp *tcp = context;
	int64_t now = tcp->queue->now;

	(void)argument;
	if (now != tcp->scheduled)
		return;		/* an earlier one took over its work */
	tcp->scheduled = NEVER;
	if (tcp->wait_at <= now) {
		finish(tcp, END_GRACEFUL);
		return;
	}
	if (tcp->ack_at <= now)
		tcp->ack_now = true;
	if (tcp->retransmit_at <= now)
		retransmit_timeout(tcp);
	if (tcp->probe_at <= now) {
		back_off(tcp);
		tcp->probe_at = NEVER;
		if (++tcp->retries > RETRIES_MAX)
			give_up(tcp);
		else
			probe(tcp);
	}
	if (tcp->keepalive_at <= now)
		keepalive_timeout(tcp);
	settle(tcp);
}

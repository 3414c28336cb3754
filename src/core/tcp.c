/* SPDX-License-Identifier: ISC */
/*
 * tcp.c - which phase of which connection does a segment belong to
 */
#include "engine_state.h"

/** flags_are_sane() - combinations that no host sends, and that probe for weak parsers */
static bool flags_are_sane(uint8_t flags)
{
	if (flags & TCP_SYN)
		return !(flags & (TCP_FIN | TCP_RST));
	return flags & (TCP_ACK | TCP_RST);
}

/** read_options() - false if they are to be dropped, which has been done */
static bool read_options(struct engine *e, struct input *in, enum verdict *verdict)
{
	if (tcp_options_parse(packet_tcp_options(in->frame, &in->packet), &in->options))
		return true;
	*verdict = verdict_drop(e, in, DROP_TCP_OPTIONS);
	return false;
}

uint16_t tcp_announced_mss(const struct engine *e)
{
	uint32_t fits = e->config->mtu - IPV6_HEADER - TCP_HEADER;

	return (uint16_t)(e->config->tcp.mss && e->config->tcp.mss < fits ? e->config->tcp.mss : fits);
}

static const struct service *service_of(const struct engine *e, const struct packet *p)
{
	return service_find(e->config, p->destination4, p->destination_port);
}

/** unknown_client() - a segment of a client without flow */
static enum verdict unknown_client(struct engine *e, struct input *in)
{
	const struct packet *p = &in->packet;
	const struct service *service = service_of(e, p);
	enum verdict verdict;

	if (service && service->rule_count == 0 && p->flags & TCP_SYN)
		return splice_open(e, in, service);
	trace_packet(e, TRACE_INCOMING, p);
	if (p->flags & TCP_RST)
		return verdict_drop(e, in, DROP_TCP_NO_FLOW);
	if (!service)
		count(e, EVENT_REFUSED_PORT);
	if (!service || service->rule_count == 0)
		return segment_reset_for(e, in);
	if (p->flags & TCP_SYN)
		return handshake_syn(e, in, service);
	if (handshake_ack(e, in, service, NULL, &verdict))
		return verdict;
	/* perhaps what a client sends after it was refused in silence: stay silent */
	if (service->refusal == REFUSE_DROP)
		return verdict_drop(e, in, DROP_REFUSED);
	return segment_reset_for(e, in);
}

/** late_segment() - a segment of a client for its flow that is over, and may have no server any more */
static enum verdict late_segment(struct engine *e, struct flow *flow, struct input *in)
{
	const struct service *service = service_of(e, &in->packet);

	if (flow->state != TCP_STATE_REFUSED)
		return splice_from_client(e, flow, in);
	if (in->packet.flags & TCP_RST)
		return verdict_drop(e, in, DROP_TCP_STATE);
	if (service && service->refusal == REFUSE_DROP)
		return verdict_drop(e, in, DROP_REFUSED);
	return segment_reset_for(e, in);
}

/** over_client() - a segment of a client whose flow is over: a new connection, or a late segment of the old one */
static enum verdict over_client(struct engine *e, struct flow *flow, struct input *in)
{
	const struct service *service = service_of(e, &in->packet);
	enum verdict verdict;

	if (!service || in->packet.flags & TCP_RST)
		return late_segment(e, flow, in);
	if (service->rule_count == 0) {
		if (!(in->packet.flags & TCP_SYN))
			return late_segment(e, flow, in);
		flow_end(e, flow, "replaced");
		return splice_open(e, in, service);
	}
	if (in->packet.flags & TCP_SYN) {
		trace_packet(e, TRACE_INCOMING, &in->packet);
		return handshake_syn(e, in, service);
	}
	if (handshake_ack(e, in, service, flow, &verdict))
		return verdict;
	return late_segment(e, flow, in);
}

struct flow *tcp_flow(const struct engine *e, const struct packet *p)
{
	if (p->protocol != IP_PROTOCOL_TCP || p->is_fragment)
		return NULL;
	if (p->is_ipv6)
		return flow_table_find6(&e->flows, &p->source6, p->source_port, &p->destination6,
					p->destination_port);
	return flow_table_find4(&e->flows, p->source4, p->source_port, p->destination4, p->destination_port);
}

enum verdict tcp_from_client(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;
	enum verdict verdict;

	if (!flags_are_sane(p->flags))
		return verdict_drop(e, in, DROP_TCP_FLAGS);
	if (!read_options(e, in, &verdict))
		return verdict;
	if (!flow)
		return unknown_client(e, in);
	switch ((enum tcp_state)flow->state) {
	case TCP_STATE_WAITING:
	case TCP_STATE_CONNECTING:
		trace_packet(e, TRACE_INCOMING, p);
		return waiting_input(e, flow, in);
	case TCP_STATE_ANSWERING:
		trace_packet(e, TRACE_INCOMING, p);
		return refuse_input(e, flow, in);
	case TCP_STATE_REFUSED:
	case TCP_STATE_CLOSED:
	case TCP_STATE_RESET:
		return over_client(e, flow, in);
	case TCP_STATE_OPENING:
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_PROBED:
	case TCP_STATE_CLIENT_FIN:
	case TCP_STATE_SERVER_FIN:
	case TCP_STATE_CLOSING:
	case TCP_STATE_ASKED:
	case TCP_STATE_FREE:
	case TCP_STATE_COUNT:
		break;
	}
	return splice_from_client(e, flow, in);
}

enum verdict tcp_from_server(struct engine *e, struct flow *flow, struct input *in)
{
	const struct packet *p = &in->packet;
	enum verdict verdict;

	trace_packet(e, TRACE_NAT64_IN, p);
	if (!flags_are_sane(p->flags))
		return verdict_drop(e, in, DROP_TCP_FLAGS);
	if (!read_options(e, in, &verdict))
		return verdict;
	if (flow && (flow->state == TCP_STATE_CONNECTING || flow->state == TCP_STATE_ASKED))
		return connect_input(e, flow, in);
	if (flow)
		return splice_from_server(e, flow, in);
	if (p->flags & TCP_RST)
		return verdict_drop(e, in, DROP_TCP_NO_FLOW);
	/* a connection that we have lost, or a late SYN/ACK: end it at the server as well */
	return segment_reset_for(e, in);
}

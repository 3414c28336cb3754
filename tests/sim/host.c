/* SPDX-License-Identifier: ISC */
/* host.c - demultiplexing, and what a stack does with packets for which there is no connection */
#include "host.h"

#include <stdlib.h>
#include <string.h>

struct tcp *host_new_tcp(struct host *host)
{
	struct tcp *tcp = calloc(1, sizeof(*tcp));

	if (host->count == host->room) {
		host->room = host->room ? host->room * 2 : 16;
		host->tcp = realloc(host->tcp, host->room * sizeof(struct tcp *));
	}
	if (!tcp || !host->tcp)
		abort();
	tcp->owner = host;
	tcp->queue = host->queue;
	host->tcp[host->count++] = tcp;
	return tcp;
}

/* The newest end point with these addresses and ports; it may be closed. NULL: there never was one. */
static struct tcp *find(struct host *host, const struct address *local, uint16_t local_port,
			const struct address *remote, uint16_t remote_port)
{
	for (size_t i = host->count; i-- > 0;) {
		struct tcp *tcp = host->tcp[i];

		if (tcp->local_port == local_port && tcp->remote_port == remote_port &&
		    address_equal(&tcp->local, local) && address_equal(&tcp->remote, remote))
			return tcp;
	}
	return NULL;
}

static void answer_reset(struct host *host, const struct packet *packet)
{
	struct packet reset = {
		.source = packet->destination, .destination = packet->source, .hop_limit = 64,
		.source_port = packet->destination_port, .destination_port = packet->source_port,
		.flags = FLAG_RST,
	};

	if (packet->flags & FLAG_RST)
		return;
	if (packet->flags & FLAG_ACK) {
		reset.seq = packet->ack;
	} else {
		reset.flags |= FLAG_ACK;
		reset.ack = packet->seq + (uint32_t)packet->payload_length + !!(packet->flags & FLAG_SYN) +
			    !!(packet->flags & FLAG_FIN);
	}
	struct wire *wire = wire_build(&reset, 0, false);

	wire->forged = packet->forged;	/* nobody asked for it */
	link_send(host->link, wire);
}

/* The number need not be a secret: nobody acknowledges it. */
static void answer_cookie(struct host *host, const struct packet *syn)
{
	struct packet syn_ack = {
		.source = syn->destination, .destination = syn->source, .hop_limit = 64,
		.source_port = syn->destination_port, .destination_port = syn->source_port,
		.flags = FLAG_SYN | FLAG_ACK, .seq = syn->seq * 2654435761u, .ack = syn->seq + 1, .window = 65535,
	};
	struct wire *wire = wire_build(&syn_ack, 0, false);

	wire->forged = syn->forged;
	link_send(host->link, wire);
}

static void answer_syn(struct host *host, const struct packet *syn, const struct wire *wire)
{
	struct tcp setup = { .owner = host, .queue = host->queue };
	enum host_answer answer = host->listen ? host->listen(host->context, syn, &setup) : HOST_REFUSE;

	switch (answer) {
	case HOST_ACCEPT: {
		struct tcp *tcp = host_new_tcp(host);

		*tcp = setup;
		tcp->local = syn->destination;
		tcp->remote = syn->source;
		tcp->local_port = syn->destination_port;
		tcp->remote_port = syn->source_port;
		tcp_accept(tcp, syn);
		break;
	}
	case HOST_REFUSE:
		answer_reset(host, syn);
		break;
	case HOST_SILENT:
		break;
	case HOST_COOKIE:
		answer_cookie(host, syn);
		break;
	case HOST_UNREACHABLE: {
		struct address router = syn->destination;

		router.byte[router.is_ipv6 ? 15 : 3] ^= 0xf0;
		link_send(host->link, wire_error(wire, &router, PACKET_UNREACHABLE, 0));
		break;
	}
	}
}

static void receive_tcp(struct host *host, const struct packet *packet, const struct wire *wire)
{
	struct tcp *tcp = find(host, &packet->destination, packet->destination_port, &packet->source,
			       packet->source_port);

	bool is_syn = (packet->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == FLAG_SYN;

	/* a host without power is back for new connections */
	if (tcp && !is_syn && host->vanished && host->vanished(host->context, tcp))
		return;
	if (tcp && tcp_reusable(tcp, packet)) {
		tcp->state = TCP_CLOSED;
		tcp->wait_at = NEVER;
	}
	if (tcp && tcp->state != TCP_CLOSED) {
		tcp->strange = packet->forged;
		tcp_input(tcp, packet);
		tcp->strange = false;
	} else if (is_syn) {
		answer_syn(host, packet, wire);
	} else {
		answer_reset(host, packet);
	}
}

/* Is an ICMP error about one that used the addresses and ports of @tcp before it. */
static bool is_about_older(const struct host *host, const struct tcp *tcp, uint32_t seq)
{
	if (seq - tcp->iss <= tcp->max - tcp->iss)
		return false;
	for (size_t i = 0; i < host->count; i++) {
		const struct tcp *other = host->tcp[i];

		if (other != tcp && other->local_port == tcp->local_port && other->remote_port == tcp->remote_port &&
		    address_equal(&other->local, &tcp->local) && address_equal(&other->remote, &tcp->remote) &&
		    seq - other->iss <= other->max - other->iss)
			return true;
	}
	return false;
}

void host_receive(struct host *host, struct wire *wire)
{
	struct packet packet;
	const char *error = wire_parse(wire->bytes, wire->length, &wire->offload, &packet);

	packet.forged = wire->forged;
	if (error) {
		if (!wire->corrupt)
			host->bad(host->context, error);
		host->bad_packets++;
	} else if (packet.kind == PACKET_TCP) {
		receive_tcp(host, &packet, wire);
	} else if (packet.kind != PACKET_OTHER && !wire->corrupt) {	/* what it quotes may be nonsense */
		struct tcp *tcp = find(host, &packet.quoted_source, packet.source_port, &packet.quoted_destination,
				       packet.destination_port);

		if (tcp && tcp->state != TCP_CLOSED && !is_about_older(host, tcp, packet.seq) &&
		    !(host->vanished && host->vanished(host->context, tcp))) {
			tcp->strange = wire->forged;
			tcp_error(tcp, &packet);
			tcp->strange = false;
		}
	}
	free(wire);
}

void host_free(struct host *host)
{
	for (size_t i = 0; i < host->count; i++) {
		free(host->tcp[i]->buffer);
		free(host->tcp[i]);
	}
	free(host->tcp);
	host->tcp = NULL;
	host->count = host->room = 0;
}

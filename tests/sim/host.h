/* SPDX-License-Identifier: ISC */
/* host.h - a host: finds the end point that a packet is for, listens, refuses, stays silent */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "link.h"
#include "tcp_model.h"

/** enum host_answer - what a listener says to a SYN */
enum host_answer {
	HOST_ACCEPT,
	HOST_REFUSE,
	HOST_SILENT,
	HOST_UNREACHABLE,	/* a router in front answers with an ICMP error */
	HOST_COOKIE,		/* a SYN/ACK of which it keeps nothing */
};

/**
 * struct host - all hosts of one side of the network at once; they differ only by address
 * @link: where packets leave
 * @listen: a SYN for which no end point exists; with HOST_ACCEPT @tcp is to be set up for tcp_accept().
 *	NULL: refuse all.
 * @vanished: is the host of this end point gone (its packets are then swallowed)
 */
struct host {
	struct link *link;
	struct event_queue *queue;
	void *context;
	enum host_answer (*listen)(void *context, const struct packet *syn, struct tcp *tcp);
	bool (*vanished)(void *context, const struct tcp *tcp);
	size_t count;
	size_t room;
	struct tcp **tcp;
	uint64_t bad_packets;
	void (*bad)(void *context, const char *text);
};

/** host_new_tcp() - an end point of this host, all zero but owner and queue; lives until host_free() */
struct tcp *host_new_tcp(struct host *host);

/** host_receive() - a packet has arrived; releases it */
void host_receive(struct host *host, struct wire *wire);

/** host_free() - release all end points */
void host_free(struct host *host);

#endif

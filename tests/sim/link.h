/* SPDX-License-Identifier: ISC */
/* link.h - one direction of a network path: delay, loss, duplicates, reordering, bit errors, MTU */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "event.h"
#include "wire.h"
#include "rng.h"

/**
 * struct link_profile - how bad the path is
 * @delay, @jitter: nanoseconds; each packet takes delay plus a random part of jitter
 * @keep_order: jitter does not reorder
 * @loss, @duplicate, @late, @corrupt: probabilities; a late packet takes @lateness longer
 * @mark: probability that a packet that is capable of ECN is marked
 * @blackout, @blackout_end: everything sent in this time is lost
 * @mtu: packets above it are answered with an ICMP error (IPv4: if they must not be fragmented)
 * @offload: the far end takes super-packets and partial checksums as they are
 */
struct link_profile {
	int64_t delay;
	int64_t jitter;
	bool keep_order;
	double loss;
	double duplicate;
	double late;
	double corrupt;
	double mark;
	int64_t lateness;
	int64_t blackout;
	int64_t blackout_end;
	uint32_t mtu;
	bool offload;
};

/**
 * struct link - one direction
 * @router: address under which it sends ICMP errors
 * @deliver: a packet has arrived; the callee releases it
 * @reverse: an ICMP error for the sender; the callee releases it
 */
struct link {
	struct link_profile profile;
	struct event_queue *queue;
	struct rng *rng;
	struct address router;
	void (*deliver)(void *context, struct wire *wire);
	void (*reverse)(void *context, struct wire *wire);
	void *context;
	int64_t last_arrival;
	uint64_t carried;
	uint64_t lost;
};

/** link_send() - put @wire on the path; it belongs to the link from now on */
void link_send(struct link *link, struct wire *wire);

#endif

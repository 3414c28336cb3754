/* SPDX-License-Identifier: ISC */
/*
 * invariants.h - what must hold after every packet, seen from the wire on both sides of the engine
 *
 * Each connection is watched by its packets alone: what the client offered, what it was promised, what
 * the servers acknowledged. The content of streams is checked by app.c, sequence numbers, time stamps and
 * windows by the model TCPs, which know best what they sent.
 */
#ifndef SIM_INVARIANTS_H
#define SIM_INVARIANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"
#include "scenario.h"

#define BINDINGS_MAX 128u

struct world;

/** struct offer - options in a SYN or SYN/ACK */
struct offer {
	bool seen;
	bool scale;
	bool sack;
	bool ts;
	bool ecn;
	uint16_t mss;
};

/**
 * struct watch - one connection of a client
 * @offered: by the client's SYN, the last one
 * @ecn_offered: by any SYN of the client: it believes in an answer to the first even if it has sent another
 * @promised: to the client by the SYN/ACK
 * @handshaken_at: when the client's first ACK reached the engine; NEVER: not yet
 * @bytes_in, @bytes_out: from and to the client before that
 * @server_acked: bytes of the client that some server has acknowledged
 * @refused: the engine sent it a RST that came from no server
 */
struct watch {
	struct offer offered;
	bool ecn_offered;
	struct offer promised;
	int64_t handshaken_at;
	uint64_t bytes_in;
	uint64_t bytes_out;
	uint32_t server_acked;
	bool refused;
};

/**
 * struct binding - a SYN of the engine to a server
 * @plan: the connection that it is for
 * @offered: by the engine's SYN
 * @answered: by the server's SYN/ACK
 * @delta: what the engine adds to the server's sequence numbers, once known
 */
struct binding {
	unsigned plan;
	struct address source;
	struct address destination;
	uint16_t source_port;
	uint16_t destination_port;
	struct offer offered;
	struct offer answered;
	bool delta_known;
	uint32_t delta;
};

struct invariants {
	struct watch watch[PLANS_MAX];
	size_t binding_count;
	struct binding binding[BINDINGS_MAX];
	unsigned burst;
};

/** invariants_start() - connection @plan begins */
void invariants_start(struct world *world, unsigned plan);

/** invariants_input() - @packet is about to be given to the engine; not called for damaged ones */
void invariants_input(struct world *world, const struct packet *packet, size_t length);

/** invariants_output() - the engine emitted @frame */
void invariants_output(struct world *world, const struct frame *frame);

/** invariants_counters() - the conservation law, after every call of the engine */
void invariants_counters(struct world *world);

/** invariants_end() - everything has ended: what became of the connections, and is the engine empty */
void invariants_end(struct world *world);

#endif

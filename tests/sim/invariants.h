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
#define COPY_MAX 32768u		/* first bytes of which the engine keeps the first copy */

struct world;

/** struct offer - options in a SYN or SYN/ACK */
struct offer {
	bool seen;
	bool scale;
	bool sack;
	bool ts;
	bool ecn;
	uint8_t shift;
	uint16_t mss;
	uint32_t seq;
};

/** struct offset - a difference that must not change, once it is known */
struct offset {
	bool known;
	uint32_t value;
};

/**
 * struct watch - one connection of a client
 * @offered: by the client's SYN, the last one
 * @ecn_offered: by any SYN of the client: it believes in an answer to the first even if it has sent another
 * @promised: to the client by the SYN/ACK
 * @handshaken_at: when the client's first ACK reached the engine; NEVER: not yet
 * @bytes_in, @bytes_out: from and to the client before that
 * @server_acked: bytes of the client that some server has acknowledged
 * @vouched: bytes of the client that the engine has acknowledged before a server did: it must deliver them
 * @refused: the engine sent it a RST that came from no server
 * @answered: the engine refused it in words
 * @sent: end of what the client has sent, as an offset in its stream
 * @words: how often it was told why
 * @crossed: it was sent a RST before that, and has repeated its data nevertheless
 * @fin: it has closed: where; UINT32_MAX: not yet
 * @copy, @known: the first copy of its first bytes that the engine took
 * @shown: end of what it has sent, as segments show that the engine took: some of it may have been lost
 * @chosen, @inspected: a server was chosen for it, by as many bytes: no others may reach one
 */
struct watch {
	struct offer offered;
	bool ecn_offered;
	struct offer promised;
	int64_t handshaken_at;
	uint64_t bytes_in;
	uint64_t bytes_out;
	uint32_t server_acked;
	uint32_t vouched;
	bool refused;
	bool answered;
	uint32_t sent;
	unsigned words;
	bool crossed;
	uint32_t fin;
	bool chosen;
	uint32_t inspected;
	uint8_t copy[COPY_MAX];
	bool known[COPY_MAX];
	uint32_t shown;
};

/**
 * struct binding - a SYN of the engine to a server
 * @plan: the connection that it is for
 * @offered: by the engine's SYN
 * @answered: by the server's SYN/ACK
 * @flushed: it was sent something of the client's stream
 * @usurped: a forged SYN has its addresses and ports
 * @accepted: the engine has acknowledged the server's SYN/ACK
 * @spoken: the server has sent something behind its SYN/ACK
 * @reset: the server has sent a RST: nobody keeps any more what came first
 * @sent: end of what it was sent, as an offset in the client's stream; includes the FIN
 * @edge: how far the server's window went at most, as an offset in the client's stream
 * @delta: what the engine adds to the server's sequence numbers
 * @theta: what it subtracts from the server's time stamps
 */
struct binding {
	unsigned plan;
	struct address source;
	struct address destination;
	uint16_t source_port;
	uint16_t destination_port;
	struct offer offered;
	struct offer answered;
	bool flushed;
	bool usurped;
	bool accepted;
	bool spoken;
	bool reset;
	uint32_t sent;
	uint32_t edge;
	struct offset delta;
	struct offset theta;
};

/**
 * struct invariants - of one run
 * @strays: forged SYNs went to servers to which no client's SYN had gone
 * @questions: as often was a client asked for its connection
 * @resets: as often was one reset
 */
struct invariants {
	struct watch watch[PLANS_MAX];
	size_t binding_count;
	struct binding binding[BINDINGS_MAX];
	bool strays;
	uint64_t questions;
	uint64_t resets;
	unsigned burst;
};

/**
 * invariants_holder() - the newest binding with these addresses and ports, or NULL
 *
 * To it belong also late segments of an older connection: nobody who only sees packets can tell them apart, and
 * the hosts know what to think of them.
 */
struct binding *invariants_holder(struct world *world, const struct address *client, uint16_t port,
				  const struct address *server, uint16_t server_port);

/** invariants_is_plain() - is connection @plan one to a service without rules: it goes end to end from the SYN on */
bool invariants_is_plain(const struct world *world, unsigned plan);

/** invariants_start() - connection @plan begins */
void invariants_start(struct world *world, unsigned plan);

/** invariants_input() - @packet is about to be given to the engine; not called for damaged ones */
void invariants_input(struct world *world, const struct packet *packet, size_t length);

/** invariants_taken() - the engine has kept @packet or acted on it, and passed nothing on */
void invariants_taken(struct world *world, const struct packet *packet);

/** invariants_dropped() - the engine has dropped @packet */
void invariants_dropped(struct world *world, const struct packet *packet);

/** invariants_output() - the engine emitted @frame */
void invariants_output(struct world *world, const struct frame *frame);

/** invariants_counters() - the conservation law, after every call of the engine */
void invariants_counters(struct world *world);

#endif

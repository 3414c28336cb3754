/* SPDX-License-Identifier: ISC */
/*
 * top.h - what has happened since the last picture of "top": rates, and the busiest services, servers and flows
 *
 * DOC: Theory of operation
 *
 * Nothing is counted for a picture while packets go on. Who looks keeps what the counters were the last time: those of
 * the engine, of services and servers (tally.h), and the bytes of every flow record, TOP_RECORD bytes each, as far as
 * they were ever used. The records are gone through in parts between packets, as for "flows", so the time between two
 * looks at a flow is that between two pictures. A record that has become another flow is known by when it was opened.
 */
#ifndef NAT46_DAEMON_TOP_H
#define NAT46_DAEMON_TOP_H

#include "nat46/engine.h"
#include "nat46/look.h"

/** Most services, servers and flows of a picture. */
#define TOP_MOST 100u

/**
 * struct top_entry - one of the busiest
 * @weight: what it is ranked by
 * @number: of its tally or flow record
 * @to_server, @to_client: payload bytes since the last picture
 */
struct top_entry {
	uint64_t weight;
	uint32_t number;
	uint64_t to_server;
	uint64_t to_client;
};

/** struct top_list - the busiest, in this order */
struct top_list {
	struct top_entry entries[TOP_MOST];
	size_t count;
};

/** top_rank() - an entry gets its place in a list, if it has one */
void top_rank(struct top_list *list, const struct top_entry *entry);

/** struct top_tally - what a tally said: see struct tally; @failures: of all kinds */
struct top_tally {
	uint64_t to_server;
	uint64_t to_client;
	uint64_t opened;
	uint64_t connects;
	uint64_t refused;
	uint64_t failures;
};

/** struct top_record - what a flow record said; @opened: milliseconds, with the highest bits cut off */
struct top_record {
	uint64_t to_server;
	uint64_t to_client;
	uint32_t opened;
};

#define TOP_RECORD sizeof(struct top_record)

/**
 * struct top - one who looks
 * @time: of the picture; 0: there was none
 * @seconds: since the one before; 0: it is the first one, which has no rates
 * @counters, @before: now and then
 * @tallies, @change: what tallies said, and the difference to what they had said
 * @services, @servers, @flows: the busiest
 * @record_count, @records: what flow records said
 */
struct top {
	int64_t time;
	double seconds;
	struct counters counters;
	struct counters before;
	struct top_tally tallies[TALLIES_MAX];
	struct top_tally change[TALLIES_MAX];
	struct top_list services;
	struct top_list servers;
	struct top_list flows;
	uint32_t record_count;
	struct top_record records[];
};

/** top_open() - begin to look at an engine with at most @flows records; NULL: there is no memory */
struct top *top_open(uint32_t flows);

/** top_close() - release it */
void top_close(struct top *top);

/** top_begin() - begin a picture: everything but the flows */
void top_begin(struct top *top, const struct engine *engine, int64_t now);

/** top_look() - one flow record after another, until this is false */
bool top_look(struct top *top, const struct engine *engine, uint32_t record, int64_t now);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * ack_storm.h - two hosts that answer each other's acknowledgement for ever
 *
 * DOC: Theory of operation
 *
 * A host that gets a segment outside its window answers with an empty acknowledgement (RFC 9293 3.10.7.4). When both
 * hosts believe that the other one is outside, after data was injected or one of them was restored from a snapshot,
 * each answer is a reason for the next one, at the speed of the path. Such a storm is told from all honest traffic
 * by this: in both directions, within a second, the same empty acknowledgement many times, and no data at all.
 * Acknowledgements with SACK blocks tell something new and do not count.
 *
 * To watch every connection for it would cost every record some bytes. A storm is dense, so a small table will do,
 * in which connections that share an entry push each other out: two storms in one entry may live, one does not.
 */
#ifndef NAT46_ACK_STORM_H
#define NAT46_ACK_STORM_H

#include <stdbool.h>
#include <stdint.h>

#define ACK_STORM_ENTRIES 1024u

/** The same acknowledgement so often in both directions, within a second, is a storm. */
#define ACK_STORM_COUNT 10u

/** struct ack_storm_side - the last empty acknowledgement of one side, and how often it came */
struct ack_storm_side {
	uint32_t seq;
	uint32_t ack;
	uint16_t window;
	uint16_t count;
};

/** struct ack_storm_entry - @flow plus one, 0: entry is free; what its two sides sent since @start (milliseconds) */
struct ack_storm_entry {
	uint32_t flow;
	uint32_t start;
	struct ack_storm_side side[2];
};

/** struct ack_storm - all zero is an empty table */
struct ack_storm {
	struct ack_storm_entry entries[ACK_STORM_ENTRIES];
};

/**
 * ack_storm_watch() - an empty acknowledgement is about to be passed on
 * @flow: number of the flow
 * @side: which of the two sent it, 0 or 1
 * @seq, @ack, @window: of the segment
 * @now: nanoseconds
 *
 * Return: true if it is part of a storm
 */
bool ack_storm_watch(struct ack_storm *table, uint32_t flow, unsigned int side, uint32_t seq, uint32_t ack,
		     uint16_t window, int64_t now);

/** ack_storm_calm() - the flow has sent something else: whatever it was, it is no storm */
void ack_storm_calm(struct ack_storm *table, uint32_t flow);

#endif

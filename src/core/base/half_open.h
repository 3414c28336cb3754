/* SPDX-License-Identifier: ISC */
/*
 * half_open.h - a few clients' SYNs that we answered, kept only to repeat the answer
 *
 * Only half_open.c changes a record in its place.
 */
#ifndef NAT46_CORE_BASE_HALF_OPEN_H
#define NAT46_CORE_BASE_HALF_OPEN_H

#include "core/base/engine_state.h"
#include "nat46/syn_cookie.h"

/** Half-open records: few, because they only serve to repeat SYN/ACKs. Power of two. */
#define HALF_OPEN_MAX 1024u

/**
 * struct half_open - a SYN and our answer
 * @tuple: client, service and the client's ISN; @tuple.client 0: record is free
 * @isn: ours
 * @promises: what the SYN/ACK said
 * @timestamps: timestamps are in use
 * @ecn_withdrawn: ECN was promised, but the client has repeated its SYN without the offer
 * @mss: MSS that we announce
 * @ts_ours, @ts_client: TSval of the SYN/ACK and of the SYN
 * @repeats: SYN/ACKs sent in addition to the first
 * @answered: when the SYN was; 0: more than once, and what comes back may belong to either answer
 * @crowded: until then, a client that found the place taken may come back with nothing but its cookie; of the place,
 *	whoever has it
 */
struct half_open {
	struct cookie_tuple tuple;
	uint32_t isn;
	struct cookie_promises promises;
	bool timestamps;
	bool ecn_withdrawn;
	uint16_t mss;
	uint32_t ts_ours;
	uint32_t ts_client;
	uint32_t repeats;
	int64_t answered;
	int64_t crowded;
};

/** half_open_init() - empty records */
void half_open_init(struct engine *e, struct half_open *records);

/** half_open_find() - the record of a client and service, or NULL */
const struct half_open *half_open_find(const struct engine *e, const struct cookie_tuple *tuple);

/**
 * half_open_is_crowded() - may there be a SYN/ACK with @isn for @tuple of which no record was kept
 *
 * Its place has, or had of late, the record of another client, for SYNs come faster than they are kept, or has that
 * of a later SYN of this one, or of a stranger in its name.
 */
bool half_open_is_crowded(const struct engine *e, const struct cookie_tuple *tuple, uint32_t isn);

/** half_open_store() - keep @record if its place is free or holds the same client and service; starts its timer */
void half_open_store(struct engine *e, const struct half_open *record);

/** half_open_forget() - forget the record of a client and service, if there is one */
void half_open_forget(struct engine *e, const struct cookie_tuple *tuple);

/**
 * half_open_expire() - the timer of record number @index fired: arm it again, or forget the record
 * Return: the record, whose SYN/ACK is to be repeated; NULL: it was forgotten
 */
const struct half_open *half_open_expire(struct engine *e, uint32_t index);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * ack_storm.c - two hosts that answer each other's acknowledgement for ever
 */
#include "nat46/ack_storm.h"

static const uint32_t SECOND_IN_MILLISECONDS = 1000;

static struct ack_storm_entry *entry_of(struct ack_storm *table, uint32_t flow)
{
	return &table->entries[flow % ACK_STORM_ENTRIES];
}

bool ack_storm_watch(struct ack_storm *table, uint32_t flow, unsigned int side, uint32_t seq, uint32_t ack,
		     uint16_t window, int64_t now)
{
	struct ack_storm_entry *entry = entry_of(table, flow);
	uint32_t milliseconds = (uint32_t)(now / 1000000);
	struct ack_storm_side *last = &entry->side[side];

	if (entry->flow != flow + 1 || milliseconds - entry->start >= SECOND_IN_MILLISECONDS)
		*entry = (struct ack_storm_entry){ .flow = flow + 1, .start = milliseconds };
	if (last->seq != seq || last->ack != ack || last->window != window)
		*last = (struct ack_storm_side){ .seq = seq, .ack = ack, .window = window };
	if (last->count < ACK_STORM_COUNT)
		last->count++;
	return entry->side[0].count == ACK_STORM_COUNT && entry->side[1].count == ACK_STORM_COUNT;
}

void ack_storm_calm(struct ack_storm *table, uint32_t flow)
{
	struct ack_storm_entry *entry = entry_of(table, flow);

	if (entry->flow == flow + 1)
		entry->flow = 0;
}

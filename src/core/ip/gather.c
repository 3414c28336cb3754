/* SPDX-License-Identifier: ISC */
/*
 * gather.c - fragments that cannot be translated one by one are made whole first
 *
 * Of a service, because only the first one has ports; of ICMP, because the checksum of ICMPv6 covers the length of the
 * whole, and that of ICMP does not. Where the parts lie and who has to go when there is no room, table/reassembly.c
 * tells. The whole packet is one that its sender did not forbid to fragment, so it may leave in parts again.
 */
#include "core/ip/gather.h"

#include "core/base/report.h"

/** reasons - why a part is dropped */
static const enum drop reasons[REASSEMBLY_RESULTS] = {
	[REASSEMBLY_TINY] = DROP_FRAGMENT_TINY,	   [REASSEMBLY_TOO_LONG] = DROP_FRAGMENT,
	[REASSEMBLY_REFUSED] = DROP_FRAGMENT,	   [REASSEMBLY_OVERLAP] = DROP_FRAGMENT,
	[REASSEMBLY_ENDS] = DROP_FRAGMENT,	   [REASSEMBLY_MARKS] = DROP_FRAGMENT,
};

/** read_whole() - the packet that is in the engine's room for whole ones, instead of its last part */
static bool read_whole(struct engine *e, struct input *in, size_t length, enum drop *why)
{
	uint32_t identification = in->packet.identification;

	e->whole = (struct frame){ .data = e->whole_room + FRAME_HEADROOM, .length = length,
				   .headroom = FRAME_HEADROOM };
	in->frame = &e->whole;
	if (!packet_parse(in->frame, &in->packet, why))
		return false;
	in->packet.identification = identification;
	in->packet.has_fragment_header = in->packet.is_ipv6;
	count(e, EVENT_REASSEMBLED);
	return true;
}

bool gather(struct engine *e, struct input *in, enum verdict *verdict)
{
	struct span whole = span_over(e->whole_room + FRAME_HEADROOM, FRAME_MAX);
	enum reassembly_result result;
	size_t length;
	enum drop why;

	result = reassembly_add(&e->fragments, in->frame, &in->packet, e->now, whole, &length);
	e->counters.events[EVENT_FRAGMENTS_EXPIRED] = e->fragments.expired;
	e->counters.events[EVENT_FRAGMENTS_EVICTED] = e->fragments.evicted;
	if (result == REASSEMBLY_COMPLETE && read_whole(e, in, length, &why))
		return true;
	if (result == REASSEMBLY_WAITING)
		*verdict = VERDICT_ABSORBED;
	else
		*verdict = verdict_drop(e, in, result == REASSEMBLY_COMPLETE ? why : reasons[result]);
	return false;
}

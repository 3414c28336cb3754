/* SPDX-License-Identifier: ISC */
/*
 * capture.c - copies of packets for an operator, while they go on
 */
#include "daemon/capture.h"

#include <string.h>
#include <time.h>

#include "daemon/arena.h"

#define NANOSECONDS 1000000000ll

_Static_assert((CAPTURE_ROOM & (CAPTURE_ROOM - 1)) == 0, "the room is a power of two");

struct capture *capture_open(const struct filter *filter, uint32_t snaplen, void (*wake)(void *context), void *context)
{
	struct capture *capture = arena_alloc(sizeof(*capture));

	if (!capture)
		return NULL;
	capture->filter = *filter;
	capture->snaplen = snaplen;
	capture->wake = wake;
	capture->context = context;
	return capture;
}

void capture_close(struct capture *capture)
{
	arena_free(capture, sizeof(*capture));
}

/** part_at() - how many of @count bytes are in one piece from @at on, which is @place of the ring */
static size_t part_at(uint64_t at, size_t count, size_t *place)
{
	*place = (size_t)(at & (CAPTURE_ROOM - 1));
	return count < CAPTURE_ROOM - *place ? count : CAPTURE_ROOM - *place;
}

static void put(struct capture *capture, uint64_t at, const void *bytes, size_t count)
{
	size_t place, part = part_at(at, count, &place);

	memcpy(capture->ring + place, bytes, part);
	memcpy(capture->ring, (const uint8_t *)bytes + part, count - part);
}

static void get(const struct capture *capture, uint64_t at, void *bytes, size_t count)
{
	size_t place, part = part_at(at, count, &place);

	memcpy(bytes, capture->ring + place, part);
	memcpy((uint8_t *)bytes + part, capture->ring, count - part);
}

static void wake(struct capture *capture)
{
	if (capture->is_idle)
		capture->wake(capture->context);
	capture->is_idle = false;
}

void capture_finish(struct capture *capture)
{
	capture->is_over = true;
	wake(capture);
}

bool capture_peek(struct capture *capture, struct capture_packet *packet)
{
	capture->is_idle = capture->head == capture->tail;
	if (!capture->is_idle)
		get(capture, capture->tail, packet, sizeof(*packet));
	return !capture->is_idle;
}

void capture_read(struct capture *capture, const struct capture_packet *packet, uint8_t *bytes)
{
	get(capture, capture->tail + sizeof(*packet), bytes, packet->captured);
	capture->tail += sizeof(*packet) + packet->captured;
}

/** begin() - an event begins */
static void begin(struct capture *capture)
{
	capture->has_event = true;
	capture->event = capture->head;
	capture->event_received = capture->event_lost = 0;
	capture->is_wanted = false;
}

/** add() - one more packet of the event */
static void add(struct capture *capture, const struct engine_config *config, const struct engine *engine,
		const struct frame *frame, bool is_out)
{
	struct capture_packet packet = {
		.length = (uint32_t)frame->length,
		.captured = frame->length < capture->snaplen ? (uint32_t)frame->length : capture->snaplen,
		.lost = capture->lost + capture->event_lost,
		.offload = frame->offload,
		.is_out = is_out,
		.drop = DROP_COUNT,
	};
	struct timespec now;

	if (!capture->is_wanted)
		capture->is_wanted = filter_wants_packet(&capture->filter, config, engine, frame);
	capture->event_received++;
	if (CAPTURE_ROOM - (capture->head - capture->tail) < sizeof(packet) + packet.captured) {
		capture->event_lost++;
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	packet.time = now.tv_sec * NANOSECONDS + now.tv_nsec;
	put(capture, capture->head, &packet, sizeof(packet));
	put(capture, capture->head + sizeof(packet), frame->data, packet.captured);
	capture->head += sizeof(packet) + packet.captured;
}

/** end() - an event ends: it is kept, or was not asked for */
static void end(struct capture *capture)
{
	capture->has_event = false;
	if (!capture->is_wanted || capture->is_over) {
		capture->head = capture->event;
		return;
	}
	capture->received += capture->event_received;
	capture->lost += capture->event_lost;
	if (capture->head != capture->event)
		wake(capture);
}

void captures_begin(struct capture *first, const struct engine_config *config, const struct engine *engine,
		    const struct frame *frame)
{
	for (struct capture *capture = first; capture; capture = capture->next) {
		begin(capture);
		add(capture, config, engine, frame, false);
	}
}

void captures_emit(struct capture *first, const struct engine_config *config, const struct engine *engine,
		   const struct frame *frame)
{
	for (struct capture *capture = first; capture; capture = capture->next) {
		bool is_alone = !capture->has_event;

		if (is_alone)
			begin(capture);
		add(capture, config, engine, frame, true);
		if (is_alone)
			end(capture);
	}
}

void captures_drop(struct capture *first, enum drop drop)
{
	struct capture_packet packet;

	for (struct capture *capture = first; capture; capture = capture->next) {
		if (!capture->has_event || capture->head == capture->event)
			continue;
		get(capture, capture->event, &packet, sizeof(packet));
		packet.drop = drop;
		if (!packet.is_out)
			put(capture, capture->event, &packet, sizeof(packet));
	}
}

void captures_end(struct capture *first)
{
	for (struct capture *capture = first; capture; capture = capture->next)
		end(capture);
}

/* SPDX-License-Identifier: ISC */
/* event.c - a binary heap ordered by time, then by age */
#include "event.h"

#include <stdio.h>
#include <stdlib.h>

static bool earlier(const struct sim_event *a, const struct sim_event *b)
{
	return a->time != b->time ? a->time < b->time : a->serial < b->serial;
}

static void swap(struct sim_event *a, struct sim_event *b)
{
	struct sim_event held = *a;

	*a = *b;
	*b = held;
}

void event_add(struct event_queue *queue, int64_t time, event_function *function, void *context, void *argument)
{
	if (queue->count == queue->room) {
		queue->room = queue->room ? queue->room * 2 : 256;
		queue->heap = realloc(queue->heap, queue->room * sizeof(*queue->heap));
		if (!queue->heap) {
			fprintf(stderr, "sim: out of memory\n");
			abort();
		}
	}
	size_t at = queue->count++;

	queue->heap[at] = (struct sim_event){
		.time = time > queue->now ? time : queue->now,
		.serial = queue->serial++,
		.function = function,
		.context = context,
		.argument = argument,
	};
	for (; at > 0 && earlier(&queue->heap[at], &queue->heap[(at - 1) / 2]); at = (at - 1) / 2)
		swap(&queue->heap[at], &queue->heap[(at - 1) / 2]);
}

bool event_pop(struct event_queue *queue, struct sim_event *event)
{
	if (queue->count == 0)
		return false;
	*event = queue->heap[0];
	queue->heap[0] = queue->heap[--queue->count];
	for (size_t at = 0;;) {
		size_t least = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < queue->count && earlier(&queue->heap[child], &queue->heap[least]))
				least = child;
		if (least == at)
			break;
		swap(&queue->heap[at], &queue->heap[least]);
		at = least;
	}
	return true;
}

bool event_run(struct event_queue *queue)
{
	struct sim_event event;

	if (!event_pop(queue, &event))
		return false;
	queue->now = event.time;
	event.function(event.context, event.argument);
	return true;
}

void event_queue_free(struct event_queue *queue)
{
	free(queue->heap);
	*queue = (struct event_queue){ .now = queue->now };
}

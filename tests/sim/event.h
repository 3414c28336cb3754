/* SPDX-License-Identifier: ISC */
/*
 * event.h - virtual time and the heap of what is to happen
 *
 * Events at the same time happen in the order in which they were added, so a run never depends on
 * the layout of the heap. There is no removal: whoever may lose interest checks when it is called.
 */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define NEVER INT64_MAX

typedef void event_function(void *context, void *argument);

struct sim_event {
	int64_t time;
	uint64_t serial;
	event_function *function;
	void *context;
	void *argument;
};

struct event_queue {
	int64_t now;
	uint64_t serial;
	size_t count;
	size_t room;
	struct sim_event *heap;
};

/** event_add() - call @function(@context, @argument) at @time, or now if @time is past */
void event_add(struct event_queue *queue, int64_t time, event_function *function, void *context, void *argument);

/** event_run() - advance the clock to the next event and run it; false if there is none */
bool event_run(struct event_queue *queue);

/** event_pop() - take the next event off without running it, to release its argument; false if there is none */
bool event_pop(struct event_queue *queue, struct sim_event *event);

/** event_queue_free() - release the heap, not what events point to */
void event_queue_free(struct event_queue *queue);

#endif

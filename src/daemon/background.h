/* SPDX-License-Identifier: ISC */
/*
 * background.h - long work in a thread of its own, while the loop goes on
 */
#ifndef NAT46_DAEMON_BACKGROUND_H
#define NAT46_DAEMON_BACKGROUND_H

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>

/**
 * struct background - one piece of work at a time
 * @loop: event loop
 * @finished, @ending: watchers: the thread wakes the loop; it is about to end
 * @thread: the thread, while @is_running
 * @work: called in the thread; must not touch what the loop uses, and must not log
 * @done: called in the loop afterwards; may start the next piece of work
 * @context: argument of both
 */
struct background {
	struct ev_loop *loop;
	ev_async finished;
	ev_timer ending;
	pthread_t thread;
	bool is_running;
	void (*work)(void *context);
	void (*done)(void *context);
	void *context;
};

/** background_init() - @context is passed to all work; the loop does not wait for work that is not there */
void background_init(struct background *background, struct ev_loop *loop, void *context);

/** background_start() - begin to work, in the loop itself if there can be no thread; not while work is going on */
void background_start(struct background *background, void (*work)(void *context), void (*done)(void *context));

/** background_close() - wait for work that is going on; done() is not called for it. Before the loop is destroyed. */
void background_close(struct background *background);

#endif

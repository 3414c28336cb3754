/* SPDX-License-Identifier: ISC */
/*
 * background.c - long work in a thread of its own, while the loop goes on
 *
 * There is a thread only while there is work. It gets no signals: libev wants them in the loop. And it is nicer than
 * the loop, or else on a busy machine packets would wait for milliseconds until the scheduler turns from the one to
 * the other. If that is forbidden, the work is done all the same.
 *
 * For the same reason the loop never waits for the thread, also not for the moment that it takes to end: on a busy
 * machine that moment is long.
 */
#include "daemon/background.h"

#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>

/* Added to the niceness of the loop. */
#define NICER 10

/* Seconds between two looks whether a thread has ended that has finished. */
#define ENDING 0.001

static void on_ending(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct background *background = watcher->data;

	(void)events;
	if (pthread_tryjoin_np(background->thread, NULL) != 0)
		return;
	background->is_running = false;
	ev_timer_stop(loop, watcher);
	background->done(background->context);
}

static void on_finished(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct background *background = watcher->data;

	ev_async_stop(loop, watcher);
	ev_timer_again(loop, &background->ending);
	on_ending(loop, &background->ending, events);
}

static void *run(void *argument)
{
	struct background *background = argument;

	/* 0 is this thread, not the process (setpriority(2), "C library/kernel differences") */
	(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + NICER);
	background->work(background->context);
	ev_async_send(background->loop, &background->finished);
	return NULL;
}

void background_init(struct background *background, struct ev_loop *loop, void *context)
{
	*background = (struct background){ .loop = loop, .context = context };
	ev_async_init(&background->finished, on_finished);
	background->finished.data = background;
	ev_timer_init(&background->ending, on_ending, 0., ENDING);
	background->ending.data = background;
}

void background_start(struct background *background, void (*work)(void *context), void (*done)(void *context))
{
	sigset_t all, before;

	background->work = work;
	background->done = done;
	ev_async_start(background->loop, &background->finished);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	background->is_running = pthread_create(&background->thread, NULL, run, background) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (background->is_running)
		return;
	ev_async_stop(background->loop, &background->finished);
	work(background->context);
	done(background->context);
}

void background_close(struct background *background)
{
	if (!background->is_running)
		return;
	pthread_join(background->thread, NULL);
	background->is_running = false;
	ev_async_stop(background->loop, &background->finished);
	ev_timer_stop(background->loop, &background->ending);
}

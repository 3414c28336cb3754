/* SPDX-License-Identifier: ISC */
/*
 * worker.h - the loop: packets from the device through the engine and back, timers, signals
 */
#ifndef NAT46_DAEMON_WORKER_H
#define NAT46_DAEMON_WORKER_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/capture.h"
#include "daemon/exit_status.h"
#include "daemon/network/netlink.h"
#include "daemon/network/tun.h"
#include "daemon/network/watch.h"
#include "daemon/reload.h"
#include "nat46/engine.h"

/** Packets that are read before timers and signals get their turn. */
#define WORKER_BURST 64u

/** Signals that the worker handles. */
#define WORKER_SIGNALS 4u

/** Room for worker_format_status(), with its NUL: as much as fits in a line of the log. */
#define WORKER_STATUS_MAX 960u

/**
 * struct worker - one loop, one queue of the device, one engine
 * @config: configuration in force
 * @reload: how it is replaced
 * @tun: device
 * @engine: engine, in @memory
 * @memory, @memory_size: from the arena
 * @captures: those that run
 * @loop: event loop
 * @watch: state of the device
 * @network: what is around it
 * @device, @notifications, @timer, @minute, @watchdog, @signals: watchers
 * @timer_due: when @timer is set to go off, monotonic nanoseconds; INT64_MAX: it is not
 * @packets_reported: packets when the last status was sent
 * @status: how the process will end
 */
struct worker {
	struct daemon_config *config;
	struct reload reload;
	struct tun tun;
	struct engine *engine;
	void *memory;
	size_t memory_size;
	struct capture *captures;
	struct ev_loop *loop;
	struct link_watch watch;
	struct watch network;
	ev_io device;
	ev_io notifications;
	ev_timer timer;
	ev_timer minute;
	ev_timer watchdog;
	ev_signal signals[WORKER_SIGNALS];
	int64_t timer_due;
	uint64_t packets_reported;
	enum exit_status status;
};

/**
 * worker_open() - open the device and make engine and loop; what needs a privilege happens here
 * @worker: filled in; its address must not change any more
 * @config: not to be released before worker_close()
 *
 * Return: STATUS_OK; otherwise, logged, how the process has to end. Nothing is left open then.
 */
enum exit_status worker_open(struct worker *worker, struct daemon_config *config);

/**
 * worker_run() - handle packets until a signal or a failure ends it
 * Return: how the process has to end
 */
enum exit_status worker_run(struct worker *worker);

/** worker_set_log_level() - log so much from now on, until a configuration says otherwise */
void worker_set_log_level(struct worker *worker, enum log_level level);

/**
 * worker_close() - release everything that worker_open() made, in reverse order
 * Return: the configuration that was in force in the end; that of worker_open() was released if it is another one
 */
struct daemon_config *worker_close(struct worker *worker);

/** worker_capture(), worker_uncapture() - a capture sees packets from now on, or no more */
void worker_capture(struct worker *worker, struct capture *capture);
void worker_uncapture(struct worker *worker, struct capture *capture);

/**
 * worker_format_status() - one line of key=value pairs: flows, packets, lines lost, drops that are not zero
 * @engine: engine
 * @tun: what happened at the device
 * @line: room for WORKER_STATUS_MAX bytes; what does not fit is cut
 */
void worker_format_status(const struct engine *engine, const struct tun_counters *tun, char *line);

/**
 * worker_format_events() - one line of key=value pairs: events that are not zero
 * @engine: engine
 * @line: room for WORKER_STATUS_MAX bytes; what does not fit is cut
 */
void worker_format_events(const struct engine *engine, char *line);

#endif

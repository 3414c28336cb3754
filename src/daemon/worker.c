/* SPDX-License-Identifier: ISC */
/*
 * worker.c - the loop: packets from the device through the engine and back, timers, signals
 *
 * Theory of operation
 *
 * The device is read until it is empty or a burst is full. The clock is read once a burst. Each packet goes
 * through the engine, which emits packets while it runs, and these are written at once: order is kept,
 * nothing is queued. Then the engine is asked for its next timer, and one libev timer is set to it; libev
 * knows nothing about flows.
 *
 * The watchdog is fed from this very loop, so that it proves that packets are being handled.
 *
 * A device that is down is neither readable nor in error, so nothing has to be done but to say so. A device
 * that was deleted is in error for ever; the process ends then, because making another one needs privileges
 * that are gone, and systemd restarts it with them.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "daemon/arena.h"
#include "daemon/log/log.h"
#include "daemon/log/trace_log.h"
#include "daemon/network/device.h"
#include "daemon/notify.h"
#include "daemon/worker.h"

#define NANOSECONDS 1000000000ll
#define STATUS_INTERVAL 60.0

/* libev measures from the start of its turn: a timer must not go off before the engine thinks it is due. */
#define TIMER_SLACK 0.0005

static int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NANOSECONDS + now.tv_nsec;
}

static void hook_emit(void *context, struct frame *frame)
{
	struct worker *worker = context;

	if (worker->captures)
		captures_emit(worker->captures, &worker->config->engine, worker->engine, frame);
	tun_write(&worker->tun, frame);
}

static void hook_trace(void *context, const struct trace *trace)
{
	const struct worker *worker = context;

	if (trace->kind == TRACE_DROP)
		captures_drop(worker->captures, trace->drop);
	if (log_enabled(LOG_LEVEL_TRACE))
		trace_log(NULL, trace);
}

/** set_trace() - the engine reports packets if somebody wants to know */
static void set_trace(struct worker *worker)
{
	engine_trace(worker->engine, worker->captures || log_enabled(LOG_LEVEL_TRACE) ? hook_trace : NULL);
}

void worker_set_log_level(struct worker *worker, enum log_level level)
{
	log_set_level(level);
	set_trace(worker);
}

void worker_capture(struct worker *worker, struct capture *capture)
{
	capture->next = worker->captures;
	worker->captures = capture;
	set_trace(worker);
}

void worker_uncapture(struct worker *worker, struct capture *capture)
{
	struct capture **link = &worker->captures;

	while (*link != capture)
		link = &(*link)->next;
	*link = capture->next;
	set_trace(worker);
}

static void hook_session(void *context, const struct session *session)
{
	const struct worker *worker = context;

	if (worker->config->log_sessions)
		session_log(NULL, session);
}

static void hook_random(void *context, void *bytes, size_t count)
{
	struct worker *worker = context;
	uint8_t *next = bytes;
	ssize_t done;

	while (count > 0) {
		done = getrandom(next, count, 0);
		if (done > 0) {
			next += done;
			count -= (size_t)done;
		} else if (errno != EINTR) {
			log_error("cannot get random keys: %s", strerror(errno));
			worker->status = STATUS_FAILURE; /* guessable keys are worse than no service */
			return;
		}
	}
}

static void end(struct worker *worker, enum exit_status status)
{
	if (worker->status == STATUS_OK)
		worker->status = status;
	ev_break(worker->loop, EVBREAK_ALL);
}

static void device_lost(struct worker *worker)
{
	log_error("%s: the device was deleted; ending", worker->tun.name);
	end(worker, STATUS_FAILURE);
}

/* The network needs what only a new process has the right to. */
static void network_lost(void *context)
{
	end(context, STATUS_FAILURE);
}

static void run_timers(struct worker *worker, int64_t now)
{
	int64_t due = engine_timers(worker->engine, now);

	log_catch_up();
	if (due == worker->timer_due)
		return;
	worker->timer_due = due;
	ev_timer_stop(worker->loop, &worker->timer);
	if (due == INT64_MAX)
		return;
	due = due > now ? due - now : 0;
	ev_timer_set(&worker->timer, (double)due / (double)NANOSECONDS + TIMER_SLACK, 0.);
	ev_timer_start(worker->loop, &worker->timer);
}

/** input() - a packet for the engine; captures see it as it came */
static void input(struct worker *worker, struct frame *frame, int64_t now)
{
	if (!worker->captures) {
		engine_input(worker->engine, frame, now);
		return;
	}
	captures_begin(worker->captures, &worker->config->engine, worker->engine, frame);
	engine_input(worker->engine, frame, now);
	captures_end(worker->captures);
}

static void on_device(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct worker *worker = watcher->data;
	enum tun_result result = TUN_SKIPPED;
	int64_t now = clock_now();
	struct frame frame;
	unsigned int count;

	(void)loop;
	(void)events;
	for (count = 0; count < WORKER_BURST; count++) {
		result = tun_read(&worker->tun, &frame);
		if (result == TUN_EMPTY || result == TUN_LOST)
			break;
		if (result == TUN_PACKET)
			input(worker, &frame, now);
	}
	if (result == TUN_LOST)
		device_lost(worker);
	run_timers(worker, now);
}

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct worker *worker = watcher->data;

	(void)loop;
	(void)events;
	worker->timer_due = INT64_MAX; /* it has gone off */
	run_timers(worker, clock_now());
}

static void on_link_event(void *context, enum link_event event)
{
	struct worker *worker = context;
	const char *name = worker->tun.name;

	watch_link(&worker->network, event == LINK_UP);
	switch (event) {
	case LINK_DOWN:
		log_warning("%s: the device was set down", name);
		break;
	case LINK_UP:
		log_info("%s: the device was set up", name);
		break;
	case LINK_REMOVED:
		if (tun_exists(&worker->tun))
			log_warning("%s: the device was moved to another network namespace", name);
		else
			device_lost(worker);
		break;
	}
}

static void on_notification(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct worker *worker = watcher->data;

	(void)loop;
	(void)events;
	link_watch_read(&worker->watch);
}

static uint32_t count_flows(const struct engine *engine)
{
	uint32_t flows = 0;
	unsigned int kind;

	for (kind = 0; kind < FLOWS_KIND_COUNT; kind++)
		flows += engine_flows(engine, (enum flow_kind)kind);
	return flows;
}

static void on_minute(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct worker *worker = watcher->data;
	const struct counters *counters = engine_counters(worker->engine);
	uint64_t packets = counters->received - worker->packets_reported;
	const char *failure = reload_failure(&worker->reload);
	char line[128 + RELOAD_FAILURE_MAX];

	(void)loop;
	(void)events;
	worker->packets_reported = counters->received;
	snprintf(line, sizeof(line), "%" PRIu32 " flows, %.0f packets/s, %" PRIu64 " drops%s%s",
		 count_flows(worker->engine), (double)packets / STATUS_INTERVAL,
		 counters->verdicts[VERDICT_DROPPED], *failure ? "; reload failed: " : "", failure);
	notify_status(line);
	log_catch_up();
}

static void on_watchdog(struct ev_loop *loop, ev_timer *watcher, int events)
{
	(void)loop;
	(void)watcher;
	(void)events;
	notify_watchdog();
}

void worker_format_status(const struct engine *engine, const struct tun_counters *tun, char *line)
{
	const struct counters *counters = engine_counters(engine);
	size_t length;
	unsigned int i;

	length = (size_t)snprintf(
		line, WORKER_STATUS_MAX,
		"status: waiting=%" PRIu32 " connecting=%" PRIu32 " established=%" PRIu32 " closing=%" PRIu32
		" udp=%" PRIu32 " received=%" PRIu64 " forwarded=%" PRIu64 " answered=%" PRIu64 " absorbed=%" PRIu64
		" dropped=%" PRIu64 " emitted=%" PRIu64 " tun.bad_header=%" PRIu64 " tun.refused=%" PRIu64
		" tun.full=%" PRIu64 " tun.down=%" PRIu64 " log.lost=%" PRIu64,
		engine_flows(engine, FLOWS_WAITING), engine_flows(engine, FLOWS_CONNECTING),
		engine_flows(engine, FLOWS_ESTABLISHED), engine_flows(engine, FLOWS_CLOSING),
		engine_flows(engine, FLOWS_UDP), counters->received,
		counters->verdicts[VERDICT_FORWARDED], counters->verdicts[VERDICT_ANSWERED],
		counters->verdicts[VERDICT_ABSORBED], counters->verdicts[VERDICT_DROPPED], counters->emitted,
		tun->bad_header, tun->refused, tun->full, tun->down, log_lost());
	for (i = 0; i < DROP_COUNT && length < WORKER_STATUS_MAX; i++)
		if (counters->drops[i])
			length += (size_t)snprintf(line + length, WORKER_STATUS_MAX - length, " drop.%s=%" PRIu64,
						   drop_name((enum drop)i), counters->drops[i]);
}

void worker_format_events(const struct engine *engine, char *line)
{
	const struct counters *counters = engine_counters(engine);
	size_t length = (size_t)snprintf(line, WORKER_STATUS_MAX, "events:");
	unsigned int i;

	for (i = 0; i < EVENT_COUNT && length < WORKER_STATUS_MAX; i++)
		if (counters->events[i])
			length += (size_t)snprintf(line + length, WORKER_STATUS_MAX - length, " %s=%" PRIu64,
						   event_name((enum event)i), counters->events[i]);
}

/** use_config() - between two packets; nothing here or in the engine points into the configuration that was in force */
static void use_config(void *context, struct daemon_config *config)
{
	struct worker *worker = context;

	worker->config = config;
	engine_configure(worker->engine, &config->engine);
	watch_configure(&worker->network, &config->engine);
	worker_set_log_level(worker, config->log_level);
	log_set_format(config->log_format);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct worker *worker = watcher->data;
	char line[WORKER_STATUS_MAX];

	(void)loop;
	(void)events;
	switch (watcher->signum) {
	case SIGUSR1:
		worker_format_events(worker->engine, line);
		log_info("%s", line);
		worker_format_status(worker->engine, &worker->tun.counters, line);
		log_info("%s", line);
		break;
	case SIGHUP:
		log_info("reloading %s on signal %d", worker->config->file, watcher->signum);
		reload_run(&worker->reload, NULL);
		break;
	default:
		log_info("stopping on signal %d", watcher->signum);
		end(worker, STATUS_OK);
		break;
	}
}

static bool make_engine(struct worker *worker)
{
	const struct daemon_config *config = worker->config;
	struct engine_hooks hooks = {
		.context = worker,
		.emit = hook_emit,
		.random = hook_random,
		.session = hook_session,
		.shortfall = shortfall_log,
		.server_changed = server_log,
	};

	worker->memory_size = engine_memory(&config->engine.limits);
	if (worker->memory_size == 0) {
		log_error("the limits are out of range");
		return false;
	}
	worker->memory = arena_alloc(worker->memory_size);
	if (!worker->memory) {
		log_error("cannot get %zu bytes of address space for the limits: %s", worker->memory_size,
			  strerror(errno));
		return false;
	}
	worker->engine = engine_create(worker->memory, &config->engine, &hooks, clock_now());
	set_trace(worker);
	if (worker->status == STATUS_OK)
		return true;
	arena_free(worker->memory, worker->memory_size);
	return false;
}

static void start_watchers(struct worker *worker)
{
	static const int signals[WORKER_SIGNALS] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	uint64_t microseconds;
	double half;
	size_t i;

	for (i = 0; i < WORKER_SIGNALS; i++) {
		ev_signal_init(&worker->signals[i], on_signal, signals[i]);
		worker->signals[i].data = worker;
		ev_signal_start(worker->loop, &worker->signals[i]);
	}
	ev_io_init(&worker->device, on_device, worker->tun.fd, EV_READ);
	worker->device.data = worker;
	ev_io_start(worker->loop, &worker->device);
	ev_io_init(&worker->notifications, on_notification, link_watch_fd(&worker->watch), EV_READ);
	worker->notifications.data = worker;
	ev_io_start(worker->loop, &worker->notifications);
	watch_start(&worker->network, worker->loop);
	ev_init(&worker->timer, on_timer);
	worker->timer.data = worker;
	ev_timer_init(&worker->minute, on_minute, STATUS_INTERVAL, STATUS_INTERVAL);
	worker->minute.data = worker;
	ev_timer_start(worker->loop, &worker->minute);
	ev_init(&worker->watchdog, on_watchdog);
	if (notify_watchdog_interval(&microseconds)) {
		half = (double)microseconds / 2e6;
		ev_timer_set(&worker->watchdog, half, half);
		ev_timer_start(worker->loop, &worker->watchdog);
	}
}

static enum exit_status watch_network(struct worker *worker, const struct link *link)
{
	worker->network = (struct watch){
		.config = &worker->config->engine,
		.name = worker->tun.name,
		.device = link->index,
		.setup = worker->config->interface.setup,
		.state = { .is_up = link->up },
		.give_up = network_lost,
		.context = worker,
	};
	return watch_open(&worker->network);
}

enum exit_status worker_open(struct worker *worker, struct daemon_config *config)
{
	enum exit_status status;
	struct link link;

	memset(worker, 0, sizeof(*worker));
	worker->config = config;
	worker->timer_due = INT64_MAX;
	status = device_open(config, &worker->tun, &link);
	if (status != STATUS_OK)
		return status;
	worker->watch = (struct link_watch){ .notify = on_link_event, .context = worker };
	if (!link_watch_open(&worker->watch, &link))
		goto close_device;
	if (watch_network(worker, &link) != STATUS_OK)
		goto close_watch;
	if (!make_engine(worker))
		goto close_network;
	worker->loop = ev_default_loop(EVFLAG_AUTO);
	if (!worker->loop) {
		log_error("cannot make an event loop");
		goto free_memory;
	}
	start_watchers(worker);
	worker->reload = (struct reload){
		.running = config, .device = link.index, .use = use_config, .context = worker
	};
	return STATUS_OK;

free_memory:
	arena_free(worker->memory, worker->memory_size);
close_network:
	watch_close(&worker->network);
close_watch:
	link_watch_close(&worker->watch);
close_device:
	tun_close(&worker->tun);
	return STATUS_FAILURE;
}

enum exit_status worker_run(struct worker *worker)
{
	reload_open(&worker->reload, worker->loop);
	run_timers(worker, clock_now());
	ev_run(worker->loop, 0);
	return worker->status;
}

struct daemon_config *worker_close(struct worker *worker)
{
	reload_close(&worker->reload);
	watch_close(&worker->network);
	ev_loop_destroy(worker->loop);
	arena_free(worker->memory, worker->memory_size);
	link_watch_close(&worker->watch);
	tun_close(&worker->tun);
	return worker->config;
}

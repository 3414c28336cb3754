/* SPDX-License-Identifier: ISC */
/*
 * control.c - answers nat46ctl between two bursts of packets
 *
 * Theory of operation
 *
 * Everything happens in the loop of the worker, so nothing here may take long, whoever asks for what. Sockets never
 * block. An answer is made in pieces: when a client can take more and all that was made for it is sent, the next
 * piece is made, of a bounded number of items (show.h), and then packets have their turn. There is no more memory
 * than for one piece a client, and no more than CONTROL_CLIENTS of them.
 *
 * A client that does not say what it wants, or does not take its answer, is dropped after CONTROL_PATIENCE. It cannot
 * buy time byte by byte: the clock starts again only when a whole piece was taken.
 *
 * A capture has no end of its own. While there is nothing to be sent its client waits without a clock, and ends it by
 * sending no more itself. A client that looks at "top" asks again when it likes. So that such clients never keep others
 * out, there are at most CONTROL_STAYING of them.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon/control/control.h"
#include "daemon/control/control_socket.h"
#include "daemon/control/top.h"
#include "daemon/log/log.h"

#define NANOSECONDS 1000000000ll

static show_fn *const shows[COMMAND_COUNT] = {
	[COMMAND_STATUS] = show_status,
	[COMMAND_STATS] = show_stats,
	[COMMAND_METRICS] = show_metrics,
	[COMMAND_CONFIG] = show_config,
	[COMMAND_FLOWS] = show_flows,
	[COMMAND_EXPLAIN] = show_explain,
	[COMMAND_RELOAD] = show_reload,
	[COMMAND_CAPTURE] = show_capture,
	[COMMAND_DRAIN] = show_drain,
	[COMMAND_UNDRAIN] = show_drain,
	[COMMAND_TOP] = show_top,
	[COMMAND_LOG] = show_log,
};

static int64_t clock_now(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NANOSECONDS + now.tv_nsec;
}

static void drop_client(struct control_client *client)
{
	struct control *control = client->control;
	struct ev_loop *loop = control->worker->loop;

	ev_io_stop(loop, &client->io);
	ev_timer_stop(loop, &client->patience);
	ev_timer_stop(loop, &client->limit);
	if (client->capture) {
		worker_uncapture(control->worker, client->capture);
		capture_close(client->capture);
		client->capture = NULL;
	}
	if (client->top)
		top_close(client->top);
	client->top = NULL;
	if (client->is_waiting)
		reload_forget(&control->worker->reload, &client->reload);
	client->is_waiting = false;
	free(client->result);
	client->result = NULL;
	close(client->fd);
	client->fd = -1;
	ev_io_start(loop, &control->listener); /* there is room for another one */
}

static struct view view_of(const struct control *control)
{
	return (struct view){
		.config = control->worker->config,
		.engine = control->worker->engine,
		.tun = &control->worker->tun,
		.network = &control->worker->network.state,
		.now = clock_now(CLOCK_MONOTONIC),
		.started = control->started,
		.started_real = control->started_real,
		.before = &control->samples[1],
		.reloads = control->worker->reload.swaps,
		.reload_failure = reload_failure(&control->worker->reload),
	};
}

/** wait_for() - from now on the client is watched for these events */
static void wait_for(struct control_client *client, int events)
{
	struct ev_loop *loop = client->control->worker->loop;

	ev_io_stop(loop, &client->io);
	ev_io_set(&client->io, client->fd, events);
	ev_io_start(loop, &client->io);
}

/** write_more() - make the next piece of the answer */
static void write_more(struct control_client *client)
{
	const struct view view = view_of(client->control);
	struct answer *answer = &client->answer;

	answer->length = answer->sent = 0;
	if (client->request.command != COMMAND_RELOAD && !client->capture && !client->top &&
	    client->swaps != client->control->worker->reload.swaps) {
		answer_error(answer, "nat46ctl: the configuration was replaced meanwhile, ask again");
		answer_end(answer, ANSWER_FAILED);
		return;
	}
	if (shows[client->request.command](&view, &client->request, client->bytes, &client->progress, answer) &&
	    !answer->is_complete) {
		answer_end(answer, ANSWER_OK);
		client->goes_on = client->top != NULL;
	}
}

/** begin_request() - nothing is known of the next request of a client yet */
static void begin_request(struct control_client *client)
{
	struct answer *answer = &client->answer;

	client->has_request = client->goes_on = false;
	memset(&client->progress, 0, sizeof(client->progress));
	answer->length = answer->sent = 0;
	answer->in_line = answer->comma = answer->is_one_line = answer->is_complete = false;
}

/** start_answer() - from now on the client is written to */
static void start_answer(struct control_client *client)
{
	struct ev_loop *loop = client->control->worker->loop;

	client->swaps = client->control->worker->reload.swaps;
	wait_for(client, client->capture ? EV_READ | EV_WRITE : EV_WRITE);
	ev_timer_again(loop, &client->patience);
}

/** on_reloaded() - the reload that a client waits for is over */
static void on_reloaded(struct reload_request *request, bool has_succeeded, const char *text)
{
	struct control_client *client = request->data;

	client->is_waiting = false;
	client->result = strdup(text);
	client->progress.result = client->result ? client->result : "";
	client->progress.has_succeeded = has_succeeded;
	start_answer(client);
}

static void refuse(struct control_client *client, int status, const char *why)
{
	answer_error(&client->answer, "nat46ctl: %s", why);
	answer_end(&client->answer, status);
	start_answer(client);
}

/** on_captured() - there is something to be sent again */
static void on_captured(void *context)
{
	struct control_client *client = context;

	wait_for(client, EV_READ | EV_WRITE);
	ev_timer_again(client->control->worker->loop, &client->patience);
}

static void on_limit(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct control_client *client = watcher->data;

	(void)loop;
	(void)events;
	capture_finish(client->capture);
}

/** may_stay() - may one more client stay for as long as it likes */
static bool may_stay(const struct control *control)
{
	size_t count = 0;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		count += control->clients[i].capture || control->clients[i].top;
	return count < CONTROL_STAYING;
}

static void start_capture(struct control_client *client)
{
	struct worker *worker = client->control->worker;
	const struct request *request = &client->request;
	char why[FILTER_WHY_MAX];
	struct filter filter;
	int status = filter_read(&filter, request, &worker->config->engine, why);

	if (status != ANSWER_OK) {
		refuse(client, status, why);
		return;
	}
	if (may_stay(client->control))
		client->capture = capture_open(&filter, request->snaplen ? request->snaplen : FRAME_MAX, on_captured,
					       client);
	if (!client->capture) {
		refuse(client, ANSWER_FAILED, "as many captures and tops run as there may be");
		return;
	}
	client->progress.capture = client->capture;
	worker_capture(worker, client->capture);
	if (request->seconds > 0) {
		ev_timer_set(&client->limit, request->seconds, 0.);
		ev_timer_start(worker->loop, &client->limit);
	}
	start_answer(client);
}

static void start_top(struct control_client *client)
{
	const struct control *control = client->control;

	if (!client->top && may_stay(control))
		client->top = top_open(control->worker->config->engine.limits.flows);
	client->progress.top = client->top;
	if (client->top)
		start_answer(client);
	else
		refuse(client, ANSWER_FAILED, "as many captures and tops run as there may be");
}

static void start_reload(struct control_client *client)
{
	struct ev_loop *loop = client->control->worker->loop;

	/* it is for us to go on now; whether the client is still there the answer will show */
	ev_io_stop(loop, &client->io);
	ev_timer_stop(loop, &client->patience);
	client->is_waiting = true;
	client->reload = (struct reload_request){ .done = on_reloaded, .data = client };
	reload_run(&client->control->worker->reload, &client->reload);
}

static void start_drain(struct control_client *client)
{
	const struct worker *worker = client->control->worker;

	client->progress.drain = drain_change(worker->engine, &worker->config->engine, &client->request,
					      control_socket_peer(client->fd), &client->progress.drained);
	start_answer(client);
}

static void start_log(struct control_client *client)
{
	enum log_level level;

	if (log_find_level(client->request.level, &level)) {
		worker_set_log_level(client->control->worker, level);
		log_info("log level %s until the next reload, by nat46ctl (uid %lu)", client->request.level,
			 (unsigned long)control_socket_peer(client->fd));
	}
	start_answer(client);
}

/** start_request() - the request is complete: answer it, or wait for what there is to be said */
static void start_request(struct control_client *client)
{
	if (client->top && client->request.command != COMMAND_TOP)
		refuse(client, ANSWER_USAGE, "only \"top\" may follow \"top\"");
	else if (client->request.command == COMMAND_CAPTURE)
		start_capture(client);
	else if (client->request.command == COMMAND_TOP)
		start_top(client);
	else if (client->request.command == COMMAND_RELOAD)
		start_reload(client);
	else if (client->request.command == COMMAND_DRAIN || client->request.command == COMMAND_UNDRAIN)
		start_drain(client);
	else if (client->request.command == COMMAND_LOG)
		start_log(client);
	else
		start_answer(client);
}

/** look_for_request() - is the request complete with what has come */
static void look_for_request(struct control_client *client)
{
	const uint8_t *end = memchr(client->input, '\n', client->input_length);
	const char *why;

	if (!client->has_request) {
		size_t length = end ? (size_t)(end - client->input) : client->input_length;

		if (length >= REQUEST_LINE_MAX) {
			refuse(client, ANSWER_USAGE, "the request is too long");
			return;
		}
		if (!end)
			return;
		if (!request_parse((const char *)client->input, length, &client->request, &why)) {
			refuse(client, ANSWER_USAGE, why);
			return;
		}
		client->has_request = true;
		client->bytes = end + 1;
	}
	if (client->input_length - (size_t)(client->bytes - client->input) >= client->request.bytes)
		start_request(client);
}

/** on_written() - the answer is complete */
static void on_written(struct control_client *client)
{
	size_t done = (size_t)(client->bytes - client->input);

	if (!client->goes_on) {
		drop_client(client);
		return;
	}
	begin_request(client);
	client->input_length -= done;
	memmove(client->input, client->bytes, client->input_length);
	wait_for(client, EV_READ);
	ev_timer_stop(client->control->worker->loop, &client->patience);
	look_for_request(client);
}

static void on_writable(struct control_client *client)
{
	struct answer *answer = &client->answer;
	ssize_t sent;

	if (answer->sent == answer->length) {
		if (answer->is_complete) {
			on_written(client);
			return;
		}
		write_more(client);
		if (client->capture && answer->length == 0) {
			wait_for(client, EV_READ); /* until on_captured() */
			ev_timer_stop(client->control->worker->loop, &client->patience);
			return;
		}
		ev_timer_again(client->control->worker->loop, &client->patience);
	}
	sent = send(client->fd, answer->out + answer->sent, answer->length - answer->sent, MSG_NOSIGNAL);
	if (sent >= 0)
		answer->sent += (size_t)sent;
	else if (errno != EAGAIN && errno != EINTR)
		drop_client(client);
}

static void on_readable(struct control_client *client)
{
	ssize_t got = recv(client->fd, client->input + client->input_length,
			   sizeof(client->input) - client->input_length, 0);

	if (got > 0) {
		client->input_length += (size_t)got;
		look_for_request(client);
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		drop_client(client);
	}
}

/** on_end() - a client that has asked already sends no more, or more than it should */
static void on_end(struct control_client *client)
{
	char rest[256];

	if (recv(client->fd, rest, sizeof(rest), 0) < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	capture_finish(client->capture);
	wait_for(client, EV_WRITE);
}

static void on_client(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct control_client *client = watcher->data;

	(void)loop;
	if (client->capture && events & EV_READ)
		on_end(client);
	else if (events & EV_WRITE)
		on_writable(client);
	else
		on_readable(client);
}

static void on_patience(struct ev_loop *loop, ev_timer *watcher, int events)
{
	(void)loop;
	(void)events;
	log_limited(LOG_LEVEL_DEBUG, "control socket: dropped a client that does not go on");
	drop_client(watcher->data);
}

static void start_client(struct control_client *client, int fd)
{
	struct ev_loop *loop = client->control->worker->loop;

	client->fd = fd;
	client->input_length = 0;
	begin_request(client);
	ev_io_init(&client->io, on_client, fd, EV_READ);
	client->io.data = client;
	ev_io_start(loop, &client->io);
	ev_init(&client->patience, on_patience);
	client->patience.repeat = CONTROL_PATIENCE;
	client->patience.data = client;
	ev_init(&client->limit, on_limit);
	client->limit.data = client;
	ev_timer_again(loop, &client->patience);
	if (!control_socket_allows(fd)) {
		answer_error(&client->answer, "nat46ctl: only root and the group of the daemon may ask");
		answer_end(&client->answer, ANSWER_FAILED);
		start_answer(client);
	}
}

static struct control_client *free_client(struct control *control)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i].fd < 0)
			return &control->clients[i];
	return NULL;
}

static void on_connection(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct control *control = watcher->data;
	struct control_client *client = free_client(control);
	int fd;

	(void)events;
	if (!client) {
		ev_io_stop(loop, watcher); /* until one is dropped */
		return;
	}
	fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		start_client(client, fd);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		ev_io_stop(loop, watcher); /* until on_sample(): no descriptor may be left */
}

static void on_sample(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct control *control = watcher->data;
	const struct counters *c = engine_counters(control->worker->engine);
	struct sample *sample = &control->samples[0];
	const struct tally *tallies;
	size_t count;

	(void)events;
	tallies = look_tallies(control->worker->engine, &count);
	control->samples[1] = control->samples[0];
	sample->time = clock_now(CLOCK_MONOTONIC);
	sample->received = c->received;
	sample->dropped = c->verdicts[VERDICT_DROPPED];
	sample->opened = c->events[EVENT_FLOW_OPENED];
	for (size_t i = 0; i < count; i++)
		sample->connections[i] = tallies[i].opened;
	ev_io_start(loop, &control->listener);
}

bool control_open(struct control *control, struct worker *worker, const struct privileges *privileges)
{
	const struct daemon_config *config = worker->config;

	control->worker = worker;
	snprintf(control->path, sizeof(control->path), "%s", config->control);
	control->fd = -1;
	control->started = clock_now(CLOCK_MONOTONIC);
	control->started_real = clock_now(CLOCK_REALTIME) / NANOSECONDS;
	control->samples[0].time = control->samples[1].time = control->started;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		control->clients[i].control = control;
		control->clients[i].fd = -1;
	}
	if (config->control[0] == '\0')
		return true;
	control->fd = control_socket_open(config->control, privileges,
					  config->control_place ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING);
	if (control->fd < 0)
		return config->control_place == NULL;
	ev_io_init(&control->listener, on_connection, control->fd, EV_READ);
	control->listener.data = control;
	ev_io_start(worker->loop, &control->listener);
	ev_timer_init(&control->sampler, on_sample, CONTROL_SAMPLE, CONTROL_SAMPLE);
	control->sampler.data = control;
	ev_timer_start(worker->loop, &control->sampler);
	return true;
}

void control_close(struct control *control)
{
	if (control->fd < 0)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i].fd >= 0)
			drop_client(&control->clients[i]);
	ev_io_stop(control->worker->loop, &control->listener);
	ev_timer_stop(control->worker->loop, &control->sampler);
	close(control->fd);
	/* not an error: the folder may belong to somebody else, and the next daemon replaces what is left */
	(void)unlink(control->path);
}

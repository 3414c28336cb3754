/* SPDX-License-Identifier: ISC */
/*
 * control.h - answers nat46ctl between two bursts of packets
 */
#ifndef NAT46_DAEMON_CONTROL_H
#define NAT46_DAEMON_CONTROL_H

#include <sys/un.h>

#include "daemon/control/show.h"
#include "daemon/worker.h"

struct privileges;

/** Clients at a time; more of them wait. */
#define CONTROL_CLIENTS 8u

/** Of these, who may stay for as long as they like. */
#define CONTROL_STAYING (CONTROL_CLIENTS / 2)

/** Seconds in which a client has to say what it wants, and each time to take what was written for it. */
#define CONTROL_PATIENCE 10.0

/** Seconds between two samples of the counters: rates are those of the last one or two. */
#define CONTROL_SAMPLE 10.0

/**
 * struct control_client - a connection, from the request to the end of the answer
 * @control: what it belongs to
 * @fd: descriptor; -1: none
 * @io, @patience: watchers
 * @input, @input_length: the request as it comes: a line, and the bytes behind it
 * @has_request, @request, @bytes: the request once its line is there, and where its bytes are
 * @swaps: of the configuration (reload.h), when the answer began
 * @reload, @is_waiting: a reload whose end is awaited
 * @result: what became of it, for free()
 * @capture, @limit: packets that it asks for, and when there are no more of them
 * @top, @goes_on: the rates that it asks for; another request may follow
 * @progress, @answer: the answer
 */
struct control_client {
	struct control *control;
	int fd;
	ev_io io;
	ev_timer patience;
	uint8_t input[REQUEST_LINE_MAX + REQUEST_BYTES_MAX];
	size_t input_length;
	bool has_request;
	struct request request;
	const uint8_t *bytes;
	uint64_t swaps;
	struct reload_request reload;
	bool is_waiting;
	char *result;
	struct capture *capture;
	ev_timer limit;
	struct top *top;
	bool goes_on;
	struct progress progress;
	struct answer answer;
};

/**
 * struct control - the control socket
 * @worker: whose engine is looked at, and in whose loop this runs
 * @path: path of the socket
 * @fd: descriptor; -1: there is none
 * @listener, @sampler: watchers
 * @samples: counters some seconds ago, and some more
 * @started, @started_real: when the daemon started: monotonic nanoseconds, seconds since 1970
 * @clients: connections
 */
struct control {
	struct worker *worker;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	int fd;
	ev_io listener;
	ev_timer sampler;
	struct sample samples[2];
	int64_t started;
	int64_t started_real;
	struct control_client clients[CONTROL_CLIENTS];
};

/**
 * control_open() - listen, if the configuration says so
 * @control: filled in; its address must not change any more
 * @worker: open
 * @privileges: not dropped yet
 *
 * Return: false, logged, if the path that the file names cannot be used. If it is only the default one, the daemon
 * does without, with a warning.
 */
bool control_open(struct control *control, struct worker *worker, const struct privileges *privileges);

/** control_close() - close and remove the socket, and whatever is connected; before worker_close() */
void control_close(struct control *control);

#endif

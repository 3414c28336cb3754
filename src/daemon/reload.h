/* SPDX-License-Identifier: ISC */
/*
 * reload.h - take over a changed configuration file while packets go on
 */
#ifndef NAT46_DAEMON_RELOAD_H
#define NAT46_DAEMON_RELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/background.h"

struct daemon_config;

/** Room for reload_failure(), with its NUL. */
#define RELOAD_FAILURE_MAX 400u

/**
 * struct reload_request - somebody who waits for the result of a reload; memory of the caller
 * @next: next one who waits
 * @done: called in the loop, once. @text: lines, each with a newline at its end: errors and warnings as
 *	"FILE:LINE: error: text", and if @has_succeeded what was changed; valid during the call
 * @data: of the caller
 */
struct reload_request {
	struct reload_request *next;
	void (*done)(struct reload_request *request, bool has_succeeded, const char *text);
	void *data;
};

/**
 * struct reload - the reload that is going on, and those that are waiting
 * @running: the configuration in force
 * @swaps: how often it was replaced
 * @device: interface index of the device
 * @use: called in the loop: from now on @config is in force, and @running is released after the call
 * @context: first argument of @use
 * @background: reads the file, and releases the old configuration
 * @is_busy: there is work going on
 * @is_wanted: the file may have changed since it was read: once more
 * @served, @waiting: who waits for this one, and for the next one
 * @config: while the file is read: nothing, then the new configuration or NULL; after the swap: the old one
 * @text, @length: what there is to say about it
 * @began: when, monotonic nanoseconds
 * @failure: first error of the last reload; "" if it succeeded
 */
struct reload {
	struct daemon_config *running;
	uint64_t swaps;
	uint32_t device;
	void (*use)(void *context, struct daemon_config *config);
	void *context;
	struct background background;
	bool is_busy;
	bool is_wanted;
	struct reload_request *served;
	struct reload_request *waiting;
	struct daemon_config *config;
	char *text;
	size_t length;
	int64_t began;
	char failure[RELOAD_FAILURE_MAX];
};

/**
 * reload_open() - get ready, when the privileges are dropped
 * @reload: @running, @device, @use and @context are set by the caller, and the rest is zero; its address must not
 *	change any more
 * @loop: event loop
 */
void reload_open(struct reload *reload, struct ev_loop *loop);

/** reload_close() - wait for a reload that is going on, and forget it; nobody is called */
void reload_close(struct reload *reload);

/**
 * reload_run() - read the file again, and if it is right, use it from then on
 * @request: who waits for the result; NULL: nobody. One that comes while a reload is going on gets the result of the
 *	next one, because the file may have changed after it was read.
 *
 * Returns at once; the file is read in the background. All or nothing: a file with an error, or one that needs a
 * route that is not there, changes nothing. Flows that have a server keep it, whatever changes.
 */
void reload_run(struct reload *reload, struct reload_request *request);

/** reload_forget() - @request does not wait any more; no harm if it does not anyway */
void reload_forget(struct reload *reload, struct reload_request *request);

/** reload_failure() - the first error of the last reload, without a newline; "" if it succeeded or there was none */
const char *reload_failure(const struct reload *reload);

#endif

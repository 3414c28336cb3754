/* SPDX-License-Identifier: ISC */
/*
 * reload.c - take over a changed configuration file while packets go on
 *
 * Theory of operation
 *
 * A file with 100,000 rules takes some hundred milliseconds to read, in which no packet must wait. So a thread reads
 * it, compares it with the configuration in force, which nothing changes meanwhile, and writes down what there is to
 * say. The loop then swaps two pointers, between two packets, logs what was written, and answers who waits. Nothing
 * in the engine or in the daemon points into the old configuration across a packet, and the thread releases it,
 * which also takes its time. Then comes the next reload, if somebody has asked for one meanwhile.
 *
 * systemd is told READY=1 in any case: a unit without it would be "reloading" for ever.
 */
#include "daemon/reload.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/config.h"
#include "config/difference.h"
#include "daemon/log/log.h"
#include "daemon/network/new_routes.h"
#include "daemon/notify.h"
#include "nat46/assert.h"

#define NANOSECONDS 1000000000ll

/* Lines of a reload that are logged, however many there are. */
#define LINES_LOGGED 50u

static int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NANOSECONDS + now.tv_nsec;
}

/* ---- in the thread ------------------------------------------------------------------------ */

static void load(void *context)
{
	struct reload *reload = context;
	const struct daemon_config *running = reload->running;
	FILE *out = open_memstream(&reload->text, &reload->length);
	size_t warned;

	NAT46_ASSERT(out != NULL);
	reload->config = config_load(running->file, NULL, out);
	fflush(out);
	warned = reload->length;
	if (reload->config) {
		config_keep(reload->config, running, out);
		if (new_routes_check(reload->config, running, reload->device, out)) {
			config_print_difference(reload->config, running, out);
			fflush(out);
			if (reload->length == warned)
				fputs("nothing has changed\n", out);
		} else {
			config_free(reload->config);
			reload->config = NULL;
		}
	}
	fclose(out);
}

static void release(void *context)
{
	struct reload *reload = context;

	config_free(reload->config);
	reload->config = NULL;
#ifdef HAVE_MALLOC_TRIM
	/* or else glibc keeps what some threads have released, for each of them: three times a large file */
	(void)malloc_trim(0);
#endif
}

/* ---- in the loop -------------------------------------------------------------------------- */

static void log_text(const char *text)
{
	unsigned int lines = 0;

	for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		if (lines++ < LINES_LOGGED)
			log_line(log_level_of(line, (size_t)(end - line)), "reload: %.*s", (int)(end - line), line);
	}
	if (lines > LINES_LOGGED)
		log_info("reload: %u more lines", lines - LINES_LOGGED);
}

/** swap() - from here on the new configuration is in force */
static void swap(struct reload *reload)
{
	struct daemon_config *old = reload->running;

	reload->running = reload->config;
	reload->config = old;
	reload->swaps++;
	reload->use(reload->context, reload->running);
}

/** remember() - what systemctl status says: the first error, and how many more there are; or nothing */
static void remember(struct reload *reload, bool has_succeeded)
{
	char *failure = reload->failure;
	size_t errors = 0, length = 0;

	failure[0] = '\0';
	if (has_succeeded)
		return;
	for (const char *line = reload->text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		if (log_level_of(line, (size_t)(end - line)) == LOG_LEVEL_ERROR && errors++ == 0)
			length = (size_t)snprintf(failure, RELOAD_FAILURE_MAX - 30, "%.*s", (int)(end - line), line);
	}
	length = length < RELOAD_FAILURE_MAX - 30 ? length : RELOAD_FAILURE_MAX - 31;
	if (errors > 1)
		snprintf(failure + length, RELOAD_FAILURE_MAX - length, " (and %zu more)", errors - 1);
}

static void tell_result(struct reload *reload, bool has_succeeded)
{
	double milliseconds = (double)(clock_now() - reload->began) / 1e6;
	char status[RELOAD_FAILURE_MAX + 32];

	log_text(reload->text);
	if (has_succeeded)
		log_info("reloaded %s in %.0f ms", reload->running->file, milliseconds);
	else
		log_error("reload failed, everything stays as it was");
	remember(reload, has_succeeded);
	snprintf(status, sizeof(status), "%s%s", has_succeeded ? "Reloaded" : "Reload failed: ", reload->failure);
	notify_ready(status);
}

static void begin(struct reload *reload);

static void released(void *context)
{
	struct reload *reload = context;

	reload->is_busy = false;
	if (reload->is_wanted)
		begin(reload);
}

static void loaded(void *context)
{
	struct reload *reload = context;
	bool has_succeeded = reload->config != NULL;

	if (has_succeeded)
		swap(reload);
	tell_result(reload, has_succeeded);
	while (reload->served) {
		struct reload_request *request = reload->served;

		reload->served = request->next;
		request->done(request, has_succeeded, reload->text);
	}
	free(reload->text);
	reload->text = NULL;
	if (has_succeeded)
		background_start(&reload->background, release, released);
	else
		released(reload);
}

static void begin(struct reload *reload)
{
	reload->is_busy = true;
	reload->is_wanted = false;
	reload->served = reload->waiting;
	reload->waiting = NULL;
	reload->began = clock_now();
	notify_reloading();
	background_start(&reload->background, load, loaded);
}

void reload_run(struct reload *reload, struct reload_request *request)
{
	if (request) {
		request->next = reload->waiting;
		reload->waiting = request;
	}
	reload->is_wanted = true;
	if (!reload->is_busy)
		begin(reload);
}

static void unlink_request(struct reload_request **list, const struct reload_request *request)
{
	while (*list && *list != request)
		list = &(*list)->next;
	if (*list)
		*list = request->next;
}

void reload_forget(struct reload *reload, struct reload_request *request)
{
	unlink_request(&reload->served, request);
	unlink_request(&reload->waiting, request);
}

const char *reload_failure(const struct reload *reload)
{
	return reload->failure;
}

void reload_open(struct reload *reload, struct ev_loop *loop)
{
	const char *file = config_unreadable(reload->running);

	background_init(&reload->background, loop, reload);
	if (file)
		log_warning("%s cannot be read any more, so that it cannot be reloaded: %s", file, strerror(errno));
}

void reload_close(struct reload *reload)
{
	background_close(&reload->background);
	config_free(reload->config);
	free(reload->text);
}

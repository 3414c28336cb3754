/* SPDX-License-Identifier: ISC */
/*
 * top.c - the live view: one picture after another
 */
#include "ctl/top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/terminal.h"

/** Most seconds before the first picture on a terminal, where somebody waits for it. */
#define FIRST_DELAY 1.0

/** show_next() - ask for a picture, and show it on the whole terminal */
static int show_next(const struct connection *connection, const struct request *request)
{
	char *picture = NULL;
	size_t size;
	FILE *text = open_memstream(&picture, &size);
	int status;

	if (!text)
		return complain(ANSWER_FAILED, "top", strerror(errno));
	ask_send(connection, request, NULL);
	status = ask_print(connection, text, NULL);
	fclose(text);
	if (status == ANSWER_OK && picture)
		terminal_show(picture);
	free(picture);
	return status;
}

static int run_on_terminal(const struct connection *connection, struct request *request, double delay)
{
	double wait = delay < FIRST_DELAY ? delay : FIRST_DELAY;
	int status;

	request->colour = true;
	do {
		terminal_size(&request->rows, &request->columns);
		status = show_next(connection, request);
		if (status != ANSWER_OK || !terminal_wait(wait))
			break;
		wait = delay;
	} while (true);
	return status;
}

static void sleep_for(double seconds)
{
	struct timespec left = { .tv_sec = (time_t)seconds };

	left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		continue;
}

/** run_as_lines() - the answer to the first request is empty */
static int run_as_lines(const struct connection *connection, struct request *request, double delay,
			unsigned long pictures)
{
	unsigned int rows;

	terminal_size(&rows, &request->columns);
	for (unsigned long picture = 0;; picture++) {
		int status;

		ask_send(connection, request, NULL);
		status = ask_print(connection, stdout, NULL);
		if (status != ANSWER_OK || (pictures > 0 && picture == pictures))
			return status;
		if (picture > 0 && !request->json)
			puts("");
		sleep_for(delay);
	}
}

int top_run(const struct connection *connection, const struct request *request, double delay, unsigned long pictures)
{
	struct request next = *request;

	if (pictures == 0 && !request->json && terminal_enter())
		return run_on_terminal(connection, &next, delay);
	return run_as_lines(connection, &next, delay, pictures);
}

/* SPDX-License-Identifier: ISC */
/*
 * model_test.c - the simulator's end points against each other, without an engine between them
 *
 * Before the models may accuse the engine they have to be right themselves: every transfer over every
 * kind of path completes, byte for byte, and none of them reports a violation.
 *
 *	model_test [-s SEED] [-n COUNT] [-v]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "draw.h"
#include "host.h"

#define COUNT 2000u
#define CONNECTIONS 4u
#define LIMIT 100000u
#define PORT 7u

static const uint8_t first_data[] = "The first words of a client\r\n";

struct model {
	uint64_t seed;
	struct rng rng;
	struct event_queue queue;
	struct link link[2];	/* from the client, from the server */
	struct host host[2];
	struct connection connection[CONNECTIONS];
	uint32_t iss[CONNECTIONS];
	struct tcp_profile profile[2];
	unsigned count;
	unsigned completed;
	uint64_t delivered;
	bool verbose;
	bool failed;
};

static void fail(struct model *model, const char *text)
{
	if (!model->failed)
		printf("seed %llu: %.3f s: %s\n", (unsigned long long)model->seed,
		       (double)model->queue.now / (double)SECOND, text);
	model->failed = true;
}

static void host_bad(void *context, const char *text)
{
	fail(context, text);
}

static void send_hook(struct tcp *tcp, struct wire *wire)
{
	struct host *host = tcp->owner;

	link_send(host->link, wire);
}

static void violation_hook(struct tcp *tcp, const char *text)
{
	const struct host *host = tcp->owner;

	fail(host->context, text);
}

static void connection_violation(struct connection *connection, const char *text)
{
	fail(connection->context, text);
}

static const struct tcp_hooks hooks = {
	.send = send_hook, .event = app_event, .fill = app_fill, .violation = violation_hook,
};

static enum host_answer listen_hook(void *context, const struct packet *syn, struct tcp *tcp)
{
	struct model *model = context;

	for (unsigned i = 0; i < model->count; i++) {
		if (model->iss[i] != syn->seq)
			continue;
		tcp->hooks = &hooks;
		tcp->context = &model->connection[i].side[SERVER];
		tcp->profile = model->profile[SERVER];
		tcp->iss = (uint32_t)rng_next(&model->rng);
		return HOST_ACCEPT;
	}
	fail(model, "a SYN that nobody sent");
	return HOST_SILENT;
}

static bool vanished(void *context, const struct tcp *tcp)
{
	const struct side *side = tcp->context;

	(void)context;
	return side->aborted && side->talk.vanish;
}

static void show(struct model *model, const char *what, const struct wire *wire)
{
	struct packet packet;

	if (!model->verbose)
		return;
	const char *error = wire_parse(wire->bytes, wire->length, &wire->offload, &packet);

	printf("%12.6f ", (double)model->queue.now / (double)SECOND);
	if (error)
		printf("%s %s\n", what, error);
	else
		wire_print(what, &packet);
}

static void to_server(void *context, struct wire *wire)
{
	struct model *model = context;

	show(model, ">", wire);
	host_receive(&model->host[SERVER], wire);
}

static void to_client(void *context, struct wire *wire)
{
	struct model *model = context;

	show(model, "<", wire);
	host_receive(&model->host[CLIENT], wire);
}

static void start_event(void *context, void *argument)
{
	struct model *model = context;
	struct connection *connection = argument;
	struct tcp *tcp = host_new_tcp(&model->host[CLIENT]);
	struct address address = { .is_ipv6 = model->link[0].router.is_ipv6, .byte = { 10, 0, 0, 1 } };

	tcp->hooks = &hooks;
	tcp->local = address;
	address.byte[3] = 2;
	tcp->remote = address;
	tcp->local_port = (uint16_t)(1000 + connection->number);
	tcp->remote_port = PORT;
	tcp->profile = model->profile[CLIENT];
	tcp->iss = model->iss[connection->number];
	app_start(connection, tcp);
}

static void setup_paths(struct model *model, bool is_ipv6)
{
	enum weather weather = draw_weather(&model->rng);

	for (int which = CLIENT; which <= SERVER; which++) {
		struct link *link = &model->link[which];

		draw_link(&model->rng, weather, rng_chance(&model->rng, 0.5) ? 1500 : 1280, &link->profile);
		link->queue = &model->queue;
		link->rng = &model->rng;
		link->context = model;
		link->deliver = which == CLIENT ? to_server : to_client;
		link->reverse = which == CLIENT ? to_client : to_server;
		link->router = (struct address){ .is_ipv6 = is_ipv6, .byte = { 10, 0, 0, 9 } };
		model->host[which] = (struct host){
			.link = link, .queue = &model->queue, .context = model, .bad = host_bad,
			.listen = which == SERVER ? listen_hook : NULL, .vanished = vanished,
		};
		draw_stack(&model->rng, 1500, &model->profile[which]);
		model->profile[which].first_length = sizeof(first_data);
		model->profile[which].first_chunk = rng_chance(&model->rng, 0.3) ? rng_size(&model->rng, 20) : 0;
	}
	for (int which = CLIENT; which <= SERVER; which++) {
		const struct link_profile *path = &model->link[!which].profile;

		model->profile[which].exact_ts = path->keep_order && path->late == 0 && path->duplicate == 0;
		model->profile[which].expect_ts = true;
	}
}

static void setup_connections(struct model *model)
{
	model->count = rng_between(&model->rng, 1, CONNECTIONS);
	for (unsigned i = 0; i < model->count; i++) {
		struct connection *connection = &model->connection[i];
		bool server_first = rng_chance(&model->rng, 0.2);

		*connection = (struct connection){
			.number = i, .key = rng_next(&model->rng), .first = first_data, .queue = &model->queue,
			.first_length = server_first ? 0 : sizeof(first_data), .context = model,
			.violation = connection_violation,
		};
		draw_talks(&model->rng, connection->first_length, LIMIT, server_first,
			   &connection->side[CLIENT].talk, &connection->side[SERVER].talk);
		model->iss[i] = (uint32_t)rng_next(&model->rng);
		app_setup(connection);
		event_add(&model->queue, rng_between(&model->rng, 0, 2000) * MILLISECOND, start_event, model,
			  connection);
	}
}

static void check_end(struct model *model)
{
	for (unsigned i = 0; i < model->count; i++) {
		const struct side *side = model->connection[i].side;

		if (!side[CLIENT].aborted && !side[SERVER].aborted && !app_complete(&model->connection[i]))
			fail(model, "a transfer did not complete");
		else if (!side[CLIENT].ended && !side[SERVER].aborted)
			fail(model, "a client did not end");
		model->delivered += side[CLIENT].received + side[SERVER].received;
		model->completed += app_complete(&model->connection[i]);
	}
}

/* Simulate one seed; adds to the three totals of main(). */
static bool run(uint64_t seed, bool verbose, uint64_t totals[3])
{
	static struct model model;
	struct sim_event event;

	model = (struct model){ .seed = seed, .verbose = verbose };
	rng_seed(&model.rng, seed);
	setup_paths(&model, rng_chance(&model.rng, 0.5));
	setup_connections(&model);
	while (!model.failed && model.queue.now < 3600 * SECOND && event_run(&model.queue))
		;
	if (!model.failed)
		check_end(&model);
	while (event_pop(&model.queue, &event))
		if (event.function != start_event)
			free(event.argument);
	event_queue_free(&model.queue);
	host_free(&model.host[CLIENT]);
	host_free(&model.host[SERVER]);
	totals[0] += model.completed;
	totals[1] += model.delivered;
	totals[2] += model.link[CLIENT].carried + model.link[SERVER].carried;
	return !model.failed;
}

int main(int argc, char **argv)
{
	uint64_t first = 1, count = COUNT, failures = 0, totals[3] = { 0 };
	bool verbose = false;
	int option;

	while ((option = getopt(argc, argv, "s:n:v")) != -1) {
		if (option == 's') {
			first = strtoull(optarg, NULL, 0);
			count = 1;
		} else if (option == 'n') {
			count = strtoull(optarg, NULL, 0);
		} else if (option == 'v') {
			verbose = true;
		} else {
			return 2;
		}
	}
	printf("1..1\n");
	for (uint64_t seed = first; seed < first + count; seed++)
		failures += !run(seed, verbose, totals);
	printf("# %llu connections complete, %llu bytes, %llu packets\n", (unsigned long long)totals[0],
	       (unsigned long long)totals[1], (unsigned long long)totals[2]);
	printf("%s 1 - model TCPs against each other, %llu seeds from %llu, %llu failed\n", failures ? "not ok" : "ok",
	       (unsigned long long)count, (unsigned long long)first, (unsigned long long)failures);
	return failures != 0;
}

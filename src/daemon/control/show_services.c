/* SPDX-License-Identifier: ISC */
/*
 * show_services.c - the part of "metrics" about services and their servers
 *
 * The samples of a metric stand together, so that all services are gone through for each. How many series there are
 * depends on the configuration only: on services and servers that are counted by themselves (tally.h). A name of a
 * service has no character that would have to be escaped.
 */
#include <inttypes.h>
#include <stdio.h>

#include "config/service_text.h"
#include "daemon/control/show.h"

/** Room for the labels of a service, and of a server. */
#define LABELS_MAX 320u

/** struct place - whose sample it is: labels, what is counted, and which server */
struct place {
	const struct view *view;
	const char *labels;
	const struct tally *tally;
	struct shown server;
};

typedef void sample_fn(const char *name, const struct place *place, struct answer *answer);

/** sample() - one number, with a further label if @key is not NULL */
static void sample(const char *name, const struct place *place, const char *key, const char *value, uint64_t number,
		   struct answer *answer)
{
	if (key)
		answer_text(answer, "nat46_%s{%s,%s=\"%s\"} %" PRIu64 "\n", name, place->labels, key, value, number);
	else
		answer_text(answer, "nat46_%s{%s} %" PRIu64 "\n", name, place->labels, number);
}

/** seconds() - one number of nanoseconds */
static void seconds(const char *name, const struct place *place, uint64_t nanoseconds, struct answer *answer)
{
	answer_text(answer, "nat46_%s{%s} %" PRIu64 ".%09" PRIu64 "\n", name, place->labels, nanoseconds / 1000000000,
		    nanoseconds % 1000000000);
}

static void active(const char *name, const struct place *place, struct answer *answer)
{
	sample(name, place, NULL, NULL, place->tally->active, answer);
}

static void opened(const char *name, const struct place *place, struct answer *answer)
{
	sample(name, place, NULL, NULL, place->tally->opened, answer);
}

static void refused(const char *name, const struct place *place, struct answer *answer)
{
	sample(name, place, NULL, NULL, place->tally->refused, answer);
}

static void connected(const char *name, const struct place *place, struct answer *answer)
{
	sample(name, place, NULL, NULL, tally_connects(place->tally), answer);
}

static void connect_time(const char *name, const struct place *place, struct answer *answer)
{
	seconds(name, place, place->tally->connect_time, answer);
}

static void failures(const char *name, const struct place *place, struct answer *answer)
{
	for (unsigned int i = SERVER_ERROR_NONE + 1; i <= SERVER_ERROR_UNREACHABLE; i++)
		sample(name, place, "kind", server_error_name((enum server_error)i), place->tally->failures[i],
		       answer);
}

static void bytes(const char *name, const struct place *place, struct answer *answer)
{
	sample(name, place, "direction", "to_server", place->tally->bytes_to_server, answer);
	sample(name, place, "direction", "to_client", place->tally->bytes_to_client, answer);
}

static void failing(const char *name, const struct place *place, struct answer *answer)
{
	sample(name, place, NULL, NULL, show_is_failing(place->view, &place->server), answer);
}

static void drained(const char *name, const struct place *place, struct answer *answer)
{
	sample(name, place, NULL, NULL, show_is_drained(place->view, &place->server), answer);
}

/** histogram() - connect times; each bucket includes those below it */
static void histogram(const char *name, const struct place *place, struct answer *answer)
{
	char part[64], bound[32];
	uint64_t sum = 0;

	snprintf(part, sizeof(part), "%s_bucket", name);
	for (uint32_t i = 0; i < TALLY_BUCKETS; i++) {
		sum += place->tally->connects[i];
		snprintf(bound, sizeof(bound), "%g", (double)tally_bound(i) / 1e9);
		sample(part, place, "le", tally_bound(i) == INT64_MAX ? "+Inf" : bound, sum, answer);
	}
	snprintf(part, sizeof(part), "%s_sum", name);
	seconds(part, place, place->tally->connect_time, answer);
	snprintf(part, sizeof(part), "%s_count", name);
	sample(part, place, NULL, NULL, sum, answer);
}

/** struct family - a metric of every service, or of every server */
struct family {
	const char *name, *type, *help;
	bool of_servers;
	sample_fn *write;
};

static const struct family families[] = {
	{ "service_active", "gauge", "Connections and UDP exchanges of a service that are not over.", false, active },
	{ "service_connections_total", "counter",
	  "Connections whose client completed the handshake, and UDP exchanges, of a service.", false, opened },
	{ "service_refused_total", "counter", "Connections to a service that were refused, for whatever reason.", false,
	  refused },
	{ "service_failures_total", "counter", "Attempts to connect to servers of a service that failed, by kind.",
	  false, failures },
	{ "service_bytes_total", "counter", "Payload bytes of a service, by direction.", false, bytes },
	{ "service_connect_seconds", "histogram", "Time that servers of a service took to accept a connection.", false,
	  histogram },
	{ "server_active", "gauge", "Connections and UDP exchanges with a server that are not over.", true, active },
	{ "server_connections_total", "counter", "Connections that a server accepted, and UDP exchanges it answered.",
	  true, connected },
	{ "server_connect_seconds_total", "counter", "Time that a server took to accept all of these together.", true,
	  connect_time },
	{ "server_failures_total", "counter", "Attempts to connect to a server that failed, by kind.", true, failures },
	{ "server_bytes_total", "counter", "Payload bytes of a server, by direction.", true, bytes },
	{ "server_failing", "gauge", "1 from when a server refuses or is silent until it answers again, else 0.", true,
	  failing },
	{ "server_drained", "gauge", "1 if nat46ctl drain has taken its new connections from a server, else 0.", true,
	  drained },
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

/** labels_of() - the labels of a service; returns their length */
static size_t labels_of(const struct service *service, char *labels)
{
	char text[SERVICE_TEXT_MAX];

	return (size_t)snprintf(labels, LABELS_MAX, "service=\"%s\",address=\"%s\",protocol=\"%s\"", service->name,
				service_text(service, text), service->is_udp ? "udp" : "tcp");
}

/** service_sample() - the sample of a service */
static void service_sample(const struct view *view, const struct family *family, const struct service *service,
			   struct answer *answer)
{
	char labels[LABELS_MAX];
	const struct place place = { .labels = labels, .tally = look_tally(view->engine, service, NULL) };

	(void)labels_of(service, labels);
	if (place.tally)
		family->write(family->name, &place, answer);
}

/** server_sample() - the sample of server number @i that a service lists */
static void server_sample(const struct view *view, const struct family *family, const struct service *service,
			  size_t i, struct answer *answer)
{
	const struct server *listed = &service->listed.servers[i];
	char labels[LABELS_MAX], text[SHOW_PLACE_MAX];
	const struct place place = {
		.view = view,
		.labels = labels,
		.tally = look_tally(view->engine, service, listed),
		.server = show_listed(service, i),
	};
	size_t length = labels_of(service, labels);

	if (!place.tally)
		return;
	snprintf(labels + length, sizeof(labels) - length, ",server=\"%s\"", show_place(&place.server, text));
	family->write(family->name, &place, answer);
}

/** cost_of() - what the sample number @i of a service has cost */
static unsigned int cost_of(const struct family *family, const struct service *service, size_t i)
{
	const struct shown shown = show_listed(service, i);

	return family->write == failing ? show_cost(&shown) : SHOW_COST;
}

/** show_family() - more of the samples of a metric; true: these were all */
static bool show_family(const struct view *view, const struct family *family, struct progress *progress,
			unsigned int *spent, struct answer *answer)
{
	const struct engine_config *config = &view->config->engine;

	for (; progress->service < config->service_count; progress->service++, progress->server = 0) {
		const struct service *service = &config->services[progress->service];
		size_t count = family->of_servers ? service->listed.count : 1;

		if (++*spent >= SHOW_BUDGET)
			return false;
		for (; progress->server < count; progress->server++) {
			if (*spent >= SHOW_BUDGET || !answer_has_room(answer))
				return false;
			if (family->of_servers)
				server_sample(view, family, service, progress->server, answer);
			else
				service_sample(view, family, service, answer);
			*spent += cost_of(family, service, progress->server);
		}
	}
	return true;
}

/** totals() - what is counted of all services, also of those that are not counted by themselves */
static void totals(const struct view *view, struct answer *answer)
{
	size_t count;
	const struct tally *all = look_tallies(view->engine, &count);

	show_metric("connections_total", "counter",
		    "Connections whose client completed the handshake, and UDP exchanges, of all services.", answer);
	answer_text(answer, "nat46_connections_total %" PRIu64 "\n", all->opened);
	show_metric("bytes_total", "counter", "Payload bytes of all services, by direction.", answer);
	answer_text(answer, "nat46_bytes_total{direction=\"to_server\"} %" PRIu64 "\n", all->bytes_to_server);
	answer_text(answer, "nat46_bytes_total{direction=\"to_client\"} %" PRIu64 "\n", all->bytes_to_client);
}

bool show_services_metrics(const struct view *view, struct progress *progress, struct answer *answer)
{
	unsigned int spent = 0;

	/* an even stage begins a family, an odd one goes on with it */
	for (; progress->stage < 2 * FAMILIES; progress->stage++) {
		const struct family *family = &families[progress->stage / 2];

		if (!answer_has_room(answer))
			return false;
		if (progress->stage == 0)
			totals(view, answer);
		if (progress->stage % 2 == 0) {
			show_metric(family->name, family->type, family->help, answer);
			continue;
		}
		if (!show_family(view, family, progress, &spent, answer))
			return false;
		progress->service = 0;
	}
	return true;
}

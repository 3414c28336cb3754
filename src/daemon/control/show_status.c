/* SPDX-License-Identifier: ISC */
/*
 * show_status.c - "status": one screen about the daemon, its traffic, and its services with their servers
 *
 * A service may lead to thousands of servers by 100,000s of rules. Those are shown that it lists (service.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/service_text.h"
#include "daemon/control/show.h"

#define SECOND INT64_C(1000000000)

static const char *const flow_kinds[FLOWS_KIND_COUNT] = { "waiting", "connecting", "established", "closing", "udp" };

/** struct rates - per second, since view->before */
struct rates {
	double received;
	double dropped;
	double opened;
};

static struct rates rates_of(const struct view *view)
{
	const struct counters *c = engine_counters(view->engine);
	const struct sample *before = view->before;
	double seconds = (double)(view->now - before->time) / 1e9;

	if (before->time == 0 || view->now <= before->time)
		return (struct rates){ .received = 0 };
	return (struct rates){
		.received = (double)(c->received - before->received) / seconds,
		.dropped = (double)(c->verdicts[VERDICT_DROPPED] - before->dropped) / seconds,
		.opened = (double)(c->events[EVENT_FLOW_OPENED] - before->opened) / seconds,
	};
}

static void network_json(const struct watch_state *network, struct answer *answer)
{
	json_open(answer, "network", '{');
	json_bool(answer, "device_is_up", network->is_up);
	json_bool(answer, "ipv4_forwarding", network->ipv4_forwarding);
	json_bool(answer, "ipv6_forwarding", network->ipv6_forwarding);
	json_number(answer, "own_addresses", network->conflicts);
	json_number(answer, "routes_missing", network->missing);
	json_number(answer, "routes_elsewhere", network->elsewhere);
	json_number(answer, "routes_beside", network->strays);
	json_close(answer, '}');
}

/** network_text() - only what is wrong; the log has said more */
static void network_text(const struct watch_state *network, struct answer *answer)
{
	if (network->is_up && network->ipv4_forwarding && network->ipv6_forwarding &&
	    network->conflicts + network->missing + network->elsewhere + network->strays == 0)
		return;
	answer_text(answer, "network   ");
	if (!network->is_up)
		answer_text(answer, " the device is down;");
	if (!network->ipv4_forwarding)
		answer_text(answer, " IPv4 forwarding is off;");
	if (!network->ipv6_forwarding)
		answer_text(answer, " IPv6 forwarding is off;");
	if (network->conflicts > 0)
		answer_text(answer, " addresses of ours on the box: %zu;", network->conflicts);
	if (network->missing > 0)
		answer_text(answer, " routes that are gone: %zu;", network->missing);
	if (network->elsewhere > 0)
		answer_text(answer, " destinations that lead elsewhere: %zu;", network->elsewhere);
	if (network->strays > 0)
		answer_text(answer, " routes beside ours: %zu;", network->strays);
	answer_text(answer, " see the log\n");
}

void show_flow_counts(const struct view *view, struct answer *answer)
{
	json_open(answer, "flows", '{');
	for (unsigned int i = 0; i < FLOWS_KIND_COUNT; i++)
		json_number(answer, flow_kinds[i], engine_flows(view->engine, (enum flow_kind)i));
	json_number(answer, "limit", view->config->engine.limits.flows);
	json_close(answer, '}');
}

/** head_json() - everything but the services */
static void head_json(const struct view *view, struct answer *answer)
{
	const struct counters *c = engine_counters(view->engine);
	struct rates rates = rates_of(view);

	json_open(answer, NULL, '{');
	json_text(answer, "version", PACKAGE_VERSION);
	json_number(answer, "pid", (uint64_t)getpid());
	json_text(answer, "file", view->config->file);
	json_number(answer, "uptime_seconds", (uint64_t)((view->now - view->started) / SECOND));
	json_open(answer, "interface", '{');
	json_text(answer, "name", view->tun->name);
	json_number(answer, "mtu", view->config->interface.mtu);
	json_close(answer, '}');
	network_json(view->network, answer);
	json_open(answer, "packets", '{');
	json_number(answer, "received", c->received);
	for (unsigned int i = 0; i < VERDICT_COUNT; i++)
		json_number(answer, verdict_name((enum verdict)i), c->verdicts[i]);
	json_close(answer, '}');
	json_open(answer, "rates", '{');
	json_fraction(answer, "received", rates.received);
	json_fraction(answer, "dropped", rates.dropped);
	json_fraction(answer, "flows_opened", rates.opened);
	json_close(answer, '}');
	show_flow_counts(view, answer);
	json_open(answer, "reload", '{');
	json_number(answer, "count", view->reloads);
	json_text(answer, "failure", view->reload_failure);
	json_close(answer, '}');
}

static void head_text(const struct view *view, struct answer *answer)
{
	const struct counters *c = engine_counters(view->engine);
	int64_t up = (view->now - view->started) / SECOND;
	struct rates rates = rates_of(view);

	answer_text(answer, "nat46d " PACKAGE_VERSION ", pid %ld, up %" PRId64 " d %02d:%02d:%02d, %s\n",
		    (long)getpid(), up / 86400, (int)(up / 3600 % 24), (int)(up / 60 % 60), (int)(up % 60),
		    view->config->file);
	answer_text(answer, "interface  %s, MTU %u\n", view->tun->name, view->config->interface.mtu);
	network_text(view->network, answer);
	answer_text(answer,
		    "packets    %" PRIu64 " received, %" PRIu64 " forwarded, %" PRIu64 " answered, %" PRIu64
		    " absorbed, %" PRIu64 " dropped\n",
		    c->received, c->verdicts[VERDICT_FORWARDED], c->verdicts[VERDICT_ANSWERED],
		    c->verdicts[VERDICT_ABSORBED], c->verdicts[VERDICT_DROPPED]);
	answer_text(answer, "rates      %.1f packets/s, %.1f drops/s, %.1f new flows/s\n", rates.received,
		    rates.dropped, rates.opened);
	answer_text(answer, "flows     ");
	for (unsigned int i = 0; i < FLOWS_KIND_COUNT; i++)
		answer_text(answer, " %" PRIu32 " %s%s", engine_flows(view->engine, (enum flow_kind)i), flow_kinds[i],
			    i + 1 < FLOWS_KIND_COUNT ? "," : "");
	answer_text(answer, ", of %" PRIu32 "\n", view->config->engine.limits.flows);
	if (view->reload_failure[0])
		answer_text(answer, "reload     failed, the old file is in force: %s\n", view->reload_failure);
	else if (view->reloads > 0)
		answer_text(answer, "reload     %" PRIu64 " since the start, the last one succeeded\n", view->reloads);
}

/** rate_of() - connections of a service, per second */
static double rate_of(const struct view *view, const struct tally *tally)
{
	double seconds = (double)(view->now - view->before->time) / 1e9;
	size_t count;
	uint64_t before = view->before->connections[tally - look_tallies(view->engine, &count)];

	/* one that took the place of another since then has counted less */
	return seconds > 0 && tally->opened > before ? (double)(tally->opened - before) / seconds : 0;
}

/** tally_text() - what is counted of a service */
static void tally_text(const struct view *view, const struct tally *tally, struct answer *answer)
{
	answer_text(answer, "           %" PRIu32 " active, %" PRIu64 " connections, %.1f/s, %" PRIu64 " refused; ",
		    tally->active, tally->opened, rate_of(view, tally), tally->refused);
	answer_text(answer, "bytes: %" PRIu64 " to servers, %" PRIu64 " to clients\n", tally->bytes_to_server,
		    tally->bytes_to_client);
}

/** tally_json() - the same as members of an object */
static void tally_json(const struct view *view, const struct tally *tally, struct answer *answer)
{
	json_number(answer, "connections", tally->opened);
	json_fraction(answer, "connections_per_second", rate_of(view, tally));
	json_number(answer, "refused", tally->refused);
	show_tally(tally, answer);
}

/** totals_json() - what is counted of all services */
static void totals_json(const struct view *view, struct answer *answer)
{
	size_t count;

	json_open(answer, "totals", '{');
	tally_json(view, look_tallies(view->engine, &count), answer);
	json_close(answer, '}');
}

static void service_head(const struct view *view, const struct service *service, bool json, struct answer *answer)
{
	const struct tally *tally = look_tally(view->engine, service, NULL);
	char text[SERVICE_TEXT_MAX];

	if (!json) {
		answer_text(answer, "service    %s, %s %s, %zu rule%s\n", service->name, service_text(service, text),
			    service->is_udp ? "udp" : "tcp", service->rule_count,
			    service->rule_count == 1 ? "" : "s");
		if (tally)
			tally_text(view, tally, answer);
		return;
	}
	json_open(answer, NULL, '{');
	json_text(answer, "name", service->name);
	json_text(answer, "protocol", service->is_udp ? "udp" : "tcp");
	json_ipv4(answer, "address", service->address);
	json_number(answer, "prefix_length", 32u - service->host_bits);
	json_number(answer, "port", service->port);
	json_number(answer, "last_port", service->port + service->further_ports);
	json_number(answer, "rules", service->rule_count);
	if (tally)
		tally_json(view, tally, answer);
	json_open(answer, "servers", '[');
}

/** service_end() - @complete: were all of its servers listed */
static void service_end(bool complete, bool json, struct answer *answer)
{
	if (json) {
		json_close(answer, ']');
		json_bool(answer, "all_servers", complete);
		json_close(answer, '}');
	} else if (!complete) {
		answer_text(answer, "  and more\n");
	}
}

/** show_service() - more of a service; false: it goes on in the next call */
static bool show_service(const struct view *view, const struct service *service, bool json, struct progress *progress,
			 unsigned int *spent, struct answer *answer)
{
	if (progress->stage == 2)
		service_head(view, service, json, answer);
	progress->stage = 3;
	for (; progress->server < service->listed.count; progress->server++) {
		const struct server *listed = &service->listed.servers[progress->server];
		const struct shown shown = show_listed(service, progress->server);

		if (*spent >= SHOW_BUDGET || !answer_has_room(answer))
			return false;
		show_server(view, json, &shown, look_tally(view->engine, service, listed), 2, answer);
		*spent += show_cost(&shown);
	}
	service_end(!service->has_unlisted, json, answer);
	return true;
}

bool show_status(const struct view *view, const struct request *request, const uint8_t *bytes,
		 struct progress *progress, struct answer *answer)
{
	const struct engine_config *config = &view->config->engine;
	unsigned int spent = 0;

	(void)bytes;
	if (progress->stage == 0) {
		if (request->json) {
			head_json(view, answer);
			totals_json(view, answer);
		} else {
			head_text(view, answer);
		}
		progress->stage = 1;
	}
	if (progress->stage == 1) {
		if (!show_drained(view, request->json, progress, &spent, answer))
			return false;
		if (request->json)
			json_open(answer, "services", '[');
		progress->stage = 2;
	}
	for (; progress->index < config->service_count; progress->index++) {
		if (spent >= SHOW_BUDGET || !answer_has_room(answer))
			return false;
		if (!show_service(view, &config->services[progress->index], request->json, progress, &spent, answer))
			return false;
		spent += SHOW_COST;
		progress->stage = 2;
		progress->server = 0;
	}
	if (request->json) {
		json_close(answer, ']');
		json_close(answer, '}');
	}
	return true;
}

/* SPDX-License-Identifier: ISC */
/*
 * show_stats.c - all counters: "stats" for people and programs, "metrics" for Prometheus
 *
 * Both are made of one list, and the list of the tables in counters.h and verdict.h, so that no counter is missing
 * in either. There are about a hundred, so an answer has a bounded length; it may still be more than fits at once.
 */
#include <inttypes.h>
#include <string.h>

#include "daemon/control/show.h"
#include "daemon/log/log.h"

/** struct item - one counter: its group, name, value and explanation */
struct item {
	const char *group;
	const char *name;
	uint64_t value;
	const char *help;
};

static const char *const verdict_help[VERDICT_COUNT] = {
	[VERDICT_FORWARDED] = "Packets that were translated and sent on.",
	[VERDICT_ANSWERED] = "Packets that were answered by nat46d itself.",
	[VERDICT_ABSORBED] = "Packets that were taken in without an answer: first data, bookkeeping.",
	[VERDICT_DROPPED] = "Packets that were dropped; the group drops says why.",
};

#define PACKETS (2u + VERDICT_COUNT)
#define SHELL 5u
#define ITEMS (PACKETS + DROP_COUNT + EVENT_COUNT + SHELL)

/** packets_item() - number @i of the packets */
static struct item packets_item(const struct counters *c, unsigned int i)
{
	if (i == 0)
		return (struct item){ "packets", "received", c->received,
				      "Packets read from the device: the sum of the next four." };
	if (i == PACKETS - 1)
		return (struct item){ "packets", "emitted", c->emitted, "Packets made or translated." };
	return (struct item){ "packets", verdict_name((enum verdict)(i - 1)), c->verdicts[i - 1], verdict_help[i - 1] };
}

/** shell_item() - number @i of what is counted outside the engine */
static struct item shell_item(const struct tun_counters *tun, unsigned int i)
{
	const struct item items[SHELL] = {
		{ "device", "bad_header", tun->bad_header, "Packets from the device without a valid header." },
		{ "device", "refused", tun->refused, "Packets that the kernel refused as malformed." },
		{ "device", "full", tun->full, "Packets for which the kernel had no room." },
		{ "device", "down", tun->down, "Packets lost because the device was down." },
		{ "log", "lost", log_lost(), "Lines of the log for which its reader had no room." },
	};

	return items[i];
}

static struct item item_at(const struct view *view, const struct progress *progress, unsigned int i)
{
	const struct counters *c = &progress->counters;

	if (i < PACKETS)
		return packets_item(c, i);
	i -= PACKETS;
	if (i < DROP_COUNT)
		return (struct item){ "drops", drop_name((enum drop)i), c->drops[i], drop_help((enum drop)i) };
	i -= DROP_COUNT;
	if (i < EVENT_COUNT)
		return (struct item){ "events", event_name((enum event)i), c->events[i], event_help((enum event)i) };
	return shell_item(&view->tun->counters, i - EVENT_COUNT);
}

static void item_json(const struct request *request, const struct item *item, struct answer *answer)
{
	if (!request->explain) {
		json_number(answer, item->name, item->value);
		return;
	}
	json_open(answer, item->name, '{');
	json_number(answer, "value", item->value);
	json_text(answer, "help", item->help);
	json_close(answer, '}');
}

static void item_text(const struct request *request, const struct item *item, struct answer *answer)
{
	answer_text(answer, "  %-26s %20" PRIu64 "\n", item->name, item->value);
	if (request->explain)
		answer_text(answer, "      %s\n", item->help);
}

/** change_group() - begin a group, behind the one before */
static void change_group(bool json, const char *name, bool is_first, struct answer *answer)
{
	if (!json) {
		answer_text(answer, "%s\n", name);
		return;
	}
	if (!is_first)
		json_close(answer, '}');
	json_open(answer, name, '{');
}

bool show_stats(const struct view *view, const struct request *request, const uint8_t *bytes,
		struct progress *progress, struct answer *answer)
{
	const char *group = progress->index > 0 ? item_at(view, progress, (unsigned int)progress->index - 1).group : "";

	(void)bytes;
	if (progress->index == 0)
		progress->counters = *engine_counters(view->engine);
	if (request->json && progress->index == 0)
		json_open(answer, NULL, '{');
	for (; progress->index < ITEMS; progress->index++) {
		struct item item = item_at(view, progress, (unsigned int)progress->index);

		if (!answer_has_room(answer))
			return false;
		if (strcmp(group, item.group) != 0)
			change_group(request->json, item.group, progress->index == 0, answer);
		group = item.group;
		if (request->json)
			item_json(request, &item, answer);
		else
			item_text(request, &item, answer);
	}
	if (request->json) {
		json_close(answer, '}');
		json_close(answer, '}');
	}
	return true;
}

/** metric_item() - one counter: a sample of a metric that its group shares, or a metric of its own */
static void metric_item(const struct item *item, bool is_first, struct answer *answer)
{
	static const struct {
		const char *group, *name, *label, *help;
	} shared[] = {
		{ "drops", "drops_total", "reason", "Packets that were dropped, by reason." },
		{ "device", "device_lost_total", "reason", "Packets lost at the device, by reason." },
	};
	char name[64];

	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		if (strcmp(item->group, shared[i].group) != 0)
			continue;
		if (is_first)
			show_metric(shared[i].name, "counter", shared[i].help, answer);
		answer_text(answer, "nat46_%s{%s=\"%s\"} %" PRIu64 "\n", shared[i].name, shared[i].label, item->name,
			    item->value);
		return;
	}
	snprintf(name, sizeof(name), "%s%s%s_total", strcmp(item->group, "packets") == 0 ? "packets_" : "",
		 strcmp(item->group, "log") == 0 ? "log_lines_" : "", item->name);
	show_metric(name, "counter", item->help, answer);
	answer_text(answer, "nat46_%s %" PRIu64 "\n", name, item->value);
}

/** metric_gauges() - what goes up and down */
static void metric_gauges(const struct view *view, struct answer *answer)
{
	static const char *const kinds[FLOWS_KIND_COUNT] = { "waiting", "connecting", "established", "closing", "udp" };
	const struct engine_limits *limits = &view->config->engine.limits;

	show_metric("build_info", "gauge", "Version of the daemon that runs.", answer);
	answer_text(answer, "nat46_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	show_metric("start_time_seconds", "gauge", "When the daemon started, in seconds since 1970.", answer);
	answer_text(answer, "nat46_start_time_seconds %" PRId64 "\n", view->started_real);
	show_metric("flows", "gauge", "Connections and UDP exchanges, by state.", answer);
	for (unsigned int i = 0; i < FLOWS_KIND_COUNT; i++)
		answer_text(answer, "nat46_flows{state=\"%s\"} %" PRIu32 "\n", kinds[i],
			    engine_flows(view->engine, (enum flow_kind)i));
	show_metric("flows_limit", "gauge", "Setting limits.flows: most flows at a time.", answer);
	answer_text(answer, "nat46_flows_limit %" PRIu32 "\n", limits->flows);
	show_metric("waiting_limit", "gauge", "Setting limits.waiting: most connections that wait.", answer);
	answer_text(answer, "nat46_waiting_limit %" PRIu32 "\n", limits->waiting);
}

/** metric_reload() - how reloads have ended */
static void metric_reload(const struct view *view, struct answer *answer)
{
	show_metric("reloads_total", "counter", "Reloads that have put a new configuration in force.", answer);
	answer_text(answer, "nat46_reloads_total %" PRIu64 "\n", view->reloads);
	show_metric("reload_failed", "gauge", "1 if the last reload failed, so that nothing has changed, else 0.",
		    answer);
	answer_text(answer, "nat46_reload_failed %d\n", view->reload_failure[0] != '\0');
}

/** metric_network() - what in the network around the device does not fit */
static void metric_network(const struct watch_state *network, struct answer *answer)
{
	const struct {
		const char *kind;
		size_t count;
	} faults[] = {
		{ "device_down", !network->is_up },
		{ "ipv4_forwarding", !network->ipv4_forwarding },
		{ "ipv6_forwarding", !network->ipv6_forwarding },
		{ "own_address", network->conflicts },
		{ "route_missing", network->missing },
		{ "route_elsewhere", network->elsewhere },
		{ "route_beside", network->strays },
	};

	show_metric("network_faults", "gauge", "What keeps packets away, by kind; the log says more.", answer);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		answer_text(answer, "nat46_network_faults{kind=\"%s\"} %zu\n", faults[i].kind, faults[i].count);
}

bool show_metrics(const struct view *view, const struct request *request, const uint8_t *bytes,
		  struct progress *progress, struct answer *answer)
{
	const char *group = progress->index > 0 ? item_at(view, progress, (unsigned int)progress->index - 1).group : "";

	(void)request;
	(void)bytes;
	if (progress->index == 0) {
		progress->counters = *engine_counters(view->engine);
		metric_gauges(view, answer);
		metric_reload(view, answer);
		metric_network(view->network, answer);
	}
	for (; progress->index < ITEMS; progress->index++) {
		struct item item = item_at(view, progress, (unsigned int)progress->index);

		if (!answer_has_room(answer))
			return false;
		metric_item(&item, strcmp(group, item.group) != 0, answer);
		group = item.group;
	}
	return show_services_metrics(view, progress, answer);
}

/* SPDX-License-Identifier: ISC */
/*
 * show.h - the answers of the control socket, each in a file of its own
 *
 * Each function writes what fits, and is called again until it has written all. In between packets are handled, so
 * it looks at a bounded number of things each time.
 */
#ifndef NAT46_DAEMON_SHOW_H
#define NAT46_DAEMON_SHOW_H

#include "config/config.h"
#include "config/walk.h"
#include "daemon/capture.h"
#include "daemon/control/answer.h"
#include "daemon/control/drain_request.h"
#include "daemon/filter.h"
#include "daemon/network/netlink.h"
#include "daemon/network/tun.h"
#include "daemon/network/watch_state.h"
#include "nat46/engine.h"
#include "nat46/look.h"
#include "protocol/protocol.h"

/** What one call may look at: an item that is written costs SHOW_COST, one that is passed over costs 1. */
#define SHOW_BUDGET 4096u
#define SHOW_COST 128u

/**
 * struct sample - counters at a moment, for rates
 * @time: when; 0: never
 * @received, @dropped, @opened: packets, drops and flows until then
 * @connections: connections until then, by number of the tally (look.h)
 */
struct sample {
	int64_t time;
	uint64_t received;
	uint64_t dropped;
	uint64_t opened;
	uint64_t connections[TALLIES_MAX];
};

/**
 * struct view - what an answer is made of
 * @config, @engine, @tun: what runs
 * @network: what is around it
 * @now: current time, monotonic nanoseconds
 * @started, @started_real: when the daemon started, on that clock, and in seconds since 1970
 * @before: counters some seconds ago
 * @reloads: how often the configuration was replaced
 * @reload_failure: first error of the last reload, "" if it succeeded or there was none
 */
struct view {
	const struct daemon_config *config;
	const struct engine *engine;
	const struct tun *tun;
	const struct watch_state *network;
	int64_t now;
	int64_t started;
	int64_t started_real;
	const struct sample *before;
	uint64_t reloads;
	const char *reload_failure;
};

/** Most servers of a block that are shown because they fail. */
#define SHOW_FAILING_MAX 32u

/**
 * struct progress - how far an answer is written; all zero at first
 * @stage: which part; @index, @service, @server: what is next in it
 * @walk: in the tree of the configuration
 * @counters: as they were when the answer began, so that they add up
 * @result, @has_succeeded: of a reload that is over: lines
 * @drain, @drained: what became of "drain" or "undrain", and of which server
 * @left: connections that drained servers have left, as far as they are counted
 * @filter: "flows": what the request asks for, read once
 * @top, @lines: "top": what it has counted, and lines written
 * @capture, @has_head, @packets, @lost, @bytes: "capture": where its packets are, and what was written of its file
 */
struct progress {
	unsigned int stage;
	size_t index;
	size_t service;
	size_t server;
	struct config_walk walk;
	struct counters counters;
	const char *result;
	bool has_succeeded;
	enum drain_result drain;
	struct server drained;
	uint32_t left[DRAINED_MAX];
	struct filter filter;
	struct top *top;
	unsigned int lines;
	struct capture *capture;
	bool has_head;
	uint64_t packets;
	uint64_t lost;
	uint64_t bytes;
};

/** show_fn - write more of an answer; @bytes: request->bytes first bytes; true: it is complete but for its end */
typedef bool show_fn(const struct view *view, const struct request *request, const uint8_t *bytes,
		     struct progress *progress, struct answer *answer);

show_fn show_status, show_stats, show_metrics, show_config, show_flows, show_explain, show_reload, show_capture,
	show_drain, show_log, show_top;

/**
 * show_fail() - end an answer because of what was asked
 * @status: ANSWER_FAILED or ANSWER_USAGE
 *
 * Return: true
 */
#define show_fail(answer, status, ...) \
	(answer_error(answer, "nat46ctl: " __VA_ARGS__), answer_end(answer, status), true)

/** show_flow_counts() - member "flows" of an object: how many there are in each state, and may be */
void show_flow_counts(const struct view *view, struct answer *answer);

/** show_flow() - members of an object: a flow of this service; NULL: the configuration does not have it any more */
void show_flow(const struct flow_info *flow, const struct service *service, struct answer *answer);

/** show_state() - "ok", "failing", "unknown" or "drained", of a server whose port and protocol are filled in */
const char *show_state(const struct view *view, const struct server *server);

/**
 * struct shown - a server as a service lists it, or the many that it may stand for
 * @server: protocol and port filled in, with @further_ports the first one; its host_bits may say that it is a block
 * @further_ports: how many ports behind that belong to it as well
 */
struct shown {
	struct server server;
	uint16_t further_ports;
};

/** show_listed() - number @i of the servers that a service lists */
struct shown show_listed(const struct service *service, size_t i);

/** show_cost() - what show_is_failing() or show_server() costs: the many have to be looked for */
unsigned int show_cost(const struct shown *shown);

/** show_is_failing() - is a server failing, or one of those that it stands for */
bool show_is_failing(const struct view *view, const struct shown *shown);

/** show_is_drained() - is a server drained; one that stands for many at every port, but of a block each is by itself */
bool show_is_drained(const struct view *view, const struct shown *shown);

/** Room for show_place(): a block, and brackets and ports around it. */
#define SHOW_PLACE_MAX (ROUTE_TEXT_MAX + 24)

/** show_place() - addresses and ports; returns @text */
const char *show_place(const struct shown *shown, char *text);

/**
 * show_server() - a server with what is known of it
 * @json: as an object; else as a line with @indent blanks
 * @tally: what is counted of it; NULL: nothing
 *
 * If it stands for many, how many of these do how, and those that fail, SHOW_FAILING_MAX of them.
 */
void show_server(const struct view *view, bool json, const struct shown *shown, const struct tally *tally,
		 unsigned int indent, struct answer *answer);

/** show_tally() - members of an object: what is counted of a service or server */
void show_tally(const struct tally *tally, struct answer *answer);

/** show_drained() - the part of "status" about servers that are drained; true: it is complete */
bool show_drained(const struct view *view, bool json, struct progress *progress, unsigned int *spent,
		  struct answer *answer);

/** show_metric() - what stands in front of the samples of a metric */
void show_metric(const char *name, const char *type, const char *help, struct answer *answer);

/** show_services_metrics() - the part of "metrics" about services and servers; true: it is complete */
bool show_services_metrics(const struct view *view, struct progress *progress, struct answer *answer);

#endif

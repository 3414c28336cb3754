/* SPDX-License-Identifier: ISC */
/*
 * show_top.c - "top": one picture of what goes on, with rates since the one before
 *
 * The first picture is where the rates begin: its answer is empty. A picture for people has no more lines and columns
 * than were asked for. Numbers stand in front, so that what is cut is the end of a name.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/control/show.h"
#include "daemon/control/top.h"

#define SECOND INT64_C(1000000000)

/** Lines if nobody has said how many there may be, and longest one. */
#define LINES 60u
#define LINE_MAX 400u

/** Lines besides the three lists: five and a blank one at the top, the heads of the lists, blank ones between them. */
#define FIXED_LINES 11u

/** With fewer lines than this there is no list of servers. */
#define SMALL_LINES 18u

/** enum look - of a line: the sequences are those of ECMA-48 */
enum look {
	LOOK_PLAIN,
	LOOK_TITLE,
	LOOK_HEAD,
	LOOK_ALERT,
};

/** struct picture - where a picture goes: what every function below needs */
struct picture {
	const struct view *view;
	const struct request *request;
	struct progress *progress;
	struct answer *answer;
};

/** line() - one line, as long as it may be, while there may be one */
static void __attribute__((format(printf, 3, 4)))
line(const struct picture *p, enum look look, const char *format, ...)
{
	static const char *const begin[] = { "", "\033[1m", "\033[7m", "\033[31m" };
	unsigned int columns = p->request->columns ? p->request->columns : LINE_MAX;
	char text[LINE_MAX + 1];
	va_list arguments;

	if (p->progress->lines == (p->request->rows ? p->request->rows : LINES))
		return;
	p->progress->lines++;
	va_start(arguments, format);
	vsnprintf(text, columns < LINE_MAX ? columns + 1 : sizeof(text), format, arguments);
	va_end(arguments);
	if (!p->request->colour)
		answer_text(p->answer, "%s\n", text);
	else
		answer_text(p->answer, "%s%-*s\033[m\n", begin[look],
			    look == LOOK_HEAD && p->request->columns ? (int)columns : 0, text);
}

/* Room for scaled(). */
#define SCALED_MAX 24u

/** scaled() - a number with one digit behind the point and, if it is large, a letter; returns @text */
static const char *scaled(double number, char *text)
{
	static const char letters[] = " kMGTPE";
	size_t letter = 0;

	for (; number >= 999.95 && letters[letter + 1]; letter++)
		number /= 1000;
	snprintf(text, SCALED_MAX, letter > 0 ? "%.1f%c" : "%.1f", number, letters[letter]);
	return text;
}

/** per_second() - of a number that was counted since the last picture */
static double per_second(const struct picture *p, uint64_t number)
{
	return (double)number / p->progress->top->seconds;
}

static const char *rate(const struct picture *p, uint64_t number, char *text)
{
	return scaled(per_second(p, number), text);
}

/** bits() - bits per second of so many bytes */
static const char *bits(const struct picture *p, uint64_t bytes, char *text)
{
	return scaled(8 * per_second(p, bytes), text);
}

/** struct busy - a service or a server, which may stand for many: what it has done, and what it is called */
struct busy {
	const struct tally *tally;
	const struct top_tally *change;
	const struct service *service;
	struct shown server;
	const char *state;
};

/** service_of() - the service of a tally; NULL: the configuration does not have it any more */
static const struct service *service_of(const struct view *view, const struct tally_key *key)
{
	struct service wanted = { .host_bits = key->host_bits, .is_udp = key->is_udp, .port = key->port };
	const struct service *found;

	memcpy(&wanted.address, key->address.byte + 12, sizeof(wanted.address));
	found = service_find_same(&view->config->engine, &wanted);
	/* another one, counted by itself, may have a range of ports with this one in it */
	return found && found->port == key->port ? found : NULL;
}

/** busy_of() - false: since the picture began, a reload has made of its tally what it may */
static bool busy_of(const struct picture *p, const struct top_entry *entry, bool is_server, struct busy *busy)
{
	size_t count;
	const struct tally *all = look_tallies(p->view->engine, &count);
	const struct tally *tally = &all[entry->number];
	const struct tally_key *key = &tally->key;

	*busy = (struct busy){ .tally = tally, .change = &p->progress->top->change[entry->number] };
	busy->state = "";
	busy->service = service_of(p->view, key->parent ? &all[key->parent].key : key);
	if (!tally->is_used || !busy->service || is_server != (key->parent != 0))
		return false;
	if (is_server) {
		busy->server.server = (struct server){
			.address = key->address,
			.port = key->port ? key->port : busy->service->port,
			.host_bits = key->host_bits,
			.is_udp = busy->service->is_udp,
		};
		busy->server.further_ports = key->port ? 0 : busy->service->further_ports;
		busy->state = key->host_bits > 0 || busy->server.further_ports > 0 ?
				      "many" :
				      show_state(p->view, &busy->server.server);
	}
	return true;
}

static void title_text(const struct picture *p)
{
	int64_t up = (p->view->now - p->view->started) / SECOND;
	char clock[16] = "";
	time_t now = time(NULL);
	struct tm broken;

	if (localtime_r(&now, &broken))
		(void)strftime(clock, sizeof(clock), "%H:%M:%S", &broken);
	line(p, LOOK_TITLE, "nat46d " PACKAGE_VERSION "  up %" PRId64 " d %02d:%02d:%02d  %s  rates of %.1f s",
	     up / 86400, (int)(up / 3600 % 24), (int)(up / 60 % 60), (int)(up % 60), clock, p->progress->top->seconds);
}

/** drops_text() - reasons for which packets were dropped, as many as a line takes */
static void drops_text(const struct picture *p)
{
	const struct top *top = p->progress->top;
	char text[LINE_MAX + 1] = "", number[SCALED_MAX];
	size_t length = 0;

	for (unsigned int i = 0; i < DROP_COUNT && length + 50 < sizeof(text); i++) {
		uint64_t count = top->counters.drops[i] - top->before.drops[i];

		if (count > 0)
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s %s", length ? ", " : "",
						   drop_name((enum drop)i), rate(p, count, number));
	}
	line(p, length > 0 ? LOOK_ALERT : LOOK_PLAIN, "drops/s    %s", length > 0 ? text : "none");
}

static void head_text(const struct picture *p)
{
	const struct top *top = p->progress->top;
	const struct counters *is = &top->counters, *was = &top->before;
	const struct engine *engine = p->view->engine;
	char a[SCALED_MAX], b[SCALED_MAX], c[SCALED_MAX];

	title_text(p);
	line(p, LOOK_PLAIN, "packets/s  %s received, %s sent, %s dropped", rate(p, is->received - was->received, a),
	     rate(p, is->emitted - was->emitted, b),
	     rate(p, is->verdicts[VERDICT_DROPPED] - was->verdicts[VERDICT_DROPPED], c));
	drops_text(p);
	line(p, LOOK_PLAIN, "bit/s      %s to servers, %s to clients", bits(p, top->change[0].to_server, a),
	     bits(p, top->change[0].to_client, b));
	line(p, LOOK_PLAIN,
	     "flows      %" PRIu32 " waiting, %" PRIu32 " connecting, %" PRIu32 " established, %" PRIu32
	     " closing, %" PRIu32 " udp; %s new/s",
	     engine_flows(engine, FLOWS_WAITING), engine_flows(engine, FLOWS_CONNECTING),
	     engine_flows(engine, FLOWS_ESTABLISHED), engine_flows(engine, FLOWS_CLOSING),
	     engine_flows(engine, FLOWS_UDP),
	     rate(p, is->events[EVENT_FLOW_OPENED] - was->events[EVENT_FLOW_OPENED], a));
	line(p, LOOK_PLAIN, "%s", "");
}

static void service_text(const struct picture *p, const struct busy *busy)
{
	const struct top_tally *change = busy->change;
	char a[SCALED_MAX], b[SCALED_MAX], c[SCALED_MAX], d[SCALED_MAX], e[SCALED_MAX];

	line(p, LOOK_PLAIN, "%9s %9s %8" PRIu32 " %8s %9s %8s  %s", bits(p, change->to_server, a),
	     bits(p, change->to_client, b), busy->tally->active, rate(p, change->opened, c),
	     rate(p, change->refused, d), rate(p, change->failures, e), busy->service->name);
}

static void server_text(const struct picture *p, const struct busy *busy)
{
	const struct top_tally *change = busy->change;
	char a[SCALED_MAX], b[SCALED_MAX], c[SCALED_MAX], d[SCALED_MAX], place[SHOW_PLACE_MAX];
	bool is_failing = strcmp(busy->state, "failing") == 0;

	line(p, is_failing ? LOOK_ALERT : LOOK_PLAIN, "%9s %9s %8" PRIu32 " %8s %9s %8s  %s %s",
	     bits(p, change->to_server, a), bits(p, change->to_client, b), busy->tally->active,
	     rate(p, change->connects, c), busy->state, rate(p, change->failures, d),
	     show_place(&busy->server, place), busy->service->name);
}

static void flow_text(const struct picture *p, const struct top_entry *entry, const struct flow_info *flow)
{
	const struct service *service = filter_service(&p->view->config->engine, flow);
	char a[SCALED_MAX], b[SCALED_MAX], client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX] = "-";

	if (flow->has_server)
		ipv6_text(&flow->server, flow->server_port, server);
	line(p, LOOK_PLAIN, "%9s %9s %7" PRId64 "s %-11s %s %s %s %s", bits(p, entry->to_server, a),
	     bits(p, entry->to_client, b), flow->age / SECOND, flow->state, flow->is_udp ? "udp" : "tcp",
	     ipv4_text(flow->client, flow->client_port, client), service ? service->name : "-", server);
}

static void head_json(const struct picture *p)
{
	const struct top *top = p->progress->top;
	const struct counters *is = &top->counters, *was = &top->before;
	struct answer *answer = p->answer;

	json_open(answer, NULL, '{');
	json_fraction(answer, "seconds", top->seconds);
	json_fraction(answer, "received_per_second", per_second(p, is->received - was->received));
	json_fraction(answer, "sent_per_second", per_second(p, is->emitted - was->emitted));
	json_fraction(answer, "bits_to_servers_per_second", 8 * per_second(p, top->change[0].to_server));
	json_fraction(answer, "bits_to_clients_per_second", 8 * per_second(p, top->change[0].to_client));
	json_fraction(answer, "flows_opened_per_second",
		      per_second(p, is->events[EVENT_FLOW_OPENED] - was->events[EVENT_FLOW_OPENED]));
	show_flow_counts(p->view, answer);
	json_open(answer, "drops_per_second", '{');
	for (unsigned int i = 0; i < DROP_COUNT; i++)
		if (is->drops[i] != was->drops[i])
			json_fraction(answer, drop_name((enum drop)i), per_second(p, is->drops[i] - was->drops[i]));
	json_close(answer, '}');
}

/** busy_json() - members that a service and a server have */
static void busy_json(const struct picture *p, const struct busy *busy)
{
	const struct service *service = busy->service;
	struct answer *answer = p->answer;

	json_text(answer, "service", service->name);
	json_text(answer, "protocol", service->is_udp ? "udp" : "tcp");
	json_number(answer, "active", busy->tally->active);
	json_fraction(answer, "bits_to_server_per_second", 8 * per_second(p, busy->change->to_server));
	json_fraction(answer, "bits_to_client_per_second", 8 * per_second(p, busy->change->to_client));
	json_fraction(answer, "failures_per_second", per_second(p, busy->change->failures));
}

static void service_json(const struct picture *p, const struct busy *busy)
{
	struct answer *answer = p->answer;

	json_open(answer, NULL, '{');
	busy_json(p, busy);
	json_ipv4(answer, "address", busy->service->address);
	json_number(answer, "prefix_length", 32u - busy->service->host_bits);
	json_number(answer, "port", busy->service->port);
	json_number(answer, "last_port", busy->service->port + busy->service->further_ports);
	json_fraction(answer, "opened_per_second", per_second(p, busy->change->opened));
	json_fraction(answer, "refused_per_second", per_second(p, busy->change->refused));
	json_close(answer, '}');
}

static void server_json(const struct picture *p, const struct busy *busy)
{
	struct answer *answer = p->answer;

	json_open(answer, NULL, '{');
	busy_json(p, busy);
	json_ipv6(answer, "address", &busy->server.server.address);
	json_number(answer, "prefix_length", 128u - busy->server.server.host_bits);
	json_number(answer, "port", busy->server.server.port);
	json_number(answer, "last_port", busy->server.server.port + busy->server.further_ports);
	json_text(answer, "state", busy->state);
	json_fraction(answer, "connected_per_second", per_second(p, busy->change->connects));
	json_close(answer, '}');
}

static void flow_json(const struct picture *p, const struct top_entry *entry, const struct flow_info *flow)
{
	struct answer *answer = p->answer;

	json_open(answer, NULL, '{');
	show_flow(flow, filter_service(&p->view->config->engine, flow), answer);
	json_fraction(answer, "bits_to_server_per_second", 8 * per_second(p, entry->to_server));
	json_fraction(answer, "bits_to_client_per_second", 8 * per_second(p, entry->to_client));
	json_close(answer, '}');
}

/** struct section - a list in a picture: its name, its head, and its part of the lines */
static const struct section {
	const char *name;
	const char *head;
	unsigned int part;
} sections[] = {
	{ "services", "TO SERVER TO CLIENT   ACTIVE    NEW/s REFUSED/s FAILED/s  SERVICE", 4 },
	{ "servers", "TO SERVER TO CLIENT   ACTIVE    NEW/s     STATE FAILED/s  SERVER", 3 },
	{ "busiest_flows", "TO SERVER TO CLIENT      AGE STATE       CLIENT, SERVICE, SERVER", 1 },
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

/** list_of() - what stands in a section */
static const struct top_list *list_of(const struct top *top, size_t section)
{
	const struct top_list *const lists[SECTIONS] = { &top->services, &top->servers, &top->flows };

	return lists[section];
}

/** share() - entries of a section, so that there is room for the others */
static size_t share(const struct picture *p, size_t section)
{
	size_t count = list_of(p->progress->top, section)->count;
	size_t rows = p->request->rows ? p->request->rows : LINES;
	size_t room = rows > FIXED_LINES ? rows - FIXED_LINES : 0;

	if (p->request->json || section + 1 == SECTIONS)
		return count;
	room = room / sections[section].part + 1;
	return count < room ? count : room;
}

/** entry() - one entry of a section */
static void entry(const struct picture *p, size_t section, const struct top_entry *entry)
{
	struct flow_info flow;
	struct busy busy;

	if (section + 1 < SECTIONS && busy_of(p, entry, section == 1, &busy)) {
		if (p->request->json)
			(section == 0 ? service_json : server_json)(p, &busy);
		else
			(section == 0 ? service_text : server_text)(p, &busy);
	}
	if (section + 1 == SECTIONS && look_flow(p->view->engine, entry->number, p->view->now, &flow))
		(p->request->json ? flow_json : flow_text)(p, entry, &flow);
}

/** is_left_out() - is there no room for a section: flows say what their servers are */
static bool is_left_out(const struct picture *p, size_t section)
{
	return section == 1 && !p->request->json && p->request->rows != 0 && p->request->rows < SMALL_LINES;
}

/** show_section() - more of a section; true: that was all */
static bool show_section(const struct picture *p, size_t section)
{
	const struct top_list *list = list_of(p->progress->top, section);
	size_t *next = &p->progress->index;

	if (is_left_out(p, section))
		return true;
	if (*next == 0 && p->request->json)
		json_open(p->answer, sections[section].name, '[');
	else if (*next == 0)
		line(p, LOOK_HEAD, "%s", sections[section].head);
	for (; *next < share(p, section); (*next)++) {
		if (!answer_has_room(p->answer))
			return false;
		entry(p, section, &list->entries[*next]);
	}
	if (p->request->json)
		json_close(p->answer, ']');
	else if (section + 1 < SECTIONS)
		line(p, LOOK_PLAIN, "%s", "");
	*next = 0;
	return true;
}

/** look_on() - go on through the flows; true: these were all */
static bool look_on(const struct view *view, struct progress *progress)
{
	for (unsigned int spent = 0; spent < SHOW_BUDGET; spent++, progress->index++)
		if (!top_look(progress->top, view->engine, (uint32_t)progress->index, view->now))
			return true;
	return false;
}

/** enum stage - of an answer; behind the last of them, one for each section */
enum stage {
	STAGE_BEGIN,
	STAGE_FLOWS,
	STAGE_SECTIONS,
};

bool show_top(const struct view *view, const struct request *request, const uint8_t *bytes, struct progress *progress,
	      struct answer *answer)
{
	const struct picture p = { .view = view, .request = request, .progress = progress, .answer = answer };

	(void)bytes;
	if (progress->stage == STAGE_BEGIN)
		top_begin(progress->top, view->engine, view->now);
	progress->stage = progress->stage == STAGE_BEGIN ? STAGE_FLOWS : progress->stage;
	if (progress->stage == STAGE_FLOWS && !look_on(view, progress))
		return false;
	if (progress->top->seconds <= 0)
		return true;
	answer->is_one_line = request->json;
	if (progress->stage == STAGE_FLOWS) {
		progress->index = 0;
		(request->json ? head_json : head_text)(&p);
		progress->stage = STAGE_SECTIONS;
	}
	for (; progress->stage < STAGE_SECTIONS + SECTIONS; progress->stage++)
		if (!show_section(&p, progress->stage - STAGE_SECTIONS))
			return false;
	if (request->json)
		json_close(answer, '}');
	return true;
}

/* SPDX-License-Identifier: ISC */
/*
 * top.c - what has happened since the last picture of "top"
 */
#include "daemon/control/top.h"

#include "daemon/arena.h"

#define MILLISECOND INT64_C(1000000)

static size_t size_of(uint32_t flows)
{
	return sizeof(struct top) + flows * TOP_RECORD;
}

struct top *top_open(uint32_t flows)
{
	struct top *top = arena_alloc(size_of(flows));

	if (top)
		top->record_count = flows;
	return top;
}

void top_close(struct top *top)
{
	arena_free(top, size_of(top->record_count));
}

void top_rank(struct top_list *list, const struct top_entry *entry)
{
	size_t place = list->count;

	if (list->count < TOP_MOST)
		list->count++;
	else if (list->entries[--place].weight >= entry->weight)
		return;
	for (; place > 0 && list->entries[place - 1].weight < entry->weight; place--)
		list->entries[place] = list->entries[place - 1];
	list->entries[place] = *entry;
}

/** since() - how much a counter has grown that began anew if it is less than it was */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

static struct top_tally read_tally(const struct tally *tally)
{
	struct top_tally is = {
		.to_server = tally->bytes_to_server,
		.to_client = tally->bytes_to_client,
		.opened = tally->opened,
		.connects = tally_connects(tally),
		.refused = tally->refused,
	};

	for (unsigned int i = 0; i <= SERVER_ERROR_UNREACHABLE; i++)
		is.failures += tally->failures[i];
	return is;
}

/** look_at_tally() - how one has changed, and its rank: idle ones come last */
static void look_at_tally(struct top *top, const struct tally *tally, uint32_t number)
{
	const struct top_tally *before = &top->tallies[number];
	const struct top_tally is = read_tally(tally);
	struct top_tally *change = &top->change[number];
	struct top_entry entry = { .number = number };

	*change = (struct top_tally){
		.to_server = since(is.to_server, before->to_server),
		.to_client = since(is.to_client, before->to_client),
		.opened = since(is.opened, before->opened),
		.connects = since(is.connects, before->connects),
		.refused = since(is.refused, before->refused),
		.failures = since(is.failures, before->failures),
	};
	top->tallies[number] = is;
	if (number == 0 || !tally->is_used)
		return;
	entry.to_server = change->to_server;
	entry.to_client = change->to_client;
	entry.weight = change->to_server + change->to_client + change->opened + change->connects + change->refused +
		       change->failures + tally->active;
	top_rank(tally->key.parent == 0 ? &top->services : &top->servers, &entry);
}

void top_begin(struct top *top, const struct engine *engine, int64_t now)
{
	const struct tally *tallies;
	size_t count;

	top->seconds = top->time == 0 ? 0 : (double)(now - top->time) / 1e9;
	top->time = now;
	top->before = top->counters;
	top->counters = *engine_counters(engine);
	top->services.count = top->servers.count = top->flows.count = 0;
	tallies = look_tallies(engine, &count);
	for (uint32_t i = 0; i < count; i++)
		look_at_tally(top, &tallies[i], i);
}

bool top_look(struct top *top, const struct engine *engine, uint32_t record, int64_t now)
{
	struct top_record *before = &top->records[record];
	struct top_entry entry = { .number = record };
	struct flow_info flow;
	uint32_t opened;

	if (record >= look_flow_records(engine))
		return false;
	if (!look_flow(engine, record, now, &flow))
		return true;
	opened = (uint32_t)((now - flow.age) / MILLISECOND);
	if (opened != before->opened)
		*before = (struct top_record){ .opened = opened };
	entry.to_server = since(flow.bytes_to_server, before->to_server);
	entry.to_client = since(flow.bytes_to_client, before->to_client);
	entry.weight = entry.to_server + entry.to_client;
	before->to_server = flow.bytes_to_server;
	before->to_client = flow.bytes_to_client;
	if (entry.weight > 0)
		top_rank(&top->flows, &entry);
	return true;
}

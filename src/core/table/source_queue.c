/* SPDX-License-Identifier: ISC */
/*
 * source_queue.c - in which order connections came whose client may be forged: of all, of a /24, of one address
 */
#include "nat46/source_queue.h"

#include "nat46/assert.h"

/** width_for() - lines of networks, and of addresses: a power of two */
static uint32_t width_for(uint32_t capacity)
{
	uint32_t width = 16;

	while (width < 2 * capacity)
		width *= 2;
	return width;
}

static size_t line_count(uint32_t width)
{
	return 1 + 2 * (size_t)width;
}

size_t source_queue_memory(uint32_t capacity)
{
	return capacity * sizeof(struct source_place) + line_count(width_for(capacity)) * sizeof(struct source_line);
}

void source_queue_init(struct source_queue *queue, void *memory, uint32_t capacity, const struct siphash_key *key)
{
	struct source_place *places = memory;

	*queue = (struct source_queue){
		.places = places,
		.lines = (struct source_line *)(void *)(places + capacity),
		.capacity = capacity,
		.width = width_for(capacity),
		.key = *key,
	};
}

/** line_of() - number of the line of a client */
static uint32_t line_of(const struct source_queue *queue, enum source_line_kind kind, uint32_t client)
{
	uint32_t words[] = { kind, kind == SOURCE_LINE_NETWORK ? client >> 8 : client };

	if (kind == SOURCE_LINE_ALL)
		return 0;
	return 1 + (kind == SOURCE_LINE_ADDRESS ? queue->width : 0) +
	       ((uint32_t)siphash_13(&queue->key, words, sizeof(words)) & (queue->width - 1));
}

bool source_queue_surplus(const struct source_queue *queue, uint32_t client, uint32_t network, uint32_t address,
			  uint32_t *item)
{
	const uint32_t most[SOURCE_LINE_KINDS] = { queue->capacity, network, address };

	/* one who has to go from the line of an address makes room in the others as well */
	for (int kind = SOURCE_LINE_KINDS - 1; kind >= 0; kind--) {
		const struct source_line *line = &queue->lines[line_of(queue, (enum source_line_kind)kind, client)];

		if (line->length < most[kind])
			continue;
		*item = queue->places[line->first - 1].item;
		return true;
	}
	return false;
}

bool source_queue_oldest(const struct source_queue *queue, uint32_t *item)
{
	if (queue->lines[0].first == 0)
		return false;
	*item = queue->places[queue->lines[0].first - 1].item;
	return true;
}

/** append() - make place @number the last one of a line */
static void append(struct source_queue *queue, uint32_t number, enum source_line_kind kind)
{
	struct source_place *place = &queue->places[number];
	struct source_line *line = &queue->lines[place->line[kind]];

	place->before[kind] = line->last;
	place->behind[kind] = 0;
	if (line->last)
		queue->places[line->last - 1].behind[kind] = number + 1;
	else
		line->first = number + 1;
	line->last = number + 1;
	line->length++;
}

/** extract() - close the gap that place @number leaves in a line */
static void extract(struct source_queue *queue, uint32_t number, enum source_line_kind kind)
{
	const struct source_place *place = &queue->places[number];
	struct source_line *line = &queue->lines[place->line[kind]];

	if (place->before[kind])
		queue->places[place->before[kind] - 1].behind[kind] = place->behind[kind];
	else
		line->first = place->behind[kind];
	if (place->behind[kind])
		queue->places[place->behind[kind] - 1].before[kind] = place->before[kind];
	else
		line->last = place->before[kind];
	line->length--;
}

uint32_t source_queue_enter(struct source_queue *queue, uint32_t client, uint32_t item)
{
	uint32_t number = queue->touched;
	struct source_place *place;

	if (queue->free) {
		number = queue->free - 1;
		queue->free = queue->places[number].behind[0];
	} else {
		queue->touched++;
	}
	NAT46_ASSERT(number < queue->capacity);
	place = &queue->places[number];
	place->item = item;
	for (int kind = 0; kind < SOURCE_LINE_KINDS; kind++) {
		place->line[kind] = line_of(queue, (enum source_line_kind)kind, client);
		append(queue, number, (enum source_line_kind)kind);
	}
	return number;
}

void source_queue_leave(struct source_queue *queue, uint32_t place)
{
	NAT46_ASSERT(place < queue->touched && queue->lines[0].length > 0);
	for (int kind = 0; kind < SOURCE_LINE_KINDS; kind++)
		extract(queue, place, (enum source_line_kind)kind);
	queue->places[place].behind[0] = queue->free;
	queue->free = place + 1;
}

uint32_t source_queue_length(const struct source_queue *queue)
{
	return queue->lines[0].length;
}

/** check_line() - the places of a line know each other, and are as many as it says */
static bool check_line(const struct source_queue *queue, uint32_t number, enum source_line_kind kind)
{
	const struct source_line *line = &queue->lines[number];
	uint32_t length = 0, last = 0;

	for (uint32_t at = line->first; at && length <= line->length; at = queue->places[at - 1].behind[kind]) {
		const struct source_place *place = &queue->places[at - 1];

		if (place->line[kind] != number || place->before[kind] != last)
			return false;
		last = at;
		length++;
	}
	return last == line->last && length == line->length;
}

const char *source_queue_check(const struct source_queue *queue)
{
	uint32_t lengths[SOURCE_LINE_KINDS] = { 0 };

	for (uint32_t i = 0; i < line_count(queue->width); i++) {
		enum source_line_kind kind = i > queue->width ? SOURCE_LINE_ADDRESS : SOURCE_LINE_NETWORK;

		if (i == 0)
			kind = SOURCE_LINE_ALL;
		if (!check_line(queue, i, kind))
			return "source queue: a line is broken";
		lengths[kind] += queue->lines[i].length;
	}
	if (lengths[SOURCE_LINE_ALL] != lengths[SOURCE_LINE_NETWORK] ||
	    lengths[SOURCE_LINE_ALL] != lengths[SOURCE_LINE_ADDRESS])
		return "source queue: somebody does not stand in all lines";
	return NULL;
}

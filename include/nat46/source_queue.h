/* SPDX-License-Identifier: ISC */
/*
 * source_queue.h - in which order connections came whose client may be forged: of all, of a /24, of one address
 *
 * Each stands in three lines: one of all, one of its /24 and one of its address. Whoever comes when a line is as long
 * as it may be gets in nevertheless, and the first of that line, who came before all others in it, has to go. Nobody
 * is kept out by others who use his name, as long as what he is about to prove takes less time than they need to
 * pass through the line.
 *
 * Sources share a line now and then, for a keyed hash chooses it: there are at least twice as many as connections.
 * All in fixed memory, and every operation takes the same time.
 */
#ifndef NAT46_SOURCE_QUEUE_H
#define NAT46_SOURCE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/siphash.h"

/** Lines in which each connection stands: SOURCE_LINE_ALL, and those of its /24 and its address. */
enum source_line_kind {
	SOURCE_LINE_ALL,
	SOURCE_LINE_NETWORK,
	SOURCE_LINE_ADDRESS,
	SOURCE_LINE_KINDS,
};

/** struct source_place - the place of a connection in its lines; @before and @behind: places plus one, 0: none */
struct source_place {
	uint32_t item;
	uint32_t line[SOURCE_LINE_KINDS];
	uint32_t before[SOURCE_LINE_KINDS];
	uint32_t behind[SOURCE_LINE_KINDS];
};

/** struct source_line - @first and @last: places plus one, 0: none */
struct source_line {
	uint32_t first;
	uint32_t last;
	uint32_t length;
};

/**
 * struct source_queue - the queue
 * @places: @capacity
 * @lines: one of all, then @width of networks, then @width of addresses
 * @touched: places that were ever used
 * @free: first free place plus one, 0: none; the next one is its @behind[0]
 */
struct source_queue {
	struct source_place *places;
	struct source_line *lines;
	uint32_t capacity;
	uint32_t width;
	uint32_t touched;
	uint32_t free;
	struct siphash_key key;
};

/** source_queue_memory() - bytes for at most @capacity connections */
size_t source_queue_memory(uint32_t capacity);

/** source_queue_init() - an empty queue; @memory: source_queue_memory() zero bytes */
void source_queue_init(struct source_queue *queue, void *memory, uint32_t capacity, const struct siphash_key *key);

/**
 * source_queue_surplus() - who has to go before one more of @client enters
 * @network, @address: how long the line of a /24 and of an address may be
 * @item: set to the first of a line that is full
 *
 * Return: false if there is room in all lines
 */
bool source_queue_surplus(const struct source_queue *queue, uint32_t client, uint32_t network, uint32_t address,
			  uint32_t *item);

/** source_queue_oldest() - set @item to the first of all; false if there is none */
bool source_queue_oldest(const struct source_queue *queue, uint32_t *item);

/** source_queue_enter() - last in the lines of @client, which have room for one more; returns the place */
uint32_t source_queue_enter(struct source_queue *queue, uint32_t client, uint32_t item);

/** source_queue_leave() - give a place back */
void source_queue_leave(struct source_queue *queue, uint32_t place);

/** source_queue_length() - connections of all sources */
uint32_t source_queue_length(const struct source_queue *queue);

/** source_queue_check() - NULL if all lines are consistent, else what is not */
const char *source_queue_check(const struct source_queue *queue);

#endif

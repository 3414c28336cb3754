/* SPDX-License-Identifier: ISC */
/*
 * pool.c - memory that lives and dies with one configuration
 *
 * A configuration is built once, never changed, and released as a whole. So each piece is only chained to
 * the one before. Running out of memory ends the process: libconfig, which builds the tree that we read,
 * does not survive that either, and a few megabytes at start-up are not worth a path that nobody tests.
 */
#include "config/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nat46/assert.h"

#define FIRST_ROOM 64u

struct piece {
	_Alignas(max_align_t) struct piece *previous;
	_Alignas(max_align_t) unsigned char memory[];
};

struct config_pool {
	struct piece *last;
};

struct config_pool *config_pool_create(void)
{
	struct config_pool *pool = calloc(1, sizeof(*pool));

	NAT46_ASSERT(pool != NULL);
	return pool;
}

void config_pool_destroy(struct config_pool *pool)
{
	if (!pool)
		return;
	while (pool->last) {
		struct piece *piece = pool->last;

		pool->last = piece->previous;
		free(piece);
	}
	free(pool);
}

void *config_pool_array(struct config_pool *pool, size_t count, size_t size)
{
	struct piece *piece;

	NAT46_ASSERT(size > 0 && count < (SIZE_MAX - sizeof(*piece)) / size);
	piece = calloc(1, sizeof(*piece) + count * size);
	NAT46_ASSERT(piece != NULL);
	piece->previous = pool->last;
	pool->last = piece;
	return piece->memory;
}

char *config_pool_copy(struct config_pool *pool, const void *bytes, size_t length)
{
	char *copy = config_pool_array(pool, length + 1, 1);

	memcpy(copy, bytes, length);
	return copy;
}

void *config_grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : FIRST_ROOM;
	array = reallocarray(array, *room, size);
	NAT46_ASSERT(array != NULL);
	return array;
}

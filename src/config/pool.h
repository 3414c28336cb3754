/* SPDX-License-Identifier: ISC */
/*
 * pool.h - memory that lives and dies with one configuration
 */
#ifndef NAT46_CONFIG_POOL_H
#define NAT46_CONFIG_POOL_H

#include <stddef.h>

struct config_pool;

/** config_pool_create() - an empty pool; never NULL */
struct config_pool *config_pool_create(void);

/** config_pool_destroy() - release the pool and everything in it; NULL is allowed */
void config_pool_destroy(struct config_pool *pool);

/**
 * config_pool_array() - zeroed memory for an array
 * @pool: pool that owns it
 * @count: number of elements, may be 0
 * @size: bytes of one element
 *
 * Return: memory aligned for any type; never NULL, even for 0 elements
 */
void *config_pool_array(struct config_pool *pool, size_t count, size_t size);

/** config_pool_copy() - @length bytes of @bytes in memory of the pool, and a NUL behind them */
char *config_pool_copy(struct config_pool *pool, const void *bytes, size_t length);

/**
 * config_grow() - make room for one more element in an array outside of pools
 * @array: array from an earlier call, or NULL
 * @count: elements in use
 * @room: elements there is room for; updated
 * @size: bytes of one element
 *
 * Return: the array, perhaps moved; never NULL; to be released by free()
 */
void *config_grow(void *array, size_t count, size_t *room, size_t size);

#endif

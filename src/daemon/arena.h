/* SPDX-License-Identifier: ISC */
/*
 * arena.h - the one place that the memory of an engine comes from, and of captures and tops while they run
 */
#ifndef NAT46_DAEMON_ARENA_H
#define NAT46_DAEMON_ARENA_H

#include <stddef.h>

/**
 * arena_alloc() - address space for what is large
 * @size: bytes, more than 0
 *
 * The memory is zero and page aligned. Nothing is reserved: a page costs memory once it is touched.
 *
 * Return: memory to be released by arena_free(), or NULL with errno set
 */
void *arena_alloc(size_t size);

/** arena_free() - release @size bytes at @memory, which came from arena_alloc(@size); NULL is allowed */
void arena_free(void *memory, size_t size);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * arena.c - the one place that the memory of an engine comes from, and of captures and tops while they run
 *
 * A flow table is as large as its limit allows and mostly empty. Anonymous memory without reservation
 * costs only the pages that were touched. Huge pages are not asked for: with hashed access one flow
 * would cost 2 MB. What is released is gone at once, which malloc() does not promise. Flow records are addressed by
 * index, so the memory may one day be a mapped file.
 */
#include <sys/mman.h>

#include "daemon/arena.h"

void *arena_alloc(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void arena_free(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}

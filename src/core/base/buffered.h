/* SPDX-License-Identifier: ISC */
/*
 * buffered.h - the buffers of pending records: one pool for all, and a share of it for each source
 *
 * DOC: Theory of operation
 *
 * The pool (limits.buffers) is paid for by whoever fills it: one IPv4 address may hold a 64th of it, one /24 a 16th,
 * and in any case one buffer (limits.buffer). So no source can take what another needs.
 *
 * If many sources together fill it, bytes behind a hole go first (pending_make_room()): nobody can decide by them yet,
 * nothing has acknowledged them, and two bytes at the right place cost a chunk. They are forgotten, and their client
 * sends them again. Bytes in order are never taken away from anybody.
 */
#ifndef NAT46_CORE_BASE_BUFFERED_H
#define NAT46_CORE_BASE_BUFFERED_H

#include "core/base/engine_state.h"

/**
 * buffered_insert() - put bytes of @client into a buffer
 * @why: if the result is false, the reason: too many holes, the share of its source, or the pool
 */
bool buffered_insert(struct engine *e, uint32_t client, struct buffer *buffer, uint32_t offset, const uint8_t *bytes,
		     uint32_t length, enum drop *why);

/** buffered_cut() - forget what a buffer of @client has from offset @length on; 0: all */
void buffered_cut(struct engine *e, uint32_t client, struct buffer *buffer, uint32_t length);

/** buffered_check() - NULL if the pool has given out @chunks, all of them charged to somebody, else what is wrong */
const char *buffered_check(const struct engine *e, uint32_t chunks);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * buffered.c - the buffers of pending records: one pool for all, and a share of it for each source
 *
 * The share holds once half of the pool is in use. Before, many honest clients behind one address may have more, and
 * nobody lacks it; after, whoever has more gets no more, and the other half is there for all the others.
 */
#include "core/base/buffered.h"

enum {
	ADDRESS_SHARE = 64,	/* of the pool, for one address */
	NETWORK_SHARE = 16,	/* for one /24 */
};

/** share() - chunks that a source may hold: when they get scarce, a part of the pool, but at least one buffer */
static uint32_t share(const struct engine *e, uint32_t divisor)
{
	if (e->buffers.used < e->buffers.capacity / 2)
		return e->buffers.capacity;
	uint32_t one = (e->config->limits.buffer + BUFFER_CHUNK - 1) / BUFFER_CHUNK;
	uint32_t part = e->buffers.capacity / divisor;

	return part > one ? part : one;
}

/** charge() - account for @chunks more of a client; false, nothing changed, if it may not have as many */
static bool charge(struct engine *e, uint32_t client, uint32_t chunks)
{
	if (!source_limit_enter(&e->buffer_addresses, client, chunks, share(e, ADDRESS_SHARE)))
		return false;
	if (source_limit_enter(&e->buffer_networks, client >> 8, chunks, share(e, NETWORK_SHARE)))
		return true;
	source_limit_leave(&e->buffer_addresses, client, chunks);
	return false;
}

static void discharge(struct engine *e, uint32_t client, uint32_t chunks)
{
	source_limit_leave(&e->buffer_addresses, client, chunks);
	source_limit_leave(&e->buffer_networks, client >> 8, chunks);
}

bool buffered_insert(struct engine *e, uint32_t client, struct buffer *buffer, uint32_t offset, const uint8_t *bytes,
		     uint32_t length, enum drop *why)
{
	uint32_t missing = buffer_missing(buffer, offset, length);
	enum buffer_result result;

	*why = DROP_SOURCE_BUFFERS;
	if (!charge(e, client, missing))
		return false;
	result = buffer_insert(&e->buffers, buffer, offset, bytes, length);
	if (result != BUFFER_STORED)
		discharge(e, client, missing);
	*why = result == BUFFER_HOLES ? DROP_BUFFER_FULL : DROP_BUFFERS_FULL;
	return result == BUFFER_STORED || result == BUFFER_DUPLICATE;
}

void buffered_cut(struct engine *e, uint32_t client, struct buffer *buffer, uint32_t length)
{
	uint32_t before = buffer_chunks(buffer);

	buffer_cut(&e->buffers, buffer, length);
	discharge(e, client, before - buffer_chunks(buffer));
}

const char *buffered_check(const struct engine *e, uint32_t chunks)
{
	if (chunks != e->buffers.used)
		return "buffers: chunks were lost";
	if (source_limit_total(&e->buffer_addresses) != chunks || source_limit_total(&e->buffer_networks) != chunks)
		return "buffers: chunks are charged to nobody";
	return NULL;
}

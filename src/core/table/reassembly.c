/* SPDX-License-Identifier: ISC */
/*
 * reassembly.c - make whole datagrams of IPv4 and IPv6 fragments (RFC 791 3.2, RFC 8200 4.5)
 *
 * Theory of operation
 *
 * Parts are found by what RFC 791 and RFC 8200 say that they have in common, through a hash table with a secret key.
 * Their bytes go to their place in chunks of a pool (parts.h). No two parts overlap, and none lies behind the end; so
 * the datagram is complete when as many bytes have arrived as it is long, and nobody looks for holes.
 *
 * What contradicts itself is refused whole (RFC 5722), for there is no telling which of two parts was forged. The
 * record stays until its time is over and refuses what else comes, or the rest might make a datagram of its own. Only
 * a part that is the same in place, length and bytes is no contradiction: networks do repeat packets. Two parts agree
 * on the end if the last part ends where all others have ended before, and if no other ever ends there or behind it.
 *
 * Anybody can send parts of what never becomes whole, in any name. Memory is fixed; one who comes always gets in, and
 * somebody has to go for that:
 * - who wants more chunks than the share of one source, a quarter of all, pays himself: the oldest datagram of the same
 *   IPv4 address or IPv6 /64 goes. One who sends from his own address thus never takes anything from others.
 * - else, if there are not enough chunks for all, the oldest of all datagrams goes. Whoever forges sources can do no
 *   more than push the others through the line, and honest parts, which come back to back, are together long before
 *   they reach its end: with 16 MB, one million forged packets in a second need 8 ms for that. (The one who holds most
 *   should not be the one to go: every forged source holds next to nothing, an honest one may have more.)
 * - who forges the name of one victim pushes others of that name through a line of a quarter of that length.
 * The datagram whose part has just come is never the one that goes.
 *
 * Every datagram holds at least one chunk, one that was refused as well. So there are as many records as chunks,
 * whoever goes gives back at least one, and to store a part takes time that is bounded by its own length. Sources share
 * a line if a keyed hash says so: there are at least twice as many lines as datagrams.
 *
 * There is no timer. Each part that comes in ends a few datagrams that are too old, which are the first in the line of
 * all, and an old one that is found is not used. Their time counts from the first part and is not renewed.
 */
#include "core/table/reassembly.h"

#include <string.h>

#include "nat46/assert.h"
#include "nat46/translate.h"

/** Most chunks: 16 GB. */
static const uint32_t CAPACITY_MAX = 1u << 23;

/** Old datagrams that one part ends: more than one, so that they become fewer. */
static const uint32_t EXPIRE_AT_ONCE = 4;

/** The ECN field (RFC 3168 5) of parts that cannot have a mark, and of those that have one. */
enum { ECN_FIELD = 3, ECN_NOT_CAPABLE = 0, ECN_MARKED = 3 };

/** struct part - a fragment; @end: offset behind its last byte */
struct part {
	struct span bytes;
	uint32_t offset;
	uint32_t end;
	bool is_last;
};

/** capacity_for() - number of chunks, and of datagrams */
static uint32_t capacity_for(uint64_t bytes)
{
	uint64_t chunks = bytes / PARTS_CHUNK;

	if (chunks < PARTS_CHUNKS_MAX)
		return PARTS_CHUNKS_MAX;
	return chunks < CAPACITY_MAX ? (uint32_t)chunks : CAPACITY_MAX;
}

/** width_for() - lines of sources, and buckets: a power of two */
static uint32_t width_for(uint32_t capacity)
{
	uint32_t width = PARTS_CHUNKS_MAX;

	while (width < 2 * capacity)
		width *= 2;
	return width;
}

size_t reassembly_memory(uint64_t bytes)
{
	size_t capacity = capacity_for(bytes);
	size_t width = width_for((uint32_t)capacity);

	return capacity * (sizeof(struct datagram) + sizeof(struct parts_chunk)) +
	       (1 + width) * sizeof(struct datagram_line) + width * sizeof(uint32_t);
}

void reassembly_init(struct reassembly *r, void *memory, uint64_t bytes, const struct siphash_key *key)
{
	uint32_t capacity = capacity_for(bytes);
	struct datagram *datagrams = memory;
	struct parts_chunk *chunks = (struct parts_chunk *)(void *)(datagrams + capacity);
	struct datagram_line *lines = (struct datagram_line *)(void *)(chunks + capacity);

	*r = (struct reassembly){ .datagrams = datagrams, .lines = lines, .width = width_for(capacity), .key = *key };
	r->buckets = (uint32_t *)(void *)(lines + 1 + r->width);
	r->share = capacity / 4 < PARTS_CHUNKS_MAX ? PARTS_CHUNKS_MAX : capacity / 4;
	parts_pool_init(&r->pool, chunks, capacity);
}

static struct datagram_key key_of(const struct packet *packet)
{
	struct datagram_key key = { .identification = packet->identification, .is_ipv6 = packet->is_ipv6 };

	if (packet->is_ipv6) {
		memcpy(key.source, packet->source6.byte, sizeof(key.source));
		memcpy(key.destination, packet->destination6.byte, sizeof(key.destination));
	} else {
		memcpy(key.source, &packet->source4, sizeof(packet->source4));
		memcpy(key.destination, &packet->destination4, sizeof(packet->destination4));
		key.protocol = packet->protocol;
	}
	return key;
}

static uint32_t bucket_of(const struct reassembly *r, const struct datagram_key *key)
{
	return (uint32_t)siphash_13(&r->key, key, sizeof(*key)) & (r->width - 1);
}

/** line_of() - the line of a source: the first 8 bytes are an IPv6 /64, or an IPv4 address and nothing else */
static uint32_t line_of(const struct reassembly *r, const struct datagram_key *key)
{
	uint8_t source[9] = { key->is_ipv6 };

	memcpy(source + 1, key->source, sizeof(source) - 1);
	return 1 + ((uint32_t)siphash_13(&r->key, source, sizeof(source)) & (r->width - 1));
}

static struct datagram *find(const struct reassembly *r, const struct datagram_key *key)
{
	for (uint32_t at = r->buckets[bucket_of(r, key)]; at; at = r->datagrams[at - 1].next) {
		if (memcmp(&r->datagrams[at - 1].key, key, sizeof(*key)) == 0)
			return &r->datagrams[at - 1];
	}
	return NULL;
}

/** number_of() - of a datagram, plus one */
static uint32_t number_of(const struct reassembly *r, const struct datagram *d)
{
	return (uint32_t)(d - r->datagrams) + 1;
}

/** append() - make a datagram the last one of its line */
static void append(struct reassembly *r, struct datagram *d, enum datagram_line_kind kind)
{
	struct datagram_line *line = &r->lines[d->line[kind]];

	d->before[kind] = line->last;
	d->behind[kind] = 0;
	if (line->last)
		r->datagrams[line->last - 1].behind[kind] = number_of(r, d);
	else
		line->first = number_of(r, d);
	line->last = number_of(r, d);
}

/** extract() - close the gap that a datagram leaves in its line */
static void extract(struct reassembly *r, const struct datagram *d, enum datagram_line_kind kind)
{
	struct datagram_line *line = &r->lines[d->line[kind]];

	if (d->before[kind])
		r->datagrams[d->before[kind] - 1].behind[kind] = d->behind[kind];
	else
		line->first = d->behind[kind];
	if (d->behind[kind])
		r->datagrams[d->behind[kind] - 1].before[kind] = d->before[kind];
	else
		line->last = d->before[kind];
}

/** begin() - a record for a datagram whose first chunk is there to be taken, so that there is a record as well */
static struct datagram *begin(struct reassembly *r, const struct datagram_key *key, int64_t now)
{
	uint32_t number = r->free;
	struct datagram *d;

	if (number)
		r->free = r->datagrams[number - 1].next;
	else
		number = ++r->touched;
	NAT46_ASSERT(number <= r->pool.capacity);
	d = &r->datagrams[number - 1];
	*d = (struct datagram){ .key = *key, .since = now, .bucket = bucket_of(r, key) };
	d->line[DATAGRAM_LINE_SOURCE] = line_of(r, key);
	d->next = r->buckets[d->bucket];
	r->buckets[d->bucket] = number;
	for (int kind = 0; kind < DATAGRAM_LINE_KINDS; kind++)
		append(r, d, (enum datagram_line_kind)kind);
	r->used++;
	return d;
}

/** release() - give all chunks of a datagram back but @keep */
static void release(struct reassembly *r, struct datagram *d, uint32_t keep)
{
	uint32_t count = d->parts.count - keep;

	parts_release(&r->pool, &d->parts, keep);
	for (int kind = 0; kind < DATAGRAM_LINE_KINDS; kind++)
		r->lines[d->line[kind]].chunks -= count;
}

/** end() - forget a datagram */
static void end(struct reassembly *r, struct datagram *d)
{
	uint32_t *at = &r->buckets[d->bucket];

	release(r, d, 0);
	for (int kind = 0; kind < DATAGRAM_LINE_KINDS; kind++)
		extract(r, d, (enum datagram_line_kind)kind);
	while (*at != number_of(r, d))
		at = &r->datagrams[*at - 1].next;
	*at = d->next;
	d->next = r->free;
	r->free = number_of(r, d);
	r->used--;
}

/** give_up() - forget a datagram that did not become whole, and count it, unless it was refused */
static void give_up(struct reassembly *r, struct datagram *d, uint64_t *counter)
{
	*counter += !d->is_refused;
	end(r, d);
}

static bool is_old(const struct datagram *d, int64_t now)
{
	return now - d->since >= REASSEMBLY_LIFETIME;
}

/** expire() - end some of the datagrams that are too old */
static void expire(struct reassembly *r, int64_t now)
{
	for (uint32_t i = 0; i < EXPIRE_AT_ONCE && r->lines[0].first; i++) {
		struct datagram *d = &r->datagrams[r->lines[0].first - 1];

		if (!is_old(d, now))
			return;
		give_up(r, d, &r->expired);
	}
}

/** evict() - give up the oldest datagram of a line, but not @keep */
static void evict(struct reassembly *r, enum datagram_line_kind kind, uint32_t line, const struct datagram *keep)
{
	uint32_t number = r->lines[line].first;

	if (keep && number == number_of(r, keep))
		number = keep->behind[kind];
	/* the share, and all the more the pool, is enough for the longest datagram alone */
	NAT46_ASSERT(number);
	give_up(r, &r->datagrams[number - 1], &r->evicted);
}

/** make_room() - see to it that a datagram of the source of @line, @d if it has a record, can have @count chunks */
static void make_room(struct reassembly *r, const struct datagram *d, uint32_t line, uint32_t count)
{
	while (r->lines[line].chunks + count > r->share)
		evict(r, DATAGRAM_LINE_SOURCE, line, d);
	while (count > r->pool.capacity - r->pool.used)
		evict(r, DATAGRAM_LINE_ALL, 0, d);
}

/** judge() - is this part a new one, which is waited for; or does it contradict the others */
static enum reassembly_result judge(const struct reassembly *r, const struct datagram *d, const struct part *part,
				    bool *is_new)
{
	bool is_end_right = d->total == 0 || part->end < d->total;

	if (part->is_last)
		is_end_right = d->total == 0 ? part->end > d->highest : part->end == d->total;
	*is_new = false;
	if (!is_end_right)
		return REASSEMBLY_ENDS;
	switch (parts_compare(&r->pool, &d->parts, part->offset, part->bytes)) {
	case PARTS_NEW:
		*is_new = true;
		return REASSEMBLY_WAITING;
	case PARTS_DUPLICATE:
		return REASSEMBLY_WAITING;
	case PARTS_OVERLAP:
	default:
		return REASSEMBLY_OVERLAP;
	}
}

static void store(struct reassembly *r, struct datagram *d, const struct packet *packet, const struct part *part)
{
	uint32_t count = parts_missing(&d->parts, part->offset, part->end - part->offset);

	parts_put(&r->pool, &d->parts, part->offset, part->bytes);
	for (int kind = 0; kind < DATAGRAM_LINE_KINDS; kind++)
		r->lines[d->line[kind]].chunks += count;
	d->known += part->end - part->offset;
	d->highest = part->end > d->highest ? part->end : d->highest;
	d->ecn_seen |= (uint8_t)(1 << (packet->traffic_class & ECN_FIELD));
	if (part->is_last)
		d->total = part->end;
	if (part->offset > 0)
		return;
	d->protocol = packet->protocol;
	d->traffic_class = packet->traffic_class;
	d->hop_limit = packet->hop_limit;
}

/** finish() - write a datagram of which everything is there; @packet is any of its parts */
static enum reassembly_result finish(struct reassembly *r, struct datagram *d, const struct packet *packet,
				     struct span whole, size_t *length)
{
	size_t header = packet->is_ipv6 ? IPV6_HEADER : IPV4_HEADER;

	if (d->ecn_seen & 1 << ECN_MARKED) {
		if (d->ecn_seen & 1 << ECN_NOT_CAPABLE)
			return REASSEMBLY_MARKS;
		d->traffic_class |= ECN_MARKED;
	}
	*length = header + d->total;
	whole = span_part(whole, 0, *length);
	if (packet->is_ipv6)
		ipv6_header_write(whole, d->protocol, d->traffic_class, d->hop_limit, &packet->source6,
				  &packet->destination6);
	else
		ipv4_header_write(whole, d->protocol, d->traffic_class, d->hop_limit, packet->source4,
				  packet->destination4, false, (uint16_t)packet->identification);
	parts_read(&r->pool, &d->parts, span_part(whole, header, d->total));
	end(r, d);
	return REASSEMBLY_COMPLETE;
}

/** refuse() - keep no more of a datagram than that it is refused */
static enum reassembly_result refuse(struct reassembly *r, struct datagram *d, enum reassembly_result why)
{
	release(r, d, 1);
	d->is_refused = true;
	return why;
}

static struct part part_of(const struct frame *frame, const struct packet *packet)
{
	struct part part = {
		.bytes = packet_transport(frame, packet),
		.offset = packet->fragment_offset,
		.is_last = !packet->more_fragments,
	};

	NAT46_ASSERT(packet->is_fragment && part.bytes.length > 0);
	NAT46_ASSERT(part.is_last || part.bytes.length % PARTS_UNIT == 0);
	part.end = part.offset + (uint32_t)part.bytes.length;
	return part;
}

enum reassembly_result reassembly_add(struct reassembly *r, const struct frame *frame, const struct packet *packet,
				      int64_t now, struct span whole, size_t *length)
{
	struct part part = part_of(frame, packet);
	struct datagram_key key = key_of(packet);
	enum reassembly_result result;
	struct datagram *d;
	bool is_new = true;

	expire(r, now);
	if (part.end > (packet->is_ipv6 ? PARTS_MAX : PARTS_MAX - IPV4_HEADER))
		return REASSEMBLY_TOO_LONG;
	if (part.offset == 0 && !packet_first_part_has_headers(frame, packet))
		return REASSEMBLY_TINY;
	d = find(r, &key);
	if (d && is_old(d, now)) {
		give_up(r, d, &r->expired);
		d = NULL;
	}
	if (d) {
		if (d->is_refused)
			return REASSEMBLY_REFUSED;
		result = judge(r, d, &part, &is_new);
		if (result != REASSEMBLY_WAITING)
			return refuse(r, d, result);
	}
	if (!is_new)
		return REASSEMBLY_WAITING;
	make_room(r, d, line_of(r, &key),
		  parts_missing(d ? &d->parts : &(struct parts){ 0 }, part.offset, part.end - part.offset));
	if (!d)
		d = begin(r, &key, now);
	store(r, d, packet, &part);
	if (d->known != d->total)
		return REASSEMBLY_WAITING;
	result = finish(r, d, packet, whole, length);
	return result == REASSEMBLY_COMPLETE ? result : refuse(r, d, result);
}

/** check_line() - the datagrams of a line know each other, are in order, and have as many chunks as it says */
static bool check_line(const struct reassembly *r, uint32_t number, enum datagram_line_kind kind, uint32_t *length)
{
	const struct datagram_line *line = &r->lines[number];
	uint32_t last = 0, chunks = 0;

	for (uint32_t at = line->first; at && *length <= r->used; at = r->datagrams[at - 1].behind[kind]) {
		const struct datagram *d = &r->datagrams[at - 1];

		if (d->line[kind] != number || d->before[kind] != last)
			return false;
		if (last && r->datagrams[last - 1].since > d->since)
			return false;
		last = at;
		chunks += d->parts.count;
		++*length;
	}
	return last == line->last && chunks == line->chunks;
}

/** check_datagram() - is what the record says true of the parts */
static bool check_datagram(const struct reassembly *r, const struct datagram *d)
{
	uint32_t chunks = 0;

	for (uint32_t i = 0; i < PARTS_CHUNKS_MAX; i++)
		chunks += d->parts.chunks[i] != 0;
	if (chunks == 0 || chunks != d->parts.count || find(r, &d->key) != d)
		return false;
	if (d->is_refused)
		return chunks == 1;
	return d->known > 0 && d->known <= d->highest && d->highest <= PARTS_MAX && d->known != d->total &&
	       (d->total == 0 || d->highest <= d->total) &&
	       parts_known(&r->pool, &d->parts) == (d->known + PARTS_UNIT - 1) / PARTS_UNIT;
}

const char *reassembly_check(const struct reassembly *r)
{
	const char *error = parts_pool_check(&r->pool);
	uint32_t length = 0;

	if (error)
		return error;
	if (!check_line(r, 0, DATAGRAM_LINE_ALL, &length) || length != r->used || r->lines[0].chunks != r->pool.used)
		return "reassembly: the line of all is broken";
	length = 0;
	for (uint32_t i = 1; i <= r->width; i++) {
		if (!check_line(r, i, DATAGRAM_LINE_SOURCE, &length) || r->lines[i].chunks > r->share)
			return "reassembly: the line of a source is broken";
	}
	if (length != r->used)
		return "reassembly: a datagram is not in the line of its source";
	for (uint32_t at = r->lines[0].first; at; at = r->datagrams[at - 1].behind[DATAGRAM_LINE_ALL]) {
		if (!check_datagram(r, &r->datagrams[at - 1]))
			return "reassembly: a datagram is not what its record says";
	}
	length = 0;
	for (uint32_t at = r->free; at && length <= r->touched; at = r->datagrams[at - 1].next)
		length++;
	return length + r->used == r->touched ? NULL : "reassembly: a record is neither free nor in use";
}

/* SPDX-License-Identifier: ISC */
/*
 * pcapng.c - the blocks of a capture file
 */
#include "daemon/control/pcapng.h"

#include <string.h>

enum block_type {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
};

/* What an option is called depends on the block that it is in. */
enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	PACKET_FLAGS = 2,
	PACKET_LOST = 4,
	SECTION_PROGRAM = 4,
	INTERFACE_NAME = 2,
	INTERFACE_RESOLUTION = 9,
	STATISTICS_RECEIVED = 4,
	STATISTICS_LOST = 5,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINK_RAW 101u
#define DECIMALS 9u /* of a second: nanoseconds */
#define FLAG_IN 1u
#define FLAG_OUT 2u

/** struct writer - a block that is being written: its first byte, and how many there are */
struct writer {
	uint8_t *block;
	size_t length;
};

static void put(struct writer *w, const void *bytes, size_t count)
{
	memcpy(w->block + w->length, bytes, count);
	w->length += count;
}

static void put16(struct writer *w, uint16_t value)
{
	put(w, &value, sizeof(value));
}

static void put32(struct writer *w, uint32_t value)
{
	put(w, &value, sizeof(value));
}

static void put64(struct writer *w, uint64_t value)
{
	put(w, &value, sizeof(value));
}

/** put_time() - nanoseconds, the upper half first whatever the byte order */
static void put_time(struct writer *w, int64_t time)
{
	put32(w, (uint32_t)((uint64_t)time >> 32));
	put32(w, (uint32_t)time);
}

/** pad() - everything begins at a multiple of four bytes */
static void pad(struct writer *w)
{
	while (w->length % 4 != 0)
		w->block[w->length++] = 0;
}

static void put_option(struct writer *w, enum option code, const void *value, size_t length)
{
	put16(w, (uint16_t)code);
	put16(w, (uint16_t)length);
	put(w, value, length);
	pad(w);
}

static void put_text(struct writer *w, enum option code, const char *text)
{
	put_option(w, code, text, strnlen(text, PCAPNG_TEXT_MAX));
}

/** begin() - a block behind what is there; its length is filled in by end() */
static struct writer begin(uint8_t *block, enum block_type type)
{
	struct writer w = { .block = block };

	put32(&w, (uint32_t)type);
	put32(&w, 0);
	return w;
}

/** end() - end the options and the block; returns its length */
static size_t end(struct writer *w)
{
	uint32_t length = (uint32_t)w->length + 8;

	put_option(w, OPTION_END, "", 0);
	put32(w, length);
	memcpy(w->block + 4, &length, sizeof(length));
	return length;
}

size_t pcapng_begin(uint8_t *block, const char *program, const char *interface, uint32_t snaplen)
{
	const uint8_t decimals = DECIMALS;
	struct writer w = begin(block, BLOCK_SECTION);
	size_t section;

	put32(&w, BYTE_ORDER_MAGIC);
	put16(&w, 1); /* version 1.0 */
	put16(&w, 0);
	put64(&w, UINT64_MAX); /* the length of the section is not known */
	put_text(&w, SECTION_PROGRAM, program);
	section = end(&w);
	w = begin(block + section, BLOCK_INTERFACE);
	put16(&w, LINK_RAW);
	put16(&w, 0);
	put32(&w, snaplen);
	put_text(&w, INTERFACE_NAME, interface);
	put_option(&w, INTERFACE_RESOLUTION, &decimals, sizeof(decimals));
	return section + end(&w);
}

size_t pcapng_packet(uint8_t *block, const struct pcapng_packet *packet)
{
	const uint32_t flags = packet->is_out ? FLAG_OUT : FLAG_IN;
	struct writer w = begin(block, BLOCK_PACKET);

	put32(&w, 0); /* the first interface */
	put_time(&w, packet->time);
	put32(&w, packet->captured);
	put32(&w, packet->length);
	w.length += packet->captured;
	pad(&w);
	put_option(&w, PACKET_FLAGS, &flags, sizeof(flags));
	if (packet->lost > 0)
		put_option(&w, PACKET_LOST, &packet->lost, sizeof(packet->lost));
	if (packet->comment)
		put_text(&w, OPTION_COMMENT, packet->comment);
	return end(&w);
}

size_t pcapng_end(uint8_t *block, int64_t time, uint64_t received, uint64_t lost)
{
	struct writer w = begin(block, BLOCK_STATISTICS);

	put32(&w, 0);
	put_time(&w, time);
	put_option(&w, STATISTICS_RECEIVED, &received, sizeof(received));
	put_option(&w, STATISTICS_LOST, &lost, sizeof(lost));
	return end(&w);
}

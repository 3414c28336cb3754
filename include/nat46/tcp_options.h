/* SPDX-License-Identifier: ISC */
/*
 * tcp_options.h - TCP options: read them, write those that we know
 *
 * Answers are built from a whitelist (MSS, window scale, SACK permitted, timestamps); an option that we
 * do not know is never reflected, so its sender falls back to plain TCP.
 */
#ifndef NAT46_TCP_OPTIONS_H
#define NAT46_TCP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/cursor.h"

enum tcp_option {
	TCP_OPTION_END = 0,
	TCP_OPTION_NOP = 1,
	TCP_OPTION_MSS = 2,		/* RFC 9293 3.7.1 */
	TCP_OPTION_WINDOW_SCALE = 3,	/* RFC 7323 2.2 */
	TCP_OPTION_SACK_PERMITTED = 4,	/* RFC 2018 2 */
	TCP_OPTION_SACK = 5,		/* RFC 2018 3 */
	TCP_OPTION_TIMESTAMPS = 8,	/* RFC 7323 3.2 */
	TCP_OPTION_MD5 = 19,		/* RFC 2385 */
	TCP_OPTION_AO = 29,		/* RFC 5925 */
};

/** Largest options area of a TCP header. */
#define TCP_OPTIONS_MAX 40u

/** Largest legal window scale (RFC 7323 2.3). */
#define TCP_WINDOW_SCALE_MAX 14u

/** MSS of an IPv4 peer, and of an IPv6 peer, that does not say (RFC 9293 3.7.1). */
#define TCP_MSS_DEFAULT 536u
#define TCP_MSS_DEFAULT6 1220u

/** SACK blocks that fit beside timestamps. */
#define SACK_BLOCKS_MAX 3u

/**
 * struct tcp_options - the options that we know, of one segment
 * @has_mss, @mss: maximum segment size
 * @has_window_scale, @window_scale: shift; more than 14 is read as 14
 * @sack_permitted: may SACK be used
 * @has_sack: carries SACK blocks
 * @has_timestamps, @ts_value, @ts_echo: timestamps
 * @is_signed: carries TCP MD5 or TCP-AO
 */
struct tcp_options {
	bool has_mss;
	uint16_t mss;
	bool has_window_scale;
	uint8_t window_scale;
	bool sack_permitted;
	bool has_sack;
	bool has_timestamps;
	uint32_t ts_value;
	uint32_t ts_echo;
	bool is_signed;
};

/** struct tcp_sack - SACK blocks to be written: sequence numbers of their first byte and of the one behind */
struct tcp_sack {
	uint32_t count;
	uint32_t edges[SACK_BLOCKS_MAX][2];
};

/** struct tcp_option_view - one option inside an options area */
struct tcp_option_view {
	uint8_t kind;
	size_t offset;	/* of the kind byte, from the start of the area */
	size_t length;	/* kind and length bytes included */
};

/**
 * tcp_option_next() - walk over options
 * @area: options area of a TCP header
 * @position: where to go on; start with 0; advanced
 * @view: the next option that is neither NOP nor END
 *
 * Return: false at the end of the area, at END, or at an option whose length is impossible (what follows it
 *	cannot be found; *@position then stays below the length of the area at the offending option)
 */
bool tcp_option_next(struct span area, size_t *position, struct tcp_option_view *view);

/**
 * tcp_options_parse() - read an options area
 * @area: options area of a TCP header
 * @options: filled in completely; of a repeated option the first counts, one with a wrong length is ignored
 *
 * Return: false if the area ends in an option whose length is impossible
 */
bool tcp_options_parse(struct span area, struct tcp_options *options);

/**
 * tcp_options_build() - write an options area in the order that Linux uses, padded to four bytes
 * @options: options to write
 * @area: at least TCP_OPTIONS_MAX bytes
 *
 * Return: length of the area used, a multiple of 4
 */
size_t tcp_options_build(const struct tcp_options *options, struct span area);

/** tcp_sack_build() - write SACK blocks, NOPs in front, into @area; returns the number of bytes, 0 without blocks */
size_t tcp_sack_build(const struct tcp_sack *sack, struct span area);

#endif

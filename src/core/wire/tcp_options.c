/* SPDX-License-Identifier: ISC */
/*
 * tcp_options.c - read and build TCP options
 */
#include "nat46/tcp_options.h"

/* length of an option with fixed length, kind and length bytes included */
enum {
	LENGTH_MSS = 4,
	LENGTH_WINDOW_SCALE = 3,
	LENGTH_SACK_PERMITTED = 2,
	LENGTH_TIMESTAMPS = 10,
	LENGTH_SACK_BLOCK = 8,
};

bool tcp_option_next(struct span area, size_t *position, struct tcp_option_view *view)
{
	while (*position < area.length) {
		uint8_t kind = span_get8(area, *position);
		size_t length;

		if (kind == TCP_OPTION_END) {
			*position = area.length;
			return false;
		}
		if (kind == TCP_OPTION_NOP) {
			(*position)++;
			continue;
		}
		if (area.length - *position < 2)
			return false;
		length = span_get8(area, *position + 1);
		if (length < 2 || length > area.length - *position)
			return false;
		*view = (struct tcp_option_view){ .kind = kind, .offset = *position, .length = length };
		*position += length;
		return true;
	}
	return false;
}

static void read_option(struct span area, const struct tcp_option_view *view, struct tcp_options *options)
{
	switch (view->kind) {
	case TCP_OPTION_MSS:
		if (view->length != LENGTH_MSS || options->has_mss)
			return;
		options->has_mss = true;
		options->mss = span_get16(area, view->offset + 2);
		return;
	case TCP_OPTION_WINDOW_SCALE:
		if (view->length != LENGTH_WINDOW_SCALE || options->has_window_scale)
			return;
		options->has_window_scale = true;
		options->window_scale = span_get8(area, view->offset + 2);
		if (options->window_scale > TCP_WINDOW_SCALE_MAX)
			options->window_scale = TCP_WINDOW_SCALE_MAX;
		return;
	case TCP_OPTION_SACK_PERMITTED:
		if (view->length == LENGTH_SACK_PERMITTED)
			options->sack_permitted = true;
		return;
	case TCP_OPTION_SACK:
		options->has_sack = true;
		return;
	case TCP_OPTION_TIMESTAMPS:
		if (view->length != LENGTH_TIMESTAMPS || options->has_timestamps)
			return;
		options->has_timestamps = true;
		options->ts_value = span_get32(area, view->offset + 2);
		options->ts_echo = span_get32(area, view->offset + 6);
		return;
	case TCP_OPTION_MD5:
	case TCP_OPTION_AO:
		options->is_signed = true;
		return;
	default:
		return;
	}
}

bool tcp_options_parse(struct span area, struct tcp_options *options)
{
	struct tcp_option_view view;
	size_t position = 0;

	*options = (struct tcp_options){ 0 };
	while (tcp_option_next(area, &position, &view))
		read_option(area, &view, options);
	return position == area.length;
}

size_t tcp_options_build(const struct tcp_options *options, struct span area)
{
	size_t n = 0;

	if (options->has_mss) {
		span_put8(area, n, TCP_OPTION_MSS);
		span_put8(area, n + 1, LENGTH_MSS);
		span_put16(area, n + 2, options->mss);
		n += LENGTH_MSS;
	}
	if (options->sack_permitted) {
		/* timestamps are 2 bytes short of alignment: SACK permitted fills the gap if there is one */
		if (!options->has_timestamps) {
			span_put16(area, n, TCP_OPTION_NOP << 8 | TCP_OPTION_NOP);
			n += 2;
		}
		span_put8(area, n, TCP_OPTION_SACK_PERMITTED);
		span_put8(area, n + 1, LENGTH_SACK_PERMITTED);
		n += LENGTH_SACK_PERMITTED;
	} else if (options->has_timestamps) {
		span_put16(area, n, TCP_OPTION_NOP << 8 | TCP_OPTION_NOP);
		n += 2;
	}
	if (options->has_timestamps) {
		span_put8(area, n, TCP_OPTION_TIMESTAMPS);
		span_put8(area, n + 1, LENGTH_TIMESTAMPS);
		span_put32(area, n + 2, options->ts_value);
		span_put32(area, n + 6, options->ts_echo);
		n += LENGTH_TIMESTAMPS;
	}
	if (options->has_window_scale) {
		span_put8(area, n, TCP_OPTION_NOP);
		span_put8(area, n + 1, TCP_OPTION_WINDOW_SCALE);
		span_put8(area, n + 2, LENGTH_WINDOW_SCALE);
		span_put8(area, n + 3, options->window_scale);
		n += 1 + LENGTH_WINDOW_SCALE;
	}
	return n;
}

size_t tcp_sack_build(const struct tcp_sack *sack, struct span area)
{
	size_t n = 4;

	if (sack->count == 0)
		return 0;
	span_put16(area, 0, TCP_OPTION_NOP << 8 | TCP_OPTION_NOP);
	span_put8(area, 2, TCP_OPTION_SACK);
	span_put8(area, 3, (uint8_t)(2 + sack->count * LENGTH_SACK_BLOCK));
	for (uint32_t i = 0; i < sack->count; i++, n += LENGTH_SACK_BLOCK) {
		span_put32(area, n, sack->edges[i][0]);
		span_put32(area, n + 4, sack->edges[i][1]);
	}
	return n;
}

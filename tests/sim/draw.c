/* SPDX-License-Identifier: ISC */
/* draw.c - random paths, stacks and dialogues */
#include "draw.h"

/* Nobody writes for longer than connections are simulated. */
#define WRITING_MAX (2000 * SECOND)

enum weather draw_weather(struct rng *rng)
{
	static const enum weather choice[] = {
		WEATHER_CLEAR, WEATHER_CLEAR, WEATHER_JITTER, WEATHER_RAIN, WEATHER_RAIN, WEATHER_STORM,
	};

	return choice[rng_below(rng, 6)];
}

void draw_link(struct rng *rng, enum weather weather, uint32_t mtu, struct link_profile *profile)
{
	*profile = (struct link_profile){
		.delay = rng_size(rng, 150000) * MICROSECOND,
		.keep_order = weather == WEATHER_CLEAR || rng_chance(rng, 0.3),
		.mtu = mtu,
	};
	if (rng_chance(rng, 0.5))
		profile->jitter = rng_size(rng, 30000) * MICROSECOND;
	/* from what is drawn already, so that a seed without ECN stays what it was */
	profile->mark = profile->delay / MICROSECOND & 1 ? 0.05 : 0;
	if (weather == WEATHER_CLEAR)
		return;
	profile->duplicate = rng_chance(rng, 0.5) ? 0.02 : 0;
	profile->late = rng_chance(rng, 0.5) ? 0.03 : 0;
	profile->lateness = rng_size(rng, 400000) * MICROSECOND;
	if (weather == WEATHER_JITTER)
		return;
	profile->loss = rng_between(rng, 1, 40) / 1000.0;
	if (weather == WEATHER_RAIN)
		return;
	profile->loss = rng_between(rng, 20, 120) / 1000.0;
	profile->corrupt = rng_chance(rng, 0.7) ? rng_between(rng, 1, 30) / 1000.0 : 0;
	if (rng_chance(rng, 0.3)) {
		profile->blackout = rng_between(rng, 0, 5000) * MILLISECOND;
		uint32_t longest = rng_chance(rng, 0.3) ? 30000 : 4000;

		profile->blackout_end = profile->blackout + rng_between(rng, 10, longest) * MILLISECOND;
	}
}

void draw_stack(struct rng *rng, uint32_t mtu, struct tcp_profile *profile)
{
	static const uint16_t mss[] = { 65535, 65535, 65535, 65535, 1460, 1440, 1220, 536 };
	static const uint8_t shift[] = { 0, 1, 2, 5, 7, 7, 8, 10, 14 };
	static const uint32_t windows[] = { 1, 2, 4, 10 };
	bool modern = rng_chance(rng, 0.5);

	*profile = (struct tcp_profile){
		.timestamps = modern || rng_chance(rng, 0.5),
		.sack = modern || rng_chance(rng, 0.5),
		.scale = modern || rng_chance(rng, 0.5),
		.shift = shift[rng_below(rng, 9)],
		.mss = mss[rng_below(rng, 8)],
		.mtu = mtu,
		.receive_buffer = rng_chance(rng, 0.3) ? 1000 + rng_size(rng, 30000) : 60000 + rng_size(rng, 1000000),
		.delayed_ack = rng_chance(rng, 0.5),
		.probe_data = rng_chance(rng, 0.3),
		.keepalive = rng_chance(rng, 0.2) ? rng_between(rng, 1000, 20000) * MILLISECOND : 0,
		.super_packets = rng_chance(rng, 0.2),
		.partial = rng_chance(rng, 0.2),
		.option_style = (uint8_t)(rng_chance(rng, 0.7) ? 0 : rng_between(rng, 1, 2)),
		.quick_data = rng_chance(rng, 0.3),
		.ts_offset = (uint32_t)rng_next(rng),
	};
	profile->ecn = profile->ts_offset >> 12 & 1;
	profile->initial_window = windows[profile->ts_offset >> 13 & 3];
	profile->nagle = (profile->ts_offset >> 15 & 3) == 0;
	/* a window that always rounds to zero would be the stack's own mistake */
	while ((profile->receive_buffer / 4) >> profile->shift == 0)
		profile->shift--;
}

static void draw_talk(struct rng *rng, uint32_t limit, struct talk *talk)
{
	*talk = (struct talk){ .length = rng_size(rng, limit), .abort_at = NEVER };
	if (rng_chance(rng, 0.2)) {
		talk->write_chunk = 1 + talk->length / rng_between(rng, 1, 30);
		talk->write_pause = rng_size(rng, 2000) * MILLISECOND;
	}
	if (rng_chance(rng, 0.2)) {
		talk->read_chunk = 1000 + rng_size(rng, 20000);
		talk->read_pause = (1 + rng_size(rng, 300)) * MILLISECOND;
	}
	talk->close_when = (enum close_when)rng_below(rng, 3);
	if (rng_chance(rng, 0.1)) {
		talk->abort_at = rng_size(rng, rng_chance(rng, 0.5) ? 100 : 6000) * MILLISECOND;
		talk->vanish = rng_chance(rng, 0.25);
	}
}

/* The first data may be longer than what the chunk was drawn for: it is said before the simulation ends. */
static void bound_writing(struct talk *talk)
{
	int64_t chunks = talk->write_chunk ? talk->length / talk->write_chunk : 0;

	if (chunks * talk->write_pause > WRITING_MAX)
		talk->write_pause = WRITING_MAX / chunks;
}

void draw_talks(struct rng *rng, uint32_t first_length, uint32_t limit, bool server_first, struct talk *client,
		struct talk *server)
{
	draw_talk(rng, limit, client);
	draw_talk(rng, limit, server);
	if (client->length < first_length || rng_chance(rng, 0.3))
		client->length = first_length;
	bound_writing(client);
	if (server_first && server->length == 0)
		server->length = 1;
	if (!server_first && rng_chance(rng, 0.7) && first_length)
		server->start_after = rng_between(rng, 1, first_length);
	if (server_first || rng_chance(rng, 0.3))
		client->start_after = server->length ? rng_between(rng, 1, server->length) : 0;
	if (client->close_when == CLOSE_PEER && server->close_when == CLOSE_PEER)
		client->close_when = (enum close_when)rng_below(rng, 2);
}

/* SPDX-License-Identifier: ISC */
/* draw.h - draw the random parts of a scenario: paths, stacks, dialogues */
#ifndef SIM_DRAW_H
#define SIM_DRAW_H

#include "app.h"
#include "link.h"
#include "rng.h"

/** enum weather - how bad a path is */
enum weather {
	WEATHER_CLEAR,		/* keeps order, loses nothing */
	WEATHER_JITTER,		/* reorders and duplicates, loses nothing */
	WEATHER_RAIN,		/* some loss of everything */
	WEATHER_STORM,		/* heavy loss, bit errors, an outage */
};

/** draw_weather() - clear one time in three */
enum weather draw_weather(struct rng *rng);

/** draw_link() - a path of an MTU; @offload is for the direction towards a translator that takes super-packets */
void draw_link(struct rng *rng, enum weather weather, uint32_t mtu, struct link_profile *profile);

/** draw_stack() - a stack with an interface of an MTU */
void draw_stack(struct rng *rng, uint32_t mtu, struct tcp_profile *profile);

/**
 * draw_talks() - a dialogue that cannot deadlock
 * @first_length: bytes of first data that the client sends whatever happens
 * @limit: most bytes in each direction
 * @server_first: the client says nothing before it was spoken to
 */
void draw_talks(struct rng *rng, uint32_t first_length, uint32_t limit, bool server_first, struct talk *client,
		struct talk *server);

#endif

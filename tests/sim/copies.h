/* SPDX-License-Identifier: ISC */
/* copies.h - somebody on the path of a client who keeps its first data, and sends it again */
#ifndef SIM_COPIES_H
#define SIM_COPIES_H

#include "wire.h"

struct world;

/** copies_take() - the engine has got @packet, undamaged, from where it is from: perhaps it is to get a copy as well */
void copies_take(struct world *world, const struct packet *packet);

#endif

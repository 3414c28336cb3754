/* SPDX-License-Identifier: ISC */
/* translation.h - a segment that is passed on is the same segment, shifted by constants */
#ifndef SIM_TRANSLATION_H
#define SIM_TRANSLATION_H

#include "wire.h"

struct world;

/**
 * translation_check() - compare a segment that the engine emitted with the one that it was given
 * @world: its input is what the engine is processing; nothing is checked without one
 * @out: the emitted segment; nothing is checked if it is not the passed on input
 */
void translation_check(struct world *world, const struct packet *out);

#endif

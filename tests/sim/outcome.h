/* SPDX-License-Identifier: ISC */
/* outcome.h - what must hold when everything has ended */
#ifndef SIM_OUTCOME_H
#define SIM_OUTCOME_H

struct world;

/** outcome_check() - every connection was served or has ended as it may, and the engine is empty */
void outcome_check(struct world *world);

#endif

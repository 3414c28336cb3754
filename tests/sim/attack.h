/* SPDX-License-Identifier: ISC */
/* attack.h - somebody who sees nothing of the connections and guesses their numbers (RFC 5961) */
#ifndef SIM_ATTACK_H
#define SIM_ATTACK_H

struct world;

/* First byte of IPv4 addresses where no host is. */
#define ATTACK_NOBODY 11

/** attack_start() - send forged packets at random times, as the scenario says; the connections must not notice */
void attack_start(struct world *world);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * timer_wheel.h - one timer for each of a fixed number of things, all operations in constant time
 *
 * A hashed timing wheel (Varghese and Lauck, scheme 6): timers are named by a number, sorted into slots of
 * 2^24 ns (16.8 ms) modulo the size of the wheel; one further away than a revolution is passed over until
 * its time has come. A timer never fires early, and at most one slot late.
 */
#ifndef NAT46_TIMER_WHEEL_H
#define NAT46_TIMER_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMER_WHEEL_SLOTS 1024u
#define TIMER_WHEEL_SHIFT 24u

/** struct timer_node - one timer; @due 0: not set. Links are timer numbers plus one, 0: none. */
struct timer_node {
	int64_t due;
	uint32_t next;
	uint32_t previous;
};

/**
 * struct timer_wheel - the wheel
 * @nodes: one per timer, zero at first
 * @capacity: number of timers
 * @armed: number of timers that are set
 * @hand: all slots before this one (counted from time 0) have been worked off
 * @slots: first timer of each slot, plus one
 */
struct timer_wheel {
	struct timer_node *nodes;
	uint32_t capacity;
	uint32_t armed;
	int64_t hand;
	uint32_t slots[TIMER_WHEEL_SLOTS];
};

/** timer_wheel_init() - an empty wheel over @capacity zeroed @nodes */
void timer_wheel_init(struct timer_wheel *wheel, struct timer_node *nodes, uint32_t capacity, int64_t now);

/** timer_wheel_set() - let timer @id fire at @due; replaces an earlier setting */
void timer_wheel_set(struct timer_wheel *wheel, uint32_t id, int64_t due);

/** timer_wheel_cancel() - timer @id shall not fire; it need not be set */
void timer_wheel_cancel(struct timer_wheel *wheel, uint32_t id);

/**
 * timer_wheel_expire() - take one timer that is due
 * @id: set if there is one; the timer is no longer set then
 * Return: false if none is due at @now
 */
bool timer_wheel_expire(struct timer_wheel *wheel, int64_t now, uint32_t *id);

/** timer_wheel_next() - when timer_wheel_expire() should be called again; INT64_MAX if no timer is set */
int64_t timer_wheel_next(const struct timer_wheel *wheel);

/** timer_wheel_check() - NULL if the links are consistent, else what is not */
const char *timer_wheel_check(const struct timer_wheel *wheel);

#endif

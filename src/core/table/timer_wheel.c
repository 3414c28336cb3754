/* SPDX-License-Identifier: ISC */
/*
 * timer_wheel.c - hashed timing wheel
 */
#include "nat46/timer_wheel.h"

#include "nat46/assert.h"

static int64_t tick_of(int64_t time)
{
	return time >> TIMER_WHEEL_SHIFT;
}

static uint32_t *slot_of(struct timer_wheel *wheel, int64_t tick)
{
	return &wheel->slots[(uint64_t)tick % TIMER_WHEEL_SLOTS];
}

/** node_tick() - a timer that is already due sits where the hand passes next */
static int64_t clamp_tick(const struct timer_wheel *wheel, int64_t due)
{
	int64_t tick = tick_of(due);

	return tick < wheel->hand ? wheel->hand : tick;
}

void timer_wheel_init(struct timer_wheel *wheel, struct timer_node *nodes, uint32_t capacity, int64_t now)
{
	*wheel = (struct timer_wheel){ .nodes = nodes, .capacity = capacity, .hand = tick_of(now) };
}

void timer_wheel_cancel(struct timer_wheel *wheel, uint32_t id)
{
	struct timer_node *node;

	NAT46_ASSERT(id < wheel->capacity);
	node = &wheel->nodes[id];
	if (node->due == 0)
		return;
	if (node->previous)
		wheel->nodes[node->previous - 1].next = node->next;
	else
		*slot_of(wheel, tick_of(node->due)) = node->next;
	if (node->next)
		wheel->nodes[node->next - 1].previous = node->previous;
	*node = (struct timer_node){ 0 };
	wheel->armed--;
}

void timer_wheel_set(struct timer_wheel *wheel, uint32_t id, int64_t due)
{
	struct timer_node *node;
	uint32_t *slot;
	int64_t tick;

	NAT46_ASSERT(due > 0);
	timer_wheel_cancel(wheel, id);
	tick = clamp_tick(wheel, due);
	if (tick != tick_of(due))
		due = (int64_t)((uint64_t)tick << TIMER_WHEEL_SHIFT);
	node = &wheel->nodes[id];
	slot = slot_of(wheel, tick);
	*node = (struct timer_node){ .due = due, .next = *slot };
	if (*slot)
		wheel->nodes[*slot - 1].previous = id + 1;
	*slot = id + 1;
	wheel->armed++;
}

/** first_due() - a timer in the slot of the hand that is due, or 0 */
static uint32_t first_due(struct timer_wheel *wheel, int64_t now)
{
	for (uint32_t link = *slot_of(wheel, wheel->hand); link; link = wheel->nodes[link - 1].next) {
		if (wheel->nodes[link - 1].due <= now)
			return link;
	}
	return 0;
}

bool timer_wheel_expire(struct timer_wheel *wheel, int64_t now, uint32_t *id)
{
	int64_t last = tick_of(now);

	if (wheel->armed == 0) {
		wheel->hand = last > wheel->hand ? last : wheel->hand;
		return false;
	}
	/* after a long pause one revolution sees every slot */
	if (last - wheel->hand > (int64_t)TIMER_WHEEL_SLOTS)
		wheel->hand = last - TIMER_WHEEL_SLOTS;
	for (;;) {
		uint32_t link = first_due(wheel, now);

		if (link) {
			*id = link - 1;
			timer_wheel_cancel(wheel, *id);
			return true;
		}
		if (wheel->hand >= last)
			return false;
		wheel->hand++;
	}
}

int64_t timer_wheel_next(const struct timer_wheel *wheel)
{
	if (wheel->armed == 0)
		return INT64_MAX;
	for (int64_t tick = wheel->hand; tick < wheel->hand + (int64_t)TIMER_WHEEL_SLOTS; tick++) {
		/* the end of the slot: all of its timers are due then */
		if (wheel->slots[(uint64_t)tick % TIMER_WHEEL_SLOTS])
			return (int64_t)((uint64_t)(tick + 1) << TIMER_WHEEL_SHIFT);
	}
	return INT64_MAX;
}

const char *timer_wheel_check(const struct timer_wheel *wheel)
{
	uint32_t count = 0;

	for (uint32_t slot = 0; slot < TIMER_WHEEL_SLOTS; slot++) {
		uint32_t previous = 0;

		for (uint32_t link = wheel->slots[slot]; link; link = wheel->nodes[link - 1].next) {
			const struct timer_node *node = &wheel->nodes[link - 1];

			if (node->previous != previous)
				return "timer wheel: broken link";
			if ((uint64_t)tick_of(node->due) % TIMER_WHEEL_SLOTS != slot)
				return "timer wheel: timer in a wrong slot";
			if (tick_of(node->due) < wheel->hand)
				return "timer wheel: timer behind the hand";
			previous = link;
			if (++count > wheel->armed)
				return "timer wheel: more timers than are set";
		}
	}
	return count == wheel->armed ? NULL : "timer wheel: fewer timers than are set";
}

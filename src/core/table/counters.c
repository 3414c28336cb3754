/* SPDX-License-Identifier: ISC */
/*
 * counters.c - names and explanations of events
 */
#include "nat46/counters.h"

#include <assert.h>

#include "nat46/assert.h"

struct label {
	const char *name;
	const char *help;
};

#define X(identifier, name, help) { name, help },
static const struct label events[] = { EVENTS(X) };
#undef X

static_assert(sizeof(events) / sizeof(events[0]) == EVENT_COUNT, "every event has a label");

const char *event_name(enum event event)
{
	NAT46_ASSERT(event < EVENT_COUNT);
	return events[event].name;
}

const char *event_help(enum event event)
{
	NAT46_ASSERT(event < EVENT_COUNT);
	return events[event].help;
}

/* SPDX-License-Identifier: ISC */
/*
 * verdict.c - names and explanations of verdicts and of reasons to drop
 */
#include "nat46/verdict.h"

#include <assert.h>

#include "nat46/assert.h"

struct label {
	const char *name;
	const char *help;
};

#define X(identifier, name, help) { name, help },
static const struct label drops[] = { DROP_REASONS(X) };
#undef X

static const char *const verdicts[] = {
	[VERDICT_FORWARDED] = "forwarded",
	[VERDICT_ANSWERED] = "answered",
	[VERDICT_ABSORBED] = "absorbed",
	[VERDICT_DROPPED] = "dropped",
};

static_assert(sizeof(drops) / sizeof(drops[0]) == DROP_COUNT, "every drop reason has a label");
static_assert(sizeof(verdicts) / sizeof(verdicts[0]) == VERDICT_COUNT, "every verdict has a name");

const char *drop_name(enum drop drop)
{
	NAT46_ASSERT(drop < DROP_COUNT);
	return drops[drop].name;
}

const char *drop_help(enum drop drop)
{
	NAT46_ASSERT(drop < DROP_COUNT);
	return drops[drop].help;
}

const char *verdict_name(enum verdict verdict)
{
	NAT46_ASSERT(verdict < VERDICT_COUNT);
	return verdicts[verdict];
}

/* SPDX-License-Identifier: ISC */
/*
 * rule_mark.c - which rule has won, in four bytes beside the record of a flow
 */
#include "nat46/rule_mark.h"

#include <string.h>

#include "nat46/siphash.h"

static const char fallback[] = "to";

/* The key is fixed: marks are of texts of the operator, and have to be the same after a reload. */
uint32_t rule_mark(const char *text)
{
	static const struct siphash_key key = { .word = { 0, 0 } };
	uint32_t mark = (uint32_t)siphash_13(&key, text, strlen(text));

	return mark != 0 ? mark : 1;
}

int rule_mark_compare(const void *a, const void *b)
{
	uint32_t x = ((const struct rule_mark *)a)->mark, y = ((const struct rule_mark *)b)->mark;

	return (x > y) - (x < y);
}

/** count_below() - how many marks of a service are less than @mark */
static size_t count_below(const struct service *service, uint64_t mark)
{
	size_t low = 0, high = service->marks ? service->rule_count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (service->marks[middle].mark < mark)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *rule_mark_text(const struct service *service, uint32_t mark)
{
	size_t first;

	if (mark == 0 || !service)
		return "";
	if (mark == rule_mark(fallback))
		return fallback;
	first = count_below(service, mark);
	if (count_below(service, (uint64_t)mark + 1) != first + 1)
		return "";
	return service->rules[service->marks[first].rule].text;
}

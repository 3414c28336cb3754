/* SPDX-License-Identifier: ISC */
/*
 * rule_mark.h - which rule has won, in four bytes beside the record of a flow
 *
 * A flow must not point into the configuration, nor would the number of a rule say anything after a reload. A mark is
 * made of the text of a rule: it names the same rule as long as the service has one with these conditions.
 */
#ifndef NAT46_RULE_MARK_H
#define NAT46_RULE_MARK_H

#include <stddef.h>
#include <stdint.h>

#include "nat46/service.h"

/** struct rule_mark - the mark of a rule, and the number of the rule in its service */
struct rule_mark {
	uint32_t mark;
	uint32_t rule;
};

/** rule_mark() - the mark of a rule with this text, or of "to"; never 0 */
uint32_t rule_mark(const char *text);

/** rule_mark_compare() - order of the marks of a service. For qsort() on struct rule_mark. */
int rule_mark_compare(const void *a, const void *b);

/**
 * rule_mark_text() - text of the rule that has a mark
 * @service: service; NULL is allowed
 *
 * Return: the text, "to", or "" if the service has no such rule, or, of 100,000s, two of them
 */
const char *rule_mark_text(const struct service *service, uint32_t mark);

#endif

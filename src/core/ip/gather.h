/* SPDX-License-Identifier: ISC */
/*
 * gather.h - fragments that cannot be translated one by one are made whole first
 */
#ifndef NAT46_CORE_IP_GATHER_H
#define NAT46_CORE_IP_GATHER_H

#include "core/base/engine_state.h"

/**
 * gather() - take a fragment in
 * @in: a fragment; if it was the last one missing, replaced by the whole packet, which may be fragmented again
 * @verdict: set if it was not
 *
 * Return: is @in the whole packet now
 */
bool gather(struct engine *e, struct input *in, enum verdict *verdict);

#endif

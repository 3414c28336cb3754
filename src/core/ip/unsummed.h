/* SPDX-License-Identifier: ISC */
/*
 * unsummed.h - UDP packets without checksum: setting "udp.zero_checksum"
 */
#ifndef NAT46_CORE_IP_UNSUMMED_H
#define NAT46_CORE_IP_UNSUMMED_H

#include "core/base/engine_state.h"

/** unsummed_may_pass() - may a UDP packet, of whose header there is enough, be translated; it may have a checksum */
bool unsummed_may_pass(const struct engine *e, const struct input *in);

/**
 * unsummed_settle() - a UDP packet that may pass has been translated: compute its checksum, if it shall have one
 *
 * Return: false if its length does not allow that
 */
bool unsummed_settle(struct engine *e, struct input *in);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * orphan.h - a server uses a connection that is not known here
 */
#ifndef NAT46_CORE_TCP_ORPHAN_H
#define NAT46_CORE_TCP_ORPHAN_H

#include "core/base/engine_state.h"

/**
 * orphan_end() - end a connection without record at both ends
 * @in: segment of the server, without RST flag
 *
 * Return: VERDICT_ANSWERED, or a drop because of a wrong checksum or the rate limit
 */
enum verdict orphan_end(struct engine *e, const struct input *in);

#endif

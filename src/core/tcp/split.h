/* SPDX-License-Identifier: ISC */
/*
 * split.h - repair R5: no segment to a server is larger than the MSS that it has announced
 */
#ifndef NAT46_CORE_TCP_SPLIT_H
#define NAT46_CORE_TCP_SPLIT_H

#include "core/base/engine_state.h"

/** split_emit() - emit a finished segment to the server of @flow, in pieces if its MSS or a clear DF asks for that */
enum verdict split_emit(struct engine *e, const struct flow *flow, struct input *in);

#endif

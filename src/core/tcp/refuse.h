/* SPDX-License-Identifier: ISC */
/*
 * refuse.h - a connection that gets no server: reset, silence, or an answer in the client's protocol
 */
#ifndef NAT46_CORE_TCP_REFUSE_H
#define NAT46_CORE_TCP_REFUSE_H

#include "core/tcp/next.h"

/** refuse() - end a connection that gets no server, in the way that its service asks for; @why is counted */
void refuse(struct engine *e, struct flow *flow, enum event why);

/** refuse_input() - segment of a client that is being answered */
struct next refuse_input(struct engine *e, struct flow *flow, struct input *in);

/** refuse_timer() - the answer was not acknowledged: repeat it, or give up */
void refuse_timer(struct engine *e, struct flow *flow);

#endif

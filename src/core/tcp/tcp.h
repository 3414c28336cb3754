/* SPDX-License-Identifier: ISC */
/*
 * tcp.h - which phase of which connection does a segment, or a timer, belong to
 */
#ifndef NAT46_CORE_TCP_TCP_H
#define NAT46_CORE_TCP_TCP_H

#include "core/tcp/next.h"

/** tcp_from_client() - IPv4 segment to an address of ours; @flow as flow_find() gives it */
enum verdict tcp_from_client(struct engine *e, struct flow *flow, struct input *in);

/** tcp_from_server() - IPv6 segment to the IPv6 address of a client; @flow as flow_find() gives it */
enum verdict tcp_from_server(struct engine *e, struct flow *flow, struct input *in);

/** tcp_proceed() - do what a phase has left to do for a connection; not NEXT_SYN, NEXT_HANDSHAKE, NEXT_SPLICE */
void tcp_proceed(struct engine *e, struct flow *flow, struct next next);

/** tcp_timer() - timer @id fired: of a pending record, or of a half-open one */
void tcp_timer(struct engine *e, uint32_t id);

/** tcp_sweep() - end idle flows, of a stretch of records */
void tcp_sweep(struct engine *e);

#endif

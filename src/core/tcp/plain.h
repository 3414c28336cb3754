/* SPDX-License-Identifier: ISC */
/*
 * plain.h - a service without rules: its client's SYN goes through to a server
 */
#ifndef NAT46_CORE_TCP_PLAIN_H
#define NAT46_CORE_TCP_PLAIN_H

#include "core/tcp/next.h"

/** plain_open() - a client's SYN: choose a server and pass it on */
enum verdict plain_open(struct engine *e, struct input *in, const struct service *service);

/** plain_from_client(), plain_from_server() - segment of a flow in state OPENING */
struct next plain_from_client(struct engine *e, struct flow *flow, struct input *in);
enum verdict plain_from_server(struct engine *e, struct flow *flow, struct input *in);

#endif

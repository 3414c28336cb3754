/* SPDX-License-Identifier: ISC */
/*
 * icmp_message.h - ICMP messages of our own making
 */
#ifndef NAT46_CORE_BASE_ICMP_MESSAGE_H
#define NAT46_CORE_BASE_ICMP_MESSAGE_H

#include "core/base/engine_state.h"
#include "core/wire/icmp.h"

/** icmp_message_begin() - write the ICMP header of an error at the transport offset of @p in the output room */
void icmp_message_begin(struct engine *e, const struct packet *p, const struct icmp_error *error);

/** icmp_message_send() - checksum and IP header for the message of @p in the output room, then send it */
void icmp_message_send(struct engine *e, struct packet *p, enum trace_kind kind);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * endpoint.h - segments to a client whose end point we are, because it has no server
 */
#ifndef NAT46_CORE_TCP_ENDPOINT_H
#define NAT46_CORE_TCP_ENDPOINT_H

#include "core/base/engine_state.h"

/** endpoint_sent() - bytes that we have sent to the client, FIN included */
uint32_t endpoint_sent(const struct engine *e, const struct flow *flow);

/**
 * endpoint_send() - segment to the client; our clock stands still
 * @flags: beside ACK
 * @offset, @length: what is sent of the buffer, and where it is in our stream
 */
void endpoint_send(struct engine *e, const struct flow *flow, uint8_t flags, uint32_t offset, uint32_t length);

/**
 * endpoint_ack() - acknowledge the bytes of the client that are there without a hole, and say which are behind holes
 *
 * @newest: stream offset of what has just come
 *
 * What was acknowledged so is ours to deliver (deliver.h), or the connection is reset.
 */
void endpoint_ack(struct engine *e, const struct flow *flow, uint32_t newest);

/** endpoint_challenge() - show where we stand, in answer to what may be forged (RFC 5961): limited */
enum verdict endpoint_challenge(struct engine *e, const struct flow *flow, const struct input *in);

#endif

/* SPDX-License-Identifier: ISC */
/* ip_options.h - options in the IPv4 header of a packet, which mean nothing behind a translator, but for one */
#ifndef SIM_IP_OPTIONS_H
#define SIM_IP_OPTIONS_H

#include "nat46/frame.h"

/** enum ip_options - what stands behind the fixed IPv4 header */
enum ip_options {
	IP_OPTIONS_NONE,
	IP_OPTIONS_PADDING,
	IP_OPTIONS_RECORD_ROUTE,
	IP_OPTIONS_ROUTE_USED_UP,
	IP_OPTIONS_ROUTE,	/* must not be translated (RFC 7915 4.1) */
};

/** ip_options_put() - put options into a right IPv4 packet that has none and enough room behind it */
void ip_options_put(struct frame *frame, enum ip_options options);

/** ip_options_is_refusal() - is a packet the ICMP error that a source route failed */
bool ip_options_is_refusal(const struct frame *frame);

#endif

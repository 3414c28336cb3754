/* SPDX-License-Identifier: ISC */
/*
 * translate.h - replace an IPv4 header by an IPv6 header and the reverse, in place (RFC 7915 4.1 and 5.1)
 *
 * The transport part does not move: the network header is written in front of it, which for IPv4 -> IPv6
 * takes 20 bytes of headroom. The hop limit goes down by one. IPv4 options and IPv6 extension headers
 * vanish. Transport checksums are the caller's: see packet_address_sum().
 */
#ifndef NAT46_TRANSLATE_H
#define NAT46_TRANSLATE_H

#include "nat46/frame.h"
#include "nat46/packet.h"

/** Longest IPv4 packet that leaves with DF clear: it fits an IPv6 link with the minimum MTU (RFC 7915 5.1). */
#define DF_CLEAR_MAX 1260u

/**
 * translate_4to6() - make an IPv6 packet of an IPv4 packet
 * @frame, @packet: parsed packet; both are changed to describe the result
 * @source, @destination: new addresses
 *
 * The flow label is 0, the traffic class is the type of service. A fragment stays one, and gets a Fragment header.
 */
void translate_4to6(struct frame *frame, struct packet *packet, const struct ipv6_address *source,
		    const struct ipv6_address *destination);

/**
 * translate_6to4() - make an IPv4 packet of an IPv6 packet
 * @frame, @packet: parsed packet; both are changed to describe the result
 * @source, @destination: new addresses, host byte order
 * @identification: for packets of up to 1260 bytes, without those of @packet->grown, which leave with DF clear;
 *	longer ones leave with DF set and identification 0 (RFC 7915 5.1, RFC 6864). The segments of a super-packet
 *	count, not its length; the device numbers them from @identification on. What has a Fragment header takes the
 *	low half of its identification, and leaves with DF clear (RFC 7915 5.1.1).
 */
void translate_6to4(struct frame *frame, struct packet *packet, uint32_t source, uint32_t destination,
		    uint16_t identification);

/**
 * translate_drop_options() - take IPv4 options or IPv6 extension headers out of a parsed packet
 * @frame, @packet: begin with room for a plain header of the same family afterwards, which the caller writes
 */
void translate_drop_options(struct frame *frame, struct packet *packet);

/**
 * ipv6_header_write(), ipv4_header_write() - write a network header at the start of @packet
 * @packet: span of the whole IP packet; its length goes into the header
 * @fragment: flags and fragment offset, see enum ipv4_fragment
 */
void ipv6_header_write(struct span packet, uint8_t protocol, uint8_t traffic_class, uint8_t hop_limit,
		       const struct ipv6_address *source, const struct ipv6_address *destination);
void ipv4_header_write(struct span packet, uint8_t protocol, uint8_t tos, uint8_t ttl, uint32_t source,
		       uint32_t destination, uint16_t fragment, uint16_t identification);

/**
 * ipv6_fragment_write() - write an IPv6 header and a Fragment header at the start of a fragment
 * @whole: the whole IP packet; its length goes into the header
 * @packet: what goes into both
 */
void ipv6_fragment_write(struct span whole, const struct packet *packet);

#endif

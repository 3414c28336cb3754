/* SPDX-License-Identifier: ISC */
/*
 * verdict.h - what becomes of a packet, and why it is dropped
 *
 * One line of the table below gives enum, name and help text of a reason, so a drop without a reason and a help
 * text does not compile. Counted in counters.h.
 */
#ifndef NAT46_VERDICT_H
#define NAT46_VERDICT_H

/** enum verdict - what became of a packet that was given to the engine */
enum verdict {
	VERDICT_FORWARDED,	/* translated and sent on */
	VERDICT_ANSWERED,	/* answered by us as an end point */
	VERDICT_ABSORBED,	/* taken in without an answer: buffered data, bookkeeping */
	VERDICT_DROPPED,	/* counted under its reason */
	VERDICT_COUNT,
};

/* X(identifier, name, help text) */
#define DROP_REASONS(X)                                                                                               \
	X(TRUNCATED, "truncated", "The packet is shorter than its headers say. Look for a broken sender.")             \
	X(BAD_VERSION, "bad_version", "The first byte says neither IPv4 nor IPv6.")                                    \
	X(BAD_HEADER, "bad_header", "A header contradicts itself (lengths, checksum, flags). Look for a broken sender.") \
	X(BAD_OFFLOAD, "bad_offload", "The kernel's offload information does not fit the packet. Please report it.")   \
	X(BAD_CHECKSUM, "bad_checksum", "The transport checksum of a packet that we had to read is wrong.")            \
	X(BAD_SOURCE, "bad_source", "The source address cannot be a host, or belongs to us: spoofed or misrouted.")    \
	X(NOT_OURS, "not_ours", "Nothing is configured for the destination address. Check the routes into the device.") \
	X(NO_MAP, "no_map", "An IPv6 host sent to an IPv4 host, but has no IPv4 address. Add it to maps.")              \
	X(NO_CLIENT, "no_client",                                                                                     \
	  "A mapped IPv6 host sent to an address that is no IPv4 host's. Check the routes into the device.")           \
	X(NOT_GLOBAL, "not_global",                                                                                   \
	  "A private IPv4 address and the well-known prefix 64:ff9b::/96 (RFC 6052 3.1). See wkpf_strict.")             \
	X(BAD_DESTINATION, "bad_destination", "The IPv4 address in the destination cannot be a host.")                 \
	X(MULTICAST, "multicast", "Multicast or link-local traffic of the kernel on the device (normal).")             \
	X(FRAGMENT, "fragment", "A fragment that contradicts another one, or of such a packet, or ends too far behind.") \
	X(FRAGMENT_TINY, "fragment_tiny", "A fragment, or a packet, that ends or begins within its transport header.")      \
	X(UDP_UNSUMMED, "udp_unsummed",                                                                               \
	  "UDP without checksum, in a fragment or in IPv6, where none can be computed. See udp.zero_checksum.")         \
	X(PROTOCOL, "protocol", "No service or map for this transport protocol, or it means something else in IPv6.")  \
	X(HOP_LIMIT, "hop_limit", "TTL or hop limit ran out (traceroute does this on purpose).")                       \
	X(SOURCE_ROUTE, "source_route", "An IPv4 source route that is not used up cannot be translated (RFC 7915 4.1).") \
	X(SEGMENTS_LEFT, "segments_left",                                                                              \
	  "An IPv6 routing header that is not used up cannot be translated (RFC 7915 5.1).")                           \
	X(ICMP_IGNORED, "icmp_ignored", "An ICMP type that is not translated (RFC 7915 4.2 and 5.2).")                 \
	X(ICMP_NO_FLOW, "icmp_no_flow", "An ICMP error about no connection, and no packet of a map.")                       \
	X(ICMP_INNER, "icmp_inner", "The packet inside an ICMP error is too short, or not one that we translate.")                        \
	X(TCP_FLAGS, "tcp_flags", "A combination of TCP flags that no host sends (SYN+FIN, none, ...).")               \
	X(TCP_OPTIONS, "tcp_options", "TCP options whose lengths contradict each other.")                              \
	X(TCP_SIGNED, "tcp_signed", "TCP MD5 or TCP-AO cannot survive address translation. Map such a host 1:1.")      \
	X(TCP_NO_FLOW, "tcp_no_flow", "A segment for a connection that does not exist, not answered.")                 \
	X(TCP_STATE, "tcp_state", "A segment that makes no sense in the state of its connection.")                     \
	X(TCP_WINDOW, "tcp_window", "A segment outside the window before the server was connected.")                   \
	X(TCP_COLLISION, "tcp_collision", "No source port towards the server was free for this client.")               \
	X(UDP_COLLISION, "udp_collision", "No UDP source port towards the server was free for this client.")            \
	X(UDP_NO_FLOW, "udp_no_flow",                                                                                 \
	  "A server's datagram for a client that does not talk to it, or not any more. See timeouts.udp.")             \
	X(ACK_STORM, "ack_storm",                                                                                     \
	  "Client and server answered each other's acknowledgement without end; one direction was cut for a moment.")  \
	X(ECN_MARKED, "ecn_marked", "Data with a congestion mark, for a server without ECN. Set tcp.ecn to false.")     \
	X(TOO_BIG, "too_big", "The packet does not fit the MTU and was answered with an ICMP error.")                  \
	X(FLOWS_FULL, "flows_full", "The flow table is full, and nothing in it is idle. Raise limits.flows.")          \
	X(FLOWS_SOURCE, "flows_source",                                                                               \
	  "One client or /24 has too many connections. See limits.flows_address and limits.flows_network.")            \
	X(WAITING_FULL, "waiting_full", "Too many connections wait for data or a server. Raise limits.waiting.")       \
	X(SOURCE_LIMIT, "source_limit", "Too many of one client or /24 wait. See limits.waiting_address.") \
	X(BUFFER_FULL, "buffer_full", "First data beyond limits.buffer, or more holes than are kept.")                 \
	X(SOURCE_BUFFERS, "source_buffers", "Half of limits.buffers is in use, and one client or /24 holds its share.") \
	X(BUFFERS_FULL, "buffers_full", "All buffers are in use. Raise limits.buffers.")                               \
	X(REFUSED, "refused", "No rule matches, there is no \"to\", and the service refuses silently.")                \
	X(DRAINED, "drained", "All servers for a datagram, or a SYN to be refused in silence, are drained by nat46ctl.") \
	X(RATE, "rate", "A reply to unexpected traffic was suppressed by the rate limit.")

/** enum drop - why a packet was dropped */
/* clang-format off */
enum drop {
#define X(identifier, name, help) DROP_##identifier,
	DROP_REASONS(X)
#undef X
	DROP_COUNT,
};
/* clang-format on */

/** drop_name(), drop_help() - name and explanation of a drop reason */
const char *drop_name(enum drop drop);
const char *drop_help(enum drop drop);

/** verdict_name() - "forwarded", "answered", "absorbed" or "dropped" */
const char *verdict_name(enum verdict verdict);

#endif

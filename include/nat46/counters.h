/* SPDX-License-Identifier: ISC */
/*
 * counters.h - one verdict for every packet, one reason for every drop, and what they mean
 *
 * The tables below are the only place: enum, name, help text and counter come from one line, so a drop
 * without a reason and a help text does not compile. Conservation law, checked by the tests:
 *
 *	received = forwarded + answered + absorbed + sum of dropped
 */
#ifndef NAT46_COUNTERS_H
#define NAT46_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

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
	X(MULTICAST, "multicast", "Multicast or link-local traffic of the kernel on the device (normal).")             \
	X(FRAGMENT, "fragment", "IP fragments are not translated. Lower the MTU or MSS of the sender.")                \
	X(PROTOCOL, "protocol", "No service exists for this transport protocol.")                                      \
	X(HOP_LIMIT, "hop_limit", "TTL or hop limit ran out (traceroute does this on purpose).")                       \
	X(ICMP_IGNORED, "icmp_ignored", "An ICMP type that is not translated (RFC 7915 4.2 and 5.2).")                 \
	X(ICMP_NO_FLOW, "icmp_no_flow", "An ICMP error about a connection that does not exist.")                       \
	X(ICMP_INNER, "icmp_inner", "The packet inside an ICMP error is too short or not TCP.")                        \
	X(TCP_FLAGS, "tcp_flags", "A combination of TCP flags that no host sends (SYN+FIN, none, ...).")               \
	X(TCP_OPTIONS, "tcp_options", "TCP options whose lengths contradict each other.")                              \
	X(TCP_SIGNED, "tcp_signed", "TCP MD5 or TCP-AO cannot survive address translation. Map such a host 1:1.")      \
	X(TCP_NO_FLOW, "tcp_no_flow", "A segment for a connection that does not exist, not answered.")                 \
	X(TCP_STATE, "tcp_state", "A segment that makes no sense in the state of its connection.")                     \
	X(TCP_WINDOW, "tcp_window", "A segment outside the window before the server was connected.")                   \
	X(TCP_COLLISION, "tcp_collision", "No source port towards the server was free for this client.")               \
	X(ACK_STORM, "ack_storm",                                                                                     \
	  "Client and server answered each other's acknowledgement without end; one direction was cut for a moment.")  \
	X(ECN_MARKED, "ecn_marked", "Data with a congestion mark, for a server without ECN. Set tcp.ecn to false.")     \
	X(TOO_BIG, "too_big", "The packet does not fit the MTU and was answered with an ICMP error.")                  \
	X(FLOWS_FULL, "flows_full", "The flow table is full. Raise limits.flows.")                                     \
	X(WAITING_FULL, "waiting_full", "Too many connections wait for data or a server. Raise limits.waiting.")       \
	X(SOURCE_LIMIT, "source_limit", "Too many of one client or /24 wait. See limits.waiting_address.") \
	X(BUFFER_FULL, "buffer_full", "First data beyond limits.buffer, or more holes than are kept.")                 \
	X(BUFFERS_FULL, "buffers_full", "All buffers are in use. Raise limits.buffers.")                               \
	X(REFUSED, "refused", "No rule matches, there is no \"to\", and the service refuses silently.")                \
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

/* X(identifier, name, help text): events worth counting that are not the end of a packet */
#define EVENTS(X)                                                                                                     \
	X(SYN_COOKIE, "syn_cookies", "SYNs of spliced services answered.")                                             \
	X(COOKIE_BAD, "cookies_bad",                                                                                  \
	  "Handshake segments whose cookie is wrong: forged, too late, or from before a restart.")                     \
	X(CLIENT_CONNECTED, "clients_connected", "Clients that completed the handshake with a spliced service.")      \
	X(SERVER_CONNECTED, "servers_connected", "Servers that completed the handshake with a spliced client.")       \
	X(SERVER_REFUSED, "servers_refused", "Servers that answered a SYN with RST or an ICMP error.")                \
	X(SERVER_SILENT, "servers_silent", "Servers that did not answer a SYN in time.")                              \
	X(SERVER_NEXT, "servers_next", "Connections for which the next server in rank was asked.")                        \
	X(SERVER_STALE, "servers_stale", "Servers that still knew an older connection of the same client port.")      \
	X(PLAIN_OPENED, "plain_opened", "Connections of services without rules.")                                     \
	X(REFUSED_NO_RULE, "refused_no_rule", "Connections refused because no rule matched.")                         \
	X(REFUSED_MALFORMED, "refused_malformed",                                                                     \
	  "Connections refused because their first bytes contradict themselves.")                                      \
	X(REFUSED_TIMEOUT, "refused_timeout", "Connections refused because no data came in time.")                    \
	X(REFUSED_NO_SERVER, "refused_no_server", "Connections refused because the last server refused.")             \
	X(REFUSED_SILENCE, "refused_silence", "Connections refused because no server answered in time.")             \
	X(REFUSED_FULL, "refused_full", "Connections refused because a table or pool was full.")                      \
	X(REFUSED_PORT, "refused_port", "SYNs to an address of ours where no service listens on the port.")           \
	X(SYN_DOUBLED, "syns_doubled",                                                                                \
	  "SYNs sent twice, so that a server does not take our round trip for that of a client without timestamps.")        \
	X(PORT_CHANGED, "port_changed", "Connections that use another source port towards the server.")               \
	X(PAYLOAD_KEPT, "payload_kept", "Segments whose payload was overwritten with what had been inspected.")       \
	X(DATA_HELD, "data_held",                                                                                     \
	  "Segments held back because a server's window is smaller than what its client was promised.")                \
	X(OPENING_REPLACED, "opening_replaced",                                                                       \
	  "Unanswered SYNs of services without rules that made room for newer ones. Raise limits.waiting.")             \
	X(WINDOW_RAISED, "windows_raised",                                                                            \
	  "Windows below one unit of our scale, raised to one. Lower tcp.window_scale for servers with tiny buffers.")  \
	X(PROBE_SENT, "connections_probed",                                                                            \
	  "Idle connections whose ends were asked whether they still know it; those that answer live on.")             \
	X(SEGMENT_SPLIT, "segments_split",                                                                            \
	  "Segments that were cut because the server's MSS is smaller than what was promised to the client.")          \
	X(ECHO, "echo_replies", "Echo requests answered.")                                                            \
	X(ICMP_SENT, "icmp_errors_sent", "ICMP errors generated.")                                                    \
	X(ANSWER_SENT, "answers_sent", "Refusals told to the client as a TLS alert or an HTTP error.")                 \
	X(RESET_SENT, "resets_sent", "RST segments generated.")                                                       \
	X(FLOW_OPENED, "flows_opened", "Flow records taken.")                                                         \
	X(FLOW_CLOSED, "flows_closed", "Flow records released.")

/** enum event - what else is counted */
/* clang-format off */
enum event {
#define X(identifier, name, help) EVENT_##identifier,
	EVENTS(X)
#undef X
	EVENT_COUNT,
};
/* clang-format on */

/** struct counters - all counters of an engine; they only grow */
struct counters {
	uint64_t received;		/* packets given to the engine */
	uint64_t emitted;		/* packets that the engine gave to emit() */
	uint64_t verdicts[VERDICT_COUNT];
	uint64_t drops[DROP_COUNT];
	uint64_t events[EVENT_COUNT];
};

/** drop_name(), drop_help() - name and explanation of a drop reason */
const char *drop_name(enum drop drop);
const char *drop_help(enum drop drop);

/** event_name(), event_help() - name and explanation of a counted event */
const char *event_name(enum event event);
const char *event_help(enum event event);

/** verdict_name() - "forwarded", "answered", "absorbed" or "dropped" */
const char *verdict_name(enum verdict verdict);

#endif

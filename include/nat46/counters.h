/* SPDX-License-Identifier: ISC */
/*
 * counters.h - one verdict for every packet, one reason for every drop, and what else is worth counting
 *
 * Enum, name, help text and counter of an event come from one line of the table below, as those of a reason do in
 * verdict.h. Conservation law, checked by the tests:
 *
 *	received = forwarded + answered + absorbed + sum of dropped
 */
#ifndef NAT46_COUNTERS_H
#define NAT46_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "nat46/verdict.h"

/* X(identifier, name, help text): events worth counting that are not the end of a packet */
#define EVENTS(X)                                                                                                     \
	X(SYN_COOKIE, "syn_cookies", "SYNs to services with rules that were answered.")                                \
	X(COOKIE_BAD, "cookies_bad",                                                                                  \
	  "Handshake segments whose cookie is wrong: forged, too late, or from before a restart.")                     \
	X(CLIENT_CONNECTED, "clients_connected", "Clients that completed the handshake with a service with rules.")   \
	X(CLIENT_SILENT, "clients_silent", "Clients with nothing to say when their wait was over, who may speak later.") \
	X(SERVER_CONNECTED, "servers_connected",                                                                      \
	  "Servers that completed the handshake with a client of such a service.")                                     \
	X(SERVER_REFUSED, "servers_refused",                                                                          \
	  "Servers that answered a SYN with RST, or a SYN or datagram with an ICMP error.")                \
	X(SERVER_SILENT, "servers_silent", "Servers that did not answer a SYN in time.")                              \
	X(SERVER_NEXT, "servers_next", "Connections and UDP exchanges that went on to the next server in rank.")                        \
	X(SERVER_STALE, "servers_stale", "Servers that still knew an older connection of the same client port.")      \
	X(PLAIN_OPENED, "plain_opened", "Connections of services without rules.")                                     \
	X(REFUSED_NO_RULE, "refused_no_rule", "Connections refused because no rule matched.")                         \
	X(REFUSED_MALFORMED, "refused_malformed",                                                                     \
	  "Connections refused because their first bytes contradict themselves.")                                      \
	X(REFUSED_INCOMPLETE, "refused_incomplete",                                                                   \
	  "Connections refused because they began TLS or HTTP and no more came of what the rules ask for.")            \
	X(REFUSED_TIMEOUT, "refused_timeout", "Connections refused because no data came in time.")                    \
	X(REFUSED_NO_SERVER, "refused_no_server", "Connections refused because the last server refused.")             \
	X(REFUSED_SILENCE, "refused_silence", "Connections refused because no server answered in time.")             \
	X(REFUSED_DRAINED, "refused_drained",                                                                         \
	  "Connections and UDP exchanges refused because all their servers are drained. See nat46ctl undrain.")        \
	X(REFUSED_FULL, "refused_full", "Connections refused because a table or pool was full.")                      \
	X(REFUSED_PORT, "refused_port", "SYNs to an address of ours where no service listens on the port.")           \
	X(SYN_DOUBLED, "syns_doubled",                                                                                \
	  "SYNs sent twice, so that a server does not take our round trip for that of a client without timestamps.")        \
	X(UDP_OPENED, "udp_opened", "Exchanges of datagrams with UDP services.")                                      \
	X(UDP_REPLACED, "udp_replaced",                                                                               \
	  "Such exchanges that made room for newer ones before their client sent twice: over, or forged.")             \
	X(UDP_RESENT, "udp_resent", "First datagrams that a server refused, sent to the next server.")                \
	X(UDP_CHECKSUM_MADE, "udp_checksums_made", "UDP datagrams that came without checksum and got one.")           \
	X(PORT_CHANGED, "port_changed",                                                                               \
	  "Connections and UDP exchanges that use another source port towards the server.")               \
	X(FIRST_BYTES_ACKNOWLEDGED, "first_bytes_acknowledged",                                                       \
	  "Connections whose first bytes we had to acknowledge, for they came in more than one flight or got lost.")  \
	X(FIRST_BYTES_RESENT, "first_bytes_resent",                                                                   \
	  "Segments with such bytes that we sent again, because the server did not acknowledge them.")                \
	X(UNDELIVERED, "undelivered",                                                                                 \
	  "Connections reset because a server took no bytes that we had acknowledged. Look at the server.")           \
	X(PAYLOAD_KEPT, "payload_kept", "Segments whose payload was overwritten with what had been inspected.")       \
	X(URGENT_CLEARED, "urgent_cleared", "Urgent segments of clients made ordinary while first bytes were pending.") \
	X(DATA_HELD, "data_held",                                                                                     \
	  "Segments held back because a server's window is smaller than what its client was promised.")                \
	X(OPENING_REPLACED, "opening_replaced",                                                                       \
	  "SYNs of services without rules that made room for newer ones, before their client confirmed them: "         \
	  "forged, or more than limits.waiting, waiting_address or waiting_network.")                                  \
	X(BUFFER_TAKEN, "buffers_taken",                                                                              \
	  "Bytes behind a hole that were forgotten to make room for others. Raise limits.buffers.")                    \
	X(FLOW_EVICTED, "flows_evicted",                                                                               \
	  "Idle connections that made room for new ones because the flow table was full. Raise limits.flows.")         \
	X(WINDOW_RAISED, "windows_raised",                                                                            \
	  "Windows below one unit of our scale, raised to one. Lower tcp.window_scale for servers with tiny buffers.")  \
	X(PROBE_SENT, "connections_probed",                                                                            \
	  "Idle connections whose ends were asked whether they still know it; those that answer live on.")             \
	X(CLIENT_ASKED, "clients_asked",                                                                              \
	  "Questions to clients about connections that only their servers still know, to reset them: lost or evicted.") \
	X(SEGMENT_SPLIT, "segments_split",                                                                            \
	  "Segments that were cut because the server's MSS is smaller than what was promised to the client, "          \
	  "or because they may be fragmented. See lowest_ipv6_mtu.")                                                   \
	X(REASSEMBLED, "packets_reassembled", "Packets of services, and of ICMP, that came in fragments.")              \
	X(FRAGMENTS_EXPIRED, "fragments_expired", "Packets of which fragments were missing after five seconds.")     \
	X(FRAGMENTS_EVICTED, "fragments_evicted",                                                                     \
	  "Packets given up before all fragments were there, to make room. Raise limits.fragments.")                  \
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

/** event_name(), event_help() - name and explanation of a counted event */
const char *event_name(enum event event);
const char *event_help(enum event event);

#endif

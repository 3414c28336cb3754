#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""check_honesty.py - compare captures on both sides of nat46d: does it only rewrite, and acknowledge nothing itself

usage: check_honesty.py CLIENT.pcap SERVER.pcap SERVICE CLIENT6 [MINIMUM=NUMBER]...

The captures are from the two interfaces of the router, without any offload on the links, so that they hold the
very segments and checksums. They are merged by time. For every connection:

- every checksum is right, IP and TCP;
- source port and initial sequence number of the client are the same on both sides;
- every segment that leaves for one side after the server was connected is, to the bit, a segment that arrived from
  the other one before, with sequence numbers, SACK blocks, timestamps and window shifted; or it is what nat46d may
  say itself: a flushed part of the first data, an ACK that shows where it stands, a RST;
- nothing is acknowledged to one side that the other had not acknowledged before (but SYN and SYN/ACK);
- no window reaches further than one that the other side has opened.

What was counted is printed; MINIMUM=NUMBER demands that at least so many were seen, so that silence is no success.
"""

import collections
import sys

import pcap
from pcap import ACK, FIN, RST, SYN

MASK = 0xFFFFFFFF
seen = collections.Counter()
failures = []


def after(a, b):
    """Signed distance from b to a in sequence space"""
    return ((a - b + 0x80000000) & MASK) - 0x80000000


def fail(text, segment):
    failures.append(f"{text}\n\t{segment.time}: {segment}")


class Connection:
    """What is known about one connection, in the order of time"""

    def __init__(self, syn):
        self.client_isn = syn.seq
        self.client_scale = syn.scale or 0
        self.acked_by_server = (syn.seq + 1) & MASK  # the SYN itself may be acknowledged
        self.our_isn = self.server_isn = None
        self.our_scale = self.server_scale = 0
        self.our_clock = None
        self.server_clocks = set()
        self.theta = None
        self.connected = False
        self.from_client = collections.Counter()
        self.from_server = collections.Counter()
        self.first_data = {}
        self.edge_by_server = self.edge_by_client = None

    def delta(self):
        return (self.our_isn - self.server_isn) & MASK

    # ---- from the client ----

    def client_in(self, s):
        if s.flags & SYN:
            if s.seq != self.client_isn:
                fail("the test expects one connection for each client port", s)
            return
        self.from_client[key(s)] += 1
        seen["from_client"] += 1
        seen["sack_from_client"] += bool(s.sack)
        seen["timestamps_from_client"] += bool(s.timestamps)
        if s.flags & ACK:
            self.acked_by_client = max_seq(getattr(self, "acked_by_client", None), s.ack)
            edge = (s.ack + (s.window << self.client_scale)) & MASK
            self.edge_by_client = max_seq(self.edge_by_client, edge)
        offset = after(s.seq, self.client_isn) - 1
        if s.data and 0 <= offset < 65536 and not self.connected:
            for i, byte in enumerate(s.data):
                self.first_data.setdefault(offset + i, byte)

    # ---- to the server ----

    def server_out(self, s):
        if s.flags & SYN:
            seen["syn_to_server"] += 1
            if s.seq != self.client_isn:
                fail("the client's initial sequence number has changed", s)
            return
        if s.flags & RST:
            seen["rst_to_server"] += 1
            return
        self.learn_theta(s)
        if self.acknowledges_too_much(s):
            fail("acknowledged to the server what the client had not acknowledged", s)
        if self.from_client[self.key_at_client(s)]:
            seen["translated_to_server"] += 1
        elif self.is_flush(s):
            seen["flushed"] += 1
        else:
            fail("this segment to the server has no cause", s)
        if self.edge_by_client is not None:
            edge = (s.ack + (s.window << self.client_scale)) & MASK
            if after(edge, (self.edge_by_client - self.delta()) & MASK) > 0:
                fail("the window is larger than the client's", s)

    def learn_theta(self, s):
        if self.theta is None:
            self.theta = 0
            if s.timestamps and self.our_clock is not None:
                self.theta = (s.timestamps[1] - self.our_clock) & MASK
                if s.timestamps[1] not in self.server_clocks:
                    fail("the first echo is not the timestamp of the server's SYN/ACK", s)
        self.connected = True

    def acknowledges_too_much(self, s):
        if not s.flags & ACK or after(s.ack, self.server_isn) == 1:
            return False
        acked = getattr(self, "acked_by_client", None)
        return acked is None or after((s.ack + self.delta()) & MASK, acked) > 0

    def key_at_client(self, s):
        """The segment of the client that this one must come from"""
        stamps = s.timestamps and (s.timestamps[0], (s.timestamps[1] - self.theta) & MASK)
        sack = tuple(((a + self.delta()) & MASK, (b + self.delta()) & MASK) for a, b in s.sack)
        ack = (s.ack + self.delta()) & MASK if s.flags & ACK else s.ack
        return (s.seq, ack, s.flags, s.window, s.urgent, stamps, sack, s.data)

    def is_flush(self, s):
        """May nat46d say this itself: first data in other pieces, or an ACK that shows where it stands"""
        offset = after(s.seq, self.client_isn) - 1
        same = all(self.first_data.get(offset + i) == byte for i, byte in enumerate(s.data))
        return s.flags & ACK and after(s.ack, self.server_isn) == 1 and same

    # ---- from the server ----

    def server_in(self, s):
        if s.flags & SYN and s.flags & ACK:
            if self.server_isn not in (None, s.seq):
                fail("the test expects one server for each connection", s)
            self.server_isn = s.seq
            self.server_scale = s.scale or 0
            if s.timestamps:
                self.server_clocks.add(s.timestamps[0])
            return
        seen["from_server"] += 1
        seen["sack_from_server"] += bool(s.sack)
        seen["timestamps_from_server"] += bool(s.timestamps)
        if s.flags & ACK:
            self.acked_by_server = max_seq(self.acked_by_server, s.ack)
            edge = (s.ack + (s.window << self.server_scale)) & MASK
            self.edge_by_server = max_seq(self.edge_by_server, edge)
        self.from_server[key(s)] += 1

    # ---- to the client ----

    def client_out(self, s):
        if s.flags & ACK and after(s.ack, self.acked_by_server) > 0:
            fail("acknowledged to the client what the server had not acknowledged", s)
        if s.flags & SYN:
            self.syn_ack_to_client(s)
        elif s.flags & RST:
            seen["rst_to_client"] += 1
        elif self.is_translated(s):
            seen["translated_to_client"] += 1
            if after((s.ack + (s.window << self.our_scale)) & MASK, self.edge_by_server) > 0:
                fail("the window is larger than the server's", s)
        elif not s.data and s.flags == ACK and after(s.ack, self.client_isn) == 1:
            seen["answered"] += 1
        else:
            fail("this segment to the client has no cause", s)

    def syn_ack_to_client(self, s):
        seen["syn_ack_to_client"] += 1
        if self.our_isn not in (None, s.seq):
            fail("the SYN/ACK was repeated with another sequence number", s)
        if after(s.ack, self.client_isn) != 1:
            fail("the SYN/ACK does not acknowledge the SYN", s)
        self.our_isn = s.seq
        self.our_scale = s.scale or 0
        if s.timestamps:
            self.our_clock = s.timestamps[0]

    def is_translated(self, s):
        """Is it, but for the window's lowest bits, a segment of the server"""
        if self.server_isn is None or self.theta is None:
            return False
        stamps = s.timestamps and ((s.timestamps[0] + self.theta) & MASK, s.timestamps[1])
        seq = (s.seq - self.delta()) & MASK
        loss = max(self.our_scale - self.server_scale, 0)
        for low in range(1 << loss) if loss <= 8 else ():
            window = (((s.window << self.our_scale) >> self.server_scale) + low) & MASK
            if (window << self.server_scale) >> self.our_scale != s.window:
                continue
            if self.from_server[(seq, s.ack, s.flags, window, s.urgent, stamps, s.sack, s.data)]:
                return True
        # a window that does not fit 16 bits with our scale was cut down
        if s.window == 0xFFFF:
            same = (seq, s.ack, s.flags, s.urgent, stamps, s.sack, s.data)
            return any(k[:3] + k[4:] == same for k in self.from_server)
        return False


def key(s):
    return (s.seq, s.ack, s.flags, s.window, s.urgent, s.timestamps, s.sack, s.data)


def max_seq(a, b):
    return b if a is None or after(b, a) > 0 else a


def segments(path):
    for packet in pcap.read(path):
        if packet.protocol != pcap.TCP:
            continue
        segment = pcap.Segment(packet)
        if not packet.ip_checksum_ok or not packet.transport_checksum_ok():
            fail("wrong checksum", segment)
        seen["checksums"] += 1
        yield segment


def run(client_path, server_path, service, client6):
    connections = {}
    everything = [(s.time, s) for s in segments(client_path)] + [(s.time, s) for s in segments(server_path)]
    everything.sort(key=lambda entry: entry[0])
    for _, s in everything:
        packet = s.packet
        to_server = packet.destination == service or packet.source == client6
        port = s.sport if to_server else s.dport
        if packet.destination == service and s.flags & SYN and port not in connections:
            connections[port] = Connection(s)
        if port not in connections:
            fail("the source port is not that of a client", s)
        elif packet.destination == service:
            connections[port].client_in(s)
        elif packet.source == service:
            connections[port].client_out(s)
        elif packet.source == client6:
            connections[port].server_out(s)
        elif packet.destination == client6:
            connections[port].server_in(s)
    for connection in connections.values():
        seen["connections"] += 1
        seen["connected"] += connection.connected
        seen["with_delta"] += connection.connected and connection.delta() != 0


def main():
    run(*sys.argv[1:5])
    for name in sorted(seen):
        print(f"{name}={seen[name]}")
    for demand in sys.argv[5:]:
        name, number = demand.split("=")
        if seen[name] < int(number):
            failures.append(f"only {seen[name]} {name}, {number} expected")
    for failure in failures[:10]:
        print(f"FAIL: {failure}", file=sys.stderr)
    if failures:
        sys.exit(f"{len(failures)} failures")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""inject.py - what a stranger sends who knows the addresses and ports of a connection, but not its numbers

usage: inject.py SIDE PORT far|near

Runs in the network namespace of one host, SIDE "client" (IPv4) or "server" (IPv6), with an interface eth0. It looks on
at the TCP connections of this host with PORT, its own or the other end's, and sends to the other end in the name of
this host: RSTs, SYNs, data, FINs, ACKs, and senseless flags, all with wrong numbers; and ICMP errors about segments
that the other end never sent. Nothing of it may have any effect.

"far" sequence numbers are a quarter of the sequence space away, both ways. "near" are also some that lie in the
window, but never the very next one: for connections that are idle, as a busy one may get there meanwhile. Segments
whose sequence number is right have a wrong acknowledgement.

Says "ready", then when there is a connection "injecting", and on SIGTERM how much of each was sent.
"""

import collections
import ipaddress
import itertools
import signal
import socket
import struct
import sys

import pcap
from pcap import ACK, FIN, PSH, RST, SYN

MARK = 200  # hop limit: what was forged, here or at the other side, is not looked at; hosts begin with 64
FAR = 1 << 30
MASK = 0xFFFFFFFF
ETH_P_ALL, PACKET_OUTGOING = 3, 4
IPV6_CHECKSUM = 7
AT_ONCE = 5

# flags, and offsets of sequence and acknowledgement number from what is right
FAR_SEGMENTS = (
    [(RST, seq, 0) for seq in (FAR, -FAR)]
    + [(RST | ACK, seq, ack) for seq in (FAR, -FAR) for ack in (FAR, -FAR)]
    + [(SYN, seq, 0) for seq in (FAR, -FAR, 100, 1000)]
    + [(SYN | ACK, seq, ack) for seq in (FAR, -FAR) for ack in (FAR, -FAR)]
    + [(PSH | ACK, seq, ack) for seq, ack in ((FAR, 0), (-FAR, 0), (0, FAR), (0, -FAR), (100, FAR))]
    + [(FIN | ACK, seq, ack) for seq, ack in ((FAR, 0), (-FAR, 0), (0, FAR), (0, -FAR), (100, -FAR))]
    + [(ACK, seq, ack) for seq, ack in ((FAR, 0), (-FAR, FAR), (0, FAR), (0, -FAR))]
    + [(flags, 0, 0) for flags in (0, FIN, SYN | FIN, SYN | RST, PSH)]
)
NEAR_SEGMENTS = (
    [(RST, seq, 0) for seq in (100, 1000, 10000)]
    + [(RST | ACK, seq, FAR) for seq in (100, 1000, 10000)]
    + [(SYN | ACK, seq, FAR) for seq in (0, 1000)]
)
ERRORS = {
    "client": [(3, 0, 0), (3, 1, 0), (3, 2, 0), (3, 3, 0), (3, 4, 600), (3, 10, 0), (11, 0, 0), (12, 0, 0)],
    "server": [(1, 0, 0), (1, 1, 0), (1, 3, 0), (1, 4, 0), (2, 0, 1280), (3, 0, 0), (4, 1, 6)],
}
NAMES = {0: "none", RST: "RST", SYN: "SYN", FIN: "FIN", ACK: "ACK", PSH: "PSH"}

Connection = collections.namedtuple("Connection", "local remote lport rport seq ack")


def checksum(data):
    return 0xFFFF - int.from_bytes(data + bytes(len(data) % 2), "big") % 0xFFFF


class Side:
    def __init__(self, name):
        self.name = name
        self.family = socket.AF_INET if name == "client" else socket.AF_INET6
        self.tcp = socket.socket(self.family, socket.SOCK_RAW, socket.IPPROTO_TCP)
        if name == "client":
            self.icmp = socket.socket(self.family, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            self.tcp.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, MARK)
        else:
            self.icmp = socket.socket(self.family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
            self.tcp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, MARK)
            self.tcp.setsockopt(socket.IPPROTO_IPV6, IPV6_CHECKSUM, 16)

    def send_segment(self, c, flags, seq, ack):
        """flags with numbers that are so far from those that are right"""
        data = b"forged" if flags & PSH else b""
        header = struct.pack("!HHIIBBHHH", c.lport, c.rport, (c.seq + seq) & MASK,
                             (c.ack + ack) & MASK if flags & ACK else 0, 5 << 4, flags, 1000, 0, 0)
        if self.name == "client":
            pseudo = c.local + c.remote + struct.pack("!HH", 6, len(header + data))
            header = header[:16] + struct.pack("!H", checksum(pseudo + header + data)) + header[18:]
        self.tcp.sendto(header + data, (str(ipaddress.ip_address(c.remote)), 0))

    def send_error(self, c, error, offset):
        """An error about a segment of the other end, with this offset from its next sequence number"""
        kind, code, rest = error
        tcp = struct.pack("!HHIIBBHHH", c.rport, c.lport, (c.ack + offset) & MASK, c.seq, 5 << 4, ACK, 1000, 0, 0)
        if self.name == "client":
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 1400, 1, 0x4000, 60, 6, 0) + c.remote + c.local
            ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
            head = struct.pack("!BBHI", kind, code, 0, rest)
            message = head[:2] + struct.pack("!H", checksum(head + ip + tcp)) + head[4:] + ip + tcp
        else:
            ip = struct.pack("!IHBB", 6 << 28, 1400, 6, 60) + c.remote + c.local
            message = struct.pack("!BBHI", kind, code, 0, rest) + ip + tcp
        self.icmp.sendto(message, (str(ipaddress.ip_address(c.remote)), 0))


def look(packet, is_outgoing, port):
    """The connection that a packet belongs to, with what its next segment from here would have; or None

    Only what this host itself sends tells that: the other end also answers to what was forged. But a host that does
    not answer yet says nothing, and then the SYN that it has got must do.
    """
    if packet.protocol != pcap.TCP or packet.hops > 128:
        return None
    segment = pcap.Segment(packet)
    if port not in (segment.sport, segment.dport) or segment.flags & RST:
        return None
    if is_outgoing:
        return Connection(packet.raw_source, packet.raw_destination, segment.sport, segment.dport, segment.end(),
                          segment.ack)
    if segment.flags & (SYN | ACK) != SYN:
        return None
    return Connection(packet.raw_destination, packet.raw_source, segment.dport, segment.sport, 0, segment.end())


def make_injections(side, distance):
    segments = FAR_SEGMENTS + (NEAR_SEGMENTS if distance == "near" else [])
    for flags, seq, ack in segments:
        name = "+".join(NAMES[bit] for bit in (SYN, FIN, RST, PSH, ACK) if flags & bit) or "none"
        yield name, lambda c, s=(flags, seq, ack): side.send_segment(c, *s)
    for error in ERRORS[side.name]:
        for offset in (FAR, -FAR, 1, -2):
            yield "ICMP", lambda c, e=error, o=offset: side.send_error(c, e, o)


def run(side, port, distance, sent):
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    sniffer.bind(("eth0", ETH_P_ALL))
    sniffer.settimeout(0.002)
    connections = {}
    turn = 0
    injections = itertools.cycle(make_injections(side, distance))
    print("ready", flush=True)
    while True:
        try:
            data, address = sniffer.recvfrom(65536)
            if data[0] >> 4 == (4 if side.name == "client" else 6):
                c = look(pcap.Packet(0, data), address[2] == PACKET_OUTGOING, port)
                if c:
                    connections[c.lport, c.rport] = c
        except TimeoutError:
            pass
        for _ in range(AT_ONCE if connections else 0):
            if not sent:
                print("injecting", flush=True)
            name, inject = next(injections)
            turn += 1
            inject(list(connections.values())[turn // len(FAR_SEGMENTS) % len(connections)])
            sent[name] += 1


class Stop(Exception):
    pass


def stop(*_):
    raise Stop


def main():
    side, port, distance = sys.argv[1:]
    sent = collections.Counter()
    signal.signal(signal.SIGTERM, stop)
    try:
        run(Side(side), int(port), distance, sent)
    except Stop:
        print("injected", sum(sent.values()), " ".join(f"{name}={number}" for name, number in sorted(sent.items())))


if __name__ == "__main__":
    main()

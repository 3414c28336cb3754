#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""check_too_big.py - does a capture at a sender show that "too big" came back about segments that it had sent

usage: check_too_big.py CAPTURE SENDER PEER MTU

There must be at least one such error with this MTU. Every one must have right checksums and quote a segment from
SENDER to PEER that is in the capture before it: addresses, ports, sequence and acknowledgement number.
"""

import sys

import pcap


def is_too_big(packet):
    return (packet.protocol, packet.payload[0], packet.payload[1]) in ((pcap.ICMP, 3, 4), (pcap.ICMPV6, 2, 0))


def check_error(packet, mtu, sent):
    if not packet.ip_checksum_ok or not packet.transport_checksum_ok():
        sys.exit("an error with a wrong checksum")
    told = int.from_bytes(packet.payload[4:8], "big")
    if told != mtu:
        sys.exit(f"an error says MTU {told}, not {mtu}")
    inner = pcap.Packet(0, packet.payload[8:])
    quoted = pcap.Segment(inner)
    if inner.version == 4 and not inner.ip_checksum_ok:
        sys.exit("a quoted header with a wrong checksum")
    ends = (inner.source, quoted.sport, inner.destination, quoted.dport)
    for start, end in sent.get((*ends, quoted.ack), ()):
        if (quoted.seq - start) & 0xFFFFFFFF < end - start:
            return
    sys.exit(f"the quoted segment was never sent: {ends} seq={quoted.seq} ack={quoted.ack}")


def main():
    path, sender, peer, mtu = sys.argv[1:]
    sent = {}
    errors = 0
    for packet in pcap.read(path):
        if packet.protocol == pcap.TCP and packet.source == sender and packet.destination == peer:
            s = pcap.Segment(packet)
            if s.data:
                key = (packet.source, s.sport, packet.destination, s.dport, s.ack)
                sent.setdefault(key, []).append((s.seq, s.seq + len(s.data)))
        elif packet.destination == sender and is_too_big(packet):
            check_error(packet, int(mtu), sent)
            errors += 1
    print(f"{errors} errors with MTU {mtu} about segments of {sender}")
    if errors == 0:
        sys.exit("no error came back")


if __name__ == "__main__":
    main()

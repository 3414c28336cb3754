#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""junk.py - packets that no translator can make anything of, as many as wanted

usage: junk.py KIND SOURCE DESTINATION COUNT RATE

KIND is
	fragments	first fragments that never get complete: of echo requests, of datagrams with and without a checksum, and
			of TCP; no two of the same packet
	errors		ICMP errors with nonsense inside: nothing, noise, headers that lie, errors about errors
	extensions	IPv6 only: extension headers in each other, as deep as the packet is long

RATE is packets a second. SOURCE may be another address than the host has; with "+N" behind it, N addresses from there
on take turns. Says at the end how many were sent.
"""

import ipaddress
import random
import socket
import struct
import sys
import time

from ip_packets import (
    DESTINATION, FRAGMENT, HOP_BY_HOP, ICMP, ICMPV6, ROUTING, TCP, UDP,
    extension, fragment_header, ipv4, ipv6, with_checksum,
)  # fmt: skip

AT_ONCE = 50
PARTS = 64


def packed(address):
    return ipaddress.ip_address(address).packed


class Junk:
    def __init__(self, source, destination, seed):
        first, _, number = source.partition("+")
        self.sources = [
            (int(ipaddress.ip_address(first)) + i).to_bytes(len(packed(first)), "big") for i in range(int(number or 1))
        ]
        self.destination = packed(destination)
        self.is_ipv6 = ":" in destination
        self.random = random.Random(seed)
        self.ident = 0

    def ip(self, source, protocol, data, **more):
        return (ipv6 if self.is_ipv6 else ipv4)(source, self.destination, protocol, data, **more)

    def noise(self, length):
        return self.random.randbytes(length)

    def fragments(self, source):
        """An unfinished packet of each kind; the caller changes their identification"""
        echo = bytes((128 if self.is_ipv6 else 8, 0, 0, 0)) + self.noise(100)
        contents = (
            (ICMPV6 if self.is_ipv6 else ICMP, echo),
            (UDP, struct.pack("!HHHH", 1000, 53, 4000, 0x1234) + self.noise(1000)),
            (UDP, struct.pack("!HHHH", 1000, 53, 4000, 0) + self.noise(8)),
            (TCP, struct.pack("!HHIIBBHHH", 1000, 80, 1, 1, 5 << 4, 16, 1000, 0x1234, 0) + self.noise(20)),
        )
        for protocol, data in contents:
            if self.is_ipv6:
                yield self.ip(source, FRAGMENT, fragment_header(protocol, 0, True, 0) + data)
            else:
                yield self.ip(source, protocol, data, flags=1)

    def renumber(self, packet):
        """The same with another identification; the kernel makes the checksum of the IPv4 header"""
        self.ident += 1
        if self.is_ipv6:
            return packet[:44] + struct.pack("!I", self.ident & 0xFFFFFFFF) + packet[48:]
        return packet[:4] + struct.pack("!H", self.ident & 0xFFFF) + packet[6:]

    def errors(self, source):
        kinds = ((1, 0), (1, 4), (2, 0), (3, 0), (4, 0), (4, 1)) if self.is_ipv6 else (
            (3, 0), (3, 3), (3, 4), (4, 0), (5, 1), (11, 0), (12, 0))  # fmt: skip
        head = 40 if self.is_ipv6 else 20
        protocol = ICMPV6 if self.is_ipv6 else ICMP
        inner = (ipv6 if self.is_ipv6 else ipv4)(self.destination, source, UDP, self.noise(8))
        error = bytes((1 if self.is_ipv6 else 3, 0, 0, 0)) + self.noise(60)
        about_error = (ipv6 if self.is_ipv6 else ipv4)(self.destination, source, protocol, error)
        lies = bytes((inner[0] & 0xF0 | 0x0F,)) + inner[1:]
        contents = (b"", self.noise(1), self.noise(head - 1), self.noise(head), self.noise(200), inner[:head],
                    inner[: head + 7], lies, about_error, inner[:head] + bytes(8), bytes(100))  # fmt: skip
        for kind, code in kinds:
            for content in contents:
                rest = self.noise(4) if self.random.random() < 0.5 else bytes(4)
                data = with_checksum(protocol, source, self.destination, bytes((kind, code, 0, 0)) + rest + content)
                yield self.ip(source, protocol, data)

    def extensions(self, source):
        udp = with_checksum(UDP, source, self.destination, struct.pack("!HHHH", 1000, 9, 16, 0) + bytes(8))
        for kinds in ((DESTINATION,), (ROUTING,), (HOP_BY_HOP,), (DESTINATION, ROUTING), (FRAGMENT,),
                      (DESTINATION, FRAGMENT)):  # fmt: skip
            for last, data in ((UDP, udp), (59, b""), (DESTINATION, b"\x11\xff")):
                protocol = last
                for depth in range((1400 - len(data)) // 8):
                    kind = kinds[depth % len(kinds)]
                    if kind == FRAGMENT:
                        data = fragment_header(protocol, 0, False, depth) + data
                    else:
                        data = extension(protocol, bytes((1, 4, 0, 0, 0, 0)) if kind != ROUTING else bytes(6)) + data
                    protocol = kind
                yield self.ip(source, protocol, data)

    def packets(self, kind):
        """Some hundreds of them, to be sent again and again"""
        some = self.sources[:: max(1, len(self.sources) // PARTS)]
        return [packet for source in some for packet in getattr(self, kind)(source)]


def main():
    kind, source, destination, count, rate = sys.argv[1:]
    count, rate = int(count), int(rate)
    junk = Junk(source, destination, 1)
    family = socket.AF_INET6 if junk.is_ipv6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    packets = junk.packets(kind)
    began = time.monotonic()
    for number in range(count):
        packet = packets[number % len(packets)]
        if kind == "fragments":
            packet = junk.renumber(packet)
        sock.sendto(packet, (destination, 0))
        if number % AT_ONCE == 0:
            time.sleep(max(0, began + number / rate - time.monotonic()))
    took = time.monotonic() - began
    print(f"sent {count} in {took:.1f} s, {count / took:.0f}/s")


if __name__ == "__main__":
    main()

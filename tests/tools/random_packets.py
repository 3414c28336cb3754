# SPDX-License-Identifier: ISC
"""random_packets.py - packets that a translator may be given, each from its seed alone: good, odd and bad ones"""

import ipaddress
import random

from ip_packets import (
    DESTINATION, FRAGMENT, HOP_BY_HOP, ICMP, ICMPV6, ROUTING, TCP, UDP,
    extension, fragment_header, ipv4, ipv6, with_checksum,
)  # fmt: skip

PREFIX = ipaddress.ip_address("2001:db8:46::").packed[:12]
# IPv4 hosts and blocks, and the IPv6 hosts that they stand for
MAPS = (("192.0.2.20", 32, "2001:db8:1::20", 128), ("192.0.2.32", 28, "2001:db8:1::30", 124),
        ("192.0.2.64", 30, "2001:db8:2::", 126))  # fmt: skip
OTHER = (47, 50, 51, 33, 132, 136, 4, 41, 2, 89, 108, 200)
ILLEGAL4 = ("0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "255.255.255.255")
ILLEGAL6 = ("::", "::1", "ff02::1", "fe80::1", "::ffff:198.51.100.7")
LENGTHS = (0, 1, 7, 8, 56, 1172, 1180, 1181, 1192, 1200, 1232, 1240, 1252, 1260, 1400, 1432, 1440, 1452, 1460)
ICMP_TYPES = {4: (0, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 40), 6: (1, 2, 3, 4, 100, 127, 128, 129, 130,
              131, 132, 133, 134, 135, 136, 137, 143, 200)}  # fmt: skip
CODES = {(4, 3): 17, (4, 5): 5, (4, 11): 3, (4, 12): 4, (6, 1): 8, (6, 3): 3, (6, 4): 4}
ANSWERED = {4: (8, 0), 6: (128, 129)}


def packed(text):
    return ipaddress.ip_address(text).packed


def mapped(index, host):
    """Both addresses of a host of MAPS[index]"""
    text4, length4, text6, length6 = MAPS[index]
    host %= 1 << (32 - length4)
    six = int.from_bytes(packed(text6), "big") + (host << (96 + length4 - length6))
    return (int.from_bytes(packed(text4), "big") + host).to_bytes(4, "big"), six.to_bytes(16, "big")


class Packets:
    """make() gives a packet of one of both versions, the same for the same seed"""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.bits = self.random.getrandbits

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def choice(self, things):
        return things[int(self.random.random() * len(things))]

    def below(self, bound):
        return int(self.random.random() * bound)

    def bytes(self, length):
        return self.bits(length * 8).to_bytes(length, "big") if length else b""

    def make(self):
        return self.packet(self.choice((4, 6)))

    def remote(self, version):
        """A host of IPv4, as it is or as it appears in IPv6"""
        if self.chance(0.7):
            return packed(self.choice(ILLEGAL4 if version == 4 else ILLEGAL6))
        four = bytes((198, 51, 100, self.bits(8)))
        if version == 4:
            return four
        return PREFIX + (packed(self.choice(ILLEGAL4)) if self.chance(0.3) else four)

    def local(self, version):
        """A host of IPv6, as it is or as it appears in IPv4"""
        if self.chance(0.5):
            return packed("203.0.113.9" if version == 4 else "2001:db8:9::9")
        return mapped(self.below(len(MAPS)), self.bits(4))[version == 6]

    def length(self):
        if self.chance(50):
            return self.below(100)
        return self.choice(LENGTHS) if self.chance(60) else self.below(1440)

    def protocol(self, version):
        draw = self.below(100)
        if draw < 25:
            return TCP
        if draw < 50:
            return UDP
        if draw < 85:
            return ICMP if version == 4 else ICMPV6
        return self.choice(OTHER) if draw < 99 else (ICMPV6 if version == 4 else ICMP)

    def transport(self, version, protocol, source, destination, depth):
        """Header and content, with a checksum that is nearly always right"""
        length = self.length()
        if protocol == TCP:
            data = self.bytes(12) + b"\x50" + self.bytes(7 + length)
        elif protocol == UDP:
            data = self.bytes(4) + (8 + length).to_bytes(2, "big") + self.bytes(2 + length)
        elif protocol == (ICMP if version == 4 else ICMPV6):
            data = self.icmp(version, source, destination, length, depth)
        else:
            data = self.bytes(length + 8)
        if self.chance(1):
            data = data[: self.below(24)]
        data = with_checksum(protocol, source, destination, data)
        if self.chance(1) and len(data) >= 8:
            at = {TCP: 16, UDP: 6}.get(protocol, 2)
            data = data[:at] + (b"\0\0" if protocol == UDP else self.bytes(2)) + data[at + 2 :]
        return data

    def icmp(self, version, source, destination, length, depth):
        if self.chance(30):
            kind, code = self.choice(ANSWERED[version]), 0
        else:
            kind = self.choice(ICMP_TYPES[version])
            code = self.below(CODES.get((version, kind), 1 + 2 * self.chance(5)))
        head = bytes((kind, code, 0, 0))
        if kind not in ((3, 4, 5, 11, 12) if version == 4 else (1, 2, 3, 4)):
            return head + self.bytes(4 + length)
        inner = self.packet(version, depth + 1, (destination, source) if self.chance(97) else None)
        kept = self.choice((8, 28, 100, 528, 1200)) if self.chance(70) else self.below(100)
        inner = inner[: kept + (20 if version == 4 else 40)]
        return head + self.rest(version, kind, code) + inner

    def rest(self, version, kind, code):
        """The second word: a MTU, a pointer, or nothing"""
        if (version, kind, code) == (4, 3, 4):
            mtu = self.choice((0, 68, 576, 1260, 1261, 1400, 1480, 1500, 9000, self.bits(16)))
            return b"\0\0" + mtu.to_bytes(2, "big")
        if (version, kind) == (6, 2):
            return self.choice((0, 68, 1280, 1281, 1400, 1500, 9000, self.bits(32))).to_bytes(4, "big")
        if (version, kind) == (4, 12):
            return bytes((self.below(24), 0, 0, 0))
        if (version, kind) == (6, 4):
            return self.below(48).to_bytes(4, "big")
        return b"\0\0\0\0" if self.chance(95) else self.bytes(4)

    def packet(self, version, depth=0, ends=None):
        if depth > 3:
            return self.bytes(40)
        if ends is None:
            ends = self.remote(version), self.local(version)
            if version == 6:
                ends = ends[::-1]
        protocol = self.protocol(version)
        data = self.transport(version, protocol, *ends, depth)
        hops = self.choice((0, 1, 2, 255)) if self.chance(3) else self.below(252) + 3
        made = (self.packet4 if version == 4 else self.packet6)(*ends, protocol, data[:1480], hops)
        if depth == 0:
            made = self.spoil(made[:1500])
        return made

    def spoil(self, packet):
        """Cut it, put something behind it, or change a byte, rarely"""
        if not self.chance(1):
            return packet
        kind = self.below(3)
        if kind == 0:
            return packet[: max(20 if packet[0] >> 4 == 4 else 40, self.below(len(packet)))]
        if kind == 1:
            return (packet + self.bytes(1 + self.below(40)))[:1500]
        at = 1 + self.below(len(packet) - 1)
        return packet[:at] + self.bytes(1) + packet[at + 1 :]

    def fragment(self):
        """offset, more, content"""
        offset = 0 if self.chance(40) else self.choice((8, 1232, 1480, 8 * self.below(8000)))
        more = self.chance(70) or offset == 0
        return offset, more

    def packet4(self, source, destination, protocol, data, hops):
        flags = 2 * self.chance(50)
        offset, options = 0, b""
        if self.chance(7):
            offset, more = self.fragment()
            flags = more | (flags if self.chance(5) else 0)
            if more and self.chance(95):
                data = data[: len(data) // 8 * 8]
        if self.chance(4):
            options = self.options()
        return ipv4(source, destination, protocol, data, self.bits(8), self.bits(16), flags, offset, hops, options)

    def options(self):
        kind = self.below(5)
        if kind == 0:
            return b"\1\1\1\0"
        if kind == 1:
            return b"\7\7\4" + self.bytes(4) + b"\0"
        if kind == 2:
            return b"\x94\4\0\0"
        return bytes((self.choice((0x83, 0x89)), 7, self.choice((4, 8)))) + packed("192.0.2.20") + b"\0"

    def packet6(self, source, destination, protocol, data, hops):
        if self.chance(7):
            offset, more = self.fragment() if self.chance(80) else (0, False)
            if more and self.chance(95):
                data = data[: len(data) // 8 * 8]
            data = fragment_header(protocol, offset, more, self.bits(32)) + data
            protocol = FRAGMENT
        if self.chance(6):
            for kind in self.choice(((DESTINATION,), (ROUTING,), (ROUTING, DESTINATION), (HOP_BY_HOP,),
                                     (DESTINATION, DESTINATION, DESTINATION))):  # fmt: skip
                data = extension(protocol, self.extension(kind)) + data
                protocol = kind
        return ipv6(source, destination, protocol, data, self.bits(8), self.bits(20) * self.chance(50), hops)

    def extension(self, kind):
        """PadN in options; a routing header of an unknown type, mostly used up"""
        length = 6 + 8 * self.below(3)
        if kind == ROUTING:
            return bytes((253, self.chance(30))) + bytes(length - 2)
        return bytes((1, length - 2)) + bytes(length - 2)

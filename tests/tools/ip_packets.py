# SPDX-License-Identifier: ISC
"""ip_packets.py - IPv4 and IPv6 packets of all kinds for tests of the translator: make them, take them apart

Plain Python, because a test has a hundred thousand packets.
"""

import struct

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION = 0, 43, 44, 60
EXTENSIONS = (HOP_BY_HOP, ROUTING, DESTINATION)
CHECKSUM_AT = {TCP: 16, UDP: 6}
ICMP_ERRORS = {4: (3, 4, 5, 11, 12), 6: (1, 2, 3, 4)}


def checksum(data):
    """What makes the ones' complement sum of data right, where its checksum is zero"""
    if len(data) % 2:
        data += b"\0"
    return 0xFFFF - int.from_bytes(data, "big") % 0xFFFF


def sums_to_zero(data):
    if len(data) % 2:
        data += b"\0"
    return int.from_bytes(data, "big") % 0xFFFF == 0


def pseudo_header(source, destination, protocol, length):
    return source + destination + struct.pack("!II", length, protocol)


def with_checksum(protocol, source, destination, data):
    """The transport part with its checksum; as it is where the protocol has none or the header is not there"""
    if protocol == ICMP:
        at, pseudo = 2, b""
    elif protocol == ICMPV6:
        at, pseudo = 2, pseudo_header(source, destination, protocol, len(data))
    elif protocol in CHECKSUM_AT:
        at, pseudo = CHECKSUM_AT[protocol], pseudo_header(source, destination, protocol, len(data))
    else:
        return data
    if len(data) < at + 2:
        return data
    data = data[:at] + b"\0\0" + data[at + 2 :]
    value = checksum(pseudo + data)
    if protocol == UDP and value == 0:
        value = 0xFFFF
    return data[:at] + struct.pack("!H", value) + data[at + 2 :]


def ipv4(source, destination, protocol, data, tos=0, ident=0, flags=0, offset=0, ttl=64, options=b"", length=None):
    """flags: 2 is DF, 1 is MF; offset in bytes; length is what the header says, where that is not the truth"""
    ihl = 5 + len(options) // 4
    head = struct.pack(
        "!BBHHHBBH4s4s", 0x40 | ihl, tos, ihl * 4 + len(data) if length is None else length, ident,
        flags << 13 | offset >> 3, ttl, protocol, 0, source, destination,
    ) + options  # fmt: skip
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + data


def ipv6(source, destination, protocol, data, traffic_class=0, flow=0, hops=64, length=None):
    word = 6 << 28 | traffic_class << 20 | flow
    length = len(data) if length is None else length
    return struct.pack("!IHBB", word, length, protocol, hops) + source + destination + data


def fragment_header(protocol, offset, more, ident):
    return struct.pack("!BBHI", protocol, 0, offset | more, ident)


def extension(protocol, content):
    """An extension header whose content has 6 bytes, or 8 more and so on"""
    return struct.pack("!BB", protocol, len(content) // 8) + content


class View:
    """What the headers of a packet say; is_whole is false where it ends before they do

    protocol and payload are behind all extension headers and the fragment header; offset is in bytes.
    """

    def __init__(self, data, is_quoted=False):
        self.data = data
        self.version = data[0] >> 4
        self.df = self.mf = self.has_fragment_header = False
        self.offset = self.ident = 0
        self.options = b""
        self.extensions = []
        self.segments_left = 0
        self.is_whole = True
        if self.version == 4:
            self._ipv4(data)
        else:
            self._ipv6(data)
        end = self.total
        if end > len(data):
            self.is_whole = self.is_whole and is_quoted
            end = len(data)
        self.payload = data[self.transport : end]
        self.is_fragment = self.mf or self.offset > 0

    def _ipv4(self, data):
        head = (data[0] & 15) * 4
        self.tos, self.total, self.ident, bits, self.hops, self.protocol = struct.unpack_from("!xBHHHBB", data)
        self.df, self.mf, self.offset = bool(bits & 0x4000), bool(bits & 0x2000), (bits & 0x1FFF) * 8
        self.source, self.destination = data[12:16], data[16:20]
        self.options = data[20:head]
        self.transport = head
        self.header_ok = head >= 20 and sums_to_zero(data[:head])

    def _ipv6(self, data):
        word, length, self.protocol, self.hops = struct.unpack_from("!IHBB", data)
        self.tos, self.flow = word >> 20 & 255, word & 0xFFFFF
        self.total = 40 + length
        self.source, self.destination = data[8:24], data[24:40]
        self.header_ok = True
        at = 40
        while self.protocol in EXTENSIONS or (self.protocol == FRAGMENT and not self.has_fragment_header):
            if at + 8 > min(len(data), self.total):
                self.is_whole = False
                break
            kind, self.protocol = self.protocol, data[at]
            if kind == FRAGMENT:
                bits, self.ident = struct.unpack_from("!HI", data, at + 2)
                self.has_fragment_header, self.offset, self.mf = True, bits & 0xFFF8, bool(bits & 1)
                at += 8
                break
            self.extensions.append(kind)
            if kind == ROUTING and data[at + 3]:
                self.segments_left = at + 3
            at += 8 + data[at + 1] * 8
        self.transport = at

    def is_icmp(self):
        return self.protocol == (ICMP if self.version == 4 else ICMPV6)

    def is_icmp_error(self):
        return self.is_icmp() and self.offset == 0 and self.payload[:1] and self.payload[0] in ICMP_ERRORS[self.version]

    def quoted(self):
        """The packet inside an ICMP error; None if not even its header is there"""
        inner = self.payload[8:]
        if not self.is_icmp_error() or len(inner) < (20 if self.version == 4 else 40) or inner[0] >> 4 != self.version:
            return None
        return View(inner, is_quoted=True)

    def transport_ok(self):
        """Is the transport checksum right; of fragments and of protocols without one, yes"""
        if self.is_fragment or (self.protocol not in CHECKSUM_AT and not self.is_icmp()):
            return True
        pseudo = b""
        if self.protocol != ICMP:
            pseudo = pseudo_header(self.source, self.destination, self.protocol, len(self.payload))
        return sums_to_zero(pseudo + self.payload)

    def __str__(self):
        kind = f"type {self.payload[0]} code {self.payload[1]}" if self.is_icmp() and len(self.payload) > 1 else ""
        return (
            f"IPv{self.version} {self.source.hex()} > {self.destination.hex()} protocol {self.protocol} {kind} "
            f"total {self.total} of {len(self.data)} tos {self.tos} hops {self.hops} id {self.ident} "
            f"{'DF ' if self.df else ''}{'MF ' if self.mf else ''}offset {self.offset} "
            f"options {self.options.hex()} extensions {self.extensions}"
            f"{' with fragment header' if self.has_fragment_header else ''}"
        )

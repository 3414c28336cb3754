# SPDX-License-Identifier: ISC
"""pcap.py - read captures of tcpdump: IPv4 and IPv6 packets, TCP segments, ICMP errors

Plain Python, because a capture has tens of thousands of packets.
"""

import ipaddress
import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TCP, ICMP, ICMPV6 = 6, 1, 58


def sums_to_zero(data):
    """Is the ones' complement sum of data, which includes its checksum, right?"""
    if len(data) % 2:
        data += b"\0"
    return int.from_bytes(data, "big") % 0xFFFF == 0


class Packet:
    """An IP packet: time in nanoseconds, addresses as text, protocol, payload behind the IP headers"""

    def __init__(self, time, data):
        self.time = time
        self.data = data
        self.version = data[0] >> 4
        if self.version == 4:
            length = (data[0] & 15) * 4
            self.total = struct.unpack_from("!H", data, 2)[0]
            self.traffic_class, self.hops, self.protocol = data[1], data[8], data[9]
            self.raw_source, self.raw_destination = data[12:16], data[16:20]
            self.ip_checksum_ok = sums_to_zero(data[:length])
        else:
            length = 40
            self.total = 40 + struct.unpack_from("!H", data, 4)[0]
            self.traffic_class = (struct.unpack_from("!H", data, 0)[0] >> 4) & 255
            self.protocol, self.hops = data[6], data[7]
            self.raw_source, self.raw_destination = data[8:24], data[24:40]
            self.ip_checksum_ok = True
        self.source = str(ipaddress.ip_address(self.raw_source))
        self.destination = str(ipaddress.ip_address(self.raw_destination))
        self.payload = data[length : self.total]

    def transport_checksum_ok(self):
        """TCP, UDP and ICMPv6 with pseudo header, ICMP without"""
        pseudo = b""
        if self.protocol != ICMP:
            pseudo = self.raw_source + self.raw_destination
            pseudo += struct.pack("!II", len(self.payload), self.protocol)
        return sums_to_zero(pseudo + self.payload)


class Segment:
    """The TCP segment in a Packet; a quoted one may end behind the sequence number"""

    def __init__(self, packet):
        self.packet = packet
        self.time = packet.time
        payload = packet.payload
        self.sport, self.dport, self.seq = struct.unpack_from("!HHI", payload)
        if len(payload) < 20:
            return
        self.ack, offset, self.flags, self.window, _, self.urgent = struct.unpack_from("!IBBHHH", payload, 8)
        self.data = payload[(offset >> 4) * 4 :]
        self.mss = self.scale = self.timestamps = None
        self.sack_permitted = False
        self.sack = ()
        self._options(payload[20 : (offset >> 4) * 4])

    def _options(self, options):
        at = 0
        while at < len(options) and options[at] != 0:
            if options[at] == 1:
                at += 1
                continue
            kind, length = options[at], options[at + 1]
            body = options[at + 2 : at + length]
            if kind == 2:
                self.mss = struct.unpack("!H", body)[0]
            elif kind == 3:
                self.scale = body[0]
            elif kind == 4:
                self.sack_permitted = True
            elif kind == 5:
                self.sack = tuple(struct.iter_unpack("!II", body))
            elif kind == 8:
                self.timestamps = struct.unpack("!II", body)
            at += length

    def end(self):
        """Sequence number behind the segment"""
        extra = bool(self.flags & SYN) + bool(self.flags & FIN)
        return (self.seq + len(self.data) + extra) & 0xFFFFFFFF

    def __str__(self):
        names = "".join(name for bit, name in enumerate("FSRPAUEC") if self.flags >> bit & 1)
        return (
            f"{self.packet.source}:{self.sport} => {self.packet.destination}:{self.dport}: flags={names} "
            f"seq={self.seq} ack={self.ack} len={len(self.data)} win={self.window} "
            f"ts={self.timestamps} sack={self.sack}"
        )


def read(path):
    """All IP packets of a capture on Ethernet"""
    with open(path, "rb") as file:
        content = file.read()
    magic = struct.unpack_from("<I", content)[0]
    unit = {0xA1B23C4D: 1, 0xA1B2C3D4: 1000}[magic]
    if struct.unpack_from("<I", content, 20)[0] != 1:
        raise ValueError("not a capture on Ethernet")
    at = 24
    while at + 16 <= len(content):
        seconds, fraction, captured, length = struct.unpack_from("<IIII", content, at)
        at += 16
        if captured != length:
            raise ValueError("a packet is cut off")
        if content[at + 12 : at + 14] in (b"\x08\x00", b"\x86\xdd"):
            yield Packet(seconds * 10**9 + fraction * unit, content[at + 14 : at + captured])
        at += captured

# SPDX-License-Identifier: ISC
"""What make_translation.py is written with: hosts, packets of both families by scapy, and the form of a vector file.

A transport message is described once, as a function of the family and the addresses that gives its protocol and its
bytes: scapy computes the checksums of both families from scratch. Nothing in here translates.
"""
import itertools
from collections import namedtuple

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, in6_chksum
from scapy.packet import Raw
from scapy.utils import checksum

Host = namedtuple("Host", "v4 v6")		# how one host appears in either family

CLIENT = Host("198.51.100.7", "2001:db8:46::198.51.100.7")	# an IPv4 host, as IPv6 sees it: in the prefix
SERVER = Host("192.0.2.33", "2001:db8:1::31")			# an IPv6 host, as IPv4 sees it: in a mapped block
OTHER = Host("192.0.2.20", "2001:db8:1::20")			# another one, mapped alone
HOP = Host("203.0.113.9", "2001:db8:46::203.0.113.9")		# an IPv4 router on the way
ROUTER = Host("192.0.2.1", "2001:db8:46:ffff::1")		# nat46d itself
NOBODY = Host(None, "2001:db8:99::1")				# an IPv6 host that IPv4 does not see

ICMP, ICMPV6 = 1, 58
ICMP_ERRORS = [bytes([kind]) for kind in (1, 2, 3, 4, 11, 12)]	# of either family
IDENT = 0x1234


def words(count):
    """Payload in which every byte tells where it is, and that a person can read: runs of 16 equal bytes."""
    return bytes(1 + i // 16 % 255 for i in range(count))


# ---- transport messages: functions (is_ipv6, source, destination) -> (protocol, bytes) -----------------------------

def ip(is_ipv6, source, destination):
    return IPv6(src=source, dst=destination) if is_ipv6 else IP(src=source, dst=destination)


def by_scapy(layers, protocol):
    def render(is_ipv6, source, destination):
        whole = bytes(ip(is_ipv6, source, destination) / layers)
        return protocol, whole[40 if is_ipv6 else 20:]
    return render


def udp(data=b"question", sport=40000, dport=53):
    return by_scapy(UDP(sport=sport, dport=dport) / Raw(data), 17)


def tcp(data=b"", flags="A", options=(), seq=1000, ack=2000):
    layer = TCP(sport=40000, dport=80, flags=flags, seq=seq, ack=ack, window=500, options=list(options))
    return by_scapy(layer / Raw(data) if data else layer, 6)


def opaque(protocol, data):
    """A protocol whose checksum, if it has one, does not cover addresses."""
    return lambda is_ipv6, source, destination: (protocol, data)


def damaged(transport, offset, delta):
    """The same message with @delta added to the 16 bits at @offset, in one's complement: a wrong checksum."""
    def render(is_ipv6, source, destination):
        protocol, data = transport(is_ipv6, source, destination)
        value = int.from_bytes(data[offset:offset + 2], "big") + delta
        value = value % 65536 + value // 65536
        return protocol, data[:offset] + value.to_bytes(2, "big") + data[offset + 2:]
    return render


def field(transport, offset, data):
    """The same message with other bytes at @offset, not sealed again."""
    def render(is_ipv6, source, destination):
        protocol, was = transport(is_ipv6, source, destination)
        return protocol, was[:offset] + data + was[offset + len(data):]
    return render


def pseudo_sum(protocol, message, is_ipv6, source, destination, covered=None):
    """Checksum with pseudo header over the first @covered bytes; the length in the pseudo header is the whole."""
    covered = len(message) if covered is None else covered
    addresses = bytes(ip(is_ipv6, source, destination))[8 if is_ipv6 else 12:40 if is_ipv6 else 20]
    rest = len(message).to_bytes(4, "big") + bytes([0, 0, 0, protocol])
    return checksum(addresses + rest + message[:covered])


def sealed(protocol, message, offset, covered=None):
    """A message whose checksum is at @offset and covers a pseudo header (UDP-Lite, DCCP)."""
    def render(is_ipv6, source, destination):
        value = pseudo_sum(protocol, message, is_ipv6, source, destination, covered)
        if protocol == 136 and value == 0:
            value = 0xffff
        return protocol, message[:offset] + value.to_bytes(2, "big") + message[offset + 2:]
    return render


def icmp4(kind, code, rest=0, body=b""):
    message = bytes([kind, code, 0, 0]) + rest.to_bytes(4, "big") + body
    return opaque(ICMP, message[:2] + checksum(message).to_bytes(2, "big") + message[4:])


def icmp6(kind, code, rest=0, body=b""):
    message = bytes([kind, code, 0, 0]) + rest.to_bytes(4, "big") + body

    def render(is_ipv6, source, destination):
        value = in6_chksum(ICMPV6, IPv6(src=source, dst=destination), message)
        return ICMPV6, message[:2] + value.to_bytes(2, "big") + message[4:]
    return render


def echo(reply=False, data=b"ping"):
    """An echo request or reply, of the family it is asked for."""
    rest = 0x00070001

    def render(is_ipv6, source, destination):
        make = icmp6(129 if reply else 128, 0, rest, data) if is_ipv6 else icmp4(0 if reply else 8, 0, rest, data)
        return make(is_ipv6, source, destination)
    return render


# ---- packets -------------------------------------------------------------------------------------------------------

Part = namedtuple("Part", "offset length more ident")	# a fragment: bytes of the message, M flag, identification


def v4(transport, a=CLIENT, b=SERVER, tos=0, ttl=64, ident=IDENT, df=False, options=(), part=None):
    """An IPv4 packet from @a to @b, which may also be given as addresses."""
    source, destination = getattr(a, "v4", a), getattr(b, "v4", b)
    protocol, data = transport(False, source, destination)
    flags = 2 if df else 0
    offset = 0
    if part:
        data = data[part.offset:part.offset + part.length]
        flags |= 1 if part.more else 0
        offset, ident = part.offset // 8, part.ident
    header = IP(src=source, dst=destination, tos=tos, ttl=ttl, id=ident, flags=flags, frag=offset, proto=protocol,
                options=list(options))
    return bytes(header / Raw(data))


def v6(transport, a=CLIENT, b=SERVER, tc=0, hlim=64, label=0, extensions=(), part=None, behind=()):
    """An IPv6 packet from @a to @b. @extensions are (number, bytes without next header), @behind those that lie
    behind the fragment header."""
    source, destination = getattr(a, "v6", a), getattr(b, "v6", b)
    protocol, data = transport(True, source, destination)
    first, data = chain(behind, protocol, data)
    if part:
        data = data[part.offset:part.offset + part.length]
        fragment = (part.offset | (1 if part.more else 0)).to_bytes(2, "big") + part.ident.to_bytes(4, "big")
        first, data = 44, bytes([first, 0]) + fragment + data
    first, data = chain(extensions, first, data)
    return bytes(IPv6(src=source, dst=destination, tc=tc, fl=label, hlim=hlim, nh=first) / Raw(data))


def chain(extensions, protocol, data):
    for number, body in reversed(extensions):
        protocol, data = number, bytes([protocol]) + body + data
    return protocol, data


# Extension headers without their first byte: length in words of 8 bytes behind the first, then what is in it.
HOP_BY_HOP = (0, bytes([0, 1, 4, 0, 0, 0, 0]))				# PadN
DESTINATION = (60, bytes([1, 1, 12]) + bytes(12))			# PadN, 16 bytes
ROUTING_USED = (43, bytes([2, 0, 0]) + bytes(4) + bytes(16))		# type 0, no segments left
ROUTING = (43, bytes([2, 0, 1]) + bytes(4) + bytes(16))			# type 0, one segment left
AUTHENTICATION = (51, bytes([4, 0, 0]) + bytes(20))


# ---- the file ------------------------------------------------------------------------------------------------------

# What of a packet cannot be known: what the translator chooses by itself.
GENERATED = ((4, 6), (10, 12))				# IPv4 identification, and with it the header checksum
INNER_GENERATED = GENERATED + ((32, 34), (38, 40))	# the same, and that of a packet inside an ICMP error
OWN4 = ((1, 2), (4, 6), (8, 9), (10, 12))		# an ICMP error of our own: also its type of service and TTL
OWN6 = ((7, 8),)					# ... and hop limit


def runs(data):
    """Hexadecimal, with AA*16 for 16 or any other number of equal bytes."""
    text, plain = [], ""
    for value, group in itertools.groupby(data):
        count = len(list(group))
        if count < 8:
            plain += f"{value:02x}" * count
            continue
        text += [plain] if plain else []
        text.append(f"{value:02x}*{count}")
        plain = ""
    return " ".join(text + ([plain] if plain else []))


def cut(packet):
    """Lengths of the headers that a line shows apart, and how a packet goes on behind them: its protocol."""
    if packet[0] >> 4 == 4:
        return [12, 4, 4] + ([packet[0] % 16 * 4 - 20] if packet[0] % 16 > 5 else []), packet[9]
    parts, at, following = [8, 16, 16], 40, packet[6]
    while following in (0, 43, 44, 60) and at + 8 <= len(packet):
        size = 8 if following == 44 else 8 + 8 * packet[at + 1]
        following = packet[at]
        parts.append(size)
        at += size
    return parts, following


def show(packet):
    """A packet as words: fields of IP headers, each extension header, an ICMP header, and what is behind them."""
    text = []
    while len(packet) >= 20 and packet[0] >> 4 in (4, 6):
        parts, protocol = cut(packet)
        is_error = protocol in (ICMP, ICMPV6) and packet[sum(parts):sum(parts) + 1] in ICMP_ERRORS
        for size in parts + ([8] if protocol in (ICMP, ICMPV6) else []):
            text += [packet[:size].hex()] if packet else []
            packet = packet[size:]
        if not is_error:
            break
    return " ".join(text + ([runs(packet)] if packet else []))


class VectorFile:
    """The vectors of one subject, written to DIRECTORY/NAME.vector."""

    def __init__(self, directory, name, about):
        self.file = open(f"{directory}/{name}.vector", "w", encoding="ascii")
        self.names = set()
        print(f"# SPDX-License-Identifier: ISC\n# {about}\n# Made by make_translation.py.", file=self.file)

    def vector(self, name, reference, **settings):
        """Begin a vector; @reference is the section that says it, and what it says."""
        assert name not in self.names, name
        self.names.add(name)
        text = "".join(f" {key}={value}" for key, value in settings.items())
        print(f"\n# {reference}\nvector {name}{text}", file=self.file)

    def take(self, packet):
        print(f"in {show(packet)}", file=self.file)

    def out(self, packet, unknown=()):
        print(f"out {show(packet)}", file=self.file)
        if unknown:
            mask = bytearray(b"\xff" * len(packet))
            for begin, end in unknown:
                mask[begin:end] = bytes(end - begin)
            print(f"mask {runs(mask)}", file=self.file)

    def drop(self, reason):
        """The packet before was dropped for @reason; what was answered stands in front of this."""
        print(f"drop {reason}", file=self.file)

    def forward(self, name, reference, packet, expected, unknown=(), **settings):
        """A vector of one packet that becomes one."""
        self.vector(name, reference, **settings)
        self.take(packet)
        self.out(expected, unknown)

    def refuse(self, name, reference, packet, reason, **settings):
        """A vector of one packet that is dropped without a word."""
        self.vector(name, reference, **settings)
        self.take(packet)
        self.drop(reason)

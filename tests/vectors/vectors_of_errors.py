# SPDX-License-Identifier: ISC
"""Vectors of ICMP errors, of every type and code, and of the packets in them (RFC 7915 4.2, 4.3, 5.2, 5.3)."""
from scapy.layers.inet import IPOption_RR

from vector_packets import (CLIENT, DESTINATION, GENERATED, HOP, HOP_BY_HOP, IDENT,
                            INNER_GENERATED, NOBODY, OTHER, ROUTER, ROUTING_USED, SERVER, Host, Part, VectorFile,
                            checksum, damaged, echo, field, icmp4, icmp6, opaque, tcp, udp, v4, v6, words)
from vectors_of_headers import QUOTE4, QUOTE6, dccp

TABLE4 = "RFC 7915 4.2"
TABLE6 = "RFC 7915 5.2"


def sent4(transport=None, quoted=None, **fields):
    """What an IPv4 router quotes of a packet of the server, as it was when it came there."""
    packet = v4(transport or udp(), SERVER, CLIENT, **{"ttl": 3, **fields})
    return packet[:quoted]


def sent6(transport=None, quoted=None, **fields):
    """The same packet as the server knows it."""
    packet = v6(transport or udp(), SERVER, CLIENT, **{"hlim": 3, **fields})
    return packet[:quoted]


def got6(transport=None, quoted=None, **fields):
    """What an IPv6 router quotes of a packet of the client."""
    packet = v6(transport or udp(), CLIENT, SERVER, **{"hlim": 3, **fields})
    return packet[:quoted]


def got4(transport=None, quoted=None, **fields):
    """The same packet as the client knows it, but for what the translator generates."""
    packet = v4(transport or udp(), CLIENT, SERVER, **{"ttl": 3, "ident": 0, **fields})
    return packet[:quoted]


def to_server(file, name, reference, was, becomes, inner4=None, inner6=None, **settings):
    """An ICMPv4 error for the server; @was and @becomes are (type, code, rest), no @becomes: it is dropped."""
    packet = v4(icmp4(*was, inner4 or sent4()), HOP, SERVER)
    if becomes is None:
        file.refuse(name, reference, packet, "icmp_ignored", **settings)
    else:
        file.forward(name, reference, packet, v6(icmp6(*becomes, inner6 or sent6()), HOP, SERVER, hlim=63), **settings)


def to_client(file, name, reference, was, becomes, inner6=None, inner4=None, unknown=INNER_GENERATED, **settings):
    """An ICMPv6 error of the server for the client."""
    packet = v6(icmp6(*was, inner6 or got6()), SERVER, CLIENT)
    if becomes is None:
        file.refuse(name, reference, packet, "icmp_ignored", **settings)
    else:
        file.forward(name, reference, packet, v4(icmp4(*becomes, inner4 or got4()), SERVER, CLIENT, ttl=63, ident=0),
                     unknown, **settings)


def types4(directory):
    f = VectorFile(directory, "icmp4to6", "ICMPv4: every type and code (RFC 7915 4.2)")
    unreachable = {0: (1, 0), 1: (1, 0), 2: (4, 1), 3: (1, 4), 4: (2, 0), 5: (1, 0), 6: (1, 0), 7: (1, 0), 8: (1, 0),
                   9: (1, 1), 10: (1, 1), 11: (1, 0), 12: (1, 0), 13: (1, 1), 15: (1, 1)}
    rest = {2: 6, 4: 1420}
    for code in list(range(18)) + [255]:
        to = unreachable.get(code)
        to_server(f, f"s08-icmp4-unreachable-code-{code:02}", f"{TABLE4}: Destination Unreachable",
                  (3, code, 1400 if code == 4 else 0), to and (*to, rest.get(code, 0)))
    for code in (0, 1, 2):
        to_server(f, f"s08-icmp4-time-exceeded-code-{code}", f"{TABLE4}: Time Exceeded: the code is unchanged",
                  (11, code, 0), (3, code, 0))
    pointers = {0: 0, 1: 1, 2: 4, 3: 4, 8: 7, 9: 6, **{i: 8 for i in range(12, 16)}, **{i: 24 for i in range(16, 20)}}
    for code in (0, 1, 2, 3, 255):
        for pointer in range(24) if code in (0, 2) else (0, 9):
            to = (4, 0, pointers[pointer]) if code in (0, 2) and pointer in pointers else None
            to_server(f, f"s12-icmp4-parameter-code-{code}-pointer-{pointer:02}", f"{TABLE4}, figure 3",
                      (12, code, pointer << 24), to)
    for kind in range(256):
        if kind in (3, 11, 12):
            continue
        if kind in (0, 8):
            continue	# protocols.vector
        f.refuse(f"s08-icmp4-type-{kind:03}", f"{TABLE4}: dropped silently",
                 v4(icmp4(kind, 0, 0x00070001, words(24))), "icmp_ignored")


def types6(directory):
    f = VectorFile(directory, "icmp6to4", "ICMPv6: every type and code (RFC 7915 5.2)")
    unreachable = {0: (3, 1), 1: (3, 10), 2: (3, 1), 3: (3, 1), 4: (3, 3)}
    for code in list(range(9)) + [255]:
        to = unreachable.get(code)
        to_client(f, f"s09-icmp6-unreachable-code-{code:02}", f"{TABLE6}: Destination Unreachable", (1, code, 0),
                  to and (*to, 0))
    for code in (0, 1):
        to_client(f, f"s09-icmp6-too-big-code-{code}", f"{TABLE6}: Packet Too Big; RFC 4443 3.2: the code is ignored",
                  (2, code, 1400), (3, 4, 1380))
    for code in (0, 1, 2):
        to_client(f, f"s09-icmp6-time-exceeded-code-{code}", f"{TABLE6}: Time Exceeded: the code is unchanged",
                  (3, code, 0), (11, code, 0))
    pointers = {0: 0, 1: 1, 4: 2, 5: 2, 6: 9, 7: 8, **{i: 12 for i in range(8, 24)}, **{i: 16 for i in range(24, 40)}}
    for pointer in list(range(42)) + [255, 256, 65536, 0x06000000]:
        to = (12, 0, pointers[pointer] << 24) if pointer in pointers else None
        to_client(f, f"s12-icmp6-parameter-pointer-{pointer:02}", f"{TABLE6}, figure 6", (4, 0, pointer), to)
    for pointer in (6, 40):
        to_client(f, f"s09-icmp6-next-header-pointer-{pointer}", f"{TABLE6}: Unrecognized Next Header", (4, 1, pointer),
                  (3, 2, 0))
    for code in (2, 3, 4, 10, 255):
        to_client(f, f"s09-icmp6-parameter-code-{code}", f"{TABLE6}: dropped silently", (4, code, 6), None)
    for kind in range(256):
        if kind in (1, 2, 3, 4, 128, 129):
            continue
        f.refuse(f"s09-icmp6-type-{kind:03}", f"{TABLE6}: dropped silently",
                 v6(icmp6(kind, 0, 0x00070001, words(24)), SERVER, CLIENT), "icmp_ignored")


def mtu(directory):
    f = VectorFile(directory, "icmp_mtu", "MTU in ICMP errors (RFC 7915 4.2, 5.2; RFC 1191 7)")
    ref = f"{TABLE4}: max(1280, min(MTU + 20, MTU of IPv6, MTU of IPv4 + 20))"
    for link, told, becomes in ((1500, 68, 1280), (1500, 576, 1280), (1500, 1259, 1280), (1500, 1260, 1280),
                                (1500, 1261, 1281), (1500, 1400, 1420), (1500, 1479, 1499), (1500, 1480, 1500),
                                (1500, 1481, 1500), (1500, 1500, 1500), (1500, 9000, 1500), (1500, 65535, 1500),
                                (9000, 1500, 1520), (9000, 8980, 9000), (9000, 9000, 9000), (1280, 1400, 1280)):
        to_server(f, f"s10-link-{link}-mtu-{told}", ref, (3, 4, told), (2, 0, becomes), mtu=link)
    # what was sent was that long, and nobody says what would have passed: the next plateau below
    for total, becomes in ((100, 1280), (1280, 1280), (1480, 1280), (1492, 1280), (1493, 1512), (2002, 1512),
                           (2003, 2022), (4352, 2022), (4353, 4372), (8166, 4372), (8167, 8186), (8980, 8186)):
        message = udp(words(total - 28))
        to_server(f, f"s10-plateau-total-{total}", f"{TABLE4}, RFC 1191 7: plateau below the inner Total Length",
                  (3, 4, 0), (2, 0, becomes), sent4(message, 28), sent6(message, 48), mtu=9000)
    ref = f"{TABLE6}: min(MTU - 20, MTU of IPv4, MTU of IPv6 - 20)"
    for link, told, becomes in ((1500, 1280, 1260), (1500, 1281, 1261), (1500, 1400, 1380), (1500, 1499, 1479),
                                (1500, 1500, 1480), (1500, 1501, 1480), (1500, 9000, 1480), (1500, 65535, 1480),
                                (1500, 0x01000000, 1480), (1500, 0xffffffff, 1480), (9000, 9000, 8980),
                                (1280, 1400, 1260)):
        to_client(f, f"s11-link-{link}-mtu-{told}", ref, (2, 0, told), (3, 4, becomes), mtu=link)
    for told in (0, 20, 68, 1000, 1279):
        to_client(f, f"s11-mtu-{told}", "RFC 8201 4: no IPv6 path takes less than 1280", (2, 0, told), (3, 4, 1260))
    message = udp(words(1992))
    part = Part(0, 1232, True, IDENT)
    for link, told, becomes in ((1500, 1280, 1252), (1500, 1400, 1372), (1500, 9000, 1472)):
        to_client(f, f"s11-fragment-mtu-{told}", f"{TABLE6}: with a Fragment header in the packet in error, 8 less",
                  (2, 0, told), (3, 4, becomes), got6(message, 56, part=part), got4(message, 28, part=part),
                  GENERATED, mtu=link)


def inner(directory):
    f = VectorFile(directory, "icmp_inner", "The packet inside an ICMP error (RFC 7915 4.3, 5.3)")
    unreachable4, unreachable6 = (3, 1, 0), (1, 0, 0)
    for name, message in (("udp", udp()), ("tcp", tcp(b"data")), ("echo", echo()), ("echo-reply", echo(True)),
                          ("gre", opaque(47, words(24))), ("dccp", dccp(words(12), 0)),
                          ("udp-wrong-checksum", damaged(udp(), 6, 0x0101)), ("tcp-mss", tcp(flags="S", options=[
                              ("MSS", 1400)]))):
        to_server(f, f"s14-{name}-4to6", "RFC 7915 4.3: translated like any other packet, its TTL kept", unreachable4,
                  unreachable6, sent4(message), sent6(message))
        to_client(f, f"s14-{name}-6to4", "RFC 7915 5.3: translated like any other packet, its hop limit kept",
                  (1, 3, 0), (3, 1, 0), got6(message), got4(message))
    zero = field(udp(), 6, b"\0\0")
    f.forward("s14-udp-zero", "RFC 7915 4.5, Jool #135: no checksum inside: what becomes of it does not matter",
              v4(icmp4(3, 1, 0, sent4(zero)), HOP, SERVER), v6(icmp6(1, 0, 0, sent6(zero)), HOP, SERVER, hlim=63),
              ((42, 44), (94, 96)))
    for name, message in (("udp", udp(words(600))), ("tcp", tcp(words(600))), ("echo", echo(False, words(600)))):
        for quoted in (8, 12, 20, 100):
            to_server(f, f"s14-{name}-cut-{quoted}-4to6", "RFC 7915 4.3: cut short; its lengths are of the whole",
                      unreachable4, unreachable6, sent4(message, 20 + quoted), sent6(message, 40 + quoted))
            to_client(f, f"s14-{name}-cut-{quoted}-6to4", "RFC 7915 5.3: cut short; its lengths are of the whole",
                      (1, 3, 0), (3, 1, 0), got6(message, 40 + quoted), got4(message, 20 + quoted))
    for ttl in (0, 1, 255):
        to_server(f, f"s14-ttl-{ttl}-4to6", "RFC 7915 4.3: kept", (11, 0, 0), (3, 0, 0), sent4(ttl=ttl),
                  sent6(hlim=ttl))
        to_client(f, f"s14-ttl-{ttl}-6to4", "RFC 7915 5.3: kept", (3, 0, 0), (11, 0, 0), got6(hlim=ttl), got4(ttl=ttl))
    to_server(f, "s14-tos-4to6", "RFC 7915 4.3", unreachable4, unreachable6, sent4(tos=0xb9), sent6(tc=0xb9))
    to_client(f, "s14-tos-6to4", "RFC 7915 5.3", (1, 3, 0), (3, 1, 0), got6(tc=0xb9, label=7), got4(tos=0xb9))
    to_server(f, "s14-options", "RFC 7915 4.1: options vanish", unreachable4, unreachable6,
              sent4(options=[IPOption_RR(pointer=4, routers=["0.0.0.0"])]), sent6())
    f.forward("s14-outer-4to6", "RFC 7915 4.2: the error itself is a packet as any other: type of service, no options",
              v4(icmp4(3, 1, 0, sent4()), HOP, SERVER, tos=0xc0, df=True,
                 options=[IPOption_RR(pointer=4, routers=["0.0.0.0"])]),
              v6(icmp6(1, 0, 0, sent6()), HOP, SERVER, tc=0xc0, hlim=63))
    f.forward("s14-outer-6to4", "RFC 7915 5.2: the error itself is a packet as any other: traffic class, no extensions",
              v6(icmp6(3, 0, 0, got6()), SERVER, CLIENT, tc=0xc0, extensions=[HOP_BY_HOP, DESTINATION]),
              v4(icmp4(11, 0, 0, got4()), SERVER, CLIENT, tos=0xc0, ttl=63, ident=0), INNER_GENERATED)
    to_server(f, "s14-df-4to6", "RFC 7915 4.1: DF has no counterpart", unreachable4, unreachable6, sent4(df=True),
              sent6())
    message = udp(words(1400))
    to_client(f, "s14-df-6to4", "RFC 7915 5.1: longer than 1260 bytes: DF 1", (1, 3, 0), (3, 1, 0), got6(message, 100),
              got4(message, 80, df=True))
    for name, chain in (("hop-by-hop", [HOP_BY_HOP]), ("all", [HOP_BY_HOP, DESTINATION, ROUTING_USED])):
        to_client(f, f"s14-{name}", "RFC 7915 5.1: skipped", (1, 3, 0), (3, 1, 0), got6(extensions=chain), got4())


def inner_fragments(directory):
    f = VectorFile(directory, "icmp_inner_fragments", "A fragment inside an ICMP error (RFC 7915 4.3, 5.3)")
    message = udp(words(1992))
    for name, part in (("first", Part(0, 1200, True, IDENT)), ("last", Part(1600, 392, False, IDENT))):
        for quoted in (8, 64):
            to_server(f, f"s14-{name}-{quoted}-4to6", "RFC 7915 4.3, 4.1: with a Fragment header", (11, 1, 0),
                      (3, 1, 0), sent4(message, 20 + quoted, part=part), sent6(message, 48 + quoted, part=part))
            to_client(f, f"s14-{name}-{quoted}-6to4", "RFC 7915 5.3, 5.1.1", (3, 1, 0), (11, 1, 0),
                      got6(message, 48 + quoted, part=part), got4(message, 20 + quoted, part=part), GENERATED)
    whole = Part(0, 65535, False, 0xabcd1234)
    to_client(f, "s14-atomic", "RFC 7915 5.1.1: a Fragment header on a whole packet", (1, 3, 0), (3, 1, 0),
              got6(part=whole), got4(ident=0x1234), GENERATED)


def refused_inner(directory):
    f = VectorFile(directory, "icmp_refused", "ICMP errors that are dropped for what is in them")
    nested4 = v4(icmp4(3, 1, 0, v4(udp(), HOP, SERVER)), SERVER, HOP)
    nested6 = v6(icmp6(1, 0, 0, v6(udp(), SERVER, CLIENT)), CLIENT, SERVER)
    f.refuse("s14-error-in-error-4to6", "RFC 7915 4.3: no second level", v4(icmp4(3, 1, 0, nested4), HOP, SERVER),
             "icmp_inner")
    f.refuse("s14-error-in-error-6to4", "RFC 7915 5.3: no second level",
             v6(icmp6(1, 0, 0, nested6), SERVER, CLIENT), "icmp_inner")
    for quoted in (0, 1, 19):
        f.refuse(f"s14-no-header-{quoted}-4to6", "RFC 792: not even an IP header",
                 v4(icmp4(3, 1, 0, sent4(quoted=quoted)), HOP, SERVER), "icmp_inner")
    for quoted in (0, 1, 39):
        f.refuse(f"s14-no-header-{quoted}-6to4", "RFC 4443 2.4: not even an IP header (ayourtch/nat46 #76)",
                 v6(icmp6(1, 0, 0, got6(quoted=quoted)), SERVER, CLIENT), "icmp_inner")
    f.refuse("s14-six-in-four", "not a packet of this family", v4(icmp4(3, 1, 0, sent6()), HOP, SERVER), "icmp_inner")
    f.refuse("s14-four-in-six", "not a packet of this family", v6(icmp6(1, 0, 0, got4()), SERVER, CLIENT), "icmp_inner")
    broken = bytearray(sent4())
    broken[10] ^= 1
    f.forward("s28-inner-header-checksum", "RFC 7915 4.3: not looked at: many stacks quote a header that they changed",
              v4(icmp4(3, 1, 0, bytes(broken)), HOP, SERVER), v6(icmp6(1, 0, 0, sent6()), HOP, SERVER, hlim=63))
    f.refuse("s28-outer-checksum-4to6", "RFC 5508 REQ-3: wrong ICMP checksum",
             v4(damaged(icmp4(3, 1, 0, sent4()), 2, 0x0101), HOP, SERVER), "bad_checksum")
    f.refuse("s28-outer-checksum-6to4", "RFC 5508 REQ-3: wrong ICMP checksum",
             v6(damaged(icmp6(1, 0, 0, got6()), 2, 0x0101), SERVER, CLIENT), "bad_checksum")
    for name, chain in (("cut-extension", [HOP_BY_HOP, DESTINATION]),):
        f.refuse(f"s14-{name}", "RFC 4443: the extension headers are not all there",
                 v6(icmp6(1, 0, 0, got6(quoted=52, extensions=chain)), SERVER, CLIENT), "icmp_inner")
    f.refuse("s14-inner-of-another-4to6", "an error goes to the host that sent the packet in error",
             v4(icmp4(3, 1, 0, v4(udp(), OTHER, CLIENT)), HOP, SERVER), "icmp_inner")
    f.refuse("s14-inner-of-another-6to4", "an error goes to the host that sent the packet in error",
             v6(icmp6(1, 0, 0, v6(udp(), HOP, SERVER)), SERVER, CLIENT), "icmp_inner")
    f.refuse("s14-inner-without-map", "the packet in error cannot be ours: its destination has no map",
             v6(icmp6(1, 0, 0, v6(udp(), CLIENT, NOBODY)), SERVER, CLIENT), "icmp_no_flow")


def sources(directory):
    f = VectorFile(directory, "icmp_sources", "Whose name an ICMP error bears (RFC 6791), and illegal sources inside")
    for kind, (was, becomes) in {"time-exceeded": ((3, 0, 0), (11, 0, 0)), "unreachable": ((1, 0, 0), (3, 1, 0)),
                                 "too-big": ((2, 0, 1400), (3, 4, 1380))}.items():
        f.forward(f"s25-{kind}", "RFC 6791 3: an IPv6 router that IPv4 does not see: from our own address",
                  v6(icmp6(*was, got6()), NOBODY, CLIENT),
                  v4(icmp4(*becomes, got4()), ROUTER, CLIENT, ttl=63, ident=0), INNER_GENERATED)
    f.forward("s25-mapped-router", "RFC 6791 3: one that it sees keeps its own",
              v6(icmp6(3, 0, 0, got6()), OTHER, CLIENT),
              v4(icmp4(11, 0, 0, got4()), OTHER, CLIENT, ttl=63, ident=0), INNER_GENERATED)
    for name in ("127.0.0.1", "0.0.0.0", "224.0.0.1"):
        illegal = Host(name, f"2001:db8:46::{name}")
        f.forward(f"s07-inner-{name}-4to6", "RFC 7915 4.1: an illegal address in the packet in error is translated",
                  v4(icmp4(11, 0, 0, v4(udp(), SERVER, illegal)), HOP, SERVER),
                  v6(icmp6(3, 0, 0, v6(udp(), SERVER, illegal)), HOP, SERVER, hlim=63))


def extension(*sizes):
    """An extension structure of RFC 4884 7 with objects of these sizes, their headers included."""
    content = b"".join(size.to_bytes(2, "big") + bytes([1, 1]) + words(size - 4) for size in sizes)
    return bytes([0x20, 0]) + checksum(bytes([0x20, 0, 0, 0]) + content).to_bytes(2, "big") + content


def padded(packet, unit):
    """The original datagram field: at least 128 bytes, filled up with zeros to a multiple of @unit."""
    packet += bytes(max(128 - len(packet), 0))
    return packet + bytes(-len(packet) % unit)


def multipart(directory):
    f = VectorFile(directory, "icmp_extensions", "The length attribute, and extensions (RFC 4884; RFC 7915 4.2, 5.2)")
    message = udp(words(800))
    more = extension(16)
    for kind4, kind6 in ((3, 1), (11, 3)):
        for quoted in (128, 132, 256, 548):
            four, six = padded(sent4(message, quoted), 4), padded(sent6(message, quoted + 20), 8)
            to_server(f, f"s13-type-{kind4}-field-{quoted}-4to6", "RFC 7915 4.2, RFC 4884 4.3: words of 8 bytes",
                      (kind4, 0, len(four) // 4 << 16), (kind6, 0, len(six) // 8 << 24), four + more, six + more)
        for quoted in (128, 152, 256, 520):
            six, four = padded(got6(message, quoted), 8), padded(got4(message, quoted - 20), 4)
            to_client(f, f"s13-type-{kind6}-field-{quoted}-6to4", "RFC 7915 5.2, RFC 4884 4.3: words of 4 bytes",
                      (kind6, 0, len(six) // 8 << 24), (kind4, 1 if kind4 == 3 else 0, len(four) // 4 << 16),
                      six + more, four + more)
    four = padded(sent4(), 4)
    six = padded(sent6() + bytes(len(four) - len(sent4())), 8)
    to_server(f, "s13-short-packet-4to6", "RFC 4884 4.1: a short packet, filled up with zeros", (11, 0, 32 << 16),
              (3, 0, len(six) // 8 << 24), four + more, six + more)
    six = padded(got6(), 8)
    four = padded(got4(), 4)
    to_client(f, "s13-short-packet-6to4", "RFC 4884 4.1: a short packet, filled up with zeros", (3, 0, 16 << 24),
              (11, 0, 32 << 16), six + more, four + more)
    four, six = padded(sent4(message, 200), 4), padded(sent6(message, 220), 8)
    to_server(f, "s13-parameter", "RFC 4884 4: ICMPv6 Parameter Problem has no length attribute, but a pointer",
              (12, 0, 8 << 24 | 50 << 16), (4, 0, 7), four + more, sent6(message, 220))
    to_server(f, "s13-protocol-unreachable", "RFC 4884 4: becomes Parameter Problem, which has no length attribute",
              (3, 2, 50 << 16), (4, 1, 6), four + more, sent6(message, 220))
    to_server(f, "s13-too-big", "RFC 4884 4: Packet Too Big has no length attribute, the field is the MTU",
              (3, 4, 50 << 16 | 1400), (2, 0, 1420), four + more, sent6(message, 220))


def longest(directory):
    f = VectorFile(directory, "icmp_longest", "ICMP errors of more than 576 or 1280 bytes (RFC 1812, 4443)")
    long = udp(words(1300))
    to_server(f, "s13-no-room-4to6", "RFC 4443 2.4: cut at 1280 bytes", (3, 1, 0), (1, 0, 0), sent4(long, 1300),
              sent6(long, QUOTE6))
    to_client(f, "s13-no-room-6to4", "RFC 1812 4.3.2.3: cut at 576 bytes", (1, 3, 0), (3, 1, 0), got6(long, QUOTE6),
              got4(long, QUOTE4, df=True))
    more = extension(300)
    to_server(f, "s13-extension-4to6", "RFC 4884: room for the extension is made in the packet in error",
              (11, 0, 250 << 16), (3, 0, (QUOTE6 - 300 - 4) // 8 << 24), sent4(long, 1000) + more,
              sent6(long, (QUOTE6 - 300 - 4) // 8 * 8) + more)
    more = extension(16)
    to_client(f, "s13-extension-6to4", "RFC 4884: room for the extension is made in the packet in error",
              (3, 0, 128 << 24), (11, 0, (QUOTE4 - 20) // 4 << 16), got6(long, 1024) + more,
              got4(long, QUOTE4 - 20, df=True) + more)
    to_server(f, "s13-truncated-4to6", "RFC 7915 4.2: an extension that is too long is cut, here behind an object",
              (11, 0, 32 << 16), (3, 0, 19 << 24), sent4(long, 128) + extension(1000, 200),
              padded(sent6(long, 148), 8) + extension(1000))
    to_client(f, "s13-truncated-6to4", "RFC 7915 5.2: an extension that is too long is cut, here behind an object",
              (3, 0, 16 << 24), (11, 0, 32 << 16), got6(long, 128) + extension(400, 200),
              padded(got4(long, 108, df=True), 4) + extension(400))


def write(directory):
    for subject in (types4, types6, mtu, inner, inner_fragments, refused_inner, sources, multipart, longest):
        subject(directory)

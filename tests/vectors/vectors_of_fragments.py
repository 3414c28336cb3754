# SPDX-License-Identifier: ISC
"""Vectors of fragments, both ways, and of IPv4 packets that leave as fragments (RFC 7915 4.1, 5.1.1)."""
from vector_packets import (AUTHENTICATION, CLIENT, DESTINATION, GENERATED, HOP_BY_HOP, IDENT, OWN4, ROUTER,
                            ROUTING_USED, SERVER, Part, VectorFile, echo, field, icmp4, opaque, tcp, udp, v4, v6, words)

LENGTH = 2000				# bytes of a message in fragments
UDP = udp(words(LENGTH - 8))
TCP = tcp(words(LENGTH - 20), "PA")
ECHO = echo(False, words(LENGTH - 8))
FIRST, MIDDLE, LAST = (0, 1200, True), (1200, 400, True), (1600, 400, False)


def passes(file, name, reference, transport, part, ident=IDENT, four=None, six=None):
    """One fragment, there with TTL 64 -> 63, and a like one back."""
    four, six = four or {}, six or {}
    low = Part(*part, ident & 0xffff)
    file.forward(f"{name}-4to6", reference, v4(transport, part=low, **four), v6(transport, hlim=63, part=low, **six))
    file.forward(f"{name}-6to4", reference, v6(transport, SERVER, CLIENT, part=Part(*part, ident), **six),
                 v4(transport, SERVER, CLIENT, ttl=63, part=low, **four))


def refused(file, name, reference, transport, part, reason):
    part = Part(*part, IDENT)
    file.refuse(f"{name}-4to6", reference, v4(transport, part=part), reason)
    file.refuse(f"{name}-6to4", reference, v6(transport, SERVER, CLIENT, part=part), reason)


def stateless(directory):
    f = VectorFile(directory, "fragments", "Fragments through maps, each for itself (RFC 7915 4.1, 5.1.1)")
    for kind, message in (("udp", UDP), ("tcp", TCP), ("gre", opaque(47, words(LENGTH))),
                          ("esp", opaque(50, words(LENGTH)))):
        for name, part in (("first", FIRST), ("middle", MIDDLE), ("last", LAST)):
            passes(f, f"s03-{kind}-{name}", "RFC 7915 4.1, 5.1.1: offset, M and 16 bits of the identification; the"
                   " checksum of the whole is in the first", message, part)
    for ident in (0, 0xffff, 0xabcd1234):
        passes(f, f"s03-ident-{ident:x}", "RFC 7915 4.1, 5.1.1: the low 16 bits, high ones 0", UDP, MIDDLE, ident)
    passes(f, "s03-traffic-class", "RFC 7915 4.1, 5.1: as in every packet", UDP, MIDDLE, four={"tos": 0xb8},
           six={"tc": 0xb8})
    passes(f, "s03-short-udp", "8 bytes are all that a UDP header has", UDP, (0, 8, True))
    passes(f, "s03-short-tcp", "24 bytes hold a TCP header", TCP, (0, 24, True))
    passes(f, "s03-far", "the last bytes that a packet can have", opaque(47, bytes(65504) + words(8)),
           (65504, 8, False))
    for part, name in ((FIRST, "first"), (LAST, "last")):
        f.forward(f"s03-df1-{name}", "RFC 7915 4.1: a fragment is one also if it says DF", v4(UDP, df=True,
                  part=Part(*part, IDENT)), v6(UDP, hlim=63, part=Part(*part, IDENT)))
    f.vector("s26-last-first", "RFC 7915 4.1, RFC 6146 3.4: in any order")
    for part in (LAST, FIRST, MIDDLE):
        f.take(v4(UDP, part=Part(*part, IDENT)))
        f.out(v6(UDP, hlim=63, part=Part(*part, IDENT)))
    for part in (MIDDLE, LAST, FIRST):
        f.take(v6(UDP, SERVER, CLIENT, part=Part(*part, IDENT)))
        f.out(v4(UDP, SERVER, CLIENT, ttl=63, part=Part(*part, IDENT)))


def six(directory):
    f = VectorFile(directory, "fragments_6to4", "What is special about IPv6 fragments (RFC 7915 5.1.1)")
    for size in (100, 1400):
        for kind, message in (("udp", udp(words(size))), ("tcp", tcp(words(size))), ("echo", echo(False, words(size)))):
            whole = Part(0, 65535, False, 0xabcd1234)
            f.forward(f"s20-atomic-{kind}-{size}", "RFC 7915 5.1.1: a Fragment header on a whole packet: DF 0",
                      v6(message, SERVER, CLIENT, part=whole), v4(message, SERVER, CLIENT, ttl=63, ident=0x1234))
    for name, part in (("first", FIRST), ("last", LAST)):
        part = Part(*part, IDENT)
        f.forward(f"s20-behind-extensions-{name}", "RFC 7915 5.1: headers in front of the Fragment header are skipped",
                  v6(UDP, SERVER, CLIENT, part=part, extensions=[HOP_BY_HOP, DESTINATION, ROUTING_USED]),
                  v4(UDP, SERVER, CLIENT, ttl=63, part=part))
        for kind, header in (("destination", DESTINATION), ("routing", ROUTING_USED), ("hop-by-hop", HOP_BY_HOP),
                             ("authentication", AUTHENTICATION)):
            f.refuse(f"s20-{kind}-in-{name}", "RFC 7915 5.1.1: extension headers behind the Fragment header: dropped",
                     v6(UDP, SERVER, CLIENT, part=part, behind=[header]), "protocol")


def gathered(directory):
    f = VectorFile(directory, "fragments_gathered", "Fragments that are made whole first: the checksum of ICMPv6 needs"
                   " the length of the whole")
    reference = "RFC 6146 3.4: in any order, and what is whole may be fragmented again"
    for name, order in (("forward", (FIRST, MIDDLE, LAST)), ("backward", (LAST, MIDDLE, FIRST)),
                        ("twice", (MIDDLE, LAST, MIDDLE, FIRST))):
        f.vector(f"s26-icmp-{name}-4to6", reference)
        for part in order:
            f.take(v4(ECHO, part=Part(*part, IDENT)))
        f.out(v6(ECHO, hlim=63, part=Part(0, 1232, True, IDENT)))
        f.out(v6(ECHO, hlim=63, part=Part(1232, LENGTH - 1232, False, IDENT)))
        f.vector(f"s26-icmp-{name}-6to4", f"{reference}: DF 0")
        for part in order:
            f.take(v6(ECHO, SERVER, CLIENT, part=Part(*part, IDENT)))
        f.out(v4(ECHO, SERVER, CLIENT, ttl=63))
    f.vector("s26-icmp-overlap", "RFC 5722: two parts claim the same bytes")
    f.take(v4(ECHO, part=Part(*FIRST, IDENT)))
    f.take(v4(ECHO, part=Part(1192, 400, True, IDENT)))
    f.drop("fragment")


def refused_ones(directory):
    f = VectorFile(directory, "fragments_refused", "Fragments that are not translated")
    zero = field(UDP, 6, b"\0\0")
    f.refuse("s16-zero-first", "RFC 7915 4.5: a first fragment without a checksum is dropped",
             v4(zero, part=Part(*FIRST, IDENT)), "udp_unsummed")
    f.forward("s16-zero-last", "RFC 7915 4.5: of a later one nobody knows", v4(zero, part=Part(*LAST, IDENT)),
              v6(UDP, hlim=63, part=Part(*LAST, IDENT)))
    refused(f, "s26-tiny-tcp", "RFC 1858 3: a first fragment without the whole TCP header: its checksum is not there",
            TCP, (0, 16, True), "fragment_tiny")
    refused(f, "s26-second-tcp-header", "RFC 3128: a fragment at offset 8 replaces a part of the header", TCP,
            (8, 400, True), "fragment_tiny")
    refused(f, "s26-too-far", "RFC 791, RFC 8200 4.5: beyond 65,535 bytes", opaque(47, bytes(65528) + words(800)),
            (65528, 800, False), "bad_header")
    refused(f, "s26-not-in-8", "RFC 791, RFC 8200 4.5: not the last one, and not a multiple of 8 bytes", UDP,
            (0, 1201, True), "bad_header")


def split(file, name, reference, packet, transport, begin, sizes, more, fields=None, **settings):
    """An IPv4 packet or fragment leaves as fragments of @sizes, from @begin on; @more: the last is not the end."""
    file.vector(name, reference, **settings)
    file.take(packet)
    for i, size in enumerate(sizes):
        last = i == len(sizes) - 1
        file.out(v6(transport, hlim=63, part=Part(begin, size, more or not last, IDENT), **(fields or {})))
        begin += size


def again(directory):
    f = VectorFile(directory, "refragmented", "IPv4 packets with DF 0 that exceed lowest-ipv6-mtu (RFC 7915 4.1)")
    ref = "RFC 7915 4.1: fragments of at most lowest-ipv6-mtu"
    for total, sizes in ((1261, (1232, 9)), (1480, (1232, 228)), (1500, (1232, 248))):
        for kind, message in (("udp", udp(words(total - 28))), ("tcp", tcp(words(total - 40))),
                              ("echo", echo(True, words(total - 28))), ("gre", opaque(47, words(total - 20)))):
            split(f, f"s01-{kind}-total-{total}", ref, v4(message), message, 0, sizes, False)
    big = udp(words(8000 - 28))
    split(f, "s01-total-8000", ref, v4(big), big, 0, (1232,) * 6 + (588,), False, mtu=9000)
    message = udp(words(1500 - 28))
    for lowest, sizes in ((1300, (1248, 232)), (1400, (1352, 128)), (1499, (1448, 32))):
        split(f, f"s01-lowest-{lowest}", f"{ref}; lengths in units of 8", v4(message), message, 0, sizes, False,
              lowest_ipv6_mtu=lowest)
    split(f, "s01-traffic-class", "RFC 7915 4.1: as in every packet", v4(message, tos=0xb9), message, 0, (1232, 248),
          False, {"tc": 0xb9})
    split(f, "s01-zero-checksum", "RFC 7915 4.5: computed over the whole", v4(field(message, 6, b"\0\0")), message, 0,
          (1232, 248), False)
    split(f, "s01-first-fragment", "RFC 7915 4.1: a fragment may become several",
          v4(UDP, part=Part(0, 1480, True, IDENT)), UDP, 0, (1232, 248), True)
    long = udp(words(4000 - 8))
    split(f, "s01-middle-fragment", "RFC 7915 4.1", v4(long, part=Part(1480, 1480, True, IDENT)), long, 1480,
          (1232, 248), True)
    split(f, "s01-last-fragment", "RFC 7915 4.1", v4(long, part=Part(2640, 1360, False, IDENT)), long, 2640,
          (1232, 128), False)
    part = Part(0, 1232, True, IDENT)
    f.forward("s01-fragment-fits", "RFC 7915 4.1: 1232 bytes and both headers are 1280", v4(UDP, part=part),
              v6(UDP, hlim=63, part=part))
    part = Part(0, 1400, True, IDENT)
    f.forward("s01-df1-fragment", "RFC 7915 4.1: DF 1: lowest-ipv6-mtu does not matter", v4(UDP, df=True, part=part),
              v6(UDP, hlim=63, part=part))
    long = udp(words(4000 - 8))
    split(f, "s01-lowest-1500-fragment", "RFC 7915 4.1: the Fragment header counts",
          v4(long, part=Part(0, 1456, True, IDENT)), long, 0, (1448, 8), True, lowest_ipv6_mtu=1500)
    part = Part(0, 1448, True, IDENT)
    f.forward("s02-df1-fragment-fits", "RFC 7915 4.1: 1448 bytes and both headers are 1496",
              v4(long, df=True, part=part), v6(long, hlim=63, part=part))
    packet = v4(long, df=True, part=Part(0, 1456, True, IDENT))
    f.vector("s02-df1-fragment-too-big", "RFC 7915 4.1: the Fragment header counts: 3/4, 8 less")
    f.take(packet)
    f.out(v4(icmp4(3, 4, 1472, packet[:548]), ROUTER, CLIENT), OWN4)
    f.drop("too_big")
    f.forward("s18-64k", "RFC 7915 5.1: the longest UDP there is", v6(udp(words(65507)), SERVER, CLIENT),
              v4(udp(words(65507)), SERVER, CLIENT, ttl=63, ident=0, df=True), GENERATED, mtu=65535)


def write(directory):
    for subject in (stateless, six, gathered, refused_ones, again):
        subject(directory)

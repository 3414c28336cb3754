# SPDX-License-Identifier: ISC
"""Vectors of IP headers, addresses and transport protocols of whole packets (RFC 7915, 6052, 7757)."""
from scapy.layers.inet import (IPOption_LSRR, IPOption_NOP, IPOption_RR, IPOption_Router_Alert, IPOption_SSRR,
                               IPOption_Timestamp)
from scapy.layers.sctp import SCTP, SCTPChunkData

from vector_packets import (AUTHENTICATION, CLIENT, DESTINATION, GENERATED, HOP, HOP_BY_HOP, ICMP, ICMPV6, NOBODY,
                            OTHER, OWN4, OWN6, ROUTER, ROUTING, ROUTING_USED, SERVER, Host, Part, VectorFile, by_scapy,
                            damaged, echo, field, icmp4, icmp6, opaque, sealed, tcp, udp, v4, v6, words)

QUOTE4, QUOTE6 = 576 - 28, 1280 - 48	# as much of a packet as an ICMP error of our own quotes


def both(file, name, reference, transport, four=None, six=None, **settings):
    """The packet there, with TTL 64 -> 63, and the answer of the same kind back."""
    four, six = four or {}, six or {}
    file.forward(f"{name}-4to6", reference, v4(transport, ttl=64, **four), v6(transport, hlim=63, **six), **settings)
    file.forward(f"{name}-6to4", reference, v6(transport, SERVER, CLIENT, hlim=64, **six),
                 v4(transport, SERVER, CLIENT, ttl=63, ident=0, **four), GENERATED, **settings)


def refused_with(file, name, reference, packet, reason, answer, **settings):
    """A packet that is dropped with an ICMP error to its sender; @answer is (type, code, rest)."""
    six = packet[0] >> 4 == 6
    kind, code, rest = answer
    quoted = packet[:QUOTE6 if six else QUOTE4]
    file.vector(name, reference, **settings)
    file.take(packet)
    if six:
        file.out(v6(icmp6(kind, code, rest, quoted), ROUTER, SERVER), OWN6)
    else:
        file.out(v4(icmp4(kind, code, rest, quoted), ROUTER, CLIENT), OWN4)
    file.drop(reason)


def sizes(directory):
    f = VectorFile(directory, "sizes", "Lengths, DF, identification (RFC 7915 4.1, 5, 5.1)")
    for size in (28, 29, 1260):
        f.forward(f"s01-df0-total-{size}", "RFC 7915 4.1: DF 0 and fits lowest-ipv6-mtu: no Fragment header",
                  v4(udp(words(size - 28))), v6(udp(words(size - 28)), hlim=63))
    for size in (1261, 1480):
        f.forward(f"s02-df1-total-{size}", "RFC 7915 4.1: DF 1: lowest-ipv6-mtu does not matter, the link's does",
                  v4(udp(words(size - 28)), df=True), v6(udp(words(size - 28)), hlim=63))
    for mtu, size in ((1500, 1481), (1500, 1500), (1280, 1261), (1400, 1381)):
        refused_with(f, f"s02-df1-total-{size}-mtu-{mtu}", "RFC 7915 4.1: DF 1 and too big: 3/4, MTU of IPv6 - 20",
                     v4(udp(words(size - 28)), df=True), "too_big", (3, 4, mtu - 20), mtu=mtu)
    f.forward("s01-df0-total-1480-lowest-1500", "RFC 7915 4.1: lowest-ipv6-mtu is configurable",
              v4(udp(words(1452))), v6(udp(words(1452)), hlim=63), lowest_ipv6_mtu=1500)
    for size in (28, 1259, 1260):
        f.forward(f"s18-total-{size}", "RFC 7915 5.1: up to 1260 bytes: DF 0 and an identification of our own",
                  v6(udp(words(size - 28)), SERVER, CLIENT),
                  v4(udp(words(size - 28)), SERVER, CLIENT, ttl=63, ident=0), GENERATED)
    for size in (1261, 1480):
        f.forward(f"s18-total-{size}", "RFC 7915 5.1: more than 1260 bytes: DF 1",
                  v6(udp(words(size - 28)), SERVER, CLIENT),
                  v4(udp(words(size - 28)), SERVER, CLIENT, ttl=63, ident=0, df=True), GENERATED)
    f.forward("s18-total-1260-behind-extension", "RFC 7915 5.1: the translated length counts",
              v6(udp(words(1232)), SERVER, CLIENT, extensions=[DESTINATION]),
              v4(udp(words(1232)), SERVER, CLIENT, ttl=63, ident=0), GENERATED)
    f.vector("s21-order", "RFC 7915 4: packets of a flow leave in the order in which they came")
    for i in range(4):
        f.take(v4(udp(bytes([i])), ident=i))
        f.out(v6(udp(bytes([i])), hlim=63))


def traffic_class(directory):
    f = VectorFile(directory, "traffic_class", "Type of service, flow label, hop limit (RFC 7915 4.1, 5.1)")
    for tos in (0x00, 0x01, 0x02, 0x03, 0x10, 0xb8, 0xff):
        both(f, f"s04-tos-{tos:02x}", "RFC 7915 4.1, 5.1: all 8 bits are copied, ECN included; the flow label is 0",
             udp(), {"tos": tos}, {"tc": tos})
    f.forward("s04-flow-label", "RFC 7915 5.1: the flow label has no counterpart",
              v6(udp(), SERVER, CLIENT, tc=0xb8, label=0xabcde),
              v4(udp(), SERVER, CLIENT, tos=0xb8, ttl=63, ident=0), GENERATED)
    f.forward("s04-ignored-4to6", "RFC 7915 4.1: may be configured to ignore ToS: always 0",
              v4(udp(), tos=0xba), v6(udp(), hlim=63), copy_tos=0)
    f.forward("s04-ignored-6to4", "RFC 7915 5.1: may be configured to ignore the traffic class: always a fixed value",
              v6(udp(), SERVER, CLIENT, tc=0xba), v4(udp(), SERVER, CLIENT, ttl=63, ident=0), GENERATED, copy_tos=0)
    for ttl in (2, 64, 255):
        f.forward(f"s05-ttl-{ttl}", "RFC 7915 4.1: one less", v4(udp(), ttl=ttl), v6(udp(), hlim=ttl - 1))
        f.forward(f"s05-hop-limit-{ttl}", "RFC 7915 5.1: one less",
                  v6(udp(), SERVER, CLIENT, hlim=ttl), v4(udp(), SERVER, CLIENT, ttl=ttl - 1, ident=0), GENERATED)
    for ttl in (0, 1):
        for name, message in (("udp", udp()), ("tcp", tcp()), ("echo", echo()), ("other", opaque(47, words(16)))):
            refused_with(f, f"s05-ttl-{ttl}-{name}", "RFC 7915 4.1, RFC 1812 4.3.2.7: 11/0",
                         v4(message, ttl=ttl), "hop_limit", (11, 0, 0))
            refused_with(f, f"s05-hop-limit-{ttl}-{name}", "RFC 7915 5.1, RFC 4443 3.3: 3/0",
                         v6(message, SERVER, CLIENT, hlim=ttl), "hop_limit", (3, 0, 0))
    f.refuse("s15-ttl-1-of-an-error", "RFC 7915 4.4, RFC 1122 3.2.2: nothing is generated about errors",
             v4(icmp4(3, 1, 0, v4(udp(), SERVER, CLIENT)), HOP, ttl=1), "hop_limit")
    f.refuse("s15-ttl-1-of-a-later-fragment", "RFC 1122 3.2.2: nor about any but the first fragment",
             v4(udp(words(800)), ttl=1, part=Part(400, 400, True, 1)), "hop_limit")
    refused_with(f, "s15-ttl-1-of-a-first-fragment", "RFC 1122 3.2.2: about the first fragment",
                 v4(udp(words(800)), ttl=1, part=Part(0, 400, True, 1)), "hop_limit", (11, 0, 0))
    f.refuse("s15-hop-limit-1-of-an-error", "RFC 7915 5.4, RFC 4443 2.4: nothing is generated about errors",
             v6(icmp6(1, 0, 0, v6(udp())), SERVER, CLIENT, hlim=1), "hop_limit")


def options(directory):
    f = VectorFile(directory, "options", "IPv4 options (RFC 7915 4.1)")
    used = {"nop": [IPOption_NOP()] * 4,
            "record-route": [IPOption_RR(pointer=4, routers=["0.0.0.0", "0.0.0.0"])],
            "timestamp": [IPOption_Timestamp(flg=0, timestamp=1)],
            "router-alert": [IPOption_Router_Alert()],
            "loose-route-used-up": [IPOption_LSRR(pointer=8, routers=["198.51.100.1"]), IPOption_NOP()],
            "strict-route-used-up": [IPOption_SSRR(pointer=8, routers=["198.51.100.1"]), IPOption_NOP()],
            "most": [IPOption_NOP()] * 40}
    for name, option in used.items():
        f.forward(f"s06-{name}", "RFC 7915 4.1: options are ignored, and the packet goes on without them",
                  v4(udp(), options=option), v6(udp(), hlim=63))
    for name, kind in (("loose", IPOption_LSRR), ("strict", IPOption_SSRR)):
        option = [kind(pointer=4, routers=["198.51.100.1"]), IPOption_NOP()]
        refused_with(f, f"s06-{name}-route", "RFC 7915 4.1: a source route that is not used up: 3/5",
                     v4(udp(), options=option), "source_route", (3, 5, 0))
        f.refuse(f"s15-{name}-route-of-an-error", "RFC 7915 4.4: nothing is generated about errors",
                 v4(icmp4(3, 1, 0, v4(udp(), SERVER, CLIENT)), HOP, options=option), "source_route")


def extensions(directory):
    f = VectorFile(directory, "extensions", "IPv6 extension headers (RFC 7915 5.1)")
    chains = {"hop-by-hop": [HOP_BY_HOP], "destination": [DESTINATION], "routing": [ROUTING_USED],
              "all": [HOP_BY_HOP, DESTINATION, ROUTING_USED, DESTINATION], "destination-8": [DESTINATION] * 8}
    for name, chain in chains.items():
        for kind, message in (("udp", udp()), ("tcp", tcp(b"data")), ("echo", echo())):
            f.forward(f"s19-{name}-{kind}", "RFC 7915 5.1: skipped; Total Length and Protocol without them",
                      v6(message, SERVER, CLIENT, extensions=chain),
                      v4(message, SERVER, CLIENT, ttl=63, ident=0), GENERATED)
    for name, chain, pointer in (("first", [ROUTING], 43), ("behind-hop-by-hop", [HOP_BY_HOP, ROUTING], 51),
                                 ("before-destination", [ROUTING, DESTINATION], 43)):
        refused_with(f, f"s19-segments-left-{name}", "RFC 7915 5.1: 4/0, the pointer at Segments Left",
                     v6(udp(), SERVER, CLIENT, extensions=chain), "segments_left", (4, 0, pointer))
    f.forward("s19-authentication", "RFC 7915 5.1: the first header that is none of these is the protocol",
              v6(udp(), SERVER, CLIENT, extensions=[AUTHENTICATION]),
              v4(opaque(51, bytes([17]) + AUTHENTICATION[1] + udp()(True, SERVER.v6, CLIENT.v6)[1]), SERVER, CLIENT,
                 ttl=63, ident=0), GENERATED)


def sources(directory):
    f = VectorFile(directory, "sources", "Sources and destinations that are not translated (RFC 7915, 6146)")
    for source in ("0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1",
                   "255.255.255.255"):
        f.refuse(f"s07-source-{source}", "RFC 7915 4.1, RFC 1812 5.3.7: dropped silently",
                 v4(udp(), source, SERVER), "bad_source")
    for name, source, why in (("unspecified", "::", "bad_source"), ("loopback", "::1", "bad_source"),
                              ("multicast", "ff02::1", "bad_source"), ("link-local", "fe80::1", "multicast")):
        f.refuse(f"s07-source-{name}", "RFC 7915 5.1: dropped silently", v6(udp(), source, CLIENT), why)
    for name, source in (("client", CLIENT), ("another", HOP), ("router", ROUTER)):
        f.refuse(f"s27-source-{name}", "RFC 6146 3.5: a source in the prefix is spoofed: dropped silently",
                 v6(udp(), source, Host("198.51.100.9", "2001:db8:46::198.51.100.9")), "bad_source")
    for address in ("0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"):
        f.refuse(f"s07-destination-{address}", "RFC 1812 5.3.7: not sent into IPv4, whoever wants it",
                 v6(udp(), SERVER, f"2001:db8:46::{address}"), "bad_destination")
    f.refuse("s27-destination-outside", "RFC 6146 5.4: only destinations in the prefix are taken",
             v6(udp(), SERVER, "2001:db8:99::9"), "no_client")
    f.refuse("s27-destination-no-map", "no map, no service", v4(udp(), CLIENT, "192.0.2.99"), "not_ours")
    f.vector("s25-source-without-map", "RFC 4443 3.1, RFC 7915 5.4: a source that IPv4 cannot see: 1/5 (failed policy)")
    packet = v6(udp(), NOBODY, CLIENT)
    f.take(packet)
    f.out(v6(icmp6(1, 5, 0, packet), ROUTER, NOBODY), OWN6)
    f.drop("no_map")
    f.refuse("s15-source-without-map-echo", "RFC 7915 5.4: nothing is generated about ICMPv6",
             v6(echo(), NOBODY, CLIENT), "no_map")


def addresses(directory):
    f = VectorFile(directory, "addresses", "RFC 6052 prefixes, RFC 7757 mappings, hairpin")
    embedded = {"2001:db8::/32": "2001:db8:c633:6407::", "2001:db8:100::/40": "2001:db8:1c6:3364:7::",
                "2001:db8:122::/48": "2001:db8:122:c633:64:700::",
                "2001:db8:122:300::/56": "2001:db8:122:3c6:33:6407::",
                "2001:db8:122:344::/64": "2001:db8:122:344:c6:3364:700:0",
                "2001:db8:122:344::/96": "2001:db8:122:344::198.51.100.7"}
    noisy = {"2001:db8::/32": "2001:db8:c633:6407:ff:1:2:3", "2001:db8:100::/40": "2001:db8:1c6:3364:7:1:2:3",
             "2001:db8:122::/48": "2001:db8:122:c633:64:7ff:2:3",
             "2001:db8:122:300::/56": "2001:db8:122:3c6:33:6407:2:3",
             "2001:db8:122:344::/64": "2001:db8:122:344:c6:3364:7ff:3"}
    for prefix, address in embedded.items():
        length = prefix.split("/")[1]
        server = Host("192.0.2.34", "2001:db9::22")
        client = Host(CLIENT.v4, address)
        extra = {"prefix": prefix, "map": "192.0.2.34,2001:db9::22"}
        f.forward(f"s22-prefix-{length}-4to6", "RFC 6052 2.2: layout; bits 64 to 71 and the suffix are 0",
                  v4(udp(), client, server), v6(udp(), client, server, hlim=63), **extra)
        f.forward(f"s22-prefix-{length}-6to4", "RFC 6052 2.2", v6(udp(), server, client),
                  v4(udp(), server, client, ttl=63, ident=0), GENERATED, **extra)
        if prefix in noisy:
            f.forward(f"s22-prefix-{length}-6to4-suffix", "RFC 6052 2.2: what is in the suffix is ignored",
                      v6(udp(), server, noisy[prefix]), v4(udp(), server, client, ttl=63, ident=0), GENERATED, **extra)
    google = Host("8.8.8.8", "64:ff9b::8.8.8.8")
    for name, client in (("global", google), ("private", Host("10.0.0.3", "64:ff9b::10.0.0.3"))):
        vectors = ((f"s22-well-known-{name}-4to6", v4(udp(), client), v6(udp(), client, hlim=63), ()),
                   (f"s22-well-known-{name}-6to4", v6(udp(), SERVER, client),
                    v4(udp(), SERVER, client, ttl=63, ident=0), GENERATED))
        for title, packet, expected, unknown in vectors:
            if name == "global":
                f.forward(title, "RFC 6052 3.1", packet, expected, unknown, prefix="64:ff9b::/96")
            else:
                f.refuse(title, "RFC 6052 3.1: the well-known prefix must not stand for such addresses", packet,
                         "not_global", prefix="64:ff9b::/96")


def mappings(directory):
    f = VectorFile(directory, "mappings", "Explicit address mappings, and hairpin through them (RFC 7757)")
    # RFC 7757 appendix B, without its first block, which lies inside our own
    table = (("192.0.2.128/26,2001:db8:dddd::/64", (("192.0.2.128", "2001:db8:dddd::"),
                                                    ("192.0.2.152", "2001:db8:dddd:0:6000::"),
                                                    ("192.0.2.191", "2001:db8:dddd:0:fc00::"))),
             ("192.0.2.192/29,2001:db8:eeee:8::/62", (("192.0.2.193", "2001:db8:eeee:8:8000::"),
                                                      ("192.0.2.199", "2001:db8:eeee:b:8000::"))),
             ("192.0.2.224/31,2001:db8:ffff::/127", (("192.0.2.224", "2001:db8:ffff::"),
                                                     ("192.0.2.225", "2001:db8:ffff::1"))))
    for mapping, pairs in table:
        for pair in pairs:
            host = Host(*pair)
            f.forward(f"s23-{host.v4}-4to6", "RFC 7757 3.3, appendix B", v4(udp(), CLIENT, host),
                      v6(udp(), CLIENT, host, hlim=63), map=mapping)
            f.forward(f"s23-{host.v4}-6to4", "RFC 7757 3.3, appendix B", v6(udp(), host, CLIENT),
                      v4(udp(), host, CLIENT, ttl=63, ident=0), GENERATED, map=mapping)
    f.forward("s23-suffix-ignored", "RFC 7757 3.3.2: bits behind the IPv4 suffix do not count",
              v6(udp(), "2001:db8:dddd:0:6012:3456:789a:bcde", CLIENT),
              v4(udp(), "192.0.2.152", CLIENT, ttl=63, ident=0), GENERATED, map=table[0][0])
    inner = Host("192.0.2.130", "2001:db8:5::5")
    two = table[0][0] + ";192.0.2.130,2001:db8:5::5"
    f.forward("s23-longest-4to6", "RFC 7757 3.2: the longest match wins", v4(udp(), CLIENT, inner),
              v6(udp(), CLIENT, inner, hlim=63), map=two)
    f.forward("s23-longest-6to4", "RFC 7757 3.2: the longest match wins", v6(udp(), inner, CLIENT),
              v4(udp(), inner, CLIENT, ttl=63, ident=0), GENERATED, map=two)
    client = Host("10.0.0.3", "2001:db8::3")
    extra = {"client": "10.0.0.3,2001:db8::3"}
    f.forward("s23-client-4to6", "RFC 7757 3.2: a mapping wins over the prefix", v4(udp(), client),
              v6(udp(), client, hlim=63), **extra)
    f.forward("s23-client-6to4", "RFC 7757 3.2", v6(udp(), SERVER, client),
              v4(udp(), SERVER, client, ttl=63, ident=0), GENERATED, **extra)
    f.forward("s23-client-by-prefix", "RFC 7757 3.2: by its embedded address it can be reached as well",
              v6(udp(), SERVER, "2001:db8:46::10.0.0.3"),
              v4(udp(), SERVER, client, ttl=63, ident=0), GENERATED, **extra)


# A mapped host as other IPv6 hosts see it: by its IPv4 address in the prefix (RFC 7757 4.2.1).
SERVER_SEEN = Host(SERVER.v4, "2001:db8:46::192.0.2.33")
OTHER_SEEN = Host(OTHER.v4, "2001:db8:46::192.0.2.20")


def hairpin(directory):
    f = VectorFile(directory, "hairpin", "One mapped host to another by its IPv4 address (RFC 7757 4.2.1)")
    for kind, message in (("udp", udp()), ("tcp", tcp()), ("echo", echo())):
        f.vector(f"s24-there-{kind}", "RFC 7757 4.2.1: out as IPv4, and back in by the route of the maps")
        f.take(v6(message, OTHER, SERVER_SEEN))
        f.out(v4(message, OTHER, SERVER, ttl=63, ident=0), GENERATED)
        f.take(v4(message, OTHER, SERVER, ttl=63))
        f.out(v6(message, OTHER_SEEN, SERVER, hlim=62))
    f.vector("s24-error", "RFC 7757 4.2.1: the same for an ICMP error and the packet in it")
    f.take(v6(icmp6(1, 4, 0, v6(udp(), OTHER_SEEN, SERVER, hlim=62)), SERVER, OTHER_SEEN))
    f.out(v4(icmp4(3, 3, 0, v4(udp(), OTHER, SERVER, ttl=62, ident=0)), SERVER, OTHER, ttl=63, ident=0),
          GENERATED + ((32, 34), (38, 40)))
    f.take(v4(icmp4(3, 3, 0, v4(udp(), OTHER, SERVER, ttl=62)), SERVER, OTHER, ttl=63))
    f.out(v6(icmp6(1, 4, 0, v6(udp(), OTHER, SERVER_SEEN, hlim=62)), SERVER_SEEN, OTHER, hlim=62))


def dccp(data, coverage):
    """DCCP-Data with short sequence numbers; @coverage: CsCov, 0 for everything, else 1 + words of data."""
    header = (40000).to_bytes(2, "big") + (5001).to_bytes(2, "big") + bytes([3, coverage, 0, 0, 2 << 1, 0, 0, 9])
    covered = None if coverage == 0 else len(header) + 4 * (coverage - 1)
    return sealed(33, header + data, 6, covered)


def udp_lite(data, coverage):
    header = (40000).to_bytes(2, "big") + (5001).to_bytes(2, "big") + coverage.to_bytes(2, "big") + bytes(2)
    return sealed(136, header + data, 6, coverage or None)


def protocols(directory):
    f = VectorFile(directory, "protocols", "Transport protocols (RFC 7915 4.5, 5.5)")
    both(f, "s17-udp", "RFC 7915 4.5, 5.5: checksum updated", udp())
    both(f, "s17-udp-odd", "an odd number of bytes", udp(b"odd"))
    both(f, "s17-udp-empty", "no data", udp(b""))
    both(f, "s17-tcp", "RFC 7915 4.5, 5.5: checksum updated", tcp(b"GET / HTTP/1.0\r\n\r\n", "PA"))
    both(f, "s17-tcp-reset", "no data", tcp(b"", "R"))
    both(f, "s17-sctp", "RFC 7915 4.5: its CRC32c covers no pseudo header",
         by_scapy(SCTP(sport=5000, dport=5001, tag=7) / SCTPChunkData(data=b"chunk", tsn=1), 132))
    both(f, "s17-dccp", "RFC 4340 9.1: pseudo header", dccp(words(40), 0))
    both(f, "s17-dccp-partial", "RFC 4340 9.2: partial coverage; the whole length is in the pseudo header",
         dccp(words(40), 1))
    both(f, "s17-udp-lite", "RFC 3828 3.1: pseudo header", udp_lite(words(40), 0))
    both(f, "s17-udp-lite-partial", "RFC 3828 3.1: partial coverage; the whole length is in the pseudo header",
         udp_lite(words(40), 8))
    for name, number in (("gre", 47), ("esp", 50), ("ipv4", 4), ("ipv6", 41), ("ospf", 89), ("l2tp", 115),
                         ("test", 253)):
        both(f, f"s17-{name}", "RFC 7915 4.5, 5.5: only the header is translated", opaque(number, words(40)))
    both(f, "s17-gre-empty", "no byte behind the header", opaque(47, b""))
    f.refuse("s17-igmp", "RFC 7915 4.2: IGMP ends at its link", v4(opaque(2, words(8))), "protocol")
    f.refuse("s17-icmp-in-ipv6", "RFC 7915 5.1: ICMPv4 has no meaning in IPv6",
             v6(opaque(ICMP, echo()(False, CLIENT.v4, SERVER.v4)[1]), SERVER, CLIENT), "protocol")
    f.refuse("s17-icmpv6-in-ipv4", "RFC 7915 4.1: ICMPv6 has no meaning in IPv4",
             v4(opaque(ICMPV6, echo()(True, CLIENT.v6, SERVER.v6)[1])), "protocol")
    for name, number in (("hop-by-hop", 0), ("routing", 43), ("fragment", 44), ("destination", 60)):
        f.refuse(f"s17-{name}-in-ipv4", "not in an RFC: an IPv4 host must not make extension headers of ours",
                 v4(opaque(number, bytes([17, 0, 0, 0, 0, 0, 0, 0]) + words(8))), "protocol")
    for kind, reply in (("request", False), ("reply", True)):
        both(f, f"s08-echo-{kind}", "RFC 7915 4.2, 5.2: 8 <-> 128, 0 <-> 129", echo(reply, words(56)))
        both(f, f"s08-echo-{kind}-odd", "an odd number of bytes", echo(reply, words(57)))
    both(f, "s08-echo-empty", "no data", echo(False, b""))


def checksums(directory):
    f = VectorFile(directory, "checksums", "Checksums of UDP that are zero, and wrong ones (RFC 7915 4.5)")
    zero = field(udp(), 6, b"\0\0")
    ref = "RFC 7915 4.5: no checksum in IPv4"
    f.forward("s16-zero-computed", f"{ref}: by default computed", v4(zero), v6(udp(), hlim=63))
    f.forward("s16-zero-computed-odd", f"{ref}: by default computed", v4(field(udp(b"odd"), 6, b"\0\0")),
              v6(udp(b"odd"), hlim=63))
    # data for which the sum over everything in the family is 0xffff, so that its complement would be 0
    for name, six in (("4to6", True), ("6to4", False)):
        a, b = (CLIENT, SERVER) if six else (SERVER, CLIENT)
        at = (a.v6, b.v6) if six else (a.v4, b.v4)
        data = udp(b"\0\0")(six, *at)[1][6:8]
        assert udp(data)(six, *at)[1][6:8] == b"\xff\xff"
        if six:
            f.forward("s16-becomes-zero-4to6", "RFC 768, RFC 8200 8.1: a sum of 0 is sent as 0xffff",
                      v4(udp(data)), v6(udp(data), hlim=63))
            f.forward("s16-zero-computed-as-zero", "RFC 8200 8.1: a computed sum of 0 is sent as 0xffff",
                      v4(field(udp(data), 6, b"\0\0")), v6(udp(data), hlim=63))
        else:
            f.forward("s16-becomes-zero-6to4", "RFC 768: a sum of 0 is sent as 0xffff", v6(udp(data), a, b),
                      v4(udp(data), a, b, ttl=63, ident=0), GENERATED)
    for name, six in (("4to6", True), ("6to4", False)):
        a, b = (CLIENT, SERVER) if six else (SERVER, CLIENT)
        at = (a.v6, b.v6) if six else (a.v4, b.v4)
        zero = udp_lite(udp_lite(b"\0\0", 0)(six, *at)[1][6:8], 0)
        four, six_ = v4(zero, a, b, ttl=64 if six else 63, ident=0), v6(zero, a, b, hlim=63 if six else 64)
        f.forward(f"s16-udp-lite-becomes-zero-{name}", "RFC 3828 3.1: a sum of 0 is sent as 0xffff",
                  *((four, six_) if six else (six_, four)), () if six else GENERATED)
    for name, make, offset in (("udp", udp(), 6), ("tcp", tcp(b"x"), 16)):
        wrong = damaged(make, offset, 0x0101)
        f.forward(f"s16-wrong-{name}-4to6", "RFC 7915 4.5: updated, not computed: what was wrong stays as wrong",
                  v4(wrong), v6(wrong, hlim=63))
        f.forward(f"s16-wrong-{name}-6to4", "RFC 7915 5.5: updated, not computed: what was wrong stays as wrong",
                  v6(wrong, SERVER, CLIENT), v4(wrong, SERVER, CLIENT, ttl=63, ident=0), GENERATED)


def checksums_options(directory):
    f = VectorFile(directory, "checksums_options", "Settings for UDP without a checksum (RFC 7915 4.5)")
    zero = field(udp(), 6, b"\0\0")
    f.refuse("s16-zero-drop", "RFC 7915 4.5: dropped, with a log line", v4(zero), "udp_unsummed", zero_checksum="drop")
    f.forward("s16-zero-pass", "RFC 6935, RFC 6936: passed on", v4(zero), v6(zero, hlim=63), zero_checksum="pass")


def segments(directory):
    f = VectorFile(directory, "mss", "The maximum segment size in SYNs: to what both sides can carry, MTU - 60")
    for mtu, asked, left in ((1500, 1460, 1440), (1500, 1441, 1440), (1500, 1440, 1440), (1500, 1200, 1200),
                             (1500, 8960, 1440), (1280, 1460, 1220), (9000, 8960, 8940)):
        for flags in ("S", "SA"):
            was = tcp(flags=flags, options=[("MSS", asked), ("SAckOK", b""), ("WScale", 7)])
            is_ = tcp(flags=flags, options=[("MSS", left), ("SAckOK", b""), ("WScale", 7)])
            name = f"mtu-{mtu}-mss-{asked}-{flags}"
            f.forward(f"mss-{name}-4to6", "RFC 9293 3.7.1: clamped", v4(was), v6(is_, hlim=63), mtu=mtu)
            f.forward(f"mss-{name}-6to4", "RFC 9293 3.7.1: clamped", v6(was, SERVER, CLIENT),
                      v4(is_, SERVER, CLIENT, ttl=63, ident=0), GENERATED, mtu=mtu)
    odd = [("NOP", None), ("MSS", 1460), ("NOP", None)]
    f.forward("mss-odd-offset", "an option at an odd offset", v4(tcp(flags="S", options=odd)),
              v6(tcp(flags="S", options=[odd[0], ("MSS", 1440), odd[2]]), hlim=63))
    both(f, "mss-off", "switched off", tcp(flags="S", options=[("MSS", 1460)]), clamp_mss=0)
    both(f, "mss-none", "RFC 9293 3.7.1: none is sent, none is added", tcp(flags="S"))
    both(f, "mss-not-syn", "only in SYNs", tcp(flags="A", options=[("MSS", 1460)]))


def write(directory):
    for subject in (sizes, traffic_class, options, extensions, sources, addresses, mappings, hairpin, protocols,
                    checksums, checksums_options, segments):
        subject(directory)

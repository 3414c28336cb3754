# SPDX-License-Identifier: ISC
"""tayga_differences.py - where nat46d and tayga 0.9.2 may differ, and the sentence of an RFC that says why

explain() is given a packet and what both made of it. Differences in fields are taken away first; what remains must be
one of the classes below. A class says what nat46d must have done, not only that tayga did something else.
"""

import struct

from ip_packets import ICMP, ICMPV6, TCP, UDP, View, pseudo_header, sums_to_zero
from random_packets import ILLEGAL6, MAPS, PREFIX, mapped, packed

DCCP, UDP_LITE, IGMP, AH = 33, 136, 2, 51
ROUTER = {4: packed("192.0.2.1"), 6: packed("2001:db8:c::1")}
MTU = 1500
SHORTEST = {TCP: 20, UDP: 8, UDP_LITE: 8, DCCP: 12, ICMP: 8, ICMPV6: 8}
LSRR, SSRR = 0x83, 0x89
TRANSLATED = {
    4: {3: {**dict.fromkeys((0, 1, 5, 6, 7, 8, 11, 12), (1, 0)), 2: (4, 1), 3: (1, 4), 4: (2, 0),
            **dict.fromkeys((9, 10, 13, 15), (1, 1))}, 12: {0: (4, 0), 2: (4, 0)}},
    6: {1: {0: (3, 1), 1: (3, 10), 2: (3, 1), 3: (3, 1), 4: (3, 3)}, 4: {0: (12, 0), 1: (3, 2)}},
}  # fmt: skip
POINTERS = {
    4: {0: 0, 1: 1, 2: 4, 3: 4, 8: 7, 9: 6, **dict.fromkeys(range(12, 16), 8), **dict.fromkeys(range(16, 20), 24)},
    6: {0: 0, 1: 1, 4: 2, 5: 2, 6: 9, 7: 8, **dict.fromkeys(range(8, 24), 12), **dict.fromkeys(range(24, 40), 16)},
}
LOCAL = dict(mapped(index, host) for index, m in enumerate(MAPS) for host in range(1 << (32 - m[1])))
MAPPED = {six: four for four, six in LOCAL.items()}


def embedded(address):
    """The IPv4 address in an IPv6 address of the prefix, or None"""
    return address[12:] if address[:12] == PREFIX else None


def is_illegal4(address):
    """Neither a host nor one that could be: 0/8, 127/8, and from 224 on"""
    return address[0] in (0, 127) or address[0] >= 224


class Case:
    def __init__(self, packet, ours, theirs):
        self.v = View(packet)
        self.q = self.v.quoted()
        self.ours, self.theirs = [View(p) for p in ours], [View(p) for p in theirs]

    def dropped(self):
        return not self.ours

    def dropped_by_them(self):
        return not self.theirs

    def answered(self, kind, code):
        """nat46d answers the sender, and does nothing else"""
        return [(o.source, o.destination, tuple(o.payload[:2])) for o in self.ours] == [
            (ROUTER[self.v.version], self.v.source, (kind, code))] and self.ours[0].transport_ok()  # fmt: skip

    def translated(self):
        """Is what nat46d made the translation: addresses, hops, type of service; checksums as right as they were"""
        v = self.v
        if not self.ours or any(o.version == v.version for o in self.ours):
            return False
        protocol = {ICMP: ICMPV6, ICMPV6: ICMP}.get(v.protocol, v.protocol)
        for o in self.ours:
            if (o.hops, o.tos, o.protocol) != (v.hops - 1, v.tos, protocol) or not o.header_ok:
                return False
            ends = (PREFIX + v.source, LOCAL.get(v.destination)) if v.version == 4 else (
                MAPPED.get(v.source), embedded(v.destination))  # fmt: skip
            if (o.source, o.destination) != ends:
                return False
        if len(self.ours) > 1:
            return True
        return self.ours[0].transport_ok() == v.transport_ok()

    def length_attribute(self):
        """RFC 4884: bytes of the quoted packet, 0 if that is not told"""
        word = self.v.payload[4:8]
        return word[1] * 4 if self.v.version == 4 else word[0] * 8

    def error_translated(self):
        """Type, code and pointer of what nat46d made of an ICMP error, and the rest as translated()"""
        v = self.v
        kind, code = v.payload[:2]
        if kind == (11 if v.version == 4 else 3):
            wanted = (3 if v.version == 4 else 11, code)
        elif (v.version, kind) == (6, 2):
            wanted = (3, 4)  # whatever the code (RFC 4443 3.2)
        else:
            wanted = TRANSLATED[v.version].get(kind, {}).get(code)
        if wanted is None or len(self.ours) != 1 or not self.translated() or not self.ours[0].transport_ok():
            return False
        made = self.ours[0].payload
        if tuple(made[:2]) != wanted:
            return False
        if (v.version, kind) == (4, 12):
            return struct.unpack("!I", made[4:8])[0] == POINTERS[4].get(v.payload[4])
        if (v.version, kind, code) == (6, 4, 0):
            return made[4] == POINTERS[6].get(struct.unpack("!I", v.payload[4:8])[0])
        return True


# ---- differences in fields ------------------------------------------------------------------


def checksum_follows(v, o):
    """RFC 1624: has the checksum at 6 changed by what the addresses have changed"""
    old, new = (x.source + x.destination + x.payload[6:8] for x in (v, o))
    return (int.from_bytes(old, "big") - int.from_bytes(new, "big")) % 0xFFFF == 0


def canonical(packet, version, names, is_quoted=False):
    """A packet of which the fields that may differ are 0; version is that of the packet it was made of"""
    v = View(packet, is_quoted)
    if v.version == 4 and v.version != version and not v.is_fragment:
        names.add("identification")
        packet = packet[:4] + b"\0\0" + bytes((packet[6] & 0xBF,)) + packet[7:]
    elif v.version == 4 and v.source == ROUTER[4] and not is_quoted:
        names.add("own identification")
        packet = packet[:4] + b"\0\0" + packet[6:]
    if v.version == 4:
        packet = packet[:10] + b"\0\0" + packet[12:]
    at = v.transport
    if v.protocol in (DCCP, UDP_LITE) and v.offset == 0 and len(packet) >= at + 8:
        names.add("DCCP and UDP-Lite")
        packet = packet[: at + 6] + b"\0\0" + packet[at + 8 :]
    if v.is_icmp_error() and not is_quoted and v.transport_ok() and v.quoted():
        quoted = canonical(packet[at + 8 :], version, names, True)
        packet = packet[: at + 2] + b"\0\0" + packet[at + 4 : at + 8] + quoted
    return packet


def fields_ok(case):
    """What nat46d wrote into the fields that are not compared"""
    v = case.v
    for o in case.ours:
        if not o.header_ok or (o.version == 4 and o.source == ROUTER[4] and o.df):
            return False
        if v.version == 6 and o.version == 4 and not v.is_fragment:
            if v.has_fragment_header and (o.df or (o.ident != v.ident & 0xFFFF and not v.is_icmp_error())):
                return False
            if not v.has_fragment_header and o.df != (o.total > 1260):
                return False
        if o.version != v.version and o.protocol in (DCCP, UDP_LITE) and o.offset == 0 and not checksum_follows(v, o):
            return False
    return True


FIELDS = (
    ("identification",
     "RFC 7915 5.1: DF is clear and there is an identification up to 1260 bytes, also in a quoted packet; "
     "5.1.1 copies that of a Fragment header, so that fragments find together: errors are whole, and made anew"),
    ("own identification", "RFC 6864 4.1: the identification of what cannot become fragments means nothing"),
    ("DCCP and UDP-Lite", "RFC 7915 4.5, 5.5: transport checksums that have a pseudo header are adjusted"),
)  # fmt: skip


# ---- differences of whole packets -----------------------------------------------------------


def illegal_end(c):
    v = c.v
    if v.version == 4:
        return c.dropped() and (is_illegal4(v.source) or is_illegal4(v.destination))
    remote = embedded(v.destination)
    return c.dropped() and (v.source in map(packed, ILLEGAL6) or (remote is not None and is_illegal4(remote)))


def half(c):
    v = c.v
    if v.version == 4:
        return c.dropped() and v.destination not in LOCAL
    if v.source not in MAPPED and c.answered(1, 5):
        return True
    if v.protocol == TCP and c.ours:
        reset = c.ours[0]
        return v.source not in MAPPED and (reset.source, reset.destination, reset.payload[13] & 4) == (
            v.destination, v.source, 4)  # fmt: skip
    return c.dropped() and (v.source not in MAPPED or embedded(v.destination) is None)


def other_family(c):
    return c.dropped() and c.v.protocol == (ICMPV6 if c.v.version == 4 else ICMP)


def igmp(c):
    return c.dropped() and c.v.protocol == IGMP


def hops_0(c):
    v = c.v
    if v.hops or not c.dropped_by_them():
        return False
    return c.answered(*((11, 0) if v.version == 4 else (3, 0))) or (v.source not in MAPPED and c.answered(1, 5))


def hops_of_fragment(c):
    return c.v.hops <= 1 and c.v.offset > 0 and c.dropped()


def source_route(c):
    options, at = c.v.options, 0
    while at < len(options) and options[at] != 0:
        if options[at] == 1:
            at += 1
            continue
        if options[at] in (LSRR, SSRR) and options[at + 2] <= options[at + 1]:
            return c.answered(3, 5) or (c.dropped() and (c.v.protocol == ICMP or c.v.offset > 0))
        at += max(2, options[at + 1])
    return False


def segments_left(c):
    if not c.v.segments_left:
        return False
    pointer = struct.pack("!I", c.v.segments_left)
    return (c.answered(4, 0) and c.ours[0].payload[4:8] == pointer) or (c.dropped() and c.v.is_icmp())


def udp_without_sum(c):
    v = c.v
    if v.version != 4 or v.protocol != UDP or v.offset or v.payload[6:8] != b"\0\0" or not c.dropped_by_them():
        return False
    first = c.ours[0] if c.ours else None
    if first is None or not all(o.version == 6 for o in c.ours):
        return False
    data = b"".join(o.payload for o in c.ours)
    return sums_to_zero(pseudo_header(first.source, first.destination, UDP, len(data)) + data)


def zero_sum(c):
    """What is computed as 0 is sent as 0xffff"""
    if c.v.protocol != UDP or c.v.offset or not c.ours or len(c.ours) != len(c.theirs):
        return False
    sums = [o[0].payload[6:8] for o in (c.ours, c.theirs)]
    return sums == [b"\xff\xff", b"\0\0"] and c.translated()


def wrong_sum(c):
    v = c.v
    if not v.is_icmp() or v.is_fragment or v.transport_ok() or not c.dropped_by_them():
        return False
    if v.hops <= 1:
        return c.answered(*((11, 0) if v.version == 4 else (3, 0)))
    return c.translated() or (v.df and v.total + 20 > MTU and c.answered(3, 4))


def short(c):
    v = c.v
    if v.is_fragment and not v.payload:
        return c.dropped()
    header = SHORTEST.get(v.protocol, 0)
    if v.protocol == TCP and len(v.payload) >= header:
        said = (v.payload[12] >> 4) * 4
        header = said if said >= header else 1 << 16
    return c.dropped() and v.offset == 0 and len(v.payload) < header


def tiny(c):
    return c.dropped() and 0 < c.v.offset < SHORTEST.get(c.v.protocol, 0)


def hidden_header(c):
    return c.dropped() and c.v.has_fragment_header and c.v.protocol == AH


def no_fragments(c):
    """An IPv4 fragment that must not be cut again"""
    v = c.v
    if v.version != 4 or not v.df or not v.is_fragment or len(c.theirs) < 2:
        return False
    if v.total + 28 > MTU:
        return c.dropped() if v.offset else c.answered(3, 4)
    return len(c.ours) == 1 and c.translated()


def inner_other_family(c):
    q = c.q
    return c.dropped() and q is not None and q.protocol in (ICMPV6 if c.v.version == 4 else ICMP, IGMP)


def inner_segments_left(c):
    return c.dropped() and c.q is not None and c.q.segments_left > 0


def inner_other_ends(c):
    """Not about a packet that was sent from where the error goes to"""
    q = c.q
    return c.dropped() and q is not None and (q.source, q.destination) != (c.v.destination, c.v.source)


def inner_taken(c):
    """Errors that tayga drops for what they quote, or does not know"""
    return c.q is not None and c.dropped_by_them() and c.error_translated()


def inner_fragment(c):
    q = c.q
    return q is not None and q.is_fragment and len(c.theirs) == 1 and c.error_translated()


def mtu_word(c):
    """MTU in a Packet Too Big beyond 16 bits"""
    v = c.v
    return v.version == 6 and v.is_icmp() and v.payload[0] == 2 and len(c.theirs) == 1 and c.error_translated()


WHOLE = (
    ("illegal end", illegal_end,
     "RFC 7915 4.1, 5.1: packets from or to what cannot be a host are dropped silently"),
    ("half", half,
     "RFC 7915 4.4, 5.4, RFC 4443 3.1: an error about what is translated by half is optional, 1/5 for a "
     "source; TCP may belong to a service, and RFC 9293 3.10.7.1 resets what does not"),
    ("other family", other_family,
     "RFC 7915 4.2, 5.2: ICMP is 1 in IPv4 and 58 in IPv6, the other number means nothing"),
    ("IGMP", igmp,
     "RFC 7915 4.2: IGMP and MLD are single-hop, and dropped silently"),
    ("hop limit 0", hops_0,
     "RFC 1812 5.3.1, RFC 4443 3.3: also what comes with 0 hops is told to the sender"),
    ("hops of a fragment", hops_of_fragment,
     "RFC 1122 3.2.2: no ICMP error about a fragment that is not the first"),
    ("source route", source_route,
     "RFC 7915 4.1: an unexpired source route is dropped with 3/5; ICMP and later fragments silently"),
    ("segments left", segments_left,
     "RFC 7915 5.1: a routing header with segments left is told with 4/0 and its offset"),
    ("UDP without sum", udp_without_sum,
     "RFC 7915 4.5: a checksum of 0 is computed, if the packet is whole"),
    ("UDP sum of 0", zero_sum,
     "RFC 768: a checksum that is 0 is sent as 0xffff, as 0 means none"),
    ("wrong ICMP sum", wrong_sum,
     "RFC 1624: an adjusted checksum is as wrong as before, and the receiver drops it"),
    ("short", short,
     "RFC 9293 3.1, RFC 4340 5.1, RFC 3828 3.1, RFC 1858 3: what ends within its transport header is dropped, "
     "and so are fragments of nothing"),
    ("tiny fragment", tiny,
     "RFC 1858 3, RFC 3128: a later fragment that begins within the transport header is dropped"),
    ("hidden header", hidden_header,
     "RFC 7915 5.1.1: a fragment whose next header is an extension header, AH included, is dropped"),
    ("no fragments", no_fragments,
     "RFC 7915 4.1: only packets with DF clear are cut to 1280 bytes; an error about a later fragment does "
     "not exist (RFC 1122 3.2.2)"),
    ("inner other family", inner_other_family,
     "RFC 7915 4.3, 5.3: a packet that is not translated cannot be quoted"),
    ("inner segments left", inner_segments_left,
     "RFC 7915 5.3: nor one whose routing header is not used up"),
    ("inner other ends", inner_other_ends,
     "RFC 1122 3.2.2: an error goes to the source of the packet it is about"),
    ("inner fragment", inner_fragment,
     "RFC 7915 4.3: the quoted packet of a fragment has a Fragment header"),
    ("inner taken", inner_taken,
     "RFC 7915 4.2, 4.3, 5.2, 5.3; RFC 5508 REQ-3: quoted packets are translated as far as they go, "
     "whatever they are, with all codes, pointers and MTUs of the tables"),
    ("MTU", mtu_word,
     "RFC 7915 5.2: the MTU is the smallest of all, and a field of 32 bits"),
)  # fmt: skip


def explain(packet, ours, theirs):
    """Names of classes; [] if there is no difference, None if there is one without a reason"""
    if ours == theirs:
        return []
    version = packet[0] >> 4
    case = Case(packet, ours, theirs)
    if len(ours) == len(theirs) > 0:
        names = set()
        if [canonical(p, version, names) for p in ours] == [canonical(p, version, set()) for p in theirs]:
            return sorted(names) if fields_ok(case) else None
    for name, is_so, _ in WHOLE:
        if is_so(case):
            return [name]
    return None


def reasons():
    return FIELDS + tuple((name, reason) for name, _, reason in WHOLE)

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""protocols.py - packets of protocols that are neither TCP, UDP nor ICMP, there and back

usage: protocols.py serve ADDRESS          send back what comes; says "ready"
       protocols.py ask ADDRESS            send packets of each protocol and wait for what comes back; prints the
                                           protocols that work

SCTP, GRE and ESP have no checksum over addresses, so their payload must be as it was. DCCP and UDP-Lite have one (RFC
4340 9.1, RFC 3828 3.1): both ends check it.
"""

import os
import selectors
import socket
import struct
import sys

import ip_packets

SCTP, GRE, ESP, DCCP, UDP_LITE = 132, 47, 50, 33, 136
# offset of the checksum, where this program is the one who makes and checks it
PROTOCOLS = {"sctp": (SCTP, None), "gre": (GRE, None), "esp": (ESP, None), "dccp": (DCCP, 6),
             "udp-lite": (UDP_LITE, None)}  # fmt: skip
LENGTHS = (16, 100, 1400, 4000)
PORT = 7
DEADLINE = 5


def open_socket(family, protocol):
    """A raw socket; of UDP-Lite a real one, as the kernel knows it"""
    kind = socket.SOCK_DGRAM if protocol == UDP_LITE else socket.SOCK_RAW
    sock = socket.socket(family, kind, protocol)
    sock.settimeout(DEADLINE)
    return sock


def place(sock, address):
    return address, PORT if sock.type == socket.SOCK_DGRAM else 0


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def receive(sock):
    """Content and sender; to a raw socket the IPv4 header comes with it"""
    data, sender = sock.recvfrom(65536)
    if sock.type == socket.SOCK_RAW and sock.family == socket.AF_INET:
        data = data[(data[0] & 15) * 4 :]
    return data, sender


def own_address(family, peer):
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect((peer, 9))
        return sock.getsockname()[0]


def raw(address):
    return socket.inet_pton(family_of(address), address)


def pseudo(protocol, one, other, data):
    return ip_packets.pseudo_header(raw(one), raw(other), protocol, len(data))


def without_sum(at, data):
    return data if at is None else data[:at] + b"\0\0" + data[at + 2 :]


def with_sum(protocol, at, one, other, data):
    if at is None:
        return data
    data = without_sum(at, data)
    value = ip_packets.checksum(pseudo(protocol, one, other, data) + data) or 0xFFFF
    return data[:at] + struct.pack("!H", value) + data[at + 2 :]


def has_sum(protocol, at, one, other, data):
    return at is None or ip_packets.sums_to_zero(pseudo(protocol, one, other, data) + data)


def serve(address):
    with selectors.DefaultSelector() as selector:
        for name, (protocol, _) in PROTOCOLS.items():
            sock = open_socket(family_of(address), protocol)
            sock.bind(place(sock, address))
            selector.register(sock, selectors.EVENT_READ, name)
        print("ready", flush=True)
        while True:
            for key, _ in selector.select():
                protocol, at = PROTOCOLS[key.data]
                data, sender = receive(key.fileobj)
                if has_sum(protocol, at, sender[0], address, data):
                    back = without_sum(at, data)[::-1]
                    key.fileobj.sendto(with_sum(protocol, at, address, sender[0], back), sender)
                else:
                    print(f"{key.data}: {len(data)} bytes with a wrong checksum", flush=True)


def echoes(address, name, length):
    """Does a packet come back, turned round"""
    protocol, at = PROTOCOLS[name]
    family = family_of(address)
    own = own_address(family, address)
    # ports, in DCCP the offset of its data, and that all of them count for the checksum
    data = bytes((1, 2, 3, 4, 5, 0)) + os.urandom(length - 6)
    sock = open_socket(family, protocol)
    sock.connect(place(sock, address))
    data = with_sum(protocol, at, own, address, data)
    sock.send(data)
    try:
        back, _ = receive(sock)
    except TimeoutError:
        return False
    if not has_sum(protocol, at, address, own, back):
        return False
    return without_sum(at, back) == without_sum(at, without_sum(at, data)[::-1])


def ask(address):
    good = [name for name in PROTOCOLS if all(echoes(address, name, length) for length in LENGTHS)]
    print(*good)


def main():
    {"serve": serve, "ask": ask}[sys.argv[1]](sys.argv[2])


if __name__ == "__main__":
    main()

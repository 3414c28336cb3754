#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""icmp.py - provoke ICMP errors and say what came back, forge such that belong to nothing

usage: icmp.py udp ADDRESS PORT           send a datagram; print the error
       icmp.py route HOP ADDRESS PORT    send a datagram by way of HOP (loose source route); print the error
       icmp.py ttl ADDRESS PORT TTL       in the middle of a connection, send a segment that does not get far; print
                                          the error that comes back and what the kernel told the socket
       icmp.py forge SOURCE ADDRESS PEER  send "too big" to ADDRESS about a segment from PEER to SOURCE that never was

An error is printed as "from ADDRESS type T code C about PROTOCOL SOURCE PORT DESTINATION PORT". For ttl, the port must
be a server that answers a line "GET" when the connection is half-closed.
"""

import errno
import ipaddress
import socket
import struct
import sys
import time

import pcap

DEADLINE = 5


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def icmp_socket(family):
    protocol = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
    sock = socket.socket(family, socket.SOCK_RAW, protocol)
    sock.settimeout(0.05)
    return sock


def read_error(sock, family):
    """The next ICMP error, and the packet that it quotes; None if there is none yet"""
    try:
        data, sender = sock.recvfrom(4096)
    except TimeoutError:
        return None
    if family == socket.AF_INET:
        data = pcap.Packet(0, data).payload
        is_error = data[0] in (3, 11, 12)
    else:
        is_error = data[0] < 128
    return (sender[0], data[0], data[1], pcap.Packet(0, data[8:])) if is_error else None


def wait_for_error(sock, family):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        error = read_error(sock, family)
        if error:
            return error
    sys.exit("no ICMP error came back")


def show(error):
    sender, kind, code, quoted = error
    sport, dport = struct.unpack_from("!HH", quoted.payload)
    print(
        f"from {sender} type {kind} code {code} about {quoted.protocol} "
        f"{quoted.source} {sport} {quoted.destination} {dport}"
    )


def udp(address, port):
    family = family_of(address)
    icmp = icmp_socket(family)
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.settimeout(DEADLINE)
    sock.connect((address, int(port)))
    sock.send(b"nobody listens")
    try:
        sock.recv(100)
        sys.exit("an answer instead of an error")
    except ConnectionRefusedError:
        show(wait_for_error(icmp, family))


def route(hop, address, port):
    icmp = icmp_socket(socket.AF_INET)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # type, length, pointer, hop, end of list: the kernel sends to the hop, and puts the address in its place
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\x83\x07\x04" + socket.inet_aton(hop) + b"\0")
    sock.sendto(b"by way of another", (address, int(port)))
    show(wait_for_error(icmp, socket.AF_INET))


def ttl(address, port, hops):
    icmp = icmp_socket(socket.AF_INET)
    sock = socket.create_connection((address, int(port)), DEADLINE)
    own = sock.getsockname()
    sock.sendall(b"PUT\n")
    # the first segments have left for the server when it has acknowledged all
    end = time.monotonic() + DEADLINE
    while unacknowledged(sock):
        if time.monotonic() > end:
            sys.exit("the first data is not acknowledged")
        time.sleep(0.005)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_RECVERR if hasattr(socket, "IP_RECVERR") else 11, 1)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(hops))
    sock.send(b"this does not get far\n")
    error = wait_for_error(icmp, socket.AF_INET)
    show(error)
    quoted = pcap.Segment(error[3])
    if (quoted.sport, quoted.dport) != (own[1], int(port)):
        sys.exit("the error is about another connection")
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    print("socket", errno.errorcode.get(code, code))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 64)
    sock.shutdown(socket.SHUT_WR)
    answer = b""
    while chunk := sock.recv(4096):
        answer += chunk
    print("answer", answer.split()[0].decode())


def unacknowledged(sock):
    """Number of segments in flight (tcpi_unacked of struct tcp_info)"""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return struct.unpack_from("I", info, 24)[0]


def forge(source, address, peer):
    family = family_of(address)
    tcp = struct.pack("!HHIIBBHHH", 80, 9999, 1, 2, 5 << 4, 16, 100, 0, 0)
    ends = ipaddress.ip_address(peer).packed + ipaddress.ip_address(source).packed
    if family == socket.AF_INET:
        quoted = struct.pack("!BBHHHBBH", 0x45, 0, 1400, 1, 0x4000, 60, 6, 0) + ends + tcp
        head = struct.pack("!BBHHH", 3, 4, 0, 0, 1300)
        total = int.from_bytes(head + quoted, "big") % 0xFFFF
        message = head[:2] + struct.pack("!H", 0xFFFF - total) + head[4:] + quoted
    else:
        quoted = struct.pack("!IHBB", 6 << 28, 1400, 6, 60) + ends + tcp
        message = struct.pack("!BBHI", 2, 0, 0, 1300) + quoted
    icmp_socket(family).sendto(message, (address, 0))


def main():
    {"udp": udp, "route": route, "ttl": ttl, "forge": forge}[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    main()

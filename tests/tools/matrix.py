#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""matrix.py - short transfers between hosts that differ in what their TCP can do

usage: matrix.py CLIENT_NAMESPACE SERVER_NAMESPACE ROUTER_NAMESPACE FIRST_PORT

One process, whose threads enter the namespaces, because there are some hundred transfers. For each combination of
settings it connects to a spliced service (192.0.2.11, FIRST_PORT and up, a new one each time) from each of its three
addresses and once again, and once to a plain one (192.0.2.10 port 81), sends random bytes, half-closes, and the server
answers with other random bytes. Both must arrive whole; and both kernels must have agreed on just those options that
nat46d may promise: to the server what both have; to the client of a splice what it has, and when three have shown
what the server lacks, no SACK and timestamps that it has not.
What the server lacked of what the client was promised is printed in the words of the log, after "lacks".
No segment may be larger than the MSS that the server announces; and where timestamps were promised to a client, every
segment that it gets has them, whatever the server has. To a server without ECN nothing of it may come through.
"""

import contextlib
import ctypes
import hashlib
import itertools
import os
import socket
import struct
import subprocess
import sys
import threading
import time

import pcap

CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33
ETH_P_IP, ETH_P_IPV6 = 0x800, 0x86DD
TIMESTAMPS, SACK, SCALE, ECN = 1, 2, 4, 8  # tcpi_options
ECE, CWR = 64, 128
NAMES = {"tcp_timestamps": TIMESTAMPS, "tcp_sack": SACK, "tcp_window_scaling": SCALE, "tcp_ecn": ECN}
DEADLINE = 15
SERVER = "2001:db8:2::1"
SOURCES = ("198.51.100.2", "198.51.100.3", "198.51.100.4")  # of the client
PROMISED_MSS = 9000 - 60

libc = ctypes.CDLL(None, use_errno=True)
data = os.urandom(400000)


@contextlib.contextmanager
def inside(namespace):
    """This thread, in a network namespace"""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        enter(there)
        yield
    finally:
        enter(home)
        os.close(home)
        os.close(there)


def enter(descriptor):
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def configure(namespace, settings):
    with inside(namespace):
        for name, value in settings.items():
            with open(f"/proc/sys/net/ipv4/{name}", "w", encoding="ascii") as file:
                file.write(str(value))


def options_of(sock):
    """What this end believes to have agreed on (tcpi_options of struct tcp_info)"""
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)[5] & (TIMESTAMPS | SACK | SCALE | ECN)


def data_segments(sock):
    """Segments with data that arrived (tcpi_data_segs_in)"""
    return struct.unpack_from("=I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192), 152)[0]


def receive(sock):
    digest = hashlib.sha256()
    while chunk := sock.recv(65536):
        digest.update(chunk)
    return digest.hexdigest()


def sniffer(namespace, protocol):
    """A socket that gets a copy of every packet of a namespace"""
    with inside(namespace):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(protocol))
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    sock.setblocking(False)
    return sock


def segments_of(sock, port):
    """The segments from or to a port that a sniffer has seen arrive, but for SYNs and RSTs"""
    with contextlib.suppress(BlockingIOError):
        while True:
            data, (_, _, kind, _, _) = sock.recvfrom(1 << 17)
            packet = pcap.Packet(0, data)
            if kind == socket.PACKET_OUTGOING or packet.protocol != pcap.TCP:
                continue
            segment = pcap.Segment(packet)
            if port in (segment.sport, segment.dport) and not segment.flags & (pcap.SYN | pcap.RST):
                yield segment


def check_timestamps(segments, promised):
    """Do all segments have timestamps, or none, and does the clock never go back"""
    newest = None
    for segment in segments:
        if (segment.timestamps is not None) != promised:
            raise ValueError(f"timestamps promised: {promised}, but {segment}")
        if promised and newest is not None and (segment.timestamps[0] - newest) % 2**32 >= 2**31:
            raise ValueError(f"the clock went back: {segment}")
        newest = segment.timestamps and segment.timestamps[0]


def check_ecn(segments, negotiated):
    """With ECN data is marked as capable; without, nothing is"""
    for segment in segments:
        if not negotiated and (segment.packet.traffic_class & 3 or segment.flags & (ECE | CWR)):
            raise ValueError(f"no ECN, but {segment} with traffic class {segment.packet.traffic_class}")
    if negotiated and not any(segment.packet.traffic_class & 3 for segment in segments):
        raise ValueError("ECN, but no segment shows it")


class Server(threading.Thread):
    """Accepts one connection, receives, answers"""

    def __init__(self, namespace, answer, buffer, mss):
        super().__init__(daemon=True)
        self.answer = answer
        self.got = self.options = self.segments = self.error = None
        with inside(namespace):
            self.listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, buffer)
        if mss:
            self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
        self.listener.settimeout(DEADLINE)
        self.listener.bind((SERVER, 80))
        self.listener.listen()

    def run(self):
        try:
            connection, _ = self.listener.accept()
            connection.settimeout(DEADLINE)
            self.got = receive(connection)
            self.options = options_of(connection)
            self.segments = data_segments(connection)
            connection.sendall(self.answer)
            connection.close()
        except OSError as error:
            self.error = error
        self.listener.close()


def transfer(hosts, source, service, size, buffers, mss):
    """One connection; returns the options at the client and at the server"""
    request, answer = b"PUT\n" + data[:size], data[-size:]
    server = Server(hosts["server"], answer, buffers[1], mss)
    server.start()
    with inside(hosts["client"]):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if buffers[0]:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, buffers[0])
    sock.settimeout(DEADLINE)
    sock.bind((source, 0))
    with sniffer(hosts["client"], ETH_P_IP) as at_client, sniffer(hosts["server"], ETH_P_IPV6) as at_server:
        sock.connect(service)
        sock.sendall(request)
        sock.shutdown(socket.SHUT_WR)
        got = receive(sock)
        options = options_of(sock)
        server.join()
        to_client, to_server = (list(segments_of(s, sock.getsockname()[1])) for s in (at_client, at_server))
    sock.close()
    if server.error:
        raise server.error
    if server.got != hashlib.sha256(request).hexdigest() or got != hashlib.sha256(answer).hexdigest():
        raise ValueError("bytes are damaged")
    if not to_client or not to_server:
        raise ValueError("nothing was sniffed")
    check_timestamps(to_client, bool(options & TIMESTAMPS))
    check_ecn(to_server, bool(server.options & ECN))
    if mss and server.segments * mss < len(request):
        raise ValueError(f"{server.segments} segments of at most {mss} bytes cannot be {len(request)} bytes")
    return options, server.options


def expected(kind, client, server):
    """Options that the ends must believe in, from the settings of both"""
    own = {name: sum(NAMES[n] for n, v in side.items() if n in NAMES and v) for name, side in
           (("client", client), ("server", server))}
    # 2: accepts ECN, but does not offer it
    own["client"] &= ~(ECN * (client["tcp_ecn"] == 2))
    both = own["client"] & own["server"]
    if kind == "plain":
        return both, both
    promised = own["client"]
    if not promised & TIMESTAMPS:
        promised &= ~ECN    # they carry it
    accepted = promised & own["server"]
    if kind == "spliced again":
        # without timestamps, the lack of SACK may be that of a SYN cookie
        promised &= own["server"] | SCALE | (0 if own["client"] & TIMESTAMPS else SACK)
        if not promised & TIMESTAMPS:
            promised &= ~ECN
        accepted &= promised
    return promised, accepted


def differing(client, server):
    """Settings as text: one value if both have it"""
    return " ".join(f"{n}={v}" if v == server[n] else f"{n}={v}|{server[n]}" for n, v in client.items())


class Matrix:
    """Runs combinations, and stops at the first that fails"""

    def __init__(self, hosts, port):
        self.hosts = hosts
        self.port = port
        self.count = 0
        self.slowest = (0, "")
        self.mtu = 1500     # of the server

    def run(self, client, server, size=100000, buffers=(0, 0), mss=0):
        base = {"tcp_timestamps": 1, "tcp_sack": 1, "tcp_window_scaling": 1, "tcp_ecn": 0,
                "tcp_rmem": "4096 131072 6291456"}
        client, server = base | client, base | server
        configure(self.hosts["client"], client)
        configure(self.hosts["server"], server)
        spliced = ("192.0.2.11", self.port)
        self.print_lacks(client, server, mss or self.mtu - 60)
        self.port += 1
        runs = [("spliced", source, spliced) for source in SOURCES]
        runs += [("spliced again", SOURCES[0], spliced), ("plain", SOURCES[0], ("192.0.2.10", 81))]
        for kind, source, service in runs:
            begin = time.monotonic()
            what = f"{kind}, {differing(client, server)}, buffers {buffers}, MSS {mss or 'of the path'}"
            try:
                found = transfer(self.hosts, source, service, size, buffers, mss)
            except (OSError, ValueError) as error:
                sys.exit(f"{what}: {error!r}")
            if found != expected(kind, client, server):
                sys.exit(f"{what}: options {found} instead of {expected(kind, client, server)}")
            self.count += 1
            self.slowest = max(self.slowest, (time.monotonic() - begin, what))

    def print_lacks(self, client, server, mss):
        promised, accepted = expected("spliced", client, server)
        proves = ~SCALE & (~0 if promised & TIMESTAMPS else ~SACK)
        words = [f"{name[4:]}=no" for name, option in NAMES.items() if promised & ~accepted & proves & option]
        if mss < PROMISED_MSS:
            words.append(f"mss={mss}")
        for word in words:
            print(f"lacks 192.0.2.11:{self.port} {word}")


def set_mtu(hosts, client, server):
    """Both ends of both links, and no memory of another path"""
    for namespace, device, mtu in (
        ("client", "eth0", client), ("router", "v4", client), ("router", "v6", server), ("server", "eth0", server),
    ):
        subprocess.run(["ip", "-n", hosts[namespace], "link", "set", device, "mtu", str(mtu)], check=True)
    for namespace, family in (("client", "-4"), ("server", "-6")):
        subprocess.run(["ip", "-n", hosts[namespace], family, "route", "flush", "cache"], check=True)


def all_options(matrix):
    names = ("tcp_timestamps", "tcp_sack", "tcp_window_scaling")
    for client in itertools.product((1, 0), repeat=3):
        for server in itertools.product((1, 0), repeat=3):
            matrix.run(dict(zip(names, client)), dict(zip(names, server)))
    for client, server in itertools.product((0, 1, 2), repeat=2):
        for timestamps in itertools.product((1, 0), repeat=2):
            matrix.run(
                {"tcp_ecn": client, "tcp_timestamps": timestamps[0]},
                {"tcp_ecn": server, "tcp_timestamps": timestamps[1]},
            )


def all_buffers(matrix):
    """Windows from less than a segment to gigabytes, hence window scales from 0 to 14"""
    memories = ("4096 8192 16384", "4096 131072 6291456", "4096 1048576 1073741824")
    for client, server in itertools.product(memories, repeat=2):
        for scaling in itertools.product((1, 0), repeat=2):
            matrix.run(
                {"tcp_rmem": client, "tcp_window_scaling": scaling[0]},
                {"tcp_rmem": server, "tcp_window_scaling": scaling[1]}, 300000,
            )
    for buffers in ((2048, 0), (0, 2048), (2048, 2048)):
        matrix.run({}, {}, 20000, buffers)


def all_sizes(matrix):
    """Servers that want smaller segments than the path takes"""
    for mss in (1220, 1000, 536):
        for timestamps in itertools.product((1, 0), repeat=2):
            matrix.run({"tcp_timestamps": timestamps[0]}, {"tcp_timestamps": timestamps[1]}, 300000, mss=mss)


def all_marks(matrix):
    """A router in front of nat46d marks every fifth packet that is capable of ECN"""
    nft = ["ip", "netns", "exec", matrix.hosts["router"], "nft"]
    rules = """table ip marks {
        chain forward {
            type filter hook forward priority 0;
            iifname "v4" ip ecn ect0 numgen inc mod 5 == 4 ip ecn set ce
        }
    }"""
    subprocess.run([*nft, rules], check=True)
    for server in (0, 1):
        for _ in range(3):
            matrix.run({"tcp_ecn": 1}, {"tcp_ecn": server}, 300000)
    subprocess.run([*nft, "delete table ip marks"], check=True)


def all_mtus(matrix):
    for pair in ((9000, 9000), (9000, 1500), (1500, 9000), (1500, 1280), (1280, 1500), (1280, 1280), (1500, 1500)):
        set_mtu(matrix.hosts, *pair)
        matrix.mtu = pair[1]
        for timestamps in itertools.product((1, 0), repeat=2):
            matrix.run({"tcp_timestamps": timestamps[0]}, {"tcp_timestamps": timestamps[1]}, 300000)


def main():
    matrix = Matrix(dict(zip(("client", "server", "router"), sys.argv[1:4])), int(sys.argv[4]))
    for part in (all_options, all_buffers, all_sizes, all_marks, all_mtus):
        part(matrix)
        print(f"{part.__name__}: {matrix.count} transfers so far, slowest:", *matrix.slowest, flush=True)


if __name__ == "__main__":
    main()

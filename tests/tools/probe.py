#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""probe.py - the delays of echo requests, a thousand each second

    probe.py ADDRESS COUNT      prints "min M mean M late L worst M lost N": in milliseconds, and L is how many took
                                longer than one

Between two requests it sleeps, which ping -i 0.001 does not: with real-time priority that would take a processor from
everybody else, and the kernel takes it away from ping for 50 ms at a time.
"""
import select
import socket
import struct
import sys
import time

INTERVAL = 1_000_000  # nanoseconds
PATIENCE = 1_000_000_000  # for the last answers


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def request(ident, number):
    head = struct.pack("!BBHHHI", 8, 0, 0, ident, number & 0xFFFF, number)
    return head[:2] + struct.pack("!H", checksum(head)) + head[4:]


def receive(sock, ident, sent, delays):
    packet, now = sock.recv(2048), time.monotonic_ns()
    icmp = packet[(packet[0] & 15) * 4 :]
    if len(icmp) >= 12 and icmp[0] == 0 and struct.unpack("!H", icmp[4:6])[0] == ident:
        number = struct.unpack("!I", icmp[8:12])[0]
        delays.append((now - sent.pop(number)) / 1e6)


def measure(address, count):
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.connect((address, 0))
    ident, sent, delays = 0x4646, {}, []
    start = time.monotonic_ns()
    for number in range(count + 1):
        due = start + number * INTERVAL + (PATIENCE if number == count else 0)
        while (left := due - time.monotonic_ns()) > 0 and (sent or number < count):
            if select.select([sock], [], [], left / 1e9)[0]:
                receive(sock, ident, sent, delays)
        if number < count:
            sent[number] = time.monotonic_ns()
            sock.send(request(ident, number))
    return delays, len(sent)


def main():
    delays, lost = measure(sys.argv[1], int(sys.argv[2]))
    late = sum(delay > 1 for delay in delays)
    print(f"min {min(delays):.3f} mean {sum(delays) / len(delays):.3f} late {late} worst {max(delays):.3f} lost {lost}")


main()

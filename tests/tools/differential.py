#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""differential.py - the same random packets through two translators; every difference must have a reason

usage: differential.py [-n PACKETS] [-s SEED] [-f FIRST] OURS THEIRS

OURS and THEIRS are the TUN devices of nat46d and of tayga, in this network namespace. The packets go into them as if
the kernel had routed them there, and what the translators write is taken before the kernel looks at it. Behind each
packet goes a marker, which both translate: all that comes between two markers is the answer to the packet between them.

What may differ and why stands in tayga_differences.py. -f begins with a later packet of the same seed, to look at it
alone (-n 1): then all is shown.
"""

import collections
import getopt
import random
import socket
import struct
import sys
import time

import random_packets
import tayga_differences
from ip_packets import UDP, View, ipv4, with_checksum

SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
SO_RCVBUFFORCE = 33
ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 3, 0x0800, 0x86DD
BATCH = 200
DEADLINE = 10
MARK = b"marker\x5a\xa5"
MARK_AT = 40 + 8
SHOWN = 5


class Translator:
    def __init__(self, device):
        self.device = device
        self.out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.receiver.bind((device, ETH_P_ALL))
        self.receiver.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.receiver.settimeout(DEADLINE)

    def send(self, packets):
        for number, packet in packets:
            self.out.sendto(packet, (self.device, ETH_P_IP if packet[0] >> 4 == 4 else ETH_P_IPV6))
            self.out.sendto(marker(number), (self.device, ETH_P_IP))

    def answers(self, packets):
        """For each of the packets, what came out"""
        for number, _ in packets:
            answer = []
            while True:
                try:
                    packet = self.receiver.recv(65536)
                except TimeoutError:
                    sys.exit(f"{self.device}: the marker of packet {number} does not come out")
                if packet[MARK_AT : MARK_AT + 8] == MARK:
                    break
                answer.append(packet)
            if struct.unpack_from("!I", packet, MARK_AT + 8)[0] != number:
                sys.exit(f"{self.device}: not the marker of packet {number}")
            yield answer


def marker(number):
    source, destination = random_packets.packed("198.51.100.1"), random_packets.packed("192.0.2.20")
    data = struct.pack("!HHHH8sI", 1, 1, 20, 0, MARK, number)
    return ipv4(source, destination, UDP, with_checksum(UDP, source, destination, data), flags=2)


def show(number, packet, ours, theirs):
    print(f"packet {number}: {View(packet)}\n    {packet.hex()}")
    for name, answer in (("nat46d", ours), ("tayga", theirs)):
        print(f"  {name}: {len(answer)} packets")
        for out in answer:
            print(f"    {View(out)}\n    {out.hex()}")


class Comparison:
    def __init__(self, is_alone):
        self.is_alone = is_alone
        self.classes = collections.Counter()
        self.same = self.dropped = self.unexplained = 0

    def compare(self, number, packet, ours, theirs):
        reasons = tayga_differences.explain(packet, ours, theirs)
        if self.is_alone:
            show(number, packet, ours, theirs)
            print("reasons:", reasons)
        if reasons == []:
            self.same += 1
            self.dropped += not ours
        elif reasons is None:
            self.unexplained += 1
            if self.unexplained <= SHOWN:
                print("NOT EXPLAINED:")
                show(number, packet, ours, theirs)
        else:
            self.classes.update(reasons)

    def report(self, total):
        print(f"{total} packets, {self.same} without a difference ({self.dropped} of them dropped by both)")
        for name, reason in tayga_differences.reasons():
            print(f"{self.classes[name]:7} {name}: {reason}")
        print(f"{self.unexplained:7} not explained")


def numbered(seed, first, last):
    return [(number, random_packets.Packets(f"{seed}/{number}".encode()).make()) for number in range(first, last)]


def main():
    options, devices = getopt.getopt(sys.argv[1:], "n:s:f:")
    options = dict(options)
    count, first = int(options.get("-n", 100000)), int(options.get("-f", 0))
    seed = options.get("-s") or str(random.SystemRandom().getrandbits(32))
    ours, theirs = (Translator(device) for device in devices)
    print(f"seed {seed}", flush=True)
    began = time.monotonic()
    comparison = Comparison(count == 1)
    last = first + count
    batch = numbered(seed, first, min(first + BATCH, last))
    while batch:
        for translator in (ours, theirs):
            translator.send(batch)
        begin = batch[-1][0] + 1
        following = numbered(seed, begin, min(begin + BATCH, last))
        for (number, packet), our, their in zip(batch, ours.answers(batch), theirs.answers(batch)):
            comparison.compare(number, packet, our, their)
        batch = following
    comparison.report(count)
    print(f"took {time.monotonic() - began:.1f} s")
    sys.exit(comparison.unexplained > 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# segments.py - a TCP client that cuts a TLS ClientHello as it likes: size, order, overlap, contradiction
#
# Usage: segments.py [OPTION]... SOURCE PORT ADDRESS SERVICE-PORT NAME
#
# Works on a raw socket, so that no congestion window and no reassembly of the kernel interferes; the test must keep
# the kernel from answering with RST. What is not acknowledged is repeated every 0.3 seconds in the same pieces.
# Closes when everything is acknowledged. Prints the answer, then "sent LENGTH SHA256" of the stream as first sent,
# then "closed", "reset" or "silent".
import argparse
import hashlib
import random
import socket
import struct
import sys
import time

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MODULUS = 1 << 32
FIELDS = ("record", "hello", "session", "ciphers", "compression", "extensions", "extension", "list", "name")


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cut", type=int, default=1400, help="bytes of a segment")
    parser.add_argument("--order", choices=("forward", "reverse", "shuffle", "even"), default="forward")
    parser.add_argument("--record", type=int, default=16384, help="bytes of a TLS record")
    parser.add_argument("--size", type=int, default=0, help="pad the hello to so many bytes, the name behind")
    parser.add_argument("--lie", choices=FIELDS, help="a length that is larger than what it counts")
    parser.add_argument("--by", type=int, default=1, help="how much larger")
    parser.add_argument("--also", help="another name of the same length, in a second copy of the stream")
    parser.add_argument("--split", type=int, default=0,
                        help="with --also: the first copy ends here, and only the second is complete")
    parser.add_argument("--patience", type=float, default=5)
    parser.add_argument("source")
    parser.add_argument("port", type=int)
    parser.add_argument("address")
    parser.add_argument("service", type=int)
    parser.add_argument("name")
    return parser.parse_args()


def build_stream(options, name):
    def counted(width, data, field=None):
        length = len(data) + (options.by if field and field == options.lie else 0)
        return length.to_bytes(width, "big") + data

    def extension(kind, data, field=None):
        return struct.pack(">H", kind) + counted(2, data, field)

    def hello(padding):
        entry = b"\0" + counted(2, name.encode(), "name")
        extensions = extension(0x0A0A, b"") + extension(43, b"\x02\x03\x04")
        if padding:
            extensions += extension(21, bytes(padding))
        extensions += extension(0, counted(2, entry, "list"), "extension")
        body = b"\x03\x03" + bytes(range(32)) + counted(1, bytes(32), "session")
        body += counted(2, b"\x13\x01\x13\x02\x0a\x0a", "ciphers") + counted(1, b"\0", "compression")
        body += counted(2, extensions, "extensions")
        return b"\x01" + counted(3, body, "hello")

    message = hello(0)
    if options.size > len(message) + 4:
        message = hello(options.size - len(message) - 4)
    pieces = [message[i:i + options.record] for i in range(0, len(message), options.record)]
    return b"".join(b"\x16\x03\x01" + counted(2, piece, "record") for piece in pieces)


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data)) if len(data) % 2 == 0 else checksum_odd(data)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def checksum_odd(data):
    return sum(struct.unpack(f">{len(data) // 2 + 1}H", data + b"\0"))


class Connection:
    def __init__(self, options):
        self.local = socket.inet_aton(options.source)
        self.remote = socket.inet_aton(options.address)
        self.ports = (options.port, options.service)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((options.source, 0))
        self.socket.connect((options.address, 0))
        self.isn = random.randrange(MODULUS)
        self.expected = 0
        self.acked = 0
        self.answer = b""
        self.end = None

    def send(self, flags, offset, data=b"", option=b""):
        """offset 0 is the SYN, 1 the first byte"""
        header = struct.pack(">HHIIBBHHH", *self.ports, (self.isn + offset) % MODULUS, self.expected,
                             (20 + len(option)) * 4, flags, 65535, 0, 0) + option
        pseudo = self.local + self.remote + struct.pack(">HH", 6, len(header) + len(data))
        value = checksum(pseudo + header + data)
        self.socket.send(header[:16] + struct.pack(">H", value) + header[18:] + data)

    def receive(self, until):
        """one segment of this connection, or None"""
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                packet = self.socket.recv(65536)
            except TimeoutError:
                return None
            segment = packet[(packet[0] & 15) * 4:]
            if struct.unpack_from(">HH", segment) == self.ports[::-1]:
                return segment
        return None

    def open(self):
        for _ in range(5):
            self.send(SYN, 0, option=b"\x02\x04\x05\xb4\x04\x02\x01\x01")
            segment = self.receive(time.monotonic() + 1)
            if segment and segment[13] & (SYN | ACK) == SYN | ACK:
                self.expected = (struct.unpack_from(">I", segment, 4)[0] + 1) % MODULUS
                self.acked = 1
                self.send(ACK, 1)
                return
        sys.exit("no SYN/ACK")

    def take(self, segment):
        seq, ack = struct.unpack_from(">II", segment, 4)
        data = segment[(segment[12] >> 4) * 4:]
        flags = segment[13]
        if flags & RST:
            self.end = "reset"
            return
        advance = (ack - self.isn - self.acked) % MODULUS
        if advance < MODULUS // 2:
            self.acked += advance
        if seq == self.expected and (data or flags & FIN):
            self.answer += data
            self.expected = (self.expected + len(data) + (flags & FIN)) % MODULUS
            if flags & FIN:
                self.end = "closed"
        if data or flags & FIN:
            self.send(ACK, self.acked)

    def poll(self, seconds, done=lambda: False):
        until = time.monotonic() + seconds
        while not self.end and not done():
            segment = self.receive(until)
            if segment is None:
                return
            self.take(segment)


def cut(stream, options):
    pieces = [(i, stream[i:i + options.cut]) for i in range(0, len(stream), options.cut)]
    if options.order == "reverse":
        pieces.reverse()
    elif options.order == "shuffle":
        random.shuffle(pieces)
    elif options.order == "even":
        pieces = pieces[1::2] + pieces[::2]
    return pieces


def main():
    options = parse()
    stream = build_stream(options, options.name)
    copies = [cut(stream, options)]
    if options.also:
        second = build_stream(options, options.also)
        if options.split:
            copies = [cut(stream[:options.split], options)]
            stream = stream[:options.split] + second[options.split:]
        copies.append(cut(second, options))

    connection = Connection(options)
    connection.open()
    length = len(stream)
    deadline = time.monotonic() + options.patience
    while not connection.end and connection.acked <= length and time.monotonic() < deadline:
        for offset, piece in copies[0]:
            if offset + len(piece) >= connection.acked:
                connection.send(PSH | ACK, 1 + offset, piece)
            connection.poll(0)
        if len(copies) > 1:
            copies.pop(0)
            connection.poll(0.1)
        else:
            connection.poll(0.3, lambda: connection.acked > length)
    if connection.acked > length and not connection.end:
        connection.send(FIN | ACK, 1 + length)
        connection.poll(deadline - time.monotonic())
    print(connection.answer.decode(), end="")
    print("sent", length, hashlib.sha256(stream).hexdigest())
    print(connection.end or "silent")


main()

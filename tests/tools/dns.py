#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""dns.py - a name server that answers every question with one TXT record

usage: dns.py ADDRESS

Listens on port 53 of ADDRESS, UDP and TCP. The first label of the name that is asked for tells how many bytes of text
the record has; they are always the same. A datagram may be as large as the answer is: it leaves as fragments. Says
"ready".
"""

import random
import selectors
import socket
import socketserver
import struct
import sys

STRING = 250


def text(size):
    """Strings of letters, each with its length before it"""
    letters = random.Random(size)
    left = size
    while left > 0:
        length = min(left, STRING)
        yield bytes([length]) + bytes(letters.randrange(97, 123) for _ in range(length))
        left -= length


def answer(query):
    end = query.index(b"\0", 12) + 5
    record = b"".join(text(int(query[13 : 13 + query[12]])))
    head = query[:2] + struct.pack("!HHHHH", 0x8580, 1, 1, 0, 1)
    edns = struct.pack("!BHHIH", 0, 41, 65000, 0, 0)
    return head + query[12:end] + struct.pack("!HHHIH", 0xC00C, 16, 1, 60, len(record)) + record + edns


class OverUDP(socketserver.BaseRequestHandler):
    def handle(self):
        query, sock = self.request
        sock.sendto(answer(query), self.client_address)


class OverTCP(socketserver.StreamRequestHandler):
    def handle(self):
        length = struct.unpack("!H", self.rfile.read(2))[0]
        reply = answer(self.rfile.read(length))
        self.wfile.write(struct.pack("!H", len(reply)) + reply)


def serve(kind, handler, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return type("Server", (kind,), {"address_family": family, "allow_reuse_address": True})((address, 53), handler)


def main():
    address = sys.argv[1]
    tcp = serve(socketserver.TCPServer, OverTCP, address)
    udp = serve(socketserver.UDPServer, OverUDP, address)
    print("ready", flush=True)
    with selectors.DefaultSelector() as selector:
        for server in (tcp, udp):
            selector.register(server, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                key.fileobj.handle_request()


if __name__ == "__main__":
    main()

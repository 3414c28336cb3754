#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""opening.py - first bytes that are long or come slowly, clients that send them, and servers that tell what they got

usage: opening.py server ADDRESS NAME=PORT...
       opening.py client [OPTION]... ADDRESS PORT KIND HOST

A server waits until it has a whole ClientHello or request head, answers with a line "NAME LENGTH SHA256" of what it
has got, and closes. It prints "ready", then that line for each connection, or "NAME LENGTH cut" if the client ended
before. A client prints what came of its connection:

	right NAME MS	the whole of what was sent has reached this server; milliseconds from the first byte sent to
			the first byte of the answer
	damaged ...	the server has got other bytes
	reset, closed	no answer
	told ERROR	the kernel gave up, because the network said so
	hanging		no answer in time, although there are bytes that the client has to repeat
	waiting		no answer in time, and everything was acknowledged: there is nothing to repeat
"""

import argparse
import asyncio
import errno
import fcntl
import functools
import hashlib
import os
import socket
import struct
import termios
import time


def counted(width, data):
    return len(data).to_bytes(width, "big") + data


def extension(kind, data):
    return struct.pack(">H", kind) + counted(2, data)


def hello(host, size, early):
    """A ClientHello in one record of @size bytes; the name is in the first or in the last extension"""
    name = extension(0, counted(2, b"\0" + counted(2, host.encode())))
    others = extension(0x0A0A, b"") + extension(43, b"\x02\x03\x04")

    def record(padding):
        filled = others + extension(21, bytes(padding))
        extensions = name + filled if early else filled + name
        body = b"\x03\x03" + os.urandom(32) + counted(1, os.urandom(32)) + counted(2, b"\x13\x01\x13\x02\x0a\x0a")
        body += counted(1, b"\0") + counted(2, extensions)
        return b"\x16\x03\x01" + counted(2, b"\x01" + counted(3, body))

    return record(size - len(record(0)))


def head(host, size, early):
    """A request head of @size bytes in lines of some 60; the host is in the first or in the last one"""
    begin, field, end = b"GET /page HTTP/1.1\r\n", f"Host: {host}\r\n".encode(), b"\r\n"
    left = size - len(begin + field + end)
    others = b""
    while left > 0:
        length = left if left < 120 else 60
        others += b"Cookie: " + b"c" * (length - 10) + b"\r\n"
        left -= length
    return begin + (field + others if early else others + field) + end


class Kind:
    """How a client begins: @make builds @size bytes; @cut gives the pieces, one every @pause seconds"""

    def __init__(self, make, size, cut=lambda content: [content], pause=0.0):
        self.make, self.size, self.cut, self.pause = make, size, cut, pause

    def content(self, host, early):
        return self.make(host, self.size, early)


def single_bytes(content):
    return [content[i:i + 1] for i in range(len(content))]


def lines(content):
    return content.splitlines(keepends=True)


KINDS = {
    "hello of 1.9 kB": Kind(hello, 1900),
    "hello of 14 kB": Kind(hello, 14000),
    "hello of 16 kB": Kind(hello, 16384),
    "head of 20 kB": Kind(head, 20000),
    "head of 30 kB": Kind(head, 30000),
    "hello byte by byte": Kind(hello, 200, single_bytes, 0.001),
    "head byte by byte": Kind(head, 200, single_bytes, 0.001),
    "head line by line": Kind(head, 200, lines, 0.2),
}


class Opened:
    """What came of a connection: a word as above, which server answered, when, and anything to tell of it"""

    def __init__(self, word, server="", seconds=0.0, detail=""):
        self.word, self.server, self.seconds, self.detail = word, server, seconds, detail


async def send(sock, pieces, pause):
    """On a schedule, so that late sleeps do not add up"""
    loop = asyncio.get_running_loop()
    begin = time.monotonic()
    for i, piece in enumerate(pieces):
        late = time.monotonic() - begin - i * pause
        if late < 0:
            await asyncio.sleep(-late)
        await loop.sock_sendall(sock, piece)


async def receive(sock):
    """The answer, and when it began"""
    loop = asyncio.get_running_loop()
    answer = await loop.sock_recv(sock, 1000)
    began = time.monotonic()
    while answer and (data := await loop.sock_recv(sock, 1000)):
        answer += data
    return answer, began


async def exchange(sock, address, pieces, pause, silent):
    """One connection to its end; fails with what the socket fails with"""
    await asyncio.get_running_loop().sock_connect(sock, address)
    begin = time.monotonic()
    await send(sock, pieces, pause)
    answer, began = await receive(sock)
    if not answer:
        return Opened("closed")
    server, length, digest = answer.decode().split()
    sent = b"".join(pieces)
    if silent or int(length) != len(sent) or digest != hashlib.sha256(sent).hexdigest():
        return Opened("damaged", server, detail=f"{server} has got {length} of {len(sent)} bytes")
    return Opened("right", server, began - begin)


async def attempt(sock, address, pieces, pause=0.0, patience=30.0, silent=False):
    """One connection on @sock, which is closed then; @silent: the pieces are not complete, no answer can come"""
    with sock:
        sock.setblocking(False)
        try:
            return await asyncio.wait_for(exchange(sock, address, pieces, pause, silent), patience)
        except (ConnectionResetError, BrokenPipeError, ConnectionRefusedError):
            return Opened("reset")
        except asyncio.TimeoutError:
            unacknowledged = struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0]
            return Opened("hanging" if unacknowledged else "waiting", detail=f"{unacknowledged} bytes to repeat")
        except OSError as error:
            return Opened("told", detail=errno.errorcode.get(error.errno, "?"))


def is_complete(content):
    if content[:1] != b"\x16":
        return content.endswith(b"\r\n\r\n")
    return len(content) >= 5 and len(content) >= 5 + int.from_bytes(content[3:5], "big")


async def serve(name, reader, writer):
    content = b""
    try:
        while not is_complete(content):
            data = await reader.read(65536)
            if not data:
                break
            content += data
        digest = hashlib.sha256(content).hexdigest() if is_complete(content) else "cut"
    except OSError:
        digest = "cut"
    line = f"{name} {len(content)} {digest}"
    print(line, flush=True)
    if digest != "cut":
        writer.write(f"{line}\n".encode())
    writer.close()


async def server(address, places):
    servers = []
    for place in places:
        name, port = place.split("=")
        handler = functools.partial(serve, name)
        servers.append(await asyncio.start_server(handler, address, int(port), backlog=4096))
    print("ready", flush=True)
    await asyncio.gather(*(s.serve_forever() for s in servers))


def client(options):
    kind = KINDS[options.kind]
    content = kind.content(options.host, False)
    pieces = kind.cut(content[:options.length or len(content)])
    sock = socket.socket()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, not options.nagle)
    got = asyncio.run(attempt(sock, (options.address, options.port), pieces, kind.pause, options.patience,
                              options.length > 0))
    print(" ".join(filter(None, (got.word, got.server, f"{got.seconds * 1000:.0f}", got.detail))))


def parse():
    parser = argparse.ArgumentParser(description="see the text at the top of this file")
    side = parser.add_subparsers(dest="side", required=True)
    servers = side.add_parser("server")
    servers.add_argument("address")
    servers.add_argument("places", nargs="+")
    clients = side.add_parser("client")
    clients.add_argument("--nagle", action="store_true", help="leave Nagle's algorithm on")
    clients.add_argument("--length", type=int, default=0, help="send only so many bytes, and then be silent")
    clients.add_argument("--patience", type=float, default=30, help="seconds")
    clients.add_argument("address")
    clients.add_argument("port", type=int)
    clients.add_argument("kind", choices=KINDS)
    clients.add_argument("host")
    return parser.parse_args()


def main():
    options = parse()
    if options.side == "client":
        client(options)
    else:
        asyncio.run(server(options.address, options.places))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""many.py - many connections at a time, of random lengths, that end in every order

usage: many.py server ADDRESS PORT
       many.py client ADDRESS PORT NUMBER SEED MAXIMUM DIRECTORY [OPENING]

The client opens NUMBER connections, sends a line with what it is going to do on each, and waits for a byte from the
server on each; with OPENING, so many at a time. Then it says "connected", and when there is a file DIRECTORY/go it
sends a byte on each. Both sides then send up to MAXIMUM random bytes and check what they get. The connection ends in
one of these orders:

	client		the client half-closes first, the server when it has seen that
	server		the server half-closes first, the client when it has seen that
	both		both half-close at once
	client_reset	the client resets when it has heard that the server has everything
	server_reset	the server resets when it has heard that the client has everything

It says "complete" and ends with 0 if all went well.
"""

import asyncio
import os
import random
import resource
import socket
import struct
import sys

DEADLINE = 40
DEADLINE_OF_EACH = 0.02


def reset(writer):
    """Close so that the kernel sends a RST"""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def send(writer, content):
    writer.write(content)
    await writer.drain()


async def expect(reader, content):
    if await reader.readexactly(len(content)) != content:
        raise ValueError("bytes are damaged")


async def expect_end(reader):
    if await reader.read(1):
        raise ValueError("bytes behind the end")


async def close(writer):
    writer.close()
    await writer.wait_closed()


async def first_closes(reader, writer, mine, theirs):
    await send(writer, mine)
    writer.write_eof()
    await expect(reader, theirs)
    await expect_end(reader)
    await close(writer)


async def second_closes(reader, writer, mine, theirs):
    await expect(reader, theirs)
    await expect_end(reader)
    await send(writer, mine)
    await close(writer)


async def both_close(reader, writer, mine, theirs):
    async def sender():
        await send(writer, mine)
        writer.write_eof()

    await asyncio.gather(sender(), expect(reader, theirs))
    await expect_end(reader)
    await close(writer)


async def first_resets(reader, writer, mine, theirs):
    await asyncio.gather(send(writer, mine), expect(reader, theirs))
    await reader.readexactly(1)
    reset(writer)


async def second_is_reset(reader, writer, mine, theirs):
    """A reset is sent once; if it is lost, only another segment brings another one"""
    await asyncio.gather(send(writer, mine), expect(reader, theirs))
    while True:
        try:
            await send(writer, b".")
            await asyncio.wait_for(expect_end(reader), 1)
        except asyncio.TimeoutError:
            continue
        except ConnectionResetError:
            return
        raise ValueError("an end instead of a reset")


ENDS = {
    "client": (first_closes, second_closes),
    "server": (second_closes, first_closes),
    "both": (both_close, both_close),
    "client_reset": (first_resets, second_is_reset),
    "server_reset": (second_is_reset, first_resets),
}


def make_contents(seed, maximum):
    """What the client sends, and the server: the same at both ends"""
    source = random.Random(seed)
    return [source.randbytes(source.randint(1, maximum)) for _ in range(2)]


async def answer(words, reader, writer):
    """The server's part of a connection, behind the line that tells it"""
    await send(writer, b"!")
    await reader.readexactly(1)
    contents = make_contents(int(words[2]), int(words[3]))
    await ENDS[words[1].decode()][1](reader, writer, contents[1], contents[0])


async def serve(reader, writer):
    words = (await reader.readline()).split()
    try:
        await answer(words, reader, writer)
    except (OSError, ValueError, EOFError) as error:
        print("server:", words, repr(error), flush=True)
        reset(writer)


async def one(address, port, number, seed, maximum, opening, all_connected):
    order = list(ENDS)[number % len(ENDS)]
    async with opening:
        reader, writer = await asyncio.open_connection(address, port)
        await send(writer, f"GET {order} {seed} {maximum}\n".encode())
        await reader.readexactly(1)
    await all_connected()
    try:
        await send(writer, b"!")
        contents = make_contents(seed, maximum)
        await ENDS[order][0](reader, writer, contents[0], contents[1])
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"connection {number}, {order}, seed {seed}: {error!r}") from error


async def client(address, port, number, seed, maximum, directory, opening=None):
    number, seed = int(number), int(seed)
    opening = asyncio.Semaphore(int(opening or number))
    connected = 0
    go = asyncio.Event()

    async def all_connected():
        nonlocal connected
        connected += 1
        if connected == number:
            print("connected", flush=True)
        await go.wait()

    async def wait_for_file():
        while not os.path.exists(f"{directory}/go"):
            await asyncio.sleep(0.02)
        go.set()

    tasks = [one(address, int(port), i, seed + i, int(maximum), opening, all_connected) for i in range(number)]
    await asyncio.wait_for(asyncio.gather(wait_for_file(), *tasks), DEADLINE + number * DEADLINE_OF_EACH)
    print("complete", flush=True)


async def server(address, port):
    listener = await asyncio.start_server(serve, address, int(port), backlog=4096)
    print("ready", flush=True)
    await listener.serve_forever()


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (16384, 16384))
    side = {"server": server, "client": client}[sys.argv[1]]
    asyncio.run(side(*sys.argv[2:]))


if __name__ == "__main__":
    main()

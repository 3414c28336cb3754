#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""transfers.py - many connections at once over which data go both ways, each byte of it checked

    transfers.py serve NAME ADDRESS PORT      prints "ready"; answers the head of a request with a line NAME, and then with
                                              whatever else comes
    transfers.py run ADDRESS PORT COUNT HOST  keeps COUNT connections busy, number N for the name HOST % N (HOST has a
                                              %d). Prints "live" when each of them has got something back; at SIGTERM
                                              how many have ended in which way, and which servers they had
"""
import asyncio
import collections
import random
import resource
import signal
import sys

PIECE = 4096  # bytes
PAUSE = 1.0  # seconds between two pieces of a connection


async def echo(name, reader, writer):
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(name + b"\n")
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.transport.abort()


async def serve(name, address, port):
    server = await asyncio.start_server(lambda *pair: echo(name.encode(), *pair), address, int(port), backlog=4096)
    print("ready", flush=True)
    await server.serve_forever()


class Wrong(Exception):
    pass


class Transfers:
    def __init__(self, count):
        self.count = count
        self.live = 0
        self.bytes = 0
        self.servers = collections.Counter()
        self.over = asyncio.Event()

    async def exchange(self, rng, reader, writer):
        piece = rng.randbytes(PIECE)
        writer.write(piece)
        if await reader.readexactly(PIECE) != piece:
            raise Wrong("other bytes came back")
        self.bytes += PIECE

    def begun(self, server):
        self.servers[server] += 1
        self.live += 1
        if self.live == self.count:
            print("live", flush=True)

    async def transfer(self, number, reader, writer, host):
        rng = random.Random(number)
        writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        server = (await reader.readline()).decode().strip()
        await self.exchange(rng, reader, writer)
        self.begun(server)
        while not self.over.is_set():
            await asyncio.sleep(PAUSE * rng.uniform(0.5, 1.5))
            await self.exchange(rng, reader, writer)
        writer.write_eof()
        if await reader.read():
            raise Wrong("more came back")

    async def run(self, number, address, port, host):
        try:
            reader, writer = await asyncio.open_connection(address, port)
            try:
                await self.transfer(number, reader, writer, host)
            finally:
                writer.close()
        except (OSError, EOFError, Wrong) as error:
            print(f"{type(error).__name__}: {error}", flush=True)
            return "broken"
        return "whole"


async def run(address, port, count, host):
    transfers = Transfers(int(count))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, transfers.over.set)
    tasks = []
    for number in range(transfers.count):
        tasks.append(asyncio.create_task(transfers.run(number, address, int(port), host % number)))
        await asyncio.sleep(0.002)
    for how, many in collections.Counter(await asyncio.gather(*tasks)).items():
        print(many, how)
    print(transfers.bytes >> 20, "MiB both ways;", *(f"{many} by {name}" for name, many in transfers.servers.items()))


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, [resource.getrlimit(resource.RLIMIT_NOFILE)[1]] * 2)
    asyncio.run({"serve": serve, "run": run}[sys.argv[1]](*sys.argv[2:]))


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# witness.py - TCP servers that tell the client who they are, whom they see, and what they have got
#
# Usage: witness.py NAME=ADDRESS,PORT[,MODE]...
#
# Each server answers the first data with "NAME CLIENT-ADDRESS CLIENT-PORT" and the end of the client's data with
# "end LENGTH SHA256"; then it closes. Modes: "first" says "SSH-2.0-NAME" before anything else, "leave" closes its
# half of the connection after the first answer, "abort" resets the connection then. One line per connection goes to
# standard output, where "ready" says that all of them listen.
import asyncio
import hashlib
import socket
import struct
import sys


def parse(argument):
    name, place = argument.split("=")
    address, port, *mode = place.split(",")
    return name, address, int(port), "".join(mode)


class Witness:
    def __init__(self, name, mode):
        self.name = name
        self.mode = mode

    async def answer(self, reader, writer, got):
        """until the client has closed; got[0] grows with what it has sent"""
        peer = writer.get_extra_info("peername")
        digest = hashlib.sha256()
        if self.mode == "first":
            writer.write(f"SSH-2.0-{self.name}\r\n".encode())
        while data := await reader.read(65536):
            if got[0] == 0:
                writer.write(f"{self.name} {peer[0]} {peer[1]}\n".encode())
                await writer.drain()
                if self.mode == "leave":
                    writer.write_eof()
                if self.mode == "abort":
                    linger = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    return "aborted"
            digest.update(data)
            got[0] += len(data)
        if self.mode != "leave":
            writer.write(f"end {got[0]} {digest.hexdigest()}\n".encode())
        await writer.drain()
        return "end"

    async def serve(self, reader, writer):
        peer = writer.get_extra_info("peername")
        got = [0]
        try:
            end = await self.answer(reader, writer, got)
        except ConnectionError as error:
            end = type(error).__name__
        print(self.name, peer[0], peer[1], got[0], end, flush=True)
        writer.close()


async def main():
    servers = []
    for argument in sys.argv[1:]:
        name, address, port, mode = parse(argument)
        servers.append(await asyncio.start_server(Witness(name, mode).serve, address, port))
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# witness.py - TCP servers that tell the client who they are, whom they see, and what they have got
#
# Usage: witness.py NAME=ADDRESS,PORT[,first]...
#
# Each server answers the first data with "NAME CLIENT-ADDRESS CLIENT-PORT" and the end of the client's data with
# "end LENGTH SHA256"; then it closes. One with ",first" says "SSH-2.0-NAME" before anything else. One line per
# connection goes to standard output, where "ready" says that all of them listen.
import asyncio
import hashlib
import sys


def parse(argument):
    name, place = argument.split("=")
    address, port, *mode = place.split(",")
    return name, address, int(port), "first" in mode


class Witness:
    def __init__(self, name, speaks_first):
        self.name = name
        self.speaks_first = speaks_first

    async def serve(self, reader, writer):
        peer = writer.get_extra_info("peername")
        digest = hashlib.sha256()
        length = 0
        end = "end"
        try:
            if self.speaks_first:
                writer.write(f"SSH-2.0-{self.name}\r\n".encode())
            while data := await reader.read(65536):
                if length == 0:
                    writer.write(f"{self.name} {peer[0]} {peer[1]}\n".encode())
                digest.update(data)
                length += len(data)
            writer.write(f"end {length} {digest.hexdigest()}\n".encode())
            await writer.drain()
        except ConnectionError as error:
            end = type(error).__name__
        finally:
            print(self.name, peer[0], peer[1], length, end, flush=True)
            writer.close()


async def main():
    servers = []
    for argument in sys.argv[1:]:
        name, address, port, first = parse(argument)
        servers.append(await asyncio.start_server(Witness(name, first).serve, address, port))
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""sink.py - a server to be killed: it takes connections and reads nothing of them, or does not even take them

usage: sink.py ADDRESS PORT take|full

With "take", what clients send stays in the buffers, so that the kernel resets the connections when this process is
killed. With "full", the queue of connections that nobody has taken is full from the start, and the kernel does not
answer any SYN; when this process is killed, it refuses them. Says "ready".
"""

import socket
import sys
import time

PATIENCE = 0.2


def fill(address, port):
    """Connect until that is not answered any more"""
    peers = []
    while True:
        peer = socket.socket(socket.AF_INET6)
        peer.settimeout(PATIENCE)
        peers.append(peer)
        try:
            peer.connect((address, port))
        except TimeoutError:
            return peers


def main():
    address, port, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    peers = []
    listener = socket.create_server((address, port), family=socket.AF_INET6, backlog=0 if mode == "full" else 128)
    if mode == "full":
        peers = fill(address, port)
    print("ready", flush=True)
    while mode == "take":
        peers.append(listener.accept())
    time.sleep(3600)


main()

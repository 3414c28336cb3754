#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# client.py - one TCP connection to a service: send, perhaps close, print the answer and how it ended
#
# Usage: client.py [OPTION]... ADDRESS PORT
#
# The last line printed is "closed", "reset", "refused" (the connection was not accepted), "unreachable", or
# "silent" (nothing happened for the time of --patience), "aborted" (by --abort).
import argparse
import errno
import socket
import struct
import sys
import time


def escaped(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--send", type=escaped, action="append", default=[], help="text with \\xNN, in turn")
    parser.add_argument("--pause", type=float, default=0, help="seconds between two --send")
    parser.add_argument("--file", help="more data to send")
    parser.add_argument("--listen-first", action="store_true", help="wait for a line before sending")
    parser.add_argument("--open", action="store_true", help="do not close after sending")
    parser.add_argument("--together", action="store_true", help="put the last data and the FIN in one segment")
    parser.add_argument("--abort", action="store_true", help="reset the connection after the first answer")
    parser.add_argument("--reset", action="store_true", help="reset at the end, also if this program is ended")
    parser.add_argument("--port", type=int, default=0, help="source port")
    parser.add_argument("--source", default="", help="source address")
    parser.add_argument("--patience", type=float, default=5)
    parser.add_argument("address")
    parser.add_argument("service", type=int)
    return parser.parse_args()


def say(data):
    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def connect(options):
    peer = socket.socket()
    peer.settimeout(options.patience)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if options.reset:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.bind((options.source, options.port))
    peer.connect((options.address, options.service))
    return peer


def send(peer, options):
    if options.together:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    for i, data in enumerate(options.send):
        if i > 0:
            time.sleep(options.pause)
        peer.sendall(data)
    if options.file:
        with open(options.file, "rb") as file:
            peer.sendall(file.read())
    if not options.open:
        try:
            peer.shutdown(socket.SHUT_WR)
        except OSError as error:
            # The peer was faster with its reset: recv() will tell.
            if error.errno != errno.ENOTCONN:
                raise


def exchange(options):
    with connect(options) as peer:
        if options.listen_first:
            say(peer.recv(65536))
        send(peer, options)
        while data := peer.recv(65536):
            say(data)
            if options.abort:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return "aborted"
    return "closed"


def main():
    try:
        return exchange(parse())
    except (ConnectionResetError, BrokenPipeError):
        return "reset"
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError as error:
        return "unreachable" if error.errno == errno.ETIMEDOUT else "silent"
    except OSError as error:
        if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
            return "unreachable"
        raise


print(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# datagrams.py - servers of UDP that say who they are and whom they see, and clients that ask them
#
# Usage: datagrams.py serve NAME=ADDRESS,PORT[,dns|,long]...
#        datagrams.py ask [--source ADDRESS] [--port PORT] [--size N] [--count N] [--pause S] [--patience S]
#                         [--zero] [--fragments] [--segments N] ADDRESS PORT
#        datagrams.py many COUNT ADDRESS PORT
#
# A server answers each datagram with "NAME CLIENT-ADDRESS CLIENT-PORT LENGTH SHA256"; with "dns" each question with a
# TXT record that says the first three, with "long" with 4000 bytes behind these. A client prints what it gets, without
# the last word, and "refused" or "silent" at the end of its patience. --zero: without checksum; --fragments: DF is clear; --segments: so many datagrams in one system call, which
# the kernel may carry as one super-packet. "many" asks from so many ports at once, and prints how many got the
# answer to what they said.
import argparse
import hashlib
import selectors
import socket
import struct
import sys
import time

SO_NO_CHECK = 11
IP_MTU_DISCOVER, IP_PMTUDISC_DONT = 10, 0
SOL_UDP, UDP_SEGMENT = 17, 103
DNS_TXT, DNS_IN = 16, 1


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def answer_dns(question, text):
    """A response with one TXT record, with the name of the question by a pointer to it"""
    end = question.index(b"\0", 12) + 5
    record = struct.pack("!HHHIHB", 0xC00C, DNS_TXT, DNS_IN, 0, len(text) + 1, len(text)) + text
    return question[:2] + struct.pack("!HHHHH", 0x8580, 1, 1, 0, 0) + question[12:end] + record


def serve(places):
    selector = selectors.DefaultSelector()
    for place in places:
        name, rest = place.split("=")
        address, port, *mode = rest.split(",")
        sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        sock.bind((address, int(port)))
        selector.register(sock, selectors.EVENT_READ, (name, mode))
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            name, mode = key.data
            data, peer = key.fileobj.recvfrom(65535)
            text = f"{name} {peer[0]} {peer[1]}"
            print(text, len(data), flush=True)
            if mode == ["dns"]:
                answer = answer_dns(data, text.encode())
            elif mode == ["long"]:
                answer = f"{text} {'x' * 4000}".encode()
            else:
                answer = f"{text} {len(data)} {hashlib.sha256(data).hexdigest()}".encode()
            key.fileobj.sendto(answer, peer)


def open_client(options):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, options.zero)
    if options.fragments:
        sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
    if options.segments > 1:
        sock.setsockopt(SOL_UDP, UDP_SEGMENT, options.size)
    sock.bind((options.source, options.port))
    sock.connect((options.address, options.to))
    return sock


def receive(sock, patience):
    """Print one answer, or what came instead"""
    sock.settimeout(patience)
    try:
        print(sock.recv(65535).decode().rsplit(" ", 1)[0], flush=True)
    except ConnectionRefusedError:
        print("refused", flush=True)
    except OSError as error:
        print("silent" if isinstance(error, TimeoutError) else error.strerror, flush=True)


def ask(options):
    sock = open_client(options)
    for i in range(options.count):
        if i > 0:
            time.sleep(options.pause)
        sock.send(bytes(options.size) * options.segments)
        for _ in range(options.segments):
            receive(sock, options.patience)


def many(count, address, port):
    socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for sock in socks:
        sock.connect((address, port))
        sock.send(str(sock.getsockname()).encode())
        time.sleep(0.001)  # queues are shorter than that
    answered = 0
    time.sleep(2)
    for sock in socks:
        sock.setblocking(False)
        try:
            digest = hashlib.sha256(str(sock.getsockname()).encode()).hexdigest()
            answered += sock.recv(2048).decode().endswith(digest)
        except OSError:
            pass
    print(answered, "answered")


def main():
    if sys.argv[1] == "serve":
        serve(sys.argv[2:])
    if sys.argv[1] == "many":
        many(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", default="")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--size", type=int, default=8)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0)
    parser.add_argument("--patience", type=float, default=2)
    parser.add_argument("--zero", action="store_true")
    parser.add_argument("--fragments", action="store_true")
    parser.add_argument("--segments", type=int, default=1)
    parser.add_argument("address")
    parser.add_argument("to", type=int)
    ask(parser.parse_args(sys.argv[2:]))


main()

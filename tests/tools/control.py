#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""control.py - clients of the control socket that nat46ctl is not, and a check of its metrics

    control.py metrics                      standard input is the Prometheus text format
    control.py stuck SOCKET COUNT           so many clients that never read, or never end their request; prints "stuck",
                                            and "dropped COUNT" when the daemon has given all of them up
    control.py random SOCKET COUNT SEED     requests of random bytes and words, each with an answer or a closed socket
"""
import random
import re
import select
import socket
import sys

WORDS = [b"nat46/1", b"nat46/2", b"status", b"stats", b"metrics", b"config", b"flows", b"explain", b"reload", b"drain", b"json", b"bytes=7",
         b"bytes=65536", b"service=web", b"client=10.0.0.4", b"server=2001:db8::1", b"address=10.0.0.42:80",
         b"address=1:2", b"host=www.example.org", b"", b"=", b"\0", b"\n", b"host=" + b"x" * 300]


def connect(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(30)
    sock.connect(path)
    return sock


def metrics():
    typed, seen = {}, set()
    for line in sys.stdin.read().splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in typed, line
            typed[name] = kind
        elif line.startswith("# HELP "):
            assert len(line.split()) > 4 and line.endswith("."), line
        else:
            match = re.fullmatch(r'(nat46_[a-z0-9_]+)(\{[a-z]+="[^"\\]*"\})? \d+', line)
            assert match, line
            assert line.split()[0] not in seen, line
            seen.add(line.split()[0])
            assert typed[match[1]] == ("counter" if match[1].endswith("_total") else "gauge"), line
    assert len(seen) > 80, len(seen)


def stuck(path, count):
    socks = [connect(path) for _ in range(count)]
    for number, sock in enumerate(socks):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.send(b"nat46/1 config\n" if number % 2 else b"nat46/1 stat")
    print("stuck", flush=True)
    poll = select.poll()
    for sock in socks:
        poll.register(sock, 0)
    left = {sock.fileno() for sock in socks}
    while left:
        for fd, _ in poll.poll(1000):
            poll.unregister(fd)
            left.discard(fd)
    print("dropped", count, flush=True)


def make(rng):
    if rng.random() < 0.2:
        return rng.randbytes(rng.randrange(3000))
    words = [rng.choice(WORDS) for _ in range(rng.randrange(6))]
    if rng.random() < 0.7:
        words = [b"nat46/1", rng.choice(WORDS[2:10])] + words
    return b" ".join(words) + (b"\n" if rng.random() < 0.9 else b"") + rng.randbytes(rng.choice([0, 0, 7, 70000]))


def ask(path, request, rng):
    sock = connect(path)
    try:
        sock.sendall(request)
        if rng.random() < 0.3:
            return 0
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := sock.recv(65536):
            answer += chunk
    except (BrokenPipeError, ConnectionResetError):
        return 0
    finally:
        sock.close()
    assert not answer or re.fullmatch(rb"([>!][^\n]*\n)*\.[012]\n", answer), (request, answer)
    return len(answer) > 0


def randoms(path, count, seed):
    rng = random.Random(seed)
    print("seed", seed)
    answered = sum(ask(path, make(rng), rng) for _ in range(count))
    print(answered, "answered")
    assert answered > count / 10


if sys.argv[1] == "metrics":
    metrics()
elif sys.argv[1] == "stuck":
    stuck(sys.argv[2], int(sys.argv[3]))
else:
    randoms(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""control.py - clients of the control socket that nat46ctl is not, and a check of its metrics

    control.py metrics                      standard input is the Prometheus text format
    control.py slow SOCKET                  clients that do not go on, each in its way; prints "slow" when all are
                                            connected, and then which is dropped after how many seconds
    control.py hold SOCKET COUNT            so many clients that say nothing, and come back as soon as they are dropped
    control.py random SOCKET COUNT SEED     requests with mistakes, and of random bytes and words, each with an answer
                                            or a closed socket
"""
import random
import re
import select
import socket
import sys
import threading
import time

WORDS = [b"nat46/1", b"nat46/2", b"status", b"stats", b"metrics", b"flows", b"explain", b"top", b"drain", b"undrain",
         b"log", b"level=info",
         b"json", b"bytes=7", b"bytes=65536", b"service=web", b"client=10.0.0.4", b"server=2001:db8::77",
         b"address=10.0.0.42:80", b"address=1:2",
         b"host=www.example.org", b"count=9", b"seconds=1", b"", b"=", b"\0", b"\n",
         b"host=" + b"x" * 300]

REQUESTS = [
    b"nat46/1 status\n",
    b"nat46/1 status json\n",
    b"nat46/1 stats explain\n",
    b"nat46/1 metrics\n",
    b"nat46/1 flows json service=web client=10.0.0.3 server=2001:db8::1\n",
    b"nat46/1 explain address=10.0.0.42:80 host=n7.example client=10.0.0.3\n",
    b"nat46/1 explain json address=10.0.0.42:80 bytes=37\nGET / HTTP/1.1\r\nHost: n7.example\r\n\r\n",
    b"nat46/1 drain server=[2001:db8::1]:22\n",
    b"nat46/1 undrain json server=2001:db8::1\n",
    b"nat46/1 top rows=20 columns=80 colour\nnat46/1 top json\n",
    b"nat46/1 config\n",
    b"nat46/1 reload\n",
    b"nat46/1 capture service=web client=10.0.0.3 count=9 seconds=1\n",
]
COMMON = [10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 1, 1, 1]  # the last ones take their time


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
            match = re.fullmatch(r'(nat46_[a-z0-9_]+)(\{([a-z]+="[^"\\]*",?)+\})? \d+(\.\d+)?', line)
            assert match, line
            assert line.split()[0] not in seen, line
            seen.add(line.split()[0])
            # the samples of a metric stand behind its head
            assert re.sub("_(bucket|sum|count)$", "", match[1]) == name, line
            assert kind == ("counter" if match[1].endswith("_total") else "gauge" if match[1] == name else "histogram")
    assert len(seen) > 80, len(seen)


def trickle(data):
    """Sends one byte each half second"""

    def step(sock):
        sock.send(data.pop(0))

    data = [bytes([byte]) for byte in data]
    return step


SLOW = {
    "silent": (b"", None),
    "half a request": (b"nat46/1 stat", None),
    "half its bytes": (b"nat46/1 explain address=10.0.0.42:80 bytes=5\nGET", None),
    "deaf": (b"nat46/1 config\n", None),
    "deaf for JSON": (b"nat46/1 config json\n", None),
    "trickling": (b"", trickle(b"nat46/1 flows service=" + 60 * b"x")),
    "sipping": (b"nat46/1 config\n", lambda sock: sock.recv(1)),
}


def is_dropped(sock):
    poll = select.poll()
    poll.register(sock, 0)
    return bool(poll.poll(500))


def be_slow(kind, sock):
    _, step = SLOW[kind]
    start = time.monotonic()
    while not is_dropped(sock):
        if step:
            step(sock)
    # in one piece: others may be dropped at the same moment
    print(f"{kind}: dropped after {round(time.monotonic() - start)} s\n", end="", flush=True)


def slow(path):
    threads = []
    for kind, (first, _) in SLOW.items():
        sock = connect(path)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.send(first)
        threads.append(threading.Thread(target=be_slow, args=(kind, sock)))
    print("slow", flush=True)
    for thread in threads:
        thread.start()


def hold(path, count):
    socks = [connect(path) for _ in range(count)]
    print("held", flush=True)
    while True:
        socks = [connect(path) if is_dropped(sock) else sock for sock in socks]


def mistake(rng, request):
    """A request with one thing wrong: a byte, a word, its length"""
    at = rng.randrange(len(request))
    words = request.split(b" ")
    rng.shuffle(words)
    return rng.choice([
        request[:at] + rng.randbytes(1) + request[at + 1 :],
        request[:at] + request[at + 1 :],
        request[:at] + request[at : at + rng.randrange(8)] * rng.randrange(400) + request[at:],
        request[:at],
        request[:at] + b" " + rng.choice(WORDS) + b" " + request[at:],
        b" ".join(words),
        request + rng.randbytes(rng.choice([1, 7, 70000])),
    ])


def make(rng):
    kind = rng.random()
    if kind < 0.1:
        return rng.randbytes(rng.randrange(3000))
    if kind < 0.3:
        words = [b"nat46/1"] * (rng.random() < 0.7) + [rng.choice(WORDS) for _ in range(rng.randrange(6))]
        return b" ".join(words) + b"\n" * (rng.random() < 0.9)
    request = rng.choices(REQUESTS, COMMON)[0]
    return request if kind < 0.4 else mistake(rng, request)


def check(request, answer):
    """An answer is lines, of data behind some of them, and an end; or none. Behind one to top there may be others."""
    rest = answer
    while rest and not re.fullmatch(rb"\.[012]\n", rest):
        match = re.match(rb"#(\d{6})\n|[>!][^\n]*\n|\.0\n", rest)
        assert match, (request, answer)
        rest = rest[match.end() + int(match[1] or 0):]
    assert rest or not answer, (request, answer)


def ask(path, request, rng):
    sock = connect(path)
    answer = b""
    try:
        sock.sendall(request)
        if rng.random() < 0.2:
            return 0
        sock.shutdown(socket.SHUT_WR)
        patience = rng.choice([200, 1 << 30, 1 << 30, 1 << 30])  # bytes
        while len(answer) < patience and (chunk := sock.recv(min(patience, 65536))):
            answer += chunk
    except (BrokenPipeError, ConnectionResetError):
        return 0
    finally:
        sock.close()
    if len(answer) < patience:
        check(request, answer)
    return len(answer) > 0


def randoms(path, count, seed):
    rng = random.Random(seed)
    print("seed", seed)
    answered = sum(ask(path, make(rng), rng) for _ in range(count))
    print(count, "requests,", answered, "answered")
    assert answered > count / 10


if sys.argv[1] == "metrics":
    metrics()
elif sys.argv[1] == "slow":
    slow(sys.argv[2])
elif sys.argv[1] == "hold":
    hold(sys.argv[2], int(sys.argv[3]))
else:
    randoms(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

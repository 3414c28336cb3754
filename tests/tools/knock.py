#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""knock.py - short connections, one after the other: do all succeed, how many a second, how long does one take

usage: knock.py server ADDRESS PORT
       knock.py client ADDRESS PORT WORKERS PORTS

Each of the WORKERS opens a connection, sends a line, reads the answer up to the end of the connection, and begins
again, until SIGTERM comes. A connection counts when the answer was right. The server closes first, and every worker
goes round PORTS source ports of its own: so the number of different connections is bounded, however many are made.
A port is left out while this kernel still waits for the acknowledgement of its last connection's end.

The client says "ready" when every worker has made a connection, and at the end, in one line,

	connections=N failures=N seconds=S rate=N/s median_ms=M p99_ms=M max_ms=M over_1s=N

where over_1s are connections that took a second or longer: a segment of their handshake was lost and repeated. The
exit status is 1 if there were failures; each of them is printed.
"""

import errno
import signal
import socket
import sys
import threading
import time

FIRST_PORT = 20000
PATIENCE = 30
REQUEST = b"GET\n"
ANSWER = b"an answer\n"


def serve(listener):
    while True:
        peer, _ = listener.accept()
        with peer:
            try:
                if peer.recv(100) == REQUEST:
                    peer.sendall(ANSWER)
            except OSError as error:
                print("server:", repr(error), flush=True)


def server(address, port):
    listener = socket.create_server((address, int(port)), family=socket.AF_INET6, backlog=4096)
    for _ in range(2):
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


def knock(place, port):
    """One connection; fails with an OSError or ValueError"""
    with socket.socket() as peer:
        peer.settimeout(PATIENCE)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        peer.bind(("", port))
        peer.connect(place)
        peer.sendall(REQUEST)
        answer = b""
        while data := peer.recv(100):
            answer += data
    if answer != ANSWER:
        raise ValueError(f"the answer is {answer!r}")


class Worker(threading.Thread):
    def __init__(self, place, ports, stop):
        super().__init__()
        self.place, self.ports, self.stop = place, ports, stop
        self.times = []
        self.failures = []
        self.began = threading.Event()

    def run(self):
        done = 0
        while not self.stop.is_set():
            port = self.ports[done % len(self.ports)]
            start = time.monotonic()
            try:
                knock(self.place, port)
                self.times.append(time.monotonic() - start)
            except (OSError, ValueError) as error:
                if isinstance(error, OSError) and error.errno == errno.EADDRNOTAVAIL:
                    done += 1
                    continue
                self.failures.append(f"port {port}: {error!r} after {time.monotonic() - start:.3f} s")
            done += 1
            self.began.set()


def report(workers, seconds):
    times = sorted(t for worker in workers for t in worker.times)
    failures = [f for worker in workers for f in worker.failures]
    for failure in failures:
        print(failure)
    if not times:
        sys.exit("no connection succeeded")
    print(f"connections={len(times)} failures={len(failures)} seconds={seconds:.2f} rate={len(times) / seconds:.0f}/s",
          f"median_ms={times[len(times) // 2] * 1000:.2f} p99_ms={times[len(times) * 99 // 100] * 1000:.2f}",
          f"max_ms={times[-1] * 1000:.2f} over_1s={sum(t >= 1 for t in times)}")
    sys.exit(1 if failures else 0)


def client(address, port, workers, ports):
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    ports = int(ports)
    workers = [Worker((address, int(port)), range(first, first + ports), stop)
               for first in range(FIRST_PORT, FIRST_PORT + int(workers) * ports, ports)]
    start = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.began.wait()
    print("ready", flush=True)
    stop.wait()
    for worker in workers:
        worker.join()
    report(workers, time.monotonic() - start)


if __name__ == "__main__":
    {"server": server, "client": client}[sys.argv[1]](*sys.argv[2:])

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""first_bytes.py - do clients whose first bytes do not come in one flight reach their server, and how much later

usage: first_bytes.py rows [OPTION]... CLIENT_NAMESPACE
       first_bytes.py killed [OPTION]... CLIENT_NAMESPACE

rows: every row is one client, one loss of the link and one kind of first bytes. Half of its connections go to a service
with rules, which has to read the name in the first bytes, the others to a service without, on the same server; in
turns and at the same time, so that what else the machine does meets both. Names and their places alternate: two
hosts, in the first extension or line or in the last.

killed: connections of every kind; when they are in all their phases, the daemon is killed, which the caller starts
again.
"""

import argparse
import asyncio
import collections
import contextlib
import itertools
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time

import matrix
import opening

SERVICE = "192.0.2.11"
RULES, PLAIN = 1000, 1001   # its ports
CLIENT4, ROUTER4 = "198.51.100.2", "198.51.100.1"
HOSTS = {"one.example": "one", "two.example": "two"}
DELAYED = 40    # ms: for an acknowledgement that comes late
GOAL = 1.5      # times as long as without rules
SLACK = 5       # ms: what a busy machine adds to the median
PATIENCE = 60
PORTS = range(10000, 65000)     # of the client, one after the other from a random one: none is used again too soon

BASE = {
    "tcp_timestamps": 1, "tcp_sack": 1, "tcp_early_retrans": 3, "tcp_recovery": 1, "tcp_no_metrics_save": 1,
    "tcp_slow_start_after_idle": 0,
}


class Client:
    """A host: segments of its first flight, settings that differ, whether small writes wait for acknowledgements"""

    def __init__(self, window, settings=None, nagle=False):
        self.window, self.settings, self.nagle = window, settings or {}, nagle

    def links(self, text):
        """Those whose name has @text; without one, a client that differs by more than its first flight skips some"""
        skip = "2 % lost" if not text and (self.settings or self.nagle) else None
        return [name for name in chosen(LOSSES, text) if name != skip]


CLIENTS = {
    "10 segments": Client(10),
    "4 segments": Client(4),
    "2 segments": Client(2),
    "1 segment": Client(1),
    "10, Nagle": Client(10, nagle=True),
    "10, no tail loss probe": Client(10, {"tcp_early_retrans": 0, "tcp_recovery": 0}),
    "10, no SACK": Client(10, {"tcp_sack": 0}),
    "10, no timestamps": Client(10, {"tcp_timestamps": 0}),
    "1, nothing of these": Client(1, {"tcp_early_retrans": 0, "tcp_recovery": 0, "tcp_sack": 0, "tcp_timestamps": 0},
                                  nagle=True),
}
LOSSES = {"none lost": 0, "2 % lost": 2, "10 % lost": 10}
KINDS = {name: kind for name, kind in opening.KINDS.items() if name != "head of 20 kB"}


def chosen(names, text):
    return [name for name in names if not text or text in name]


@contextlib.contextmanager
def relay(arguments, loss):
    """The link with delay and loss"""
    command = [arguments.relay, "-d", str(arguments.trip / 2), "-l", str(loss), "-s", str(arguments.seed),
               *arguments.link]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="ascii") as process:
        try:
            if process.stdout.readline() != "ready\n":
                raise OSError("the relay does not start")
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()


def counted(arguments, name):
    """A counter of the daemon, from the lines that it logs for SIGUSR1"""
    def read():
        with open(arguments.log, encoding="utf-8") as file:
            return [line for line in file if " events: " in line or " status: " in line]
    before = sum("received=" in line for line in read())
    os.kill(arguments.pid, signal.SIGUSR1)
    for _ in range(500):
        found = read()
        if sum("received=" in line for line in found) > before:
            words = " ".join(found[-2:]).split()
            return int(dict(word.split("=") for word in words if word.count("=") == 1).get(name, 0))
        time.sleep(0.01)
    raise OSError("the daemon does not answer")


class Bench:
    """Makes connections of one client after the other"""

    def __init__(self, arguments):
        self.arguments = arguments
        first = random.randrange(len(PORTS))
        self.port = itertools.cycle([*PORTS[first:], *PORTS[:first]])
        self.serial = 0
        self.client = None

    def become(self, client):
        """The client's host, from now on"""
        self.client = client
        matrix.configure(self.arguments.client, BASE | client.settings)
        subprocess.run(["ip", "-n", self.arguments.client, "route", "replace", "default", "via", ROUTER4, "initcwnd",
                        str(client.window)], check=True)

    def make_socket(self):
        with matrix.inside(self.arguments.client):
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, not self.client.nagle)
        # a rate model would have a say of its own
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
        sock.bind((CLIENT4, next(self.port)))
        return sock

    async def connect(self, kind, service):
        """One connection; a server that was not asked for makes it "wrong\""""
        self.serial += 1
        host = list(HOSTS)[self.serial // 2 % 2]
        content = kind.content(host, self.serial // 4 % 2 == 0)
        begin = time.monotonic()
        got = await opening.attempt(self.make_socket(), (SERVICE, service), kind.cut(content), kind.pause,
                                    self.arguments.patience)
        if self.arguments.from_syn and got.word == "right":
            got.seconds = time.monotonic() - begin
        if got.word == "right" and got.server != (HOSTS[host] if service == RULES else "one"):
            got.word, got.detail = "wrong", f"{got.server} instead of {HOSTS[host]}, after {got.seconds:.1f} s"
        return got


class Side:
    """What came of the connections to one of the two services"""

    def __init__(self, results):
        words = collections.Counter(got.word for got in results)
        self.right = words["right"]
        self.wrong = words["wrong"] + words["damaged"]
        self.refused = words["reset"] + words["closed"]
        self.failed = len(results) - self.right - self.wrong - self.refused
        self.times = sorted(got.seconds * 1000 for got in results if got.word == "right") or [float("nan")]
        self.details = collections.Counter(
            f"{got.word} {got.detail}" for got in results if got.word not in ("right", "reset", "closed"))

    def at(self, part):
        return self.times[int(part * (len(self.times) - 1))]

    def median(self):
        return statistics.median(self.times)


def interval_of(kind):
    """Seconds between two connections: what the machine does for one of them without keeping others waiting"""
    return 0.025 if 0 < kind.pause < 0.01 else 0.008


async def row_of(bench, kind, number):
    """Both sides of a row"""
    results = {RULES: [], PLAIN: []}

    async def one(service, start):
        await asyncio.sleep(start)
        results[service].append(await bench.connect(kind, service))

    await asyncio.gather(*(one((RULES, PLAIN)[i % 2], i * interval_of(kind)) for i in range(2 * number)))
    return Side(results[RULES]), Side(results[PLAIN])


class Table:
    """Prints rows, and counts those that are not as they should be"""

    def __init__(self):
        self.rows = self.wrong = self.refused = self.slow = 0
        print(f"{'':53} {'of those with rules':>30} {'without':>7} {'first byte, ms':>14} {'times as long':>15}\n"
              f"{'client':23} {'link':10} {'first bytes':18} {'right':>6} {'wrong':>5} {'refused':>7} {'failed':>6} "
              f"{'acked':>5} {'failed':>6} {'plain':>7} {'added':>6} {'median':>7} {'p95':>7}")

    def add(self, names, loss, rules, plain, acked):
        added = rules.median() - plain.median()
        needed = 2 * acked >= rules.right
        slow = not added <= (GOAL - 1) * plain.median() + needed * DELAYED + SLACK
        marks = [mark for mark, is_so in (
            ("WRONG", rules.wrong or plain.wrong), ("REFUSED", rules.refused and not loss),
            ("FAILED", rules.failed and not loss), ("SLOW", slow)) if is_so]
        self.rows += 1
        self.wrong += rules.wrong + plain.wrong
        self.refused += 0 if loss else rules.refused + rules.failed
        self.slow += slow
        print(f"{names[0]:23} {names[1]:10} {names[2]:18} {rules.right:6} {rules.wrong:5} {rules.refused:7} "
              f"{rules.failed:6} {acked:5} {plain.failed + plain.refused:6} {plain.median():7.1f} {added:6.1f} "
              f"{rules.median() / plain.median():7.2f} {rules.at(0.95) / plain.at(0.95):7.2f}", *marks, flush=True)
        for detail, count in (rules.details + plain.details).items():
            print(f"        {count} {detail}", flush=True)

    def end(self):
        print(f"{self.rows} rows: {self.wrong} connections to a wrong server or with other bytes, {self.refused} "
              f"refused or failed without loss, {self.slow} rows above the goal", flush=True)
        return 1 if self.wrong or self.refused else 0


def rows(arguments):
    bench, table = Bench(arguments), Table()
    for name in chosen(CLIENTS, arguments.what):
        bench.become(CLIENTS[name])
        for link in CLIENTS[name].links(arguments.loss):
            for first in chosen(KINDS, arguments.kind):
                with relay(arguments, LOSSES[link]):
                    before = counted(arguments, "first_bytes_acknowledged")
                    sides = asyncio.run(row_of(bench, KINDS[first], arguments.number))
                    acked = counted(arguments, "first_bytes_acknowledged") - before
                table.add((name, link, first), LOSSES[link], *sides, acked)
    return table.end()


async def interrupted(bench, arguments, kind, seconds):
    """Connections that begin within @seconds, at the end of which the daemon is killed"""
    async def one(start):
        await asyncio.sleep(start)
        return await bench.connect(kind, RULES)

    async def kill():
        await asyncio.sleep(seconds)
        os.kill(arguments.pid, signal.SIGKILL)

    starts = [i * seconds / arguments.number for i in range(arguments.number)]
    return (await asyncio.gather(kill(), *map(one, starts)))[1:]


def killed(arguments):
    """All kinds that last; one of @arguments.kind"""
    bench = Bench(arguments)
    bench.become(CLIENTS[arguments.what])
    with relay(arguments, LOSSES[arguments.loss]):
        results = asyncio.run(interrupted(bench, arguments, KINDS[arguments.kind], arguments.seconds))
    words = collections.Counter(got.word for got in results)
    told = words["reset"] + words["closed"] + words["told"]
    print(f"{arguments.what:23} {arguments.loss:10} {arguments.kind:18} {words['right']:6} {told:6} "
          f"{words['waiting']:7} {words['hanging']:7} {words['wrong'] + words['damaged']:6}", flush=True)
    for detail, count in collections.Counter(got.detail for got in results if got.detail).items():
        print(f"        {count} {detail}", flush=True)
    return 1 if words["hanging"] or words["wrong"] or words["damaged"] else 0


def parse():
    parser = argparse.ArgumentParser(description="see the text at the top of this file")
    parser.add_argument("mode", choices=("rows", "killed"))
    parser.add_argument("client", help="its network namespace")
    parser.add_argument("--relay", required=True, help="the program")
    parser.add_argument("--link", required=True, nargs=2, help="devices of the relay, NAMESPACE/DEVICE")
    parser.add_argument("--pid", type=int, required=True, help="of the daemon")
    parser.add_argument("--log", required=True, help="of the daemon")
    parser.add_argument("--seed", type=int, default=1, help="of the relay")
    parser.add_argument("--trip", type=float, default=20, help="ms")
    parser.add_argument("--number", type=int, default=200, help="connections of a row to each service")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds of a client")
    parser.add_argument("--seconds", type=float, default=0.2, help="until the daemon is killed")
    parser.add_argument("--from-syn", action="store_true", help="times are of the whole connection, from the first SYN")
    parser.add_argument("--what", default="", help="only clients whose name has this text")
    parser.add_argument("--loss", default="", help="only links whose name has this text")
    parser.add_argument("--kind", default="", help="only first bytes whose name has this text")
    arguments = parser.parse_args()
    for option, text, names in (("client", arguments.what, CLIENTS), ("link", arguments.loss, LOSSES),
                                ("first bytes", arguments.kind, KINDS)):
        if not chosen(names, text):
            parser.error(f"{option}: no name has the text {text!r}. The names are:\n  " + "\n  ".join(names))
    return arguments


def main():
    arguments = parse()
    sys.exit({"rows": rows, "killed": killed}[arguments.mode](arguments))


if __name__ == "__main__":
    main()

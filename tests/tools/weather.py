#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""weather.py - what hosts with different TCP get through a splice in good and bad networks, compared with no splice

usage: weather.py [OPTION]... CLIENT_NAMESPACE SERVER_NAMESPACE ROUTER_NAMESPACE

Every row is one combination of settings of client and server, and one network between client and router, made by the
relay. Rows whose links need another MTU of the router's interface than --mtu are left out. In each row, a number of
connections goes through a spliced service (192.0.2.11), and the same number, with the same contents and the same
endings (many.py has five), to the IPv4 address of the server, which the router forwards as any router does. They take
turns, so that what else the machine does meets both.

Every row has a service of its own, which learns from the first connections what the server lacks. Where the server is
"unknown", every connection has one, so that what it has promised must be repaired all the time: these rows show what the
first connection pays, and have no goal.

Goodput is the sum of all bytes, both directions, over the sum of the times that the connections took from the first
SYN to the end. Relative goodput is that of the splice over that of forwarding.
"""

import argparse
import asyncio
import collections
import contextlib
import itertools
import signal
import socket
import subprocess
import sys
import time

import many
import matrix

SERVER4, SERVER6 = "203.0.113.1", "2001:db8:2::1"
CLIENT4 = "198.51.100.2"
SERVICE = "192.0.2.11"
DEADLINE = 120
RATE = 50  # Mbit/s: what the relay's link can do. Below what the machine can, so that its speed does not decide

# Old segments make a kernel count these, and a network that doubles or delays segments makes old ones
WEATHER = ("TcpExtPAWSEstab", "TcpExtTCPChallengeACK", "TcpExtTCPSYNChallenge")

BASE = {
    "tcp_timestamps": 1, "tcp_sack": 1, "tcp_window_scaling": 1, "tcp_ecn": 2,
    "tcp_rmem": "4096 131072 6291456", "tcp_wmem": "4096 65536 4194304", "tcp_no_metrics_save": 1,
}
NOTHING = {"tcp_timestamps": 0, "tcp_sack": 0, "tcp_window_scaling": 0}
SMALL = {"tcp_rmem": "4096 8192 16384", "tcp_wmem": "4096 8192 16384"}
LARGE = {"tcp_rmem": "4096 1048576 67108864", "tcp_wmem": "4096 1048576 67108864"}

# settings of the client, of the server, MTU of the client's link and of the server's
COMBINATIONS = {
    "both as they come": ({}, {}, 1500, 1500),
    "client without timestamps": ({"tcp_timestamps": 0}, {}, 1500, 1500),  # as Windows
    "server without timestamps": ({}, {"tcp_timestamps": 0}, 1500, 1500),
    "client without SACK": ({"tcp_sack": 0}, {}, 1500, 1500),
    "server without SACK": ({}, {"tcp_sack": 0}, 1500, 1500),
    "client without window scale": ({"tcp_window_scaling": 0}, {}, 1500, 1500),
    "server without window scale": ({}, {"tcp_window_scaling": 0}, 1500, 1500),
    "client without any option": (NOTHING, {}, 1500, 1500),
    "server without any option": ({}, NOTHING, 1500, 1500),
    "unknown server without SACK": ({}, {"tcp_sack": 0}, 1500, 1500),
    "unknown server without any option": ({}, NOTHING, 1500, 1500),
    "both ask for ECN": ({"tcp_ecn": 1}, {"tcp_ecn": 1}, 1500, 1500),
    "client with small buffers": (SMALL, {}, 1500, 1500),
    "server with small buffers": ({}, SMALL, 1500, 1500),
    "both with large buffers": (LARGE, LARGE, 1500, 1500),
    "client's MSS 536": ({}, {}, 576, 1500),
    "server's MSS 1220": ({}, {}, 1500, 1280),
    "MSS 8940": ({}, {}, 9000, 9000),
    "client's MSS 8960, server's 1440": ({}, {}, 9000, 1500),
}


class Network:
    """The relay, and the connections of a row: in how many rounds, how many a round and at a time, how long at most"""

    def __init__(self, trip, faults, rounds, number, together, maximum):
        self.trip = trip
        self.options = ["-d", str(trip / 2), "-b", str(RATE), *faults.split()]
        self.faulty = bool(faults)
        self.goal = 0.8 if "-l" in faults else 0.9
        self.rounds, self.number, self.together, self.maximum = rounds, number, together, maximum


# The time is that of a round trip
NETWORKS = {
    "1 ms": Network(1, "", 4, 10, 4, 400000),
    "20 ms": Network(20, "", 4, 10, 4, 400000),
    "400 ms": Network(400, "", 2, 20, 20, 400000),
    "20 ms, 1 % lost": Network(20, "-l 1", 4, 30, 15, 200000),
    "20 ms, 3 % twice": Network(20, "-u 3", 4, 20, 4, 200000),
    "20 ms, 2 % held 8 ms": Network(20, "-r 2 -t 8", 4, 20, 4, 200000),
    "20 ms, 2 % lost, twice, held": Network(20, "-l 2 -u 2 -r 2 -t 8", 4, 30, 15, 100000),
    "100 ms, 1 % lost, twice, held": Network(100, "-l 1 -u 1 -r 1 -t 30", 2, 60, 60, 200000),
}


class Side:
    """What happened to one half of a row"""

    def __init__(self):
        self.bytes = self.seconds = self.connections = self.again = 0
        self.complaints = collections.Counter()

    def goodput(self):
        return self.bytes * 8 / 1e6 / self.seconds if self.seconds else float("nan")


def counters(namespace):
    """Counters of the kernel, under the names that nstat has for them"""
    found = {}
    with matrix.inside(namespace):
        for name in ("snmp", "netstat"):
            with open(f"/proc/thread-self/net/{name}", encoding="ascii") as file:
                for names, values in itertools.zip_longest(file, file):
                    prefix, *names = names.replace(":", "").split()
                    found |= {prefix + n: int(v) for n, v in zip(names, values.split()[1:])}
        with open("/proc/thread-self/net/snmp6", encoding="ascii") as file:
            found |= {n: int(v) for n, v in map(str.split, file)}
    return found


@contextlib.contextmanager
def relay(arguments, network):
    """The network, between the devices that client and router have; its counts are in the list that this gives"""
    devices = f"{arguments.client}/eth0", f"{arguments.router}/v4"
    command = [arguments.relay, *network.options, "-s", str(arguments.seed), *devices]
    counts = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="ascii") as process:
        try:
            if process.stdout.readline() != "ready\n":
                raise OSError("the relay does not start")
            yield counts
        finally:
            process.send_signal(signal.SIGTERM)
            for line in process.stdout:
                counts.append({n: int(v) for n, v in (w.split("=") for w in line.split() if "=" in w)})


def make_socket(namespace, family):
    """Cubic is bounded by the network alone, where a congestion control with a rate model has a say of its own"""
    with matrix.inside(namespace):
        sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
    return sock


class Weather:
    """Runs rows"""

    def __init__(self, arguments):
        self.arguments = arguments
        self.hosts = {"client": arguments.client, "server": arguments.server, "router": arguments.router}
        self.service = 1000
        self.source = 10000 if arguments.mtu <= 1500 else 45000  # port of the client; none is used twice
        self.served = {}        # what the server is to do: futures of its part, by seed
        self.rows = self.connections = self.bytes = self.low = self.damaged = 0
        self.damage = []

    async def serve(self, reader, writer):
        """The server's part of a connection"""
        words = (await reader.readline()).split()
        if not words:
            return
        served = self.served[int(words[2])]
        try:
            await many.answer(words, reader, writer)
            served.set_result(None)
        except (OSError, ValueError, EOFError) as error:
            many.reset(writer)
            served.set_exception(error)

    async def connection(self, side, address, source, seed, maximum):
        """One connection, until both sides have all and know of the end"""
        order = list(many.ENDS)[seed % len(many.ENDS)]
        contents = many.make_contents(seed, maximum)
        sock = make_socket(self.hosts["client"], socket.AF_INET)
        sock.bind((CLIENT4, source))
        sock.setblocking(False)
        served = self.served[seed] = asyncio.get_running_loop().create_future()
        begin = time.monotonic()
        try:
            await asyncio.get_running_loop().sock_connect(sock, address)
            reader, writer = await asyncio.open_connection(sock=sock)
            await many.send(writer, f"GET {order} {seed} {maximum}\n!".encode())
            await many.ENDS[order][0](reader, writer, contents[0], b"!" + contents[1])
            await served
        except (OSError, ValueError, EOFError) as error:
            raise ValueError(f"{address}, {order}, seed {seed}: {error!r}") from error
        side.connections += 1
        side.bytes += sum(map(len, contents))
        side.seconds += time.monotonic() - begin

    async def turn(self, side, network, seeds, addresses):
        """Some connections of one side, with a look at the kernels before and after"""
        before = [counters(self.hosts[host]) for host in ("client", "server")]
        turnstile = asyncio.Semaphore(network.together)

        async def pass_turnstile(address, source, seed):
            async with turnstile:
                try:
                    await asyncio.wait_for(self.connection(side, address, source, seed, network.maximum), DEADLINE)
                except (asyncio.TimeoutError, ValueError) as error:
                    self.damage.append(str(error) or f"{address}, seed {seed}: no end")

        sources = range(self.source, self.source + len(seeds))
        self.source += len(seeds)
        await asyncio.gather(*map(pass_turnstile, addresses, sources, seeds))
        await asyncio.sleep(2 * network.trip / 1000)  # for what comes behind the end
        for host, old in zip(("client", "server"), before):
            new = counters(self.hosts[host])
            side.again += new["TcpRetransSegs"] - old["TcpRetransSegs"]
            for name in self.arguments.complaints.split():
                side.complaints[host, name] += new.get(name, 0) - old.get(name, 0)

    def services(self, unknown):
        """Where one connection after the other goes: to the service of the row, or each to one of its own"""
        while True:
            yield SERVICE, self.service
            self.service += unknown

    async def turns(self, network, unknown):
        """Both sides, in the order A B B A"""
        self.service += 1
        servers = []
        for family, address in ((socket.AF_INET6, SERVER6), (socket.AF_INET, SERVER4)):
            sock = make_socket(self.hosts["server"], family)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, 80))
            servers.append(await asyncio.start_server(self.serve, sock=sock, backlog=4096))
        spliced, plain = Side(), Side()
        number = max(network.number // self.arguments.part, 1)
        for turn in range(network.rounds):
            seeds = range(turn * number, (turn + 1) * number)
            for side in (spliced, plain) if turn % 2 == 0 else (plain, spliced):
                addresses = self.services(unknown) if side is spliced else itertools.repeat((SERVER4, 80))
                await self.turn(side, network, seeds, addresses)
        for server in servers:
            server.close()
        return spliced, plain

    def row(self, combination, name):
        """One row of the table"""
        client, server, client_mtu, server_mtu = COMBINATIONS[combination]
        network = NETWORKS[name]
        unknown = combination.startswith("unknown")
        matrix.configure(self.hosts["client"], BASE | client)
        matrix.configure(self.hosts["server"], BASE | server)
        matrix.set_mtu(self.hosts, client_mtu, server_mtu)
        self.damage = []
        with relay(self.arguments, network) as counts:
            spliced, plain = asyncio.run(self.turns(network, unknown))
        overflow = sum(count["overflow"] for count in counts)
        if overflow:
            self.damage.append(f"the relay could not take {overflow} packets")
        self.judge(WEATHER if network.faulty else (), spliced, plain)
        self.rows += 1
        self.connections += spliced.connections + plain.connections
        self.bytes += spliced.bytes + plain.bytes
        relative = spliced.goodput() / plain.goodput()
        low = relative < network.goal and not unknown
        self.low += low
        self.damaged += bool(self.damage)
        print(f"{combination:33} {name:30} {spliced.connections:5} {spliced.bytes / 1e6:6.1f} {spliced.again:6} "
              f"{plain.again:6} {spliced.goodput():7.2f} {plain.goodput():7.2f} {relative:6.2f}", end="")
        print(" LOW" * (low and self.arguments.goals), flush=True)
        for line in self.damage:
            print(" " * 8 + line, flush=True)

    def judge(self, usual, spliced, plain):
        """What kernels complain of: @usual ones they do with forwarding as well

        Only connections with timestamps have old ones; those of a splice can have some where forwarding has none.
        """
        for key, count in spliced.complaints.items():
            host, name = key
            forwarding = plain.complaints[key]
            limit = 2 * forwarding + spliced.connections // 2 if name in usual else 0
            if count > limit:
                self.damage.append(f"{name} of the {host} grew by {count}, with forwarding by {forwarding}")


def parse():
    parser = argparse.ArgumentParser(description="see the text at the top of this file")
    for place in ("client", "server", "router"):
        parser.add_argument(place, help="network namespace")
    parser.add_argument("--relay", required=True, help="the program")
    parser.add_argument("--seed", type=int, default=1, help="of the relay")
    parser.add_argument("--mtu", type=int, default=1500, help="of nat46d's device: only rows that go with it")
    parser.add_argument("--part", type=int, default=1, help="only one of so many connections")
    parser.add_argument("--combination", action="append", help="only those whose name has this text")
    parser.add_argument("--network", action="append", help="only those whose name has this text")
    parser.add_argument("--complaints", default="", help="counters of the kernels that should not grow")
    parser.add_argument("--goals", action="store_true", help="fail if a row does not reach its goal")
    arguments = parser.parse_args()
    for option, texts, names in (("--combination", arguments.combination, COMBINATIONS),
                                 ("--network", arguments.network, NETWORKS)):
        for text in texts or ():
            if not chosen(names, [text]):
                parser.error(f"{option}: no name has the text {text!r}. The names are:\n  " + "\n  ".join(names))
    return arguments


def chosen(names, texts):
    return [name for name in names if any(text in name for text in texts or [""])]


def main():
    arguments = parse()
    weather = Weather(arguments)
    print(f"{'':64} {'conn-':>5} {'':6} {'sent again':>13} {'Mbit/s each':>15} {'rela-':>6}\n"
          f"{'combination':33} {'round trip, faults':30} {'ects':>5} {'MB':>6} {'splice':>6} {'plain':>6} "
          f"{'splice':>7} {'plain':>7} {'tive':>6}")
    for combination in chosen(COMBINATIONS, arguments.combination):
        if (max(COMBINATIONS[combination][2:]) > 1500) == (arguments.mtu > 1500):
            for name in chosen(NETWORKS, arguments.network):
                weather.row(combination, name)
    goals = f"{weather.low} rows below the goal, " * arguments.goals
    print(f"{weather.rows} rows, {weather.connections} connections, {weather.bytes / 1e6:.0f} MB; "
          f"{goals}{weather.damaged} with damage", flush=True)
    sys.exit(weather.damaged > 0 or (arguments.goals and weather.low > 0))


if __name__ == "__main__":
    main()

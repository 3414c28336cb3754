#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Write worked_example.vector: the packets of the worked example, made by scapy, not by nat46d.

Every line is `in` or `out` and the bytes of an IP packet: what the engine gets, and what it must emit for
it, in this order and in full. The text behind `#` is for people. Usage: make_worked_example.py >FILE
"""
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw

CLIENT, SERVICE = "10.0.0.3", "10.0.0.42"
CLIENT6, SERVER = "2001:db8::3", "2001:db8::1"
PORT = 33526
C, D, B = 2605695646, 42, 3769728775	# ISN of the client, ours (fixed by the test hook), of the server

SYN_OPTIONS = [("MSS", 1460), ("NOP", None), ("NOP", None), ("SAckOK", b""), ("NOP", None), ("WScale", 7)]
OUR_OPTIONS = [("MSS", 1440), ("NOP", None), ("NOP", None), ("SAckOK", b""), ("NOP", None), ("WScale", 7)]


def show(direction, packet, text):
    print(f"{direction} {bytes(packet).hex()} # {text}")


def from_client(flags, seq, ack, data=b"", window=502, options=()):
    packet = IP(src=CLIENT, dst=SERVICE, id=1, flags="DF", ttl=64) / TCP(
        sport=PORT, dport=80, flags=flags, seq=seq, ack=ack, window=window, options=list(options))
    return packet / Raw(data) if data else packet


def to_client(flags, seq, ack, data=b"", window=501, options=(), ttl=63, df=False, ident=0):
    packet = IP(src=SERVICE, dst=CLIENT, id=ident, flags="DF" if df else 0, ttl=ttl) / TCP(
        sport=80, dport=PORT, flags=flags, seq=seq, ack=ack, window=window, options=list(options))
    return packet / Raw(data) if data else packet


def from_server(flags, seq, ack, data=b"", window=501, options=()):
    packet = IPv6(src=SERVER, dst=CLIENT6, hlim=64) / TCP(
        sport=80, dport=PORT, flags=flags, seq=seq, ack=ack, window=window, options=list(options))
    return packet / Raw(data) if data else packet


def to_server(flags, seq, ack, data=b"", window=502, options=(), hlim=64):
    packet = IPv6(src=CLIENT6, dst=SERVER, hlim=hlim) / TCP(
        sport=PORT, dport=80, flags=flags, seq=seq, ack=ack, window=window, options=list(options))
    return packet / Raw(data) if data else packet


print("# SPDX-License-Identifier: ISC")
print("# Made by make_worked_example.py.")
show("in", from_client("S", C, 0, window=64240, options=SYN_OPTIONS), "client SYN")
show("out", to_client("SA", D, C + 1, window=32768, options=OUR_OPTIONS, ttl=64, df=True), "our SYN/ACK")
show("in", from_client("A", C + 1, D + 1), "client connected")

show("in", from_client("PA", C + 1, D + 1, b"A\n"), "first data: buffered")
show("out", to_server("S", C, 0, window=64256, options=OUR_OPTIONS), "SYN to the server, in the client's name")
show("in", from_client("FA", C + 3, D + 1), "early FIN: buffered")

show("in", from_server("SA", B, C + 1, window=64800, options=OUR_OPTIONS), "server SYN/ACK")
show("out", to_server("A", C + 1, B + 1), "server connected")
show("out", to_server("PA", C + 1, B + 1, b"A\n"), "buffer emptied: data")
show("out", to_server("FA", C + 3, B + 1), "buffer emptied: FIN")

show("in", from_server("PA", B + 1, C + 1, b"OK\n"), "server data")
show("out", to_client("PA", D + 1, C + 1, b"OK\n", ident=0), "seq=43")
show("in", from_server("FA", B + 4, C + 1), "server FIN")
show("out", to_client("FA", D + 4, C + 1, ident=1), "seq=46")
show("in", from_server("A", B + 5, C + 3), "server acknowledges the data")
show("out", to_client("A", D + 5, C + 3, ident=2), "seq=47")
show("in", from_server("A", B + 5, C + 4), "server acknowledges the FIN")
show("out", to_client("A", D + 5, C + 4, ident=3), "seq=47")
show("in", from_client("A", C + 4, D + 4), "client acknowledges the data")
show("out", to_server("A", C + 4, B + 4, hlim=63), "ack=3769728779")
show("in", from_client("A", C + 4, D + 5), "client acknowledges the FIN")
show("out", to_server("A", C + 4, B + 5, hlim=63), "ack=3769728780")

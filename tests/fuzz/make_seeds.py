#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""make_seeds.py - write the seed inputs of fuzz_tls, fuzz_http, fuzz_map, fuzz_reassembly and fuzz_udp below corpus/

Needs only Python's standard library. One hello comes from the TLS library of Python itself, without its
randomness; the files are committed, so run this only to change them.
"""
import os
import ssl
import struct

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def vector(width, *parts):
    data = b"".join(parts)
    return len(data).to_bytes(width, "big") + data


def extension(number, *parts):
    return struct.pack(">H", number) + vector(2, *parts)


def server_name(name, kind=0):
    return extension(0, vector(2, bytes([kind]) + vector(2, name)))


def alpn(*names):
    return extension(16, vector(2, *[vector(1, name) for name in names]))


def message(*extensions):
    body = (b"\x03\x03" + bytes(32) + vector(1, bytes(32)) + vector(2, b"\x0a\x0a\x13\x01\x13\x02")
            + vector(1, b"\0") + (vector(2, *extensions) if extensions else b""))
    return b"\x01" + vector(3, body)


def records(data, size=16384):
    return b"".join(b"\x16\x03\x01" + vector(2, data[at:at + size]) for at in range(0, len(data), size))


def library_hello():
    """What OpenSSL sends, with random, session id and key share set to zero"""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    sent = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname="www.example.org").do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = bytearray(sent.read())
    hello[11:43] = bytes(32)
    hello[44:44 + hello[43]] = bytes(hello[43])
    share = hello.rfind(b"\x00\x1d\x00\x20")
    if share >= 0:
        hello[share + 4:share + 36] = bytes(32)
    return bytes(hello)


def tls_seeds():
    name = server_name(b"www.example.org")
    grease = extension(0x0a0a) + name + alpn(b"\x1a\x1a", b"h2", b"http/1.1") + extension(0xfafa, b"\0")
    return {
        "library": library_hello(),
        "name": records(message(name)),
        "grease": records(message(grease)),
        "records_of_7": records(message(grease), 7),
        "records_of_1": records(message(name), 1),
        "no_extensions": records(message()),
        "acme": records(message(server_name(b"a.example"), alpn(b"acme-tls/1"))),
        "padding": records(message(extension(21, bytes(300)), name)),
        "upper_case_and_dot": records(message(server_name(b"WWW.Example.Org."))),
        "address": records(message(server_name(b"10.0.0.42"))),
        "other_name_type": records(message(server_name(b"x", 1))),
        "name_twice": records(message(name, name)),
        "nul_in_name": records(message(server_name(b"a.example\0.b.example"))),
        "long_name": records(message(server_name(b"a" * 63 + b"." + b"b" * 189))),
        "empty_name": records(message(server_name(b""))),
        "name_with_port": records(message(server_name(b"a.example:443"))),
        "empty_list": records(message(extension(0, vector(2)))),
        "alpn_of_300": records(message(name, alpn(*[b"abcdefghi"] * 30, b"h2")), 50),
        "record_version": records(message(name)).replace(b"\x16\x03\x01", b"\x16\x03\x09", 1),
        "cut": records(message(name))[:-20],
        "empty_record": b"\x16\x03\x01\0\0",
        "sslv2": bytes.fromhex("802e0103010015000000100100800300800700c0060040020080040080"),
        "alert": bytes.fromhex("15030100020100"),
    }


def http_seeds():
    end = b"\r\n\r\n"
    return {
        "host": b"GET / HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: x\r\nAccept: */*" + end,
        "port": b"GET / HTTP/1.1\r\nHost: www.example.org:8080" + end,
        "address": b"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80" + end,
        "no_host": b"GET / HTTP/1.0" + end,
        "absolute": b"GET http://a.example:80/x?y HTTP/1.1\r\nHost: a.example" + end,
        "absolute_differs": b"GET http://a.example/ HTTP/1.1\r\nHost: b.example" + end,
        "connect": b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443" + end,
        "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: a.example" + end,
        "two_hosts": b"GET / HTTP/1.1\r\nHost: a.example\r\nHost: a.example" + end,
        "folded": b"GET / HTTP/1.1\r\nHost: a.example\r\n .org" + end,
        "blank_before_colon": b"GET / HTTP/1.1\r\nHost : a.example" + end,
        "nul": b"GET / HTTP/1.1\r\nHost: a.example\0" + end,
        "bare_lf": b"GET / HTTP/1.1\nHost: a.example\n\n",
        "mixed_line_ends": b"GET / HTTP/1.1\r\nX: y\nHost: a.example" + end,
        "mixed_line_ends_agree": b"GET / HTTP/1.1\r\nHost: a.example\r\nX: y\nZ: y" + end,
        "empty_lines": b"\r\n\nGET / HTTP/1.1\r\nHost: a.example" + end,
        "underscore": b"MY_METHOD / HTTP/1.1\r\nHost: a.example" + end,
        "blanks": b"GET  /  HTTP/1.1 \r\nHost: a.example" + end,
        "service_name": b"GET / HTTP/1.1\r\nHost: a.example:http" + end,
        "scoped": b"GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]:80" + end,
        "utf8": "GET / HTTP/1.1\r\nHost: b\u00fccher.example".encode() + end,
        "comma": b"GET / HTTP/1.1\r\nHost: a.example, b.example" + end,
        "cut": b"GET / HTTP/1.1\r\nHost: a.example\r\nCookie: ",
        "body": b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1" + end + b"x",
        "http2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "ssh": b"SSH-2.0-OpenSSH_9.2p1\r\n",
        "irc": b"NICK a\r\nUSER a 0 * :a\r\n",
        "worked_example": b"A\n",
    }


def order(offset, length, more=True, ipv6=False, source=1, identification=2, later=0, protocol=17, forged=0,
          options=False, ecn=0):
    """One order of fuzz_reassembly"""
    kind = (ipv6 | more << 1 | options << 2 | (forged != 0) << 3 | {17: 16, 60: 32, 6: 0}[protocol] | ecn << 6)
    return struct.pack(">BBHHBB", kind, source | identification << 4, offset, length, forged, later)


def reassembly_seeds():
    seeds = {}
    for name, ipv6, longest in ("ipv4", False, 65515), ("ipv6", True, 65535):
        def part(*arguments, **options):
            return order(*arguments, ipv6=ipv6, **options)

        seeds.update({
            name + "_in_order": part(0, 1480) + part(1480, 1480) + part(2960, 41, False),
            name + "_reverse": part(2960, 41, False) + part(1480, 1480) + part(0, 1480),
            name + "_repeated": part(0, 1480) * 2 + part(1480, 41, False) * 2,
            name + "_overlap": part(0, 16) + part(8, 16) + part(24, 8, False),
            name + "_forged": (part(0, 16, identification=3) + part(0, 16, identification=3, forged=1)
                               + part(16, 8, False, identification=3)),
            name + "_two_ends": part(16, 8, False) + part(24, 8, False) + part(0, 16),
            name + "_behind_the_end": part(16, 8, False) + part(24, 8),
            name + "_longest": part(0, 32768) + part(32768, longest - 32768, False),
            name + "_too_long": part(0, 32768) + part(65528, 7, False),
            name + "_tiny": part(0, 8, protocol=6) + part(8, 16, False, protocol=6),
            name + "_chain": part(0, 64, protocol=60) + part(64, 8, False, protocol=60),
            name + "_too_late": part(0, 8) + part(8, 8, False, later=250),
            name + "_marks": part(0, 8, ecn=3) + part(8, 8, False, ecn=2) + part(0, 8, ecn=3) + part(8, 8, False),
            name + "_options": part(0, 8, options=True) + part(8, 8, False, options=True),
            name + "_sides": part(0, 8, source=2) + part(0, 8) + part(8, 8, False) + part(8, 8, False, source=2),
            name + "_small": b"".join(part(at, 8) for at in range(0, 2400, 8)) + part(2400, 1, False),
            name + "_full": b"".join(part(2040, 16, source=n % 16, identification=n // 16) for n in range(40)),
        })
    return seeds


def packet4(protocol, payload, fragment=0, options=b""):
    return struct.pack(">BBHHHBBHII", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 1, fragment, 64,
                       protocol, 0, 0, 0) + options + payload


def packet6(protocol, payload):
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + bytes(32) + payload


def steps(*packets, how=7):
    """As fuzz_map.c reads them: how a packet is finished, its length, its bytes"""
    return b"".join(bytes([how]) + vector(2, packet) for packet in packets)


def map_seeds():
    udp = struct.pack(">HHHH", 1000, 53, 24, 0) + bytes(16)
    tcp = struct.pack(">HHIIBBHHH", 1000, 80, 7, 0, 0x60, 2, 500, 0, 0) + bytes.fromhex("020405b4")
    echo, echo6 = b"\x08\0\0\0\0\1\0\2abc", b"\x80\0\0\0\0\1\0\2abc"
    error, error6 = b"\3\3\0\0\0\0\0\0", b"\1\4\0\0\0\0\0\0"
    extension4 = b"\x20\0\0\0\0\x08\1\1abcd"
    return {
        "udp": steps(packet4(17, udp), packet6(17, udp)),
        "unsummed": steps(packet4(17, udp), how=2),
        "tcp": steps(packet4(6, tcp), packet6(6, tcp)),
        "echo": steps(packet4(1, echo), packet6(58, echo6)),
        "gre": steps(packet4(47, b"\0\0\x08\0"), packet6(47, b"\0\0\x08\0")),
        "dccp": steps(packet4(33, udp), packet6(136, udp)),
        "options": steps(packet4(17, udp, options=b"\1\1\1\0")),
        "large": steps(packet4(17, udp + bytes(1700))),
        "super": steps(packet4(17, udp + bytes(1700)), packet4(6, tcp + bytes(1700)), packet6(17, udp + bytes(1700)),
                       packet6(6, tcp + bytes(1700)), how=0x1b),
        "fragments": steps(packet4(17, udp, 0x2000), packet4(17, bytes(8), 3)),
        "fragments_of_echo": steps(packet4(1, echo + bytes(5), 0x2000), packet4(1, bytes(9), 2)),
        "fragments6": steps(packet6(44, b"\x11\0\0\1\0\0\0\7" + udp), packet6(44, b"\x11\0\0\x18\0\0\0\7abc")),
        "error": steps(packet4(1, error + packet4(17, udp)), packet6(58, error6 + packet6(17, udp))),
        "error_about_echo": steps(packet4(1, error + packet4(1, echo)), packet6(58, error6 + packet6(58, echo6))),
        "error_about_fragment": steps(packet4(1, error + packet4(17, udp, 0x2000)),
                                      packet6(58, error6 + packet6(44, b"\x11\0\0\1\0\0\0\7" + udp))),
        "error_about_error": steps(packet4(1, error + packet4(1, error + packet4(17, udp)))),
        "too_big": steps(packet4(1, b"\3\4\0\0\0\0\5\0" + packet4(17, udp)),
                         packet6(58, b"\2\0\0\0\0\0\5\0" + packet6(17, udp))),
        "extension": steps(packet4(1, b"\x0b\0\0\0\0\x20\0\0" + packet4(17, udp + bytes(84)) + extension4),
                           packet6(58, b"\3\0\0\0\x10\0\0\0" + packet6(17, udp + bytes(64)) + extension4)),
        "headers6": steps(packet6(0, b"\x3c\0\1\4\0\0\0\0\x11\0\1\4\0\0\0\0" + udp),
                          packet6(43, b"\x11\0\0\1\0\0\0\0" + udp)),
    }


def udp_seeds():
    """As fuzz_udp.c reads them: the setting, then what comes, two numbers, and how it is changed"""
    ask, answer, server_error, client_error, pause = range(5)
    unsummed, partial, super_packet, changed, broken = 1, 2, 4, 8, 16
    refused = 1 | 4 << 4
    histories = {
        "exchange": [(ask, 0, 2, 0), (answer, 0, 3, 0), (ask, 0, 2, 0), (answer, 0, 200, 0)],
        "same_server": [(ask, 0, 2, 0), (ask, 128, 2, 0), (answer, 0, 2, 0), (ask, 64, 1, 0)],
        "refused": [(ask, 64, 2, 0), (server_error, refused, 0, 0), (server_error, refused, 0, 0),
                    (server_error, refused, 0, 0), (ask, 64, 2, 0)],
        "refused_cut": [(ask, 64, 220, 0), (server_error, refused, 9, 0), (ask, 64, 2, 0), (answer, 0, 2, 0)],
        "refused_later": [(ask, 64, 2, 0), (answer, 0, 1, 0), (ask, 64, 2, 0), (server_error, 1, 0, 0),
                          (ask, 64, 2, 0), (answer, 0, 1, 0)],
        "bad_quote": [(ask, 64, 2, 0), (server_error, refused, 90, changed), (server_error, 2, 0, 0)],
        "client_error": [(ask, 0, 2, 0), (answer, 0, 2, 0), (client_error, 3 | 3 << 4, 0, 0), (client_error, 11, 3, 0)],
        "stranger": [(ask, 0, 2, 0), (answer, 128, 2, 0), (client_error, 3, 0, changed)],
        "super": [(ask, 0, 100, partial | super_packet), (answer, 0, 100, partial | super_packet), (ask, 0, 0, partial)],
        "unsummed": [(ask, 0, 2, unsummed), (answer, 0, 2, unsummed), (ask, 0, 255, unsummed)],
        "timeout": [(ask, 0, 2, 0), (pause, 130, 0, 0), (answer, 0, 2, 0), (ask, 0, 2, 0), (pause, 255, 0, 0)],
        "flood": [(ask, i % 256, 1, 0) for i in range(40)] + [(answer, 0, 1, 0)] + [(ask, 39, 1, broken)],
    }
    return {name: bytes([len(name) % 3]) + b"".join(bytes(step) for step in steps)
            for name, steps in histories.items()}


def main():
    for target, seeds in (("fuzz_tls", tls_seeds()), ("fuzz_http", http_seeds()), ("fuzz_map", map_seeds()), ("fuzz_udp", udp_seeds()),
                          ("fuzz_reassembly", reassembly_seeds())):
        folder = os.path.join(CORPUS, target)
        os.makedirs(folder, exist_ok=True)
        for name, data in seeds.items():
            with open(os.path.join(folder, name), "wb") as out:
                out.write(data)


if __name__ == "__main__":
    main()

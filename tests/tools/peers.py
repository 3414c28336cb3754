#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""peers.py [-u] TABLE COLUMN=PORT... SERVER=PORT... - send the inputs of a table to programs and compare what they do

TABLE is tests/vectors/http_heads.table or client_hellos.table, whose first lines explain it. Each COLUMN of it is
a program that listens on 127.0.0.1, PORT. A SERVER in angle brackets listens there itself, and sends its name to
all that connect: what programs that only pass bytes on can choose. What a program does is one of these:

	NAME or to	it sent the name of the server that it chose, in angle brackets
	accepts		it answered with a TLS handshake record
	refused		it closed, or sent anything else
	waits		nothing for half a minute

A client sends one input, and nothing more: programs must give up after a few seconds. All inputs are sent at
the same time. Prints each difference to the table and exits with 1 if there are any. With -u the table gets the
columns as they were seen instead.
"""
import re
import socket
import struct
import sys
import threading

PATIENCE = 30
ANSWER_MAX = 65536
ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\", '"': '"'}
TOKEN = re.compile(r'(?:(\d+)\*)?("(?:[^"\\]|\\.)*"|[0-9a-f]+)|\[([123])|\{(\d+)|([]}])|\$([a-z0-9-]+)')


def literal(text):
    """bytes of a string in quotes, or of hexadecimal digits"""
    if text[0] != '"':
        return bytes.fromhex(text)
    text = re.sub(r"\\(x..|.)", lambda m: chr(int(m[1][1:], 16)) if m[1][0] == "x" else ESCAPES[m[1]], text[1:-1])
    return text.encode("latin-1")


def records(message, size):
    """the message in TLS records of this size"""
    pieces = (message[i:i + size] for i in range(0, len(message), size))
    return b"".join(b"\x16\x03\x01" + struct.pack("!H", len(piece)) + piece for piece in pieces)


def expand(text, macros):
    """tokens of the text, macros replaced"""
    for token in re.findall(r'(?:\d+\*)?"(?:[^"\\]|\\.)*"|\S+', text):
        if token.startswith("$"):
            yield from expand(macros[token[1:]], macros)
        else:
            yield token


def build(text, macros):
    """bytes that a line "bytes" describes"""
    stack = [(None, bytearray())]
    for token in expand(text, macros):
        match = TOKEN.fullmatch(token)
        if not match:
            sys.exit(f"what is '{token}' in: {text}")
        count, plain, width, size, close, _ = match.groups()
        if plain:
            stack[-1][1].extend(literal(plain) * int(count or 1))
        elif width:
            stack.append((int(width), bytearray()))
        elif size:
            stack.append((-int(size), bytearray()))
        elif close:
            kind, inner = stack.pop()
            out = len(inner).to_bytes(kind, "big") + inner if kind > 0 else records(bytes(inner), -kind)
            stack[-1][1].extend(out)
    assert len(stack) == 1, text
    return bytes(stack[0][1])


def read_table(lines):
    """macros, and one dictionary a row"""
    macros, rows, row = {}, [], {}
    for line in lines + [""]:
        if line.startswith("define "):
            name, text = line[len("define "):].split(" = ", 1)
            macros[name] = text
        elif line and not line.startswith("#"):
            key, _, value = line.partition(":")
            row[key] = value.strip()
        elif not line and row:
            rows.append(row)
            row = {}
    return macros, rows


def ask(port, data):
    """what the program at this port does"""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.settimeout(PATIENCE)
        try:
            connection.sendall(data)
            while len(answer) < ANSWER_MAX:
                piece = connection.recv(4096)
                answer += piece
                if answer[:2] == b"\x16\x03":
                    return "accepts"
                served = re.search(rb"<([a-z.*]+)>", answer)
                if served and not re.match(rb"HTTP/1.. [^2]", answer):
                    return served[1].decode()
                if not piece:
                    break
        except ConnectionError:
            pass
        except TimeoutError:
            return "waits"
    return "refused"


def serve(listener, name):
    """send the name to everyone, and read all that comes: a reset would destroy what was sent"""
    while True:
        connection = listener.accept()[0]
        connection.sendall(name.encode())
        threading.Thread(target=drain, args=(connection,), daemon=True).start()


def drain(connection):
    """read to the end"""
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    connection.close()


def measure(rows, macros, columns):
    """set row["seen"][column] in all rows"""
    def one(row, column, port):
        row["seen"][column] = ask(port, build(row["bytes"], macros))

    threads = []
    for row in rows:
        row["seen"] = {}
        for column, port in columns.items():
            threads.append(threading.Thread(target=one, args=(row, column, port)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def update(path, lines, rows, columns):
    """write the table with the columns as they were seen"""
    seen = iter(rows)
    row = None
    with open(path, "w", encoding="ascii") as table:
        for line in lines:
            key = line.partition(":")[0]
            if key == "name":
                row = next(seen)
            table.write(f"{key}: {row['seen'][key]}\n" if row and key in columns else line + "\n")


def main(arguments):
    """compare or update, as the arguments say"""
    updating = arguments[0] == "-u"
    path, *pairs = arguments[1:] if updating else arguments
    ports = {pair.split("=")[0]: int(pair.split("=")[1]) for pair in pairs}
    columns = {name: port for name, port in ports.items() if name[0] != "<"}
    for name in ports.keys() - columns.keys():
        listener = socket.create_server(("127.0.0.1", ports[name]), backlog=256)
        threading.Thread(target=serve, args=(listener, name), daemon=True).start()
    with open(path, encoding="ascii") as table:
        lines = table.read().splitlines()
    macros, rows = read_table(lines)
    measure(rows, macros, columns)
    if updating:
        update(path, lines, rows, columns)
        return 0
    status = 0
    for row in rows:
        for column in columns:
            seen = row["seen"].get(column, "nothing")
            if seen != row.get(column):
                print(f"{path}: {row['name']}: {column} is {seen}, not {row.get(column)}")
                status = 1
    print(f"{path}: {len(rows)} inputs, {len(columns)} programs")
    return status if rows else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
